//! Servers that do not come up: each stops the rollout with the reason, and leaves the others serving.

use crate::bad_luck::phases::{mended, pair};
use crate::bad_luck::{nothing_is_left, says};
use crate::hosts::Lab;

/// The main process of a node, and what its HTTPS port answers.
fn serving(lab: &Lab, host: &str) -> String {
    lab.on(
        host,
        "systemctl show -p MainPID --value wso2esb; \
         printf 'GET /carbon/ HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect 127.0.0.1:9443 2>/dev/null | head -1",
    )
}

/// Both workers have something new to start with; wkr1 comes first, and cannot.
fn refused(lab: &Lab, what: &str, seconds: u8, words: &[&str]) {
    pair(lab, "wkr1", what);
    pair(lab, "wkr2", what);
    let before = ["mgr1", "wkr2"].map(|host| serving(lab, host));
    assert!(
        before.iter().all(|seen| seen.contains("HTTP/1.")),
        "{before:?}"
    );
    // A hang takes all of it; it must be long enough for a busy machine to come to what is told.
    let timeout = format!("carbon_start_timeout={seconds}");
    let ran = lab.run(&["apply", "-e", &timeout]);
    says(&(ran.status, ran.all()), 1, words);
    says(
        &(ran.status, ran.all()),
        1,
        &["node `wkr1`", "stopped:", "go on with"],
    );
    assert_eq!(
        before,
        ["mgr1", "wkr2"].map(|host| serving(lab, host)),
        "{what}"
    );
}

pub(crate) fn bad_servers(lab: &Lab) {
    // Its ports open, and it never says that it has started.
    lab.on("wkr1", "echo never.started=true > /etc/labpack.properties");
    refused(
        lab,
        "never",
        12,
        &["WM042", "no `WSO2 Carbon started` in its log"],
    );
    lab.on("wkr1", "rm /etc/labpack.properties");

    // It hangs, for its own name does not resolve (real-run 8): its log tells. Root, who is asked before, can read it.
    lab.on("wkr1", "chmod 600 /etc/hosts");
    refused(lab, "nameless", 45, &["its last word:"]);
    lab.on("wkr1", "chmod 644 /etc/hosts");

    // A stranger has its port: told at once, with who that is.
    lab.on(
        "wkr1",
        "systemctl stop wso2esb; systemd-run --quiet --unit stranger python3 -m http.server 9443",
    );
    refused(
        lab,
        "stranger",
        200,
        &[
            "WM068",
            "9443 is taken by `python3` (pid ",
            "stop the other process",
        ],
    );
    lab.on("wkr1", "systemctl stop stranger");
    mended(lab, "a stranger on the port");
    interrupted(lab);
}

/// Ctrl-C while a node starts: its unit goes on by itself, and the next apply proves it and does the rest.
fn interrupted(lab: &Lab) {
    pair(lab, "wkr1", "interrupted");
    pair(lab, "wkr2", "interrupted");
    let mut live = lab.follow(&["apply"]);
    live.until("wkr1: WSO2 Carbon started");
    live.signal("INT");
    let ended = live.end();
    says(&(ended.status, ended.all()), 130, &["interrupted", "go_on"]);
    for host in ["mgr1", "wkr1", "wkr2"] {
        nothing_is_left(lab, host);
    }
    mended(lab, "Ctrl-C in a start");
}
