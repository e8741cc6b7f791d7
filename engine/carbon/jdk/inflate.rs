//! The archive's bytes on their way: hashed as they are packed, inflated, and stopped where there are too many.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use crate::carbon::digest::{Digest, Hasher};

/// The most bytes that a JDK may inflate to: 2 GiB.
const MOST_BYTES: u64 = 2 << 30;
/// How many times its packed size an archive may inflate to, once it is beyond [`SMALL`].
const MOST_RATIO: u64 = 50;
/// What may be inflated at any ratio: 16 MiB.
const SMALL: u64 = 16 << 20;

/// What has gone through, on both sides of the inflating.
#[derive(Default)]
pub(super) struct Meter {
    packed: Cell<u64>,
    inflated: Cell<u64>,
    bomb: Cell<bool>,
}

impl Meter {
    /// True where it was stopped for its size.
    pub(super) fn is_bomb(&self) -> bool {
        self.bomb.get()
    }
}

/// The file as it is packed, hashed on its way.
struct Packed {
    file: BufReader<File>,
    hasher: Hasher,
    meter: Rc<Meter>,
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hasher.take(&buffer[..count]);
        self.meter
            .packed
            .set(self.meter.packed.get() + count as u64);
        Ok(count)
    }
}

/// The tar in it, as long as it is of a JDK's size.
pub(super) struct Inflated {
    from: MultiGzDecoder<Packed>,
    meter: Rc<Meter>,
}

impl Inflated {
    pub(super) fn new(file: File) -> Self {
        let meter = Rc::new(Meter::default());
        let packed = Packed {
            file: BufReader::with_capacity(1 << 17, file),
            hasher: Hasher::default(),
            meter: Rc::clone(&meter),
        };
        Self {
            from: MultiGzDecoder::new(packed),
            meter,
        }
    }

    /// What has gone through, for who asks once this is gone.
    pub(super) fn meter(&self) -> Rc<Meter> {
        Rc::clone(&self.meter)
    }

    /// The SHA-256 of the whole file; bytes after the last gzip member are of it too.
    pub(super) fn finish(self) -> io::Result<Digest> {
        let mut packed = self.from.into_inner();
        io::copy(&mut packed, &mut io::sink())?;
        Ok(packed.hasher.finish())
    }
}

impl Read for Inflated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        let inflated = self.meter.inflated.get() + count as u64;
        self.meter.inflated.set(inflated);
        let much = SMALL.max(self.meter.packed.get() * MOST_RATIO);
        if inflated > MOST_BYTES.min(much) {
            self.meter.bomb.set(true);
            return Err(io::Error::other("it inflates without measure"));
        }
        Ok(count)
    }
}
