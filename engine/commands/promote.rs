//! `wmprov promote`: another manager becomes the active one, in the inventory and on the hosts. The inventory is what is
//! wanted, so its line is what a run that was cut goes on from: `apply` and `promote` do the same handover.

use std::sync::Arc;

use crate::cluster::checks::Check;
use crate::cluster::{ArtifactSync, Cluster, Node};
use crate::commands::apply::{ApplyOptions, Plans, acting, not_begun, warn};
use crate::commands::file_change::{FileChange, WriteFirst};
use crate::commands::files::{clusters_of, read_inventory};
use crate::commands::look::{LookOptions, look, read_to_look};
use crate::commands::reading::reading;
use crate::commands::{FileOptions, site};
use crate::inventory::Inventory;
use crate::modules::Registry;
use crate::playbook::{Playbook, Source};
use crate::run::{Event, Events, Interrupt, Mode, Report, Verb, reaches};
use crate::yaml::{
    Error, Node as Value, Place, Result, Value as Written, VaultPasswords, near, with_key,
    with_value,
};

/// The variable that names the active manager.
const ACTIVE: &str = "carbon_manager_active";

/// Which manager is to be the active one.
#[derive(Clone, Debug)]
pub struct PromoteOptions {
    /// Its host, its node's name, or `CLUSTER/NODE`.
    pub manager: String,
    /// The present one is dead: nothing is asked of it.
    pub dead: bool,
}

/// A handover as it will be done.
#[derive(Debug)]
pub struct Promotion {
    cluster: Cluster,
    next: Node,
    /// The managers that nothing is asked of.
    dead: Vec<Node>,
    /// The change of the user's file; [`None`] where it names the next one already: a run was cut, or somebody wrote it.
    change: Option<FileChange>,
    inventory: Inventory,
    clusters: Vec<Cluster>,
}

impl Promotion {
    /// Reads the files, and what they will be.
    ///
    /// # Errors
    /// Every mistake in the user's files, a name that is no manager's, a line that cannot be changed by itself.
    pub fn read(options: &ApplyOptions, wish: &PromoteOptions) -> Result<Self, Vec<Error>> {
        let one = |error| vec![error];
        let files = options.files();
        let inventory = read_inventory(&files)?;
        let present = clusters_of(&files, &inventory)?;
        let (cluster, next) = named(&present, &wish.manager).map_err(one)?;
        let active: Vec<&Node> = cluster.managers(true).collect();
        let [former] = active[..] else {
            let message = format!(
                "cluster `{}` has {} active managers; only one of one can be handed over",
                cluster.name,
                active.len()
            );
            return Err(one(Error::at(&cluster.place, message)));
        };
        let former = (former.name != next.name).then(|| former.clone());
        let (wanted, change) = match &former {
            Some(former) => changed(inventory, cluster, (former, &next.name), &files.vault)
                .map(|(to, by)| (to, Some(by))),
            None => Ok((inventory, None)),
        }
        .map_err(one)?;
        let name = cluster.name.clone();
        let clusters = clusters_of(&files, &wanted)?;
        let (cluster, next) = find(&clusters, &name, &next.name).map_err(one)?;
        let was_active = |node: &&Node| former.as_ref().is_none_or(|one| one.name == node.name);
        let passive = cluster.managers(false).filter(was_active);
        Ok(Self {
            dead: passive.filter(|_| wish.dead).cloned().collect(),
            cluster: cluster.clone(),
            next: next.clone(),
            change,
            inventory: wanted,
            clusters,
        })
    }

    /// What is lost, or may be, where the present active manager is dead.
    #[must_use]
    pub fn losses(&self) -> Vec<String> {
        let (next, mut losses) = (&self.next.name, Vec::new());
        for node in &self.dead {
            let name = &node.name;
            losses.push(match &self.cluster.sync {
                ArtifactSync::Rsync(push) => format!(
                    "what was deployed on {name} after its last push, at most {} s before it died, is on its disk only and will not be on {next}",
                    push.interval.as_secs()
                ),
                ArtifactSync::Svn(_) => format!(
                    "what was deployed on {name} and not yet committed, at most some 15 s before it died, is on its disk only and will not be on {next}"
                ),
                ArtifactSync::None => format!(
                    "nothing brings artifacts from {name} to {next} (`carbon_artifact_sync: none`): what was deployed on {name} alone will not be there"
                ),
                ArtifactSync::Shared => format!("what was being deployed on {name} when it died may be there in part"),
            });
            if self.cluster.databases.all.is_empty() {
                losses.push(format!(
                    "users and registry that only {name} has in its H2 databases will not be on {next}"
                ));
            }
            losses.push(format!(
                "{name} must stay off until this has been done; when it is back, `wmprov apply` makes it a passive manager and keeps what only it has"
            ));
        }
        losses
    }

    /// The hosts that are acted on: managers, balancers, and who keeps the repository. No worker is.
    fn hosts(&self) -> Vec<String> {
        let dead = |host: &String| self.dead.iter().any(|node| node.host == *host);
        let managers = self.cluster.nodes.iter().filter(|node| !node.is_worker());
        let balancers = self.cluster.front.balancers.iter();
        let of = managers
            .map(|node| &node.host)
            .chain(balancers.map(|balancer| &balancer.host))
            .chain(self.cluster.store().map(|store| &store.host));
        let all: Vec<&String> = of.filter(|host| !dead(host)).collect();
        let hosts = self.inventory.hosts.iter().map(|host| host.name.clone());
        hosts.filter(|host| all.contains(&host)).collect()
    }
}

/// Hands the active manager's role over, or shows what that would do. The inventory's line is changed just before the first
/// act on a host, and not at all where nothing came of it.
///
/// # Errors
/// Every mistake in the user's files, and a manager that is said to be dead and is not: no host has been touched then.
pub async fn promote(
    options: ApplyOptions,
    wish: &PromoteOptions,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let mut promotion = Promotion::read(&options, wish)?;
    promotion.dead = dead(&options, &promotion, &events, &interrupt).await?;
    let hosts = promotion.hosts();
    let Promotion {
        change,
        inventory,
        clusters,
        ..
    } = promotion;
    if let Some(change) = &change {
        events.send(Event::Noticed {
            host: None,
            message: change.to_string(),
        });
    }
    let verify = options.verify_pack;
    let world = reading(&interrupt, move || site::world(clusters, None, verify)).await?;
    let Some(world) = world else {
        return Ok(not_begun(&events));
    };
    warn(&world, &events);
    let mut inventory = inventory;
    site::add_groups(&mut inventory, &world.clusters);
    let plans = Plans {
        inventory,
        playbook: Playbook::load(&Source::Embedded, "site.yaml", &Registry)?,
        world,
        hosts,
    };
    let acts = options.mode == Mode::Apply;
    let witness = Arc::new(WriteFirst::new(change));
    let options = ApplyOptions {
        witness: acts.then(|| witness.clone() as _),
        ..options
    };
    let mut report = acting(Verb::Promote, options, plans, events, interrupt).await?;
    if acts {
        witness.end(&mut report).map_err(|error| vec![error])?;
    }
    Ok(report)
}

/// A manager that is said to be dead must neither answer here nor be there for the next one: it would go on committing.
/// Where a run was cut the inventory does not tell who was active: whoever answers then is a passive one that lives.
async fn dead(
    options: &ApplyOptions,
    promotion: &Promotion,
    events: &Events,
    interrupt: &Interrupt,
) -> Result<Vec<Node>, Vec<Error>> {
    let mut dead = Vec::new();
    for node in &promotion.dead {
        let look_options = LookOptions {
            files: FileOptions {
                limit: Some(node.host.clone()),
                ..options.files()
            },
            connect: options.connect.clone(),
            forks: options.forks,
        };
        let site = read_to_look(&look_options.files)?;
        let nothing = Arc::new(|_: &_, _: &_| Vec::new());
        let looked = look(&site, &look_options, nothing, events, interrupt.clone()).await?;
        let alive = |why: &str| {
            let message = format!("manager `{}` is not dead: {why}", node.name);
            vec![Check::cite("WM190", message).or_at(&node.place)]
        };
        match (looked.of(node), &promotion.change) {
            (Some(_), Some(_)) => return Err(alive("its host answers")),
            (Some(_), None) => continue,
            (None, _) => {}
        }
        let next = &promotion.next;
        let connect = options.connect.clone();
        let (inventory, clusters) = (&promotion.inventory, &promotion.clusters);
        let to = (node.member.address, node.ssh_port);
        let there = reaches(inventory, clusters, &next.host, connect, to).await;
        if there.map_err(|error| vec![error])? {
            let why = format!(
                "it cannot be reached from here, but from `{}` it can",
                next.host
            );
            return Err(alive(&why));
        }
        dead.push(node.clone());
    }
    Ok(dead)
}

/// The manager of that name, and its cluster.
fn named<'a>(clusters: &'a [Cluster], name: &str) -> Result<(&'a Cluster, &'a Node)> {
    let all = || {
        clusters
            .iter()
            .flat_map(|cluster| cluster.nodes.iter().map(move |node| (cluster, node)))
    };
    let is_named = |cluster: &Cluster, node: &Node| {
        let full = format!("{}/{}", cluster.name, node.name);
        [&node.name, &node.host, &full].contains(&&name.to_owned())
    };
    let found: Vec<_> = all()
        .filter(|(cluster, node)| is_named(cluster, node))
        .collect();
    let managers: Vec<_> = found.iter().filter(|(_, node)| !node.is_worker()).collect();
    match managers[..] {
        [one] => return Ok(*one),
        [] => {}
        [(first, node), ..] => {
            let message = format!("`{name}` is a manager of several clusters, or several managers");
            let hint = format!("say which: `{}/{}`", first.name, node.name);
            return Err(Error::new(message).hint(hint));
        }
    }
    if let Some((cluster, node)) = found.first() {
        let message = format!("`{name}` is a {} of cluster `{}`", node.role, cluster.name);
        return Err(Error::at(&node.place, message)
            .hint("only a passive manager can become the active one"));
    }
    let names: Vec<&str> = all()
        .filter(|(_, node)| !node.is_worker())
        .map(|(_, node)| node.name.as_str())
        .collect();
    let error = Error::new(format!("there is no manager `{name}` in the inventory"));
    Err(match near(name, names.iter().copied()) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint(format!("the managers are `{}`", names.join("`, `"))),
    })
}

fn find<'a>(clusters: &'a [Cluster], cluster: &str, node: &str) -> Result<(&'a Cluster, &'a Node)> {
    let found = clusters
        .iter()
        .filter(|known| known.name == cluster)
        .find_map(|known| Some((known, known.managers(true).find(|one| one.name == node)?)));
    found.ok_or_else(|| {
        Error::new(format!(
            "`{ACTIVE}` is set for cluster `{cluster}`, and yet `{node}` is not its active manager"
        ))
        .hint("it may be set in more than one place; `wmprov inventory FILE --list` shows where")
    })
}

/// The inventory with another active manager, and the line of the user's files that makes it so.
fn changed(
    mut inventory: Inventory,
    cluster: &Cluster,
    (former, next): (&Node, &str),
    vault: &VaultPasswords,
) -> Result<(Inventory, FileChange)> {
    let value = |place: &Place| Value::new(Written::String(next.to_owned()), place.clone());
    let Some(set) = cluster.vars.get(ACTIVE) else {
        let beside = ("carbon_product", &cluster.place);
        let change = FileChange::of(&cluster.place.file, |text| {
            with_key(text, beside, (ACTIVE, next), vault)
        })?;
        let mut groups = inventory.groups.iter_mut();
        if let Some(group) = groups.find(|group| group.name == cluster.name) {
            let _none = group.vars.insert(ACTIVE.to_owned(), value(&cluster.place));
        }
        return Ok((inventory, change));
    };
    let word = match &set.value {
        Written::List(words) => words.first().unwrap_or(set),
        _ => set,
    };
    if inventory.extra.contains_key(ACTIVE) {
        return Err(
            Error::at(&set.place, format!("`{ACTIVE}` is set on the command line"))
                .hint("promote changes it in the inventory's files; leave it out here"),
        );
    }
    let change = FileChange::of(&word.place.file, |text| {
        with_value(text, &word.place, (&former.name, next), vault)
    })?;
    for group in &mut inventory.groups {
        if let Some(there) = group.vars.get_mut(ACTIVE)
            && there.place == set.place
        {
            *there = value(&set.place);
        }
    }
    Ok((inventory, change))
}
