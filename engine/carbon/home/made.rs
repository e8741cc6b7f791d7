//! Files that edits have made of stock ones: the nodes of a cluster differ in little, so most are made once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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

/// What has been made of each stock file so far, by the edits that made it.
#[derive(Debug, Default)]
pub(super) struct MadeFiles(Mutex<HashMap<String, Vec<(Costs, Made)>>>);

impl MadeFiles {
    /// What these edits make of the stock file at `path`: made now, unless it has been. Versions with the same
    /// bytes hold them in common, and so do those with the same edits; false where nobody else holds these bytes.
    pub(super) fn get<E>(
        &self,
        path: &str,
        edits: &Costs,
        make: impl FnOnce() -> Result<Made, E>,
    ) -> Result<(Costs, Made, bool), E> {
        // What panics while it is held leaves whole entries behind.
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = files.entry(path.to_owned()).or_default();
        if let Some((edits, made)) = versions.iter().find(|(by, _)| by == edits) {
            return Ok((edits.clone(), made.clone(), true));
        }
        let mut made = make()?;
        let mut alike = versions.iter().filter(|(_, one)| one.bytes == made.bytes);
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
