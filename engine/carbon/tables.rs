//! The pack's scripts of tables: which of them a database wants, and what each makes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::carbon::{Pack, PackError};
use crate::cluster::{Cluster, Database, Dialect};

/// The tables that a database of a cluster must have, and the statements that make them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// The scripts in the pack, `dbscripts/mysql.sql`.
    pub scripts: Vec<String>,
    /// The statements, in order; PostgreSQL's scripts are one each, which is done whole or not at all.
    pub statements: Vec<String>,
    /// The tables' names in small letters.
    pub names: BTreeSet<String>,
}

impl Tables {
    /// Reads what the pack has for a database: nothing where it has no script for such a server.
    ///
    /// # Errors
    /// The pack cannot be read.
    pub fn of(pack: &Pack, cluster: &Cluster, database: &Database) -> Result<Self, PackError> {
        // What shares one database has its tables together: each alone would find them half made.
        let together = cluster.databases.all.iter();
        let together = together.filter(|other| other.url == database.url);
        let mut wanted: Vec<&str> = Vec::new();
        for folder in together.flat_map(|other| folders(cluster, other)) {
            if !wanted.contains(folder) {
                wanted.push(folder);
            }
        }
        let mut tables = Self::default();
        for folder in wanted {
            let Some((path, bytes)) = script(pack, folder, database.dialect)? else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            tables.add(&path, &text, database.dialect);
        }
        Ok(tables)
    }

    fn add(&mut self, path: &str, text: &str, dialect: Dialect) {
        self.scripts.push(path.to_owned());
        let statements = split(text);
        for statement in &statements {
            if let Some(name) = created(statement) {
                self.names.insert(name);
            }
        }
        match dialect {
            Dialect::PostgreSql => self.statements.push(text.to_owned()),
            _ => self.statements.extend(statements),
        }
    }
}

/// Where the scripts for a use lie (procedure 2.4, 5.2): users' tables have a part of their own in some packs, and
/// stand in the registry's database where no other is given. BPS's engines make theirs themselves.
fn folders(cluster: &Cluster, database: &Database) -> &'static [&'static str] {
    let with_users = &["dbscripts/", "dbscripts/identity/"];
    match database.role.key {
        "users" => with_users,
        "registry" if cluster.databases.get("users").is_none() => with_users,
        "registry" | "governance" => &["dbscripts/"],
        "apis" => &["dbscripts/apimgt/"],
        _ => &[],
    }
}

fn script(
    pack: &Pack,
    folder: &str,
    dialect: Dialect,
) -> Result<Option<(String, Vec<u8>)>, PackError> {
    // MySQL from 5.7 on wants a script of its own, where the pack has one (procedure 2.4).
    let names: &[&str] = match dialect {
        Dialect::MySql | Dialect::MariaDb => &["mysql5.7.sql", "mysql.sql"],
        Dialect::PostgreSql => &["postgresql.sql"],
        Dialect::Oracle | Dialect::SqlServer | Dialect::H2 => &[],
    };
    for name in names {
        let path = format!("{folder}{name}");
        if let Some(bytes) = pack.read(&path)? {
            return Ok(Some((path, bytes)));
        }
    }
    Ok(None)
}

/// The statements of a script, without comments.
fn split(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut statement = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let line_end = || rest.find('\n').unwrap_or(rest.len());
        let skipped = match c {
            '-' if rest.starts_with("--") => line_end(),
            '#' => line_end(),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => 0,
        };
        if skipped > 0 {
            rest = &rest[skipped..];
            continue;
        }
        let taken = match c {
            '\'' | '"' | '`' => rest[1..].find(c).map_or(rest.len(), |end| end + 2),
            _ => c.len_utf8(),
        };
        if c == ';' {
            statements.push(std::mem::take(&mut statement));
        } else {
            statement.push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    statements.push(statement);
    statements.retain(|statement| !statement.trim().is_empty());
    statements
}

static CREATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)^\s*create\s+table\s+(?:if\s+not\s+exists\s+)?[`"]?(\w+)"#).ok()
});

/// The table that a statement makes, in small letters.
fn created(statement: &str) -> Option<String> {
    let found = CREATE.as_ref()?.captures(statement)?;
    Some(found.get(1)?.as_str().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_its_statements_and_the_tables_that_they_make() {
        let text = "-- the registry's; all of it\nCREATE TABLE IF NOT EXISTS REG_LOG (\n  A VARCHAR(9) DEFAULT 'a;b' -- why\n\
                    )ENGINE INNODB;\n/* CREATE TABLE NOT_THIS (A INT); */\ncreate table `UM_USER` (A INT);\n# end;\n\
                    CREATE INDEX I USING HASH ON REG_LOG(A);\n";
        let mut tables = Tables::default();
        tables.add("dbscripts/mysql.sql", text, Dialect::MySql);
        assert_eq!(tables.statements.len(), 3);
        assert!(tables.statements[0].contains("'a;b'"));
        let names: Vec<&str> = tables.names.iter().map(String::as_str).collect();
        assert_eq!(names, ["reg_log", "um_user"]);
        let mut whole = Tables::default();
        whole.add("dbscripts/postgresql.sql", text, Dialect::PostgreSql);
        assert_eq!((whole.statements.len(), whole.names.len()), (1, 2));
    }
}
