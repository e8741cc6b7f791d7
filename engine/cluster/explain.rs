//! `wmprov explain CODE`: the whole story of a check, as a page of text.

use super::checks::{self, Check, When};

/// The page of that code; [`None`] where there is no such check ([`nearest`] may know what was
/// meant). Case does not matter.
#[must_use]
pub fn page(code: &str) -> Option<String> {
    let wanted = checks::ALL
        .iter()
        .find(|check| check.code.eq_ignore_ascii_case(code))?;
    Some(text(wanted))
}

/// The known code that a wrong one was probably meant to be.
#[must_use]
pub fn nearest(code: &str) -> Option<&'static str> {
    Check::nearest(code)
}

/// Every code with its title, for a list.
pub fn titles() -> impl Iterator<Item = (&'static str, &'static str)> {
    checks::ALL.iter().map(|check| (check.code, check.title))
}

/// The page `docs/troubleshooting.md`: every check by where it shows, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for (title, sentence, stands) in CHAPTERS {
        page.push_str(&format!("\n## {title}\n\n{sentence}\n"));
        for check in checks::ALL.iter().filter(|check| stands(&check.when)) {
            let waiver = match (check.waivable, check.when) {
                (_, When::Derived) => "",
                (true, _) => " It can be waived.",
                (false, _) => " It cannot be waived.",
            };
            page.push_str(&format!(
                "\n### {}: {}\n\n{}\n\n**Way out:** {}.{waiver}\n",
                check.code, check.title, check.cause, check.fix
            ));
        }
    }
    page
}

const INTRODUCTION: &str = "# Troubleshooting

Every check by its code, as `wmprov explain CODE` tells it. An error, a plan and a report name the code; where a check
does not hold for you, `carbon_waive: {WM044: \"the reason\"}` at the cluster's group takes it out, and every run
prints the reason.

<!-- Made from engine/cluster/checks/; WMPROV_WRITE_DOCS=1 writes it again. -->
";

/// A chapter's title, its sentence, and what stands in it.
type Chapter = (&'static str, &'static str, fn(&When) -> bool);

const CHAPTERS: [Chapter; 4] = [
    (
        "In your files",
        "They show before any connection: `wmprov validate` tells them, no host is touched.",
        |when| matches!(when, When::Address(_) | When::Before(_)),
    ),
    (
        "On a host, in the pack, after a start",
        "They show when a run looks; what has been brought about until then stays, and the next run goes on.",
        |when| matches!(when, When::Gate),
    ),
    (
        "By its signs",
        "A proof of role that fails, or the host's own error, tells of them; the run names no code.",
        |when| matches!(when, When::Signs),
    ),
    (
        "What cannot happen",
        "Traps of a set-up by hand that are derived here, and so cannot be fallen into.",
        |when| matches!(when, When::Derived),
    ),
];

fn text(check: &Check) -> String {
    let shows = match check.when {
        When::Address(_) | When::Before(_) => "in your files, before any connection",
        When::Gate => "on a host, in the pack, or after a start, when the run looks",
        When::Signs => {
            "by its signs, a proof of role that fails or the host's own error; the run names no code"
        }
        When::Derived => "never: wmprov derives what a person would have typed",
    };
    let waiver = match (check.waivable, check.when) {
        (_, When::Derived) => String::new(),
        (true, _) => format!(
            "\nWhere it does not hold, waive it at the cluster's group, with the reason; every run prints it:\n\n  carbon_waive: {{{}: \"the reason\"}}\n",
            check.code
        ),
        (false, _) => "\nIt cannot be waived.\n".to_owned(),
    };
    format!(
        "{}  {}\n\nCause: {}\nFix: {}.\nShows: {shows}.\nKnown from: {}.\n{waiver}",
        check.code, check.title, check.cause, check.fix, check.source
    )
}
