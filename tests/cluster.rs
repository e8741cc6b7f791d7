//! Inventories → clusters: roles, paths of variables, several clusters, several nodes a host, and
//! what is refused.

use std::path::Path;
use std::sync::Arc;

use wmprov::catalogue::{Clustering, Kernel, Known, Port, Profiles, Release, Separation};
use wmprov::cluster::{Cluster, derive};
use wmprov::yaml::{Error, Place, Result};

use crate::loader::inventory;

/// A release as the catalogue would give it.
pub(crate) fn release(product: &str, version: &str) -> Result<Arc<Release>> {
    let port = |name: &str, number| Port {
        name: name.into(),
        number,
    };
    Ok(Arc::new(Release {
        product: product.into(),
        name: "Enterprise Service Bus".into(),
        version: version.into(),
        kernel: match (product, version) {
            ("esb", "5.0.0") => Kernel(4, 4, 8),
            ("esb" | "as", _) => Kernel(4, 4, 1),
            ("am", _) => Kernel(4, 4, 7),
            _ => {
                return Err(Error::new(format!(
                    "there is no product `{product}` {version}"
                )));
            }
        },
        known: Known::Proved,
        separation: Separation::Supported,
        pack: format!("wso2{product}-{version}.zip"),
        top: format!("wso2{product}-{version}"),
        java: vec![7, 8],
        ports: match product {
            "as" => vec![port("https", 9443), port("http", 9763)],
            _ => vec![
                port("https", 9443),
                port("http", 9763),
                port("pass_through_http", 8280),
            ],
        },
        clustering: Clustering {
            domain: format!("wso2.{product}.domain"),
            member_port: if product == "esb" { 4100 } else { 4000 },
        },
        profiles: Profiles {
            manager: "default".into(),
            worker: (product != "am").then(|| "worker".into()),
        },
        ui_only: Vec::new(),
        edits: Vec::new(),
        place: Place::start_of("esb.yaml"),
    }))
}

fn derived(text: &str) -> std::result::Result<Vec<Cluster>, Vec<Error>> {
    derive(&inventory(Path::new("site/inventory.yaml"), text), &release)
}

/// The messages of a refused inventory, each with its place and its hint.
pub(crate) fn told(errors: &[Error]) -> String {
    let mut lines = String::new();
    for error in errors {
        let place = error.place().map(|place| {
            format!(
                "{}:{}:{}: ",
                place.file.file_name().unwrap().display(),
                place.line,
                place.column
            )
        });
        lines.push_str(&format!("{}{error}\n", place.unwrap_or_default()));
        if let Some(hint) = error.way_out() {
            lines.push_str(&format!("  hint: {hint}\n"));
        }
    }
    lines
}

fn refused(text: &str) -> String {
    told(&derived(text).unwrap_err())
}

const PATTERN_1: &str = r#"
all:
  vars: {carbon_product: esb, carbon_version: "5.0.0", carbon_hostname: esb.example.com, java_home: /jdk, carbon_heap: '256m:512m'}
  children:
    manager: {vars: {carbon_heap: '512m:1g'}, hosts: {mgr: {ansible_host: 10.0.0.11}}}
    worker: {hosts: {wkr1: {ansible_host: 10.0.0.12}, wkr2: {ansible_host: 10.0.0.13, carbon_heap: '1g:1g'}}}
"#;

/// One line a node.
fn table(clusters: &[Cluster]) -> String {
    let mut lines = Vec::new();
    for cluster in clusters {
        for node in &cluster.nodes {
            lines.push(format!(
                "{} {} {} {}:{} +{} {} {} {} {}-{} {} {}",
                cluster.name,
                node.name,
                node.role,
                node.member.address,
                node.member.port,
                node.offset,
                node.home.display(),
                node.unit,
                node.user,
                node.heap.0,
                node.heap.1,
                node.profile,
                node.sub_domain
            ));
        }
    }
    lines.join("\n")
}

#[test]
fn pattern_1_is_derived_from_roles_and_addresses() {
    let clusters = derived(PATTERN_1).unwrap();
    insta::assert_snapshot!(table(&clusters), @r#"
all mgr manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 512m-1g default mgt
all wkr1 worker 10.0.0.12:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-512m worker worker
all wkr2 worker 10.0.0.13:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 1g-1g worker worker
"#);
    assert_eq!(clusters[0].pack.to_str(), Some("site/wso2esb-5.0.0.zip"));
    assert_eq!(clusters[0].domain, "wso2.esb.domain");
    assert_eq!(clusters[0].listed_by(&clusters[0].nodes[0]).len(), 3);
}

#[test]
fn a_host_may_run_a_manager_and_workers() {
    let clusters = derived(r#"
all:
  vars: {carbon_product: esb, carbon_version: "5.0.0", carbon_hostname: esb.example.com, java_home: /jdk}
  hosts:
    vm:
      ansible_host: 10.0.0.11
      carbon_nodes:
        - {name: m, role: manager}
        - {name: a, role: worker, offset: 1, home: /srv/a}
        - {name: b, role: worker, offset: 2, unit: esb-b.service, member_port: 4700}
  children:
    manager: {hosts: {vm: {}}}
    worker: {vars: {carbon_heap: '64m:128m'}, hosts: {vm: {}}}
"#).unwrap();
    insta::assert_snapshot!(table(&clusters), @r#"
all vm/m manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0-m wso2esb-m wso2 256m-1024m default mgt
all vm/a worker 10.0.0.11:4101 +1 /srv/a wso2esb-a wso2 64m-128m worker worker
all vm/b worker 10.0.0.11:4700 +2 /opt/wso2/wso2esb-5.0.0-b esb-b wso2 64m-128m worker worker
"#);
}
