//! Whether a part is what it is to be: a whole tar whose names stay below its folder, or a dump that was written to its end. A host
//! whose `tar` prints something else, or that lies, ends a backup so, and not its restore years later.

use super::record::PartKind;

/// A tar's unit of length.
const BLOCK: usize = 512;

/// The last bytes of a dump in which its end is said.
const TAIL: usize = 400;

/// Looks at the bytes of a part as they go by.
pub(super) enum Shape {
    Tar(TarShape),
    Dump(Vec<u8>),
}

impl Shape {
    pub(super) fn of(kind: PartKind) -> Self {
        match kind {
            PartKind::Database => Self::Dump(Vec::new()),
            _ => Self::Tar(TarShape::default()),
        }
    }

    /// Takes in bytes.
    pub(super) fn see(&mut self, bytes: &[u8]) {
        match self {
            Self::Tar(tar) => tar.see(bytes),
            Self::Dump(tail) => {
                tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
                tail.drain(..tail.len().saturating_sub(TAIL));
            }
        }
    }

    /// What is wrong with it, now that all of it has gone by.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        match self {
            Self::Tar(tar) => tar.wrong(),
            Self::Dump(tail) => {
                let says = |words: &str| tail.windows(words.len()).any(|at| at == words.as_bytes());
                // The last line of mysqldump's and mariadb-dump's, and of pg_dump's.
                match says("-- Dump completed") || says("-- PostgreSQL database dump complete") {
                    true => None,
                    false => Some("it is no whole dump: its last line is missing"),
                }
            }
        }
    }
}

/// A tar as far as it has gone by.
#[derive(Default)]
pub(super) struct TarShape {
    header: Vec<u8>,
    /// Bytes of an entry that are still to come.
    content: u64,
    /// Empty blocks in a row; two end it.
    empty: u8,
    wrong: Option<&'static str>,
}

impl TarShape {
    fn see(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.wrong.is_none() {
            // What comes behind its end fills tar's record.
            if self.empty >= 2 {
                return;
            }
            if self.content > 0 {
                let most = usize::try_from(self.content).unwrap_or(usize::MAX);
                let (own, rest) = bytes.split_at(most.min(bytes.len()));
                self.content -= own.len() as u64;
                bytes = rest;
                continue;
            }
            let (own, rest) = bytes.split_at((BLOCK - self.header.len()).min(bytes.len()));
            self.header.extend_from_slice(own);
            bytes = rest;
            if self.header.len() == BLOCK {
                self.entry();
                self.header.clear();
            }
        }
    }

    fn entry(&mut self) {
        if self.header.iter().all(|byte| *byte == 0) {
            self.empty += 1;
            return;
        }
        self.empty = 0;
        let mut block = [0; BLOCK];
        block.copy_from_slice(&self.header);
        let header = tar::Header::from_byte_slice(&block);
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| {
                u32::from(if (148..156).contains(&at) {
                    b' '
                } else {
                    *byte
                })
            })
            .sum();
        if header.cksum().ok() != Some(sum) {
            self.wrong = Some("it is no tar");
            return;
        }
        let name = header.path_bytes();
        if name.starts_with(b"/") || name.split(|byte| *byte == b'/').any(|one| one == b"..") {
            self.wrong = Some("it holds a name that leaves its folder");
            return;
        }
        match header.entry_size() {
            Ok(size) => self.content = size.next_multiple_of(BLOCK as u64),
            Err(_) => self.wrong = Some("it is no tar"),
        }
    }

    fn wrong(&self) -> Option<&'static str> {
        let is_whole = self.empty >= 2 && self.header.is_empty();
        self.wrong
            .or((!is_whole).then_some("it is no whole tar: its end is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: PartKind, bytes: &[u8]) -> &'static str {
        let mut told = None;
        for size in [1, 7, 512, 1 << 20] {
            let mut shape = Shape::of(kind);
            bytes.chunks(size).for_each(|piece| shape.see(piece));
            let wrong = shape.wrong().unwrap_or("whole");
            assert_eq!(*told.get_or_insert(wrong), wrong, "in pieces of {size}");
        }
        told.unwrap_or_default()
    }

    fn tar(names: &[&str]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(700);
            header.set_cksum();
            tar.append(&header, &[7; 700][..]).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn a_part_is_a_whole_tar_or_a_whole_dump() {
        let whole = tar(&["a/./b", "c"]);
        let tar_of = |bytes: &[u8]| told(PartKind::H2, bytes);
        assert_eq!(tar_of(&whole), "whole");
        assert_eq!(tar_of(&[&whole[..], &[0; 4096]].concat()), "whole");
        assert_eq!(tar_of(&tar(&[])), "whole");
        let cut = "it is no whole tar: its end is missing";
        for length in [0, 100, 512, 1000, whole.len() - 512, whole.len() - 1] {
            assert_eq!(tar_of(&whole[..length]), cut, "{length}");
        }
        assert_eq!(tar_of(b"rubbish\n".repeat(200).as_slice()), "it is no tar");
        for name in ["/etc/passwd", "a/../../b", ".."] {
            let leaves = "it holds a name that leaves its folder";
            assert_eq!(tar_of(&tar(&["a", name])), leaves, "{name}");
        }
        let dump = |text: &str| told(PartKind::Database, text.as_bytes());
        assert_eq!(
            dump("INSERT;\n-- Dump completed on 2026-11-26  5:00:00\n"),
            "whole"
        );
        let end = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n\n";
        assert_eq!(dump(&("x".repeat(9000) + end)), "whole");
        let cut = "it is no whole dump: its last line is missing";
        for text in ["", "rubbish", "-- Dump completed", "INSERT"] {
            let text = text.to_owned() + &"x".repeat(500);
            assert_eq!(dump(&text), cut);
        }
    }
}
