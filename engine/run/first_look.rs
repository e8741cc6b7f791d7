//! The first look: every host is reached and asked, once, before anything is done to any.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::cluster::checks::Check;
use crate::playbook::Play;
use crate::run::clocks::Ahead;
use crate::run::gather::first_probes;
use crate::run::host::{HostRun, chain};
use crate::run::link::LinkError;
use crate::run::locks::HOST_STATE;
use crate::run::plays::{Rows, each};
use crate::run::{Context, Event, Mode, Verb};
use crate::script::{Answer, Answers, Probe};

/// Connects to every host of the run and asks the first questions: one connection and one exec each.
pub(super) async fn look_everywhere(
    context: &Arc<Context>,
    rows: &Arc<Rows>,
    hosts: BTreeMap<String, HostRun>,
) -> BTreeMap<String, HostRun> {
    let hosts = hosts.into_values().map(|host| (host, ()));
    let looked = each(context, hosts, |mut host, ()| {
        let (context, rows) = (context.clone(), rows.clone());
        async move {
            let plays = plays_of(&context, &rows, &host.name);
            let survey = context.options.survey.as_deref();
            let surveyed = survey.is_some_and(|survey| survey.wants(&context.world, &host.name));
            if (!plays.is_empty() || surveyed) && !context.is_over() {
                look(&context, &mut host, &plays).await;
            }
            host
        }
    });
    look_again(context, looked.await).await
}

/// The plays that a host is in, in their order.
pub(super) fn plays_of<'a>(context: &'a Context, rows: &Rows, host: &String) -> Vec<&'a Play> {
    let plays = context.playbook.plays.iter().zip(rows);
    plays
        .filter(|(_, names)| names.contains(host))
        .map(|(play, _)| play)
        .collect()
}

async fn look(context: &Context, host: &mut HostRun, plays: &[&Play]) {
    let connected = {
        let mut link = host.link.lock().await;
        let connecting = link.connect(&context.connector);
        context.interrupt.unless(connecting).await
    };
    let asked = SystemTime::now();
    let looked = match connected {
        // Nothing more begins, so that nothing of this host is missed.
        None => return,
        Some(Ok(())) => look_as_each(context, host, plays).await,
        Some(Err(error)) => Err(error),
    };
    if let Err(error) = looked {
        return host.lose(context, &error);
    }
    host.ahead = host
        .facts
        .as_ref()
        .map(|facts| Ahead::of(facts.clock, asked, SystemTime::now()));
    if let (Some(witness), Some(facts)) = (&context.options.witness, &host.facts)
        && let Err(error) = witness.looked(&host.name, facts)
    {
        return host.refuse(context, &error);
    }
    take_over_debts(context, host).await;
    context.events.send(Event::HostLooked {
        host: host.name.clone(),
    });
}

/// One exec for each user that tasks act as: one, where all act as the same. A survey looks as who keeps the lock.
async fn look_as_each(
    context: &Context,
    host: &mut HostRun,
    plays: &[&Play],
) -> Result<(), LinkError> {
    let keeper = host.link.lock().await.keeper().clone();
    let mut first = first_probes(context, host, keeper.clone(), plays);
    if let Some(survey) = context.options.survey.as_deref() {
        let mut probes = first.remove(&keeper).unwrap_or_default();
        probes.extend(survey.probes(&context.world, &host.name));
        probes.sort_unstable();
        probes.dedup();
        let more = |seen: &Answers| survey.more(&context.world, &host.name, seen);
        let mut link = host.link.lock().await;
        let mut answers = link.inquire(&keeper, &probes, more).await?;
        drop(link);
        survey.seen(&context.world, &host.name, &mut answers);
        host.act_as(keeper.clone());
        host.take_in(answers);
    }
    // Who keeps the lock asks first how often it has been taken.
    let kept = first.remove(&keeper).map(|probes| (keeper, probes));
    for (identity, probes) in kept.into_iter().chain(first) {
        host.act_as(identity);
        host.ask(probes).await?;
    }
    if context.options.survey.is_some() {
        host.link.lock().await.rest(&context.connector).await;
    }
    Ok(())
}

/// Asks what the answers of all hosts have raised together, where a survey wants to know: one exec more for a few.
async fn look_again(
    context: &Arc<Context>,
    mut hosts: BTreeMap<String, HostRun>,
) -> BTreeMap<String, HostRun> {
    let Some(survey) = context
        .options
        .survey
        .clone()
        .filter(|_| !context.is_over())
    else {
        return hosts;
    };
    let asked = survey.again(&context.world).into_iter();
    let asked: Vec<_> = asked
        .filter_map(|(name, probes)| Some((hosts.remove(&name)?, probes)))
        .collect();
    let looked = each(context, asked, |host, probes| {
        let (context, survey) = (context.clone(), survey.clone());
        async move {
            let mut link = host.link.lock().await;
            let keeper = link.keeper().clone();
            let said = link.look(&keeper, &probes).await;
            link.rest(&context.connector).await;
            drop(link);
            let said = said.map_err(|error| chain(&error).join(": "));
            survey.seen_again(&host.name, said);
            host
        }
    });
    hosts.extend(looked.await);
    hosts
}

/// What an interrupted run owed is owed by this one.
async fn take_over_debts(context: &Context, host: &mut HostRun) {
    let owed = Probe::Owed {
        state: HOST_STATE.to_owned(),
    };
    let Some(Answer::Owed(left)) = host.answer(&owed).cloned() else {
        return;
    };
    host.link.lock().await.looked_after(left.holders);
    let mut found = Vec::new();
    for line in left.debts {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["handler", play, name] => {
                host.notified.push((play.to_owned(), name.to_owned()));
                found.push(format!("`{name}`"));
            }
            ["restore", cluster, backup] => half_restored(context, host, cluster, backup),
            _ => {}
        }
    }
    if !found.is_empty() {
        context.events.send(Event::DebtFound {
            host: host.name.clone(),
            debts: found,
        });
    }
}

/// Nothing is begun on what a restore has left half done, but by another restore, or to stop it.
fn half_restored(context: &Context, host: &mut HostRun, cluster: &str, backup: &str) {
    let message = format!("a restore of backup {backup} into cluster `{cluster}` was cut");
    let error = Check::cite("WM206", message);
    match context.options.record.verb {
        Verb::Restore | Verb::Stop => {}
        _ if context.options.mode == Mode::Apply => host.refuse(context, &error),
        _ => context.events.send(Event::Noticed {
            host: Some(host.name.clone()),
            message: error.to_string(),
        }),
    }
}
