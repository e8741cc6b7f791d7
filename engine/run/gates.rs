//! What a host must be before anything is touched: told from the first answers, on all hosts, before the first
//! act anywhere. A cluster with one machine that lacks the right Java is refused while all are still as they were.

use tokio::sync::Mutex;

use crate::cluster::{Cluster, Node};
use crate::modules::{Act, Call, Registry};
use crate::playbook::{Play, Task};
use crate::run::Context;
use crate::run::calls::{Foreseen, each_call};
use crate::run::database::{Missing, ask_databases};
use crate::run::facts::set_facts;
use crate::run::files::PlaybookFiles;
use crate::run::host::HostRun;
use crate::run::link::Link;
use crate::run::repository::ask_repository;
use crate::run::task::{Around, Failure, TaskRun, conditions};
use crate::script::Answers;
use crate::template::Scope;
use crate::yaml::Error;

/// Asks every gate of the host's tasks. The first that does not open is told as its task's failure, and the host
/// is out.
///
/// An answer that an earlier task may falsify (it installs Java, say) is no ground to refuse: such a gate is
/// asked when its task's turn comes.
///
/// Gives the nodes that the run will start on this host.
pub(super) fn ask_gates(context: &Context, plays: &[&Play], host: &mut HostRun) -> Vec<Starting> {
    let seen = host.all_answers();
    let mut answers = seen.clone();
    let mut scope = host.scope.clone();
    if let (true, Some(facts)) = (plays.iter().any(|play| play.gather_facts), &host.facts) {
        set_facts(&mut scope, facts);
    }
    let around = Around::default();
    let mut shut: Option<(TaskRun<'_>, Option<String>, Error)> = None;
    let mut starting = Vec::new();
    each_call(context, plays, &scope, &mut |foreseen| {
        if shut.is_some() {
            return;
        }
        let Some(scope) = foreseen.scope else {
            answers.forget("/");
            return;
        };
        let asked = one(context, host, foreseen, scope, (&seen, &mut answers));
        if let Ok(nodes) = &asked {
            starting.extend(nodes.iter().map(|(cluster, node)| Starting {
                play: foreseen.play.clone(),
                task: foreseen.task.clone(),
                cluster: cluster.clone(),
                node: node.clone(),
            }));
        }
        if let Err(error) = asked
            && !foreseen.rescued
            && !foreseen.task.ignore_errors
            && let Some(module) = Registry.get(&foreseen.task.module)
        {
            let run = TaskRun {
                context,
                play: foreseen.play,
                task: foreseen.task,
                module,
                around: &around,
            };
            let item = foreseen.item.map(|item| run.label(scope, item));
            shut = Some((run, item, error));
        }
    });
    if let Some((run, item, error)) = shut {
        run.finished(host, item, Err(&Failure::Task(error)), false);
        run.after_failure(host);
        starting.clear();
    }
    starting
}

/// A node that the run will start, and the task that will do it.
pub(super) struct Starting {
    play: Play,
    task: Task,
    cluster: String,
    node: String,
}

/// Asks the databases, and the repositories of others, of the nodes that will be started on a host; one that does not do is its task's failure.
pub(super) async fn ask_stores(context: &Context, starting: &[Starting], host: &mut HostRun) {
    let around = Around::default();
    for one in starting {
        let Ok((cluster, node)) = context.world.placed(&one.cluster, &one.node) else {
            continue;
        };
        let Err(error) = ask_all(context, &host.link, cluster, node).await else {
            continue;
        };
        if let Some(module) = Registry.get(&one.task.module) {
            let run = TaskRun {
                context,
                play: &one.play,
                task: &one.task,
                module,
                around: &around,
            };
            run.finished(
                host,
                Some(one.node.clone()),
                Err(&Failure::Task(error)),
                false,
            );
            run.after_failure(host);
            return;
        }
    }
}

/// Asks what a node needs of other machines; a repository that the run itself may set up is asked when it is there.
async fn ask_all(
    context: &Context,
    link: &Mutex<Link>,
    cluster: &Cluster,
    node: &Node,
) -> Result<(), Error> {
    ask_databases(context, link, cluster, node, Missing::Told).await?;
    if cluster.store().is_none() {
        ask_repository(context, link, cluster, node).await?;
    }
    Ok(())
}

/// Asks one call's gate; then forgets, of all that was `seen`, those answers that the call will falsify. Gives the
/// nodes that it will start.
fn one(
    context: &Context,
    host: &HostRun,
    foreseen: &Foreseen<'_, '_>,
    scope: &Scope,
    (seen, answers): (&Answers, &mut Answers),
) -> Result<Vec<(String, String)>, Error> {
    let mut starting = Vec::new();
    let Some(module) = Registry.get(&foreseen.task.module) else {
        return Ok(starting);
    };
    if foreseen.task.delegate_to.is_some() {
        return Ok(starting);
    }
    let all = foreseen.when.iter().copied().chain(&foreseen.task.when);
    match conditions(scope, all) {
        Ok(true) => {}
        Ok(false) => return Ok(starting),
        Err(_not_known_yet) => {
            answers.forget("/");
            return Ok(starting);
        }
    }
    let Ok(args) = foreseen.arguments(scope) else {
        answers.forget("/");
        return Ok(starting);
    };
    let files = PlaybookFiles::new(&context.playbook, foreseen.task, scope);
    let call = Call {
        args: &args,
        host: &host.name,
        facts: host.facts.as_ref(),
        planning: true,
        acting: false,
        probe_artifact: false,
        unlike: &[],
        files: &files,
        world: &context.world,
    };
    module
        .gate(&call, answers)
        .map_err(|error| error.or_at(&foreseen.task.place))?;
    // What it touches is told by what was seen; where an earlier task falsifies that, it may act after all. What
    // is wrong with the call itself is told when its turn comes.
    let stale = match module.probes(&call) {
        Ok(probes) => probes.iter().any(|probe| answers.get(probe).is_none()),
        Err(_told_later) => true,
    };
    let change = module.change(&call, seen);
    if let Ok(change) = &change {
        for act in &change.acts {
            if let Act::Node(work) = act
                && work.start
            {
                starting.push((work.cluster.clone(), work.node.clone()));
            }
        }
    }
    match change {
        Ok(change) if !stale && !change.acts_on_host() => {}
        Ok(change) if !change.touches_anything => {
            for path in &change.touches {
                answers.forget(path);
            }
        }
        Ok(_) | Err(_) => {
            answers.forget("/");
        }
    }
    Ok(starting)
}
