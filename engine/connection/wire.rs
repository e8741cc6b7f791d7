//! The stream under an SSH session: knows its phase, keeps what was said before the greeting, gives
//! up when the peer takes no bytes any more, and can be cut.
//!
//! russh checks keep-alives only between writes, so a peer that dies while an upload fills the
//! socket would hold the session until the kernel gives up after minutes (engines 5.2, trap 10).

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, Sleep};

/// What SSH can run over: TCP, or a tunnel through a jump host.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Once dropped, it shall not deliver what still waits to be sent.
    fn forget_unsent(&self) {}
}

impl Stream for TcpStream {
    fn forget_unsent(&self) {
        // A socket that takes no options is gone already, and delivers nothing.
        let _gone = self.set_zero_linger();
    }
}

impl Stream for super::Tunnel {}

#[cfg(test)]
impl Stream for tokio::io::DuplexStream {}

/// What a session tells its wire, whose other end is made with it.
pub(super) struct Orders {
    /// The login is done; dropped before that, the wire gives up.
    settled: Option<oneshot::Sender<()>>,
    cut: oneshot::Sender<()>,
}

/// The wire's end of its [`Orders`].
pub(super) struct Ordered {
    settled: oneshot::Receiver<()>,
    cut: oneshot::Receiver<()>,
}

impl Orders {
    /// The two ends.
    pub(super) fn new() -> (Self, Ordered) {
        let (settled, on_settled) = oneshot::channel();
        let (cut, on_cut) = oneshot::channel();
        let orders = Self {
            settled: Some(settled),
            cut,
        };
        let ordered = Ordered {
            settled: on_settled,
            cut: on_cut,
        };
        (orders, ordered)
    }

    /// From now on the wire lives as long as its session.
    pub(super) fn settle(&mut self) {
        if let Some(settled) = self.settled.take() {
            // A wire that is gone already needs no word.
            let _gone = settled.send(());
        }
    }

    /// The wire fails at once, and what waits to be sent is thrown away.
    pub(super) fn cut(self) {
        // As above.
        let _gone = self.cut.send(());
    }
}

/// What is known of a wire while the session owns it.
#[derive(Default)]
pub(super) struct Meter {
    greeted: AtomicBool,
    before: Mutex<Vec<u8>>,
    flushed: watch::Sender<()>,
}

impl Meter {
    /// Only this much of what a server says before its greeting is kept (bytes).
    const KEPT: usize = 1024;

    /// True once the server has sent its SSH greeting.
    pub(super) fn greeted(&self) -> bool {
        self.greeted.load(Ordering::Relaxed)
    }

    /// What the server said so far instead of a greeting, on one line.
    pub(super) fn said(&self) -> String {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&before)
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect::<String>()
            .trim()
            .to_owned()
    }

    /// Told each time that russh has written out all it held.
    pub(super) fn flushes(&self) -> watch::Receiver<()> {
        self.flushed.subscribe()
    }

    fn received(&self, bytes: &[u8]) {
        if self.greeted() {
            return;
        }
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let room = Self::KEPT.saturating_sub(before.len());
        before.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let whole = before
            .split_inclusive(|byte| *byte == b'\n')
            .any(|line| line.starts_with(b"SSH-") && line.ends_with(b"\n"));
        if whole {
            self.greeted.store(true, Ordering::Relaxed);
        }
    }
}

/// A stream that fails when nothing can be written for `patience`.
pub(super) struct Wire {
    inner: Box<dyn Stream>,
    meter: Arc<Meter>,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Until the login is done: whoever waits for it.
    handshake: Option<oneshot::Receiver<()>>,
    /// Whoever may cut it.
    cut: Option<oneshot::Receiver<()>>,
    was_cut: bool,
}

impl Wire {
    /// Wraps `inner`; `meter` stays readable outside. Reading fails when the orders are dropped before
    /// they say that it is settled: russh's session task would outlive a handshake that was given up.
    pub(super) fn new(
        inner: Box<dyn Stream>,
        meter: Arc<Meter>,
        patience: Duration,
        ordered: Ordered,
    ) -> Self {
        Self {
            inner,
            meter,
            patience,
            stalled: None,
            handshake: Some(ordered.settled),
            cut: Some(ordered.cut),
            was_cut: false,
        }
    }

    /// Fails once it has been cut.
    fn whole(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if let Some(cut) = &mut self.cut
            && let Poll::Ready(told) = Pin::new(cut).poll(context)
        {
            self.cut = None;
            // Orders that were dropped without a word can no longer cut.
            self.was_cut = told.is_ok();
            if self.was_cut {
                self.inner.forget_unsent();
            }
        }
        if self.was_cut {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the connection was cut from this side",
            ));
        }
        Ok(())
    }

    /// True when the handshake has been given up.
    fn given_up(&mut self, context: &mut Context<'_>) -> bool {
        let Some(settled) = &mut self.handshake else {
            return false;
        };
        match Pin::new(settled).poll(context) {
            Poll::Pending => false,
            Poll::Ready(told) => {
                self.handshake = None;
                told.is_err()
            }
        }
    }

    /// Passes `outcome` on, unless it has been pending for too long.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let patience = self.patience;
        let sleep = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + patience)));
        match sleep.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("the host takes no bytes for {patience:?}"),
            ))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.whole(context)?;
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.meter.received(&buffer.filled()[before..]);
        if outcome.is_pending() && self.given_up(context) {
            return Poll::Ready(Err(io::Error::other("the handshake was given up")));
        }
        outcome
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.whole(context)?;
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.watch(context, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(context);
        if outcome.is_ready() {
            self.meter.flushed.send_replace(());
        }
        self.watch(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(context);
        self.watch(context, outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Meter, Orders, Wire};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_peer_that_takes_nothing_ends_the_write() {
        let (near, _far) = tokio::io::duplex(8);
        let (_orders, ordered) = Orders::new();
        let patience = Duration::from_millis(45);
        let mut wire = Wire::new(Box::new(near), Arc::default(), patience, ordered);
        let error = wire.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.to_string(), "the host takes no bytes for 45ms");
    }

    #[tokio::test]
    async fn the_greeting_is_told_from_what_comes_before_it() {
        let (near, mut far) = tokio::io::duplex(512);
        let meter = Arc::new(Meter::default());
        let (orders, ordered) = Orders::new();
        let patience = Duration::from_secs(1);
        let mut wire = Wire::new(Box::new(near), Arc::clone(&meter), patience, ordered);
        far.write_all(b"Exceeded MaxStartups\r\n").await.unwrap();
        let mut bytes = [0; 100];
        assert_eq!(wire.read(&mut bytes).await.unwrap(), 22);
        assert!(!meter.greeted());
        assert_eq!(meter.said(), "Exceeded MaxStartups");
        far.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        assert_eq!(wire.read(&mut bytes).await.unwrap(), 11);
        assert!(meter.greeted());
        // A handshake that nobody waits for any more ends.
        drop(orders);
        assert!(wire.read(&mut bytes).await.is_err());
    }

    #[tokio::test]
    async fn a_wire_that_is_cut_ends_a_write_that_waits() {
        let (near, _far) = tokio::io::duplex(8);
        let (mut orders, ordered) = Orders::new();
        orders.settle();
        let patience = Duration::from_secs(600);
        let mut wire = Wire::new(Box::new(near), Arc::default(), patience, ordered);
        let writing = tokio::spawn(async move { wire.write_all(&[0; 64]).await });
        tokio::task::yield_now().await;
        orders.cut();
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the connection was cut from this side");
    }
}
