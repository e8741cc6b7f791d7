//! `apply` and `plan`: arguments → options, events → the display, report → recap and exit code.

use std::io::{self, IsTerminal as _};
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use tokio::sync::mpsc;
use wmprov::commands::{ApplyOptions, FileOptions, apply, rollback, secrets_of};
use wmprov::connection::{ConnectOptions, Passphrases};
use wmprov::report::{Lines, Verbosity, recap};
use wmprov::run::{Event, Events, Interrupt, Mode, Report};
use wmprov::yaml::{Error, Secrets, VaultPasswords};

use crate::arguments::{ConnectArgs, InventoryFile, RolloutArgs, RunArgs, VaultArgs};
use crate::display::{Display, Style};
use crate::exit::Exit;
use crate::interrupt::Signals;
use crate::screen::Screen;
use crate::{failure, go_on, secrets};

/// How a run ended: with a report, with wrong files, or by the second Ctrl-C.
enum End {
    Report(Report),
    Wrong(Vec<Error>),
    Aborted,
}

/// What is done to the hosts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// Bring about what is wanted. `changes_tell`: changes that a plan finds make exit code 3.
    Apply { changes_tell: bool },
    /// Go back to a generation, or to what was before the last run.
    Rollback(Option<u64>),
}

/// Applies or plans. `changes_tell`: changes that a plan finds make exit code 3.
pub(crate) fn run(
    args: RunArgs,
    rollout: RolloutArgs,
    mode: Mode,
    changes_tell: bool,
    screen: Screen,
) -> Exit {
    run_as(args, rollout, mode, Deed::Apply { changes_tell }, screen)
}

/// Does a deed, or shows what it would do.
pub(crate) fn run_as(
    args: RunArgs,
    rollout: RolloutArgs,
    mode: Mode,
    deed: Deed,
    screen: Screen,
) -> Exit {
    let arguments: Vec<String> = std::env::args().collect();
    let this = go_on::command(&arguments);
    let json = args.json;
    let (mut options, display) = match prepare(args, mode, screen, &this) {
        Ok(prepared) => prepared,
        Err(errors) => return failure::fail(screen, &errors, Some(&this)),
    };
    options.cut = rollout.cut;
    options.skip_unreachable = rollout.skip_unreachable;
    let secrets = display.secrets().clone();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(cause) => {
            let error = Error::new("this machine gives no threads to run on").because(cause);
            return failure::fail(screen, &[error], Some(&this));
        }
    };
    let end = runtime.block_on(until_end(options, deed, display));
    // What a second Ctrl-C leaves running is not waited for.
    runtime.shutdown_background();
    match end {
        End::Report(mut report) => {
            let changes_tell = matches!(deed, Deed::Apply { changes_tell: true });
            let exit = exit_of(&report, mode, changes_tell);
            report.go_on = command_after(&report, mode, &arguments);
            if !json {
                screen.result(&secrets.mask(&recap(&report, screen.out)));
            }
            exit
        }
        End::Wrong(errors) => failure::fail(screen, &errors, Some(&this)),
        End::Aborted => {
            screen.tell(&format!("aborted; go on with: {this}\n"));
            Exit::Interrupted
        }
    }
}

async fn until_end(options: ApplyOptions, deed: Deed, display: Display) -> End {
    let (sender, receiver) = mpsc::unbounded_channel();
    let events = Events::new(sender);
    let (signals, interrupt) = match Signals::listen() {
        Ok(listening) => listening,
        Err(cause) => {
            return End::Wrong(vec![Error::new("cannot listen to signals").because(cause)]);
        }
    };
    let showing = tokio::spawn(display.show(receiver));
    let tell_first = || {
        events.send(Event::Noticed {
            host: None,
            message: "interrupted: ending the steps in flight; once more aborts".to_owned(),
        });
    };
    let end = tokio::select! {
        ended = done(options, deed, events.clone(), interrupt) => match ended {
            Ok(report) => End::Report(report),
            Err(errors) => End::Wrong(errors),
        },
        () = signals.twice(tell_first) => End::Aborted,
    };
    drop(events);
    if matches!(end, End::Aborted) {
        showing.abort();
    }
    // An aborted display has nothing more to show; one that ended by itself has shown all.
    let _shown = showing.await;
    end
}

async fn done(
    options: ApplyOptions,
    deed: Deed,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    match deed {
        Deed::Apply { .. } => apply(options, events, interrupt).await,
        Deed::Rollback(to) => rollback(options, to, events, interrupt).await,
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

/// The command that goes on from a report: this one again, or the apply of what was planned.
pub(crate) fn command_after(report: &Report, mode: Mode, arguments: &[String]) -> Option<String> {
    if report.interrupted || !report.is_good() {
        Some(go_on::command(arguments))
    } else if mode == Mode::Plan && report.has_changes() {
        Some(go_on::applying(arguments))
    } else {
        None
    }
}

/// Arguments → options and display; all passwords are read or asked for here.
fn prepare(
    args: RunArgs,
    mode: Mode,
    screen: Screen,
    this: &str,
) -> Result<(ApplyOptions, Display), Vec<Error>> {
    let one = |error| vec![error];
    secrets::none_in(&args.files.extra_vars).map_err(one)?;
    once_from_stdin(&args.connect, &args.files.vault).map_err(one)?;
    let vault = vault_of(&args.files.vault).map_err(one)?;
    let connect = connect_of(args.connect).map_err(one)?;
    let files = FileOptions {
        inventory: args.files.inventory,
        playbook: args.playbook.playbook,
        limit: args.playbook.limit,
        extra_vars: args.files.extra_vars,
        vault,
    };
    let mut secrets = secrets_of(&files)?;
    for password in [&connect.password, &connect.become_password]
        .into_iter()
        .flatten()
    {
        secrets.add(password.reveal());
    }
    let verbosity = Verbosity {
        verbose: args.verbose > 0,
        diff: args.diff || mode == Mode::Plan,
    };
    let style = Style::of(args.json, io::stderr().is_terminal());
    let display = Display::new(
        Lines {
            paint: screen.err,
            verbosity,
            secrets: secrets.clone(),
        },
        style,
        screen,
        mode,
    );
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
    };
    Ok((options, display))
}

/// Options of the verbs that read files only.
pub(crate) fn files_of(files: InventoryFile) -> Result<FileOptions, Vec<Error>> {
    secrets::none_in(&files.extra_vars).map_err(|error| vec![error])?;
    let vault = vault_of(&files.vault).map_err(|error| vec![error])?;
    Ok(FileOptions {
        inventory: files.inventory,
        extra_vars: files.extra_vars,
        vault,
        ..FileOptions::default()
    })
}

/// Reads or asks for the vault passwords.
pub(crate) fn vault_of(args: &VaultArgs) -> Result<VaultPasswords, Error> {
    let mut vault = VaultPasswords::default();
    for file in &args.vault_password_file {
        vault.add(secrets::from_file(file)?);
    }
    if args.ask_vault_pass {
        vault.add(secrets::ask("vault password")?);
    }
    Ok(vault)
}

/// How hosts are reached; passwords are read or asked for.
pub(crate) fn connect_of(args: ConnectArgs) -> Result<ConnectOptions, Error> {
    let password = |file: Option<std::path::PathBuf>, ask: bool, what: &str| match file {
        Some(file) => secrets::from_file(&file).map(Some),
        None if ask => secrets::ask(what).map(Some),
        None => Ok(None),
    };
    let can_ask = io::stderr().is_terminal();
    Ok(ConnectOptions {
        user: args.user,
        private_keys: args.private_key,
        password: password(
            args.connection_password_file,
            args.ask_pass,
            "login password",
        )?,
        become_password: password(
            args.become_password_file,
            args.ask_become_pass,
            "sudo password",
        )?,
        accept_new: args.accept_new,
        passphrases: can_ask.then(|| {
            Passphrases::new(|key| {
                // A key that stays locked is not offered; the login then says which keys it tried.
                secrets::ask(&format!("passphrase of {}", key.display())).ok()
            })
        }),
        ..ConnectOptions::from_environment()
    })
}

/// Standard input can be read once only.
pub(crate) fn once_from_stdin(connect: &ConnectArgs, vault: &VaultArgs) -> Result<(), Error> {
    let files = connect
        .become_password_file
        .iter()
        .chain(&connect.connection_password_file)
        .chain(&vault.vault_password_file);
    if files.filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(
            Error::new("two passwords cannot both come from standard input")
                .hint("give one of them in a file"),
        );
    }
    Ok(())
}

/// Who runs this, as the one who meets the lock will read it.
fn holder(this: &str, secrets: &Secrets) -> String {
    let uid = || {
        std::fs::metadata("/proc/self").map_or_else(|_| "?".to_owned(), |of| of.uid().to_string())
    };
    let user = std::env::var("USER").unwrap_or_else(|_| format!("user {}", uid()));
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap_or_else(|_| "unknown machine".to_owned());
    let (machine, pid) = (machine.trim(), std::process::id());
    secrets.mask(&format!("{user}@{machine} (pid {pid}) running `{this}`"))
}
