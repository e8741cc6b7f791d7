//! Derivation over whole inventories.

use std::sync::Arc;

use super::*;
use crate::catalogue::{Clustering, Kernel, Known, Port, Profiles, Release, Role, Separation};
use crate::inventory::{Group, Host, Inventory, Vars};
use crate::yaml::{Error, Key, Map, Node as Written, Place, Result, Secrets, Value};

/// A release as the catalogue would give it.
fn release(product: &str, version: &str) -> Result<Arc<Release>> {
    let port = |name: &str, number| Port {
        name: name.into(),
        number,
    };
    Ok(Arc::new(Release {
        product: product.into(),
        name: "Enterprise Service Bus".into(),
        version: version.into(),
        kernel: Kernel(4, 4, 8),
        known: Known::Proved,
        separation: Separation::Supported,
        pack: format!("wso2{product}-{version}.zip"),
        top: format!("wso2{product}-{version}"),
        java: vec![7, 8],
        ports: vec![port("https", 9443), port("pass_through_http", 8280)],
        clustering: Clustering {
            domain: format!("wso2.{product}.domain"),
            member_port: 4100,
        },
        profiles: Profiles {
            manager: "default".into(),
            worker: Some("worker".into()),
        },
        ui_only: Vec::new(),
        edits: Vec::new(),
        paths: Default::default(),
        place: Place::start_of("esb.yaml"),
    }))
}

fn written(value: &serde_yaml::Value, line: &mut u32) -> Written {
    *line += 1;
    let place = Place::new("inventory.yaml", *line, 1);
    let value = match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(value) => Value::Bool(*value),
        serde_yaml::Value::Number(number) => Value::Int(number.as_i64().unwrap()),
        serde_yaml::Value::String(text) => Value::String(text.clone()),
        serde_yaml::Value::Sequence(list) => {
            Value::List(list.iter().map(|entry| written(entry, line)).collect())
        }
        serde_yaml::Value::Mapping(map) => Value::Map(
            map.iter()
                .map(|(key, value)| {
                    (
                        Key {
                            name: key.as_str().unwrap().into(),
                            place: place.clone(),
                        },
                        written(value, line),
                    )
                })
                .collect::<Map>(),
        ),
        other => panic!("{other:?}"),
    };
    Written::new(value, place)
}

fn vars(map: Option<&serde_yaml::Value>, line: &mut u32) -> Vars {
    let Some(map) = map.and_then(|map| map.as_mapping()) else {
        return Vars::new();
    };
    map.iter()
        .map(|(key, value)| (key.as_str().unwrap().to_owned(), written(value, line)))
        .collect()
}

fn walk(
    name: &str,
    group: &serde_yaml::Value,
    above: &[String],
    line: &mut u32,
    inventory: &mut Inventory,
) {
    *line += 1;
    let place = Place::new("inventory.yaml", *line, 1);
    let mut path = above.to_vec();
    path.push(name.to_owned());
    let at = inventory
        .groups
        .iter()
        .position(|group| group.name == name)
        .unwrap_or_else(|| {
            inventory.groups.push(Group {
                name: name.into(),
                children: vec![],
                hosts: vec![],
                vars: Vars::new(),
                place,
            });
            inventory.groups.len() - 1
        });
    let own = vars(group.get("vars"), line);
    inventory.groups[at].vars.extend(own);
    for (host, own) in group
        .get("hosts")
        .and_then(|hosts| hosts.as_mapping())
        .into_iter()
        .flatten()
    {
        let host = host.as_str().unwrap();
        inventory.groups[at].hosts.push(host.into());
        *line += 1;
        let found = inventory
            .hosts
            .iter()
            .position(|other| other.name == host)
            .unwrap_or_else(|| {
                inventory.hosts.push(Host {
                    name: host.into(),
                    groups: vec![],
                    vars: Vars::new(),
                    place: Place::new("inventory.yaml", *line, 1),
                });
                inventory.hosts.len() - 1
            });
        inventory.hosts[found].vars.extend(vars(Some(own), line));
        for group in &path {
            if !inventory.hosts[found].groups.contains(group) {
                inventory.hosts[found].groups.push(group.clone());
            }
        }
    }
    for (child, below) in group
        .get("children")
        .and_then(|children| children.as_mapping())
        .into_iter()
        .flatten()
    {
        inventory.groups[at]
            .children
            .push(child.as_str().unwrap().into());
        walk(child.as_str().unwrap(), below, &path, line, inventory);
    }
}

fn inventory(text: &str) -> Inventory {
    let tree: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    let mut inventory = Inventory {
        file: "site/inventory.yaml".into(),
        hosts: vec![],
        groups: vec![],
        extra: Vars::new(),
        secrets: Secrets::default(),
    };
    walk("all", &tree["all"], &[], &mut 0, &mut inventory);
    inventory
}

fn derived(text: &str) -> std::result::Result<Vec<Cluster>, Vec<Error>> {
    derive(&inventory(text), &release)
}

/// The messages of a refused inventory.
fn refused(text: &str) -> String {
    let errors = derived(text).unwrap_err();
    let lines = errors.iter().map(|error| match error.way_out() {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

const PATTERN_1: &str = "
all:
  vars: {carbon_product: esb, carbon_version: 5.0.0, carbon_hostname: esb.example.com, java_home: /jdk, carbon_heap: '256m:512m'}
  children:
    manager: {vars: {carbon_heap: '512m:1g'}, hosts: {mgr: {ansible_host: 10.0.0.11}}}
    worker: {hosts: {wkr1: {ansible_host: 10.0.0.12}, wkr2: {ansible_host: 10.0.0.13, carbon_heap: '1g:1g'}}}
";

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
    let clusters = derived("
all:
  vars: {carbon_product: esb, carbon_version: 5.0.0, carbon_hostname: esb.example.com, java_home: /jdk}
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
").unwrap();
    insta::assert_snapshot!(table(&clusters), @r#"
all vm/m manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0-m wso2esb-m wso2 256m-1024m default mgt
all vm/a worker 10.0.0.11:4101 +1 /srv/a wso2esb-a wso2 64m-128m worker worker
all vm/b worker 10.0.0.11:4700 +2 /opt/wso2/wso2esb-5.0.0-b esb-b wso2 64m-128m worker worker
"#);
}
