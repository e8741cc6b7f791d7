//! A queue of bytes between a channel's drain task and whoever reads the command's output.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::Notify;

#[derive(Default)]
struct State {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk was read.
    at: usize,
    length: usize,
    ended: bool,
    failure: Option<String>,
    abandoned: bool,
    waker: Option<Waker>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    read: Notify,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the queue as consistent as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that bytes are put in at.
pub(super) struct Feeder(Arc<Shared>);

/// The end that bytes are read from.
pub(super) struct QueueReader(Arc<Shared>);

/// Makes the two ends of a queue.
pub(super) fn queue() -> (Feeder, QueueReader) {
    let shared = Arc::new(Shared::default());
    (Feeder(Arc::clone(&shared)), QueueReader(shared))
}

impl Feeder {
    /// Adds bytes; they are dropped when nobody reads any more.
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut state = self.0.state();
        if state.abandoned || bytes.is_empty() {
            return;
        }
        state.length += bytes.len();
        state.chunks.push_back(bytes.to_vec());
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// How many bytes wait to be read.
    pub(super) fn length(&self) -> usize {
        self.0.state().length
    }

    /// Waits until something was read, or the reader has gone.
    pub(super) async fn read(&self) {
        self.0.read.notified().await;
    }

    /// True when nobody reads any more.
    pub(super) fn abandoned(&self) -> bool {
        self.0.state().abandoned
    }

    /// The reader comes to an end after what is queued.
    pub(super) fn end(&self) {
        let mut state = self.0.state();
        state.ended = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// The reader gets an error after what is queued, unless it has already come to an end.
    pub(super) fn fail(&self, why: &str) {
        let mut state = self.0.state();
        if !state.ended {
            state.failure.get_or_insert_with(|| why.to_owned());
        }
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }
}

impl AsyncRead for QueueReader {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut guard = self.0.state();
        let state = &mut *guard;
        let Some(first) = state.chunks.front() else {
            return if let Some(why) = &state.failure {
                Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::ConnectionReset,
                    why.clone(),
                )))
            } else if state.ended {
                Poll::Ready(Ok(()))
            } else {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            };
        };
        let taken = buffer.remaining().min(first.len() - state.at);
        buffer.put_slice(&first[state.at..state.at + taken]);
        state.at += taken;
        state.length -= taken;
        if state.at == first.len() {
            state.chunks.pop_front();
            state.at = 0;
        }
        self.0.read.notify_one();
        Poll::Ready(Ok(()))
    }
}

impl Drop for QueueReader {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.abandoned = true;
        state.chunks.clear();
        state.length = 0;
        drop(state);
        self.0.read.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::queue;

    #[tokio::test]
    async fn bytes_come_out_as_they_went_in_then_the_end() {
        let (feeder, mut reader) = queue();
        feeder.push(b"one ");
        feeder.push(b"two");
        assert_eq!(feeder.length(), 7);
        feeder.end();
        feeder.fail("too late to matter");
        let mut all = String::new();
        reader.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "one two");
        assert_eq!(feeder.length(), 0);
    }

    #[tokio::test]
    async fn a_failure_comes_after_the_bytes() {
        let (feeder, mut reader) = queue();
        feeder.push(b"half");
        feeder.fail("cut");
        let mut all = Vec::new();
        let error = reader.read_to_end(&mut all).await.unwrap_err();
        assert_eq!(
            (all.as_slice(), error.to_string().as_str()),
            (&b"half"[..], "cut")
        );
    }

    #[tokio::test]
    async fn a_reader_that_has_gone_keeps_nothing() {
        let (feeder, reader) = queue();
        feeder.push(b"x");
        drop(reader);
        feeder.read().await;
        feeder.push(b"more");
        assert!(feeder.abandoned());
        assert_eq!(feeder.length(), 0);
    }
}
