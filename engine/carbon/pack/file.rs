//! A pack's file, read at many places at once: every reader has its own place, all share one open file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// How much is read ahead (bytes). Who copies a whole entry asks for so much at once, and needs no buffer.
const AHEAD: usize = 8 << 10;

/// An open file with a place in it. A clone begins with an empty buffer: an upload to each of fifty hosts
/// costs a buffer, not the pack's directory once more.
#[derive(Debug)]
pub(super) struct PackFile {
    file: Arc<File>,
    length: u64,
    at: u64,
    /// What was read ahead, and where it begins in the file.
    buffer: Vec<u8>,
    begin: u64,
}

impl PackFile {
    pub(super) fn new(file: File) -> io::Result<Self> {
        Ok(Self {
            length: file.metadata()?.len(),
            file: Arc::new(file),
            at: 0,
            buffer: Vec::new(),
            begin: 0,
        })
    }

    /// What of the buffer stands at the place.
    fn ahead(&self) -> &[u8] {
        let from = self.at.checked_sub(self.begin);
        let from = from.and_then(|from| usize::try_from(from).ok());
        from.and_then(|from| self.buffer.get(from..))
            .unwrap_or_default()
    }
}

impl Clone for PackFile {
    fn clone(&self) -> Self {
        Self {
            file: Arc::clone(&self.file),
            length: self.length,
            at: self.at,
            buffer: Vec::new(),
            begin: 0,
        }
    }
}

impl Read for PackFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ahead().is_empty() {
            if out.len() >= AHEAD {
                let count = self.file.read_at(out, self.at)?;
                self.at += count as u64;
                return Ok(count);
            }
            self.buffer.resize(AHEAD, 0);
            self.begin = self.at;
            let read = self.file.read_at(&mut self.buffer, self.at);
            self.buffer.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        let ahead = self.ahead();
        let count = ahead.len().min(out.len());
        out[..count].copy_from_slice(&ahead[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for PackFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

    use super::{AHEAD, PackFile};

    #[test]
    fn each_clone_reads_at_its_own_place() {
        let bytes: Vec<u8> = (0..3 * AHEAD).map(|at| (at % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let mut one = PackFile::new(file).unwrap();
        let mut small = [0; 100];
        one.seek(SeekFrom::Start(500)).unwrap();
        one.read_exact(&mut small).unwrap();
        assert_eq!(small, bytes[500..600]);
        let mut two = one.clone();
        two.seek(SeekFrom::End(-50)).unwrap();
        let mut rest = Vec::new();
        two.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, bytes[bytes.len() - 50..]);
        rest.clear();
        one.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, bytes[600..]);
        one.seek(SeekFrom::Current(-10)).unwrap();
        one.seek(SeekFrom::Start(0)).unwrap();
        let mut all = vec![0; bytes.len()];
        one.read_exact(&mut all).unwrap();
        assert_eq!(all, bytes);
        assert!(one.seek(SeekFrom::End(-1_000_000)).is_err());
    }
}
