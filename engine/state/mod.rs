//! What wmprov keeps of a host: Evidence, generations, the plan of a transaction.
//!
//! The transaction itself is shell (`script/sh/commit.sh`); here is what its files mean.

mod evidence;
mod generation;
mod plan;

pub use evidence::Evidence;
pub use generation::{Back, Generation, GenerationLog, NodeGenerations};
pub use plan::{PlanLine, plan_text, rows_text};
