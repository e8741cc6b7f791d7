//! Mistakes in the user's files, shown with their lines; passwords on those lines are not.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use wmprov::playbook::Source;
use wmprov::report::diagnostic;
use wmprov::yaml::Error;

use crate::exit::Exit;
use crate::screen::Screen;

/// Shows every error, how many there are, and how to go on.
pub(crate) fn fail(screen: Screen, errors: &[Error], go_on: Option<&str>) -> Exit {
    let mut page = page(screen, errors);
    if errors.len() > 1 {
        page.push_str(&format!("\n{} errors; no host was touched\n", errors.len()));
    }
    if let Some(command) = go_on {
        page.push_str(&format!("when that is mended, go on with: {command}\n"));
    }
    screen.tell(&page);
    Exit::Wrong
}

/// Every error with its place and its way out.
pub(crate) fn page(screen: Screen, errors: &[Error]) -> String {
    let mut page: String = errors
        .iter()
        .map(|error| diagnostic(error, screen.err, &text_of) + "\n")
        .collect();
    page.truncate(page.trim_end_matches('\n').len());
    page.push('\n');
    page
}

/// The text of a file for an excerpt: the disk's, else the built-in one's.
fn text_of(path: &Path) -> Option<String> {
    let on_disk = std::fs::read_to_string(path).ok();
    on_disk
        .or_else(|| {
            let inside = Source::Embedded.inside(path);
            Source::Embedded.read_text(inside).ok()
        })
        .map(|text| without_passwords(&text))
}

static PASSWORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?im)((?:password|passwd|passphrase|secret)["']?[ \t]*[:=][ \t]*)[^\s!|>].*$"#)
        .ok()
});

/// Blanks whatever stands behind a key that names a password, to the end of the line.
fn without_passwords(text: &str) -> String {
    match &*PASSWORD {
        Some(password) => password.replace_all(text, "${1}***").into_owned(),
        // Not reached, a test compiles the expression; and then no line at all is better than a password.
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_passwords;

    #[test]
    fn an_excerpt_shows_no_password() {
        let rows = [
            (
                "carbon_admin_password: hunter22",
                "carbon_admin_password: ***",
            ),
            (
                "h1: { ansible_password: \"a b\", x: 1 }",
                "h1: { ansible_password: ***",
            ),
            ("key_passphrase=hunter22", "key_passphrase=***"),
            (
                "carbon_admin_password: !vault |",
                "carbon_admin_password: !vault |",
            ),
            (
                "carbon_hostname: esb.example.com",
                "carbon_hostname: esb.example.com",
            ),
        ];
        for (line, wanted) in rows {
            assert_eq!(
                without_passwords(&format!("a\n{line}\nb")),
                format!("a\n{wanted}\nb")
            );
        }
    }
}
