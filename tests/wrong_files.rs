//! Files and arguments that are wrong, through the program itself: no host is asked, and what is wrong is told once, with
//! its place.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wmprov");

/// One manager and two workers, with more variables of the cluster.
fn inventory(more: &str) -> String {
    format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"5.0.0\"
    carbon_pack: packs/x.zip
    carbon_hostname: esb.example.com
    java_home: /usr/lib/jvm/java-8
{more}  children:
    manager: {{ hosts: {{ mgr1: {{ ansible_host: 192.0.2.11 }} }} }}
    worker: {{ hosts: {{ wkr1: {{ ansible_host: 192.0.2.12 }}, wkr2: {{ ansible_host: 192.0.2.13 }} }} }}
"
    )
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(words)
        .current_dir(folder)
        .env("HOME", folder)
        .env_remove("XDG_CACHE_HOME")
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::null());
    command
}

fn ran(folder: &Path, words: &[&str]) -> Output {
    let output = command(folder, words).output().unwrap();
    crate::hosts::note_words(output.status.code(), words);
    output
}

/// Exit code and standard error.
fn told(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = ran(folder, words);
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

/// What `validate` says of one more line of the cluster, the pack left aside.
fn validated(more: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("inventory.yaml"), inventory(more)).unwrap();
    told(
        folder.path(),
        &["validate", "inventory.yaml", "--without-pack"],
    )
}

/// Groups that share their children stand once under each: a graph of twenty floors has a million lines.
#[test]
fn a_graph_of_woven_groups_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "all:\n  children:\n    a0:\n    b0:\n".to_owned();
    for floor in 0..60 {
        let below = floor + 1;
        for name in ["a", "b"] {
            text.push_str(&format!(
                "{name}{floor}:\n  children:\n    a{below}:\n    b{below}:\n"
            ));
        }
    }
    text.push_str("a60:\n  hosts:\n    h1:\n");
    fs::write(folder.path().join("woven.yaml"), text).unwrap();
    let (code, said) = told(folder.path(), &["inventory", "woven.yaml", "--graph"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("the graph is longer"), "{said}");
}

#[test]
fn validate_refuses_what_a_run_refuses_before_a_connection() {
    assert_eq!(validated("").0, Some(0));
    let rows = [
        (
            "    ansible_port: 0\n",
            "a port is a number from 1 to 65535",
        ),
        ("    ansible_port: 70000\n", "a port is a number"),
        ("    ansible_port: ssh\n", "expected a whole number"),
        (
            "    ansible_connection: sssh\n",
            "`ansible_connection: sssh` is not supported",
        ),
        (
            "    ansible_become_method: su\n",
            "`ansible_become_method: su` is not supported",
        ),
        (
            "    ansible_ssh_private_key_file: nowhere/id\n",
            "there is no private key `nowhere/id`",
        ),
        (
            "    carbon_edits: [{ path: repository/conf/carbon.xml, xml: [{ sett: x, to: y }] }]\n",
            "did you mean `set`?",
        ),
        (
            "    carbon_edits: [{ path: repository/conf/carbon.xml, xmll: [{ set: x, to: y }] }]\n",
            "did you mean `xml`?",
        ),
    ];
    for (more, wanted) in rows {
        let (code, said) = validated(more);
        assert_eq!(code, Some(2), "{more}: {said}");
        assert!(said.contains(wanted), "{more}: {said}");
        assert!(said.contains("inventory.yaml:8:"), "{more}: {said}");
        // Three hosts have it, and it is told once.
        assert_eq!(said.matches("error:").count(), 1, "{more}: {said}");
    }
    let (_, said) = validated("    ansible_connection: sssh\n");
    assert!(said.contains("(hosts `mgr1`, `wkr1`, `wkr2`)"), "{said}");
}

#[test]
fn validate_knows_hosts_of_plays_and_packs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("sub")).unwrap();
    fs::write(folder.join("sub/inventory.yaml"), inventory("")).unwrap();
    let play = "- hosts: wkr9\n  tasks: [{ debug: { msg: x } }]\n";
    fs::write(folder.join("play.yaml"), play).unwrap();
    let words = [
        "validate",
        "sub/inventory.yaml",
        "-p",
        "play.yaml",
        "--without-pack",
    ];
    let (code, said) = told(folder, &words);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("`wkr9` is neither a host nor a group"),
        "{said}"
    );
    assert!(said.contains("play.yaml:1:10"), "{said}");
    let (code, said) = told(folder, &["validate", "sub/inventory.yaml"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("the pack `sub/packs/x.zip` cannot be used"),
        "{said}"
    );
    assert!(!said.contains("sub/sub"), "{said}");
}

/// Sends a signal to a program that has begun to listen, and gives its end.
fn ended_by(mut child: Child, signal: &str) -> std::process::ExitStatus {
    let begun = Instant::now();
    let status = format!("/proc/{}/status", child.id());
    let listens = || {
        let text = fs::read_to_string(&status).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
        // SIGTERM is the fifteenth.
        caught & (1 << 14) != 0
    };
    while !listens() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "it never listened"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap()
            .success()
    );
    while begun.elapsed() < Duration::from_secs(120) {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("{signal} did not end it");
}

#[test]
fn a_signal_ends_what_reads_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("packs")).unwrap();
    fs::write(folder.join("inventory.yaml"), inventory("")).unwrap();
    // A pack whose reading never ends.
    let pipe = Command::new("mkfifo")
        .arg(folder.join("packs/x.zip"))
        .status();
    assert!(pipe.unwrap().success());
    let three = inventory("").replace("wkr2: {", "wkr3: { ansible_host: 192.0.2.14 }, wkr2: {");
    fs::write(folder.join("three.yaml"), three).unwrap();
    let rows: [(&[&str], &str); 7] = [
        (&["validate", "inventory.yaml"], "-INT"),
        (&["validate", "inventory.yaml"], "-TERM"),
        (&["plan", "inventory.yaml"], "-INT"),
        (&["plan", "inventory.yaml"], "-TERM"),
        (&["apply", "inventory.yaml"], "-TERM"),
        (&["drift", "inventory.yaml"], "-INT"),
        (
            &["decommission", "wkr3", "three.yaml", "--dead", "--yes"],
            "-TERM",
        ),
    ];
    for (words, signal) in rows {
        let mut command = command(folder, words);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let status = ended_by(child.unwrap(), signal);
        assert_eq!(status.code(), Some(130), "{words:?} {signal}: {status}");
    }
}

#[test]
fn passwords_are_neither_taken_from_arguments_nor_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = "all:
  vars: { ansible_become_pass: hunter22, plain: seen, logins: { db_password: hunter33 }, ansible_ssh_pass: 4455 }
  hosts: { h1: { ansible_host: 192.0.2.1 } }
";
    fs::write(folder.join("inventory.yaml"), text).unwrap();
    let output = ran(folder, &["inventory", "inventory.yaml", "--list"]);
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(
        page.contains("seen") && page.matches("\"***\"").count() == 3,
        "{page}"
    );
    for secret in ["hunter22", "hunter33", "4455"] {
        assert!(!page.contains(secret), "{page}");
    }
    for given in [
        "ansible_become_pass=hunter44",
        "{ansible_ssh_pass: hunter44}",
    ] {
        let (code, said) = told(folder, &["plan", "inventory.yaml", "-e", given]);
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains("every user of this machine can see"),
            "{said}"
        );
        assert!(
            !said.contains("go on with") && !said.contains("hunter44"),
            "{said}"
        );
    }
}

#[test]
fn a_picture_shows_no_vaulted_value() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("pw"), "open sesame\n").unwrap();
    fs::create_dir(folder.join("group_vars")).unwrap();
    fs::write(
        folder.join("group_vars/all.yml"),
        "hidden: secret.example.com\n",
    )
    .unwrap();
    let sealed = ran(
        folder,
        &[
            "vault",
            "encrypt",
            "group_vars/all.yml",
            "--vault-password-file",
            "pw",
        ],
    );
    assert!(sealed.status.success(), "{sealed:?}");
    let more = "    carbon_mgt_hostname: \"{{ hidden }}\"\n";
    fs::write(folder.join("inventory.yaml"), inventory(more)).unwrap();
    let output = ran(
        folder,
        &["topology", "inventory.yaml", "--vault-password-file", "pw"],
    );
    let page = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{page}");
    assert!(
        page.contains("***") && !page.contains("secret.example.com"),
        "{page}"
    );
}

#[test]
fn a_result_that_is_lost_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(
        folder.join("here.yaml"),
        "all: { hosts: { h1: { ansible_connection: local } } }\n",
    )
    .unwrap();
    let play = "- hosts: all\n  gather_facts: false\n  tasks: [{ debug: { msg: x } }]\n";
    fs::write(folder.join("play.yaml"), play).unwrap();
    for more in [&[][..], &["--json"]] {
        let words = [&["plan", "here.yaml", "-p", "play.yaml"], more].concat();
        assert_eq!(ran(folder, &words).status.code(), Some(0), "{more:?}");
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = command(folder, &words).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{more:?}: {said}");
        assert!(said.contains("cannot write the result"), "{said}");
    }
    // Where a report is to go is known to be no place before any host is asked.
    let words = [
        "drift",
        "here.yaml",
        "-p",
        "play.yaml",
        "--format",
        "html=absent/x.html",
    ];
    let (code, said) = told(folder, &words);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("cannot write `absent/x.html`"), "{said}");
    assert!(!said.contains("h1"), "{said}");
}

#[test]
fn one_file_that_cannot_be_sealed_keeps_no_other_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("pw"), "open sesame\n").unwrap();
    for name in ["a", "c"] {
        fs::write(folder.join(name), "x: 1\n").unwrap();
    }
    let words = [
        "vault",
        "encrypt",
        "a",
        "b",
        "c",
        "--vault-password-file",
        "pw",
    ];
    let (code, said) = told(folder, &words);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("cannot read `b`"), "{said}");
    assert!(
        said.contains("the other files are done (sealed: a; sealed: c)"),
        "{said}"
    );
    for name in ["a", "c"] {
        assert!(
            fs::read_to_string(folder.join(name))
                .unwrap()
                .starts_with("$ANSIBLE_VAULT")
        );
    }
}

#[test]
fn times_that_systemd_does_not_know_are_written_into_no_timer() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("inventory.yaml"), "all: { hosts: { h1: } }\n").unwrap();
    let install = |option: &str, value: &str| {
        let words = [
            "drift",
            "inventory.yaml",
            "--install-timer",
            "--unit-folder",
            "units",
            option,
            value,
        ];
        told(folder, &words)
    };
    let (code, said) = install("--jitter", "1min\nUser=root");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("systemd does not understand"), "{said}");
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("skipped: this machine has no systemd-analyze");
    } else {
        for (option, value) in [("--on-calendar", "every night"), ("--jitter", "a while")] {
            let (code, said) = install(option, value);
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains(&format!("`{option}` is `{value}`")), "{said}");
        }
    }
    assert!(!folder.join("units").exists());
    let (code, said) = install("--on-calendar", "*-*-* 03:00:00");
    assert_eq!(code, Some(0), "{said}");
    assert!(folder.join("units").exists());
}

#[test]
fn a_renamed_pack_is_judged_by_what_is_inside() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let zip = |top: &str| {
        let file = fs::File::create(folder.join("renamed.zip")).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{top}/bin/version.txt"), options)
            .unwrap();
        zip.write_all(b"something else v1.0.0\n").unwrap();
        zip.finish().unwrap();
    };
    zip("wso2esb-4.9.0");
    let (code, said) = told(folder, &["pack", "inspect", "renamed.zip"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("not WSO2 Enterprise Service Bus v4.9.0")
            || said.contains("Enterprise Service Bus"),
        "{said}"
    );
    assert!(said.contains("v4.9.0"), "{said}");
    zip("mystery-1.0");
    let (code, said) = told(folder, &["pack", "inspect", "renamed.zip"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("begins with the folder `mystery-1.0`, which is no pack that is known"),
        "{said}"
    );
}

#[test]
fn a_file_of_another_encoding_has_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(
        folder.join("inventory.yaml"),
        b"all:\n  vars: { a: \xe9 }\n",
    )
    .unwrap();
    let (code, said) = told(folder, &["validate", "inventory.yaml"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("inventory.yaml:2:14"), "{said}");
}
