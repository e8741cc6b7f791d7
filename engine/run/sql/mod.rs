//! A database server, asked through the SSH connection of a node's host: the server sees the node's own address, so
//! that what a grant allows is what the node will be allowed.
//!
//! The two servers that speak openly are spoken to here; each takes a login and one question after the other.

mod mysql;
mod postgresql;

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

use crate::cluster::{Database, Dialect};

/// The longest message that is read: answers here are names and numbers.
const LONGEST: usize = 16 * 1024 * 1024;

/// What the protocols run over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Rows of texts; SQL's NULL is an empty text.
pub(super) type Rows = Vec<Vec<String>>;

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqlError {
    /// The server says no, in its own words.
    #[error("{message} ({code})")]
    Refused {
        /// The server's code, `1045` or `28P01`.
        code: String,
        /// What it says.
        message: String,
    },
    /// A way of logging in that is not spoken here, though the driver may speak it.
    #[error("{0}")]
    NotSpoken(String),
    /// What came is not what such a server says.
    #[error("it does not answer as such a server does: {0}")]
    Garbled(&'static str),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[from] io::Error),
}

/// A logged-in connection.
pub(super) enum Client<W> {
    /// To MySQL or MariaDB.
    MySql(mysql::MySql<W>),
    /// To PostgreSQL.
    PostgreSql(postgresql::PostgreSql<W>),
}

impl<W: Wire> Client<W> {
    /// Logs in as the nodes will; [`None`] where the server's protocol is not spoken here.
    pub(super) async fn login(wire: W, database: &Database) -> Option<Result<Self, SqlError>> {
        let name = database.schema();
        if database.wants_tls() {
            let why = "the URL asks for TLS, which only the driver speaks here".to_owned();
            return Some(Err(SqlError::NotSpoken(why)));
        }
        let (user, password) = (&database.user, &database.password);
        match database.dialect {
            Dialect::MySql | Dialect::MariaDb => {
                let login = mysql::MySql::login(wire, user, password, name);
                Some(login.await.map(Self::MySql))
            }
            Dialect::PostgreSql => {
                let login = postgresql::PostgreSql::login(wire, user, password, name);
                Some(login.await.map(Self::PostgreSql))
            }
            Dialect::Oracle | Dialect::SqlServer | Dialect::H2 => None,
        }
    }

    /// Asks one question.
    pub(super) async fn ask(&mut self, sql: &str) -> Result<Rows, SqlError> {
        match self {
            Self::MySql(client) => client.ask(sql).await,
            Self::PostgreSql(client) => client.ask(sql).await,
        }
    }
}

/// Reads so many bytes.
async fn exactly<W: Wire>(wire: &mut W, length: usize) -> Result<Vec<u8>, SqlError> {
    if length > LONGEST {
        return Err(SqlError::Garbled("a message longer than any answer"));
    }
    let mut bytes = vec![0; length];
    wire.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A message while it is read: every step fails where it is shorter than it must be.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], SqlError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(SqlError::Garbled("a message that ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, SqlError> {
        Ok(self.take(1)?[0])
    }

    /// The text up to the next NUL, which is passed.
    fn text(&mut self) -> Result<String, SqlError> {
        let end = self.0.iter().position(|byte| *byte == 0);
        let end = end.ok_or(SqlError::Garbled("a text without an end"))?;
        let text = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.take(1)?;
        Ok(text)
    }
}
