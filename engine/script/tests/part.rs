//! What a part of a backup holds of folders that are not where they seem to be, and of a server that runs.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command};

/// Runs a function of `sh/part.sh`: the names in its tar, and what it says.
fn packed(call: &str, folder: &Path) -> (String, String) {
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

/// A process of the Home, until it is dropped.
struct Server(Child);

impl Server {
    fn of(home: &Path) -> Self {
        let program = home.join("java");
        std::fs::copy("/bin/sh", &program).unwrap();
        let ours = format!("-Dcarbon.home={}", home.display());
        let mut command = Command::new(program);
        let child = command
            .args(["-c", "while :; do sleep 0.1; done", "java", &ours])
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that is gone already is as wanted.
        let _gone = self.0.kill();
        self.0.wait().unwrap();
    }
}

/// What `call` says of a server whose unit has `main` as its main process, and whether it went well.
fn told(call: &str, main: u32) -> (bool, String) {
    // In the tar's place it is seen whether the server is halted, for which a signal takes a moment.
    let script = format!(
        "wm_nonce=x\n{}\n{}\n{}\n{}\nwm_show() {{ wm_main={main}; }}\ntar() {{
           [ -d \"/proc/$wm_server\" ] || return 0
           wm_looks=50
           until grep '^State:.*stopped' \"/proc/$wm_server/status\" || [ $((wm_looks -= 1)) = 0 ]; do sleep 0.05; done
         }}
         wm_temp; {call}",
        include_str!("../sh/base.sh"),
        include_str!("../sh/process.sh"),
        include_str!("../sh/part.sh"),
        include_str!("../sh/put.sh"),
    );
    let ran = Command::new("sh").args(["-c", &script]).output().unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8(said).unwrap())
}

/// One that runs, whoever has started it and whatever its pid file says, is halted while its databases are copied, and
/// nothing is put under it.
#[test]
fn a_server_runs_whatever_its_pid_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    std::fs::create_dir_all(home.join("repository/database")).unwrap();
    let server = Server::of(home);
    let pid = server.0.id();
    let calls = |main: u32| {
        let home = home.display();
        let copied = told(
            &format!("wm_server={pid}; wm_h2 '' {home} {home} unit 1000"),
            main,
        );
        (copied, told(&format!("wm_stands {home} unit"), main).1)
    };
    let halted = (
        (true, "State:\tT (stopped)\n".to_owned()),
        "runs\n".to_owned(),
    );
    // Its unit has started it, and there is no pid file yet, or no more.
    assert_eq!(calls(pid), halted);
    // Started by hand: its unit stands still.
    let file = home.join("wso2carbon.pid");
    std::fs::write(&file, format!("{pid}\n")).unwrap();
    assert_eq!(calls(0), halted);
    // The unit's script has yet to start it, or somebody else's has taken its place.
    std::fs::remove_file(&file).unwrap();
    let ((copied, said), stands) = calls(std::process::id() + 1_000_000_000);
    assert!(!copied && said.contains("on its way up or down"), "{said}");
    assert_eq!(stands, "runs\n");
    drop(server);
    let ((copied, _), stands) = calls(0);
    assert_eq!((copied, stands.as_str()), (true, ""));
}
