//! The rules of each host of the example inventories, as `carbon_firewall` makes them: held against `cases/firewall`
//! (`WMPROV_WRITE_CASES=1` writes them anew), and read by nft itself, where there is one.

pub(crate) mod hosts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use wmprov::cluster::{Cluster, Firewall, Network, derive};
use wmprov::inventory::Inventory;
use wmprov::template::{Language, Scope, from_json};

use crate::cluster::{Brought, release};
use crate::hosts::root;

const TEMPLATE: &str = include_str!("../../playbooks/templates/carbon.firewall.nft.j2");

/// The clusters of an example, with a firewall.
fn clusters(example: &str, more: &[&str]) -> Vec<Cluster> {
    let mut brought = Brought::beside(&root().join("inventories").join(example));
    for pair in ["carbon_firewall=nftables"].iter().chain(more) {
        brought.options.extra_vars.push((*pair).to_owned());
    }
    let inventory = Inventory::load(&brought.file, &brought.options).unwrap();
    derive(&inventory, &release).unwrap()
}

fn rules(firewall: &Firewall) -> String {
    let view = serde_json::to_value(firewall.view()).unwrap();
    let mut scope = Scope::new(&Language::default(), BTreeMap::new());
    scope.set_value("firewall", from_json(&view));
    scope
        .file(TEMPLATE, Path::new("carbon.firewall.nft.j2"))
        .unwrap()
}

/// What nft says against rules, in a network of its own; nothing where there is no nft here.
fn refused_by_nft(text: &str) -> Option<String> {
    let mut child = Command::new("unshare")
        .args(["--net", "nft", "--check", "--file", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    // One that has ended already says why.
    let _written = child.stdin.take()?.write_all(text.as_bytes());
    let out = child.wait_with_output().ok()?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    let is_nft = !said.contains("unshare:");
    if !is_nft {
        println!("not read by nft: {said}");
    }
    (!out.status.success() && is_nft).then_some(said)
}

#[test]
fn each_port_is_open_to_whom_it_is_for() {
    let allow = "carbon_console_allow=192.0.2.0/24";
    let examples: [(&str, &[&str]); 8] = [
        ("pattern-1.yaml", &[allow]),
        ("pattern-2.yaml", &[]),
        ("pattern-3.yaml", &[]),
        ("svn.yaml", &[allow]),
        ("two-clusters.yaml", &[allow]),
        ("one-host.yaml", &[allow]),
        ("dss.yaml", &[allow]),
        ("am.yaml", &[allow]),
    ];
    let mut wrong = Vec::new();
    for (example, more) in examples {
        let clusters = clusters(example, more);
        let hosts: BTreeSet<&str> = clusters.iter().flat_map(Cluster::hosts).collect();
        let mut said = String::new();
        for host in hosts {
            let firewall = Firewall::of(&clusters, host);
            said.push_str(&format!("=== {host}\n"));
            if firewall.openings.is_empty() {
                said.push_str("no rules\n");
                continue;
            }
            let text = rules(&firewall);
            if let Some(refused) = refused_by_nft(&text) {
                wrong.push(format!("{example}, {host}: {refused}\n{text}"));
            }
            // What stands above the first opening is the same everywhere.
            let own = text
                .split_once("meta l4proto { 1, 58 } accept\n")
                .unwrap()
                .1;
            said.push_str(own.trim_end_matches(['}', '\n', ' ']));
            said.push('\n');
        }
        let kept = root()
            .join("tests/cases/firewall")
            .join(example.replace(".yaml", ".txt"));
        if std::env::var_os("WMPROV_WRITE_CASES").is_some() {
            fs::create_dir_all(kept.parent().unwrap()).unwrap();
            fs::write(&kept, &said).unwrap();
        }
        let wanted = fs::read_to_string(&kept).unwrap_or_default();
        if said != wanted {
            wrong.push(format!("{}:\n{said}", kept.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nobody who could connect before cannot while a change is under way, and afterwards only the new ones can.
#[test]
fn former_sources_stay_while_a_change_is_under_way() {
    let clusters = clusters("pattern-2.yaml", &[]);
    let wanted = Firewall::of(&clusters, "wkr1");
    let network = |text: &str| text.parse::<Network>().unwrap();
    let former = BTreeMap::from([
        (4100, vec![network("10.0.0.22"), network("10.0.0.29")]),
        (9999, vec![network("10.0.0.0/16")]),
        (4101, vec![network("fd00::7")]),
    ]);
    let both = wanted.with_former(&former);
    let from = |port: u16| -> Vec<String> {
        let opening = &both.openings[&port];
        opening.from.iter().map(ToString::to_string).collect()
    };
    assert_eq!(from(4100), ["10.0.0.21", "10.0.0.22", "10.0.0.29"]);
    assert_eq!(from(9999), ["10.0.0.0/16", "192.0.2.7"]);
    assert_eq!(from(4101), ["fd00::7"]);
    assert_eq!(refused_by_nft(&rules(&both)), None);
    let now: BTreeMap<u16, Vec<Network>> = wanted
        .openings
        .iter()
        .map(|(port, opening)| (*port, opening.from.clone()))
        .collect();
    assert_eq!(wanted.with_former(&now), wanted);
}

/// A cluster without a firewall leaves its hosts alone, also where another one has one.
#[test]
fn who_wants_none_has_none() {
    let brought = Brought::beside(&root().join("inventories/pattern-1.yaml"));
    let inventory = Inventory::load(&brought.file, &brought.options).unwrap();
    let clusters = derive(&inventory, &release).unwrap();
    for host in clusters.iter().flat_map(Cluster::hosts) {
        assert_eq!(Firewall::of(&clusters, host), Firewall::default());
    }
}

/// Networks that hold each other, all addresses there are, version 6: nft takes what is made of them.
#[test]
fn networks_of_all_kinds_are_rules() {
    let clusters = clusters(
        "pattern-2.yaml",
        &[
            "{carbon_console_allow: [10.0.0.9/8, 10.1.2.3, '0.0.0.0/0', '::/0', 'fd00::1', 'fd00::/64']}",
        ],
    );
    let text = rules(&Firewall::of(&clusters, "mgr1"));
    assert!(text.contains("ip saddr { 0.0.0.0/0 } accept"), "{text}");
    assert!(text.contains("ip6 saddr { ::/0 } accept"), "{text}");
    assert_eq!(refused_by_nft(&text), None);
}
