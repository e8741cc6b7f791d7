//! `generations`, `history`, `status`, `logs`, `threads`: one look at the hosts, and a page.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use wmprov::commands::{LookOptions, generations, history, logs, status, threads};
use wmprov::report::{
    Paint, Verbosity, generations_page, history_page, logs_page, status_page, threads_page,
};
use wmprov::run::{Events, Interrupt, Mode, Report};
use wmprov::yaml::Error;

use crate::exit::Exit;
use crate::failure;
use crate::node_arguments::LookArgs;
use crate::ready::Ready;
use crate::screen::Screen;
use crate::to_end::to_end;
use wmprov::run::now;

/// What is looked at.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Generations,
    History,
    /// Again and again, every so many seconds, where that is given; beside the reports that are kept in a folder.
    Status(Option<u64>, Option<PathBuf>),
    /// So many last lines.
    Logs(u32),
    Threads,
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
    let ready = Ready::of(args.files, args.connect, None, args.limit)?;
    let display = ready.display(Verbosity::default(), false, Mode::Plan, screen);
    let secrets = ready.secrets;
    let options = LookOptions {
        files: ready.files,
        connect: ready.connect,
        forks: usize::from(args.forks),
    };
    let paint = (!args.json).then_some(screen.out);
    let watch = match &subject {
        Subject::Status(every, _) => every.map(Duration::from_secs),
        _ => None,
    };
    let work = async |events: Events, interrupt: Interrupt| loop {
        let (text, report, is_good) =
            page(&options, &subject, paint, &events, interrupt.clone()).await?;
        let Some(every) = watch.filter(|_| !report.interrupted) else {
            return Ok((text, report, is_good));
        };
        let shown = screen.result(&format!("{}{}", clear(paint), secrets.mask(&text)));
        if !shown || interrupt.sleep(every).await {
            return Ok((String::new(), report, is_good));
        }
    };
    let ended = to_end(display, "no further host is asked", work)?;
    Ok(ended.map(|((page, report, is_good), _)| (secrets.mask(&page), report, is_good)))
}

/// What empties a terminal's screen; in a file one page follows the other.
fn clear(paint: Option<Paint>) -> &'static str {
    match paint.is_some() && io::stdout().is_terminal() {
        true => "\u{1b}[H\u{1b}[2J",
        false => "",
    }
}

async fn page(
    options: &LookOptions,
    subject: &Subject,
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
                Some(_)
                    if runs.is_empty()
                        && report.hosts.values().any(|tally| tally.unreachable > 0) =>
                {
                    "not known: no host answered that knows of a run\n".to_owned()
                }
                Some(paint) => history_page(&runs, paint),
                None => json("runs", &runs)?,
            };
            Ok((page, report, true))
        }
        Subject::Logs(lines) => {
            let (nodes, report) = logs(options, *lines, events, interrupt).await?;
            let is_good = nodes.iter().all(wmprov::report::NodeLogs::is_whole);
            let page = match paint {
                Some(paint) => logs_page(&nodes, paint),
                None => json("nodes", &nodes)?,
            };
            Ok((page, report, is_good))
        }
        Subject::Threads => {
            let (nodes, report) = threads(options, events, interrupt).await?;
            let is_good = nodes.iter().all(|node| node.dump.unreadable.is_none());
            let page = match paint {
                Some(paint) => threads_page(&nodes, paint),
                None => json("nodes", &nodes)?,
            };
            Ok((page, report, is_good))
        }
        Subject::Status(_, state) => {
            let state = state.as_deref();
            let (nodes, report) = status(options, state, now(), events, interrupt).await?;
            let is_good = nodes.iter().all(wmprov::report::NodeStatus::is_good);
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
