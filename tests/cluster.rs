//! Inventories → clusters: roles, paths of variables, several clusters, several nodes a host, and
//! what is refused.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use wmprov::catalogue::{Catalogue, NotOffered, Release};
use wmprov::cluster::checks::{ALL, check};
use wmprov::cluster::{Cluster, View, derive, notes, variables};
use wmprov::inventory::{Inventory, LoadOptions};
use wmprov::yaml::{Error, Result, Secret};

/// A release of the built-in catalogue.
pub(crate) fn release(product: &str, version: &str) -> Result<Arc<Release>, NotOffered> {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE
        .get_or_init(|| Catalogue::load(&[]).unwrap())
        .find(product, version)
}

/// The inventory that `text` spells, read from a file in `folder`.
fn inventory(folder: &Path, text: &str) -> Inventory {
    let file = folder.join("inventory.yaml");
    std::fs::write(&file, text).unwrap();
    Inventory::load(&file, &LoadOptions::default()).unwrap()
}

fn derived(text: &str) -> std::result::Result<Vec<Cluster>, Vec<Error>> {
    let folder = tempfile::tempdir().unwrap();
    derive(&inventory(folder.path(), text), &release)
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
    // Second places name the file with its folder.
    let folder = errors.iter().find_map(|error| error.place()?.file.parent());
    match folder {
        Some(folder) => lines.replace(&format!("{}/", folder.display()), ""),
        None => lines,
    }
}

fn refused(text: &str) -> String {
    told(&derived(text).unwrap_err())
}

/// A whole cluster of pattern 1.
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
    assert!(clusters[0].pack.ends_with("wso2esb-5.0.0.zip"));
    assert_eq!(clusters[0].domain, "wso2.esb.domain");
    assert_eq!(clusters[0].listed_by(&clusters[0].nodes[0]).len(), 3);
}

/// Two managers and two workers, in the pattern of that number.
fn two_and_two(pattern: u8, more: &str) -> Vec<Cluster> {
    derived(&format!(
        r#"
all:
  vars: {{carbon_product: esb, carbon_version: "4.9.0", carbon_pattern: {pattern}, carbon_hostname: esb.example.com, java_home: /jdk{more}}}
  children:
    manager: {{hosts: {{m1: {{ansible_host: 10.0.0.1}}, m2: {{ansible_host: 10.0.0.2}}}}}}
    worker: {{hosts: {{w1: {{ansible_host: 10.0.0.3}}, w2: {{ansible_host: 10.0.0.4}}}}}}
"#
    ))
    .unwrap()
}

#[test]
fn without_a_password_the_packs_own_is_told() {
    insta::assert_snapshot!(notes(&two_and_two(3, "")[0]).join("\n"), @"cluster `all`: `carbon_admin_password` is not given: a first start makes the administrator with the password that the pack ships, and what only a login shows is not proved");
}

/// Who is what, in which domain, under which label, and whom it lists: one line a node.
fn matrix(cluster: &Cluster) -> String {
    let line = |node: &wmprov::cluster::Node| {
        let standing = match (node.is_worker(), node.active) {
            (true, _) => "worker",
            (false, true) => "active manager",
            (false, false) => "passive manager",
        };
        let lists: Vec<String> = cluster
            .listed_by(node)
            .iter()
            .map(ToString::to_string)
            .collect();
        let (name, domain, label) = (&node.name, &node.domain, &node.sub_domain);
        format!(
            "{name} | {standing} | {domain} | {label} | {}",
            lists.join(" ")
        )
    };
    let lines: Vec<String> = cluster.nodes.iter().map(line).collect();
    lines.join("\n")
}

/// Procedure 1.3, row by row; the order is that of a rollout.
#[test]
fn the_membership_matrix_is_derived_from_the_pattern() {
    let pattern_1 = derived(PATTERN_1).unwrap();
    insta::assert_snapshot!(matrix(&pattern_1[0]), @r#"
mgr | active manager | wso2.esb.domain | mgt | 10.0.0.11:4100 10.0.0.12:4100 10.0.0.13:4100
wkr1 | worker | wso2.esb.domain | worker | 10.0.0.11:4100 10.0.0.12:4100 10.0.0.13:4100
wkr2 | worker | wso2.esb.domain | worker | 10.0.0.11:4100 10.0.0.12:4100 10.0.0.13:4100
"#);
    insta::assert_snapshot!(matrix(&two_and_two(2, "")[0]), @r#"
m1 | active manager | wso2.esb.mgt.domain | mgt | 10.0.0.1:4100 10.0.0.2:4100
w1 | worker | wso2.esb.domain | worker | 10.0.0.3:4100 10.0.0.4:4100
w2 | worker | wso2.esb.domain | worker | 10.0.0.3:4100 10.0.0.4:4100
m2 | passive manager | wso2.esb.mgt.domain | mgt | 10.0.0.1:4100 10.0.0.2:4100
"#);
    insta::assert_snapshot!(matrix(&two_and_two(3, "")[0]), @r#"
m1 | active manager | wso2.esb.domain | mgt | 10.0.0.1:4100 10.0.0.2:4100 10.0.0.3:4100 10.0.0.4:4100
w1 | worker | wso2.esb.domain | worker | 10.0.0.1:4100 10.0.0.2:4100 10.0.0.3:4100 10.0.0.4:4100
w2 | worker | wso2.esb.domain | worker | 10.0.0.1:4100 10.0.0.2:4100 10.0.0.3:4100 10.0.0.4:4100
m2 | passive manager | wso2.esb.domain | mgt | 10.0.0.1:4100 10.0.0.2:4100 10.0.0.3:4100 10.0.0.4:4100
"#);
}

#[test]
fn the_active_manager_and_the_managers_domain_can_be_said() {
    let said = ", carbon_manager_active: m2, carbon_domain: bus, carbon_mgt_domain: bus-console";
    insta::assert_snapshot!(matrix(&two_and_two(2, said)[0]), @r#"
m2 | active manager | bus-console | mgt | 10.0.0.1:4100 10.0.0.2:4100
w1 | worker | bus | worker | 10.0.0.3:4100 10.0.0.4:4100
w2 | worker | bus | worker | 10.0.0.3:4100 10.0.0.4:4100
m1 | passive manager | bus-console | mgt | 10.0.0.1:4100 10.0.0.2:4100
"#);
    let derived = &two_and_two(2, ", carbon_domain: bus")[0];
    assert_eq!(derived.nodes[0].domain, "bus.mgt");
    let both = ", carbon_manager_active: [m1, m2], carbon_waive: {WM130: two sites}";
    let both = two_and_two(2, both);
    assert_eq!(both[0].managers(true).count(), 2);
    assert_eq!(check(&both, ALL).unwrap()[0].code, "WM130");
}

#[test]
fn pattern_2_says_that_its_workers_stay_stale_for_a_while() {
    let password = ", carbon_admin_password: vaulted";
    assert!(notes(&two_and_two(3, password)[0]).is_empty());
    insta::assert_snapshot!(notes(&two_and_two(2, password)[0]).join("\n"), @r#"cluster `all`: in pattern 2 no message crosses from the managers' domain to the workers'. Workers keep what they have cached of registry and users for up to 15 minutes after a change on the manager; `Cache/DefaultCacheTimeout` of carbon.xml (minutes, by `carbon_edits`) shortens it, and pattern 3's one domain does without"#);
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

/// Pattern 1 with a variable set at the cluster (in the place of its own, where it has one), and
/// one on the first worker.
fn with(cluster: &str, worker: &str) -> String {
    let name = cluster.split(':').next().unwrap();
    let own = PATTERN_1
        .find(&format!("{name}: "))
        .filter(|at| *at < 200 && !name.is_empty());
    let text = match own.map(|at| (at, PATTERN_1[at..].find([',', '}']).unwrap() + at)) {
        Some((from, to)) => format!("{}{cluster}{}", &PATTERN_1[..from], &PATTERN_1[to..]),
        None => PATTERN_1.replace("java_home: /jdk,", &format!("java_home: /jdk, {cluster},")),
    };
    text.replace("/jdk, ,", "/jdk,")
        .replace("10.0.0.12}", &format!("10.0.0.12, {worker}}}"))
}

#[test]
fn a_wrong_variable_is_told_with_its_near_miss_and_its_place() {
    let rows = [
        ("carbon_hostnam: x", ""),
        ("carbon_colour: blue", ""),
        ("", "carbon_offset: many"),
        ("", "carbon_offset: 70000"),
        ("", "carbon_offset: 57000"),
        ("carbon_version: 5.0", ""),
        ("carbon_pattern: one", ""),
        ("carbon_manager_active: mgr1", ""),
        ("carbon_mgt_domain: other", ""),
        ("carbon_artifact_sync: svn, carbon_sync_interval: 9", ""),
        ("carbon_svn_url: 'svn://svn/r'", ""),
        ("carbon_svn_server: apache", ""),
        ("carbon_artifact_sync: svn, carbon_svn_server: nginx", ""),
        ("carbon_artifact_sync: svn, carbon_svn_port: 0", ""),
        (
            "carbon_artifact_sync: svn, carbon_svn_url: 'svn://svn/r', carbon_svn_port: 81",
            "",
        ),
        (
            "carbon_artifact_sync: svn, carbon_svn_server: apache, carbon_svn_certificate: a.crt",
            "",
        ),
        (
            "carbon_artifact_sync: svn, carbon_svn_certificate: a.crt, carbon_svn_certificate_key: a.key",
            "",
        ),
        ("carbon_artifact_sync: ftp", ""),
        ("carbon_worker_ui: t3", ""),
        ("carbon_heap: 1024", ""),
        ("carbon_heap: 1é", ""),
        ("", r#"carbon_java_options: ["-Dx=1\nExecStartPre=id"]"#),
        ("carbon_hostname: 'https://esb'", ""),
        ("carbon_admin_password: 12345", ""),
        ("carbon_waive: {WM044: }", ""),
        ("", "carbon_domain: mine"),
        ("", "carbon_product: esb"),
        ("carbon_product: esbb", ""),
        ("carbon_product: bam", ""),
        ("carbon_tenants: [shop.example, ../shop]", ""),
    ];
    let mut said = String::new();
    for (cluster, worker) in rows {
        said.push_str(&format!(
            "{cluster}{worker}\n{}",
            refused(&with(cluster, worker))
        ));
    }
    insta::assert_snapshot!(said, @r#"
carbon_hostnam: x
inventory.yaml:3:107: there is no variable `carbon_hostnam`
  hint: did you mean `carbon_hostname`?
carbon_colour: blue
inventory.yaml:3:107: there is no variable `carbon_colour`
  hint: names of your own begin with anything but `carbon_`
carbon_offset: many
inventory.yaml:6:69: `carbon_offset`: expected a whole number, found a text
carbon_offset: 70000
inventory.yaml:6:69: `carbon_offset`: expected a number from 0 to 60000, found 70000
carbon_offset: 57000
inventory.yaml:6:69: offset 57000 moves port 9443 of node `wkr1` beyond 65535
carbon_version: 5.0
inventory.yaml:3:47: `carbon_version`: expected a version, found a number
  hint: put it in quotes: "5.0.0"
carbon_pattern: one
inventory.yaml:3:123: `carbon_pattern`: expected a whole number, found a text
carbon_manager_active: mgr1
inventory.yaml:3:130: `carbon_manager_active`: cluster `all` has no manager `mgr1`
  hint: did you mean `mgr`?
carbon_mgt_domain: other
inventory.yaml:3:126: `carbon_mgt_domain`: in pattern 1 managers and workers share one domain, `wso2.esb.domain`
  hint: take it out, or set `carbon_pattern: 2`
carbon_artifact_sync: svn, carbon_sync_interval: 9
inventory.yaml:3:156: `carbon_sync_interval` is set, and nothing is pushed
  hint: take it out, or set `carbon_artifact_sync: rsync`
carbon_svn_url: 'svn://svn/r'
inventory.yaml:3:123: `carbon_svn_url` is set, and there is no repository
  hint: take it out, or set `carbon_artifact_sync: svn`
carbon_svn_server: apache
inventory.yaml:3:126: `carbon_svn_server` is set, and there is no repository
  hint: take it out, or set `carbon_artifact_sync: svn`
carbon_artifact_sync: svn, carbon_svn_server: nginx
inventory.yaml:3:153: `carbon_svn_server`: expected one of svnserve, apache, found `nginx`
carbon_artifact_sync: svn, carbon_svn_port: 0
inventory.yaml:3:151: `carbon_svn_port`: expected a number from 1 to 65535, found 0
carbon_artifact_sync: svn, carbon_svn_url: 'svn://svn/r', carbon_svn_port: 81
inventory.yaml:3:182: `carbon_svn_port` is set, and the server of `carbon_svn_url` is not ours
  hint: take one of them out
carbon_artifact_sync: svn, carbon_svn_server: apache, carbon_svn_certificate: a.crt
inventory.yaml:3:185: `carbon_svn_certificate` wants `carbon_svn_certificate_key`
carbon_artifact_sync: svn, carbon_svn_certificate: a.crt, carbon_svn_certificate_key: a.key
inventory.yaml:3:158: `carbon_svn_certificate` is set, and svnserve speaks no TLS
  hint: take it out, or set `carbon_svn_server: apache`
carbon_artifact_sync: ftp
inventory.yaml:3:129: `carbon_artifact_sync`: expected one of none, svn, rsync, shared, found `ftp`
carbon_worker_ui: t3
inventory.yaml:3:125: `carbon_worker_ui`: expected one of auto, t1, t2, keep, found `t3`
carbon_heap: 1024
inventory.yaml:3:120: `carbon_heap`: expected a heap such as 256m:1024m, found a whole number
carbon_heap: 1é
inventory.yaml:3:120: `carbon_heap`: expected a heap such as 256m:1024m, found `1é`
carbon_java_options: ["-Dx=1\nExecStartPre=id"]
inventory.yaml:6:76: `carbon_java_options` has a line end or a control character in it
  hint: one option an item
carbon_hostname: 'https://esb'
inventory.yaml:3:73: `carbon_hostname`: expected a host name, found `https://esb`
  hint: letters, digits, points and hyphens; no port, no `https://`
carbon_admin_password: 12345
inventory.yaml:3:130: `carbon_admin_password`: expected a text, found a whole number
  hint: put it in quotes
carbon_waive: {WM044: }
inventory.yaml:3:127: `carbon_waive`: the waiver of `WM044` gives no reason
  hint: say why it holds here: it is printed at every run
carbon_domain: mine
inventory.yaml:6:54: `carbon_domain` holds for a whole cluster and cannot be set in host `wkr1`
  hint: set it at the cluster's group, the one that sets `carbon_product`, or above it
carbon_product: esb
inventory.yaml:6:70: `carbon_product` makes a group a cluster; it cannot be set for a host
  hint: set it in a group, or in `all` where the whole inventory is one cluster
carbon_product: esbb
inventory.yaml:3:26: the product `esbb` is not known
  hint: did you mean `esb`?
carbon_product: bam
inventory.yaml:3:26: managers and workers of `bam` 2.5.0 (Business Activity Monitor) cannot be separated: it has no concept of worker and manager; its analyzer nodes are clustered instead
  hint: cluster the analyzer nodes as the product's own clustering guide tells
carbon_tenants: [shop.example, ../shop]
inventory.yaml:3:138: `../shop` is no tenant's domain
  hint: such as `shop.example`
"#);
}

#[test]
fn a_template_in_a_variable_is_rendered_for_each_node() {
    let clusters = derived(&with(
        "base: /srv, carbon_home: '{{ base }}/{{ inventory_hostname }}'",
        "",
    ))
    .unwrap();
    let homes: Vec<_> = clusters[0]
        .nodes
        .iter()
        .map(|node| node.home.to_str().unwrap())
        .collect();
    assert_eq!(homes, ["/srv/mgr", "/srv/wkr1", "/srv/wkr2"]);
    let said = refused(&with("carbon_home: '{{ nowhere }}/x'", ""));
    assert_eq!(
        said,
        "inventory.yaml:3:120: `carbon_home`: `nowhere` is undefined\n"
    );
    // A version made by a template is no other version; edits are left to whoever knows the cluster.
    let text = with(
        "release: '5.0.0', carbon_edits: [{path: a, xml: [{set: b, to: '{{ node.name }}'}]}]",
        "",
    )
    .replace(
        "carbon_version: \"5.0.0\"",
        "carbon_version: '{{ release }}'",
    );
    assert!(check(&derived(&text).unwrap(), ALL).unwrap().is_empty());
}

#[test]
fn what_must_be_set_is_asked_for_at_the_cluster() {
    let said = [
        "carbon_version: \"5.0.0\", ",
        "carbon_hostname: esb.example.com, ",
        "java_home: /jdk, ",
    ]
    .map(|setting| refused(&PATTERN_1.replace(setting, "")))
    .join("");
    insta::assert_snapshot!(said, @r#"
inventory.yaml:3:26: cluster `all` has no `carbon_version`
  hint: give the version, quoted: `carbon_version: "5.0.0"`
inventory.yaml:3:26: cluster `all` has no `carbon_hostname`
  hint: set the name that clients use for the workers, such as esb.example.com
inventory.yaml:5:55: node `mgr` has no `java_home`
  hint: set it to the JDK on the host, such as /usr/lib/jvm/java-8-openjdk-amd64, or `java_pack` to a JDK's tar.gz on this machine
inventory.yaml:6:22: node `wkr1` has no `java_home`
  hint: set it to the JDK on the host, such as /usr/lib/jvm/java-8-openjdk-amd64, or `java_pack` to a JDK's tar.gz on this machine
inventory.yaml:6:55: node `wkr2` has no `java_home`
  hint: set it to the JDK on the host, such as /usr/lib/jvm/java-8-openjdk-amd64, or `java_pack` to a JDK's tar.gz on this machine
"#);
}

#[test]
fn an_inventory_without_a_product_has_no_cluster() {
    assert!(derived("{all: {hosts: {a: {x: 1}}}}").unwrap().is_empty());
    let said = refused("{all: {hosts: {a: {carbon_home: /x}}, vars: {carbon_heap: 1g}}}");
    insta::assert_snapshot!(said, @r#"
inventory.yaml:1:46: `carbon_heap` in group `all` is used by nothing
  hint: no node of a cluster is in that group; a cluster is a group that sets `carbon_product`
inventory.yaml:1:20: `carbon_home` in host `a` is used by nothing
  hint: the host is in no role group of a cluster
"#);
}

#[test]
fn a_variable_that_reaches_no_node_is_told() {
    let said = refused(&PATTERN_1.replace(
        "    manager:",
        "    spare: {vars: {carbon_heap: 1g}, hosts: {s: {carbon_user: x}}}\n    manager:",
    ));
    insta::assert_snapshot!(said, @r#"
inventory.yaml:5:20: `carbon_heap` in group `spare` is used by nothing
  hint: no node of a cluster is in that group; a cluster is a group that sets `carbon_product`
inventory.yaml:5:50: `carbon_user` in host `s` is used by nothing
  hint: the host is in no role group of a cluster
"#);
}

/// Two clusters on the same three hosts, in other roles each.
const SHARED: &str = r#"
all:
  vars: {java_home: /jdk, carbon_user: shared}
  children:
    bus:
      vars: {carbon_product: esb, carbon_version: "4.9.0", carbon_hostname: esb.example.com, carbon_user: bus}
      children:
        bus_manager: {vars: {carbon_heap: '1g:1g'}, hosts: {a: {ansible_host: 10.0.0.1}}}
        bus_worker: {hosts: {b: {ansible_host: 10.0.0.2}, c: {ansible_host: 10.0.0.3}}}
    app:
      vars: {carbon_product: as, carbon_version: "5.3.0", carbon_hostname: as.example.com, carbon_offset: 10}
      children:
        app_manager: {hosts: {b: }}
        app_worker: {vars: {carbon_heap: '2g:2g'}, hosts: {a: , c: {carbon_unit: x}}}
    rack: {vars: {carbon_group: rack}, hosts: {c: }}
"#;

#[test]
fn a_node_reads_its_own_clusters_path() {
    let clusters = derived(SHARED).unwrap();
    insta::assert_snapshot!(table(&clusters), @r#"
bus a manager 10.0.0.1:4100 +0 /opt/wso2/wso2esb-4.9.0 wso2esb bus 1g-1g default mgt
bus b worker 10.0.0.2:4100 +0 /opt/wso2/wso2esb-4.9.0 wso2esb bus 256m-1024m worker worker
bus c worker 10.0.0.3:4100 +0 /opt/wso2/wso2esb-4.9.0 x bus 256m-1024m worker worker
app b manager 10.0.0.2:4010 +10 /opt/wso2/wso2as-5.3.0 wso2as shared 256m-1024m default mgt
app a worker 10.0.0.1:4010 +10 /opt/wso2/wso2as-5.3.0 wso2as shared 2g-2g worker worker
app c worker 10.0.0.3:4010 +10 /opt/wso2/wso2as-5.3.0 x shared 2g-2g worker worker
"#);
    assert_eq!(clusters[0].nodes[2].group, "rack");
    assert_eq!(clusters[0].nodes[0].group, "bus");
}

#[test]
fn role_groups_of_several_clusters_carry_the_clusters_name() {
    let said = [
        SHARED.replace("bus_worker:", "worker:"),
        SHARED.replace("app_worker:", "bus_worker:"),
        SHARED.replace("app_worker:", "app_workers:"),
        SHARED.replace(
            "    rack:",
            "    app_load_balancer: {hosts: {a: }}\n    rack:",
        ),
        SHARED.replace(
            "{java_home: /jdk,",
            "{java_home: /jdk, carbon_product: esb,",
        ),
        PATTERN_1.replace("    worker:", "    workers:"),
        PATTERN_1.replace("    worker:", "    database: {hosts: {db: }}\n    worker:"),
    ]
    .map(|text| refused(&text))
    .join("\n");
    insta::assert_snapshot!(said, @r#"
inventory.yaml:9:9: role group `worker` does not say that it is cluster `bus`'s
  hint: with several clusters in one inventory it is named `bus_worker`

inventory.yaml:9:9: role group `bus_worker` is under two clusters, `bus` and `app`
  hint: a name is one group wherever it stands; give each cluster its own, `bus_worker` and `app_worker`

inventory.yaml:14:9: group `app_workers` is no role of cluster `app`
  hint: did you mean `app_worker`?

inventory.yaml:15:5: role group `app_load_balancer` is not under cluster `app`
  hint: name it under `children` of `app` (inventory.yaml:10:5)

inventory.yaml:6:30: cluster `bus` stands inside cluster `all` (inventory.yaml:3:43)
  hint: set `carbon_product` in one of them; what they share may stay in the group above
inventory.yaml:11:30: cluster `app` stands inside cluster `all` (inventory.yaml:3:43)
  hint: set `carbon_product` in one of them; what they share may stay in the group above

inventory.yaml:6:5: group `workers` is no role of cluster `all`
  hint: did you mean `worker`?

inventory.yaml:6:5: role group `database` asks for a database, which is not supported yet
  hint: set the database up by other means and take the group out of the cluster
"#);
}

#[test]
fn an_entry_of_carbon_nodes_is_a_node_of_one_role_and_cluster() {
    let nodes = |entries: &str| with("", &format!("carbon_nodes: [{entries}]"));
    let said = [
        nodes(""),
        nodes("{offset: 1}"),
        nodes("{name: a, ofset: 1}"),
        nodes("{name: a, pattern: 1}"),
        nodes("{name: a, offset: x}"),
        nodes("{name: a, role: manager}"),
        nodes("{name: a, role: boss}"),
        nodes("{name: a, cluster: other}"),
        SHARED.replace(
            "a: {ansible_host: 10.0.0.1}",
            "a: {ansible_host: 10.0.0.1, carbon_nodes: [{name: x}]}",
        ),
        SHARED.replace(
            "a: {ansible_host: 10.0.0.1}",
            "a: {ansible_host: 10.0.0.1, carbon_nodes: [{name: x, cluster: bus}]}",
        ),
    ]
    .map(|text| refused(&text))
    .join("\n");
    insta::assert_snapshot!(said, @r#"
inventory.yaml:6:68: `carbon_nodes` has no entry
  hint: leave it out where the host runs one node

inventory.yaml:6:69: an entry of `carbon_nodes` has no `name`

inventory.yaml:6:79: an entry of `carbon_nodes` has no key `ofset`
  hint: did you mean `offset`?

inventory.yaml:6:79: an entry of `carbon_nodes` has no key `pattern`
  hint: it takes `name`, `role`, `cluster` and a node's variables without `carbon_`

inventory.yaml:6:87: `offset`: expected a whole number, found a text

inventory.yaml:6:85: entry `a` is a manager, but host `wkr1` is not in that role's group
  hint: a host stands in the group of each role that its nodes have

inventory.yaml:6:85: `role`: expected one of manager, worker, found `boss`

inventory.yaml:6:88: host `wkr1` serves no cluster `other`

inventory.yaml:8:105: host `a` serves several clusters and entry `x` does not say which is its own
  hint: add `cluster: bus` or another of them

inventory.yaml:8:103: host `a` is a worker of cluster `app`, but no entry of its `carbon_nodes` is
  hint: add an entry with `role: worker`, or take the host out of that role's group
"#);
    let both = SHARED.replace("a: {ansible_host: 10.0.0.1}", "a: {ansible_host: 10.0.0.1, carbon_nodes: [{name: x, cluster: bus, heap: 3g}, {name: y, cluster: app}]}");
    let names: Vec<_> = derived(&both)
        .unwrap()
        .iter()
        .map(|cluster| {
            cluster
                .nodes
                .iter()
                .map(|node| format!("{} {}", node.name, node.heap.1))
                .collect::<Vec<_>>()
                .join(", ")
        })
        .collect();
    assert_eq!(names, ["a/x 3g, b 1024m, c 1024m", "b 1024m, a/y 2g, c 2g"]);
}

#[test]
fn a_waiver_is_a_known_code_with_a_reason_and_is_given_back() {
    let waived = |what: &str| {
        let text = with(
            &format!("carbon_heartbeat: 600, carbon_waive: {{{what}}}"),
            "",
        );
        check(&derived(&text).unwrap(), ALL)
    };
    let given = waived("WM044: links are never cut").unwrap();
    assert_eq!(given.len(), 1);
    assert_eq!(
        (given[0].code, given[0].reason.as_str()),
        ("WM044", "links are never cut")
    );
    assert_eq!(
        given[0].message,
        "cluster `all` notices a dead node after 600 seconds only"
    );
    // One waiver is told once, whatever it covers: here every node.
    let text = with("carbon_user: root, carbon_waive: {WM117: a lab}", "");
    let given = check(&derived(&text).unwrap(), ALL);
    let given: Vec<String> = given.unwrap().into_iter().map(|one| one.message).collect();
    assert_eq!(
        given,
        ["node `mgr` would run as root, and 2 more of the kind"]
    );
    let said = ["WM062: x", "WM44: x", "WM004: x, WM044: y"]
        .map(|what| told(&waived(what).unwrap_err()))
        .join("\n");
    insta::assert_snapshot!(said, @r#"
inventory.yaml:3:125: WM044 cluster `all` notices a dead node after 600 seconds only
  hint: leave `carbon_heartbeat` out (60 seconds), or set it to at most 300

inventory.yaml:3:145: there is no check `WM44`
  hint: did you mean `WM044`?
inventory.yaml:3:125: WM044 cluster `all` notices a dead node after 600 seconds only
  hint: leave `carbon_heartbeat` out (60 seconds), or set it to at most 300

inventory.yaml:3:145: `WM004` cannot be waived: two nodes claim one address
  hint: give each host its own `carbon_address`, and each node on a host its own `carbon_member_port`
"#);
}

#[test]
fn templates_see_the_cluster_and_the_node() {
    let clusters = derived(PATTERN_1).unwrap();
    let view = View::of(&clusters[0], &clusters[0].nodes[1]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&view).unwrap(), @r#"
{
  "cluster": {
    "name": "all",
    "product": "esb",
    "version": "5.0.0",
    "kernel": "4.4.8",
    "component": null,
    "gateway": null,
    "pattern": 1,
    "domain": "wso2.esb.domain",
    "hostname": "esb.example.com",
    "mgt_hostname": null,
    "heartbeat": 60,
    "front": null,
    "members": [
      {
        "address": "10.0.0.11",
        "port": 4100
      },
      {
        "address": "10.0.0.12",
        "port": 4100
      },
      {
        "address": "10.0.0.13",
        "port": 4100
      }
    ],
    "managers": [
      "mgr"
    ],
    "workers": [
      "wkr1",
      "wkr2"
    ]
  },
  "node": {
    "name": "wkr1",
    "host": "wkr1",
    "role": "worker",
    "worker": true,
    "active": false,
    "home": "/opt/wso2/wso2esb-5.0.0",
    "unit": "wso2esb",
    "user": "wso2",
    "group": "wso2",
    "java_home": "/jdk",
    "profile": "worker",
    "sub_domain": "worker",
    "offset": 0,
    "ports": {
      "http": 9763,
      "https": 9443,
      "pass_through_http": 8280,
      "pass_through_https": 8243,
      "rmi_registry": 9999,
      "rmi_server": 11111
    },
    "proxy": null,
    "member": {
      "address": "10.0.0.12",
      "port": 4100
    },
    "heap": {
      "min": "256m",
      "max": "512m"
    },
    "java_options": [],
    "share": null,
    "sync": null,
    "hands_password": false,
    "start_timeout": 300,
    "stop_timeout": 60
  }
}
"#);
}

#[test]
fn a_wrong_database_is_told_with_what_is_known() {
    let url = "url: 'jdbc:mysql://db/R'";
    let rows = [
        format!("regsitry: {{{url}, user: r, password: pw12}}"),
        format!("registry: {{{url}, usr: r, password: pw12}}"),
        format!("registry: {{{url}, user: r}}"),
        "registry: {url: 'mysql://db/R', user: r, password: pw12}".to_owned(),
        "registry: {url: 'jdbc:mysql://db/R?password=pw12', user: r, password: pw12}".to_owned(),
        format!("registry: {{{url}, user: r, password: 1234}}"),
        format!("users: {{{url}, user: r, password: pw12}}"),
        format!(
            "registry: {{{url}, user: r, password: pw12}}, apis: {{{url}, user: r, password: pw12}}"
        ),
    ];
    let mut said = String::new();
    for row in rows {
        said.push_str(&refused(&with(&format!("carbon_databases: {{{row}}}"), "")));
    }
    said.push_str(&refused(&with(
        "carbon_registry_target: /_system/config/x",
        "",
    )));
    said.push_str(&refused(&with("carbon_registry_target: config", "")));
    insta::assert_snapshot!(said, @r#"
inventory.yaml:3:126: `carbon_databases`: there is no database `regsitry`
  hint: did you mean `registry`?
inventory.yaml:3:163: `carbon_databases`: there is no key of a database `usr`
  hint: did you mean `user`?
inventory.yaml:3:136: `carbon_databases`: a database needs `password`
inventory.yaml:3:142: `carbon_databases`: expected a JDBC URL, found `mysql://db/R`
  hint: it begins with one of `jdbc:mysql:`, `jdbc:mariadb:`, `jdbc:postgresql:`, `jdbc:oracle:`, `jdbc:sqlserver:`
inventory.yaml:3:142: `carbon_databases`: the URL holds a password
  hint: give it as `password`, vaulted: the URL stands in files and messages
inventory.yaml:3:182: `carbon_databases`: expected a text, found a whole number
  hint: put it in quotes
inventory.yaml:3:125: no database `registry` is given
  hint: nodes that share anything share the registry; users stand in the same database where `users` is not given
inventory.yaml:3:189: Enterprise Service Bus has no database `apis`
  hint: take it out: it holds API Manager's APIs and keys
inventory.yaml:3:131: `carbon_registry_target` is used by nothing, for there are no `carbon_databases`
inventory.yaml:3:131: `carbon_registry_target`: expected a path of the registry, found `config`
  hint: such as /_system/config/esb
"#);
}

#[test]
fn a_databases_password_never_shows() {
    let databases =
        "carbon_databases: {registry: {url: 'jdbc:mysql://db/R', user: r, password: 'hunter&22'}}";
    let clusters = derived(&with(databases, "")).unwrap();
    assert!(!format!("{clusters:?}").contains("hunter"));
    assert_eq!(
        clusters[0].secrets().mask("hunter&22 hunter&amp;22"),
        "*** ***"
    );
    let registry = clusters[0].databases.get("registry").unwrap();
    assert_eq!(registry.password.reveal(), "hunter&22");
}

#[test]
fn a_password_never_shows() {
    let clusters = derived(&with("carbon_admin_password: hunter22", "")).unwrap();
    assert!(!format!("{clusters:?}").contains("hunter22"));
    assert!(clusters[0].secrets().appear_in("say hunter22"));
    assert_eq!(
        clusters[0].admin.password.as_ref().unwrap().reveal(),
        "hunter22"
    );
}

/// A Gateway and a Store of API Manager, each with variables of its own; `second` is one more Gateway.
fn parts(gateway: &str, store: &str, second: bool) -> String {
    let part = |name: &str, net: usize, vars: &str| {
        format!(
            "    {name}:
      vars: {{carbon_product: am, carbon_version: \"1.10.0\", carbon_hostname: {name}.example.com, \
             carbon_key_manager: \"km:9443\"{vars}}}
      children:
        {name}_manager: {{hosts: {{{name}m: {{ansible_host: 10.0.{net}.11}}}}}}
        {name}_worker: {{hosts: {{{name}wa: {{ansible_host: 10.0.{net}.21}}, {name}wb: {{ansible_host: 10.0.{net}.22}}}}}}
"
        )
    };
    let mut text = "all:\n  vars: {java_home: /jdk}\n  children:\n".to_owned();
    text.push_str(&part("gw", 0, gateway));
    if second {
        text.push_str(&part("gw2", 2, ", carbon_domain: two.domain"));
    }
    text.push_str(&part("st", 1, &format!(", carbon_component: store{store}")));
    text
}

#[test]
fn a_part_of_a_product_publishes_to_the_gateway_of_its_inventory() {
    let rows = [
        ("", false, Some("10.0.0.11:9443")),
        (", carbon_gateway: gw2", true, Some("10.0.2.11:9443")),
    ];
    for (vars, second, manager) in rows {
        let clusters = derived(&parts(", carbon_offset: 0", vars, second)).unwrap();
        let store = clusters
            .iter()
            .find(|cluster| cluster.name == "st")
            .unwrap();
        let gateway = store.gateway.as_ref();
        assert_eq!(gateway.map(|gateway| gateway.manager.as_str()), manager);
        assert_eq!(store.nodes[0].profile, "api-store");
        assert!(clusters[0].gateway.is_none(), "a gateway publishes to none");
    }
    // Alone it is told to publish to itself.
    let alone = PATTERN_1
        .replace(
            "carbon_product: esb",
            "carbon_product: am, carbon_component: publisher, carbon_key_manager: \"km:1\"",
        )
        .replace("5.0.0", "1.10.0");
    let clusters = derived(&alone).unwrap();
    let notes = wmprov::cluster::notes(&clusters[0]).join("\n");
    assert!(notes.contains("publishes to itself"), "{notes}");
}

#[test]
fn a_wrong_word_about_parts_is_told() {
    let esb =
        |vars: &str| PATTERN_1.replace("java_home: /jdk", &format!("java_home: /jdk, {vars}"));
    let rows = [
        (
            parts("", "", true),
            "cluster `st` may publish to `gw` or `gw2`",
        ),
        (
            parts("", ", carbon_gateway: gw3", true),
            "`gw3` is no cluster of a gateway in this inventory",
        ),
        (
            parts(", carbon_gateway: gw", "", false),
            "cluster `gw` publishes to no gateway",
        ),
        (
            esb("carbon_gateway: all"),
            "cluster `all` publishes to no gateway",
        ),
        (
            esb("carbon_component: store"),
            "esb 5.0.0 has no components",
        ),
        (
            esb("carbon_key_manager: \"km:9443\""),
            "esb 5.0.0 asks no Key Manager",
        ),
        (
            parts("", "", false).replace("component: store", "component: stor"),
            "`stor` is no component of am 1.10.0",
        ),
        (
            parts("", "", false).replace("km:9443", "https://km"),
            "expected a host and its port, found `https://km`",
        ),
    ];
    for (text, said) in rows {
        let told = refused(&text);
        assert!(told.contains(said) && told.contains("hint: "), "{told}");
    }
}

/// An example in a folder with what its reader has to bring: a client's jar, and a vaulted password.
pub(crate) struct Brought {
    pub(crate) file: std::path::PathBuf,
    pub(crate) options: LoadOptions,
    _folder: tempfile::TempDir,
}

impl Brought {
    pub(crate) fn beside(example: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(example.file_name().unwrap());
        std::fs::copy(example, &file).unwrap();
        std::fs::create_dir(folder.path().join("packs")).unwrap();
        let jar = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/cases/checks/WM010-auto-commit/svnkit-all-1.8.7.wso2v1.jar");
        std::fs::copy(jar, folder.path().join("packs/svnkit-all-1.8.7.wso2v1.jar")).unwrap();
        let mut options = LoadOptions::default();
        options.vault.add(Secret::new("open sesame"));
        let vaults = folder.path().join("group_vars/all");
        std::fs::create_dir_all(&vaults).unwrap();
        let sealed = options
            .vault
            .seal("vault_svn_password: kept-away\n")
            .unwrap();
        std::fs::write(vaults.join("vault.yaml"), sealed).unwrap();
        Self {
            file,
            options,
            _folder: folder,
        }
    }
}

#[test]
fn the_example_inventories_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("inventories");
    let mut said = String::new();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "yaml"))
    {
        let lines = std::fs::read_to_string(file).unwrap().lines().count();
        assert!(lines <= 45, "{} is longer than a screen", file.display());
        let brought = Brought::beside(file);
        let inventory = Inventory::load(&brought.file, &brought.options).unwrap();
        let clusters = derive(&inventory, &release).unwrap();
        assert!(
            check(&clusters, ALL).unwrap().is_empty(),
            "{}",
            file.display()
        );
        said.push_str(&format!(
            "{}\n{}\n",
            file.file_name().unwrap().display(),
            table(&clusters)
        ));
    }
    insta::assert_snapshot!(said, @r#"
am.yaml
gateway gwm1 manager 10.0.0.11:4000 +0 /opt/wso2/wso2am-1.10.0 wso2am wso2 256m-1024m gateway-manager mgt
gateway gw1 worker 10.0.0.21:4000 +0 /opt/wso2/wso2am-1.10.0 wso2am wso2 256m-1024m gateway-worker worker
gateway gw2 worker 10.0.0.22:4000 +0 /opt/wso2/wso2am-1.10.0 wso2am wso2 256m-1024m gateway-worker worker
publisher pubm1 manager 10.0.0.31:4000 +0 /opt/wso2/wso2am-1.10.0 wso2am wso2 256m-1024m api-publisher mgt
publisher pub1 worker 10.0.0.41:4000 +0 /opt/wso2/wso2am-1.10.0 wso2am wso2 256m-1024m api-publisher worker
publisher pub2 worker 10.0.0.42:4000 +0 /opt/wso2/wso2am-1.10.0 wso2am wso2 256m-1024m api-publisher worker
as.yaml
all mgr1 manager 10.0.0.11:4000 +0 /opt/wso2/wso2as-5.3.0 wso2as wso2 256m-1024m default mgt
all wkr1 worker 10.0.0.21:4000 +0 /opt/wso2/wso2as-5.3.0 wso2as wso2 1g-4g worker worker
all wkr2 worker 10.0.0.22:4000 +0 /opt/wso2/wso2as-5.3.0 wso2as wso2 1g-4g worker worker
bps.yaml
all mgr1 manager 10.0.0.11:4000 +0 /opt/wso2/wso2bps-3.6.0 wso2bps wso2 256m-1024m default mgt
all wkr1 worker 10.0.0.21:4000 +0 /opt/wso2/wso2bps-3.6.0 wso2bps wso2 256m-1024m worker worker
all wkr2 worker 10.0.0.22:4000 +0 /opt/wso2/wso2bps-3.6.0 wso2bps wso2 256m-1024m worker worker
brs.yaml
all mgr1 manager 10.0.0.11:4000 +0 /opt/wso2/wso2brs-2.1.0 wso2brs wso2 256m-1024m default mgt
all wkr1 worker 10.0.0.21:4000 +0 /opt/wso2/wso2brs-2.1.0 wso2brs wso2 256m-1024m worker worker
all wkr2 worker 10.0.0.22:4000 +0 /opt/wso2/wso2brs-2.1.0 wso2brs wso2 256m-1024m worker worker
dss.yaml
all mgr1 manager 10.0.0.11:4000 +0 /opt/wso2/wso2dss-3.5.1 wso2dss wso2 256m-1024m default mgt
all wkr1 worker 10.0.0.21:4000 +0 /opt/wso2/wso2dss-3.5.1 wso2dss wso2 256m-1024m worker worker
all wkr2 worker 10.0.0.22:4000 +0 /opt/wso2/wso2dss-3.5.1 wso2dss wso2 256m-1024m worker worker
all wkr3 worker 10.0.0.23:4000 +0 /opt/wso2/wso2dss-3.5.1 wso2dss wso2 256m-1024m worker worker
new-version.yaml
bus mgr1 manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-4.9.0 wso2esb wso2 256m-1024m default mgt
bus wkr1 worker 10.0.0.12:4100 +0 /opt/wso2/wso2esb-4.9.0 wso2esb wso2 256m-1024m worker worker
bus wkr2 worker 10.0.0.13:4100 +0 /opt/wso2/wso2esb-4.9.0 wso2esb wso2 256m-1024m worker worker
next mgr2 manager 10.0.0.21:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m default mgt
next wkr3 worker 10.0.0.22:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
next wkr4 worker 10.0.0.23:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
one-host.yaml
all vm/manager manager 192.168.56.10:4100 +0 /opt/wso2/wso2esb-5.0.0-manager wso2esb-manager wso2 256m-1024m default mgt
all vm/a worker 192.168.56.10:4101 +1 /opt/wso2/wso2esb-5.0.0-a wso2esb-a wso2 256m-1024m worker worker
all vm/b worker 192.168.56.10:4102 +2 /opt/wso2/wso2esb-5.0.0-b wso2esb-b wso2 128m-512m worker worker
pattern-1.yaml
all mgr1 manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m default mgt
all wkr1 worker 10.0.0.21:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 512m-2g worker worker
all wkr2 worker 10.0.0.22:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 512m-2g worker worker
all wkr3 worker 10.0.0.23:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 512m-2g worker worker
pattern-2.yaml
all mgr1 manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m default mgt
all wkr1 worker 10.0.0.21:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
all wkr2 worker 10.0.0.22:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
all mgr2 manager 10.0.0.12:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m default mgt
pattern-3.yaml
all mgr1 manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 512m-2g default mgt
all wkr1 worker 10.0.0.21:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
all wkr2 worker 10.0.0.22:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
all mgr2 manager 10.0.0.12:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 512m-2g default mgt
svn.yaml
all mgr1 manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m default mgt
all wkr1 worker 10.0.0.21:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
all wkr2 worker 10.0.0.22:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
all mgr2 manager 10.0.0.12:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m default mgt
ts.yaml
tasks tsm1 manager 10.0.0.11:4000 +0 /opt/wso2/wso2ts-1.1.0 wso2ts wso2 256m-1024m default mgt
tasks ts1 worker 10.0.0.21:4000 +0 /opt/wso2/wso2ts-1.1.0 wso2ts wso2 256m-1024m worker worker
tasks ts2 worker 10.0.0.22:4000 +0 /opt/wso2/wso2ts-1.1.0 wso2ts wso2 256m-1024m worker worker
data dsm1 manager 10.0.0.31:4000 +0 /opt/wso2/wso2dss-3.5.1 wso2dss wso2 256m-1024m default mgt
data ds1 worker 10.0.0.41:4000 +0 /opt/wso2/wso2dss-3.5.1 wso2dss wso2 256m-1024m worker worker
data ds2 worker 10.0.0.42:4000 +0 /opt/wso2/wso2dss-3.5.1 wso2dss wso2 256m-1024m worker worker
two-clusters.yaml
bus h1 manager 10.0.0.11:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m default mgt
bus h2 worker 10.0.0.12:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
bus h3 worker 10.0.0.13:4100 +0 /opt/wso2/wso2esb-5.0.0 wso2esb wso2 256m-1024m worker worker
app h3 manager 10.0.0.13:4010 +10 /opt/wso2/wso2as-5.3.0 wso2as wso2 256m-1024m default mgt
app h1 worker 10.0.0.11:4010 +10 /opt/wso2/wso2as-5.3.0 wso2as wso2 256m-1024m worker worker
app h2 worker 10.0.0.12:4010 +10 /opt/wso2/wso2as-5.3.0 wso2as wso2 256m-1024m worker worker
"#);
}

#[test]
fn the_reference_page_holds_the_table_of_variables() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/inventory.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let end = page.find("-->").unwrap() + "-->".len();
    let wanted = format!("{}\n\n{}\n", &page[..end], variables::markdown().trim_end());
    if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    } else {
        assert!(
            page == wanted,
            "docs/inventory.md is old; write it again with WMPROV_WRITE_DOCS=1"
        );
    }
}
