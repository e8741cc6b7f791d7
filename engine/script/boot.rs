//! How a script gets to a host and under which user it runs there.

use super::fields::Nonce;
use super::function::{Function, lean};
use super::probe::Probe;
use super::quote;

/// The command line of every exec: runs the first line of standard input. In single quotes, without `!`, backslash or
/// line end, so that sh, bash, zsh, fish and tcsh take it alike.
pub const BOOT: &str = r#"exec /bin/sh -c 'IFS= read -r s && eval "$s"'"#;

/// As whom a script runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Become {
    /// The user, `root` where nothing else is said.
    pub user: String,
    /// The sudo binary.
    pub sudo: String,
}

/// How one part of a backup comes about.
#[derive(Clone, Debug)]
pub struct PartCall {
    /// The function of `sh/part.sh` or `sh/put.sh`.
    pub function: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The text of the file that holds its password, where it needs one.
    pub secret: crate::yaml::Secret,
}

/// A script as [`BOOT`] reads it: a line that reads so many bytes, and these.
fn framed(script: &str) -> Vec<u8> {
    format!("s=$(head -c {}) && eval \"$s\"\n{script}", script.len()).into_bytes()
}

/// A little script as [`BOOT`] reads it without a process: in one line.
fn in_one_line(script: &str) -> Vec<u8> {
    let escaped = script.replace('\\', r"\\").replace('\n', r"\n");
    format!("eval \"$(printf %b {})\"\n", quote::word(&escaped)).into_bytes()
}

/// Writes, as [`BOOT`] reads it, the script that asks all `probes` in one exec and ends. Answer ids are the positions in
/// `probes`. With `as_user` it asks for a sudo password only where sudo wants one: see [`session`].
#[must_use]
pub fn look(probes: &[Probe], as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    let body = looking(probes, &[], nonce) + "wm_answer end\nwm_fields \"$wm_nonce\" closed\n";
    wrapped(&body, as_user, nonce)
}

/// Writes, as [`BOOT`] reads it, the script that asks all `probes` and then, in the same exec, whatever comes as a
/// [`Request`](super::Request) without steps, until its standard input ends. Questions to come may be of
/// the kinds of `probes`, or [`Probe::Path`] or [`Probe::Since`].
#[must_use]
pub fn inquiry(probes: &[Probe], as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    let mut body = lean(include_str!("sh/inquiry.sh"));
    body.push_str(&looking(probes, &[Function::Path, Function::Since], nonce));
    body.push_str("wm_answer end; wm_inquire\nwm_fields \"$wm_nonce\" closed\n");
    wrapped(&body, as_user, nonce)
}

/// The functions of `probes` and `besides`, and the questions; what follows says how it ends.
fn looking(probes: &[Probe], besides: &[Function], nonce: &Nonce) -> String {
    let mut body = preamble(nonce);
    let of_probes = probes.iter().map(|probe| probe.call().0);
    let mut functions: Vec<Function> = besides.iter().copied().chain(of_probes).collect();
    let needed: Vec<Function> = functions
        .iter()
        .flat_map(|function| function.needs())
        .copied()
        .collect();
    functions.extend(needed);
    functions.sort_unstable();
    functions.dedup();
    for function in functions {
        body.push_str(&lean(&function.text()));
    }
    body.push_str("wm_fields ''\nwm_answer begin\n");
    body.push_str(&ask(probes));
    body
}

/// What a session that is to take a lock waits for. Whoever locks many hosts has all their sessions begin at once, and
/// then lets one after the other take its lock.
pub const TAKE: &[u8] = b"take\n";

/// Writes, as [`BOOT`] reads it, the script of an acting session: every function that tasks ask, those
/// that most of them act by, the lock where one is wanted (at the word [`TAKE`]), then a loop that reads requests until its
/// standard input ends.
#[must_use]
pub fn session(lock: Option<&super::Lock>, as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    let mut body = preamble(nonce);
    for function in Function::ALL.into_iter().filter(|one| !one.is_seldom()) {
        body.push_str(&lean(&function.text()));
    }
    for text in [
        include_str!("sh/steps.sh"),
        include_str!("sh/commit.sh"),
        include_str!("sh/session.sh"),
    ] {
        body.push_str(&lean(text));
    }
    body.push_str("wm_fields ''\nwm_answer begin\n");
    match lock {
        Some(lock) => {
            let words = [
                lock.state.as_str(),
                &lock.lease.as_secs().to_string(),
                &lock.holder,
            ]
            .map(|word| quote::word(word).into_owned())
            .join(" ");
            body.push_str(&format!(
                "if IFS= read -r wm_word; then\nif wm_lock {words}; then wm_answer end; wm_requests; else wm_answer end; fi\nfi\n"
            ));
        }
        None => body.push_str("wm_answer end; wm_requests\n"),
    }
    body.push_str("wm_fields \"$wm_nonce\" closed\n");
    wrapped(&body, as_user, nonce)
}

/// Writes, as [`BOOT`] reads it, the script that unpacks what follows it on standard input, a tar stream, into the stage in `state`.
/// Files get the owners that the stream names where the script may give files away. Its answer `tar` holds the
/// exit status and what tar said.
#[must_use]
pub fn unpack(state: &str, as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    let mut body = preamble(nonce);
    body.push_str(&lean(include_str!("sh/unpack.sh")));
    body.push_str("wm_fields ''\nwm_answer begin\n");
    body.push_str(&format!("wm_unpack {}\n", quote::word(state)));
    body.push_str("wm_answer end\nwm_fields \"$wm_nonce\" closed\n");
    wrapped(&body, as_user, nonce)
}

/// Writes, as [`BOOT`] reads it, the script of one part of a backup: a function of `sh/part.sh` with its arguments. What it
/// needs secretly stands in the script, never in an argv.
#[must_use]
pub fn part(call: &PartCall, as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    calling("wm_stream", call, as_user, nonce)
}

/// Writes, as [`BOOT`] reads it, the script that puts a part in its place: a function of `sh/put.sh`, which reads it from
/// standard input, to the end of that.
#[must_use]
pub fn put(call: &PartCall, as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    calling("wm_put", call, as_user, nonce)
}

fn calling(by: &str, call: &PartCall, as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    let mut body = preamble(nonce);
    for text in [
        include_str!("sh/unit.sh"),
        include_str!("sh/process.sh"),
        include_str!("sh/part.sh"),
        include_str!("sh/put.sh"),
    ] {
        body.push_str(&lean(text));
    }
    let secret = quote::word(call.secret.reveal());
    body.push_str(&format!("wm_secret={secret}\nwm_fields ''\n"));
    let arguments = quote::words(&call.arguments);
    body.push_str(&format!("{by} {} {arguments}\n", call.function));
    body.push_str("wm_fields \"$wm_nonce\" closed\n");
    wrapped(&body, as_user, nonce)
}

/// The calls of `probes`, numbered from 0.
pub(super) fn ask(probes: &[Probe]) -> String {
    probes
        .iter()
        .enumerate()
        .fold(String::new(), |mut calls, (id, probe)| {
            let (function, arguments) = probe.call();
            calls.push_str(&format!(
                "wm_answer {id}; {} {}\n",
                function.name(),
                quote::words(&arguments)
            ));
            calls
        })
}

fn preamble(nonce: &Nonce) -> String {
    format!(
        "wm_nonce={}\n{}",
        nonce.as_str(),
        lean(include_str!("sh/base.sh"))
    )
}

/// What [`BOOT`] reads so that `body` runs as another user. sudo is tried without a password first; only where that
/// is refused does the script ask for one (answer `password`), read it from standard input, and hand it on. The body
/// then begins after a line `go`, so that a password which sudo did not read is never taken for input.
///
/// The body comes behind the wrapper on standard input and is read by the shell that runs it: sudo writes its command
/// line to the host's log, and a body there would be a dozen lines at every look.
fn wrapped(body: &str, as_user: Option<&Become>, nonce: &Nonce) -> Vec<u8> {
    let Some(become_) = as_user else {
        return framed(body);
    };
    let wrapper = format!(
        "wm_nonce={nonce}\nwm_user={user} wm_sudo={sudo}\nwm_length={length}\n{wrapper}",
        nonce = nonce.as_str(),
        user = quote::word(&become_.user),
        sudo = quote::word(&become_.sudo),
        length = body.len(),
        wrapper = lean(include_str!("sh/become.sh")),
    );
    let mut bytes = in_one_line(&wrapper);
    bytes.extend_from_slice(body.as_bytes());
    bytes
}
