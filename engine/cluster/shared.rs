//! What the edits of a node's files see of the databases, the repository and the administrator that it shares: `shared.*`.
//! Passwords are in it, so it is handed to those templates alone, never to a playbook's.

use serde::Serialize;

use super::{Cluster, Database, Node};
use crate::catalogue::Access;

/// `shared.*`.
#[derive(Clone, Debug, Serialize)]
pub struct SharedView<'a> {
    /// The data sources; empty where nothing is shared.
    pub sources: Vec<SourceView<'a>>,
    /// The mounts of the shared registry.
    pub mounts: Vec<MountView<'a>>,
    /// The data source of the user store, or none.
    pub users: Option<&'a str>,
    /// The repository of artifacts, where they go through one.
    pub svn: Option<SvnView<'a>>,
    /// The administrator, where the user gives the password.
    pub admin: Option<AdminView<'a>>,
}

/// `shared.admin.*`.
#[derive(Clone, Debug, Serialize)]
pub struct AdminView<'a> {
    /// The user's name.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
}

/// `shared.svn.*`.
#[derive(Clone, Debug, Serialize)]
pub struct SvnView<'a> {
    /// The repository's URL.
    pub url: String,
    /// Whom the node logs in as.
    pub user: &'a str,
    /// With what password.
    pub password: &'a str,
}

/// One data source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceView<'a> {
    /// The file that it stands in.
    pub file: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its JNDI name.
    pub jndi: &'a str,
    /// The JDBC URL.
    pub url: &'a str,
    /// Who logs in.
    pub user: &'a str,
    /// With what password.
    pub password: &'a str,
    /// The driver's class.
    pub driver: &'a str,
    /// The most connections.
    pub pool: u16,
    /// True where wmprov adds the data source, false where the product has it.
    pub added: bool,
    /// The question that proves a connection.
    pub validation: &'a str,
}

/// One mount.
#[derive(Clone, Debug, Serialize)]
pub struct MountView<'a> {
    /// The path that the registry shows, `/_system/config`.
    pub path: &'a str,
    /// The path in the shared database.
    pub target: &'a str,
    /// The id of the remote instance, whose `readOnly` decides: one a mount.
    pub id: &'a str,
    /// The name of the database's configuration in registry.xml.
    pub config: &'a str,
    /// The data source.
    pub jndi: &'a str,
    /// `user@url`.
    pub cache_id: String,
    /// True where the node may not write.
    pub read_only: bool,
}

impl<'a> SharedView<'a> {
    /// What one node shares.
    #[must_use]
    pub fn of(cluster: &'a Cluster, node: &'a Node) -> Self {
        let databases = &cluster.databases;
        let sources = databases.all.iter().map(|database| SourceView {
            file: database.role.file,
            name: database.role.name,
            jndi: database.role.jndi,
            url: &database.url,
            user: &database.user,
            password: database.password.reveal(),
            driver: &database.driver,
            pool: database.pool,
            added: database.role.product.is_none(),
            validation: database.dialect.validation(),
        });
        let registry = databases.get("registry");
        let users = databases.get("users").or(registry);
        Self {
            sources: sources.collect(),
            mounts: registry.map_or(Vec::new(), |registry| mounts(cluster, node, registry)),
            users: users.map(|database| database.role.jndi),
            svn: svn(cluster, node),
            admin: cluster.admin.password.as_ref().map(|password| AdminView {
                user: &cluster.admin.user,
                password: password.reveal(),
            }),
        }
    }
}

/// The repository, where all that is needed of it is known; what is not a check has told.
fn svn<'a>(cluster: &'a Cluster, node: &'a Node) -> Option<SvnView<'a>> {
    Some(SvnView {
        url: cluster.svn_url()?,
        user: &node.svn.user,
        password: node.svn.password.as_ref()?.reveal(),
    })
}

/// The mounts: the guide's two, each with an instance of its own, for a worker may write to the one and not to the
/// other (procedure 2.4, 5.3, 5.4). Managers always write.
fn mounts<'a>(cluster: &'a Cluster, node: &Node, registry: &'a Database) -> Vec<MountView<'a>> {
    let allowed = cluster.release.registry;
    let read_only = |access| node.is_worker() && access == Access::ReadOnly;
    let governance = cluster.databases.get("governance");
    let config = MountView {
        path: "/_system/config",
        target: &cluster.databases.target,
        id: "sharedconfig",
        config: "sharedregistry",
        jndi: registry.role.jndi,
        cache_id: registry.cache_id(),
        read_only: read_only(allowed.config),
    };
    let held = governance.unwrap_or(registry);
    let governance = MountView {
        path: "/_system/governance",
        target: "/_system/governance",
        id: "sharedgovernance",
        config: governance.map_or(config.config, |_| "sharedgovernance"),
        jndi: held.role.jndi,
        cache_id: held.cache_id(),
        read_only: read_only(allowed.governance),
    };
    vec![config, governance]
}
