//! `adopt`: what somebody changed by hand, hunk by hunk, a question about each, and what came of it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use wmprov::commands::{AdoptOptions, DriftOptions, HandEdit, HandEdits, hand_edits};
use wmprov::drift::Kind;
use wmprov::report::{Verbosity, still_line};
use wmprov::run::Mode;
use wmprov::yaml::{Error, Secrets};

use crate::agreed::asked;
use crate::exit::Exit;
use crate::failure;
use crate::node_arguments::AdoptArgs;
use crate::ready::Ready;
use crate::screen::Screen;
use crate::to_end::to_end;

/// Looks, asks, writes, and looks again.
pub(crate) fn run(args: AdoptArgs, screen: Screen) -> Exit {
    match adopted(args, screen) {
        Ok(exit) => exit,
        Err(errors) => failure::fail(screen, &errors, None),
    }
}

fn adopted(args: AdoptArgs, screen: Screen) -> Result<Exit, Vec<Error>> {
    let ready = Ready::of(args.files, args.connect, None, args.limit)?;
    let display = || ready.display(Verbosity::default(), false, Mode::Plan, screen);
    let options = AdoptOptions {
        drift: DriftOptions {
            files: ready.files.clone(),
            connect: ready.connect.clone(),
            forks: usize::from(args.forks),
            no_become: false,
            secrets: ready.secrets.clone(),
        },
        paths: args.paths,
        unknown: args.unknown,
    };
    let looked = to_end(
        display(),
        "no further host is asked",
        async |events, interrupt| hand_edits(&options, events, interrupt).await,
    );
    let Some((found, _)) = looked? else {
        screen.tell("aborted\n");
        return Ok(Exit::Interrupted);
    };
    if found.interrupted {
        screen.tell("interrupted; nothing was written\n");
        return Ok(Exit::Interrupted);
    }
    let say = Say {
        screen,
        secrets: &ready.secrets,
    };
    let mut whole = say.line(&passed(&found));
    let agreed = say.agreed(&found, args.yes, &mut whole);
    let exit = if agreed.is_empty() {
        left_alone(&found)
    } else {
        let adopted = found.adopt(&agreed)?;
        let mut page: String = adopted
            .told
            .iter()
            .map(|line| format!("{} {}\n", screen.out.changed("written:"), still_line(line)))
            .collect();
        for (path, why) in &adopted.refused {
            page.push_str(&refused(path, why, screen));
        }
        whole &= say.line(&page);
        let looked = to_end(
            display(),
            "no further host is asked",
            async |events, interrupt| adopted.left(&options, events, interrupt).await,
        );
        let Some((left, _)) = looked? else {
            screen.tell("aborted: it is written, and not proved; `wmprov drift` tells\n");
            return Ok(Exit::Interrupted);
        };
        let count = match adopted.count() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let page = match left.is_empty() {
            true => format!(
                "{} {count} as wanted now, on the hosts as in your files\n",
                screen.out.good("proved:")
            ),
            false => left
                .iter()
                .map(|line| format!("{} {}\n", screen.out.bad("left:"), still_line(line)))
                .collect(),
        };
        whole &= say.line(&page);
        let all =
            agreed.len() == found.edits.len() && adopted.refused.is_empty() && left.is_empty();
        match all && found.silent.is_empty() {
            true => Exit::AsWanted,
            false if !found.silent.is_empty() => Exit::HostFailed,
            false => Exit::WouldChange,
        }
    };
    Ok(if whole { exit } else { exit.or_lost() })
}

/// How it ends where nothing is written.
fn left_alone(found: &HandEdits) -> Exit {
    match (found.silent.is_empty(), found.edits.is_empty()) {
        (false, _) => Exit::HostFailed,
        (true, true) => Exit::AsWanted,
        (true, false) => Exit::WouldChange,
    }
}

/// What is no matter of this, and who was not asked.
fn passed(found: &HandEdits) -> String {
    let mut page = String::new();
    for line in &found.silent {
        page.push_str(&format!("not asked: {}\n", still_line(line)));
    }
    for line in &found.passed {
        page.push_str(&format!("passed over: {}\n", still_line(line)));
    }
    if found.edits.is_empty() {
        page.push_str("nothing to adopt: nobody has changed a file of a Home\n");
    }
    page
}

fn refused(path: &str, why: &[Error], screen: Screen) -> String {
    let path = still_line(path);
    let mut page = String::new();
    for error in why {
        let place = error
            .place()
            .map_or(String::new(), |place| format!("{place}: "));
        // Writing to a text cannot fail.
        let _ok = writeln!(
            page,
            "{} {path}: {place}{}",
            screen.out.bad("refused:"),
            still_line(error.message())
        );
        let mut cause = std::error::Error::source(error);
        while let Some(one) = cause {
            let _ok = writeln!(page, "  because {}", still_line(&one.to_string()));
            cause = one.source();
        }
        if let Some(hint) = error.way_out() {
            let _ok = writeln!(page, "  hint: {}", hint.trim_end().replace('\n', "\n  "));
        }
    }
    page
}

struct Say<'a> {
    screen: Screen,
    secrets: &'a Secrets,
}

impl Say<'_> {
    /// Shows a page; false where nobody could be shown it.
    fn line(&self, page: &str) -> bool {
        page.is_empty() || self.screen.result(&self.secrets.mask(page))
    }

    /// Shows each change and asks about it; gives the numbers of those that are agreed to.
    fn agreed(&self, found: &HandEdits, yes: bool, whole: &mut bool) -> Vec<usize> {
        let can_ask = io::stdin().is_terminal();
        let mut agreed = Vec::new();
        for (at, edit) in found.edits.iter().enumerate() {
            *whole &= self.line(&self.page(edit));
            if !edit.refused.is_empty() {
                continue;
            }
            let names: Vec<&str> = edit.nodes.iter().map(|one| one.node.as_str()).collect();
            let question = format!("Adopt {} of {}?", still_line(&edit.path), names.join(", "));
            if yes || (can_ask && asked(&question, self.screen)) {
                agreed.push(at);
            }
        }
        let open = found
            .edits
            .iter()
            .filter(|edit| edit.refused.is_empty())
            .count();
        if open > 0 && !yes && !can_ask {
            self.screen.tell("nothing is written: there is no terminal to ask at; `--yes` adopts what is not refused\n");
        }
        agreed
    }

    /// A file: its hunks, each with the nodes that have it, and where it would go.
    fn page(&self, edit: &HandEdit) -> String {
        let paint = self.screen.out;
        let mut page = format!(
            "{} {}\n",
            paint.bold("changed by hand:"),
            still_line(&edit.path)
        );
        let mut hunks: Vec<(&str, String, Vec<&str>)> = Vec::new();
        for one in &edit.nodes {
            let finding = &one.finding;
            let both = match finding.class {
                wmprov::drift::Class::Both => ", and the inventory has changed",
                _ => "",
            };
            let what = format!("{}{both}", finding.kind.as_str());
            let text = finding.hunk.clone().unwrap_or_else(|| match finding.kind {
                Kind::Missing => String::new(),
                _ => format!(
                    "{}\n",
                    still_line(finding.observed.as_deref().unwrap_or("nothing"))
                ),
            });
            let shown = format!("{what}\n{text}");
            match hunks.iter_mut().find(|(_, known, _)| *known == shown) {
                Some((.., nodes)) => nodes.push(&one.node),
                None => hunks.push((&one.node, shown, vec![&one.node])),
            }
        }
        for (_, text, nodes) in hunks {
            let (what, hunk) = text.split_once('\n').unwrap_or((&text, ""));
            page.push_str(&format!("  {}: {what}\n", nodes.join(", ")));
            for line in hunk.lines() {
                let line = still_line(line);
                let line = match line.as_bytes().first() {
                    Some(b'+') => paint.good(&line),
                    Some(b'-') => paint.bad(&line),
                    Some(b'@') => paint.dim(&line),
                    _ => line,
                };
                page.push_str(&format!("    {line}\n"));
            }
        }
        for line in edit.told.iter().filter(|_| edit.refused.is_empty()) {
            page.push_str(&format!("  goes to {}\n", still_line(line)));
        }
        page + &refused(&edit.path, &edit.refused, self.screen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Colour;

    #[test]
    fn a_name_on_a_host_moves_no_cursor() {
        let screen = Screen::new(Colour::Never, false);
        let evil = "a\u{1b}[2J\n.jar";
        let why = Error::new(format!("`{evil}` holds no file")).because(evil.to_owned());
        let page = refused(evil, &[why.hint("remove it")], screen);
        assert_eq!(
            page,
            "refused: a?[2J?.jar: `a?[2J?.jar` holds no file\n  because a?[2J?.jar\n  hint: remove it\n"
        );
    }
}
