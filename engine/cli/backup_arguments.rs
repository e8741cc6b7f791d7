//! Arguments of `backup` and `restore`.

use std::path::PathBuf;

use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand, ValueEnum};
use wmprov::run::backup::Over;

use crate::arguments::{ConnectArgs, InventoryFile};
use crate::examples;
use crate::node_arguments::OneHostArgs;

/// `backup`: of a cluster, or about a file.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    pub(crate) verb: Option<BackupVerb>,
    #[command(flatten)]
    pub(crate) taking: Taking,
}

/// The taking of a backup, where that is asked for. (clap's own `Option` of a group is always empty where the group has
/// groups in it.)
#[derive(Debug)]
pub(crate) struct Taking(pub(crate) Option<TakeArgs>);

impl FromArgMatches for Taking {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        // It is required, but beside a verb.
        let is_asked = matches.contains_id("output");
        let args = is_asked.then(|| TakeArgs::from_arg_matches(matches));
        Ok(Self(args.transpose()?))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Taking {
    fn augment_args(command: Command) -> Command {
        TakeArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        TakeArgs::augment_args_for_update(command)
    }
}

/// What can be done with a backup.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupVerb {
    /// Read a backup to its last byte, hold it against its record, and show that; ask no host.
    #[command(after_help = crate::arguments::after(examples::BACKUP_VERIFY))]
    Verify(VerifyArgs),
}

/// The taking of a backup.
#[derive(Debug, Args)]
pub(crate) struct TakeArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    /// The file that is written; there must be none of this name.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The cluster, where the inventory has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// From these hosts only: a pattern such as `manager`. What is left out is told, and recorded.
    #[arg(long, short, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Seal it with a passphrase, which is asked for where no file holds it.
    #[arg(long)]
    pub(crate) encrypt: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// Write the record as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Wait so long for a lock that another run holds.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub(crate) lock_wait: u64,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// Where the passphrase of a sealed backup comes from.
#[derive(Debug, Args)]
pub(crate) struct PassphraseArgs {
    /// A file that holds the passphrase of a sealed backup, a program that prints it, or `-`.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// `backup verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The backup.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// Write the record as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup.
    pub(crate) file: PathBuf,
    /// Replace what is there: tables of the cluster's databases, revisions of its repository. May be given twice.
    #[arg(long, value_enum, value_name = "WHAT", action = ArgAction::Append)]
    pub(crate) over: Vec<OverWord>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    #[command(flatten)]
    pub(crate) deed: OneHostArgs,
}

/// What may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OverWord {
    Databases,
    Repository,
}

impl From<OverWord> for Over {
    fn from(word: OverWord) -> Self {
        match word {
            OverWord::Databases => Self::Databases,
            OverWord::Repository => Self::Repository,
        }
    }
}
