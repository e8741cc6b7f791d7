//! `serial` → batches of hosts, as Ansible cuts them.

use std::ops::Range;

use crate::yaml::{Error, Node, Result, Value};

/// How many hosts of a play go at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Serial {
    /// So many hosts; none means all that are left.
    Hosts(usize),
    /// So many of a hundred, rounded down but at least one.
    Percent(u32),
}

impl Serial {
    /// Reads a rendered `serial`: a number, a percentage, or a list of them.
    pub fn read(node: &Node) -> Result<Vec<Self>> {
        match &node.value {
            Value::List(steps) => steps.iter().map(Self::step).collect(),
            _ => Ok(vec![Self::step(node)?]),
        }
    }

    fn step(node: &Node) -> Result<Self> {
        let wrong = || {
            Error::at(
                &node.place,
                "`serial` wants a number of hosts or a percentage",
            )
            .hint("write `serial: 2`, `serial: \"25%\"`, or a list of such steps")
        };
        match &node.value {
            Value::String(text) if text.ends_with('%') => text
                .trim_end_matches('%')
                .trim()
                .parse()
                .map(Self::Percent)
                .map_err(|cause| wrong().because(cause)),
            _ => usize::try_from(node.int().map_err(|_kind_is_said_by_wrong| wrong())?)
                .map(Self::Hosts)
                .map_err(|cause| wrong().because(cause)),
        }
    }

    /// Cuts `hosts` hosts into batches: one step a batch, the last step for all that follow.
    /// Percentages are of all hosts of the play.
    #[must_use]
    pub fn batches(steps: &[Self], hosts: usize) -> Vec<Range<usize>> {
        let mut batches = Vec::new();
        let mut start = 0;
        while start < hosts {
            let step = steps.get(batches.len()).or(steps.last());
            let size = match step {
                None | Some(Self::Hosts(0)) => hosts - start,
                Some(Self::Hosts(size)) => *size,
                Some(Self::Percent(share)) => (hosts * *share as usize / 100).max(1),
            };
            let end = hosts.min(start.saturating_add(size));
            batches.push(start..end);
            start = end;
        }
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::Serial::{self, Hosts, Percent};
    use crate::yaml::{Node, Place, Value};

    /// Rows checked against ansible-core 2.19.
    #[test]
    fn batches_are_ansibles() {
        let rows: [(&[Serial], usize, &[usize]); 9] = [
            (&[], 5, &[5]),
            (&[Hosts(2)], 5, &[2, 2, 1]),
            (&[Hosts(0)], 5, &[5]),
            (&[Hosts(1), Hosts(3)], 8, &[1, 3, 3, 1]),
            (&[Percent(30)], 10, &[3, 3, 3, 1]),
            (&[Percent(10)], 5, &[1, 1, 1, 1, 1]),
            (&[Hosts(1), Percent(50), Hosts(9)], 7, &[1, 3, 3]),
            (&[Percent(100)], 3, &[3]),
            (&[Hosts(2)], 0, &[]),
        ];
        for (steps, hosts, sizes) in rows {
            let batches = Serial::batches(steps, hosts);
            let found: Vec<usize> = batches.iter().map(ExactSizeIterator::len).collect();
            assert_eq!(found, sizes, "{steps:?} of {hosts}");
        }
    }

    #[test]
    fn a_step_is_a_number_or_a_percentage() {
        let read = |value| Serial::read(&Node::new(value, Place::new("p.yaml", 1, 9)));
        assert_eq!(read(Value::Int(3)).unwrap(), [Hosts(3)]);
        assert_eq!(read(Value::String("30%".into())).unwrap(), [Percent(30)]);
        assert_eq!(read(Value::String("2".into())).unwrap(), [Hosts(2)]);
        for wrong in [
            Value::String("few".into()),
            Value::String("x%".into()),
            Value::Int(-1),
            Value::Bool(true),
        ] {
            let error = read(wrong).unwrap_err();
            assert_eq!(
                error.message(),
                "`serial` wants a number of hosts or a percentage"
            );
        }
    }
}
