//! `kill -9` in every phase of an apply, told by what the run says; a plain apply then ends as wanted, with no
//! mixed file. `tests/soak` does the same at many moments.

use crate::bad_luck::nothing_is_left;
use crate::hosts::Lab;
use crate::main_job::{apply, no_change, write_inventory};

/// The phases, which `tests/soak` reads too.
const PHASES: &str = include_str!("../cases/phases.tsv");

/// Two files that wkr2 has besides the pack's, and that belong together.
pub(super) fn pair(lab: &Lab, host: &str, text: &str) {
    let folder = format!("overlay-{host}/repository/conf");
    std::fs::create_dir_all(lab.site.join(&folder)).unwrap();
    for name in ["one.properties", "two.properties"] {
        lab.write(&format!("{folder}/{name}"), &format!("value={text}\n"));
    }
}

/// Takes a host's Home away, and its user.
pub(super) fn bare(lab: &Lab, host: &str) {
    lab.on(
        host,
        "systemctl stop wso2esb; rm -rf /opt/wso2 /etc/systemd/system/wso2esb.service; \
         systemctl daemon-reload; userdel wso2; groupdel wso2",
    );
}

/// Makes something to do.
fn change(lab: &Lab, what: &str, phase: &str) {
    match what {
        "files" => pair(lab, "wkr2", phase),
        "value" => write_inventory(lab, &format!("{phase}.example.com")),
        "bare" => bare(lab, "wkr2"),
        "bare-slow" => {
            bare(lab, "wkr2");
            lab.tool(&["fault", "wkr2", "slow", "12000"]);
        }
        other => panic!("there is no change `{other}`"),
    }
}

pub(crate) fn killed_in_every_phase(lab: &Lab) {
    for row in PHASES.lines().filter(|row| !row.starts_with('#')) {
        let [phase, what, _, event] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        change(lab, what, phase);
        let mut live = lab.follow(&["apply"]);
        live.until(event);
        live.signal("KILL");
        let ended = live.end();
        assert_eq!(ended.status, None, "{phase}: {}", ended.all());
        lab.tool(&["fault", "wkr2", "heal"]);
        mended(lab, phase);
    }
}

/// A plain apply ends as wanted and leaves nothing behind. The host may take a moment to see that the other
/// side is dead, hence the wait for its lock.
pub(super) fn mended(lab: &Lab, phase: &str) {
    let ran = lab.run(&["apply", "--lock-wait", "120"]);
    assert_eq!(ran.status, Some(0), "after {phase}: {}", ran.all());
    no_change(&apply(lab));
    for host in ["mgr1", "wkr1", "wkr2"] {
        nothing_is_left(lab, host);
        let state = lab.on(host, "ls /opt/wso2/*.wmprov /opt/wso2");
        assert!(
            !["journal", "stage", "plan", "ready", ".new"]
                .iter()
                .any(|left| state.contains(left)),
            "{host} after {phase}: {state}"
        );
    }
    let pair = lab.on(
        "wkr2",
        "cat /opt/wso2/wso2esb-4.9.0/repository/conf/*.properties 2>/dev/null | grep ^value= | sort -u | wc -l",
    );
    assert_eq!(pair, "1\n", "after {phase}");
}
