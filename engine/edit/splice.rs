//! A span of the old bytes and what stands there instead: the only way in which bytes change.

use std::ops::Range;

use super::text::line_end;

/// Replaces `range` of the old bytes by `with`; an empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    /// Offsets into the old bytes.
    pub(super) range: Range<usize>,
    /// The new bytes.
    pub(super) with: Vec<u8>,
}

impl Splice {
    pub(super) fn new(range: Range<usize>, with: impl Into<Vec<u8>>) -> Self {
        Self {
            range,
            with: with.into(),
        }
    }

    /// True where nothing of the old bytes goes.
    pub(super) fn inserts(&self) -> bool {
        self.range.is_empty()
    }

    /// True where the two spans overlap.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.range.start < other.range.end && other.range.start < self.range.end
    }

    /// Puts `written` on a line of its own at `at`, the start of a line or the end of the file; a file
    /// without a last line end stays one.
    pub(super) fn line(bytes: &[u8], at: usize, mut written: Vec<u8>) -> Self {
        let eol = line_end(bytes, at.saturating_sub(1)).as_bytes();
        let open = at == bytes.len() && !bytes.is_empty() && !bytes.ends_with(b"\n");
        if open {
            written.splice(0..0, eol.iter().copied());
        } else {
            written.extend(eol);
        }
        Self::new(at..at, written)
    }
}

/// Returns `bytes` with every splice made; splices come in any order and do not overlap.
pub(super) fn splice(bytes: &[u8], mut splices: Vec<Splice>) -> Vec<u8> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut made = Vec::with_capacity(bytes.len());
    let mut kept = 0;
    for splice in splices {
        debug_assert!(kept <= splice.range.start, "splices overlap");
        made.extend_from_slice(&bytes[kept..splice.range.start]);
        made.extend_from_slice(&splice.with);
        kept = splice.range.end;
    }
    made.extend_from_slice(&bytes[kept..]);
    made
}

#[cfg(test)]
mod tests {
    use super::{Splice, splice};

    #[test]
    fn spans_change_and_the_rest_stays() {
        let splices = vec![
            Splice::new(4..5, "X"),
            Splice::new(0..0, "<"),
            Splice::new(1..3, ""),
        ];
        assert_eq!(splice(b"abcdef", splices), b"<adXf");
    }
}
