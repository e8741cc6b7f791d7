//! Texts broken into lines that fit.

/// How many columns a text takes.
pub(super) fn length(text: &str) -> usize {
    console::measure_text_width(text)
}

/// A text behind a lead, its further lines under its first.
pub(super) fn hanging(lead: &str, text: &str, width: usize) -> Vec<String> {
    let indent = length(lead).min(width / 2);
    let rest = " ".repeat(indent);
    let begun = |(at, line): (usize, String)| match at {
        0 => format!("{lead}{line}"),
        _ => format!("{rest}{line}"),
    };
    wrapped(text, width - indent)
        .into_iter()
        .enumerate()
        .map(begun)
        .collect()
}

/// Lines of at most `width` columns, broken at blanks, and inside a word only where it alone is too long.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() {
            if length(&line) + 1 + length(word) > width {
                lines.push(std::mem::take(&mut line));
            } else {
                line.push(' ');
            }
        }
        for letter in word.chars() {
            if length(&line) >= width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines
}
