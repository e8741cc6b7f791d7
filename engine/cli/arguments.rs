//! The command line as types: what can be said, with its help. Nothing here acts.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;
use wmprov::report::Format;

use crate::backup_arguments::{BackupArgs, RestoreArgs};
use crate::examples;
use crate::exit::Exit;
use crate::first_arguments::{InitArgs, SchemaArgs, TopologyArgs};
use crate::node_arguments::{
    AdoptArgs, DecommissionArgs, LogsArgs, LookArgs, PowerArgs, PromoteArgs, ReplaceArgs,
    RestartArgs, RollbackArgs, RolloutArgs, StatusArgs,
};
use crate::screen::Colour;

/// Turns a list of hosts into a running WSO2 Carbon cluster with separated managers and workers, over SSH.
#[derive(Debug, Parser)]
#[command(name = "wmprov", version, after_help = after(examples::TOP), max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Colour: on a terminal (obeys NO_COLOR), always, or never.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Show more: what was as wanted or skipped too, whole hunks, every error, every line of it.
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The verbs, as they are listed: in the order in which somebody who begins needs them.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Write a first inventory: asks on a terminal, or takes arguments.
    #[command(after_help = after(examples::INIT))]
    Init(Box<InitArgs>),
    /// Read and check the files; ask no host.
    #[command(after_help = after(examples::VALIDATE))]
    Validate(ValidateArgs),
    /// Draw the clusters of an inventory; ask no host.
    #[command(after_help = after(examples::TOPOLOGY))]
    Topology(TopologyArgs),
    /// Show what an apply would change; touch nothing.
    #[command(after_help = after(examples::PLAN))]
    Plan(PlanArgs),
    /// Bring about what the inventory and the playbook want.
    #[command(after_help = after(examples::APPLY))]
    Apply(ApplyArgs),
    /// Show what each node is now: its role as proved, since when it is up, its members, its last write.
    #[command(after_help = after(examples::STATUS))]
    Status(Box<StatusArgs>),
    /// Say what on the hosts is not as wanted, file by file, and who moved it; touch nothing.
    #[command(after_help = format!("{CLASSES}\n\n{}", after(examples::DRIFT)))]
    Drift(Box<DriftArgs>),
    /// Take what somebody changed by hand on hosts into your own files, file by file; touch no host.
    #[command(after_help = after(examples::ADOPT))]
    Adopt(Box<AdoptArgs>),
    /// Stop nodes, workers drained, the active manager last.
    #[command(after_help = after(examples::STOP))]
    Stop(Box<PowerArgs>),
    /// Start the nodes that do not run, managers first, and prove the role of all.
    #[command(after_help = after(examples::START))]
    Start(Box<PowerArgs>),
    /// Restart nodes one after the other, each drained before and proved after.
    #[command(after_help = after(examples::RESTART))]
    Restart(Box<RestartArgs>),
    /// List what each node was: when it was made, by whom, from which inventory, what changed, what is kept.
    #[command(after_help = after(examples::GENERATIONS))]
    Generations(Box<LookArgs>),
    /// Put back the files that nodes had before the last run, through the gates of every rollout.
    #[command(after_help = after(examples::ROLLBACK))]
    Rollback(Box<RollbackArgs>),
    /// Make another manager the active one, in the inventory and on the hosts; no worker is touched.
    #[command(after_help = after(examples::PROMOTE))]
    Promote(Box<PromoteArgs>),
    /// Install and prove a new machine under the name of an old one; its key is shown first.
    #[command(after_help = after(examples::REPLACE))]
    Replace(Box<ReplaceArgs>),
    /// Take a host's nodes out of their clusters, or a whole cluster away: drained, stopped, and named in no list any more.
    #[command(after_help = after(examples::DECOMMISSION))]
    Decommission(Box<DecommissionArgs>),
    /// Write a cluster's state into one file: databases, repository, H2 files, keystores, artifacts.
    #[command(after_help = after(examples::BACKUP))]
    Backup(Box<BackupArgs>),
    /// Make an empty cluster what it was when a backup of it was taken, through the gates of every rollout.
    #[command(after_help = after(examples::RESTORE))]
    Restore(Box<RestoreArgs>),
    /// Show a plan that was saved.
    #[command(after_help = after(examples::SHOW))]
    Show(ShowArgs),
    /// List the runs over an inventory, as this machine and the hosts keep them.
    #[command(after_help = after(examples::HISTORY))]
    History(Box<LookArgs>),
    /// Show the last lines of each node's log, and of its unit's journal.
    #[command(after_help = after(examples::LOGS))]
    Logs(Box<LogsArgs>),
    /// Show what the threads of each node's server do: how many in which state, then every stack.
    #[command(after_help = after(examples::THREADS))]
    Threads(Box<LookArgs>),
    /// Take away locks that a dead run has left on hosts.
    #[command(after_help = after(examples::UNLOCK))]
    Unlock(UnlockArgs),
    /// Tell the story of a check: its cause, its fix, where it is known from.
    #[command(after_help = after(examples::EXPLAIN))]
    Explain {
        /// The check's code, `WM004`; without it, all codes are listed.
        code: Option<String>,
    },
    /// Show hosts, groups and variables as every verb sees them.
    #[command(after_help = after(examples::INVENTORY))]
    Inventory(InventoryArgs),
    /// List the built-in playbooks, copy them out, or show what modules take.
    #[command(after_help = after(examples::PLAYBOOK))]
    Playbook {
        /// What to do.
        #[command(subcommand)]
        verb: PlaybookVerb,
    },
    /// Look into a product's zip.
    #[command(after_help = after(examples::PACK))]
    Pack {
        /// What to do.
        #[command(subcommand)]
        verb: PackVerb,
    },
    /// Seal and open Ansible Vault values and files.
    #[command(after_help = after(examples::VAULT))]
    Vault {
        /// What to do.
        #[command(subcommand)]
        verb: VaultVerb,
    },
    /// Write a JSON Schema, by which editors complete and check a file.
    #[command(after_help = after(examples::SCHEMA))]
    Schema(SchemaArgs),
    /// Write the completions of a shell.
    #[command(after_help = after(examples::COMPLETIONS))]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write the manual pages.
    #[command(after_help = after(examples::MAN))]
    Man {
        /// The folder that takes one page a command; without it, the first page is written out.
        folder: Option<PathBuf>,
    },
    /// Show the version; with `-v` what it is built for and from, and what it knows.
    #[command(after_help = after(examples::VERSION))]
    Version,
}

/// What can be done with a pack.
#[derive(Debug, Subcommand)]
pub(crate) enum PackVerb {
    /// Tell product, version, kernel, profiles, bundles, which UI bundles can go, and SHA-256.
    #[command(after_help = after(examples::PACK_INSPECT))]
    Inspect {
        /// The zip.
        file: PathBuf,
    },
    /// List products and versions: kernel, Java, profiles, and what to know of each.
    #[command(after_help = after(examples::PACK_PRODUCTS))]
    Products,
}

/// The classes of drift, as docs/drift.md tells them at length.
const CLASSES: &str = "Who moved it:
  drift    somebody on the host
  pending  the inventory, since the last apply
  both     somebody on the host, and the inventory too
  unknown  nobody can tell: no record speaks of it";

pub(crate) fn after(examples: [&str; 2]) -> String {
    let [one, other] = examples;
    format!("Examples:\n  {one}\n  {other}\n\n{}", Exit::list())
}

/// The inventory and what is read with it.
#[derive(Debug, Args)]
pub(crate) struct InventoryFile {
    /// The inventory: Ansible's YAML format, with group_vars/ and host_vars/ beside it.
    pub(crate) inventory: PathBuf,
    /// More variables, which win over all others: `key=value`, YAML, or @FILE. Never passwords.
    #[arg(long, short, value_name = "VARS", action = ArgAction::Append)]
    pub(crate) extra_vars: Vec<String>,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

/// Where vault passwords come from.
#[derive(Debug, Args)]
pub(crate) struct VaultArgs {
    /// A file that holds a vault password, a program that prints it, or `-` for standard input.
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) vault_password_file: Vec<PathBuf>,
    /// Ask for the vault password.
    #[arg(long)]
    pub(crate) ask_vault_pass: bool,
}

/// The playbook.
#[derive(Debug, Args)]
pub(crate) struct PlaybookFile {
    /// The playbook; the built-in one does what the clusters of the inventory need.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) playbook: Option<PathBuf>,
    /// Act on these hosts only: a pattern such as `worker:!wkr3`.
    #[arg(long, short, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
}

/// How hosts are reached, where inventory and ssh_config do not say. It is the last of a verb's: its heading holds for all
/// that clap adds after it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectArgs {
    /// The login name, where the inventory does not say.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// A private key; may be given several times.
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) private_key: Vec<PathBuf>,
    /// A file that holds the login password, a program that prints it, or `-`.
    #[arg(long, value_name = "FILE")]
    pub(crate) connection_password_file: Option<PathBuf>,
    /// Ask for the login password.
    #[arg(long, short = 'k', conflicts_with = "connection_password_file")]
    pub(crate) ask_pass: bool,
    /// A file that holds the sudo password, a program that prints it, or `-`.
    #[arg(long, value_name = "FILE")]
    pub(crate) become_password_file: Option<PathBuf>,
    /// Ask for the sudo password.
    #[arg(long, short = 'K', conflicts_with = "become_password_file")]
    pub(crate) ask_become_pass: bool,
    /// Learn the keys of hosts that no known_hosts file knows; a changed key is refused all the same.
    #[arg(long)]
    pub(crate) accept_new: bool,
}

/// What `apply` and `plan` share.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    #[command(flatten)]
    pub(crate) playbook: PlaybookFile,
    /// Run only what has one of these tags.
    #[arg(long, short, value_delimiter = ',', value_name = "TAGS")]
    pub(crate) tags: Vec<String>,
    /// Leave out what has one of these tags.
    #[arg(long, value_delimiter = ',', value_name = "TAGS")]
    pub(crate) skip_tags: Vec<String>,
    /// How many hosts at once.
    #[arg(long, short, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) forks: u16,
    /// Show what differs, with hunks (a plan always does).
    #[arg(long, short = 'D')]
    pub(crate) diff: bool,
    /// Write one JSON object an event to standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write what happened as one HTML page, for a browser: the clusters, each host's changes and their times, proofs.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Wait so long for a lock that another run holds.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub(crate) lock_wait: u64,
    /// Read every pack to its last byte before anything is sent.
    #[arg(long)]
    pub(crate) verify_pack: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Save the plan: `wmprov apply FILE` does it, and nothing else.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The saved plan.
    pub(crate) file: PathBuf,
    /// Write it as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write it as one HTML page, for a browser.
    #[arg(long, conflicts_with = "json")]
    pub(crate) html: bool,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

/// `apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Touch nothing, as `plan`; changes do not make the exit code 3.
    #[arg(long, short = 'C', alias = "dry-run")]
    pub(crate) check: bool,
    /// Then prove that artifacts arrive: deploy one of our own on the active manager, await it on every node and through
    /// the load balancers, and take it away again.
    #[arg(long)]
    pub(crate) probe_artifact: bool,
    #[command(flatten)]
    pub(crate) rollout: RolloutArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// `drift`.
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    #[command(flatten)]
    pub(crate) playbook: PlaybookFile,
    /// How many hosts at once.
    #[arg(long, short, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) forks: u16,
    /// text, json, junit, html or prometheus; with =FILE into a file. May be given several times.
    #[arg(long, value_name = "FORMAT[=FILE]", action = ArgAction::Append, value_parser = wanted_page)]
    pub(crate) format: Vec<WantedPage>,
    /// Become nobody on the hosts: what cannot be read then is told to be unreadable.
    #[arg(long)]
    pub(crate) no_become: bool,
    #[command(flatten)]
    pub(crate) nightly: NightlyArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// `unlock`.
#[derive(Debug, Args)]
pub(crate) struct UnlockArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    /// These hosts only: a pattern such as `worker:!wkr3`.
    #[arg(long, short, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// What a check at night needs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Nightly")]
pub(crate) struct NightlyArgs {
    /// Keep this report: the next check says what is new since then.
    #[arg(long)]
    pub(crate) keep: bool,
    /// The folder of kept reports [default: ~/.local/state/wmprov/drift].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state: Option<PathBuf>,
    /// Run this command where something came or went; it gets the report on standard input.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) on_change: Option<String>,
    /// Check nothing now: write a systemd timer and service that run this command, and start the timer.
    #[arg(long)]
    pub(crate) install_timer: bool,
    /// When the timer fires, as `OnCalendar=` takes it.
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "*-*-* 02:00:00",
        requires = "install_timer"
    )]
    pub(crate) on_calendar: String,
    /// The most that each night is late, as `RandomizedDelaySec=` takes it.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "30min",
        requires = "install_timer"
    )]
    pub(crate) jitter: String,
    /// Only write the units into this folder.
    #[arg(long, value_name = "FOLDER", requires = "install_timer")]
    pub(crate) unit_folder: Option<PathBuf>,
}

/// A page that is wanted, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WantedPage {
    /// Its form.
    pub(crate) format: Format,
    /// The file; standard output where it is not given.
    pub(crate) file: Option<PathBuf>,
}

fn wanted_page(text: &str) -> Result<WantedPage, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err("no file is named behind `=`".to_owned()),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::ALL.into_iter().find(|one| one.as_str() == name);
    match format {
        Some(format) => Ok(WantedPage { format, file }),
        None => {
            let names = Format::ALL.map(Format::as_str).join(", ");
            Err(format!("there is no format `{name}`, but {names}"))
        }
    }
}

/// `validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    #[command(flatten)]
    pub(crate) playbook: PlaybookFile,
    /// The packs are not at hand: leave them, and what is made of them, unchecked.
    #[arg(long)]
    pub(crate) without_pack: bool,
    /// Write what was found as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `inventory`.
#[derive(Debug, Args)]
#[group(id = "shown", args = ["list", "host", "graph", "from_vagrant"], required = true, multiple = true)]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    #[command(flatten)]
    pub(crate) view: View,
    /// Reach the machines as this file says, which `vagrant ssh-config` printed (`-`: standard input);
    /// alone, print the inventory file made of both.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_vagrant: Option<PathBuf>,
}

/// What is shown of an inventory.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct View {
    /// Everything, in the JSON shape of `ansible-inventory --list`.
    #[arg(long)]
    pub(crate) list: bool,
    /// The variables of one host.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Groups and hosts as a tree.
    #[arg(long)]
    pub(crate) graph: bool,
}

/// `playbook …`.
#[derive(Debug, Subcommand)]
pub(crate) enum PlaybookVerb {
    /// List the built-in files.
    #[command(after_help = after(examples::PLAYBOOK_LIST))]
    List,
    /// Copy the built-in files to a folder, to be changed and given with `--playbook`.
    #[command(after_help = after(examples::PLAYBOOK_EXPORT))]
    Export {
        /// The folder.
        folder: PathBuf,
    },
    /// Show what modules take, as Markdown.
    #[command(after_help = after(examples::PLAYBOOK_MODULES))]
    Modules {
        /// One module.
        name: Option<String>,
    },
}

/// `vault …`.
#[derive(Debug, Subcommand)]
pub(crate) enum VaultVerb {
    /// Seal a text as a YAML value; the text is read from standard input, or asked for.
    #[command(after_help = after(examples::VAULT_ENCRYPT_STRING))]
    EncryptString {
        /// The variable's name, written before the value.
        #[arg(long, short)]
        name: Option<String>,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Seal files in their place.
    #[command(after_help = after(examples::VAULT_ENCRYPT))]
    Encrypt {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Open sealed files in their place.
    #[command(after_help = after(examples::VAULT_DECRYPT))]
    Decrypt {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        vault: VaultArgs,
    },
    /// Show what is in a sealed file.
    #[command(after_help = after(examples::VAULT_VIEW))]
    View {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        vault: VaultArgs,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Args as _, Command, CommandFactory as _};

    use super::{Cli, ConnectArgs};

    fn under_connection(command: &Command) -> BTreeSet<String> {
        command
            .get_arguments()
            .filter(|argument| argument.get_help_heading() == Some("Connection"))
            .map(|argument| argument.get_id().to_string())
            .collect()
    }

    #[test]
    fn only_what_reaches_hosts_stands_under_connection() {
        let all = under_connection(&ConnectArgs::augment_args(Command::new("")));
        assert_eq!(all.len(), 7);
        for verb in Cli::command().get_subcommands() {
            let found = under_connection(verb);
            assert!(found.is_subset(&all), "{}: {found:?}", verb.get_name());
        }
    }
}
