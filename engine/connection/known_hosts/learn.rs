//! New host keys → the end of the user's `known_hosts`, each once, whoever else writes there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use russh::keys::PublicKey;
use russh::keys::ssh_key::public::KeyData;

use super::line::{Line, Marker, display_name, hashed};
use super::{KnownHosts, Verdict, named_key};

/// A host key that was learned in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// The host as `known_hosts` names it.
    pub host: String,
    /// Algorithm and fingerprint.
    pub key: String,
    /// The file it was added to.
    pub file: PathBuf,
}

/// Adds `key` of `host` at `port` to `file` under a lock of the file, unless somebody else has done
/// so meanwhile; gives the verdict of the file as it was then.
pub(in crate::connection) fn learn(
    file: &Path,
    host: &str,
    port: u16,
    key: &KeyData,
    hash: bool,
) -> io::Result<(Verdict, Learned)> {
    if let Some(folder) = file.parent()
        && !folder.as_os_str().is_empty()
        && !folder.exists()
    {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut open = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)?;
    open.lock()?;
    let mut bytes = Vec::new();
    open.seek(SeekFrom::Start(0))?;
    open.read_to_end(&mut bytes)?;
    let mut there = KnownHosts::default();
    there.add(file, &String::from_utf8_lossy(&bytes));
    let verdict = there.check(host, port, key);
    // `/dev/null` is a file of users who want to keep nothing.
    if verdict == Verdict::New && open.metadata()?.is_file() {
        append(&mut open, &bytes, &line(host, port, key, hash)?)?;
    }
    let learned = Learned {
        host: display_name(host, port),
        key: named_key(key),
        file: file.to_owned(),
    };
    Ok((verdict, learned))
}

/// Takes the former keys of `host` at `port` out of `file`, unless `key` is there already: what was there is kept as
/// `FILE.old`, as ssh-keygen does.
pub(in crate::connection) fn forget(
    file: &Path,
    host: &str,
    port: u16,
    key: &KeyData,
) -> io::Result<()> {
    let file = match fs::canonicalize(file) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut open = File::open(&file)?;
    if !open.metadata()?.is_file() {
        return Ok(());
    }
    open.lock()?;
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let name = display_name(host, port);
    let of_host = |line: &&str| matches!(Line::parse(line), Ok(Some(line)) if line.marker == Marker::None && line.is_of(&name));
    let is_key = |line: &str| matches!(Line::parse(line), Ok(Some(line)) if line.key == *key);
    let mut own = text.lines().filter(of_host);
    if own.clone().next().is_none() || own.any(is_key) {
        return Ok(());
    }
    let kept: String = text
        .split_inclusive('\n')
        .filter(|line| !of_host(&line.trim_end_matches('\n')))
        .collect();
    let beside = |end: &str| {
        let mut name = file.clone().into_os_string();
        name.push(end);
        PathBuf::from(name)
    };
    let new = beside(&format!(".wmprov-{}", std::process::id()));
    fs::copy(&file, beside(".old"))?;
    // The copy has the file's mode; its text follows.
    fs::copy(&file, &new)?;
    fs::write(&new, kept)?;
    File::open(&new)?.sync_all()?;
    fs::rename(&new, &file)
}

/// One write, so that no reader sees half a line; a file without last newline gets it first.
fn append(open: &mut File, there: &[u8], line: &str) -> io::Result<()> {
    let newline = if there.is_empty() || there.ends_with(b"\n") {
        ""
    } else {
        "\n"
    };
    open.write_all(format!("{newline}{line}\n").as_bytes())?;
    open.sync_data()
}

fn line(host: &str, port: u16, key: &KeyData, hash: bool) -> io::Result<String> {
    let mut name = display_name(host, port);
    if hash {
        let mut salt = [0; 20];
        getrandom::fill(&mut salt).map_err(|error| io::Error::other(error.to_string()))?;
        name = format!(
            "|1|{}|{}",
            STANDARD.encode(salt),
            STANDARD.encode(hashed(&salt, &name))
        );
    }
    let key = PublicKey::new(key.clone(), "")
        .to_openssh()
        .map_err(io::Error::other)?;
    Ok(format!("{name} {}", key.trim()))
}
