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

/// Which digest the user store makes of passwords.
const DIGEST: &str = "Realm/UserStoreManager/Property[@name='PasswordDigest']";

/// Another password of the administrator, for a user store that has been made already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassword {
    /// The administrator.
    pub user: String,
    /// What the Home was told before.
    pub old: Secret,
    /// What it will be told.
    pub new: Secret,
    /// The user store digests passwords by SHA-256.
    pub by_sha256: bool,
}

impl NewPassword {
    /// What takes the place of `before`, both a Home's [`USERS`]; [`None`] where the password stays.
    pub(in crate::modules) fn between(before: &[u8], after: &[u8]) -> Option<Self> {
        let one = |bytes: &[u8], target: &str| {
            let held = evaluate(bytes, Format::Xml, target).ok()?;
            held.into_iter().next()
        };
        let password = |bytes| one(bytes, "Realm/Configuration/AdminUser/Password");
        let (old, new) = (password(before)?, password(after)?);
        let by_sha256 = one(after, DIGEST).is_some_and(|digest| digest == "SHA-256");
        let user = one(after, "Realm/Configuration/AdminUser/UserName")?;
        (old != new).then(|| Self {
            user,
            old: Secret::new(old),
            new: Secret::new(new),
            by_sha256,
        })
    }
}

/// What a plan says of another password: what is done besides, or is to be done.
pub(in crate::modules) fn told(cluster: &Cluster) -> String {
    let place = match cluster.databases.user_store() {
        Some(database) => format!(
            "it is changed in the database `{}` too, where the user store keeps it",
            database.role.key
        ),
        None => "the user store keeps it, so change it there too, in the console: without that the proof of roles cannot \
                 log in"
            .to_owned(),
    };
    format!("the administrator's password is read at the first start only; {place}")
}

/// The password that takes the place of the one that a Home has.
pub(super) fn another_password(
    node: &Node,
    wanted: &Wanted,
    put: &[String],
    seen: &Answers,
) -> Option<NewPassword> {
    if !put.iter().any(|path| path == USERS) {
        return None;
    }
    let there = at(seen, &content_probe(node, USERS)).ok().flatten()?;
    match wanted.home.get(USERS)?.content {
        Content::Computed(edited) => {
            NewPassword::between(there.content.as_deref()?, &edited.bytes())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::NewPassword;

    fn users(password: &str, digest: &str) -> Vec<u8> {
        format!(
            "<UserManager><Realm><Configuration><AdminUser><UserName>root</UserName><Password>{password}</Password>\
             </AdminUser></Configuration><UserStoreManager><Property name=\"PasswordDigest\">{digest}</Property>\
             </UserStoreManager></Realm></UserManager>"
        )
        .into_bytes()
    }

    #[test]
    fn another_password_is_told_from_two_texts() {
        let (before, after) = (users("a&amp;1", "SHA-256"), users("b&lt;2", "SHA-256"));
        let found = NewPassword::between(&before, &after).unwrap();
        assert_eq!((found.old.reveal(), found.new.reveal()), ("a&1", "b<2"));
        assert_eq!((found.user.as_str(), found.by_sha256), ("root", true));
        assert!(NewPassword::between(&before, &users("a&amp;1", "MD5")).is_none());
        let other = NewPassword::between(&before, &users("c", "MD5")).unwrap();
        assert!(!other.by_sha256);
        assert!(NewPassword::between(b"<UserManager/>", &after).is_none());
    }
}
