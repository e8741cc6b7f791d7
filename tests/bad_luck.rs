//! Bad luck on real hosts: refused logins and sudo, unknown keys, silence, full disks, two runs at once,
//! interruption. Each is told with a way out, loses nothing, and is mended by running again.

use std::process::Stdio;
use std::time::Duration;

use crate::hosts::Lab;

/// A text that must never be shown.
const CANARY: &str = "canary-0b5e1f";

const PLAY: &str = "- hosts: all
  become: true
  tasks:
    - copy: { content: \"kept\\n\", dest: /srv/kept, mode: \"0644\" }
";

/// Runs `play` on both hosts, one variable of the inventory set or replaced; gives exit status and all that
/// was said.
fn play(lab: &Lab, line: &str, play: &str, more: &[&str]) -> (Option<i32>, String) {
    let name = line.split(':').next().unwrap();
    let (keys, h1, h2) = (
        lab.keys().display().to_string(),
        lab.address("h1"),
        lab.address("h2"),
    );
    let mut vars = vec![
        "ansible_user: deploy".to_owned(),
        format!("ansible_ssh_private_key_file: {keys}/id_ed25519"),
        format!("known: {keys}/known_hosts"),
        "ansible_ssh_common_args: -o UserKnownHostsFile={{ known }}".to_owned(),
    ];
    vars.retain(|var| var.split(':').next() != Some(name));
    vars.push(line.to_owned());
    let vars = vars.join("\n    ");
    lab.write(
        "inventory.yaml",
        &format!("all:\n  vars:\n    {vars}\n  hosts:\n    h1: {{ ansible_host: {h1} }}\n    h2: {{ ansible_host: {h2} }}\n"),
    );
    let file = lab.write("play.yaml", play);
    let mut arguments = vec!["apply", "-p", file.to_str().unwrap()];
    arguments.extend(more);
    let ran = lab.run(&arguments);
    assert!(
        !ran.all().contains(CANARY),
        "a secret was shown: {}",
        ran.all()
    );
    (ran.status, ran.all())
}

fn says(said: &(Option<i32>, String), status: i32, words: &[&str]) {
    assert_eq!(said.0, Some(status), "{}", said.1);
    for word in words {
        assert!(said.1.contains(word), "`{word}` is not in: {}", said.1);
    }
}

#[test]
fn bad_luck_is_told_and_mended() {
    let Some(lab) = Lab::up("wmbad", &["h1", "h2"]) else {
        return;
    };
    sudo(&lab);
    keys(&lab);
    disks(&lab);
    silence(&lab);
    two_at_once(&lab);
    interrupted(&lab);
    secrets(&lab);
    login_shells(&lab);
}

fn sudo(lab: &Lab) {
    let no_right = play(lab, "ansible_user: guest", PLAY, &[]);
    says(&no_right, 1, &["unreachable", "sudo"]);
    let without = play(lab, "ansible_user: operator", PLAY, &[]);
    says(
        &without,
        1,
        &["sudo wants a password", "--become-password-file"],
    );
    let wrong = lab.write("wrong", "not-the-password\n");
    let refused = play(
        lab,
        "ansible_user: operator",
        PLAY,
        &["--become-password-file", wrong.to_str().unwrap()],
    );
    says(&refused, 1, &["sudo does not let the user become `root`"]);
    let right = lab.write("right", "operator-password\n");
    let good = play(
        lab,
        "ansible_user: operator",
        PLAY,
        &["--become-password-file", right.to_str().unwrap()],
    );
    says(&good, 0, &["changed"]);
    let again = play(
        lab,
        "ansible_user: operator",
        PLAY,
        &["--become-password-file", right.to_str().unwrap(), "-v"],
    );
    says(&again, 0, &["ok: h1", "ok: h2"]);
}

fn keys(lab: &Lab) {
    let empty = lab.write("nobody_known", "");
    let known = format!("known: {}", empty.display());
    let text = |more: &[&str]| play(lab, &known, PLAY, more);
    says(&text(&[]), 1, &["unreachable", "h1", "known_hosts"]);
    says(&text(&["--accept-new"]), 0, &["h1", "h2"]);
    says(&text(&[]), 0, &[]);
    // A login that is refused.
    let stranger = format!(
        "ansible_ssh_private_key_file: {}/id_stranger",
        lab.keys().display()
    );
    let refused = play(lab, &stranger, PLAY, &[]);
    says(&refused, 1, &["unreachable"]);
}

fn disks(lab: &Lab) {
    let fill = "- hosts: h1
  become: true
  tasks:
    - file: { path: /full, state: directory }
    - copy: { content: \"{{ 'x' * 2000000 }}\", dest: /full/big }
";
    lab.on("h1", "mkdir -p /full /ro");
    lab.tool(&["fault", "h1", "full", "/full"]);
    says(
        &play(lab, "a: b", fill, &[]),
        1,
        &["No space left", "make room on the host"],
    );
    lab.tool(&["fault", "h1", "heal"]);
    says(&play(lab, "a: b", fill, &[]), 0, &["changed"]);
    assert_eq!(lab.on("h1", "ls -A /full"), "big\n");

    let read_only =
        "- hosts: h1\n  become: true\n  tasks:\n    - copy: { content: x, dest: /ro/x }\n";
    lab.tool(&["fault", "h1", "readonly", "/ro"]);
    says(
        &play(lab, "a: b", read_only, &[]),
        1,
        &["Read-only file system"],
    );
    lab.tool(&["fault", "h1", "heal"]);
    says(&play(lab, "a: b", read_only, &[]), 0, &["changed"]);
}

/// A host that accepts TCP and says nothing ends at its deadline, and delays no other.
fn silence(lab: &Lab) {
    lab.tool(&["fault", "h1", "silent", "2222"]);
    let port = "ansible_port: \"{{ 2222 if inventory_hostname == 'h1' else 22 }}\"";
    let said = play(lab, port, PLAY, &["-v"]);
    says(&said, 1, &["unreachable: h1", "ok: h2"]);
    lab.tool(&["fault", "h1", "heal"]);
}

fn two_at_once(lab: &Lab) {
    let slow = "- hosts: h1\n  become: true\n  tasks:\n    - command: sleep 4\n";
    let quick = "- hosts: h1\n  become: true\n  tasks:\n    - command: touch /tmp/quick\n";
    play(lab, "a: b", quick, &[]);
    let file = lab.write("slow.yaml", slow);
    let mut child = lab
        .command(&["apply", "-p", file.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The first has to hold the lock before the second asks for it.
    while !lab
        .on("h1", "cat /var/lib/wmprov/holder 2>/dev/null")
        .contains("slow.yaml")
    {
        std::thread::sleep(Duration::from_millis(50));
    }
    says(
        &play(lab, "a: b", quick, &[]),
        1,
        &["holds the lock", "slow.yaml", "--lock-wait"],
    );
    says(
        &play(lab, "a: b", quick, &["--lock-wait", "60"]),
        0,
        &["changed"],
    );
    assert!(child.wait().unwrap().success());
    assert_eq!(lab.on("h1", "cat /var/lib/wmprov/holder 2>/dev/null"), "");
}

/// Ctrl-C once ends cleanly: exit status 130, no lock, no process of ours left.
fn interrupted(lab: &Lab) {
    let wait =
        "- hosts: all\n  become: true\n  tasks:\n    - wait_for: { path: /never, timeout: 100 }\n";
    play(lab, "a: b", PLAY, &[]);
    let file = lab.write("wait.yaml", wait);
    let child = lab
        .command(&["apply", "-p", file.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while lab
        .on("h2", "cat /var/lib/wmprov/holder 2>/dev/null")
        .is_empty()
    {
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let out = child.wait_with_output().unwrap();
    assert_eq!(
        out.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    for host in ["h1", "h2"] {
        assert_eq!(
            lab.on(
                host,
                "cat /var/lib/wmprov/holder 2>/dev/null; pgrep -f '[w]m_requests'"
            ),
            "",
            "{host}"
        );
    }
}

/// A secret reaches the file that it is for, and nothing else.
fn secrets(lab: &Lab) {
    let text = "- hosts: all
  become: true
  tasks:
    - copy: { content: \"password={{ some_password }}\\n\", dest: /srv/secret, mode: \"0600\" }
    - debug: { msg: \"it is {{ some_password }}\" }
    - command: \"echo {{ some_password }}\"
      register: said
    - fail: { msg: \"{{ said.stdout }}\" }
      ignore_errors: true
";
    let vars = format!("some_password: {CANARY}");
    for more in [&["-v", "--diff"][..], &["--json", "-v"][..], &[][..]] {
        says(&play(lab, &vars, text, more), 0, &["***"]);
    }
    assert_eq!(
        lab.on("h1", "cat /srv/secret; stat -c %a /srv/secret"),
        format!("password={CANARY}\n600\n")
    );
    assert_eq!(
        lab.on(
            "h1",
            &format!("grep -rl {CANARY} /var/log /tmp /var/lib/wmprov 2>/dev/null")
        ),
        ""
    );
}

/// A login shell of any kind, with start-up files that print, does not matter.
fn login_shells(lab: &Lab) {
    for user in ["dash1", "bash1", "zsh1", "fish1", "tcsh1"] {
        let said = play(lab, &format!("ansible_user: {user}"), PLAY, &["-v"]);
        says(&said, 0, &["ok: h1", "ok: h2"]);
    }
}
