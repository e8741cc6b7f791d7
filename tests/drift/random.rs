//! Many mutations at once, drawn from a seed: found exactly, none more and none less.

use std::collections::BTreeSet;

use super::{HOME, HOSTS, drift, found};
use crate::hosts::Lab;

/// The same numbers from the same seed (a linear congruential generator, Knuth's constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }
}

/// Files of a Home that a running server does not map, and the folders that they lie in.
fn files(lab: &Lab, host: &str) -> Vec<String> {
    let manifest = lab.on(host, &format!("cat {HOME}.wmprov/manifest"));
    let rows = manifest.lines().filter_map(|line| line.split_once('\t'));
    rows.filter(|(path, row)| {
        row.contains(" f ") && !path.ends_with(".jar") && !path.ends_with("bundles.info")
    })
    .map(|(path, _)| path.to_owned())
    .collect()
}

/// Beside them stands what a restart of every node has left: its role is not proved.
pub(super) fn thirty_seven(lab: &Lab) {
    let mut dice = Dice(20_261_125);
    let pools = HOSTS.map(|host| files(lab, host));
    let mut expected = BTreeSet::new();
    let mut lines = HOSTS.map(|_| String::new());
    let mut taken = BTreeSet::new();
    while expected.len() < 37 {
        let at = dice.roll(HOSTS.len());
        let host = HOSTS[at];
        let path = &pools[at][dice.roll(pools[at].len())];
        if !taken.insert((at, path.clone())) {
            continue;
        }
        let whole = format!("'{HOME}/{path}'");
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (kind, path, line) = match dice.roll(6) {
            0 => ("modified", path.clone(), format!("printf x >> {whole}")),
            1 => ("missing", path.clone(), format!("rm {whole}")),
            2 => ("mode", path.clone(), format!("chmod 606 {whole}")),
            3 => ("owner", path.clone(), format!("chown daemon {whole}")),
            4 => (
                "modified",
                path.clone(),
                format!("ln -sf /nowhere {whole}; chown -h wso2:wso2 {whole}"),
            ),
            _ if folder.is_empty() => continue,
            _ => {
                let name = format!("{folder}/ä \"b\" $c {}.txt", expected.len());
                let line = format!("echo x > '{HOME}/{name}'");
                ("unexpected", name, line)
            }
        };
        lines[at].push_str(&line);
        lines[at].push('\n');
        expected.insert(format!("{host} {kind} drift {path}"));
    }
    for (host, lines) in HOSTS.iter().zip(&lines) {
        lab.on(host, lines);
    }
    expected.extend(HOSTS.map(|host| format!("{host} role unknown {HOME}")));
    let (status, report) = drift(lab, &[]);
    assert_eq!((status, found(&report)), (3, expected));
}
