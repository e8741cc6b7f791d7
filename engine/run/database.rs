//! The databases of a node, asked as the node will ask them: from its host, with its login, before it is started
//! and before anything is stopped for it. A server that starts without its database hangs and says little
//! (real-run 7); here each cause is one sentence.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::carbon::Tables;
use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Database, Dialect, Node, connections_at};
use crate::run::link::{Link, LinkError};
use crate::run::sql::{Client, SqlError, Wire};
use crate::run::{Context, Event};
use crate::yaml::Error;

/// How long a server may take to let us in and to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long it may take to make tables.
const MAKING: Duration = Duration::from_secs(300);

/// The tables of the database that we are in, the same for both servers.
const TABLES: [&str; 2] = [
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
];

/// What MySQL answers where all connections are taken, and PostgreSQL.
const FULL: [&str; 2] = ["1040", "53300"];

/// What is done about tables that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// They are told.
    Told,
    /// They are made: the node is about to start.
    Made,
}

/// Asks every database of a node, and says what could not be proved.
///
/// # Errors
/// The first that is not what it must be, with the code that explains it.
pub(super) async fn ask_databases(
    context: &Context,
    link: &Mutex<Link>,
    cluster: &Cluster,
    node: &Node,
    missing: Missing,
) -> Result<(), Error> {
    for database in &cluster.databases.all {
        let asked = Asked {
            context,
            cluster,
            node,
            database,
            missing,
        };
        asked.ask(link).await?;
    }
    Ok(())
}

/// One database of one node.
struct Asked<'a> {
    context: &'a Context,
    cluster: &'a Cluster,
    node: &'a Node,
    database: &'a Database,
    missing: Missing,
}

impl Asked<'_> {
    async fn ask(&self, link: &Mutex<Link>) -> Result<(), Error> {
        let Some(server) = self.database.server() else {
            self.not_proved("its URL names no single server");
            return Ok(());
        };
        let tunnel = link.lock().await.tunnel(&server.0, server.1).await;
        let tunnel = match tunnel {
            Ok(tunnel) => tunnel,
            Err(error) => return self.no_way(&server, error),
        };
        let tables = self.tables()?;
        // Two nodes that find no tables must not both make them (real-run 7).
        let _one_at_a_time = match self.missing {
            Missing::Made => Some(self.context.schemas.lock().await),
            Missing::Told => None,
        };
        let asking = async {
            let mut client = match Client::login(tunnel, self.database).await? {
                Ok(client) => client,
                Err(error) => return Some(Err(error)),
            };
            Some(self.converse(&mut client, &tables, &server).await)
        };
        let patience = match self.missing {
            Missing::Made => MAKING,
            Missing::Told => PATIENCE,
        };
        let seen = match timeout(patience, asking).await {
            Err(_elapsed) => {
                let message = format!("it takes the connection and says nothing for {patience:?}");
                return Err(self.wrong("WM030", &message));
            }
            Ok(None) => {
                self.not_proved("only its driver speaks to such a server; it takes connections");
                return Ok(());
            }
            Ok(Some(seen)) => seen,
        };
        match seen {
            Ok(held) => held,
            Err(SqlError::NotSpoken(why)) => {
                self.not_proved(&format!("{why}; it takes connections"));
                Ok(())
            }
            Err(SqlError::Refused { code, message }) if FULL.contains(&code.as_str()) => Err(self
                .wrong(
                    "WM066",
                    &format!("it has no connection left: {message} ({code})"),
                )),
            Err(error @ SqlError::Refused { .. }) => Err(self.wrong(
                "WM030",
                &format!("it refuses `{}`: {error}", self.database.user),
            )),
            Err(error) => {
                let message = "it takes the connection, and does not speak as it must";
                Err(self.wrong("WM030", message).because(error))
            }
        }
    }

    /// All that is asked of a server that has let us in.
    async fn converse<W: Wire>(
        &self,
        client: &mut Client<W>,
        tables: &Tables,
        server: &(String, u16),
    ) -> Result<Result<(), Error>, SqlError> {
        let seen = self.look(client).await?;
        if let Err(error) = self.hold(&seen, server) {
            return Ok(Err(error));
        }
        let lacking = self.lacking(client, tables).await?;
        if lacking.is_empty() {
            return Ok(Ok(()));
        }
        if lacking.len() < tables.names.len() {
            return Ok(Err(self.half_made(tables, &lacking, &seen)));
        }
        if self.missing == Missing::Told {
            self.will_be_made(tables, &seen);
            return Ok(Ok(()));
        }
        for statement in &tables.statements {
            if let Err(error @ SqlError::Refused { .. }) = client.ask(statement).await {
                let message = "it has no tables, and they cannot be made";
                return Ok(Err(self.wrong_at(&seen, "WM031", message).because(error)));
            }
        }
        let lacking = self.lacking(client, tables).await?;
        if !lacking.is_empty() {
            return Ok(Err(self.half_made(tables, &lacking, &seen)));
        }
        self.tell(format!(
            "database `{}`: {} tables made from {} in {}",
            self.database.role.key,
            tables.names.len(),
            tables.scripts.join(", "),
            seen.server
        ));
        Ok(Ok(()))
    }

    /// The tables that must be there and are not.
    async fn lacking<W: Wire>(
        &self,
        client: &mut Client<W>,
        tables: &Tables,
    ) -> Result<Vec<String>, SqlError> {
        if tables.names.is_empty() {
            return Ok(Vec::new());
        }
        let question = match self.database.dialect {
            Dialect::PostgreSql => TABLES[1],
            _ => TABLES[0],
        };
        let rows = client.ask(question).await?;
        let there: BTreeSet<String> = rows
            .iter()
            .filter_map(|row| Some(row.first()?.to_ascii_lowercase()))
            .collect();
        Ok(tables.names.difference(&there).cloned().collect())
    }

    /// What the pack has for this database.
    fn tables(&self) -> Result<Tables, Error> {
        let world = &self.context.world;
        let Ok((_, _, wanted)) = world.node(&self.cluster.name, &self.node.name) else {
            return Ok(Tables::default());
        };
        Tables::of(wanted.home.pack(), self.cluster, self.database).map_err(|error| {
            Error::at(&self.cluster.pack_place, "the pack cannot be used").because(error)
        })
    }

    fn half_made(&self, tables: &Tables, lacking: &[String], seen: &Seen) -> Error {
        let (named, more) = lacking.split_at(lacking.len().min(3));
        let more = match more.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let message = format!(
            "it has some of the {} tables of {}, and lacks {}{more}",
            tables.names.len(),
            tables.scripts.join(", "),
            named.join(", ")
        );
        self.wrong_at(seen, "WM070", &message)
    }

    /// Told once a cluster: every node finds the same.
    fn will_be_made(&self, tables: &Tables, seen: &Seen) {
        if self
            .cluster
            .nodes
            .first()
            .is_some_and(|first| first.name == self.node.name)
        {
            self.tell(format!(
                "database `{}` is empty: its {} tables will be made from {} in {}",
                self.database.role.key,
                tables.names.len(),
                tables.scripts.join(", "),
                seen.server
            ));
        }
    }

    async fn look<W: Wire>(&self, client: &mut Client<W>) -> Result<Seen, SqlError> {
        client.ask(self.database.dialect.validation()).await?;
        match self.database.dialect {
            Dialect::PostgreSql => {
                let one = client.ask("SHOW max_connections").await?;
                let version = client.ask("SHOW server_version").await?;
                let version = version.first().and_then(|row| row.first());
                Ok(Seen {
                    server: format!("PostgreSQL {}", first_of(version, ' ')),
                    most: number(one.first()),
                    ..Seen::default()
                })
            }
            _ => {
                let sql = "SHOW VARIABLES WHERE Variable_name IN ('version', 'max_connections', \
                     'character_set_database', 'innodb_default_row_format', \
                     'innodb_force_primary_key', 'sql_require_primary_key', \
                     'group_replication_group_name')";
                Ok(Seen::of(&client.ask(sql).await?))
            }
        }
    }

    /// Holds what the server says of itself against what the cluster wants of it.
    fn hold(&self, seen: &Seen, server: &(String, u16)) -> Result<(), Error> {
        if let Some(variable) = &seen.forces_keys {
            return Err(self.wrong_at(seen, "WM029", &format!("it has {variable}")));
        }
        if seen.compact && seen.charset.starts_with("utf8mb4") {
            let message = format!(
                "its tables have the row format `compact` and the character set `{}`",
                seen.charset
            );
            return Err(self.wrong_at(seen, "WM029", &message));
        }
        let needed = connections_at(&self.context.world.clusters, server);
        match seen.most {
            Some(most) if most < needed => {
                let message = format!(
                    "it allows {most} connections, and the pools of all nodes may open {needed}"
                );
                if self
                    .cluster
                    .waivers
                    .iter()
                    .any(|waiver| waiver.code == "WM066")
                {
                    return Ok(());
                }
                Err(self.wrong_at(seen, "WM066", &message))
            }
            _ => Ok(()),
        }
    }

    /// The tunnel did not come about: sshd's doing, or the database's.
    fn no_way(&self, server: &(String, u16), error: LinkError) -> Result<(), Error> {
        let (host, port) = server;
        if error.is_prohibited() {
            self.not_proved("the host's sshd forwards no connections (`AllowTcpForwarding`)");
            return Ok(());
        }
        let message = format!("nothing takes connections at {host}:{port}, seen from its host");
        Err(self.wrong("WM030", &message).because(error))
    }

    fn wrong(&self, code: &str, message: &str) -> Error {
        let message = format!(
            "database `{}` of node `{}`: {message}",
            self.database.role.key, self.node.name
        );
        Check::cite(code, message).or_at(&self.database.place)
    }

    /// What a server has said that let us in: which one it is may be the cause.
    fn wrong_at(&self, seen: &Seen, code: &str, message: &str) -> Error {
        self.wrong(code, &format!("{message}; it is {}", seen.server))
    }

    fn not_proved(&self, why: &str) {
        self.tell(format!(
            "database `{}` not proved: {why}",
            self.database.role.key
        ));
    }

    fn tell(&self, message: String) {
        self.context.events.send(Event::Noticed {
            host: Some(self.node.host.clone()),
            message: format!("{}: {message}", self.node.name),
        });
    }
}

/// What a server says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// `MariaDB 10.11.6`.
    server: String,
    most: Option<u32>,
    charset: String,
    compact: bool,
    /// What makes it refuse tables without a primary key, or rows in them.
    forces_keys: Option<String>,
}

impl Seen {
    /// Of MySQL's variables, each a row of name and value.
    fn of(rows: &[Vec<String>]) -> Self {
        let mut seen = Self::default();
        for row in rows {
            let [name, value] = row.as_slice() else {
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "version" => {
                    let maker = match value.contains("MariaDB") {
                        true => "MariaDB",
                        false => "MySQL",
                    };
                    seen.server = format!("{maker} {}", first_of(Some(value), '-'));
                }
                "max_connections" => seen.most = value.parse().ok(),
                "character_set_database" => seen.charset.clone_from(value),
                "innodb_default_row_format" => seen.compact = value.eq_ignore_ascii_case("compact"),
                // Set on a member of a group, which takes no row without a key.
                "group_replication_group_name" if !value.is_empty() => {
                    seen.forces_keys = Some(format!("`{name}` set"));
                }
                _ if value.eq_ignore_ascii_case("on") => {
                    seen.forces_keys = Some(format!("`{name}` on"));
                }
                _ => {}
            }
        }
        seen
    }
}

/// What a server calls itself, up to what its builder has added.
fn first_of(version: Option<&String>, end: char) -> &str {
    let version = version.map_or("of an unknown version", String::as_str);
    version.split(end).next().unwrap_or(version)
}

fn number(row: Option<&Vec<String>>) -> Option<u32> {
    row?.first()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mysql_tells_of_itself_in_variables() {
        for (rows, wanted) in [
            (
                &[
                    ("version", "10.11.6-MariaDB-0+deb12u1"),
                    ("sql_require_primary_key", "OFF"),
                ][..],
                ("MariaDB 10.11.6", None),
            ),
            (
                &[("version", "8.0.36"), ("group_replication_group_name", "")],
                ("MySQL 8.0.36", None),
            ),
            (
                &[
                    ("version", "5.7.44-log"),
                    ("group_replication_group_name", "a-b"),
                ],
                ("MySQL 5.7.44", Some("`group_replication_group_name` set")),
            ),
            (
                &[("version", "8.0.36"), ("sql_require_primary_key", "ON")],
                ("MySQL 8.0.36", Some("`sql_require_primary_key` on")),
            ),
        ] {
            let rows: Vec<Vec<String>> = rows
                .iter()
                .map(|(name, value)| vec![(*name).to_owned(), (*value).to_owned()])
                .collect();
            let seen = Seen::of(&rows);
            assert_eq!((seen.server.as_str(), seen.forces_keys.as_deref()), wanted);
        }
    }
}
