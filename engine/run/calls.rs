//! The calls that a run will make on a host, foreseen before it makes them: play after play, block after block,
//! item after item of each loop.

use crate::modules::Args;
use crate::playbook::{Block, Item, Play, Task};
use crate::run::Context;
use crate::template::{Scope, from_rendered, to_rendered};
use crate::yaml::{Error, Map, Node, Value};

/// One call that is to come.
pub(super) struct Foreseen<'p, 'c> {
    pub(super) play: &'p Play,
    pub(super) task: &'p Task,
    /// The conditions of the blocks around it.
    pub(super) when: &'c [&'p Node],
    /// A `rescue` stands ready, so its failure is not the host's end.
    pub(super) rescued: bool,
    /// The variables it will see; [`None`] where its loop is not known yet.
    pub(super) scope: Option<&'c Scope>,
    /// The item of its loop.
    pub(super) item: Option<&'c Node>,
}

impl Foreseen<'_, '_> {
    /// Its parameters, rendered with `scope`.
    ///
    /// # Errors
    /// Where a variable is not known yet, or never will be.
    pub(super) fn arguments(&self, scope: &Scope) -> Result<Args, Error> {
        arguments(self.task, scope)
    }
}

/// A task's parameters with their templates rendered. `assert`'s conditions and `debug`'s variable are expressions
/// by themselves and arrive evaluated.
pub(super) fn arguments(task: &Task, scope: &Scope) -> Result<Args, Error> {
    let mut rendered = Map::default();
    for (key, node) in task.args.iter() {
        let value = match (task.module.as_str(), key.name.as_str()) {
            ("assert", "that") => evaluated(scope, node)?,
            ("debug", "var") => {
                let value = scope.evaluate(node.text()?, &node.place)?;
                from_rendered(&value, &node.place)
            }
            _ => scope.render(node)?,
        };
        rendered.insert(key.clone(), value);
    }
    Ok(Args::new(rendered, task.place.clone()))
}

fn evaluated(scope: &Scope, node: &Node) -> Result<Node, Error> {
    let list = match &node.value {
        Value::List(list) => list.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let holds = list.iter().map(|condition| {
        Ok(Node::new(
            Value::Bool(scope.condition(condition)?),
            condition.place.clone(),
        ))
    });
    Ok(Node::new(
        Value::List(holds.collect::<Result<_, Error>>()?),
        node.place.clone(),
    ))
}

/// What the blocks around a task hand down.
#[derive(Clone, Copy)]
struct Around<'p, 'c> {
    context: &'c Context,
    play: &'p Play,
    when: &'c [&'p Node],
    rescued: bool,
}

/// Who is shown the calls.
type Visit<'v, 'p> = &'v mut dyn FnMut(&Foreseen<'p, '_>);

/// Shows `visit` every call that the plays will make with these variables, in their order. A `rescue` is not
/// among them: whether it comes hangs on a failure.
pub(super) fn each_call<'p>(
    context: &Context,
    plays: &[&'p Play],
    scope: &Scope,
    visit: Visit<'_, 'p>,
) {
    for play in plays {
        let scope = with(scope, &play.vars);
        let around = Around {
            context,
            play,
            when: &[],
            rescued: false,
        };
        for item in play.sections.iter().flatten() {
            of_item(around, item, &scope, visit);
        }
    }
}

fn with(scope: &Scope, vars: &crate::inventory::Vars) -> Scope {
    let mut scope = scope.clone();
    for (name, node) in vars {
        scope.set(name.clone(), node.clone());
    }
    scope
}

fn of_item<'p>(around: Around<'p, '_>, item: &'p Item, scope: &Scope, visit: Visit<'_, 'p>) {
    match item {
        Item::Task(task) => of_task(around, task, scope, visit),
        Item::Block(block) | Item::Included(block) => of_block(around, block, scope, visit),
    }
}

fn of_block<'p>(around: Around<'p, '_>, block: &'p Block, scope: &Scope, visit: Visit<'_, 'p>) {
    let scope = with(scope, &block.vars);
    let when: Vec<&Node> = around.when.iter().copied().chain(&block.when).collect();
    let inside = Around {
        when: &when,
        rescued: around.rescued || !block.rescue.is_empty(),
        ..around
    };
    for item in &block.tasks {
        of_item(inside, item, &scope, visit);
    }
    let always = Around {
        rescued: around.rescued,
        ..inside
    };
    for item in &block.always {
        of_item(always, item, &scope, visit);
    }
}

fn of_task<'p>(around: Around<'p, '_>, task: &'p Task, scope: &Scope, visit: Visit<'_, 'p>) {
    if !around.context.options.selection.takes(task) {
        return;
    }
    let mut scope = with(scope, &task.vars);
    let mut show = |scope: Option<&Scope>, item: Option<&Node>| {
        visit(&Foreseen {
            play: around.play,
            task,
            when: around.when,
            rescued: around.rescued,
            scope,
            item,
        });
    };
    let Some(list) = &task.r#loop else {
        show(Some(&scope), None);
        return;
    };
    // A list that hangs on facts or on a result is known when its turn comes.
    let Ok(Value::List(items)) = scope.render(list).map(|node| node.value) else {
        show(None, None);
        return;
    };
    for item in &items {
        scope.set_value(task.loop_control.loop_var.clone(), to_rendered(item));
        show(Some(&scope), Some(item));
    }
}
