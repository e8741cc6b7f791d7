//! A node's start, with a systemd that only says what its main process is.

use std::path::Path;
use std::process::Command;

fn starts(folder: &Path, main: &str) {
    let script = format!(
        "systemctl() {{ [ \"$1\" != show ] || echo {main}; }}\n{}\nwm_start state home unit",
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

    before();
    starts(folder.path(), "77");
    assert_eq!(noted(), "1 0\n");
    assert!(at("home/wso2carbon.pid").exists() && !at("state/evidence").exists());

    before();
    starts(folder.path(), "0");
    assert!(noted().ends_with(" 8\n"), "{}", noted());
    assert!(!at("home/wso2carbon.pid").exists() && !at("state/evidence").exists());
}
