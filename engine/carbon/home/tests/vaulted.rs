//! Passwords in Carbon's secure vault: what goes in, what a server is to open it with, and what cannot be opened.

use super::{CARBON, Site, USERS, text, with_carbon};
use crate::carbon::home::DesiredHome;
use crate::carbon::pack::tests::Builder;
use crate::edit::{Format, evaluate};

const TEXTS: &str = "repository/conf/security/cipher-text.properties";
const SECRETS: &str = "repository/conf/security/secret-conf.properties";
const VAULT: &str = "    carbon_secure_vault: true\n    carbon_admin_password: canary&1\n";

/// A key of RSA-1024 under the password `wso2carbon`, as packs have one.
const STORE: &[u8] = include_bytes!("wso2carbon.jks");

const STORES: &str = "    <Security>\n        <KeyStore>\n            <Location>${carbon.home}/repository/resources/security/wso2carbon.jks</Location>\n            \
    <Type>JKS</Type>\n            <Password>wso2carbon</Password>\n            <KeyAlias>wso2carbon</KeyAlias>\n            \
    <KeyPassword>wso2carbon</KeyPassword>\n        </KeyStore>\n    </Security>\n</Server>\n";

fn pack(carbon: &str) -> Builder {
    let stock = "UserManager.AdminUser.Password=[admin]\n";
    with_carbon(Builder::esb(), carbon)
        .file("bin/ciphertool.sh", "#!/bin/sh\n")
        .file(TEXTS, stock)
        .bytes("repository/resources/security/wso2carbon.jks", STORE)
}

fn carbon() -> String {
    CARBON.replace("</Server>\n", STORES)
}

fn site() -> Site {
    Site::new(pack(&carbon()), "esb", "4.9.0")
}

fn held(home: &DesiredHome, path: &str, format: Format, target: &str) -> Vec<String> {
    evaluate(text(home, path).as_bytes(), format, target).unwrap()
}

#[test]
fn a_password_leaves_its_name_and_goes_into_the_vault() {
    let site = site();
    let (plain, _) = site.pair("    carbon_admin_password: canary&1\n");
    assert!(plain.vault().is_none() && plain.left_in_clear().is_empty());
    let (home, worker) = site.pair(VAULT);
    let users = text(&home, "repository/conf/user-mgt.xml");
    let password =
        "<Password svns:secretAlias=\"UserManager.AdminUser.Password\">password</Password>";
    let declared = "<UserManager xmlns:svns=\"http://org.wso2.securevault/configuration\">";
    let wished = USERS
        .replace("<Password>admin</Password>", password)
        .replace("<UserManager>", declared);
    assert_eq!(users, wished);
    let names = "Security/KeyStore/KeyPassword/@secretAlias";
    let carbon = "repository/conf/carbon.xml";
    let alias = "Carbon.Security.KeyStore.KeyPassword";
    assert_eq!(held(&home, carbon, Format::Xml, names), [alias]);
    // Whoever has the keystore reads it.
    let vault = home.vault().unwrap();
    for (alias, password) in [
        ("UserManager.AdminUser.Password", "canary&1"),
        ("Carbon.Security.KeyStore.Password", "wso2carbon"),
        (alias, "wso2carbon"),
    ] {
        let sealed = held(&home, TEXTS, Format::Properties, alias);
        assert_eq!(vault.open(&sealed[0]).as_deref(), Some(password), "{alias}");
    }
    assert_eq!(
        text(&home, TEXTS).lines().count(),
        3,
        "{}",
        text(&home, TEXTS)
    );
    let location = held(
        &home,
        SECRETS,
        Format::Properties,
        "keystore.identity.location",
    );
    assert_eq!(
        location,
        ["/opt/wso2/wso2esb-4.9.0/repository/resources/security/wso2carbon.jks"]
    );
    assert_eq!(text(&home, "password-persist"), "wso2carbon\n");
    // What opens it is the server's user's alone, and is shown to nobody.
    let of = |path: &str| {
        home.get(path)
            .map(|desired| (desired.row.mode, desired.secret))
    };
    assert_eq!(of("password-persist"), Some((0o600, true)));
    assert_eq!(of(TEXTS), Some((0o600, true)));
    assert_eq!(of("repository/conf/user-mgt.xml"), Some((0o644, false)));
    assert_eq!(home.text("password-persist", 100), None);
    for desired in home.iter() {
        let path = desired.row.path;
        if let Some(text) = home.text(&path, 1 << 20) {
            assert!(!text.contains("canary"), "{path}");
        }
    }
    assert_eq!(text(&worker, TEXTS), text(&home, TEXTS));
}

#[test]
fn the_same_passwords_make_the_same_home() {
    let site = site();
    let digest = |vars: &str| site.pair(vars).0.tree_digest();
    assert_eq!(digest(VAULT), digest(VAULT));
    assert_ne!(
        digest(VAULT),
        digest(&VAULT.replace("canary&1", "canary&2"))
    );
    let edits = "    carbon_edits:\n      - path: repository/conf/user-mgt.xml\n        xml:\n          - set: \
                 Realm/Configuration/AdminUser/Password\n            to: \"canary&1\"\n";
    assert_eq!(digest(VAULT), digest(&format!("{VAULT}{edits}")));
}

#[test]
fn what_stays_in_clear_is_told() {
    let transport = "<Server><Connector keystorePass=\"wso2carbon\" keyAlias=\"wso2carbon\"/>\
                     <parameter name=\"truststorePassword\">wso2carbon</parameter></Server>";
    let pack = pack(&carbon()).file("repository/conf/axis2/axis2_nhttp.xml", transport);
    let (home, _) = Site::new(pack, "esb", "4.9.0").pair(VAULT);
    let left = ("repository/conf/axis2/axis2_nhttp.xml".to_owned(), 2);
    assert_eq!(home.left_in_clear(), [left]);
}

/// What cannot be read is not taken for empty.
#[test]
fn what_is_no_document_may_stay_in_clear_too() {
    let pack = pack(&carbon()).file("repository/conf/odd.xml", "<a>wso2carbon</b>");
    let (home, _) = Site::new(pack, "esb", "4.9.0").pair(VAULT);
    let left = ("repository/conf/odd.xml".to_owned(), 1);
    assert_eq!(home.left_in_clear(), [left]);
}

#[test]
fn a_vault_that_cannot_be_opened_is_refused() {
    let refused = |pack: Builder, vars: &str| {
        let site = Site::new(pack, "esb", "4.9.0");
        let error = site.homes(&site.cluster(vars)).unwrap_err();
        error.message().to_owned()
    };
    let bare = |carbon: &str| with_carbon(Builder::esb(), carbon);
    let without = bare(&carbon()).bytes("repository/resources/security/wso2carbon.jks", STORE);
    let lacks = refused(without, VAULT);
    assert!(lacks.starts_with("WM129 the pack `"), "{lacks}");
    assert!(
        lacks.ends_with("has no cipher tool (`bin/ciphertool.sh`)"),
        "{lacks}"
    );
    let tool = |builder: Builder| builder.file("bin/ciphertool.sh", "#!/bin/sh\n");
    let jks = "repository/resources/security/wso2carbon.jks";
    let of = |from: &str, to: &str| refused(pack(&carbon().replace(from, to)), VAULT);
    let long = VAULT.replace("canary&1", &"x".repeat(118));
    let edit = format!(
        "{VAULT}    carbon_edits:\n      - path: {TEXTS}\n        properties:\n          - ensure: a\n            to: b\n"
    );
    for (said, wish) in [
        (
            refused(tool(bare(&carbon())), VAULT),
            format!("WM129 the Home has no `{jks}`"),
        ),
        (
            refused(tool(bare(&carbon())).file(jks, "PK"), VAULT),
            format!("WM129 the primary keystore `{jks}` is no JKS that can be read"),
        ),
        (
            of("<KeyAlias>wso2carbon", "<KeyAlias>esb"),
            format!("WM129 the primary keystore `{jks}` has no key `esb`"),
        ),
        (
            of("Password>wso2carbon", "Password>another"),
            format!("WM129 the primary keystore `{jks}` does not open `wso2carbon` with the password that carbon.xml has for it"),
        ),
        (
            of("<KeyPassword>wso2carbon", "<KeyPassword>another"),
            "WM129 carbon.xml has another password for the key than for the primary keystore".to_owned(),
        ),
        (
            of("${carbon.home}/repository", "/etc"),
            "WM129 the primary keystore `/etc/resources/security/wso2carbon.jks` is none of the Home's".to_owned(),
        ),
        (
            refused(pack(&carbon()), &long),
            "WM129 the password `UserManager.AdminUser.Password` is longer than the 117 bytes that the key can encrypt".to_owned(),
        ),
        (
            refused(pack(&carbon()), &edit),
            format!("WM129 `{TEXTS}` is the vault's, and an overlay or an edit writes it too"),
        ),
    ] {
        assert_eq!(said, wish);
    }
}
