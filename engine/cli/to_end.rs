//! Work that the user may interrupt, beside the display of what it tells.

use tokio::sync::mpsc;
use wmprov::run::{Event, Events, Interrupt};
use wmprov::yaml::Error;

use crate::display::Display;
use crate::interrupt::Signals;

/// Does `work` to its end while `display` shows its events; [`None`] where a second Ctrl-C ended it all. The first
/// one is answered with `first`, and the work told of it. Beside what the work gives: whether all of its events were
/// written.
///
/// # Errors
/// Those of the work, and where this machine gives neither threads nor signals.
pub(crate) fn to_end<T, W>(
    display: Display,
    first: &str,
    work: impl FnOnce(Events, Interrupt) -> W,
) -> Result<Option<(T, bool)>, Vec<Error>>
where
    W: Future<Output = Result<T, Vec<Error>>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // What is read is as deep on a worker as it is on the main thread.
        .thread_stack_size(8 << 20)
        .build()
        .map_err(|cause| {
            vec![Error::new("this machine gives no threads to run on").because(cause)]
        })?;
    let ended = runtime.block_on(shown(display, first, work));
    // What a second Ctrl-C leaves running is not waited for.
    runtime.shutdown_background();
    ended
}

async fn shown<T, W>(
    display: Display,
    first: &str,
    work: impl FnOnce(Events, Interrupt) -> W,
) -> Result<Option<(T, bool)>, Vec<Error>>
where
    W: Future<Output = Result<T, Vec<Error>>>,
{
    let (sender, receiver) = mpsc::unbounded_channel();
    let events = Events::new(sender);
    let (signals, interrupt) = Signals::listen()
        .map_err(|cause| vec![Error::new("cannot listen to signals").because(cause)])?;
    let showing = tokio::spawn(display.show(receiver));
    let tell_first = || {
        events.send(Event::Noticed {
            host: None,
            message: format!("interrupted: {first}; once more aborts"),
        });
    };
    let ended = tokio::select! {
        ended = work(events.clone(), interrupt) => Some(ended),
        () = signals.twice(tell_first) => None,
    };
    drop(events);
    if ended.is_none() {
        showing.abort();
    }
    // An aborted display has nothing more to show; one that ended by itself has shown all.
    let whole = showing.await.unwrap_or(true);
    Ok(ended.transpose()?.map(|ended| (ended, whole)))
}
