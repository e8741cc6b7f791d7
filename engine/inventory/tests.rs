//! Held against ansible-core 2.19: what it makes of `tests/cases/inventory/precedence` is recorded there.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{HostPattern, Inventory, LoadOptions};
use crate::yaml::Error;

fn case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/inventory/precedence")
}

fn inventory() -> Inventory {
    Inventory::load(&case().join("hosts.yml"), &LoadOptions::default()).unwrap()
}

fn told(errors: &[Error], folder: &Path) -> String {
    let line = |error: &Error| {
        let place = error.place().map(ToString::to_string).unwrap_or_default();
        let hint = error.way_out().map(|hint| format!("; hint: {hint}"));
        format!("{place}: {error}{}\n", hint.unwrap_or_default())
    };
    let all: String = errors.iter().map(line).collect();
    all.replace(&format!("{}/", folder.display()), "")
}

/// Loads an inventory written to a folder of its own.
fn load(text: &str, extra: &[&str]) -> Result<Inventory, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inv.yml");
    std::fs::write(&file, text).unwrap();
    let options = LoadOptions {
        extra_vars: extra.iter().map(ToString::to_string).collect(),
        ..LoadOptions::default()
    };
    Inventory::load(&file, &options).map_err(|errors| told(&errors, folder.path()))
}

#[test]
fn the_list_is_that_of_ansible_inventory() {
    let recorded = std::fs::read_to_string(case().join("list.json")).unwrap();
    let recorded: serde_json::Value = serde_json::from_str(&recorded).unwrap();
    let list = inventory().to_list();
    for (host, vars) in recorded["_meta"]["hostvars"].as_object().unwrap() {
        assert_eq!(&list["_meta"]["hostvars"][host], vars, "{host}");
    }
    assert_eq!(list, recorded);
}

/// A pattern, and the hosts that `ansible --list-hosts` gives for it.
const PATTERNS: &[(&str, &str)] = &[
    ("worker", "wkr01 wkr02 wkr03"),
    ("wkr*", "wkr01 wkr02 wkr03"),
    ("esb:&zeta", "mgr1 wkr01 wkr02"),
    ("esb:!worker", "mgr1"),
    ("!esb", "lone1 n6.example.com single"),
    ("~wkr0[12]", "wkr01 wkr02"),
    ("worker[0]", "wkr01"),
    ("worker[-1]", "wkr03"),
    ("worker[0:1]", "wkr01 wkr02"),
    ("worker[0-1]", "wkr01 wkr02"),
    ("worker[1:]", "wkr02 wkr03"),
    ("worker[5]", ""),
    ("worker[-5]", ""),
    ("wkr0[!1]", "wkr02 wkr03"),
    ("mgr1,wkr02", "mgr1 wkr02"),
    ("wkr03:mgr1", "wkr03 mgr1"),
    ("&worker", "wkr01 wkr02 wkr03"),
    ("worker:manager:!wkr01:&zeta", "wkr02 mgr1"),
    ("n6*", "n6.example.com"),
    ("n6.example.com", "n6.example.com"),
    ("all[0]", "lone1"),
    ("ungrouped", "lone1 n6.example.com"),
    ("zeta[0]", "mgr1"),
    ("w?r01", "wkr01"),
    ("~mgr|lone", "lone1 mgr1"),
    ("e*:!worker", "mgr1"),
];

#[test]
fn patterns_select_what_ansible_selects() {
    let inventory = inventory();
    for (pattern, hosts) in PATTERNS {
        let selected = HostPattern::parse(pattern).unwrap().select(&inventory);
        assert_eq!(selected.unwrap().join(" "), *hosts, "{pattern}");
    }
}

#[test]
fn a_wrong_pattern_names_the_near_miss() {
    let told = |text: &str| match HostPattern::parse(text).and_then(|p| p.select(&inventory())) {
        Ok(hosts) => format!("{hosts:?}"),
        Err(error) => format!("{error}; {:?}", error.way_out()),
    };
    assert_snapshot!(told("wrker"), @r#"`wrker` is neither a host nor a group; Some("did you mean `worker`?")"#);
    assert_snapshot!(told("all:!wkr99"), @r#"`wkr99` is neither a host nor a group; Some("did you mean `wkr01`?")"#);
    assert_snapshot!(told("x*"), @r#"`x*` matches no host and no group; None"#);
    assert_snapshot!(told("~("), @r#"`~(` is no host pattern; None"#);
    assert_snapshot!(told(""), @r#"an empty host pattern; Some("`all` means every host")"#);
}

#[test]
fn a_limit_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("again");
    std::fs::write(&file, "wkr02\n\nmgr1\n").unwrap();
    let limit = HostPattern::limit(&format!("@{}", file.display())).unwrap();
    assert_eq!(limit.select(&inventory()).unwrap(), ["wkr02", "mgr1"]);
    assert!(HostPattern::limit("@/nowhere/at/all").is_err());
}

#[test]
fn all_mistakes_are_told() {
    let text = "\
all:
  hots: {a: }
  hosts: [b]
  vars: x
  children:
    one: {children: {two: {children: {one: }}}}
    same: {hosts: {same: }}
    bad: {hosts: {'w[3:1]': , 'w[1': , c: 1}, d: {e: 1}, children: [f]}
    hosts: {hosts: {z: }}
";
    assert_snapshot!(load(text, &["k", "@nowhere.yml", "{a: 1", "[1]"]).unwrap_err(), @r#"
    inv.yml:2:3: a group takes no `hots`; hint: did you mean `hosts`?
    inv.yml:3:10: expected a map, found a list; hint: hosts are keys, each with its colon: `hosts: { wkr1: { ansible_host: 10.0.0.12 }, wkr2: }`
    inv.yml:4:9: expected a map, found a text; hint: variables are `name: value`, without dashes
    inv.yml:8:19: `w[3:1]`: its ends do not fit together; hint: a range is written `[01:20]`, `[a:f]` or `[0:10:2]`
    inv.yml:8:31: `w[1`: a `[` has no `]`; hint: a range is written `[01:20]`, `[a:f]` or `[0:10:2]`
    inv.yml:8:43: expected a map, found a whole number; hint: a host is a key, and what is known of it a map: `wkr1: { ansible_host: 10.0.0.12 }`
    inv.yml:8:47: a group takes no `d`; hint: a host of `bad` stands under its `hosts:`, a group under its `children:`
    inv.yml:8:68: expected a map, found a list; hint: groups are keys, each with its colon: `children: { manager: { hosts: { mgr1: } } }`
    : `k` is no `key=value`; hint: --extra-vars takes `key=value`, a map in braces, or `@file`
    : cannot read `nowhere.yml`
    <extra-vars>:2:1: not YAML: while parsing a flow mapping, did not find expected ',' or '}'
    <extra-vars>:1:1: expected a map, found a list
    inv.yml:6:5: group `one` is under itself
    inv.yml:6:22: group `two` is under itself
    inv.yml:7:5: `same` is a group and a host; hint: the host stands at inv.yml:7:20
    "#);
    assert_snapshot!(load("[manager]\nmgr1\n", &[]).unwrap_err(), @r#"inv.yml:2:1: not YAML: did not find expected <document start>; hint: an inventory is a YAML map of groups that starts with `all:`; Ansible's INI form is not read"#);
    for name in ["../up", "-rf", "'a b'", "\"a\\nb\"", "'$(id)'", "''"] {
        let error = load(&format!("all: {{hosts: {{{name}: }}}}"), &[]).unwrap_err();
        assert!(error.contains("the name of the host"), "{name}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
    let absent = Inventory::load(Path::new("no/where.yaml"), &LoadOptions::default());
    assert_snapshot!(told(&absent.unwrap_err(), &case()), @": cannot read `no/where.yaml`; hint: a file is looked for from the folder that you are in; `wmprov init` writes a first one");
    assert_snapshot!(load("wmprov_plan: 1\nby: me\n", &[]).unwrap_err(), @"inv.yml:1:1: a saved plan is no inventory; hint: `wmprov apply` does it, `wmprov show` shows it; all else takes the inventory that it was made of");
    assert_snapshot!(load("", &[]).unwrap_err(), @r#"inv.yml:1:1: the inventory is empty; hint: it starts with `all:`, as `inventories/pattern-1.yaml` shows"#);
}

/// Groups that are woven into each other: each of 40 has both of the next two above it.
#[test]
fn woven_groups_cost_what_they_are() {
    let mut text = "all: {children: {top: }}\ntop: {children: {a1: , b1: }}\n".to_owned();
    for at in 1..60 {
        let next = at + 1;
        for side in ["a", "b"] {
            text.push_str(&format!(
                "{side}{at}: {{children: {{a{next}: , b{next}: }}}}\n"
            ));
        }
    }
    text.push_str("a60: {hosts: {h1: }}\nb60: {hosts: {h1: , h2: }, vars: {deep: 1}}\n");
    let inventory = load(&text, &[]).unwrap();
    assert_eq!(inventory.hosts[0].groups.len(), 122);
    assert_eq!(inventory.hosts[0].groups[..2], ["all", "top"]);
    assert_eq!(inventory.hosts[0].groups.last().unwrap(), "b60");
    assert_eq!(inventory.members("a30").len(), 2);
    assert_eq!(inventory.vars("h2").len(), 1);
    let circle = text.replace("b60: {", "b60: {children: {a30: }, ");
    let told = load(&circle, &[]).unwrap_err();
    assert_eq!(told.matches("is under itself").count(), 60, "{told}");
    // A group for each host, all in a row: one below the other.
    let mut text = "all: {children: {g0: }}\n".to_owned();
    for at in 0..500 {
        text.push_str(&format!(
            "g{at}: {{children: {{g{}: }}, hosts: {{h{at}: }}}}\n",
            at + 1
        ));
    }
    let inventory = load(&text, &[]).unwrap();
    assert_eq!(inventory.hosts[499].groups.len(), 501);
    assert_eq!(inventory.members("g250").len(), 250);
    assert_eq!(
        load("all: {hosts: {'h[1:60000]': }}", &[])
            .unwrap()
            .hosts
            .len(),
        60_000
    );
}

#[test]
fn links_that_lead_back_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inv.yml");
    std::fs::write(&file, "all: {hosts: {h1: }}").unwrap();
    let vars = folder.path().join("group_vars/all");
    std::fs::create_dir_all(&vars).unwrap();
    for name in ["one", "two"] {
        std::os::unix::fs::symlink(".", vars.join(name)).unwrap();
    }
    let errors = Inventory::load(&file, &LoadOptions::default()).unwrap_err();
    let told = told(&errors, folder.path());
    assert!(
        told.starts_with("group_vars/all/one:1:1: `group_vars/all/one` leads back to"),
        "{told}"
    );
    assert_eq!(errors.len(), 1);
}

#[test]
fn extra_variables_win() {
    let text = "all: {hosts: {h: {a: 1, b: 1, c: 1, d: 1}}}";
    let extra = ["a=2 b='x y'", "{c: [yes], db_password: hunter22}", "a=3"];
    let inventory = load(text, &extra).unwrap();
    assert_snapshot!(format!("{:?}", inventory.vars("h")), @r#"{"a": "3", "b": "x y", "c": [true], "d": 1, "db_password": "hunter22"}"#);
    assert!(inventory.secrets.appear_in("it is hunter22"));
}

proptest! {
    /// Against the slow model: sets of hosts, added, kept and taken away one by one.
    #[test]
    fn patterns_are_set_arithmetic(parts in proptest::collection::vec((0_usize..3, 0_usize..6), 1..6)) {
        let names = ["esb", "worker", "manager", "zeta", "wkr02", "other"];
        let inventory = inventory();
        let of = |name: &str| match inventory.group(name) {
            Some(_) => inventory.members(name).iter().map(|host| host.name.clone()).collect(),
            None => vec![name.to_owned()],
        };
        let text: Vec<String> = parts.iter().map(|(sign, name)| format!("{}{}", ["", "&", "!"][*sign], names[*name])).collect();
        let added = parts.iter().any(|(sign, _)| *sign == 0);
        let model: std::collections::BTreeSet<&String> = inventory.hosts.iter().map(|host| &host.name).filter(|host| {
            let has = |name: usize| of(names[name]).contains(host);
            (!added || parts.iter().any(|(sign, name)| *sign == 0 && has(*name)))
                && parts.iter().all(|(sign, name)| match sign { 1 => has(*name), 2 => !has(*name), _ => true })
        }).collect();
        let selected = HostPattern::parse(&text.join(":")).unwrap().select(&inventory).unwrap();
        prop_assert_eq!(selected.iter().collect::<std::collections::BTreeSet<_>>(), model);
    }
}
