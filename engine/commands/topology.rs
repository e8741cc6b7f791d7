//! `wmprov topology`: the clusters of an inventory as a picture; no host is asked.

use crate::commands::{FileOptions, Files};
use crate::report::{TopologyFormat, topology_page};
use crate::yaml::Error;

/// Draws what an apply would bring about; a text takes at most `width` columns.
///
/// # Errors
/// Every mistake in the files.
pub fn topology(
    options: &FileOptions,
    format: TopologyFormat,
    width: usize,
) -> Result<String, Vec<Error>> {
    let files = Files::read(options)?;
    let page = topology_page(&files.clusters, format, width);
    Ok(files.inventory.secrets.mask(&page))
}
