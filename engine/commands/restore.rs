//! `wmprov restore`: a backup becomes a cluster again. What makes Homes, stores and balancers is an `apply` without nodes;
//! then the parts are put in their places; then nodes start by the gates of every `apply`.

use std::path::PathBuf;

use crate::cluster::Cluster;
use crate::cluster::checks::Check;
use crate::commands::Files;
use crate::commands::apply::{ApplyOptions, acting, acting_first, not_begun, read_apart};
use crate::commands::backup::named;
use crate::commands::reading::reading;
use crate::run::backup::{Archive, Over, Return};
use crate::run::{Event, Events, Interrupt, Mode, Outcome, Report, Tally, Verb};
use crate::yaml::{Error, VaultPasswords};

/// What comes back, and what it may replace.
#[derive(Clone, Debug)]
pub struct RestoreOptions {
    /// The backup.
    pub file: PathBuf,
    /// The passphrase of a sealed one.
    pub passphrase: VaultPasswords,
    /// What may be there already, and is replaced.
    pub over: Vec<Over>,
}

/// Restores, or shows what that would do.
///
/// # Errors
/// Every mistake in the user's files, a backup that is damaged or of another cluster, and what stands in its way on the
/// hosts: nothing has been touched then.
pub async fn restore(
    options: ApplyOptions,
    wish: &RestoreOptions,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let one = |error| vec![error];
    let (file, passphrase) = (wish.file.clone(), wish.passphrase.clone());
    let opened = reading(&interrupt, move || {
        let archive = Archive::open(&file, &passphrase).map_err(one)?;
        archive.verify().map_err(one)?;
        Ok(archive)
    });
    let Some(archive) = opened.await? else {
        return Ok(not_begun(&events));
    };
    let files = Files::read(&options.files())?;
    let name = archive.record.cluster.as_str();
    let cluster = named(&files.clusters, Some(name)).map_err(|error| {
        let message = format!("the backup is of cluster `{name}`");
        vec![Check::cite("WM204", message).because(error)]
    })?;
    let back = Return {
        inventory: &files.inventory,
        clusters: &files.clusters,
        cluster,
        connect: options.connect.clone(),
        archive: &archive,
        over: &wish.over,
        by: options.holder.clone(),
        lock_wait: options.lock_wait,
    };
    back.fits().map_err(one)?;
    let Some(plans) = read_apart(&options, &events, &interrupt).await? else {
        return Ok(not_begun(&events));
    };
    match interrupt.unless(back.may_come()).await {
        None => return Ok(not_begun(&events)),
        Some(found) => found?,
    }
    if options.mode == Mode::Apply {
        if let Some(report) = prepared(&options, cluster, &events, &interrupt).await? {
            events.send(Event::RunFinished(report.clone()));
            return Ok(report);
        }
        match back.put(&events, &interrupt).await {
            None => return Ok(not_begun(&events)),
            Some(Ok(())) => {}
            Some(Err(error)) => return Ok(failed(cluster, &error, &events)),
        }
    }
    acting(Verb::Restore, options, plans, events, interrupt).await
}

/// Makes all that needs no running node; gives the report where that did not come about.
async fn prepared(
    options: &ApplyOptions,
    cluster: &Cluster,
    events: &Events,
    interrupt: &Interrupt,
) -> Result<Option<Report>, Vec<Error>> {
    let mut options = options.clone();
    options.skip_tags.push("nodes".to_owned());
    if cluster.store().is_none() {
        // Nothing is pushed while artifacts are on their way back.
        options.skip_tags.push("sync".to_owned());
    }
    let Some(plans) = read_apart(&options, events, interrupt).await? else {
        return Ok(Some(Report::not_begun()));
    };
    let report = acting_first(Verb::Restore, options, plans, events, interrupt.clone()).await?;
    let is_done = report.is_good() && !report.interrupted;
    Ok((!is_done).then_some(report))
}

/// The report of a restore that did not put all parts in their places.
fn failed(cluster: &Cluster, error: &Error, events: &Events) -> Report {
    let mut lines = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(this) = cause {
        lines.push(this.to_string());
        cause = this.source();
    }
    let mut told = lines.join(": ");
    if let Some(hint) = error.way_out() {
        told.push_str(&format!("; {hint}"));
    }
    let host = cluster.nodes.first().map(|node| node.host.clone());
    let mut tally = Tally::default();
    tally.count(Outcome::Failed);
    let report = Report {
        hosts: host.into_iter().map(|host| (host, tally)).collect(),
        failures: vec![told.clone()],
        ..Report::default()
    };
    events.send(Event::Stopped { reason: told });
    events.send(Event::RunFinished(report.clone()));
    report
}
