//! A command that runs on a host: its streams and how it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

/// A command in flight. Drop `stdin` (or shut it down) to send end-of-file.
pub struct Exec {
    /// What the command reads.
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    /// What it writes; must be read to its end.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    /// How it ended, once the channel has closed.
    pub ended: oneshot::Receiver<Ended>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Exit status, signal, or neither.
    pub status: Status,
    /// The last 64 KiB of what it wrote to stderr.
    pub stderr: Vec<u8>,
}

/// Exit status of a command; a lost connection is an outcome of its own, never a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It exited.
    Exit(u32),
    /// A signal ended it.
    Signal(String),
    /// The channel closed without telling.
    Lost,
}

/// What went over a connection, counted for the budgets of design 4.5.
#[derive(Clone, Debug, Default)]
pub struct Counters(Arc<Totals>);

#[derive(Debug, Default)]
struct Totals {
    execs: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counters {
    /// Counts one command started.
    pub fn exec(&self) {
        self.0.execs.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts bytes written to commands: command lines and their standard input.
    pub fn sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes read from commands.
    pub fn received(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Commands started, bytes sent, bytes received.
    #[must_use]
    pub fn totals(&self) -> (u64, u64, u64) {
        (
            self.0.execs.load(Ordering::Relaxed),
            self.0.sent.load(Ordering::Relaxed),
            self.0.received.load(Ordering::Relaxed),
        )
    }
}
