//! The main job on real hosts: one manager and two workers from nothing, through real sshd, systemd and Java.
//!
//! A marker in the lab pack widens the accepted Java to the hosts' 17, and nothing else.

use serde_json::Value;

use crate::bad_luck;
use crate::hosts::{Lab, Ran, lab_pack, note_words};
use crate::transcript::Transcript;

/// Three hosts, an inventory, and the lab pack.
fn site() -> Option<Lab> {
    let lab = Lab::up("wmtest", &["mgr1", "wkr1", "wkr2"])?;
    lab_pack(&lab, "esb", "4.9.0");
    for host in ["wkr1", "wkr2"] {
        std::fs::create_dir_all(lab.site.join(format!("overlay-{host}"))).unwrap();
    }
    write_inventory(&lab, "esb.example.com");
    Some(lab)
}

pub(crate) fn write_inventory(lab: &Lab, hostname: &str) {
    let keys = lab.keys().display();
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: {hostname}
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_admin_password: admin
    carbon_heap: 64m:256m
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
  children:
    manager:
      hosts:
        mgr1: {{ ansible_host: {} }}
    worker:
      vars:
        carbon_overlays: [\"overlay-{{{{ inventory_hostname }}}}\"]
      hosts:
        wkr1: {{ ansible_host: {} }}
        wkr2: {{ ansible_host: {} }}
",
        lab.address("mgr1"),
        lab.address("wkr1"),
        lab.address("wkr2")
    );
    lab.write("inventory.yaml", &text);
}

/// Applies, and gives the report.
pub(crate) fn apply(lab: &Lab) -> Value {
    let ran = lab.run(&["apply", "--json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    report(&ran.out)
}

/// A run that must fail, on hosts that nothing has been put on, and what it says.
fn refused(lab: &Lab, extra: &str, words: &[&str]) {
    let ran: Ran = lab.run(&["apply", "-e", extra]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    for word in words {
        assert!(
            ran.all().contains(word),
            "`{word}` is not in: {}",
            ran.all()
        );
    }
    for host in ["mgr1", "wkr1", "wkr2"] {
        let touched = "ls -d /opt/wso2 2>/dev/null; getent passwd wso2; getent group wso2";
        assert_eq!(lab.on(host, touched), "", "{host}: {extra}");
    }
}

fn report(out: &str) -> Value {
    let last = out.lines().last().unwrap();
    let report: Value = serde_json::from_str(last).unwrap();
    assert_eq!(report["event"], "run_finished", "{last}");
    report
}

fn changed(report: &Value) -> Vec<(String, u64)> {
    let hosts = report["hosts"].as_object().unwrap();
    hosts
        .iter()
        .map(|(name, tally)| (name.clone(), tally["changed"].as_u64().unwrap()))
        .collect()
}

pub(crate) fn no_change(report: &Value) {
    assert!(
        changed(report).iter().all(|(_, count)| *count == 0),
        "{report}"
    );
}

/// The budgets of a run that finds nothing to do: connect and one exec, under 20 KB sent.
fn within_budget(report: &Value) {
    for (host, traffic) in report["traffic"].as_object().unwrap() {
        assert_eq!(traffic["execs"], 1, "{host}: {traffic}");
        assert!(
            traffic["sent"].as_u64().unwrap() < 20_000,
            "{host}: {traffic}"
        );
    }
}

/// A host that does not know its own name is refused; clocks that differ are told (procedure 7, rows 57 and 67).
fn clocks_and_names(lab: &Lab) {
    lab.on("wkr1", "sed -i.bak /wkr1/d /etc/hosts");
    let words = ["WM067 the name of host `wkr1`, `wkr1`, has no address there"];
    refused(lab, "carbon_heartbeat=30", &words);
    lab.on("wkr1", "cat /etc/hosts.bak > /etc/hosts");
    let notes = || {
        let planned = lab.run(&["plan", "--json"]);
        assert_eq!(planned.status, Some(3), "{}", planned.failure());
        report(&planned.out)["notes"].to_string()
    };
    assert!(!notes().contains("WM057"), "{}", notes());
    wrong_clock(lab, "wkr2");
    let told = notes();
    right_clock(lab, "wkr2");
    assert!(
        told.contains("WM057 cluster `all`: the clock of `wkr2` is at least"),
        "{told}"
    );
}

/// Whatever sudo starts there has another clock. (sshd's sandbox bears no library of that kind.)
pub(crate) fn wrong_clock(lab: &Lab, host: &str) {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    let root = lab.site.parent().unwrap().join("hosts").join(host);
    std::fs::copy(library, root.join("root/usr/lib/libfaketime.so.1")).unwrap();
    lab.on(
        host,
        "printf 'LD_PRELOAD=/usr/lib/libfaketime.so.1\\nFAKETIME=+90\\n' > /etc/sudo.env; \
         echo 'Defaults env_file=/etc/sudo.env' > /etc/sudoers.d/clock",
    );
}

pub(crate) fn right_clock(lab: &Lab, host: &str) {
    lab.on(
        host,
        "rm /etc/sudoers.d/clock /etc/sudo.env /usr/lib/libfaketime.so.1",
    );
}

#[test]
fn a_cluster_comes_up_is_kept_and_mended() {
    let Some(lab) = site() else {
        return;
    };
    pack_told(&lab);
    needed_bundle(&lab);
    // wkr2 has a JDK there, of a version that no product knows; the others have none.
    lab.on("wkr2", "mkdir -p /opt/jdk30/bin; ln -s /bin/true /opt/jdk30/bin/java; echo JAVA_VERSION=30.0.1 > /opt/jdk30/release");
    let words = [
        "WM151 there is no Java in `/opt/jdk30` on host `wkr1`",
        "WM152",
        "is Java 30.0.1",
    ];
    refused(&lab, "java_home=/opt/jdk30", &words);
    let elsewhere = r#"{"carbon_address": "{{ ansible_host | replace('10.77.', '10.99.') }}"}"#;
    refused(
        &lab,
        elsewhere,
        &["WM150", "is none of the addresses of host `wkr2`"],
    );
    clocks_and_names(&lab);
    from_nothing(&lab);
    one_value(&lab);
    strangers_hand(&lab);
    java_by_an_earlier_task(&lab);
    no_task_hides_what_is_missing(&lab);
    bad_luck::killed_in_every_phase(&lab);
    bad_luck::cut_uploads(&lab);
    bad_luck::bad_servers(&lab);
}

fn from_nothing(lab: &Lab) {
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.errors);
    let check = lab.run(&["apply", "--check"]);
    assert_eq!(check.status, Some(0), "{}", check.failure());
    assert_eq!(rows(&check), ["5", "5", "5"], "{}", check.failure());
    assert_eq!(lab.on("mgr1", "ls /opt"), "", "a check has acted");
    let mut transcript = Transcript::default();
    let first = transcript.wmprov(lab, "apply");
    assert_eq!(first.status, Some(0), "{}", first.failure());
    assert_eq!(rows(&first), ["5", "5", "5"], "{}", first.failure());
    let second = transcript.wmprov(lab, "apply");
    assert_eq!(rows(&second), ["0", "0", "0"], "{}", second.failure());
    by_hand(lab, &mut transcript);
    transcript.is_the_readmes();
    lab.all_typed(&[
        "wmprov apply inventory.yaml --limit wkr1",
        "wmprov apply inventory.yaml --limit 'worker:!wkr2' --diff",
        "wmprov unlock inventory.yaml --limit wkr1 --yes",
    ]);
    let unlocked = lab.answered("wmprov unlock inventory.yaml", "y");
    assert_eq!(unlocked.status, Some(0), "{}", unlocked.failure());
    let again = apply(lab);
    no_change(&again);
    within_budget(&again);
    let nodes = again["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 3);
    for node in nodes {
        assert_eq!(node["proof"][0], "13 of 13 signs", "{node}");
    }
    let plan = lab.run(&["plan", "--json"]);
    assert_eq!(plan.status, Some(0), "{}", plan.out);
    within_budget(&report(&plan.out));
    // The console runs on the manager only (real-run 1).
    for (host, status) in [("mgr1", "302"), ("wkr1", "404"), ("wkr2", "404")] {
        let seen = lab.on(host, "curl -ks -o /dev/null -w '%{http_code}' https://127.0.0.1:9443/carbon/ || \
            printf 'GET /carbon/ HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect 127.0.0.1:9443 2>/dev/null | head -1");
        assert!(seen.contains(status), "{host}: {seen}");
    }
}

/// How many changes each host's row tells.
fn rows(ran: &Ran) -> Vec<&str> {
    let table = ran
        .out
        .lines()
        .skip_while(|line| !line.starts_with("host "));
    let rows = table.skip(1).take_while(|line| !line.is_empty());
    rows.filter_map(|row| row.split_whitespace().nth(2))
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

/// Somebody changes a file on a worker: drift shows the line, and the next apply puts it back on that host only.
fn by_hand(lab: &Lab, transcript: &mut Transcript) {
    let edit =
        "sudo sed -i /HostName/s/esb/test/ /opt/wso2/wso2esb-4.9.0/repository/conf/carbon.xml";
    transcript.on(lab, "wkr1", edit);
    let found = transcript.wmprov(lab, "drift");
    assert_eq!(found.status, Some(3), "{}", found.failure());
    let mended = transcript.wmprov(lab, "apply");
    assert_eq!(rows(&mended), ["0", "2", "0"], "{}", mended.failure());
}

fn one_value(lab: &Lab) {
    write_inventory(lab, "other.example.com");
    let page = lab.site.join("next.html");
    let plan = lab.run(&["plan", "--report", page.to_str().unwrap()]);
    assert!(page.exists(), "{}", plan.failure());
    assert!(
        plan.out
            .contains("+    <HostName>other.example.com</HostName>")
            || plan
                .errors
                .contains("+    <HostName>other.example.com</HostName>"),
        "{}\n{}",
        plan.out,
        plan.errors
    );
    let changed_once = apply(lab);
    assert!(
        changed(&changed_once).iter().all(|(_, count)| *count == 2),
        "{changed_once}"
    );
    for (host, traffic) in changed_once["traffic"].as_object().unwrap() {
        assert!(traffic["execs"].as_u64().unwrap() <= 3, "{host}: {traffic}");
    }
    no_change(&apply(lab));
    write_inventory(lab, "esb.example.com");
    apply(lab);
}

/// What somebody did on a host by hand is seen, and mended on that host only.
fn strangers_hand(lab: &Lab) {
    let home = "/opt/wso2/wso2esb-4.9.0";
    lab.on("wkr1", &format!("echo x > {home}/repository/components/dropins/evil.jar; echo ' ' >> {home}/repository/conf/registry.xml; echo '# by hand' >> {home}/repository/conf/log4j.properties"));
    let plan = lab.run(&["plan", "--limit", "wkr1"]);
    // A file of the pack that no edit touches is shown with its hunk too.
    assert!(plan.all().contains("\n  -# by hand\n"), "{}", plan.all());
    lab.on("wkr2", "systemctl restart wso2esb");
    let mended = apply(lab);
    let counts = changed(&mended);
    assert_eq!(
        counts,
        [
            ("mgr1".to_owned(), 0),
            ("wkr1".to_owned(), 2),
            ("wkr2".to_owned(), 1)
        ],
        "{mended}"
    );
    assert!(
        lab.on("wkr1", &format!("ls {home}/repository/components/dropins"))
            .lines()
            .all(|name| name != "evil.jar")
    );
    no_change(&apply(lab));
}

/// What the zip is, for who has not seen it before.
fn pack_told(lab: &Lab) {
    let mut command = lab.control(env!("CARGO_BIN_EXE_wmprov"));
    let pack = lab.site.join("wso2esb-4.9.0.zip");
    let out = command
        .args(["pack", "inspect"])
        .arg(pack)
        .output()
        .unwrap();
    let page = String::from_utf8(out.stdout).unwrap();
    note_words(out.status.code(), &["pack", "inspect", "wso2esb-4.9.0.zip"]);
    assert!(out.status.success() && page.contains("4.9.0"), "{page}");
}

/// The closure names the very bundle that Equinox waits for when its need is taken away (tests/pack/selftest,
/// issue 3.7), and no host is asked.
fn needed_bundle(lab: &Lab) {
    let edit = "{carbon_edits: [{path: repository/components/worker/configuration/org.eclipse.equinox.simpleconfigurator/bundles.info, bundles: [{remove: XmlSchema}]}]}";
    let ran = lab.run(&["apply", "-e", edit]);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    for word in ["WM072", "`org.wso2.carbon.core.services`", "`XmlSchema`"] {
        assert!(
            ran.all().contains(word),
            "`{word}` is not in: {}",
            ran.all()
        );
    }
}

/// What a host must be is asked before anything is touched, but not where an earlier task brings it about.
fn java_by_an_earlier_task(lab: &Lab) {
    let playbook = lab.write(
        "java.yaml",
        "- hosts: wmprov_hosts
  become: true
  tasks:
    - file: { src: /usr/lib/jvm/java-17-openjdk-amd64, dest: /opt/jdk, state: link }
    - carbon_home: { cluster: \"{{ item.cluster }}\", node: \"{{ item.name }}\" }
      loop: \"{{ wmprov_nodes }}\"
",
    );
    let playbook = playbook.display().to_string();
    let ran = lab.run(&["apply", "-p", &playbook, "-e", "java_home=/opt/jdk"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
}

/// A task that changes nothing, or nothing that matters, puts off no gate: hosts are as they were when one is shut.
fn no_task_hides_what_is_missing(lab: &Lab) {
    let playbook = lab.write(
        "hidden.yaml",
        "- hosts: wmprov_hosts
  become: true
  tasks:
    - assert: { that: [\"inventory_hostname != ''\"] }
    - file: { path: /opt/touched, state: directory }
    - carbon_home: { cluster: \"{{ item.cluster }}\", node: \"{{ item.name }}\" }
      loop: \"{{ wmprov_nodes }}\"
",
    );
    let playbook = playbook.display().to_string();
    let ran = lab.run(&["apply", "-p", &playbook, "-e", "java_home=/opt/no-jdk"]);
    assert_eq!(ran.status, Some(1), "{}", ran.failure());
    let word = "WM151 there is no Java in `/opt/no-jdk` on host `wkr1`";
    assert!(ran.all().contains(word), "{}", ran.failure());
    for host in ["mgr1", "wkr1", "wkr2"] {
        let touched = lab.on(host, "ls -d /opt/touched 2>/dev/null || true");
        assert_eq!(touched, "", "{host}");
    }
}
