//! What templates and playbooks see of a cluster and of one of its nodes.

use serde::Serialize;

use super::{Balancer, Cluster, Member, Node, client_ports};
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
    /// The ports before the workers, `front.http` and `front.https`, where a load balancer stands there.
    pub front: Option<PortsView>,
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
    /// The load balancer's ports that stand for the node's servlet ports, `proxy.http` and `proxy.https`.
    pub proxy: Option<PortsView>,
    /// What it claims in the domain.
    pub member: MemberView,
    /// Heap limits: `heap.min`, `heap.max`.
    pub heap: HeapView<'a>,
    /// More options for java.
    pub java_options: &'a [String],
    /// The mount that its artifacts lie on, where nodes share a file system.
    pub share: Option<super::ShareView>,
    /// Its part in the sync of artifacts, where the active manager pushes them.
    pub sync: Option<super::SyncView>,
    /// Its unit hands the keystore's password over before each start.
    pub hands_password: bool,
    /// Seconds that a start may show no sign.
    pub start_timeout: u64,
    /// Seconds that a stop may take.
    pub stop_timeout: u64,
}

/// A pair of ports.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PortsView {
    /// For HTTP.
    pub http: u16,
    /// For HTTPS.
    pub https: u16,
}

/// The load balancer's ports that stand for a node's servlet ports: a manager's by which the console is
/// reached; a worker's only where its clients come by the servlet transport (procedure 2.7).
fn proxy(cluster: &Cluster, node: &Node) -> Option<PortsView> {
    let of_workers = cluster.front.workers;
    if node.is_worker() {
        let servlet = client_ports(&cluster.release).0 == "http";
        let (http, https) = of_workers.filter(|_| servlet)?;
        return Some(PortsView { http, https });
    }
    Some(PortsView {
        http: of_workers.map_or(80, |(http, _)| http),
        https: cluster.front.console?,
    })
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
                front: cluster
                    .front
                    .workers
                    .map(|(http, https)| PortsView { http, https }),
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
                proxy: proxy(cluster, node),
                member: node.member.into(),
                heap: HeapView {
                    min: &node.heap.0,
                    max: &node.heap.1,
                },
                java_options: &node.java_options,
                share: super::ShareView::of(cluster, node),
                sync: super::SyncView::of(cluster, node),
                hands_password: cluster.hands_password(),
                start_timeout: node.start_timeout.as_secs(),
                stop_timeout: node.stop_timeout.as_secs(),
            },
        }
    }
}

/// What the balancer's template sees of a cluster that it stands before.
#[derive(Clone, Debug, Serialize)]
pub struct BalancerView<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// The name without what an nginx variable may not hold.
    pub id: String,
    /// What the cluster runs.
    pub product: &'a str,
    /// The clients' name.
    pub hostname: &'a str,
    /// The console's name.
    pub mgt_hostname: Option<&'a str>,
    /// Clients come through it; else another cluster has the names.
    pub live: bool,
    /// The ports before the workers; none where this balancer does not serve them.
    pub front: Option<PortsView>,
    /// The port before the console; none where this balancer does not serve it.
    pub console: Option<u16>,
    /// The port by which the console's name comes in clear, to be sent on.
    pub console_http: u16,
    /// The workers.
    pub workers: Vec<ServerView<'a>>,
    /// The active managers: a passive one is never a backup, which would commit unasked.
    pub managers: Vec<ServerView<'a>>,
    /// A client comes back to the same worker: sessions are not replicated (procedure 4.4).
    pub sticky: bool,
    /// The networks that may open the console; empty: all.
    pub allow: &'a [String],
    /// The workers' certificate on the host, without its `.crt` and `.key`.
    pub certificate: String,
    /// The console's.
    pub mgt_certificate: String,
}

/// One server behind a balancer.
#[derive(Clone, Debug, Serialize)]
pub struct ServerView<'a> {
    /// The node's name, which marks its lines.
    pub name: &'a str,
    /// Its address as it stands in a URL.
    pub address: String,
    /// The port that takes HTTP.
    pub http: u16,
    /// The port that takes HTTPS.
    pub https: u16,
}

impl<'a> BalancerView<'a> {
    /// The view of one balancer of a cluster.
    #[must_use]
    pub fn of(cluster: &'a Cluster, balancer: &Balancer) -> Self {
        let front = &cluster.front;
        let (http, https) = client_ports(&cluster.release);
        let servers = |nodes: &mut dyn Iterator<Item = &'a Node>, ports: (&str, &str)| {
            nodes
                .map(|node| ServerView {
                    name: &node.name,
                    address: match node.member.address {
                        std::net::IpAddr::V6(address) => format!("[{address}]"),
                        address => address.to_string(),
                    },
                    http: node.ports.get(ports.0).copied().unwrap_or_default(),
                    https: node.ports.get(ports.1).copied().unwrap_or_default(),
                })
                .collect()
        };
        let folder = Self::folder(cluster);
        let certificate = |own: bool, name: &str| match own {
            true => format!("{folder}/{name}"),
            false => format!("{folder}/lab"),
        };
        let of_workers = certificate(front.certificate.is_some(), "workers");
        Self {
            cluster: &cluster.name,
            id: Self::id(cluster),
            product: &cluster.release.name,
            hostname: &cluster.hostname,
            mgt_hostname: cluster.mgt_hostname.as_deref(),
            live: front.live,
            front: front
                .workers
                .filter(|_| balancer.workers)
                .map(|(http, https)| PortsView { http, https }),
            console: front.console.filter(|_| balancer.managers),
            console_http: front.workers.map_or(80, |(http, _)| http),
            workers: servers(&mut cluster.of_role(Role::Worker), (http, https)),
            managers: servers(&mut cluster.managers(true), ("http", "https")),
            sticky: http == "http",
            allow: &front.allow,
            mgt_certificate: match front.mgt_certificate {
                Some(_) => certificate(true, "console"),
                None => of_workers.clone(),
            },
            certificate: of_workers,
        }
    }

    /// A name for nginx's variables and files.
    #[must_use]
    pub fn id(cluster: &Cluster) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        cluster.name.chars().map(plain).collect()
    }

    /// The folder of a cluster's certificates on a balancer.
    #[must_use]
    pub fn folder(cluster: &Cluster) -> String {
        format!("/etc/nginx/wmprov-{}", Self::id(cluster))
    }
}
