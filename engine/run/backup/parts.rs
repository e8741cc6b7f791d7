//! What a backup of a cluster consists of: each part, the hosts that it can be taken on, and the call that streams it.

use super::record::{LeftOut, PartKind};
use crate::cluster::{ArtifactSync, BalancerView, Cluster, Database, Dialect, Node};
use crate::modules::{state_of, unit_of};
use crate::script::PartCall;
use crate::yaml::Secret;

/// Where `site.yaml` keeps repositories.
const STORES: &str = "/var/lib/wmprov-svn";

/// So much of H2's files is copied while a server is halted (kilobytes): a second, where disks are slow.
const MOST_H2: u64 = 256 * 1024;

/// A part that is to be taken.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) kind: PartKind,
    pub(super) of: Vec<String>,
    /// The hosts that it can be taken on; the first that has the client does it.
    pub(super) hosts: Vec<String>,
    /// The programs of which it needs one, and the package that brings it.
    pub(super) client: Option<(&'static [&'static str], &'static str)>,
    pub(super) call: PartCall,
    pub(super) dialect: Option<&'static str>,
}

/// What a backup consists of on these hosts, and what it cannot hold.
pub(super) fn parts(cluster: &Cluster, hosts: &[String]) -> (Vec<Wanted>, Vec<LeftOut>) {
    let mut wanted = Vec::new();
    let mut left_out = Vec::new();
    for database in distinct(cluster) {
        match of_database(cluster, &database, hosts) {
            Ok(part) => wanted.push(part),
            Err(left) => left_out.push(left),
        }
    }
    match repository(cluster, hosts) {
        Some(Ok(part)) => wanted.push(part),
        Some(Err(left)) => left_out.push(left),
        None => {}
    }
    for node in &cluster.nodes {
        match hosts.contains(&node.host) {
            true => wanted.extend(of_node(cluster, node)),
            false => left_out.push(LeftOut {
                what: format!("node {}", node.name),
                why: format!("host {} was not chosen", node.host),
            }),
        }
    }
    (wanted, left_out)
}

/// The databases of a cluster; those with one URL are one.
fn distinct(cluster: &Cluster) -> Vec<Vec<&Database>> {
    let mut distinct: Vec<Vec<&Database>> = Vec::new();
    for database in &cluster.databases.all {
        match distinct.iter_mut().find(|same| same[0].url == database.url) {
            Some(same) => same.push(database),
            None => distinct.push(vec![database]),
        }
    }
    distinct
}

fn of_database(cluster: &Cluster, same: &[&Database], hosts: &[String]) -> Result<Wanted, LeftOut> {
    let database = same[0];
    let keys: Vec<String> = same.iter().map(|one| one.role.key.to_owned()).collect();
    let left_out = |why: &str| LeftOut {
        what: format!("database {}", keys.join(", ")),
        why: why.to_owned(),
    };
    let Some((server, port)) = database.server() else {
        return Err(left_out("its URL names no single server"));
    };
    let schema = database.schema().to_owned();
    let hosts = askers(cluster, hosts);
    if hosts.is_empty() {
        return Err(left_out(
            "no host of a node was chosen, from which it could be asked",
        ));
    }
    let (dialect, client, call) = match database.dialect {
        Dialect::MySql | Dialect::MariaDb => (
            "mysql",
            (&["mariadb-dump", "mysqldump"][..], "mariadb-client"),
            PartCall {
                function: "wm_dump_mysql",
                arguments: vec![schema],
                secret: mysql_file(database, &server, port),
            },
        ),
        Dialect::PostgreSql => (
            "postgresql",
            (&["pg_dump"][..], "postgresql-client"),
            PartCall {
                function: "wm_dump_postgresql",
                arguments: vec![server, port.to_string(), database.user.clone(), schema],
                secret: postgresql_file(database),
            },
        ),
        Dialect::Oracle | Dialect::SqlServer | Dialect::H2 => {
            return Err(left_out("only the tools of its own server dump it"));
        }
    };
    Ok(Wanted {
        name: format!("database/{}.sql", database.role.key),
        kind: PartKind::Database,
        of: keys,
        hosts,
        client: Some(client),
        call,
        dialect: Some(dialect),
    })
}

/// The hosts that a database can be asked from: those of nodes, whose logins its grants must let in; managers first, which
/// serve no requests.
pub(super) fn askers(cluster: &Cluster, hosts: &[String]) -> Vec<String> {
    let managers = cluster.managers(true).chain(cluster.managers(false));
    let workers = cluster.nodes.iter().filter(|node| node.is_worker());
    let mut askers: Vec<String> = Vec::new();
    for node in managers.chain(workers) {
        if hosts.contains(&node.host) && !askers.contains(&node.host) {
            askers.push(node.host.clone());
        }
    }
    askers
}

/// An option file of MySQL's and MariaDB's clients. What stands there must not stand in an argv.
pub(super) fn mysql_file(database: &Database, server: &str, port: u16) -> Secret {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    Secret::new(format!(
        "[client]\nprotocol=TCP\nhost=\"{}\"\nport={port}\nuser=\"{}\"\npassword=\"{}\"\ndefault-character-set=utf8mb4\n",
        quoted(server),
        quoted(&database.user),
        quoted(database.password.reveal())
    ))
}

/// A password file of PostgreSQL's clients, for whatever they are told to reach.
pub(super) fn postgresql_file(database: &Database) -> Secret {
    let password = database.password.reveal();
    let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
    Secret::new(format!("*:*:*:*:{escaped}\n"))
}

/// The repository of artifacts, where artifacts go through one.
fn repository(cluster: &Cluster, hosts: &[String]) -> Option<Result<Wanted, LeftOut>> {
    let repository = cluster.repository()?;
    let left_out = |why: String| LeftOut {
        what: "repository of artifacts".to_owned(),
        why,
    };
    if let Some(url) = &repository.url {
        return Some(Err(left_out(format!("{url} is kept by another server"))));
    }
    let store = cluster.store()?;
    if !hosts.contains(&store.host) {
        let why = format!("host {} was not chosen", store.host);
        return Some(Err(left_out(why)));
    }
    Some(Ok(Wanted {
        name: "repository.tar".to_owned(),
        kind: PartKind::Repository,
        of: vec![cluster.name.clone()],
        hosts: vec![store.host.clone()],
        client: None,
        call: PartCall {
            function: "wm_repository",
            arguments: vec![store_of(cluster)],
            secret: Secret::new(""),
        },
        dialect: None,
    }))
}

/// Where the repository of a cluster lies on its store.
pub(super) fn store_of(cluster: &Cluster) -> String {
    format!("{STORES}/{}", BalancerView::id(cluster))
}

/// The user and group that a node's server runs as.
pub(super) fn whose(node: &Node) -> String {
    format!("{}:{}", node.user, node.group)
}

/// What is kept of a node.
fn of_node(cluster: &Cluster, node: &Node) -> Vec<Wanted> {
    let home = node.home.display().to_string();
    let state = state_of(node);
    let part = |what: &str, kind, function, arguments: Vec<String>| Wanted {
        name: format!("node/{}/{what}.tar", node.name),
        kind,
        of: vec![node.name.clone()],
        hosts: vec![node.host.clone()],
        client: None,
        call: PartCall {
            function,
            arguments,
            secret: Secret::new(""),
        },
        dialect: None,
    };
    let whose = whose(node);
    let pack = |whose: &str, folder: &str, paths: &[&str]| {
        let mut words = vec![whose.to_owned(), folder.to_owned()];
        words.extend(paths.iter().map(|path| (*path).to_owned()));
        words
    };
    let h2 = vec![
        whose.clone(),
        home.clone(),
        state.clone(),
        unit_of(node),
        MOST_H2.to_string(),
    ];
    let security = pack(&whose, &home, &["repository/resources/security"]);
    // Without the key that the digests of secrets are made with. Some of them root alone may read.
    let records = pack(
        "",
        &state,
        &["manifest", "generation", "generations", "evidence"],
    );
    let mut parts = vec![
        part("h2", PartKind::H2, "wm_h2", h2),
        part("security", PartKind::Security, "wm_pack", security),
        part("records", PartKind::Records, "wm_pack", records),
    ];
    // Where nothing brings artifacts from one node to the others, each has its own.
    if node.active || cluster.sync == ArtifactSync::None {
        let deployed = ["repository/deployment/server", "repository/tenants"];
        let artifacts = pack(&whose, &home, &deployed);
        parts.push(part("artifacts", PartKind::Artifacts, "wm_pack", artifacts));
    }
    parts
}
