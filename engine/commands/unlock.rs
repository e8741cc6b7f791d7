//! `wmprov unlock`: who holds the locks of the hosts, and, where the user agrees, their end.

use crate::commands::{FileOptions, Files};
use crate::connection::ConnectOptions;
use crate::run::{HostLock, LockStanding, Unlocker};
use crate::yaml::Error;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlocked {
    /// Nobody holds a lock that could be asked for.
    Nothing(Vec<HostLock>),
    /// The user did not agree; nothing was done.
    Refused,
    /// The locks that were held, as they stand now, and the hosts that could not be asked.
    Done(Vec<HostLock>),
}

/// Shows all locks to `agree`, and takes those that are held away where it says yes.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn unlock(
    files: FileOptions,
    connect: ConnectOptions,
    agree: impl FnOnce(&[HostLock]) -> bool,
) -> Result<Unlocked, Vec<Error>> {
    let files = Files::read(&files)?;
    let unlocker = Unlocker::new(&files.inventory, &files.clusters, &files.hosts, connect)?;
    let locks = unlocker.look().await;
    let held = |lock: &HostLock| matches!(lock.standing, LockStanding::Held(_));
    if !locks.iter().any(held) {
        return Ok(Unlocked::Nothing(locks));
    }
    if !agree(&locks) {
        return Ok(Unlocked::Refused);
    }
    let mut done = unlocker.take_away(&locks).await;
    let failed = |lock: &HostLock| matches!(lock.standing, LockStanding::Failed(..));
    done.extend(locks.into_iter().filter(failed));
    Ok(Unlocked::Done(done))
}
