//! `wmprov decommission`: a host's nodes leave their clusters. First on the host itself, by the inventory that still names it;
//! then its lines go from the inventory, and every list that named it is written anew by what is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::{Cluster, Node};
use crate::commands::apply::{ApplyOptions, Plans, acting, acting_first, not_begun, warn};
use crate::commands::file_change::{FileChange, WriteFirst};
use crate::commands::files::{clusters_of, members, read_inventory};
use crate::commands::look::read;
use crate::commands::reading::reading;
use crate::commands::{FileOptions, site};
use crate::inventory::{Inventory, LoadOptions, without_host};
use crate::modules::Registry;
use crate::playbook::{Playbook, Source};
use crate::run::{Event, Events, Interrupt, Mode, Report, Verb};
use crate::yaml::{Error, Result};

/// What writes the lists that named a host, and restarts no node.
const LISTS: [&str; 4] = ["homes", "sync", "balancers", "firewall"];

/// Which host goes, and how far.
#[derive(Clone, Debug)]
pub struct DecommissionOptions {
    /// The host.
    pub host: String,
    /// Its Homes, and all that is kept about them, go too.
    pub purge: bool,
    /// It is dead: nothing is done on it.
    pub dead: bool,
}

/// A host's leave as it will be.
#[derive(Debug)]
pub struct Decommission {
    wish: DecommissionOptions,
    nodes: Vec<Node>,
    change: FileChange,
    inventory: Inventory,
    clusters: Vec<Cluster>,
    /// The hosts of the clusters that it leaves.
    left: Vec<String>,
}

impl Decommission {
    /// Reads the files, and what they will be.
    ///
    /// # Errors
    /// Every mistake in the user's files, now or without the host: a cluster that would not be one any more; lines that
    /// cannot be taken out by themselves.
    pub fn read(options: &ApplyOptions, wish: &DecommissionOptions) -> Result<Self, Vec<Error>> {
        let one = |error| vec![error];
        let files = options.files();
        let now = read_inventory(&files)?;
        let clusters = clusters_of(&files, &now)?;
        let nodes = nodes_of(&now, &clusters, &wish.host).map_err(one)?;
        let concerned: Vec<String> = clusters
            .iter()
            .filter(|cluster| cluster.nodes.iter().any(|node| node.host == wish.host))
            .map(|cluster| cluster.name.clone())
            .collect();
        let file = now.file.clone();
        let change = FileChange::of(&file, |text| {
            without_host(text, &file, &wish.host, &files.vault)
        })
        .map_err(one)?;
        let load = LoadOptions {
            extra_vars: files.extra_vars.clone(),
            vault: files.vault.clone(),
            ..LoadOptions::default()
        };
        let inventory = Inventory::of_text(change.after(), &file, &load)?;
        nothing_else(&now, &inventory, &wish.host).map_err(one)?;
        // What is wrong is so of files that nobody has written yet: the reader has to know.
        let without = format!(", without `{}`", wish.host);
        let clusters = clusters_of(&files, &inventory).map_err(|errors| {
            let told = errors.into_iter().map(|error| error.and(&without));
            told.collect::<Vec<Error>>()
        })?;
        let of = clusters
            .iter()
            .filter(|cluster| concerned.contains(&cluster.name));
        let left = of.flat_map(Cluster::hosts).map(str::to_owned).collect();
        Ok(Self {
            wish: wish.clone(),
            nodes,
            change,
            inventory,
            clusters,
            left,
        })
    }

    /// What is lost, and what stays to be done by hand.
    #[must_use]
    pub fn losses(&self) -> Vec<String> {
        let host = &self.wish.host;
        let mut losses = Vec::new();
        if self.wish.purge && !self.wish.dead {
            let homes = self.nodes.iter().map(|node| node.home.display());
            losses.extend(homes.map(|home| {
                format!("{home} on {host} goes, with its logs, its H2 databases and what was deployed there alone")
            }));
        }
        if self.wish.dead {
            losses.push(format!(
                "nothing is done on {host}: its units still start with it, so it must stay off, or be made anew, or it joins its cluster again"
            ));
        }
        losses
    }
}

/// Takes a host out, or shows what that would do.
///
/// # Errors
/// As [`Decommission::read`]; no host has been touched then.
pub async fn decommission(
    options: ApplyOptions,
    wish: &DecommissionOptions,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let plan = Decommission::read(&options, wish)?;
    let (clusters, verify) = (plan.clusters, options.verify_pack);
    let world = reading(&interrupt, move || site::world(clusters, None, verify)).await?;
    let Some(world) = world else {
        return Ok(not_begun(&events));
    };
    warn(&world, &events);
    events.send(Event::Noticed {
        host: None,
        message: plan.change.to_string(),
    });
    let mut gone = BTreeMap::new();
    if !wish.dead {
        let files = FileOptions {
            limit: Some(wish.host.clone()),
            ..options.files()
        };
        let purge = wish.purge.to_string();
        let site = read(
            &files,
            "decommission.yaml",
            &[("wmprov_purge", purge.as_str())],
        )?;
        let first = options.clone();
        let report = acting_first(
            Verb::Decommission,
            first,
            site.into(),
            &events,
            interrupt.clone(),
        );
        let report = report.await?;
        if !report.is_good() || report.interrupted {
            events.send(Event::RunFinished(report.clone()));
            return Ok(report);
        }
        gone = report.hosts;
    }
    let mut inventory = plan.inventory;
    site::add_groups(&mut inventory, &world.clusters);
    let hosts = inventory.hosts.iter().map(|host| host.name.clone());
    let plans = Plans {
        hosts: hosts.filter(|host| plan.left.contains(host)).collect(),
        inventory,
        playbook: Playbook::load(&Source::Embedded, "site.yaml", &Registry)?,
        world,
    };
    let acts = options.mode == Mode::Apply;
    let witness = Arc::new(WriteFirst::new(Some(plan.change)));
    let options = ApplyOptions {
        witness: acts.then(|| witness.clone() as _),
        tags: LISTS.map(str::to_owned).to_vec(),
        ..options
    };
    let mut report = acting(Verb::Decommission, options, plans, events, interrupt).await?;
    if acts {
        witness.end(&mut report).map_err(|error| vec![error])?;
    }
    report.hosts.extend(gone);
    Ok(report)
}

/// The nodes of a host that may go.
fn nodes_of(inventory: &Inventory, clusters: &[Cluster], host: &str) -> Result<Vec<Node>> {
    let balancers = clusters.iter().flat_map(|cluster| &cluster.front.balancers);
    if let Some(balancer) = balancers.into_iter().find(|balancer| balancer.host == host) {
        let message = format!("`{host}` is a load balancer");
        return Err(Error::at(&balancer.place, message)
            .hint("only nodes of a cluster are decommissioned; lead its clients elsewhere, and take it out by hand"));
    }
    let mut nodes = Vec::new();
    for (cluster, node) in members(inventory, clusters, host)? {
        if node.active {
            let message = format!(
                "`{}` is the active manager of cluster `{}`",
                node.name, cluster.name
            );
            let error = Error::at(&node.place, message);
            return Err(match cluster.managers(false).next() {
                Some(next) => error.hint(format!(
                    "`wmprov promote {}` makes another the active one first",
                    next.name
                )),
                None => {
                    error.hint("a cluster needs its manager; `wmprov stop` stops a whole cluster")
                }
            });
        }
        nodes.push(node.clone());
    }
    Ok(nodes)
}

/// Sees that nothing but the host went: what is read from the new text is what was read before, without it.
fn nothing_else(before: &Inventory, after: &Inventory, host: &str) -> Result<()> {
    let mut expected = before.to_list();
    if let Some(hosts) = expected.pointer_mut("/_meta/hostvars")
        && let Some(hosts) = hosts.as_object_mut()
    {
        let _gone = hosts.remove(host);
    }
    let mut told = after.to_list();
    for list in [&mut expected, &mut told] {
        for (_, group) in list.as_object_mut().into_iter().flatten() {
            if let Some(hosts) = group
                .get_mut("hosts")
                .and_then(|hosts| hosts.as_array_mut())
            {
                hosts.retain(|one| one != host);
            }
            if let Some(group) = group.as_object_mut()
                && group
                    .get("hosts")
                    .and_then(|hosts| hosts.as_array())
                    .is_some_and(Vec::is_empty)
            {
                let _empty = group.remove("hosts");
            }
        }
        // A group without hosts is not listed.
        if let Some(list) = list.as_object_mut() {
            list.retain(|_, group| group.as_object().is_none_or(|group| !group.is_empty()));
        }
    }
    if expected == told {
        return Ok(());
    }
    Err(Error::new(format!(
        "`{}` without `{host}` would say more than that it is gone",
        before.file.display()
    ))
    .hint("take it out by hand, then run `wmprov apply`"))
}
