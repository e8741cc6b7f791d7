//! Path patterns with the meaning that `find -path` gives them, so that a host and we agree.

/// True where the whole of `path` matches: `*` is any text, `/` included, `?` any character, a backslash
/// takes the next character as it is.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.as_bytes(), path.as_bytes());
    // Most paths of a pack match no pattern, and most differ in their last letters.
    let ends = pattern.iter().rev().zip(path.iter().rev());
    let mut ends = ends.take_while(|(byte, _)| !matches!(byte, b'*' | b'?' | b'\\'));
    if ends.any(|(byte, there)| byte != there) {
        return false;
    }
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < path.len() {
        let step = match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, here));
                at += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'\\') => (pattern.get(at + 1) == Some(&path[here])).then_some(2),
            Some(byte) => (*byte == path[here]).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(step), _) => {
                at += step;
                here += 1;
            }
            (None, Some((behind, from))) => {
                star = Some((behind, from + 1));
                (at, here) = (behind, from + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// The pattern that matches `path` alone.
pub(super) fn exactly(path: &str) -> String {
    let mut pattern = String::new();
    for character in path.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// True where a pattern matches `path` or a folder above it.
pub(super) fn cover(patterns: &[String], path: &str) -> bool {
    let ends = path.match_indices('/').map(|(end, _)| end);
    let mut prefixes = ends.chain([path.len()]).map(|end| &path[..end]);
    prefixes.any(|prefix| patterns.iter().any(|pattern| matches(pattern, prefix)))
}

#[cfg(test)]
mod tests {
    use super::{cover, exactly, matches};

    #[test]
    fn patterns_mean_what_find_means() {
        let rows = [
            ("tmp", "tmp", true),
            ("tmp", "tmp/a", false),
            ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/b/c", true),
            ("a/*/c", "a/c", false),
            ("*.bat", "bin/x.bat", true),
            ("*.bat", "bin/x.bats", false),
            ("*a*b", "xaab", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("", "", true),
            ("**", "x", true),
        ];
        for (pattern, path, wanted) in rows {
            assert_eq!(matches(pattern, path), wanted, "{pattern} {path}");
        }
        assert!(matches(&exactly("a[1]*?"), "a[1]*?"));
        assert!(cover(&["tmp".to_owned()], "tmp/a/b"));
        assert!(!cover(&["tmp".to_owned()], "tmpa"));
    }
}
