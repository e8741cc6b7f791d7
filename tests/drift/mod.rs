//! Drift on real hosts: each kind of difference made by hand, found with its class, and gone after an apply.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::hosts::{Lab, lab_pack};

/// What was changed by hand becomes the user's own.
mod adopt;
/// What stands already, and is nobody's yet.
mod existing;
/// Every night, on a control machine of its own.
mod nightly;
/// The pages, held against what reads them.
mod pages;
/// Many random mutations at once.
mod random;

const HOME: &str = "/opt/wso2/wso2esb-4.9.0";
const HOSTS: [&str; 3] = ["mgr1", "wkr1", "wkr2"];

/// Three hosts, an inventory, and the lab pack.
fn site(name: &'static str) -> Option<Lab> {
    let lab = Lab::up(name, &HOSTS)?;
    lab_pack(&lab, "esb", "4.9.0");
    write_inventory(&lab, "esb.example.com", "64m:256m");
    Some(lab)
}

fn write_inventory(lab: &Lab, hostname: &str, heap: &str) {
    let keys = lab.keys().display();
    let [mgr1, wkr1, wkr2] = HOSTS.map(|host| lab.address(host));
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: {hostname}
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_admin_password: admin
    carbon_heap: {heap}
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
  children:
    manager: {{ hosts: {{ mgr1: {{ ansible_host: {mgr1} }} }} }}
    worker: {{ hosts: {{ wkr1: {{ ansible_host: {wkr1} }}, wkr2: {{ ansible_host: {wkr2} }} }} }}
"
    );
    lab.write("inventory.yaml", &text);
}

/// Checks, and gives exit code and report. Every check costs one exec a host and little to send.
fn drift(lab: &Lab, more: &[&str]) -> (i32, Value) {
    drift_asking_again(lab, &[], more)
}

/// The same, where these hosts are asked for texts as well once all have answered.
fn drift_asking_again(lab: &Lab, again: &[&str], more: &[&str]) -> (i32, Value) {
    let mut words = vec!["drift", "--format", "json"];
    words.extend(more);
    let ran = lab.run(&words);
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.all()));
    for (host, about) in report["hosts"].as_object().unwrap() {
        if about["status"] != "unreachable" {
            let traffic = &about["traffic"];
            let execs: u64 = if again.contains(&host.as_str()) { 2 } else { 1 };
            assert_eq!(traffic["execs"], execs, "{host}: {traffic}");
            // What is found is asked about once more, in the same exec; another comes with a connection.
            let most = match about["status"] == "ok" {
                true => 20_000 * execs,
                false => 22_000 + 20_000 * (execs - 1),
            };
            assert!(
                traffic["sent"].as_u64().unwrap() < most,
                "{host}: {traffic}"
            );
        }
    }
    (ran.status.unwrap(), report)
}

/// `host kind class path` of every finding, the Home left out of its path.
fn found(report: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (host, about) in report["hosts"].as_object().unwrap() {
        for one in about["differences"].as_array().unwrap() {
            let path = one["path"].as_str().unwrap();
            let path = path.strip_prefix(&format!("{HOME}/")).unwrap_or(path);
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            let line = format!("{host} {} {} {path}", text("kind"), text("class"));
            // A role has several signs.
            let new = all.insert(line.clone());
            assert!(new || one["kind"] == "role", "told twice: {line}");
        }
    }
    all
}

fn set(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn finding<'a>(report: &'a Value, host: &str, end: &str) -> &'a Value {
    let all = report["hosts"][host]["differences"].as_array().unwrap();
    all.iter()
        .find(|one| one["path"].as_str().unwrap().ends_with(end))
        .unwrap_or_else(|| panic!("nothing about {end}: {report:#}"))
}

fn apply(lab: &Lab) {
    let ran = lab.run(&["apply"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
}

fn as_wanted(lab: &Lab) {
    let (status, report) = drift(lab, &[]);
    for (host, about) in report["hosts"].as_object().unwrap() {
        // Digests, not rows, logs or texts.
        let received = about["traffic"]["received"].as_u64().unwrap();
        assert!(received < 20_000, "{host}: {received}");
    }
    assert_eq!((status, found(&report)), (0, BTreeSet::new()), "{report:#}");
}

#[test]
fn every_kind_of_difference_is_found_with_its_class_and_gone_after_an_apply() {
    let Some(lab) = site("wmdrift") else {
        return;
    };
    before_anything(&lab);
    // The console comes some time after its server has started (procedure 7, row 71): its proof waits.
    lab.on("mgr1", "echo console.delay=4000 > /etc/labpack.properties");
    apply(&lab);
    lab.on("mgr1", "rm /etc/labpack.properties");
    as_wanted(&lab);
    started_twice(&lab);
    as_wanted(&lab);
    existing::not_ours(&lab);
    as_wanted(&lab);
    adopt::taken_over(&lab);
    by_hand(&lab);
    not_alike(&lab);
    adopt::as_planned(&lab);
    the_inventory_moved(&lab);
    restarted(&lab);
    random::thirty_seven(&lab);
    apply(&lab);
    as_wanted(&lab);
    another_role(&lab);
    no_record(&lab);
    apply(&lab);
    as_wanted(&lab);
    not_to_be_read(&lab);
    another_java(&lab);
    another_package(&lab);
    adopt::what_stands(&lab);
    nightly::every_night(&lab);
    silent(&lab);
}

/// A host that nothing was ever put on waits for its first apply; nobody has changed it.
fn before_anything(lab: &Lab) {
    let (status, report) = drift(lab, &[]);
    assert_eq!(status, 3);
    for host in HOSTS {
        let about = &report["hosts"][host];
        assert_eq!(about["status"], "pending", "{about:#}");
        assert_eq!(finding(&report, host, HOME)["kind"], "missing");
    }
}

fn by_hand(lab: &Lab) {
    let conf = format!("{HOME}/repository/conf");
    let parts = format!("{HOME}/repository/components");
    // What was adopted is written for the first time, so that the record speaks of it.
    let adopted = format!(
        "chmod 640 {conf}/carbon.xml {conf}/tomcat/catalina-server.xml {parts}/lib/driver.jar"
    );
    lab.on(
        "wkr1",
        &format!(
            "
        sed -i 's#</wso2registry>#<!-- by hand --></wso2registry>#' {conf}/registry.xml
        sed -i 's#\\(<parameter name=.domain.>\\)[^<]*<#\\1by.hand<#' {conf}/axis2/axis2.xml
        echo x >> {HOME}/lib/$(ls {HOME}/lib | grep jar$ | head -1)
        rm {conf}/jndi.properties
        rm -r {conf}/email
        echo x > {parts}/dropins/evil.jar
        mkdir -p {HOME}/bin/tools/deep; echo x > {HOME}/bin/tools/deep/run.sh
        chmod 777 {HOME}/bin/wso2server.sh
        chown root {conf}/user-mgt.xml
        ln -sf /etc/passwd {conf}/synapse.properties
        echo 'a b' > {HOME}/repository/deployment/server/by-hand.xml
        sed -i 1i#by-hand /etc/systemd/system/wso2esb.service
        systemctl disable --quiet wso2esb
        {adopted}
    "
        ),
    );
    let jar = lab.on("wkr1", &format!("ls {HOME}/lib | grep jar$ | head -1"));
    lab.on(
        "wkr2",
        &format!(
            "
        f={parts}/worker/configuration/org.eclipse.equinox.simpleconfigurator/bundles.info
        sort -r $f > /tmp/b; {{ echo '#header'; cat /tmp/b; }} > $f
        systemctl stop wso2esb
        chmod 640 {conf}/tomcat/catalina-server.xml
        cd {HOME}/repository/resources/security
        cp client-truststore.jks mine.jks; cat mine.jks > wso2carbon.jks
        mkdir -p /etc/systemd/system/wso2esb.service.d
        printf '[Service]\\nNice=5\\n' > /etc/systemd/system/wso2esb.service.d/nice.conf
        systemctl daemon-reload
    "
        ),
    );
    lab.on("mgr1", &format!("
        echo 'org.foreign.ui,1.0.0,../plugins/org.foreign.ui_1.0.0.jar,4,true' >> {parts}/default/configuration/org.eclipse.equinox.simpleconfigurator/bundles.info
        systemctl restart wso2esb
    "));
    listens(lab, "mgr1");
    lab.on("mgr1", &format!("rm {conf}/axis2/axis2.xml"));
    let (status, report) = drift(lab, &[]);
    assert_eq!(status, 3);
    let bundles = "repository/components/default/configuration/org.eclipse.equinox.simpleconfigurator/bundles.info";
    let expected = set(&[
        "wkr1 modified drift repository/conf/registry.xml",
        "wkr1 modified drift repository/conf/axis2/axis2.xml",
        "mgr1 missing drift repository/conf/axis2/axis2.xml",
        &format!("wkr1 modified drift lib/{}", jar.trim()),
        "wkr1 missing drift repository/conf/jndi.properties",
        "wkr1 missing drift repository/conf/email",
        "wkr1 unexpected drift repository/components/dropins/evil.jar",
        "wkr1 unexpected drift bin/tools",
        "wkr1 mode drift bin/wso2server.sh",
        "wkr1 owner drift repository/conf/user-mgt.xml",
        "wkr1 modified drift repository/conf/synapse.properties",
        "wkr1 owner drift repository/conf/synapse.properties",
        "wkr1 artifacts drift repository/deployment/server/by-hand.xml",
        "wkr1 unit drift /etc/systemd/system/wso2esb.service",
        "wkr1 unit drift wso2esb.service",
        "wkr1 mode drift repository/conf/carbon.xml",
        "wkr1 mode drift repository/conf/tomcat/catalina-server.xml",
        "wkr1 mode both repository/components/lib/driver.jar",
        "wkr2 mode drift repository/conf/tomcat/catalina-server.xml",
        // The keys of one node of a cluster (procedure 7, row 56).
        "wkr2 modified drift repository/resources/security/wso2carbon.jks",
        "wkr2 unexpected drift repository/resources/security/mine.jks",
        "wkr2 unit drift wso2esb.service",
        "wkr2 unexpected drift /etc/systemd/system/wso2esb.service.d/nice.conf",
        &format!("mgr1 modified drift {bundles}"),
        &format!("mgr1 role unknown {HOME}"),
    ]);
    assert_eq!(found(&report), expected);
    let hunk = |host: &str, end: &str| {
        finding(&report, host, end)["hunk"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(hunk("wkr1", "registry.xml").contains("+<!-- by hand --></wso2registry>"));
    // In their normal form: the one line that came, not the order.
    let lines = hunk("mgr1", "bundles.info");
    let moved = lines
        .lines()
        .skip(2)
        .filter(|line| line.starts_with(['+', '-']));
    assert_eq!(moved.count(), 1, "{lines}");
    let jar = finding(&report, "wkr1", jar.trim());
    assert!(
        jar["hunk"].is_null() && jar["expected"] != jar["observed"],
        "{jar}"
    );
    for side in ["expected", "observed"] {
        assert_eq!(
            jar[side].as_str().unwrap().len(),
            "sha256 ".len() + 64,
            "{jar}"
        );
    }
    let link = finding(&report, "wkr1", "synapse.properties");
    assert_eq!(link["observed"], "a link to /etc/passwd");
    artifacts_on_the_screen(lab);
    // Others put these there, and nobody can tell whether they are wanted: an apply leaves them alone. A member list or
    // domain that one host alone has lost is no change of the whole cluster: the apply rolls.
    lab.on(
        "wkr1",
        &format!("rm {HOME}/repository/deployment/server/by-hand.xml"),
    );
    lab.on(
        "wkr2",
        "rm -r /etc/systemd/system/wso2esb.service.d; systemctl daemon-reload",
    );
    apply(lab);
    as_wanted(lab);
}

/// What nodes of one cluster must have alike and no record tells of: artifacts, whose texts are read where they differ, and
/// keystores outside Homes.
fn not_alike(lab: &Lab) {
    let folder = format!("{HOME}/repository/deployment/server");
    for (host, line, key) in [("mgr1", "one", 1), ("wkr1", "two", 1), ("wkr2", "one", 2)] {
        lab.on(host, &format!("printf '<proxy>\n <Password>canary-57ab</Password>\n {line}\n</proxy>\n' > {folder}/proxy.xml; printf '\\0{line}' > {folder}/x.car; echo {key} > /etc/esb.jks"));
    }
    let edit = serde_json::json!({
        "carbon_waive": { "WM056": "a lab" },
        "carbon_edits": [{ "path": "repository/conf/tomcat/catalina-server.xml", "xml": [
            { "set": "Service/Connector[@port='9443']/@keystoreFile", "to": "/etc/esb.jks" },
        ] }],
    });
    let words = ["-e", &edit.to_string()];
    let (status, report) = drift_asking_again(lab, &["mgr1", "wkr1"], &words);
    let catalina = HOSTS
        .map(|host| format!("{host} modified pending repository/conf/tomcat/catalina-server.xml"));
    let mut expected = set(&[
        // Its own list of edits, which `-e` hides, has one of this file.
        "wkr1 modified pending repository/conf/carbon.xml",
        "wkr1 artifacts drift repository/deployment/server/proxy.xml",
        "wkr1 artifacts drift repository/deployment/server/x.car",
        "wkr2 modified unknown /etc/esb.jks",
    ]);
    expected.extend(catalina);
    assert_eq!((status, found(&report)), (3, expected));
    let hunk = finding(&report, "wkr1", "proxy.xml")["hunk"]
        .as_str()
        .unwrap();
    assert!(hunk.starts_with("--- on mgr1\n+++ on wkr1\n"), "{hunk}");
    assert!(hunk.contains("\n- one\n+ two\n"), "{hunk}");
    assert!(!hunk.contains("canary-57ab"), "{hunk}");
    assert!(finding(&report, "wkr1", "x.car")["hunk"].is_null());
    let key = finding(&report, "wkr2", "esb.jks");
    assert!(
        key["expected"].as_str().unwrap().ends_with(" as on mgr1"),
        "{key}"
    );
    for host in HOSTS {
        lab.on(
            host,
            &format!("rm {folder}/proxy.xml {folder}/x.car /etc/esb.jks"),
        );
    }
    as_wanted(lab);
}

/// `status` tells who has deployed what the others have not.
fn artifacts_on_the_screen(lab: &Lab) {
    let page = lab.run(&["status"]);
    let told = "esb 4.9.0, artifacts differ on 1 of 3 nodes";
    assert!(page.out.contains(told), "{}", page.all());
    let status = lab.run(&["status", "--json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    for node in status["nodes"].as_array().unwrap() {
        let unlike = node["unlike"].as_array().unwrap();
        assert_eq!(unlike.len(), usize::from(node["node"] == "wkr1"), "{node}");
        assert_eq!(
            (&node["sync"], &node["drift"]),
            (&"none".into(), &Value::Null)
        );
    }
}

/// What the inventory changed is pending; what somebody changed at the same place is both, elsewhere drift.
fn the_inventory_moved(lab: &Lab) {
    write_inventory(lab, "other.example.com", "64m:250m");
    let (status, report) = drift(lab, &[]);
    let pending: Vec<String> = HOSTS
        .iter()
        .flat_map(|host| {
            [
                "modified pending repository/conf/carbon.xml",
                "unit pending /etc/systemd/system/wso2esb.service",
            ]
            .map(|line| format!("{host} {line}"))
        })
        .collect();
    let pending: BTreeSet<String> = pending.into_iter().collect();
    assert_eq!((status, found(&report)), (3, pending.clone()));
    assert!(
        HOSTS
            .iter()
            .all(|host| report["hosts"][host]["status"] == "pending")
    );
    lab.on("wkr1", &format!("
        sed -i 's#<HostName>.*</HostName>#<HostName>by.hand</HostName>#' {HOME}/repository/conf/carbon.xml
        echo '<!-- -->' >> {HOME}/repository/conf/registry.xml
        sed -i 1i#by-hand /etc/systemd/system/wso2esb.service"));
    let (_, report) = drift(lab, &[]);
    let mut expected = pending;
    expected.retain(|line| !line.starts_with("wkr1"));
    expected.extend(set(&[
        "wkr1 modified both repository/conf/carbon.xml",
        "wkr1 modified drift repository/conf/registry.xml",
        "wkr1 unit both /etc/systemd/system/wso2esb.service",
    ]));
    assert_eq!(found(&report), expected);
    assert_eq!(report["hosts"]["wkr1"]["status"], "both");
    let hunk = finding(&report, "wkr1", "carbon.xml")["hunk"]
        .as_str()
        .unwrap();
    assert!(
        hunk.contains("-    <HostName>other.example.com<")
            && hunk.contains("+    <HostName>by.hand<"),
        "{hunk}"
    );
    apply(lab);
    as_wanted(lab);
}

/// A server rewrites files at its start; that is no drift. Only the proof is of another process, until the next
/// apply has proved this one.
fn restarted(lab: &Lab) {
    for host in HOSTS {
        lab.on(host, "systemctl restart wso2esb");
    }
    HOSTS.iter().for_each(|host| listens(lab, host));
    are_together(lab);
    let (status, report) = drift(lab, &[]);
    let roles: BTreeSet<String> = HOSTS
        .iter()
        .map(|host| format!("{host} role unknown {HOME}"))
        .collect();
    assert_eq!((status, found(&report)), (3, roles), "{report:#}");
    for host in HOSTS {
        let told = "the proof is of another process: this one has been started since";
        assert_eq!(finding(&report, host, HOME)["observed"], told);
    }
}

/// A start by hand beside the unit's server writes over the pid file and hangs (procedure 7, row 74): the unit's is still
/// known for what it is, the other is named, and once it is gone all is as it was.
fn started_twice(lab: &Lab) {
    let pid = format!("tr -d '\\000' < {HOME}/wso2carbon.pid");
    let first = lab.on("wkr1", &pid);
    lab.on("wkr1", &format!("
        runuser -u wso2 -- env JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64 setsid sh {HOME}/bin/wso2server.sh -DworkerNode=true > /dev/null 2>&1 < /dev/null &
        for i in $(seq 300); do now=$({pid}); [ -n \"$now\" ] && [ \"$now\" != '{}' ] && break; sleep 0.1; done", first.trim()));
    let second = lab.on("wkr1", &pid);
    assert_ne!(first, second);
    let told = format!(
        "WM074 process {} is another server of this Home, started by hand",
        second.trim()
    );
    let (status, report) = drift(lab, &[]);
    assert_eq!(status, 3);
    assert_eq!(found(&report), set(&[&format!("wkr1 role drift {HOME}")]));
    assert_eq!(finding(&report, "wkr1", HOME)["observed"], told.as_str());
    lab.on("wkr1", &format!("kill -KILL {}", second.trim()));
}

/// A worker that somebody starts as a manager says so itself, proof or no proof.
fn another_role(lab: &Lab) {
    lab.on("wkr2", &format!("
        sed -i 's/-DworkerNode=true/-DworkerNode=false/' {HOME}/bin/wso2server.sh /etc/systemd/system/wso2esb.service
        systemctl daemon-reload; systemctl restart wso2esb"));
    listens(lab, "wkr2");
    let (_, report) = drift(lab, &[]);
    let all = report["hosts"]["wkr2"]["differences"].as_array().unwrap();
    let roles = all.iter().filter(|one| one["kind"] == "role");
    let roles: Vec<&str> = roles.map(|one| one["expected"].as_str().unwrap()).collect();
    assert!(
        roles.contains(&"worker flag") && roles.contains(&"profile"),
        "{report:#}"
    );
}

/// Without the Manifest, or with a foreign one, nobody can tell who moved; a password in a hunk is nobody's business.
fn no_record(lab: &Lab) {
    lab.on("mgr1", &format!("
        rm {HOME}.wmprov/manifest
        sed -i 's#<Password>.*</Password>#<Password>hunter22</Password>#' {HOME}/repository/conf/user-mgt.xml"));
    lab.on(
        "wkr1",
        &format!(
            "
        echo foreign > {HOME}.wmprov/manifest
        rm {HOME}/repository/conf/jndi.properties"
        ),
    );
    let (_, report) = drift(lab, &[]);
    let mut told = found(&report);
    // That is another story (`another_role`).
    told.retain(|line| !line.starts_with("wkr2"));
    assert_eq!(
        told,
        set(&[
            &format!("mgr1 missing unknown {HOME}.wmprov/manifest"),
            "mgr1 modified unknown repository/conf/user-mgt.xml",
            &format!("wkr1 modified unknown {HOME}.wmprov/manifest"),
            "wkr1 missing unknown repository/conf/jndi.properties",
        ])
    );
    assert!(!report.to_string().contains("hunter22"), "{report:#}");
    assert!(
        finding(&report, "mgr1", "user-mgt.xml")["hunk"]
            .as_str()
            .unwrap()
            .contains("<Password>***</Password>")
    );
}

/// What a user without root may not read is told, and is never as wanted.
fn not_to_be_read(lab: &Lab) {
    let (status, report) = drift(lab, &["--no-become"]);
    assert_eq!((status, found(&report)), (0, BTreeSet::new()), "{report:#}");
    lab.on(
        "wkr1",
        &format!("chmod 600 {HOME}/repository/conf/registry.xml; chmod 700 {HOME}/bin"),
    );
    lab.on("wkr2", &format!("chmod 700 {HOME}.wmprov"));
    let (status, report) = drift(lab, &["--no-become"]);
    assert_eq!(status, 3);
    let told = found(&report);
    for line in [
        "wkr1 unreadable unknown repository/conf/registry.xml",
        "wkr1 mode drift repository/conf/registry.xml",
        "wkr1 unreadable unknown bin",
        "wkr1 mode drift bin",
        &format!("wkr2 unreadable unknown {HOME}.wmprov/manifest"),
    ] {
        assert!(told.contains(line), "{line} is not in {told:#?}");
    }
    assert!(
        !told.iter().any(|line| line.contains(" missing ")),
        "{told:#?}"
    );
    lab.on("wkr2", &format!("chmod 755 {HOME}.wmprov"));
    let (_, report) = drift(lab, &[]);
    assert_eq!(
        found(&report),
        set(&[
            "wkr1 mode drift repository/conf/registry.xml",
            "wkr1 mode drift bin"
        ])
    );
    lab.on(
        "wkr1",
        &format!("chmod 644 {HOME}/repository/conf/registry.xml; chmod 755 {HOME}/bin"),
    );
    as_wanted(lab);
}

/// A Java that the product does not run on. An apply cannot mend it, and says so before it touches anything.
fn another_java(lab: &Lab) {
    let release = "/usr/lib/jvm/java-17-openjdk-amd64/release";
    lab.on(
        "wkr2",
        &format!("cp {release} /tmp/release; echo 'JAVA_VERSION=\"1.6.0_45\"' > {release}"),
    );
    let (_, report) = drift(lab, &[]);
    assert_eq!(
        found(&report),
        set(&["wkr2 version drift /usr/lib/jvm/java-17-openjdk-amd64"])
    );
    assert_eq!(
        finding(&report, "wkr2", "amd64")["observed"],
        "Java 1.6.0_45"
    );
    lab.on("wkr2", &format!("cp /tmp/release {release}"));
    as_wanted(lab);
}

/// A package of another version than a play pins.
fn another_package(lab: &Lab) {
    let play = lab.write(
        "pinned.yaml",
        "- hosts: all\n  become: true\n  tasks:\n    - package: { name: ['bash=4.4-5', 'dash=0*', nano-of-no-debian] }\n",
    );
    let (status, report) = drift(lab, &["-p", play.to_str().unwrap()]);
    assert_eq!(status, 3);
    let told = |host: &str| {
        ["bash", "nano-of-no-debian"].map(|name| format!("{host} version unknown package {name}"))
    };
    let expected: BTreeSet<String> = HOSTS.iter().flat_map(|host| told(host)).collect();
    assert_eq!(found(&report), expected);
    let bash = finding(&report, "wkr1", "bash");
    let installed = lab.on("wkr1", "dpkg-query -W -f '${Version}' bash");
    assert_eq!(
        [&bash["expected"], &bash["observed"]],
        ["4.4-5", installed.as_str()]
    );
    // What a playbook has nothing for is looked at all the same.
    let play = lab.write(
        "one.yaml",
        "- hosts: wkr1\n  tasks:\n    - command: 'true'\n",
    );
    let (status, report) = drift(lab, &["-p", play.to_str().unwrap()]);
    assert_eq!((status, found(&report)), (0, BTreeSet::new()), "{report:#}");
    assert_eq!(report["hosts"]["mgr1"]["status"], "ok", "{report:#}");
}

/// A host that cannot be reached is a part of the report; the others are told all the same.
fn silent(lab: &Lab) {
    lab.on(
        "wkr1",
        &format!("rm {HOME}/repository/conf/jndi.properties"),
    );
    lab.tool(&["kill", "wkr2"]);
    let (status, report) = drift(lab, &[]);
    assert_eq!(status, 1);
    let about = &report["hosts"]["wkr2"];
    assert_eq!(about["status"], "unreachable");
    assert!(!about["error"].as_str().unwrap().is_empty());
    assert_eq!(
        found(&report),
        set(&["wkr1 missing drift repository/conf/jndi.properties"])
    );
    assert_eq!(report["hosts"]["mgr1"]["status"], "ok");
    assert_eq!(pages::mistakes(&report), [""; 0]);
}

/// Waits until the server's port is open: a process is judged by what it shows once it is up.
/// Waits until the nodes are one cluster: those that start at once may elect two coordinators first, and Hazelcast merges
/// them some time later (real-run 9).
fn are_together(lab: &Lab) {
    let mut seen = String::new();
    for _ in 0..60 {
        let status = lab.run(&["status", "--json"]);
        let status: Value = serde_json::from_str(&status.out).unwrap();
        let nodes = status["nodes"].as_array().unwrap();
        if nodes.iter().all(|node| node["members"] == HOSTS.len()) {
            return;
        }
        seen = format!("{nodes:#?}");
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    panic!("still apart: {seen}");
}

fn listens(lab: &Lab, host: &str) {
    lab.on(host, "n=0; until ss -Htln sport = :9443 | grep -q . || [ $n = 120 ]; do n=$((n+1)); sleep 1; done");
}
