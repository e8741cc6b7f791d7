//! How much of a part has gone by, told a few times a second.

use std::time::{Duration, Instant};

use crate::run::{Event, Events};

/// Between two events of one part.
const PAUSE: Duration = Duration::from_millis(200);

/// A part on its way from a host, or to one.
pub(super) struct Passage<'a> {
    host: &'a str,
    what: &'a str,
    /// Bytes in all, where that is known.
    total: Option<u64>,
    events: &'a Events,
    bytes: u64,
    told: Instant,
}

impl<'a> Passage<'a> {
    /// Nothing has gone by.
    pub(super) fn of(host: &'a str, what: &'a str, total: Option<u64>, events: &'a Events) -> Self {
        let passage = Self {
            host,
            what,
            total,
            events,
            bytes: 0,
            told: Instant::now(),
        };
        passage.tell();
        passage
    }

    /// So many bytes more.
    pub(super) fn more(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        if self.told.elapsed() > PAUSE || Some(self.bytes) == self.total {
            self.told = Instant::now();
            self.tell();
        }
    }

    fn tell(&self) {
        let (host, what) = (self.host.to_owned(), self.what.to_owned());
        self.events.send(match self.total {
            Some(total) => Event::Uploaded {
                host,
                what,
                sent: self.bytes,
                total,
            },
            None => Event::Fetched {
                host,
                what,
                bytes: self.bytes,
            },
        });
    }
}
