//! Events as lines where no bar can move: uploads tell each quarter, what comes each 64 MiB, waits each half minute.

use std::collections::BTreeMap;

use indicatif::HumanBytes;
use wmprov::report::Lines;
use wmprov::run::Event;

/// Seconds between two lines of one wait.
const PAUSE: u64 = 30;

/// Bytes between two lines of what comes; its beginning is worth none.
const STRETCH: u64 = 64 << 20;

/// Turns events into lines, and remembers how far each host had come.
pub(super) struct Steady {
    lines: Lines,
    /// The last quarter or half minute that was told, by host and matter.
    told: BTreeMap<(String, String), u64>,
}

impl Steady {
    /// With these lines.
    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            told: BTreeMap::new(),
        }
    }

    /// The lines of an event; empty where it is not worth one.
    pub(super) fn of(&mut self, event: &Event) -> String {
        let line = match event {
            Event::Uploaded {
                host,
                what,
                sent,
                total,
            } => {
                let quarter = (sent * 4).checked_div(*total).unwrap_or(4);
                let line = format!(
                    "upload: {host}: {what}: {} of {}\n",
                    HumanBytes(*sent),
                    HumanBytes(*total)
                );
                self.once(host, what, quarter, line)
            }
            Event::Fetched { host, what, bytes } => {
                let line = format!("fetch: {host}: {what}: {} so far\n", HumanBytes(*bytes));
                match bytes / STRETCH {
                    0 => return String::new(),
                    stretch => self.once(host, what, stretch, line),
                }
            }
            Event::Waited {
                host,
                awaiting,
                seconds,
                deadline,
            } => {
                let line = format!("wait: {awaiting}: {seconds} of {deadline} s\n");
                self.once(host, awaiting, seconds / PAUSE, line)
            }
            Event::HostLooked { host } if self.lines.verbosity.verbose => {
                format!("looked at: {host}\n")
            }
            _ => return self.lines.of(event),
        };
        self.lines.secrets.mask(&line)
    }

    fn once(&mut self, host: &str, what: &str, step: u64, line: String) -> String {
        let key = (host.to_owned(), what.to_owned());
        if self.told.insert(key, step) == Some(step) {
            String::new()
        } else {
            line
        }
    }
}

#[cfg(test)]
mod tests {
    use wmprov::report::{Lines, Paint, Verbosity};
    use wmprov::run::Event;
    use wmprov::yaml::Secrets;

    use super::Steady;

    #[test]
    fn an_upload_tells_each_quarter_and_a_wait_each_half_minute() {
        let mut steady = Steady::new(Lines {
            paint: Paint::new(false),
            verbosity: Verbosity::default(),
            secrets: Secrets::default(),
        });
        let mut page = String::new();
        for sent in 0..=100 {
            page += &steady.of(&Event::Uploaded {
                host: "wkr1".into(),
                what: "pack".into(),
                sent: sent << 20,
                total: 100 << 20,
            });
        }
        for bytes in 0..140 {
            page += &steady.of(&Event::Fetched {
                host: "db1".into(),
                what: "database/registry.sql".into(),
                bytes: bytes << 20,
            });
        }
        for seconds in 0..70 {
            page += &steady.of(&Event::Waited {
                host: "wkr1".into(),
                awaiting: "wkr1: port 9443".into(),
                seconds,
                deadline: 120,
            });
        }
        insta::assert_snapshot!(page, @r"
        upload: wkr1: pack: 0 B of 100.00 MiB
        upload: wkr1: pack: 25.00 MiB of 100.00 MiB
        upload: wkr1: pack: 50.00 MiB of 100.00 MiB
        upload: wkr1: pack: 75.00 MiB of 100.00 MiB
        upload: wkr1: pack: 100.00 MiB of 100.00 MiB
        fetch: db1: database/registry.sql: 64.00 MiB so far
        fetch: db1: database/registry.sql: 128.00 MiB so far
        wait: wkr1: port 9443: 0 of 120 s
        wait: wkr1: port 9443: 30 of 120 s
        wait: wkr1: port 9443: 60 of 120 s
        ");
    }
}
