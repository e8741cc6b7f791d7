//! One playbook of shared modules, run by wmprov and by Ansible on the same hosts: both must leave the same files
//! (design 3.2). What wmprov leaves is also written down here, so that the test says something where there is no
//! Ansible.

use std::process::Command;

use crate::hosts::{Lab, root};

/// Every file below a folder of each host: mode, owner and lines, which are sorted.
fn tree(lab: &Lab, folder: &str) -> String {
    let list = format!(
        "cd {folder} && for f in $(find . -type f | sort); do stat -c '%n %a %U' $f; sort $f | sed 's/^/  /'; done"
    );
    ["h1", "h2", "h3"]
        .map(|host| format!("{host}\n{}", lab.on(host, &list)))
        .concat()
}

/// What lies on this machine, in a folder beside the inventory.
fn here(lab: &Lab, folder: &str) -> String {
    let mut lines: Vec<String> = std::fs::read_dir(lab.site.join(folder))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            format!("{name}: {}", std::fs::read_to_string(path).unwrap().trim())
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

fn site() -> Option<Lab> {
    let lab = Lab::up("wmboth", &["h1", "h2", "h3"])?;
    let keys = lab.keys().display();
    let hosts = ["h1", "h2", "h3"]
        .map(|host| format!("    {host}: {{ ansible_host: {} }}\n", lab.address(host)))
        .concat();
    lab.write(
        "inventory.yaml",
        &format!(
            "all:
  vars:
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
  hosts:
{hosts}"
        ),
    );
    for name in ["play.yaml", "once.yaml"] {
        let case = root().join("tests/cases/both").join(name);
        lab.write(name, &std::fs::read_to_string(case).unwrap());
    }
    for folder in ["wmprov", "ansible"] {
        std::fs::create_dir(lab.site.join(folder)).unwrap();
    }
    Some(lab)
}

/// Where a tool writes to: on the hosts, and on this machine.
fn variables(lab: &Lab, tool: &str) -> [String; 2] {
    [
        format!("root=/srv/{tool}"),
        format!("here={}", lab.site.join(tool).display()),
    ]
}

/// The hosts that did not come to the end, which are those that the playbook makes fail.
fn wmprov(lab: &Lab, more: &[&str]) -> String {
    let [root, here] = variables(lab, "wmprov");
    let play = lab.site.join("play.yaml");
    let mut arguments = vec![
        "apply",
        "-p",
        play.to_str().unwrap(),
        "-e",
        &root,
        "-e",
        &here,
    ];
    arguments.extend(["--lock-wait", "120"]);
    arguments.extend(more);
    let ran = lab.run(&arguments);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    ran.all()
}

fn ansible(lab: &Lab) -> bool {
    let program = std::env::var("WMPROV_ANSIBLE").unwrap_or_else(|_| "ansible-playbook".to_owned());
    if Command::new(&program).arg("--version").output().is_err() {
        println!("skipped: there is no `{program}` to compare with (WMPROV_ANSIBLE)");
        return false;
    }
    let [root, here] = variables(lab, "ansible");
    let ran = Command::new(crate::hosts::root().join("tests/lab/lab"))
        .env("LAB", lab.name())
        .env("ANSIBLE_PIPELINING", "1")
        .args(["control", &program, "-i"])
        .arg(lab.site.join("inventory.yaml"))
        .arg(lab.site.join("play.yaml"))
        .args(["-e", &root, "-e", &here])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(
        ran.status.code(),
        Some(2),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    true
}

#[test]
fn both_tools_leave_the_same_files() {
    let Some(lab) = site() else {
        return;
    };
    let said = wmprov(&lab, &[]);
    let left = tree(&lab, "/srv/wmprov");
    let left = format!("{left}here\n{}\n", here(&lab, "wmprov"));
    let expected = root().join("tests/cases/both/left.txt");
    if std::env::var_os("WMPROV_WRITE_CASES").is_some() {
        std::fs::write(&expected, &left).unwrap();
    }
    assert_eq!(left, std::fs::read_to_string(expected).unwrap(), "{said}");
    if ansible(&lab) {
        let theirs = tree(&lab, "/srv/ansible");
        let theirs = format!("{theirs}here\n{}\n", here(&lab, "ansible"));
        assert_eq!(left, theirs, "{said}");
    }
    tags(&lab);
    execs(&lab);
    delegated_to_nobody(&lab);
    a_login_without_root(&lab);
}

/// `never` runs where one of its tags is named, `always` wherever it is not skipped.
fn tags(lab: &Lab) {
    lab.on("h1", "rm -rf /srv/wmprov/*");
    let play = lab.site.join("play.yaml");
    let ran = lab.run(&[
        "apply",
        "-p",
        play.to_str().unwrap(),
        "-e",
        "root=/srv/wmprov",
        "--tags",
        "wanted",
        "--limit",
        "all:!h2:!h3",
    ]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    assert_eq!(lab.on("h1", "ls /srv/wmprov"), "tag-always\ntag-never\n");
}

/// A run that finds nothing to do costs one exec a user that its tasks act as.
fn execs(lab: &Lab) {
    let task = |name: &str, more: &str| {
        format!("    - copy: {{ content: x, dest: /srv/{name}, mode: \"0644\" }}\n{more}")
    };
    let rows = [
        (
            "become: true\n  tasks:\n",
            task("a", "") + &task("b", ""),
            1,
        ),
        (
            "become: true\n  tasks:\n",
            task("a", "") + &task("wmprov/c", "      become: false\n"),
            2,
        ),
        (
            "gather_facts: false\n  tasks:\n",
            task("wmprov/d", "")
                + &task("wmprov/e", "      become: true\n      become_user: guest\n"),
            2,
        ),
    ];
    lab.on("h1", "chmod 777 /srv/wmprov");
    for (head, tasks, execs) in rows {
        let play = lab.write("execs.yaml", &format!("- hosts: h1\n  {head}{tasks}"));
        let apply = || lab.run(&["apply", "--json", "-p", play.to_str().unwrap()]);
        let first = apply();
        assert_eq!(first.status, Some(0), "{}", first.failure());
        let again = apply();
        let last: serde_json::Value =
            serde_json::from_str(again.out.lines().last().unwrap()).unwrap();
        assert_eq!(last["hosts"]["h1"]["changed"], 0, "{last}");
        assert_eq!(last["traffic"]["h1"]["execs"], execs, "{head}: {last}");
    }
    assert_eq!(
        lab.on("h1", "stat -c %U /srv/a /srv/wmprov/[cde]"),
        "root\ndeploy\ndeploy\nguest\n"
    );
}

fn delegated_to_nobody(lab: &Lab) {
    let play = lab.write(
        "nobody.yaml",
        "- hosts: h1\n  tasks:\n    - copy: { content: x, dest: /srv/x }\n      delegate_to: h33\n",
    );
    let ran = lab.run(&["apply", "-p", play.to_str().unwrap()]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    for word in [
        "`h33` is no host of the inventory",
        "nobody.yaml:4:",
        "did you mean `h3`?",
    ] {
        assert!(ran.all().contains(word), "`{word}`: {}", ran.all());
    }
}

/// Who may not become root keeps the lock, the history, and what is owed, in a folder of their own.
fn a_login_without_root(lab: &Lab) {
    let text = std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
    lab.write(
        "inventory.yaml",
        &text.replace("ansible_user: deploy", "ansible_user: guest"),
    );
    let play = lab.write(
        "guest.yaml",
        "- hosts: h1\n  tasks:\n    - copy: { content: x, dest: /home/guest/x, mode: \"0600\" }\n      notify: h\n  handlers:\n    - { name: h, command: touch handled }\n",
    );
    for status in ["changed: h1: h\n", ""] {
        let ran = lab.run(&["apply", "-p", play.to_str().unwrap()]);
        assert_eq!(ran.status, Some(0), "{}", ran.failure());
        assert!(ran.errors.contains(status), "{}", ran.all());
    }
    assert_eq!(
        lab.on(
            "h1",
            "cd /home/guest; stat -c '%n %U' x handled; ls .local/state/wmprov"
        ),
        "x guest\nhandled guest\nhistory\nlock\n"
    );
}
