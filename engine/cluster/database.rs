//! The databases that the nodes of a cluster share: what the inventory says of each (`carbon_databases`), and what
//! follows from its URL.

use super::{Dialect, Overlay, kind};
use crate::catalogue::Release;
use crate::yaml::{Error, Map, Node, Place, Result, Secret, Value, near};

/// What a shared database is for, and the data source that stands for it in a Home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its key in `carbon_databases`.
    pub key: &'static str,
    /// What it holds, for the reader of an error.
    pub holds: &'static str,
    /// The file below `repository/conf/datasources`.
    pub file: &'static str,
    /// The data source's name.
    pub name: &'static str,
    /// The name by which the other files find it.
    pub jndi: &'static str,
    /// The only product that has it; [`None`] where all have.
    pub product: Option<&'static str>,
}

const fn of_all(
    key: &'static str,
    holds: &'static str,
    name: &'static str,
    jndi: &'static str,
) -> Use {
    Use {
        key,
        holds,
        file: "master-datasources.xml",
        name,
        jndi,
        product: None,
    }
}

/// Every use (procedure 2.4, 5.2, 5.3). The local registry is none of them: each node keeps its own, in H2.
pub const USES: [Use; 6] = [
    of_all(
        "registry",
        "the registry's config and governance spaces",
        "WSO2_REGISTRY_DB",
        "jdbc/WSO2RegistryDB",
    ),
    of_all(
        "governance",
        "the registry's governance space alone",
        "WSO2_GOVERNANCE_DB",
        "jdbc/WSO2GovernanceDB",
    ),
    of_all(
        "users",
        "users, roles and tenants",
        "WSO2_USER_DB",
        "jdbc/WSO2UMDB",
    ),
    Use {
        product: Some("am"),
        ..of_all(
            "apis",
            "API Manager's APIs and keys",
            "WSO2AM_DB",
            "jdbc/WSO2AM_DB",
        )
    },
    Use {
        file: "bps-datasources.xml",
        product: Some("bps"),
        ..of_all(
            "processes",
            "BPEL processes and human tasks",
            "BPS_DS",
            "bpsds",
        )
    },
    Use {
        file: "activiti-datasources.xml",
        product: Some("bps"),
        ..of_all(
            "activiti",
            "BPMN processes",
            "ACTIVITI_DB",
            "jdbc/ActivitiDB",
        )
    },
];

/// The keys of an entry of `carbon_databases`.
pub const KEYS: [&str; 6] = ["url", "user", "password", "pool", "driver", "connections"];

/// The connections that a node's pool opens at most where the inventory does not say (procedure 2.4).
const POOL: u16 = 50;

/// One shared database.
#[derive(Clone, Debug)]
pub struct Database {
    /// What it is for.
    pub role: Use,
    /// The JDBC URL, as it is written everywhere.
    pub url: String,
    /// The kind of its server.
    pub dialect: Dialect,
    /// Who the nodes log in as.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// True where the password stands in the inventory unvaulted.
    pub in_clear: bool,
    /// The driver's class.
    pub driver: String,
    /// The most connections that one node opens (`maxActive`).
    pub pool: u16,
    /// The connections that the server allows, where the user says it.
    pub connections: Option<u32>,
    /// Where its entry stands.
    pub place: Place,
    /// Where its URL stands.
    pub url_place: Place,
}

impl Database {
    /// Host and port of its server, where the URL names one server.
    #[must_use]
    pub fn server(&self) -> Option<(String, u16)> {
        let after = self.url.strip_prefix(self.dialect.prefix())?;
        let (rest, port) = match self.dialect {
            Dialect::MySql | Dialect::MariaDb => (after.strip_prefix("//")?, 3306),
            Dialect::PostgreSql => (after.strip_prefix("//")?, 5432),
            Dialect::SqlServer => (after.strip_prefix("//")?, 1433),
            Dialect::Oracle => {
                let at = after.split_once('@')?.1;
                (at.strip_prefix("//").unwrap_or(at), 1521)
            }
            Dialect::H2 => return None,
        };
        let authority = rest.split(['/', '?', ';']).next()?;
        if authority.is_empty() || authority.contains([',', '(']) {
            return None;
        }
        if let Some((host, rest)) = authority
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            let given = rest.strip_prefix(':').map(|port| port.parse().ok());
            return Some((host.to_owned(), given.unwrap_or(Some(port))?));
        }
        // Oracle's old form is host:port:SID.
        let mut parts = authority.split(':');
        let host = parts.next()?.to_owned();
        let given = parts.next().map(|port| port.parse().ok());
        Some((host, given.unwrap_or(Some(port))?))
    }

    /// The database's name on its server; empty where the URL has none.
    #[must_use]
    pub fn schema(&self) -> &str {
        let after = self.url.split_once("//").map_or("", |(_, after)| after);
        let path = after.split_once('/').map_or("", |(_, path)| path);
        path.split(['?', ';']).next().unwrap_or_default()
    }

    /// True where the URL asks for TLS between node and server.
    #[must_use]
    pub fn wants_tls(&self) -> bool {
        let lower = self.url.to_ascii_lowercase();
        let words = [
            "usessl=true",
            "requiressl=true",
            "ssl=true",
            "sslmode=require",
            "sslmode=verify",
        ];
        words.iter().any(|word| lower.contains(word))
    }

    /// By what the registry knows that two paths lie in one database: `user@url`, character for character the
    /// data source's (procedure 2.4, row 27 of 7).
    #[must_use]
    pub fn cache_id(&self) -> String {
        format!("{}@{}", self.user, self.url)
    }
}

/// How many connections the pools of all nodes may open at a server.
#[must_use]
pub fn connections_at(clusters: &[super::Cluster], server: &(String, u16)) -> u32 {
    let mut needed: u32 = 0;
    for cluster in clusters {
        let nodes = u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX);
        for database in &cluster.databases.all {
            if database.server().as_ref() == Some(server) {
                needed = needed.saturating_add(nodes.saturating_mul(u32::from(database.pool)));
            }
        }
    }
    needed
}

/// All that a cluster's databases are: none where its nodes keep everything in H2.
#[derive(Clone, Debug, Default)]
pub struct Databases {
    /// The databases, in the order of [`USES`].
    pub all: Vec<Database>,
    /// The drivers' jars on the control machine.
    pub jars: Vec<Overlay>,
    /// Where the config space lies in the registry's database, `/_system/config/esb`.
    pub target: String,
}

impl Databases {
    /// The database of a use, if the cluster has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Database> {
        self.all.iter().find(|database| database.role.key == key)
    }

    /// Where the nodes share their users, by a server that is spoken to without its driver.
    #[must_use]
    pub fn user_store(&self) -> Option<&Database> {
        let database = self.get("users").or(self.get("registry"))?;
        let spoken = matches!(
            database.dialect,
            Dialect::MySql | Dialect::MariaDb | Dialect::PostgreSql
        );
        (spoken && !database.wants_tls()).then_some(database)
    }
}

/// Reads `carbon_databases`, whose shape [`check`] has found good; `in_clear` are the places of passwords that
/// are not vaulted.
pub(super) fn read(node: &Node, release: &Release, in_clear: &[Place]) -> Result<Vec<Database>> {
    let map = node.map()?;
    let mut all = Vec::new();
    for role in USES {
        let Some((key, entry)) = map.entry(role.key) else {
            continue;
        };
        if role
            .product
            .is_some_and(|product| product != release.product)
        {
            let message = format!("{} has no database `{}`", release.name, role.key);
            return Err(Error::at(&key.place, message)
                .hint(format!("take it out: it holds {}", role.holds)));
        }
        all.push(database(role, entry, in_clear)?);
    }
    if map.get("registry").is_none() {
        return Err(Error::at(&node.place, "no database `registry` is given").hint(
            "nodes that share anything share the registry; users stand in the same database where `users` is not given",
        ));
    }
    Ok(all)
}

fn database(role: Use, entry: &Node, in_clear: &[Place]) -> Result<Database> {
    let map = entry.map()?;
    let wanted = |key: &str| {
        map.get(key).ok_or_else(|| {
            Error::at(
                &entry.place,
                format!("the database `{}` lacks `{key}`", role.key),
            )
        })
    };
    let (url, password) = (wanted("url")?, wanted("password")?);
    let dialect = dialect(url)?;
    let number = |key: &str| map.get(key).map(Node::int).transpose();
    Ok(Database {
        role,
        url: url.text()?.to_owned(),
        dialect,
        user: wanted("user")?.text()?.to_owned(),
        in_clear: in_clear.contains(&password.place),
        password: kind::secret(password)?,
        driver: match map.get("driver") {
            Some(driver) => driver.text()?.to_owned(),
            None => dialect.driver().to_owned(),
        },
        // Both are held within bounds by `check`.
        pool: number("pool")?.map_or(POOL, |pool| u16::try_from(pool).unwrap_or(u16::MAX)),
        connections: number("connections")?.and_then(|most| u32::try_from(most).ok()),
        place: entry.place.clone(),
        url_place: url.place.clone(),
    })
}

fn dialect(url: &Node) -> Result<Dialect> {
    let text = kind::text(url)?;
    let Some(dialect) = Dialect::of(text) else {
        let known = Dialect::ALL.iter().filter(|one| **one != Dialect::H2);
        let known: Vec<&str> = known.map(|one| one.prefix()).collect();
        let message = format!("expected a JDBC URL, found `{text}`");
        return Err(Error::at(&url.place, message)
            .hint(format!("it begins with one of `{}`", known.join("`, `"))));
    };
    let lower = text.to_ascii_lowercase();
    if lower.contains("password=") {
        return Err(Error::at(&url.place, "the URL holds a password")
            .hint("give it as `password`, vaulted: the URL stands in files and messages"));
    }
    Ok(dialect)
}

/// Says what is wrong with the shape of `carbon_databases`.
pub(super) fn check(node: &Node) -> Result<()> {
    let known = USES.map(|role| role.key);
    for (key, entry) in node.map()?.iter() {
        if !known.contains(&key.name.as_str()) {
            return Err(unknown(&key.name, &key.place, "database", &known));
        }
        shape(entry.map()?, &entry.place)?;
    }
    Ok(())
}

fn shape(entry: &Map, place: &Place) -> Result<()> {
    for (key, value) in entry.iter() {
        match key.name.as_str() {
            "url" => dialect(value).map(drop)?,
            "user" | "driver" => kind::text(value).map(drop)?,
            "password" => kind::secret(value).map(drop)?,
            "pool" => kind::whole(value, 1, 10_000).map(drop)?,
            "connections" => kind::whole(value, 1, 1_000_000).map(drop)?,
            _ => return Err(unknown(&key.name, &key.place, "key of a database", &KEYS)),
        }
    }
    for key in ["url", "user", "password"] {
        if entry.get(key).is_none() {
            return Err(Error::at(place, format!("a database needs `{key}`")));
        }
    }
    Ok(())
}

fn unknown(name: &str, place: &Place, what: &str, known: &[&str]) -> Error {
    let error = Error::at(place, format!("there is no {what} `{name}`"));
    match near(name, known.iter().copied()) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint(format!("known are `{}`", known.join("`, `"))),
    }
}

/// Makes the passwords of `carbon_databases` secrets, and says where they were none.
pub(super) fn seal(node: &mut Node, vaulted: &crate::yaml::Secrets, in_clear: &mut Vec<Place>) {
    let Value::Map(map) = &mut node.value else {
        return;
    };
    let sealed = map.iter().map(|(key, entry)| {
        let mut entry = entry.clone();
        if let Value::Map(fields) = &mut entry.value
            && let Some((name, password)) = fields.entry("password")
            && let Value::String(text) = &password.value
        {
            if !vaulted.appear_in(text) {
                in_clear.push(password.place.clone());
            }
            let secret = Value::Secret(Secret::new(text.clone()));
            let (name, place) = (name.clone(), password.place.clone());
            fields.insert(name, Node::new(secret, place));
        }
        (key.clone(), entry)
    });
    *map = sealed.collect::<Map>();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Option<(String, u16)> {
        let place = Place::start_of("x");
        let database = Database {
            role: USES[0],
            url: url.to_owned(),
            dialect: Dialect::of(url).unwrap(),
            user: String::new(),
            password: Secret::new(""),
            in_clear: false,
            driver: String::new(),
            pool: 1,
            connections: None,
            place: place.clone(),
            url_place: place,
        };
        database.server()
    }

    #[test]
    fn a_url_names_its_server() {
        let rows = [
            ("jdbc:mysql://db:3307/R?a=b", Some(("db", 3307))),
            ("jdbc:mysql://db/R", Some(("db", 3306))),
            ("jdbc:mariadb://[fd00::1]:3306/R", Some(("fd00::1", 3306))),
            ("jdbc:mysql://a:1,b:2/R", None),
            ("jdbc:postgresql://10.0.0.9/r", Some(("10.0.0.9", 5432))),
            ("jdbc:postgresql:r", None),
            ("jdbc:oracle:thin:@db:1522:SID", Some(("db", 1522))),
            ("jdbc:oracle:thin:@//db/service", Some(("db", 1521))),
            ("jdbc:oracle:thin:@(DESCRIPTION=(HOST=a))", None),
            (
                "jdbc:sqlserver://db:1434;databaseName=r",
                Some(("db", 1434)),
            ),
            ("jdbc:h2:./repository/database/R", None),
        ];
        for (url, wanted) in rows {
            let wanted = wanted.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(server(url), wanted, "{url}");
        }
    }
}
