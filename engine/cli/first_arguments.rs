//! What can be said to the verbs of a first cluster: `init`, `topology`, `schema`.

use std::path::PathBuf;

use clap::Args;
use wmprov::commands::{Question, SchemaOf};
use wmprov::report::TopologyFormat;

use crate::arguments::{ConnectArgs, InventoryFile};

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The product's key, `esb`.
    #[arg(long, value_name = "KEY")]
    product: Option<String>,
    /// Its version [default: the newest that is known].
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// The deployment pattern, 1, 2 or 3 [default: 1].
    #[arg(long, value_name = "NUMBER")]
    pattern: Option<String>,
    /// Hosts of the managers, with the addresses by which the other nodes reach them.
    #[arg(long, value_name = "NAME=ADDRESS,…")]
    managers: Option<String>,
    /// Hosts of the workers.
    #[arg(long, value_name = "NAME=ADDRESS,…")]
    workers: Option<String>,
    /// The name that clients call.
    #[arg(long, value_name = "NAME")]
    hostname: Option<String>,
    /// The name that administrators call, or `none`.
    #[arg(long, value_name = "NAME")]
    mgt_hostname: Option<String>,
    /// A firewall on the hosts, `nftables` or `none` [default: none].
    #[arg(long, value_name = "FIREWALL")]
    firewall: Option<String>,
    /// With a firewall: addresses and networks of the administrators.
    #[arg(long, value_name = "NETWORK,…")]
    console_allow: Option<String>,
    /// API Manager only: host and port of the Key Manager.
    #[arg(long, value_name = "HOST:PORT")]
    key_manager: Option<String>,
    /// The product's zip, relative to the inventory [default: the file name it is known by].
    #[arg(long, value_name = "FILE")]
    pub(crate) pack: Option<String>,
    /// JAVA_HOME on the hosts [default: where Debian puts the newest JDK that the version runs on].
    #[arg(long, value_name = "FOLDER")]
    java_home: Option<String>,
    /// The file to write.
    #[arg(long, short, value_name = "FILE", default_value = "inventory.yaml")]
    pub(crate) output: PathBuf,
    /// Ask nothing: what is not given is what would be suggested.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Ask these hosts instead: a cluster that was built by hand. They are only looked at. May be given several times.
    #[arg(long, value_name = "[NAME=][USER@]HOST[:PORT],…", value_delimiter = ',', conflicts_with_all = [
        "product", "version", "pattern", "managers", "workers", "hostname", "mgt_hostname", "key_manager", "java_home",
    ])]
    pub(crate) from: Vec<String>,
    /// The Homes that are meant there [default: those of the servers that run].
    #[arg(long, value_name = "FOLDER", requires = "from")]
    pub(crate) home: Vec<String>,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

impl InitArgs {
    /// The answer that was given with the command.
    pub(crate) fn given(&self, question: Question) -> Option<&str> {
        let answer = match question {
            Question::Product => &self.product,
            Question::Version => &self.version,
            Question::Pattern => &self.pattern,
            Question::Managers => &self.managers,
            Question::Workers => &self.workers,
            Question::Hostname => &self.hostname,
            Question::MgtHostname => &self.mgt_hostname,
            Question::Firewall => &self.firewall,
            Question::ConsoleAllow => &self.console_allow,
            Question::KeyManager => &self.key_manager,
            Question::Pack => &self.pack,
            Question::JavaHome => &self.java_home,
        };
        answer.as_deref()
    }
}

/// `topology`.
#[derive(Debug, Args)]
pub(crate) struct TopologyArgs {
    #[command(flatten)]
    pub(crate) files: InventoryFile,
    /// text, svg or mermaid.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = form)]
    pub(crate) format: TopologyFormat,
    /// How many columns a text may take [default: the terminal's, 80 where there is none].
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) width: Option<u16>,
}

fn form(text: &str) -> Result<TopologyFormat, String> {
    let known = TopologyFormat::ALL;
    match known.into_iter().find(|one| one.as_str() == text) {
        Some(format) => Ok(format),
        None => {
            let names = known.map(TopologyFormat::as_str).join(", ");
            Err(format!("there is no format `{text}`, but {names}"))
        }
    }
}

/// `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which kind of file.
    #[arg(value_name = "inventory|playbook|catalogue", value_parser = kind_of_file)]
    pub(crate) of: SchemaOf,
}

fn kind_of_file(text: &str) -> Result<SchemaOf, String> {
    let known = SchemaOf::ALL;
    match known.into_iter().find(|one| one.as_str() == text) {
        Some(of) => Ok(of),
        None => {
            let names = known.map(SchemaOf::as_str).join(", ");
            Err(format!("there is no schema of `{text}`, but of {names}"))
        }
    }
}
