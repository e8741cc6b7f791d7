//! The one integration target: whole paths, through real files, real sshd and real hosts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

/// A node that elected itself beside its cluster, on the hosts of `rollback`.
mod apart;
/// Bad luck on real hosts: refused logins, full disks, silence, interruption.
mod bad_luck;
/// Load balancers on real hosts.
mod balancer;
/// Playbooks that Ansible runs too.
mod both_tools;
/// A whole cluster broken by hand in every way, on the hosts of `patterns`.
mod broken;
/// Pages for a browser, in a real one.
mod browser;
/// Every check, broken by the smallest inventory that breaks it.
mod checks;
/// Inventories → clusters.
mod cluster;
/// Connections through real sshd on loopback.
mod connection;
/// Shared databases on real servers.
mod databases;
/// The pages hold together.
mod documents;
/// Drift on real hosts.
mod drift;
/// Firewalls: their rules, and what gets through them on the hosts of `balancer`.
mod firewall;
/// The first minutes with the program.
mod first_use;
/// However few hosts go at once.
mod forks;
/// Real hosts for the others.
mod hosts;
/// Hosts that go and come, on the hosts of `balancer`.
mod hosts_go;
/// The rooms of `engine/` and the arrows between them.
mod house;
mod java;
/// The main job on real hosts.
mod main_job;
/// Random changes by hand.
mod mutations;
/// What users install.
mod packages;
/// The pages that are made from the code.
mod pages;
/// Deployment patterns on real hosts.
mod patterns;
/// Playbooks that are wrong, playbooks that are right, and the page that tells which.
mod playbooks;
/// Nodes stopped and started on the hosts of `balancer`.
mod power;
/// Another active manager, on the hosts of `patterns`.
mod promote;
/// Going back to what was, on real hosts.
mod rollback;
/// Saved plans on real hosts.
mod saved;
/// The schemas for editors.
mod schemas;
/// Two clusters at once on real hosts.
mod several;
/// The site of the pages, by mdBook.
mod site;
/// Artifacts that go through a repository on real hosts.
mod svn;
/// The push of artifacts on real hosts.
mod sync;
/// What users see on terminals.
mod terminal;
/// Pictures of clusters.
mod topology;
/// The README's transcript, on the hosts of `main_job`.
mod transcript;
/// Carbon's secure vault, on the hosts of `rollback`.
mod vaulted;
/// Versions of each kind of product on real hosts.
mod versions;
/// Files and arguments that are wrong, through the program.
mod wrong_files;
