//! Files that edits have made of stock ones: the nodes of a cluster differ in little, so most are made once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::carbon::digest::Digest;
use crate::catalogue::Restart;
use crate::edit::Edit;

/// How many versions of one file are kept: one a role, in all patterns. Where each node has its own, keeping
/// them would help nobody.
const KEPT: usize = 8;

/// A stock file as edits have made it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) bytes: Arc<[u8]>,
    /// Of its normal form, where it has one.
    pub(super) digest: Digest,
    /// The same without the edits that cost no restart.
    pub(super) started: Digest,
}

/// Edits, and what each costs; held in common as the bytes are.
pub type Costs = Arc<[(Edit, Restart)]>;

/// Versions of each stock file, by the edits that made them.
type Versions = HashMap<String, Vec<(Costs, Made)>>;

/// What has been made of each stock file so far.
#[derive(Debug, Default)]
pub(super) struct MadeFiles {
    /// For another cluster of the same pack.
    elsewhere: Versions,
    here: RefCell<Versions>,
}

impl MadeFiles {
    /// For a cluster that may want the same of them.
    pub(super) fn for_another(&self) -> Self {
        Self {
            elsewhere: self.here.borrow().clone(),
            here: RefCell::default(),
        }
    }

    /// What these edits make of the stock file at `path`: made now, unless it has been. Versions with the same
    /// bytes hold them in common, and so do those with the same edits; false where nobody else holds these bytes.
    pub(super) fn get<E>(
        &self,
        path: &str,
        edits: &Costs,
        make: impl FnOnce() -> Result<Made, E>,
    ) -> Result<(Costs, Made, bool), E> {
        let mut files = self.here.borrow_mut();
        let versions = files.entry(path.to_owned()).or_default();
        let elsewhere = self.elsewhere.get(path).into_iter().flatten();
        let mut known = elsewhere.chain(versions.iter());
        if let Some((edits, made)) = known.find(|(by, _)| by == edits) {
            return Ok((edits.clone(), made.clone(), true));
        }
        let mut made = make()?;
        // Digests first: they tell in a moment that most are others.
        let same = |one: &Made| one.digest == made.digest && one.bytes == made.bytes;
        let mut alike = versions.iter().filter(|(_, one)| same(one));
        let shared = alike.next().map(|(_, one)| Arc::clone(&one.bytes));
        let held = shared.is_some() || versions.len() < KEPT;
        if let Some(bytes) = shared {
            made.bytes = bytes;
        }
        if versions.len() < KEPT {
            versions.push((edits.clone(), made.clone()));
        }
        Ok((edits.clone(), made, held))
    }
}
