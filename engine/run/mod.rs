//! Tasks + hosts → events: forecast, act, handlers, rollout. Only this room and `connection/` act and await.

mod conversation;
mod event;
mod outcome;
mod report;

pub use conversation::ScriptError;
pub use event::{Event, TaskFinished};
pub use outcome::{Outcome, Tally};
pub use report::{NodeLine, Report, Traffic};
