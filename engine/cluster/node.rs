//! A cluster and its nodes, with everything that follows from pattern, product and hosts.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{ArtifactSync, Databases, Front, Overlay};
use crate::catalogue::{FileEdits, Kernel, Release, Role};
use crate::inventory::Vars;
use crate::yaml::{Place, Secret, Secrets};

/// A member of a clustering domain: the address and port that the others dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The address (`localMemberHost`); an IP, never a name (procedure 7, row 2).
    pub address: IpAddr,
    /// The port (`localMemberPort`); where nobody states it, the stock one moved by the offset, because
    /// the server does not move it (carbon 3.1).
    pub port: u16,
}

impl fmt::Display for Member {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::net::SocketAddr::new(self.address, self.port).fmt(out)
    }
}

/// One Carbon server: a Home and a unit on a host.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique in the cluster: the host's name, or `host/name` for an entry of `carbon_nodes`.
    pub name: String,
    /// The inventory host it runs on.
    pub host: String,
    /// Manager or worker.
    pub role: Role,
    /// Of managers, the one that commits and whose console is served; never true of a worker.
    pub active: bool,
    /// Its clustering domain; in pattern 2 the managers have one of their own.
    pub domain: String,
    /// What it claims in the domain.
    pub member: Member,
    /// The port offset.
    pub offset: u16,
    /// The Home on the host, `/opt/wso2/wso2esb-4.9.0`.
    pub home: PathBuf,
    /// The systemd unit without `.service`, `wso2esb` or `wso2esb-b`.
    pub unit: String,
    /// The system user that the server runs as and that owns the Home.
    pub user: String,
    /// The group of the Home.
    pub group: String,
    /// `JAVA_HOME` on the host.
    pub java_home: String,
    /// The JDK that is brought to the host.
    pub java_pack: Option<super::JavaPack>,
    /// The OSGi profile, `default` or `worker`.
    pub profile: String,
    /// The sub-domain label, `mgt` or `worker`.
    pub sub_domain: String,
    /// Heap limits as java takes them (`256m`): least and most.
    pub heap: (String, String),
    /// More options for java.
    pub java_options: Vec<String>,
    /// How long a start may show no sign before it counts as failed.
    pub start_timeout: Duration,
    /// How long a stop may take before it is enforced (real-run 3).
    pub stop_timeout: Duration,
    /// How long what is open on it may take to end before it is stopped.
    pub drain_timeout: Duration,
    /// What takes it from a load balancer that is not ours.
    pub drain_command: Option<String>,
    /// What brings it back.
    pub undrain_command: Option<String>,
    /// How many generations of replaced files its host keeps.
    pub keep_generations: u64,
    /// The port of its host's sshd, as its cluster's other hosts reach it.
    pub ssh_port: u16,
    /// How it logs in to the repository, where artifacts go through one.
    pub svn: super::Login,
    /// Folders of the control machine that are laid over the Home, in order.
    pub overlays: Vec<Overlay>,
    /// The user's own edits of stock files (`carbon_edits`), after the catalogue's.
    pub edits: Vec<FileEdits>,
    /// Its ports by name, with the offset added.
    pub ports: BTreeMap<String, u16>,
    /// The node's variables along its cluster's path (all → cluster → role → host → `carbon_nodes` entry).
    pub vars: Vars,
    /// Where the host (or the `carbon_nodes` entry) stands.
    pub place: Place,
}

/// What of the management UI stays on workers (design 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerUi {
    /// [`WorkerUi::T2`] where the pack allows it, else [`WorkerUi::T1`].
    Auto,
    /// The UI bundles go, `org.wso2.carbon.ui` stays.
    T1,
    /// The console itself goes as well.
    T2,
    /// All stays as shipped.
    Keep,
}

impl WorkerUi {
    /// The word in the inventory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::T1 => "t1",
            Self::T2 => "t2",
            Self::Keep => "keep",
        }
    }
}

/// The administrator whose login proves the roles (design 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// The user's name.
    pub user: String,
    /// The password; without it what only a login shows is *not proved*.
    pub password: Option<Secret>,
    /// True where the password stands in the inventory unvaulted.
    pub in_clear: bool,
}

/// A check that the user has waived, with the reason given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The check's code, `WM014`.
    pub code: String,
    /// Why, in the user's words.
    pub reason: String,
    /// Where it is waived.
    pub place: Place,
}

/// One product, one version, one pattern, one domain, its nodes by role.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The group that sets `carbon_product`; `all` where that is the whole inventory.
    pub name: String,
    /// What it runs.
    pub release: Arc<Release>,
    /// 1, 2 or 3 of the clustering guide.
    pub pattern: u8,
    /// The clustering domain of the workers, and of the managers too where the pattern has one domain.
    pub domain: String,
    /// The name that clients use (workers, through the load balancer).
    pub hostname: String,
    /// The console's name.
    pub mgt_hostname: Option<String>,
    /// What stands before it.
    pub front: Front,
    /// The ports of its hosts are kept from whoever has no business there.
    pub firewall: bool,
    /// The pack on the control machine.
    pub pack: PathBuf,
    /// Where the pack is named: `carbon_pack`, else `carbon_product`.
    pub pack_place: Place,
    /// WSO2 patches that are laid over the pack, in order (`carbon_patches`).
    pub patches: Vec<Overlay>,
    /// What of the UI stays on workers.
    pub worker_ui: WorkerUi,
    /// How artifacts go from the active manager to the other nodes.
    pub sync: ArtifactSync,
    /// Tenants that its workers load before they serve.
    pub tenants: Vec<String>,
    /// The silence after which the other members drop a node (procedure 7, row 44).
    pub heartbeat: Duration,
    /// How many workers restart at once.
    pub serial: usize,
    /// Passwords of its Homes stand in Carbon's secure vault.
    pub secure_vault: bool,
    /// Who proves the roles.
    pub admin: Admin,
    /// The databases that its nodes share.
    pub databases: Databases,
    /// The cluster's variables: those of its group and of the groups above it.
    pub vars: Vars,
    /// The nodes in the order of a rollout: active managers, workers, passive managers, each in the
    /// inventory's order.
    pub nodes: Vec<Node>,
    /// The gateway that it publishes to, where it is a part of a product that has one in this inventory.
    pub gateway: Option<super::Gateway>,
    /// Checks waived by the user.
    pub waivers: Vec<Waiver>,
    /// Where the cluster is set (`carbon_product`).
    pub place: Place,
}

impl Cluster {
    /// Every member of the cluster, in a fixed order.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        self.nodes.iter().map(|node| node.member).collect()
    }

    /// Every member that `node` lists, itself among them: all of its domain, in a fixed order, the
    /// same list on each node (procedure 1.3).
    #[must_use]
    pub fn listed_by(&self, node: &Node) -> Vec<Member> {
        let pattern = super::pattern(self.pattern);
        let lists = |other: &Node| match &pattern {
            Some(pattern) => pattern.lists(node.role, other.role),
            None => false,
        };
        let mut listed: Vec<&Node> = self.nodes.iter().filter(|other| lists(other)).collect();
        // By role and address: neither a changed order of hosts nor another active manager changes a list.
        listed.sort_by_key(|node| (node.is_worker(), node.member));
        listed.into_iter().map(|node| node.member).collect()
    }

    /// All hosts that it concerns: those of its nodes, its balancers, and its store.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let nodes = self.nodes.iter().map(|node| node.host.as_str());
        let balancers = self.front.balancers.iter().map(|one| one.host.as_str());
        let store = self.store().map(|store| store.host.as_str());
        nodes.chain(balancers).chain(store)
    }

    /// True where the kernel deletes the keystore's password once it has read it, and does not know the file that stays.
    #[must_use]
    pub fn hands_password(&self) -> bool {
        self.secure_vault && self.release.kernel < Kernel::READS_PASSWORD_FILE
    }

    /// The nodes of one role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.role == role)
    }

    /// The managers that are active, or those that are passive.
    pub fn managers(&self, active: bool) -> impl Iterator<Item = &Node> {
        self.of_role(Role::Manager)
            .filter(move |node| node.active == active)
    }

    /// Where a variable of the cluster is set, else where the cluster is.
    #[must_use]
    pub fn place_of(&self, variable: &str) -> &Place {
        self.vars
            .get(variable)
            .map_or(&self.place, |set| &set.place)
    }

    /// What must be masked wherever text leaves the program.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        let admin = self.admin.password.iter();
        let logins = self
            .nodes
            .iter()
            .filter_map(|node| node.svn.password.as_ref());
        let databases = self.databases.all.iter().map(|one| &one.password);
        for password in databases.chain(logins).chain(admin).map(Secret::reveal) {
            secrets.add(password);
            // As it stands in an XML file.
            let escaped = password.replace('&', "&amp;").replace('<', "&lt;");
            secrets.add(&escaped.replace('>', "&gt;"));
        }
        secrets
    }
}

impl Node {
    /// Where a variable of the node is set, else where the node is.
    #[must_use]
    pub fn place_of(&self, variable: &str) -> &Place {
        self.vars
            .get(variable)
            .map_or(&self.place, |set| &set.place)
    }

    /// True where the admin services refuse and no console is wanted.
    #[must_use]
    pub fn is_worker(&self) -> bool {
        self.role == Role::Worker
    }
}
