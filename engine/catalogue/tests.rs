//! The built-in entries, a user's own, and what is refused.

use std::error::Error as _;
use std::fs;

use super::{Access, Catalogue, Kernel, Known, Restart, Separation};

fn built_in() -> Catalogue {
    Catalogue::load(&[]).unwrap()
}

/// Loads the built-ins and files of a user's own.
fn with(files: &[(&str, &str)]) -> Result<Catalogue, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    Catalogue::load(&[folder.path().to_owned()]).map_err(|error| shown(&error))
}

fn shown(error: &crate::yaml::Error) -> String {
    let mut text = String::new();
    if let Some(place) = error.place() {
        let file = place.file.file_name().unwrap().to_string_lossy();
        text = format!("{file}:{}:{}: ", place.line, place.column);
    }
    text.push_str(error.message());
    if let Some(hint) = error.way_out() {
        text.push_str(&format!(" [{hint}]"));
    }
    if let Some(source) = error.source() {
        text.push_str(&format!(" ({source})"));
    }
    text
}

#[test]
fn the_supported_entries_inherit_what_they_do_not_say() {
    let catalogue = built_in();
    let esb = catalogue.find("esb", "5.0.0").unwrap();
    assert_eq!(esb.kernel, Kernel(4, 4, 8));
    assert_eq!(esb.pack, "wso2esb-5.0.0.zip");
    assert_eq!(esb.clustering.domain, "wso2.esb.domain");
    assert_eq!(esb.clustering.member_port, 4100);
    assert_eq!(esb.java, [7, 8]);
    assert_eq!(esb.ports.len(), 6);
    assert_eq!(esb.ui_only.len(), 3);
    assert_eq!(catalogue.find("esb", "4.9.0").unwrap().ui_only.len(), 2);
    let application_server = catalogue.find("as", "5.3.0").unwrap();
    assert_eq!(application_server.clustering.member_port, 4000);
    assert_eq!(
        application_server.profiles.worker.as_deref(),
        Some("worker")
    );
    // The bus adds its task count to what all products share.
    let shared = &esb.edits[..esb.edits.len() - 1];
    assert_eq!(application_server.edits, shared);
}

#[test]
fn member_lists_are_deferred_and_domains_cannot_roll() {
    let esb = built_in().find("esb", "4.9.0").unwrap();
    let operations = esb.edits.iter().flat_map(|file| &file.operations);
    let databases = |target: &str| !target.starts_with("clustering") && target != "taskServerCount";
    let dear: Vec<(&str, Restart)> = operations
        .filter(|operation| operation.restart != Restart::Now)
        .filter(|operation| !databases(&operation.target))
        .map(|operation| (operation.target.as_str(), operation.restart))
        .collect();
    assert_eq!(
        dear,
        [
            (
                "clustering/parameter[@name='domain']",
                Restart::WholeCluster
            ),
            ("clustering/members", Restart::Deferred),
            ("taskServerCount", Restart::Deferred),
        ]
    );
}

/// Nodes that disagree about where the registry or the users are, are two clusters.
#[test]
fn where_databases_are_cannot_roll() {
    let esb = built_in().find("esb", "4.9.0").unwrap();
    let operations = esb.edits.iter().flat_map(|file| &file.operations);
    let mut targets: Vec<&str> = operations
        .filter(|operation| operation.restart == Restart::WholeCluster)
        .map(|operation| operation.target.as_str())
        .collect();
    targets.retain(|target| !target.starts_with("clustering"));
    let ends: Vec<&str> = targets
        .iter()
        .filter_map(|target| target.rsplit('/').next())
        .collect();
    assert_eq!(
        ends,
        [
            "url",
            "dataSource",
            "dbConfig",
            "cacheId",
            "instanceId",
            "targetPath",
            "Property[@name='dataSource']"
        ]
    );
}

#[test]
fn twenty_six_versions_are_refused_with_reason_and_way_out() {
    let catalogue = built_in();
    let refused: Vec<_> = catalogue
        .iter()
        .filter(|release| matches!(release.separation, Separation::None { .. }))
        .collect();
    assert_eq!(refused.len(), 26);
    for release in refused {
        let not = catalogue.find(&release.product, &release.version);
        let error = not.unwrap_err().into_error();
        assert!(error.message().contains("cannot be separated"), "{error}");
        assert!(error.way_out().is_some(), "{error}");
    }
    insta::assert_snapshot!(
        shown(&catalogue.find("is", "5.1.0").unwrap_err().into_error()),
        @"managers and workers of `is` 5.1.0 (Identity Server) cannot be separated: worker and manager separation is not possible; the pack has no worker profile [run identical nodes behind a sticky load balancer, each listing all members]"
    );
}

/// The guide's first table (products.md): each with its kernel, and how far that is proved.
#[test]
fn twenty_nine_versions_can_be_separated() {
    let catalogue = built_in();
    let mut lines = String::new();
    let mut count = 0;
    for release in catalogue.iter() {
        if release.separation != Separation::Supported {
            continue;
        }
        count += 1;
        assert!(
            release.unproved_stock()
                == release
                    .told()
                    .iter()
                    .any(|told| told.contains("unproved stock"))
        );
        lines.push_str(&format!(
            "{} {} {} java {:?}{}{}\n",
            release.product,
            release.version,
            release.kernel,
            release.java,
            if release.known == Known::Inferred {
                " inferred"
            } else {
                ""
            },
            if release.unproved_stock() {
                " unproved"
            } else {
                ""
            },
        ));
    }
    assert_eq!(count, 29);
    insta::assert_snapshot!(lines, @r#"
am 1.5.0 4.2.0 java [6, 7] unproved
am 1.6.0 4.2.0 java [6, 7] inferred unproved
am 1.7.0 4.2.0 java [6, 7] inferred unproved
am 1.8.0 4.2.0 java [6, 7]
am 1.9.0 4.2.0 java [6, 7] unproved
am 1.9.1 4.2.0 java [6, 7]
am 1.10.0 4.4.3 java [7, 8]
am 2.0.0 4.4.7 java [7, 8] unproved
as 5.2.0 4.2.0 java [6, 7] unproved
as 5.2.1 4.2.0 java [6, 7] inferred unproved
as 5.3.0 4.4.1 java [7, 8]
bps 3.1.0 4.2.0 java [6, 7] inferred unproved
bps 3.2.0 4.2.0 java [6, 7] inferred unproved
bps 3.5.0 4.4.1 java [7, 8] unproved
bps 3.5.1 4.4.4 java [7, 8] unproved
bps 3.6.0 4.4.8 java [7, 8]
brs 2.1.0 4.2.0 java [6, 7] inferred unproved
dss 3.1.0 4.2.0 java [6, 7] unproved
dss 3.1.1 4.2.0 java [6, 7] inferred unproved
dss 3.2.0 4.2.0 java [6, 7] inferred unproved
dss 3.2.1 4.2.0 java [6, 7] inferred unproved
dss 3.2.2 4.2.0 java [6, 7] inferred unproved
dss 3.5.0 4.4.2 java [7, 8] unproved
dss 3.5.1 4.4.9 java [7, 8]
esb 4.8.0 4.2.0 java [6, 7] unproved
esb 4.8.1 4.2.0 java [6, 7] inferred unproved
esb 4.9.0 4.4.1 java [7, 8]
esb 5.0.0 4.4.8 java [7, 8]
ts 1.1.0 4.2.0 java [6, 7] unproved
"#);
}

#[test]
fn a_part_of_a_product_is_a_release_of_its_own() {
    let gateway = built_in().find("am", "1.9.1").unwrap();
    assert_eq!(gateway.component.as_deref(), Some("gateway"));
    assert_eq!(
        gateway.profiles.worker_from.as_deref(),
        Some("gateway-worker")
    );
    let store = gateway.part("store").unwrap();
    assert_eq!(store.profiles.manager, "api-store");
    assert_eq!(store.profiles.worker.as_deref(), Some("worker"));
    assert_eq!(store.profiles.worker_from.as_deref(), Some("api-store"));
    assert_eq!(
        (store.kernel, store.java.as_slice()),
        (Kernel(4, 2, 0), &[6, 7][..])
    );
    assert_eq!(store.registry.config, Access::ReadWrite);
    assert_eq!(store.ports.len(), 4, "no traffic of APIs goes through it");
    assert_eq!(store.clustering.member_port, 4000);
    let rows = [
        (&gateway, "stor", "did you mean `store`?"),
        (
            &gateway,
            "zookeeper",
            "known are `gateway`, `publisher`, `store`",
        ),
        (
            &built_in().find("esb", "5.0.0").unwrap(),
            "store",
            "take `carbon_component` out",
        ),
    ];
    for (release, name, hint) in rows {
        let error = release.part(name).unwrap_err();
        assert_eq!(error.way_out(), Some(hint), "{error}");
    }
}

/// Two operations of one target in one file, one a role, are both laid over what is inherited.
#[test]
fn operations_of_one_target_do_not_replace_each_other() {
    let own = "
product: esb
versions:
  \"4.9.1\":
    like: \"4.9.0\"
    edits:
      - path: repository/conf/carbon.xml
        xml:
          - {set: WebContextRoot, to: /a, when: node.worker}
          - {set: WebContextRoot, to: /b, when: not node.worker}
";
    let release = with(&[("esb.yaml", own)])
        .unwrap()
        .find("esb", "4.9.1")
        .unwrap();
    let file = release
        .edits
        .iter()
        .find(|file| file.path.ends_with("carbon.xml"))
        .unwrap();
    let both = file
        .operations
        .iter()
        .filter(|operation| operation.target == "WebContextRoot");
    assert_eq!(both.count(), 2);
}

#[test]
fn an_unknown_version_names_the_nearest() {
    let catalogue = built_in();
    let rows = [
        ("esb", "4.9", "nearest known one is 4.9.0"),
        ("am", "1.9", "nearest known one is 1.9.1"),
        ("esb", "4.9.1", "nearest known one is 4.9.0"),
        ("esb", "6.0.0", "nearest known one is 5.0.0"),
        ("esb", "4.10.0", "nearest known one is 4.9.0"),
        ("esb", "1.0", "nearest known one is 4.8.0"),
        ("esbb", "4.9.0", "did you mean `esb`?"),
        ("zookeeper", "3", "`products/` beside the inventory"),
        ("ei", "6.1.1", "known are `am`, `as`, `bps`"),
    ];
    for (product, version, hint) in rows {
        let error = catalogue.find(product, version).unwrap_err().into_error();
        assert!(shown(&error).contains(hint), "{}", shown(&error));
    }
}

#[test]
fn a_version_from_outside_is_data_only() {
    let own = "
product: esb
versions:
  \"4.9.1\":
    like: \"4.9.0\"
    known: inferred
    kernel: \"4.4.2\"
    edits:
      - path: repository/conf/axis2/axis2.xml
        xml:
          - set: clustering/parameter[@name='membershipScheme']
            to: multicast
          - set: clustering/parameter[@name='mcastPort']
            to: \"45565\"
";
    let catalogue = with(&[("esb.yaml", own)]).unwrap();
    let release = catalogue.find("esb", "4.9.1").unwrap();
    assert_eq!(
        (release.kernel, release.known),
        (Kernel(4, 4, 2), Known::Inferred)
    );
    assert_eq!(release.top, "wso2esb-4.9.1");
    let stock = catalogue.find("esb", "4.9.0").unwrap();
    let (own, stock) = (&release.edits[0].operations, &stock.edits[0].operations);
    assert_eq!(own.len(), stock.len() + 1, "one replaced, one added");
    assert_eq!(own[1].value.as_deref(), Some("multicast"));
    assert_eq!(own[1].target, stock[1].target);
}

#[test]
fn an_entry_beside_the_inventory_overrides_a_built_in_one() {
    let own = "product: esb\nversions:\n  \"5.0.0\":\n    java: [8]\n";
    let release = with(&[("mine.yaml", own)])
        .unwrap()
        .find("esb", "5.0.0")
        .unwrap();
    assert_eq!(release.java, [8]);
    assert_eq!(release.kernel, Kernel(4, 4, 8), "the rest stays");
}

#[test]
fn mistakes_have_places_and_near_misses() {
    let rows = [
        (
            "product: x\nversoins: {}\n",
            "x.yaml:2:1: `versoins` is no key here [did you mean `versions`?]",
        ),
        (
            "product: esb\nversions:\n  \"1\":\n    like: \"4.9\"\n",
            "x.yaml:4:11: `esb` 4.9 is no entry to be like",
        ),
        (
            "product: x\nversions:\n  \"1\": {like: \"1\"}\n",
            "x.yaml:3:15: `1` is like itself",
        ),
        (
            "product: x\nbase: carbn\nversions:\n  \"1\": {}\n",
            "x.yaml:2:7: `carbn` is no base [did you mean `carbon`?]",
        ),
        (
            "product: x\nbase: carbon\nversions:\n  \"1\": {kernel: \"4.4.1\"}\n",
            "x.yaml:4:3: `x` 1 has no `name` [say it here, or inherit it with `like:` or `base:`]",
        ),
        (
            "product: x\nname: X\nkernel: four\n",
            "x.yaml:3:9: `four` is no kernel version such as 4.4.1",
        ),
        (
            "name: X\n",
            "x.yaml:1:1: the file names neither a `product` nor a `base`",
        ),
        (
            "product: x\nedits:\n- path: ../etc/passwd\n",
            "x.yaml:3:9: `../etc/passwd` is no path inside a Home [name the file as it stands below the Home, `repository/conf/carbon.xml`]",
        ),
        (
            "product: x\nedits:\n- path: a\n  xml:\n  - set: b\n    too: c\n",
            "x.yaml:6:5: `set` and `too` are both verbs [did you mean `to`?]",
        ),
        (
            "product: x\nedits:\n- path: a\n  xml:\n  - to: c\n",
            "x.yaml:5:5: the edit has no verb [such as `set: …`]",
        ),
        (
            "product: x\nedits:\n- path: a\n  xml:\n  - set: c\n    restart: latter\n",
            "x.yaml:6:14: `latter` is no cost of a change [did you mean `now`? known are `none`, `deferred`, `now`, `whole_cluster`]",
        ),
        (
            "product: x\njava: [eight]\n",
            "x.yaml:2:8: expected a whole number, found a text",
        ),
        (
            "product: x\nports: {https: 70000}\n",
            "x.yaml:2:16: expected a number from 0 to 65535 (out of range integral type conversion attempted)",
        ),
        (
            "product: x\nversions:\n  \"1\": {product: y}\n",
            "x.yaml:3:9: `product` stands at the top of the file only",
        ),
    ];
    for (text, message) in rows {
        assert_eq!(with(&[("x.yaml", text)]).unwrap_err(), message, "{text}");
    }
}
