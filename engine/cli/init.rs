//! `init`: arguments and a dialogue → a first inventory; or what the hosts of a cluster tell that was built by hand.

use std::io::{self, BufRead as _, IsTerminal as _};

use wmprov::commands::{
    Draft, Existing, ExistingOptions, ExistingSeen, FirstInventory, Question, existing,
};
use wmprov::report::{Lines, TopologyFormat, Verbosity, fitted, topology_page};
use wmprov::run::Mode;
use wmprov::yaml::{Error, Secrets};

use crate::display::{Display, Style};
use crate::exit::Exit;
use crate::failure;
use crate::first_arguments::InitArgs;
use crate::pages::columns;
use crate::ready::connect_of;
use crate::screen::Screen;
use crate::to_end::to_end;

/// Asks for what is not given, shows what it would write, and writes it.
pub(crate) fn run(args: InitArgs, screen: Screen) -> Exit {
    if !args.from.is_empty() {
        return match from_hosts(args, screen) {
            Ok(exit) => exit,
            Err(errors) => failure::fail(screen, &errors, None),
        };
    }
    let args = &args;
    let on_terminal = io::stdin().is_terminal() && io::stderr().is_terminal() && !args.yes;
    match first_inventory(args, screen, on_terminal) {
        Ok(first) if on_terminal && !agreed(&first, screen) => {
            screen.tell("nothing is written\n");
            Exit::AsWanted
        }
        Ok(first) => match first.write(args.force) {
            Ok(()) => written(&first, screen),
            Err(error) => failure::fail(screen, &[error], None),
        },
        Err(errors) => failure::fail(screen, &errors, None),
    }
}

/// Asks hosts, writes what they tell, and says what is left to the user.
fn from_hosts(args: InitArgs, screen: Screen) -> Result<Exit, Vec<Error>> {
    if args.output.exists() && !args.force {
        return Err(vec![FirstInventory::is_there(&args.output)]);
    }
    let force = args.force;
    let options = ExistingOptions {
        from: args.from,
        homes: args.home,
        pack: args.pack,
        output: args.output,
        connect: connect_of(args.connect).map_err(|error| vec![error])?,
        forks: 50,
    };
    let lines = Lines {
        paint: screen.err,
        verbosity: Verbosity::default(),
        secrets: Secrets::default(),
    };
    let style = Style::of(false, io::stderr().is_terminal());
    let display = Display::new(lines, style, screen, Mode::Plan);
    let looked = to_end(
        display,
        "no further host is asked",
        async |events, interrupt| existing(&options, &events, interrupt).await,
    );
    match looked? {
        Some((ExistingSeen::Cluster(found), _)) => {
            found.inventory.write(force).map_err(|error| vec![error])?;
            Ok(proposed(&found, screen))
        }
        Some((ExistingSeen::Failed(errors), _)) => {
            failure::fail(screen, &errors, None);
            screen.tell("nothing is written\n");
            Ok(Exit::HostFailed)
        }
        Some((ExistingSeen::Interrupted, _)) => {
            screen.tell("nothing is written\n");
            Ok(Exit::Interrupted)
        }
        None => {
            screen.tell("aborted\n");
            Ok(Exit::Interrupted)
        }
    }
}

/// What was written, what no variable says, and what the checks say against it.
fn proposed(found: &Existing, screen: Screen) -> Exit {
    let file = found.inventory.file.display();
    let mut page = format!("written: {file}\n");
    for note in &found.notes {
        page.push_str(&format!("note: {note}\n"));
    }
    let is_right = found.against.is_empty();
    page.push_str(&match is_right {
        true => {
            format!("take over what was changed in the Homes with: wmprov adopt {file} --unknown\n")
        }
        false => format!("mend what is told here, then go on with: wmprov validate {file}\n"),
    });
    let shown = screen.result(&page);
    if !is_right {
        screen.tell(&failure::page(screen, &found.against));
    }
    match (shown, is_right) {
        (false, _) => Exit::HostFailed,
        (true, true) => Exit::AsWanted,
        (true, false) => Exit::Wrong,
    }
}

fn first_inventory(
    args: &InitArgs,
    screen: Screen,
    on_terminal: bool,
) -> Result<FirstInventory, Vec<Error>> {
    if args.output.exists() && !args.force {
        return Err(vec![FirstInventory::is_there(&args.output)]);
    }
    let mut draft = Draft::new(&args.output).map_err(|error| vec![error])?;
    for question in Question::ALL {
        match args.given(question) {
            Some(answer) => draft.answer(question, answer)?,
            None if on_terminal && draft.is_asked(question) => ask(&mut draft, question, screen)?,
            None => {}
        }
    }
    draft.finish()
}

/// Asks until an answer is taken.
fn ask(draft: &mut Draft, question: Question, screen: Screen) -> Result<(), Vec<Error>> {
    let offer = draft.offer(question);
    if !offer.is_empty() {
        let columns = screen.err_size.map(|(_, columns)| columns);
        screen.tell(&fitted(&format!("{}\n", screen.err.dim(&offer)), columns));
    }
    loop {
        let suggested = draft.suggestion(question);
        let suggestion = match &suggested {
            Some(suggested) => format!(" [{suggested}]"),
            None => String::new(),
        };
        screen.tell(&format!(
            "{}{suggestion}: ",
            screen.err.bold(question.asked())
        ));
        let typed = line().map_err(|error| vec![error])?;
        let Some(answer) = Some(typed).filter(|typed| !typed.is_empty()).or(suggested) else {
            continue;
        };
        match draft.answer(question, &answer) {
            Ok(()) => return Ok(()),
            Err(errors) => screen.tell(&failure::page(screen, &errors)),
        }
    }
}

/// A line of standard input, without the blanks around it.
fn line() -> Result<String, Error> {
    let mut line = String::new();
    let read = io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|cause| Error::new("cannot read the answer").because(cause))?;
    match read {
        0 => Err(Error::new(
            "the answers end before the questions do; nothing is written",
        )),
        _ => Ok(line.trim().to_owned()),
    }
}

/// Shows the cluster and asks whether its inventory is to be written.
fn agreed(first: &FirstInventory, screen: Screen) -> bool {
    let picture = topology_page(&first.clusters, TopologyFormat::Text, columns());
    screen.tell(&format!(
        "\n{picture}\n{} [yes]: ",
        screen.err.bold(&format!("write {}", first.file.display()))
    ));
    // Where nobody answers, nobody has agreed.
    line().is_ok_and(|typed| ["", "y", "yes"].contains(&typed.to_lowercase().as_str()))
}

fn written(first: &FirstInventory, screen: Screen) -> Exit {
    let file = first.file.display();
    let mut page = format!("written: {file}\n");
    for cluster in &first.clusters {
        if !cluster.pack.exists() {
            page.push_str(&format!(
                "the pack has to lie at: {}\n",
                cluster.pack.display()
            ));
        }
    }
    page.push_str(&format!("see what it would do with: wmprov plan {file}\n"));
    match screen.result(&page) {
        true => Exit::AsWanted,
        false => Exit::HostFailed,
    }
}
