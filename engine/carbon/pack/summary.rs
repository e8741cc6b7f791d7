//! What `wmprov pack inspect` tells of a pack.

use crate::carbon::bundle::{Bundle, Profile, Tier, UiCut, bundles_info, cut};
use crate::carbon::digest::Digest;
use crate::catalogue::{Kernel, Release};
use crate::edit::bundles;

use super::{Pack, PackError};

/// A pack in short.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The product's key.
    pub product: String,
    /// The product's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The kernel, by the catalogue.
    pub kernel: Kernel,
    /// What the pack says of its kernel (`bin/wso2carbon-version.txt`).
    pub kernel_inside: Option<String>,
    /// The zip's SHA-256.
    pub sha256: Digest,
    /// True for a pack built for the lab.
    pub lab: bool,
    /// Files in it.
    pub files: usize,
    /// What they inflate to, bytes.
    pub bytes: u64,
    /// Bundles under `plugins`.
    pub bundles: usize,
    /// The Java versions it runs on.
    pub java: Vec<u16>,
    /// Its own patches, which the first start applies.
    pub patches: Vec<String>,
    /// Its profiles.
    pub profiles: Vec<ProfileSummary>,
}

/// One profile of a pack.
#[derive(Clone, Debug)]
pub struct ProfileSummary {
    /// Its name.
    pub name: String,
    /// Lines of its bundles.info.
    pub lines: usize,
    /// Lines without a readable manifest behind them.
    pub unread: usize,
    /// What T1 takes out, and whether it is safe.
    pub t1: UiCut,
    /// What T2 takes out, or what stands in its way.
    pub t2: UiCut,
}

impl Pack {
    /// Sums the pack up.
    ///
    /// # Errors
    /// The zip cannot be read, or a bundles.info in it cannot be parsed.
    pub fn summary(&self, release: &Release) -> Result<Summary, PackError> {
        let mut profiles = Vec::new();
        let bundles = self.bundles_with(&self.patched()?);
        for name in self.profiles() {
            profiles.push(self.profile_summary(name, release, &bundles)?);
        }
        let kernel_inside = self.read("bin/wso2carbon-version.txt")?;
        let files = || self.entries().iter().filter(|entry| entry.sha256.is_some());
        Ok(Summary {
            product: release.product.clone(),
            name: release.name.clone(),
            version: release.version.clone(),
            kernel: release.kernel,
            kernel_inside: kernel_inside
                .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()),
            sha256: self.sha256(),
            lab: self.is_lab(),
            files: files().count(),
            bytes: files().map(|entry| entry.size).sum(),
            bundles: bundles.len(),
            java: self.java(release),
            patches: self.patches().into_iter().map(str::to_owned).collect(),
            profiles,
        })
    }

    fn profile_summary(
        &self,
        name: &str,
        release: &Release,
        bundles: &[Bundle],
    ) -> Result<ProfileSummary, PackError> {
        let path = bundles_info(name);
        let bytes = self.read(&path)?.unwrap_or_default();
        let lines = bundles::parse(&bytes).map_err(|error| PackError::Entry {
            path: self.path().to_owned(),
            entry: path.clone(),
            why: format!("cannot be read: {error}"),
        })?;
        let profile = Profile::new(&lines, bundles);
        Ok(ProfileSummary {
            name: name.to_owned(),
            lines: lines.len(),
            unread: profile.unread(),
            t1: cut(&profile, &release.ui_only, Tier::T1),
            t2: cut(&profile, &release.ui_only, Tier::T2),
        })
    }
}
