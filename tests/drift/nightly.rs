//! Every night: a host of the lab is the control machine, with a timer of its own.

use super::{HOME, HOSTS};
use crate::hosts::{Lab, note};

const SITE: &str = "/root/esb";

/// Runs on the control machine; what it printed, its exit code as the last line.
fn control(lab: &Lab, line: &str) -> String {
    let said = lab.on(
        "mgr1",
        &format!("cd {SITE} && {{ {line}; }} 2>&1; echo exit $?"),
    );
    let code = said.trim_end().rsplit(' ').next().unwrap();
    note(code.parse().ok(), line);
    said
}

/// Lines of the page of drift, and of the help, as they stand. Of those that install a timer the last one stays.
const OF_THE_PAGES: [&str; 4] = [
    "wmprov drift inventory.yaml --format text --format html=drift.html",
    "wmprov drift inventory.yaml --format text --format html=drift.html --format junit=drift.xml \
     --format prometheus=/var/lib/node_exporter/textfile/wmprov.prom",
    "wmprov drift inventory.yaml --install-timer --vault-password-file /root/vault-password \
     --format prometheus=/var/lib/node_exporter/textfile/wmprov.prom --on-change 'mail -s \"drift\" ops@example.com'",
    "wmprov drift inventory.yaml --install-timer --on-change 'mail -s drift ops@example.com'",
];

fn as_the_pages_say(lab: &Lab) {
    let ground = "mkdir -p /var/lib/node_exporter/textfile && ln -sfn $PWD /srv/esb && \
        echo 'open sesame' > /root/vault-password && chmod 600 /root/vault-password";
    assert_eq!(control(lab, ground), "exit 0\n");
    for line in OF_THE_PAGES {
        let said = control(lab, line);
        assert!(said.ends_with("exit 0\n"), "{line}: {said}");
    }
}

/// Puts the binary, the keys, the pack and the inventory there.
fn move_in(lab: &Lab) {
    lab.on("mgr1", &format!("mkdir -p {SITE}/keys"));
    let keys = lab.keys();
    let put = |from: &std::path::Path, to: &str| {
        let status = lab
            .tool_command(&["exec", "mgr1", "sh", "-c", &format!("cat > {to}")])
            .stdin(std::fs::File::open(from).unwrap())
            .status()
            .unwrap();
        assert!(status.success(), "{}", from.display());
    };
    put(
        std::path::Path::new(env!("CARGO_BIN_EXE_wmprov")),
        "/usr/local/bin/wmprov",
    );
    for name in ["id_ed25519", "known_hosts"] {
        put(&keys.join(name), &format!("{SITE}/keys/{name}"));
    }
    put(
        &lab.site.join("wso2esb-4.9.0.zip"),
        &format!("{SITE}/wso2esb-4.9.0.zip"),
    );
    for folder in ["group_vars", "host_vars", "overlays"] {
        for (name, _) in super::adopt::files(&lab.site.join(folder)) {
            let to = format!("{SITE}/{folder}/{name}");
            lab.on("mgr1", &format!("mkdir -p $(dirname {to})"));
            put(&lab.site.join(folder).join(name), &to);
        }
    }
    let text = std::fs::read_to_string(lab.site.join("inventory.yaml")).unwrap();
    let text = text.replace(&keys.display().to_string(), &format!("{SITE}/keys"));
    put(
        &lab.write("at-night.yaml", &text),
        &format!("{SITE}/inventory.yaml"),
    );
    lab.on(
        "mgr1",
        &format!("chmod 755 /usr/local/bin/wmprov; chmod 600 {SITE}/keys/id_ed25519"),
    );
}

pub(super) fn every_night(lab: &Lab) {
    move_in(lab);
    as_the_pages_say(lab);
    let said = control(
        lab,
        "wmprov drift inventory.yaml --ask-become-pass --install-timer",
    );
    assert!(
        said.contains("at night nobody answers") && said.ends_with("exit 2\n"),
        "{said}"
    );
    let said = control(
        lab,
        &format!(
            "wmprov drift inventory.yaml --install-timer --on-calendar '*-*-* 03:00:00' --format text \\
         --format prometheus={SITE}/wmprov.prom --format html={SITE}/drift.html --on-change 'cat > {SITE}/mail'"
        ),
    );
    assert!(
        said.contains("started: wmprov-drift-esb.timer") && said.ends_with("exit 0\n"),
        "{said}"
    );
    let units = "/etc/systemd/system/wmprov-drift-esb";
    let judged = control(
        lab,
        &format!("systemd-analyze verify {units}.service {units}.timer"),
    );
    assert_eq!(judged, "exit 0\n");
    assert!(control(lab, "systemctl is-active wmprov-drift-esb.timer").starts_with("active"));
    assert!(
        control(lab, "systemctl cat wmprov-drift-esb.timer").contains("RandomizedDelaySec=30min")
    );
    first_nights(lab);
}

/// A night, its outcome, the mail that it sent, and the report's last line.
fn night(lab: &Lab) -> (String, String, String) {
    lab.on("mgr1", &format!("rm -f {SITE}/mail"));
    let started = control(lab, "systemctl start wmprov-drift-esb.service");
    let result = control(
        lab,
        "systemctl show -p ExecMainStatus --value wmprov-drift-esb.service",
    );
    let log = control(lab, "journalctl -q -o cat -u wmprov-drift-esb.service");
    let summary = log.lines().rfind(|line| line.contains(" hosts: "));
    let summary = summary
        .unwrap_or_else(|| panic!("{started}{log}"))
        .to_owned();
    let mail = lab.on("mgr1", &format!("cat {SITE}/mail 2>/dev/null"));
    (result.lines().next().unwrap().to_owned(), mail, summary)
}

fn first_nights(lab: &Lab) {
    let (exit, mail, summary) = night(lab);
    assert_eq!(
        (exit.as_str(), mail.as_str(), summary.as_str()),
        ("0", "", "3 hosts: 3 ok")
    );
    let file = format!("{HOME}/repository/conf/jndi.properties");
    lab.on("wkr1", &format!("mv {file} /tmp/kept"));
    let (exit, mail, summary) = night(lab);
    assert_eq!(exit, "3");
    let failed = control(lab, "systemctl --failed");
    assert!(failed.contains("wmprov-drift-esb.service"), "{failed}");
    assert!(
        summary.starts_with("3 hosts: 1 drift, 2 ok; 1 new and 0 gone since "),
        "{summary}"
    );
    assert!(
        mail.contains(&format!("drift missing {file} (new)")),
        "{mail}"
    );
    // The same again is no news.
    let (exit, mail, summary) = night(lab);
    assert_eq!((exit.as_str(), mail.as_str()), ("3", ""));
    assert!(summary.contains("; 0 new and 0 gone since "), "{summary}");
    // What last night found is on the screen of the morning.
    let morning = control(lab, "wmprov status inventory.yaml");
    assert_eq!(morning.matches("; as wanted at ").count(), 2, "{morning}");
    assert!(morning.contains("; 1 difference at "), "{morning}");
    // A check by day compares, and keeps nothing.
    lab.on("wkr1", &format!("mv /tmp/kept {file}"));
    let by_day = control(lab, "wmprov drift inventory.yaml");
    assert!(
        by_day.contains("gone: wkr1: missing ") && by_day.ends_with("exit 0\n"),
        "{by_day}"
    );
    let (exit, mail, summary) = night(lab);
    assert_eq!(exit, "0");
    assert!(
        summary.contains("; 0 new and 1 gone since ") && mail.contains("gone: wkr1"),
        "{summary}\n{mail}"
    );
    the_timer_fires(lab);
    died(lab);
}

/// The machine was off when the timer should have fired: it does so when it is back, here without its jitter.
fn the_timer_fires(lab: &Lab) {
    let file = format!("{HOME}/repository/conf/jndi.properties");
    lab.on("wkr1", &format!("mv {file} /tmp/kept"));
    let timer = "wmprov-drift-esb.timer";
    control(
        lab,
        &format!(
            "rm -f mail; systemctl stop {timer}; sed -i s/30min/0/ /etc/systemd/system/{timer}; systemctl daemon-reload; touch -d '3 days ago' /var/lib/systemd/timers/stamp-{timer}; systemctl start {timer}"
        ),
    );
    let mailed = "n=0; until [ -s mail ] || [ $n = 240 ]; do n=$((n+1)); sleep 0.5; done; \
        while systemctl is-active wmprov-drift-esb.service | grep -q activating; do sleep 0.2; done; cat mail";
    let mail = control(lab, mailed);
    assert!(
        mail.contains(&format!("drift missing {file} (new)")),
        "{mail}"
    );
    lab.on("wkr1", &format!("mv /tmp/kept {file}"));
    let (exit, mail, _) = night(lab);
    assert!(exit == "0" && mail.contains("gone: wkr1"), "{exit}\n{mail}");
}

/// A control machine that dies in mid-check leaves nothing locked, here or there; pages are whole.
fn died(lab: &Lab) {
    // As a pipeline keeps its reports: in a folder of its own.
    let said = control(
        lab,
        "wmprov drift inventory.yaml --keep --state .drift --format text --format junit=drift.xml --format html=drift.html && ls .drift",
    );
    assert!(
        said.contains("3 hosts: 3 ok") && said.contains(".json"),
        "{said}"
    );
    // `status` finds them there, and says where it found none.
    let morning = control(lab, "wmprov status inventory.yaml --state .drift");
    assert_eq!(morning.matches("; as wanted at ").count(), 3, "{morning}");
    let nowhere = control(lab, "wmprov status inventory.yaml --state .other");
    assert!(
        nowhere.contains("no report of this inventory is kept in `.other`")
            && !nowhere.contains("; as wanted at "),
        "{nowhere}"
    );
    // As cron does it.
    let cron = "cd /srv/esb && wmprov drift inventory.yaml --keep --on-change 'mail -s drift ops@example.com' \
        >>/var/log/wmprov-drift.log 2>&1";
    assert_eq!(control(lab, cron), "exit 0\n");
    let said = control(
        lab,
        "wmprov drift inventory.yaml --keep & sleep 0.3; kill -KILL $!; wait; wmprov drift inventory.yaml --keep",
    );
    assert!(
        said.ends_with("exit 0\n") && !said.contains("another check"),
        "{said}"
    );
    for host in HOSTS {
        let left =
            format!("pgrep -f 'wm_[n]once' || ls -d /tmp/tmp.* {HOME}.wmprov/stage 2>/dev/null");
        let gone = format!(
            "n=0; while {left} && [ $n -lt 60 ]; do n=$((n+1)); sleep 0.5; done >/dev/null; {left}"
        );
        assert_eq!(lab.on(host, &gone), "", "{host}");
    }
    let pages = lab.on(
        "mgr1",
        &format!(
            "cd {SITE}; grep -c '^wmprov_drift_host_status' wmprov.prom; tail -1 drift.html; ls"
        ),
    );
    assert!(
        pages.starts_with("18\n</body></html>\n") && !pages.contains(".new-"),
        "{pages}"
    );
}
