//! What differs, as a reader sees it: hunks for texts, digests for the rest. Secrets are masked.

use std::fmt::Write;

use similar::{ChangeTag, TextDiff};

use crate::modules::Difference;
use crate::report::Paint;
use crate::yaml::{Secrets, sides};

/// Longer hunks are cut, and say so; `-v` shows all.
const LINES_OF_A_HUNK: usize = 60;

/// Shows one difference, each line indented by two blanks.
#[must_use]
pub fn difference(difference: &Difference, secrets: &Secrets, paint: Paint, whole: bool) -> String {
    match difference {
        Difference::Text {
            path,
            before,
            after,
        } => text(
            path,
            before.as_deref(),
            after.as_deref(),
            secrets,
            paint,
            whole,
        ),
        Difference::Binary {
            path,
            before,
            after,
        } => {
            let short = |digest: &Option<String>| match digest {
                Some(digest) => digest.chars().take(12).collect(),
                None => "nothing".to_owned(),
            };
            format!("  {path}: {} -> {}\n", short(before), short(after))
        }
        Difference::Property {
            what,
            before,
            after,
        } => secrets.mask(&format!("  {what}: {before} -> {after}\n")),
        Difference::Note { text } => secrets.mask(&format!("  {text}\n")),
    }
}

fn text(
    path: &str,
    before: Option<&str>,
    after: Option<&str>,
    secrets: &Secrets,
    paint: Paint,
    whole: bool,
) -> String {
    // Compared as they are, masked as they are shown: where a secret alone changed, the lines still show.
    let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
    let diff = TextDiff::from_lines(old, new);
    let mut page = format!(
        "  {} {path}{}\n",
        paint.dim("---"),
        if before.is_none() {
            " (not there)"
        } else {
            " (on the host)"
        }
    );
    let _ok = writeln!(
        page,
        "  {} {path}{}",
        paint.dim("+++"),
        if after.is_none() {
            " (goes)"
        } else {
            " (will be)"
        }
    );
    let lines = unified(&diff, &sides(old, new, secrets));
    let shown = if whole {
        lines.len()
    } else {
        lines.len().min(LINES_OF_A_HUNK)
    };
    for line in &lines[..shown] {
        let painted = match line.as_bytes().first() {
            Some(b'+') => paint.good(line),
            Some(b'-') => paint.bad(line),
            Some(b'@') => paint.dim(line),
            _ => line.clone(),
        };
        let _ok = writeln!(page, "  {painted}");
    }
    if shown < lines.len() {
        let _ok = writeln!(
            page,
            "  … {} more lines (`-v` shows them)",
            lines.len() - shown
        );
    }
    page
}

/// The hunks of a difference, with two lines around each, in the lines of `sides`.
fn unified<'a>(diff: &TextDiff<'a, 'a, str>, sides: &[Vec<String>; 2]) -> Vec<String> {
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        lines.push(hunk.header().to_string().trim_end().to_owned());
        for change in hunk.ops().iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, side, at) = match change.tag() {
                ChangeTag::Equal => (' ', 0, change.old_index()),
                ChangeTag::Delete => ('-', 0, change.old_index()),
                ChangeTag::Insert => ('+', 1, change.new_index()),
            };
            let line = at
                .and_then(|at| sides[side].get(at))
                .map_or("", |line| line);
            lines.push(format!("{sign}{}", line.trim_end_matches(['\n', '\r'])));
            if change.missing_newline() {
                lines.push("\\ No newline at end of file".to_owned());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::difference;
    use crate::modules::Difference;
    use crate::report::Paint;
    use crate::yaml::Secrets;

    #[test]
    fn a_hunk_has_two_lines_around_it_and_no_secret() {
        let mut secrets = Secrets::default();
        secrets.add("hunter22");
        let shown = Difference::Text {
            path: "/etc/x".into(),
            before: Some("a\nb\nc\npassword=hunter22\ne\nf\ng\n".into()),
            after: Some("a\nb\nc\npassword=other\ne\nf\ng\n".into()),
        };
        assert_snapshot!(difference(&shown, &secrets, Paint::new(false), false), @r"
          --- /etc/x (on the host)
          +++ /etc/x (will be)
          @@ -2,5 +2,5 @@
           b
           c
          -password=***
          +*** (not shown: a secret stood or stands here)
           e
           f
        ");
    }
}
