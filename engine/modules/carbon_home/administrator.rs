//! The administrator's password in a Home, which a cluster that has started once does not read again.

use crate::carbon::home::Content;
use crate::cluster::{Cluster, Node};
use crate::edit::{Format, evaluate};
use crate::modules::file::at;
use crate::modules::probes::content_probe;
use crate::modules::world::Wanted;
use crate::script::Answers;
use crate::yaml::Secret;

/// Where the first start reads whom it makes the administrator.
pub const USERS: &str = "repository/conf/user-mgt.xml";

/// Another password for a Home that has its user store already.
pub(super) struct AnotherPassword {
    /// What the Home was told before.
    pub(super) old: Secret,
    /// What is done besides, or is to be done.
    pub(super) told: String,
}

/// The password that a Home had, where it gets another.
pub(super) fn another_password(
    cluster: &Cluster,
    node: &Node,
    wanted: &Wanted,
    put: &[String],
    seen: &Answers,
) -> Option<AnotherPassword> {
    if !put.iter().any(|path| path == USERS) {
        return None;
    }
    let password = |bytes: &[u8]| {
        let held = evaluate(bytes, Format::Xml, "Realm/Configuration/AdminUser/Password").ok()?;
        held.first().cloned()
    };
    let there = at(seen, &content_probe(node, USERS)).ok().flatten()?;
    let old = password(there.content.as_deref()?)?;
    let new = match wanted.home.get(USERS)?.content {
        Content::Computed { bytes, .. } => password(&bytes)?,
        _ => return None,
    };
    let place = match cluster.databases.user_store() {
        Some(database) => format!(
            "it is changed in the database `{}` too, where the user store keeps it",
            database.role.key
        ),
        None => "the user store keeps it, so change it there too, in the console: without that the proof of roles cannot \
                 log in"
            .to_owned(),
    };
    (old != new).then(|| AnotherPassword {
        old: Secret::new(old),
        told: format!("the administrator's password is read at the first start only; {place}"),
    })
}
