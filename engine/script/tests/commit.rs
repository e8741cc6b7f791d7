//! The transaction of a Home in which the server's user has laid links: root writes nothing through them.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

/// Commits `plan`, in which `WHOSE` stands for whoever runs this; whether that went well, and what was said.
fn committed(folder: &Path, plan: &str) -> (bool, String) {
    let about = std::fs::metadata(folder).unwrap();
    let whose = format!("{}:{}", about.uid(), about.gid());
    std::fs::write(folder.join("state/plan"), plan.replace("WHOSE", &whose)).unwrap();
    let script = format!(
        "wm_nonce=x\n{}\n{}\n{}\nwm_commit state home 1 5",
        include_str!("../sh/base.sh"),
        include_str!("../sh/steps.sh"),
        include_str!("../sh/commit.sh"),
    );
    let mut run = Command::new("sh");
    let ran = run.args(["-c", &script]).current_dir(folder).output();
    let ran = ran.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    (ran.status.success(), said)
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
