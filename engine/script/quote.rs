//! Quoting for `sh`: the one place where text becomes part of a script.

use std::borrow::Cow;

/// Quotes one word so that `sh` takes it as it is, whatever it holds (but NUL, which no argument can).
pub fn word(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

/// Quotes a list of words and puts blanks between.
pub fn words<T: AsRef<str>>(list: impl IntoIterator<Item = T>) -> String {
    let mut line = String::new();
    for item in list {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word(item.as_ref()));
    }
    line
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::words;

    #[test]
    fn plain_words_stay_readable() {
        assert_eq!(
            words(["ls", "-l", "/opt/x y", "it's", ""]),
            r"ls -l '/opt/x y' 'it'\''s' ''"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sh_gives_back_every_word(list in proptest::collection::vec("[^\0]*", 0..5)) {
            let script = format!("printf '%s\\0' {}", words(&list));
            let out = Command::new("sh").args(["-c", &script]).output().unwrap();
            let mut expected: Vec<u8> = Vec::new();
            if list.is_empty() {
                expected.push(0);
            }
            for item in &list {
                expected.extend(item.bytes());
                expected.push(0);
            }
            prop_assert_eq!(out.stdout, expected);
        }
    }
}
