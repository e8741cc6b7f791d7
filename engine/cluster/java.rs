//! A node's `java_pack`: the archive of a JDK on this machine, and the folder of the host that it is unpacked to.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::checks::Check;
use crate::inventory::Vars;
use crate::yaml::{Place, Result};

/// Where JDKs lie side by side, where `java_pack_folder` does not say.
const FOLDER: &str = "/opt/java";

/// A JDK or JRE that is brought to a node's host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaPack {
    /// The tar.gz on this machine.
    pub path: PathBuf,
    /// Its `JAVA_HOME` on the host: the archive's top folder, in `java_pack_folder`.
    pub home: String,
    /// Where it is set.
    pub place: Place,
}

impl JavaPack {
    /// The pack that a node's variables name, read as far as its first name: `java_home` follows from it.
    pub(super) fn of(vars: &Vars, beside: &Path) -> Result<Option<Self>> {
        let Some(set) = vars.get("java_pack") else {
            return Ok(None);
        };
        let folder = match vars.get("java_pack_folder") {
            Some(folder) => folder.text()?,
            None => FOLDER,
        };
        let path = beside.join(set.text()?);
        let top = top_of(&path).map_err(|error| error.or_at(&set.place))?;
        Ok(Some(Self {
            home: format!("{}/{top}", folder.trim_end_matches('/')),
            path,
            place: set.place.clone(),
        }))
    }
}

/// The first name of an archive stands within so many bytes; a name that is longer is none.
const FIRST: u64 = 1 << 20;

/// The folder that the first entry of an archive is below; all others are held to it when it is read whole.
fn top_of(path: &Path) -> Result<String> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| {
        Check::cite("WM110", format!("`java_pack` `{shown}` cannot be read")).because(error)
    })?;
    let broken = |error: io::Error| {
        let message = format!("`java_pack` `{shown}` is not a tar.gz, or is cut off");
        Check::cite("WM111", message).because(error)
    };
    let mut archive = tar::Archive::new(MultiGzDecoder::new(BufReader::new(file)).take(FIRST));
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = entry.path_bytes();
        let name = String::from_utf8_lossy(&name);
        let name = name.trim_start_matches("./").split('/').next();
        match name {
            None | Some("" | ".") => {}
            Some("..") => break,
            Some(top) if top.chars().any(char::is_control) => break,
            Some(top) => return Ok(top.to_owned()),
        }
    }
    let message = format!("`java_pack` `{shown}` has no folder that is a JDK");
    Err(Check::cite("WM165", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is read before the archive is checked, and a name is kept in memory.
    #[test]
    fn a_name_without_end_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jdk.tar.gz");
        let pack = |length: usize| {
            let file = File::create(&path).unwrap();
            let packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            let mut tar = tar::Builder::new(packed);
            let mut header = tar::Header::new_gnu();
            header.set_size(0);
            let name = "a".repeat(length);
            tar.append_data(&mut header, name, io::empty()).unwrap();
            tar.into_inner().unwrap().finish().unwrap();
            top_of(&path)
        };
        assert_eq!(pack(300).unwrap().len(), 300);
        assert!(pack(2 << 20).unwrap_err().message().starts_with("WM111"));
    }
}
