//! Lines as they stand in a file: content, line end, number; and where an offset stands.

use std::ops::Range;

/// One physical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: usize,
    /// The content without the line end.
    pub(super) content: Range<usize>,
    /// The content with the line end.
    pub(super) whole: Range<usize>,
}

impl Line {
    /// The content's bytes.
    pub(super) fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.content.clone()]
    }
}

/// The lines of `bytes`; LF and CRLF end a line, and what follows the last one is a line if not empty.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let mut found = Vec::new();
    let mut start = 0;
    for whole in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = start + whole.len();
        let content = whole.strip_suffix(b"\n").unwrap_or(whole);
        let content = match whole.ends_with(b"\n") {
            true => content.strip_suffix(b"\r").unwrap_or(content),
            false => content,
        };
        found.push(Line {
            number: found.len() + 1,
            content: start..start + content.len(),
            whole: start..end,
        });
        start = end;
    }
    found
}

/// The number of the line on which `offset` stands, from 1.
pub(super) fn line_of(bytes: &[u8], offset: usize) -> usize {
    1 + bytes[..offset.min(bytes.len())]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
}

/// The line end that new text at `offset` gets: that of its line, else of the line before, else LF.
pub(super) fn line_end(bytes: &[u8], offset: usize) -> &'static str {
    let after = bytes[offset..].iter().position(|byte| *byte == b'\n');
    let newline = match after {
        Some(distance) => Some(offset + distance),
        None => bytes[..offset].iter().rposition(|byte| *byte == b'\n'),
    };
    match newline {
        Some(at) if at > 0 && bytes[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::{line_end, line_of, lines};

    #[test]
    fn lines_keep_their_ends_apart() {
        let bytes = b"a\r\n\nb";
        let spans: Vec<_> = lines(bytes)
            .into_iter()
            .map(|line| (line.content, line.whole))
            .collect();
        assert_eq!(spans, [(0..1, 0..3), (3..3, 3..4), (4..5, 4..5)]);
        assert_eq!(lines(b"").len(), 0);
        assert_eq!(line_of(bytes, 4), 3);
        assert_eq!(line_end(bytes, 0), "\r\n");
        assert_eq!(line_end(bytes, 3), "\n");
        assert_eq!(line_end(b"a\r\nb", 4), "\r\n");
        assert_eq!(line_end(b"ab", 1), "\n");
    }
}
