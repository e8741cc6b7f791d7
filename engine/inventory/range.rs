//! Host names with ranges: `wkr[01:20]`, `[a:c]`, `[0:10:2]`, as Ansible spells them out.

use crate::yaml::{Error, Result};

/// More hosts than this from one name is a slip of the finger.
const MOST: usize = 65_536;

/// Digits of a number in a name.
const WIDEST: usize = 20;

/// Spells out every range in a name; a name without one is itself.
///
/// # Errors
/// Where a range has no end, runs backwards, or mixes letters and digits.
pub(super) fn expand(name: &str) -> Result<Vec<String>> {
    let Some(open) = name.find('[') else {
        return Ok(vec![name.to_owned()]);
    };
    let wrong = |why: &str| {
        Error::new(format!("`{name}`: {why}"))
            .hint("a range is written `[01:20]`, `[a:f]` or `[0:10:2]`")
    };
    let close = name[open..]
        .find(']')
        .map(|at| open + at)
        .ok_or_else(|| wrong("a `[` has no `]`"))?;
    let (head, inside, tail) = (&name[..open], &name[open + 1..close], &name[close + 1..]);
    let parts: Vec<&str> = inside.split(':').collect();
    let (first, last, step) = match parts.as_slice() {
        [first, last] => (*first, *last, 1),
        [first, last, step] => {
            let step: usize = step.parse().map_err(|_| wrong("the step is no number"))?;
            (*first, *last, step)
        }
        _ => return Err(wrong("a range has two ends and perhaps a step")),
    };
    if step == 0 {
        return Err(wrong("the step is 0"));
    }
    let members = if first.is_empty() || first.bytes().all(|byte| byte.is_ascii_digit()) {
        numbers(first, last, step)
    } else {
        letters(first, last, step)
    };
    let members = members.ok_or_else(|| wrong("its ends do not fit together"))?;
    let tails = expand(tail)?;
    if members.len() * tails.len() > MOST {
        return Err(wrong("it names more than 65,536 hosts"));
    }
    Ok(members
        .iter()
        .flat_map(|member| {
            tails
                .iter()
                .map(move |tail| format!("{head}{member}{tail}"))
        })
        .collect())
}

/// A host name without its port, and the port: `mgr1:2222`, `[::1]:2222`. More than one colon outside
/// brackets is an IPv6 address without a port.
pub(super) fn port(name: &str) -> (&str, Option<u16>) {
    let Some((host, port)) = name.rsplit_once(':') else {
        return (name, None);
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if digits && !host.is_empty() && !outside(host).contains(':') => {
            (host, Some(port))
        }
        _ => (name, None),
    }
}

/// A name without what stands in `[…]`.
fn outside(name: &str) -> String {
    let mut depth = 0_u32;
    name.chars()
        .filter(|letter| {
            match letter {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
        .collect()
}

fn numbers(first: &str, last: &str, step: usize) -> Option<Vec<String>> {
    let width = if first.len() > 1 && first.starts_with('0') {
        first.len()
    } else {
        0
    };
    // More digits than a number of hosts can have.
    if width > WIDEST || width != 0 && width != last.len() {
        return None;
    }
    let first: usize = if first.is_empty() {
        0
    } else {
        first.parse().ok()?
    };
    let last: usize = last.parse().ok()?;
    if first > last || (last - first) / step >= MOST {
        return None;
    }
    Some(
        (first..=last)
            .step_by(step)
            .map(|number| format!("{number:0width$}"))
            .collect(),
    )
}

fn letters(first: &str, last: &str, step: usize) -> Option<Vec<String>> {
    let one = |text: &str| match text.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(*letter),
        _ => None,
    };
    let (first, last) = (one(first)?, one(last)?);
    if first > last || first.is_ascii_lowercase() != last.is_ascii_lowercase() {
        return None;
    }
    Some(
        (first..=last)
            .step_by(step)
            .map(|letter| char::from(letter).to_string())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{expand, port};

    #[test]
    fn a_port_is_told_from_a_range_and_an_address() {
        let rows = [
            ("mgr1", ("mgr1", None)),
            ("mgr1:2222", ("mgr1", Some(2222))),
            ("wkr[01:20]", ("wkr[01:20]", None)),
            ("wkr[01:20]:2222", ("wkr[01:20]", Some(2222))),
            ("fe80::1", ("fe80::1", None)),
            ("mgr1:+22", ("mgr1:+22", None)),
            ("mgr1:99999", ("mgr1:99999", None)),
        ];
        for (name, parts) in rows {
            assert_eq!(port(name), parts, "{name}");
        }
    }

    proptest! {
        /// Against the slow model: every number from 0 to 400 that lies in the range, padded or not.
        #[test]
        fn a_range_names_what_lies_in_it(first in 0_usize..300, more in 0_usize..99, step in 1_usize..7, padded: bool) {
            let last = first + more;
            let width = if padded { 4 } else { 0 };
            let name = format!("w[{first:0width$}:{last:0width$}:{step}].x");
            let model: Vec<String> = (0..=400)
                .filter(|at| (first..=last).contains(at) && (at - first) % step == 0)
                .map(|at| format!("w{at:0width$}.x"))
                .collect();
            prop_assert_eq!(expand(&name).unwrap(), model);
        }
    }

    #[test]
    fn ranges_are_spelt_out_as_ansible_does() {
        let rows: [(&str, &[&str]); 6] = [
            ("mgr1", &["mgr1"]),
            ("wkr[1:3]", &["wkr1", "wkr2", "wkr3"]),
            ("w[08:10].x", &["w08.x", "w09.x", "w10.x"]),
            ("[a:c]1", &["a1", "b1", "c1"]),
            ("n[0:4:2]", &["n0", "n2", "n4"]),
            ("r[1:2]c[1:2]", &["r1c1", "r1c2", "r2c1", "r2c2"]),
        ];
        for (name, hosts) in rows {
            assert_eq!(expand(name).unwrap(), hosts);
        }
        for wrong in [
            "w[1",
            "w[3:1]",
            "w[1:2:0]",
            "w[a:3]",
            "w[01:100]",
            "w[1:9999999]",
            "w[1]",
        ] {
            assert!(expand(wrong).is_err(), "{wrong}");
        }
        let zeros = "0".repeat(70_000);
        assert!(expand(&format!("w[{zeros}:{zeros}]")).is_err());
    }
}
