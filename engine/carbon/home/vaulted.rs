//! Passwords of a Home's configuration in Carbon's secure vault (carbon 1.9, real-run 12): where one stood, stands the name by
//! which the server asks for it, and `cipher-text.properties` has it encrypted for the key of the primary keystore.
//!
//! Which names the server asks for is the kernel's to say, file by file: carbon.xml and user-mgt.xml are read by fixed names,
//! datasources by whatever name an element gives. The cipher tool writes the same, with the same library of secrets in kernels
//! 4.2.0 to 4.4 (`org.wso2.securevault` 1.0.0.wso2v2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::{fmt, fs};

use crate::carbon::digest::Digest;
use crate::carbon::vault::Vault;
use crate::catalogue::{FileEdits, Kernel, Restart};
use crate::cluster::Cluster;
use crate::cluster::checks::Check;
use crate::edit::{
    Edit, EditError, Format, LineEdit, LineVerb, PropertiesEdit, PropertiesVerb, XmlEdit, XmlVerb,
    apply, evaluate, said,
};
use crate::yaml::{Error, Place, Result};

use super::content::{Content, Edited};
use super::made::{Costs, Made};
use super::maker::Maker;
use super::row::{Kind, Row};

/// The encrypted passwords, by the names that configuration files give.
pub const CIPHER_TEXTS: &str = "repository/conf/security/cipher-text.properties";

/// What the server is to open them with.
const SECRETS: &str = "repository/conf/security/secret-conf.properties";

/// The keystore's password, which an unattended start reads. Older kernels delete what they read: their unit hands a copy over
/// before each start ([`Cluster::hands_password`]).
pub const PASSWORD_FILE: &str = "password-persist";

/// The first kernel whose cipher tool knows the Connector.
const CONNECTOR_SINCE: Kernel = Kernel(4, 4, 1);

/// What proves that the pack has the cipher tool, and its server the library.
const TOOL: &str = "bin/ciphertool.sh";

/// The namespace of the names, and the prefix that files give it.
const NAMESPACE: &str = "http://org.wso2.securevault/configuration";
const PREFIX: &str = "svns";

/// What stands where a password stood, as the tool leaves it.
const PLACEHOLDER: &str = "password";

const CARBON: &str = "repository/conf/carbon.xml";
const USERS: &str = "repository/conf/user-mgt.xml";
const CONNECTORS: &str = "repository/conf/tomcat/catalina-server.xml";
const DATASOURCES: &str = "repository/conf/datasources/";

/// The elements of carbon.xml that hold passwords: the server asks for each by its path.
const OF_CARBON: [&str; 6] = [
    "Security/KeyStore/Password",
    "Security/KeyStore/KeyPassword",
    "Security/RegistryKeyStore/Password",
    "Security/RegistryKeyStore/KeyPassword",
    "Security/TrustStore/Password",
    "DeploymentSynchronizer/SvnPassword",
];

/// Where a password may stand: the element, the attribute if it is one's value, and the name it is asked for by.
struct Spot {
    element: String,
    attribute: Option<&'static str>,
    alias: String,
}

impl Spot {
    fn element(element: impl Into<String>, alias: impl Into<String>) -> Self {
        Self {
            element: element.into(),
            attribute: None,
            alias: alias.into(),
        }
    }

    fn target(&self) -> String {
        match self.attribute {
            Some(attribute) => format!("{}/@{attribute}", self.element),
            None => self.element.clone(),
        }
    }
}

/// The places of a file that the server asks the vault about.
fn spots(path: &str, bytes: &[u8], kernel: Kernel) -> Result<Vec<Spot>, EditError> {
    Ok(match path {
        CARBON => OF_CARBON
            .iter()
            .map(|element| Spot::element(*element, format!("Carbon.{}", element.replace('/', "."))))
            .collect(),
        USERS => vec![
            Spot::element(
                "Realm/Configuration/AdminUser/Password",
                "UserManager.AdminUser.Password",
            ),
            Spot::element(
                "Realm/UserStoreManager/Property[@name='ConnectionPassword']",
                "UserStoreManager.Property.ConnectionPassword",
            ),
        ],
        CONNECTORS if kernel >= CONNECTOR_SINCE => vec![Spot {
            element: "Service/Connector[@SSLEnabled='true']".to_owned(),
            attribute: Some("keystorePass"),
            alias: "Server.Service.Connector.keystorePass".to_owned(),
        }],
        _ if path.starts_with(DATASOURCES) => {
            let names = evaluate(bytes, Format::Xml, "datasources/datasource/name")?;
            let of = |name: &String| {
                let quoted = name.trim().replace('\'', "''");
                let source = format!("datasources/datasource[name='{quoted}']");
                Spot::element(
                    format!("{source}/definition/configuration/password"),
                    format!("Datasources.{}.Configuration.Password", name.trim()),
                )
            };
            names.iter().map(of).collect()
        }
        _ => Vec::new(),
    })
}

/// What of a node's Home goes into the vault, while its files are made.
pub(super) struct Vaulted {
    kernel: Kernel,
    place: Place,
    /// By the names that they are asked for by.
    passwords: BTreeMap<String, String>,
    store: Store,
}

/// The primary keystore, as carbon.xml has it.
#[derive(Default)]
struct Store {
    location: String,
    kind: String,
    alias: String,
    password: String,
    key_password: String,
}

impl Vaulted {
    /// Nothing has gone in yet; [`None`] where the cluster has no vault.
    pub(super) fn of(cluster: &Cluster) -> Option<Self> {
        cluster.secure_vault.then(|| Self {
            kernel: cluster.release.kernel,
            place: cluster.place_of("carbon_secure_vault").clone(),
            passwords: BTreeMap::new(),
            store: Store::default(),
        })
    }

    /// True where the server asks the vault about a file.
    pub(super) fn may_hold(path: &str) -> bool {
        [CARBON, USERS, CONNECTORS].contains(&path) || path.starts_with(DATASOURCES)
    }

    /// The edits of a file that leave the names of its passwords there instead of them.
    pub(super) fn take(
        &mut self,
        file: &FileEdits,
        stock: &[u8],
        edits: Vec<(Edit, Restart, Place)>,
    ) -> Result<Vec<(Edit, Restart, Place)>> {
        let own: Vec<Edit> = edits.iter().map(|(edit, ..)| edit.clone()).collect();
        // What cannot be edited is told where the file is made.
        let Ok(plain) = apply(stock, &own) else {
            return Ok(edits);
        };
        let wrong = |error: EditError| {
            let message = format!("`{}` cannot be vaulted", file.path);
            Error::at(&self.place, message).because(error)
        };
        let found = spots(&file.path, &plain, self.kernel).map_err(wrong)?;
        if file.path == CARBON {
            self.store = Store::of(&plain).map_err(wrong)?;
        }
        let mut more = Vec::new();
        for spot in found {
            let target = spot.target();
            let held = evaluate(&plain, Format::Xml, &target).map_err(wrong)?;
            let [password] = held.as_slice() else {
                continue;
            };
            if password.trim().is_empty() {
                continue;
            }
            let name = format!("{}/@{PREFIX}:secretAlias", spot.element);
            more.push(XmlEdit::ensure(&name, &*spot.alias).map_err(wrong)?);
            more.push(XmlEdit::set(&target, PLACEHOLDER).map_err(wrong)?);
            self.passwords
                .insert(spot.alias, password.trim().to_owned());
        }
        if more.is_empty() {
            return Ok(edits);
        }
        let declare = XmlVerb::Declare(PREFIX.to_owned(), NAMESPACE.to_owned());
        more.insert(0, XmlEdit::new(".", declare).map_err(wrong)?);
        let more: Vec<Edit> = more.into_iter().map(Edit::Xml).collect();
        let vaulted = apply(&plain, &more).map_err(wrong)?;
        let still = |edit: &Edit| {
            apply(&vaulted, std::slice::from_ref(edit)).is_ok_and(|made| made == vaulted)
        };
        let mut all = Vec::with_capacity(edits.len() + more.len());
        for (edit, restart, place) in edits {
            let edit = match edit {
                edit if still(&edit) => edit,
                edit => emptied(edit).map_err(|why| {
                    let message = format!(
                        "the password that this writes into `{}` cannot go into the vault",
                        file.path
                    );
                    Error::at(&place, message).because(why)
                })?,
            };
            all.push((edit, restart, place));
        }
        let place = &self.place;
        all.extend(
            more.into_iter()
                .map(|edit| (edit, Restart::Now, place.clone())),
        );
        Ok(all)
    }
}

/// The same edit, with the placeholder for the password that it writes.
fn emptied(edit: Edit) -> Result<Edit, String> {
    let Edit::Xml(mut edit) = edit else {
        return Err("it is no edit of XML".to_owned());
    };
    edit.verb = match edit.verb {
        XmlVerb::Set(_) => XmlVerb::Set(PLACEHOLDER.to_owned()),
        XmlVerb::Ensure(Some(_)) => XmlVerb::Ensure(Some(PLACEHOLDER.to_owned())),
        _ => return Err("only `set` and `ensure` of the password itself can".to_owned()),
    };
    Ok(Edit::Xml(edit))
}

impl Store {
    fn of(carbon: &[u8]) -> Result<Self, EditError> {
        let one = |element: &str| {
            let held = evaluate(carbon, Format::Xml, &format!("Security/KeyStore/{element}"))?;
            Ok(held.first().map_or("", |text| text.trim()).to_owned())
        };
        Ok(Self {
            location: one("Location")?,
            kind: one("Type")?,
            alias: one("KeyAlias")?,
            password: one("Password")?,
            key_password: one("KeyPassword")?,
        })
    }

    /// The path in the Home.
    fn path(&self) -> Option<&str> {
        self.location.strip_prefix("${carbon.home}/")
    }
}

impl Maker<'_, '_> {
    /// Writes what the server opens its vault with.
    pub(super) fn vault(&mut self, vaulted: Vaulted) -> Result<()> {
        let refused = |message: String| Check::cite("WM129", message).or_at(&vaulted.place);
        if self.of_pack(TOOL).is_none() {
            let pack = self.cluster.pack.display();
            return Err(refused(format!(
                "the pack `{pack}` has no cipher tool (`{TOOL}`)"
            )));
        }
        let store = &vaulted.store;
        let Some(path) = store.path() else {
            let message = format!(
                "the primary keystore `{}` is none of the Home's",
                store.location
            );
            return Err(refused(message));
        };
        if store.password != store.key_password {
            let message =
                "carbon.xml has another password for the key than for the primary keystore";
            return Err(refused(message.to_owned()));
        }
        let bytes = self.bytes_of(path, &vaulted.place)?;
        let Some(bytes) = bytes else {
            return Err(refused(format!("the Home has no `{path}`")));
        };
        let vault = Vault::of(&bytes, &store.alias, &store.password)
            .map_err(|why| refused(format!("the primary keystore `{path}` {why}")))?;
        let mut texts = Vec::new();
        for (alias, password) in &vaulted.passwords {
            let sealed = vault
                .seal(alias, password)
                .map_err(|why| refused(format!("the password `{alias}` {why}")))?;
            texts.push((alias.clone(), sealed));
        }
        let home = self.node.home.display();
        let conf = [
            ("carbon.secretProvider", MANAGER.to_owned()),
            ("secretRepositories", "file".to_owned()),
            ("secretRepositories.file.provider", REPOSITORY.to_owned()),
            ("secretRepositories.file.location", CIPHER_TEXTS.to_owned()),
            ("keystore.identity.location", format!("{home}/{path}")),
            ("keystore.identity.type", store.kind.clone()),
            ("keystore.identity.alias", store.alias.clone()),
            (
                "keystore.identity.store.password",
                "identity.store.password".to_owned(),
            ),
            ("keystore.identity.store.secretProvider", HANDLER.to_owned()),
            (
                "keystore.identity.key.password",
                "identity.key.password".to_owned(),
            ),
            ("keystore.identity.key.secretProvider", HANDLER.to_owned()),
        ];
        let conf = conf.map(|(key, value)| (key.to_owned(), value));
        let whole = |error: EditError| refused(error.to_string());
        let texts = properties(&texts).map_err(whole)?;
        let conf = properties(&conf).map_err(whole)?;
        let line = LineEdit::new(&store.password, false, LineVerb::Ensure).map_err(whole)?;
        let password = vec![Edit::Line(line)];
        for (path, mode, edits, secret) in [
            (CIPHER_TEXTS, 0o600, texts, true),
            (SECRETS, 0o644, conf, false),
            (PASSWORD_FILE, 0o600, password, true),
        ] {
            if self.own.contains_key(path) {
                let message =
                    format!("`{path}` is the vault's, and an overlay or an edit writes it too");
                return Err(refused(message));
            }
            let bytes: Arc<[u8]> = apply(b"", &edits).map_err(whole)?.into();
            let digest = Digest::of(&bytes);
            let costs: Costs = edits.into_iter().map(|edit| (edit, Restart::Now)).collect();
            let made = Made {
                bytes,
                digest,
                started: digest,
            };
            let row = Row {
                mode,
                kind: Kind::File(digest),
                path: path.to_owned(),
            };
            let content = Content::Computed(Edited::new(Arc::from([]), costs, made, true));
            self.put(row, Restart::Now, content, secret);
        }
        self.opened = Some(Opened {
            key_of_pack: self.laid(path).is_none(),
            vault: Arc::new(vault),
            passwords: vaulted.passwords.into_values().collect(),
        });
        Ok(())
    }

    /// The bytes of a file that nobody edits.
    fn bytes_of(&self, path: &str, place: &Place) -> Result<Option<Vec<u8>>> {
        let unread =
            |why: String| Error::at(place, format!("`{path}` cannot be read")).because(why);
        if let Some(from) = self.laid(path) {
            return Ok(Some(
                fs::read(from).map_err(|error| unread(error.to_string()))?,
            ));
        }
        if self.of_pack(path).is_none() {
            return Ok(None);
        }
        let pack = self.stock.pack();
        pack.read(self.stock.source(path))
            .map_err(|error| unread(error.to_string()))
    }
}

const MANAGER: &str = "org.wso2.securevault.secret.handler.SecretManagerSecretCallbackHandler";
const REPOSITORY: &str = "org.wso2.securevault.secret.repository.FileBaseSecretRepositoryProvider";
const HANDLER: &str = "org.wso2.carbon.securevault.DefaultSecretCallbackHandler";

/// The edits that make a file of these keys of an empty one.
fn properties(entries: &[(String, String)]) -> Result<Vec<Edit>, EditError> {
    let edit = |(key, value): &(String, String)| {
        let verb = PropertiesVerb::Ensure(value.clone());
        Ok(Edit::Properties(PropertiesEdit::new(key, verb)?))
    };
    entries.iter().map(edit).collect()
}

/// A Home's vault, as who has its keystore opens it.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) vault: Arc<Vault>,
    /// The key is the pack's: whoever has such a pack has it.
    pub(super) key_of_pack: bool,
    /// What went in.
    passwords: BTreeSet<String>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Opened({})", self.passwords.len())
    }
}

impl Opened {
    /// How many passwords that went into the vault an XML file has in clear as well, behind names that say so; in what is no
    /// document, wherever they stand.
    pub(super) fn left_in(&self, text: &str) -> usize {
        let says = |name: &str| name.to_lowercase().contains("pass");
        let Ok(held) = said(text.as_bytes()) else {
            // No document, whatever it is called: nothing in it says what is a password, so each that appears counts.
            let passwords = self.passwords.iter();
            return passwords.filter(|one| text.contains(one.as_str())).count();
        };
        let held = held.iter();
        held.filter(|(name, value)| says(name) && self.passwords.contains(value.trim()))
            .count()
    }
}
