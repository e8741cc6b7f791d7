//! The taking of a backup: one part after the other, each streamed from its host to the disk; never more than a piece of
//! it in memory.

use std::path::PathBuf;
use std::time::Duration;

use super::archive::Writer;
use super::line::{Failure, Hosts, fetch};
use super::parts::{Wanted, parts};
use super::passage::Passage;
use super::record::{BackupRecord, LeftOut, Part};
use super::shape::Shape;
use crate::cluster::Cluster;
use crate::cluster::checks::Check;
use crate::connection::ConnectOptions;
use crate::inventory::Inventory;
use crate::run::now;
use crate::run::{Event, Events, Interrupt};
use crate::yaml::{Error, VaultPasswords};

/// tar's status where a file changed while it was read, which on a server that serves is no failure.
const CHANGED: &str = "1";

/// What is to be backed up, and where to.
pub struct Order<'a> {
    /// The inventory.
    pub inventory: &'a Inventory,
    /// All its clusters.
    pub clusters: &'a [Cluster],
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The hosts that are asked.
    pub hosts: &'a [String],
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// The file.
    pub place: PathBuf,
    /// The passphrase that it is sealed with; none leaves it in clear.
    pub passphrase: VaultPasswords,
    /// Who makes it.
    pub by: String,
    /// How long a lock that another run holds is waited for.
    pub lock_wait: Duration,
}

/// What came of a backup.
#[derive(Debug)]
pub enum Taken {
    /// It is there.
    Whole(Box<BackupRecord>),
    /// A part could not be taken; there is no file.
    Failed(Error),
    /// The user has interrupted; there is no file.
    Interrupted,
}

/// Takes a backup.
///
/// # Errors
/// What is wrong with files, before the first connection.
pub async fn take(
    order: Order<'_>,
    events: &Events,
    interrupt: &Interrupt,
) -> Result<Taken, Vec<Error>> {
    let one = |error| vec![error];
    let (wanted, left_out) = parts(order.cluster, order.hosts);
    let asked = |name: &str| {
        wanted
            .iter()
            .any(|part| part.hosts.iter().any(|host| host == name))
    };
    let of_hosts = || Hosts::of(order.inventory, order.clusters, &order.connect, asked);
    // A part has a connection of its own, on which the host waits for the disk here.
    let (hosts, locked) = (of_hosts()?, of_hosts()?);
    events.send(Event::RunStarted {
        hosts: hosts.names(),
        command: "backup",
    });
    let inventory = order.inventory.digest().map_err(one)?;
    let writer = Writer::begin(&order.place, !order.passphrase.is_empty()).map_err(one)?;
    let record = record(&order, inventory, left_out);
    let taking = async {
        let held = locked.hold(&order.by, order.lock_wait, events).await?;
        if locked.half_restored(&record.cluster).await?.is_some() {
            let message = format!("a restore into cluster `{}` was cut", record.cluster);
            return Err(Check::cite("WM206", message));
        }
        let taken = all(&hosts, writer, record, &wanted, events).await;
        let (writer, record) = taken?;
        held.release().await?;
        writer.finish(record, &order.passphrase)
    };
    let taken = interrupt.unless(taking).await;
    // What is still on its way is not waited for.
    hosts.cut().await;
    locked.cut().await;
    Ok(match taken {
        None => Taken::Interrupted,
        Some(Ok(record)) => Taken::Whole(Box::new(record)),
        Some(Err(error)) => Taken::Failed(error),
    })
}

fn record(order: &Order<'_>, inventory: String, left_out: Vec<LeftOut>) -> BackupRecord {
    let (at, cluster) = (now(), order.cluster);
    let role = |node: &crate::cluster::Node| match node.active {
        true => format!("active {}", node.role),
        false => node.role.to_string(),
    };
    BackupRecord {
        wmprov_backup: 0,
        id: format!("{at:x}-{:x}", std::process::id()),
        at,
        by: order.by.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        inventory,
        cluster: cluster.name.clone(),
        product: cluster.release.product.clone(),
        version: cluster.release.version.clone(),
        pattern: cluster.pattern,
        nodes: cluster
            .nodes
            .iter()
            .map(|node| (node.name.clone(), role(node)))
            .collect(),
        parts: Vec::new(),
        left_out,
        key: None,
    }
}

async fn all(
    hosts: &Hosts,
    mut writer: Writer,
    mut record: BackupRecord,
    wanted: &[Wanted],
    events: &Events,
) -> Result<(Writer, BackupRecord), Error> {
    for wanted in wanted {
        let host = host_of(hosts, wanted).await?;
        let (part, left) = one(hosts, &mut writer, wanted, &host, record.at, events).await?;
        record.parts.push(part);
        record.left_out.extend(left);
    }
    Ok((writer, record))
}

/// The host that a part is taken on: the first that has what it takes.
async fn host_of(hosts: &Hosts, wanted: &Wanted) -> Result<String, Error> {
    match (wanted.client, wanted.hosts.first()) {
        (Some(client), _) => hosts.first_with(&wanted.hosts, client, &wanted.name).await,
        (None, Some(host)) => Ok(host.clone()),
        (None, None) => Err(Error::new(format!(
            "a defect: `{}` is of no host",
            wanted.name
        ))),
    }
}

/// Takes one part; besides, what of it is only a link to somewhere else.
async fn one(
    hosts: &Hosts,
    writer: &mut Writer,
    wanted: &Wanted,
    host: &str,
    at: u64,
    events: &Events,
) -> Result<(Part, Option<LeftOut>), Error> {
    writer.begin_part()?;
    let doing = format!("`{}` was on its way", wanted.name);
    let mut shape = Shape::of(wanted.kind);
    let mut passage = Passage::of(host, &wanted.name, None, events);
    let fetched = fetch(hosts, host, &wanted.call, &doing, |bytes| {
        shape.see(bytes);
        passage.more(bytes.len());
        writer.write(bytes)
    })
    .await;
    let ended = fetched.map_err(|failure| match failure {
        Failure::File(error) => error,
        Failure::Link(error) => {
            let message = format!("`{}` of host `{host}` did not come", wanted.name);
            Check::cite("WM201", message).because(error)
        }
    })?;
    if ended.status == CHANGED && wanted.call.function == "wm_pack" {
        events.send(Event::Noticed {
            host: Some(host.to_owned()),
            message: format!(
                "{} changed while it was read: {}",
                wanted.name,
                ended.last()
            ),
        });
    } else {
        ended.judged(&format!(
            "`{}` cannot be taken on host `{host}`",
            wanted.name
        ))?;
    }
    if let Some(wrong) = shape.wrong() {
        let message = format!("`{}` of host `{host}`: {wrong}", wanted.name);
        return Err(Check::cite("WM201", message));
    }
    let stored = writer.end_part(&wanted.name, at)?;
    events.send(Event::Noticed {
        host: Some(host.to_owned()),
        message: format!(
            "{}: {} bytes, packed {}",
            wanted.name, stored.size, stored.packed
        ),
    });
    let part = Part {
        name: wanted.name.clone(),
        kind: wanted.kind,
        of: wanted.of.clone(),
        host: host.to_owned(),
        size: stored.size,
        packed: stored.packed,
        sha256: stored.sha256,
        dialect: wanted.dialect.map(str::to_owned),
    };
    Ok((part, outside(&wanted.name, host, &ended.said)))
}

/// What links lead to that are in a part, by what the host said of them.
fn outside(name: &str, host: &str, said: &str) -> Option<LeftOut> {
    let mut links = said
        .lines()
        .filter_map(|line| line.strip_prefix("outside: "));
    let first = links.next()?;
    let more = match links.count() {
        0 => String::new(),
        more => format!(" (and {more} links more)"),
    };
    Some(LeftOut {
        what: format!("what `{first}` on host {host} leads to{more}"),
        why: format!("{name} holds the link alone"),
    })
}
