//! `wmprov backup` and `wmprov backup verify`: a cluster's state goes into one file; whether a file is whole is told
//! without any host.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cluster::Cluster;
use crate::commands::{FileOptions, Files};
use crate::connection::ConnectOptions;
use crate::run::backup::{Archive, BackupRecord, Order, Taken, take};
use crate::run::{Events, Interrupt};
use crate::yaml::{Error, Result, VaultPasswords, near};

/// What is backed up, and where to.
#[derive(Clone, Debug)]
pub struct BackupOptions {
    /// Inventory, `--limit`, variables and vault passwords.
    pub files: FileOptions,
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// The cluster, where the inventory has several.
    pub cluster: Option<String>,
    /// The file.
    pub output: PathBuf,
    /// The passphrase that seals it; empty where it stays in clear.
    pub passphrase: VaultPasswords,
    /// Who makes it.
    pub by: String,
    /// How long a lock that another run holds is waited for.
    pub lock_wait: Duration,
}

/// Takes a backup.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn backup(
    options: BackupOptions,
    events: &Events,
    interrupt: Interrupt,
) -> Result<Taken, Vec<Error>> {
    let files = Files::read(&options.files)?;
    let cluster =
        named(&files.clusters, options.cluster.as_deref()).map_err(|error| vec![error])?;
    let order = Order {
        inventory: &files.inventory,
        clusters: &files.clusters,
        cluster,
        hosts: &files.hosts,
        connect: options.connect,
        place: options.output,
        passphrase: options.passphrase,
        by: options.by,
        lock_wait: options.lock_wait,
    };
    take(order, events, &interrupt).await
}

/// The cluster that is meant.
pub(super) fn named<'a>(clusters: &'a [Cluster], name: Option<&str>) -> Result<&'a Cluster> {
    let names = || clusters.iter().map(|cluster| cluster.name.as_str());
    let known = names().collect::<Vec<_>>().join("`, `");
    match (clusters, name) {
        ([], _) => Err(Error::new("the inventory has no cluster")
            .hint("a cluster is a group that sets `carbon_product`")),
        ([only], None) => Ok(only),
        (_, None) => Err(
            Error::new("the inventory has several clusters, and a backup is of one")
                .hint(format!("give it with `--cluster`: `{known}`")),
        ),
        (_, Some(name)) => clusters
            .iter()
            .find(|cluster| cluster.name == name)
            .ok_or_else(|| {
                let error = Error::new(format!("there is no cluster `{name}`"));
                match near(name, names()) {
                    Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                    None => error.hint(format!("known are `{known}`")),
                }
            }),
    }
}

/// Reads a backup's record, and holds every part against it.
///
/// # Errors
/// Where it is no backup, is damaged, or no passphrase opens it.
pub fn verify_backup(file: &Path, passphrase: &VaultPasswords) -> Result<BackupRecord> {
    let archive = Archive::open(file, passphrase)?;
    archive.verify()?;
    Ok(archive.record)
}
