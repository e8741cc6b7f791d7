//! Task + Answers → Change: one file a module, one line in the registry.
//!
//! A module looks and decides. It says which [`Probe`]s it needs, and turns the answers into a
//! [`Change`]; it never touches a host, never waits, never prints. That is why `plan`, `apply` and
//! `drift` are the same code.
//!
//! To add a module: a file here with a `ModuleSpec` and an `impl Module`, and its line in
//! `registry.rs`.

mod args;
pub mod balancer;
mod call;
mod carbon_firewall;
pub mod carbon_home;
mod carbon_node;
mod carbon_power;
mod carbon_rollback;
mod change;
mod command;
mod control;
mod copy;
mod file;
mod group;
mod java_pack;
mod keystores;
mod lineinfile;
mod package;
mod probes;
mod registry;
mod service;
mod stat;
mod sync;
mod unarchive;
mod user;
mod wait_for;
mod world;

use crate::playbook::ModuleSpec;
use crate::script::{Answers, Done, Probe};
use crate::yaml::Result;

pub use args::Args;
pub use balancer::{Certificate, Certificates, FrontWork};
pub use call::{Call, Files};
pub use carbon_firewall::FirewallWork;
pub use carbon_home::{HomeWork, NewPassword};
pub use carbon_node::{GoBack, NodeWork};
pub use carbon_rollback::generations_probe;
pub use change::{Act, Change, Difference, Subject};
pub use copy::SHOWN;
pub use java_pack::{JDK_OWNER, JdkWork, jdk_probe};
pub use keystores::{KeystoreApart, keystores_apart};
pub use probes::{
    content_probe, java_probe, kept_probe, keystore_probe, node_probe, process_probe, since_probe,
    state_of, threads_probe, tree_probe, tree_probe_in, unit_of, unit_path,
};
pub use registry::Registry;
pub use sync::artifacts::{self, Unlike};
pub use sync::{ArtifactsWork, HandoverWork, KeyLine, STORE, SyncPaths, SyncWork, committer_mark};
pub use world::{Wanted, World};

/// A kind of wish.
pub trait Module: Sync {
    /// Its name, meaning and parameters.
    fn spec(&self) -> &'static ModuleSpec;

    /// What must be known about the host before deciding.
    ///
    /// # Errors
    /// Where the arguments, now that they are rendered, make no sense.
    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>>;

    /// What must be known besides, now that the first answers are there: a second question that hangs on
    /// the first answer. Asked only where there is one.
    ///
    /// # Errors
    /// As [`Module::probes`].
    fn more_probes(&self, _call: &Call<'_>, _seen: &Answers) -> Result<Vec<Probe>> {
        Ok(Vec::new())
    }

    /// Whether the wish can be brought about on this host at all: asked on every host before anything is touched
    /// on any. Only some answers may be in `seen`; what hangs on others is left to [`Module::change`].
    ///
    /// # Errors
    /// Where the host is not what it must be, whatever else is done to it.
    fn gate(&self, _call: &Call<'_>, _seen: &Answers) -> Result<()> {
        Ok(())
    }

    /// What must change; nothing where the host is as wanted. Every probe of [`Module::probes`] is in `seen`.
    ///
    /// # Errors
    /// Where the host is in a state that the wish cannot be brought about from.
    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change>;

    /// What a user's command came to: the results that `register` keeps, beside the usual ones. Called
    /// after the steps were done, with how each ended.
    fn results(&self, _call: &Call<'_>, _done: &[Done]) -> Vec<(&'static str, minijinja::Value)> {
        Vec::new()
    }

    /// True where the steps are a user's command, whose exit status is judged by `failed_when`, and
    /// which is not asked again afterwards.
    fn is_command(&self) -> bool {
        false
    }

    /// What one of its differences is about, where a report of drift is to tell it in another way than others.
    fn subject(&self, _difference: &Difference) -> Subject {
        Subject::Thing
    }

    /// True where a survey looks by itself at what it is about: its tasks are passed over there.
    fn is_left_to_surveys(&self) -> bool {
        false
    }

    /// True where it decides from [`Call::facts`].
    fn wants_facts(&self) -> bool {
        false
    }

    /// True where an item of a loop that fails keeps the next from its turn.
    fn ends_loop(&self) -> bool {
        false
    }

    /// True where it stops and starts nodes: of a play with `serial` those hosts come first whose nodes do not serve.
    fn rolls_nodes(&self) -> bool {
        false
    }

    /// True where this call acts at every run (`state: restarted`), so that looking again proves nothing.
    fn acts_always(&self, _call: &Call<'_>) -> bool {
        false
    }
}
