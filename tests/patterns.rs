//! Patterns 2 and 3 on real hosts: two managers, two workers, who is in which domain, who coordinates. In pattern 2 a
//! balancer stands before the managers and one before the workers, the registry is in MariaDB, artifacts go by rsync; it is
//! broken in every way at once, and the active manager's role is handed over.

use serde_json::Value;

use crate::databases::{ADMIN, ANOTHER, SALT, drivers};
use crate::hosts::{Lab, lab_pack};

/// A database server, as an administrator of databases sets it up.
const SERVER: &str = r#"set -e
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q mariadb-server >/root/apt.log 2>&1 || { tail -20 /root/apt.log; exit 1; }
printf '[mysqld]\nbind-address=0.0.0.0\nskip-name-resolve\n' > /etc/mysql/mariadb.conf.d/99-lab.cnf
systemctl restart mariadb
for pair in REG:reg UM:um; do
  name=${pair%:*} user=${pair#*:}
  mariadb -e "CREATE DATABASE $name; CREATE USER $user@'10.77.%' IDENTIFIED BY '$user-pass'; GRANT ALL ON $name.* TO $user@'10.77.%'"
done
echo up"#;

const HOSTS: [&str; 4] = ["mgr1", "mgr2", "wkr1", "wkr2"];

/// Writes the inventory of the four hosts in the pattern of that number, with more variables and groups.
fn write_inventory(lab: &Lab, pattern: u8, vars: &str, groups: &str) {
    let keys = lab.keys().display();
    let address = |host: &str| format!("{host}: {{ ansible_host: {} }}", lab.address(host));
    let [mgr1, mgr2, wkr1, wkr2] = HOSTS.map(address);
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pattern: {pattern}
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: esb.example.com
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_admin_password: admin
    carbon_heap: 64m:256m
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts -o ConnectTimeout=3
{vars}  children:
{groups}    manager: {{ hosts: {{ {mgr1}, {mgr2} }} }}
    worker: {{ hosts: {{ {wkr1}, {wkr2} }} }}
"
    );
    lab.write("inventory.yaml", &text);
}

/// What a node's log says of its domain since its last start, and whether it was elected there.
pub(crate) fn domain_of(lab: &Lab, host: &str) -> (String, bool) {
    let log = "/opt/wso2/wso2esb-4.9.0/repository/logs/wso2carbon.log";
    let line = format!(
        "tac {log} | sed '/Cluster domain/q' | grep -oE 'Cluster domain: [a-z0-9.]+|Elected this member' | sort -u"
    );
    let said = lab.on(host, &line);
    let domain = said
        .lines()
        .find_map(|line| line.strip_prefix("Cluster domain: "));
    (
        domain.unwrap_or_default().to_owned(),
        said.contains("Elected this member"),
    )
}

/// Every node proved, one coordinator a domain; a second apply finds nothing.
fn stands(lab: &Lab, domains: &[(&str, &[&str])]) {
    let first = lab.applied();
    let nodes = first["nodes"].as_array().unwrap().iter();
    for node in nodes.filter(|node| node["role"] != "balancer") {
        assert_eq!(node["proof"][0], "13 of 13 signs", "{node}");
    }
    for (domain, hosts) in domains {
        let seen: Vec<(String, bool)> = hosts.iter().map(|host| domain_of(lab, host)).collect();
        assert!(seen.iter().all(|(seen, _)| seen == domain), "{seen:?}");
        let elected = seen.iter().filter(|(_, elected)| *elected).count();
        assert_eq!(elected, 1, "{domain}: {seen:?}");
    }
    let again = lab.applied();
    for host in HOSTS {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
}

/// The hosts on which a task acted, in the order in which they ended.
fn rollout(events: &str) -> Vec<String> {
    let ended = events
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    ended
        .filter(|event| event["event"] == "task_finished" && event["module"] == "carbon_node")
        .filter(|event| event["outcome"] == "changed")
        .map(|event| event["host"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn managers_and_workers_keep_to_their_domains() {
    let Some(lab) = Lab::up("wmpat", &[&HOSTS[..], &["lb1", "lb2", "db1"]].concat()) else {
        return;
    };
    lab_pack(&lab, "esb", "4.9.0");
    drivers(&lab);
    let said = lab.on("db1", SERVER);
    assert!(said.contains("up"), "{said}");
    let [lb1, lb2, db1] = ["lb1", "lb2", "db1"].map(|host| lab.address(host));
    let balancers = format!(
        "    load_balancer:
      hosts:
        lb1: {{ ansible_host: {lb1}, carbon_balances: workers }}
        lb2: {{ ansible_host: {lb2}, carbon_balances: managers }}
"
    );
    let databases = format!(
        "    carbon_waive: {{ WM062: a lab }}
    carbon_database_jars: drivers.jar
    carbon_databases:
      registry: {{ url: \"jdbc:mysql://{db1}/REG\", user: reg, password: reg-pass, pool: 10 }}
      users: {{ url: \"jdbc:mysql://{db1}/UM\", user: um, password: um-pass, pool: 10 }}
"
    );
    // Pushes come when a test wants them: what is not pushed yet is what a handover may lose.
    let vars = format!(
        "{databases}    carbon_firewall: nftables
    carbon_console_allow: {}
    carbon_artifact_sync: rsync
    carbon_sync_interval: 3600
",
        lab.address("wkr1")
    );
    write_inventory(&lab, 2, &vars, &balancers);
    let plan = lab.run(&["plan"]);
    assert!(
        plan.out.contains("note: ") && plan.out.contains("15 minutes"),
        "{}",
        plan.all()
    );
    let first = lab.run(&["apply", "--json"]);
    assert_eq!(first.status, Some(0), "{}", first.failure());
    assert_eq!(rollout(&first.out), ["mgr1", "wkr1", "wkr2", "mgr2"]);
    let apart: [(&str, &[&str]); 2] = [
        ("wso2.esb.mgt.domain", &["mgr1", "mgr2"]),
        ("wso2.esb.domain", &["wkr1", "wkr2"]),
    ];
    stands(&lab, &apart);
    each_domain_is_walled(&lab);
    crate::broken::every_break_is_found_and_mended(&lab);
    crate::promote::another_manager(&lab);
    // Another domain never meets the old one: that change does not roll.
    let vars = format!("{databases}    carbon_manager_active: mgr2\n");
    write_inventory(&lab, 3, &vars, "");
    // Another password of the administrator besides, whom a server has made at its first start.
    let inventory = std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
    lab.write(
        "inventory.yaml",
        &inventory.replace(
            "carbon_admin_password: admin",
            "carbon_admin_password: another1",
        ),
    );
    lab.on("db1", &format!("mariadb UM -e \"INSERT INTO UM_USER (UM_USER_NAME, UM_USER_PASSWORD, UM_SALT_VALUE, UM_CHANGED_TIME, UM_TENANT_ID) VALUES ('admin', '{ADMIN}', '{SALT}', now(), -1234)\""));
    let refused = lab.run(&["apply"]);
    assert_eq!(refused.status, Some(1), "{}", refused.all());
    assert!(
        refused.all().contains("this change cannot roll"),
        "{}",
        refused.all()
    );
    for host in HOSTS {
        lab.on(host, "systemctl stop wso2esb");
    }
    stands(&lab, &[("wso2.esb.domain", &HOSTS)]);
    let kept = "mariadb -N UM -e 'SELECT UM_USER_PASSWORD FROM UM_USER'";
    assert_eq!(lab.on("db1", kept).trim(), ANOTHER);
}

/// Members of the other domain have no business at a member port, nor has the other side's balancer at a node.
fn each_domain_is_walled(lab: &Lab) {
    // The administrator sits at wkr1; artifacts go over SSH.
    let rows = [
        ("mgr1", "mgr2", 4100, "open"),
        ("wkr1", "wkr2", 4100, "open"),
        ("mgr1", "wkr1", 4100, "shut"),
        ("wkr1", "mgr1", 4100, "shut"),
        ("lb1", "wkr1", 8280, "open"),
        ("lb2", "wkr1", 8280, "shut"),
        ("lb2", "mgr2", 9443, "open"),
        ("lb1", "mgr1", 9443, "shut"),
        ("wkr1", "mgr2", 9443, "open"),
        ("wkr2", "mgr1", 9443, "shut"),
        ("mgr1", "wkr2", 22, "open"),
    ];
    for (from, to, port, wanted) in rows {
        let seen = crate::firewall::hosts::tries(lab, from, to, port);
        assert_eq!(seen, wanted, "{from} to {to}:{port}");
    }
}
