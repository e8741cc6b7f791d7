//! Ctrl-C in a step, in a wait, twice; and the lock that a dead run leaves behind.

use std::time::{Duration, Instant};

use crate::bad_luck::{PLAY, comes_about, nothing_is_left, play, says};
use crate::hosts::Lab;

const QUICK: &str = "- hosts: h1\n  become: true\n  tasks:\n    - command: touch /tmp/quick\n";

/// Ctrl-C once ends cleanly: exit status 130, no lock, no process, no temporary file.
pub(super) fn once(lab: &Lab) {
    play(lab, "a: b", PLAY, &[]);
    let wait =
        "- hosts: all\n  become: true\n  tasks:\n    - wait_for: { path: /never, timeout: 1000 }\n";
    let file = lab.write("wait.yaml", wait);
    let mut live = lab.follow(&["apply", "-p", file.to_str().unwrap()]);
    live.until("\"event\":\"waited\"");
    live.signal("INT");
    let ended = live.end();
    says(&(ended.status, ended.all()), 130, &["interrupted", "go_on"]);
    for host in ["h1", "h2"] {
        nothing_is_left(lab, host);
    }
}

/// Ctrl-C ends waits that no host has a part in: for a lock, for a host that says nothing.
pub(super) fn while_waiting(lab: &Lab) {
    let file = lab.write(
        "slow.yaml",
        "- hosts: h1\n  become: true\n  tasks:\n    - wait_for: { path: /never, timeout: 1000 }\n",
    );
    let mut holding = lab.follow(&["apply", "-p", file.to_str().unwrap()]);
    holding.until("\"event\":\"waited\"");
    let quick = lab.write(
        "quick.yaml",
        "- hosts: all\n  become: true\n  tasks:\n    - command: touch /tmp/quick\n",
    );
    let since = Instant::now();
    let mut waiting = lab.follow(&["apply", "-p", quick.to_str().unwrap(), "--lock-wait", "900"]);
    waiting.until("slow.yaml");
    waiting.signal("INT");
    let ended = waiting.end();
    says(&(ended.status, ended.all()), 130, &[]);
    holding.signal("INT");
    assert_eq!(holding.end().status, Some(130));
    lab.tool(&["fault", "h1", "cut"]);
    let mut silent = lab.follow(&[
        "apply",
        "-p",
        quick.to_str().unwrap(),
        "-e",
        "ansible_ssh_timeout=900",
    ]);
    silent.until("\"event\":\"run_started\"");
    silent.signal("INT");
    assert_eq!(silent.end().status, Some(130));
    lab.tool(&["fault", "h1", "heal"]);
    // Each would have waited for a quarter of an hour.
    assert!(since.elapsed() < Duration::from_secs(600));
}

/// A run whose machine stands still gives no sign of life: its lock is taken over, which is said, and it fails
/// when it wakes up.
pub(super) fn a_dead_holder_is_taken_over(lab: &Lab) {
    let file = lab.write(
        "dead.yaml",
        "- hosts: h1\n  become: true\n  tasks:\n    - wait_for: { path: /never, timeout: 1000 }\n",
    );
    let mut dead = lab.follow(&["apply", "-p", file.to_str().unwrap()]);
    dead.until("\"event\":\"waited\"");
    dead.signal("STOP");
    for host in ["h1", "h2"] {
        lab.on(host, "touch -d '-89 seconds' /var/lib/wmprov/holder");
    }
    // The lease is 90 s: it still holds, and runs out in the wait.
    says(
        &play(lab, "a: b", QUICK, &["--lock-wait", "60"]),
        0,
        &[
            "note: h1: took over the lock of",
            "dead.yaml",
            "lease had run out",
        ],
    );
    dead.signal("CONT");
    let ended = dead.end();
    says(&(ended.status, ended.all()), 1, &["host_unreachable"]);
}

/// A run that is killed between a change and its handler owes that to the next.
pub(super) fn what_is_owed_is_paid(lab: &Lab) {
    let text = "- hosts: h1
  become: true
  tasks:
    - copy: { content: \"{{ word }}\\n\", dest: /srv/word, mode: \"0644\" }
      notify: tell
    - wait_for: { path: /srv/go, timeout: 1000 }
  handlers:
    - name: tell
      shell: cp /srv/word /srv/told
";
    let file = lab.write("owe.yaml", text);
    let mut live = lab.follow(&["apply", "-p", file.to_str().unwrap(), "-e", "word=one"]);
    live.until("\"event\":\"waited\"");
    live.signal("KILL");
    live.end();
    lab.on("h1", "touch /srv/go");
    says(
        &play(lab, "word: one", text, &["--lock-wait", "60"]),
        0,
        &["an interrupted run owes `tell`; it is done now"],
    );
    assert_eq!(lab.on("h1", "cat /srv/told"), "one\n");
    let again = play(lab, "word: one", text, &[]);
    says(&again, 0, &[]);
    assert!(!again.1.contains("changed:"), "{}", again.1);
    assert_eq!(lab.on("h1", "cat /var/lib/wmprov/owed 2>/dev/null"), "");
}

/// How many commands of `long.yaml` run. (The lock is kept alive between sleeps of one second, which are none.)
const RUNS: &str = "pgrep -a -x sleep | grep -c 1003";

/// Ctrl-C twice leaves at once, with what is under way on the host; that lock is told, and taken away.
pub(super) fn twice_then_unlocked(lab: &Lab) {
    let file = lab.write(
        "long.yaml",
        "- hosts: h1\n  become: true\n  tasks:\n    - command: sleep 1003\n",
    );
    let mut live = lab.follow(&["apply", "-p", file.to_str().unwrap()]);
    live.until("\"event\":\"task_started\"");
    comes_about(lab, "h1", RUNS, "1\n");
    live.signal("INT");
    live.until("once more aborts");
    live.signal("INT");
    let ended = live.end();
    says(&(ended.status, ended.all()), 130, &["go on with"]);
    // Its shell on the host waits for the command, and holds the lock.
    says(
        &play(lab, "a: b", QUICK, &[]),
        1,
        &["holds the lock of `h1`", "long.yaml", "wmprov unlock"],
    );
    let ran = lab.run(&["unlock", "--limit", "h2", "--yes"]);
    says(&(ran.status, ran.all()), 0, &["h2: no lock"]);
    let ran = lab.run(&["unlock", "--yes"]);
    says(
        &(ran.status, ran.all()),
        0,
        &["h1: held by", "long.yaml", "h2: no lock", "taken away: h1"],
    );
    assert_eq!(lab.on("h1", "cat /var/lib/wmprov/holder 2>/dev/null"), "");
    says(&play(lab, "a: b", QUICK, &[]), 0, &["changed"]);
    // The command that the dead run was at has gone with it.
    assert_eq!(lab.on("h1", RUNS), "0\n");
}
