//! Which list a change goes into: rows of an inventory, changes, and what is written.

use std::path::Path;

use super::{Placed, Placer};
use crate::commands::FileOptions;
use crate::commands::adopt::expression::{Entry, Laid};
use crate::commands::adopt::readers::Key;

const HEAD: &str = "all:
  vars:
    carbon_product: esb # the bus
    carbon_version: \"4.9.0\"
    carbon_hostname: esb.example.com
    carbon_mgt_hostname: mgt.esb.example.com
    java_home: /usr/lib/jvm/java-8-openjdk-amd64
  children:
    manager: { hosts: { mgr1: { ansible_host: 10.0.0.11 } } }
";

const TWO: &str = "    worker: { hosts: { wkr1: { ansible_host: 10.0.0.12 }, wkr2: { ansible_host: 10.0.0.13 } } }\n";

fn site(workers: &str) -> (tempfile::TempDir, FileOptions) {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("inventory.yaml");
    std::fs::write(&inventory, format!("{HEAD}{workers}")).unwrap();
    let files = FileOptions {
        inventory,
        ..FileOptions::default()
    };
    (folder, files)
}

fn placer<'a>(files: &'a FileOptions, root: &'a Path) -> Placer<'a> {
    Placer {
        files,
        root,
        trial: false,
        placed: Placed::default(),
    }
}

fn nodes(names: &[&str]) -> Vec<Key> {
    let key = |name: &&str| ("all".to_owned(), (*name).to_owned());
    names.iter().map(key).collect()
}

fn edit(path: &str, value: &str) -> [Entry; 1] {
    [Entry {
        path: path.to_owned(),
        format: "xml",
        verb: "set",
        target: "Key".to_owned(),
        value: Some(value.to_owned()),
    }]
}

fn jar() -> [Laid; 1] {
    [Laid {
        path: "repository/components/lib/x.jar".to_owned(),
        bytes: b"PK".to_vec().into(),
        executable: false,
        secret: false,
    }]
}

/// The drafts, by name.
fn drafts(placer: &Placer<'_>, root: &Path) -> Vec<(String, String)> {
    let drafts = placer.placed.drafts.iter();
    drafts
        .map(|(file, text)| {
            let name = file.strip_prefix(root).unwrap().display().to_string();
            (name, text.to_owned())
        })
        .collect()
}

fn item(blanks: &str, when: &str, names: &str) -> String {
    let lines = [
        "- path: conf/a.xml",
        "  xml:",
        "    - set: Key",
        "      to: v",
        when,
        &format!("      why: {names}"),
    ];
    let lines = lines.iter().filter(|line| !line.is_empty());
    lines.map(|line| format!("{blanks}{line}\n")).collect()
}

#[test]
fn a_change_goes_to_the_widest_owner_that_has_it_whole() {
    let rows = [
        (
            &["mgr1", "wkr1", "wkr2"][..],
            "inventory.yaml",
            "'adopted from mgr1, wkr1, wkr2'",
        ),
        (
            &["wkr1", "wkr2"],
            "group_vars/worker.yml",
            "'adopted from wkr1, wkr2'",
        ),
        (&["wkr2"], "host_vars/wkr2.yml", "'adopted from wkr2'"),
        // A role of one node is a node.
        (&["mgr1"], "host_vars/mgr1.yml", "'adopted from mgr1'"),
    ];
    for (names, file, why) in rows {
        let (folder, files) = site(TWO);
        let mut placer = placer(&files, folder.path());
        placer
            .edits(&edit("conf/a.xml", "v"), &nodes(names))
            .unwrap();
        let text = match file {
            "inventory.yaml" => format!("{HEAD}{TWO}").replace(
                "amd64\n",
                &format!("amd64\n    carbon_edits:\n{}", item("      ", "", why)),
            ),
            _ => format!("carbon_edits:\n{}", item("  ", "", why)),
        };
        assert_eq!(drafts(&placer, folder.path()), [(file.to_owned(), text)]);
    }
}

#[test]
fn a_list_that_is_read_already_is_added_to_and_not_hidden() {
    let list = "    # ours\n    worker:\n      hosts: { wkr1: { ansible_host: 10.0.0.12 }, wkr2: { ansible_host: 10.0.0.13 } }\n      vars:\n        carbon_edits:\n        - path: conf/b.xml # one\n          xml:\n            - { set: Key, to: v0 } # two\n        # the end\n";
    let text = format!("{HEAD}{list}");
    let (folder, files) = site(list);
    let one = |path: &str, value: &str, names: &[&str]| {
        let mut placer = placer(&files, folder.path());
        let placed = placer.edits(&edit(path, value), &nodes(names));
        placed.map(|()| drafts(&placer, folder.path()).pop().unwrap())
    };
    let (file, made) = one("conf/a.xml", "v", &["wkr1"]).unwrap();
    let when = "      when: 'node.name == ''wkr1'''";
    let new = item("        ", when, "'adopted from wkr1'");
    assert_eq!(file, "inventory.yaml");
    assert_eq!(made, text.replace("# two\n", &format!("# two\n{new}")));
    // His own edit of this value gets the new one, where all of its nodes have it.
    let (_, made) = one("conf/b.xml", "v1", &["wkr1", "wkr2"]).unwrap();
    assert_eq!(made, text.replace("to: v0 }", "to: v1 }"));
    let refused = one("conf/b.xml", "v1", &["wkr1"]).unwrap_err();
    assert!(
        refused[0].message().ends_with("on other nodes too"),
        "{refused:?}"
    );
}

#[test]
fn what_cannot_be_written_is_told_with_its_place() {
    let list = "    worker: { hosts: { wkr1: { ansible_host: 10.0.0.12 }, wkr2: { ansible_host: 10.0.0.13 } }, vars: { carbon_edits: [], carbon_overlays: [x] } }\n";
    let (folder, files) = site(list);
    std::fs::create_dir(folder.path().join("x")).unwrap();
    let mut placer = placer(&files, folder.path());
    let refused = placer.edits(&edit("conf/a.xml", "v"), &nodes(&["wkr1", "wkr2"]));
    let hint = refused.unwrap_err()[0].way_out().unwrap().to_owned();
    assert!(hint.starts_with("add it by hand to the list at "), "{hint}");
    assert!(hint.contains("- path: conf/a.xml\n"), "{hint}");
    let refused = placer.files(&jar(), &nodes(&["wkr1"])).unwrap_err();
    let hint = refused[0].way_out().unwrap();
    assert!(
        hint.ends_with("carbon_overlays:\n  - path: overlays/wkr1\n    hosts: wkr1\n"),
        "{hint}"
    );
    assert_eq!(drafts(&placer, folder.path()), []);
}

#[test]
fn a_folder_of_overlays_is_for_those_that_have_the_file() {
    let (folder, files) = site(TWO);
    let root = folder.path();
    let laid = |placer: &Placer<'_>| -> Vec<String> {
        let laid = placer.placed.laid.keys();
        laid.map(|file| file.strip_prefix(root).unwrap().display().to_string())
            .collect()
    };
    let mut first = placer(&files, root);
    first.files(&jar(), &nodes(&["wkr1", "wkr2"])).unwrap();
    assert_eq!(
        laid(&first),
        ["overlays/worker/repository/components/lib/x.jar"]
    );
    assert_eq!(
        drafts(&first, root),
        [(
            "group_vars/worker.yml".to_owned(),
            "carbon_overlays:\n  - overlays/worker\n".to_owned()
        )]
    );
    // It is there, and the next file for the same nodes needs no word more.
    std::fs::create_dir_all(root.join("overlays/worker")).unwrap();
    std::fs::create_dir_all(root.join("group_vars")).unwrap();
    std::fs::write(
        root.join("group_vars/worker.yml"),
        "carbon_overlays:\n  - overlays/worker\n",
    )
    .unwrap();
    let mut second = placer(&files, root);
    second.files(&jar(), &nodes(&["wkr1", "wkr2"])).unwrap();
    assert_eq!(drafts(&second, root), []);
    second.files(&jar(), &nodes(&["wkr2"])).unwrap();
    assert_eq!(
        drafts(&second, root)[0].1,
        "carbon_overlays:\n  - overlays/worker\n  - path: overlays/wkr2\n    hosts: wkr2\n"
    );
    assert_eq!(laid(&second).len(), 2);
}
