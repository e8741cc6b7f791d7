//! The difference of two texts, from what is wanted to what is there, without secrets.

use similar::{ChangeTag, TextDiff};

use crate::yaml::{Secrets, sides};

/// Longer hunks are cut, and say so: a report is read by people.
const LINES: usize = 200;

/// The unified difference of two texts, from what is wanted to what is there.
#[must_use]
pub fn hunk(expected: &str, observed: &str, secrets: &Secrets) -> String {
    between(["wanted", "on the host"], expected, observed, secrets)
}

/// The unified difference of two texts by these names.
pub(super) fn between(
    names: [&str; 2],
    expected: &str,
    observed: &str,
    secrets: &Secrets,
) -> String {
    let diff = TextDiff::from_lines(expected, observed);
    // Compared as they are, shown without secrets: where a secret alone changed, the lines still show.
    let [wanted, there] = sides(expected, observed, secrets);
    let mut lines = titles(names);
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
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, line) = match change.tag() {
                ChangeTag::Equal => (' ', change.old_index().and_then(|at| wanted.get(at))),
                ChangeTag::Delete => ('-', change.old_index().and_then(|at| wanted.get(at))),
                ChangeTag::Insert => ('+', change.new_index().and_then(|at| there.get(at))),
            };
            let line = line.map_or("", |line| line.trim_end_matches(['\n', '\r']));
            lines.push(format!("{sign}{line}"));
        }
    }
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("… {more} more lines"));
    }
    lines.join("\n") + "\n"
}

/// A hunk of texts that could not be read, and why.
pub(super) fn unread(names: [&str; 2], why: &str) -> String {
    let mut lines = titles(names);
    lines.push(format!("… not shown: {why}"));
    lines.join("\n") + "\n"
}

fn titles([wanted, there]: [&str; 2]) -> Vec<String> {
    vec![format!("--- {wanted}"), format!("+++ {there}")]
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
