//! The kinds of database servers: what differs between them in a Home.

/// The kind of a database server, told by its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// MySQL, and MariaDB by MySQL's driver.
    MySql,
    /// MariaDB by its own driver.
    MariaDb,
    /// PostgreSQL.
    PostgreSql,
    /// Oracle.
    Oracle,
    /// SQL Server.
    SqlServer,
    /// H2: a file of one process; no shared database.
    H2,
}

impl Dialect {
    pub(super) const ALL: [Self; 6] = [
        Self::MySql,
        Self::MariaDb,
        Self::PostgreSql,
        Self::Oracle,
        Self::SqlServer,
        Self::H2,
    ];

    /// What its URLs begin with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::MySql => "jdbc:mysql:",
            Self::MariaDb => "jdbc:mariadb:",
            Self::PostgreSql => "jdbc:postgresql:",
            Self::Oracle => "jdbc:oracle:",
            Self::SqlServer => "jdbc:sqlserver:",
            Self::H2 => "jdbc:h2:",
        }
    }

    /// The driver's class, as its jar of those years names it.
    #[must_use]
    pub fn driver(self) -> &'static str {
        match self {
            Self::MySql => "com.mysql.jdbc.Driver",
            Self::MariaDb => "org.mariadb.jdbc.Driver",
            Self::PostgreSql => "org.postgresql.Driver",
            Self::Oracle => "oracle.jdbc.OracleDriver",
            Self::SqlServer => "com.microsoft.sqlserver.jdbc.SQLServerDriver",
            Self::H2 => "org.h2.Driver",
        }
    }

    /// The question that proves a connection.
    #[must_use]
    pub fn validation(self) -> &'static str {
        match self {
            Self::Oracle => "SELECT 1 FROM DUAL",
            _ => "SELECT 1",
        }
    }

    /// The kind of server that a URL is for.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| url.starts_with(dialect.prefix()))
    }
}
