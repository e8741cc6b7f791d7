//! Probes and Steps → one shell script; its output → Answers. The only room that knows `sh`.
//!
//! What goes to a host is the fixed command line [`BOOT`], which runs the first line of its standard input; that reads the
//! script behind it: any login shell parses it alike, nothing stands in the process
//! list, and the script may be of any length. What comes back are NUL-terminated fields
//! ([`Fields`]), in which a nonce opens each answer.

mod answers;
mod boot;
mod fields;
mod function;
mod probe;
pub mod quote;
mod request;
mod servers;
mod step;
#[cfg(test)]
mod tests;

pub use answers::{
    Account, Answer, Answers, Artifacts, Facts, FileKind, FirewallSeen, Generations, Holder, Java,
    Kept, Nftables, NodeState, Output, Owed, PART, Package, Path, Process, Stranger, Threads, Tree,
    Unit,
};
pub use boot::{BOOT, Become, PartCall, TAKE, inquiry, look, part, put, session, unpack};
pub use fields::{Fields, Nonce};
pub use probe::{Probe, back_words, tree_words};
pub use request::{Done, Lock, Request};
pub use servers::Server;
pub use step::{Attributes, Step, sha256};
