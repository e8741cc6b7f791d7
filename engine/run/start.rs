//! The way into a run: everything has been read and checked, now hosts are reached.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::connection::{ConnectOptions, Connector};
use crate::inventory::Inventory;
use crate::modules::World;
use crate::playbook::Playbook;
use crate::run::context::Reach;
use crate::run::foresee::{rows, told_once};
use crate::run::host::HostRun;
use crate::run::lines::{ActedOn, Lines};
use crate::run::locks::{Links, Locks};
use crate::run::magic::{Site, with_magic};
use crate::run::plays::{Rows, run_plays};
use crate::run::{Context, Event, Events, Interrupt, Mode, Report, RunOptions};
use crate::template::{Language, Scope};
use crate::yaml::Error;

/// All that a run needs, read and checked.
pub struct Run {
    /// The hosts.
    pub inventory: Inventory,
    /// What is wanted.
    pub playbook: Playbook,
    /// The clusters.
    pub world: World,
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// How the run goes.
    pub options: RunOptions,
}

/// Runs. Tells what happens through `events`, ends early where `interrupt` asks for it.
///
/// # Errors
/// Where something is wrong with the user's files that shows only now (a host pattern, connection
/// variables): before the first connection.
pub async fn start(run: Run, events: Events, interrupt: Interrupt) -> Result<Report, Vec<Error>> {
    let Run {
        inventory,
        playbook,
        world,
        connect,
        options,
    } = run;
    let language = Language::new();
    let scopes = scopes(&inventory, &language, &world.clusters);
    let every = rows(&inventory, &playbook)?;
    let mut lines = Lines {
        inventory: &inventory,
        playbook: &playbook,
        rows: &every,
        connect: &connect,
        no_become: options.no_become,
    };
    let concerned = |name: &String| every.iter().any(|row| row.contains(name));
    let mut links = Links::new();
    let mut acted_on = ActedOn::new();
    let mut errors = Vec::new();
    for (name, scope) in &scopes {
        let chosen = options.hosts.contains(name);
        let shares = shares_a_cluster(&world, name, &options.hosts);
        if !chosen && !shares {
            continue;
        }
        match lines.line(name, scope) {
            Ok((line, sudo)) => {
                if chosen {
                    acted_on.insert(name.clone(), (line.clone(), scope, sudo));
                }
                if shares || concerned(name) {
                    links.insert(name.clone(), line);
                }
            }
            Err(error) => errors.push((name.clone(), error)),
        }
    }
    if !errors.is_empty() {
        return Err(told_once(errors));
    }
    let delegates = lines.delegates(&scopes, &mut links, &acted_on);
    let rows = chosen_of(every, &acted_on);
    let reach = Reach {
        connector: Arc::new(Connector::new(connect)),
        locks: Locks::new(links, options.holder.clone(), options.lock_wait),
        delegates,
    };
    let context = Context::new(reach, options, playbook, world, events.clone(), interrupt);
    let context = Arc::new(context);
    let keeper = (context.options.mode == Mode::Apply).then(|| {
        let context = context.clone();
        tokio::spawn(async move { context.locks.keep_alive().await })
    });
    let hosts = || {
        let acted_on = acted_on.iter();
        acted_on
            .map(|(name, (line, scope, sudo))| {
                let host = HostRun::new(name, line.clone(), (*scope).clone(), sudo.clone());
                (name.clone(), host)
            })
            .collect()
    };
    let report = run_plays(context, &inventory, Arc::new(rows), hosts).await;
    if let Some(keeper) = keeper {
        keeper.abort();
    }
    let report = report.map_err(|error| vec![error])?;
    events.send(Event::RunFinished(report.clone()));
    Ok(report)
}

/// The variables of every host, magic ones included.
pub(super) fn scopes(
    inventory: &Inventory,
    language: &Language,
    clusters: &[Cluster],
) -> Vec<(String, Scope)> {
    let site = Site::of(inventory);
    inventory
        .hosts
        .iter()
        .map(|host| {
            let mut scope = Scope::new(language, inventory.vars(&host.name));
            scope.pin(inventory.extra.keys().cloned());
            with_magic(&mut scope, &site, &host.name, clusters);
            (host.name.clone(), scope)
        })
        .collect()
}

/// The rows of the hosts that are acted on.
fn chosen_of(mut rows: Rows, acted_on: &ActedOn<'_>) -> Rows {
    for row in &mut rows {
        row.retain(|name| acted_on.contains_key(name));
    }
    rows
}

fn shares_a_cluster(world: &World, host: &str, chosen: &[String]) -> bool {
    world.clusters.iter().any(|cluster| {
        let on = |name: &str| {
            cluster.nodes.iter().any(|node| node.host == name)
                || cluster.front.balancers.iter().any(|one| one.host == name)
                || cluster.store().is_some_and(|store| store.host == name)
        };
        on(host) && chosen.iter().any(|name| on(name))
    })
}
