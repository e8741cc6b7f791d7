//! Ctrl-C and SIGTERM: once asks the run to end between two steps, twice ends the program.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use wmprov::run::Interrupt;

/// The signals that interrupt.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    wish: watch::Sender<bool>,
}

impl Signals {
    /// Takes the signals over; gives what the run looks at.
    ///
    /// # Errors
    /// Where the system does not hand them over.
    pub(crate) fn listen() -> std::io::Result<(Self, Interrupt)> {
        let (wish, seen) = watch::channel(false);
        let signals = Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            wish,
        };
        Ok((signals, Interrupt::new(seen)))
    }

    /// Returns at the second signal; `first` is told of the first.
    pub(crate) async fn twice(mut self, first: impl FnOnce()) {
        self.next().await;
        first();
        // The run has ended already: then nobody looks any more.
        let _nobody = self.wish.send(true);
        self.next().await;
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
