//! `--extra-vars key=value …` → its pairs, quoted as a shell quotes.

use crate::yaml::{Error, Result};

/// The pairs of `key=value key2="two words"`; quotes are taken off, as Ansible does.
///
/// # Errors
/// Where a word has no `=` or a quote is not closed.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>> {
    let hint = "--extra-vars takes `key=value`, a map in braces, or `@file`";
    words(text)?
        .into_iter()
        .map(|word| match word.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(Error::new(format!("`{word}` is no `key=value`")).hint(hint)),
        })
        .collect()
}

fn words(text: &str) -> Result<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('\\', Some('"') | None) => word
                .get_or_insert_default()
                .push(letters.next().unwrap_or('\\')),
            (_, Some(_)) => word.get_or_insert_default().push(letter),
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            (_, None) => word.get_or_insert_default().push(letter),
        }
    }
    if let Some(open) = quote {
        return Err(Error::new(format!("a {open} is not closed in `{text}`")));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        let rows = [
            ("a=1 b=two", r#"[("a", "1"), ("b", "two")]"#),
            (
                r#"a="x y" b='p "q"'"#,
                r#"[("a", "x y"), ("b", "p \"q\"")]"#,
            ),
            ("url=http://x/?a=b", r#"[("url", "http://x/?a=b")]"#),
            ("a= ", r#"[("a", "")]"#),
            (r"a=x\ y", r#"[("a", "x y")]"#),
        ];
        for (text, meaning) in rows {
            assert_eq!(format!("{:?}", pairs(text).unwrap()), meaning, "{text}");
        }
        for wrong in ["a", "=b", "a='x", "a=1 b"] {
            assert!(pairs(wrong).is_err(), "{wrong}");
        }
    }
}
