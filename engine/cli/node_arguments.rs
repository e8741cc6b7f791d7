//! Arguments of the verbs that concern nodes as they are: `adopt`, `start`, `stop`, `restart`, `rollback`, `promote`,
//! `decommission`, `replace`, and what only looks.

use std::path::PathBuf;

use clap::Args;

use crate::arguments::{ConnectArgs, InventoryFile, PlaybookFile, RunArgs};

/// Which nodes, and how.
#[derive(Debug, Args)]
pub(crate) struct NodesArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    /// These hosts only: a pattern such as `worker:!wkr3`.
    #[arg(long, short, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Touch nothing: show what would be done.
    #[arg(long, short = 'C', alias = "dry-run")]
    pub(crate) check: bool,
    /// How many hosts at once.
    #[arg(long, short, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) forks: u16,
    /// Write one JSON object an event to standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write what happened as one HTML page, for a browser: the clusters, each host's changes and their times, proofs.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Wait so long for a lock that another run holds.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub(crate) lock_wait: u64,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

impl NodesArgs {
    /// As a run of a built-in playbook.
    pub(crate) fn run(self) -> RunArgs {
        RunArgs {
            files: self.files,
            playbook: PlaybookFile {
                playbook: None,
                limit: self.limit,
            },
            tags: Vec::new(),
            skip_tags: Vec::new(),
            forks: self.forks,
            diff: true,
            json: self.json,
            report: self.report,
            lock_wait: self.lock_wait,
            verify_pack: false,
            connect: self.connect,
        }
    }
}

/// `rollback`.
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The generation that every chosen node goes back to [default: what it was before the last run].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) to: Option<u64>,
    #[command(flatten)]
    pub(crate) nodes: NodesArgs,
}

/// A name in whose place most other verbs take the inventory.
fn named_first(text: &str) -> Result<String, &'static str> {
    match text.ends_with(".yaml") || text.ends_with(".yml") {
        true => Err("it is a file's name: who it is about comes first, then the inventory"),
        false => Ok(text.to_owned()),
    }
}

/// `promote`.
#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// The manager that is to be the active one: its host or node, or CLUSTER/NODE.
    #[arg(value_parser = named_first)]
    pub(crate) host: String,
    /// The present active manager is dead: nothing is asked of it. What may be lost is said first.
    #[arg(long)]
    pub(crate) dead: bool,
    /// Do not ask whether that may be lost.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Cut the requests that are still open on the console at the end of its drain time; without this the present
    /// manager stays the active one.
    #[arg(long)]
    pub(crate) cut: bool,
    #[command(flatten)]
    pub(crate) deed: OneHostArgs,
}

/// `decommission`.
#[derive(Debug, Args)]
pub(crate) struct DecommissionArgs {
    /// The host whose nodes go, or the cluster that goes whole.
    #[arg(value_parser = named_first)]
    pub(crate) name: String,
    /// Remove its Homes too, and all that is kept about them.
    #[arg(long, conflicts_with = "dead")]
    pub(crate) purge: bool,
    /// The host is dead: nothing is done on it.
    #[arg(long)]
    pub(crate) dead: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Cut the requests that are still open on a worker at the end of its drain time.
    #[arg(long)]
    pub(crate) cut: bool,
    #[command(flatten)]
    pub(crate) deed: OneHostArgs,
}

/// `replace`.
#[derive(Debug, Args)]
pub(crate) struct ReplaceArgs {
    /// The host that is a new machine now.
    #[arg(value_parser = named_first)]
    pub(crate) host: String,
    /// The fingerprint of the new machine's key, as `ssh-keygen -lf` shows it there; without it the key is shown, and
    /// asked about on a terminal.
    #[arg(long, value_name = "SHA256:…")]
    pub(crate) host_key: Option<String>,
    #[command(flatten)]
    pub(crate) deed: OneHostArgs,
}

/// How a verb about one host runs.
#[derive(Debug, Args)]
pub(crate) struct OneHostArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    /// Touch nothing: show what would be done.
    #[arg(long, short = 'C', alias = "dry-run")]
    pub(crate) check: bool,
    /// How many hosts at once.
    #[arg(long, short, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) forks: u16,
    /// Write one JSON object an event to standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write what happened as one HTML page, for a browser: the clusters, each host's changes and their times, proofs.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Wait so long for a lock that another run holds.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub(crate) lock_wait: u64,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

impl OneHostArgs {
    /// As what verbs about several nodes take.
    pub(crate) fn nodes(self) -> NodesArgs {
        NodesArgs {
            files: self.files,
            limit: None,
            check: self.check,
            forks: self.forks,
            json: self.json,
            report: self.report,
            lock_wait: self.lock_wait,
            connect: self.connect,
        }
    }
}

/// `start` and `stop`.
#[derive(Debug, Args)]
pub(crate) struct PowerArgs {
    #[command(flatten)]
    pub(crate) rollout: RolloutArgs,
    #[command(flatten)]
    pub(crate) nodes: NodesArgs,
}

/// `restart`.
#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    /// Leave nodes alone whose process was proved at this moment or later [default: now].
    #[arg(long, value_name = "SECONDS-SINCE-1970")]
    pub(crate) since: Option<u64>,
    #[command(flatten)]
    pub(crate) power: PowerArgs,
}

/// How far a rollout may go.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct RolloutArgs {
    /// Cut the requests that are still open on a worker at the end of its drain time; without this the worker
    /// serves on and the rollout ends.
    #[arg(long)]
    pub(crate) cut: bool,
    /// Stop the last worker that serves too; without this it serves on and the rollout ends.
    #[arg(long)]
    pub(crate) allow_downtime: bool,
    /// Go around hosts that cannot be reached, instead of ending before anything is restarted.
    #[arg(long)]
    pub(crate) skip_unreachable: bool,
    /// Of `apply` alone.
    #[arg(skip)]
    pub(crate) probe_artifact: bool,
}

/// `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Look again every so many seconds, until Ctrl-C.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) watch: Option<u64>,
    /// The folder where `drift --keep --state` keeps its reports; what the last one found is told
    /// [default: ~/.local/state/wmprov/drift].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
}

/// `logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// How many lines of each.
    #[arg(long, short = 'n', default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) lines: u32,
    #[command(flatten)]
    pub(crate) look: LookArgs,
}

/// `generations`, `status`, `history`, `threads`.
#[derive(Debug, Args)]
pub(crate) struct LookArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    /// Look at these hosts only: a pattern such as `worker:!wkr3`.
    #[arg(long, short, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// How many hosts at once.
    #[arg(long, short, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) forks: u16,
    /// Write it as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// `adopt`.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    /// Only these files or folders, below a Home or whole [default: all that somebody changed].
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Look at these hosts only: a pattern such as `worker:!wkr3`.
    #[arg(long, short, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Files too of which nobody can tell who moved them: those of a Home that wmprov has never written.
    #[arg(long)]
    pub(crate) unknown: bool,
    /// Do not ask. Without it, and without a terminal, nothing is written.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// How many hosts at once.
    #[arg(long, short, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) forks: u16,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::arguments::Cli;

    #[test]
    fn an_inventory_in_a_hosts_place_is_told_by_every_verb_about_one_host() {
        for verb in ["promote", "decommission", "replace"] {
            let told = |words: [&str; 2]| Cli::try_parse_from(["wmprov", verb, words[0], words[1]]);
            let error = told(["site/inventory.yml", "wkr1"])
                .unwrap_err()
                .to_string();
            assert!(error.contains("then the inventory"), "{verb}: {error}");
            assert!(told(["wkr1", "site/inventory.yml"]).is_ok(), "{verb}");
        }
    }
}
