//! The way back: each part into its place. Before the first act every
//! host is told what is owed to it, so that a run after a cut one knows; that goes when all parts are in place.

use std::time::Duration;

use tokio::sync::mpsc;

use super::archive::Archive;
use super::line::{Failure, Hosts, send};
use super::parts::{askers, mysql_file, postgresql_file, store_of, whose};
use super::passage::Passage;
use super::record::{Part, PartKind};
use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Database, Dialect, Node};
use crate::connection::ConnectOptions;
use crate::inventory::Inventory;
use crate::modules::state_of;
use crate::run::locks::HOST_STATE;
use crate::run::{Event, Events, Interrupt};
use crate::script::{PartCall, Request, Step};
use crate::yaml::{Error, Result, Secret};

/// What may be there already, and is replaced all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Databases that have tables.
    Databases,
    /// A repository that has revisions.
    Repository,
}

/// A backup, and the cluster that it is to be again.
pub struct Return<'a> {
    /// The inventory.
    pub inventory: &'a Inventory,
    /// All its clusters.
    pub clusters: &'a [Cluster],
    /// The cluster.
    pub cluster: &'a Cluster,
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// The backup, all of whose hashes hold.
    pub archive: &'a Archive,
    /// What is replaced.
    pub over: &'a [Over],
    /// Who does it.
    pub by: String,
    /// How long a lock that another run holds is waited for.
    pub lock_wait: Duration,
}

/// What one part needs to come into its place.
struct Place {
    part: Part,
    host: String,
    call: PartCall,
}

impl Return<'_> {
    pub(super) fn node(&self, name: &str) -> Option<&Node> {
        self.cluster.nodes.iter().find(|node| node.name == name)
    }

    /// The database that a part is to be.
    pub(super) fn database(&self, part: &Part) -> Result<&Database> {
        let databases = &self.cluster.databases;
        let found = part.of.iter().find_map(|key| databases.get(key));
        let Some(found) = found else {
            let message = format!(
                "the backup is of a cluster with the database {}, and the inventory has none",
                part.of.join(", ")
            );
            return Err(Check::cite("WM204", message).or_at(&self.cluster.place));
        };
        if part.dialect.as_deref() != dialect(found) {
            let message = format!("`{}` is the dump of another kind of server", part.name);
            return Err(Check::cite("WM204", message).or_at(&found.place));
        }
        Ok(found)
    }

    pub(super) fn hosts(&self) -> Result<Hosts, Vec<Error>> {
        let store = self.cluster.store().map(|store| store.host.as_str());
        let concerned = |name: &str| {
            store == Some(name) || self.cluster.nodes.iter().any(|node| node.host == name)
        };
        Hosts::of(self.inventory, self.clusters, &self.connect, concerned)
    }

    /// The host and the call by which a database is looked at, or loaded.
    pub(super) async fn call(
        &self,
        hosts: &Hosts,
        database: &Database,
        what: &str,
        loads: bool,
    ) -> Result<(String, PartCall)> {
        let asked = askers(self.cluster, &hosts.names());
        let Some((server, port)) = database.server() else {
            let message = format!("database `{}` names no single server", database.role.key);
            return Err(Error::at(&database.url_place, message));
        };
        let schema = database.schema().to_owned();
        let (client, function, arguments, secret) = match database.dialect {
            Dialect::PostgreSql => (
                (&["psql"][..], "postgresql-client"),
                ["wm_tables_postgresql", "wm_load_postgresql"],
                vec![server, port.to_string(), database.user.clone(), schema],
                postgresql_file(database),
            ),
            _ => (
                (&["mariadb", "mysql"][..], "mariadb-client"),
                ["wm_tables_mysql", "wm_load_mysql"],
                vec![schema],
                mysql_file(database, &server, port),
            ),
        };
        let host = hosts.first_with(&asked, client, what).await?;
        let call = PartCall {
            function: function[usize::from(loads)],
            arguments,
            secret,
        };
        Ok((host, call))
    }

    /// What is owed to a host while the backup is on its way.
    fn debt(&self) -> String {
        let record = &self.archive.record;
        format!("restore\t{}\t{}", record.cluster, record.id)
    }

    /// True where a former restore of this very backup was cut: what it has left may be replaced.
    pub(super) async fn is_owed(&self, hosts: &Hosts) -> Result<bool> {
        let debt = hosts.half_restored(&self.cluster.name).await?;
        Ok(debt == Some(self.debt()))
    }

    /// Puts every part into its place, under the locks of all hosts; [`None`] where the user interrupts.
    ///
    /// # Errors
    /// A host that cannot be reached or is held by another run, a part that cannot be put.
    pub async fn put(&self, events: &Events, interrupt: &Interrupt) -> Option<Result<()>> {
        let hosts = match self.hosts() {
            Ok(hosts) => hosts,
            Err(mut errors) => return errors.pop().map(Err),
        };
        let put = interrupt.unless(self.put_all(&hosts, events)).await;
        hosts.cut().await;
        put
    }

    async fn put_all(&self, hosts: &Hosts, events: &Events) -> Result<()> {
        let held = hosts.hold(&self.by, self.lock_wait, events).await?;
        self.note(hosts, "wm_owe").await?;
        for place in self.places(hosts).await? {
            self.put_one(hosts, &place, events).await?;
        }
        self.note(hosts, "wm_paid").await?;
        held.release().await
    }

    /// Tells every host what is owed to it, or that it is no more.
    async fn note(&self, hosts: &Hosts, name: &'static str) -> Result<()> {
        for host in hosts.names() {
            let request = Request {
                steps: vec![Step::Function {
                    name,
                    arguments: vec![format!("{HOST_STATE}/owed"), self.debt()],
                }],
                ..Request::default()
            };
            let mut link = hosts.link(&host).await?;
            let keeper = link.keeper().clone();
            let noted = link.request(&keeper, &request, "noting what is owed").await;
            let (done, _) = noted.map_err(|error| error.at(&host))?;
            if !done.iter().all(crate::script::Done::succeeded) {
                let message = format!("host `{host}` does not note that a restore is on its way");
                return Err(Error::new(message));
            }
        }
        Ok(())
    }

    /// Where each part goes; those that no place needs are left out.
    async fn places(&self, hosts: &Hosts) -> Result<Vec<Place>> {
        let mut places = Vec::new();
        let parts = &self.archive.record.parts;
        let by_repository = parts.iter().any(|part| part.kind == PartKind::Repository);
        for part in parts {
            let (host, call) = match part.kind {
                PartKind::Records => continue,
                // Every node checks them out.
                PartKind::Artifacts if by_repository => continue,
                PartKind::Database => {
                    let database = self.database(part)?;
                    self.call(hosts, database, &part.name, true).await?
                }
                PartKind::Repository => match self.cluster.store() {
                    None => continue,
                    Some(store) => {
                        let words = vec![store_of(self.cluster)];
                        (store.host.clone(), plain("wm_put_repository", words))
                    }
                },
                kind => match part.of.first().and_then(|name| self.node(name)) {
                    None => continue,
                    Some(node) => (node.host.clone(), of_node(node, kind)),
                },
            };
            places.push(Place {
                part: part.clone(),
                host,
                call,
            });
        }
        Ok(places)
    }

    async fn put_one(&self, hosts: &Hosts, place: &Place, events: &Events) -> Result<()> {
        let Place { part, host, call } = place;
        let doing = format!("`{}` was on its way", part.name);
        let cannot = |error: crate::run::LinkError| {
            let message = format!("`{}` did not come to host `{host}`", part.name);
            Check::cite("WM201", message).because(error)
        };
        let (pieces, ahead) = mpsc::channel(4);
        let (archive, wanted) = (self.archive.clone(), part.clone());
        let reading = tokio::task::spawn_blocking(move || {
            archive.read(&wanted, |bytes| {
                // Whoever reads no more says why.
                let _gone = pieces.blocking_send(bytes.to_vec());
                Ok(())
            })
        });
        let sending = async {
            let mut passage = Passage::of(host, &part.name, Some(part.size), events);
            let sent = |bytes: usize| passage.more(bytes);
            match send(hosts, host, call, &doing, (ahead, sent)).await {
                Ok(ended) => Ok(ended),
                Err(Failure::File(error)) => Err(error),
                Err(Failure::Link(error)) => Err(cannot(error)),
            }
        };
        let ended = sending.await?;
        match reading.await {
            Ok(read) => read?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
        ended.judged(&format!("`{}` cannot be put on host `{host}`", part.name))?;
        let mut message = format!("{}: {} bytes are back", part.name, part.size);
        if part.kind == PartKind::Security {
            let others: Vec<&str> = ended.said.lines().collect();
            message = match others.is_empty() {
                true => format!("{}: as the inventory has them", part.name),
                false => format!(
                    "{}: {} are others than the inventory's, which stay; the backup's are kept in {}/restored-security",
                    part.name,
                    others.join(", "),
                    part.of
                        .first()
                        .and_then(|name| self.node(name))
                        .map(state_of)
                        .unwrap_or_default()
                ),
            };
        }
        events.send(Event::Noticed {
            host: Some(host.clone()),
            message,
        });
        Ok(())
    }
}

fn dialect(database: &Database) -> Option<&'static str> {
    match database.dialect {
        Dialect::MySql | Dialect::MariaDb => Some("mysql"),
        Dialect::PostgreSql => Some("postgresql"),
        _ => None,
    }
}

pub(super) fn plain(function: &'static str, arguments: Vec<String>) -> PartCall {
    PartCall {
        function,
        arguments,
        secret: Secret::new(""),
    }
}

/// How a part of a node comes into its Home.
fn of_node(node: &Node, kind: PartKind) -> PartCall {
    let home = node.home.display().to_string();
    let whose = whose(node);
    let state = state_of(node);
    let put = |folder: &str, paths: &[&str]| {
        let mut words = vec![
            home.clone(),
            state.clone(),
            whose.clone(),
            folder.to_owned(),
        ];
        words.extend(paths.iter().map(|path| (*path).to_owned()));
        plain("wm_put_home", words)
    };
    match kind {
        PartKind::H2 => put("repository/database", &["*.db"]),
        PartKind::Artifacts => put(".", &["repository/deployment/server", "repository/tenants"]),
        _ => plain("wm_compare_security", vec![home, state]),
    }
}
