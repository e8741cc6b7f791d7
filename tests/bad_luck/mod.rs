//! Bad luck on real hosts: refused logins and sudo, unknown keys, silence, full disks, two runs at once,
//! interruption. Each is told with a way out, loses nothing, and is mended by running again.

mod files;
mod interrupted;
mod phases;
mod secrets;
mod servers;
mod uploads;

pub(crate) use phases::killed_in_every_phase;
pub(crate) use servers::bad_servers;
pub(crate) use uploads::cut_uploads;

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::hosts::Lab;

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
    for trouble in [
        files::reach_no_host,
        sudo,
        keys,
        disks,
        silence,
        two_at_once,
        overtaken,
        interrupted::once,
        interrupted::while_waiting,
        interrupted::twice_then_unlocked,
        interrupted::a_dead_holder_is_taken_over,
        interrupted::what_is_owed_is_paid,
        secrets::are_kept,
        login_shells,
    ] {
        trouble(&lab);
        nothing_is_left(&lab, "h1");
        nothing_is_left(&lab, "h2");
    }
}

/// Waits until `line` on a host prints `wanted`; what it printed last is told where it never does.
fn comes_about(lab: &Lab, host: &str, line: &str, wanted: &str) {
    let since = Instant::now();
    loop {
        let seen = lab.on(host, line);
        if seen == wanted {
            return;
        }
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "{host}: `{line}` prints: {seen}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Nothing of a run is left on a host: no script, no tar, no temporary file, no sign on the lock.
fn nothing_is_left(lab: &Lab, host: &str) {
    comes_about(
        lab,
        host,
        "ps -eo pid,args | grep -E '[w]m_nonce|[t]ar -x'; ls -d /tmp/tmp.* 2>/dev/null; \
         find /opt /srv /etc/systemd /var/lib/wmprov -name '*.wmprov.??????' 2>/dev/null; \
         cat /var/lib/wmprov/holder 2>/dev/null",
        "",
    );
}

fn sudo(lab: &Lab) {
    let no_right = play(lab, "ansible_user: guest", PLAY, &[]);
    says(&no_right, 1, &["unreachable", "sudo wants a password"]);
    let guests = lab.write("guests", "guest-password\n");
    let no_right = play(
        lab,
        "ansible_user: guest",
        PLAY,
        &["--become-password-file", guests.to_str().unwrap()],
    );
    says(&no_right, 1, &["sudo does not let the user become `root`"]);
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
    // A key that has changed, and one that is revoked, are refused whatever is accepted.
    let mine = std::fs::read_to_string(lab.keys().join("known_hosts")).unwrap();
    let of = |host: &str| {
        let address = lab.address(host);
        let line = mine
            .lines()
            .find(|line| line.contains(&address) && line.contains("ssh-ed25519"));
        line.unwrap().split_once(' ').unwrap().1.to_owned()
    };
    let (h1, h2) = (lab.address("h1"), lab.address("h2"));
    let file = lab.write(
        "turned",
        &format!("{h1} {}\n@revoked {h2} {}\n", of("h2"), of("h2")),
    );
    let known = format!("known: {}", file.display());
    says(
        &play(lab, &known, PLAY, &["--accept-new"]),
        1,
        &[
            &format!("the host key of `{h1}` has changed"),
            "ssh-keygen -R",
            &format!("the host key of `{h2}` is revoked"),
        ],
    );
    // A login that is refused.
    let stranger = format!(
        "ansible_ssh_private_key_file: {}/id_stranger",
        lab.keys().display()
    );
    let refused = play(lab, &stranger, PLAY, &[]);
    says(
        &refused,
        1,
        &["refuses the login of `deploy`", "id_stranger"],
    );
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
    lab.tool(&["fault", "h1", "readonly", "/var/lib/wmprov"]);
    says(
        &play(lab, "a: b", read_only, &[]),
        1,
        &[
            "cannot take the lock",
            "Read-only file system",
            "/var/lib/wmprov",
        ],
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
    let slow = "- hosts: h1\n  become: true\n  tasks:\n    \
                - shell: until [ -e /tmp/go ]; do sleep 0.2; done\n";
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
        &[
            "holds the lock of `h1`",
            "slow.yaml",
            "--lock-wait",
            "wmprov unlock",
        ],
    );
    let waited = std::thread::scope(|scope| {
        let second = scope.spawn(|| play(lab, "a: b", quick, &["--lock-wait", "300"]));
        // Time for the second to ask; where it comes later, it finds the lock free, which is as right.
        std::thread::sleep(Duration::from_secs(2));
        lab.on("h1", "touch /tmp/go");
        second.join().unwrap()
    });
    says(&waited, 0, &["changed"]);
    assert!(child.wait().unwrap().success());
    assert_eq!(lab.on("h1", "cat /var/lib/wmprov/holder 2>/dev/null"), "");
}

/// What a run saw before it had to wait for another it does not believe: the other may have undone what was as wanted.
fn overtaken(lab: &Lab) {
    let word = |word: &str| {
        format!(
            "- hosts: all\n  become: true\n  tasks:\n    - copy: {{ content: {word}, dest: /tmp/word }}\n"
        )
    };
    play(lab, "a: b", &word("mine"), &["--limit", "h2"]);
    let other = "- hosts: h1\n  become: true\n  tasks:\n    - shell: until [ -e /tmp/going ]; do sleep 0.2; done\n\
                 - hosts: h2\n  become: true\n  tasks:\n    - copy: { content: theirs, dest: /tmp/word }\n";
    let other = lab.write("other.yaml", other);
    let mine = lab.write("mine.yaml", &word("mine"));
    let behind = |meanwhile: &dyn Fn()| {
        lab.on("h1", "rm -f /tmp/going /tmp/word");
        let first = lab.follow(&["apply", "-p", other.to_str().unwrap()]);
        while !lab
            .on("h2", "cat /var/lib/wmprov/holder 2>/dev/null")
            .contains("other.yaml")
        {
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut second = lab.follow(&["apply", "-p", mine.to_str().unwrap(), "--lock-wait", "300"]);
        second.until("the lock of");
        meanwhile();
        lab.on("h1", "touch /tmp/going");
        assert_eq!(first.end().status, Some(0));
        second.end()
    };
    let ended = behind(&|| {});
    says(&(ended.status, ended.all()), 0, &["looked at again"]);
    for host in ["h1", "h2"] {
        assert_eq!(lab.on(host, "cat /tmp/word"), "mine", "{host}");
    }
    says(
        &play(lab, "a: b", &word("mine"), &["-v"]),
        0,
        &["ok: h1", "ok: h2"],
    );

    let inventory = lab.site.join("inventory.yaml");
    let text = std::fs::read_to_string(&inventory).unwrap();
    let ended = behind(&|| std::fs::write(&inventory, format!("{text}# edited\n")).unwrap());
    let said = "the inventory has changed while this run waited";
    says(
        &(ended.status, ended.all()),
        2,
        &[said, "nothing was touched"],
    );
    let left = "cat /tmp/word 2>/dev/null; cat /var/lib/wmprov/holder 2>/dev/null";
    assert_eq!([lab.on("h1", left), lab.on("h2", left)], ["", "theirs"]);
}

/// A login shell of any kind, with start-up files that print, does not matter.
fn login_shells(lab: &Lab) {
    for user in ["dash1", "bash1", "zsh1", "fish1", "tcsh1"] {
        let said = play(lab, &format!("ansible_user: {user}"), PLAY, &["-v"]);
        says(&said, 0, &["ok: h1", "ok: h2"]);
    }
}
