//! Ctrl-C and SIGTERM: once asks the run to end between two steps, twice ends the program.

use std::panic::resume_unwind;
use std::thread;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};
use wmprov::run::Interrupt;
use wmprov::yaml::{Error, Result};

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

/// Does work that acts on no host; [`None`] where it is interrupted. What it still does then ends with the program.
///
/// # Errors
/// Where this machine gives neither threads nor signals.
pub(crate) fn interruptible<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>> {
    let cannot =
        |cause| Error::new("this machine gives neither threads nor signals").because(cause);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot)?;
    runtime.block_on(async {
        let (mut signals, _nobody) = Signals::listen().map_err(cannot)?;
        let (done, ended) = oneshot::channel();
        // What is read is as deep there as it is on the main thread.
        let working = thread::Builder::new().stack_size(8 << 20);
        let working = working.spawn(move || {
            // Who was interrupted no longer waits.
            let _nobody = done.send(work());
        });
        let working = working.map_err(cannot)?;
        tokio::select! {
            ended = ended => match (ended, working.join()) {
                (Ok(done), _) => Ok(Some(done)),
                // A defect is told as what it is.
                (Err(_), Err(defect)) => resume_unwind(defect),
                (Err(cause), Ok(())) => Err(Error::new("the work came to no end").because(cause)),
            },
            () = signals.next() => Ok(None),
        }
    })
}
