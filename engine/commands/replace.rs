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
use crate::run::{Event, Events, Interrupt, Mode, Report, ShownKey, Verb, shown_key};
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
    let senders = senders(&clusters);
    let concerned = concerned(&clusters, host);
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
    acting(Verb::Replace, options, plans, events, interrupt).await
}

/// The hosts that send artifacts to those of the clusters.
fn senders(clusters: &[&Cluster]) -> BTreeSet<String> {
    let senders = clusters.iter().filter_map(|cluster| cluster.sender());
    senders.map(|node| node.host.clone()).collect()
}

/// The new machine, its clusters' balancers, who sends it artifacts, and who keeps a login for it: one that left its cluster
/// before has none there any more.
fn concerned(clusters: &[&Cluster], host: &str) -> BTreeSet<String> {
    let balancers = clusters.iter().flat_map(|cluster| &cluster.front.balancers);
    let stores = clusters.iter().filter_map(|cluster| cluster.store());
    let mut concerned = senders(clusters);
    concerned.extend(balancers.map(|balancer| balancer.host.clone()));
    concerned.extend(stores.map(|store| store.host.clone()));
    concerned.insert(host.to_owned());
    concerned
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
    acting_first(Verb::Replace, options, plans, events, interrupt).await
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
    acting_first(Verb::Replace, options.clone(), plans, events, interrupt).await
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

#[cfg(test)]
mod tests {
    use super::concerned;
    use crate::catalogue::Catalogue;
    use crate::cluster::derive;
    use crate::inventory::{Inventory, LoadOptions};

    /// The hosts that a new `wkr2` concerns, where artifacts come to it in this way.
    fn of_sync(vars: &str, stores: &[String]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inventory.yaml");
        let host = |name: &str, end: u8| format!("{name}: {{ansible_host: 10.0.0.{end}}}");
        let group = |name: &str, hosts: &[String]| {
            format!("    {name}: {{hosts: {{{}}}}}\n", hosts.join(", "))
        };
        let text = format!(
            "all:\n  vars:\n    carbon_product: esb\n    carbon_version: \"4.9.0\"\n    carbon_hostname: \
             esb.example.com\n    java_home: /jdk\n{vars}  children:\n{}{}{}{}",
            group("manager", &[host("mgr1", 11)]),
            group("worker", &[host("wkr1", 21), host("wkr2", 22)]),
            group("load_balancer", &[host("lb1", 5)]),
            group("artifact_store", stores),
        );
        std::fs::write(&file, text).unwrap();
        let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
        let catalogue = Catalogue::load(&[]).unwrap();
        let lookup = |product: &str, version: &str| catalogue.find(product, version);
        let clusters = derive(&inventory, &lookup).unwrap();
        let clusters: Vec<_> = clusters.iter().collect();
        concerned(&clusters, "wkr2").into_iter().collect()
    }

    #[test]
    fn who_keeps_something_for_a_machine_is_concerned() {
        let svn = "    carbon_artifact_sync: svn\n    carbon_svnkit_jar: client.jar\n";
        let store = "svn1: {ansible_host: 10.0.0.8}".to_owned();
        assert_eq!(of_sync(svn, &[store]), ["lb1", "svn1", "wkr2"]);
        let rsync = "    carbon_artifact_sync: rsync\n";
        assert_eq!(of_sync(rsync, &[]), ["lb1", "mgr1", "wkr2"]);
    }
}
