//! Tasks + hosts → events: forecast, act, handlers, rollout. Only this room and `connection/` act and await.
//!
//! [`start`] is the way in. `calls` foresees what a run will ask for: `gather` its first questions, which
//! `first_look` asks, `gates` what must hold before anything is touched, `order` who is rolled first. `plays` walks
//! through plays and batches, `walk` through one host's tasks, `task` through one task's calls: ask, decide, act
//! (`act`), look again; `tries` repeats them, `delegate` takes them elsewhere, `batch` is what hosts that walk together
//! share. `link` is a host's line, `identity` as whom it is used, `conversation` the script that runs there, `locks`
//! what keeps two runs apart.

mod act;
mod arrival;
pub mod backup;
mod balancer;
mod batch;
mod calls;
mod checkout;
mod clocks;
mod commits;
mod context;
mod conversation;
mod database;
mod delegate;
mod drain;
mod environment;
mod event;
mod facts;
mod files;
mod firewall;
mod first_look;
mod foresee;
mod front;
mod gates;
mod gather;
mod handover;
mod home;
mod host;
mod http;
mod identity;
mod jdk;
mod keystores;
mod life;
mod lines;
mod link;
mod locks;
mod magic;
mod node;
mod now;
mod order;
mod outcome;
mod password;
mod plays;
mod reach;
mod record;
mod report;
mod repository;
mod saved;
mod sockets;
mod sql;
mod start;
mod survey;
mod sync;
mod task;
mod tenants;
mod through;
mod told;
mod tries;
mod unlock;
mod upload;
mod verb;
mod walk;
mod witness;

pub use context::{Events, Interrupt, Mode, RunOptions};
pub use conversation::ScriptError;
pub use event::{Event, TaskFinished};
pub use foresee::foresee;
pub use link::LinkError;
pub use node::observed;
pub use now::now;
pub use outcome::{Outcome, Tally};
pub use reach::{ShownKey, reaches, shown_key};
pub use record::{HostRecord, PastRun, RunRecord, history_probe};
pub use report::{NodeLine, Report, Traffic};
pub use saved::{
    Foreseen, HostPlan, PlanKey, PlanOf, Planned, Promise, SavedPlan, TaskPlan, is_saved_plan,
    read_plan,
};
pub use start::{Run, start};
pub use survey::Survey;
pub use unlock::{HostLock, Standing as LockStanding, Unlocker};
pub use verb::Verb;
pub use witness::{Found, Witness};

use context::Context;
