//! What a drift check asks: more questions in the same exec, records, artifacts; and an asker who is gone.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{ask, boot, of};
use crate::carbon::TreeRules;
use crate::script::{
    Answer, Answers, Artifacts, BOOT, Become, Kept, Nonce, Probe, Request, inquiry, look,
};

#[test]
fn questions_that_the_first_answers_raise_are_answered_in_the_same_exec() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("later");
    fs::write(&file, "x").unwrap();
    let nonce = Nonce::draw().unwrap();
    let first = [Probe::Facts];
    let later = Request {
        probes: vec![of(&file), Probe::Facts],
        ..Request::default()
    };
    let mut input = inquiry(&first, None, &nonce);
    input.extend(later.bytes());
    input.extend(later.bytes());
    let raw = boot("sh", &input, &nonce);
    let ids: Vec<&str> = raw.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["begin", "0", "end", "0", "1", "end", "0", "1", "end"]);
    let (_, answers) = later.results(raw[3..5].to_vec()).unwrap();
    assert!(matches!(
        answers.get(&of(&file)),
        Some(Answer::Path(Some(_)))
    ));
}

fn one(probe: Probe) -> Answer {
    let answers: Answers = ask(std::slice::from_ref(&probe));
    answers.get(&probe).unwrap().clone()
}

#[test]
fn a_record_is_ours_foreign_or_gone() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |whole| {
        let state = folder.path().display().to_string();
        match one(Probe::Kept { state, whole }) {
            Answer::Kept(kept) => kept,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kept(true), Kept::default());
    let rows = "a b\t644 f abc\nbin\t755 d -";
    fs::write(folder.path().join("manifest"), format!("{rows}\n")).unwrap();
    fs::write(folder.path().join("unit"), "abc\n").unwrap();
    let ours = Kept {
        manifest: true,
        unit: "abc".to_owned(),
        ..Kept::default()
    };
    assert_eq!(kept(false), ours);
    assert_eq!(kept(true).rows, rows);
    fs::write(folder.path().join("manifest"), format!("{rows}\nby hand\n")).unwrap();
    assert!(kept(false).foreign && !kept(false).manifest);
}

fn deployed(folder: &Path) -> Artifacts {
    let folder = folder.display().to_string();
    match one(Probe::Artifacts { folder }) {
        Answer::Artifacts(artifacts) => artifacts.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn artifacts_are_told_without_what_each_server_makes_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    put("synapse-configs/a b.xml", "<a/>");
    put("webapps/shop.war", "zip");
    put("webapps/plain/index.html", "x");
    let plain = deployed(folder.path());
    assert_eq!(plain.files, 3);
    let paths: Vec<&str> = plain.rows.lines().map(|row| &row[17..]).collect();
    assert_eq!(
        paths,
        [
            "synapse-configs/a b.xml",
            "webapps/plain/index.html",
            "webapps/shop.war"
        ]
    );
    for path in [
        ".svn/entries",
        "axis2services/servicemetafiles/x",
        "webapps/shop/index.html",
    ] {
        put(path, "each server's own");
    }
    assert_eq!(deployed(folder.path()), plain);
    let sealed =
        |text: &str| format!("<property encrypted=\"true\" name=\"password\">{text}</property>\n");
    put("eventpublishers/p.xml", &sealed("abc"));
    let first = deployed(folder.path());
    put("eventpublishers/p.xml", &sealed("xyz"));
    assert_eq!(deployed(folder.path()), first);
    put("eventpublishers/p.xml", "<other/>\n");
    assert_ne!(deployed(folder.path()).digest, first.digest);
    let nowhere = folder.path().join("nowhere").display().to_string();
    assert_eq!(
        one(Probe::Artifacts { folder: nowhere }),
        Answer::Artifacts(None)
    );
}

#[test]
fn an_asker_who_is_gone_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    for number in 0..2000 {
        fs::write(folder.path().join(format!("{number:0>200}")), "x").unwrap();
    }
    let probe = Probe::Tree {
        folder: folder.path().display().to_string(),
        expected: String::new(),
        owner: (String::new(), String::new()),
        rules: TreeRules {
            roots: vec![".".to_owned()],
            folders: Vec::new(),
            prunes: Vec::new(),
            normal: Vec::new(),
        },
    };
    let nonce = Nonce::draw().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", BOOT])
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let script = inquiry(&[probe], None, &nonce);
    stdin.write_all(&script).unwrap();
    // The rows are larger than any pipe, so the script is still writing when nobody reads any more.
    let mut stdout = child.stdout.take().unwrap();
    let mut begun = Vec::new();
    while !begun.ends_with(b"\0rows\0") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        begun.extend(byte);
    }
    drop(stdout);
    child.wait().unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

/// Each as `getent` has it; nothing of who is not there.
#[test]
fn users_and_groups_are_what_the_host_says_of_them() {
    for name in ["root", "daemon", "nobody", "nobody-of-this-name"] {
        let user = Probe::User {
            name: name.to_owned(),
            groups: false,
        };
        for (database, probe) in [("passwd", user), ("group", Probe::Group(name.to_owned()))] {
            let asked = Command::new("getent").args([database, name]).output();
            let said = String::from_utf8(asked.unwrap().stdout).unwrap();
            let Answer::Account(account) = one(probe) else {
                panic!("no account")
            };
            let told = account.map(|account| account.fields.join(":"));
            assert_eq!(told.unwrap_or_default(), said.trim_end(), "{database}");
        }
    }
}

/// sudo writes its command line to the log of the host, at every look of every night: it holds no script.
#[test]
fn what_sudo_is_given_is_short() {
    let folder = tempfile::tempdir().unwrap();
    let sudo = folder.path().join("sudo");
    let told = folder.path().join("told");
    let text = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$*\" > {}\nwhile [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"\n",
        told.display()
    );
    std::fs::write(&sudo, text).unwrap();
    std::fs::set_permissions(&sudo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let as_user = Become {
        user: "somebody-else".to_owned(),
        sudo: sudo.display().to_string(),
    };
    let nonce = Nonce::draw().unwrap();
    let raw = boot("sh", &look(&[Probe::Facts], Some(&as_user), &nonce), &nonce);
    let ids: Vec<&str> = raw.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["begin", "0", "end"]);
    let told = std::fs::read_to_string(&told).unwrap();
    assert!(told.len() < 300 && told.lines().count() == 1, "{told}");
}

#[test]
fn servers_are_told_whether_they_run_or_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = |name: &str| {
        let home = folder.path().join(name);
        fs::create_dir_all(home.join("repository/conf/axis2")).unwrap();
        fs::write(
            home.join("repository/conf/carbon.xml"),
            format!("<{name}/>\n"),
        )
        .unwrap();
        home.display().to_string()
    };
    let (runs, named) = (home("r u n s"), home("named"));
    let mut process = Command::new("sh")
        .args([
            "-c",
            "read x",
            "java",
            &format!("-Dcarbon.home={runs}"),
            "-DworkerNode=true",
        ])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // Named and running is one server.
    let told = one(Probe::Servers(vec![named.clone(), runs.clone()]));
    drop(process.stdin.take());
    process.wait().unwrap();
    let Answer::Servers(servers) = told else {
        panic!("{told:?}");
    };
    let of = |home: &str| {
        servers
            .iter()
            .filter(|one| one.home == home)
            .collect::<Vec<_>>()
    };
    let [server] = of(&runs)[..] else {
        panic!("{servers:?}");
    };
    assert_eq!(server.pid, process.id().to_string());
    assert_eq!(
        server.argv[3..],
        [
            "java",
            &format!("-Dcarbon.home={runs}"),
            "-DworkerNode=true"
        ]
    );
    assert_eq!(server.carbon, "<r u n s/>");
    let [server] = of(&named)[..] else {
        panic!("{servers:?}");
    };
    assert!(
        server.pid.is_empty() && server.argv.is_empty(),
        "{server:?}"
    );
    assert_eq!(
        (server.carbon.as_str(), server.axis2.as_str()),
        ("<named/>", "")
    );
}

/// A server of which nobody knows when it has started tells nothing.
#[test]
fn what_has_changed_since_a_start_is_told_only_of_a_known_process() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("conf")).unwrap();
    fs::write(folder.path().join("conf/a"), "a").unwrap();
    let probe = Probe::Since {
        home: folder.path().display().to_string(),
        unit: "wmprov-none.service".to_owned(),
        rules: TreeRules {
            roots: vec!["conf".to_owned()],
            folders: Vec::new(),
            prunes: Vec::new(),
            normal: Vec::new(),
        },
    };
    assert_eq!(one(probe.clone()), Answer::Since(None));
    let another = std::process::id().to_string();
    fs::write(folder.path().join("wso2carbon.pid"), another).unwrap();
    assert_eq!(one(probe), Answer::Since(None));
}
