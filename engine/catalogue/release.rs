//! One version of one product, as the catalogue knows it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::yaml::{Error, Place, Result, near};

/// What a host is in a cluster; membership of the inventory group of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the console and the admin services, commits artifacts.
    Manager,
    /// Serves requests; no console, admin services refuse.
    Worker,
    /// Stands before workers and managers.
    LoadBalancer,
    /// Holds the repository that artifacts are synchronised through.
    ArtifactStore,
    /// Holds registry and user databases.
    Database,
}

impl Role {
    /// Every role, in the order of a rollout.
    pub const ALL: [Self; 5] = [
        Self::Database,
        Self::ArtifactStore,
        Self::LoadBalancer,
        Self::Manager,
        Self::Worker,
    ];

    /// The name of the role's group.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Worker => "worker",
            Self::LoadBalancer => "load_balancer",
            Self::ArtifactStore => "artifact_store",
            Self::Database => "database",
        }
    }

    /// True for the roles that run Carbon itself.
    #[must_use]
    pub fn runs_carbon(self) -> bool {
        matches!(self, Self::Manager | Self::Worker)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A Carbon kernel version, such as 4.4.1; it orders as versions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Kernel(pub u16, pub u16, pub u16);

impl Kernel {
    /// The first kernel where an explicit `-Dprofile` wins over `-DworkerNode` (carbon 1.2, real-run 2).
    pub const EXPLICIT_PROFILE_WINS: Self = Self(4, 4, 2);
    /// The first kernel that was seen to read `password-persist`, which stays (real-run 12).
    pub const READS_PASSWORD_FILE: Self = Self(4, 4, 1);
    /// The first kernel whose script has a `-DworkerNode=false` line (carbon 1.1).
    pub const WORKER_FLAG_IN_SCRIPT: Self = Self(4, 4, 1);
}

impl TryFrom<String> for Kernel {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = text.split('.').map(str::parse::<u16>);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch)), None) => {
                Ok(Self(major, minor, patch))
            }
            _ => Err(format!("`{text}` is no kernel version such as 4.4.1")),
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// How the catalogue knows a row: proved on stock files, or the best public evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// Read in the product's own files or sources.
    Proved,
    /// Inferred from neighbours; said in the report (`carbon 7`).
    Inferred,
}

/// Whether managers and workers of this version can be separated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Separation {
    /// They can.
    Supported,
    /// They cannot: the reason and what to do instead, both for the user to read.
    None {
        /// Why not, in the guide's words.
        reason: String,
        /// What to do instead.
        instead: String,
    },
}

/// A port that a node opens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// What it is for: `https` (9443), `http` (9763), `pass_through_http` (8280),
    /// `pass_through_https` (8243), `rmi_registry` (9999), `rmi_server` (11111).
    pub name: String,
    /// The number at offset 0.
    pub number: u16,
}

/// What clustering looks like in the stock axis2.xml (carbon 3.1).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clustering {
    /// The domain when the user names none, `wso2.esb.domain`.
    pub domain: String,
    /// The member port of a node, not moved by the offset: 4000, ESB 4100.
    pub member_port: u16,
}

/// The OSGi profile each role runs (carbon 1.4, 1.8).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// The profile of a manager, `default`.
    pub manager: String,
    /// The profile of a worker, `worker`; [`None`] where the product has none.
    pub worker: Option<String>,
    /// The shipped profile that the worker's is made from, where the pack itself has none of its name:
    /// kernels up to 4.4.1 start `worker` and no other under the worker flag (carbon 1.2, 1.7).
    pub worker_from: Option<String>,
}

/// What a worker may do with a mount of the shared registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// The guide's rule.
    ReadOnly,
    /// The product stops working otherwise; the entry says why.
    ReadWrite,
}

/// The mounts of the shared registry on workers; a manager always writes (procedure 2.4, 5.3, 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerRegistry {
    /// `/_system/config`.
    pub config: Access,
    /// `/_system/governance`.
    pub governance: Access,
}

/// What a changed file costs a running cluster (design 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// Nothing: not read by the server.
    None,
    /// Read at the next start, whenever that is; the live cluster knows already (member lists).
    Deferred,
    /// This node restarts.
    Now,
    /// The whole cluster at once; cannot roll, needs `--allow-downtime`.
    WholeCluster,
}

/// All edits of one stock file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileEdits {
    /// The file, relative to the Home.
    pub path: String,
    /// What is done to it, in order.
    pub operations: Vec<Operation>,
    /// Where the entry stands in the catalogue file.
    pub place: Place,
}

/// One structural edit as the catalogue or the user states it; the target, `to` and `with` are templates, `when`
/// is an expression, over `cluster`, `node`, `shared` and the node's variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// `xml`, `properties`, `lines`, `bundles` or `file`.
    pub format: String,
    /// `set`, `ensure`, `remove`, `replace_children` …, as the format has them.
    pub verb: String,
    /// The target: a path in the document, a key, an anchor; a template.
    pub target: String,
    /// The wanted value, a template (`to:` or `with:`).
    pub value: Option<String>,
    /// A condition, an expression; the edit is left out where it is false.
    pub when: Option<String>,
    /// A list, an expression; the edit is made once for each, with `item` in its templates.
    pub each: Option<String>,
    /// What a change costs.
    pub restart: Restart,
    /// Where it stands.
    pub place: Place,
}

/// Which paths of a Home are whose (carbon 1.9, real-run 4). Patterns are those of `find -path`: `*`
/// stands for anything, `/` included. All that a pack holds elsewhere is Owned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathRules {
    /// The server's own once the Home is made: what the pack holds there is Seeded.
    pub own: Vec<String>,
    /// Owned, but no server reads it: a change costs no restart.
    pub idle: Vec<String>,
    /// Folders that must exist although the pack may not have them (real-run 3).
    pub folders: Vec<String>,
}

/// One version of one product.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The product's key, `esb`.
    pub product: String,
    /// The product's name, `Enterprise Service Bus`.
    pub name: String,
    /// The version, `4.9.0`.
    pub version: String,
    /// The kernel under it.
    pub kernel: Kernel,
    /// How the kernel is known.
    pub known: Known,
    /// Whether it can be separated.
    pub separation: Separation,
    /// The pack's file name, `wso2esb-4.9.0.zip`.
    pub pack: String,
    /// The pack's top folder, `wso2esb-4.9.0`.
    pub top: String,
    /// Java feature versions it runs on: 7 and 8 for kernels 4.4 (carbon 5).
    pub java: Vec<u16>,
    /// The ports a node opens at offset 0.
    pub ports: Vec<Port>,
    /// Clustering defaults.
    pub clustering: Clustering,
    /// The profile of each role.
    pub profiles: Profiles,
    /// Bundles, by symbolic name, that may go with the console although they are not UI bundles
    /// (T2, design 5.1).
    pub ui_only: Vec<String>,
    /// What workers may do with the shared registry.
    pub registry: WorkerRegistry,
    /// The trees of stock files that the edits are proved on, each for what those before it lack. They
    /// are this version's own where the first has the name of the pack's top folder.
    pub stock: Vec<String>,
    /// What an operator has to know of this version: doubts, and what is left to do by hand.
    pub notes: Vec<String>,
    /// The part of the product that this is, `gateway`, where it has several.
    pub component: Option<String>,
    /// The other parts that can be separated, by name.
    pub components: BTreeMap<String, Arc<Release>>,
    /// The edits that make a stock Home a node's, in order.
    pub edits: Vec<FileEdits>,
    /// Which paths of a Home are whose.
    pub paths: PathRules,
    /// The catalogue file it was read from.
    pub place: Place,
}

impl Release {
    /// The product's part of that name: its own, or another one.
    ///
    /// # Errors
    /// It has no such part; the known ones are named. The caller adds the place.
    pub fn part(self: &Arc<Self>, name: &str) -> Result<Arc<Self>> {
        if self.component.as_deref() == Some(name) {
            return Ok(Arc::clone(self));
        }
        if let Some(part) = self.components.get(name) {
            return Ok(Arc::clone(part));
        }
        let Some(own) = &self.component else {
            let message = format!("{} {} has no components", self.product, self.version);
            return Err(Error::new(message).hint("take `carbon_component` out"));
        };
        let mut known = vec![own.as_str()];
        known.extend(self.components.keys().map(String::as_str));
        let message = format!(
            "`{name}` is no component of {} {} that can be separated",
            self.product, self.version
        );
        Err(match near(name, known.iter().copied()) {
            Some(meant) => Error::new(message).hint(format!("did you mean `{meant}`?")),
            None => Error::new(message).hint(format!("known are `{}`", known.join("`, `"))),
        })
    }

    /// True where no stock file of exactly this version was at hand when the edits were proved.
    #[must_use]
    pub fn unproved_stock(&self) -> bool {
        self.stock.first() != Some(&self.top)
    }

    /// That the kernel is inferred, where it is: what the pack says of itself proves it.
    #[must_use]
    pub fn inferred(&self) -> Option<String> {
        (self.known == Known::Inferred).then(|| {
            format!(
                "{} {}: that it runs on kernel {} is inferred from its neighbours",
                self.product, self.version, self.kernel
            )
        })
    }

    /// All that an operator has to know before it is run: how far the entry is proved, then its notes.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let name = format!("{} {}", self.product, self.version);
        let mut told: Vec<String> = self.inferred().into_iter().collect();
        if self.unproved_stock() {
            let held = match self.stock.as_slice() {
                [] => "its edits are proved on no real file".to_owned(),
                others => format!("its edits are proved on the files of {}", others.join(", ")),
            };
            told.push(format!("{name}: unproved stock, {held}"));
        }
        told.extend(self.notes.iter().map(|note| format!("{name}: {note}")));
        told
    }
}
