//! `wmprov rollback`: nodes get back the files that they had, through the gates of every rollout.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::commands::apply::{ApplyOptions, acting};
use crate::commands::generations::{logs, questions};
use crate::commands::look::{LookOptions, ROLLBACK, look, read, read_to_look};
use crate::run::{Event, Events, Interrupt, Report, Verb};
use crate::state::{Back, Generation, GenerationLog, NodeGenerations};
use crate::yaml::Error;

/// By node, as `cluster/node`: where it goes back to.
type Targets = BTreeMap<String, Back>;

/// Goes back: to what was before the last run that changed anything, or to generation `to` of every chosen node.
///
/// # Errors
/// Every mistake in the user's files, and a generation that is not kept: nothing has been touched then.
pub async fn rollback(
    options: ApplyOptions,
    to: Option<u64>,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let one = |error| vec![error];
    let files = options.files();
    let look_options = LookOptions {
        files,
        connect: options.connect.clone(),
        forks: options.forks,
    };
    let site = read_to_look(&look_options.files)?;
    let looked = look(
        &site,
        &look_options,
        Arc::new(questions),
        &events,
        interrupt.clone(),
    )
    .await?;
    if !looked.report.is_good() || looked.report.interrupted {
        // Whether the last run changed a host that is silent cannot be known; `--limit` leaves it out.
        return Ok(looked.report);
    }
    let nodes = logs(&site, &looked).map_err(one)?;
    let targets = match to {
        Some(to) => to_number(&nodes, to)?,
        None => before_the_last_run(&nodes)?,
    };
    for (node, back) in &targets {
        events.send(Event::Noticed {
            host: None,
            message: format!("{node} goes back to generation {}", back.to),
        });
    }
    let named = serde_json::to_string(&targets)
        .map_err(|cause| one(Error::new("the targets cannot be written").because(cause)))?;
    let (playbook, variable) = ROLLBACK;
    let site = read(&look_options.files, playbook, &[(variable, &named)])?;
    acting(Verb::Rollback, options, site.into(), events, interrupt).await
}

fn key(node: &NodeGenerations) -> String {
    format!("{}/{}", node.cluster, node.node)
}

/// Every node at generation `to`; those that never had it are told, all of them.
fn to_number(nodes: &[NodeGenerations], to: u64) -> Result<Targets, Vec<Error>> {
    let mut targets = Targets::new();
    let mut errors = Vec::new();
    for node in nodes {
        if node.log.reaches(to) {
            targets.insert(key(node), back_to(node, to, ""));
        } else {
            errors.push(not_kept(node, to));
        }
    }
    if errors.is_empty() {
        Ok(targets)
    } else {
        Err(errors)
    }
}

fn not_kept(node: &NodeGenerations, to: u64) -> Error {
    let reachable: Vec<String> = node.log.reachable().iter().map(u64::to_string).collect();
    Error::new(format!(
        "node `{}` cannot go back to generation {to}",
        key(node)
    ))
    .hint(match reachable.is_empty() {
        true => "it keeps nothing to go back to; `--limit` leaves it out".to_owned(),
        false => format!(
            "it can go back to {}; `--limit` leaves it out",
            reachable.join(", ")
        ),
    })
}

/// What a node is, or is about to be: a transaction that was cut is finished before anything else.
fn present(log: &GenerationLog) -> Option<&Generation> {
    log.cut.as_ref().or(log.last())
}

/// Undoes the last run that changed anything. A rollback that was cut, or that `--limit` kept from some nodes, is
/// carried on with: nodes that are still as the undone run made them follow.
fn before_the_last_run(nodes: &[NodeGenerations]) -> Result<Targets, Vec<Error>> {
    let all = nodes.iter().filter_map(|node| present(&node.log));
    let Some(latest) = all.max_by_key(|made| (made.at, &made.run)) else {
        return Err(vec![
            Error::new("no node of these hosts has been installed yet")
                .hint("`wmprov apply` brings them up"),
        ]);
    };
    let is_of = |node: &NodeGenerations, run: &str| {
        present(&node.log).is_some_and(|present| present.run == run)
    };
    let undone = latest.back.as_ref().map(|back| back.undoes.as_str());
    let goes_on = |node: &NodeGenerations, run: &str| node.log.cut.is_some() || is_of(node, run);
    let half = undone.filter(|run| !run.is_empty() && nodes.iter().any(|node| goes_on(node, run)));
    let mut targets = Targets::new();
    let mut errors = Vec::new();
    for node in nodes {
        let goes = match half {
            Some(_) if is_of(node, &latest.run) => present(&node.log)
                .and_then(|present| present.back.clone())
                .map(Ok),
            Some(run) if is_of(node, run) => Some(before(node, run)),
            None if is_of(node, &latest.run) => Some(before(node, &latest.run)),
            _ => None,
        };
        match goes {
            Some(Ok(back)) => {
                targets.insert(key(node), back);
            }
            Some(Err(error)) => errors.push(error),
            None => {}
        }
    }
    if errors.is_empty() {
        Ok(targets)
    } else {
        Err(errors)
    }
}

/// The generation that a node was before a run.
fn before(node: &NodeGenerations, run: &str) -> Result<Back, Error> {
    let earlier = node.log.made.iter().rev().find(|made| made.run != run);
    let Some(earlier) = earlier else {
        return Err(Error::new(format!(
            "node `{}` was installed by the run that would be undone",
            key(node)
        ))
        .hint("there is nothing before it; `--limit` leaves the node out"));
    };
    let cut = node.log.cut.is_some();
    if !cut && !node.log.reaches(earlier.number) {
        return Err(not_kept(node, earlier.number));
    }
    Ok(back_to(node, earlier.number, run))
}

fn back_to(node: &NodeGenerations, to: u64, undoes: &str) -> Back {
    let goal = node.log.get(to);
    Back {
        to,
        undoes: undoes.to_owned(),
        owner: goal.map(|goal| goal.owner.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{before_the_last_run, to_number};
    use crate::state::{Back, Generation, GenerationLog, NodeGenerations};

    fn made(number: u64, run: &str, back: Option<(u64, &str)>) -> Generation {
        Generation {
            number,
            run: run.to_owned(),
            at: u64::from(run.as_bytes()[0]),
            by: String::new(),
            verb: String::new(),
            inventory: String::new(),
            start: String::new(),
            tier: "keep".to_owned(),
            owner: String::new(),
            changed: Vec::new(),
            count: 0,
            whole_cluster: false,
            back: back.map(|(to, undoes)| Back {
                to,
                undoes: undoes.to_owned(),
                owner: String::new(),
            }),
        }
    }

    /// A node whose generations were made by these runs; `c<a` is a rollback of run `c` that undid run `a`.
    fn node(name: &str, runs: &str, cut: Option<&str>) -> NodeGenerations {
        let record = |(number, word): (u64, &str)| match word.split_once('<') {
            Some((run, undone)) => made(number, run, Some((number - 2, undone))),
            None => made(number, word, None),
        };
        let made: Vec<Generation> = (1..).zip(runs.split(' ')).map(record).collect();
        let last = made.len() as u64;
        NodeGenerations {
            cluster: "c".to_owned(),
            node: name.to_owned(),
            host: name.to_owned(),
            log: GenerationLog {
                kept: (2..=last).map(|number| (number, 1)).collect(),
                cut: cut.map(|word| record((last + 1, word))),
                made,
            },
        }
    }

    fn told(nodes: &[NodeGenerations]) -> String {
        match before_the_last_run(nodes) {
            Ok(targets) => {
                let each = targets
                    .iter()
                    .map(|(name, back)| format!("{name}={}<{}", back.to, back.undoes));
                each.collect::<Vec<_>>().join(" ")
            }
            Err(errors) => errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    #[test]
    fn the_last_run_is_undone_where_it_changed_something() {
        let nodes = [
            node("m", "a b", None),
            node("w", "a c", None),
            node("v", "a", None),
        ];
        assert_eq!(told(&nodes), "c/w=1<c");
        let all = [node("m", "a b", None), node("w", "a b", None)];
        assert_eq!(told(&all), "c/m=1<b c/w=1<b");
        // Two generations of one run go back together.
        assert_eq!(told(&[node("m", "a b b", None)]), "c/m=1<b");
        assert_eq!(
            told(&[node("m", "a", None)]),
            "node `c/m` was installed by the run that would be undone"
        );
    }

    #[test]
    fn a_rollback_is_itself_undone_by_the_next() {
        let nodes = [node("m", "a b c<b", None), node("w", "a b c<b", None)];
        assert_eq!(told(&nodes), "c/m=2<c c/w=2<c");
    }

    #[test]
    fn a_rollback_that_was_cut_is_carried_on_with() {
        let nodes = [node("m", "a b c<b", None), node("w", "a b", None)];
        assert_eq!(told(&nodes), "c/m=1<b c/w=1<b");
        let in_a_commit = [node("m", "a b c<b", None), node("w", "a b", Some("c<b"))];
        assert_eq!(told(&in_a_commit), "c/m=1<b c/w=1<b");
    }

    #[test]
    fn a_number_must_be_kept_on_every_node() {
        let nodes = [node("m", "a b c", None), node("w", "a", None)];
        let errors = to_number(&nodes, 2).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(
            errors[0].message(),
            "node `c/w` cannot go back to generation 2"
        );
        let targets = to_number(&nodes[..1], 2).unwrap();
        assert_eq!(targets["c/m"].to, 2);
    }
}
