//! The administrator's password in a Home, which a cluster that has started once does not read again.

use crate::carbon::home::{CIPHER_TEXTS, Content};
use crate::carbon::vault::Vault;
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

/// The files of a Home that tell of its administrator.
#[derive(Clone, Copy)]
pub(in crate::modules) struct Files<'a> {
    /// [`USERS`].
    pub(in crate::modules) users: &'a [u8],
    /// [`CIPHER_TEXTS`], and who opens them; where nobody does, a password in the vault is not told.
    pub(in crate::modules) vault: Option<(&'a [u8], &'a Vault)>,
}

impl Files<'_> {
    fn one(self, target: &str) -> Option<String> {
        let held = evaluate(self.users, Format::Xml, target).ok()?;
        held.into_iter().next()
    }

    fn password(self) -> Option<String> {
        const PASSWORD: &str = "Realm/Configuration/AdminUser/Password";
        let Some(alias) = self.one(&format!("{PASSWORD}/@svns:secretAlias")) else {
            return self.one(PASSWORD);
        };
        let (texts, vault) = self.vault?;
        let held = evaluate(texts, Format::Properties, &alias).ok()?;
        vault.open(held.first()?)
    }
}

impl NewPassword {
    /// What takes the place of `before`; [`None`] where the password stays.
    pub(in crate::modules) fn between(before: Files<'_>, after: Files<'_>) -> Option<Self> {
        let (old, new) = (before.password()?, after.password()?);
        let by_sha256 = after.one(DIGEST).is_some_and(|digest| digest == "SHA-256");
        let user = after.one("Realm/Configuration/AdminUser/UserName")?;
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
    let differs = |wanted: &str| put.iter().any(|path| path == wanted);
    if !differs(USERS) && !differs(CIPHER_TEXTS) {
        return None;
    }
    let bytes = |path: &str| match wanted.home.get(path)?.content {
        Content::Computed(edited) => Some(edited.bytes().to_vec()),
        _ => None,
    };
    let there = |path: &str| {
        if !differs(path) {
            return bytes(path);
        }
        let found = at(seen, &content_probe(node, path)).ok().flatten()?;
        found.content.clone()
    };
    let (users_before, users_after) = (there(USERS)?, bytes(USERS)?);
    let texts = |texts: Option<Vec<u8>>| Some((texts?, wanted.home.vault()?));
    let (before, after) = (texts(there(CIPHER_TEXTS)), texts(bytes(CIPHER_TEXTS)));
    let before = Files {
        users: &users_before,
        vault: before.as_ref().map(|(texts, vault)| (&texts[..], *vault)),
    };
    let after = Files {
        users: &users_after,
        vault: after.as_ref().map(|(texts, vault)| (&texts[..], *vault)),
    };
    NewPassword::between(before, after)
}

#[cfg(test)]
mod tests {
    use super::{Files, NewPassword};
    use crate::carbon::vault::Vault;

    fn between(users: &[u8], after: &[u8]) -> Option<NewPassword> {
        let files = |users| Files { users, vault: None };
        NewPassword::between(files(users), files(after))
    }

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
        let found = between(&before, &after).unwrap();
        assert_eq!((found.old.reveal(), found.new.reveal()), ("a&1", "b<2"));
        assert_eq!((found.user.as_str(), found.by_sha256), ("root", true));
        assert!(between(&before, &users("a&amp;1", "MD5")).is_none());
        let other = between(&before, &users("c", "MD5")).unwrap();
        assert!(!other.by_sha256);
        assert!(between(b"<UserManager/>", &after).is_none());
        // In a vault that nobody here opens it is not told.
        let vaulted = b"<U xmlns:svns='v'><Realm><Configuration><AdminUser><UserName>root</UserName><Password \
            svns:secretAlias='a'>password</Password></AdminUser></Configuration></Realm></U>";
        assert!(between(vaulted, &after).is_none());
    }

    /// A key of RSA-1024 under the password `wso2carbon`.
    const STORE: &[u8] = include_bytes!("../../carbon/home/tests/wso2carbon.jks");

    #[test]
    fn another_password_is_told_from_a_vault_and_on_the_way_into_one() {
        let vault = Vault::of(STORE, "wso2carbon", "wso2carbon").unwrap();
        let vaulted = b"<U xmlns:svns='v'><Realm><Configuration><AdminUser><UserName>root</UserName><Password \
            svns:secretAlias='a.b'>password</Password></AdminUser></Configuration></Realm></U>";
        let texts = |password: &str| {
            let sealed = vault.seal("a.b", password).unwrap();
            format!("a.b={}\n", sealed.replace('=', "\\=")).into_bytes()
        };
        let (old, new) = (texts("old<1"), texts("new"));
        let files = |texts| Files {
            users: vaulted,
            vault: Some((texts, &vault)),
        };
        let plain = users("old&lt;1", "SHA-256");
        let plain = Files {
            users: &plain,
            vault: Some((b"a.b=[admin]\n", &vault)),
        };
        for (before, after, passwords) in [
            (files(&old), files(&new), Some(("old<1", "new"))),
            (files(&old), files(&old), None),
            (plain, files(&new), Some(("old<1", "new"))),
            (plain, files(&old), None),
            (files(&new), plain, Some(("new", "old<1"))),
            (files(b"a.b=[admin]\n"), files(&new), None),
        ] {
            let found = NewPassword::between(before, after);
            let found = found
                .as_ref()
                .map(|new| (new.old.reveal(), new.new.reveal()));
            assert_eq!(found, passwords);
        }
    }
}
