//! One line of `ssh_config`, or one `-o`: a keyword and its words.

use std::time::Duration;

use crate::yaml::{Error, Place, Result};

/// Splits a line into lower-case keyword and words: `Key value`, `Key=value`, quotes, comments.
/// `None` where it says nothing.
pub(super) fn split(line: &str, place: &Place) -> Result<Option<(String, Vec<String>)>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let end = line
        .find(|letter: char| letter.is_whitespace() || letter == '=')
        .unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for letter in rest.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                begun = true;
            }
            '#' if !quoted && !begun => break,
            _ if letter.is_whitespace() && !quoted => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if quoted {
        return Err(Error::at(place, "a quote is not closed"));
    }
    if begun {
        words.push(word);
    }
    Ok(Some((keyword.to_lowercase(), words)))
}

/// A time as OpenSSH writes it: `90`, `1m30s`, `2h`.
pub(in crate::connection) fn seconds(word: &str) -> Option<Duration> {
    let (mut total, mut count) = (0_u64, String::new());
    for letter in word.chars() {
        let unit = match letter.to_ascii_lowercase() {
            digit @ '0'..='9' => {
                count.push(digit);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(count.parse::<u64>().ok()?.checked_mul(unit)?)?;
        count.clear();
    }
    if !count.is_empty() {
        total = total.checked_add(count.parse().ok()?)?;
    }
    (!word.is_empty()).then(|| Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{seconds, split};
    use crate::yaml::Place;

    #[test]
    fn lines_are_split_as_openssh_splits_them() {
        let place = Place::new("config", 1, 1);
        for (line, keyword, words) in [
            (
                "HostName = a.example.com",
                "hostname",
                vec!["a.example.com"],
            ),
            ("\tPort=22 # comment", "port", vec!["22"]),
            (
                r#"IdentityFile "/a key" b"#,
                "identityfile",
                vec!["/a key", "b"],
            ),
            ("User me#you", "user", vec!["me#you"]),
            ("Host", "host", vec![]),
        ] {
            let (found, rest) = split(line, &place).unwrap().unwrap();
            assert_eq!(
                (found.as_str(), rest),
                (keyword, words.iter().map(|w| (*w).to_owned()).collect())
            );
        }
        assert!(split("  # nothing", &place).unwrap().is_none());
        assert!(split("User \"me", &place).is_err());
    }

    #[test]
    fn times_have_units() {
        for (word, wanted) in [
            ("90", Some(90)),
            ("1m30s", Some(90)),
            ("2H", Some(7200)),
            ("x", None),
            ("", None),
            ("s", None),
        ] {
            assert_eq!(seconds(word), wanted.map(Duration::from_secs), "{word}");
        }
    }
}
