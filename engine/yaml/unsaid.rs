//! A text without secrets, for whoever shows or keeps it: those that are known, and what stands behind a name that says
//! password.

use std::sync::LazyLock;

use regex::Regex;

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

#[cfg(test)]
mod tests {
    use super::{BEHIND_A_NAME, without_secrets};
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
}
