//! What a verb needs before it starts: files, connection, and all that must not be shown. Every password is read or
//! asked for here, before a bar is drawn.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use wmprov::commands::{FileOptions, secrets_of};
use wmprov::connection::{ConnectOptions, Passphrases};
use wmprov::report::{Lines, Verbosity};
use wmprov::run::Mode;
use wmprov::yaml::{Error, Secrets, VaultPasswords};

use crate::arguments::{ConnectArgs, InventoryFile, VaultArgs};
use crate::display::{Display, Style};
use crate::screen::Screen;
use crate::{failure, secrets};

/// What every verb that reaches hosts has in common.
pub(crate) struct Ready {
    pub(crate) files: FileOptions,
    pub(crate) connect: ConnectOptions,
    /// What must not be shown: secrets of the files, and the passwords of connections.
    pub(crate) secrets: Secrets,
}

impl Ready {
    /// Reads and asks.
    ///
    /// # Errors
    /// Every mistake in arguments and files that shows before a host is reached.
    pub(crate) fn of(
        files: InventoryFile,
        connect: ConnectArgs,
        playbook: Option<PathBuf>,
        limit: Option<String>,
    ) -> Result<Self, Vec<Error>> {
        let one = |error| vec![error];
        once_from_stdin(&connect, &files.vault).map_err(one)?;
        let files = FileOptions {
            playbook,
            limit,
            ..files_of(files)?
        };
        let connect = connect_of(connect).map_err(one)?;
        let mut secrets = secrets_of(&files)?;
        let passwords = [&connect.password, &connect.become_password];
        for password in passwords.into_iter().flatten() {
            secrets.add(password.reveal());
        }
        Ok(Self {
            files,
            connect,
            secrets,
        })
    }

    /// What shows the events of the work.
    pub(crate) fn display(
        &self,
        verbosity: Verbosity,
        json: bool,
        mode: Mode,
        screen: Screen,
    ) -> Display {
        let lines = Lines {
            paint: screen.err,
            verbosity,
            secrets: self.secrets.clone(),
        };
        let style = Style::of(json, io::stderr().is_terminal());
        Display::new(lines, style, screen, mode)
    }
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
        let password = secrets::ask("vault password")?;
        if password.reveal().is_empty() {
            return Err(Error::new("the vault password is empty")
                .hint("type the password that the values were sealed with"));
        }
        vault.add(password);
    }
    failure::hide_opened_by(&vault);
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
fn once_from_stdin(connect: &ConnectArgs, vault: &VaultArgs) -> Result<(), Error> {
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
