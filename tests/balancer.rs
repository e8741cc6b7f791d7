//! A load balancer before a cluster of pattern 1 whose artifacts go through a repository, on real hosts: nginx from the host's
//! packages, what clients and administrators get through it, rollouts that clients do not notice; then broken by hand.

use crate::broken::{Break, break_all, drift_names, of_nodes};
use crate::hosts::{Lab, lab_pack, root};
use crate::main_job::{right_clock, wrong_clock};

const HOSTS: [&str; 4] = ["lb1", "mgr1", "wkr1", "wkr2"];
const HOME: &str = "/opt/wso2/wso2esb-4.9.0";

fn write_inventory(lab: &Lab, more: &str) {
    let keys = lab.keys().display();
    let address = |host: &str| format!("{host}: {{ ansible_host: {} }}", lab.address(host));
    let [lb1, mgr1, wkr1, wkr2] = HOSTS.map(address);
    let text = format!(
        "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: esb.example.com
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_console_allow: [{wkr}, \"fd00:77::21\"]
    carbon_firewall: nftables
    carbon_admin_password: admin
    carbon_artifact_sync: svn
    carbon_svnkit_jar: svnkit-all-1.8.14.jar
    carbon_svn_password: svn-pass1
    carbon_waive: {{ WM062: a lab }}
    ops_password: canary-71d2
    carbon_heap: 64m:256m
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
{more}  children:
    load_balancer: {{ hosts: {{ {lb1} }} }}
    manager: {{ hosts: {{ {mgr1} }} }}
    worker: {{ hosts: {{ {wkr1}, {wkr2} }} }}
    artifact_store: {{ hosts: {{ mgr1: }} }}
",
        wkr = lab.address("wkr1"),
    );
    lab.write("inventory.yaml", &text);
}

/// Asks the balancer from a host: `status` and the first line of the body, or a redirect's target.
fn ask(lab: &Lab, from: &str, url: &str) -> String {
    let address = lab.address("lb1");
    lab.on(
        from,
        &format!("python3 /root/client.py ask {address} '{url}'"),
    )
    .trim()
    .to_owned()
}

#[test]
fn clients_reach_a_cluster_through_its_balancer() {
    let Some(lab) = Lab::up("wmlb", &HOSTS) else {
        return;
    };
    lab_pack(&lab, "esb", "4.9.0");
    crate::svn::client(&lab);
    write_inventory(&lab, "");
    for host in HOSTS {
        // Carbon looks for artifacts every 15 s; here it may be sooner.
        lab.on(host, "echo scan.interval=1000 > /etc/labpack.properties");
        lab.put(
            host,
            &root().join("tests/balancer/client.py"),
            "/root/client.py",
        );
    }
    from_nothing(&lab);
    names_and_refusals(&lab);
    crate::firewall::hosts::only_who_has_business_there_comes_in(&lab);
    a_configuration_that_nginx_refuses(&lab);
    keystores_outside_homes_are_compared(&lab);
    a_rolling_change_goes_unnoticed(&lab);
    what_breaks_is_named_and_mended(&lab);
    crate::power::nodes_stop_and_start(&lab);
    crate::hosts_go::a_host_goes_and_a_new_one_comes(&lab);
    crate::firewall::hosts::a_firewall_goes(&lab);
    crate::hosts_go::a_dead_one_goes(&lab);
}

fn from_nothing(lab: &Lab) {
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(3), "{}", plan.all());
    assert!(
        plan.all().contains("server_name esb.example.com;"),
        "{}",
        plan.all()
    );
    assert!(
        plan.all().contains("+        tcp dport { 4100 } reject"),
        "{}",
        plan.all()
    );
    lab.applied();
    let again = lab.applied();
    for host in HOSTS {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
    let lines = again["nodes"].as_array().unwrap();
    let front = lines
        .iter()
        .find(|line| line["role"] == "balancer")
        .unwrap();
    // Not to be seen in a lab: a service's WSDL, names in DNS, a session before the login.
    assert_eq!(front["proof"][0], "6 of 9 signs", "{front}");
    let config = lab.on("lb1", "cat /etc/nginx/conf.d/wmprov-all.conf");
    assert!(!config.contains(" down;"), "{config}");
    // The stock site is what it was, and is served.
    assert_eq!(
        lab.on("lb1", "dpkg -V nginx-common nginx | grep -v '^missing'"),
        ""
    );
    assert!(ask(lab, "lb1", "http://other.example.com/").starts_with("200"));
    assert_eq!(
        lab.on("lb1", "stat -c %a /etc/nginx/wmprov-all/lab.key")
            .trim(),
        "600"
    );
    it_is_known_who_moved(lab);
}

/// What a balancer was given last is recorded: another name in the inventory is pending, a line by hand is drift, and
/// where there are both it is both.
fn it_is_known_who_moved(lab: &Lab) {
    let classes = || {
        let drift = lab.run(&["drift", "--limit", "lb1", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&drift.out).unwrap();
        let found = report["hosts"]["lb1"]["differences"].as_array().unwrap();
        let line = |one: &serde_json::Value| {
            let [path, class] = ["path", "class"].map(|key| one[key].as_str().unwrap());
            format!("{class} {path}")
        };
        let mut lines: Vec<String> = found.iter().map(line).collect();
        lines.sort();
        lines
    };
    const CONFIG: &str = "/etc/nginx/conf.d/wmprov-all.conf";
    let inventory = std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
    let other = inventory.replace("carbon_hostname: esb.", "carbon_hostname: bus.");
    let by_hand = || lab.on("lb1", &format!("echo '# by hand' >> {CONFIG}"));
    by_hand();
    assert_eq!(classes(), [format!("drift {CONFIG}")]);
    lab.write("inventory.yaml", &other);
    let mut config: Vec<String> = classes();
    config.retain(|line| line.ends_with(CONFIG));
    assert_eq!(config, [format!("both {CONFIG}")]);
    lab.on("lb1", &format!("sed -i '$d' {CONFIG}"));
    assert_eq!(
        classes(),
        [
            format!("pending {CONFIG}"),
            "pending certificate /etc/nginx/wmprov-all/lab.crt".to_owned(),
            "pending what clients of all get".to_owned(),
        ]
    );
    lab.write("inventory.yaml", &inventory);
}

/// Procedure 7, rows 33 to 36, as clients and administrators see them.
fn names_and_refusals(lab: &Lab) {
    let api = format!("{HOME}/repository/deployment/server/synapse-configs/default/api");
    let text = "<api xmlns=\"http://ws.apache.org/ns/synapse\" name=\"Probe\" context=\"/probe\"><resource methods=\"GET\"><inSequence><payloadFactory media-type=\"json\"><format>{\"v\":1}</format></payloadFactory><respond/></inSequence></resource></api>";
    lab.on(
        "mgr1",
        &format!(
            "mkdir -p {api}; printf '%s' '{text}' > {api}/Probe.xml; chown -R wso2:wso2 {api}"
        ),
    );
    let address = lab.address("lb1");
    let awaited = lab.on(
        "mgr1",
        &format!(
            "python3 /root/client.py await {address} http://esb.example.com/probe '{{\"v\":1}}' 60"
        ),
    );
    assert_eq!(awaited.trim(), "came");
    assert_eq!(
        ask(lab, "mgr1", "https://esb.example.com/probe"),
        "200 {\"v\":1}"
    );
    for path in [
        "/carbon/",
        "/carbon;x/",
        "/t/a.com/carbon/",
        "/services/ServerAdmin",
        "/services/UserAdmin.xyz",
        "//carbon/",
    ] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://esb.example.com{path}");
            assert!(ask(lab, "mgr1", &url).starts_with("403"), "{url}");
        }
    }
    // The console's name is for administrators, and its redirects name no port of the node.
    let console = "https://mgt.esb.example.com/carbon/";
    assert!(
        ask(lab, "mgr1", console).starts_with("403"),
        "{}",
        ask(lab, "mgr1", console)
    );
    let redirect = ask(lab, "wkr1", console);
    assert!(
        redirect.starts_with("302 https://mgt.esb.example.com/carbon/"),
        "{redirect}"
    );
    assert_eq!(
        ask(lab, "wkr1", "http://mgt.esb.example.com/carbon/"),
        "301 https://mgt.esb.example.com/carbon/"
    );
    let log = lab.on(
        "mgr1",
        &format!("grep 'Mgt Console URL' {HOME}/repository/logs/wso2carbon.log | tail -1"),
    );
    assert!(
        log.contains("https://mgt.esb.example.com:443/carbon/")
            || log.contains("https://mgt.esb.example.com/carbon/"),
        "{log}"
    );
    let names = lab.on(
        "lb1",
        "openssl x509 -in /etc/nginx/wmprov-all/lab.crt -noout -text | grep -E 'DNS:|Public-Key'",
    );
    for word in [
        "DNS:esb.example.com",
        "DNS:mgt.esb.example.com",
        "(2048 bit)",
    ] {
        assert!(names.contains(word), "{names}");
    }
}

/// Procedure 7, row 56: whoever waives that a keystore lies outside the Homes is told where it is not the same on all nodes.
fn keystores_outside_homes_are_compared(lab: &Lab) {
    let put = |words: &str| {
        for (host, word) in ["mgr1", "wkr1", "wkr2"].iter().zip(words.split(' ')) {
            lab.on(host, &format!("echo {word} > /etc/esb.jks"));
        }
    };
    let edit = serde_json::json!({
        "carbon_waive": { "WM056": "a lab", "WM062": "a lab" },
        "carbon_edits": [{ "path": "repository/conf/tomcat/catalina-server.xml", "xml": [
            { "set": "Service/Connector[@port='9443']/@keystoreFile", "to": "/etc/esb.jks" },
        ] }],
    })
    .to_string();
    let told =
        "WM056 cluster `all`: `/etc/esb.jks` of `wkr2` is another keystore than that of `mgr1`";
    for (words, is_told) in [("one one other", true), ("one one one", false)] {
        put(words);
        let plan = lab.run(&["plan", "-e", &edit]);
        assert_eq!(plan.status, Some(3), "{}", plan.failure());
        assert_eq!(plan.all().contains(told), is_told, "{}", plan.all());
    }
}

/// What nginx does not take, the operator's own file included, is not put in force: the former file is back in its place.
fn a_configuration_that_nginx_refuses(lab: &Lab) {
    let file = "/etc/nginx/conf.d/wmprov-all.conf";
    let before = lab.on("lb1", &format!("cat {file}"));
    lab.on(
        "lb1",
        "echo 'no_such_directive;' > /etc/nginx/conf.d/own.conf",
    );
    let refused = lab.run(&["apply", "-e", "carbon_console_allow=10.77.0.0/16"]);
    assert_eq!(refused.status, Some(1), "{}", refused.all());
    for word in ["WM065", "no_such_directive", "own.conf:1"] {
        assert!(refused.all().contains(word), "{word}: {}", refused.all());
    }
    assert_eq!(lab.on("lb1", &format!("cat {file}")), before);
    lab.on("lb1", "rm /etc/nginx/conf.d/own.conf; nginx -t 2>/dev/null");
    assert_eq!(
        ask(lab, "mgr1", "https://esb.example.com/probe"),
        "200 {\"v\":1}"
    );
}

/// Every worker restarts while clients hammer the balancer (real-run 9): none with a connection a request
/// fails; a kept connection is at most closed before an answer's first byte, and good on one retry.
fn a_rolling_change_goes_unnoticed(lab: &Lab) {
    let address = lab.address("lb1");
    let hammers = [("http", 6), ("https", 2)];
    for (scheme, threads) in hammers {
        lab.on("mgr1", &format!("rm -f /root/stop; python3 /root/client.py hammer {address} {scheme}://esb.example.com/probe '{{\"v\":1}}' {threads} /root/stop > /root/{scheme}.json 2> /root/{scheme}.err < /dev/null &"));
    }
    let started = |host: &str| lab.on(host, "systemctl show -p MainPID --value wso2esb");
    let before = ["wkr1", "wkr2"].map(started);
    write_inventory(lab, "    carbon_heartbeat: 50\n");
    let report = lab.applied();
    lab.on("mgr1", "touch /root/stop");
    for (host, pid) in ["wkr1", "wkr2"].iter().zip(&before) {
        assert_eq!(report["hosts"][*host]["failed"], 0);
        assert_ne!(started(host), *pid, "{host} was not restarted");
    }
    for (scheme, _) in hammers {
        let wait = format!(
            "for i in $(seq 100); do [ -s /root/{scheme}.json ] && break; sleep 0.3; done; cat /root/{scheme}.json /root/{scheme}.err"
        );
        let said = lab.on("mgr1", &wait);
        let counts: serde_json::Value = serde_json::from_str(&said).expect(&said);
        assert_eq!(counts["wrong"], serde_json::json!([]), "{counts}");
        assert_eq!(counts["single_failed"], 0, "{counts}");
        assert_eq!(counts["kept_closed"], counts["kept_retried"], "{counts}");
        assert!(counts["single"].as_u64().unwrap() > 100, "{counts}");
        assert!(counts["kept"].as_u64().unwrap() > 100, "{counts}");
        println!("{scheme}: {counts}");
    }
    let again = lab.applied();
    for host in HOSTS {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
}

/// What the store, its rules for a node, and the balancer meet.
const BESIDES: [Break; 3] = [
    ("mgr1", "systemctl stop wmprov-svn", &["wmprov-svn"]),
    (
        "mgr1",
        "sed -i '/^wkr1/d' /var/lib/wmprov-svn/all/conf/authz",
        &["conf/authz"],
    ),
    ("lb1", "systemctl stop nginx", &["nginx"]),
];

/// A disk that is full; then all at once: one `drift` names each, one `apply` mends them, and the clock that is wrong is told.
fn what_breaks_is_named_and_mended(lab: &Lab) {
    let edited = format!("echo '<!-- by hand -->' >> {HOME}/repository/conf/registry.xml");
    lab.on("wkr1", &edited);
    lab.tool(&["fault", "wkr1", "full", &format!("{HOME}.wmprov")]);
    let full = lab.run(&["apply"]);
    lab.tool(&["fault", "wkr1", "heal"]);
    assert_eq!(full.status, Some(1), "{}", full.all());
    let told = "No space left on device";
    assert!(full.all().contains(told), "{}", full.all());
    let breaks = [&of_nodes("mgr1")[..], &BESIDES].concat();
    break_all(lab, &breaks);
    wrong_clock(lab, "wkr2");
    drift_names(lab, &breaks);
    let mended = lab.run(&["apply"]);
    right_clock(lab, "wkr2");
    assert_eq!(mended.status, Some(0), "{}", mended.failure());
    let told = "WM057 cluster `all`: the clock of `wkr2` is at least";
    assert!(mended.all().contains(told), "{}", mended.all());
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(0), "{}", drift.all());
}
