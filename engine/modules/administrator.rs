//! The administrator's password in a Home, which a cluster that has started once does not read again.

use crate::carbon::home::Content;
use crate::cluster::Node;
use crate::edit::{Format, evaluate};
use crate::modules::file::at;
use crate::modules::probes::content_probe;
use crate::modules::world::Wanted;
use crate::script::Answers;

/// Where the first start reads whom it makes the administrator.
const USERS: &str = "repository/conf/user-mgt.xml";

/// Says what is to be done besides, where a Home that has its user store already gets another password.
pub(super) fn kept(node: &Node, wanted: &Wanted, put: &[String], seen: &Answers) -> Option<String> {
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
    (old != new).then(|| {
        "the administrator's password is read at the first start only; the user store keeps it, so change it there too, in \
         the console: without that the proof of roles cannot log in"
            .to_owned()
    })
}
