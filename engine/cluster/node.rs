//! A cluster and its nodes, with everything that follows from pattern, product and hosts.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::{Release, Role};
use crate::inventory::Vars;
use crate::yaml::Place;

/// A member of a clustering domain: the address and port that the others dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The address (`localMemberHost`); an IP, never a name (procedure 7, row 2).
    pub address: IpAddr,
    /// The port (`localMemberPort`); not moved by the offset (carbon 3.1).
    pub port: u16,
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
    /// What it claims in the domain.
    pub member: Member,
    /// The port offset.
    pub offset: u16,
    /// The Home on the host, `/opt/wso2/wso2esb-4.9.0`.
    pub home: PathBuf,
    /// The systemd unit without `.service`, `wso2esb` or `wso2esb-b`.
    pub unit: String,
    /// The system user that the server runs as and that owns the Home, and its group.
    pub user: String,
    /// The group of the Home.
    pub group: String,
    /// `JAVA_HOME` on the host.
    pub java_home: String,
    /// The OSGi profile, `default` or `worker`.
    pub profile: String,
    /// The sub-domain label, `mgt` or `worker`.
    pub sub_domain: String,
    /// Heap limits as java takes them (`256m`): least and most.
    pub heap: (String, String),
    /// More options for java.
    pub java_options: Vec<String>,
    /// Its ports by name, with the offset added.
    pub ports: BTreeMap<String, u16>,
    /// The node's variables along its cluster's path (all → cluster → role → host → `carbon_nodes` entry).
    pub vars: Vars,
    /// Where the host (or the `carbon_nodes` entry) stands.
    pub place: Place,
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
    /// The clustering domain.
    pub domain: String,
    /// The name that clients use (workers, through the load balancer).
    pub hostname: String,
    /// The console's name.
    pub mgt_hostname: Option<String>,
    /// The pack on the control machine.
    pub pack: PathBuf,
    /// The nodes in the order of a rollout: managers, then workers, each in the inventory's order.
    pub nodes: Vec<Node>,
    /// Checks waived by the user.
    pub waivers: Vec<Waiver>,
    /// Where the cluster is set (`carbon_product`).
    pub place: Place,
}

impl Cluster {
    /// Every member of the domain that a node lists: all nodes, in a fixed order, the same list on
    /// each (procedure 1.3).
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        self.nodes.iter().map(|node| node.member).collect()
    }

    /// The nodes of one role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.role == role)
    }
}
