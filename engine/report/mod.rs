//! Events and findings → pages: terminal lines, recap, hunks, JSON. Pure text; the binary prints.

mod backup;
mod diagnostic;
mod drift;
mod html;
mod hunk;
mod json;
mod lines;
mod nodes;
mod paint;
mod recap;
mod run_page;
mod said;
mod saved;
mod status;
mod still;
mod topology;
mod utc;
mod wrap;
mod xml;

pub use backup::backup_page;
pub use diagnostic::diagnostic;
pub use drift::{Format, drift_page};
pub use hunk::difference;
pub use json::json_line;
pub use lines::{Lines, Verbosity};
pub use nodes::{generations_page, history_page};
pub use paint::Paint;
pub use recap::recap;
pub use run_page::{RunPage, is_told, run_page};
pub use said::{NodeLogs, NodeThreads, Tail, logs_page, threads_page};
pub use saved::{saved_plan_html, saved_plan_page};
pub use status::{LastDrift, NodeStatus, status_page};
pub use still::{still, still_line};
pub use topology::{TopologyFormat, topology_page};
pub use wrap::fitted;
