//! One host's walk through a play: tasks, blocks, handlers.

use std::future::Future;
use std::pin::Pin;

use crate::inventory::Vars;
use crate::playbook::{Block, Item, Play, Task};
use crate::run::Context;
use crate::run::act::debt;
use crate::run::host::{HostRun, Standing};
use crate::run::locks::HOST_STATE;
use crate::run::task::run_task;
use crate::script::{Request, Step};
use crate::template::Scope;
use crate::yaml::Node;

/// What the blocks around a task hand down to it.
#[derive(Clone, Default)]
struct Inherited<'a> {
    when: Vec<&'a Node>,
    vars: Vec<&'a Vars>,
    rescued: bool,
}

/// Walks a host through all sections of a play, its handlers after each.
pub(super) async fn walk(context: &Context, play: &Play, host: &mut HostRun) {
    for section in &play.sections {
        let inherited = Inherited::default();
        if !items(context, play, section, host, &inherited).await {
            break;
        }
        handlers(context, play, host).await;
    }
    if host.standing == Standing::Ended {
        host.standing = Standing::Going;
    }
}

type Walked<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Walks through a list; false where the host failed in it.
fn items<'a>(
    context: &'a Context,
    play: &'a Play,
    list: &'a [Item],
    host: &'a mut HostRun,
    inherited: &'a Inherited<'a>,
) -> Walked<'a> {
    Box::pin(async move {
        for item in list {
            if host.standing != Standing::Going {
                return host.standing == Standing::Ended;
            }
            if context.is_over() {
                return false;
            }
            let good = match item {
                Item::Task(task) => one(context, play, task, host, inherited).await,
                Item::Block(block) | Item::Included(block) => {
                    self::block(context, play, block, host, inherited).await
                }
            };
            if !good {
                return false;
            }
        }
        true
    })
}

fn block<'a>(
    context: &'a Context,
    play: &'a Play,
    block: &'a Block,
    host: &'a mut HostRun,
    around: &'a Inherited<'a>,
) -> Walked<'a> {
    Box::pin(async move {
        let mut inherited = around.clone();
        inherited.when.extend(&block.when);
        inherited.vars.push(&block.vars);
        let own = Inherited {
            rescued: around.rescued || !block.rescue.is_empty(),
            ..inherited.clone()
        };
        let mut good = items(context, play, &block.tasks, host, &own).await;
        if !good
            && !block.rescue.is_empty()
            && host.standing == Standing::Going
            && !context.is_over()
        {
            good = items(context, play, &block.rescue, host, &inherited).await;
        }
        if !block.always.is_empty() && host.standing != Standing::Lost {
            // What always runs also runs on a host that has failed; its failure stays.
            let standing = std::mem::replace(&mut host.standing, Standing::Going);
            good &= items(context, play, &block.always, host, &inherited).await;
            if standing != Standing::Going {
                host.standing = standing;
            }
        }
        good
    })
}

async fn one(
    context: &Context,
    play: &Play,
    task: &Task,
    host: &mut HostRun,
    inherited: &Inherited<'_>,
) -> bool {
    if !context.options.selection.takes(task) {
        return true;
    }
    let scope = layered(play, host, &inherited.vars);
    let good = run_task(
        context,
        play,
        task,
        host,
        scope,
        &inherited.when,
        inherited.rescued,
    )
    .await;
    if task.module == "meta"
        && task
            .args
            .iter()
            .any(|(_, node)| node.text().is_ok_and(|text| text == "flush_handlers"))
    {
        handlers(context, play, host).await;
    }
    good
}

fn layered(play: &Play, host: &HostRun, blocks: &[&Vars]) -> Scope {
    let mut scope = host.scope.clone();
    for vars in std::iter::once(&play.vars).chain(blocks.iter().copied()) {
        for (name, node) in vars {
            scope.set(name.clone(), node.clone());
        }
    }
    scope
}

/// Runs the handlers that were notified, in the order in which the play lists them, and strikes them
/// from what is owed.
async fn handlers(context: &Context, play: &Play, host: &mut HostRun) {
    for handler in &play.handlers {
        let due: Vec<String> = host
            .notified
            .iter()
            .filter(|(from, name)| {
                *from == play.name && (*name == handler.name || handler.listen.contains(name))
            })
            .map(|(_, name)| name.clone())
            .collect();
        if due.is_empty() || host.standing == Standing::Lost || host.standing == Standing::Failed {
            continue;
        }
        let scope = layered(play, host, &[]);
        if !run_task(context, play, handler, host, scope, &[], false).await {
            return;
        }
        pay(host, play, &due).await;
    }
    if host.standing == Standing::Going {
        host.notified.retain(|(from, _)| *from != play.name);
    }
}

async fn pay(host: &mut HostRun, play: &Play, due: &[String]) {
    let strike = |name: &String| Step::Function {
        name: "wm_paid",
        arguments: vec![format!("{HOST_STATE}/owed"), debt(&play.name, name)],
    };
    let request = Request {
        steps: due.iter().map(strike).collect(),
        probes: Vec::new(),
    };
    let mut link = host.link.lock().await;
    if link.is_open() {
        // A debt that could not be struck is paid again by the next run, which costs a restart and loses
        // nothing; a lost link shows at the next task.
        let _paid_again = link.request(&request, "noting what is paid").await;
    }
}
