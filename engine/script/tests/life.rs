//! A node's start, with a systemd that only says what its main process is and what becomes of it.

use std::path::Path;
use std::process::Command;

fn starts(folder: &Path, state: &str, main: &str) {
    let script = format!(
        "systemctl() {{ [ \"$1\" != show ] || printf 'MainPID=%s\\nActiveState=%s\\n' {main} {state}; }}\n{}\n\
         wm_start state home unit",
        include_str!("../sh/life.sh"),
    );
    let mut run = Command::new("sh");
    let ran = run.args(["-c", &script]).current_dir(folder).output();
    assert!(ran.unwrap().status.success());
}

/// A run that was killed had started it: by the next one's start it is there, and writes its pid file once.
#[test]
fn who_is_coming_up_keeps_its_pid_file_and_the_place_in_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("state")).unwrap();
    std::fs::create_dir_all(at("home/repository/logs")).unwrap();
    std::fs::write(at("home/repository/logs/wso2carbon.log"), "started\n").unwrap();
    let before = || {
        std::fs::write(at("home/wso2carbon.pid"), "77").unwrap();
        std::fs::write(at("state/start"), "1 0\n").unwrap();
        std::fs::write(at("state/evidence"), "of the one before").unwrap();
    };
    let noted = || std::fs::read_to_string(at("state/start")).unwrap();

    for state in ["active", "activating"] {
        before();
        starts(folder.path(), state, "77");
        assert_eq!(noted(), "1 0\n");
        assert!(at("home/wso2carbon.pid").exists() && !at("state/evidence").exists());
    }

    // Whoever is on its way down is not the one that comes up.
    for (state, main) in [
        ("inactive", "0"),
        ("activating", "0"),
        ("deactivating", "77"),
    ] {
        before();
        starts(folder.path(), state, main);
        assert!(noted().ends_with(" 8\n"), "{state}: {}", noted());
        assert!(!at("home/wso2carbon.pid").exists() && !at("state/evidence").exists());
    }
}
