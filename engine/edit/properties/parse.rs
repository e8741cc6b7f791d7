//! Bytes → entries with their spans.

use std::ops::Range;

use crate::edit::text::{Line, lines};

/// How keys and values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `java.util.Properties`.
    Java,
    /// Sections, no escapes.
    Ini,
}

/// One `key = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The section; always empty in Java properties.
    pub(super) section: String,
    /// The key, unescaped.
    pub(super) key: String,
    /// The value, unescaped.
    pub(super) value: String,
    /// The line it starts on, from 1.
    pub(super) line: usize,
    /// From the end of the key to the value.
    pub(super) separator: Range<usize>,
    /// The value as it stands, without the line end.
    pub(super) raw: Range<usize>,
    /// All its lines, line ends included.
    pub(super) whole: Range<usize>,
}

/// What stands in a file, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// An entry.
    Entry(Entry),
    /// `[name]`, ini only.
    Section(String, Line),
    /// A comment, with its text behind the sign.
    Comment(String, Line),
}

/// Reads all items; blank lines are none.
pub(super) fn parse(bytes: &[u8], dialect: Dialect) -> Vec<Item> {
    let mut items = Vec::new();
    let mut section = String::new();
    let mut rest = lines(bytes).into_iter();
    while let Some(line) = rest.next() {
        let content = line.of(bytes);
        let blanks = content.iter().take_while(|byte| blank(**byte)).count();
        match content.get(blanks) {
            None => {}
            // Java takes a continuation of nothing for nothing: the next line starts afresh.
            Some(b'\\')
                if dialect == Dialect::Java && content.len() == blanks + 1 && rest.len() > 0 => {}
            Some(sign) if is_comment(*sign, dialect) => {
                items.push(Item::Comment(latin1(&content[blanks + 1..]), line));
            }
            Some(b'[') if dialect == Dialect::Ini && content.trim_ascii_end().ends_with(b"]") => {
                let name = content.trim_ascii();
                section = latin1(name[1..name.len() - 1].trim_ascii());
                items.push(Item::Section(section.clone(), line));
            }
            Some(_) => {
                let mut last = line.clone();
                while dialect == Dialect::Java && continues(last.of(bytes)) {
                    match rest.next() {
                        Some(next) => last = next,
                        None => break,
                    }
                }
                let logical = line.content.start + blanks..last.content.end;
                let mut entry = entry(bytes, logical, dialect);
                entry.line = line.number;
                entry.whole = line.whole.start..last.whole.end;
                section.clone_into(&mut entry.section);
                items.push(Item::Entry(entry));
            }
        }
    }
    items
}

fn is_comment(sign: u8, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Java => matches!(sign, b'#' | b'!'),
        Dialect::Ini => matches!(sign, b'#' | b';'),
    }
}

/// True where the line ends in an odd number of backslashes.
fn continues(content: &[u8]) -> bool {
    content
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count()
        % 2
        == 1
}

/// The last line, from 1, where it waits for a continuation that never comes.
pub(super) fn open_end(bytes: &[u8]) -> Option<usize> {
    let last = lines(bytes).pop()?;
    continues(last.of(bytes)).then_some(last.number)
}

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0c')
}

fn entry(bytes: &[u8], logical: Range<usize>, dialect: Dialect) -> Entry {
    let java = dialect == Dialect::Java;
    let mut at = logical.start;
    while at < logical.end && !matches!(bytes[at], b'=' | b':') && !(java && blank(bytes[at])) {
        at = match continuation(bytes, at..logical.end) {
            Some(next) if java => next,
            _ => at + if java && bytes[at] == b'\\' { 2 } else { 1 },
        };
    }
    let mut key = logical.start..at.min(logical.end);
    let mut value = skip(bytes, key.end..logical.end, java);
    if value < logical.end && matches!(bytes[value], b'=' | b':') {
        value = skip(bytes, value + 1..logical.end, java);
    }
    let mut raw = value..logical.end;
    if !java {
        key.end = key.start + bytes[key.clone()].trim_ascii_end().len();
        raw.end = raw.start + bytes[raw.clone()].trim_ascii_end().len();
    }
    let read = |span: &Range<usize>| match dialect {
        Dialect::Java => unescape(&bytes[span.clone()]),
        Dialect::Ini => latin1(&bytes[span.clone()]),
    };
    Entry {
        section: String::new(),
        key: read(&key),
        value: read(&raw),
        line: 0,
        separator: key.end..raw.start,
        raw,
        whole: logical,
    }
}

/// The offset of the first byte in `span` that is no blank (in Java, continuations are blanks too).
fn skip(bytes: &[u8], span: Range<usize>, java: bool) -> usize {
    let mut at = span.start;
    while at < span.end {
        match continuation(bytes, at..span.end) {
            Some(next) if java => at = next,
            _ if blank(bytes[at]) => at += 1,
            _ => break,
        }
    }
    at
}

/// Where the text goes on, if `span` opens with a backslash at the end of a line.
fn continuation(bytes: &[u8], span: Range<usize>) -> Option<usize> {
    let text = &bytes[span.clone()];
    let ends = [b"\\\r\n".as_slice(), b"\\\n"];
    let end = ends.iter().find(|end| text.starts_with(end))?;
    let rest = &text[end.len()..];
    Some(span.start + end.len() + rest.iter().take_while(|byte| blank(**byte)).count())
}

/// The bytes as ISO-8859-1.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Reads Java's escapes and continuation lines.
fn unescape(raw: &[u8]) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let byte = raw[at];
        at += 1;
        if byte != b'\\' {
            units.push(u16::from(byte));
            continue;
        }
        let Some(escaped) = raw.get(at).copied() else {
            break;
        };
        at += 1;
        match escaped {
            b't' => units.push(9),
            b'n' => units.push(10),
            b'r' => units.push(13),
            b'f' => units.push(12),
            b'u' => {
                let digits = raw
                    .get(at..at + 4)
                    .and_then(|digits| std::str::from_utf8(digits).ok());
                if let Some(unit) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
                    units.push(unit);
                    at += 4;
                }
            }
            b'\r' | b'\n' => {
                at += usize::from(escaped == b'\r' && raw.get(at) == Some(&b'\n'));
                at += raw[at..].iter().take_while(|byte| blank(**byte)).count();
            }
            other => units.push(u16::from(other)),
        }
    }
    String::from_utf16_lossy(&units)
}
