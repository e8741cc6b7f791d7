//! Going back on real hosts: a bad value, the old files byte for byte, and forward again; what hosts keep is read by
//! root alone where it could be tried against.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::hosts::{Lab, root};

const HOME: &str = "/opt/wso2/wso2esb-4.9.0";
const HOSTS: [&str; 3] = ["mgr1", "wkr1", "wkr2"];

const EDITS: &str = "carbon_edits:
  - path: repository/conf/user-mgt.xml
    xml:
      - set: Realm/Configuration/AdminUser/Password
        to: '{{ carbon_admin_password }}'
";

fn site() -> Option<Lab> {
    let lab = Lab::up("wmback", &HOSTS)?;
    let built = Command::new(root().join("tests/pack/build"))
        .args(["esb", "4.9.0"])
        .arg(lab.site.join("wso2esb-4.9.0.zip"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(built.status.success(), "{said}");
    // Beside the inventory, which is written again and again: what is adopted goes here and stays.
    std::fs::create_dir(lab.site.join("group_vars")).unwrap();
    lab.write("group_vars/all.yml", EDITS);
    Some(lab)
}

/// The inventory with these values; the store's password is a secret by its vaulted nature elsewhere, here by name.
fn inventory(lab: &Lab, hostname: &str, heap: &str) {
    let keys = lab.keys().display();
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: {hostname}
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_admin_password: canary-57ab
    carbon_waive: {{ WM062: a lab in which nothing is vaulted }}
    carbon_heap: {heap}
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
  children:
    manager:
      hosts:
        mgr1: {{ ansible_host: {} }}
    worker:
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

/// A verb that must end well, and its last line.
fn done(lab: &Lab, arguments: &[&str]) -> Value {
    let all = [arguments, &["--json", "--lock-wait", "120"]].concat();
    let ran = lab.run(&all);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
}

/// A page as JSON.
fn page(lab: &Lab, verb: &str) -> Value {
    let ran = lab.run(&[verb, "--json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    serde_json::from_str(&ran.out).unwrap()
}

fn changed(report: &Value) -> Vec<u64> {
    HOSTS
        .iter()
        .map(|host| report["hosts"][host]["changed"].as_u64().unwrap())
        .collect()
}

/// Every byte, mode and owner of what is configured, on all hosts, and the unit files.
fn bytes(lab: &Lab) -> Vec<String> {
    let list = format!(
        "cd {HOME} && {{ find repository/conf bin -type f; echo /etc/systemd/system/wso2esb.service; }} | sort | \
         while read f; do stat -c '%n %a %U:%G' $f; sha256sum < $f; done"
    );
    HOSTS.iter().map(|host| lab.on(host, &list)).collect()
}

fn on_all(lab: &Lab, line: &str) -> Vec<String> {
    HOSTS.iter().map(|host| lab.on(host, line)).collect()
}

#[test]
fn a_cluster_goes_back_and_forth() {
    let Some(lab) = site() else {
        return;
    };
    inventory(&lab, "esb.example.com", "64m:256m");
    done(&lab, &["apply"]);
    adopted(&lab);
    let good = bytes(&lab);
    kept_from_others(&lab);
    there_and_back(&lab, &good);
    generations(&lab);
    killed(&lab, &good);
    crate::saved::what_was_reviewed_is_done(&lab);
    story(&lab);
    crate::apart::who_is_apart_is_started_once_more(&lab);
    crate::vaulted::passwords_go_into_the_vault(&lab);
}

/// What a stranger on a host can read tells nothing that a password could be tried against.
fn kept_from_others(lab: &Lab) {
    let file = format!("{HOME}/repository/conf/user-mgt.xml");
    let digest = lab.on("wkr1", &format!("sha256sum {file}"));
    let digest = digest.split_whitespace().next().unwrap();
    assert!(
        lab.on("wkr1", &format!("cat {file}"))
            .contains("canary-57ab")
    );
    let state = format!("{HOME}.wmprov");
    let read = |user: &str| {
        lab.on(
            "wkr1",
            &format!("runuser -u {user} -- find {state} /var/lib/wmprov -type f -exec grep -lsF -e {digest} -e canary-57ab {{}} +"),
        )
    };
    assert_eq!(
        read("guest"),
        "",
        "a stranger sees the secret or its digest"
    );
    let row = lab.on("wkr1", &format!("grep user-mgt.xml {state}/manifest"));
    assert!(row.contains("f k:"), "{row}");
    assert_eq!(
        lab.on(
            "wkr1",
            &format!("stat -c '%a %U' {state}/key {state}/generations")
        ),
        "600 root\n600 root\n"
    );
    // The keyed row is opened by root: nothing has drifted.
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(0), "{}", drift.failure());
    lab.on("wkr1", &format!("echo >> {file}"));
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(3), "{}", drift.all());
    assert!(drift.out.contains("user-mgt.xml"), "{}", drift.all());
    lab.on("wkr1", &format!("truncate -s -1 {file}"));
}

/// The process of a worker; a restart is another.
fn pid(lab: &Lab) -> String {
    lab.on("wkr1", &format!("cat {HOME}/wso2carbon.pid"))
}

/// What somebody changed by hand, has read by a restart by hand, and takes into the inventory: nothing restarts for it, and
/// the record has it from then on.
fn adopted(lab: &Lab) {
    lab.on(
        "wkr1",
        &format!(
            "cd {HOME}; echo '# by hand' >> repository/conf/log4j.properties; systemctl restart wso2esb; \
             until kill -0 $(cat wso2carbon.pid) 2>/dev/null; do sleep 0.1; done"
        ),
    );
    let before = pid(lab);
    let adopt = lab.run(&["adopt", "--yes"]);
    assert_eq!(adopt.status, Some(0), "{}", adopt.failure());
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.failure());
    for said in [
        "record of /opt/wso2/wso2esb-4.9.0: of other files than lie there -> written anew",
        "role of wkr1: not proved of this process -> proved",
    ] {
        assert!(plan.all().contains(said), "{said}: {}", plan.all());
    }
    assert!(!plan.all().contains("restarted"), "{}", plan.all());
    assert_eq!(changed(&done(lab, &["apply"])), [0, 2, 0]);
    assert_eq!(pid(lab), before, "it ran those very files");
    let row = lab.on(
        "wkr1",
        &format!("cd {HOME}; grep -F \"$(sha256sum < repository/conf/log4j.properties | cut -c 1-64)\" ../wso2esb-4.9.0.wmprov/manifest"),
    );
    assert!(row.contains("log4j.properties"), "{row}");
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(0), "{}", plan.failure());
}

/// Changed by hand: files that the next run only mends, and one that it changes at once.
fn by_hand(lab: &Lab) {
    let mended = format!(
        "cd {HOME}/repository/conf && echo '# by hand' >> tomcat/context.xml; chown root:root log4j.properties; chmod 600 log4j.properties"
    );
    lab.on("wkr1", &mended);
    lab.on("wkr2", &format!("echo '{REMARK}' >> {CHANGED}"));
}

/// What a run does change, and a remark in it.
const CHANGED: &str = "/opt/wso2/wso2esb-4.9.0/repository/conf/carbon.xml";
const REMARK: &str = "<!-- by hand -->";

fn there_and_back(lab: &Lab, good: &[String]) {
    by_hand(lab);
    inventory(lab, "bad.example.com", "64m:200m");
    done(lab, &["apply"]);
    let bad = bytes(lab);
    assert_ne!(bad, good);
    // Neither the pack nor this machine's memory of it is needed to go back.
    let pack = lab.site.join("wso2esb-4.9.0.zip");
    let aside = lab.site.join("aside.zip");
    std::fs::rename(&pack, &aside).unwrap();
    let shown = lab.run(&["rollback", "--check"]);
    assert_eq!(shown.status, Some(0), "{}", shown.failure());
    assert_eq!(bytes(lab), bad, "--check touched something");
    // What comes back is shown line by line, as a plan shows it.
    for (sign, name) in [('-', "bad.example.com"), ('+', "esb.example.com")] {
        let all = shown.all();
        let mut lines = all.lines().map(str::trim_start);
        let told = lines.any(|line| line.starts_with(sign) && line.contains(name));
        assert!(told, "{sign}{name}: {}", shown.all());
    }
    let unit = "/etc/systemd/system/wso2esb.service";
    assert!(shown.all().contains(unit), "{}", shown.all());
    assert!(!shown.all().contains("canary-57ab"), "{}", shown.all());
    // What was mended stays mended; of what was changed besides there is no other copy.
    for told in [
        "repository/conf/tomcat/context.xml stays as it is, as generation 1 had it; what generation 2 found there, changed by hand, is kept in /opt/wso2/wso2esb-4.9.0.wmprov/previous/2",
        "repository/conf/carbon.xml is put back as generation 2 found it: generation 1 had it otherwise, and no copy of that is kept",
    ] {
        assert_eq!(
            shown.all().matches(told).count(),
            1,
            "{told}: {}",
            shown.all()
        );
    }
    let back = done(lab, &["rollback"]);
    assert_eq!(changed(&back), [1, 1, 1], "{back}");
    let remark = lab.on("wkr2", &format!("tail -n 1 {CHANGED}"));
    assert_eq!(remark.trim(), REMARK);
    let length = REMARK.len() + 1;
    lab.on("wkr2", &format!("truncate -s -{length} {CHANGED}"));
    assert_eq!(bytes(lab), good);
    // Nodes are proved, and what was put back is no link to what is kept.
    let status = page(lab, "status");
    for node in status["nodes"].as_array().unwrap() {
        assert_eq!(node["proved"], true, "{node}");
        // Of two that are together only one has logged a join.
        assert_eq!([&node["members"], &node["of_members"]], [3, 3], "{node}");
    }
    let links = on_all(
        lab,
        &format!("stat -c %h {HOME}/repository/conf/carbon.xml"),
    );
    assert_eq!(links, ["1\n"; 3]);
    std::fs::rename(&aside, &pack).unwrap();
    // What was undone is pending, and is no drift.
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.all());
    assert!(plan.all().contains("bad.example.com"), "{}", plan.all());
    let drift = lab.run(&["drift"]);
    assert!(drift.out.contains("pending"), "{}", drift.all());
    // A rollback is undone by the next, and that by the next. A worker that stands still, as a cut may leave it, is brought up
    // first: the other is the last that serves.
    lab.on("wkr2", "systemctl stop wso2esb");
    done(lab, &["rollback"]);
    assert_eq!(bytes(lab), bad);
    done(lab, &["rollback"]);
    assert_eq!(bytes(lab), good);
    // With the old inventory nothing is left to do. What was adopted after the generation that came back is no reason to
    // restart: the worker runs it.
    inventory(lab, "esb.example.com", "64m:256m");
    let before = pid(lab);
    let plan = lab.run(&["plan"]);
    let said = "role of wkr1: proved when other files were wanted -> proved";
    assert!(plan.all().contains(said), "{}", plan.all());
    assert_eq!(changed(&done(lab, &["apply"])), [0, 1, 0]);
    assert_eq!(pid(lab), before);
    assert_eq!(changed(&done(lab, &["apply"])), [0, 0, 0]);
}

fn generations(lab: &Lab) {
    let all = page(lab, "generations");
    for node in all["nodes"].as_array().unwrap() {
        let made = node["made"].as_array().unwrap();
        let verbs: Vec<&str> = made
            .iter()
            .map(|one| one["verb"].as_str().unwrap())
            .collect();
        assert_eq!(
            verbs,
            ["apply", "apply", "rollback", "rollback", "rollback"],
            "{node}"
        );
        assert_eq!(made[2]["back"]["to"], 1, "{node}");
        assert_eq!(node["kept"].as_array().unwrap().len(), 4, "{node}");
    }
    // To a generation that is as the node is already.
    lab.all_typed(&[
        "wmprov generations inventory.yaml",
        "wmprov history inventory.yaml",
        "wmprov rollback inventory.yaml --to 3 --limit wkr1",
    ]);
    let one = lab.run(&["generations", "--limit", "wkr1", "--json"]);
    let one: Value = serde_json::from_str(&one.out).unwrap();
    assert_eq!(one["nodes"].as_array().unwrap().len(), 1, "{one}");
    let back = done(
        lab,
        &["rollback", "--to", "4", "--limit", "wkr1", "--check"],
    );
    assert_eq!(back["hosts"].as_object().unwrap().len(), 1, "{back}");
    // A number that no node has is refused before anything is touched.
    let refused = lab.run(&["rollback", "--to", "77"]);
    assert_eq!(refused.status, Some(2), "{}", refused.all());
    assert!(
        refused.all().contains("it can go back to 4, 3, 2, 1"),
        "{}",
        refused.all()
    );
}

/// `kill -9` in a rollback: the next one carries on with it, the nodes end on one side.
fn killed(lab: &Lab, good: &[String]) {
    let left = || {
        let of_a_run = format!("ls {HOME}.wmprov | grep -E 'journal|stage|ready|back|new'; true");
        on_all(lab, &of_a_run)
    };
    for after in [700, 4000] {
        inventory(lab, &format!("bad{after}.example.com"), "64m:200m");
        done(lab, &["apply"]);
        let bad = bytes(lab);
        let mut child = lab.command(&["rollback"]).spawn().unwrap();
        // The phase is chosen by time: what counts is that any moment is mended.
        std::thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
        child.wait().unwrap();
        let begun = on_all(
            lab,
            &format!("grep -c '\"verb\":\"rollback\"' {HOME}.wmprov/generations"),
        );
        done(lab, &["rollback"]);
        let now = bytes(lab);
        assert!(
            now == good || now == bad,
            "after {after} ms, begun {begun:?}: {now:?}"
        );
        assert_eq!(left(), [""; 3], "after {after} ms");
        inventory(lab, "esb.example.com", "64m:256m");
        done(lab, &["apply"]);
        assert_eq!(bytes(lab), good, "after {after} ms");
    }
    // An apply that finds the Homes as it wants them takes away what was staged by a rollback that was killed before it went on:
    // all of it on one host, some on another.
    let of_a_rollback = [
        (
            "mgr1",
            "mkdir stage && touch unit.back record.new generation.new && echo 'back to 1' > ready",
        ),
        ("wkr1", "mkdir -p stage/repository && touch record.new"),
    ];
    for (host, line) in of_a_rollback {
        lab.on(host, &format!("cd {HOME}.wmprov && {line}"));
    }
    assert_eq!(changed(&done(lab, &["apply"])), [1, 1, 0]);
    assert_eq!(left(), [""; 3]);
    assert_eq!(changed(&done(lab, &["apply"])), [0, 0, 0]);
    // No more are kept than `carbon_keep_generations` says.
    let kept = lab.on("mgr1", &format!("ls {HOME}.wmprov/previous | grep -c rows"));
    assert!(kept.trim().parse::<u32>().unwrap() <= 5, "{kept}");
}

fn story(lab: &Lab) {
    // Where the environment names nobody, the system does; and who became root is known.
    let inventory = lab.site.join("inventory.yaml");
    let words = [
        "-u",
        "USER",
        "-u",
        "LOGNAME",
        "SUDO_USER=alice",
        env!("CARGO_BIN_EXE_wmprov"),
        "apply",
        inventory.to_str().unwrap(),
    ];
    let ran = lab.control("env").args(words).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let runs = page(lab, "history");
    let runs = runs["runs"].as_array().unwrap();
    let by = runs[0]["by"].as_str().unwrap();
    assert!(by.starts_with("alice as root@"), "{by}");
    let outcomes: Vec<&str> = runs
        .iter()
        .map(|run| run["outcome"].as_str().unwrap())
        .collect();
    assert!(
        outcomes.contains(&"begun"),
        "a killed run never ended: {outcomes:?}"
    );
    assert!(
        runs.iter()
            .any(|run| run["verb"] == "rollback" && run["hosts"]["wkr1"] == 1)
    );
    assert!(
        runs[0]["by"].as_str().unwrap().contains("apply"),
        "{}",
        runs[0]
    );
    the_hosts_alone_tell(lab, runs);
    let on_host = lab.on(
        "wkr1",
        "stat -c %a /var/lib/wmprov/history; wc -l < /var/lib/wmprov/history",
    );
    let mut lines = on_host.lines();
    assert_eq!(lines.next(), Some("600"));
    assert!(
        lines.next().unwrap().parse::<u32>().unwrap() >= 6,
        "{on_host}"
    );
    let text = lab.run(&["status"]);
    assert!(
        text.out.contains("esb 4.9.0") && text.out.contains("13 of 13 signs"),
        "{}",
        text.all()
    );
    lab.on("wkr2", "systemctl stop wso2esb");
    let stopped = lab.run(&["status", "--json"]);
    assert_eq!(stopped.status, Some(1), "{}", stopped.all());
    assert!(stopped.out.contains("\"stopped\""), "{}", stopped.out);
}

/// A machine that has run nothing itself knows of the runs that did something on hosts, and of no other.
fn the_hosts_alone_tell(lab: &Lab, all: &[Value]) {
    let nowhere = format!("XDG_STATE_HOME={}", lab.site.join("nowhere").display());
    let inventory = lab.site.join("inventory.yaml").display().to_string();
    let words = [
        nowhere.as_str(),
        env!("CARGO_BIN_EXE_wmprov"),
        "history",
        "--json",
        &inventory,
    ];
    let ran = lab.control("env").args(words).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let page: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let theirs = page["runs"].as_array().unwrap();
    let known = |run: &Value| all.iter().any(|one| one["run"] == run["run"]);
    assert!(theirs.len() > 5 && theirs.iter().all(known), "{page}");
    assert!(
        theirs.len() < all.len(),
        "what touched no host is known here alone"
    );
    let acted = |run: &Value| !run["hosts"].as_object().unwrap().is_empty();
    assert!(theirs.iter().all(acted), "{page}");
}
