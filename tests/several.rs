//! Two clusters in one inventory, on the same hosts: each host runs a node of both, one balancer stands before
//! both, folders are laid over some nodes' Homes and not over others', and a patch comes and goes. One takes over from the other,
//! and the clusters are taken away one after the other.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::browser::looks_right;
use crate::hosts::{Lab, lab_pack, root};
use crate::versions::{HOSTS, changed, serves_files};

const BUS: &str = "/opt/wso2/wso2esb-5.0.0";
/// The bundle that a patch replaces.
const BUNDLE: &str = "org.wso2.carbon.sequences_4.4.10.jar";
const DATA: &str = "/opt/wso2/wso2dss-3.5.1";

#[test]
fn two_clusters_at_once() {
    let Some(lab) = Lab::up("wmsev", &[&HOSTS[..], &["lb1"]].concat()) else {
        return;
    };
    come_up_and_change(&lab);
}

fn come_up_and_change(lab: &Lab) {
    lab_pack(lab, "esb", "5.0.0");
    lab_pack(lab, "dss", "3.5.1");
    crate::svn::client(lab);
    for host in HOSTS {
        // Carbon looks for artifacts every 15 s; here it may be sooner.
        lab.on(host, "echo scan.interval=1000 > /etc/labpack.properties");
    }
    a_patch(lab);
    write_inventory(lab, "        carbon_patches: [files/patch.zip]\n");
    let laid = |name: &str, text: &str| {
        let file = lab.site.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    laid("files/bus/repository/conf/site.properties", "who=bus\n");
    laid(
        "files/workers/repository/conf/site.properties",
        "who=worker\n",
    );
    laid(
        "files/wkr2/repository/conf/second.properties",
        "only=here\n",
    );

    a_keystore(lab);
    let first = reported(lab);
    let proofs = |role: &str| {
        let nodes = first["nodes"].as_array().unwrap().iter();
        let of_role = nodes.filter(|node| node["role"] == role);
        let proofs = of_role.map(|node| node["proof"][0].as_str().unwrap());
        proofs.collect::<Vec<_>>()
    };
    assert_eq!(proofs("manager"), ["13 of 13 signs"; 2], "{first}");
    assert_eq!(proofs("worker"), ["13 of 13 signs"; 4], "{first}");
    // The lab pack begins no session and serves no WSDL, and nobody here knows clients' names.
    assert_eq!(proofs("balancer"), ["6 of 9 signs", "stands by"], "{first}");
    again_nothing(lab);
    assert!(is_patched(lab));
    each_is_its_own(lab);
    overlays_lie_where_they_should(lab, "who=worker");

    another_password_is_told_of(lab);
    let before = starts(lab);
    laid(
        "files/workers/repository/conf/site.properties",
        "who=other\n",
    );
    // A file of an overlay is shown line by line.
    let plan = lab.run(&["plan", "--limit", "wkr2"]);
    for line in ["-who=worker", "+who=other"] {
        assert!(plan.all().contains(line), "{line}: {}", plan.all());
    }
    let page = lab.site.join("drift.html");
    let drift = lab.run(&["drift", "--format", &format!("html={}", page.display())]);
    assert_eq!(drift.status, Some(3), "{}", drift.all());
    looks_right(&page);
    only_workers_of_the_bus_change(lab);
    overlays_lie_where_they_should(lab, "who=other");
    let after = starts(lab);
    for ((name, then), (_, now)) in before.iter().zip(&after) {
        let bus_worker = name.ends_with(BUS) && !name.starts_with("mgr1");
        assert_eq!(then != now, bus_worker, "{name}: {before:?} {after:?}");
    }
    again_nothing(lab);

    write_inventory(lab, "");
    lab.applied();
    assert!(!is_patched(lab), "what the launcher kept is not laid back");
    again_nothing(lab);
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(0), "{}", drift.all());
    the_other_takes_over(lab);
    the_old_one_is_taken_away(lab);
    the_last_one_goes(lab);
}

/// The two clusters change places at the balancer: not before the new one is proved there, no node is restarted, and no
/// client is left without an answer.
fn the_other_takes_over(lab: &Lab) {
    const CONFIG: &str = "/etc/nginx/conf.d/wmprov-data.conf";
    let swap = || {
        let text = std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
        let turned = text
            .replace("carbon_traffic: live", "carbon_traffic: turned")
            .replace("carbon_traffic: standby", "carbon_traffic: live")
            .replace("carbon_traffic: turned", "carbon_traffic: standby");
        lab.write("inventory.yaml", &turned);
    };
    lab.on("lb1", &format!("sed -i 's/; # / down; # /' {CONFIG}"));
    swap();
    let refused = lab.run(&["apply"]);
    assert_eq!(refused.status, Some(1), "{}", refused.all());
    assert!(refused.all().contains("WM173"), "{}", refused.all());
    swap();
    lab.applied();
    let down = format!("grep -c ' down; # ' {CONFIG} || true");
    assert_eq!(lab.on("lb1", &down).trim(), "0");

    let before = starts(lab);
    let client = root().join("tests/balancer/client.py");
    lab.put("mgr1", &client, "/root/client.py");
    keep_asking(lab);
    swap();
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.failure());
    let turned = lab.applied();
    // Of one cluster and then of the other.
    assert_eq!(answers(lab).len(), 2);
    for host in HOSTS {
        assert_eq!(turned["hosts"][host]["changed"], 0, "{turned}");
    }
    assert_eq!(before, starts(lab));
    again_nothing(lab);
}

/// Has a host ask the balancer for a service of the live cluster, again and again, until [`answers`] are wanted.
fn keep_asking(lab: &Lab) {
    let asked = format!(
        "/root/client.py ask {} http://bus.example.com/services/Version",
        lab.address("lb1")
    );
    lab.on("mgr1", &format!("rm -f /root/stop; (while [ ! -e /root/stop ]; do python3 {asked} || echo failed; done) > /root/answers 2>&1 < /dev/null &"));
}

/// Each answer, as often as it came in a row; all are good ones.
fn answers(lab: &Lab) -> Vec<String> {
    lab.on("mgr1", "sleep 1; touch /root/stop");
    let answers = lab.on("mgr1", "uniq -c /root/answers");
    let answers: Vec<String> = answers.lines().map(str::to_owned).collect();
    let good = |line: &String| line.contains(" 200 ");
    assert!(answers.iter().all(good), "{answers:?}");
    answers
}

/// What a host has of a cluster: its Homes, units, files of nginx, records, keys, repository.
fn left(lab: &Lab, host: &str, product: &str, cluster: &str) -> String {
    lab.on(host, &format!("ls -d /opt/wso2/*{product}* /etc/systemd/system/*{product}* /etc/systemd/system/*/*{product}* \
        /etc/systemd/system/*{cluster}* /etc/nginx/*{cluster}* /etc/nginx/conf.d/*{cluster}* /var/lib/wmprov/*{cluster}* \
        /var/lib/wmprov-svn/{cluster} /etc/wmprov-svn /etc/systemd/system/*svn* 2>/dev/null; \
        grep -o 'wmprov-sync {cluster}/.*' /opt/wso2/.ssh/authorized_keys; pgrep -a java | grep -o {product}- | head -1; true"))
}

/// Nothing of the cluster that clients have left stays, on no host and in no file, and the other serves on.
fn the_old_one_is_taken_away(lab: &Lab) {
    let file = lab.site.join("inventory.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    // Without it the other would stand by for nobody.
    let refused = lab.run(&["decommission", "data", "--yes"]);
    assert_eq!(refused.status, Some(2), "{}", refused.all());
    let told = "no live cluster has a name of it, without `data`";
    assert!(refused.all().contains(told), "{}", refused.all());
    let dead = lab.run(&["decommission", "bus", "--dead", "--yes"]);
    assert_eq!(dead.status, Some(2), "{}", dead.all());
    let check = lab.run(&["decommission", "bus", "--purge", "--check"]);
    assert_eq!(check.status, Some(0), "{}", check.all());
    for host in ["mgr1", "wkr1", "wkr2"] {
        let told = format!("{BUS} on {host} goes, with its logs");
        assert!(check.all().contains(&told), "{}", check.all());
        assert_ne!(left(lab, host, "wso2esb", "bus"), "", "{host}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);

    let before = starts_of(lab, &[DATA]);
    keep_asking(lab);
    let gone = lab.typed("wmprov decommission bus inventory.yaml --purge --yes");
    assert_eq!(gone.status, Some(0), "{}", gone.failure());
    assert_eq!(answers(lab).len(), 1);
    for host in ["mgr1", "wkr1", "wkr2", "lb1"] {
        let left = left(lab, host, "wso2esb", "bus");
        // The other's store is no matter of this one.
        let left: Vec<&str> = left
            .lines()
            .filter(|line| !line.ends_with("svn-apache.service") && !line.ends_with("wmprov-svn"))
            .collect();
        assert_eq!(left, [""; 0], "{host}");
    }
    assert_eq!(starts_of(lab, &[DATA]), before);
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(
        !after.contains("bus_") && !after.contains("carbon_product: esb"),
        "{after}"
    );
    again_nothing(lab);
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(0), "{}", drift.all());
}

/// One that nobody takes the place of goes where that is agreed to, with the repository of its artifacts.
fn the_last_one_goes(lab: &Lab) {
    let file = lab.site.join("inventory.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    // What stands above it would be used by nothing.
    let refused = lab.run(&["decommission", "data", "--purge", "--yes"]);
    assert_eq!(refused.status, Some(2), "{}", refused.all());
    let told = "`carbon_heap` in group `all` is used by nothing, without `data`";
    assert!(refused.all().contains(told), "{}", refused.all());
    let common = [
        "    carbon_admin_password: admin\n",
        "    carbon_heap: 64m:256m\n",
        "    carbon_console_allow: [10.77.0.1]\n",
    ];
    let own: String = common.iter().map(|line| format!("    {line}")).collect();
    let above = common
        .iter()
        .fold(text, |text, line| text.replacen(line, "", 1));
    let product = "        carbon_product: dss\n";
    lab.write(
        "inventory.yaml",
        &above.replace(product, &format!("{product}{own}")),
    );
    let asked = lab.run(&["decommission", "data", "--purge"]);
    assert_eq!(asked.status, Some(2), "{}", asked.all());
    for told in [
        "no cluster takes the place of data: nobody answers its clients any more",
        "the repository of its artifacts on lb1 goes, with its history",
        "give `--yes`",
    ] {
        assert!(asked.all().contains(told), "{told}: {}", asked.all());
    }
    let gone = lab.run(&["decommission", "data", "--purge", "--yes"]);
    assert_eq!(gone.status, Some(0), "{}", gone.failure());
    for host in ["mgr1", "wkr1", "wkr2", "lb1"] {
        assert_eq!(left(lab, host, "wso2dss", "data"), "", "{host}");
    }
    let nginx = lab.on(
        "lb1",
        "nginx -t 2>&1 && systemctl is-active nginx wmprov-svn-apache",
    );
    assert!(nginx.ends_with("active\ninactive\n"), "{nginx}");
}

/// Applies, and looks at the page that tells of it.
fn reported(lab: &Lab) -> Value {
    let page = lab.site.join("apply.html");
    let ran = lab.run(&["apply", "--json", "--report", page.to_str().unwrap()]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let text = std::fs::read_to_string(&page).unwrap();
    for told in [
        "<h1>apply of inventory.yaml</h1>",
        "<svg",
        "<section id=\"wkr2\">",
        "<td>13 of 13 signs</td>",
        "waived WM034</span>",
        "the certificate of `soon` in",
        "in 9 days",
        "nobody follows a redirect here",
        "<ins class=\"ok\">  +ExecStart=",
    ] {
        assert!(text.contains(told), "{told}");
    }
    looks_right(&page);
    serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
}

/// A keystore whose certificate ends in ten days.
fn a_keystore(lab: &Lab) {
    let folder = lab.site.join("files/bus/repository/resources/security");
    std::fs::create_dir_all(&folder).unwrap();
    let made = Command::new("keytool")
        .args([
            "-genkeypair",
            "-storetype",
            "JKS",
            "-alias",
            "soon",
            "-startdate",
            "-1H",
            "-validity",
            "10",
        ])
        .args(["-keyalg", "RSA", "-dname", "CN=bus.example.com"])
        .args([
            "-storepass",
            "changeit",
            "-keypass",
            "changeit",
            "-keystore",
        ])
        .arg(folder.join("client.jks"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// A bundle of the pack with a file more in it, as WSO2 hands a patch out.
fn a_patch(lab: &Lab) {
    let line = format!(
        "set -e; cd {}; mkdir -p files/WSO2-CARBON-PATCH-4.4.0-0077/patch0077; cd files; \
         unzip -q -j -o ../wso2esb-5.0.0.zip '*/plugins/{BUNDLE}' -d WSO2-CARBON-PATCH-4.4.0-0077/patch0077; \
         echo patched > patched.txt; zip -q WSO2-CARBON-PATCH-4.4.0-0077/patch0077/{BUNDLE} patched.txt; \
         zip -q -r patch.zip WSO2-CARBON-PATCH-4.4.0-0077",
        lab.site.display()
    );
    let made = Command::new("sh").args(["-c", &line]).status().unwrap();
    assert!(made.success());
}

/// True where the bundle that the server has open is the patch's.
fn is_patched(lab: &Lab) -> bool {
    let line = format!("grep -c patched.txt {BUS}/repository/components/plugins/{BUNDLE}");
    let seen: Vec<bool> = HOSTS
        .iter()
        .map(|host| lab.on(host, &line).trim() != "0")
        .collect();
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    seen[0]
}

fn write_inventory(lab: &Lab, patches: &str) {
    let keys = lab.keys().display();
    let host = |name: &str| format!("{name}: {{ ansible_host: {} }}", lab.address(name));
    let text = format!(
        "all:
  vars:
    carbon_admin_password: admin
    carbon_heap: 64m:256m
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
    carbon_console_allow: [10.77.0.1]
  hosts:
    {}
    {}
    {}
    {}
  children:
    bus:
      vars:
        carbon_product: esb
        carbon_version: \"5.0.0\"
        carbon_hostname: bus.example.com
        carbon_mgt_hostname: mgt.bus.example.com
        carbon_traffic: live
        carbon_artifact_sync: rsync
{patches}        carbon_overlays:
          - files/bus
          - {{ path: files/workers, hosts: bus_worker }}
          - {{ path: files/wkr2, hosts: wkr2 }}
      children:
        bus_manager: {{ hosts: {{ mgr1: }} }}
        bus_worker: {{ hosts: {{ wkr1: , wkr2: }} }}
        bus_load_balancer: {{ hosts: {{ lb1: }} }}
    data:
      vars:
        carbon_product: dss
        carbon_version: \"3.5.1\"
        carbon_hostname: bus.example.com
        carbon_mgt_hostname: mgt.bus.example.com
        carbon_traffic: standby
        carbon_offset: 10
        carbon_waive: {{ WM062: a lab, WM034: 'nobody follows a redirect here' }}
        carbon_artifact_sync: svn
        carbon_svnkit_jar: svnkit-all-1.8.14.jar
        carbon_svn_password: svn-pass1
        carbon_svn_server: apache
        carbon_svn_port: 8081
      children:
        data_manager: {{ hosts: {{ wkr2: }} }}
        data_worker: {{ hosts: {{ mgr1: , wkr1: }} }}
        data_load_balancer: {{ hosts: {{ lb1: }} }}
        data_artifact_store: {{ hosts: {{ lb1: }} }}
",
        host("mgr1"),
        host("wkr1"),
        host("wkr2"),
        host("lb1"),
    );
    lab.write("inventory.yaml", &text);
}

/// Nothing to do: one connection and one exec a host, whatever the number of clusters.
fn again_nothing(lab: &Lab) {
    let again = lab.applied();
    assert_eq!(changed(&again), 0, "{again}");
    for host in HOSTS {
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
}

/// Each node runs its role's profile from its own Home, on its own ports.
fn each_is_its_own(lab: &Lab) {
    let nodes = [
        ("mgr1", BUS, "default"),
        ("wkr1", BUS, "worker"),
        ("wkr2", BUS, "worker"),
        ("wkr2", DATA, "default"),
        ("mgr1", DATA, "worker"),
        ("wkr1", DATA, "worker"),
    ];
    for (host, home, profile) in nodes {
        crate::versions::runs_profile(lab, host, home, profile);
    }
    serves_files(lab, "wkr1", 9443, ["404", "404"]);
    serves_files(lab, "wkr1", 9453, ["200", "404"]);
}

fn overlays_lie_where_they_should(lab: &Lab, of_worker: &str) {
    for (host, who) in [
        ("mgr1", "who=bus"),
        ("wkr1", of_worker),
        ("wkr2", of_worker),
    ] {
        let seen = lab.on(host, &format!("cat {BUS}/repository/conf/site.properties"));
        assert_eq!(seen.trim(), who, "{host}");
        let there = |home: &str, name: &str| {
            let path = Path::new(home).join("repository/conf").join(name);
            lab.on(host, &format!("test -e {} && echo yes", path.display())) == "yes\n"
        };
        assert_eq!(there(BUS, "second.properties"), host == "wkr2", "{host}");
        assert!(!there(DATA, "site.properties"), "{host}");
    }
}

/// What the first start has made is not made again.
fn another_password_is_told_of(lab: &Lab) {
    let file = lab.site.join("inventory.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let waived = "carbon_admin_password: 'another<1'\n    carbon_waive: { WM062: a test }";
    let other = text.replace("carbon_admin_password: admin", waived);
    lab.write("inventory.yaml", &other);
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.failure());
    let told = "the administrator's password is read at the first start only";
    assert!(plan.all().contains(told), "{}", plan.all());
    assert!(!plan.all().contains("another"), "{}", plan.all());
    lab.write("inventory.yaml", &text);
}

/// The process of each node and when it began, by host and Home.
fn starts(lab: &Lab) -> Vec<(String, String)> {
    starts_of(lab, &[BUS, DATA])
}

fn starts_of(lab: &Lab, homes: &[&str]) -> Vec<(String, String)> {
    let mut starts = Vec::new();
    for host in HOSTS {
        for home in homes {
            let line = format!(
                "pid=$(tr -d '\\000' < {home}/wso2carbon.pid); echo $pid $(cut -d' ' -f22 /proc/$pid/stat)"
            );
            starts.push((format!("{host} {home}"), lab.on(host, &line)));
        }
    }
    starts
}

fn only_workers_of_the_bus_change(lab: &Lab) {
    let plan = lab.run(&["plan", "--json"]);
    assert_eq!(plan.status, Some(3), "{}", plan.failure());
    let report: Value = serde_json::from_str(plan.out.lines().last().unwrap()).unwrap();
    let applied = lab.applied();
    for report in [&report, &applied] {
        for host in ["mgr1", "wkr1", "wkr2"] {
            let touched = report["hosts"][host]["changed"] != 0;
            assert_eq!(touched, host != "mgr1", "{host}: {report}");
        }
    }
}
