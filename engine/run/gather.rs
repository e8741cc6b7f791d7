//! Which questions can be asked of a host before anything has run: those of all its tasks whose
//! parameters are known without facts. They travel in the first round trip.

use crate::modules::{Args, Call, Registry};
use crate::playbook::{Block, Item, Play, Task};
use crate::run::Context;
use crate::run::files::PlaybookFiles;
use crate::run::locks::HOST_STATE;
use crate::script::Probe;
use crate::template::{Scope, to_rendered};
use crate::yaml::{Map, Value};

/// The probes of the first round trip: facts, what is owed, and what the tasks of `plays` want to know.
pub(super) fn first_probes(
    context: &Context,
    host: &str,
    scope: &Scope,
    plays: &[&Play],
) -> Vec<Probe> {
    let mut probes = vec![
        Probe::Facts,
        Probe::Owed {
            state: HOST_STATE.to_owned(),
        },
    ];
    for play in plays {
        let mut scope = scope.clone();
        for (name, node) in &play.vars {
            scope.set(name.clone(), node.clone());
        }
        for item in play.sections.iter().flatten() {
            of_item(context, host, item, &scope, &mut probes);
        }
    }
    probes.sort_unstable();
    probes.dedup();
    probes
}

fn of_item(context: &Context, host: &str, item: &Item, scope: &Scope, probes: &mut Vec<Probe>) {
    match item {
        Item::Task(task) => of_task(context, host, task, scope, probes),
        Item::Block(block) | Item::Included(block) => of_block(context, host, block, scope, probes),
    }
}

fn of_block(context: &Context, host: &str, block: &Block, scope: &Scope, probes: &mut Vec<Probe>) {
    let mut scope = scope.clone();
    for (name, node) in &block.vars {
        scope.set(name.clone(), node.clone());
    }
    for item in block.tasks.iter().chain(&block.always) {
        of_item(context, host, item, &scope, probes);
    }
}

fn of_task(context: &Context, host: &str, task: &Task, scope: &Scope, probes: &mut Vec<Probe>) {
    if !context.options.selection.takes(task) {
        return;
    }
    let mut scope = scope.clone();
    for (name, node) in &task.vars {
        scope.set(name.clone(), node.clone());
    }
    match &task.r#loop {
        None => probes.extend(of_call(context, host, task, &scope)),
        Some(list) => {
            // A list that hangs on facts or on a result is asked for when its turn comes.
            let Ok(Value::List(items)) = scope.render(list).map(|node| node.value) else {
                return;
            };
            for item in items {
                scope.set_value(task.loop_control.loop_var.clone(), to_rendered(&item));
                probes.extend(of_call(context, host, task, &scope));
            }
        }
    }
}

/// The probes of one call; none where its parameters are not known yet. Whatever is wrong with them is
/// told when the task's turn comes, with all that is known then.
fn of_call(context: &Context, host: &str, task: &Task, scope: &Scope) -> Vec<Probe> {
    let Some(module) = Registry.get(&task.module) else {
        return Vec::new();
    };
    let mut rendered = Map::default();
    for (key, node) in task.args.iter() {
        match scope.render(node) {
            Ok(node) => rendered.insert(key.clone(), node),
            Err(_not_known_yet) => return Vec::new(),
        };
    }
    let args = Args::new(rendered, task.place.clone());
    let files = PlaybookFiles::new(&context.playbook, task, scope);
    let call = Call {
        args: &args,
        host,
        facts: None,
        planning: false,
        files: &files,
        world: &context.world,
    };
    module.probes(&call).unwrap_or_default()
}
