//! What looks on in a run that only looks: questions of its own, asked in the exec that every host gets anyway.

use std::collections::BTreeMap;

use crate::modules::World;
use crate::script::{Answers, Probe};

/// A second pair of eyes (a drift check). Homes are its own business: `carbon_home` is passed over, every
/// other task says what it would change, and a failure of one host stops no other.
pub trait Survey: Send + Sync {
    /// True where a host is asked even if no play is for it.
    fn wants(&self, world: &World, host: &str) -> bool {
        !self.probes(world, host).is_empty()
    }

    /// What is asked of a host besides its tasks' questions.
    fn probes(&self, world: &World, host: &str) -> Vec<Probe>;

    /// What the first answers raise: asked in the same exec. Kinds of [`Survey::probes`] and [`Probe::Path`] only.
    fn more(&self, world: &World, host: &str, seen: &Answers) -> Vec<Probe>;

    /// All answers of a host, as soon as they are there. Those that may be large are taken out, so that many
    /// hosts cost no more memory than one.
    fn seen(&self, world: &World, host: &str, seen: &mut Answers);

    /// What the answers of all hosts raise together, by host: asked in one exec more. Most hosts are asked nothing.
    fn again(&self, _world: &World) -> BTreeMap<String, Vec<Probe>> {
        BTreeMap::new()
    }

    /// What a host said to that, or why it did not: it has told all else, and is not lost for it. Called for those that
    /// [`Survey::again`] names.
    fn seen_again(&self, _host: &str, _said: Result<Answers, String>) {}
}
