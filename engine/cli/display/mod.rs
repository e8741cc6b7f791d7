//! Events as they come: bars on a terminal, one line an event elsewhere, JSON where it is asked for.

mod bars;
mod rows;
mod steady;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use wmprov::report::{Lines, json_line};
use wmprov::run::{Event, Mode};
use wmprov::yaml::Secrets;

use crate::report::Record;
use crate::run::{Next, command_after};
use crate::screen::Screen;
use bars::Bars;
use steady::Steady;

/// How often bars are drawn where nothing happens.
const BEAT: Duration = Duration::from_millis(200);

/// How events are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Bars that move, lines above them.
    Bars,
    /// A line an event on standard error.
    Lines,
    /// An object an event on standard output.
    Json,
}

impl Style {
    /// The style that fits.
    pub(crate) fn of(json: bool, is_terminal: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        match (json, is_terminal && !dumb) {
            (true, _) => Self::Json,
            (false, true) => Self::Bars,
            (false, false) => Self::Lines,
        }
    }
}

/// Shows the events of a run.
pub(crate) struct Display {
    lines: Lines,
    style: Style,
    screen: Screen,
    mode: Mode,
    /// What goes on from the end.
    next: Next,
    /// Keeps what a page is to tell.
    record: Option<Record>,
}

impl Display {
    /// Shows through these lines, in this style.
    pub(crate) fn new(lines: Lines, style: Style, screen: Screen, mode: Mode) -> Self {
        Self {
            lines,
            style,
            screen,
            mode,
            next: Next::of_this(),
            record: None,
        }
    }

    /// This goes on from the end.
    pub(crate) fn going_on(mut self, next: Next) -> Self {
        self.next = next;
        self
    }

    /// Keeps for a page what it shows.
    pub(crate) fn recorded_by(mut self, record: Option<Record>) -> Self {
        self.record = record;
        self
    }

    /// What must not be shown.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.lines.secrets
    }

    /// Shows events until nobody sends any more; false where one of a result could not be written.
    pub(crate) async fn show(mut self, mut events: UnboundedReceiver<Event>) -> bool {
        let mut whole = true;
        let record = self.record.take();
        let keep = |event: &Event| {
            if let Some(record) = &record {
                record.take(event);
            }
        };
        match self.style {
            Style::Bars => {
                let mut bars = Bars::new(indicatif::ProgressDrawTarget::stderr(), self.lines);
                let mut clock = tokio::time::interval(BEAT);
                loop {
                    tokio::select! {
                        event = events.recv() => match event {
                            Some(event) => {
                                keep(&event);
                                bars.show(&event);
                            }
                            None => break,
                        },
                        _ = clock.tick() => bars.refresh(),
                    }
                }
                bars.end();
            }
            Style::Lines => {
                let mut steady = Steady::new(self.lines);
                while let Some(event) = events.recv().await {
                    keep(&event);
                    self.screen.tell(&steady.of(&event));
                }
            }
            Style::Json => {
                while let Some(event) = events.recv().await {
                    keep(&event);
                    whole &= self.object(event);
                }
            }
        }
        whole
    }

    fn object(&self, mut event: Event) -> bool {
        if let Event::RunFinished(report) = &mut event {
            report.go_on = command_after(report, self.mode, &self.next);
        }
        match json_line(&event, &self.lines.secrets) {
            Ok(line) => self.screen.result(&(line + "\n")),
            Err(error) => {
                self.screen
                    .tell(&format!("error: an event is no JSON: {error}\n"));
                false
            }
        }
    }
}
