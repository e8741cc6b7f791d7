//! The modules, one line each.

use crate::modules::{Module, file};
use crate::playbook::{ModuleSpec, Vocabulary};

/// Every module, by its name in a task.
static MODULES: &[&dyn Module] = &[&file::File];

/// The modules that a playbook may use.
#[derive(Clone, Copy, Debug)]
pub struct Registry;

impl Registry {
    /// The module of that name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'static dyn Module> {
        MODULES
            .iter()
            .copied()
            .find(|module| module.spec().name == name)
    }

    /// All modules, in the order of the registry.
    pub fn all(self) -> impl Iterator<Item = &'static dyn Module> {
        MODULES.iter().copied()
    }
}

impl Vocabulary for Registry {
    fn module(&self, name: &str) -> Option<&ModuleSpec> {
        self.get(name).map(|module| module.spec())
    }

    fn names(&self) -> Vec<&'static str> {
        self.all().map(|module| module.spec().name).collect()
    }
}
