//! A whole cluster of pattern 2 (two balancers, MariaDB, rsync), on the hosts of `patterns`, broken by hand in every way that
//! operators meet, at once: each is found and named by one `drift` or one refused `apply`, before which no node is stopped;
//! an `apply` mends what it may, and says what it may not. `svn` breaks one of pattern 3 in the same ways, its repository among
//! them; a share that is not mounted is in `sync`.

use crate::hosts::{Lab, Ran};
use crate::main_job::{right_clock, wrong_clock};

const HOME: &str = "/opt/wso2/wso2esb-4.9.0";
const SERVER: &str = "/opt/wso2/wso2esb-4.9.0/repository/deployment/server";

/// How something is broken: a host, what is done on it, how `drift` names it.
pub(crate) type Break = (&'static str, &'static str, &'static [&'static str]);

/// What nodes of every pattern meet: two workers, and a manager.
pub(crate) fn of_nodes(manager: &'static str) -> [Break; 4] {
    [
        (
            "wkr1",
            "echo '<!-- by hand -->' >> {HOME}/repository/conf/registry.xml",
            &["repository/conf/registry.xml", "+<!-- by hand -->"],
        ),
        (
            "wkr2",
            "systemctl kill -s KILL wso2esb; systemctl stop wso2esb",
            &["wso2esb.service"],
        ),
        (
            manager,
            "echo x > {HOME}/repository/components/dropins/foreign.jar",
            &["repository/components/dropins/foreign.jar"],
        ),
        (
            manager,
            "sed -i '0,/<hostName>10\\.77/s//<hostName>10.99/' {HOME}/repository/conf/axis2/axis2.xml",
            &[
                "repository/conf/axis2/axis2.xml",
                "+                <hostName>10.99",
            ],
        ),
    ]
}

/// What the hosts of `patterns` meet besides.
const BESIDES: [Break; 3] = [
    (
        "mgr1",
        "systemctl disable --now wmprov-sync-all.timer",
        &["wmprov-sync-all.timer"],
    ),
    ("lb2", "systemctl stop nginx", &["nginx"]),
    ("wkr1", "echo '<api/>' > {SERVER}/stray.xml", &["stray.xml"]),
];

pub(crate) fn every_break_is_found_and_mended(lab: &Lab) {
    a_full_disk(lab);
    let pids = || {
        ["mgr1", "mgr2", "wkr1"]
            .map(|host| lab.on(host, "systemctl show -p MainPID --value wso2esb"))
    };
    let breaks = [&of_nodes("mgr2")[..], &BESIDES].concat();
    break_all(lab, &breaks);
    wrong_clock(lab, "mgr2");
    let before = pids();
    drift_names(lab, &breaks);
    a_wrong_grant(lab);
    assert_eq!(pids(), before, "a node was stopped");
    let mended = lab.run(&["apply"]);
    right_clock(lab, "mgr2");
    assert_eq!(mended.status, Some(0), "{}", mended.failure());
    assert!(
        mended
            .all()
            .contains("WM057 cluster `all`: the clock of `mgr2` is at least"),
        "{}",
        mended.all()
    );
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(0), "{}", drift.all());
}

/// Does on the hosts what breaks them.
pub(crate) fn break_all(lab: &Lab, breaks: &[Break]) {
    for (host, line, _) in breaks {
        let line = line.replace("{HOME}", HOME).replace("{SERVER}", SERVER);
        lab.on(host, &line);
    }
}

/// One `drift` names them all.
pub(crate) fn drift_names(lab: &Lab, breaks: &[Break]) -> Ran {
    let drift = lab.run(&["drift"]);
    assert_eq!(drift.status, Some(3), "{}", drift.all());
    for (host, _, words) in breaks {
        for word in *words {
            let all = drift.all();
            assert!(all.contains(word), "{host}: {word}: {all}");
        }
    }
    drift
}

/// A right taken from a database's user costs no node that runs.
fn a_wrong_grant(lab: &Lab) {
    lab.on(
        "db1",
        "mariadb -e \"REVOKE ALL ON REG.* FROM reg@'10.77.%'\"",
    );
    let ran = lab.run(&["apply"]);
    lab.on("db1", "mariadb -e \"GRANT ALL ON REG.* TO reg@'10.77.%'\"");
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    for words in [
        "WM030 database `registry` of node",
        "Access denied for user 'reg'@",
    ] {
        assert!(ran.all().contains(words), "{words}: {}", ran.all());
    }
}

/// A disk that is full where a worker keeps its artifacts.
fn a_full_disk(lab: &Lab) {
    lab.on(
        "mgr1",
        &format!("echo '<api/>' > {SERVER}/more.xml; chown wso2:wso2 {SERVER}/more.xml"),
    );
    lab.tool(&["fault", "wkr2", "full", SERVER]);
    let ran = lab.run(&["apply"]);
    lab.tool(&["fault", "wkr2", "heal"]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    // Of rsync's receiver the last word may be lost with the connection.
    let why = ["No space left", "rsync: connection unexpectedly closed"];
    assert!(
        ran.all()
            .contains("WM180 artifacts do not reach `wkr2`: rsync")
            && why.iter().any(|why| ran.all().contains(why)),
        "{}",
        ran.all()
    );
    lab.applied();
}
