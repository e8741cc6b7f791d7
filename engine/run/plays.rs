//! A whole run: connect and look everywhere, then play after play, batch after batch.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use crate::inventory::Inventory;
use crate::modules::node_probe;
use crate::playbook::{Play, Serial};
use crate::run::batch::{Batch, percent};
use crate::run::clocks::clocks_apart;
use crate::run::first_look::{look_everywhere, plays_of};
use crate::run::front::balancer_lines;
use crate::run::gates::{ask_gates, ask_stores};
use crate::run::host::{HostRun, Standing};
use crate::run::keystores::keystore_lines;
use crate::run::magic::Together;
use crate::run::order::{rolls_nodes, serving};
use crate::run::record::leave;
use crate::run::sync::keep_unlike;
use crate::run::walk::walk;
use crate::run::{Context, Event, Mode, NodeLine, Report, Tally};
use crate::script::Answer;
use crate::state::Evidence;
use crate::yaml::{Error, Result};

/// Which hosts each play has, in the order of its pattern.
pub(super) type Rows = Vec<Vec<String>>;

/// Runs every play, on `hosts` as they are before anything is known of them. Where another run has been on one of them
/// between the look and the locks, all begins again with a new look.
pub(super) async fn run_plays(
    context: Arc<Context>,
    inventory: &Inventory,
    rows: Arc<Rows>,
    hosts: impl Fn() -> BTreeMap<String, HostRun>,
) -> Result<Report> {
    tell_start(&context, inventory, &hosts());
    loop {
        let ended = every_play(&context, &rows, hosts()).await?;
        if !context.begins_again() {
            return Ok(report(&context, ended).await);
        }
        let was_read = &context.options.record.inventory;
        if !was_read.is_empty() && inventory.digest()? != *was_read {
            // Whoever was here may have changed it: `promote` does. What it said before is not wanted any more.
            context.locks.release(&context.events).await;
            return Err(
                Error::new("the inventory has changed while this run waited for another")
                    .hint("nothing was touched; run the same command again"),
            );
        }
        context.events.send(Event::Noticed {
            host: None,
            message: "another run has been here since this one looked; nothing was touched yet, and all hosts are \
                      looked at again"
                .to_owned(),
        });
    }
}

fn tell_start(context: &Context, inventory: &Inventory, hosts: &BTreeMap<String, HostRun>) {
    let acted_on: Vec<String> = inventory
        .hosts
        .iter()
        .map(|host| host.name.clone())
        .filter(|name| hosts.contains_key(name))
        .collect();
    context.events.send(Event::RunStarted {
        hosts: acted_on,
        command: match context.options.mode {
            _ if context.options.survey.is_some() => "drift",
            Mode::Plan => "plan",
            Mode::Apply => "apply",
        },
    });
}

/// One look, and every play. Hosts are independent of each other within a batch; batches and plays wait for each other.
async fn every_play(
    context: &Arc<Context>,
    rows: &Arc<Rows>,
    mut hosts: BTreeMap<String, HostRun>,
) -> Result<BTreeMap<String, HostRun>> {
    hosts = look_everywhere(context, rows, hosts).await;
    keep_unlike(context, &hosts);
    hosts = gates(context, rows, hosts).await;
    if context.options.skip_unreachable {
        // They are told, and count in no play.
        for host in hosts.values_mut() {
            host.mourned |= host.standing == Standing::Lost;
        }
    }
    for (play, names) in context.playbook.plays.iter().enumerate().zip(rows.iter()) {
        let (number, play) = play;
        // A host that was lost before its first play counts there among those that failed.
        let alive = |name: &&String| {
            hosts.get(*name).is_some_and(|host| {
                host.standing == Standing::Going || host.standing == Standing::Lost && !host.mourned
            })
        };
        stop_where_hosts_are_missing(context, play, names, &hosts);
        let mut names: Vec<String> = names.iter().filter(alive).cloned().collect();
        if rolls_nodes(play) {
            // Whoever does not serve is brought up first, so that the others may leave.
            names.sort_by_key(|name| hosts.get(name).map(|host| serving(context, host)));
        }
        let standing: Vec<&str> = names.iter().map(String::as_str).collect();
        for batch in batches(play, &names, &hosts)? {
            if context.is_over() {
                break;
            }
            context.events.send(Event::PlayStarted {
                play: play.name.clone(),
                hosts: batch.clone(),
            });
            let together = Together::of(&standing, &batch);
            for name in &batch {
                if let Some(host) = hosts.get_mut(name) {
                    together.told_to(&mut host.scope);
                }
            }
            hosts = batch_of(context, number, &batch, hosts).await;
            stop_where_too_many_failed(context, play, &batch, &hosts);
            for name in &batch {
                if let Some(host) = hosts.get_mut(name) {
                    host.mourned = host.standing == Standing::Lost;
                }
            }
        }
    }
    Ok(hosts)
}

/// Asks what every host must be, before anything is touched on any. A survey touches nothing, and looks at all.
async fn gates(
    context: &Arc<Context>,
    rows: &Rows,
    mut hosts: BTreeMap<String, HostRun>,
) -> BTreeMap<String, HostRun> {
    if context.options.survey.is_some() {
        return hosts;
    }
    let mut asking = Vec::new();
    let mut asked = BTreeMap::new();
    for (name, mut host) in hosts {
        let starting = match host.standing {
            Standing::Going => ask_gates(context, &plays_of(context, rows, &name), &mut host),
            _ => Vec::new(),
        };
        if starting.is_empty() {
            asked.insert(name, host);
            continue;
        }
        asking.push((host, starting));
    }
    hosts = each(context, asking, |mut host, starting| {
        let context = context.clone();
        async move {
            ask_stores(&context, &starting, &mut host).await;
            host
        }
    })
    .await;
    hosts.extend(asked);
    if context.is_over() {
        let reason = match context.interrupt.wished() {
            true => "interrupted; nothing was touched",
            false => "a host is not what it must be; nothing was touched",
        };
        context.events.send(Event::Stopped {
            reason: reason.to_owned(),
        });
    }
    hosts
}

async fn batch_of(
    context: &Arc<Context>,
    number: usize,
    batch: &[String],
    mut hosts: BTreeMap<String, HostRun>,
) -> BTreeMap<String, HostRun> {
    // A survey looks at every host, whoever fails.
    let surveyed = context.options.survey.is_some();
    let play = &context.playbook.plays[number];
    let shared = Arc::new(Batch::new(play, batch, !surveyed));
    let mut going = Vec::new();
    for name in batch {
        let walks = hosts
            .get(name)
            .is_some_and(|host| host.standing == Standing::Going);
        let Some(host) = walks.then(|| hosts.remove(name)).flatten() else {
            if shared.has_failed() {
                context.halt();
            }
            shared.leave(name);
            continue;
        };
        going.push((host, ()));
    }
    let walked = each(context, going, |mut host, ()| {
        let (context, shared) = (context.clone(), shared.clone());
        async move {
            let play = &context.playbook.plays[number];
            walk(&context, play, &shared, &mut host).await;
            host
        }
    });
    hosts.extend(walked.await);
    hosts
}

/// Lets each host go its way, as many at once as have a place among the `--forks`. What a host is on its way is large, so
/// none begins before it has its place, and none is kept that has ended.
pub(super) async fn each<T, W>(
    context: &Context,
    hosts: impl IntoIterator<Item = (HostRun, T)>,
    way: impl Fn(HostRun, T) -> W,
) -> BTreeMap<String, HostRun>
where
    W: Future<Output = HostRun> + Send + 'static,
{
    let mut ended = BTreeMap::new();
    let mut back = |host: std::result::Result<HostRun, JoinError>| match host {
        Ok(host) => {
            ended.insert(host.name.clone(), host);
        }
        // A defect in one host's walk must not be taken for its success.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    let mut going = JoinSet::new();
    for (mut host, with) in hosts {
        host.permit = context.permit().await;
        let way = way(host, with);
        going.spawn(async move {
            let mut host = way.await;
            host.permit = None;
            host
        });
        while let Some(host) = going.try_join_next() {
            back(host);
        }
    }
    while let Some(host) = going.join_next().await {
        back(host);
    }
    ended
}

fn batches(
    play: &Play,
    names: &[String],
    hosts: &BTreeMap<String, HostRun>,
) -> Result<Vec<Vec<String>>> {
    let Some(serial) = &play.serial else {
        return Ok(vec![names.to_vec()]);
    };
    let steps = match names.first().and_then(|name| hosts.get(name)) {
        Some(host) => host.scope.render(serial)?,
        None => return Ok(Vec::new()),
    };
    let steps = Serial::read(&steps)?;
    Ok(Serial::batches(&steps, names.len())
        .into_iter()
        .map(|range| names[range].to_vec())
        .collect())
}

/// A play that no failure may pass is not begun without hosts that cannot be reached, unless the user goes
/// around them.
fn stop_where_hosts_are_missing(
    context: &Context,
    play: &Play,
    names: &[String],
    hosts: &BTreeMap<String, HostRun>,
) {
    let lost: Vec<&str> = names
        .iter()
        .filter(|name| {
            let host = hosts.get(*name);
            host.is_some_and(|host| host.standing == Standing::Lost)
        })
        .map(String::as_str)
        .collect();
    let options = &context.options;
    let passes = options.mode == Mode::Plan || options.skip_unreachable;
    if lost.is_empty() || !play.any_errors_fatal || passes || context.is_over() {
        return;
    }
    context.halt();
    context.events.send(Event::Stopped {
        reason: format!(
            "{} cannot be reached, and `{}` is not begun without; `--skip-unreachable` goes around",
            lost.join(", "),
            play.name
        ),
    });
}

fn stop_where_too_many_failed(
    context: &Context,
    play: &Play,
    batch: &[String],
    hosts: &BTreeMap<String, HostRun>,
) {
    let bad = batch
        .iter()
        .filter_map(|name| hosts.get(name))
        .filter(|host| matches!(host.standing, Standing::Failed | Standing::Lost))
        .count();
    if bad == 0 || batch.is_empty() {
        return;
    }
    let percent = percent(bad, batch.len());
    let most = play.max_fail_percentage.unwrap_or(f64::INFINITY);
    // A batch of which nothing is left ends the run, as in Ansible.
    if play.any_errors_fatal || percent > most || bad == batch.len() {
        context.halt();
        if hosts.len() > bad {
            context.events.send(Event::Stopped {
                reason: format!(
                    "{bad} of {} hosts failed in `{}`; the others are left as they are",
                    batch.len(),
                    play.name
                ),
            });
        }
    }
}

async fn report(context: &Context, hosts: BTreeMap<String, HostRun>) -> Report {
    let mut report = Report {
        interrupted: context.interrupt.wished(),
        notes: context.world.notes(),
        ..Report::default()
    };
    report.notes.extend(clocks_apart(context, &hosts));
    report.notes.extend(keystore_lines(context, &hosts));
    leave(context, &hosts).await;
    context.locks.release(&context.events).await;
    for (name, host) in hosts {
        let tally: Tally = host.tally;
        report
            .traffic
            .insert(name.clone(), host.link.lock().await.traffic());
        if let Some(failure) = host.failure.clone().filter(|_| !tally.is_good()) {
            report.failures.push(format!("{name}: {failure}"));
        }
        report.nodes.extend(node_lines(context, &host, &name));
        report
            .nodes
            .extend(balancer_lines(context, &host.answers, &name));
        report.hosts.insert(name, tally);
    }
    report
}

/// The nodes of a host, as their evidence tells.
fn node_lines(context: &Context, run: &HostRun, host: &str) -> Vec<NodeLine> {
    let clusters = context.world.clusters.iter();
    let nodes = clusters.flat_map(|cluster| {
        let here = cluster.nodes.iter().filter(|node| node.host == host);
        here.map(move |node| (cluster, node))
    });
    nodes
        .filter_map(|(cluster, node)| {
            let Some(Answer::Node(state)) = run.answer(&node_probe(node)) else {
                return None;
            };
            let evidence = Evidence::read(&state.evidence)?;
            let (proved, open): (Vec<&String>, Vec<&String>) = evidence
                .proof
                .iter()
                .partition(|line| line.ends_with(": proved"));
            let mut proof = vec![format!(
                "{} of {} signs",
                proved.len(),
                evidence.proof.len()
            )];
            proof.extend(open.into_iter().cloned());
            let https = node.ports.get("https").copied().unwrap_or(9443);
            Some(NodeLine {
                cluster: cluster.name.clone(),
                node: node.name.clone(),
                host: host.to_owned(),
                role: node.role.to_string(),
                proof,
                memory: evidence.memory,
                address: format!("https://{}:{https}/", node.member.address),
            })
        })
        .collect()
}
