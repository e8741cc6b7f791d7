//! Names and texts of hosts, and of files that somebody else wrote, with nothing in them that a terminal would obey.

/// A text of several lines.
#[must_use]
pub fn still(text: &str) -> String {
    let obeyed = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    text.replace(obeyed, "?")
}

/// A name, or a single line: a line end would begin another one.
#[must_use]
pub fn still_line(text: &str) -> String {
    still(text).replace('\n', "?")
}
