//! The difference of two texts, from what is wanted to what is there, without secrets: those that are known,
//! what stands behind a name that says password, and what has been put where a secret stood.

use similar::{ChangeTag, TextDiff};

use crate::yaml::{Secrets, without_secrets};

/// Longer hunks are cut, and say so: a report is read by people.
const LINES: usize = 200;

/// The unified difference of two texts.
#[must_use]
pub(super) fn hunk(expected: &str, observed: &str, secrets: &Secrets) -> String {
    let diff = TextDiff::from_lines(expected, observed);
    let mut lines = vec!["--- wanted".to_owned(), "+++ on the host".to_owned()];
    for group in diff.grouped_ops(2) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let range = |from: std::ops::Range<usize>, to: std::ops::Range<usize>| {
            format!("{},{}", from.start + 1, to.end - from.start)
        };
        lines.push(format!(
            "@@ -{} +{} @@",
            range(first.old_range(), last.old_range()),
            range(first.new_range(), last.new_range())
        ));
        for op in &group {
            let changes: Vec<(ChangeTag, String)> = diff
                .iter_changes(op)
                .map(|change| (change.tag(), change.value().to_owned()))
                .collect();
            let touched = changes
                .iter()
                .any(|(tag, line)| *tag != ChangeTag::Equal && secrets.appear_in(line));
            for (tag, line) in &changes {
                lines.push(shown(*tag, line, touched, secrets));
            }
        }
    }
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("… {more} more lines"));
    }
    lines.join("\n") + "\n"
}

/// One line. Where a secret stood or stands now, the other side's lines may hold another that nobody knows.
fn shown(tag: ChangeTag, line: &str, touched: bool, secrets: &Secrets) -> String {
    let line = line.trim_end_matches(['\n', '\r']);
    let sign = match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    };
    if touched && tag != ChangeTag::Equal && !secrets.appear_in(line) {
        let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
        return format!("{sign}{indent}*** (not shown: a secret stood or stands here)");
    }
    format!("{sign}{}", without_secrets(line, secrets))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::hunk;
    use crate::yaml::Secrets;

    #[test]
    fn a_hunk_shows_neither_the_old_secret_nor_the_new_one() {
        let mut secrets = Secrets::default();
        secrets.add("hunter22");
        let wanted = "a\nb\n  <x>hunter22</x>\nc\nd\ne\nf\ng\nh\n";
        let there = "a\nb\n  <x>unknown!</x>\nc\nd\ne\nf\nG\nh\n";
        assert_snapshot!(hunk(wanted, there, &secrets), @r"
        --- wanted
        +++ on the host
        @@ -1,9 +1,9 @@
         a
         b
        -  <x>***</x>
        +  *** (not shown: a secret stood or stands here)
         c
         d
         e
         f
        -g
        +G
         h
        ");
    }
}
