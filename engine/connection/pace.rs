//! The pace of connection starts: sshd drops logins beyond `MaxStartups`, so only a few at once
//! knock at one door, fewer after it has slammed, and never in one burst.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Unauthenticated handshakes at one sshd at once; its default begins to drop at ten.
const AT_ONCE: usize = 8;

/// The least time between two starts at one sshd.
const APART: Duration = Duration::from_millis(5);

struct Door {
    permits: Arc<Semaphore>,
    limit: usize,
    next: Instant,
}

/// The doors of all servers of a run.
#[derive(Default)]
pub(super) struct Pace(Mutex<HashMap<String, Door>>);

/// Held while a handshake is under way.
pub(super) struct Permit(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Pace {
    /// Waits for a turn at the door of `way`.
    pub(super) async fn enter(&self, way: &str) -> Permit {
        let permits = self.with(way, |door| Arc::clone(&door.permits));
        let permit = match permits.acquire_owned().await {
            Ok(permit) => permit,
            Err(_) => unreachable!("the semaphores of doors are never closed"),
        };
        let turn = self.with(way, |door| {
            let turn = door.next.max(Instant::now());
            door.next = turn + APART;
            turn
        });
        tokio::time::sleep_until(turn).await;
        Permit(permit)
    }

    /// Halves what may knock at once, after the server has hung up on a start.
    pub(super) fn slow_down(&self, way: &str) {
        self.with(way, |door| {
            let fewer = (door.limit / 2).max(1);
            let gone = door.permits.forget_permits(door.limit - fewer);
            door.limit -= gone;
        });
    }

    fn with<T>(&self, way: &str, act: impl FnOnce(&mut Door) -> T) -> T {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(doors.entry(way.to_owned()).or_insert_with(|| Door {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            limit: AT_ONCE,
            next: Instant::now(),
        }))
    }
}

/// How long to wait before try number `attempt` (from 1): 100 ms doubled each time, at most 3 s,
/// and up to as much again at random, so that those who were refused together do not come back
/// together.
pub(super) fn backoff(attempt: u32) -> Duration {
    let base = Duration::from_millis(100 << attempt.min(5)).min(Duration::from_secs(3));
    // Without randomness the wait is the plain one.
    let random = getrandom::u32().unwrap_or(0);
    base + base.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{AT_ONCE, Pace, backoff};

    #[tokio::test]
    async fn only_a_few_knock_at_once_and_fewer_after_a_slam() {
        let pace = Pace::default();
        let mut inside = Vec::new();
        for _ in 0..AT_ONCE {
            inside.push(pace.enter("a:22").await);
        }
        let wait = Duration::from_millis(200);
        assert!(
            tokio::time::timeout(wait, pace.enter("a:22"))
                .await
                .is_err()
        );
        assert!(tokio::time::timeout(wait, pace.enter("b:22")).await.is_ok());
        inside.clear();
        for _ in 0..5 {
            pace.slow_down("a:22");
        }
        let _one = pace.enter("a:22").await;
        assert!(
            tokio::time::timeout(wait, pace.enter("a:22"))
                .await
                .is_err()
        );
    }

    #[test]
    fn the_wait_grows_and_has_a_limit() {
        assert!(backoff(1) >= Duration::from_millis(200));
        assert!(backoff(30) <= Duration::from_secs(6));
    }
}
