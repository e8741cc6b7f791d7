//! A worker leaves its cluster for good, and a new machine comes under its name, on the hosts of `balancer`.

use serde_json::Value;

use crate::hosts::{Lab, Ran};

const HOME: &str = "/opt/wso2/wso2esb-4.9.0";

pub(crate) fn a_host_goes_and_a_new_one_comes(lab: &Lab) {
    // All run: what went before has left one stopped.
    report(&lab.run(&["start", "--json"]));
    let two = inventory(lab);
    // One worker is too few, unless it is said why not.
    let refused = lab.run(&["decommission", "wkr2"]);
    assert_eq!(refused.status, Some(2), "{}", refused.failure());
    assert!(
        refused
            .all()
            .contains("WM104 cluster `all` has one worker, `wkr1`, without `wkr2`"),
        "{}",
        refused.all()
    );
    assert_eq!(inventory(lab), two);
    let waived = "{ WM062: a lab, WM104: another comes soon }";
    let before = two.replacen("{ WM062: a lab }", waived, 1);
    lab.write("inventory.yaml", &before);
    who_may_not_go(lab);
    a_worker_goes(lab, &before);
    lab.write("inventory.yaml", &before);
    a_new_machine_comes(lab);
    assert_eq!(inventory(lab), before);
}

/// Its host has lost power for good: what names it is written anew, no other node is restarted.
pub(crate) fn a_dead_one_goes(lab: &Lab) {
    let before = inventory(lab);
    let others = ["mgr1", "wkr1"].map(|host| pid(lab, host));
    let address = lab.address("wkr2");
    lab.tool(&["kill", "wkr2"]);
    let living = lab.run(&["decommission", "wkr2"]);
    assert_eq!(living.status, Some(1), "{}", living.failure());
    let asked = lab.run(&["decommission", "wkr2", "--dead"]);
    assert_eq!(asked.status, Some(2), "{}", asked.failure());
    for said in ["nothing is done on wkr2", "give `--yes`"] {
        assert!(asked.all().contains(said), "{said}: {}", asked.all());
    }
    assert_eq!(inventory(lab), before);
    report(&lab.run(&["decommission", "wkr2", "--dead", "--yes", "--json"]));
    let gone = format!(", wkr2: {{ ansible_host: {address} }}");
    assert_eq!(inventory(lab), before.replacen(&gone, "", 1));
    let config = lab.on("lb1", "cat /etc/nginx/conf.d/wmprov-all.conf");
    assert!(!config.contains(&address), "{config}");
    for host in ["mgr1", "wkr1"] {
        let members = format!("grep -c '{address}' {HOME}/repository/conf/axis2/axis2.xml");
        assert_eq!(lab.on(host, &members).trim(), "0", "{host}");
    }
    assert_eq!(["mgr1", "wkr1"].map(|host| pid(lab, host)), others);
    let again = lab.applied();
    for host in ["lb1", "mgr1", "wkr1"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
}

fn inventory(lab: &Lab) -> String {
    std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap()
}

fn report(ran: &Ran) -> Value {
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let ends: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.contains("\"run_finished\""))
        .collect();
    assert_eq!(ends.len(), 1, "one end is told: {}", ran.failure());
    serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
}

fn pid(lab: &Lab, host: &str) -> String {
    lab.on(host, "systemctl show -p MainPID --value wso2esb")
}

fn who_may_not_go(lab: &Lab) {
    for (host, said) in [
        ("mgr1", "is the active manager of cluster `all`"),
        ("lb1", "is a load balancer"),
        ("wkr3", "there is no host `wkr3`"),
    ] {
        let ran = lab.run(&["decommission", host]);
        assert_eq!(ran.status, Some(2), "{}", ran.failure());
        assert!(ran.all().contains(said), "{said}: {}", ran.all());
    }
    let asked = lab.run(&["decommission", "wkr2", "--purge"]);
    assert_eq!(asked.status, Some(2), "{}", asked.failure());
    for said in [HOME, "give `--yes`"] {
        assert!(asked.all().contains(said), "{said}: {}", asked.all());
    }
}

fn a_worker_goes(lab: &Lab, before: &str) {
    let others = ["mgr1", "wkr1"].map(|host| pid(lab, host));
    let address = lab.address("wkr2");
    let named = |host: &str, file: &str| lab.on(host, &format!("grep -c '{address}' {file}"));
    let config = "/etc/nginx/conf.d/wmprov-all.conf";
    let members = format!("{HOME}/repository/conf/axis2/axis2.xml");
    let check = lab.run(&["decommission", "wkr2", "--check"]);
    assert_eq!(check.status, Some(0), "{}", check.failure());
    assert_eq!(inventory(lab), before);
    assert_ne!(pid(lab, "wkr2").trim(), "0");

    // Cut on the host, it goes on.
    let mut live = lab.follow(&["decommission", "wkr2"]);
    live.until("\"task\":\"Unit file\",\"module\"");
    live.signal("KILL");
    live.end();
    assert_eq!(inventory(lab), before);
    let done = lab.run(&["decommission", "wkr2", "--json", "--lock-wait", "120"]);
    report(&done);
    let after = inventory(lab);
    assert!(!after.contains("wkr2"), "{after}");
    let gone = format!(", wkr2: {{ ansible_host: {address} }}");
    assert_eq!(after, before.replacen(&gone, "", 1));
    assert_eq!(named("lb1", config).trim(), "0");
    for host in ["mgr1", "wkr1"] {
        assert_eq!(named(host, &members).trim(), "0", "{host}");
    }
    // The firewalls of the others let it in no more, and it has none itself.
    for host in ["mgr1", "wkr1"] {
        assert_eq!(
            named(host, "/etc/wmprov/firewall.nft").trim(),
            "0",
            "{host}"
        );
    }
    let walls =
        "nft list tables | grep wmprov; ls /etc/wmprov /etc/systemd/system | grep -i firewall";
    assert_eq!(lab.on("wkr2", walls), "");
    let unit = "systemctl show -p LoadState,ActiveState --value wso2esb; ls -d";
    let unit = lab.on("wkr2", &format!("{unit} {HOME}"));
    assert_eq!(unit, format!("not-found\ninactive\n{HOME}\n"));
    assert_eq!(["mgr1", "wkr1"].map(|host| pid(lab, host)), others);
    let again = lab.applied();
    for host in ["lb1", "mgr1", "wkr1"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
    // All that is wmprov's on it goes too, where that is wanted.
    lab.write("inventory.yaml", before);
    let purged = lab.typed("wmprov decommission wkr2 inventory.yaml --purge --yes");
    assert_eq!(purged.status, Some(0), "{}", purged.failure());
    assert_eq!(lab.on("wkr2", &format!("ls -d {HOME} {HOME}.wmprov")), "");
    assert_eq!(inventory(lab), after);
    let last = lab.run(&["decommission", "wkr1"]);
    assert_eq!(last.status, Some(2), "{}", last.failure());
    assert_eq!(inventory(lab), after);
}

/// What was `wkr2` has nothing but its address, and other keys.
fn a_new_machine_comes(lab: &Lab) {
    lab.on("wkr2", &format!("rm -rf {HOME} {HOME}.wmprov /var/lib/wmprov /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh"));
    let known = lab.keys().join("known_hosts");
    let key = lab.on("wkr2", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    let key = key.split(' ').nth(1).unwrap().to_owned();
    let before = std::fs::read_to_string(&known).unwrap();

    let asked = lab.run(&["replace", "wkr2"]);
    assert_eq!(asked.status, Some(2), "{}", asked.failure());
    for said in [&*key, "known is", "--host-key", "WM192"] {
        assert!(asked.all().contains(said), "{said}: {}", asked.all());
    }
    let other = lab.run(&["replace", "wkr2", "--host-key", "SHA256:another"]);
    assert_eq!(other.status, Some(2), "{}", other.failure());
    assert_eq!(std::fs::read_to_string(&known).unwrap(), before);

    let others = ["mgr1", "wkr1"].map(|host| pid(lab, host));
    let done = lab.run(&["replace", "wkr2", "--host-key", &key, "--json"]);
    let done = report(&done);
    let nodes = done["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|line| line["node"] == "wkr2").unwrap();
    assert!(
        node["proof"][0].as_str().unwrap().starts_with("1"),
        "{node}"
    );
    assert_eq!(["mgr1", "wkr1"].map(|host| pid(lab, host)), others);
    let config = lab.on("lb1", "cat /etc/nginx/conf.d/wmprov-all.conf");
    assert!(
        config.contains("# wkr2") && !config.contains(" down;"),
        "{config}"
    );
    // The next run knows it; member lists that named it no more name it again.
    lab.applied();
    let again = lab.applied();
    for host in ["lb1", "mgr1", "wkr1", "wkr2"] {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
}
