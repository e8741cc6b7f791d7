//! `unlock`: who holds which lock, a question, and what came of it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use wmprov::commands::{Unlocked, unlock};
use wmprov::run::{HostLock, LockStanding};
use wmprov::yaml::{Error, Secrets};

use crate::arguments::UnlockArgs;
use crate::exit::Exit;
use crate::ready::Ready;
use crate::screen::Screen;
use crate::{agreed, failure};

/// Shows the locks, asks, and takes them away.
pub(crate) fn run(args: UnlockArgs, screen: Screen) -> Exit {
    match unlocked(args, screen) {
        Ok(exit) => exit,
        Err(errors) => failure::fail(screen, &errors, None),
    }
}

fn unlocked(args: UnlockArgs, screen: Screen) -> Result<Exit, Vec<Error>> {
    let one = |error| vec![error];
    if !args.yes && !io::stdin().is_terminal() {
        let error = Error::new("there is no terminal to ask whether locks may be taken away");
        return Err(one(
            error.hint("give `--yes` to take them away without a question")
        ));
    }
    let Ready {
        files,
        connect,
        secrets,
    } = Ready::of(args.files, args.connect, None, args.limit)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|cause| {
        one(Error::new("this machine gives no threads to run on").because(cause))
    })?;
    let agree = |locks: &[HostLock]| {
        screen.tell(&page(locks, &secrets, screen));
        args.yes || asked(screen)
    };
    let end = runtime.block_on(unlock(files, connect, agree))?;
    runtime.shutdown_background();
    Ok(match end {
        Unlocked::Refused => {
            screen.tell("nothing was done\n");
            Exit::HostFailed
        }
        Unlocked::Nothing(locks) | Unlocked::Done(locks) => {
            let shown = screen.result(&page(&locks, &secrets, screen));
            match shown && locks.iter().all(is_good) {
                true => Exit::AsWanted,
                false => Exit::HostFailed,
            }
        }
    })
}

fn is_good(lock: &HostLock) -> bool {
    !matches!(lock.standing, LockStanding::Failed(..))
}

fn page(locks: &[HostLock], secrets: &Secrets, screen: Screen) -> String {
    let mut page = String::new();
    for HostLock { host, standing } in locks {
        // Writing to a text cannot fail.
        let _ok = match standing {
            LockStanding::Free => writeln!(page, "{host}: no lock"),
            LockStanding::Held(holder) => writeln!(
                page,
                "{host}: held by {}, last seen {} s ago",
                holder.who(),
                holder.age
            ),
            LockStanding::TakenAway(holder) => writeln!(
                page,
                "{} {host}: the lock of {}",
                screen.out.changed("taken away:"),
                holder.who()
            ),
            LockStanding::Failed(why, hint) => {
                let hint = hint.as_ref().map(|hint| format!("\n  hint: {hint}"));
                let hint = hint.unwrap_or_default();
                writeln!(page, "{} {host}: {why}{hint}", screen.out.bad("failed:"))
            }
        };
    }
    secrets.mask(&page)
}

/// Asks on the terminal.
fn asked(screen: Screen) -> bool {
    let question = "A run that still lives fails at its next step. Take these locks away?";
    agreed::asked(question, screen)
}
