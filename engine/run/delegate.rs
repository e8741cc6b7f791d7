//! `delegate_to`: a task of one host, with its variables, done on another.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::run::Context;
use crate::run::host::{HostRun, Standing, chain};
use crate::run::link::Link;
use crate::run::task::{Called, Failure, TaskRun};
use crate::template::Scope;
use crate::yaml::{Error, Place, Result, near};

/// The line of a host, shared by all that talk to it.
pub(super) type Line = Arc<Mutex<Link>>;

/// Every host that a task may be delegated to: all of the inventory, and `localhost`. A host whose connection
/// variables are wrong is an error only where a task goes to it.
pub(super) type Delegates = BTreeMap<String, Result<Line, String>>;

impl TaskRun<'_> {
    /// Where the task is done: on its own host, or on the one it is delegated to.
    pub(super) async fn tries_there(
        &self,
        host: &mut HostRun,
        scope: &Scope,
    ) -> Result<Called, Failure> {
        let place = match &self.task.delegate_to {
            None => None,
            Some(node) => {
                let name = scope.render(node)?;
                let name = name.text().map_err(|error| error.or_at(&node.place))?;
                (name != host.name).then(|| (name.to_owned(), node.place.clone()))
            }
        };
        let Some((name, place)) = place else {
            let _turn = self.turn(&host.link).await;
            return self.tries(host, scope).await;
        };
        let line = self.line(&name, &place)?;
        let _turn = self.turn(&line).await;
        let lost = |error: &crate::run::LinkError| {
            Error::at(
                &place,
                format!(
                    "cannot reach `{name}`, which the task is delegated to: {}",
                    chain(error).join(": ")
                ),
            )
        };
        let connected = line.lock().await.connect(&self.context.connector).await;
        connected.map_err(|error| lost(&error))?;
        let mut guest = host.guest(line, self.context).await;
        let end = self.tries(&mut guest, scope).await;
        if guest.standing == Standing::Ended {
            host.standing = Standing::Ended;
        }
        end.map_err(|failure| match failure {
            Failure::Link(error) => lost(&error).into(),
            failure => failure,
        })
    }

    /// Where tasks are delegated, a host is looked at and acted on by one task at a time: two that add a line
    /// to one file must each see what the other has written.
    async fn turn(&self, line: &Line) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        if self.context.delegates.is_empty() {
            return None;
        }
        let turn = line.lock().await.turn.clone();
        Some(turn.lock_owned().await)
    }

    fn line(&self, name: &str, place: &Place) -> Result<Line> {
        if let Some(line) = self.context.locks.link(name) {
            return Ok(line.clone());
        }
        match self.context.delegates.get(name) {
            Some(Ok(line)) => Ok(line.clone()),
            Some(Err(why)) => Err(Error::at(place, why.clone())),
            None => {
                let error = Error::at(place, format!("`{name}` is no host of the inventory"));
                let known = self.context.delegates.keys().map(String::as_str);
                Err(error.hint(match near(name, known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "a task is delegated to a host of the inventory, or to `localhost`"
                        .to_owned(),
                }))
            }
        }
    }
}

impl HostRun {
    /// This host's variables on another's line, for one delegated task: it asks anew and keeps nothing.
    async fn guest(&self, line: Line, context: &Context) -> Self {
        let locks = &context.locks;
        let no_become = context.options.no_become;
        let sudo = crate::run::identity::Sudo::of(&line.lock().await.target, no_become);
        let mut guest = Self::new(&self.name, line, self.scope.clone(), sudo);
        guest.origin = Some(self.link.clone());
        guest.fresh = locks.are_taken() && guest.link.lock().await.is_open();
        guest
    }
}
