//! Desired state + Manifest + Answers → findings: what moved on each host, and who moved it.
//!
//! [`Looker`] asks (`survey`) and hands each host's answers to `home` (files), `node` (unit, role, Java) and
//! `tasks` (all else that the plays want). `alike` compares nodes with each other once all are there;
//! [`DriftReport`] is the sum.

mod alike;
mod finding;
mod home;
mod hunk;
mod node;
mod report;
mod rows;
mod survey;
mod taken;
mod tasks;

pub use finding::{Class, Finding, Kind};
pub use hunk::hunk;
pub use report::{DriftReport, Gone, HostDrift, Status};
pub use survey::{HostSeen, Looker, NodeSeen};
pub use taken::Taken;
pub use tasks::{of_task, tells};
