//! A script on a host, talked to: the script goes in, answers come out, a password is handed over where
//! sudo asks for one. Every wait has a deadline.

use std::collections::VecDeque;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::connection::{Ended, Exec, Status};
use crate::script::{Answers, Done, Fields, Nonce, Probe, Request};
use crate::yaml::Secret;

/// The most that a host may answer to one request: the listing of a Home with a million files. It is kept, so a host that does
/// not stop would take all memory of this machine.
const MOST: usize = 256 << 20;

/// One raw answer: its id and its fields.
pub(super) type Raw = (String, Vec<Vec<u8>>);

/// Why a script gave no answer.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// sudo lets the user in with no password, and none is known.
    #[error("sudo wants a password for `{user}`")]
    NoPassword {
        /// As whom the script was to run.
        user: String,
    },
    /// sudo refuses.
    #[error("sudo does not let the user become `{user}`: {why}")]
    Refused {
        /// As whom the script was to run.
        user: String,
        /// What sudo said.
        why: String,
    },
    /// The host did not answer in time.
    #[error("no answer within {seconds} s while {doing}")]
    Deadline {
        /// The time that was given.
        seconds: u64,
        /// What it was asked.
        doing: String,
    },
    /// The connection ended in the middle.
    #[error("the connection was lost while {doing}")]
    Lost {
        /// What was going on.
        doing: String,
    },
    /// The script ended before it had answered all.
    #[error("the script ended early ({status}) while {doing}{said}")]
    Ended {
        /// How it ended.
        status: String,
        /// What it was asked.
        doing: String,
        /// What it wrote to stderr, with a colon before it, or nothing.
        said: String,
    },
    /// What came back is no answer.
    #[error("the host answered nonsense: {0}")]
    Nonsense(String),
    /// Another run holds the lock.
    #[error("{holder} holds the lock of `{host}`, last seen {age} s ago")]
    Held {
        /// The host that is locked.
        host: String,
        /// Who and why, as written by the holder.
        holder: String,
        /// Seconds since its last sign of life.
        age: u64,
    },
    /// The host cannot be locked.
    #[error("cannot take the lock: {0}")]
    Lock(String),
    /// This machine has no randomness.
    #[error("cannot draw a nonce")]
    Nonce(#[source] std::io::Error),
}

/// The result of talking to a host.
pub(super) type Result<T, E = ScriptError> = std::result::Result<T, E>;

/// A script in flight.
pub(super) struct Conversation {
    exec: Exec,
    fields: Fields,
    arrived: VecDeque<Raw>,
    /// What may still come before the next request.
    room: usize,
    user: String,
    password: Option<Secret>,
}

impl Conversation {
    /// Sends `script`, as [`crate::script::BOOT`] reads it, to `exec`, whose command that is.
    pub(super) async fn start(
        exec: Exec,
        script: &[u8],
        nonce: Nonce,
        user: &str,
        password: Option<Secret>,
    ) -> Result<Self> {
        let mut conversation = Self {
            exec,
            fields: Fields::new(nonce),
            arrived: VecDeque::new(),
            room: MOST,
            user: user.to_owned(),
            password,
        };
        conversation.send(script, "sending the script").await?;
        Ok(conversation)
    }

    /// Sends bytes to the script's standard input.
    pub(super) async fn send(&mut self, bytes: &[u8], doing: &str) -> Result<()> {
        let write = async {
            self.exec.stdin.write_all(bytes).await?;
            self.exec.stdin.flush().await
        };
        // Bytes that no longer move for this long never will.
        let patience = Duration::from_secs(60 + bytes.len() as u64 / 50_000);
        match timeout(patience, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.ended(doing).await),
            Err(_) => Err(ScriptError::Deadline {
                seconds: patience.as_secs(),
                doing: doing.to_owned(),
            }),
        }
    }

    /// The next answer. Requests for a password are met here.
    pub(super) async fn next(&mut self, deadline: Duration, doing: &str) -> Result<Raw> {
        // Held by every host that is waited for.
        let mut buffer = vec![0; 8 * 1024];
        loop {
            if let Some((id, fields)) = self.arrived.pop_front() {
                match id.as_str() {
                    "password" => self.hand_over_password().await?,
                    "refused" => return Err(self.refused(&fields)),
                    _ => return Ok((id, fields)),
                }
                continue;
            }
            let read = timeout(deadline, self.exec.stdout.read(&mut buffer)).await;
            match read {
                Err(_) => {
                    return Err(ScriptError::Deadline {
                        seconds: deadline.as_secs(),
                        doing: doing.to_owned(),
                    });
                }
                Ok(Ok(0) | Err(_)) => return Err(self.ended(doing).await),
                Ok(Ok(count)) => self.arrived.extend(take_in(
                    &mut self.fields,
                    &mut self.room,
                    &buffer[..count],
                )?),
            }
        }
    }

    /// All answers up to the one named `end`, which is left out.
    pub(super) async fn until_end(&mut self, deadline: Duration, doing: &str) -> Result<Vec<Raw>> {
        let mut answers = Vec::new();
        loop {
            let answer = self.next(deadline, doing).await?;
            match answer.0.as_str() {
                "begin" => {}
                "end" => return Ok(answers),
                _ => answers.push(answer),
            }
        }
    }

    /// One request of an acting session.
    pub(super) async fn request(
        &mut self,
        request: &Request,
        deadline: Duration,
        doing: &str,
    ) -> Result<(Vec<Done>, Answers)> {
        self.room = MOST;
        self.send(&request.bytes(), doing).await?;
        let answers = self.until_end(deadline, doing).await?;
        request.results(answers).map_err(ScriptError::Nonsense)
    }

    /// Has the script send raw bytes, which `take` gets as they come, up to its mark; answers follow. The script must have
    /// said `begin` and wait for this word.
    ///
    /// # Errors
    /// Where the host does not send to the end, or `take` gives one.
    pub(super) async fn raw<E: From<ScriptError>>(
        &mut self,
        deadline: Duration,
        doing: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.send(b"go\n", doing).await?;
        let mut scan = Scan::new(self.fields.nonce());
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = timeout(deadline, self.exec.stdout.read(&mut buffer)).await;
            let count = match read {
                Err(_) => {
                    return Err(E::from(ScriptError::Deadline {
                        seconds: deadline.as_secs(),
                        doing: doing.to_owned(),
                    }));
                }
                Ok(Ok(0) | Err(_)) => return Err(self.ended(doing).await.into()),
                Ok(Ok(count)) => count,
            };
            if let Some(rest) = scan.push(&buffer[..count], &mut take)? {
                self.arrived.extend(self.fields.push(&rest));
                return Ok(());
            }
        }
    }

    /// Ends the script's input; its answers may still come.
    pub(super) async fn close_input(&mut self, doing: &str) -> Result<()> {
        match self.exec.stdin.shutdown().await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended(doing).await),
        }
    }

    /// Ends the script's input and waits until it has gone.
    pub(super) async fn finish(mut self) -> Result<()> {
        let patience = Duration::from_secs(30);
        let doing = "ending";
        let end = async {
            // An error here says that the script has gone already, which is what is wanted.
            let _gone = self.exec.stdin.shutdown().await;
            drop(self.exec.stdin);
            let mut nowhere = tokio::io::sink();
            let _gone = tokio::io::copy(&mut self.exec.stdout, &mut nowhere).await;
            self.exec.ended.await
        };
        match timeout(patience, end).await {
            Ok(Ok(Ended {
                status: Status::Exit(_),
                ..
            })) => Ok(()),
            Ok(_) => Err(ScriptError::Lost {
                doing: doing.to_owned(),
            }),
            Err(_) => Err(ScriptError::Deadline {
                seconds: patience.as_secs(),
                doing: doing.to_owned(),
            }),
        }
    }

    async fn hand_over_password(&mut self) -> Result<()> {
        let Some(password) = self.password.take() else {
            return Err(ScriptError::NoPassword {
                user: self.user.clone(),
            });
        };
        self.send(
            format!("{}\n", password.reveal()).as_bytes(),
            "handing over the sudo password",
        )
        .await
    }

    fn refused(&self, fields: &[Vec<u8>]) -> ScriptError {
        let why = fields.first().map(|why| String::from_utf8_lossy(why));
        ScriptError::Refused {
            user: self.user.clone(),
            why: why.map_or_else(String::new, |why| {
                why.lines().last().unwrap_or_default().trim().to_owned()
            }),
        }
    }

    /// What it means that the stream has ended.
    async fn ended(&mut self, doing: &str) -> ScriptError {
        let doing = doing.to_owned();
        let ended = timeout(Duration::from_secs(5), &mut self.exec.ended).await;
        match ended {
            Ok(Ok(ended)) if ended.status != Status::Lost => {
                let stderr = String::from_utf8_lossy(&ended.stderr);
                let said = stderr.trim();
                let unread = String::from_utf8_lossy(self.fields.unread());
                let said = if said.is_empty() { unread.trim() } else { said };
                ScriptError::Ended {
                    status: match ended.status {
                        Status::Exit(code) => format!("exit status {code}"),
                        Status::Signal(name) => format!("signal {name}"),
                        Status::Lost => "lost".to_owned(),
                    },
                    doing,
                    said: match said.lines().last() {
                        Some(line) => format!(": {line}"),
                        None => String::new(),
                    },
                }
            }
            _ => ScriptError::Lost { doing },
        }
    }
}

/// Takes in bytes of a host that may say `room` more.
fn take_in(fields: &mut Fields, room: &mut usize, bytes: &[u8]) -> Result<Vec<Raw>> {
    // Each NUL makes a field, which is more in memory than it was on the way.
    let cost = bytes.len() + 32 * bytes.iter().filter(|byte| **byte == 0).count();
    match room.checked_sub(cost) {
        Some(left) => *room = left,
        None => return Err(ScriptError::Nonsense("it does not stop".to_owned())),
    }
    Ok(fields.push(bytes))
}

/// Raw bytes on their way to the mark that ends them: a NUL, the nonce, a NUL.
struct Scan {
    mark: Vec<u8>,
    held: Vec<u8>,
}

impl Scan {
    fn new(nonce: &Nonce) -> Self {
        Self {
            mark: format!("\0{}\0", nonce.as_str()).into_bytes(),
            held: Vec::new(),
        }
    }

    /// Hands on what is surely no mark; gives the answers behind the mark, from the nonce on, once it has come.
    fn push<E>(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Option<Vec<u8>>, E> {
        self.held.extend_from_slice(bytes);
        let found = self.held.iter().enumerate().find_map(|(at, byte)| {
            (*byte == 0 && self.held[at..].starts_with(&self.mark)).then_some(at)
        });
        if let Some(at) = found {
            take(&self.held[..at])?;
            return Ok(Some(self.held.split_off(at + 1)));
        }
        let sure = (self.held.len() + 1).saturating_sub(self.mark.len());
        take(&self.held[..sure])?;
        self.held.drain(..sure);
        Ok(None)
    }
}

/// Asks `probes` through an exec of its own and ends it: one exec, one answer.
pub(super) async fn look(
    exec: Exec,
    probes: &[Probe],
    as_user: Option<&crate::script::Become>,
    password: Option<Secret>,
    deadline: Duration,
) -> Result<Answers> {
    let nonce = Nonce::draw().map_err(ScriptError::Nonce)?;
    let script = crate::script::look(probes, as_user, &nonce);
    let user = as_user.map_or("", |become_| become_.user.as_str());
    let doing = "looking";
    let mut conversation = Conversation::start(exec, &script, nonce, user, password).await?;
    let raw = conversation.until_end(deadline, doing).await?;
    let answers = Answers::of(probes, raw).map_err(ScriptError::Nonsense)?;
    conversation.finish().await?;
    Ok(answers)
}

/// Asks `probes` and then, in the same exec, what `more` makes of the answers: one exec, all answers.
pub(super) async fn inquire(
    exec: Exec,
    probes: &[Probe],
    more: impl FnOnce(&Answers) -> Vec<Probe>,
    as_user: Option<&crate::script::Become>,
    password: Option<Secret>,
    deadline: Duration,
) -> Result<Answers> {
    let nonce = Nonce::draw().map_err(ScriptError::Nonce)?;
    let script = crate::script::inquiry(probes, as_user, &nonce);
    let user = as_user.map_or("", |become_| become_.user.as_str());
    let doing = "looking";
    let mut conversation = Conversation::start(exec, &script, nonce, user, password).await?;
    let raw = conversation.until_end(deadline, doing).await?;
    let mut answers = Answers::of(probes, raw).map_err(ScriptError::Nonsense)?;
    let more = more(&answers);
    if !more.is_empty() {
        let request = Request {
            probes: more,
            ..Request::default()
        };
        let doing = "looking closer";
        answers.merge(conversation.request(&request, deadline, doing).await?.1);
    }
    conversation.finish().await?;
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it never ends a field, or sends nothing but ends.
    #[test]
    fn a_host_that_does_not_stop_is_told_so() {
        for (bytes, pieces) in [(&b"xxxxxxxxxx"[..], 10), (&b"x\0"[..], 2)] {
            let mut fields = Fields::new(Nonce::fixed("wm12"));
            let mut room = 100;
            let mut taken = 0;
            let ended = loop {
                match take_in(&mut fields, &mut room, bytes) {
                    Ok(_) => taken += 1,
                    Err(error) => break error.to_string(),
                }
            };
            assert_eq!(
                (taken, &*ended),
                (pieces, "the host answered nonsense: it does not stop")
            );
        }
    }

    /// Whatever the pieces in which it comes, nothing of the part is lost, and nothing of the mark taken for it.
    #[test]
    fn raw_bytes_end_at_the_mark() {
        let part = b"a\0b\0wm1\0wm12\n\0\0\0wm1".to_vec();
        let nonce = Nonce::fixed("wm12");
        let stream = [&part[..], b"\0wm12\0part\0"].concat();
        let wrong = b"a\0b\0wm1\0wm12\n".to_vec();
        assert!(part.starts_with(&wrong));
        for size in 1..stream.len() {
            let (mut scan, mut taken, mut rest) = (Scan::new(&nonce), Vec::new(), None);
            for piece in stream.chunks(size) {
                let mut take = |bytes: &[u8]| {
                    taken.extend_from_slice(bytes);
                    Ok::<(), ScriptError>(())
                };
                match &mut rest {
                    None => rest = scan.push(piece, &mut take).unwrap(),
                    Some(rest) => rest.extend_from_slice(piece),
                }
            }
            assert_eq!(taken, part, "in pieces of {size}");
            assert_eq!(rest.unwrap(), b"wm12\0part\0", "in pieces of {size}");
        }
    }
}
