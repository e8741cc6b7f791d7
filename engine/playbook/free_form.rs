//! `command: ls -l chdir=/tmp` → words and named parameters, split as Ansible splits them.

use std::iter::Peekable;
use std::str::Chars;

use crate::yaml::near;

/// A free text, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// `name=value` for the names that were asked for, unquoted.
    pub(super) named: Vec<(String, String)>,
    /// All the rest, with its quotes and its spacing.
    pub(super) rest: String,
}

impl Words {
    /// Splits `text`; `is_name` tells which `name=` is a parameter and not part of the command.
    pub(super) fn split(text: &str, is_name: impl Fn(&str) -> bool) -> Self {
        let mut named = Vec::new();
        let mut rest = String::new();
        for piece in pieces(text) {
            match piece.split_once('=') {
                Some((name, value)) if is_name(name) => {
                    named.push((name.to_owned(), unquoted(value.trim_end())));
                }
                _ => rest.push_str(piece),
            }
        }
        Self {
            named,
            rest: rest.trim().to_owned(),
        }
    }
}

/// The YAML to write in place of `module: a=b c=d`.
pub(super) fn rewritten(module: &str, text: &str) -> String {
    let words = Words::split(text, |name| {
        !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_')
    });
    if words.named.is_empty() {
        return format!("write `{module}:` and its parameters below it, one a line");
    }
    let pairs: Vec<String> = words
        .named
        .iter()
        .map(|(name, value)| format!("{name}: {}", quoted(value)))
        .collect();
    format!("write `{module}: {{{}}}`", pairs.join(", "))
}

/// Words with the white space that follows them; quotes and `{{ … }}` hold words together.
fn pieces(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut letters = text.chars().peekable();
    let mut at = 0;
    while letters.peek().is_some() {
        at += word(&mut letters);
        while let Some(space) = letters.next_if(|letter| letter.is_whitespace()) {
            at += space.len_utf8();
        }
        found.push(&text[start..at]);
        start = at;
    }
    found
}

/// Passes one word and returns its length in bytes.
fn word(letters: &mut Peekable<Chars<'_>>) -> usize {
    let mut length = 0;
    let mut quote = None;
    let mut braces = 0_u32;
    while let Some(&letter) = letters.peek() {
        match (letter, quote) {
            (letter, None) if letter.is_whitespace() && braces == 0 => break,
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            ('{', None) => braces += 1,
            ('}', None) => braces = braces.saturating_sub(1),
            _ => {}
        }
        length += letter.len_utf8();
        letters.next();
        if letter == '\\'
            && let Some(escaped) = letters.next()
        {
            length += escaped.len_utf8();
        }
    }
    length
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|value| value.strip_suffix(quote))
        {
            return inner.to_owned();
        }
    }
    value.to_owned()
}

/// Quotes what YAML would not read back as this text in a flow map.
fn quoted(value: &str) -> String {
    let plain = !value.is_empty()
        && value
            .chars()
            .all(|letter| letter.is_alphanumeric() || "/._-+".contains(letter))
        && !value.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-')
        || near(value, ["yes", "no", "true", "false"]) == Some(value);
    if plain {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::{Words, rewritten};

    /// Rows checked against `parse_kv` of ansible-core 2.19.
    #[test]
    fn a_command_keeps_all_but_its_parameters() {
        let rows: [(&str, &str, &[(&str, &str)]); 6] = [
            ("ls -l", "ls -l", &[]),
            ("ls chdir=/tmp -l", "ls -l", &[("chdir", "/tmp")]),
            ("make  x=1 chdir='/a b'", "make  x=1", &[("chdir", "/a b")]),
            ("echo 'chdir=/no way'", "echo 'chdir=/no way'", &[]),
            (
                "echo {{ a b }} chdir={{ c d }}",
                "echo {{ a b }}",
                &[("chdir", "{{ c d }}")],
            ),
            ("chdir=/x", "", &[("chdir", "/x")]),
        ];
        for (text, rest, named) in rows {
            let words = Words::split(text, |name| name == "chdir");
            let named: Vec<(String, String)> = named
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect();
            assert_eq!(
                words,
                Words {
                    named,
                    rest: rest.to_owned()
                },
                "{text}"
            );
        }
    }

    #[test]
    fn the_hint_is_yaml_to_paste() {
        assert_eq!(
            rewritten("copy", "src=a dest=\"/b c\" mode=0644 force=yes"),
            r#"write `copy: {src: a, dest: "/b c", mode: "0644", force: yes}`"#
        );
        assert_eq!(
            rewritten("copy", "{{ all }}"),
            "write `copy:` and its parameters below it, one a line"
        );
    }
}
