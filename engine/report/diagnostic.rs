//! A mistake in a user's file, shown with its place, the line itself, the causes and the way out.

use std::error::Error as _;
use std::fmt::Write;

use crate::report::Paint;
use crate::yaml::{Error, Place};

/// Shows an error. `read` gives the text of a file (embedded ones included), for the excerpt.
pub fn diagnostic(
    error: &Error,
    paint: Paint,
    read: &dyn Fn(&std::path::Path) -> Option<String>,
) -> String {
    let mut page = format!("{} {}\n", paint.bad("error:"), paint.bold(error.message()));
    if let Some(place) = error.place() {
        page.push_str(&excerpt(place, paint, read));
    }
    let mut cause = error.source();
    while let Some(this) = cause {
        // Writing to a String cannot fail.
        let _ok = writeln!(page, "  caused by: {this}");
        cause = this.source();
    }
    if let Some(hint) = error.way_out() {
        let _ok = writeln!(page, "{} {hint}", paint.good("hint:"));
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
        let before = place.column.saturating_sub(1) as usize;
        let indent: String = line
            .chars()
            .take(before)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        let _ok = writeln!(page, " {margin} {}", paint.dim("|"));
        let _ok = writeln!(page, " {number} {} {line}", paint.dim("|"));
        let _ok = writeln!(
            page,
            " {margin} {} {indent}{}",
            paint.dim("|"),
            paint.bad("^")
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::diagnostic;
    use crate::report::Paint;
    use crate::yaml::{Error, Place};

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
           |       ^
          caused by: the cause
        hint: did you mean `copy`?
        "
        );
    }
}
