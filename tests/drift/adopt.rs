//! Edits by hand on hosts, taken into the user's files: reproduced byte for byte, what he has written kept.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use super::{HOME, drift, found};
use crate::hosts::Lab;

const VARS: &str = "# of this worker alone\ncarbon_start_timeout: 300   # seconds\n";

/// A value on one worker, a jar in lib, a line on both workers, and what must not be taken over.
pub(super) fn taken_over(lab: &Lab) {
    std::fs::create_dir_all(lab.site.join("host_vars")).unwrap();
    lab.write("host_vars/wkr1.yml", VARS);
    let conf = format!("{HOME}/repository/conf");
    for host in ["wkr1", "wkr2"] {
        lab.on(
            host,
            &format!(
                "sed -i 's#</Server>#<!-- by hand --></Server>#' {conf}/tomcat/catalina-server.xml"
            ),
        );
    }
    lab.on("wkr1", &format!("
        sed -i '0,/<Name>/s#<Name>.*</Name>#<Name>By hand \\&amp; \"so\"</Name>#' {conf}/carbon.xml
        cd {HOME}/repository/components/lib; printf 'PK\\3\\4\\0\\377' > driver.jar; chown wso2: driver.jar"));
    lab.on("wkr2", &format!("sed -i 's#<parameter name=\"domain\">.*<#<parameter name=\"domain\">wso2.other.domain<#' {conf}/axis2/axis2.xml"));
    lab.on(
        "mgr1",
        &format!(
            "sed -i 's#<Password>.*</Password>#<Password>hunter22</Password>#' {conf}/user-mgt.xml"
        ),
    );
    let before = files(&lab.site);

    let shown = lab.run(&["adopt"]);
    assert_eq!(shown.status, Some(3), "{}", shown.failure());
    for said in [
        "+    <Name>By hand &amp; \"so\"</Name>",
        "host_vars/wkr1.yml",
        "WM122",
        "overlays/wkr1/repository/components/lib/driver.jar",
        "there is no terminal to ask at",
        "holds a password",
    ] {
        assert!(shown.all().contains(said), "{said}: {}", shown.all());
    }
    assert!(!shown.all().contains("hunter22"), "{}", shown.all());
    assert_eq!(files(&lab.site), before);

    let said = on_a_terminal(lab, "wmprov adopt inventory.yaml --limit wkr1", "n", 3);
    let question = "Adopt repository/conf/carbon.xml of wkr1? [y/N]";
    assert!(said.contains(question), "{said}");
    assert_eq!(files(&lab.site), before);
    killed_while_it_writes(lab, &before);
    let said = on_a_terminal(lab, "wmprov adopt inventory.yaml", "y", 3);
    assert!(said.contains("proved:"), "{said}");
    written(lab, &before);
    // What is left is what was refused, and that the servers have not read the rest yet.
    let (_, report) = drift(lab, &[]);
    let homes = report["hosts"]["wkr1"]["differences"].as_array().unwrap();
    let older = "it was started with older configuration";
    assert!(
        homes
            .iter()
            .any(|one| one["kind"] == "role" && one["observed"] == older),
        "{report:#}"
    );
    let files: BTreeSet<String> = found(&report)
        .into_iter()
        .filter(|line| !line.contains(" role "))
        .collect();
    assert_eq!(
        files,
        super::set(&[
            "wkr2 modified drift repository/conf/axis2/axis2.xml",
            "mgr1 modified drift repository/conf/user-mgt.xml",
        ])
    );
    lab.on(
        "wkr2",
        &format!("sed -i 's#wso2.other.domain#wso2.esb.domain#' {conf}/axis2/axis2.xml"),
    );
    lab.on(
        "mgr1",
        &format!("sed -i 's#hunter22#admin#' {conf}/user-mgt.xml"),
    );
    let again = lab.run(&["adopt", "--yes"]);
    assert_eq!(again.status, Some(0), "{}", again.failure());
    assert!(again.out.contains("nothing to adopt"), "{}", again.out);
    lab.all_typed(&[
        "wmprov adopt inventory.yaml --limit wkr1 --yes repository/conf/carbon.xml",
        "wmprov adopt inventory.yaml --limit wkr1 repository/conf/carbon.xml",
    ]);
}

/// Answers each question on a terminal; what was shown.
fn on_a_terminal(lab: &Lab, line: &str, answer: &str, status: i32) -> String {
    let ran = lab.answered(line, answer);
    assert_eq!(ran.status, Some(status), "{}", ran.failure());
    ran.out
}

/// The kernel kills it when a file that it writes comes to its 300th byte: the user's files are all as they were, what is new is
/// named by none of them, and nothing of it keeps the next one from its work.
fn killed_while_it_writes(lab: &Lab, before: &[(String, Vec<u8>)]) {
    let mut command = lab.control("prlimit");
    command.args(["--core=0", "--fsize=300", env!("CARGO_BIN_EXE_wmprov")]);
    command.args(["adopt", "--yes"]);
    let ended = command
        .arg(lab.site.join("inventory.yaml"))
        .output()
        .unwrap();
    assert_eq!(ended.status.signal(), Some(25), "{ended:?}");
    let after = files(&lab.site);
    let new: Vec<&str> = after
        .iter()
        .filter(|file| !before.contains(file))
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(before.iter().all(|file| after.contains(file)), "{new:?}");
    let [half, jar] = new[..] else {
        panic!("{new:?}");
    };
    assert!(half.starts_with("group_vars/.worker.yml.wmprov-"), "{half}");
    assert_eq!(jar, "overlays/wkr1/repository/components/lib/driver.jar");
    let checked = lab.run(&["validate"]);
    assert_eq!(checked.status, Some(0), "{}", checked.failure());
    // The next one takes no folder that it does not know.
    std::fs::remove_dir_all(lab.site.join("overlays")).unwrap();
    std::fs::remove_dir_all(lab.site.join("group_vars")).unwrap();
}

/// All of the user's files that may be written to.
pub(super) fn files(site: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut folders = vec![site.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end != "zip") {
                let name = path.strip_prefix(site).unwrap().display().to_string();
                all.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

fn written(lab: &Lab, before: &[(String, Vec<u8>)]) {
    let after = files(&lab.site);
    let text = |name: &str| {
        let (_, bytes) = after.iter().find(|(known, _)| known == name).unwrap();
        String::from_utf8_lossy(bytes).into_owned()
    };
    let inventory = |all: &[(String, Vec<u8>)]| {
        all.iter()
            .find(|(name, _)| name == "inventory.yaml")
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(inventory(&after), inventory(before));
    let names: Vec<&str> = after.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "group_vars/worker.yml",
            "host_vars/wkr1.yml",
            "inventory.yaml",
            "overlays/wkr1/repository/components/lib/driver.jar"
        ]
    );
    // All workers read this list, so what is wkr1's alone stands there too, and says so.
    assert_eq!(
        text("group_vars/worker.yml"),
        "carbon_edits:
  - path: repository/conf/tomcat/catalina-server.xml
    lines:
      - replace: '</Server>'
        to: '<!-- by hand --></Server>'
        why: 'adopted from wkr1, wkr2'
  - path: repository/conf/carbon.xml
    xml:
      - set: Name
        to: 'By hand & \"so\"'
        when: 'node.name == ''wkr1'''
        why: 'adopted from wkr1'
"
    );
    assert_eq!(
        text("host_vars/wkr1.yml"),
        format!("{VARS}carbon_overlays:\n  - overlays/wkr1\n")
    );
}

/// With the rest applied, there is nothing more to do.
pub(super) fn as_planned(lab: &Lab) {
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(0), "{}", plan.failure());
    let count = |host: &str, text: &str, file: &str| {
        let line = format!("grep -c '{text}' {HOME}/repository/conf/{file}");
        lab.on(host, &line).trim().to_owned()
    };
    for (host, named) in [("wkr1", "1"), ("wkr2", "0")] {
        assert_eq!(count(host, "<Name>By hand", "carbon.xml"), named, "{host}");
        assert_eq!(
            count(host, "by hand --></Server>", "tomcat/catalina-server.xml"),
            "1"
        );
    }
}

/// Files that went, modes, links, folders, binary files: taken over, and kept so. What nothing says is told, and stays a
/// finding.
pub(super) fn what_stands(lab: &Lab) {
    let scripts = format!("{HOME}/dbscripts");
    for host in ["wkr1", "wkr2"] {
        lab.on(host, &format!("rm {scripts}/oracle.sql"));
    }
    lab.on("wkr1", &format!("cd {scripts}
        chmod 664 h2.sql
        ln -sf mysql.sql mssql.sql
        printf 'PK\\3\\4\\0\\377' > postgresql.sql
        mkdir -p site/empty; echo true > site/run.sh; chmod 775 site site/run.sh; ln -s ../h2.sql site/own.sql
        chown -hR wso2:wso2 ."));
    lab.on(
        "wkr2",
        &format!("cd {scripts}; chown root mysql.sql; mkfifo pipe.fifo; chown wso2: pipe.fifo"),
    );
    let adopted = lab.run(&["adopt", "--yes"]);
    assert_eq!(adopted.status, Some(3), "{}", adopted.failure());
    for said in [
        "`dbscripts/pipe.fifo` is a device, a pipe or a socket, and nothing here can say that",
        "dbscripts/mysql.sql: a Home is its user's and group's as a whole",
        "proved:",
    ] {
        assert!(adopted.all().contains(said), "{said}: {}", adopted.all());
    }
    what_was_said(lab);
    // What is left is what nothing says.
    let (_, report) = drift(lab, &[]);
    let left = super::set(&[
        "wkr2 owner drift dbscripts/mysql.sql",
        "wkr2 unexpected drift dbscripts/pipe.fifo",
    ]);
    assert_eq!(found(&report), left);
    lab.on(
        "wkr2",
        &format!("rm {scripts}/pipe.fifo; chown wso2: {scripts}/mysql.sql"),
    );
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.status, Some(0), "{}", plan.failure());
    kept_so(lab, &scripts);
}

fn what_was_said(lab: &Lab) {
    let of_workers = std::fs::read_to_string(lab.site.join("group_vars/worker.yml")).unwrap();
    for (path, said) in [
        (
            "oracle.sql",
            "state: absent\n        why: 'adopted from wkr1, wkr2'\n",
        ),
        (
            "h2.sql",
            "mode: '0664'\n        when: 'node.name == ''wkr1'''\n",
        ),
        ("mssql.sql", "link: mysql.sql\n"),
        ("site/empty", "state: directory\n"),
        ("site/own.sql", "link: ../h2.sql\n"),
        ("site/run.sh", "mode: '0775'\n"),
    ] {
        let said = format!("  - path: dbscripts/{path}\n    file:\n      - {said}");
        assert!(of_workers.contains(&said), "{said}: {of_workers}");
    }
    let laid = lab.site.join("overlays/wkr1/dbscripts");
    let binary = std::fs::read(laid.join("postgresql.sql")).unwrap();
    assert_eq!(binary, b"PK\x03\x04\0\xff");
    assert!(laid.join("site/run.sh").is_file());
}

/// What was there before comes back by nobody; no server reads any of it, and none restarts.
fn kept_so(lab: &Lab, scripts: &str) {
    let process = || lab.on("wkr1", "systemctl show -p MainPID wso2esb");
    let started = process();
    lab.on(
        "wkr1",
        &format!(
            "cd {scripts}
        echo x > oracle.sql; chmod 600 h2.sql; rm mssql.sql; echo x > mssql.sql
        rm -rf site; echo x > postgresql.sql; chown wso2: *"
        ),
    );
    super::apply(lab);
    super::as_wanted(lab);
    assert_eq!(process(), started);
    let all = "find . -mindepth 1 -printf '%p %y %m %l %u\\n' | sort";
    let stands = lab.on("wkr1", &format!("cd {scripts}; {all}"));
    for line in [
        "./h2.sql f 664  wso2",
        "./mssql.sql l 777 mysql.sql wso2",
        "./site d 775  wso2",
        "./site/empty d 755  wso2",
        "./site/own.sql l 777 ../h2.sql wso2",
        "./site/run.sh f 775  wso2",
    ] {
        assert!(stands.lines().any(|one| one == line), "{line}: {stands}");
    }
    assert!(!stands.contains("oracle"), "{stands}");
}
