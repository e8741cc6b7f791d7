//! Bytes to and from a host: SSH (russh) or the local machine. Knows nothing of what is asked.

mod channel;

pub use channel::{Counters, Ended, Exec, Status};
