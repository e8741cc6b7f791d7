//! Standard input of a remote command: obeys the SSH window, runs little ahead of the wire, ends with the
//! channel, sends end-of-file when it is shut down or dropped.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use russh::ChannelWriteHalf;
use russh::client::Msg;
use tokio::io::AsyncWrite;
use tokio::sync::watch;

use super::Counters;

/// How much may be handed to russh until it has written out what it holds (bytes): one chunk of an upload. It takes what
/// comes while it works into one batch, and keeps two buffers of the largest batch as long as the connection lives: with
/// its headers this is no more than 32 KiB.
const AHEAD: usize = 20 * 1024;

/// The writing end of a channel.
pub(super) struct Stdin {
    writer: Pin<Box<dyn AsyncWrite + Send>>,
    half: Option<Arc<ChannelWriteHalf<Msg>>>,
    closed: Pin<Box<dyn Future<Output = ()> + Send>>,
    flushes: watch::Receiver<()>,
    /// What was handed over since the last of them (bytes).
    ahead: usize,
    /// The next of them, where it is waited for.
    flush: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    counters: Counters,
}

impl Stdin {
    /// Writes into `half` until `closed` turns true: a command that has ended opens no window any
    /// more, and a write would wait for ever.
    pub(super) fn new(
        half: Arc<ChannelWriteHalf<Msg>>,
        mut closed: watch::Receiver<bool>,
        flushes: watch::Receiver<()>,
        counters: Counters,
    ) -> Self {
        Self {
            writer: Box::pin(half.make_writer()),
            half: Some(half),
            closed: Box::pin(async move {
                // The sender is dropped with the drain task: closed as well.
                let _gone = closed.wait_for(|closed| *closed).await;
            }),
            flushes,
            ahead: 0,
            flush: None,
            counters,
        }
    }

    /// Waits for the wire where too much is ahead of it. What is handed over is always written out, or the channel
    /// is closed.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.ahead >= AHEAD {
            let mut flushes = self.flushes.clone();
            let flush = self.flush.get_or_insert_with(|| {
                Box::pin(async move {
                    // A wire that is gone is found by the write.
                    let _gone = flushes.changed().await;
                })
            });
            if flush.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.flush = None;
            self.flushes.mark_unchanged();
            self.ahead = 0;
        }
        Poll::Ready(())
    }

    /// Writes what there is room for.
    fn poll_hand_over(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.poll_room(context).is_pending() {
            return Poll::Pending;
        }
        self.writer.as_mut().poll_write(context, bytes)
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the command has ended")
}

impl AsyncWrite for Stdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.half.is_none() {
            return Poll::Ready(Err(ended()));
        }
        match self.poll_hand_over(context, bytes) {
            Poll::Ready(Ok(count)) => {
                self.ahead += count;
                self.counters.sent(count);
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => match self.closed.as_mut().poll(context) {
                Poll::Ready(()) => {
                    self.half = None;
                    Poll::Ready(Err(ended()))
                }
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.half.is_none() {
            return Poll::Ready(Ok(()));
        }
        let outcome = self.writer.as_mut().poll_shutdown(context);
        match outcome {
            Poll::Pending => match self.closed.as_mut().poll(context) {
                Poll::Ready(()) => {
                    self.half = None;
                    Poll::Ready(Ok(()))
                }
                Poll::Pending => Poll::Pending,
            },
            // A channel that is gone needs no end-of-file.
            Poll::Ready(_) => {
                self.half = None;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        if let Some(half) = self.half.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                // A channel that is gone needs no end-of-file.
                let _gone = half.eof().await;
            });
        }
    }
}
