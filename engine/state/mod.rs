//! What wmprov keeps of a host: Evidence, generations, and what their readers are told.
//!
//! The transaction itself is shell (`script/sh/commit.sh`); here is what its files mean.

mod evidence;
mod generation;
mod plan;
mod said;
mod status;

pub use evidence::Evidence;
pub use generation::{Back, Generation, GenerationLog, NodeGenerations};
pub use plan::{PlanLine, plan_text, rows_text};
pub use said::{NodeLogs, NodeThreads, Tail};
pub use status::{LastDrift, NodeStatus};
