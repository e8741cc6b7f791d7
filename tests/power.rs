//! Nodes of a running cluster behind a balancer are stopped, started and restarted, on the hosts of `balancer`: the last
//! worker that serves stays, a restart that was cut goes on, and a cluster comes up in order after a power cut.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::hosts::{Lab, Ran, note_words};

const NODES: [&str; 3] = ["mgr1", "wkr1", "wkr2"];

pub(crate) fn nodes_stop_and_start(lab: &Lab) {
    one_worker_leaves_and_comes_back(lab);
    one_that_is_on_its_way_down(lab);
    two_at_once(lab);
    a_restart_that_was_cut_goes_on(lab);
    clients_that_do_not_go(lab);
    a_power_cut(lab);
    what_nodes_say(lab);
}

/// The last line of a verb that ended well.
fn report(ran: &Ran) -> Value {
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
}

fn done(lab: &Lab, arguments: &[&str]) -> Value {
    report(&lab.run(&[arguments, &["--json"]].concat()))
}

fn changed(report: &Value) -> Vec<u64> {
    let of = |host: &&str| report["hosts"][*host]["changed"].as_u64().unwrap_or(0);
    NODES.iter().map(of).collect()
}

fn pids(lab: &Lab) -> Vec<String> {
    let pid = |host: &&str| lab.on(host, "systemctl show -p MainPID --value wso2esb");
    NODES.iter().map(pid).collect()
}

fn is_down(lab: &Lab, host: &str) -> bool {
    let address = lab.address(host);
    let config = lab.on("lb1", "cat /etc/nginx/conf.d/wmprov-all.conf");
    let servers: Vec<&str> = config
        .lines()
        .filter(|line| line.contains(&address))
        .collect();
    assert!(!servers.is_empty(), "{config}");
    servers.iter().any(|line| line.contains(" down;"))
}

/// Nothing is left to do: what the verbs did is what `apply` and `drift` want.
fn all_is_as_wanted(lab: &Lab) {
    assert_eq!(changed(&lab.applied()), [0, 0, 0]);
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(0), "{}", drift.failure());
}

fn one_worker_leaves_and_comes_back(lab: &Lab) {
    let before = pids(lab);
    let all = lab.run(&["stop"]);
    assert_eq!(all.status, Some(2), "{}", all.all());
    let on = all.errors.lines().last().unwrap();
    assert!(
        on.starts_with("go on with: ") && on.ends_with(" --allow-downtime"),
        "{}",
        all.errors
    );
    let check = lab.run(&["stop", "--limit", "wkr1", "--check"]);
    assert_eq!(check.status, Some(0), "{}", check.failure());
    assert_eq!(pids(lab), before, "something was stopped");

    assert_eq!(changed(&done(lab, &["stop", "--limit", "wkr1"])), [0, 1, 0]);
    assert!(is_down(lab, "wkr1") && !is_down(lab, "wkr2"));
    let status = lab.run(&["status", "--json"]);
    assert_eq!(status.status, Some(1), "{}", status.all());
    let status: Value = serde_json::from_str(&status.out).unwrap();
    let at_balancer: Vec<&Value> = status["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| &node["balancers"]["lb1"])
        .collect();
    assert_eq!(at_balancer, ["up", "down", "up"], "{status}");
    assert_eq!(
        lab.on("wkr1", "systemctl is-active wso2esb").trim(),
        "inactive"
    );
    assert_eq!(changed(&done(lab, &["stop", "--limit", "wkr1"])), [0, 0, 0]);
    // The other one is now the last.
    let last = lab.run(&["stop", "--limit", "wkr2"]);
    assert_eq!(last.status, Some(1), "{}", last.all());
    assert!(last.all().contains("WM170"), "{}", last.all());
    // The same command alone would be refused again.
    let on = last.out.split("go on with: ").nth(1).unwrap();
    assert!(
        on.contains("wmprov start ") && on.contains(" && ") && on.contains("stop --limit wkr2"),
        "{}",
        last.out
    );
    assert_eq!(pids(lab)[2], before[2], "the last worker was stopped");
    assert!(!is_down(lab, "wkr2"));

    // Started without the pack: it lies on its host as it was.
    let pack = lab.site.join("wso2esb-4.9.0.zip");
    let aside = lab.site.join("aside.zip");
    std::fs::rename(&pack, &aside).unwrap();
    let check = done(lab, &["start", "--skip-unreachable", "--check"]);
    assert_eq!(changed(&check), [0, 1, 0]);
    let started = done(lab, &["start"]);
    assert_eq!(changed(&started), [0, 1, 0]);
    let proved = started["nodes"].as_array().unwrap();
    assert!(
        proved.iter().any(|line| line["node"] == "wkr1"),
        "{started}"
    );
    assert!(!is_down(lab, "wkr1"));
    let again = done(lab, &["start"]);
    assert_eq!(changed(&again), [0, 0, 0]);
    for host in NODES {
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
    std::fs::rename(&aside, &pack).unwrap();
    all_is_as_wanted(lab);
}

/// A stop by hand takes its time: until its end nothing is put under the server.
fn one_that_is_on_its_way_down(lab: &Lab) {
    let file = "/opt/wso2/wso2esb-4.9.0/repository/conf/log4j.properties";
    let slow = "/run/systemd/system/wso2esb.service.d";
    lab.on(
        "wkr1",
        &format!(
            "echo '# by hand' >> {file}; mkdir -p {slow}
             echo '[Service]' > {slow}/slow.conf
             echo 'ExecStop=+/bin/sh -c \"sleep 8; grep -c by.hand {file} > /run/at-its-end\"' >> {slow}/slow.conf
             systemctl daemon-reload; systemctl stop --no-block wso2esb; rm -r {slow}"
        ),
    );
    let state = "systemctl show -p ActiveState --value wso2esb";
    assert_eq!(lab.on("wkr1", state).trim(), "deactivating");
    let applied = lab.applied();
    let [_, worker, _] = changed(&applied)[..] else {
        panic!("{applied}");
    };
    assert!(worker > 0, "{applied}");
    assert_eq!(lab.on("wkr1", "cat /run/at-its-end").trim(), "1");
    assert_eq!(lab.on("wkr1", state).trim(), "active");
    all_is_as_wanted(lab);
}

/// Both workers of a batch are marked at the balancer, and brought up there again.
fn two_at_once(lab: &Lab) {
    let inventory = std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
    let both = "{ WM062: a lab, WM118: a lab }\n    carbon_serial: 2";
    lab.write(
        "inventory.yaml",
        &inventory.replace("{ WM062: a lab }", both),
    );
    let refused = lab.run(&["restart", "--limit", "worker"]);
    assert_eq!(refused.status, Some(2), "{}", refused.all());
    assert!(refused.all().contains("WM170"), "{}", refused.all());
    // Each state that the configuration is in: how many of its servers are down.
    lab.on(
        "lb1",
        "echo 'while sleep 0.05; do grep -c \" down;\" /etc/nginx/conf.d/wmprov-all.conf; done | stdbuf -oL uniq > /run/down' > /run/watch
         systemd-run --quiet --unit=watch sh /run/watch",
    );
    done(lab, &["restart", "--limit", "worker", "--allow-downtime"]);
    let both_up = NODES.iter().all(|node| !is_down(lab, node));
    let seen = lab.on("lb1", "systemctl stop watch; cat /run/down");
    let config = lab.on("lb1", "cat /etc/nginx/conf.d/wmprov-all.conf");
    let servers = config.matches("; # wkr").count().to_string();
    assert!(
        both_up && seen.lines().any(|down| down == servers),
        "{seen}"
    );
    lab.write("inventory.yaml", &inventory);
}

/// Ctrl-C after the manager: the command that goes on restarts the worker only.
fn a_restart_that_was_cut_goes_on(lab: &Lab) {
    let before = pids(lab);
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut live = lab.follow(&["restart", "--limit", "mgr1:wkr1", "--lock-wait", "600"]);
    live.until("\"task_finished\",\"host\":\"mgr1\"");
    live.signal("INT");
    let cut = live.end();
    assert_eq!(cut.status, Some(130), "{}", cut.all());
    let middle = pids(lab);
    assert_ne!(middle[0], before[0], "{}", cut.all());
    assert_eq!(
        middle[1], before[1],
        "the worker was restarted after Ctrl-C"
    );
    let last: Value = serde_json::from_str(cut.out.lines().last().unwrap()).unwrap();
    let go_on = last["go_on"].as_str().unwrap();
    let since = go_on.split_once("--since ").expect(go_on).1;
    // What an apply has proved in the second before is restarted too.
    assert!(since.parse::<u64>().unwrap() > begun.as_secs(), "{go_on}");
    // A balancer that is not ours is told by lines of the user's own.
    let told = lab.site.join("told");
    let line = |word: &str| {
        let told = told.display();
        format!("echo {word} $WMPROV_NODE $WMPROV_HOST $WMPROV_ADDRESS >> {told}")
    };
    let commands = json!({
        "carbon_drain_command": line("down"),
        "carbon_undrain_command": line("up"),
    });
    let again = ["restart", "--limit", "mgr1:wkr1", "--since", since];
    done(lab, &[&again[..], &["-e", &commands.to_string()]].concat());
    let address = lab.address("wkr1");
    assert_eq!(
        std::fs::read_to_string(&told).unwrap(),
        format!("down wkr1 wkr1 {address}\nup wkr1 wkr1 {address}\n")
    );
    let after = pids(lab);
    assert_eq!(after[0], middle[0], "the manager was restarted twice");
    assert!(after[1] != before[1] && after[2] == before[2], "{after:?}");
    assert_eq!(
        changed(&done(
            lab,
            &["restart", "--limit", "mgr1:wkr1", "--since", since]
        )),
        [0, 0, 0]
    );
}

/// A client that stays at a worker, a balancer of others that does not answer, and one of ours that is gone: each stops what was
/// asked for while the worker serves on, and may be overridden.
fn clients_that_do_not_go(lab: &Lab) {
    let before = pids(lab);
    let address = lab.address("wkr1");
    lab.on("lb1", &format!("python3 -c 'import socket, time; s = socket.create_connection((\"{address}\", 8280)); time.sleep(600)' > /dev/null 2>&1 < /dev/null & echo $! > /root/client
        for i in $(seq 600); do ss -Htn state established dst {address}:8280 | grep -q . && exit; sleep 0.1; done; exit 1"));
    let failing = json!({
        "carbon_drain_command": "echo no such pool >&2; exit 4",
        "carbon_undrain_command": "true",
    });
    let failing = failing.to_string();
    let quick = "carbon_drain_timeout=3";
    for (extra, words) in [
        (quick, "WM171 `wkr1` has 1 open connection after 3 s"),
        (
            &failing,
            "`carbon_drain_command` of `wkr1` ended with exit status: 4: no such pool",
        ),
    ] {
        let ran = lab.run(&["restart", "--limit", "wkr1", "-e", extra]);
        assert_eq!(ran.status, Some(1), "{}", ran.failure());
        assert!(ran.all().contains(words), "{}", ran.all());
        assert_eq!(pids(lab), before, "the worker was stopped");
        assert!(!is_down(lab, "wkr1"));
    }
    let cut = lab.run(&["stop", "--limit", "wkr1", "--cut", "-e", quick]);
    assert_eq!(cut.status, Some(0), "{}", cut.failure());
    assert!(cut.all().contains("; they are cut"), "{}", cut.all());
    lab.on("lb1", "kill $(cat /root/client); rm /root/client");

    lab.tool(&["kill", "lb1"]);
    let start = ["start", "--limit", "wkr1"];
    let ran = lab.run(&start);
    assert_eq!(ran.status, Some(1), "{}", ran.failure());
    done(lab, &[&start[..], &["--skip-unreachable"]].concat());
    lab.tool(&["start", "lb1"]);
}

/// Every machine but the balancer loses power; one is kept from starting its node by itself.
fn a_power_cut(lab: &Lab) {
    lab.on("wkr1", "systemctl disable wso2esb; sync");
    lab.tool(&[&["kill"][..], &NODES].concat());
    lab.tool(&[&["start"][..], &NODES].concat());
    let ran = lab.run(&["start", "--json"]);
    let cold = report(&ran);
    assert_eq!(changed(&cold), [1, 1, 1], "{cold}");
    let ended: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.contains("task_finished"))
        .collect();
    let at = |host: &str| {
        ended
            .iter()
            .position(|line| line.contains(&format!("\"host\":\"{host}\"")))
    };
    assert!(
        at("mgr1") < at("wkr1") && at("mgr1") < at("wkr2"),
        "{ended:?}"
    );
    for worker in ["wkr1", "wkr2"] {
        assert!(!is_down(lab, worker), "{worker}");
    }
    // The unit that somebody disabled is not this verb's to enable.
    assert_eq!(changed(&lab.applied()), [0, 1, 0]);
    all_is_as_wanted(lab);
}

/// The ends of all logs, secrets masked, and the threads of all servers.
fn what_nodes_say(lab: &Lab) {
    let log = "/opt/wso2/wso2esb-4.9.0/repository/logs/wso2carbon.log";
    lab.on(
        "wkr1",
        &format!("printf 'login with canary-71d2 failed \\033[2J\\n' >> {log}"),
    );
    let logs = lab.run(&["logs", "--lines", "400"]);
    assert_eq!(logs.status, Some(0), "{}", logs.errors);
    assert_eq!(logs.out.matches(": journal").count(), 3);
    assert!(
        logs.out.contains("login with *** failed \u{fffd}[2J"),
        "it is masked, and moves no cursor"
    );
    let last = lab.run(&["logs", "-n", "1", "--limit", "wkr1", "--json"]);
    let last: Value = serde_json::from_str(&last.out).unwrap();
    assert_eq!(
        last["nodes"][0]["carbon"]["lines"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "{last}"
    );

    watched(lab);
    let before = pids(lab);
    let one = lab.run(&["threads", "--limit", "wkr1"]);
    assert_eq!(one.status, Some(0), "{}", one.failure());
    assert!(!one.out.contains("mgr1"), "{}", one.out);
    let threads = lab.run(&["threads", "--json"]);
    assert_eq!(threads.status, Some(0), "{}", threads.failure());
    let threads: Value = serde_json::from_str(&threads.out).unwrap();
    for node in threads["nodes"].as_array().unwrap() {
        // The hosts have a JRE only.
        assert_eq!(node["by"], "journal", "{node}");
        assert!(node["states"]["RUNNABLE"].as_u64().unwrap() > 3, "{node}");
    }
    assert_eq!(pids(lab), before);
    lab.all_typed(&[
        "wmprov logs inventory.yaml",
        "wmprov logs inventory.yaml --limit wkr1 --lines 200",
        "wmprov logs inventory.yaml -n 50",
        "wmprov restart inventory.yaml --lock-wait 600",
        "wmprov stop inventory.yaml --limit mgr1",
    ]);
    lab.on("wkr2", "systemctl stop wso2esb");
    let stopped = lab.run(&["threads"]);
    assert_eq!(stopped.status, Some(1), "{}", stopped.all());
    assert!(
        stopped.out.contains("no dump: no server process runs"),
        "{}",
        stopped.out
    );
}

/// One page follows the other, until Ctrl-C.
fn watched(lab: &Lab) {
    let mut command = lab.command(&["status", "--watch", "5"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let pages = lines.filter(|line| line.as_ref().unwrap().starts_with("all: esb 4.9.0"));
    assert_eq!(pages.take(2).count(), 2);
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &pid]).status();
    assert!(sent.unwrap().success());
    let code = child.wait().unwrap().code();
    note_words(code, &["status", "inventory.yaml", "--watch", "5"]);
    assert_eq!(code, Some(0));
}
