//! The record of a backup: who made it when of what, and each part with its size and SHA-256. The last file of the archive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The version of the form.
pub(super) const FORM: u32 = 2;

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A shared database, as its server's own client dumps it.
    Database,
    /// The repository of artifacts: a tar of a hot copy.
    Repository,
    /// A node's H2 files.
    H2,
    /// A node's keystores: `repository/resources/security`.
    Security,
    /// What a node has deployed, its tenants' too.
    Artifacts,
    /// What wmprov keeps beside a node's Home.
    Records,
}

/// One part of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name; in the archive, where it is packed, `.gz` follows.
    pub name: String,
    /// What it holds.
    pub kind: PartKind,
    /// The node that it is of, or the keys of the databases that it holds.
    pub of: Vec<String>,
    /// The host that it was taken on.
    pub host: String,
    /// Bytes as they were taken.
    pub size: u64,
    /// Bytes in the archive.
    pub packed: u64,
    /// SHA-256 of what lies in the archive.
    pub sha256: String,
    /// `mysql` or `postgresql`, of a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
}

/// What a backup does not hold, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRecord {
    /// The version of the form.
    pub wmprov_backup: u32,
    /// Its name, which no other backup has.
    pub id: String,
    /// Seconds since 1970 when it was begun.
    pub at: u64,
    /// Who made it, and where.
    pub by: String,
    /// The version of the program.
    pub program: String,
    /// SHA-256 over the inventory's files.
    pub inventory: String,
    /// The cluster.
    pub cluster: String,
    /// Its product's key.
    pub product: String,
    /// Its version.
    pub version: String,
    /// Its deployment pattern.
    pub pattern: u8,
    /// Each node's role.
    pub nodes: BTreeMap<String, String>,
    /// The parts, in their order in the archive.
    pub parts: Vec<Part>,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
    /// The key of the parts, where they are sealed; it is never shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl BackupRecord {
    /// True where its parts are sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.key.is_some()
    }

    /// Bytes of all parts: as they were taken, and in the archive.
    #[must_use]
    pub fn size(&self) -> (u64, u64) {
        let parts = self.parts.iter();
        parts.fold((0, 0), |(size, packed), part| {
            (size + part.size, packed + part.packed)
        })
    }
}
