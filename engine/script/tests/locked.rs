//! The lock of an acting session, as the `sh` of this machine keeps it.

use std::path::Path;
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
