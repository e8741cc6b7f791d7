//! `generations`, `history`, `status`: one look at the hosts, and a page.

use std::io::{self, IsTerminal as _};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::mpsc;
use wmprov::commands::{FileOptions, LookOptions, generations, history, secrets_of, status};
use wmprov::report::{Lines, Paint, Verbosity, generations_page, history_page, status_page};
use wmprov::run::{Event, Events, Interrupt, Mode, Report};
use wmprov::yaml::Error;

use crate::arguments::LookArgs;
use crate::display::{Display, Style};
use crate::exit::Exit;
use crate::interrupt::Signals;
use crate::run::{connect_of, once_from_stdin, vault_of};
use crate::screen::Screen;
use crate::{failure, secrets};

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    Generations,
    History,
    Status,
}

/// The page, the report of the look, and whether all that was seen is well.
type Seen = (String, Report, bool);

/// Looks and shows.
pub(crate) fn run(args: LookArgs, subject: Subject, screen: Screen) -> Exit {
    match looked(args, subject, screen) {
        Ok(Some((page, report, is_good))) => {
            if !screen.result(&page) {
                return Exit::HostFailed;
            }
            match (report.interrupted, report.is_good() && is_good) {
                (true, _) => Exit::Interrupted,
                (false, true) => Exit::AsWanted,
                (false, false) => Exit::HostFailed,
            }
        }
        Ok(None) => {
            screen.tell("aborted\n");
            Exit::Interrupted
        }
        Err(errors) => failure::fail(screen, &errors, None),
    }
}

fn looked(args: LookArgs, subject: Subject, screen: Screen) -> Result<Option<Seen>, Vec<Error>> {
    let one = |error| vec![error];
    secrets::none_in(&args.files.extra_vars).map_err(one)?;
    once_from_stdin(&args.connect, &args.files.vault).map_err(one)?;
    let files = FileOptions {
        vault: vault_of(&args.files.vault).map_err(one)?,
        inventory: args.files.inventory,
        playbook: None,
        limit: args.limit,
        extra_vars: args.files.extra_vars,
    };
    let connect = connect_of(args.connect).map_err(one)?;
    let mut secrets = secrets_of(&files)?;
    let passwords = [&connect.password, &connect.become_password];
    for password in passwords.into_iter().flatten() {
        secrets.add(password.reveal());
    }
    let lines = Lines {
        paint: screen.err,
        verbosity: Verbosity::default(),
        secrets: secrets.clone(),
    };
    let style = Style::of(false, io::stderr().is_terminal());
    let display = Display::new(lines, style, screen, Mode::Plan);
    let options = LookOptions {
        files,
        connect,
        forks: usize::from(args.forks),
    };
    let paint = (!args.json).then_some(screen.out);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| {
            one(Error::new("this machine gives no threads to run on").because(cause))
        })?;
    let ended = runtime.block_on(until_end(&options, subject, paint, display));
    // What a second Ctrl-C leaves running is not waited for.
    runtime.shutdown_background();
    let ended = ended.transpose()?;
    Ok(ended.map(|(page, report, is_good)| (secrets.mask(&page), report, is_good)))
}

/// The page, or nothing where a second Ctrl-C ended it all.
async fn until_end(
    options: &LookOptions,
    subject: Subject,
    paint: Option<Paint>,
    display: Display,
) -> Option<Result<Seen, Vec<Error>>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let events = Events::new(sender);
    let (signals, interrupt) = match Signals::listen() {
        Ok(listening) => listening,
        Err(cause) => {
            let error = Error::new("cannot listen to signals").because(cause);
            return Some(Err(vec![error]));
        }
    };
    let showing = tokio::spawn(display.show(receiver));
    let tell_first = || {
        events.send(Event::Noticed {
            host: None,
            message: "interrupted: no further host is asked; once more aborts".to_owned(),
        });
    };
    let ended = tokio::select! {
        ended = page(options, subject, paint, &events, interrupt) => Some(ended),
        () = signals.twice(tell_first) => None,
    };
    drop(events);
    if ended.is_none() {
        showing.abort();
    }
    // An aborted display has nothing more to show; one that ended by itself has shown all.
    let _shown = showing.await;
    ended
}

async fn page(
    options: &LookOptions,
    subject: Subject,
    paint: Option<Paint>,
    events: &Events,
    interrupt: Interrupt,
) -> Result<Seen, Vec<Error>> {
    match subject {
        Subject::Generations => {
            let (nodes, report) = generations(options, events, interrupt).await?;
            let page = match paint {
                Some(paint) => generations_page(&nodes, paint),
                None => json("nodes", &nodes)?,
            };
            Ok((page, report, true))
        }
        Subject::History => {
            let (runs, report) = history(options, events, interrupt).await?;
            let page = match paint {
                Some(paint) => history_page(&runs, paint),
                None => json("runs", &runs)?,
            };
            Ok((page, report, true))
        }
        Subject::Status => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = since.map_or(0, |time| time.as_secs());
            let (nodes, report) = status(options, now, events, interrupt).await?;
            let is_good = nodes.iter().all(wmprov::state::NodeStatus::is_good);
            let page = match paint {
                Some(paint) => status_page(&nodes, paint),
                None => json("nodes", &nodes)?,
            };
            Ok((page, report, is_good))
        }
    }
}

fn json(name: &str, list: &impl Serialize) -> Result<String, Vec<Error>> {
    let object = std::collections::BTreeMap::from([(name, list)]);
    match serde_json::to_string_pretty(&object) {
        Ok(text) => Ok(text + "\n"),
        Err(cause) => Err(vec![
            Error::new("the page cannot be written as JSON").because(cause),
        ]),
    }
}
