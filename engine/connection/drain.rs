//! Reads one channel to its end, whoever reads what it gives.
//!
//! russh opens the window again before anybody has read (engines 5.2, traps 6 and 8), so a reader
//! that is slow is answered in one of two ways: while its channel is the only one, the whole session
//! waits, and TCP holds the host back; when there are others, they must not wait for it, so up to
//! [`MOST_UNREAD`] is kept, and beyond that the channel fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::sync::{Notify, oneshot, watch};

use super::queue::Feeder;
use super::{Counters, Ended, Status};

/// Unread output at which a channel that is alone makes the session wait (bytes).
const SOME_UNREAD: usize = 4 << 20;

/// Unread output at which a channel among others fails (bytes).
const MOST_UNREAD: usize = 64 << 20;

/// How much of stderr is kept (bytes).
const STDERR_KEPT: usize = 64 << 10;

/// How many channels are open, for those that wait by it.
#[derive(Default)]
pub(super) struct Open {
    count: AtomicUsize,
    changed: Notify,
}

/// Held by each open channel.
pub(super) struct OpenChannel(Arc<Open>);

impl OpenChannel {
    /// Counts one more channel, and tells those that wait for their readers.
    pub(super) fn new(open: &Arc<Open>) -> Self {
        open.count.fetch_add(1, Ordering::Relaxed);
        open.changed.notify_waiters();
        Self(Arc::clone(open))
    }

    fn alone(&self) -> bool {
        self.0.count.load(Ordering::Relaxed) <= 1
    }
}

impl Drop for OpenChannel {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads one channel to its end, whatever its reader does.
pub(super) struct Drain {
    write: Arc<ChannelWriteHalf<Msg>>,
    feeder: Feeder,
    open: OpenChannel,
    counters: Counters,
    why_lost: Arc<Mutex<Option<String>>>,
    status: Status,
    stderr: Vec<u8>,
    said_end: bool,
}

impl Drain {
    /// Takes over the reading of a channel that has just been opened.
    pub(super) fn new(
        write: Arc<ChannelWriteHalf<Msg>>,
        feeder: Feeder,
        open: OpenChannel,
        counters: Counters,
        why_lost: Arc<Mutex<Option<String>>>,
    ) -> Self {
        Self {
            write,
            feeder,
            open,
            counters,
            why_lost,
            status: Status::Lost,
            stderr: Vec::new(),
            said_end: false,
        }
    }

    /// Reads until the channel is closed; then `closed` turns true and `ended` is told.
    pub(super) async fn run(
        mut self,
        mut read: ChannelReadHalf,
        closed: watch::Sender<bool>,
        mut ended: Option<oneshot::Sender<Ended>>,
    ) {
        let mut left = false;
        loop {
            let message = tokio::select! {
                message = read.wait() => message,
                () = nobody_waits(&self.feeder, &mut ended), if !left => {
                    // Whoever started this has gone: the host shall stop, too.
                    left = true;
                    if self.write.close().await.is_err() {
                        break;
                    }
                    continue;
                }
            };
            // EOF comes before the exit status: only the close of the channel is its end (trap 5).
            match message {
                Some(ChannelMsg::Close) | None => break,
                Some(message) => {
                    if !self.take(message).await {
                        break;
                    }
                }
            }
        }
        self.finish(&closed, ended);
    }

    /// Takes one message; false when the channel has failed for too much unread output.
    async fn take(&mut self, message: ChannelMsg) -> bool {
        match message {
            ChannelMsg::Data { data } => {
                self.counters.received(data.len());
                self.feeder.push(&data);
                return self.hold_back().await;
            }
            ChannelMsg::ExtendedData { data, .. } => {
                self.counters.received(data.len());
                self.stderr.extend_from_slice(&data);
                if self.stderr.len() > 2 * STDERR_KEPT {
                    self.stderr.drain(..self.stderr.len() - STDERR_KEPT);
                }
            }
            ChannelMsg::Eof => {
                self.said_end = true;
                self.feeder.end();
            }
            ChannelMsg::ExitStatus { exit_status } => self.status = Status::Exit(exit_status),
            ChannelMsg::ExitSignal { signal_name, .. } => {
                let name = format!("{signal_name:?}");
                let name = name
                    .strip_prefix("Custom(\"")
                    .and_then(|name| name.strip_suffix("\")"))
                    .unwrap_or(&name);
                self.status = Status::Signal(name.to_owned());
            }
            _ => {}
        }
        true
    }

    /// Waits for the reader while no other channel suffers from it.
    async fn hold_back(&self) -> bool {
        while self.feeder.length() >= SOME_UNREAD && self.open.alone() {
            tokio::select! {
                () = self.feeder.read() => {}
                () = self.open.0.changed.notified() => {}
                // A channel may have been opened just before this began to wait.
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
        }
        if self.feeder.length() < MOST_UNREAD {
            return true;
        }
        self.feeder
            .fail("too much output was left unread while other channels were open");
        // A channel that is gone needs no close.
        let _gone = self.write.close().await;
        false
    }

    fn finish(mut self, closed: &watch::Sender<bool>, ended: Option<oneshot::Sender<Ended>>) {
        closed.send_replace(true);
        if self.status == Status::Lost && !self.said_end {
            let why = self.why_lost.lock().unwrap_or_else(PoisonError::into_inner);
            let why = why.as_deref().unwrap_or("the channel closed");
            self.feeder.fail(&format!("the output is cut off: {why}"));
        } else {
            self.feeder.end();
        }
        if let Some(ended) = ended {
            let surplus = self.stderr.len().saturating_sub(STDERR_KEPT);
            self.stderr.drain(..surplus);
            // Whoever does not wait for the status does not want it.
            let _unwanted = ended.send(Ended {
                status: self.status,
                stderr: self.stderr,
            });
        }
    }
}

/// Ends when neither output nor status is waited for any more.
async fn nobody_waits(feeder: &Feeder, ended: &mut Option<oneshot::Sender<Ended>>) {
    if let Some(ended) = ended {
        ended.closed().await;
    }
    while !feeder.abandoned() {
        feeder.read().await;
    }
}
