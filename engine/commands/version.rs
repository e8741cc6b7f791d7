//! `wmprov version --verbose`: which program this is, and what it knows.

use std::collections::BTreeMap;
use std::io::Write as _;

use crate::carbon::{Digest, Hasher};
use crate::catalogue::{Catalogue, Separation};
use crate::playbook::Source;
use crate::yaml::Result;

/// What tells one build of the program from another.
#[derive(Clone, Debug)]
pub struct Version {
    /// The version.
    pub number: &'static str,
    /// The commit it was built from, where whoever built it knew.
    pub commit: Option<&'static str>,
    /// The machine it was built for, `x86_64-unknown-linux-gnu`.
    pub target: &'static str,
    /// The products whose managers and workers it can separate, each with its versions, oldest first.
    pub products: BTreeMap<String, Vec<String>>,
    /// The digest of all built-in playbooks, templates and catalogue files.
    pub playbooks: Digest,
}

/// Tells which program this is.
///
/// # Errors
/// A built-in catalogue file that cannot be read.
pub fn version() -> Result<Version> {
    let mut products: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for release in Catalogue::load(&[])?.iter() {
        if release.separation == Separation::Supported {
            let versions = products.entry(release.product.clone()).or_default();
            versions.push(release.version.clone());
        }
    }
    Ok(Version {
        number: env!("CARGO_PKG_VERSION"),
        commit: Some(env!("WMPROV_COMMIT")).filter(|commit| !commit.is_empty()),
        target: env!("WMPROV_TARGET"),
        products,
        playbooks: digest_of_built_in(),
    })
}

/// Names and contents, each with its length before it, so that nothing can pass from one into the other.
fn digest_of_built_in() -> Digest {
    let mut hasher = Hasher::default();
    for (path, bytes) in Source::built_in() {
        let name = path.to_string_lossy();
        for part in [name.as_bytes(), bytes] {
            // A hasher takes every byte.
            let _ok = hasher.write_all(&part.len().to_be_bytes());
            let _ok = hasher.write_all(part);
        }
    }
    hasher.finish()
}
