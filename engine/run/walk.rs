//! One host's walk through a play: tasks, blocks, handlers.

use std::future::Future;
use std::pin::Pin;

use crate::inventory::Vars;
use crate::playbook::{Block, Item, Play, Task};
use crate::run::Context;
use crate::run::act::debt;
use crate::run::batch::{AFTER, Batch, Position, Turn};
use crate::run::facts::set_facts;
use crate::run::host::{HostRun, Standing};
use crate::run::locks::HOST_STATE;
use crate::run::task::{Around, conditions, run_task};
use crate::script::{Request, Step};
use crate::template::Scope;
use crate::yaml::Node;

/// What the blocks around a task hand down to it.
#[derive(Clone, Default)]
struct Inherited<'a> {
    around: Around<'a>,
    vars: Vec<&'a Vars>,
}

/// A host on its way through a play.
struct Walk<'a> {
    context: &'a Context,
    play: &'a Play,
    batch: &'a Batch,
    host: &'a mut HostRun,
}

/// Walks a host through all sections of a play, its handlers after each.
pub(super) async fn walk(context: &Context, play: &Play, batch: &Batch, host: &mut HostRun) {
    if let (true, Some(facts)) = (play.gather_facts, &host.facts) {
        set_facts(&mut host.scope, facts);
    }
    let mut walk = Walk {
        context,
        play,
        batch,
        host,
    };
    for (number, section) in play.sections.iter().enumerate() {
        let mut inherited = Inherited::default();
        inherited.around.environment.extend(&play.environment);
        if !walk.items(section, &mut vec![number], &inherited).await {
            break;
        }
        walk.handlers(&[number]).await;
    }
    let failed = matches!(host.standing, Standing::Failed | Standing::Lost);
    if failed && batch.has_failed() {
        context.halt();
    }
    batch.leave(&host.name);
    if host.standing == Standing::Ended {
        host.standing = Standing::Going;
    }
}

type Walked<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

impl<'a> Walk<'a> {
    /// Walks through a list; false where the host failed in it.
    fn items<'b>(
        &'b mut self,
        list: &'a [Item],
        position: &'b mut Position,
        inherited: &'b Inherited<'a>,
    ) -> Walked<'b> {
        Box::pin(async move {
            for (number, item) in list.iter().enumerate() {
                if self.host.standing != Standing::Going {
                    return self.host.standing == Standing::Ended;
                }
                if self.context.is_over() {
                    return false;
                }
                position.push(number);
                self.batch.reach(&self.host.name, position);
                if self.batch.is_in_step() && matches!(item, Item::Task(_)) {
                    self.host.permit = None;
                    self.batch.all_at(position).await;
                    self.host.permit = self.context.permit().await;
                    if self.context.is_over() {
                        return false;
                    }
                }
                let good = match item {
                    Item::Task(task) => self.one(task, position, inherited).await,
                    Item::Block(block) | Item::Included(block) => {
                        self.block(block, position, inherited).await
                    }
                };
                position.pop();
                if !good {
                    return false;
                }
            }
            true
        })
    }

    async fn block(
        &mut self,
        block: &'a Block,
        position: &mut Position,
        outer: &Inherited<'a>,
    ) -> bool {
        let mut inherited = outer.clone();
        inherited.vars.push(&block.vars);
        inherited.around.environment.extend(&block.environment);
        match self.is_included(block, &inherited) {
            Some(false) => return true,
            Some(true) => {}
            None => inherited.around.when.extend(&block.when),
        }
        let mut own = inherited.clone();
        own.around.rescued |= !block.rescue.is_empty();
        let mut good = self.part(0, &block.tasks, position, &own).await;
        let can_go_on = self.host.standing == Standing::Going && !self.context.is_over();
        if !good && !block.rescue.is_empty() && can_go_on {
            good = self.part(1, &block.rescue, position, &inherited).await;
        }
        if !block.always.is_empty() && self.host.standing != Standing::Lost {
            // What always runs also runs on a host that has failed; its failure stays.
            let standing = std::mem::replace(&mut self.host.standing, Standing::Going);
            good &= self.part(2, &block.always, position, &inherited).await;
            if standing != Standing::Going {
                self.host.standing = standing;
            }
        }
        good
    }

    async fn part(
        &mut self,
        number: usize,
        list: &'a [Item],
        position: &mut Position,
        inherited: &Inherited<'a>,
    ) -> bool {
        position.push(number);
        let good = self.items(list, position, inherited).await;
        position.pop();
        good
    }

    /// The `when` of an `include_tasks` is asked once, before the first of its tasks. [`None`]: it is asked
    /// before each, as that of a block is, or cannot be answered, which the first task then tells.
    fn is_included(&self, block: &Block, inherited: &Inherited<'a>) -> Option<bool> {
        if !block.once || block.when.is_empty() {
            return None;
        }
        let scope = layered(self.play, self.host, &inherited.vars);
        let when = inherited.around.when.iter().copied().chain(&block.when);
        conditions(&scope, when).ok()
    }

    async fn one(&mut self, task: &'a Task, position: &[usize], inherited: &Inherited<'a>) -> bool {
        if !self.context.options.selection.takes(task) {
            return true;
        }
        let scope = layered(self.play, self.host, &inherited.vars);
        let good = self.run(task, position, scope, &inherited.around).await;
        let flushes = |node: &Node| node.text().is_ok_and(|text| text == "flush_handlers");
        if task.module == "meta" && task.args.iter().any(|(_, node)| flushes(node)) {
            self.handlers(position).await;
        }
        good
    }

    /// Runs a task, or takes over what it came to on the host that ran it for all.
    async fn run(
        &mut self,
        task: &Task,
        position: &[usize],
        scope: Scope,
        around: &Around<'_>,
    ) -> bool {
        if !task.run_once {
            return run_task(self.context, self.play, task, self.host, scope, around)
                .await
                .good;
        }
        // While it waits another host goes on in its stead: the one that is waited for, perhaps.
        self.host.permit = None;
        let turn = self.batch.turn(&self.host.name, position).await;
        self.host.permit = self.context.permit().await;
        if self.context.is_over() {
            return false;
        }
        match turn {
            Turn::Mine => {
                let ended = run_task(self.context, self.play, task, self.host, scope, around).await;
                let good = ended.good;
                self.batch.tell(&self.host.name, position, ended);
                good
            }
            Turn::Done(by, ended) => {
                if let (Some(name), Some(value)) = (&task.register, ended.registered) {
                    self.host.scope.set_value(name.clone(), value);
                }
                for (name, node) in ended.facts {
                    self.host.scope.set(name, node);
                }
                if !ended.good && !around.rescued {
                    self.host.standing = Standing::Failed;
                    self.host.failure = Some(format!(
                        "{}: failed on `{by}`, which ran it for all",
                        task.name
                    ));
                }
                ended.good
            }
        }
    }

    /// Runs the handlers that were notified, in the order in which the play lists them, and strikes them
    /// from what is owed.
    async fn handlers(&mut self, position: &[usize]) {
        for (number, handler) in self.play.handlers.iter().enumerate() {
            let due: Vec<String> = self
                .host
                .notified
                .iter()
                .filter(|(from, name)| {
                    *from == self.play.name
                        && (*name == handler.name || handler.listen.contains(name))
                })
                .map(|(_, name)| name.clone())
                .collect();
            let out = matches!(self.host.standing, Standing::Lost | Standing::Failed);
            if due.is_empty() || out {
                continue;
            }
            let scope = layered(self.play, self.host, &[]);
            let around = Around {
                environment: self.play.environment.iter().collect(),
                ..Around::default()
            };
            let position = [position, &[AFTER, number]].concat();
            self.batch.reach(&self.host.name, &position);
            if !self.run(handler, &position, scope, &around).await {
                return;
            }
            pay(self.host, self.play, &due).await;
        }
        if self.host.standing == Standing::Going {
            self.host
                .notified
                .retain(|(from, _)| *from != self.play.name);
        }
    }
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

async fn pay(host: &mut HostRun, play: &Play, due: &[String]) {
    let strike = |name: &String| Step::Function {
        name: "wm_paid",
        arguments: vec![format!("{HOST_STATE}/owed"), debt(&play.name, name)],
    };
    let request = Request {
        steps: due.iter().map(strike).collect(),
        ..Request::default()
    };
    let mut link = host.link.lock().await;
    if link.is_open() {
        // A debt that could not be struck is paid again by the next run, which costs a restart and loses
        // nothing; a lost link shows at the next task.
        let keeper = link.keeper().clone();
        let _paid_again = link.request(&keeper, &request, "noting what is paid").await;
    }
}
