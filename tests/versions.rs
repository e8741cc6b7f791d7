//! Versions of each kind on real hosts, one lab for all of them in turn: kernel 4.2.0 with its patches and its script
//! that forgets, API Manager's gateway profiles and its Store, a Business Process Server, and the console gone from an ESB 5.0.0.

use std::sync::Arc;

use serde_json::Value;
use wmprov::catalogue::{Catalogue, Release, Separation};

use crate::hosts::{Lab, lab_pack, root};

/// One version, and what tells it from the others.
struct Version {
    product: &'static str,
    version: &'static str,
    /// More variables of the cluster.
    vars: &'static str,
    /// The profile of manager and worker.
    profiles: [&'static str; 2],
    /// What a worker answers on `/carbon/admin/css/global.css` and on a UI bundle's image (real-run 11): what
    /// is gone.
    worker_files: [&'static str; 2],
    /// A part of a note that has to be told.
    note: Option<&'static str>,
    /// Its Java comes from this machine.
    brings_java: bool,
}

const VERSIONS: [Version; 5] = [
    Version {
        product: "esb",
        version: "4.8.1",
        vars: "    carbon_waive: {WM062: a lab}
    carbon_artifact_sync: svn
    carbon_svnkit_jar: svnkit-1.3.5.jar
    carbon_svn_password: svn-pass1
    carbon_svn_server: apache
",
        profiles: ["default", "worker"],
        worker_files: ["200", "404"],
        // Without a list of what serves the console alone it stays, and that is said.
        note: Some("workers keep the console's login page"),
        brings_java: false,
    },
    // Its workers want a profile that no pack ships.
    Version {
        product: "am",
        version: "1.9.1",
        // Its kernel deletes the keystore's password at each start.
        vars: "    carbon_key_manager: km.example.com:9443\n    carbon_secure_vault: true\n",
        profiles: ["gateway-manager", "worker"],
        worker_files: ["200", "404"],
        note: Some("a copy of the part's own"),
        brings_java: false,
    },
    Version {
        product: "am",
        version: "1.10.0",
        vars: "    carbon_key_manager: km.example.com:9443\n",
        profiles: ["gateway-manager", "gateway-worker"],
        worker_files: ["200", "404"],
        note: Some("_TokenAPI_.xml"),
        brings_java: true,
    },
    // A part whose profile is the same for both roles.
    Version {
        product: "am",
        version: "1.10.0",
        vars: "    carbon_component: store\n    carbon_key_manager: km.example.com:9443\n",
        profiles: ["api-store", "api-store"],
        worker_files: ["200", "404"],
        note: None,
        brings_java: false,
    },
    Version {
        product: "bps",
        version: "3.6.0",
        vars: "",
        profiles: ["default", "worker"],
        worker_files: ["200", "404"],
        note: Some("deploy a process on the manager"),
        brings_java: false,
    },
];

pub(crate) const HOSTS: [&str; 3] = ["mgr1", "wkr1", "wkr2"];

#[test]
fn versions_of_each_kind_come_up_and_prove_their_roles() {
    let Some(lab) = Lab::up("wmvers", &HOSTS) else {
        return;
    };
    crate::svn::client_of(&lab, "svnkit-1.3.5.jar", "1.3.5");
    for host in HOSTS {
        // Carbon looks for artifacts every 15 s; here it may be sooner.
        lab.on(host, "echo scan.interval=1000 > /etc/labpack.properties");
    }
    for version in &VERSIONS {
        lab_pack(&lab, version.product, version.version);
        write_inventory(&lab, version);
        comes_up(&lab, version);
        if version.version == "4.8.1" {
            a_restart_by_hand_keeps_the_role(&lab, version);
            an_old_client_brings_artifacts(&lab, version);
        }
        if version.brings_java {
            crate::java::comes_back(&lab, &home(version));
            crate::java::a_saved_plan_knows_its_archive(&lab);
            crate::java::other_processors(&lab);
        }
        gone(&lab, version);
    }
}

/// Every version of the catalogue can be built as a lab pack, with the profiles that its roles run.
#[test]
fn each_version_has_a_lab_pack_on_its_kernel() {
    let catalogue = Catalogue::load(&[]).unwrap();
    let separated = |release: &&Arc<Release>| release.separation == Separation::Supported;
    for release in catalogue.iter().filter(separated) {
        let file = format!("tests/pack/products/{}.properties", release.product);
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let said = |key: &str| {
            let start = format!("{key}=");
            text.lines().find_map(|line| line.strip_prefix(&start))
        };
        let version = format!("kernel.{}", release.version);
        assert_eq!(
            said(&version),
            Some(release.kernel.to_string().as_str()),
            "{} {}",
            release.product,
            release.version
        );
        let profiles: Vec<&str> = said("profiles").unwrap().split(',').collect();
        let parts = release.components.values();
        for part in std::iter::once(release).chain(parts) {
            let of_worker = part
                .profiles
                .worker_from
                .as_ref()
                .or(part.profiles.worker.as_ref());
            for profile in [Some(&part.profiles.manager), of_worker]
                .into_iter()
                .flatten()
            {
                assert!(
                    profiles.contains(&profile.as_str()),
                    "{}: {profile}",
                    release.product
                );
            }
        }
    }
}

fn home(version: &Version) -> String {
    format!("/opt/wso2/wso2{}-{}", version.product, version.version)
}

fn write_inventory(lab: &Lab, version: &Version) {
    let keys = lab.keys().display();
    let java = match version.brings_java {
        true => format!("java_pack: {}", crate::java::archive().display()),
        false => "java_home: /usr/lib/jvm/java-17-openjdk-amd64".to_owned(),
    };
    let text = format!(
        "all:
  vars:
    carbon_product: {}
    carbon_version: \"{}\"
    carbon_hostname: carbon.example.com
    carbon_mgt_hostname: mgt.carbon.example.com
    carbon_admin_password: admin
    carbon_heap: 64m:256m
    {java}
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
{}  children:
{}    manager: {{ hosts: {{ mgr1: {{ ansible_host: {} }} }} }}
    worker: {{ hosts: {{ wkr1: {{ ansible_host: {} }}, wkr2: {{ ansible_host: {} }} }} }}
",
        version.product,
        version.version,
        version.vars,
        match version.vars.contains("carbon_artifact_sync: svn") {
            true => "    artifact_store: { hosts: { mgr1: } }\n",
            false => "",
        },
        lab.address("mgr1"),
        lab.address("wkr1"),
        lab.address("wkr2")
    );
    lab.write("inventory.yaml", &text);
}

pub(crate) fn changed(report: &Value) -> u64 {
    let hosts = report["hosts"].as_object().unwrap();
    hosts
        .values()
        .map(|tally| tally["changed"].as_u64().unwrap())
        .sum()
}

fn comes_up(lab: &Lab, version: &Version) {
    let what = format!("{} {}", version.product, version.version);
    let first = lab.applied();
    for node in first["nodes"].as_array().unwrap() {
        assert_eq!(node["proof"][0], "13 of 13 signs", "{what}: {node}");
    }
    let notes = first["notes"].to_string();
    assert!(
        version.note.is_none_or(|note| notes.contains(note)),
        "{what}: {notes}"
    );
    assert_eq!(
        notes.contains("unproved stock"),
        version.version == "4.8.1",
        "{notes}"
    );
    // The pack names the kernel that the catalogue inferred.
    assert!(!notes.contains("inferred"), "{notes}");
    // What the first start wrote is as foretold: patched plugins among it.
    let again = lab.applied();
    assert_eq!(changed(&again), 0, "{what}: {again}");
    for (host, profile) in [
        ("mgr1", version.profiles[0]),
        ("wkr1", version.profiles[1]),
        ("wkr2", version.profiles[1]),
    ] {
        runs_profile(lab, host, &home(version), profile);
    }
    serves_files(lab, "wkr1", 9443, version.worker_files);
}

/// Asserts that the node runs this profile: which folder of bundles it has open tells.
pub(crate) fn runs_profile(lab: &Lab, host: &str, home: &str, profile: &str) {
    let open = lab.on(
        host,
        &format!(
            "ls -l /proc/$(tr -d '\\000' < {home}/wso2carbon.pid)/fd | \
             grep -o 'components/[^/]*/configuration' | sort -u"
        ),
    );
    assert_eq!(
        open.trim(),
        format!("components/{profile}/configuration"),
        "{home} on {host}"
    );
}

/// Asserts what a worker answers on a file of the console itself and on one of a UI bundle (real-run 11).
pub(crate) fn serves_files(lab: &Lab, host: &str, port: u16, statuses: [&str; 2]) {
    for (path, status) in ["admin/css/global.css", "axis2/images/type.gif"]
        .iter()
        .zip(statuses)
    {
        let seen = lab.on(
            host,
            &format!(
                "printf 'GET /carbon/{path} HTTP/1.0\\r\\n\\r\\n' | \
                 openssl s_client -quiet -connect 127.0.0.1:{port} 2>/dev/null | head -1"
            ),
        );
        assert!(
            seen.contains(status),
            "{path} on {host}:{port}: {seen}, not {status}"
        );
    }
}

/// The client that kernel 4.2.0 wants makes working copies of Subversion 1.6, and goes with the Apache of today.
fn an_old_client_brings_artifacts(lab: &Lab, version: &Version) {
    let server = format!("{}/repository/deployment/server", home(version));
    lab.on(
        "mgr1",
        &format!("echo '<none/>' > {server}/probe.xml && chown wso2:wso2 {server}/probe.xml"),
    );
    for worker in ["wkr1", "wkr2"] {
        let come = format!(
            "for i in $(seq 100); do [ -e {server}/probe.xml ] && break; sleep 0.3; done; \
             cat {server}/probe.xml; head -n 1 {server}/.svn/entries; ls {server}/.svn/wc.db 2>/dev/null"
        );
        assert_eq!(lab.on(worker, &come), "<none/>\n10\n", "{worker}");
    }
    let log = "R=/var/lib/wmprov-svn/all; cat $R/db/format | head -n 1; \
        for r in $(seq $(svnlook youngest $R)); do svnlook author -r $r $R; done | sort -u";
    // Format 4 is that of Subversion 1.6.
    assert_eq!(lab.on("mgr1", log), "4\nmgr1\n");
}

/// The script of kernel 4.2.0 hands none of its arguments on; what it starts is a worker all the same.
fn a_restart_by_hand_keeps_the_role(lab: &Lab, version: &Version) {
    let home = home(version);
    let started = lab.on(
        "wkr1",
        &format!(
            "systemctl stop wso2esb; rm -f {home}/repository/logs/wso2carbon.log; \
             runuser -u wso2 -- env JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64 JAVA_OPTS='-Xms64m -Xmx256m' \
             sh {home}/bin/wso2server.sh start; \
             for i in $(seq 600); do grep -q 'started in' {home}/repository/logs/wso2carbon.log && break; sleep 0.1; done; \
             pid=$(tr -d '\\000' < {home}/wso2carbon.pid); tr '\\000' '\\n' < /proc/$pid/cmdline | grep workerNode; \
             ls -l /proc/$pid/fd | grep -o 'components/[^/]*/configuration' | sort -u; \
             kill $pid; for i in $(seq 600); do kill -0 $pid 2>/dev/null || break; sleep 0.1; done"
        ),
    );
    assert_eq!(
        started.trim(),
        "-DworkerNode=true\ncomponents/worker/configuration",
        "{started}"
    );
    let back = lab.applied();
    assert_eq!(back["hosts"]["mgr1"]["changed"], 0, "{back}");
    assert_eq!(changed(&lab.applied()), 0);
}

/// Makes room for the next: its ports and its unit's name may be the same.
fn gone(lab: &Lab, version: &Version) {
    let unit = format!("wso2{}", version.product);
    for host in HOSTS {
        lab.on(
            host,
            &format!(
                "systemctl disable --now {unit}; rm -rf /opt/wso2/* /etc/systemd/system/{unit}.service; \
                 systemctl daemon-reload"
            ),
        );
    }
}
