//! wmprov turns a list of hosts into a running WSO2 Carbon cluster whose managers and workers are
//! really separated, over SSH, and keeps it that way.
//!
//! Data moves down this list of rooms; a room uses rooms above it, never below
//! (`tests/house.rs` fails on a wrong arrow):
//!
//! | room | takes → gives |
//! |---|---|
//! | [`yaml`] | text → values with file, line, column |
//! | [`template`] | expression + variables → value |
//! | [`inventory`] | files → hosts, groups, variables |
//! | [`catalogue`] | `playbooks/products` → what each product version is and wants |
//! | [`cluster`] | inventory + product → clusters of nodes, checked |
//! | [`edit`] | bytes + edits → bytes |
//! | [`carbon`] | cluster + pack → the desired Home of each node |
//! | [`script`] | probes, steps → one shell script; its output → answers |
//! | [`state`] | what wmprov keeps on a host |
//! | [`playbook`] | YAML → plays, tasks |
//! | [`modules`] | task + answers → change |
//! | [`connection`] | bytes to and from a host |
//! | [`run`] | tasks + hosts → events |
//! | [`drift`] | desired + manifest + answers → findings |
//! | [`report`] | events, findings → pages |
//! | [`commands`] | one file a verb |
//!
//! The command line (`engine/cli`) is the binary: it parses arguments, shows events, sets the exit code.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout
    )
)]

pub mod carbon;
pub mod catalogue;
pub mod cluster;
pub mod commands;
pub mod connection;
pub mod drift;
pub mod edit;
pub mod inventory;
pub mod modules;
pub mod playbook;
pub mod report;
pub mod run;
pub mod script;
pub mod state;
pub mod template;
pub mod yaml;
