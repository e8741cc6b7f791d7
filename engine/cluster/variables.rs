//! Every inventory variable that wmprov knows, in one table: the loader checks against it and the
//! reference page is made from it.

use super::kind::Kind;
use crate::yaml::near;

/// Where a variable may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// At the cluster's group or above it: it holds for the whole cluster.
    Cluster,
    /// Anywhere on a node's path: cluster, role group, other groups, host, `carbon_nodes` entry.
    Node,
    /// At the group of the load balancers, or a host of it.
    Balancer,
    /// Only in an entry of `carbon_nodes`.
    Entry,
}

/// One variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// Where it may stand.
    pub level: Level,
    /// What holds where it is not set, for the reader of the page; empty where nothing does.
    pub default: &'static str,
    /// One or two sentences for the page.
    pub doc: &'static str,
}

const fn cluster(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Variable {
    Variable {
        name,
        kind,
        level: Level::Cluster,
        default,
        doc,
    }
}

const fn node(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Variable {
    Variable {
        name,
        kind,
        level: Level::Node,
        default,
        doc,
    }
}

const fn balancer(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Variable {
    Variable {
        name,
        kind,
        level: Level::Balancer,
        default,
        doc,
    }
}

const fn entry(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Variable {
    Variable {
        name,
        kind,
        level: Level::Entry,
        default,
        doc,
    }
}

/// A day in seconds: no wait of a run is longer.
const DAY: i64 = 86_400;

/// Every variable, in the order of the reference page.
pub const ALL: &[Variable] = &[
    cluster(
        "carbon_product",
        Kind::Text,
        "",
        "The product's key: `esb`, `as`. The group that sets it is a cluster.",
    ),
    cluster(
        "carbon_version",
        Kind::Version,
        "",
        "The product's version; every node of a cluster runs the same.",
    ),
    cluster(
        "carbon_component",
        Kind::Identifier,
        "API Manager: `gateway`; the other products have none",
        "The part of the product that the cluster runs. Of API Manager the Gateway is what is usually separated; `publisher` and `store` may be.",
    ),
    cluster(
        "carbon_key_manager",
        Kind::Authority,
        "none: each node asks itself, which on workers WM039 refuses",
        "API Manager only: the Key Manager that keys and logins are checked at, `km.example.com:9443`.",
    ),
    cluster(
        "carbon_gateway",
        Kind::Text,
        "the only Gateway of the inventory",
        "API Manager's Publisher and Store only: the group of the Gateway's cluster that they publish to, where there are several.",
    ),
    cluster(
        "carbon_pattern",
        Kind::Whole(0, 99),
        "1",
        "The deployment pattern of the clustering guide: 1 is one manager and two or more workers in one domain; 2 is two managers, active and passive, in a domain of their own, and workers in another; 3 is two managers and workers as sub-domains of one domain, with a load balancer each.",
    ),
    cluster(
        "carbon_pack",
        Kind::LocalPath,
        "the catalogue's file name, beside the inventory file",
        "The product's zip.",
    ),
    cluster(
        "carbon_patches",
        Kind::LocalPaths,
        "none",
        "WSO2 patches as they were handed out (`WSO2-CARBON-PATCH-4.4.0-0010.zip`): their folders `patchNNNN` are laid under `repository/components/patches`, and `plugins` become what the launcher makes of them.",
    ),
    cluster(
        "carbon_hostname",
        Kind::HostName,
        "",
        "The name that clients use: the load balancer's before the workers, or a worker's. Every node writes it into its URLs.",
    ),
    cluster(
        "carbon_mgt_hostname",
        Kind::HostName,
        "none: the console shows the node's own name",
        "The console's name, on managers.",
    ),
    cluster(
        "carbon_domain",
        Kind::Domain,
        "the catalogue's, `wso2.esb.domain`",
        "The clustering domain. Two clusters never share one.",
    ),
    cluster(
        "carbon_mgt_domain",
        Kind::Domain,
        "pattern 2: `carbon_domain` with `mgt` in it, `wso2.esb.mgt.domain`",
        "The managers' own clustering domain in pattern 2.",
    ),
    cluster(
        "carbon_manager_active",
        Kind::Names,
        "the first manager of the inventory",
        "The manager that is active, by its node's name. The others are passive: they run, and neither commit nor serve the console. Two names are active/active, which WM130 refuses unless it is waived by name.",
    ),
    cluster(
        "carbon_http_port",
        Kind::Whole(1, 65_535),
        "80 with a load balancer",
        "The port at which clients reach the workers by HTTP through the load balancer. Set for a balancer that is not ours, it says that there is one.",
    ),
    cluster(
        "carbon_https_port",
        Kind::Whole(1, 65_535),
        "443 with a load balancer",
        "The same for HTTPS.",
    ),
    cluster(
        "carbon_traffic",
        Kind::Choice(&["live", "standby"]),
        "`live`",
        "Whether clients come to the cluster through its load balancers. A `standby` has the names of a cluster that is live, is kept and proved like that, and takes over at the load balancers when the two words are swapped.",
    ),
    cluster(
        "carbon_mgt_https_port",
        Kind::Whole(1, 65_535),
        "443 with a load balancer",
        "The port at which administrators reach the console through the load balancer.",
    ),
    cluster(
        "carbon_console_allow",
        Kind::Networks,
        "must be set where our balancer serves the console (WM135), and with a firewall (WM147)",
        "The addresses and networks of the administrators. Through our load balancer others get 403 from the console; with `carbon_firewall` nobody else but balancers and members reaches a manager.",
    ),
    cluster(
        "carbon_firewall",
        Kind::Choice(&["none", "nftables"]),
        "none",
        "Whether each host lets only those to the cluster's ports who have business there (`nftables`): members to the clustering port, balancers to workers, administrators (`carbon_console_allow`) and the console's balancer to managers. See [the firewall](firewall.md).",
    ),
    cluster(
        "carbon_certificate",
        Kind::LocalPath,
        "one is made on each balancer, for a lab",
        "The load balancer's certificate with its chain, PEM; it must hold every name that it serves.",
    ),
    cluster(
        "carbon_certificate_key",
        Kind::LocalPath,
        "none",
        "Its private key, PEM.",
    ),
    cluster(
        "carbon_mgt_certificate",
        Kind::LocalPath,
        "`carbon_certificate`",
        "The console's certificate, where it is another.",
    ),
    cluster(
        "carbon_mgt_certificate_key",
        Kind::LocalPath,
        "none",
        "Its private key, PEM.",
    ),
    cluster(
        "carbon_artifact_sync",
        Kind::Choice(&["none", "svn", "rsync", "shared"]),
        "none",
        "How artifacts go from the active manager to the other nodes: it pushes its folders to them (`rsync`), it commits to a repository from which they check out (`svn`), all mount one file system (`shared`), or whoever deploys sees to it (`none`). See sync.md.",
    ),
    cluster(
        "carbon_sync_interval",
        Kind::Whole(5, DAY),
        "60 with `rsync`",
        "Seconds from one push of artifacts to the next.",
    ),
    cluster(
        "carbon_sync_max_deletions",
        Kind::Whole(0, 1_000_000),
        "50 with `rsync`",
        "A push that would delete more than so many files and folders on a node is refused there (WM019).",
    ),
    cluster(
        "carbon_tenants",
        Kind::Names,
        "none",
        "Domains of tenants that a worker loads before it serves again: the first request to a tenant loads it, and meets nothing. See sync.md.",
    ),
    cluster(
        "carbon_svn_url",
        Kind::Text,
        "that of the host of the group `artifact_store`",
        "The repository, where a Subversion server that is not ours keeps it (`svn`): `svn://`, `http://` or `https://`. Users, passwords and who may write are then that server's.",
    ),
    cluster(
        "carbon_svn_server",
        Kind::Choice(&["svnserve", "apache"]),
        "svnserve",
        "What serves the repository on the host of the group `artifact_store` (`svn`): Subversion's own server, or Apache with mod_dav_svn, an instance of its own beside any other.",
    ),
    cluster(
        "carbon_svn_port",
        Kind::Whole(1, 65_535),
        "3690 for svnserve; 80 for Apache, 443 with a certificate",
        "The port of that server.",
    ),
    cluster(
        "carbon_svn_hostname",
        Kind::HostName,
        "its address",
        "The name by which the nodes reach that server; its certificate must hold it.",
    ),
    cluster(
        "carbon_svn_certificate",
        Kind::LocalPath,
        "none: passwords travel in clear",
        "The certificate of that Apache with its chain, PEM: it speaks TLS then, and nothing else.",
    ),
    cluster(
        "carbon_svn_certificate_key",
        Kind::LocalPath,
        "none",
        "Its private key, PEM.",
    ),
    cluster(
        "carbon_svnkit_jar",
        Kind::LocalPaths,
        "must be given with `svn` (WM011)",
        "The client's jar, which no pack ships: `svnkit-1.3.9.wso2v2.jar` for kernel 4.2, `svnkit-all-1.8.7.wso2v1.jar` for 4.3 and 4.4. Laid into `repository/components/dropins`; a `trilead-…` jar beside it goes into `lib`.",
    ),
    cluster(
        "carbon_worker_ui",
        Kind::Choice(&["auto", "t1", "t2", "keep"]),
        "auto",
        "The management UI on workers: `t1` takes the UI bundles out and keeps the console's frame, `t2` the console as well, `keep` leaves all, `auto` is `t2` where the pack allows it, else `t1`.",
    ),
    cluster(
        "carbon_heartbeat",
        Kind::Whole(5, DAY),
        "60",
        "Seconds of silence after which the other members drop a node; Carbon's own default is 600 (procedure 7, row 44).",
    ),
    cluster(
        "carbon_serial",
        Kind::Whole(1, 1000),
        "1",
        "How many workers restart at once in a rollout.",
    ),
    cluster(
        "carbon_admin_user",
        Kind::Text,
        "admin",
        "The administrator whose login proves the roles.",
    ),
    cluster(
        "carbon_admin_password",
        Kind::Secret,
        "none: what only a login shows is reported as not proved",
        "The administrator's password, best vaulted: with it the first start makes the administrator (user-mgt.xml), and with it proofs log in. A later change is made in the user store too where nodes share it, else in the console (databases.md). `admin` is refused but with a lab pack (WM128).",
    ),
    cluster(
        "carbon_secure_vault",
        Kind::Flag,
        "false",
        "Passwords of the Home's configuration go into Carbon's secure vault, encrypted for the key of the primary keystore: the administrator's, the keystores', the databases', the repository's. It needs a pack with the cipher tool (WM129); which go in, and what that is worth, tells security.md.",
    ),
    cluster(
        "carbon_databases",
        Kind::Databases,
        "none: each node keeps registry and users to itself, in H2",
        "The databases that the nodes share, by what each is for: `registry` (must be given), `governance` and `users` (where not given, in the registry's), `apis` (API Manager), `processes` and `activiti` (BPS). Each has a JDBC `url`, a `user`, a `password` (best vaulted), and where wanted `pool` (connections of a node, 50), `connections` (what its server allows in all) and `driver` (the class). See [databases](databases.md).",
    ),
    cluster(
        "carbon_database_jars",
        Kind::LocalPaths,
        "none",
        "The JDBC drivers of these databases, each a path or Maven coordinates (`org.mariadb.jdbc:mariadb-java-client:2.7.12`) of what lies in a local Maven repository; laid into `repository/components/lib`.",
    ),
    cluster(
        "carbon_maven_repository",
        Kind::LocalPath,
        "`~/.m2/repository`",
        "The local Maven repository that coordinates in `carbon_database_jars` are looked up in. Nothing is fetched.",
    ),
    cluster(
        "carbon_registry_target",
        Kind::RegistryPath,
        "`/_system/config/<product>`, with `-<component>` for a part of API Manager",
        "Where the cluster's config registry lies in the registry's database. Two clusters of one database never share it.",
    ),
    cluster(
        "carbon_waive",
        Kind::Waivers,
        "none",
        "Checks that do not hold here, each with a reason that is printed at every run: `{WM044: \"links are never cut\"}`.",
    ),
    node(
        "carbon_nodes",
        Kind::Nodes,
        "one node a host",
        "Several nodes of one cluster on a host: a list of maps, each with a `name`, then `role`, `cluster`, and any variable of this column without its `carbon_` (`offset`, `home`, `unit`, `heap`, `member_port`).",
    ),
    node(
        "carbon_address",
        Kind::Address,
        "`ansible_host` where that is an IP address and not loopback",
        "The address that the other nodes use; an IP address of the host itself.",
    ),
    node(
        "carbon_member_port",
        Kind::Whole(1024, 65_535),
        "the catalogue's (ESB 4100, others 4000) plus the offset",
        "The clustering port. Carbon itself does not move it by the offset.",
    ),
    node(
        "carbon_offset",
        Kind::Whole(0, 60_000),
        "0",
        "Added to every server port of the node.",
    ),
    node(
        "carbon_home",
        Kind::HostPath,
        "`/opt/wso2/<top folder of the pack>`, with `-<name>` for an entry of `carbon_nodes`",
        "The Home on the host.",
    ),
    node(
        "carbon_unit",
        Kind::Identifier,
        "`wso2<product>`, with `-<name>` for an entry of `carbon_nodes`",
        "The systemd unit, without `.service`.",
    ),
    node(
        "carbon_user",
        Kind::Identifier,
        "wso2",
        "The system user that runs the server and owns the Home.",
    ),
    node(
        "carbon_group",
        Kind::Identifier,
        "as `carbon_user`",
        "The group of the Home.",
    ),
    node(
        "java_home",
        Kind::HostPath,
        "",
        "The JDK on the host. It is asked for its version, which the product must support. Where it is not set it follows from `java_pack`.",
    ),
    node(
        "java_pack",
        Kind::LocalPath,
        "none: a JDK is on the host",
        "The tar.gz of a JDK or JRE on this machine. It is read and held against the product before any connection, and unpacked on the host beside others.",
    ),
    node(
        "java_pack_folder",
        Kind::HostPath,
        "/opt/java",
        "The folder of the host in which JDKs of `java_pack` lie side by side, each under its archive's top folder.",
    ),
    node(
        "carbon_heap",
        Kind::Heap,
        "256m:1024m",
        "The heap's least and most, as the stock start script has them; set it in a role's group to tell roles apart.",
    ),
    node(
        "carbon_java_options",
        Kind::Words,
        "none",
        "More options for java.",
    ),
    node(
        "carbon_start_timeout",
        Kind::Whole(1, DAY),
        "300",
        "Seconds until a start that shows no sign counts as failed.",
    ),
    node(
        "carbon_stop_timeout",
        Kind::Whole(1, DAY),
        "60",
        "Seconds until a stop is enforced.",
    ),
    node(
        "carbon_drain_timeout",
        Kind::Whole(0, DAY),
        "120",
        "Seconds that requests which are open on a worker have to end, once its load balancers send it no more. Then the rollout ends and the worker serves on, or they are cut (`--cut`).",
    ),
    node(
        "carbon_drain_command",
        Kind::Text,
        "none",
        "A line of shell that takes the node from a load balancer that is not ours; it runs on the control machine, in the inventory's folder, with `WMPROV_NODE`, `WMPROV_HOST` and `WMPROV_ADDRESS` set.",
    ),
    node(
        "carbon_undrain_command",
        Kind::Text,
        "none",
        "The line that brings it back. It runs after every proof of role, so it must be safe to repeat.",
    ),
    node(
        "carbon_ssh_port",
        Kind::Whole(1, 65_535),
        "`ansible_port`, else 22",
        "The port of the host's sshd as the active manager reaches it, which brings artifacts there (`rsync`).",
    ),
    node(
        "carbon_svn_user",
        Kind::Identifier,
        "the node's name",
        "Whom the node logs in to the repository as (`svn`); each as another, so that the active manager alone may write.",
    ),
    node(
        "carbon_svn_password",
        Kind::Secret,
        "must be given with `svn` (WM144)",
        "Its password there, best vaulted; one for all nodes of a cluster, or one each.",
    ),
    node(
        "carbon_keep_generations",
        Kind::Whole(1, 100),
        "5",
        "How many generations of replaced files a host keeps for `wmprov rollback`; fewer where they take more than is left free.",
    ),
    node(
        "carbon_overlays",
        Kind::Overlays,
        "none",
        "Folders laid over the Home: drivers, keystores, further configuration. A later one wins. `{ path: files/workers, hosts: worker }` is laid over those that the host pattern selects.",
    ),
    node(
        "carbon_edits",
        Kind::Edits,
        "none",
        "Edits of stock files besides those that the role needs.",
    ),
    balancer(
        "carbon_balances",
        Kind::Choice(&["workers", "managers", "both"]),
        "`both`; `workers` where there is no `carbon_mgt_hostname`",
        "What a load balancer stands before. In pattern 3 workers and managers have balancers of their own.",
    ),
    entry(
        "name",
        Kind::Identifier,
        "",
        "The node's name; it shows as `host/name`.",
    ),
    entry(
        "role",
        Kind::Choice(&["manager", "worker"]),
        "the host's role",
        "The node's role, where its host is in both role groups.",
    ),
    entry(
        "cluster",
        Kind::Text,
        "the host's only cluster",
        "The node's cluster, where its host serves several.",
    ),
];

/// The variable of that name, as it stands in groups and hosts.
#[must_use]
pub fn find(name: &str) -> Option<&'static Variable> {
    ALL.iter()
        .find(|variable| variable.level != Level::Entry && variable.name == name)
}

/// The variable that a key of a `carbon_nodes` entry stands for: one of the entry's own, or a
/// node's variable without its `carbon_`.
#[must_use]
pub fn find_in_entry(key: &str) -> Option<&'static Variable> {
    ALL.iter().find(|variable| match variable.level {
        Level::Entry => variable.name == key,
        Level::Node => short(variable.name) == key && variable.name != "carbon_nodes",
        Level::Cluster | Level::Balancer => false,
    })
}

/// The known name that a wrong one was probably meant to be. The prefix that all share is no
/// likeness.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let known = ALL.iter().filter(|variable| variable.level != Level::Entry);
    let known: Vec<&str> = known.map(|variable| short(variable.name)).collect();
    let meant = near(name.strip_prefix("carbon_").unwrap_or(name), known)?;
    ALL.iter()
        .find(|variable| variable.level != Level::Entry && short(variable.name) == meant)
        .map(|variable| variable.name)
}

/// The known key of a `carbon_nodes` entry that a wrong one was probably meant to be.
#[must_use]
pub fn nearest_in_entry(key: &str) -> Option<&'static str> {
    near(
        key,
        ALL.iter()
            .map(|variable| short(variable.name))
            .filter(|name| find_in_entry(name).is_some()),
    )
}

fn short(name: &'static str) -> &'static str {
    name.strip_prefix("carbon_").unwrap_or(name)
}

/// The reference table of all variables, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let titles = [
        (
            Level::Cluster,
            "Of a cluster",
            "They stand at the cluster's group (the one that sets `carbon_product`) or above it.",
        ),
        (
            Level::Node,
            "Of a node",
            "They stand anywhere on the node's path, the later winning: `all`, cluster, role group, other groups of the host, host, entry of `carbon_nodes`.",
        ),
        (
            Level::Balancer,
            "Of a load balancer",
            "They stand at the group `load_balancer` (with several clusters `<cluster>_load_balancer`), or at a host of it.",
        ),
        (
            Level::Entry,
            "Of an entry of `carbon_nodes`",
            "Besides these, an entry takes every variable of a node without its `carbon_`.",
        ),
    ];
    let mut page = String::new();
    for (level, title, sentence) in titles {
        page.push_str(&format!(
            "### {title}\n\n{sentence}\n\n| variable | value | where not set | meaning |\n|---|---|---|---|\n"
        ));
        for variable in ALL.iter().filter(|variable| variable.level == level) {
            let default = match variable.default {
                "" => "must be set",
                default => default,
            };
            page.push_str(&format!(
                "| `{}` | {} | {default} | {} |\n",
                variable.name,
                variable.kind.describe(),
                variable.doc
            ));
        }
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_near_misses_are_found() {
        for (at, variable) in ALL.iter().enumerate() {
            assert!(!ALL[..at].iter().any(|other| other.name == variable.name));
        }
        assert_eq!(nearest("carbon_hostnam"), Some("carbon_hostname"));
        assert_eq!(nearest_in_entry("ofset"), Some("offset"));
        assert!(find("role").is_none());
        assert!(find_in_entry("product").is_none());
        assert_eq!(
            find_in_entry("java_home").map(|v| v.name),
            Some("java_home")
        );
    }

    #[test]
    fn the_page_names_every_variable() {
        let page = markdown();
        for variable in ALL {
            assert!(page.contains(&format!("| `{}` |", variable.name)));
        }
        assert!(page.contains("| `carbon_home` | absolute path on the host |"));
    }
}
