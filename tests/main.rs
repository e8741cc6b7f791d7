//! The one integration target: whole paths, through real files, real sshd and real hosts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

/// Connections through real sshd on loopback.
mod connection;
/// The rooms of `engine/` and the arrows between them.
mod house;
