//! The invariants: one row a trouble, each with a stable code, its cause, its fix, and where it shows.
//!
//! A new invariant is a `const` [`Check`] beside its like, one line in [`ALL`], and a folder in
//! `tests/cases/checks` that breaks exactly it.

mod address;
mod check;

pub use address::Claim;
pub(super) use check::against_address;
pub use check::{Check, Finding, Waived, When, check};

/// Every check, by code.
pub const ALL: &[&Check] = &[
    &address::LOOPBACK,
    &address::HOST_NAME,
    &address::UNKNOWN,
    &address::NOT_UNICAST,
];
