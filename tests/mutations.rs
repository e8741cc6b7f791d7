//! Many mutations of Homes at once, drawn from a seed, for the tests and the bench: what is done on which host, and what a drift
//! check has to say of it, no more and no less.

use std::collections::BTreeSet;

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

/// Files of a Home that a running server does not map, by its Manifest.
pub(crate) fn files(manifest: &str) -> Vec<String> {
    let rows = manifest.lines().filter_map(|line| line.split_once('\t'));
    rows.filter(|(path, row)| {
        row.contains(" f ") && !path.ends_with(".jar") && !path.ends_with("bundles.info")
    })
    .map(|(path, _)| path.to_owned())
    .collect()
}

/// What is done, and what has to be found.
#[derive(Default)]
pub(crate) struct Mutations {
    /// Lines of shell, by the number of the host.
    pub(crate) lines: Vec<String>,
    /// `host kind drift path`.
    pub(crate) found: BTreeSet<String>,
}

/// Draws `count` mutations of the files of these hosts' Homes; a file is touched once.
pub(crate) fn draw(
    seed: u64,
    count: usize,
    home: &str,
    hosts: &[(&str, Vec<String>)],
) -> Mutations {
    let mut dice = Dice(seed);
    let mut drawn = Mutations {
        lines: vec![String::new(); hosts.len()],
        ..Mutations::default()
    };
    let mut taken = BTreeSet::new();
    while drawn.found.len() < count {
        let at = dice.roll(hosts.len());
        let (host, files) = &hosts[at];
        let path = &files[dice.roll(files.len())];
        if !taken.insert((at, path.clone())) {
            continue;
        }
        let whole = format!("'{home}/{path}'");
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
                let name = format!("{folder}/ä \"b\" $c {}.txt", drawn.found.len());
                let line = format!("echo x > '{home}/{name}'");
                ("unexpected", name, line)
            }
        };
        drawn.lines[at].push_str(&line);
        drawn.lines[at].push('\n');
        drawn.found.insert(format!("{host} {kind} drift {path}"));
    }
    drawn
}
