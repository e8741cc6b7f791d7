//! `playbooks/products/*.yaml` → what each product version is, wants, and allows.
//!
//! Data, not code: a version that behaves like its neighbour is an entry in a file.

mod release;

pub use release::{
    Clustering, FileEdits, Kernel, Known, Operation, Port, Profiles, Release, Restart, Role,
    Separation,
};
