//! The proof on stock files: realistic edits of every stock file of a name, byte by byte.

#![allow(clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};

use super::xml::{Element, XmlEdit, XmlVerb};
use super::{BundlesEdit, Edit, Format, PropertiesEdit, PropertiesVerb, apply, bundles, evaluate};

/// The folder of stock files, `$WMPROV_SHARED/carbon` or `../shared/carbon`; says so where there is none.
fn shared() -> Option<PathBuf> {
    let folder = match std::env::var_os("WMPROV_SHARED") {
        Some(shared) => PathBuf::from(shared),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    }
    .join("carbon");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no stock files at {}", folder.display());
    None
}

/// Every stock file whose name `wanted` accepts, with its path below the folder.
fn stock(wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let Some(root) = shared() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(path.file_name().unwrap().to_str().unwrap()) {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(
        !found.is_empty(),
        "the stock folder is there, but no file of that name"
    );
    found
}

fn set(path: &str, value: &str) -> Edit {
    Edit::Xml(XmlEdit::set(path, value).unwrap())
}

fn ensure(path: &str, value: &str) -> Edit {
    Edit::Xml(XmlEdit::ensure(path, value).unwrap())
}

fn member(host: &str) -> Element {
    Element::new("member")
        .child(Element::new("hostName").text(host))
        .child(Element::new("port").text("4100"))
}

/// The old and the new bytes between what both begin and end with.
fn changed<'a>(old: &'a [u8], new: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[prefix..], &new[prefix..]);
    let suffix = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    (&old[..old.len() - suffix], &new[..new.len() - suffix])
}

fn comments(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).unwrap();
    let document = roxmltree::Document::parse(text).unwrap();
    let comments = document
        .root()
        .descendants()
        .filter(roxmltree::Node::is_comment);
    comments
        .map(|comment| comment.text().unwrap().to_owned())
        .collect()
}

/// One edit changes no more of the old bytes than the value it replaces: what is gone is in `gone`
/// (the target's old value), or nothing but blanks and a `/` where an element is opened.
fn changes_only_its_span(name: &str, edit: &Edit, old: &[u8], new: &[u8], gone: &[String]) {
    let (before, after) = changed(old, new);
    let before = String::from_utf8_lossy(before);
    if let Edit::Xml(XmlEdit {
        verb: XmlVerb::ReplaceChildren(_),
        ..
    }) = edit
    {
        assert!(before.matches("<member").count() <= 1, "{name}: {before}");
        return;
    }
    let held = gone
        .iter()
        .any(|value| value.replace('&', "&amp;").contains(before.as_ref()));
    let blank = before.trim().is_empty() || before.trim() == "/";
    assert!(held || blank, "{name}: `{}` took `{before}`", edit.target());
    assert!(
        after.len() < 400,
        "{name}: `{}` wrote too much: {}",
        edit.target(),
        String::from_utf8_lossy(after)
    );
}

/// Applies the edits one by one and all at once, and holds all of it against the stock bytes.
fn prove(name: &str, stock: &[u8], format: Format, edits: &[Edit], holds: &[(&str, &[&str])]) {
    let mut step = stock.to_vec();
    for edit in edits {
        let gone = evaluate(&step, format, edit.target()).unwrap();
        let next = apply(&step, std::slice::from_ref(edit))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        changes_only_its_span(name, edit, &step, &next, &gone);
        step = next;
    }
    let made = apply(stock, edits).unwrap();
    assert_eq!(made, step, "{name}: one by one is not all at once");
    assert_eq!(
        apply(&made, edits).unwrap(),
        made,
        "{name}: a second run changes something"
    );
    for (target, wanted) in holds {
        assert_eq!(
            evaluate(&made, format, target).unwrap(),
            *wanted,
            "{name}: {target}"
        );
    }
    if format == Format::Xml {
        assert_eq!(comments(stock), comments(&made), "{name}: comments");
    }
    let lone = |bytes: &[u8]| {
        let all = bytes.iter().filter(|byte| **byte == b'\n').count();
        all - bytes.windows(2).filter(|pair| *pair == b"\r\n").count()
    };
    if stock.windows(2).any(|pair| pair == b"\r\n") {
        assert_eq!(lone(stock), lone(&made), "{name}: line ends");
    } else {
        assert!(!made.contains(&b'\r'), "{name}: line ends");
    }
    assert_eq!(
        stock.ends_with(b"\n"),
        made.ends_with(b"\n"),
        "{name}: last line end"
    );
}

#[test]
fn axis2_clustering() {
    let members = Edit::Xml(
        XmlEdit::new(
            "clustering/members",
            XmlVerb::ReplaceChildren([member("10.0.0.11"), member("10.0.0.12")].into()),
        )
        .unwrap(),
    );
    let sub_domain = "clustering/parameter[@name='properties']/property[@name='subDomain']/@value";
    let edits = [
        set("clustering/@enable", "true"),
        set("clustering/parameter[@name='membershipScheme']", "wka"),
        set(
            "clustering/parameter[@name='domain']",
            "wso2.esb.domain & more",
        ),
        set("clustering/parameter[@name='localMemberHost']", "10.0.0.11"),
        set("clustering/parameter[@name='localMemberPort']", "4200"),
        ensure(sub_domain, "mgt"),
        members,
    ];
    for (name, bytes) in stock(|name| name == "axis2.xml") {
        prove(
            &name,
            &bytes,
            Format::Xml,
            &edits,
            &[
                ("clustering/@enable", &["true"]),
                (
                    "clustering/parameter[@name='domain']",
                    &["wso2.esb.domain & more"],
                ),
                (sub_domain, &["mgt"]),
                (
                    "clustering/members/member/hostName",
                    &["10.0.0.11", "10.0.0.12"],
                ),
                ("clustering/members/member/port", &["4100", "4100"]),
                ("clustering/groupManagement/@enable", &["false"]),
            ],
        );
    }
}

#[test]
fn carbon_xml() {
    let edits = [
        ensure("HostName", "esb.example.com"),
        ensure("MgtHostName", "mgt.esb.example.com"),
        set("Ports/Offset", "1"),
        ensure("DeploymentSynchronizer/Enabled", "true"),
        ensure("DeploymentSynchronizer/AutoCommit", "true"),
        ensure("DeploymentSynchronizer/AutoCheckout", "true"),
        ensure(
            "DeploymentSynchronizer/SvnUrl",
            "http://10.0.0.9/repos/?a=1&b=2",
        ),
    ];
    for (name, bytes) in stock(|name| name == "carbon.xml") {
        prove(
            &name,
            &bytes,
            Format::Xml,
            &edits,
            &[
                ("HostName", &["esb.example.com"]),
                ("MgtHostName", &["mgt.esb.example.com"]),
                ("Ports/Offset", &["1"]),
                ("DeploymentSynchronizer/Enabled", &["true"]),
                ("DeploymentSynchronizer/AutoCommit", &["true"]),
                (
                    "DeploymentSynchronizer/SvnUrl",
                    &["http://10.0.0.9/repos/?a=1&b=2"],
                ),
            ],
        );
    }
}

#[test]
fn registry_xml() {
    let edits = [
        set("readOnly", "true"),
        ensure("dbConfig[@name='shared']/dataSource", "jdbc/WSO2RegistryDB"),
        ensure(
            "remoteInstance[@url='https://localhost:9443/registry']/id",
            "shared",
        ),
        ensure("remoteInstance[id='shared']/dbConfig", "shared"),
        ensure("remoteInstance[id='shared']/readOnly", "true"),
        ensure("mount[@path='/_system/config']/@overwrite", "true"),
        ensure("mount[@path='/_system/config']/instanceId", "shared"),
        ensure("mount[@path='/_system/config']/targetPath", "/_system/esb"),
        ensure("mount[@path='/_system/governance']/instanceId", "shared"),
    ];
    for (name, bytes) in stock(|name| name == "registry.xml") {
        // Carbon 4.10 mounts from an instance of its own (carbon 4).
        if name.starts_with("4.10.x/") {
            continue;
        }
        prove(
            &name,
            &bytes,
            Format::Xml,
            &edits,
            &[
                ("readOnly", &["true"]),
                (
                    "dbConfig[@name='wso2registry']/dataSource",
                    &["jdbc/WSO2CarbonDB"],
                ),
                ("remoteInstance/dbConfig", &["shared"]),
                ("mount[@path='/_system/config']/@overwrite", &["true"]),
                ("mount/instanceId", &["shared", "shared"]),
            ],
        );
    }
}

#[test]
fn connectors_and_datasources() {
    for (name, bytes) in stock(|name| name == "catalina-server.xml") {
        let edits = [
            ensure("Service/Connector[@port='9443']/@proxyPort", "443"),
            ensure("Service/Connector[@port='9763']/@proxyPort", "80"),
        ];
        prove(
            &name,
            &bytes,
            Format::Xml,
            &edits,
            &[("Service/Connector/@proxyPort", &["80", "443"])],
        );
    }
    let url = "datasources/datasource[name='WSO2_CARBON_DB']/definition/configuration/url";
    for (name, bytes) in stock(|name| name == "master-datasources.xml") {
        let wanted = "jdbc:mysql://db:3306/reg?autoReconnect=true&useSSL=false";
        prove(
            &name,
            &bytes,
            Format::Xml,
            &[set(url, wanted)],
            &[(url, &[wanted])],
        );
    }
}

#[test]
fn every_xml_file_is_read_and_kept() {
    for (name, bytes) in stock(|name| name.ends_with(".xml")) {
        let nothing = Edit::Xml(XmlEdit::new(".", XmlVerb::Ensure(None)).unwrap());
        let kept = apply(&bytes, &[nothing]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(kept, bytes, "{name}");
    }
}

#[test]
fn every_properties_file_keeps_the_rest() {
    let stock = stock(|name| name.ends_with(".properties") || name.ends_with(".ini"));
    for (name, bytes) in stock {
        let verb = PropertiesVerb::Ensure("a\\b=ü ".to_owned());
        let edit = Edit::Properties(PropertiesEdit::new("wmprov.stock", verb).unwrap());
        let made = apply(&bytes, std::slice::from_ref(&edit)).unwrap();
        let (gone, new) = changed(&bytes, &made);
        assert!(gone.is_empty(), "{name}");
        assert!(
            String::from_utf8_lossy(new).contains("wmprov.stock"),
            "{name}"
        );
        assert_eq!(apply(&made, &[edit]).unwrap(), made, "{name}");
    }
}

#[test]
fn every_bundles_info_loses_just_those_lines() {
    for (name, bytes) in stock(|name| name == "bundles.info") {
        let all = bundles::parse(&bytes).unwrap();
        let ui: Vec<&str> = all
            .iter()
            .map(|bundle| bundle.symbolic_name)
            .filter(|name| name.ends_with(".ui"))
            .collect();
        let edits: Vec<Edit> = ui
            .iter()
            .map(|name| Edit::Bundles(BundlesEdit::remove(name, None)))
            .collect();
        let made = apply(&bytes, &edits).unwrap();
        let kept: Vec<u8> = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .filter(|line| {
                !ui.iter()
                    .any(|name| line.starts_with(format!("{name},").as_bytes()))
            })
            .flatten()
            .copied()
            .collect();
        assert!(made == kept, "{name}");
        assert_eq!(apply(&made, &edits).unwrap(), made, "{name}");
    }
}

#[test]
fn the_shell_makes_the_normal_form_of_every_bundles_info() {
    for (name, bytes) in stock(|name| name == "bundles.info") {
        assert!(
            bundles::normal_form(&bytes) == bundles::tests::by_shell(&bytes),
            "{name}"
        );
    }
    let started = |name: &str| format!("{name}/repository/components/default/configuration/");
    let of = |folder: &str| {
        let all = stock(|name| name == "bundles.info");
        let found = all
            .into_iter()
            .find(|(name, _)| name.starts_with(&started(folder)));
        found.map(|(_, bytes)| bundles::normal_form(&bytes))
    };
    // Two real pairs of before and after the first start (carbon 1.5).
    assert_eq!(of("wso2esb-5.0.0"), of("wso2esb-5.0.0-after-first-start"));
    assert_eq!(
        of("wso2store-1.0.0-built"),
        of("wso2store-1.0.0-after-first-start")
    );
}
