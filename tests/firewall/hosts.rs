//! What gets through the firewall on the hosts of `balancer`, whose clusters have one from their first start on: packets
//! both ways, tables that somebody has changed, and rules that shut out whoever loads them.

use std::fs;

use crate::hosts::{Lab, Ran};

const NODES: [&str; 3] = ["mgr1", "wkr1", "wkr2"];

pub(crate) fn only_who_has_business_there_comes_in(lab: &Lab) {
    packets(lab);
    packets_of_version_6(lab);
    what_somebody_changed_is_found_and_mended(lab);
    rules_that_shut_out_are_taken_back(lab);
    whom_a_change_drops_is_shut_out_at_its_end(lab);
    let again = lab.applied();
    for host in NODES {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
        assert_eq!(again["traffic"][host]["execs"], 1, "{again}");
    }
}

/// `open` or `shut`: whether a connection to a port comes about, from a host or from the control side.
pub(crate) fn tries(lab: &Lab, from: &str, to: &str, port: u16) -> &'static str {
    let line =
        |to: &str| format!("timeout 5 bash -c '</dev/tcp/{to}/{port}' 2>/dev/null && echo open");
    let said = match from {
        // Names of hosts are known to hosts only.
        "control" => {
            let line = line(&lab.address(to));
            let out = lab.control("bash").args(["-c", &line]).output().unwrap();
            String::from_utf8(out.stdout).unwrap()
        }
        host => lab.on(host, &line(to)),
    };
    match said.trim() {
        "open" => "open",
        _ => "shut",
    }
}

fn packets(lab: &Lab) {
    // What is none of wmprov's business is as open as it was.
    lab.on("wkr2", "systemd-run --unit=stranger python3 -m http.server 7777 && for i in $(seq 50); do ss -Htln sport 7777 | grep -q . && break; sleep 0.1; done");
    // Administrators are wkr1 (carbon_console_allow).
    let rows = [
        ("lb1", "wkr2", 8280, "open"),
        ("lb1", "wkr2", 8243, "open"),
        ("mgr1", "wkr2", 8280, "shut"),
        ("control", "wkr2", 8280, "shut"),
        ("wkr1", "wkr2", 8243, "shut"),
        ("wkr1", "wkr2", 4100, "open"),
        ("mgr1", "wkr2", 4100, "open"),
        ("wkr2", "mgr1", 4100, "open"),
        ("lb1", "wkr2", 4100, "shut"),
        ("control", "mgr1", 4100, "shut"),
        ("mgr1", "wkr2", 9443, "open"),
        ("wkr1", "wkr2", 9443, "open"),
        ("lb1", "wkr2", 9443, "shut"),
        ("control", "wkr2", 9763, "shut"),
        ("lb1", "mgr1", 9443, "open"),
        ("wkr1", "mgr1", 9443, "open"),
        ("wkr2", "mgr1", 9443, "shut"),
        ("control", "mgr1", 9443, "shut"),
        ("wkr1", "mgr1", 8280, "open"),
        ("wkr2", "mgr1", 8280, "shut"),
        ("wkr1", "wkr2", 9999, "open"),
        ("wkr1", "mgr1", 11111, "open"),
        ("mgr1", "wkr2", 9999, "shut"),
        ("lb1", "wkr2", 11111, "shut"),
        ("control", "mgr1", 11111, "shut"),
        ("wkr2", "wkr2", 9999, "open"),
        ("control", "wkr2", 22, "open"),
        ("mgr1", "wkr2", 22, "open"),
        ("control", "wkr2", 7777, "open"),
        ("control", "lb1", 443, "open"),
        ("wkr1", "mgr1", 3690, "open"),
        ("lb1", "mgr1", 3690, "shut"),
        ("control", "mgr1", 3690, "shut"),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(from, to, port, wanted)| tries(lab, from, to, *port) != *wanted)
        .map(|(from, to, port, wanted)| format!("{from} to {to}:{port} is not {wanted}"))
        .collect();
    lab.on("wkr2", "systemctl stop stranger");
    let table = lab.on("wkr2", "nft list table inet wmprov");
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
    let ping = lab.on("lb1", &format!("python3 - <<'E'\nimport socket,struct\ns=socket.socket(2,socket.SOCK_RAW,1)\ns.settimeout(5)\nb=struct.pack('!BBHHH',8,0,0,7,1)\nc=(0x0800+7+1)^0xffff\nb=struct.pack('!BBHHH',8,0,c,7,1)\ns.sendto(b,('{}',0))\nprint(s.recv(99)[20])\nE", lab.address("wkr2")));
    assert_eq!(ping.trim(), "0", "no answer to a ping");
}

/// Carbon listens by both versions of IP, so what is shut by one is shut by the other.
fn packets_of_version_6(lab: &Lab) {
    for (host, end) in [("mgr1", 11), ("wkr1", 21), ("wkr2", 22)] {
        lab.on(
            host,
            &format!("ip -6 address add fd00:77::{end}/64 dev eth0 nodad"),
        );
    }
    for (from, port, wanted) in [
        ("wkr1", 9443, "open"),
        ("mgr1", 9443, "shut"),
        ("wkr1", 8280, "shut"),
        ("mgr1", 4100, "shut"),
        ("mgr1", 22, "open"),
    ] {
        let seen = tries(lab, from, "fd00:77::22", port);
        assert_eq!(seen, wanted, "{from} to wkr2:{port}");
    }
    for host in NODES {
        lab.on(host, "ip -6 address flush dev eth0 scope global");
    }
}

/// Flushed, a rule more, no unit, no record (as a cut between loading and noting leaves it): each is found by name, mended by apply, and comes back with Debian's own service.
fn what_somebody_changed_is_found_and_mended(lab: &Lab) {
    lab.on(
        "mgr1",
        "nft insert rule inet wmprov input tcp dport 9443 accept",
    );
    lab.on("wkr1", "nft flush table inet wmprov");
    lab.on(
        "wkr2",
        "systemctl disable wmprov-firewall 2>/dev/null; rm /var/lib/wmprov/firewall",
    );
    assert_eq!(tries(lab, "control", "mgr1", 9443), "open");
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(3), "{}", drift.failure());
    for said in [
        "table inet wmprov",
        "tcp dport 9443 accept",
        "wmprov-firewall.service",
    ] {
        assert!(drift.all().contains(said), "{said}: {}", drift.all());
    }
    let report = lab.applied();
    for host in NODES {
        assert_eq!(report["hosts"][host]["changed"], 1, "{report}");
    }
    assert_eq!(tries(lab, "control", "mgr1", 9443), "shut");
    assert_eq!(tries(lab, "control", "wkr1", 8280), "shut");
    // Of other things that lie on workers alone there is still some.
    let drift = lab.run(&["drift"]);
    for gone in ["table inet wmprov", "wmprov-firewall", "/etc/wmprov"] {
        assert!(!drift.all().contains(gone), "{gone}: {}", drift.all());
    }
    // Whose configuration begins with a flush of all there is; ours comes back right behind it.
    for verb in ["restart", "reload"] {
        let back = "for i in $(seq 100); do nft list table inet wmprov 2>/dev/null | grep -q 8280 && break; sleep 0.1; done";
        lab.on("wkr1", &format!("systemctl {verb} nftables; {back}"));
        assert_eq!(tries(lab, "control", "wkr1", 8280), "shut", "{verb}");
    }
    // As at a start of the host.
    lab.on("wkr2", "nft delete table inet wmprov; systemctl stop wmprov-firewall; systemctl start sysinit.target wmprov-firewall");
    assert_eq!(tries(lab, "control", "wkr2", 8280), "shut");
}

fn table(lab: &Lab, host: &str) -> String {
    lab.on(host, "nft list table inet wmprov")
}

/// Loads rules of the test's own on one host.
fn own_rules(lab: &Lab, host: &str) -> Vec<String> {
    let playbook = lab.site.join("own/site.yaml");
    let playbook = playbook.to_str().unwrap();
    [
        "apply", "-p", playbook, "--tags", "firewall", "--limit", host,
    ]
    .map(str::to_owned)
    .to_vec()
}

fn rules_that_shut_out_are_taken_back(lab: &Lab) {
    let own = lab.site.join("own");
    let exported = lab.control(env!("CARGO_BIN_EXE_wmprov"));
    let mut exported = exported;
    let out = exported
        .args(["playbook", "export"])
        .arg(&own)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let template = own.join("templates/carbon.firewall.nft.j2");
    let text = fs::read_to_string(&template).unwrap();
    let shut = text.replacen(
        "        iif \"lo\" accept\n",
        "        tcp dport 22 reject with tcp reset\n        iif \"lo\" accept\n",
        1,
    );
    assert_ne!(shut, text);
    fs::write(&template, shut).unwrap();
    let before = [table(lab, "wkr1"), table(lab, "wkr2")];

    // Killed while its rules are on trial, nobody is left who could take them back but the host.
    let arguments = own_rules(lab, "wkr2");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let live = lab.follow(&arguments);
    let armed = "for i in $(seq 600); do [ -e /run/wmprov-firewall/armed ] && nft list table inet wmprov | grep -q 'dport 22 reject' && break; sleep 0.1; done; nft list table inet wmprov";
    let on_trial = lab.on("wkr2", armed);
    assert!(on_trial.contains("dport 22 reject"), "{on_trial}");
    live.signal("KILL");
    live.end();
    assert_eq!(tries(lab, "control", "wkr2", 22), "shut");

    // Whoever lives to see it is told.
    let arguments = own_rules(lab, "wkr1");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let refused = lab.run(&arguments);
    assert_eq!(refused.status, Some(1), "{}", refused.failure());
    told(&refused, &["WM185", "they are taken back"]);
    assert_eq!(table(lab, "wkr1"), before[0]);

    let wait =
        "for i in $(seq 600); do [ -e /run/wmprov-firewall/armed ] || break; sleep 0.1; done";
    lab.on("wkr2", wait);
    assert_eq!(table(lab, "wkr2"), before[1]);
    for host in ["wkr1", "wkr2"] {
        assert_eq!(tries(lab, "control", host, 22), "open");
    }

    // What nft does not take changes nothing.
    fs::write(
        &template,
        text.replacen("policy accept;", "policy accept; nonsense", 1),
    )
    .unwrap();
    let refused = lab.run(&arguments);
    assert_eq!(refused.status, Some(1), "{}", refused.failure());
    told(&refused, &["WM186", "nonsense"]);
    assert_eq!(table(lab, "wkr1"), before[0]);
    fs::remove_dir_all(&own).unwrap();
}

fn told(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(ran.all().contains(word), "{word}: {}", ran.all());
    }
}

/// Of two tasks the first lets in whom it adds, the last shuts out whom it drops.
fn whom_a_change_drops_is_shut_out_at_its_end(lab: &Lab) {
    let other = format!("carbon_console_allow={}", lab.address("wkr2"));
    let ran = lab.run(&["apply", "--json", "--tags", "firewall", "-e", &other]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let ended = |task: &str| {
        let words = [
            format!("\"task\":\"{task}\""),
            "\"host\":\"mgr1\"".to_owned(),
        ];
        let is = |line: &&str| {
            line.contains("task_finished") && words.iter().all(|word| line.contains(word))
        };
        ran.out.lines().find(is).unwrap_or_default().to_owned()
    };
    let (first, last) = (ended("Firewall"), ended("Nobody of before"));
    for line in [&first, &last] {
        assert!(line.contains("\"outcome\":\"changed\""), "{line}");
    }
    assert_eq!(tries(lab, "wkr2", "mgr1", 9443), "open");
    assert_eq!(tries(lab, "wkr1", "mgr1", 9443), "shut");
    let back = lab.run(&["apply", "--tags", "firewall"]);
    assert_eq!(back.status, Some(0), "{}", back.failure());
    assert_eq!(tries(lab, "wkr1", "mgr1", 9443), "open");
}

/// Without a firewall nothing of it stays, and what other hosts let in goes with it.
pub(crate) fn a_firewall_goes(lab: &Lab) {
    let file = lab.site.join("inventory.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replacen("carbon_firewall: nftables", "carbon_firewall: none", 1),
    )
    .unwrap();
    let report = lab.applied();
    for host in NODES {
        assert_eq!(report["hosts"][host]["changed"], 1, "{report}");
        let left = "nft list tables | grep wmprov; ls -d /etc/wmprov/* /etc/systemd/system/wmprov-firewall.service /var/lib/wmprov/firewall /run/wmprov-firewall 2>/dev/null; systemctl list-unit-files --no-legend 'wmprov-firewall*'";
        assert_eq!(lab.on(host, left), "", "{host}");
    }
    assert_eq!(tries(lab, "control", "wkr2", 8280), "open");
    let again = lab.applied();
    for host in NODES {
        assert_eq!(again["hosts"][host]["changed"], 0, "{again}");
    }
}
