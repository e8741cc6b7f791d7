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
        if length(word) <= width {
            line.push_str(word);
            continue;
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

/// A page for a terminal of so many columns: longer lines are broken between words, further ones indented by two more.
/// Excerpts of files are cut, so that the mark below them stands right; a line that ends in a command stays whole,
/// because somebody will copy it.
#[must_use]
pub fn fitted(page: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns.filter(|columns| *columns >= 20) else {
        return page.to_owned();
    };
    let mut fit = String::new();
    for line in page.split_inclusive('\n') {
        let text = line.trim_end_matches('\n');
        if length(text) <= columns || ends_in_a_command(text) {
            fit.push_str(line);
            continue;
        }
        if is_excerpt(text) {
            fit.push_str(&console::truncate_str(text, columns, "…"));
            fit.push('\n');
            continue;
        }
        let indent = text.len() - text.trim_start().len();
        let (first, lead) = (" ".repeat(indent), " ".repeat(indent + 2));
        let room = columns - indent.min(columns / 2) - 2;
        for (at, part) in wrapped(text.trim_start(), room).iter().enumerate() {
            fit.push_str(if at == 0 { &first } else { &lead });
            fit.push_str(part);
            fit.push('\n');
        }
    }
    fit
}

/// Whether a line shows one of a file, ` 12 | text`.
fn is_excerpt(line: &str) -> bool {
    let plain = console::strip_ansi_codes(line);
    let margin = plain.trim_start();
    let behind = margin.trim_start_matches(|one: char| one.is_ascii_digit());
    behind.trim_start().starts_with('|')
}

fn ends_in_a_command(line: &str) -> bool {
    line.contains("with: wmprov ") || line.contains("go on with: ")
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn long_lines_are_broken_between_words_and_commands_are_not() {
        let page = "  hint: one two three four five\n 12 | a line of a file that is long\ngo on with: wmprov apply inventory.yaml\nshort\n";
        insta::assert_snapshot!(fitted(page, Some(22)), @r"
          hint: one two
            three four five
         12 | a line of a fil…
        go on with: wmprov apply inventory.yaml
        short
        ");
        assert_eq!(fitted(page, None), page);
    }

    #[test]
    fn colour_counts_nothing_and_is_never_cut() {
        let page = "\u{1b}[31merror:\u{1b}[0m \u{1b}[1mone two three four five\u{1b}[0m\n";
        assert_eq!(
            fitted(page, Some(22)),
            "\u{1b}[31merror:\u{1b}[0m \u{1b}[1mone two three\n  four five\u{1b}[0m\n"
        );
    }
}
