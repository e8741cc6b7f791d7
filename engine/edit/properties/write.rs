//! Keys and values as they stand in a file.

use super::parse::Dialect;

/// The value as it stands behind the separator.
pub(super) fn value(value: &str, dialect: Dialect) -> Vec<u8> {
    match dialect {
        Dialect::Java => escaped(value, false).into_bytes(),
        Dialect::Ini => value
            .chars()
            .filter_map(|character| u8::try_from(character).ok())
            .collect(),
    }
}

/// The key as it stands before the separator.
pub(super) fn key(key: &str, dialect: Dialect) -> Vec<u8> {
    match dialect {
        Dialect::Java => escaped(key, true).into_bytes(),
        Dialect::Ini => value(key, dialect),
    }
}

/// Why the dialect cannot hold the value.
pub(super) fn illegal(value: &str, dialect: Dialect) -> Option<&'static str> {
    if dialect == Dialect::Java {
        return None;
    }
    if value.contains(['\n', '\r']) || value.trim() != value {
        return Some("an ini value is one line, without blanks at its ends");
    }
    value
        .chars()
        .any(|character| u8::try_from(character).is_err())
        .then_some("an ini value is ISO-8859-1")
}

fn escaped(text: &str, key: bool) -> String {
    let mut written = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        match character {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '\x0c' => written.push_str("\\f"),
            ' ' if key || index == 0 => written.push_str("\\ "),
            // Behind a blank as separator, a sign that opens the value would be the separator.
            '=' | ':' if key || index == 0 => written.extend(['\\', character]),
            '#' | '!' if key && index == 0 => written.extend(['\\', character]),
            ' '..='~' => written.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    written.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    written
}
