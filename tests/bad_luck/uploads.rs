//! Uploads that are cut: by Ctrl-C, which ends them at once and cleanly; by the death of the host; by a disk
//! that is full or takes nothing. What has landed is kept, and the next apply goes on from it.

use crate::bad_luck::phases::{bare, mended};
use crate::bad_luck::{nothing_is_left, says};
use crate::hosts::{Lab, Ran};

/// How many bytes a run had to upload to wkr2.
fn to_upload(ran: &str) -> u64 {
    let mut event = ran
        .lines()
        .filter(|line| line.contains(r#""event":"uploaded","host":"wkr2""#));
    let event = event
        .next_back()
        .unwrap_or_else(|| panic!("no upload: {ran}"));
    let event: serde_json::Value = serde_json::from_str(event).unwrap();
    event["total"].as_u64().unwrap()
}

/// Begins to install wkr2 over a slow line, and comes back in the midst of it.
fn in_an_upload(lab: &Lab, more: &[&str]) -> crate::hosts::Live {
    bare(lab, "wkr2");
    lab.tool(&["fault", "wkr2", "slow", "4000"]);
    let mut arguments = vec!["apply"];
    arguments.extend(more);
    let mut live = lab.follow(&arguments);
    for _ in 0..5 {
        live.until(r#""event":"uploaded","host":"wkr2""#);
    }
    live
}

/// The next apply sends less than the first had to, and ends as wanted.
fn goes_on(lab: &Lab, cut: &Ran, why: &str) {
    let next = lab.run(&["apply", "--json", "--lock-wait", "120"]);
    assert_eq!(next.status, Some(0), "after {why}: {}", next.all());
    let (first, rest) = (to_upload(&cut.out), to_upload(&next.out));
    assert!(rest < first, "after {why}: {rest} of {first} bytes again");
    mended(lab, why);
}

pub(crate) fn cut_uploads(lab: &Lab) {
    interrupted(lab);
    host_dies(lab);
    no_room(lab);
}

fn interrupted(lab: &Lab) {
    let live = in_an_upload(lab, &[]);
    live.signal("INT");
    let cut = live.end();
    says(&(cut.status, cut.all()), 130, &["interrupted", "go_on"]);
    // The line is still as slow: what is gone is gone because the host saw the end at once.
    nothing_is_left(lab, "wkr2");
    let landed = lab.on("wkr2", "find /opt/wso2/*.wmprov/stage -type f | wc -l");
    assert_ne!(landed, "0\n");
    lab.tool(&["fault", "wkr2", "heal"]);
    goes_on(lab, &cut, "Ctrl-C");
}

fn host_dies(lab: &Lab) {
    let keys = lab.keys().display();
    let quick = format!(
        "ansible_ssh_common_args='-o UserKnownHostsFile={keys}/known_hosts -o ServerAliveInterval=2'"
    );
    let mut live = in_an_upload(lab, &["-e", &quick]);
    lab.tool(&["kill", "wkr2"]);
    let error = live.until(r#""event":"host_unreachable","host":"wkr2""#);
    assert!(error.contains("lost"), "{error}");
    let cut = live.end();
    assert_eq!(cut.status, Some(1), "{}", cut.all());
    lab.tool(&["start", "wkr2"]);
    goes_on(lab, &cut, "the death of the host");
}

/// A file system that is full, and one that takes nothing: told, and mended by room.
fn no_room(lab: &Lab) {
    // Without room for temporary files a host cannot tell what it has: that is no difference.
    lab.tool(&["fault", "wkr2", "full", "/tmp"]);
    let ran = lab.run(&["plan"]);
    says(
        &(ran.status, ran.all()),
        1,
        &["no room for temporary files"],
    );
    lab.tool(&["fault", "wkr2", "heal"]);
    bare(lab, "wkr2");
    lab.on("wkr2", "mkdir -p /opt/wso2");
    lab.tool(&["fault", "wkr2", "full", "/opt/wso2", "8M", "4000000"]);
    let ran = lab.run(&["apply"]);
    says(
        &(ran.status, ran.all()),
        1,
        &[
            "unpacking on the host failed",
            "No space left",
            "make room on the host",
        ],
    );
    lab.tool(&["fault", "wkr2", "heal"]);
    lab.tool(&["fault", "wkr2", "readonly", "/opt/wso2"]);
    let ran = lab.run(&["apply"]);
    says(
        &(ran.status, ran.all()),
        1,
        &["Read-only file system", "kernel log"],
    );
    lab.tool(&["fault", "wkr2", "heal"]);
    mended(lab, "a disk without room");
}
