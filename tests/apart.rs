//! The oldest member dies, and comes back while the others do not notice anything: it elects itself beside them (procedure 7,
//! row 45), and is started once more. On the hosts of `rollback`.

use crate::hosts::Lab;

const LOG: &str = "/opt/wso2/wso2esb-4.9.0/repository/logs/wso2carbon.log";

pub(crate) fn who_is_apart_is_started_once_more(lab: &Lab) {
    let workers = |signal: &str| {
        for host in ["wkr1", "wkr2"] {
            lab.on(host, &format!("systemctl kill -s {signal} wso2esb"));
        }
    };
    // Whoever is the oldest now, the manager is to be.
    let restarted = lab.run(&["restart", "--limit", "worker", "--allow-downtime"]);
    assert_eq!(restarted.status, Some(0), "{}", restarted.failure());
    // What the server before logged does not count.
    let elections = format!("grep -c 'Elected this member' {LOG}");
    let before = lab.on("mgr1", &elections);
    workers("STOP");
    lab.on(
        "mgr1",
        "systemctl kill -s KILL wso2esb; systemctl stop wso2esb",
    );
    let mut live = lab.follow(&["apply"]);
    live.until("mgr1: WSO2 Carbon started");
    let elected = format!(
        "for i in $(seq 300); do [ $({elections}) -gt {} ] && echo yes && exit; sleep 0.2; done",
        before.trim()
    );
    let elected = lab.on("mgr1", &elected);
    workers("CONT");
    let ended = live.end();
    assert_eq!(elected, "yes\n", "{}", ended.failure());
    assert_eq!(ended.status, Some(0), "{}", ended.failure());
    let told =
        "mgr1 elected itself beside the cluster that is there (WM045): it is started once more";
    assert!(ended.all().contains(told), "{}", ended.failure());
}
