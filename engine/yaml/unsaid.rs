//! A text without secrets, for whoever shows or keeps it: those that are known, what stands behind a name that says
//! password, and what has been put where a secret stood.

use std::sync::LazyLock;

use regex::Regex;
use similar::TextDiff;

use super::Secrets;

static BEHIND_A_NAME: LazyLock<[Option<Regex>; 2]> = LazyLock::new(|| {
    let name = "(?:password|passwd|passphrase|secret|credential)";
    let behind_equals =
        format!(r#"(?i)({name}[\w.-]*["']?[ \t]*[=:][ \t]*["']?)([^<>"'\s][^<>"']*)"#);
    let in_element = format!(r"(?i)({name}[^<>]*>[ \t]*)([^<\s][^<]*)");
    [behind_equals, in_element].map(|expression| Regex::new(&expression).ok())
});

/// A text without the secrets that are known and without what stands behind a name that says password.
#[must_use]
pub fn without_secrets(text: &str, secrets: &Secrets) -> String {
    let mut text = secrets.mask(text);
    for expression in BEHIND_A_NAME.iter() {
        text = match expression {
            Some(expression) => expression.replace_all(&text, "${1}***").into_owned(),
            // Not reached, a test compiles both; and then no text at all is better than a password.
            None => "***".to_owned(),
        };
    }
    text
}

/// The lines of two texts that are held against each other, without secrets. Where a secret stood or stands, the
/// other side's lines may hold another that nobody knows, and are not shown.
#[must_use]
pub fn sides(one: &str, two: &str, secrets: &Secrets) -> [Vec<String>; 2] {
    let diff = TextDiff::from_lines(one, two);
    let mut sides = [Vec::new(), Vec::new()];
    for op in diff.ops() {
        let changes: Vec<_> = diff.iter_changes(op).collect();
        let differs = op.tag() != similar::DiffTag::Equal;
        let touched = differs
            && changes
                .iter()
                .any(|change| secrets.appear_in(change.value()));
        for change in changes {
            let line = shown(change.value(), touched, secrets);
            if change.old_index().is_some() {
                sides[0].push(line.clone());
            }
            if change.new_index().is_some() {
                sides[1].push(line);
            }
        }
    }
    sides
}

fn shown(line: &str, touched: bool, secrets: &Secrets) -> String {
    if touched && !secrets.appear_in(line) {
        let text = line.trim_end_matches(['\n', '\r']);
        let indent = &text[..text.len() - text.trim_start().len()];
        let end = &line[text.len()..];
        return format!("{indent}*** (not shown: a secret stood or stands here){end}");
    }
    without_secrets(line, secrets)
}

#[cfg(test)]
mod tests {
    use super::{BEHIND_A_NAME, sides, without_secrets};
    use crate::yaml::Secrets;

    #[test]
    fn what_a_name_says_to_be_a_password_is_not_shown() {
        assert!(BEHIND_A_NAME.iter().all(Option::is_some));
        let rows = [
            ("<Password>x y</Password>", "<Password>***</Password>"),
            (
                "<property encrypted=\"false\" name=\"password\">abc</property>",
                "<property encrypted=\"false\" name=\"password\">***</property>",
            ),
            ("keystore.password=abc", "keystore.password=***"),
            ("db.passwd: 'a b' # x", "db.passwd: '***' # x"),
            (
                "<x trustStorePassword=\"abc\"/>",
                "<x trustStorePassword=\"***\"/>",
            ),
            ("<HostName>esb</HostName>", "<HostName>esb</HostName>"),
            ("# change the password soon", "# change the password soon"),
        ];
        for (line, shown) in rows {
            assert_eq!(without_secrets(line, &Secrets::default()), shown);
        }
    }

    #[test]
    fn each_side_keeps_its_lines_and_their_ends() {
        let mut secrets = Secrets::default();
        secrets.add("hunter22");
        let [one, two] = sides(
            "a\r\n  <x>old</x>\r\nb\r\n",
            "a\r\n  hunter22\r\nb\r\n",
            &secrets,
        );
        assert_eq!(
            one.concat(),
            "a\r\n  *** (not shown: a secret stood or stands here)\r\nb\r\n"
        );
        assert_eq!(two.concat().lines().count(), 3);
        assert!(!two.concat().contains("hunter22"));
    }
}
