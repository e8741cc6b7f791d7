//! The active manager's role goes from one host to the other and back, on the hosts of `patterns`: with clients on the
//! workers, cut in the middle by `kill -9`, and from a manager that has lost power.

use serde_json::{Value, json};

use crate::hosts::{Lab, Ran, root};
use crate::patterns::domain_of;

const HOSTS: [&str; 6] = ["lb1", "lb2", "mgr1", "mgr2", "wkr1", "wkr2"];
const SERVER: &str = "/opt/wso2/wso2esb-4.9.0/repository/deployment/server";
const APIS: &str = "synapse-configs/default/api";
const URL: &str = "http://esb.example.com/probe";

pub(crate) fn another_manager(lab: &Lab) {
    deploy(lab, "mgr1", "Probe");
    lab.on("mgr1", "systemctl start wmprov-sync-all");
    let client = root().join("tests/balancer/client.py");
    lab.put("lb1", &client, "/root/client.py");
    let address = lab.address("lb1");
    let come = format!("python3 /root/client.py await {address} {URL} '{{\"v\":1}}' 60");
    assert_eq!(lab.on("lb1", &come).trim(), "came");
    let workers = pids(lab);
    lab.on("lb1", &format!("python3 /root/client.py hammer {address} {URL} '{{\"v\":1}}' 2 /root/stop > /root/counts 2> /root/errors < /dev/null &"));
    a_name_that_is_none(lab);
    nothing_is_lost_with_a_living_one(lab);
    cut_it_is_undone_or_finished(lab);
    lab.on("lb1", "touch /root/stop");
    let counts = "for i in $(seq 100); do [ -s /root/counts ] && break; sleep 0.3; done; cat /root/counts /root/errors";
    let said = lab.on("lb1", counts);
    let counts: Value = serde_json::from_str(&said).expect(&said);
    assert_eq!(counts["wrong"], json!([]), "{counts}");
    assert_eq!(counts["single_failed"], 0, "{counts}");
    assert_eq!(counts["kept_closed"], counts["kept_retried"], "{counts}");
    assert!(counts["single"].as_u64().unwrap() > 100, "{counts}");
    println!("worker requests during handovers: {counts}");
    a_dead_one(lab);
    assert_eq!(pids(lab), workers, "a worker was restarted");
}

/// Deploys an API on a manager, as its console would.
fn deploy(lab: &Lab, host: &str, name: &str) {
    let context = name.to_lowercase();
    let text = format!(
        "<api xmlns=\"http://ws.apache.org/ns/synapse\" name=\"{name}\" context=\"/{context}\"><resource methods=\"GET\"><inSequence><payloadFactory media-type=\"json\"><format>{{\"v\":1}}</format></payloadFactory><respond/></inSequence></resource></api>"
    );
    lab.on(
        host,
        &format!("mkdir -p {SERVER}/{APIS} && printf '%s' '{text}' > {SERVER}/{APIS}/{name}.xml && chown -R wso2:wso2 {SERVER}"),
    );
}

fn has(lab: &Lab, host: &str, name: &str) -> bool {
    let line = format!("[ -e {SERVER}/{APIS}/{name}.xml ] && echo yes");
    lab.on(host, &line).trim() == "yes"
}

fn pids(lab: &Lab) -> Vec<String> {
    let pid = |host: &str| lab.on(host, "systemctl show -p MainPID --value wso2esb");
    ["wkr1", "wkr2"].map(pid).to_vec()
}

/// The program with the manager's name before the inventory.
fn promote(lab: &Lab, manager: &str, more: &[&str]) -> Ran {
    lab.run(&[&["promote", manager], more].concat())
}

fn promoted(lab: &Lab, manager: &str, more: &[&str]) -> Value {
    let ran = promote(lab, manager, &[more, &["--json"]].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
}

fn inventory(lab: &Lab) -> String {
    std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap()
}

/// One committer, one coordinator, one console: `active`'s; and nothing is left to do.
fn stands(lab: &Lab, active: &str, passive: &str) {
    assert!(inventory(lab).contains(&format!("carbon_manager_active: {active}\n")));
    let timer =
        "systemctl is-active wmprov-sync-all.timer; systemctl is-enabled wmprov-sync-all.timer";
    assert_eq!(lab.on(active, timer), "active\nenabled\n");
    assert!(!lab.on(passive, timer).starts_with("active"));
    let config = lab.on("lb2", "cat /etc/nginx/conf.d/wmprov-all.conf");
    assert!(config.contains(&format!("; # {active}")), "{config}");
    assert!(!config.contains(&format!("; # {passive}")), "{config}");
    assert!(!config.contains(" down;"), "{config}");
    assert!(domain_of(lab, active).1, "{active} does not coordinate");
    assert!(!domain_of(lab, passive).1, "{passive} coordinates");
    let again = lab.applied();
    for host in HOSTS {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
}

fn a_name_that_is_none(lab: &Lab) {
    for (name, said) in [
        ("wkr1", "only a passive manager"),
        ("mgr3", "did you mean `mgr"),
    ] {
        let ran = promote(lab, name, &[]);
        assert_eq!(ran.status, Some(2), "{}", ran.failure());
        assert!(ran.all().contains(said), "{}", ran.all());
    }
}

fn nothing_is_lost_with_a_living_one(lab: &Lab) {
    let before = inventory(lab);
    deploy(lab, "mgr1", "Late");
    let check = promote(lab, "mgr2", &["--check"]);
    assert_eq!(check.status, Some(0), "{}", check.failure());
    for said in [
        "`carbon_manager_active: mgr2` is added",
        "active manager of cluster all",
    ] {
        assert!(check.all().contains(said), "{said}: {}", check.all());
    }
    let dead = promote(lab, "mgr2", &["--dead", "--yes"]);
    assert_eq!(dead.status, Some(2), "{}", dead.failure());
    assert!(
        dead.all()
            .contains("manager `mgr1` is not dead: its host answers"),
        "{}",
        dead.all()
    );
    assert_eq!(inventory(lab), before);
    assert!(!has(lab, "mgr2", "Late"));

    promoted(lab, "mgr2", &[]);
    let line = "    carbon_manager_active: mgr2\n    carbon_product: esb\n";
    assert_eq!(
        inventory(lab),
        before.replacen("    carbon_product: esb\n", line, 1)
    );
    for host in &HOSTS[2..] {
        assert!(has(lab, host, "Late"), "Late is lost on {host}");
    }
    stands(lab, "mgr2", "mgr1");
}

/// `kill -9` while the console is drained, then when nobody is the committer.
fn cut_it_is_undone_or_finished(lab: &Lab) {
    deploy(lab, "mgr2", "Later");
    let mut live = lab.follow(&["promote", "mgr1"]);
    live.until("open connection");
    live.signal("KILL");
    live.end();
    assert!(inventory(lab).contains("carbon_manager_active: mgr1\n"));
    promoted(lab, "mgr2", &["--lock-wait", "120"]);
    assert!(inventory(lab).contains("carbon_manager_active: mgr2\n"));
    let console = lab.on("lb2", "grep mgr /etc/nginx/conf.d/wmprov-all.conf");
    assert!(
        console.contains("; # mgr2") && !console.contains(" down;"),
        "{console}"
    );

    let mut live = lab.follow(&["promote", "mgr1"]);
    live.until("\"task\":\"Former active manager\",\"module\"");
    live.signal("KILL");
    live.end();
    let finished = lab.run(&["apply", "--lock-wait", "120"]);
    assert_eq!(finished.status, Some(0), "{}", finished.failure());
    for host in &HOSTS[2..] {
        assert!(has(lab, host, "Later"), "Later is lost on {host}");
    }
    stands(lab, "mgr1", "mgr2");
}

/// What only the dead one had is not pushed over what has come since, and is kept.
fn a_dead_one(lab: &Lab) {
    deploy(lab, "mgr1", "Lost");
    lab.tool(&["kill", "mgr1"]);
    let living = promote(lab, "mgr2", &[]);
    assert_eq!(living.status, Some(1), "{}", living.failure());
    assert!(inventory(lab).contains("carbon_manager_active: mgr1\n"));
    let asked = promote(lab, "mgr2", &["--dead"]);
    assert_eq!(asked.status, Some(2), "{}", asked.failure());
    for said in [
        "after its last push, at most 3600 s before it died",
        "give `--yes`",
    ] {
        assert!(asked.all().contains(said), "{said}: {}", asked.all());
    }
    promoted(lab, "mgr2", &["--dead", "--yes"]);
    deploy(lab, "mgr2", "New");
    // The timer's own push may be under way, and have passed this: it is waited for, and followed by another.
    for _ in 0..2 {
        lab.on("mgr2", "systemctl start wmprov-sync-all");
    }
    assert!(has(lab, "wkr1", "New"));

    // It comes back as what it was, and is let in nowhere.
    lab.tool(&["start", "mgr1"]);
    let pushed = lab.on(
        "mgr1",
        "systemctl start wmprov-sync-all; cat /var/lib/wmprov/sync-all/state/last",
    );
    assert!(pushed.contains("Permission denied"), "{pushed}");
    assert!(has(lab, "wkr1", "New") && !has(lab, "wkr1", "Lost"));
    let back = lab.run(&["apply"]);
    assert_eq!(back.status, Some(0), "{}", back.failure());
    assert!(
        back.all().contains("what it had deployed is kept in"),
        "{}",
        back.all()
    );
    let kept = format!("ls /opt/wso2/wso2esb-4.9.0.wmprov/left-*/{APIS}");
    assert!(lab.on("mgr1", &kept).contains("Lost.xml"));
    assert!(has(lab, "mgr1", "New") && !has(lab, "mgr1", "Lost"));
    stands(lab, "mgr2", "mgr1");
}
