//! What the README has a newcomer try first: the demo, and taking it down again.

use std::process::{Command, Output};

use regex::Regex;

use super::{PROGRAM, said};
use crate::hosts::root;

#[test]
fn the_demo_brings_a_cluster_up_and_takes_it_down() {
    let Ok(wanted) = std::env::var("WMPROV_LAB") else {
        println!("skipped: the lab is not asked for (WMPROV_LAB=1)");
        return;
    };
    let before = if wanted == "1" { "" } else { &wanted };
    let demo = |arguments: &[&str]| -> Output {
        Command::new(root().join("tests/lab/demo"))
            .args(arguments)
            .env("LAB", format!("{before}wmdemo"))
            .env("WMPROV", PROGRAM)
            .output()
            .unwrap()
    };
    let up = demo(&[]);
    let page = String::from_utf8_lossy(&up.stdout).into_owned();
    // What it says is typed, too.
    let look = page.lines().find_map(|line| line.strip_prefix("and look:"));
    let looked = Command::new("bash")
        .args(["-c", look.unwrap_or("false")])
        .current_dir(root())
        .output()
        .unwrap();
    let down = demo(&["--down"]);
    assert!(up.status.success(), "{}", said(&up));
    assert!(down.status.success(), "{}", said(&down));
    assert!(looked.status.success(), "{}", said(&looked));
    let again = page.split("== the same again").nth(1).unwrap();
    for host in ["mgr1", "wkr1", "wkr2"] {
        let nothing = Regex::new(&format!(r"(?m)^{host} +\d+ +0 +0 +0 +0$")).unwrap();
        assert!(nothing.is_match(again), "{host}: {page}");
        let code = if host == "mgr1" { "302" } else { "404" };
        let answer = Regex::new(&format!(r"(?m)^  {host} +https://\S+ +{code}$")).unwrap();
        assert!(answer.is_match(again), "{host}: {page}");
    }
    assert!(again.contains("tests/lab/demo --down"), "{again}");
}
