//! Values as they stand in a document.

/// The value as element text; a line feed becomes `eol`.
pub(super) fn text(value: &str, ascii: bool, eol: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' if written.ends_with("]]") => written.push_str("&gt;"),
            '\n' => written.push_str(eol),
            '\r' => written.push_str("&#13;"),
            _ => other(&mut written, character, ascii),
        }
    }
    written
}

/// The value as it stands between `quote`s.
pub(super) fn attribute(value: &str, quote: char, ascii: bool) -> String {
    let mut written = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '"' if quote == '"' => written.push_str("&quot;"),
            '\'' if quote == '\'' => written.push_str("&apos;"),
            '\t' | '\n' | '\r' => reference(&mut written, character),
            _ => other(&mut written, character, ascii),
        }
    }
    written
}

/// The first character that XML 1.0 cannot hold, in whatever form.
pub(super) fn illegal(value: &str) -> Option<char> {
    value.chars().find(|character| {
        !matches!(character,
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    })
}

fn other(written: &mut String, character: char, ascii: bool) {
    if ascii && !character.is_ascii() {
        reference(written, character);
    } else {
        written.push(character);
    }
}

fn reference(written: &mut String, character: char) {
    written.push_str(&format!("&#{};", u32::from(character)));
}
