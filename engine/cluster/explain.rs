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

fn text(check: &Check) -> String {
    let shows = match check.when {
        When::Address(_) | When::Before(_) => "in your files, before any connection",
        When::Gate => "on a host, in the pack, or after a start, when the run looks",
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
