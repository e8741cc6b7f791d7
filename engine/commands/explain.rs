//! `wmprov explain`: the story of a check, or the list of all.

use std::fmt::Write as _;

use crate::cluster::explain as pages;
use crate::yaml::{Error, Result};

/// The page of a check's code; without a code, every code with its title.
///
/// # Errors
/// Where there is no such code, with the near miss.
pub fn explain(code: Option<&str>) -> Result<String> {
    let Some(code) = code else {
        return Ok(
            pages::titles().fold(String::new(), |mut list, (code, title)| {
                // Writing to a String cannot fail.
                let _ok = writeln!(list, "{code}  {title}");
                list
            }),
        );
    };
    pages::page(code).ok_or_else(|| {
        let error = Error::new(format!("there is no check `{code}`"));
        match pages::nearest(code) {
            Some(meant) => error.hint(format!(
                "did you mean `{meant}`? `wmprov explain` lists all codes"
            )),
            None => error.hint("`wmprov explain` lists all codes"),
        }
    })
}
