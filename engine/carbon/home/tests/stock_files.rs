//! Every edit of every entry on the stock files of the real products.

#![allow(clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{SCRIPT, Site, text};
use crate::carbon::bundle::{Tier, bundles_info};
use crate::carbon::home::{Content, Stock};
use crate::carbon::pack::tests::{Builder, jar};
use crate::catalogue::Role;
use crate::edit::{Format, evaluate};

pub(super) fn shared(tree: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("WMPROV_SHARED") {
        Some(shared) => PathBuf::from(shared),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    let folder = folder.join("carbon").join(tree);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no stock files at {}", folder.display());
    None
}

/// A pack of a stock tree, with the script and the profiles that the tree lacks.
fn stock_pack(tree: &Path, top: &str, version: &str) -> Builder {
    let mut builder = Builder::new(top)
        .file("bin/version.txt", version)
        .file("bin/wso2server.sh", SCRIPT);
    let mut folders = vec![tree.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    for file in files {
        let path = file.strip_prefix(tree).unwrap().to_str().unwrap();
        if path.starts_with("repository/") {
            builder = builder.bytes(path, &fs::read(&file).unwrap());
        }
    }
    for profile in ["default", "worker"] {
        if !tree.join(bundles_info(profile)).exists() {
            builder = builder.file(&bundles_info(profile), "#version=1\n");
        }
    }
    let Ok(table) = fs::read_to_string(tree.join("bundles-manifest.tsv")) else {
        return builder;
    };
    for line in table.lines().skip(2) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[4] != "ok" {
            continue;
        }
        let mut headers = vec![("Bundle-SymbolicName", fields[0]), ("Bundle-Version", "1")];
        if fields[5] == "UIBundle" {
            headers.push(("Carbon-Component", "UIBundle"));
        }
        if !fields[7].is_empty() {
            headers.push(("Fragment-Host", fields[7]));
        }
        // The list has no imports but this one; the SSO bundle needs its common part (real-run 1).
        if fields[13] == "yes" {
            headers.push(("Require-Bundle", "org.wso2.carbon.ui"));
        } else if fields[0].ends_with("authenticator.saml2.sso") {
            headers.push((
                "Require-Bundle",
                "org.wso2.carbon.identity.authenticator.saml2.sso.common",
            ));
        }
        let path = format!(
            "repository/components/{}",
            fields[2].trim_start_matches("../")
        );
        builder = builder.bytes(&path, &jar(&headers, &[]));
    }
    builder
}

#[test]
fn every_edit_of_the_entries_holds_on_the_stock_files() {
    let rows = [
        (
            "esb",
            "4.9.0",
            "WSO2 Enterprise Service Bus v4.9.0",
            "wso2.esb.domain",
            Some(114),
        ),
        (
            "esb",
            "5.0.0",
            "WSO2 Enterprise Service Bus v5.0.0",
            "wso2.esb.domain",
            None,
        ),
        (
            "as",
            "5.3.0",
            "WSO2 Application Server v5.3.0",
            "wso2.as.domain",
            None,
        ),
    ];
    for (product, version, inside, domain, cut) in rows {
        let top = format!("wso2{product}-{version}");
        let Some(tree) = shared(&top) else { return };
        let site = Site::new(stock_pack(&tree, &top, inside), product, version);
        let cluster = site.cluster_of(
            product,
            version,
            "    carbon_offset: 2\n    carbon_member_port: 4321\n",
            2,
        );
        let homes = site.homes(&cluster).unwrap();
        for (node, home) in cluster.nodes.iter().zip(&homes) {
            let worker = node.role == Role::Worker;
            let xml = |path: &str, target: &str| {
                evaluate(text(home, path).as_bytes(), Format::Xml, target).unwrap()
            };
            let axis2 = |target: &str| xml("repository/conf/axis2/axis2.xml", target);
            let parameter = |name: &str| axis2(&format!("clustering/parameter[@name='{name}']"));
            assert_eq!(axis2("clustering/@enable"), ["true"]);
            assert_eq!(parameter("membershipScheme"), ["wka"]);
            assert_eq!(parameter("domain"), [domain]);
            assert_eq!(
                parameter("localMemberHost"),
                [node.member.address.to_string()]
            );
            assert_eq!(parameter("localMemberPort"), ["4321"]);
            let label =
                "clustering/parameter[@name='properties']/property[@name='subDomain']/@value";
            assert_eq!(axis2(label), [if worker { "worker" } else { "mgt" }]);
            let hosts = axis2("clustering/members/member/hostName");
            assert_eq!(hosts, ["10.0.0.11", "10.0.0.12", "10.0.0.13"]);
            assert_eq!(axis2("clustering/members/member/port"), ["4321"; 3]);
            let carbon = |target: &str| xml("repository/conf/carbon.xml", target);
            assert_eq!(carbon("HostName"), ["esb.example.com"]);
            assert_eq!(carbon("MgtHostName").len(), usize::from(!worker));
            assert_eq!(carbon("Ports/Offset"), ["2"]);
            assert_eq!(
                text(home, "bin/wso2server.sh").contains("-DworkerNode=true"),
                worker
            );
            let registry = home.get("repository/conf/registry.xml").unwrap();
            assert!(
                matches!(registry.content, Content::Pack),
                "nothing to edit without a database"
            );
        }
        if let Some(gone) = cut {
            let worker = &homes[1];
            let path = bundles_info(&cluster.of_role(Role::Worker).next().unwrap().profile);
            let stock = String::from_utf8(site.pack.read(&path).unwrap().unwrap()).unwrap();
            let left = text(worker, &path).lines().count();
            assert_eq!(stock.lines().count() - left, gone, "real-run 1");
            let stock = Stock::read(Arc::clone(&site.pack), &cluster).unwrap();
            assert_eq!(stock.cut().tier, Tier::T2, "{:?}", stock.cut().obstacles);
        }
        let bytes: usize = [&homes[0].rules().roots, &homes[0].rules().prunes]
            .into_iter()
            .flatten()
            .map(String::len)
            .sum();
        assert!(bytes < 4096, "a no-op sends less than 20 KB");
    }
}
