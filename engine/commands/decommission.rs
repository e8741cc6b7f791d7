//! `wmprov decommission`: a host's nodes leave their clusters, or a whole cluster goes. First on the hosts themselves, by the inventory
//! that still names them; then their lines go from the inventory, and every list that named them is written anew by what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cluster::{BalancerView, Cluster, Node, View};
use crate::commands::apply::{ApplyOptions, Plans, acting, acting_first, not_begun, warn};
use crate::commands::file_change::{FileChange, WriteFirst};
use crate::commands::files::{clusters_of, members, read_inventory};
use crate::commands::look::{Site, read};
use crate::commands::reading::reading;
use crate::commands::site;
use crate::inventory::{Inventory, LoadOptions, without_group, without_host};
use crate::modules::Registry;
use crate::playbook::{Playbook, Source};
use crate::run::{Event, Events, Interrupt, Mode, Report, Verb};
use crate::yaml::{Error, Result};

/// What writes the lists that named a host, and restarts no node.
const LISTS: [&str; 4] = ["homes", "sync", "balancers", "firewall"];

/// What other clusters have on the hosts of one that goes, and may have had together with it: the login shell of the servers' user
/// among it, by which artifacts came.
const SHARED: [&str; 4] = ["hosts", "balancers", "firewall", "stores"];

/// Which host or cluster goes, and how far.
#[derive(Clone, Debug)]
pub struct DecommissionOptions {
    /// The host, or the cluster.
    pub name: String,
    /// Its Homes, and all that is kept about them, go too.
    pub purge: bool,
    /// The host is dead: nothing is done on it.
    pub dead: bool,
}

/// The leave of a host, or of a whole cluster, as it will be.
#[derive(Debug)]
pub struct Decommission {
    wish: DecommissionOptions,
    nodes: Vec<Node>,
    /// The cluster that goes whole.
    whole: Option<Cluster>,
    change: FileChange,
    inventory: Inventory,
    clusters: Vec<Cluster>,
    /// The hosts on which lists are written anew: of the clusters that a host leaves, or that a cluster had in common with others.
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
        let whole = whole(&now, &clusters, wish).map_err(one)?.cloned();
        let nodes = match &whole {
            Some(cluster) => cluster.nodes.clone(),
            None => nodes_of(&now, &clusters, &wish.name).map_err(one)?,
        };
        let file = now.file.clone();
        let change = FileChange::of(&file, |text| {
            let without = match whole {
                Some(_) => without_group,
                None => without_host,
            };
            without(text, &file, &wish.name, &files.vault)
        })
        .map_err(one)?;
        let load = LoadOptions {
            extra_vars: files.extra_vars.clone(),
            vault: files.vault.clone(),
            ..LoadOptions::default()
        };
        let inventory = Inventory::of_text(change.after(), &file, &load)?;
        if whole.is_none() {
            nothing_else(&now, &inventory, &wish.name).map_err(one)?;
        }
        // What is wrong is so of files that nobody has written yet: the reader has to know.
        let without = format!(", without `{}`", wish.name);
        let after = clusters_of(&files, &inventory).map_err(|errors| {
            let told = errors.into_iter().map(|error| error.and(&without));
            told.collect::<Vec<Error>>()
        })?;
        let left: BTreeSet<&str> = match &whole {
            Some(cluster) => {
                others_stay(&now, &clusters, &after, &cluster.name).map_err(one)?;
                let others: BTreeSet<&str> = after.iter().flat_map(Cluster::hosts).collect();
                cluster
                    .hosts()
                    .filter(|host| others.contains(host))
                    .collect()
            }
            None => {
                let concerned = clusters
                    .iter()
                    .filter(|cluster| cluster.nodes.iter().any(|node| node.host == wish.name));
                let names: BTreeSet<&str> =
                    concerned.map(|cluster| cluster.name.as_str()).collect();
                let of = after.iter().filter(|one| names.contains(one.name.as_str()));
                of.flat_map(Cluster::hosts).collect()
            }
        };
        let left = left.into_iter().map(str::to_owned).collect();
        Ok(Self {
            wish: wish.clone(),
            nodes,
            whole,
            change,
            inventory,
            clusters: after,
            left,
        })
    }

    /// What is lost, and what stays to be done by hand.
    #[must_use]
    pub fn losses(&self) -> Vec<String> {
        let mut losses = Vec::new();
        if self.wish.purge && !self.wish.dead {
            losses.extend(self.nodes.iter().map(|node| {
                let (home, host) = (node.home.display(), &node.host);
                format!("{home} on {host} goes, with its logs, its H2 databases and what was deployed there alone")
            }));
        }
        if self.wish.dead {
            losses.push(format!(
                "nothing is done on {}: its units still start with it, so it must stay off, or be made anew, or it joins its cluster again",
                self.wish.name
            ));
        }
        if let Some(cluster) = &self.whole {
            if cluster.front.live {
                let name = &cluster.name;
                losses.push(format!(
                    "no cluster takes the place of {name}: nobody answers its clients any more"
                ));
            }
            if let Some(store) = cluster.store().filter(|_| self.wish.purge) {
                let host = &store.host;
                losses.push(format!(
                    "the repository of its artifacts on {host} goes, with its history"
                ));
            }
        }
        losses
    }

    /// What is done on the hosts that go, and what of it is about them.
    fn going(&self, options: &ApplyOptions) -> Result<(ApplyOptions, Site), Vec<Error>> {
        let mut options = options.clone();
        let mut files = options.files();
        if self.whole.is_none() {
            files.limit = Some(self.wish.name.clone());
        }
        let names = |names: BTreeSet<&str>| serde_json::json!(names).to_string();
        let nodes = self.clusters.iter().flat_map(|cluster| &cluster.nodes);
        let stores = self.clusters.iter().filter_map(Cluster::store);
        // Of a host that goes nothing stays.
        let (stays, keeps) = match &self.whole {
            Some(_) => (
                nodes.map(|node| node.host.as_str()).collect(),
                stores.map(|store| store.host.as_str()).collect(),
            ),
            None => (BTreeSet::new(), BTreeSet::new()),
        };
        let (purge, whole) = (
            self.wish.purge.to_string(),
            self.whole.is_some().to_string(),
        );
        let (stays, keeps) = (names(stays), names(keeps));
        let variables = [
            ("wmprov_purge", purge.as_str()),
            ("wmprov_whole", whole.as_str()),
            ("wmprov_stays", stays.as_str()),
            ("wmprov_keeps", keeps.as_str()),
        ];
        let mut site = read(&files, "decommission.yaml", &variables)?;
        if let Some(cluster) = &self.whole {
            let of: BTreeSet<&str> = cluster.hosts().collect();
            site.hosts.retain(|host| of.contains(host.as_str()));
            site.clusters.retain(|one| one.name == cluster.name);
            // That its last worker goes too has been agreed to.
            options.allow_downtime = true;
        }
        Ok((options, site))
    }
}

/// Takes a host or a cluster out, or shows what that would do.
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
    let going = match wish.dead {
        true => None,
        false => Some(plan.going(&options)?),
    };
    let (clusters, hosts, verify) = (plan.clusters, plan.left.clone(), options.verify_pack);
    let needed = plan.whole.is_some().then_some(hosts);
    let world = reading(&interrupt, move || {
        site::world(clusters, needed.as_deref(), verify)
    });
    let Some(world) = world.await? else {
        return Ok(not_begun(&events));
    };
    warn(&world, &events);
    events.send(Event::Noticed {
        host: None,
        message: plan.change.to_string(),
    });
    let mut gone = BTreeMap::new();
    if let Some((options, site)) = going {
        let first = acting_first(
            Verb::Decommission,
            options,
            site.into(),
            &events,
            interrupt.clone(),
        );
        let report = first.await?;
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
    let tags = match plan.whole {
        Some(_) => SHARED.as_slice(),
        None => &LISTS,
    };
    let options = ApplyOptions {
        witness: acts.then(|| witness.clone() as _),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..options
    };
    let mut report = acting(Verb::Decommission, options, plans, events, interrupt).await?;
    if acts {
        witness.end(&mut report).map_err(|error| vec![error])?;
    }
    report.hosts.extend(gone);
    Ok(report)
}

/// The cluster that goes whole, where it is one that was named.
fn whole<'a>(
    inventory: &Inventory,
    clusters: &'a [Cluster],
    wish: &DecommissionOptions,
) -> Result<Option<&'a Cluster>> {
    let name = &wish.name;
    let Some(cluster) = clusters.iter().find(|cluster| cluster.name == *name) else {
        return Ok(None);
    };
    let refused = |message: &str, way_out: &str| {
        let error = Error::at(&cluster.place, format!("`{name}` {message}"));
        Err(error.hint(way_out))
    };
    if inventory.hosts.iter().any(|host| host.name == *name) {
        return refused(
            "is a host and a cluster",
            "give one of them another name, so that it is clear which of them goes",
        );
    }
    if wish.dead {
        return refused(
            "is a cluster, and `--dead` is of a host",
            "take its dead hosts out first, each with `--dead`",
        );
    }
    if name == "all" {
        return refused(
            "is the whole inventory",
            "`wmprov stop --allow-downtime` stops the cluster; to take it away, give it a group of its own below `all`",
        );
    }
    Ok(Some(cluster))
}

/// Sees that every other cluster is what it was: nodes and what stands before them.
fn others_stay(
    inventory: &Inventory,
    before: &[Cluster],
    after: &[Cluster],
    gone: &str,
) -> Result<()> {
    let shown = |clusters: &[Cluster]| {
        let others = clusters.iter().filter(|cluster| cluster.name != gone);
        let views = others.map(|cluster| {
            let nodes = cluster.nodes.iter().map(|node| View::of(cluster, node));
            let balancers = cluster.front.balancers.iter();
            let fronts = balancers.map(|one| BalancerView::of(cluster, one));
            serde_json::json!([nodes.collect::<Vec<_>>(), fronts.collect::<Vec<_>>()])
        });
        views.collect::<Vec<_>>()
    };
    if shown(before) == shown(after) {
        return Ok(());
    }
    let file = inventory.file.display();
    Err(Error::new(format!(
        "`{file}` without `{gone}` would say something else of other clusters too"
    ))
    .hint("they share a group or a host's variables with it: say there what they need, then run the same command again"))
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
                None => error.hint(format!(
                    "a cluster needs its manager; `wmprov stop` stops a whole cluster, `wmprov decommission {}` takes it away",
                    cluster.name
                )),
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
