//! `wmprov start`, `stop`, `restart`: nodes in the order of a rollout or the other way round, as they lie on their hosts.

use crate::catalogue::Role;
use crate::cluster::checks::Check;
use crate::commands::apply::{ApplyOptions, acting};
use crate::commands::look::{Site, read};
use crate::run::{Events, Interrupt, Report, Verb};
use crate::yaml::Error;

/// What is done to nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Those that do not run are started; every role is proved.
    Start,
    /// All are stopped.
    Stop,
    /// One after the other is restarted, but those whose process was proved at this moment (seconds since 1970) or later.
    Restart {
        /// The moment.
        since: u64,
        /// It is the rest of one that was begun then: some have had theirs.
        is_rest: bool,
    },
}

impl Power {
    /// The verb.
    #[must_use]
    pub fn verb(self) -> Verb {
        match self {
            Self::Start => Verb::Start,
            Self::Stop => Verb::Stop,
            Self::Restart { .. } => Verb::Restart,
        }
    }
}

/// Does it, or shows what it would do.
///
/// # Errors
/// Every mistake in the user's files, and a stop or restart that would leave no worker of a cluster without the word that
/// allows it: no host has been reached then.
pub async fn power(
    options: ApplyOptions,
    power: Power,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let files = options.files();
    let site = match power {
        Power::Stop => read(&files, "stop.yaml", &[])?,
        Power::Start => start(&options, "started", 0)?,
        Power::Restart { since, .. } => start(&options, "restarted", since)?,
    };
    if !options.allow_downtime {
        some_worker_stays(&site, power)?;
    }
    acting(power.verb(), options, site.into(), events, interrupt).await
}

fn start(options: &ApplyOptions, state: &str, since: u64) -> Result<Site, Vec<Error>> {
    let since = since.to_string();
    let variables = [("wmprov_state", state), ("wmprov_since", since.as_str())];
    read(&options.files(), "start.yaml", &variables)
}

/// A stop that takes every worker, or a restart that takes them all at once (`carbon_serial`), is told before the first of them
/// is stopped. Whether those that stay serve shows on their hosts only, before each stop.
fn some_worker_stays(site: &Site, power: Power) -> Result<(), Vec<Error>> {
    let all_go = site.clusters.iter().filter(|cluster| {
        let workers = cluster.of_role(Role::Worker).count();
        let at_once = match power {
            Power::Stop => true,
            Power::Start | Power::Restart { is_rest: true, .. } => false,
            // One alone cannot leave another serving.
            Power::Restart { is_rest: false, .. } => workers > 1 && cluster.serial >= workers,
        };
        let mut workers = cluster.of_role(Role::Worker);
        at_once && workers.all(|worker| site.hosts.contains(&worker.host))
    });
    let errors: Vec<Error> = all_go
        .map(|cluster| {
            let message = format!(
                "no worker of cluster `{}` would serve any more",
                cluster.name
            );
            Check::cite("WM170", message)
                .or_at(&cluster.place)
                .hint("`--allow-downtime` stops all of them; `--limit` leaves some out")
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}
