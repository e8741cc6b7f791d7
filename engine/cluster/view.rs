//! What templates and playbooks see of a cluster and of one of its nodes.

use serde::Serialize;

use super::{Cluster, Member, Node};
use crate::catalogue::Role;

/// `cluster` and `node` as the catalogue's templates and playbooks name them; it serialises to the
/// maps that they read.
#[derive(Clone, Debug, Serialize)]
pub struct View<'a> {
    /// `cluster.*`.
    pub cluster: ClusterView<'a>,
    /// `node.*`.
    pub node: NodeView<'a>,
}

/// A member as `{address, port}`.
#[derive(Clone, Debug, Serialize)]
pub struct MemberView {
    /// The address, as text.
    pub address: String,
    /// The port.
    pub port: u16,
}

/// `cluster.*`.
#[derive(Clone, Debug, Serialize)]
pub struct ClusterView<'a> {
    /// The group's name.
    pub name: &'a str,
    /// The product's key.
    pub product: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The kernel's version, `4.4.8`.
    pub kernel: String,
    /// The part of the product, `gateway`, or none.
    pub component: Option<&'a str>,
    /// The gateway that it publishes to, or none.
    pub gateway: Option<GatewayView<'a>>,
    /// The deployment pattern's number.
    pub pattern: u8,
    /// The node's clustering domain.
    pub domain: &'a str,
    /// The clients' name.
    pub hostname: &'a str,
    /// The console's name, or none.
    pub mgt_hostname: Option<&'a str>,
    /// Seconds of silence after which a member is dropped.
    pub heartbeat: u64,
    /// The members that this node lists.
    pub members: Vec<MemberView>,
    /// The managers' node names.
    pub managers: Vec<&'a str>,
    /// The workers' node names.
    pub workers: Vec<&'a str>,
}

/// `cluster.gateway.*`.
#[derive(Clone, Debug, Serialize)]
pub struct GatewayView<'a> {
    /// Address and HTTPS port of its manager.
    pub manager: &'a str,
    /// What clients call, `http://gw.example.com:8280`.
    pub http: &'a str,
    /// The same over TLS.
    pub https: &'a str,
}

/// `node.*`.
#[derive(Clone, Debug, Serialize)]
pub struct NodeView<'a> {
    /// The node's name.
    pub name: &'a str,
    /// Its host's name in the inventory.
    pub host: &'a str,
    /// `manager` or `worker`.
    pub role: Role,
    /// True for a worker.
    pub worker: bool,
    /// True for the active manager.
    pub active: bool,
    /// The Home.
    pub home: String,
    /// The unit, without `.service`.
    pub unit: &'a str,
    /// The system user.
    pub user: &'a str,
    /// The group of the Home.
    pub group: &'a str,
    /// `JAVA_HOME`.
    pub java_home: &'a str,
    /// The OSGi profile.
    pub profile: &'a str,
    /// `mgt` or `worker`.
    pub sub_domain: &'a str,
    /// The port offset.
    pub offset: u16,
    /// Ports by name, the offset added.
    pub ports: &'a std::collections::BTreeMap<String, u16>,
    /// What it claims in the domain.
    pub member: MemberView,
    /// Heap limits: `heap.min`, `heap.max`.
    pub heap: HeapView<'a>,
    /// More options for java.
    pub java_options: &'a [String],
    /// Seconds that a start may show no sign.
    pub start_timeout: u64,
    /// Seconds that a stop may take.
    pub stop_timeout: u64,
}

/// `node.heap.*`.
#[derive(Clone, Debug, Serialize)]
pub struct HeapView<'a> {
    /// The least, `256m`.
    pub min: &'a str,
    /// The most, `1024m`.
    pub max: &'a str,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            address: member.address.to_string(),
            port: member.port,
        }
    }
}

impl<'a> View<'a> {
    /// The view of one node.
    #[must_use]
    pub fn of(cluster: &'a Cluster, node: &'a Node) -> Self {
        let names = |role| {
            cluster
                .of_role(role)
                .map(|node| node.name.as_str())
                .collect()
        };
        let members = cluster.listed_by(node).into_iter().map(MemberView::from);
        Self {
            cluster: ClusterView {
                name: &cluster.name,
                product: &cluster.release.product,
                version: &cluster.release.version,
                kernel: cluster.release.kernel.to_string(),
                component: cluster.release.component.as_deref(),
                gateway: cluster.gateway.as_ref().map(|gateway| GatewayView {
                    manager: &gateway.manager,
                    http: &gateway.http,
                    https: &gateway.https,
                }),
                pattern: cluster.pattern,
                domain: &node.domain,
                hostname: &cluster.hostname,
                mgt_hostname: cluster.mgt_hostname.as_deref(),
                heartbeat: cluster.heartbeat.as_secs(),
                members: members.collect(),
                managers: names(Role::Manager),
                workers: names(Role::Worker),
            },
            node: NodeView {
                name: &node.name,
                host: &node.host,
                role: node.role,
                worker: node.is_worker(),
                active: node.active,
                home: node.home.display().to_string(),
                unit: &node.unit,
                user: &node.user,
                group: &node.group,
                java_home: &node.java_home,
                profile: &node.profile,
                sub_domain: &node.sub_domain,
                offset: node.offset,
                ports: &node.ports,
                member: node.member.into(),
                heap: HeapView {
                    min: &node.heap.0,
                    max: &node.heap.1,
                },
                java_options: &node.java_options,
                start_timeout: node.start_timeout.as_secs(),
                stop_timeout: node.stop_timeout.as_secs(),
            },
        }
    }
}
