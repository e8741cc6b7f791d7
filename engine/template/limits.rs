//! How much a template may ask for. A mistake, or malice, in a user's file ends with a sentence, not with a machine that
//! has neither time nor memory left.

use minijinja::value::ValueKind;
use minijinja::{Error as Failure, ErrorKind, Value as Rendered};

use crate::yaml::{Error, Place, Result};

/// Steps of one template: instructions, and the data that they make.
pub(super) const FUEL: u64 = 1_000_000;
/// Frames of macros, blocks and recursive loops inside each other.
pub(super) const RECURSION: usize = 60;
/// How many variables may name each other in a row.
pub(super) const DEEPEST: usize = 40;
/// Bytes of what one template gives.
pub(super) const LARGEST: usize = 16 << 20;
/// Bytes of one `{{ }}` or `{% %}`: the parser goes down once for each term.
const LONGEST: usize = 4_096;
/// Branches of the conditions of one template, for the same reason.
const BRANCHES: usize = 200;
/// Lists and maps inside each other in what a template gives.
const NESTED: usize = 150;

/// Says whether a text with `{{ }}` and `{% %}` is one that the parser is safe with.
///
/// # Errors
/// At `place`, with the limit.
pub(super) fn check_text(text: &str, place: &Place) -> Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let end = if rest[at..].starts_with("{{") {
            "}}"
        } else {
            "%}"
        };
        let length = rest[at..].find(end).unwrap_or(rest.len() - at);
        let lines = text[..text.len() - rest.len() + at].matches('\n').count();
        let place = &below(place, u32::try_from(lines).unwrap_or(u32::MAX));
        longest(length, place)?;
        rest = &rest[at + length..];
    }
    if text.matches("elif").count() > BRANCHES {
        return Err(Error::at(
            place,
            format!("a template has more than {BRANCHES} branches (`elif`)"),
        )
        .hint("look the value up in a map instead"));
    }
    Ok(())
}

/// The place so many lines below: a text of its own file begins in column 1, a value of YAML stands where it stands.
pub(super) fn below(place: &Place, lines: u32) -> Place {
    let file = place.line == 1 && place.column == 1;
    Place {
        line: place.line.saturating_add(if file { lines } else { 0 }),
        ..place.clone()
    }
}

/// Says whether a bare expression is one that the parser is safe with.
///
/// # Errors
/// At `place`, with the limit.
pub(super) fn check_expression(text: &str, place: &Place) -> Result<()> {
    longest(text.len(), place)
}

fn longest(length: usize, place: &Place) -> Result<()> {
    if length <= LONGEST {
        return Ok(());
    }
    Err(Error::at(
        place,
        format!("an expression of {length} bytes is too long; {LONGEST} are the most"),
    )
    .hint("put its parts into variables"))
}

/// What a template has given, where it is not too much.
///
/// # Errors
/// With the limit.
pub(super) fn weighed(value: Rendered) -> Result<Rendered, Failure> {
    let mut left = LARGEST;
    weigh(&value, &mut left, NESTED)?;
    Ok(value)
}

fn weigh(value: &Rendered, left: &mut usize, nested: usize) -> Result<(), Failure> {
    let text = value.as_str().map_or(0, str::len);
    // A value is some bytes itself.
    *left = left.checked_sub(text + 16).ok_or_else(too_large)?;
    if !matches!(
        value.kind(),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map
    ) {
        return Ok(());
    }
    let nested = nested.checked_sub(1).ok_or_else(|| {
        refused(format!(
            "lists and maps stand inside each other more than {NESTED} deep"
        ))
    })?;
    let map = value.kind() == ValueKind::Map;
    let Ok(items) = value.try_iter() else {
        return Ok(());
    };
    for item in items {
        weigh(&item, left, nested)?;
        if map {
            weigh(&value.get_item(&item)?, left, nested)?;
        }
    }
    Ok(())
}

/// Refuses a text of so many bytes before it is made.
///
/// # Errors
/// With the limit.
pub(super) fn fits(bytes: usize) -> Result<(), Failure> {
    if bytes > LARGEST {
        return Err(too_large());
    }
    Ok(())
}

fn too_large() -> Failure {
    refused(format!("it gives more than {} MB", LARGEST >> 20))
}

fn refused(message: String) -> Failure {
    Failure::new(ErrorKind::InvalidOperation, message)
}

/// What to do about a template that asks for too much.
pub(super) fn out_of_fuel() -> (String, &'static str) {
    (
        format!("it takes more than {FUEL} steps"),
        "shorten its loops and ranges, or what it repeats",
    )
}
