//! OSGi bundles of a pack: what each needs and gives, what breaks when some go, which are the UI.

mod closure;
mod manifest;
mod ui;
mod version;

#[cfg(test)]
mod tests;

pub use closure::{Closure, Profile};
pub use manifest::{Bundle, Need};
pub(super) use manifest::{read_jar, read_manifest};
pub use ui::{Obstacle, Tier, UiCut, cut};
pub use version::{Range, Version};

/// What follows a profile's folder in the path of its bundles.info (carbon 1.4).
pub const BUNDLES_INFO_TAIL: &str =
    "/configuration/org.eclipse.equinox.simpleconfigurator/bundles.info";

/// The bundles.info of a profile, relative to the Home.
#[must_use]
pub fn bundles_info(profile: &str) -> String {
    format!("repository/components/{profile}{BUNDLES_INFO_TAIL}")
}
