//! The scripts, run by the `sh` of this machine as a host would run them.

mod back;
mod commit;
mod life;
mod locked;
mod looking;
mod part;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::answers::{Answer, FileKind, Tree};
use super::{Answers, Attributes, BOOT, Done, Fields, Nonce, Probe, Request, Step, look, session};

/// Runs `BOOT` as sshd would, through `shell`, and gives it `input`.
fn boot(shell: &str, input: &[u8], nonce: &Nonce) -> Vec<(String, Vec<Vec<u8>>)> {
    let mut child = Command::new(shell)
        .args(["-c", BOOT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let out = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    Fields::new(nonce.clone()).push(&out.stdout)
}

fn ask(probes: &[Probe]) -> Answers {
    let nonce = Nonce::draw().unwrap();
    let raw = boot("sh", &look(probes, None, &nonce), &nonce);
    let raw = raw
        .into_iter()
        .filter(|(id, _)| id != "begin" && id != "end");
    Answers::of(probes, raw.collect()).unwrap()
}

fn act(requests: &[Request]) -> Vec<(Vec<Done>, Answers)> {
    let nonce = Nonce::draw().unwrap();
    let mut input = session(None, None, &nonce);
    for request in requests {
        input.extend(request.bytes());
    }
    let mut raw = boot("sh", &input, &nonce).into_iter().peekable();
    assert_eq!(raw.next().unwrap().0, "begin");
    assert_eq!(raw.next().unwrap().0, "end");
    requests
        .iter()
        .map(|request| {
            let mut own = Vec::new();
            for answer in raw.by_ref() {
                if answer.0 == "end" {
                    break;
                }
                own.push(answer);
            }
            request.results(own).unwrap()
        })
        .collect()
}

fn path(answers: &Answers, probe: &Probe) -> Option<super::Path> {
    match answers.get(probe).unwrap() {
        Answer::Path(path) => path.clone(),
        other => panic!("{other:?}"),
    }
}

fn of(path: &Path) -> Probe {
    Probe::Path {
        path: path.to_str().unwrap().to_owned(),
        content: 1000,
    }
}

#[test]
fn the_boot_line_is_taken_alike_by_every_shell_that_is_here() {
    for shell in ["sh", "dash", "bash", "zsh", "fish", "tcsh", "busybox"] {
        let nonce = Nonce::draw().unwrap();
        if Command::new(shell).arg("-c").arg("true").output().is_err() {
            println!("skipped: there is no {shell} here");
            continue;
        }
        if shell == "busybox" {
            continue;
        }
        let raw = boot(shell, &look(&[Probe::Facts], None, &nonce), &nonce);
        let ids: Vec<&str> = raw.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["begin", "0", "end"], "{shell}");
    }
}

#[test]
fn a_path_is_told_with_content_and_digest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it's a\nname");
    std::fs::write(&file, b"hello\0\n").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    let probes = [
        of(&file),
        of(&folder.path().join("link")),
        of(&folder.path().join("missing/deep")),
        of(folder.path()),
    ];
    let answers = ask(&probes);
    let seen = path(&answers, &probes[0]).unwrap();
    assert_eq!(seen.kind, FileKind::File);
    assert_eq!(seen.content.as_deref(), Some(&b"hello\0\n"[..]));
    assert_eq!(seen.sha256, super::step::sha256(b"hello\0\n"));
    assert_eq!(path(&answers, &probes[1]).unwrap().target, "nowhere");
    assert_eq!(path(&answers, &probes[2]), None);
    assert_eq!(path(&answers, &probes[3]).unwrap().kind, FileKind::Folder);
}

fn tree(folder: &Path, expected: &str) -> Tree {
    let own = |list: &[&str]| {
        list.iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let me = |flag: &str| {
        let out = Command::new("id").arg(flag).output().unwrap();
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    let probe = Probe::Tree {
        folder: folder.to_str().unwrap().to_owned(),
        expected: expected.to_owned(),
        owner: (me("-un"), me("-gn")),
        rules: crate::carbon::TreeRules {
            roots: own(&["conf", "data"]),
            folders: own(&["logs"]),
            prunes: own(&["data/*.epoch", "conf/solr"]),
            normal: own(&["conf/bundles.info"]),
        },
    };
    match ask(std::slice::from_ref(&probe)).get(&probe).unwrap() {
        Answer::Tree(tree) => tree.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tree_is_compared_by_one_digest_and_told_row_by_row_where_it_differs() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let info = "#version=1\nb,1,../plugins/b.jar,4,true\na,1,../plugins/a.jar,4,true\n";
    for (file, text) in [
        ("conf/a b.xml", "a"),
        ("conf/bundles.info", info),
        ("conf/solr/x", "x"),
        ("logs/wso2carbon.log", "x"),
        ("data/1.epoch", "x"),
        ("data/2", "x"),
    ] {
        let file = home.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let Tree::Rows {
        rows,
        foreign,
        errors,
    } = tree(&home, "nothing")
    else {
        panic!("no rows");
    };
    assert_eq!((errors.as_str(), foreign.len()), ("", 0));
    let paths: Vec<&str> = rows
        .lines()
        .map(|row| row.splitn(4, ' ').nth(3).unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "conf",
            "conf/a b.xml",
            "conf/bundles.info",
            "data",
            "data/2",
            "logs"
        ]
    );
    let a = super::step::sha256(b"a");
    assert!(rows.contains(&format!(" f {a} conf/a b.xml")), "{rows}");
    let normal = super::step::sha256(&crate::edit::bundles::normal_form(info.as_bytes()));
    assert!(
        rows.contains(&format!(" f {normal} conf/bundles.info")),
        "{rows}"
    );
    // The digest is that of the rows' lines: path, tab, the rest.
    let line = |row: &str| match row.splitn(4, ' ').collect::<Vec<_>>()[..] {
        [mode, kind, digest, path] => format!("{path}\t{mode} {kind} {digest}\n"),
        _ => panic!("no row: {row}"),
    };
    let lines: String = rows.lines().map(line).collect();
    let digest = super::step::sha256(lines.as_bytes());
    assert_eq!(tree(&home, &digest), Tree::Same);

    // What Carbon makes of bundles.info (carbon 1.5) is the same file; another bundle is not.
    let info = home.join("conf/bundles.info");
    std::fs::write(
        &info,
        "a,1,../plugins/a.jar,4,true\nb,1,../plugins/b.jar,4,true\np,1,../dropins/p.jar,4,false\n",
    )
    .unwrap();
    assert_eq!(tree(&home, &digest), Tree::Same);
    std::fs::write(&info, "a,1,../plugins/a.jar,4,true\n").unwrap();
    assert_ne!(tree(&home, &digest), Tree::Same);
    assert_eq!(tree(&home.join("nowhere"), &digest), Tree::Missing);
}

#[test]
fn steps_write_and_a_failed_one_leaves_the_stream_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new");
    let write = |path: &Path, content: &[u8]| Step::Write {
        path: path.to_str().unwrap().to_owned(),
        content: content.to_vec(),
        attributes: Attributes {
            mode: Some(0o640),
            ..Attributes::default()
        },
    };
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    let results = act(&[
        Request::default(),
        Request {
            steps: vec![write(&file, &bytes)],
            probes: vec![of(&file)],
            ..Request::default()
        },
        Request {
            steps: vec![
                write(&folder.path().join("no/such/folder"), &bytes),
                write(&file, b"never"),
            ],
            probes: vec![of(&file)],
            ..Request::default()
        },
        Request {
            steps: vec![Step::Command {
                argv: ["sh", "-c", "cat; echo e >&2; exit 3"]
                    .map(str::to_owned)
                    .to_vec(),
                folder: None,
                input: b"in\0put".to_vec(),
            }],
            ..Request::default()
        },
    ]);
    let (done, answers) = &results[1];
    assert!(done[0].succeeded(), "{done:?}");
    let seen = path(answers, &of(&file)).unwrap();
    assert_eq!((seen.mode, seen.size), (0o640, 200_000));
    let (done, answers) = &results[2];
    assert_eq!(
        (done[0].status, done[1].status),
        (Some(1), None),
        "{done:?}"
    );
    assert_eq!(path(answers, &of(&file)).unwrap().size, 200_000);
    let (done, _) = &results[3];
    assert_eq!(
        done[0],
        Done {
            status: Some(3),
            output: b"in\0put".to_vec(),
            errors: b"e\n".to_vec()
        }
    );
}

/// What `environment` sets is seen by the commands of that request, and by nothing after it.
#[test]
fn an_environment_lasts_for_one_request() {
    let shown = |steps: Vec<Step>, environment: &[(&str, &str)]| Request {
        steps,
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Request::default()
    };
    let words = ["sh", "-c", "printf %s \"$COLOUR\""].map(str::to_owned);
    let users = || Step::Command {
        argv: words.to_vec(),
        folder: None,
        input: Vec::new(),
    };
    let ours = || Step::Run {
        argv: words.to_vec(),
    };
    let results = act(&[
        shown(vec![users(), ours()], &[("COLOUR", "it's $RED")]),
        shown(vec![users(), ours()], &[]),
    ]);
    let output = |at: usize| results[at].0.iter().map(|done| done.output.clone());
    assert!(output(0).all(|said| said == b"it's $RED"), "{results:?}");
    assert!(output(1).all(|said| said.is_empty()), "{results:?}");
}
