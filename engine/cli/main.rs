//! The command line: argv → a command of the library, its report → an exit code.
//!
//! `arguments` is what can be said, `agreed` what is asked besides, `exit` what the end means. `run` is what acts, and `plan`, `pages` the
//! verbs that only write text, `adopt`, `drift` and `nightly` the check of what is there, `look` what nodes
//! are and were; `display` shows events as they come.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod adopt;
mod agreed;
mod arguments;
mod backup;
mod backup_arguments;
mod display;
#[cfg(test)]
mod documented;
mod drift;
mod examples;
mod exit;
mod failure;
mod first_arguments;
mod first_run;
mod go_on;
mod init;
mod interrupt;
mod kept;
mod look;
mod nightly;
mod node_arguments;
mod pages;
mod ready;
mod report;
mod run;
mod saved;
mod screen;
mod secrets;
mod to_end;
mod unlock;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::arguments::{Cli, Verb};

/// One heap for all threads: the C library's allocator gives each thread that makes a stream of files for a host an
/// arena of its own, a megabyte a host that nobody uses again.
#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
use crate::exit::Exit;
use crate::look::Subject;
use crate::node_arguments::{DecommissionArgs, NodesArgs, PromoteArgs, RolloutArgs};
use crate::run::Deed;
use crate::screen::Screen;
use wmprov::commands::{DecommissionOptions, Power, PromoteOptions};
use wmprov::run::{Mode, now};

fn main() -> ExitCode {
    let exit = match Cli::try_parse() {
        Ok(cli) => act(cli),
        Err(error) => {
            // Help for a reader who has gone is no failure.
            let _nobody = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::AsWanted,
                _ => Exit::Wrong,
            }
        }
    };
    exit.into()
}

fn act(cli: Cli) -> Exit {
    let screen = Screen::new(cli.color, cli.verbose > 0);
    match cli.verb {
        Verb::Apply(args) => saved::apply(args, screen),
        Verb::Plan(args) => {
            let deed = match args.output {
                Some(file) => Deed::Save(file),
                None => Deed::Plan,
            };
            run::run_as(args.run, RolloutArgs::default(), Mode::Plan, deed, screen)
        }
        Verb::Rollback(args) => {
            let deed = Deed::Rollback(args.to);
            nodes(args.nodes, RolloutArgs::default(), deed, screen)
        }
        Verb::Promote(args) => promote(*args, screen),
        Verb::Decommission(args) => decommission(*args, screen),
        Verb::Replace(args) => {
            let deed = Deed::Replace(args.host, args.host_key);
            nodes(args.deed.nodes(), RolloutArgs::default(), deed, screen)
        }
        Verb::Start(args) => nodes(args.nodes, args.rollout, Deed::Power(Power::Start), screen),
        Verb::Stop(args) => nodes(args.nodes, args.rollout, Deed::Power(Power::Stop), screen),
        Verb::Restart(args) => {
            // A proof of this very second may be older than this restart, so it is no restart.
            let since = args.since.unwrap_or_else(|| now() + 1);
            let is_rest = args.since.is_some();
            let deed = Deed::Power(Power::Restart { since, is_rest });
            nodes(args.power.nodes, args.power.rollout, deed, screen)
        }
        Verb::Generations(args) => look::run(*args, Subject::Generations, screen),
        Verb::Status(args) => {
            let subject = Subject::Status(args.watch, args.state);
            look::run(args.look, subject, screen)
        }
        Verb::Logs(args) => look::run(args.look, Subject::Logs(args.lines), screen),
        Verb::Threads(args) => look::run(*args, Subject::Threads, screen),
        Verb::History(args) => look::run(*args, Subject::History, screen),
        Verb::Adopt(args) => adopt::run(*args, screen),
        Verb::Drift(args) => drift::run(*args, screen),
        Verb::Unlock(args) => unlock::run(args, screen),
        Verb::Backup(args) => backup::run(*args, screen),
        Verb::Restore(args) => backup::restore(*args, screen),
        Verb::Init(args) => init::run(*args, screen),
        other => match interrupt::interruptible(move || pages::write(other, screen)) {
            Ok(Some(Ok(page))) if screen.result(&page) => Exit::AsWanted,
            Ok(Some(Ok(_))) => Exit::HostFailed,
            Ok(Some(Err(errors))) => failure::fail(screen, &errors, None),
            Ok(None) => {
                screen.tell("interrupted\n");
                Exit::Interrupted
            }
            Err(error) => failure::fail(screen, &[error], None),
        },
    }
}

/// Another active manager.
fn promote(args: PromoteArgs, screen: Screen) -> Exit {
    let rollout = RolloutArgs {
        cut: args.cut,
        ..RolloutArgs::default()
    };
    let wish = PromoteOptions {
        manager: args.host,
        dead: args.dead,
    };
    let deed = Deed::Promote(wish, args.yes);
    nodes(args.deed.nodes(), rollout, deed, screen)
}

/// The leave of a host, or of a cluster.
fn decommission(args: DecommissionArgs, screen: Screen) -> Exit {
    let rollout = RolloutArgs {
        cut: args.cut,
        ..RolloutArgs::default()
    };
    let wish = DecommissionOptions {
        name: args.name,
        purge: args.purge,
        dead: args.dead,
    };
    let deed = Deed::Decommission(wish, args.yes);
    nodes(args.deed.nodes(), rollout, deed, screen)
}

/// A deed on nodes as they are.
fn nodes(args: NodesArgs, rollout: RolloutArgs, deed: Deed, screen: Screen) -> Exit {
    let mode = if args.check { Mode::Plan } else { Mode::Apply };
    run::run_as(args.run(), rollout, mode, deed, screen)
}
