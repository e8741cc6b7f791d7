//! `init`: what it writes is valid, what it refuses is said at once, and it asks on a terminal.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use wmprov::catalogue::{Catalogue, Separation};
use wmprov::commands::{Draft, FileOptions, Question, validate};
use wmprov::connection::ConnectOptions;

use super::{PROGRAM, said, wmprov};

const MANAGERS: &str = "mgr1=10.0.0.11";
const TWO_MANAGERS: &str = "mgr1=10.0.0.11,mgr2=10.0.0.12";
const WORKERS: &str = "10.0.0.21,10.0.0.22";

/// The answers without which there is no inventory.
fn answers<'a>(product: &'a str, pattern: &'a str) -> Vec<(Question, &'a str)> {
    let managers = if pattern == "1" {
        MANAGERS
    } else {
        TWO_MANAGERS
    };
    let mut answers = vec![
        (Question::Product, product),
        (Question::Pattern, pattern),
        (Question::Managers, managers),
        (Question::Workers, WORKERS),
        (Question::Hostname, "carbon.example.com"),
        (Question::MgtHostname, "mgt.carbon.example.com"),
    ];
    if product == "am" {
        answers.push((Question::KeyManager, "km.example.com:9443"));
    }
    answers
}

#[test]
fn what_init_writes_is_valid_for_every_version_and_pattern() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inventory.yaml");
    let catalogue = Catalogue::load(&[]).unwrap();
    let mut written = 0;
    for release in catalogue.iter() {
        if release.separation != Separation::Supported {
            continue;
        }
        for pattern in ["1", "2", "3"] {
            let mut draft = Draft::new(&file).unwrap();
            let version = (Question::Version, release.version.as_str());
            let mut given = answers(&release.product, pattern);
            given.insert(1, version);
            for (question, answer) in given {
                draft.answer(question, answer).unwrap();
            }
            draft.finish().unwrap().write(true).unwrap();
            let options = FileOptions {
                inventory: file.clone(),
                ..FileOptions::default()
            };
            let connect = ConnectOptions::from_environment();
            let found = validate(&options, &connect, false);
            let found = found.unwrap();
            let wanted = format!("{} {}", release.name, release.version);
            assert_eq!(found.clusters[0].product, wanted);
            assert!(found.waived.is_empty());
            written += 1;
        }
    }
    assert!(written > 2 * 3, "the catalogue is empty");
}

#[test]
fn init_writes_one_commented_file() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "init",
        "--product",
        "esb",
        "--pattern",
        "2",
        "--managers",
        TWO_MANAGERS,
        "--workers",
        WORKERS,
        "--hostname",
        "esb.example.com",
        "--mgt-hostname",
        "mgt.esb.example.com",
    ];
    let output = wmprov(folder.path(), &arguments);
    insta::assert_snapshot!(said(&output), @r#"
    0
    written: inventory.yaml
    the pack has to lie at: wso2esb-5.0.0.zip
    see what it would do with: wmprov plan inventory.yaml
    "#);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1);
    let text = fs::read_to_string(folder.path().join("inventory.yaml")).unwrap();
    insta::assert_snapshot!(text, @r#"
# Enterprise Service Bus 5.0.0 in pattern 2: two managers, active and passive, in a clustering domain of their own, and workers in another.
#
# Made by `wmprov init`; yours to change. Then:
#
#   wmprov validate inventory.yaml    reads and checks your files, connects to nothing
#   wmprov topology inventory.yaml    draws the cluster
#   wmprov plan inventory.yaml        says what would change, file by file
#   wmprov apply inventory.yaml       does it
#   wmprov drift inventory.yaml       says what has moved since
#
# Every variable is told in docs/inventory.md.

all:
  vars:
    # The group that sets carbon_product is a cluster. Here that is `all`: the whole inventory.
    carbon_product: esb
    carbon_version: "5.0.0"                       # quoted: YAML would take 5.0 for a number
    carbon_pattern: 2
    carbon_pack: wso2esb-5.0.0.zip                # the product's zip, beside this file

    carbon_hostname: esb.example.com              # what clients call: the workers, or what stands before them
    carbon_mgt_hostname: mgt.esb.example.com      # what administrators call: the console
    java_home: /usr/lib/jvm/java-8-openjdk-amd64  # the JDK on the hosts

    # With it each start proves by a login which role the node has. It makes the vaulted value:
    #   wmprov vault encrypt-string --name carbon_admin_password --ask-vault-pass
    # carbon_admin_password: !vault |
    #   ...

    # ansible_user: deploy    # the login name, where it is not yours
    ansible_become: true      # through sudo

  children:
    # A host's role is the group it is in. Member lists, ports, sub-domains, profile and worker flag follow
    # from it. Of two managers the first is active: it commits, and its console is served.
    manager:
      hosts:
        mgr1: { ansible_host: 10.0.0.11 }
        mgr2: { ansible_host: 10.0.0.12 }

    worker:
      # vars: { carbon_heap: 512m:2g }    # of workers only; where not said 256m:1024m
      hosts:
        wkr1: { ansible_host: 10.0.0.21 }
        wkr2: { ansible_host: 10.0.0.22 }

    # nginx before workers and console; docs/balancers.md tells what goes with it:
    # load_balancer:
    #   hosts:
    #     lb1: { ansible_host: 10.0.0.31 }
"#);
    let again = wmprov(folder.path(), &arguments);
    insta::assert_snapshot!(said(&again), @r#"
    2
    error: `inventory.yaml` is there already
    hint: `--output` names another file, `--force` writes over this one
    "#);
    assert_eq!(
        fs::read_to_string(folder.path().join("inventory.yaml")).unwrap(),
        text
    );
    let forced = wmprov(
        folder.path(),
        &[&arguments[..], &["--force", "--java-home", "/opt/jdk"]].concat(),
    );
    assert_eq!(forced.status.code(), Some(0));
    let text = fs::read_to_string(folder.path().join("inventory.yaml")).unwrap();
    assert!(text.contains("    java_home: /opt/jdk "), "{text}");
}

#[test]
fn a_firewall_is_asked_who_administers() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "init",
        "--product",
        "esb",
        "--managers",
        MANAGERS,
        "--workers",
        WORKERS,
        "--hostname",
        "esb.example.com",
        "--firewall",
        "nftables",
    ];
    insta::assert_snapshot!(said(&wmprov(folder.path(), &arguments)), @r#"
    2
    error: these answers are missing: --console-allow
    hint: give them as arguments, or run it on a terminal to be asked
    "#);
    let allow = ["--console-allow", "10.0.9.0/24, fd00::7"];
    let output = wmprov(folder.path(), &[&arguments[..], &allow].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = fs::read_to_string(folder.path().join("inventory.yaml")).unwrap();
    for line in [
        "    carbon_firewall: nftables ",
        "    carbon_console_allow: [\"10.0.9.0/24\", \"fd00::7\"] ",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn each_answer_is_held_against_the_checks_at_once() {
    let rows: [&[(Question, &str)]; 17] = [
        &[(Question::Product, "esbb")],
        &[(Question::Product, "is")],
        &[(Question::Product, "esb"), (Question::Version, "5.0.1")],
        &[(Question::Product, "esb"), (Question::Pattern, "4")],
        &[(Question::Product, "esb"), (Question::Pattern, "one")],
        &[
            (Question::Product, "esb"),
            (Question::Pattern, "2"),
            (Question::Managers, MANAGERS),
        ],
        &[
            (Question::Product, "esb"),
            (Question::Managers, "mgr1=127.0.0.1"),
        ],
        &[
            (Question::Product, "esb"),
            (Question::Managers, "mgr1=mgr1.example.com"),
        ],
        &[
            (Question::Product, "esb"),
            (Question::Managers, MANAGERS),
            (Question::Workers, "wkr1=10.0.0.21"),
        ],
        &[
            (Question::Product, "esb"),
            (Question::Managers, MANAGERS),
            (Question::Workers, "wkr1=10.0.0.11,wkr2=10.0.0.12"),
        ],
        &[
            (Question::Product, "esb"),
            (Question::Hostname, "https://esb.example.com"),
        ],
        &[(Question::Product, "esb"), (Question::JavaHome, "jdk8")],
        &[
            (Question::Product, "am"),
            (Question::KeyManager, "km.example.com"),
        ],
        &[
            (Question::Product, "esb"),
            (Question::KeyManager, "km.example.com:9443"),
        ],
        &[(Question::Product, "esb"), (Question::Firewall, "iptables")],
        &[
            (Question::Product, "esb"),
            (Question::ConsoleAllow, "10.0.9.0/24"),
        ],
        &[
            (Question::Product, "esb"),
            (Question::Firewall, "nftables"),
            (Question::ConsoleAllow, "admins.example.com"),
        ],
    ];
    let mut told = String::new();
    for row in rows {
        let mut draft = Draft::new(Path::new("inventory.yaml")).unwrap();
        let (last, before) = row.split_last().unwrap();
        for (question, answer) in before {
            draft.answer(*question, answer).unwrap();
        }
        let errors = draft.answer(last.0, last.1).unwrap_err();
        told.push_str(&format!("{} {}\n", last.0.flag(), last.1));
        for error in errors {
            assert_eq!(error.place(), None, "a place in a file that is not written");
            told.push_str(&format!(
                "  {error}\n    {}\n",
                error.way_out().unwrap_or_default()
            ));
        }
    }
    insta::assert_snapshot!(told, @r#"
--product esbb
  the product `esbb` is not known
    did you mean `esb`?
--product is
  managers and workers of `is` 5.2.0 (Identity Server) cannot be separated: worker and manager separation is not possible; the pack has no worker profile
    run identical nodes behind a sticky load balancer, each listing all members
--version 5.0.1
  `esb` 5.0.1 is not known
    the nearest known one is 5.0.0; an entry of your own in `products/` beside the inventory makes it known
--pattern 4
  WM101 there is no deployment pattern 4
    set `carbon_pattern` to 1 (one manager), 2 (two, in a domain of their own) or 3 (two, in the workers' domain)
--pattern one
  `carbon_pattern`: expected a whole number, found a text
    
--managers mgr1=10.0.0.11
  WM131 cluster `all` has 1 manager, pattern 2 takes 2
    add the second manager, or set `carbon_pattern: 1`, which has one
--managers mgr1=127.0.0.1
  WM100 the address of node `mgr1` is not known: it is connected to through loopback
    set `carbon_address` of the host to the IP address that the other nodes use
--managers mgr1=mgr1.example.com
  WM100 the address of node `mgr1` is not known: it is connected to by name
    set `carbon_address` of the host to the IP address that the other nodes use
--workers wkr1=10.0.0.21
  WM104 cluster `all` has one worker, `wkr1`
    add a second worker
--workers wkr1=10.0.0.11,wkr2=10.0.0.12
  WM004 `wkr1` and `mgr1` claim 10.0.0.11:4100
    give each host its own `carbon_address`, and each node on a host its own `carbon_member_port`
--hostname https://esb.example.com
  `carbon_hostname`: expected a host name, found `https://esb.example.com`
    letters, digits, points and hyphens; no port, no `https://`
--java-home jdk8
  `java_home`: expected an absolute path on the host, found `jdk8`
    it starts with `/` and holds letters, digits and `. - _ + /` only
--key-manager km.example.com
  `carbon_key_manager`: expected a host and its port, found `km.example.com`
    such as km.example.com:9443; no `https://`
--key-manager km.example.com:9443
  `--key-manager` says nothing here
    only API Manager asks a Key Manager; leave it out
--firewall iptables
  `carbon_firewall`: expected one of none, nftables, found `iptables`
    
--console-allow 10.0.9.0/24
  `--console-allow` says nothing here
    without `--firewall nftables` nothing asks who administers; leave it out
--console-allow admins.example.com
  `carbon_console_allow`: expected an IP address or a network such as 10.0.0.0/8, found `admins.example.com`
    
"#);
}

#[test]
fn without_a_terminal_init_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let output = wmprov(
        folder.path(),
        &["init", "--product", "am", "--workers", WORKERS],
    );
    insta::assert_snapshot!(said(&output), @r#"
    2
    error: these answers are missing: --managers, --hostname, --key-manager
    hint: give them as arguments, or run it on a terminal to be asked
    "#);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Runs `init` on a terminal of its own (`script`, of util-linux) and types the lines.
fn typed(folder: &Path, lines: &str) -> String {
    let mut child = Command::new("script")
        .args(["-qefc", &format!("stty -echo; {PROGRAM} init"), "/dev/null"])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

#[test]
fn on_a_terminal_init_asks_again_and_shows_the_cluster_before_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let page = typed(
        folder.path(),
        "esbb\nesb\n\n\nmgr1=10.0.0.11\n10.0.0.21 10.0.0.22\nesb.example.com\n\n\n\n\nyes\n",
    );
    let places = [
        "did you mean `esb`?",
        "[5.0.0]",
        "cluster `all`, pattern 1",
        "10.0.0.22:4100",
        "write inventory.yaml [yes]",
        "written: inventory.yaml",
    ]
    .map(|words| {
        page.find(words)
            .unwrap_or_else(|| panic!("no `{words}` in\n{page}"))
    });
    assert!(places.is_sorted(), "{page}");
    assert!(folder.path().join("inventory.yaml").exists());

    let folder = tempfile::tempdir().unwrap();
    let page = typed(
        folder.path(),
        "esb\n\n\nmgr1=10.0.0.11\n10.0.0.21 10.0.0.22\nesb.example.com\n\n\n\n\nno\n",
    );
    assert!(page.contains("nothing is written"), "{page}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn hosts_that_cannot_be_asked_are_a_failure_and_no_mistake_in_the_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let asked = wmprov(
        folder.path(),
        &[
            "init",
            "--from",
            "deploy@127.0.0.1:1,wkr1=deploy@127.0.0.2:1",
        ],
    );
    let told = said(&asked);
    assert!(told.starts_with("1\n"), "{told}");
    for words in [
        "host1: 127.0.0.1 could not be asked",
        "wkr1: 127.0.0.2 could not be asked",
        "nothing is written",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let wrong = wmprov(folder.path(), &["init", "--from", "deploy@127.0.0.1:x"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
}
