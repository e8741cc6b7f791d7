//! The user's files are read in a thread of its own: a Ctrl-C is heard while a large pack is hashed, and ends the run at
//! once, for nothing has been touched.

use crate::run::Interrupt;
use crate::yaml::Error;

/// What `read` gives; [`None`] where the user interrupts before. What is still being read then is left to itself.
///
/// # Errors
/// Those of `read`.
pub(super) async fn reading<T: Send + 'static>(
    interrupt: &Interrupt,
    read: impl FnOnce() -> Result<T, Vec<Error>> + Send + 'static,
) -> Result<Option<T>, Vec<Error>> {
    let done = interrupt.unless(tokio::task::spawn_blocking(read)).await;
    match done {
        None => Ok(None),
        Some(Ok(read)) => read.map(Some),
        Some(Err(ended)) => match ended.try_into_panic() {
            // A defect in what reads is told as what it is.
            Ok(defect) => std::panic::resume_unwind(defect),
            // The program is ending.
            Err(_cancelled) => Ok(None),
        },
    }
}
