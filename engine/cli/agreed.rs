//! What a deed may cost is said before it is begun, and asked where nobody has agreed to it on the command line.

use std::io::{self, IsTerminal as _};

use wmprov::commands::{ApplyOptions, Decommission, Promotion, replacing};
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
    deed: &mut Deed,
    secrets: &Secrets,
    screen: Screen,
) -> Result<bool, Vec<Error>> {
    let (losses, yes, question) = match deed {
        Deed::Promote(wish, yes) => {
            let question = format!("Promote {} all the same?", wish.manager);
            (Promotion::read(options, wish)?.losses(), yes, question)
        }
        Deed::Decommission(wish, yes) => {
            let question = format!("Decommission {} all the same?", wish.name);
            (Decommission::read(options, wish)?.losses(), yes, question)
        }
        Deed::Replace(host, key) => return key_agreed(options, host, key, screen),
        _ => return Ok(true),
    };
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
    Ok(asked(&question, screen))
}

/// Shows the key of a new machine, where it is not the known one, and asks for what the command line does not say. Where
/// there is nobody to ask, whoever takes the key refuses it.
fn key_agreed(
    options: &ApplyOptions,
    host: &str,
    key: &mut Option<String>,
    screen: Screen,
) -> Result<bool, Vec<Error>> {
    if key.is_some() || !io::stdin().is_terminal() {
        return Ok(true);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|cause| {
        vec![Error::new("this machine gives no threads to run on").because(cause)]
    })?;
    let shown = runtime.block_on(replacing(options, host));
    runtime.shutdown_background();
    let Some(shown) = shown? else {
        return Ok(true);
    };
    screen.tell(&format!(
        "{host} shows {} {}\n",
        shown.kind, shown.fingerprint
    ));
    match shown.known.is_empty() {
        true => screen.tell("nothing is known of it\n"),
        false => screen.tell(&format!("known is {}\n", shown.known.join(", "))),
    }
    let question =
        "Is that the new machine's key (`ssh-keygen -lf` on it shows), and the old one off?";
    let agreed = asked(question, screen);
    *key = agreed.then_some(shown.fingerprint);
    Ok(agreed)
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
