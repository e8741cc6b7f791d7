//! What differs, as a reader sees it: hunks for texts, digests for the rest. Secrets are masked.

use std::fmt::Write;

use similar::TextDiff;

use crate::modules::Difference;
use crate::report::Paint;
use crate::yaml::Secrets;

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
    let hunks = diff.unified_diff().context_radius(2).to_string();
    let lines: Vec<&str> = hunks.lines().collect();
    let shown = if whole {
        lines.len()
    } else {
        lines.len().min(LINES_OF_A_HUNK)
    };
    for line in &lines[..shown] {
        let masked = secrets.mask(line.trim_end_matches('\r'));
        let painted = match line.as_bytes().first() {
            Some(b'+') => paint.good(&masked),
            Some(b'-') => paint.bad(&masked),
            Some(b'@') => paint.dim(&masked),
            _ => masked,
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
          +password=other
           e
           f
        ");
    }
}
