//! The lock of an acting session, as the `sh` of this machine keeps it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::boot;
use crate::script::{Lock, Nonce, Request, Step, TAKE, session};

fn lock_in(state: &Path) -> Lock {
    Lock {
        state: state.to_str().unwrap().to_owned(),
        lease: Duration::from_secs(90),
        holder: "somebody".to_owned(),
    }
}

/// What gives signs of life is ended with its request, also where it has hardly begun: none outlives it, none is
/// waited for without end.
#[test]
fn many_short_requests_end() {
    let folder = tempfile::tempdir().unwrap();
    let nonce = Nonce::draw().unwrap();
    let mut input = session(Some(&lock_in(folder.path())), None, &nonce);
    input.extend(TAKE);
    for _ in 0..500 {
        input.extend(Request::default().bytes());
    }
    let raw = boot("sh", &input, &nonce);
    let ends = raw.iter().filter(|(id, _)| id == "end").count();
    assert_eq!(ends, 501, "the session's own and each request's");
}

#[test]
fn a_long_step_keeps_the_lock_alive() {
    let folder = tempfile::tempdir().unwrap();
    let lock = lock_in(folder.path());
    // Signs of life come each second: as if the last one were long ago, then time for the next ones. The lock of
    // who is not root lies elsewhere, so the file is asked for by the shell that knows.
    let step = "f=$(readlink /proc/$PPID/fd/9); f=${f%/lock}/holder; touch -d @9 \"$f\"; sleep 4; \
                [ \"$(stat -c %Y \"$f\")\" -gt 9 ]";
    let request = Request {
        steps: vec![Step::Run {
            argv: vec!["sh".to_owned(), "-c".to_owned(), step.to_owned()],
        }],
        ..Request::default()
    };
    let nonce = Nonce::draw().unwrap();
    let mut input = session(Some(&lock), None, &nonce);
    input.extend(TAKE);
    input.extend(request.bytes());
    let raw = boot("sh", &input, &nonce);
    let own = raw.into_iter().skip_while(|(id, _)| id != "end").skip(1);
    let own = own.take_while(|(id, _)| id != "end").collect();
    let (done, _) = request.results(own).unwrap();
    assert!(done[0].succeeded(), "{done:?}");
}

/// Between the writes of whoever takes the lock, nobody sees it free by its new number.
#[test]
fn a_look_while_a_lock_is_taken_knows_no_number_that_is_not_held() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "wm_nonce=x\n{}\n{}\n{}\nwm_mine() {{ wm_at=$1; }}\n\
         looks() {{ ( wm_owed \"$PWD\" | tr '\\0' ' ' >> looks; command echo >> looks ); }}\n\
         echo() {{ command echo \"$@\"; looks; }}\nprintf() {{ command printf \"$@\"; looks; }}\n\
         wm_fields() {{ command printf '%s\\0' \"$@\"; }}\nwm_lock \"$PWD\" 90 somebody >/dev/null",
        include_str!("../sh/base.sh"),
        include_str!("../sh/owed.sh"),
        include_str!("../sh/session.sh"),
    );
    let mut run = Command::new("sh");
    let ran = run
        .args(["-c", &script])
        .current_dir(folder.path())
        .output();
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let looks = std::fs::read_to_string(folder.path().join("looks")).unwrap();
    let seen: Vec<&str> = looks
        .lines()
        .map(str::trim)
        .filter(|seen| !seen.is_empty())
        .collect();
    assert!(seen.is_empty() && looks.lines().count() == 2, "{looks}");
}

/// Who loses its lock to another run cleans up behind itself, however long that takes.
#[test]
fn an_evicted_holder_takes_its_temporary_folder_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["bin", "tmp"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    let slow = "#!/bin/sh\nsleep 1\nexec /bin/rm \"$@\"\n";
    std::fs::write(at("bin/rm"), slow).unwrap();
    std::fs::set_permissions(at("bin/rm"), PermissionsExt::from_mode(0o755)).unwrap();
    let shell = |doing: &str| {
        let script = format!(
            "wm_nonce=x\n{}\n{}\nwm_mine() {{ wm_at=$1; }}\n{doing}",
            include_str!("../sh/base.sh"),
            include_str!("../sh/session.sh"),
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(folder.path());
        shell
    };
    let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());
    let mut holder =
        shell("wm_temp; wm_lock \"$PWD\" 90 somebody >/dev/null; echo holds; read -r wm_line")
            .envs([
                ("PATH", path.as_ref() as &std::ffi::OsStr),
                ("TMPDIR", at("tmp").as_os_str()),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    let mut said = String::new();
    let mut out = BufReader::new(holder.stdout.take().unwrap());
    out.read_line(&mut said).unwrap();
    assert_eq!(said, "holds\n");
    let left = || std::fs::read_dir(at("tmp")).unwrap().count();
    assert_eq!(left(), 1);
    assert!(shell("wm_evict \"$PWD\"").status().unwrap().success());
    assert_eq!(holder.wait().unwrap().code(), Some(143));
    assert_eq!(left(), 0);
}
