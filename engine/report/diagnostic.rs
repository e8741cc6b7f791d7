//! A mistake in a user's file, shown with its place, the line itself, the causes and the way out.

use std::error::Error as _;
use std::fmt::Write;

use crate::report::{Paint, still};
use crate::yaml::{Error, Place};

/// Shows an error. `read` gives the text of a file (embedded ones included), for the excerpt.
pub fn diagnostic(
    error: &Error,
    paint: Paint,
    read: &dyn Fn(&std::path::Path) -> Option<String>,
) -> String {
    let message = still(error.message());
    let mut page = format!("{} {}\n", paint.bad("error:"), paint.bold(&message));
    if let Some(place) = error.place() {
        page.push_str(&excerpt(place, paint, read));
    }
    let mut cause = error.source();
    while let Some(this) = cause {
        // Writing to a String cannot fail.
        let _ok = writeln!(page, "  caused by: {}", still(&this.to_string()));
        cause = this.source();
    }
    if let Some(hint) = error.way_out() {
        let _ok = writeln!(page, "{} {}", paint.good("hint:"), still(hint));
    }
    page
}

fn excerpt(
    place: &Place,
    paint: Paint,
    read: &dyn Fn(&std::path::Path) -> Option<String>,
) -> String {
    let mut page = format!("  {} {place}\n", paint.dim("-->"));
    let text = read(&place.file);
    let line = text
        .as_deref()
        .and_then(|text| text.lines().nth(place.line.saturating_sub(1) as usize));
    if let Some(line) = line.filter(|line| !line.trim().is_empty()) {
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        let line = &still(line);
        let (line, before) = window(line, place.column.saturating_sub(1) as usize);
        let indent: String = line
            .chars()
            .take(before)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        let _ok = writeln!(page, " {margin} {}", paint.dim("|"));
        let _ok = writeln!(page, " {number} {} {line}", paint.dim("|"));
        let under = "^".repeat(word(line.chars().skip(before)));
        let _ok = writeln!(
            page,
            " {margin} {} {indent}{}",
            paint.dim("|"),
            paint.bad(&under)
        );
    }
    page
}

/// How many letters the word has that begins here: a key, a value, a text in its quotes. Of what is longer (a list, a
/// block) only the first is meant.
fn word(mut line: impl Iterator<Item = char>) -> usize {
    let first = line.next();
    let rest: Vec<char> = line.collect();
    let length = match first {
        Some(quote @ ('"' | '\'')) => rest
            .iter()
            .position(|letter| *letter == quote)
            .map_or(0, |end| end + 1),
        Some(letter) if letter.is_alphanumeric() || "_./~".contains(letter) => {
            let ends = |at: usize| match rest[at] {
                ':' => rest.get(at + 1).is_none_or(|next| next.is_whitespace()),
                other => other.is_whitespace() || ",[]{}\"'#…".contains(other),
            };
            (0..rest.len()).find(|at| ends(*at)).unwrap_or(rest.len())
        }
        _ => 0,
    };
    1 + length
}

/// Letters of a line that are shown at most.
const WIDEST: usize = 160;

/// The part of a long line around a column, and where the column is in it.
fn window(line: &str, column: usize) -> (String, usize) {
    let length = line.chars().count();
    if length <= WIDEST {
        return (line.to_owned(), column);
    }
    let start = column.saturating_sub(WIDEST / 2).min(length - WIDEST);
    let mut shown: String = line.chars().skip(start).take(WIDEST).collect();
    let mut before = column.saturating_sub(start);
    if start > 0 {
        shown.insert(0, '…');
        before += 1;
    }
    if start + WIDEST < length {
        shown.push('…');
    }
    (shown, before)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{diagnostic, word};
    use crate::report::Paint;
    use crate::yaml::{Error, Place};

    #[test]
    fn a_long_line_is_cut_around_its_place() {
        let line = format!("{}HERE{}", "a".repeat(500_000), "b".repeat(500_000));
        let error = Error::at(&Place::new("x.yaml", 1, 500_001), "wrong");
        let page = diagnostic(&error, Paint::new(false), &|_| Some(line.clone()));
        let rows: Vec<Vec<char>> = page.lines().map(|row| row.chars().collect()).collect();
        assert!(rows.iter().all(|row| row.len() < 200), "{page}");
        let caret = rows[4].iter().position(|letter| *letter == '^').unwrap();
        assert_eq!(rows[3][caret..caret + 4], ['H', 'E', 'R', 'E']);
    }

    #[test]
    fn the_word_that_is_wrong_is_underlined() {
        let rows = [
            ("carbon_pattrn: 3 }", "carbon_pattrn"),
            ("esb-4.9.0, x", "esb-4.9.0"),
            ("10.0.0.1:22 # x", "10.0.0.1:22"),
            ("\"4.9 .9\": x", "\"4.9 .9\""),
            ("\"open", "\""),
            ("- copy: {}", "-"),
            ("{ a: 1 }", "{"),
            ("", " "),
        ];
        for (line, meant) in rows {
            assert_eq!(word(line.chars()), meant.chars().count(), "{line}");
        }
    }

    #[test]
    fn nothing_that_is_shown_moves_a_cursor() {
        let error = Error::at(&Place::new("x.yaml", 1, 1), "a\u{1b}[2J")
            .because(std::io::Error::other("b\u{1b}[2J"))
            .hint("c\u{1b}[2J");
        let page = diagnostic(&error, Paint::new(false), &|_| {
            Some("d\u{1b}[2J".to_owned())
        });
        assert_eq!(page.matches("?[2J").count(), 4, "{page}");
        assert!(!page.contains('\u{1b}'), "{page}");
    }

    #[test]
    fn an_error_shows_place_line_cause_and_way_out() {
        let error = Error::at(&Place::new("site.yaml", 2, 7), "unknown module `coppy`")
            .because(std::io::Error::other("the cause"))
            .hint("did you mean `copy`?");
        let text = "- hosts: all\n    - coppy: {}\n";
        assert_snapshot!(
            diagnostic(&error, Paint::new(false), &|_| Some(text.to_owned())),
            @r"
        error: unknown module `coppy`
          --> site.yaml:2:7
           |
         2 |     - coppy: {}
           |       ^^^^^
          caused by: the cause
        hint: did you mean `copy`?
        "
        );
    }
}
