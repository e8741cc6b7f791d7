//! What looks on in a run that only looks: questions of its own, asked in the exec that every host gets anyway.

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
}
