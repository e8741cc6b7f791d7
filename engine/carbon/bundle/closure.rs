//! Which bundles of a profile can resolve, and which no longer can when some are taken out.

use std::collections::{BTreeMap, BTreeSet};

use crate::edit::bundles::BundleLine;

use super::manifest::{Bundle, Need};
use super::version::Version;

/// Packages that the framework gives from the Java runtime (`launch.ini`, `osgi.parentClassloader=app`).
const FROM_JAVA: [&str; 10] = [
    "java.",
    "javax.",
    "sun.",
    "com.sun.",
    "org.w3c.",
    "org.xml.",
    "org.ietf.",
    "org.omg.",
    "org.osgi.framework",
    "org.osgi.service.packageadmin",
];

/// One line of a profile: the bundle as bundles.info names it, and its manifest where it has one.
#[derive(Clone, Debug)]
pub struct Listed<'a> {
    /// The symbolic name in the line.
    pub name: &'a str,
    /// The version in the line.
    pub version: &'a str,
    /// What the jar says; [`None`] where it is absent (normal: carbon 1.5) or no bundle.
    pub bundle: Option<&'a Bundle>,
}

/// The bundles that a profile starts.
#[derive(Clone, Debug)]
pub struct Profile<'a> {
    /// Its lines, in the order of the file.
    pub lines: Vec<Listed<'a>>,
}

impl<'a> Profile<'a> {
    /// Joins the lines of a bundles.info with the manifests of the pack. Locations are relative to the
    /// profile's folder (`../plugins/x.jar`).
    #[must_use]
    pub fn new(lines: &[BundleLine<'a>], bundles: &'a [Bundle]) -> Self {
        let find = |location: &str| {
            let below = location.trim_end_matches('/').strip_prefix("../")?;
            let path = format!("repository/components/{below}");
            let at = bundles.binary_search_by(|bundle| bundle.path.as_str().cmp(&path));
            at.ok().map(|at| &bundles[at])
        };
        let lines = lines.iter().map(|line| Listed {
            name: line.symbolic_name,
            version: line.version,
            bundle: find(line.location),
        });
        Self {
            lines: lines.collect(),
        }
    }

    /// How many lines have no manifest behind them.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.lines
            .iter()
            .filter(|line| line.bundle.is_none())
            .count()
    }

    /// The symbolic names that resolve with all lines and no longer do without those of `removed`;
    /// bundles that did not resolve before do not count. In the order of the file.
    #[must_use]
    pub fn fallout(&self, removed: &BTreeSet<&str>) -> Vec<&'a Bundle> {
        let before = Closure::of(self, &BTreeSet::new());
        let after = Closure::of(self, removed);
        let lines = self.lines.iter().enumerate();
        lines
            .filter(|(at, line)| {
                before.resolved[*at] && !after.resolved[*at] && !removed.contains(line.name)
            })
            .filter_map(|(_, line)| line.bundle)
            .collect()
    }
}

/// Which lines of a profile can resolve.
#[derive(Clone, Debug)]
pub struct Closure {
    /// One for each line.
    pub resolved: Vec<bool>,
}

impl Closure {
    /// Computes the greatest set in which every mandatory import, required bundle and fragment host is
    /// met. A line without a manifest needs nothing; what it may export is unknown, so a need that nobody
    /// meets counts as met by it where such lines exist and stay.
    #[must_use]
    pub fn of(profile: &Profile<'_>, removed: &BTreeSet<&str>) -> Self {
        let offers = Offers::of(profile);
        let mut resolved: Vec<bool> = profile
            .lines
            .iter()
            .map(|line| !removed.contains(line.name))
            .collect();
        loop {
            let broken: Vec<usize> = (0..resolved.len())
                .filter(|at| resolved[*at])
                .filter(|at| match profile.lines[*at].bundle {
                    Some(bundle) => !offers.meet(bundle, &resolved),
                    None => false,
                })
                .collect();
            if broken.is_empty() {
                return Self { resolved };
            }
            for at in broken {
                resolved[at] = false;
            }
        }
    }
}

/// Who gives what: line numbers by package and by symbolic name.
struct Offers<'a> {
    packages: BTreeMap<&'a str, Vec<(usize, &'a Version)>>,
    bundles: BTreeMap<&'a str, Vec<(usize, &'a Version)>>,
    unread: bool,
}

impl<'a> Offers<'a> {
    fn of(profile: &Profile<'a>) -> Self {
        let mut offers = Self {
            packages: BTreeMap::new(),
            bundles: BTreeMap::new(),
            unread: profile.unread() > 0,
        };
        for (at, line) in profile.lines.iter().enumerate() {
            let Some(bundle) = line.bundle else { continue };
            let own = offers.bundles.entry(&bundle.name).or_default();
            own.push((at, &bundle.version));
            for (package, version) in &bundle.exports {
                offers
                    .packages
                    .entry(package)
                    .or_default()
                    .push((at, version));
            }
        }
        offers
    }

    fn meet(&self, bundle: &Bundle, resolved: &[bool]) -> bool {
        let packages = |need: &Need| {
            FROM_JAVA.iter().any(|prefix| need.name.starts_with(prefix))
                || self.met(&self.packages, need, resolved)
        };
        let bundles = |need: &Need| {
            matches!(need.name.as_str(), "system.bundle" | "org.eclipse.osgi")
                || self.met(&self.bundles, need, resolved)
        };
        bundle.imports.iter().all(packages)
            && bundle.requires.iter().all(bundles)
            && bundle.host.iter().all(bundles)
    }

    /// True where a line still there gives it. A need that no line ever met is met by one that could not
    /// be read, if there is such a line.
    fn met(
        &self,
        offers: &BTreeMap<&'a str, Vec<(usize, &'a Version)>>,
        need: &Need,
        resolved: &[bool],
    ) -> bool {
        let fitting: Vec<usize> = offers
            .get(need.name.as_str())
            .into_iter()
            .flatten()
            .filter(|(_, version)| need.range.holds(version))
            .map(|(at, _)| *at)
            .collect();
        match fitting.as_slice() {
            [] => self.unread,
            fitting => fitting.iter().any(|at| resolved[*at]),
        }
    }
}
