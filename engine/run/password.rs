//! The administrator's password, changed where a cluster that has started once keeps it: in the user store's database.
//!
//! The row is overwritten only where it is what Carbon makes of the password that the Home was told before: that proves how
//! this store digests (kernel, JDBCUserStoreManager: Base64 of SHA-256 over password and salt), and that nobody has changed it
//! in the console. The salt stays, so that nodes which come here at once write the same.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

use crate::cluster::{Cluster, Database};
use crate::modules::NewPassword;
use crate::run::Event;
use crate::run::host::HostRun;
use crate::run::sql::{Client, SqlError, Wire};
use crate::run::task::TaskRun;
use crate::yaml::{Error, Secret};

/// How long a database may take for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The tenant that the administrator of a server is of.
const SUPER_TENANT: &str = "-1234";

/// Which password the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Store {
    /// The new one: another node's turn, or an earlier run.
    New,
    /// The one that the Home was told before.
    Old,
    /// The new one, which it has just got.
    Changed,
    /// No such user.
    None,
    /// Neither, or it digests otherwise.
    Other,
}

impl Store {
    /// What a row of password and salt says.
    fn of(row: Option<&Vec<String>>, old: &Secret, new: &Secret) -> Self {
        let Some([stored, salt]) = row.map(Vec::as_slice) else {
            return Self::None;
        };
        if *stored == digest(new, salt) {
            Self::New
        } else if *stored == digest(old, salt) {
            Self::Old
        } else {
            Self::Other
        }
    }
}

/// Why a password is not changed in a user store.
#[derive(Debug)]
enum Unchanged {
    /// Bad luck: it may go well the next time.
    Now(String),
    /// This store is not changed from here, however often it is asked.
    Ever(String),
}

impl From<&str> for Unchanged {
    fn from(why: &str) -> Self {
        Self::Ever(why.to_owned())
    }
}

impl From<SqlError> for Unchanged {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Garbled(_) | SqlError::Broken(_) => Self::Now(error.to_string()),
            SqlError::Refused { .. } | SqlError::NotSpoken(_) => {
                Self::Ever(format!("since {error}"))
            }
        }
    }
}

impl TaskRun<'_> {
    /// Changes the administrator's password in the user store, and tells what came of it: a store that cannot be changed
    /// here is changed in the console, as `plan` would have it. Bad luck on the way there is an error, while the Home has
    /// the old password still: once it is written, no later run knows that one.
    pub(super) async fn change_password(
        &self,
        host: &HostRun,
        cluster: &Cluster,
        password: &NewPassword,
    ) -> Result<(), Error> {
        let Some(database) = cluster.databases.user_store() else {
            return Ok(());
        };
        let told = match in_store(host, database, password).await {
            Ok(Store::New) => return Ok(()),
            Ok(Store::Changed) => "the administrator's password is changed there".to_owned(),
            Ok(Store::None) => format!(
                "it has no user `{}` yet; where users are kept elsewhere (LDAP), change the password there",
                password.user
            ),
            Ok(Store::Old | Store::Other) => {
                "it has another password for the administrator than this Home had; change it \
                 in the console"
                    .to_owned()
            }
            Err(Unchanged::Now(why)) => {
                let message = format!(
                    "the administrator's password cannot be changed in database `{}`: {why}",
                    database.role.key
                );
                return Err(Error::at(&self.task.place, message)
                    .hint("nothing of this node was changed: run the same command again"));
            }
            Err(Unchanged::Ever(why)) => {
                format!(
                    "the administrator's password is not changed there, {why}; change it in the console"
                )
            }
        };
        self.context.events.send(Event::Noticed {
            host: Some(host.name.clone()),
            message: format!("database `{}`: {told}", database.role.key),
        });
        Ok(())
    }
}

async fn in_store(
    host: &HostRun,
    database: &Database,
    password: &NewPassword,
) -> Result<Store, Unchanged> {
    let user = plain_name(&password.user)
        .ok_or("whose name holds more than letters, digits and `._@-`")?;
    // What a server makes of other letters hangs on how it was started.
    if !password.new.reveal().is_ascii() {
        return Err("which is not plain ASCII".into());
    }
    if !password.by_sha256 {
        return Err("which its user store does not digest by SHA-256".into());
    }
    let server = database
        .server()
        .ok_or("whose URL names no single server")?;
    let asking = async {
        let tunnel = host.link.lock().await.tunnel(&server.0, server.1).await;
        let tunnel = tunnel.map_err(|error| Unchanged::Now(error.to_string()))?;
        let client = Client::login(tunnel, database).await;
        let mut client = client.ok_or("since only its driver speaks to it")??;
        Ok(change(&mut client, user, &password.old, &password.new).await?)
    };
    timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_late| Err(Unchanged::Now("it says nothing".to_owned())))
}

async fn change<W: Wire>(
    client: &mut Client<W>,
    user: &str,
    old: &Secret,
    new: &Secret,
) -> Result<Store, SqlError> {
    let whose = format!("UM_USER_NAME = '{user}' AND UM_TENANT_ID = {SUPER_TENANT}");
    let look = format!("SELECT UM_USER_PASSWORD, UM_SALT_VALUE FROM UM_USER WHERE {whose}");
    let rows = client.ask(&look).await?;
    let has = Store::of(rows.first(), old, new);
    let (Store::Old, Some([before, salt])) = (has, rows.first().map(Vec::as_slice)) else {
        return Ok(has);
    };
    let set = format!(
        "UPDATE UM_USER SET UM_USER_PASSWORD = '{}', UM_CHANGED_TIME = CURRENT_TIMESTAMP \
         WHERE {whose} AND UM_USER_PASSWORD = '{before}'",
        digest(new, salt)
    );
    client.ask(&set).await?;
    let rows = client.ask(&look).await?;
    Ok(match Store::of(rows.first(), old, new) {
        Store::New => Store::Changed,
        other => other,
    })
}

/// What Carbon keeps of a password.
fn digest(password: &Secret, salt: &str) -> String {
    STANDARD.encode(Sha256::digest(format!("{}{salt}", password.reveal())))
}

/// A name that can stand in a statement as it is.
fn plain_name(name: &str) -> Option<&str> {
    let plain = |one: char| one.is_ascii_alphanumeric() || "._@-".contains(one);
    name.chars().all(plain).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{Store, digest, plain_name};
    use crate::yaml::Secret;

    #[test]
    fn a_password_is_kept_as_carbon_keeps_it() {
        // printf '%s' adminQmFzZQ== | openssl dgst -sha256 -binary | base64
        let kept = digest(&Secret::new("admin".to_owned()), "QmFzZQ==");
        assert_eq!(kept, "Y9ltrItrIim1mHZoy/L/dUaHn5ymQ2zODXHAaVrRAl0=");
        assert_eq!(plain_name("admin@example.com"), Some("admin@example.com"));
        assert_eq!(plain_name("o'brien"), None);
    }

    #[test]
    fn only_the_password_that_a_home_had_is_replaced() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let (old, new) = (secret("admin"), secret("another1"));
        let row = |kept: String| vec![kept, "QmFzZQ==".to_owned()];
        let kept = |password: &str| row(digest(&secret(password), "QmFzZQ=="));
        let rows = [
            (None, Store::None),
            (Some(kept("admin")), Store::Old),
            (Some(kept("another1")), Store::New),
            // Changed in the console; kept in clear, or digested otherwise.
            (Some(kept("console1")), Store::Other),
            (Some(row("admin".to_owned())), Store::Other),
        ];
        for (row, has) in rows {
            assert_eq!(Store::of(row.as_ref(), &old, &new), has, "{row:?}");
        }
    }
}
