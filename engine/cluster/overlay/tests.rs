//! Which overlays a node gets, and what is no overlay.

use super::*;
use crate::inventory::LoadOptions;
use crate::yaml::parse;

const HOSTS: &str = "all:
  children:
    manager: {hosts: {mgr: }}
    worker: {hosts: {wkr1: , wkr2: }}
    spare: {}
";

/// The folders that each host gets of `set`.
fn by_host(set: &str) -> Result<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inventory.yaml");
    std::fs::write(&file, HOSTS).unwrap();
    let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
    let set = parse(set, Path::new("set.yaml")).unwrap().unwrap();
    check(&set)?;
    let vars = Vars::from([("carbon_overlays".to_owned(), set)]);
    let line = |name: &str| {
        let host = inventory.host(name).unwrap();
        let overlays = of(&vars, &inventory, host, Path::new("site"))?;
        let paths = overlays.iter().map(|overlay| overlay.path.display());
        let paths: Vec<String> = paths.map(|path| path.to_string()).collect();
        Ok(format!("{name}: {}", paths.join(" ")))
    };
    ["mgr", "wkr1", "wkr2"].into_iter().map(line).collect()
}

fn refused(set: &str) -> String {
    let error = by_host(set).unwrap_err();
    let place = error.place().unwrap();
    let hint = error.way_out().unwrap_or_default();
    format!("{}:{}: {error}; {hint}", place.line, place.column)
}

#[test]
fn an_overlay_lies_over_the_hosts_of_its_pattern_and_the_order_stays() {
    let set = "[all, {path: workers, hosts: worker}, {path: two, hosts: 'worker:!wkr1'}, last]";
    assert_eq!(
        by_host(set).unwrap(),
        [
            "mgr: site/all site/last",
            "wkr1: site/all site/workers site/last",
            "wkr2: site/all site/workers site/two site/last",
        ]
    );
    assert_eq!(by_host("alone").unwrap()[0], "mgr: site/alone");
    assert_eq!(by_host("{path: one, hosts: mgr}").unwrap()[1], "wkr1: ");
}

#[test]
fn what_is_no_overlay_is_refused_where_it_stands() {
    insta::assert_snapshot!(refused("[{path: a, host: worker}]"), @"1:12: an overlay takes no `host`; did you mean `hosts`?");
    insta::assert_snapshot!(refused("[{path: a}]"), @"1:2: an overlay has a `path` and `hosts`, or is a path; `- { path: files/workers, hosts: worker }`");
    insta::assert_snapshot!(refused("[a, {path: a, hosts: wrker}]"), @"1:22: `wrker` is neither a host nor a group; did you mean `worker`?");
    insta::assert_snapshot!(refused("[{path: a, hosts: spare}]"), @"1:19: this host pattern selects no host; take the overlay out, or name a group or host that it is for");
    insta::assert_snapshot!(refused("[[a]]"), @"1:2: expected a text, found a list; ");
}
