//! The transaction of a Home: what stands in its way, what it keeps, and the way back.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

/// Commits `plan`, in which `WHOSE` stands for whoever runs this; whether that went well, and what was said.
fn committed(folder: &Path, plan: &str) -> (bool, String) {
    planned(folder, plan);
    acted(folder, "wm_commit state home 1 5")
}

fn planned(folder: &Path, plan: &str) {
    let about = std::fs::metadata(folder).unwrap();
    let whose = format!("{}:{}", about.uid(), about.gid());
    std::fs::write(folder.join("state/plan"), plan.replace("WHOSE", &whose)).unwrap();
}

/// Runs steps of a session, by paths that begin at the root as a session's do; whether that went well, and what was said.
fn acted(folder: &Path, steps: &str) -> (bool, String) {
    let script = format!(
        "wm_nonce=x\n{}\n{}\n{}\n{}\n{}",
        include_str!("../sh/base.sh"),
        include_str!("../sh/steps.sh"),
        include_str!("../sh/commit.sh"),
        include_str!("../sh/back.sh"),
        steps
            .replace(" state", " \"$PWD/state\"")
            .replace(" home", " \"$PWD/home\""),
    );
    let mut run = Command::new("sh");
    let ran = run.args(["-c", &script]).current_dir(folder).output();
    let ran = ran.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    (ran.status.success(), said)
}

/// All that is in the Home: kind, mode, what a link leads to or a file holds.
fn listed(folder: &Path) -> String {
    let list = "find . -mindepth 1 -printf '%P %y %m %l\\n' -type f -exec cat '{}' \\; | sort";
    let mut run = Command::new("sh");
    let ran = run.args(["-c", list]).current_dir(folder.join("home"));
    String::from_utf8(ran.output().unwrap().stdout).unwrap()
}

#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in ["state/stage/conf", "home", "away/deep"] {
        std::fs::create_dir_all(at(path)).unwrap();
    }
    std::fs::set_permissions(at("away"), std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(at("away/deep/kept"), "x").unwrap();
    let untouched = || {
        let mode = std::fs::metadata(at("away")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let names = std::fs::read_dir(at("away")).unwrap();
        assert_eq!(names.count(), 1, "something was written through the link");
        assert!(at("away/deep/kept").exists());
    };
    let lands = || std::fs::write(at("state/stage/conf/a.xml"), "wanted").unwrap();

    // The link has come since the plan was made, which has nothing to say of the folder.
    lands();
    symlink("../away", at("home/conf")).unwrap();
    for line in [
        "put\t-\t644\tWHOSE\tconf/a.xml\n",
        "gone\t-\t-\t-\tconf/deep\n",
        "attributes\t-\t777\tWHOSE\tconf/deep/kept\n",
        "folder\t-\t755\tWHOSE\tconf/new\n",
    ] {
        let (done, said) = committed(folder.path(), line);
        assert!(!done, "{line}");
        assert!(
            said.contains("home/conf is a link to ../away, which is not followed"),
            "{said}"
        );
        untouched();
        std::fs::remove_file(at("state/journal")).unwrap();
    }

    // It was seen, and a folder is wanted in its place.
    let plan = "folder\t-\t755\tWHOSE\tconf\nput\t-\t644\tWHOSE\tconf/a.xml\n";
    let (done, said) = committed(folder.path(), plan);
    assert!(done, "{said}");
    untouched();
    assert!(!at("home/conf").is_symlink());
    assert_eq!(std::fs::read(at("home/conf/a.xml")).unwrap(), b"wanted");
}

/// What generations have replaced goes, the oldest first: beyond the number that is kept, and where it takes more than the disk
/// has left. The last one stays, however full the disk is.
#[test]
fn what_was_replaced_is_pruned_by_number_and_by_disk() {
    // Kept at most, KiB that are free, and what stays of three generations of some 100 KiB each.
    let rows = [
        (5, 9999, &["1", "2", "3"][..]),
        (2, 9999, &["2", "3"]),
        (5, 250, &["2", "3"]),
        (5, 150, &["3"]),
        (5, 0, &["3"]),
        (0, 9999, &[]),
    ];
    for (keep, free, stays) in rows {
        let folder = tempfile::tempdir().unwrap();
        let previous = folder.path().join("state/previous");
        for number in ["1", "2", "3"] {
            std::fs::create_dir_all(previous.join(number)).unwrap();
            std::fs::write(previous.join(number).join("a"), vec![1; 90 * 1024]).unwrap();
            for part in ["rows", "new", "modes"] {
                std::fs::write(previous.join(format!("{number}.{part}")), "x").unwrap();
            }
        }
        // What the disk has left is what df says.
        let script = format!(
            "{}\ndf() {{ printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/x 9 9 {free} 9%% /\\n'; }}\n\
             wm_prune state {keep}",
            include_str!("../sh/commit.sh"),
        );
        let mut run = Command::new("sh");
        let ran = run
            .args(["-c", &script])
            .current_dir(folder.path())
            .output();
        let ran = ran.unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let names = std::fs::read_dir(&previous).unwrap();
        let mut left: Vec<String> = names
            .map(|name| name.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let whole = |number: &&str| {
            let ends = ["", ".modes", ".new", ".rows"];
            ends.map(|end| format!("{number}{end}"))
        };
        let wanted: Vec<String> = stays.iter().flat_map(whole).collect();
        assert_eq!(left, wanted, "kept {keep}, free {free}");
    }
}

/// A folder where a file or a link is wanted, a file or a link where a folder is: each gives way, and is as it was after a
/// rollback. A run that is cut in between is finished by the next.
#[test]
fn what_stands_in_the_way_goes_and_comes_back() {
    const FOLDER: &str = "mkdir -m 750 home/a home/a/b; echo x > home/a/x; ln -s x home/a/b/l";
    // What is there, what has landed, what is planned.
    let rows = [
        (
            FOLDER,
            "echo new > state/stage/a",
            "put\t-\t644\tWHOSE\ta\n",
        ),
        (FOLDER, "ln -s x state/stage/a", "put\t-\t-\tWHOSE\ta\n"),
        // What is listed goes first, what is not goes with the folder.
        (
            FOLDER,
            "ln -s x state/stage/a",
            "gone\t-\t-\t-\ta/x\nput\t-\t-\tWHOSE\ta\n",
        ),
        (
            "echo old > home/a",
            "mkdir state/stage/a; echo x > state/stage/a/x",
            "folder\t-\t755\tWHOSE\ta\nput\t-\t644\tWHOSE\ta/x\n",
        ),
        ("ln -s nowhere home/a", ":", "folder\t-\t755\tWHOSE\ta\n"),
        (
            "mkdir away; ln -s ../away home/a",
            ":",
            "folder\t-\t755\tWHOSE\ta\n",
        ),
        ("mkfifo home/a", ":", "folder\t-\t755\tWHOSE\ta\n"),
    ];
    let run = |folder: &Path, line: &str| {
        let mut sh = Command::new("sh");
        let ran = sh.args(["-ec", line]).current_dir(folder).status();
        assert!(ran.unwrap().success(), "{line}");
    };
    // Where the run is cut: nowhere, before anything lands, before a folder is made.
    let cuts = [
        ":",
        "mv() { case $* in */stage/*) exit 9 ;; esac; command mv \"$@\"; }",
        "wm_folder() { exit 9; }",
    ];
    for ((there, landed, plan), cut) in rows.iter().flat_map(|row| cuts.map(|cut| (row, cut))) {
        let made = tempfile::tempdir().unwrap();
        let folder = made.path();
        run(
            folder,
            &format!("mkdir -p state/stage home; {there}; {landed}"),
        );
        let before = listed(folder);
        planned(folder, plan);
        let (whole, said) = acted(folder, &format!("{cut}\nwm_commit state home 1 5"));
        assert!(whole || cut != ":", "{there}, {plan}: {said}");
        if !whole {
            let (done, said) = acted(folder, "wm_commit state home 1 5");
            assert!(done, "{there}, {plan}, {cut}: {said}");
        }
        assert_ne!(listed(folder), before, "{there}, {plan}");
        run(folder, "echo '1 now' > state/generation");
        let (done, said) = acted(
            folder,
            "wm_back state home unit 0 - && wm_commit state home 2 5",
        );
        assert!(done, "{there}, {plan}, {cut}: {said}");
        assert_eq!(listed(folder), before, "{there}, {plan}, {cut}");
    }
}

/// Over two generations, one of which has set a path's mode and the other replaced or removed it, both come back.
#[test]
fn modes_and_contents_come_back_each_from_the_generation_that_changed_them() {
    const MODES: &str = "attributes\t-\t600\tWHOSE\ta\nattributes\t-\t700\tWHOSE\tb\nattributes\t-\t600\tWHOSE\tc\n";
    const CONTENTS: &str = "put\t-\t640\tWHOSE\ta\ngone\t-\t-\t-\tb\n";
    for plans in [[MODES, CONTENTS], [CONTENTS, MODES]] {
        let made = tempfile::tempdir().unwrap();
        let folder = made.path();
        let run = |line: &str| {
            let mut sh = Command::new("sh");
            let ran = sh.args(["-ec", line]).current_dir(folder).status();
            assert!(ran.unwrap().success(), "{line}");
        };
        run("umask 022; mkdir -p state home/b; for f in a c b/x; do echo old > home/$f; done");
        let before = listed(folder);
        for (number, plan) in (1..).zip(plans) {
            // Somebody has made anew what went.
            run("mkdir -p state/stage home/b; echo new > state/stage/a; chmod 640 state/stage/a");
            planned(folder, plan);
            let (done, said) = acted(folder, &format!("wm_commit state home {number} 5"));
            assert!(done, "{said}");
            run(&format!("echo '{number} now' > state/generation"));
        }
        // What somebody has removed since has no mode that could come back.
        run("rm home/c");
        let (done, said) = acted(
            folder,
            "wm_back state home unit 0 - && wm_commit state home 3 5",
        );
        assert!(done, "{said}");
        run("echo old > home/c");
        assert_eq!(listed(folder), before);
    }
}

/// What finds no room takes nothing's place.
#[test]
fn a_full_disk_is_told_and_cuts_no_record() {
    let made = tempfile::tempdir().unwrap();
    let folder = made.path();
    let at = |path: &str| folder.join(path);
    std::fs::create_dir_all(at("state")).unwrap();
    let read = |path: &str| std::fs::read_to_string(at(path)).unwrap();
    let manifest = "a\t644 f 1\nb\t644 f 2\n";
    for full in ["manifest.new", "manifest.part"] {
        std::fs::write(at("state/manifest"), manifest).unwrap();
        std::fs::write(at("state/manifest.rows"), "a\t-\nc\t644 f 3\n").unwrap();
        symlink("/dev/full", at("state").join(full)).unwrap();
        let (closed, _) = acted(folder, "wm_close state 5");
        assert_eq!(
            (closed, read("state/manifest").as_str()),
            (false, manifest),
            "{full}"
        );
        // What made room goes on with it.
        std::fs::remove_file(at("state").join(full)).unwrap();
        let (closed, said) = acted(folder, "wm_close state 5");
        assert!(closed, "{said}");
        assert_eq!(read("state/manifest"), "b\t644 f 2\nc\t644 f 3\n");
        assert!(!at("state/manifest.rows").exists() && !at("state/manifest.part").exists());
    }
    let mine = "wm_mine() { wm_at=$1; }";
    let (owed, record) = ("one\ntwo\n", "then\n");
    std::fs::write(at("state/owed"), owed).unwrap();
    std::fs::write(at("state/history"), record).unwrap();
    for file in ["owed", "history"] {
        symlink("/dev/full", at("state").join(format!("{file}.new"))).unwrap();
    }
    assert!(!acted(folder, &format!("{mine}\nwm_paid state/owed one")).0);
    assert!(!acted(folder, &format!("{mine}\nwm_record state/history now")).0);
    assert_eq!([read("state/owed"), read("state/history")], [owed, record]);
    for file in ["owed", "history"] {
        std::fs::remove_file(at("state").join(format!("{file}.new"))).unwrap();
    }
    assert!(acted(folder, &format!("{mine}\nwm_record state/history now")).0);
    assert_eq!(read("state/history"), "then\nnow\n");
    assert!(acted(folder, &format!("{mine}\nwm_paid state/owed one")).0);
    assert_eq!(read("state/owed"), "two\n");
    assert!(acted(folder, &format!("{mine}\nwm_paid state/owed two")).0);
    assert!(!at("state/owed").exists());
}

/// Whoever may write into a folder cannot lay something in the place of what is about to be written there.
#[test]
fn what_lands_beside_its_place_has_a_name_that_nobody_knows() {
    let made = tempfile::tempdir().unwrap();
    let digest = crate::script::sha256(b"text");
    let script = format!(
        "wm_nonce=x\n{}\n{}\nmkfifo \"f.wmprov.$$\"\nwm_write_text text f 640 '' '' {digest}",
        include_str!("../sh/base.sh"),
        include_str!("../sh/steps.sh"),
    );
    let mut run = Command::new("timeout");
    let ran = run
        .args(["20", "sh", "-c", &script])
        .current_dir(made.path());
    let ran = ran.output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(std::fs::read(made.path().join("f")).unwrap(), b"text");
    let names = std::fs::read_dir(made.path()).unwrap();
    assert_eq!(names.count(), 2, "nothing is left beside it");
}
