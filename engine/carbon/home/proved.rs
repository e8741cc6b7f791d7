//! No line has gone from a profile that a bundle which stays needs: the closure over the pack's own manifests.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::carbon::bundle::{Bundle, Profile, UiCut};
use crate::carbon::pack::Pack;
use crate::cluster::checks::Check;
use crate::edit::bundles;
use crate::yaml::{Error, Place, Result};

/// Edited lists that hold already, by where their bytes are: nodes with the same list hold it in common.
#[derive(Debug, Default)]
pub(super) struct ProvedLists(Mutex<Vec<Arc<[u8]>>>);

impl ProvedLists {
    /// Proves a list by `prove`, unless that has been done.
    ///
    /// # Errors
    /// That of `prove`.
    pub(super) fn once(&self, list: &Arc<[u8]>, prove: impl FnOnce() -> Result<()>) -> Result<()> {
        // Whoever panicked while it was held has left whole entries.
        let lists = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists().iter().any(|known| Arc::ptr_eq(known, list)) {
            return Ok(());
        }
        prove()?;
        lists().push(Arc::clone(list));
        Ok(())
    }
}

/// More bundles that nothing waits for are counted, not named.
const MOST: usize = 3;

/// Holds a profile's edited list against the shipped one. `cut` is what has been proved already (`ui::cut`).
///
/// A bundle that no longer resolves is refused: where Carbon waits for it the start hangs, elsewhere a service is
/// missing and nothing says so (real-run 1).
///
/// # Errors
/// WM072, which names the bundles that would break, at `place`.
pub(super) fn proved(
    pack: &Pack,
    shipped: &[u8],
    edited: &[u8],
    cut: &UiCut,
    place: &Place,
) -> Result<()> {
    let unread = |error: crate::edit::EditError| {
        Error::at(place, "the list of bundles cannot be read").because(error)
    };
    let before = bundles::parse(shipped).map_err(unread)?;
    let after = bundles::parse(edited).map_err(unread)?;
    let kept: BTreeSet<&str> = after.iter().map(|line| line.symbolic_name).collect();
    let gone: BTreeSet<&str> = before
        .iter()
        .map(|line| line.symbolic_name)
        .filter(|name| !kept.contains(name))
        .collect();
    if gone.iter().all(|name| cut.removed.contains(*name)) {
        return Ok(());
    }
    let broken = Profile::new(&before, pack.bundles()).fallout(&gone);
    if broken.is_empty() {
        return Ok(());
    }
    let own: Vec<&str> = gone
        .iter()
        .copied()
        .filter(|name| !cut.removed.contains(*name))
        .collect();
    let names = |bundles: &[&Bundle]| -> String {
        let all: Vec<&str> = bundles.iter().map(|bundle| bundle.name.as_str()).collect();
        all.join("`, `")
    };
    let (waited, missed): (Vec<&Bundle>, Vec<&Bundle>) =
        broken.iter().partition(|bundle| bundle.blocks.is_some());
    let mut message = format!("without `{}` these no longer resolve:", own.join("`, `"));
    if !waited.is_empty() {
        message += &format!(
            " `{}`, for which every start would wait for ever",
            names(&waited)
        );
    }
    if !missed.is_empty() {
        let and = if waited.is_empty() { "" } else { "; and" };
        message += &match missed.split_at_checked(MOST) {
            Some((first, rest)) if !rest.is_empty() => {
                format!("{and} `{}` and {} more", names(first), rest.len())
            }
            _ => format!("{and} `{}`", names(&missed)),
        };
    }
    let error = Check::cite("WM072", message).or_at(place);
    Err(error.hint("leave the line in, or take out the lines of all that need it as well"))
}
