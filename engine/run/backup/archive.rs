//! The file of a backup: a tar of its parts, each packed by gzip, and of the record last. Written beside its place, part by part as the bytes
//! come, and renamed when all is on the disk; read with every hash held against the record.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use sha2::{Digest as _, Sha256};

use super::cipher::{PartCipher, PartKey};
use super::partial::Partial;
use super::record::{BackupRecord, FORM, Part};
use super::shape::Shape;
use crate::cluster::checks::Check;
use crate::yaml::{Error, Result, VaultPasswords, hex};

/// The name of the record in the archive, in clear and sealed.
const RECORD: [&str; 2] = ["wmprov-backup.yaml", "wmprov-backup.vault"];

/// How a packed part ends in the archive.
const PACKED: &str = ".gz";

/// So much of a packed part is opened at once: it may become a thousand times as much.
const OPENED: usize = 4 * 1024;

/// A tar's unit of length.
const BLOCK: u64 = 512;

/// A record is a few kilobytes; more than this is none.
const LONGEST_RECORD: u64 = 64 * 1024 * 1024;

/// A backup that is being written.
pub struct Writer {
    partial: Partial,
    place: PathBuf,
    key: Option<PartKey>,
    parts: u64,
    open: Option<OpenPart>,
    finished: bool,
}

/// The part that is being written.
struct OpenPart {
    header_at: u64,
    hash: Sha256,
    /// Bytes as they were taken.
    taken: u64,
    /// Bytes in the archive.
    size: u64,
    /// What packs them; the record is not packed.
    packer: Option<GzEncoder<Vec<u8>>>,
    cipher: Option<PartCipher>,
}

/// A part as it lies in the archive.
#[derive(Debug)]
pub struct Stored {
    /// Bytes as they were taken.
    pub size: u64,
    /// Bytes in the archive.
    pub packed: u64,
    /// SHA-256 of what lies in the archive.
    pub sha256: String,
}

impl Writer {
    /// Begins a backup, whose parts are sealed where `sealed` says so. Its file is only its owner's.
    ///
    /// # Errors
    /// Where there is a file of this name, another backup writes it, or it cannot be written.
    pub fn begin(place: &Path, sealed: bool) -> Result<Self> {
        if fs::symlink_metadata(place).is_ok() {
            let message = format!("`{}` is there already", place.display());
            return Err(Error::new(message)
                .hint("a backup never takes another's place: give it a name of its own"));
        }
        let partial = Partial::make(place)?;
        Ok(Self {
            partial,
            place: place.to_owned(),
            key: sealed.then(PartKey::new).transpose()?,
            parts: 0,
            open: None,
            finished: false,
        })
    }

    /// Begins a part.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin_part(&mut self) -> Result<()> {
        // A dump is packed faster than it comes, and what is packed already is passed on.
        self.begin_entry(Some(GzEncoder::new(Vec::new(), Compression::fast())))
    }

    fn begin_entry(&mut self, packer: Option<GzEncoder<Vec<u8>>>) -> Result<()> {
        let cipher = match &self.key {
            Some(key) => Some(key.of_part(self.parts)?),
            None => None,
        };
        let header_at = self.position()?;
        // Its length is known at its end.
        self.put(&[0; BLOCK as usize])?;
        self.open = Some(OpenPart {
            header_at,
            hash: Sha256::new(),
            taken: 0,
            size: 0,
            packer,
            cipher,
        });
        Ok(())
    }

    /// Adds bytes to the part that was begun.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(open) = &mut self.open else {
            return Err(Error::new("a defect: no part of the backup was begun"));
        };
        open.taken += bytes.len() as u64;
        let bytes = match &mut open.packer {
            None => bytes.to_vec(),
            Some(packer) => {
                let packed = packer.write_all(bytes);
                packed.map_err(|cause| unwritten(&self.place, cause))?;
                std::mem::take(packer.get_mut())
            }
        };
        self.store(bytes)
    }

    /// Writes what lies in the archive as it does there.
    fn store(&mut self, mut bytes: Vec<u8>) -> Result<()> {
        if let Some(open) = &mut self.open {
            open.size += bytes.len() as u64;
            if let Some(cipher) = &mut open.cipher {
                cipher.apply(&mut bytes);
            }
            open.hash.update(&bytes);
        }
        self.put(&bytes)
    }

    /// Ends the part, and says what it has become.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn end_part(&mut self, name: &str, at: u64) -> Result<Stored> {
        self.end_entry(&format!("{name}{PACKED}"), at)
    }

    fn end_entry(&mut self, name: &str, at: u64) -> Result<Stored> {
        let packer = self.open.as_mut().and_then(|open| open.packer.take());
        if let Some(packer) = packer {
            let rest = packer.finish();
            self.store(rest.map_err(|cause| unwritten(&self.place, cause))?)?;
        }
        let Some(open) = self.open.take() else {
            return Err(Error::new("a defect: no part of the backup was begun"));
        };
        let pad = (BLOCK - open.size % BLOCK) % BLOCK;
        self.put(&vec![0; usize::try_from(pad).unwrap_or_default()])?;
        // In GNU's own form a name has 100 bytes, which a node on a host with a long name would exceed.
        let mut header = tar::Header::new_ustar();
        let named = header.set_path(name);
        named.map_err(|cause| unwritten(&self.place, cause))?;
        header.set_size(open.size);
        header.set_mode(0o600);
        header.set_mtime(at);
        header.set_cksum();
        let place = self.place.clone();
        let back = |cause| unwritten(&place, cause);
        self.partial
            .file
            .seek(SeekFrom::Start(open.header_at))
            .map_err(back)?;
        self.put(header.as_bytes())?;
        self.partial.file.seek(SeekFrom::End(0)).map_err(back)?;
        self.parts += 1;
        Ok(Stored {
            size: open.taken,
            packed: open.size,
            sha256: hex(&open.hash.finalize()),
        })
    }

    /// Ends the backup with its record, sealed by the first password of `vault` where its parts are, and puts it in its place.
    ///
    /// # Errors
    /// Where it cannot be written, or sealed.
    pub fn finish(
        mut self,
        mut record: BackupRecord,
        vault: &VaultPasswords,
    ) -> Result<BackupRecord> {
        record.wmprov_backup = FORM;
        record.key = self.key.take().map(|key| key.written().reveal().to_owned());
        let text = serde_yaml::to_string(&record)
            .map_err(|cause| Error::new("the backup's record cannot be written").because(cause))?;
        let text = guarded(&text);
        let (name, text) = match record.is_sealed() {
            false => (RECORD[0], text),
            true => (RECORD[1], vault.seal(&text)?),
        };
        self.begin_entry(None)?;
        self.write(text.as_bytes())?;
        self.end_entry(name, record.at)?;
        // A tar ends with two empty blocks.
        self.put(&[0; 2 * BLOCK as usize])?;
        let whole = self.partial.file.sync_all();
        let placed = whole.and_then(|()| self.partial.name(&self.place));
        placed.map_err(|cause| unwritten(&self.place, cause))?;
        self.finished = true;
        let folder = self.place.parent().filter(|at| !at.as_os_str().is_empty());
        let named = File::open(folder.unwrap_or(Path::new("."))).and_then(|at| at.sync_all());
        named.map_err(|cause| unwritten(&self.place, cause))?;
        Ok(record)
    }

    fn position(&mut self) -> Result<u64> {
        let at = self.partial.file.stream_position();
        at.map_err(|cause| unwritten(&self.place, cause))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.partial.file.write_all(bytes);
        written.map_err(|cause| unwritten(&self.place, cause))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            // What stays is overwritten by the next one, and has not the backup's name.
            let _left = fs::remove_file(&self.partial.path);
        }
    }
}

/// What a record's first line says before the SHA-256 of all that follows it.
const GUARD: &str = "# SHA-256 of what follows: ";

fn guarded(record: &str) -> String {
    let digest = hex(&Sha256::digest(record.as_bytes()));
    format!("{GUARD}{digest}\n{record}")
}

fn is_as_written(text: &str) -> bool {
    let guard = text.strip_prefix(GUARD);
    let parts = guard.and_then(|rest| rest.split_once('\n'));
    parts.is_some_and(|(digest, record)| digest == hex(&Sha256::digest(record.as_bytes())))
}

/// Says that a backup cannot be written, and where that is for want of room.
pub(super) fn unwritten(place: &Path, cause: io::Error) -> Error {
    let message = format!("the backup `{}` cannot be written", place.display());
    let full = matches!(
        cause.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    match full {
        true => Check::cite("WM202", message).because(cause),
        false => Error::new(message).because(cause),
    }
}

/// A backup that is there.
#[derive(Clone, Debug)]
pub struct Archive {
    file: PathBuf,
    /// What it is.
    pub record: BackupRecord,
    /// Name, place and length of each part.
    places: Vec<(String, u64, u64)>,
    key: Option<PartKey>,
}

impl std::fmt::Debug for PartKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PartKey(***)")
    }
}

impl Archive {
    /// Reads the record. No part is read.
    ///
    /// # Errors
    /// Where it is no backup, was cut or damaged, or no password opens it.
    pub fn open(path: &Path, vault: &VaultPasswords) -> Result<Self> {
        let damaged = |why: &str| damaged(path, why);
        let unread = |cause: io::Error| {
            Error::new(format!("the backup `{}` cannot be read", path.display())).because(cause)
        };
        let about = fs::metadata(path).map_err(unread)?;
        if !about.is_file() {
            return Err(damaged("it is no file"));
        }
        let file = File::open(path).map_err(unread)?;
        let mut tar = tar::Archive::new(file);
        let mut places = Vec::new();
        let entries = tar.entries_with_seek().map_err(unread)?;
        for entry in entries {
            let entry = entry.map_err(|cause| damaged("it is no whole tar").because(cause))?;
            let name = entry.path().map_err(unread)?.display().to_string();
            places.push((name, entry.raw_file_position(), entry.size()));
        }
        let Some((name, at, size)) = places
            .pop()
            .filter(|(name, ..)| RECORD.contains(&name.as_str()))
        else {
            return Err(damaged(
                "it does not end with a record: it was cut, or is no backup",
            ));
        };
        if size > LONGEST_RECORD {
            return Err(damaged("its record is longer than any"));
        }
        let mut text = String::new();
        let mut file = tar.into_inner();
        let read = file
            .seek(SeekFrom::Start(at))
            .and_then(|_at| file.take(size).read_to_string(&mut text));
        read.map_err(|cause| damaged("its record is no text").because(cause))?;
        if text.len() as u64 != size {
            return Err(damaged("it ends within its record"));
        }
        // The record is the last entry: behind it are two empty blocks, and nothing else.
        if about.len() != at + size.next_multiple_of(BLOCK) + 2 * BLOCK {
            return Err(damaged(
                "it does not end where it was ended: it was cut, or added to",
            ));
        }
        if name == RECORD[0] && !vault.is_empty() {
            let message = format!(
                "a passphrase is given, and the backup `{}` is not sealed",
                path.display()
            );
            return Err(Error::new(message).hint(
                "if it ever was, somebody has put another in its place; else take `--passphrase-file` out",
            ));
        }
        if name == RECORD[1] {
            let opened = vault.open(&text).map_err(|cause| {
                Error::new(format!("the backup `{}` is sealed", path.display()))
                    .hint("give the passphrase that it was made with: `--passphrase-file FILE`")
                    .because(cause)
            })?;
            text = opened.reveal().to_owned();
        }
        if !is_as_written(&text) {
            return Err(damaged("its record is not what was written"));
        }
        let record: BackupRecord = serde_yaml::from_str(&text)
            .map_err(|cause| damaged("its record cannot be read").because(cause))?;
        if record.wmprov_backup != FORM {
            let why = format!(
                "it has the form {}, this program reads {FORM}",
                record.wmprov_backup
            );
            return Err(
                Error::new(format!("the backup `{}` cannot be read", path.display())).because(why),
            );
        }
        let key = record.key.as_deref().map(PartKey::read).transpose()?;
        let archive = Self {
            file: path.to_owned(),
            record,
            places,
            key,
        };
        archive.agree()?;
        Ok(archive)
    }

    /// The record's parts are those that are there, in their order and size.
    fn agree(&self) -> Result<()> {
        let parts = &self.record.parts;
        let wrong = parts
            .iter()
            .zip(&self.places)
            .find(|(part, (name, _, size))| stored_as(part) != *name || part.packed != *size);
        match wrong {
            Some((part, _)) => {
                let why = format!("`{}` is not as its record says", part.name);
                Err(damaged(&self.file, &why))
            }
            None if parts.len() != self.places.len() => Err(damaged(
                &self.file,
                "it has not the parts that its record names",
            )),
            None => Ok(()),
        }
    }

    /// Reads every part, holds its SHA-256 against the record, and sees that it is what it was taken for.
    ///
    /// # Errors
    /// The first part that is not what it was.
    pub fn verify(&self) -> Result<()> {
        for part in &self.record.parts {
            let mut hash = Sha256::new();
            self.stored(part, |bytes| {
                hash.update(&*bytes);
                Ok(())
            })?;
            if hex(&hash.finalize()) != part.sha256 {
                return Err(damaged(
                    &self.file,
                    &format!("`{}` is not what was written", part.name),
                ));
            }
            let mut shape = Shape::of(part.kind);
            self.read(part, |bytes| {
                shape.see(bytes);
                Ok(())
            })?;
            if let Some(wrong) = shape.wrong() {
                return Err(damaged(&self.file, &format!("`{}`: {wrong}", part.name)));
            }
        }
        Ok(())
    }

    /// Gives the bytes of a part as they were taken, piece by piece.
    ///
    /// # Errors
    /// Where they cannot be read, and those of `take`.
    pub fn read(&self, part: &Part, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let wrong = |why: &str| damaged(&self.file, &format!("`{}` {why}", part.name));
        let mut cipher = self.cipher(part)?;
        let (mut unpacker, mut size) = (GzDecoder::new(Vec::new()), 0);
        let mut give = |bytes: Vec<u8>| {
            size += bytes.len() as u64;
            take(&bytes)
        };
        self.stored(part, |bytes| {
            if let Some(cipher) = &mut cipher {
                cipher.apply(bytes);
            }
            for some in bytes.chunks(OPENED) {
                let opened = unpacker.write_all(some);
                opened.map_err(|cause| wrong("cannot be unpacked").because(cause))?;
                give(std::mem::take(unpacker.get_mut()))?;
            }
            Ok(())
        })?;
        let rest = unpacker.finish();
        give(rest.map_err(|cause| wrong("cannot be unpacked").because(cause))?)?;
        match size == part.size {
            true => Ok(()),
            false => Err(wrong("is not as long as its record says")),
        }
    }

    /// What opens a part, where it is sealed.
    fn cipher(&self, part: &Part) -> Result<Option<PartCipher>> {
        let index = self.record.parts.iter().position(|one| one == part);
        let index = index.and_then(|index| u64::try_from(index).ok());
        match (&self.key, index) {
            (Some(key), Some(index)) => key.of_part(index).map(Some),
            _ => Ok(None),
        }
    }

    /// Gives the bytes of a part as they lie in the file.
    fn stored(&self, part: &Part, mut take: impl FnMut(&mut [u8]) -> Result<()>) -> Result<()> {
        let stored = stored_as(part);
        let place = self.places.iter().find(|(name, ..)| *name == stored);
        let Some((_, at, size)) = place else {
            return Err(damaged(&self.file, &format!("it has no `{}`", part.name)));
        };
        let cut = |cause: io::Error| {
            damaged(&self.file, &format!("`{}` cannot be read", part.name)).because(cause)
        };
        let mut file = File::open(&self.file).map_err(cut)?;
        file.seek(SeekFrom::Start(*at)).map_err(cut)?;
        let mut buffer = vec![0; 64 * 1024];
        let mut left = *size;
        while left > 0 {
            let most = usize::try_from(left)
                .unwrap_or(buffer.len())
                .min(buffer.len());
            let count = file.read(&mut buffer[..most]).map_err(cut)?;
            if count == 0 {
                return Err(damaged(
                    &self.file,
                    &format!("it ends within `{}`", part.name),
                ));
            }
            take(&mut buffer[..count])?;
            left -= count as u64;
        }
        Ok(())
    }
}

/// A part's name in the archive.
fn stored_as(part: &Part) -> String {
    format!("{}{PACKED}", part.name)
}

fn damaged(file: &Path, why: &str) -> Error {
    Check::cite("WM203", format!("the backup `{}`: {why}", file.display()))
}

#[cfg(test)]
mod tests;
