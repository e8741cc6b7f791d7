//! Whether a machine that this one cannot reach is there for another: it is then cut off, and not dead.

use std::net::IpAddr;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::connection::{ConnectOptions, Connector};
use crate::inventory::Inventory;
use crate::run::host::chain;
use crate::run::lines::target;
use crate::run::link::Link;
use crate::run::start::scopes;
use crate::template::Language;
use crate::yaml::Error;

/// A machine in the same network answers sooner, or never.
const PATIENCE: Duration = Duration::from_secs(10);

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
    let scopes = scopes(inventory, &Language::new(), clusters);
    let scope = scopes.iter().find(|(name, _)| name == host);
    let (_, scope) =
        scope.ok_or_else(|| Error::new(format!("there is no host `{host}` in the inventory")))?;
    let mut link = Link::new(target(inventory, &connect, host, scope)?, None);
    link.connect(&Connector::new(connect))
        .await
        .map_err(|error| {
            let why = chain(&error).join(": ");
            Error::new(format!("host `{host}` cannot be reached: {why}"))
        })?;
    let tunnel = tokio::time::timeout(PATIENCE, link.tunnel(&to.0.to_string(), to.1)).await;
    let opened = matches!(tunnel, Ok(Ok(_)));
    link.cut();
    Ok(opened)
}
