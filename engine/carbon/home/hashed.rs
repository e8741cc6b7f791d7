//! What hashing has come to on the way through the lines of a Home: those of a role begin alike, and most that differ
//! from node to node come late in the order of paths.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::carbon::digest::{Digest, Hasher};

use super::stock::Lines;

/// How many ways on from one point are kept. Where each node has its own, keeping them would help nobody.
const KEPT: usize = 4;

/// Lines of the pack, by the numbers of their rows, then one of the node's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) pack: Range<usize>,
    pub(super) own: String,
}

/// A point that the lines of some node have passed, and the ways on from there.
#[derive(Debug, Default)]
struct Point {
    hasher: Hasher,
    ways: Vec<(Stretch, usize)>,
}

/// What hashing some of the pack's lines, and nodes' own between them, has come to.
#[derive(Debug)]
pub(super) struct Hashed {
    /// The rows whose lines are hashed.
    runs: Vec<Range<usize>>,
    /// The points that have been passed so far; the first is the beginning.
    points: Mutex<Vec<Point>>,
}

impl Hashed {
    /// Nothing is hashed yet. `chosen` says of each of the pack's rows whether its line is one of those that are hashed.
    pub(super) fn of(chosen: impl Iterator<Item = bool>) -> Self {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (at, _) in chosen.enumerate().filter(|(_, chosen)| *chosen) {
            match runs.last_mut() {
                Some(run) if run.end == at => run.end += 1,
                _ => runs.push(at..at + 1),
            }
        }
        Self {
            runs,
            points: Mutex::new(vec![Point::default()]),
        }
    }

    /// The digest of these stretches, of which only those are hashed that nobody has hashed after the same ones.
    pub(super) fn digest(
        &self,
        stretches: impl IntoIterator<Item = Stretch>,
        lines: &Lines,
    ) -> Digest {
        let mut hasher = Hasher::default();
        let mut at = Some(0);
        for stretch in stretches {
            let known = at.and_then(|at| self.on_from(at, &stretch));
            if let Some((next, so_far)) = known {
                (at, hasher) = (Some(next), so_far);
                continue;
            }
            self.take(&stretch.pack, lines, &mut hasher);
            hasher.take(stretch.own.as_bytes());
            at = at.and_then(|at| self.keep(at, stretch, &hasher));
        }
        hasher.finish()
    }

    /// Hashes the chosen ones of some rows.
    fn take(&self, rows: &Range<usize>, lines: &Lines, hasher: &mut Hasher) {
        let first = self.runs.partition_point(|run| run.end <= rows.start);
        let runs = self.runs[first..].iter();
        for run in runs.take_while(|run| run.start < rows.end) {
            let (from, to) = (run.start.max(rows.start), run.end.min(rows.end));
            hasher.take(lines.of_range(from, to).as_bytes());
        }
    }

    /// The point behind a stretch, where it has been passed from `at` on.
    fn on_from(&self, at: usize, stretch: &Stretch) -> Option<(usize, Hasher)> {
        let points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ways = points.get(at)?.ways.iter();
        let (_, next) = ways.find(|(known, _)| known == stretch)?;
        Some((*next, points.get(*next)?.hasher.clone()))
    }

    fn keep(&self, at: usize, stretch: Stretch, hasher: &Hasher) -> Option<usize> {
        // Whoever panicked while it was held has left whole points.
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let next = points.len();
        let here = points.get_mut(at).filter(|here| here.ways.len() < KEPT)?;
        here.ways.push((stretch, next));
        points.push(Point {
            hasher: hasher.clone(),
            ways: Vec::new(),
        });
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::{Hashed, KEPT, Stretch};
    use crate::carbon::digest::Digest;
    use crate::carbon::home::stock::Lines;

    /// Whatever has been hashed before, the digest is that of all lines.
    #[test]
    fn what_is_known_changes_no_digest() {
        let rows = ["a\n", "b\n", "c\n", "d\n"];
        let lines = Lines::from_iter(rows);
        let hashed = Hashed::of([true, false, true, true].into_iter());
        for round in 0..2 {
            for node in 0..2 * KEPT {
                for (first, second) in [("x\n", node.to_string()), ("y\n", String::new())] {
                    let stretch = |pack, own: &str| Stretch {
                        pack,
                        own: own.to_owned(),
                    };
                    let way = [
                        stretch(0..2, first),
                        stretch(2..3, &second),
                        stretch(3..4, ""),
                    ];
                    assert_eq!(
                        hashed.digest(way, &lines),
                        Digest::of(format!("a\n{first}c\n{second}d\n").as_bytes()),
                        "{round} {node} {first}"
                    );
                }
            }
        }
        assert_eq!(hashed.digest([], &lines), Digest::of(b""));
    }
}
