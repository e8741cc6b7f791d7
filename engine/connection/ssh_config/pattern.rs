//! Patterns of host names, as `ssh_config` and `known_hosts` share them.

/// True where `text` matches `pattern`: `*` for anything, `?` for one character.
pub(in crate::connection) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    at = back + 1;
                    seen = from + 1;
                    star = Some((back, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

/// True where one of `patterns` matches and no negated one does.
pub(super) fn any<'a>(patterns: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    let mut matched = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) if wildcard(pattern, text) => return false,
            Some(_) => {}
            None => matched |= wildcard(pattern, text),
        }
    }
    matched
}

#[cfg(test)]
mod tests {
    use super::{any, wildcard};

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
            ("wkr?", "wkr1", true),
            ("wkr?", "wkr12", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b", "aXbY", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(wildcard(pattern, text), matches, "{pattern} {text}");
        }
        assert!(any(["*", "!b*"], "a1"));
        assert!(!any(["*", "!b*"], "b1"));
        assert!(!any(["!b*"], "a1"));
    }
}
