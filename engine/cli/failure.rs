//! Mistakes in the user's files, shown with their lines; passwords on those lines are not.

use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use wmprov::playbook::Source;
use wmprov::report::{diagnostic, fitted};
use wmprov::yaml::{Error, VaultPasswords};

use crate::exit::Exit;
use crate::screen::Screen;

/// Shows the errors, how many there are, and how to go on: a screen of them on a terminal, all with `-v` or elsewhere.
pub(crate) fn fail(screen: Screen, errors: &[Error], go_on: Option<&str>) -> Exit {
    let mut page = page(screen, errors);
    // The prompt, the sum and the way to go on take their rows too.
    let rows = screen.err_size.map(|(rows, _)| rows.saturating_sub(6));
    let left_out = match rows {
        Some(rows) if !screen.verbose => first_of(&mut page, rows.max(6)),
        _ => 0,
    };
    if left_out > 0 {
        page.push_str(&format!("… and {left_out} lines more; `-v` shows them\n"));
    }
    if errors.len() > 1 {
        page.push_str(&format!("\n{} errors; no host was touched\n", errors.len()));
    }
    page.extend(go_on.and_then(|command| way_on(errors, command)));
    screen.tell(&page);
    Exit::Wrong
}

/// How to go on. To say a refused command again helps only where a file is to be mended first; where the command itself is
/// to be another, its hint says which.
fn way_on(errors: &[Error], command: &str) -> Option<String> {
    let is_last_worker = |error: &Error| error.message().starts_with("WM170 ");
    let is_in_a_file = |error: &Error| {
        let place = error.place();
        place.is_some_and(|place| !place.file.to_string_lossy().starts_with('<'))
    };
    if errors.iter().all(is_last_worker) {
        Some(format!("go on with: {command} --allow-downtime\n"))
    } else if errors
        .iter()
        .all(|error| is_in_a_file(error) || error.way_out().is_none())
    {
        Some(format!("when that is mended, go on with: {command}\n"))
    } else {
        None
    }
}

/// Cuts a page to so many rows, at the end of an error where there is one; gives how many lines were cut off.
fn first_of(page: &mut String, rows: usize) -> usize {
    let lines: Vec<&str> = page.lines().collect();
    if lines.len() <= rows {
        return 0;
    }
    let between = lines[..rows].iter().rposition(|line| line.is_empty());
    let kept = between.unwrap_or(rows);
    let (cut, short) = (lines.len() - kept, lines[..kept].join("\n") + "\n");
    *page = short;
    cut
}

/// What this process opens vaulted values with: a mistake in a vaulted value is told without the value.
static VAULT: OnceLock<VaultPasswords> = OnceLock::new();

/// From now on no page of errors shows what is opened with these passwords.
pub(crate) fn hide_opened_by(vault: &VaultPasswords) {
    // One command a process, so there is no other.
    let _other = VAULT.set(vault.clone());
}

/// Every error with its place and its way out, as wide as the terminal.
pub(crate) fn page(screen: Screen, errors: &[Error]) -> String {
    let mut page: String = errors
        .iter()
        .map(|error| diagnostic(error, screen.err, &text_of) + "\n")
        .collect();
    page.truncate(page.trim_end_matches('\n').len());
    page.push('\n');
    if let Some(vault) = VAULT.get() {
        page = vault.opened().mask(&page);
    }
    fitted(&page, screen.err_size.map(|(_, columns)| columns))
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
    // Near misses of their names too: a misspelt key is what an excerpt shows.
    Regex::new(
        r#"(?im)((?:pas+w?o?r?d?|passphrase|pwd|secret|token)["']?[ \t]*[:=][ \t]*)[^\s!|>].*$"#,
    )
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
    use super::{first_of, way_on, without_passwords};
    use wmprov::yaml::{Error, Place};

    #[test]
    fn a_refused_command_is_not_what_goes_on() {
        let place = Place::new("inventory.yaml", 1, 1);
        let in_a_file = || Error::at(&place, "wrong").hint("right");
        let of_an_argument = || Error::at(&Place::start_of("<--limit>"), "no host").hint("a host");
        let last = || Error::at(&place, "WM170 no worker").hint("`--allow-downtime`");
        let said = |errors: &[Error]| way_on(errors, "wmprov stop x").unwrap_or_default();
        assert_eq!(
            said(&[in_a_file(), Error::new("a cause without a way out")]),
            "when that is mended, go on with: wmprov stop x\n"
        );
        assert_eq!(said(&[in_a_file(), of_an_argument()]), "");
        assert_eq!(
            said(&[Error::new("nobody to ask").hint("give `--yes`")]),
            ""
        );
        assert_eq!(
            said(&[last(), last()]),
            "go on with: wmprov stop x --allow-downtime\n"
        );
    }

    #[test]
    fn a_page_is_cut_between_two_errors_where_it_can_be() {
        let mut page = "a\n  b\n\nc\n  d\n".to_owned();
        assert_eq!(first_of(&mut page, 5), 0);
        assert_eq!(first_of(&mut page, 4), 3);
        assert_eq!(page, "a\n  b\n");
        let mut one = "a\nb\nc\nd\n".to_owned();
        assert_eq!(first_of(&mut one, 3), 1);
        assert_eq!(one, "a\nb\nc\n");
    }

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
                "carbon_admin_pasword: hunter22",
                "carbon_admin_pasword: ***",
            ),
            (
                "x: { ansible_become_pass: hunter22 }",
                "x: { ansible_become_pass: ***",
            ),
            ("API_TOKEN: hunter22", "API_TOKEN: ***"),
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
