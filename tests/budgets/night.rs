//! What a check of every night costs: twenty hosts of five thousand files, of which random ones are changed by hand; then so many
//! hosts that their answers would not fit beside each other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::chapters::{ASK_HOST, ASK_NODE, BOTH, asked, by_hand, count, hash, kilobytes, ratios};
use crate::meter::{Cost, Meter, median};
use crate::mutations::{draw, files};
use crate::site::{HOME, SMALL, Site};
use crate::table::Table;

/// Of all hosts; the pack has five thousand files.
const INVENTORY: &str = "inventory.yaml";
const MUTATIONS: usize = 37;
const SEED: u64 = 20_261_126;

/// The kinds of findings that are of files.
const OF_FILES: [&str; 5] = ["modified", "missing", "unexpected", "mode", "owner"];

/// Homes that are all as wanted, and then are not. No node runs: a check hashes the same, and the machine has two cores.
pub(crate) fn drift(site: &Site, meter: &Meter<'_>, table: &mut Table, rounds: usize) {
    let on = |host: &str, line: &str| site.lab.on(host, line).trim().to_owned();
    let first = &site.hosts[0];
    // Units, ports and accounts are looked at as well: hosts that share this machine take turns at that.
    let same = asked(&format!("{ASK_HOST}; {ASK_NODE}; {}", hash(HOME)));
    let (mut ours, mut theirs, mut hashing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        hashing.push(site.bare(meter, INVENTORY, None, &by_hand()));
        theirs.push(site.bare(meter, INVENTORY, None, &same));
        ours.push(checked(site, meter, INVENTORY));
    }
    let hashed = on(first, "wc -l < /tmp/by-hand");
    table.told("files of each Home of a drift check", &hashed);
    let (report, quiet) = (report(&ours[0]), found(&ours[0]));
    table.exactly(
        "files that it finds where all are as wanted",
        quiet.len() as u64,
        0,
    );
    table.exactly("its execs, a host", most(&report, "execs"), 1);
    table.most(
        "sent by it, a host",
        kilobytes(most(&report, "sent")),
        20.0,
        "KB",
    );
    let hashes: u64 = on(first, "stat -c %s /tmp/by-hand").parse().unwrap();
    let share = 100.0 * count(most(&report, "received")) / count(hashes);
    table.most("received by it, of the size of all hashes", share, 5.0, "%");
    let what = "drift against logins that ask and hash the same";
    ratios(table, what, &ours, &theirs, 1.2);
    let wall = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall));
    table.told(
        "    against logins that only hash, wall",
        &format!("{:.2}", wall(&ours) / wall(&hashing)),
    );
    let peak = ours.iter().map(|cost| cost.peak).fold(0.0, f64::max);
    table.most("memory of drift", peak / 1024.0, 40.0, "MB");
    mutated(site, meter, table);
}

/// Exactly what was changed is found, and is gone after an apply.
fn mutated(site: &Site, meter: &Meter<'_>, table: &mut Table) {
    let pools: Vec<(&str, Vec<String>)> = site
        .hosts
        .iter()
        .map(|host| {
            let manifest = site.lab.on(host, &format!("cat {HOME}.wmprov/manifest"));
            (host.as_str(), files(&manifest))
        })
        .collect();
    let drawn = draw(SEED, MUTATIONS, HOME, &pools);
    for (host, lines) in site.hosts.iter().zip(&drawn.lines) {
        site.lab.on(host, lines);
    }
    let found_now = found(&checked(site, meter, INVENTORY));
    let right = found_now.intersection(&drawn.found).count();
    let what = format!("of {MUTATIONS} files changed by hand, it finds");
    table.exactly(&what, right as u64, MUTATIONS as u64);
    let besides = found_now.len() - right;
    table.exactly("files that it finds besides", besides as u64, 0);
    site.wmprov(meter, BOTH, INVENTORY);
    let left = found(&checked(site, meter, INVENTORY)).len();
    table.exactly("what is left after an apply", left as u64, 0);
}

/// After a restart of every node nothing is to be told of a running cluster.
pub(crate) fn restarted(site: &Site, meter: &Meter<'_>, table: &mut Table, inventory: &str) {
    site.wmprov(meter, &["restart"], inventory);
    let report = report(&checked(site, meter, inventory));
    let findings = hosts(&report).map(|(_, host)| host["differences"].as_array().unwrap().len());
    let what = "what drift finds after a restart of every node";
    table.exactly(what, findings.sum::<usize>() as u64, 0);
    site.wmprov(meter, &["stop", "--allow-downtime"], inventory);
}

/// Names for the same few machines, each a node with an address of its own and the Home of that machine, which is as wanted for one of
/// them: the others answer with all its rows. Their findings stay, their answers do not.
pub(crate) fn many_hosts(site: &Site, meter: &Meter<'_>, table: &mut Table) {
    const FEW: usize = 100;
    const MANY: usize = 500;
    site.add_addresses(MANY);
    site.small_pack();
    site.write_nodes("small.yaml", site.hosts.len(), SMALL);
    site.wmprov(meter, BOTH, "small.yaml");
    let [few, many] = [FEW, MANY].map(|number| {
        let inventory = format!("night-{number}.yaml");
        site.write_nodes(&inventory, number, SMALL);
        let cost = checked(site, meter, &inventory);
        let report = report(&cost);
        let asked = hosts(&report).filter(|(_, host)| host["status"] != "unreachable");
        let what = format!("hosts that a check of {number} has asked");
        table.exactly(&what, asked.count() as u64, number as u64);
        cost
    });
    let budget = 30.0 + 0.2 * count(MANY as u64);
    table.most(
        "memory of a check of 500 hosts",
        many.peak / 1024.0,
        budget,
        "MB",
    );
    let times = |part: fn(&Cost) -> f64| part(&many) / part(&few) / (500.0 / 100.0);
    table.most(
        "wall of a host of 500 against one of 100",
        times(|cost| cost.wall),
        1.2,
        "",
    );
    table.most(
        "CPU here of a host of 500 against one of 100",
        times(|cost| cost.cpu),
        1.2,
        "",
    );
    let shown = |cost: &Cost| format!("{:.0} MB, {:.1} s", cost.peak / 1024.0, cost.wall);
    table.told("    100 hosts", &shown(&few));
    table.told("    500 hosts", &shown(&many));
}

/// A drift check, which may find something.
fn checked(site: &Site, meter: &Meter<'_>, inventory: &str) -> Cost {
    let words = ["drift", "--format", "json"].map(str::to_owned);
    let program = env!("CARGO_BIN_EXE_wmprov").to_owned();
    let argv = [vec![program], words.to_vec(), vec![site.path(inventory)]].concat();
    meter.finds(&argv)
}

fn report(cost: &Cost) -> Value {
    serde_json::from_str(&cost.out).unwrap()
}

fn hosts(report: &Value) -> impl Iterator<Item = (&String, &Value)> {
    report["hosts"].as_object().unwrap().iter()
}

/// The most that any host had of one kind of traffic.
fn most(report: &Value, kind: &str) -> u64 {
    let of = |(_, host): (&String, &Value)| host["traffic"][kind].as_u64().unwrap();
    hosts(report).map(of).max().unwrap()
}

/// `host kind class path` of each file that is not as wanted.
fn found(cost: &Cost) -> BTreeSet<String> {
    let report = report(cost);
    let mut found = BTreeSet::new();
    for (name, host) in hosts(&report) {
        for one in host["differences"].as_array().unwrap() {
            let text = |key: &str| one[key].as_str().unwrap();
            let below = text("path").strip_prefix(&format!("{HOME}/"));
            if let Some(path) = below.filter(|_| OF_FILES.contains(&text("kind"))) {
                let line = format!("{name} {} {} {path}", text("kind"), text("class"));
                found.insert(line);
            }
        }
    }
    found
}
