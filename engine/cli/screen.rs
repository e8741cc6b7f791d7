//! Standard output and standard error: colour or not, and what a reader who has gone means.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use clap::ValueEnum;
use console::Term;
use wmprov::report::Paint;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    // On a terminal, unless `NO_COLOR` is set. (Doc comments here would make the help three times as long.)
    #[default]
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether a stream is painted.
    fn paint(self, is_terminal: bool) -> Paint {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Paint::new(match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && !forbidden && !dumb,
        })
    }
}

/// The two streams. Results go to standard output, everything else to standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// Colour of standard output.
    pub(crate) out: Paint,
    /// Colour of standard error.
    pub(crate) err: Paint,
    /// `-v`.
    pub(crate) verbose: bool,
    /// The columns of standard output, where it is a terminal.
    pub(crate) out_columns: Option<usize>,
    /// The rows and columns of standard error, where it is a terminal.
    pub(crate) err_size: Option<(usize, usize)>,
}

impl Screen {
    /// The program's own streams.
    pub(crate) fn new(colour: Colour, verbose: bool) -> Self {
        let size = |terminal: Term| {
            let size = terminal.size_checked();
            size.map(|(rows, columns)| (usize::from(rows), usize::from(columns)))
        };
        Self {
            verbose,
            out_columns: size(Term::stdout()).map(|(_, columns)| columns),
            err_size: size(Term::stderr()),
            out: colour.paint(io::stdout().is_terminal()),
            err: colour.paint(io::stderr().is_terminal()),
        }
    }

    /// Writes a result. Gives false where it could not be written, which standard error has been told.
    pub(crate) fn result(self, text: &str) -> bool {
        let written = io::stdout()
            .write_all(text.as_bytes())
            .and_then(|()| io::stdout().flush());
        match written {
            Ok(()) => true,
            // `wmprov … | head`: the reader has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => true,
            Err(error) => {
                self.tell(&format!(
                    "{} cannot write the result: {error}\n",
                    self.err.bad("error:")
                ));
                false
            }
        }
    }

    /// Tells something on standard error.
    pub(crate) fn tell(self, text: &str) {
        // Nobody reads standard error any more: there is nobody left to tell that.
        let _nobody = io::stderr().write_all(text.as_bytes());
    }
}
