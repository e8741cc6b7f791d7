//! Files that are wrong: exit status 2, every mistake with its place, and no host has seen a connection.

use crate::bad_luck::says;
use crate::hosts::Lab;

/// How many TCP connections a host has taken since it was switched on, refused logins included.
fn taken(lab: &Lab, host: &str) -> u64 {
    let page = lab.on(host, "cat /proc/net/snmp");
    let mut rows = page.lines().filter(|line| line.starts_with("Tcp:"));
    let (names, counts) = (rows.next().unwrap(), rows.next().unwrap());
    let at = names
        .split_whitespace()
        .position(|name| name == "PassiveOpens")
        .unwrap();
    counts.split_whitespace().nth(at).unwrap().parse().unwrap()
}

/// An inventory of one cluster: lines of the cluster, and of its roles.
fn inventory(lab: &Lab, cluster: &str, roles: &str) -> String {
    let (keys, h1, h2) = (lab.keys().display(), lab.address("h1"), lab.address("h2"));
    let roles = roles.replace("H1", &h1).replace("H2", &h2);
    format!(
        "all:
  vars:
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: pack.zip
    carbon_hostname: esb.example.com
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
{cluster}  children:
{roles}"
    )
}

/// One manager and two workers, as it would be right.
const ROLES: &str = "    manager: { hosts: { mgr1: { ansible_host: H1 } } }
    worker: { hosts: { wkr1: { ansible_host: H2, carbon_nodes: [{ name: a }, { name: b, offset: 1 }] } } }
";

/// What is wrong: lines of the cluster, the roles, and what is told.
const ROWS: &[(&str, &str, &[&str])] = &[
    (
        "    carbon_hostnam: x\n",
        ROLES,
        &[
            "carbon_hostnam",
            "did you mean `carbon_hostname`",
            "inventory.yaml:",
        ],
    ),
    ("    carbon_pattern: 4\n", ROLES, &["WM101"]),
    (
        "",
        "    manager: { hosts: { mgr1: { ansible_host: H1 }, mgr2: { ansible_host: 10.77.0.99 } } }
    worker: { hosts: { wkr1: { ansible_host: H2 }, wkr2: { ansible_host: 10.77.0.98 } } }\n",
        &["WM016"],
    ),
    (
        "",
        "    manager: { hosts: { mgr1: { ansible_host: H1 } } }
    worker: { hosts: { wkr1: { ansible_host: H2 } } }\n",
        &["WM104"],
    ),
    (
        "",
        "    worker: { hosts: { wkr1: { ansible_host: H1 }, wkr2: { ansible_host: H2 } } }\n",
        &["WM103"],
    ),
    (
        "",
        "    manager: { hosts: { mgr1: { ansible_host: H1 } } }
    worker: { hosts: { mgr1: , wkr1: { ansible_host: H2 } } }\n",
        &["WM102"],
    ),
    (
        "",
        "    manager: { hosts: { mgr1: { ansible_host: H1 } } }
    worker: { hosts: { wkr1: { ansible_host: H2, carbon_nodes: [{ name: a }, { name: b }] } } }\n",
        &["WM106"],
    ),
    ("", ROLES, &["the pack `", "pack.zip", "cannot be used"]),
    (
        "    carbon_version: \"4.9.9\"\n",
        ROLES,
        &["4.9.9", "4.9.0"],
    ),
    ("    a: [\n", ROLES, &["inventory.yaml:"]),
    (
        "    a: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      00\n",
        ROLES,
        &["vault"],
    ),
];

pub(super) fn reach_no_host(lab: &Lab) {
    let before = (taken(lab, "h1"), taken(lab, "h2"));
    for (cluster, roles, words) in ROWS {
        let mut text = inventory(lab, cluster, roles);
        if cluster.contains("carbon_version") {
            text = text.replacen("    carbon_version: \"4.9.0\"\n", "", 1);
        }
        lab.write("inventory.yaml", &text);
        for verb in ["apply", "plan"] {
            let ran = lab.run(&[verb]);
            says(&(ran.status, ran.all()), 2, words);
        }
    }
    // A playbook that is wrong, a host pattern that fits nobody, a password among the arguments.
    let right = inventory(lab, "", ROLES);
    lab.write("inventory.yaml", &right);
    let play = lab.write("play.yaml", "- hosts: all\n  tasks:\n    - comand: true\n");
    let ran = lab.run(&["apply", "-p", play.to_str().unwrap()]);
    says(
        &(ran.status, ran.all()),
        2,
        &["comand", "command", "play.yaml:3"],
    );
    let ran = lab.run(&["apply", "--limit", "nobody"]);
    says(&(ran.status, ran.all()), 2, &["nobody"]);
    let ran = lab.run(&["apply", "-e", "ansible_become_password=x"]);
    says(
        &(ran.status, ran.all()),
        2,
        &["ansible_become_password", "@FILE"],
    );
    let ran = lab.run(&["unlock"]);
    says(&(ran.status, ran.all()), 2, &["--yes"]);
    assert_eq!(before, (taken(lab, "h1"), taken(lab, "h2")));
    // The count does count: right files reach the hosts.
    lab.run(&["unlock", "--yes"]);
    assert!(taken(lab, "h1") > before.0);
    assert!(taken(lab, "h2") > before.1);
}
