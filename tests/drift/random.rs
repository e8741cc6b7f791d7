//! Many mutations at once, drawn from a seed: found exactly, none more and none less. The bench does the same with twenty hosts
//! of five thousand files.

use super::{HOME, HOSTS, drift, found};
use crate::hosts::Lab;
use crate::mutations::{draw, files};

/// Beside them stands what a restart of every node has left: its role is not proved.
pub(super) fn thirty_seven(lab: &Lab) {
    let pools = HOSTS.map(|host| {
        let manifest = lab.on(host, &format!("cat {HOME}.wmprov/manifest"));
        (host, files(&manifest))
    });
    let mut drawn = draw(20_261_125, 37, HOME, &pools);
    for (host, lines) in HOSTS.iter().zip(&drawn.lines) {
        lab.on(host, lines);
    }
    let unproved = HOSTS.map(|host| format!("{host} role unknown {HOME}"));
    drawn.found.extend(unproved);
    let (status, report) = drift(lab, &[]);
    assert_eq!((status, found(&report)), (3, drawn.found));
}
