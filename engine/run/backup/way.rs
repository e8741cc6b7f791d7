//! Whether a backup may come back: it is of this cluster, and nothing on the hosts stands in its way.

use super::line::{Failure, Hosts, fetch};
use super::parts::store_of;
use super::record::{Part, PartKind};
use super::restore::{Over, Return, plain};
use crate::cluster::checks::Check;
use crate::modules::unit_of;
use crate::script::PartCall;
use crate::yaml::{Error, Result};

impl Return<'_> {
    /// Holds the backup against the inventory: nothing is asked.
    ///
    /// # Errors
    /// Where it is of another cluster, product or version, or of nodes that are not there.
    pub fn fits(&self) -> Result<()> {
        let record = &self.archive.record;
        let release = &self.cluster.release;
        let other = |what: &str, theirs: &str, ours: &str| {
            let message = format!("the backup is of {what} {theirs}, and the inventory has {ours}");
            Err(Check::cite("WM204", message).or_at(&self.cluster.place))
        };
        if record.cluster != self.cluster.name {
            return other("cluster", &record.cluster, &self.cluster.name);
        }
        let versions = [
            format!("{} {}", record.product, record.version),
            format!("{} {}", release.product, release.version),
        ];
        if versions[0] != versions[1] {
            return other("product", &versions[0], &versions[1]);
        }
        for part in &record.parts {
            match part.kind {
                PartKind::Database => self.database(part).map(drop)?,
                PartKind::Repository if self.cluster.store().is_none() => {
                    return other("a cluster with", "a repository", "none of ours");
                }
                PartKind::Repository => {}
                _ if part.of.iter().any(|name| self.node(name).is_none()) => {
                    return other("node", &part.of.join(", "), "no such node");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Looks at every host for what stands in the way.
    ///
    /// # Errors
    /// What was found, all of it; a host that cannot be asked.
    pub async fn may_come(&self) -> Result<(), Vec<Error>> {
        let hosts = self.hosts()?;
        let found = self.in_the_way(&hosts).await;
        hosts.cut().await;
        let found = found.map_err(|error| vec![error])?;
        match found.is_empty() {
            true => Ok(()),
            false => Err(found
                .into_iter()
                .map(|message| Check::cite("WM205", message))
                .collect()),
        }
    }

    async fn in_the_way(&self, hosts: &Hosts) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for node in &self.cluster.nodes {
            let home = node.home.display().to_string();
            let call = plain("wm_stands", vec![home, unit_of(node)]);
            if !said(hosts, &node.host, &call).await?.is_empty() {
                let message = format!("node `{}` runs on host `{}`", node.name, node.host);
                found.push(message + ": stop it first, by `wmprov stop`");
            }
        }
        let is_mine = self.is_owed(hosts).await?;
        for part in &self.archive.record.parts {
            let (is_over, what) = match part.kind {
                PartKind::Database => (Over::Databases, self.tables(hosts, part).await?),
                PartKind::Repository => (Over::Repository, self.revisions(hosts).await?),
                _ => continue,
            };
            if let Some(what) = what
                && !is_mine
                && !self.over.contains(&is_over)
            {
                found.push(what);
            }
        }
        Ok(found)
    }

    async fn tables(&self, hosts: &Hosts, part: &Part) -> Result<Option<String>> {
        let database = self.database(part)?;
        let (host, call) = self.call(hosts, database, &part.name, false).await?;
        let tables = said(hosts, &host, &call).await?;
        let first = tables.lines().next();
        Ok(first.map(|first| {
            format!(
                "database `{}` has {} tables, `{first}` the first; `--over databases` replaces them",
                database.role.key,
                tables.lines().count()
            )
        }))
    }

    async fn revisions(&self, hosts: &Hosts) -> Result<Option<String>> {
        let Some(store) = self.cluster.store() else {
            return Ok(None);
        };
        let call = plain("wm_revisions", vec![store_of(self.cluster)]);
        let revisions = said(hosts, &store.host, &call).await?;
        let revisions = revisions.trim();
        Ok(match revisions {
            "" | "0" => None,
            count => Some(format!(
                "the repository on host `{}` has {count} revisions; `--over repository` replaces it",
                store.host
            )),
        })
    }
}

/// The most that such a call says: the names of some ten thousand tables.
const MOST_SAID: usize = 16 << 20;

/// What a call says, whole: it is little.
async fn said(hosts: &Hosts, host: &str, call: &PartCall) -> Result<String> {
    let mut text = Vec::new();
    let doing = "looking what is there";
    let fetched = fetch(hosts, host, call, doing, |bytes| {
        if text.len() + bytes.len() > MOST_SAID {
            let message = format!("host `{host}` does not stop to say what is there");
            return Err(Error::new(message));
        }
        text.extend_from_slice(bytes);
        Ok(())
    });
    let ended = match fetched.await {
        Ok(ended) => ended,
        Err(Failure::File(error)) => return Err(error),
        Err(Failure::Link(error)) => return Err(error.at(host)),
    };
    ended.judged(&format!("host `{host}` cannot be looked at"))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
