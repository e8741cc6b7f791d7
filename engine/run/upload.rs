//! What is much goes to a host as a tar stream on a channel of its own, and stops at once where the user
//! interrupts: what has landed by then stays, and the next run sends the rest.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::run::act::last_lines;
use crate::run::conversation::Conversation;
use crate::run::host::HostRun;
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::run::{Event, LinkError};
use crate::script::unpack;
use crate::yaml::Error;

/// How long a host may take to unpack what it has been sent.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long the host may take to see that an interrupted upload has ended; then its line is cut.
const GRACE: Duration = Duration::from_secs(2);

/// How much of a stream is sent at once: each costs a word between two threads, and russh's buffer for one of these is
/// 32 KiB with its headers.
const CHUNK: usize = 20 * 1024;

/// How many chunks an upload has, for ever: one that is sent, and one that is made. What fifty hosts hold of a pack is
/// most of the memory of a first install.
const CHUNKS: usize = 2;

const DOING: &str = "an upload";

impl TaskRun<'_> {
    /// Sends files, to be unpacked into the stage beside it, in the folder `state`.
    pub(super) async fn upload(
        &self,
        host: &mut HostRun,
        state: &str,
        stream: Stream,
    ) -> Result<(), Failure> {
        let total = stream.total;
        let mut conversation = {
            let mut link = host.link.lock().await;
            link.converse(&host.identity, |as_user, nonce| {
                unpack(state, as_user, nonce)
            })
            .await?
        };
        let sent = self.sent(host, &mut conversation, Tar::of(stream), total);
        let Some(sent) = self.context.interrupt.unless(sent).await else {
            end(host, conversation).await;
            return Err(interrupted(&self.task.place).into());
        };
        let unpacked = sent?;
        conversation.finish().await.map_err(LinkError::from)?;
        self.judge(unpacked.as_deref())
    }

    /// Sends the stream and waits for what the host says of it.
    async fn sent(
        &self,
        host: &HostRun,
        conversation: &mut Conversation,
        mut tar: Tar,
        total: u64,
    ) -> Result<Option<Vec<Vec<u8>>>, Failure> {
        // `begin` says that tar waits for its input: a sudo password, where one is wanted, has been given.
        let begin = conversation.next(PATIENCE, DOING).await;
        begin.map_err(LinkError::from)?;
        let mut sent = 0;
        let mut told = Instant::now();
        while let Some(chunk) = tar.chunks.recv().await {
            let moved = conversation.send(&chunk, DOING).await;
            moved.map_err(LinkError::from)?;
            sent += chunk.len() as u64;
            tar.give_back(chunk);
            if told.elapsed() > Duration::from_millis(200) || sent >= total {
                told = Instant::now();
                self.context.events.send(Event::Uploaded {
                    host: host.name.clone(),
                    what: self.task.name.clone(),
                    sent: sent.min(total),
                    total,
                });
            }
        }
        match tar.maker.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                return Err(Error::at(&self.task.place, "the files cannot be read")
                    .because(error)
                    .into());
            }
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        let closed = conversation.close_input(DOING).await;
        closed.map_err(LinkError::from)?;
        let answers = conversation.until_end(PATIENCE, DOING).await;
        let answers = answers.map_err(LinkError::from)?;
        let tar = answers.into_iter().find(|(id, _)| id == "tar");
        Ok(tar.map(|(_, fields)| fields))
    }

    /// What tar on the host came to.
    fn judge(&self, unpacked: Option<&[Vec<u8>]>) -> Result<(), Failure> {
        let place = &self.task.place;
        match unpacked {
            Some([status, ..]) if status == b"0" => Ok(()),
            Some([_, said, ..]) => {
                let text = String::from_utf8_lossy(said);
                let message = format!("unpacking on the host failed{}", last_lines(said));
                let error = Error::at(place, message);
                Err(if text.contains("No space left") {
                    error.hint("make room on the host, then run the same command again: what has landed is kept")
                } else {
                    error
                }
                .into())
            }
            _ => Err(Error::at(place, "the host did not say how unpacking ended").into()),
        }
    }
}

/// Ends the script on the host: it sees the end of its input and stops. Where the line is so slow that this
/// has to wait behind what is on its way, it is cut, which ends the script as well.
async fn end(host: &HostRun, conversation: Conversation) {
    let gone = tokio::time::timeout(GRACE, conversation.finish()).await;
    if !matches!(gone, Ok(Ok(()))) {
        host.link.lock().await.cut();
    }
}

/// Files that are much: of a Home, or a JDK.
pub(super) struct Stream {
    /// Writes them as a tar stream.
    pub(super) write: WriteTar,
    /// Bytes of the stream.
    pub(super) total: u64,
}

/// Who writes a tar stream to whatever takes it.
pub(super) type WriteTar = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// Files on their way into a tar stream, made beside the sending.
struct Tar {
    chunks: mpsc::Receiver<Vec<u8>>,
    /// Where chunks that were sent go back to the maker.
    sent: mpsc::Sender<Vec<u8>>,
    maker: JoinHandle<io::Result<()>>,
}

impl Tar {
    fn of(stream: Stream) -> Self {
        let (full, chunks) = mpsc::channel::<Vec<u8>>(CHUNKS);
        let (sent, empty) = mpsc::channel::<Vec<u8>>(CHUNKS);
        let maker = tokio::task::spawn_blocking(move || {
            let mut out = Chunks {
                full,
                empty,
                made: 0,
                next: Vec::new(),
            };
            (stream.write)(&mut out)?;
            out.flush()
        });
        Self {
            chunks,
            sent,
            maker,
        }
    }

    /// A chunk that was sent is filled again.
    fn give_back(&self, mut chunk: Vec<u8>) {
        chunk.clear();
        // A maker that has come to its end needs none.
        let _gone = self.sent.try_send(chunk);
    }
}

/// A blocking writer's end of a channel: sends what it has filled.
struct Chunks {
    full: mpsc::Sender<Vec<u8>>,
    empty: mpsc::Receiver<Vec<u8>>,
    /// How many there are by now.
    made: usize,
    next: Vec<u8>,
}

impl Chunks {
    /// An empty chunk: a new one while there are not all of them, then the next that was sent.
    fn another(&mut self) -> io::Result<Vec<u8>> {
        if self.made < CHUNKS {
            self.made += 1;
            return Ok(Vec::with_capacity(CHUNK));
        }
        self.empty.blocking_recv().ok_or_else(ended)
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the upload has ended")
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.next.len() == CHUNK {
            self.flush()?;
        }
        if self.next.capacity() == 0 {
            self.next = self.another()?;
        }
        let count = bytes.len().min(CHUNK - self.next.len());
        self.next.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.next.is_empty() {
            return Ok(());
        }
        let full = std::mem::take(&mut self.next);
        self.full.blocking_send(full).map_err(|_| ended())
    }
}
