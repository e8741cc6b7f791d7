//! What wmprov keeps on a host: Manifest, journal, lock, generations, Evidence; formats and rules.
//!
//! The transaction itself is shell (`script/sh/commit.sh`); here is what its files mean.

mod evidence;
mod plan;

pub use evidence::Evidence;
pub use plan::{PlanLine, plan_text, rows_text};
