//! Inventory → the line of each host: how it is reached, and as whom its lock is held.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::connection::{ConnectOptions, Target, check_names};
use crate::inventory::{Inventory, Vars};
use crate::playbook::{Playbook, Task};
use crate::run::delegate::{Delegates, Line};
use crate::run::foresee::key_is_there;
use crate::run::host::chain;
use crate::run::identity::Sudo;
use crate::run::link::Link;
use crate::run::locks::Links;
use crate::run::plays::Rows;
use crate::template::Scope;
use crate::yaml::{Node, Place, Result, Value};

/// The machine that wmprov runs on, which needs no entry in the inventory to be delegated to.
const HERE: &str = "localhost";

/// The hosts that a run acts on, each with its line, its variables, and what the inventory says about sudo.
pub(super) type ActedOn<'a> = BTreeMap<String, (Line, &'a Scope, Sudo)>;

/// How a host is reached, from its rendered connection variables.
pub(super) fn target(
    inventory: &Inventory,
    connect: &ConnectOptions,
    name: &str,
    scope: &Scope,
) -> Result<Target> {
    let given = inventory.vars(name);
    let names = given
        .iter()
        .map(|(name, node)| (name.as_str(), inventory.name_of(&node.place)));
    check_names(names)?;
    let mut vars = Vars::new();
    for (variable, node) in given {
        if variable.starts_with("ansible_") {
            vars.insert(variable, scope.render(&node)?);
        }
    }
    let target = Target::resolve(name, &vars, connect)?;
    key_is_there(&target, &vars, connect)?;
    Ok(target)
}

/// What lines are made from.
pub(super) struct Lines<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) playbook: &'a Playbook,
    /// Which hosts each play has.
    pub(super) rows: &'a Rows,
    pub(super) connect: &'a ConnectOptions,
    /// Nobody becomes anybody.
    pub(super) no_become: bool,
}

impl Lines<'_> {
    /// The line of a host, not yet connected.
    pub(super) fn line(&self, name: &str, scope: &Scope) -> Result<(Line, Sudo)> {
        let target = target(self.inventory, self.connect, name, scope)?;
        let sudo = Sudo::of(&target, self.no_become);
        let own = self
            .tasks_of(name)
            .filter(|task| task.delegate_to.is_none());
        // A host that no task is about is used for another's sake: to lock it, to mark a node down at a balancer. That
        // is done as the tasks that need it are.
        let keeper = sudo
            .keeper(own, scope)
            .or_else(|| sudo.keeper(self.delegated(), scope))
            .or_else(|| sudo.keeper(self.all_tasks(), scope))
            .unwrap_or_default();
        Ok((Arc::new(Mutex::new(Link::new(target, keeper))), sudo))
    }

    fn all_tasks(&self) -> impl Iterator<Item = &Task> {
        let plays = self.playbook.plays.iter();
        plays.flat_map(|play| play.tasks().chain(&play.handlers))
    }

    fn delegated(&self) -> impl Iterator<Item = &Task> {
        self.all_tasks().filter(|task| task.delegate_to.is_some())
    }

    /// The lines of all hosts that a task may go to, where any does. Those that are known by name already are
    /// locked with the rest.
    pub(super) fn delegates(
        &mut self,
        scopes: &[(String, Scope)],
        links: &mut Links,
        acted_on: &ActedOn<'_>,
    ) -> Delegates {
        let mut delegates = Delegates::new();
        if self.delegated().next().is_none() {
            return delegates;
        }
        for (name, scope) in scopes {
            let line = match acted_on.get(name) {
                Some((line, ..)) => Ok(line.clone()),
                None => match links.get(name) {
                    Some(line) => Ok(line.clone()),
                    None => self.line(name, scope).map(|(line, _)| line),
                },
            };
            delegates.insert(name.clone(), line.map_err(|error| chain(&error).join(": ")));
        }
        if !delegates.contains_key(HERE) {
            let here = self.here().map_err(|error| chain(&error).join(": "));
            delegates.insert(HERE.to_owned(), here);
        }
        for (name, scope) in scopes
            .iter()
            .filter(|(name, _)| acted_on.contains_key(name))
        {
            for task in self.tasks_of(name) {
                let Some(Ok(to)) = task.delegate_to.as_ref().map(|node| scope.render(node)) else {
                    continue;
                };
                if let Ok(to) = to.text()
                    && let Some(Ok(line)) = delegates.get(to)
                {
                    links.entry(to.to_owned()).or_insert_with(|| line.clone());
                }
            }
        }
        delegates
    }

    fn tasks_of(&self, name: &str) -> impl Iterator<Item = &Task> {
        let rows = self.playbook.plays.iter().zip(self.rows);
        rows.filter(move |(_, row)| row.iter().any(|host| host == name))
            .flat_map(|(play, _)| play.tasks().chain(&play.handlers))
    }

    fn here(&self) -> Result<Line> {
        let local = Node::new(
            Value::String("local".to_owned()),
            Place::start_of("<localhost>"),
        );
        let vars = Vars::from([("ansible_connection".to_owned(), local)]);
        let target = Target::resolve(HERE, &vars, self.connect)?;
        let sudo = Sudo::of(&target, self.no_become);
        let scope = Scope::new(&crate::template::Language::new(), Vars::new());
        let keeper = sudo.keeper(self.delegated(), &scope).unwrap_or_default();
        Ok(Arc::new(Mutex::new(Link::new(target, keeper))))
    }
}
