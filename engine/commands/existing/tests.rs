//! Servers as hosts tell of them, and the inventory that is made of them.

use crate::catalogue::Catalogue;
use crate::script::Server;

use super::found::{Found, found};
use super::{ExistingOptions, Seat, proposed};

fn server(worker: bool, address: &str, offset: u16) -> Server {
    let flag = format!("-DworkerNode={worker}");
    Server {
        home: "/srv/bus".to_owned(),
        pid: "17".to_owned(),
        owner: "carbon carbon".to_owned(),
        unit: if worker {
            "bus".to_owned()
        } else {
            String::new()
        },
        argv: [
            "/opt/jdk8/jre/bin/java",
            "-Xms64m",
            "-Xmx256m",
            "-Xmx512M",
            &flag,
            "-Dcarbon.home=/srv/bus",
        ]
        .map(str::to_owned)
        .to_vec(),
        ui: Vec::new(),
        carbon: format!(
            "<Server xmlns=\"x\"><Name>WSO2 Enterprise Service Bus</Name><Version>4.9.0</Version>\
             <HostName>bus.example.com</HostName><Ports><Offset>{offset}</Offset></Ports></Server>"
        ),
        axis2: format!(
            "<axisconfig><clustering enable=\"true\"><parameter name=\"domain\">bus.domain</parameter>\
             <parameter name=\"localMemberHost\">{address}</parameter>\
             <parameter name=\"localMemberPort\">4100</parameter></clustering></axisconfig>"
        ),
        start_script: String::new(),
    }
}

fn nodes(all: &[(&str, Server)]) -> Vec<Found> {
    let catalogue = Catalogue::load(&[]).unwrap();
    let one = |(seat, server): &(&str, Server)| {
        let seat = Seat::read(seat, 1).unwrap();
        found(&seat, server, &catalogue).unwrap()
    };
    all.iter().map(one).collect()
}

fn cluster() -> Vec<(&'static str, Server)> {
    vec![
        ("m=ops@10.0.0.1", server(false, "10.0.0.1", 0)),
        ("a=ops@10.0.0.2", server(true, "10.0.0.2", 0)),
        ("b=ops@10.0.0.3:2222", server(true, "10.0.0.30", 2)),
    ]
}

fn made(all: &[(&str, Server)]) -> super::Existing {
    made_by(all, crate::connection::ConnectOptions::from_environment())
}

fn made_by(all: &[(&str, Server)], connect: crate::connection::ConnectOptions) -> super::Existing {
    let folder = tempfile::tempdir().unwrap();
    let options = ExistingOptions {
        from: Vec::new(),
        homes: Vec::new(),
        pack: Some("bus.zip".to_owned()),
        output: folder.path().join("inventory.yaml"),
        connect,
        forks: 1,
    };
    let seats = |(seat, server): &(&str, Server)| (Seat::read(seat, 1).unwrap(), server.clone());
    let servers: Vec<_> = all.iter().map(seats).collect();
    proposed(&options, nodes(all), &servers)
}

#[test]
fn what_all_nodes_have_stands_once_and_the_rest_at_each() {
    let made = made(&cluster());
    assert_eq!(made.against.len(), 0, "{:?}", made.against);
    insta::assert_snapshot!(made.inventory.text, @r"
    # Made by `wmprov init --from`, from what m, a, b told; yours to change.
    # NOTE: m runs in no unit of systemd: `wmprov apply` makes one, once the server is stopped by hand

    all:
      vars:
        carbon_product: esb
        carbon_version: '4.9.0'
        carbon_pattern: 1
        carbon_pack: bus.zip
        carbon_hostname: bus.example.com
        carbon_domain: bus.domain
        ansible_user: ops
        carbon_home: /srv/bus
        carbon_user: carbon
        java_home: /opt/jdk8
        carbon_heap: '64m:512m'
      children:
        manager:
          hosts:
            m:
              ansible_host: 10.0.0.1
        worker:
          hosts:
            a:
              ansible_host: 10.0.0.2
              carbon_unit: bus
            b:
              ansible_host: 10.0.0.3
              ansible_port: 2222
              carbon_unit: bus
              carbon_offset: 2
              carbon_address: 10.0.0.30
              carbon_member_port: 4100
    ");
    let cluster = &made.inventory.clusters[0];
    assert_eq!(cluster.nodes.len(), 3);
}

#[test]
fn the_next_command_logs_in_as_this_one_did() {
    let connect = crate::connection::ConnectOptions {
        user: Some("deploy".to_owned()),
        private_keys: vec!["/home/me/key".into()],
        ..crate::connection::ConnectOptions::from_environment()
    };
    let all = [
        ("m=10.0.0.1", server(false, "10.0.0.1", 0)),
        ("a=10.0.0.2", server(true, "10.0.0.2", 0)),
        ("b=ops@10.0.0.3", server(true, "10.0.0.3", 0)),
    ];
    let text = made_by(&all, connect.clone()).inventory.text;
    assert!(
        text.contains("    ansible_ssh_private_key_file: /home/me/key\n"),
        "{text}"
    );
    for (user, count) in [("deploy", 2), ("ops", 1)] {
        let line = format!("          ansible_user: {user}\n");
        assert_eq!(text.matches(&line).count(), count, "{text}");
    }
    let text = made_by(&all[..2], connect).inventory.text;
    assert!(text.contains("\n    ansible_user: deploy\n"), "{text}");
}

#[test]
fn what_a_check_says_against_it_is_told() {
    let mut all = cluster();
    all.pop();
    let made = made(&all);
    assert!(
        made.against[0].message().starts_with("WM104"),
        "{:?}",
        made.against
    );
    assert!(made.inventory.text.contains("carbon_domain: bus.domain\n"));
}

#[test]
fn a_role_is_told_by_the_flag_the_profile_or_the_label() {
    let mut label = server(false, "10.0.0.1", 0);
    label.argv.retain(|word| !word.starts_with("-DworkerNode"));
    let mut profile = label.clone();
    profile.argv.push("-Dprofile=worker".to_owned());
    let mut script = label.clone();
    script.start_script = "exec java \\\n    -DworkerNode=true \\\n    $*\n".to_owned();
    label.axis2 = label.axis2.replace("</clustering>", "<parameter name=\"properties\"><property name=\"subDomain\" value=\"worker\"/></parameter></clustering>");
    for server in [label, profile, script] {
        assert_eq!(nodes(&[("a=10.0.0.1", server)])[0].role.as_str(), "worker");
    }
}

#[test]
fn seats_are_read_with_what_they_say() {
    let seat = |text: &str| {
        Seat::read(text, 3).map(|seat| (seat.name, seat.user, seat.address, seat.port))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        seat("10.0.0.1").unwrap(),
        ("host3".to_owned(), None, "10.0.0.1".to_owned(), None)
    );
    assert_eq!(
        seat("w=u@h:22").unwrap(),
        ("w".to_owned(), some("u"), "h".to_owned(), Some(22))
    );
    assert_eq!(seat("fd00::1").unwrap().2, "fd00::1");
    assert!(seat("u@").is_err() && seat("h:port").is_err());
}
