//! The way into a run: everything has been read and checked, now hosts are reached.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::connection::{ConnectOptions, Connector, Target};
use crate::inventory::Inventory;
use crate::modules::World;
use crate::playbook::{Item, Play, Playbook};
use crate::run::host::HostRun;
use crate::run::link::Link;
use crate::run::locks::{Links, Locks};
use crate::run::magic::with_magic;
use crate::run::plays::run_plays;
use crate::run::{Context, Event, Events, Interrupt, Mode, Report, RunOptions};
use crate::script::Become;
use crate::template::{Language, Scope, to_rendered};
use crate::yaml::{Error, Place, Result};

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
    let scopes = scopes(&inventory, &language, &world);
    let refused = not_obeyed(&playbook);
    if !refused.is_empty() {
        return Err(refused);
    }
    let as_root = become_of(&playbook).map_err(|error| vec![error])? && !options.no_become;
    let mut links = Links::new();
    let mut hosts = BTreeMap::new();
    let mut errors = Vec::new();
    for (name, scope) in scopes {
        let chosen = options.hosts.contains(&name);
        if !chosen && !shares_a_cluster(&world, &name, &options.hosts) {
            continue;
        }
        match target(&inventory, &name, &scope, &connect) {
            Ok(target) => {
                let as_user = as_root.then(|| Become {
                    user: target.become_user.clone(),
                    sudo: target.become_exe.clone(),
                });
                let link = Arc::new(Mutex::new(Link::new(target, as_user)));
                links.insert(name.clone(), link.clone());
                if chosen {
                    hosts.insert(name.clone(), HostRun::new(&name, link, scope));
                }
            }
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let locks = Locks::new(links, options.holder.clone(), options.lock_wait);
    let connector = Connector::new(connect);
    let context = Arc::new(Context::new(
        connector,
        options,
        playbook,
        world,
        events.clone(),
        interrupt,
        locks,
    ));
    let keeper = (context.options.mode == Mode::Apply).then(|| {
        let context = context.clone();
        tokio::spawn(async move { context.locks.keep_alive().await })
    });
    let report = run_plays(context, &inventory, hosts).await;
    if let Some(keeper) = keeper {
        keeper.abort();
    }
    let report = report.map_err(|error| vec![error])?;
    events.send(Event::RunFinished(report.clone()));
    Ok(report)
}

/// The variables of every host, magic ones included.
fn scopes(inventory: &Inventory, language: &Language, world: &World) -> Vec<(String, Scope)> {
    let hostvars = minijinja::Value::from_pairs(inventory.hosts.iter().map(|host| {
        let vars = inventory.vars(&host.name);
        let pairs = vars
            .iter()
            .map(|(name, node)| (name.clone(), to_rendered(node)));
        (
            host.name.clone(),
            minijinja::Value::from_pairs(pairs.collect::<Vec<_>>()),
        )
    }));
    inventory
        .hosts
        .iter()
        .map(|host| {
            let mut scope = Scope::new(language, inventory.vars(&host.name));
            scope.pin(inventory.extra.keys().cloned());
            with_magic(
                &mut scope,
                inventory,
                &host.name,
                &hostvars,
                &world.clusters,
            );
            (host.name.clone(), scope)
        })
        .collect()
}

/// How a host is reached, from its rendered connection variables.
fn target(
    inventory: &Inventory,
    name: &str,
    scope: &Scope,
    connect: &ConnectOptions,
) -> Result<Target> {
    let mut vars = crate::inventory::Vars::new();
    for (variable, node) in inventory.vars(name) {
        if variable.starts_with("ansible_") {
            vars.insert(variable, scope.render(&node)?);
        }
    }
    Target::resolve(name, &vars, connect)
}

/// Keywords that are read and cannot be obeyed yet: refused, rather than passed over.
fn not_obeyed(playbook: &Playbook) -> Vec<Error> {
    let mut found: Vec<(&str, &Place)> = Vec::new();
    for play in &playbook.plays {
        if !play.environment.is_empty() {
            found.push(("environment", &play.place));
        }
        for item in play.sections.iter().flatten() {
            of_blocks(item, &mut found);
        }
        let tasks = play
            .sections
            .iter()
            .flatten()
            .flat_map(|item| item.tasks())
            .chain(&play.handlers);
        for task in tasks {
            let words = [
                ("delegate_to", task.delegate_to.is_some()),
                ("run_once", task.run_once),
                ("environment", !task.environment.is_empty()),
            ];
            found.extend(
                words
                    .iter()
                    .filter(|(_, stands)| *stands)
                    .map(|(word, _)| (*word, &task.place)),
            );
        }
    }
    found
        .into_iter()
        .map(|(word, place)| {
            Error::at(place, format!("`{word}` is not supported yet"))
                .hint("a play of its own, or `env NAME=VALUE` before a command, does the same")
        })
        .collect()
}

fn of_blocks<'a>(item: &'a Item, found: &mut Vec<(&'static str, &'a Place)>) {
    if let Item::Block(block) | Item::Included(block) = item {
        if !block.environment.is_empty() {
            found.push(("environment", &block.place));
        }
        for inner in block.tasks.iter().chain(&block.rescue).chain(&block.always) {
            of_blocks(inner, found);
        }
    }
}

/// True where the playbook acts as another user. One run acts as one user: what it looks at and what it
/// changes then go in one exec.
fn become_of(playbook: &Playbook) -> Result<bool> {
    let wants = |play: &Play| -> Vec<(bool, Place)> {
        let of_play = play.r#become.unwrap_or(false);
        let tasks = play
            .sections
            .iter()
            .flatten()
            .flat_map(|item| item.tasks())
            .chain(&play.handlers);
        tasks
            .filter(|task| {
                !matches!(
                    task.module.as_str(),
                    "debug" | "assert" | "fail" | "set_fact" | "meta"
                )
            })
            .map(|task| (task.r#become.unwrap_or(of_play), task.place.clone()))
            .collect()
    };
    let all: Vec<(bool, Place)> = playbook.plays.iter().flat_map(wants).collect();
    match all.iter().find(|(wanted, _)| *wanted != all[0].0) {
        Some((_, place)) => Err(Error::at(place, "tasks with and without `become` in one run are not supported")
            .hint("set `become` on every play alike; a command as another user is `command: runuser -u NAME -- …`")),
        None => Ok(all.first().is_some_and(|(wanted, _)| *wanted)),
    }
}

fn shares_a_cluster(world: &World, host: &str, chosen: &[String]) -> bool {
    world.clusters.iter().any(|cluster| {
        let on = |name: &str| cluster.nodes.iter().any(|node| node.host == name);
        on(host) && chosen.iter().any(|name| on(name))
    })
}
