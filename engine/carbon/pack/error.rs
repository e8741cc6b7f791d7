//! Why a pack is refused.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::catalogue::Kernel;

/// Why a pack cannot be used; every text names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackError {
    /// The file is not there or cannot be read.
    #[error("the pack `{}` cannot be read", path.display())]
    Unreadable {
        /// The pack.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file is no zip, or its end (where a zip has its directory) is missing.
    #[error("the pack `{}` is not a zip, or is cut off", path.display())]
    NotAZip {
        /// The pack.
        path: PathBuf,
        /// What the reader missed.
        source: zip::result::ZipError,
    },
    /// The zip is one, but not what a pack is.
    #[error("the pack `{}` is refused: {why}", path.display())]
    Refused {
        /// The pack.
        path: PathBuf,
        /// What is wrong, in one clause.
        why: String,
    },
    /// What lies in it is not below the folder that the product's pack has: it is another's.
    #[error("the pack `{}` is refused: its entry `{entry}` is not below the folder `{top}` that this product's pack has", path.display())]
    OtherTop {
        /// The pack.
        path: PathBuf,
        /// Its first entry that lies elsewhere.
        entry: String,
        /// The folder that was looked for.
        top: String,
    },
    /// One entry is not what a pack may hold.
    #[error("the pack `{}` is refused: its entry `{entry}` {why}", path.display())]
    Entry {
        /// The pack.
        path: PathBuf,
        /// The entry, control characters escaped.
        entry: String,
        /// What is wrong with it, in one clause.
        why: String,
    },
    /// The pack says that it runs on another kernel than the catalogue has for it.
    #[error("the pack `{}` is of Carbon kernel {inside}, the catalogue says {wanted}", path.display())]
    OtherKernel {
        /// The pack.
        path: PathBuf,
        /// What `bin/wso2carbon-version.txt` says.
        inside: Kernel,
        /// What the catalogue says.
        wanted: Kernel,
    },
    /// The first start would change `plugins` in a way that is not known here.
    #[error("the pack `{}` holds `{entry}`: what the first start makes of it is not foretold", path.display())]
    Unforetold {
        /// The pack.
        path: PathBuf,
        /// A service pack, or a folder in a patch.
        entry: String,
    },
    /// An entry's bytes are damaged.
    #[error("the pack `{}` is damaged: its entry `{entry}` cannot be inflated", path.display())]
    Damaged {
        /// The pack.
        path: PathBuf,
        /// The entry.
        entry: String,
        /// What the reader said.
        source: io::Error,
    },
    /// The index could not be kept for the next run.
    #[error("the pack's index cannot be kept at `{}`", path.display())]
    Cache {
        /// The cache file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

impl PackError {
    /// The way out, for whoever shows the error.
    #[must_use]
    pub fn way_out(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "`carbon_pack` names the product's zip on this machine; `validate --without-pack` does without"
            }
            Self::OtherKernel { .. } => {
                "believe the pack: an entry of your own in `products/` beside the inventory says `kernel:` anew"
            }
            Self::OtherTop { .. } => {
                "`carbon_product` and `carbon_version` say which pack it is; `wmprov pack inspect` tells what a zip is"
            }
            Self::Unforetold { .. } => {
                "take it out of the zip; a patch is a folder of jars, `patches/patch0001/*.jar`"
            }
            Self::Cache { .. } => "make the folder writable, or remove it",
            _ => "download the product's zip again and compare its checksum",
        }
    }
}
