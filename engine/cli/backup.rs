//! `backup`, `backup verify` and `restore`: passphrases are read or asked for, then the work, then a page of the record.

use std::path::Path;
use std::time::Duration;

use wmprov::commands::{BackupOptions, RestoreOptions, backup, verify_backup};
use wmprov::report::{Verbosity, backup_page};
use wmprov::run::backup::{BackupRecord, Taken};
use wmprov::run::{Events, Interrupt, Mode};
use wmprov::yaml::{Error, Result, Secrets, VaultPasswords};

use crate::backup_arguments::{BackupArgs, BackupVerb, RestoreArgs, TakeArgs, VerifyArgs};
use crate::exit::Exit;
use crate::failure;
use crate::node_arguments::RolloutArgs;
use crate::ready::Ready;
use crate::run::{Deed, holder, run_as};
use crate::screen::Screen;
use crate::secrets;
use crate::to_end::to_end;

/// Takes a backup, or looks at one.
pub(crate) fn run(args: BackupArgs, screen: Screen) -> Exit {
    let done = match (args.verb, args.taking.0) {
        (Some(BackupVerb::Verify(args)), _) => verified(&args, screen).map_err(|error| vec![error]),
        (None, Some(args)) => taken(args, screen),
        (None, None) => Err(vec![
            Error::new("no inventory is given").hint("`wmprov backup --help` shows how"),
        ]),
    };
    match done {
        Ok(exit) => exit,
        Err(errors) => failure::fail(screen, &errors, None),
    }
}

fn taken(args: TakeArgs, screen: Screen) -> Result<Exit, Vec<Error>> {
    let one = |error| vec![error];
    let file = args.passphrase.passphrase_file.as_deref();
    if file.is_some() && !args.encrypt {
        let error = Error::new("a passphrase is given, and nothing is to be sealed");
        return Err(one(
            error.hint("add `--encrypt`, or take `--passphrase-file` out")
        ));
    }
    let passphrase = match args.encrypt {
        true => passphrase(file).map_err(one)?,
        false => VaultPasswords::default(),
    };
    let ready = Ready::of(args.files, args.connect, None, args.limit)?;
    let display = ready.display(Verbosity::default(), false, Mode::Plan, screen);
    let secrets = ready.secrets;
    let written = args.output.clone();
    let options = BackupOptions {
        files: ready.files,
        connect: ready.connect,
        cluster: args.cluster,
        output: args.output,
        passphrase,
        by: holder("wmprov backup", &secrets),
        lock_wait: Duration::from_secs(args.lock_wait),
    };
    let work =
        async |events: Events, interrupt: Interrupt| backup(options, &events, interrupt).await;
    let ended = to_end(display, "the backup ends, no file is left", work)?;
    let Some((taken, _)) = ended else {
        screen.tell("aborted\n");
        return Ok(Exit::Interrupted);
    };
    let record = match taken {
        Taken::Whole(record) => record,
        Taken::Failed(error) => {
            screen.tell(&secrets.mask(&failure::page(screen, &[error])));
            return Ok(Exit::HostFailed);
        }
        Taken::Interrupted => {
            screen.tell("interrupted: no backup was written\n");
            return Ok(Exit::Interrupted);
        }
    };
    screen.tell(&format!("written: {}\n", written.display()));
    Ok(shown(&record, args.json, &secrets, screen))
}

/// Makes a cluster what it was.
pub(crate) fn restore(args: RestoreArgs, screen: Screen) -> Exit {
    let passphrase = match &args.passphrase.passphrase_file {
        Some(file) => passphrase(Some(file)),
        None => Ok(VaultPasswords::default()),
    };
    let passphrase = match passphrase {
        Ok(passphrase) => passphrase,
        Err(error) => return failure::fail(screen, &[error], None),
    };
    let mode = if args.deed.check {
        Mode::Plan
    } else {
        Mode::Apply
    };
    let deed = Deed::Restore(RestoreOptions {
        file: args.file,
        passphrase,
        over: args.over.into_iter().map(Into::into).collect(),
    });
    run_as(
        args.deed.nodes().run(),
        RolloutArgs::default(),
        mode,
        deed,
        screen,
    )
}

fn verified(args: &VerifyArgs, screen: Screen) -> Result<Exit> {
    let passphrase = match &args.passphrase.passphrase_file {
        Some(file) => passphrase(Some(file))?,
        None => VaultPasswords::default(),
    };
    let record = verify_backup(&args.file, &passphrase)?;
    let exit = shown(&record, args.json, &Secrets::default(), screen);
    screen.tell("whole: every part is what the record says\n");
    Ok(exit)
}

/// The passphrase, from its file or the terminal.
fn passphrase(file: Option<&Path>) -> Result<VaultPasswords> {
    let secret = match file {
        Some(file) => secrets::from_file(file)?,
        None => secrets::ask("passphrase of the backup")?,
    };
    if secret.reveal().is_empty() {
        return Err(Error::new("the passphrase is empty"));
    }
    let mut passphrase = VaultPasswords::default();
    passphrase.add(secret);
    Ok(passphrase)
}

fn shown(record: &BackupRecord, json: bool, secrets: &Secrets, screen: Screen) -> Exit {
    let page = match json {
        false => backup_page(record, screen.out),
        true => {
            let open = BackupRecord {
                key: record.key.as_ref().map(|_key| "***".to_owned()),
                ..record.clone()
            };
            match serde_json::to_string_pretty(&open) {
                Ok(text) => text + "\n",
                Err(cause) => {
                    let error = Error::new("the record cannot be written as JSON").because(cause);
                    return failure::fail(screen, &[error], None);
                }
            }
        }
    };
    match screen.result(&secrets.mask(&page)) {
        true => Exit::AsWanted,
        false => Exit::HostFailed,
    }
}
