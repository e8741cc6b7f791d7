//! What a deed may cost is said before it is begun, and asked where nobody has agreed to it on the command line.

use std::io::{self, IsTerminal as _};

use wmprov::commands::{ApplyOptions, Promotion};
use wmprov::run::Mode;
use wmprov::yaml::{Error, Secrets};

use crate::run::Deed;
use crate::screen::Screen;

/// Says what a deed may cost; true where it may be done.
///
/// # Errors
/// Every mistake in the user's files, and where there is nobody to ask.
pub(crate) fn agreed(
    options: &ApplyOptions,
    deed: &Deed,
    secrets: &Secrets,
    screen: Screen,
) -> Result<bool, Vec<Error>> {
    let Deed::Promote(wish, yes) = deed else {
        return Ok(true);
    };
    let losses = Promotion::read(options, wish)?.losses();
    if losses.is_empty() {
        return Ok(true);
    }
    let lines: Vec<String> = losses.iter().map(|loss| format!("- {loss}\n")).collect();
    screen.tell(&secrets.mask(&lines.concat()));
    if *yes || options.mode == Mode::Plan {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        let error = Error::new("there is no terminal to ask whether this may be lost");
        return Err(vec![error.hint("give `--yes` to go on without a question")]);
    }
    let question = format!("Promote {} all the same?", wish.manager);
    Ok(asked(&question, screen))
}

/// Asks on the terminal; anything but a yes is a no.
pub(crate) fn asked(question: &str, screen: Screen) -> bool {
    screen.tell(&format!("{question} [y/N] "));
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) => matches!(answer.trim(), "y" | "Y" | "yes"),
        // Without an answer nobody has agreed.
        Err(_) => false,
    }
}
