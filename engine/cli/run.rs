//! `apply`, `plan` and what else acts: arguments → options, events → the display, report → recap and exit code.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wmprov::commands::{
    ApplyOptions, DecommissionOptions, Power, PromoteOptions, RestoreOptions, apply, apply_plan,
    decommission, power, promote, replace, restore, rollback, save_plan,
};
use wmprov::connection::local_user;
use wmprov::report::{Verbosity, fitted, recap};
use wmprov::run::{Events, Interrupt, Mode, Report, Verb, now};
use wmprov::yaml::{Error, Secrets};

use crate::agreed::agreed;
use crate::arguments::RunArgs;
use crate::display::Display;
use crate::exit::Exit;
use crate::node_arguments::RolloutArgs;
use crate::ready::Ready;
use crate::report::WantedReport;
use crate::screen::Screen;
use crate::to_end::to_end;
use crate::{failure, first_run, go_on, kept};

/// What is done to the hosts.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Bring about what is wanted.
    Apply,
    /// Say what an apply would change: exit code 3 where that is something.
    Plan,
    /// The same, and save it in this file.
    Save(PathBuf),
    /// Do the plan that was saved in this file.
    Saved(PathBuf),
    /// Go back to a generation, or to what was before the last run.
    Rollback(Option<u64>),
    /// Start, stop or restart nodes.
    Power(Power),
    /// Another active manager; what may be lost is agreed to.
    Promote(PromoteOptions, bool),
    /// A host's leave; what may be lost is agreed to.
    Decommission(DecommissionOptions, bool),
    /// A new machine under a host's name; the fingerprint of its key that is agreed to.
    Replace(String, Option<String>),
    /// A backup is to be a cluster again.
    Restore(RestoreOptions),
}

impl Deed {
    /// What it is called.
    fn verb(&self) -> Verb {
        match self {
            Self::Apply | Self::Saved(_) => Verb::Apply,
            Self::Plan | Self::Save(_) => Verb::Plan,
            Self::Rollback(_) => Verb::Rollback,
            Self::Power(power) => power.verb(),
            Self::Promote(..) => Verb::Promote,
            Self::Decommission(..) => Verb::Decommission,
            Self::Replace(..) => Verb::Replace,
            Self::Restore(_) => Verb::Restore,
        }
    }
}

/// Does a deed, or shows what it would do.
pub(crate) fn run_as(
    args: RunArgs,
    rollout: RolloutArgs,
    mode: Mode,
    mut deed: Deed,
    screen: Screen,
) -> Exit {
    let arguments: Vec<String> = std::env::args().collect();
    let this = go_on::command(&arguments);
    let json = args.json;
    let page = args.report.clone();
    if let Deed::Save(file) = &deed
        && let Err(error) = kept::plan_writable(file)
    {
        return failure::fail(screen, &[error], Some(&this));
    }
    let (mut options, display) = match prepare(args, mode, screen, &this) {
        Ok(prepared) => prepared,
        Err(errors) => return failure::fail(screen, &errors, Some(&this)),
    };
    options.cut = rollout.cut;
    options.skip_unreachable = rollout.skip_unreachable;
    options.probe_artifact = rollout.probe_artifact;
    options.allow_downtime = rollout.allow_downtime;
    let secrets = display.secrets().clone();
    match agreed(&options, &mut deed, &secrets, screen) {
        Ok(true) => {}
        Ok(false) => {
            screen.tell("nothing was done\n");
            return Exit::HostFailed;
        }
        Err(errors) => return failure::fail(screen, &errors, Some(&this)),
    }
    let next = Next::of(&deed, Some(&options.inventory), arguments);
    let page = page.map(|file| WantedReport::begun(file, options.files(), deed.verb()));
    let page = match page.transpose() {
        Ok(page) => page,
        Err(error) => return failure::fail(screen, &[error], Some(&this)),
    };
    let record = page.as_ref().map(|page| page.record.clone());
    let display = display.going_on(next.clone()).recorded_by(record);
    let changes_tell = matches!(deed, Deed::Plan | Deed::Save(_));
    if !json && mode == Mode::Apply {
        first_run::tell(screen);
    }
    let saving = match &deed {
        Deed::Save(file) => Some(file.clone()),
        _ => None,
    };
    let reporting = page.as_ref().map(|page| page.file.clone());
    let masked = secrets.clone();
    let work = |events, interrupt| done(options, deed, masked, events, interrupt);
    match to_end(display, "ending the steps in flight", work) {
        Ok(Some((mut report, whole))) => {
            let exit = exit_of(&report, mode, changes_tell);
            let mut exit = if whole { exit } else { exit.or_lost() };
            report.go_on = command_after(&report, mode, &next);
            if !json {
                let page = secrets.mask(&recap(&report, screen.out));
                if !screen.result(&fitted(&page, screen.out_columns)) {
                    exit = exit.or_lost();
                }
            }
            let written = page.map_or(Ok(()), |page| page.write(&this, &report, &secrets));
            if let Err(errors) = written {
                failure::fail(screen, &errors, None);
                return Exit::HostFailed;
            }
            // A plan is saved only where every host could be looked at.
            let is_saved = report.is_good() && !report.interrupted;
            let saved = saving.filter(|_file| is_saved);
            for file in saved.into_iter().chain(reporting) {
                screen.tell(&format!("written: {}\n", file.display()));
            }
            exit
        }
        Ok(None) => {
            screen.tell(&format!("aborted; go on with: {this}\n"));
            Exit::Interrupted
        }
        Err(errors) => failure::fail(screen, &errors, Some(&this)),
    }
}

async fn done(
    options: ApplyOptions,
    deed: Deed,
    secrets: Secrets,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    match deed {
        Deed::Apply | Deed::Plan => apply(options, events, interrupt).await,
        Deed::Save(file) => save_plan(options, &file, now(), secrets, events, interrupt).await,
        Deed::Saved(file) => apply_plan(options, &file, events, interrupt).await,
        Deed::Rollback(to) => rollback(options, to, events, interrupt).await,
        Deed::Power(wish) => power(options, wish, events, interrupt).await,
        Deed::Promote(wish, _) => promote(options, &wish, events, interrupt).await,
        Deed::Decommission(wish, _) => decommission(options, &wish, events, interrupt).await,
        Deed::Restore(wish) => restore(options, &wish, events, interrupt).await,
        Deed::Replace(host, key) => {
            replace(options, &host, key.as_deref(), events, interrupt).await
        }
    }
}

fn exit_of(report: &Report, mode: Mode, changes_tell: bool) -> Exit {
    if report.interrupted {
        Exit::Interrupted
    } else if !report.is_good() {
        Exit::HostFailed
    } else if mode == Mode::Plan && changes_tell && report.has_changes() {
        Exit::WouldChange
    } else {
        Exit::AsWanted
    }
}

/// The command that goes on from a report: this one again, or the apply of what was planned. What left the last worker
/// alone is done once others serve: what stands still is started first.
pub(crate) fn command_after(report: &Report, mode: Mode, next: &Next) -> Option<String> {
    if report.interrupted || !report.is_good() {
        let again = go_on::command(&next.again);
        let is_last_worker = |failure: &String| failure.contains("WM170 ");
        let start = next.start.as_ref();
        let start = start.filter(|_| report.failures.iter().any(is_last_worker));
        Some(match start {
            Some(start) => format!("{} && {again}", go_on::command(start)),
            None => again,
        })
    } else if mode == Mode::Plan && report.has_changes() {
        Some(go_on::command(&next.then))
    } else {
        None
    }
}

/// The words of the commands that may go on.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    /// Where this one did not come to its end.
    again: Vec<String>,
    /// Where it was a plan.
    then: Vec<String>,
    /// What starts the nodes that stand still, where this one acts on nodes.
    start: Option<Vec<String>>,
}

impl Next {
    /// Of a deed that was said with these words.
    fn of(deed: &Deed, inventory: Option<&Path>, mut words: Vec<String>) -> Self {
        let start = inventory.map(|inventory| go_on::starting(&words, inventory));
        let said = |word: &String| word == "--since" || word.starts_with("--since=");
        if let Deed::Power(Power::Restart { since, .. }) = deed
            && !words.iter().any(said)
        {
            // What has had its restart is left alone.
            words.extend(["--since".to_owned(), since.to_string()]);
        }
        let then = match deed {
            Deed::Save(file) => go_on::applying_saved(&words, file),
            _ => go_on::applying(&words),
        };
        Self {
            again: words,
            then,
            start,
        }
    }

    /// Of the command that runs.
    pub(crate) fn of_this() -> Self {
        Self::of(&Deed::Apply, None, std::env::args().collect())
    }
}

/// Arguments → options and display.
fn prepare(
    args: RunArgs,
    mode: Mode,
    screen: Screen,
    this: &str,
) -> Result<(ApplyOptions, Display), Vec<Error>> {
    let ready = Ready::of(
        args.files,
        args.connect,
        args.playbook.playbook,
        args.playbook.limit,
    )?;
    let verbosity = Verbosity {
        verbose: screen.verbose,
        diff: args.diff || mode == Mode::Plan,
    };
    let display = ready.display(verbosity, args.json, mode, screen);
    let Ready {
        files,
        connect,
        secrets,
    } = ready;
    let options = ApplyOptions {
        inventory: files.inventory,
        playbook: files.playbook,
        limit: files.limit,
        extra_vars: files.extra_vars,
        vault: files.vault,
        connect,
        mode,
        forks: usize::from(args.forks),
        tags: args.tags,
        skip_tags: args.skip_tags,
        lock_wait: Duration::from_secs(args.lock_wait),
        verify_pack: args.verify_pack,
        holder: holder(this, &secrets),
        cut: false,
        skip_unreachable: false,
        probe_artifact: false,
        witness: None,
        allow_downtime: false,
    };
    Ok((options, display))
}

/// Who runs this, as the one who meets the lock will read it.
pub(crate) fn holder(this: &str, secrets: &Secrets) -> String {
    let machine_says = || {
        std::fs::metadata("/proc/self")
            .map_or_else(|_| "?".to_owned(), |of| format!("user {}", of.uid()))
    };
    let mut user = local_user().unwrap_or_else(machine_says);
    // Who has become root is known by his own name.
    if let Ok(before) = std::env::var("SUDO_USER")
        && !before.is_empty()
        && before != user
    {
        user = format!("{before} as {user}");
    }
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap_or_else(|_| "unknown machine".to_owned());
    let (machine, pid) = (machine.trim(), std::process::id());
    secrets.mask(&format!("{user}@{machine} (pid {pid}) running `{this}`"))
}
