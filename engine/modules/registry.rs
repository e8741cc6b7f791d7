//! The modules, one line each.

use crate::modules::{
    Module, balancer, carbon_firewall, carbon_home, carbon_node, carbon_power, carbon_rollback,
    command, control, copy, file, group, java_pack, lineinfile, package, service, stat, sync,
    unarchive, user, wait_for,
};
use crate::playbook::{ModuleSpec, Vocabulary};

/// Every module, by its name in a task.
static MODULES: &[&dyn Module] = &[
    &control::Assert,
    &sync::CarbonArtifacts,
    &balancer::CarbonBalancer,
    &carbon_firewall::CarbonFirewall,
    &balancer::CarbonFront,
    &sync::CarbonHandover,
    &carbon_home::CarbonHome,
    &carbon_node::CarbonNode,
    &carbon_power::CarbonPower,
    &carbon_rollback::CarbonRollback,
    &sync::CarbonStore,
    &sync::CarbonSync,
    &command::Command,
    &copy::Copy,
    &control::Debug,
    &control::Fail,
    &file::File,
    &group::Group,
    &java_pack::JavaPackModule,
    &lineinfile::Lineinfile,
    &control::Meta,
    &package::Package,
    &service::Service,
    &control::SetFact,
    &command::Shell,
    &stat::Stat,
    &service::SystemdService,
    &copy::Template,
    &unarchive::Unarchive,
    &user::User,
    &wait_for::WaitFor,
];

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
    fn module(&self, name: &str) -> Option<&'static ModuleSpec> {
        self.get(name).map(|module| module.spec())
    }

    fn names(&self) -> Vec<&'static str> {
        self.all().map(|module| module.spec().name).collect()
    }
}
