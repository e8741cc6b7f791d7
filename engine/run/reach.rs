//! What is to be known of a machine before a run: whether another one reaches it, where this one cannot, for it is then cut
//! off and not dead; and the key that it shows, where that is not the known one.

use std::net::IpAddr;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::connection::{ConnectError, ConnectOptions, Connector};
use crate::inventory::Inventory;
use crate::run::lines::target;
use crate::run::link::{Link, LinkError};
use crate::run::start::scopes;
use crate::template::Language;
use crate::yaml::Error;

/// A machine in the same network answers sooner, or never.
const PATIENCE: Duration = Duration::from_secs(5);

/// A host's key that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownKey {
    /// The host as known_hosts would have it.
    pub host: String,
    /// The key's algorithm.
    pub kind: String,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// What is known of the host instead, and where; nothing where nothing is.
    pub known: Vec<String>,
}

/// The key that a host shows, where it is not the known one; nothing is learned.
///
/// # Errors
/// Connection variables that are wrong, and a host that cannot be reached, or not be logged in to.
pub async fn shown_key(
    inventory: &Inventory,
    clusters: &[Cluster],
    host: &str,
    connect: ConnectOptions,
) -> Result<Option<ShownKey>, Error> {
    let connect = ConnectOptions {
        accept_new: false,
        ..connect
    };
    let mut link = link(inventory, clusters, host, &connect)?;
    let error = match link.connect(&Connector::new(connect)).await {
        Ok(()) => {
            link.cut();
            return Ok(None);
        }
        Err(error) => error,
    };
    if let LinkError::Connect(cause) = &error {
        let shown = |host: &str, kind: &str, fingerprint: &str, known: &[String]| ShownKey {
            host: host.to_owned(),
            kind: kind.to_owned(),
            fingerprint: fingerprint.to_owned(),
            known: known.to_vec(),
        };
        match &**cause {
            ConnectError::ChangedHostKey {
                host,
                kind,
                fingerprint,
                known,
            } => return Ok(Some(shown(host, kind, fingerprint, known))),
            ConnectError::UnknownHostKey {
                host,
                kind,
                fingerprint,
            } => return Ok(Some(shown(host, kind, fingerprint, &[]))),
            _ => {}
        }
    }
    Err(error.at(host))
}

/// A line to a host that no run has, not yet connected.
fn link(
    inventory: &Inventory,
    clusters: &[Cluster],
    host: &str,
    connect: &ConnectOptions,
) -> Result<Link, Error> {
    let scopes = scopes(inventory, &Language::new(), clusters);
    let scope = scopes.iter().find(|(name, _)| name == host);
    let (_, scope) =
        scope.ok_or_else(|| Error::new(format!("there is no host `{host}` in the inventory")))?;
    Ok(Link::new(target(inventory, connect, host, scope)?, None))
}

/// True where something at `to` takes a TCP connection from `host`, which is asked through its SSH connection.
///
/// # Errors
/// Connection variables that are wrong, and a `host` that cannot be reached itself.
pub async fn reaches(
    inventory: &Inventory,
    clusters: &[Cluster],
    host: &str,
    connect: ConnectOptions,
    to: (IpAddr, u16),
) -> Result<bool, Error> {
    let mut link = link(inventory, clusters, host, &connect)?;
    let connected = link.connect(&Connector::new(connect)).await;
    connected.map_err(|error| error.at(host))?;
    let tunnel = tokio::time::timeout(PATIENCE, link.tunnel(&to.0.to_string(), to.1)).await;
    let opened = matches!(tunnel, Ok(Ok(_)));
    link.cut();
    Ok(opened)
}
