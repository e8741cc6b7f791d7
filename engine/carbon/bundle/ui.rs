//! What of the management UI goes from a worker, and how far the pack lets it go (design 5.1).

use std::collections::BTreeSet;

use super::closure::Profile;
use super::manifest::Bundle;

/// The console itself: it registers `/carbon` (carbon 1.7).
pub(super) const CONSOLE: &str = "org.wso2.carbon.ui";

/// How much of the UI a worker goes without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// All stays as shipped.
    Keep,
    /// The UI bundles go, the console's frame stays.
    T1,
    /// The console goes as well.
    T2,
}

impl Tier {
    const ALL: [Self; 3] = [Self::Keep, Self::T1, Self::T2];

    /// The word for it, as records keep it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::T1 => "t1",
            Self::T2 => "t2",
        }
    }

    /// The tier of that word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == word)
    }
}

/// A bundle that stands in the way of a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The tier that is not possible.
    pub tier: Tier,
    /// The symbolic name of the bundle.
    pub bundle: String,
    /// What makes Carbon wait for it at every start, if anything does.
    pub blocks: Option<String>,
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "`{}` no longer resolves without the UI", self.bundle)?;
        if let Some(blocks) = &self.blocks {
            write!(out, ", the start would wait for its `{blocks}` for ever")?;
        }
        out.write_str(", and the catalogue does not say that it serves the UI alone")
    }
}

/// The lines that go from a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UiCut {
    /// The tier that this is.
    pub tier: Tier,
    /// Symbolic names whose lines go, sorted.
    pub removed: BTreeSet<String>,
    /// Why a higher tier is not possible.
    pub obstacles: Vec<Obstacle>,
}

/// Named `.ui` or `.ui.menu` (carbon 1.7).
fn named_ui(name: &str) -> bool {
    name.ends_with(".ui") || name.ends_with(".ui.menu") || name.contains(".ui.menu.")
}

/// Computes the highest tier up to `wanted` that the profile allows.
///
/// T1 is allowed where nothing else becomes unresolvable. T2 takes the console, its fragments, and all
/// that this makes unresolvable; it is allowed where every such bundle is `ui_only`. A bundle that stays
/// listed but cannot resolve would, where it [`Bundle::blocks`], hang the start for ever (real-run 1).
#[must_use]
pub fn cut(profile: &Profile<'_>, ui_only: &[String], wanted: Tier) -> UiCut {
    let mut done = UiCut {
        tier: Tier::Keep,
        removed: BTreeSet::new(),
        obstacles: Vec::new(),
    };
    if wanted == Tier::Keep {
        return done;
    }
    let bundles = || profile.lines.iter().filter_map(|line| line.bundle);
    let floor: BTreeSet<&str> = bundles()
        .filter(|bundle| bundle.ui_component && named_ui(&bundle.name) && bundle.name != CONSOLE)
        .map(|bundle| bundle.name.as_str())
        .collect();
    let broken = profile.fallout(&floor);
    if !broken.is_empty() {
        done.obstacles = obstacles(Tier::T1, &broken);
        return done;
    }
    done.tier = Tier::T1;
    done.removed = floor.iter().map(|name| (*name).to_owned()).collect();
    if wanted == Tier::T1 {
        return done;
    }
    let mut all = floor;
    all.insert(CONSOLE);
    all.extend(
        bundles()
            .filter(|bundle| {
                bundle
                    .host
                    .as_ref()
                    .is_some_and(|host| host.name == CONSOLE)
            })
            .map(|bundle| bundle.name.as_str()),
    );
    let broken = profile.fallout(&all);
    let (serving, standing): (Vec<&Bundle>, Vec<&Bundle>) = broken
        .into_iter()
        .partition(|bundle| ui_only.contains(&bundle.name));
    if !standing.is_empty() {
        done.obstacles = obstacles(Tier::T2, &standing);
        return done;
    }
    all.extend(serving.iter().map(|bundle| bundle.name.as_str()));
    done.tier = Tier::T2;
    let listed: BTreeSet<&str> = profile.lines.iter().map(|line| line.name).collect();
    let gone = all.iter().filter(|name| listed.contains(**name));
    done.removed = gone.map(|name| (*name).to_owned()).collect();
    done
}

fn obstacles(tier: Tier, bundles: &[&Bundle]) -> Vec<Obstacle> {
    let obstacle = |bundle: &&Bundle| Obstacle {
        tier,
        bundle: bundle.name.clone(),
        blocks: bundle.blocks.clone(),
    };
    bundles.iter().map(obstacle).collect()
}
