//! Where in a file a value stands.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A file, a line and a column; lines and columns count from 1.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as the user named it, or `<extra-vars>` and the like for what is no file.
    pub file: Arc<Path>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// Names a line and column of `file`.
    pub fn new(file: impl AsRef<Path>, line: u32, column: u32) -> Self {
        Self {
            file: Arc::from(file.as_ref()),
            line,
            column,
        }
    }

    /// Names the first character of `file`, for what concerns the file as a whole.
    pub fn start_of(file: impl AsRef<Path>) -> Self {
        Self::new(file, 1, 1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
