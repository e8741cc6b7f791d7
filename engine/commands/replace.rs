//! `wmprov replace`: a new machine under the name of an old one. Its key is shown, and taken only where the user agrees to
//! that very key; then it is installed and proved as any other.

use std::collections::BTreeSet;

use crate::cluster::Cluster;
use crate::cluster::checks::Check;
use crate::commands::FileOptions;
use crate::commands::apply::{ApplyOptions, Plans, acting, acting_first, not_begun, read_apart};
use crate::commands::files::{clusters_of, members, read_inventory};
use crate::commands::look::read;
use crate::connection::AcceptedKey;
use crate::inventory::Inventory;
use crate::run::{Event, Events, Interrupt, Mode, Report, ShownKey, shown_key};
use crate::yaml::{Error, Result};

/// The key that the new machine shows, where it is not the known one.
///
/// # Errors
/// Every mistake in the user's files, a host that may not be replaced so, and one that cannot be reached.
pub async fn replacing(options: &ApplyOptions, host: &str) -> Result<Option<ShownKey>, Vec<Error>> {
    let one = |error| vec![error];
    let files = options.files();
    let inventory = read_inventory(&files)?;
    let clusters = clusters_of(&files, &inventory)?;
    may_be_replaced(&inventory, &clusters, host).map_err(one)?;
    let connect = options.connect.clone();
    shown_key(&inventory, &clusters, host, connect)
        .await
        .map_err(one)
}

/// Installs and proves the new machine, or shows what that would do. `accepted` is the fingerprint that the user has
/// agreed to: that key is taken in place of what is known of the host, and no other.
///
/// # Errors
/// As [`replacing`]; no host has been touched then.
pub async fn replace(
    mut options: ApplyOptions,
    host: &str,
    accepted: Option<&str>,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    if let Some(shown) = replacing(&options, host).await? {
        if accepted != Some(shown.fingerprint.as_str()) {
            return Err(vec![strange(host, &shown)]);
        }
        if options.mode == Mode::Plan {
            return Err(vec![
                Error::new(format!("nothing is known of `{host}` before its key is taken"))
                    .hint("run it without `--check`; before that `wmprov plan --limit` shows nothing of a new machine either"),
            ]);
        }
        options.connect.accept_key = Some(AcceptedKey {
            host: host.to_owned(),
            fingerprint: shown.fingerprint,
        });
    }
    let Some(mut plans) = read_apart(&options, &events, &interrupt).await? else {
        return Ok(not_begun(&events));
    };
    let clusters: Vec<&Cluster> = plans
        .world
        .clusters
        .iter()
        .filter(|cluster| cluster.nodes.iter().any(|node| node.host == host))
        .collect();
    let senders: BTreeSet<String> = clusters
        .iter()
        .filter_map(|cluster| Some(cluster.sender()?.host.clone()))
        .collect();
    let balancers = clusters.iter().flat_map(|cluster| &cluster.front.balancers);
    let mut concerned: BTreeSet<String> = balancers.map(|balancer| balancer.host.clone()).collect();
    concerned.extend(senders.iter().cloned());
    concerned.insert(host.to_owned());
    let walled = clusters.iter().filter(|cluster| cluster.firewall);
    let walled = walled.flat_map(|cluster| cluster.hosts());
    let others = walled.filter(|name| !concerned.contains(*name));
    let others: BTreeSet<String> = others.map(str::to_owned).collect();
    plans.hosts.retain(|name| concerned.contains(name));
    if !others.is_empty() {
        let first = letting_in(&options, &others, &events, interrupt.clone()).await?;
        if !first.is_good() || first.interrupted {
            events.send(Event::RunFinished(first.clone()));
            return Ok(first);
        }
    }
    for sender in senders {
        let first = forgetting(&options, &sender, &events, interrupt.clone()).await?;
        if !first.is_good() || first.interrupted {
            events.send(Event::RunFinished(first.clone()));
            return Ok(first);
        }
    }
    acting("replace", options, plans, events, interrupt).await
}

/// The firewalls of the other hosts let the new machine in, which they may have shut out since the old one went.
async fn letting_in(
    options: &ApplyOptions,
    others: &BTreeSet<String>,
    events: &Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let mut plans: Plans = read(&options.files(), "site.yaml", &[])?.into();
    plans.hosts.retain(|name| others.contains(name));
    let options = ApplyOptions {
        tags: vec!["firewall".to_owned()],
        ..options.clone()
    };
    acting_first("replace", options, plans, events, interrupt).await
}

/// The sender forgets the keys of the hosts that it sends to: the old machine's is among them.
async fn forgetting(
    options: &ApplyOptions,
    sender: &str,
    events: &Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let files = FileOptions {
        limit: Some(sender.to_owned()),
        ..options.files()
    };
    let plans: Plans = read(&files, "replace.yaml", &[])?.into();
    acting_first("replace", options.clone(), plans, events, interrupt).await
}

fn strange(host: &str, shown: &ShownKey) -> Error {
    let known = match shown.known.is_empty() {
        true => "nothing is known of it".to_owned(),
        false => format!("known is {}", shown.known.join(", ")),
    };
    let message = format!(
        "`{host}` shows the key {} {}, and {known}",
        shown.kind, shown.fingerprint
    );
    let hint = format!(
        "compare it with `ssh-keygen -lf` on the new machine; `--host-key {}` then takes it",
        shown.fingerprint
    );
    Check::cite("WM192", message).hint(hint)
}

/// A machine that is to be the sender of artifacts has none: it would delete those of all the others.
fn may_be_replaced(inventory: &Inventory, clusters: &[Cluster], host: &str) -> Result<()> {
    for (cluster, node) in members(inventory, clusters, host)? {
        if !node.active || cluster.sync.push().is_none() {
            continue;
        }
        let message = format!(
            "`{}` sends the artifacts of cluster `{}`; a new machine has none, and would delete them on the others",
            node.name, cluster.name
        );
        return Err(Check::cite("WM191", message).or_at(&node.place));
    }
    Ok(())
}
