//! What a part of a backup holds of folders that are not where they seem to be.

use std::os::unix::fs::symlink;
use std::process::Command;

/// Runs a function of `sh/part.sh`: the names in its tar, and what it says.
fn packed(call: &str, folder: &std::path::Path) -> (String, String) {
    let script = format!(
        "wm_nonce=x\n{}\n{}\nwm_java_of() {{ wm_pid=; }}\nwm_temp; {{ {call}; }} | tar -tv | sed 's/ .*:[0-9][0-9] / /'",
        include_str!("../sh/base.sh"),
        include_str!("../sh/part.sh")
    );
    let mut run = Command::new("sh");
    let ran = run.args(["-c", &script]).current_dir(folder).output();
    let ran = ran.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&ran.stdout), text(&ran.stderr))
}

#[test]
fn a_folder_that_is_a_link_is_taken_and_what_leads_elsewhere_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in ["away/apps", "far", "home/database"] {
        std::fs::create_dir_all(at(path)).unwrap();
    }
    for file in ["away/apps/a.car", "far/b.car", "far/c.h2.db"] {
        std::fs::write(at(file), file).unwrap();
    }
    symlink(at("away"), at("home/server")).unwrap();
    symlink("apps/a.car", at("away/same")).unwrap();
    symlink(at("far"), at("away/other")).unwrap();
    let home = at("home");
    let (names, said) = packed(
        &format!("wm_pack '' {} server tenants", home.display()),
        &home,
    );
    let names = names.replace(&at("far").display().to_string(), "AWAY");
    let mut names: Vec<&str> = names.lines().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "-rw-r--r-- server/./apps/a.car",
            "drwxr-xr-x server/./",
            "drwxr-xr-x server/./apps/",
            "lrwxrwxrwx server/./other -> AWAY",
            "lrwxrwxrwx server/./same -> apps/a.car"
        ]
    );
    assert_eq!(said, "outside: server/other\n");
    std::fs::create_dir_all(at("home/repository/database")).unwrap();
    symlink(at("far/c.h2.db"), at("home/repository/database/C.h2.db")).unwrap();
    let call = format!("wm_h2 '' {} {} unit 1000", home.display(), home.display());
    let names = packed(&call, &home);
    assert_eq!(names, ("-rw-r--r-- ./C.h2.db\n".to_owned(), String::new()));
}
