//! The budgets of design 4.5, measured on real hosts; `tests/bench` sets up and starts this.
//!
//! Both sides of a ratio run in turn, several rounds, and the medians are compared. All hosts share this
//! machine's cores, so what a host computes costs wall time that a real host would not take from the others:
//! hence the other side of each ratio does the same work on the hosts, and rows with CPU stand beside those
//! with wall time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod bare;
mod chapters;
#[path = "../hosts.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod hosts;
mod meter;
#[path = "../mutations.rs"]
mod mutations;
mod night;
mod site;
mod table;

use std::path::Path;
use std::process::ExitCode;

use crate::chapters::ROLLING;
use crate::meter::Meter;
use crate::site::Site;
use crate::table::Table;

/// What is measured.
struct Options {
    hosts: usize,
    rounds: usize,
    /// Counts and bytes only, on a small pack.
    quick: bool,
    /// The chapters that are measured; all where none is named.
    only: Vec<String>,
}

/// The chapters, as `--only` names them.
const CHAPTERS: [&str; 10] = [
    "checks",
    "install",
    "no-op",
    "one-value",
    "check",
    "drift",
    "running",
    "rolling",
    "many",
    "many-drift",
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, inventory, only, command] = words.as_slice()
        && mode == "--bare"
    {
        let only = Some(only.as_str()).filter(|only| *only != "-");
        bare::log_in(Path::new(inventory), only, command);
        return ExitCode::SUCCESS;
    }
    let Some(options) = options(&words) else {
        eprintln!(
            "usage: tests/bench [--hosts N] [--rounds N] [--quick] [--only CHAPTER[,CHAPTER...]]\nhosts: at least {ROLLING}, with --quick 3\nchapters: {}",
            CHAPTERS.join(", ")
        );
        return ExitCode::from(2);
    };
    if measure(&options) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn options(words: &[String]) -> Option<Options> {
    let mut options = Options {
        hosts: 0,
        rounds: 5,
        quick: false,
        only: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--hosts" => options.hosts = words.next()?.parse().ok()?,
            "--rounds" => options.rounds = words.next()?.parse().ok()?,
            "--quick" => options.quick = true,
            "--only" => options.only = words.next()?.split(',').map(str::to_owned).collect(),
            // cargo's own.
            "--bench" => {}
            _ => return None,
        }
    }
    if options.hosts == 0 {
        options.hosts = if options.quick { 3 } else { 20 };
    }
    let mut only = options.only.iter();
    let known = only.all(|name| CHAPTERS.contains(&name.as_str()));
    let fewest = if options.quick { 3 } else { ROLLING };
    (known && options.hosts >= fewest && options.rounds > 0).then_some(options)
}

fn measure(options: &Options) -> bool {
    let (bundles, bytes) = if options.quick {
        (0, 0)
    } else {
        (500, 200_000_000)
    };
    let site = Site::up(options.hosts, bundles, bytes);
    let meter = Meter::new(&site.lab);
    let mut table = Table::begin();
    let rounds = if options.quick { 0 } else { options.rounds };
    let wanted =
        |chapter: &str| options.only.is_empty() || options.only.iter().any(|one| one == chapter);
    if !options.quick && wanted("checks") {
        chapters::checks(&site, &meter, &mut table, rounds);
    }
    // The Homes that it leaves are what the others begin with.
    let install_rounds = if wanted("install") { rounds } else { 0 };
    chapters::install(&site, &meter, &mut table, install_rounds);
    if wanted("no-op") {
        chapters::nothing_to_do(&site, &meter, &mut table, rounds);
    }
    if wanted("one-value") {
        chapters::one_value(&site, &meter, &mut table);
    }
    if !options.quick && wanted("check") {
        chapters::hashing(&site, &meter, &mut table, rounds);
    }
    if !options.quick && wanted("drift") {
        night::drift(&site, &meter, &mut table, rounds);
    }
    if !options.quick && wanted("running") {
        chapters::running_cluster(&site, &meter, &mut table, rounds);
    }
    if !options.quick && wanted("rolling") {
        chapters::rolling_change(&site, &meter, &mut table, rounds);
    }
    if !options.quick && wanted("many") {
        chapters::many_hosts(&site, &meter, &mut table);
    }
    if !options.quick && wanted("many-drift") {
        night::many_hosts(&site, &meter, &mut table);
    }
    table.end()
}
