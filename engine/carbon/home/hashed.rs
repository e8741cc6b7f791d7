//! What hashing has come to on the way through the lines of a Home: those of a role begin alike, and most that differ
//! from node to node come late in the order of paths.

use std::sync::{Mutex, PoisonError};

use crate::carbon::digest::{Digest, Hasher};

use super::stock::Lines;

/// How many ways on from one point are kept. Where each node has its own, keeping them would help nobody.
const KEPT: usize = 4;

/// Lines of the pack, by the numbers of their rows, then one of the node's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) own: String,
}

/// A point that the lines of some node have passed, and the ways on from there.
#[derive(Debug, Default)]
struct Point {
    hasher: Hasher,
    ways: Vec<(Stretch, usize)>,
}

/// The points that have been passed so far; the first is the beginning.
#[derive(Debug, Default)]
pub(super) struct Hashed(Mutex<Vec<Point>>);

impl Hashed {
    /// The digest of all these lines, of which only those are hashed that nobody has hashed after the same ones.
    pub(super) fn digest(&self, stretches: impl Iterator<Item = Stretch>, lines: &Lines) -> Digest {
        let mut hasher = Hasher::default();
        let mut at = Some(0);
        for stretch in stretches {
            let known = at.and_then(|at| self.on_from(at, &stretch));
            if let Some((next, so_far)) = known {
                (at, hasher) = (Some(next), so_far);
                continue;
            }
            hasher.take(lines.of_range(stretch.from, stretch.to).as_bytes());
            hasher.take(stretch.own.as_bytes());
            at = at.and_then(|at| self.keep(at, stretch, &hasher));
        }
        hasher.finish()
    }

    /// The point behind a stretch, where it has been passed from `at` on.
    fn on_from(&self, at: usize, stretch: &Stretch) -> Option<(usize, Hasher)> {
        let points = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ways = points.get(at)?.ways.iter();
        let (_, next) = ways.find(|(known, _)| known == stretch)?;
        Some((*next, points.get(*next)?.hasher.clone()))
    }

    fn keep(&self, at: usize, stretch: Stretch, hasher: &Hasher) -> Option<usize> {
        // Whoever panicked while it was held has left whole points.
        let mut points = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if points.is_empty() {
            points.push(Point::default());
        }
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
        let (lines, hashed) = (Lines::from_iter(rows), Hashed::default());
        for round in 0..2 {
            for node in 0..2 * KEPT {
                for (first, second) in [("x\n", node.to_string()), ("y\n", String::new())] {
                    let stretch = |from, to, own: &str| Stretch {
                        from,
                        to,
                        own: own.to_owned(),
                    };
                    let way = [
                        stretch(0, 2, first),
                        stretch(2, 3, &second),
                        stretch(3, 4, ""),
                    ];
                    assert_eq!(
                        hashed.digest(way.into_iter(), &lines),
                        Digest::of(format!("a\nb\n{first}c\n{second}d\n").as_bytes()),
                        "{round} {node} {first}"
                    );
                }
            }
        }
        assert_eq!(hashed.digest(std::iter::empty(), &lines), Digest::of(b""));
    }
}
