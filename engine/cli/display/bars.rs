//! Bars on a terminal: one for the run, and one for each of a few busy hosts; lines go above them.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use wmprov::report::{Lines, fitted};
use wmprov::run::Event;

use crate::display::rows::{Busy, Rows};

/// More busy hosts than this are counted, not shown.
const MOST: usize = 8;

/// A terminal narrower than this shows no bar beside the figures.
const NARROW: u16 = 80;

/// The bars of a run. They come with its first event: before it passwords may be asked for.
pub(super) struct Bars {
    all: MultiProgress,
    run: Option<ProgressBar>,
    shown: BTreeMap<String, (Kind, ProgressBar)>,
    rows: Rows,
    lines: Lines,
    width: u16,
}

/// Which look a bar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Task,
    Upload,
    Fetch,
    Wait,
}

impl Bars {
    /// Draws to `target`.
    pub(super) fn new(target: ProgressDrawTarget, lines: Lines) -> Self {
        Self {
            width: console::Term::stderr().size().1,
            all: MultiProgress::with_draw_target(target),
            run: None,
            shown: BTreeMap::new(),
            rows: Rows::default(),
            lines,
        }
    }

    /// Shows what has happened.
    pub(super) fn show(&mut self, event: &Event) {
        let mut line = self.lines.of(event);
        // A hunk is shown as it is.
        let has_hunks = matches!(event, Event::TaskFinished(task) if !task.differences.is_empty());
        if !has_hunks {
            line = fitted(&line, Some(usize::from(self.width)));
        }
        if !line.is_empty() {
            // A terminal that takes no line takes no other either.
            let _lost = self.all.println(line.trim_end_matches('\n'));
        }
        self.rows.take(event);
        self.forget();
        let busy = self.rows.busy.clone();
        for (host, what) in &busy {
            self.draw(host, what);
        }
        self.sum();
    }

    /// Draws all again: the clock goes on, and a drawing that came too soon after another is made up for.
    pub(super) fn refresh(&self) {
        let hosts = self.shown.values().map(|(_, bar)| bar);
        for bar in self.run.iter().chain(hosts) {
            bar.tick();
        }
    }

    /// Takes the bars away; the lines stay.
    pub(super) fn end(self) {
        // As above: nothing can be done for a terminal that has gone.
        let _lost = self.all.clear();
    }

    fn forget(&mut self) {
        let gone: Vec<String> = self
            .shown
            .keys()
            .filter(|host| !self.rows.busy.contains_key(*host))
            .cloned()
            .collect();
        for host in gone {
            if let Some((_, bar)) = self.shown.remove(&host) {
                bar.finish_and_clear();
                self.all.remove(&bar);
            }
        }
    }

    fn sum(&mut self) {
        let run = self.run.get_or_insert_with(|| {
            let bar = self.all.insert(0, ProgressBar::new_spinner());
            bar.set_style(style("{spinner} {wide_msg} {elapsed}"));
            bar
        });
        let more = self.rows.busy.len().saturating_sub(self.shown.len());
        let hidden = if more > 0 {
            format!(", {more} more busy")
        } else {
            String::new()
        };
        run.set_message(self.rows.sum() + &hidden);
    }

    fn draw(&mut self, host: &str, busy: &Busy) {
        let kind = match busy {
            Busy::Task(_) => Kind::Task,
            Busy::Upload(..) => Kind::Upload,
            Busy::Fetch(..) => Kind::Fetch,
            Busy::Wait(..) => Kind::Wait,
        };
        let look = template(kind, self.width);
        let is_full = self.shown.len() >= MOST;
        let bar = match self.shown.get_mut(host) {
            Some((shown, bar)) => {
                // The bar keeps its place; its rate begins anew.
                if std::mem::replace(shown, kind) != kind {
                    bar.set_style(style(look));
                    bar.reset();
                }
                bar.clone()
            }
            None if is_full => return,
            None => {
                let bar = self.all.add(ProgressBar::new(0));
                bar.set_style(style(look));
                self.shown.insert(host.to_owned(), (kind, bar.clone()));
                bar
            }
        };
        let (text, at, of) = match busy {
            Busy::Task(task) => (task, 0, 0),
            Busy::Upload(what, sent, total) => (what, *sent, *total),
            Busy::Fetch(what, bytes) => (what, *bytes, 0),
            Busy::Wait(what, seconds, deadline) => (what, *seconds, *deadline),
        };
        // What is awaited names its host already.
        let text = if text.starts_with(host) {
            text.clone()
        } else {
            format!("{host}: {text}")
        };
        bar.set_message(self.lines.secrets.mask(&text));
        bar.set_length(of);
        bar.set_position(at);
    }
}

fn template(kind: Kind, width: u16) -> &'static str {
    match (kind, width < NARROW) {
        (Kind::Task, _) => "  {wide_msg}",
        (Kind::Upload, false) => {
            "  {wide_msg} {bar:16} {bytes}/{total_bytes} {bytes_per_sec} {eta}"
        }
        (Kind::Upload, true) => "  {wide_msg} {percent:>3}% {bytes_per_sec} {eta}",
        (Kind::Fetch, _) => "  {wide_msg} {bytes} {bytes_per_sec}",
        (Kind::Wait, false) => "  {wide_msg} {bar:16} {pos}/{len} s",
        (Kind::Wait, true) => "  {wide_msg} {pos}/{len} s",
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that cannot be read is a defect that the test of all templates shows.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use indicatif::{ProgressDrawTarget, ProgressStyle, TermLike};
    use wmprov::report::{Lines, Paint, Verbosity};
    use wmprov::run::Event;
    use wmprov::yaml::Secrets;

    use super::{Bars, Kind, template};

    /// A terminal that remembers every line it was told to show.
    #[derive(Clone, Debug)]
    struct Paper(u16, Arc<Mutex<String>>);

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            self.0
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            let mut paper = self.1.lock().unwrap();
            paper.push_str(text);
            paper.push('\n');
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn shown(width: u16, events: &[Event]) -> String {
        let paper = Paper(width, Arc::default());
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255);
        let mut secrets = Secrets::default();
        secrets.add("hunter22");
        let lines = Lines {
            paint: Paint::new(false),
            verbosity: Verbosity::default(),
            secrets,
        };
        let mut bars = Bars::new(target, lines);
        bars.width = width;
        for event in events {
            bars.show(event);
            std::thread::sleep(Duration::from_millis(10));
            bars.refresh();
        }
        paper.1.lock().unwrap().clone()
    }

    fn events() -> Vec<Event> {
        let hosts: Vec<String> = (1..=20).map(|number| format!("wkr{number}")).collect();
        let mut events = vec![Event::RunStarted {
            hosts: hosts.clone(),
            command: "apply",
        }];
        for host in hosts {
            events.push(Event::TaskStarted {
                host,
                task: "a task with a long name that says hunter22 and goes on and on and on".into(),
            });
        }
        events.push(Event::Uploaded {
            host: "wkr1".into(),
            what: "wso2esb-4.9.0.zip".into(),
            sent: 50 << 20,
            total: 200 << 20,
        });
        events.push(Event::Fetched {
            host: "db1".into(),
            what: "database/registry.sql of hunter22".into(),
            bytes: 30 << 20,
        });
        events.push(Event::Waited {
            host: "wkr2".into(),
            awaiting: "wkr2: WSO2 Carbon started".into(),
            seconds: 12,
            deadline: 300,
        });
        events
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_secret_shows() {
        for width in [60, 80, 200] {
            let text = shown(width, &events());
            for line in text.lines() {
                let columns = console::measure_text_width(line.trim_end());
                assert!(columns <= usize::from(width), "{width}: {columns}: {line}");
            }
            assert!(!text.contains("hunter22"), "{text}");
            for wanted in [
                "12 more busy",
                "wkr2: WSO2 Carbon started",
                "12/300 s",
                "/s",
            ] {
                assert!(text.contains(wanted), "{width}: no `{wanted}` in:\n{text}");
            }
            assert_eq!(text.contains("50.00 MiB/200.00 MiB"), width >= 80);
        }
    }

    #[test]
    fn every_template_can_be_read() {
        for kind in [Kind::Task, Kind::Upload, Kind::Fetch, Kind::Wait] {
            for width in [60, 80] {
                ProgressStyle::with_template(template(kind, width)).unwrap();
            }
        }
    }
}
