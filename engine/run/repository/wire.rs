//! The items that svnserve's protocol is made of: words, numbers, texts with their length before them, lists.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{SvnError, Wire};

/// More than this is no answer to what is asked here.
const LONGEST: usize = 4 * 1024 * 1024;

/// How deep lists may lie in lists.
const DEEPEST: usize = 32;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Word(String),
    Number(u64),
    Text(String),
    List(Vec<Item>),
}

impl Item {
    /// The items of a list; none of anything else.
    pub(super) fn list(&self) -> &[Item] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// A word or a text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A connection that items come and go through.
pub(super) struct Items<W> {
    wire: W,
    unread: Vec<u8>,
}

impl<W: Wire> Items<W> {
    pub(super) fn new(wire: W) -> Self {
        Self {
            wire,
            unread: Vec::new(),
        }
    }

    pub(super) async fn send(&mut self, text: &str) -> Result<(), SvnError> {
        self.wire.write_all(text.as_bytes()).await?;
        Ok(self.wire.flush().await?)
    }

    /// The next item that comes.
    pub(super) async fn next(&mut self) -> Result<Item, SvnError> {
        loop {
            if let Some((item, length)) = item(&self.unread, DEEPEST)? {
                self.unread.drain(..length);
                return Ok(item);
            }
            if self.unread.len() > LONGEST {
                return Err(SvnError::Garbled("it does not end"));
            }
            if self.wire.read_buf(&mut self.unread).await? == 0 {
                return Err(SvnError::Garbled("it ends in the middle"));
            }
        }
    }
}

/// The first item of `bytes`, and how long it is with the blanks around it; [`None`] where it has yet to end.
fn item(bytes: &[u8], depth: usize) -> Result<Option<(Item, usize)>, SvnError> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\n');
    let Some(start) = bytes.iter().position(|byte| !blank(byte)) else {
        return Ok(None);
    };
    match bytes[start] {
        b'(' => list(bytes, start, depth),
        b'0'..=b'9' => counted(bytes, start),
        byte if byte.is_ascii_alphabetic() => {
            let Some(length) = bytes[start..].iter().position(blank) else {
                return Ok(None);
            };
            let word = String::from_utf8_lossy(&bytes[start..start + length]).into_owned();
            Ok(Some((Item::Word(word), start + length + 1)))
        }
        _ => Err(SvnError::Garbled("an item that is none")),
    }
}

fn list(bytes: &[u8], start: usize, depth: usize) -> Result<Option<(Item, usize)>, SvnError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(SvnError::Garbled("lists too deep"));
    };
    let mut at = start + 1;
    let mut items = Vec::new();
    loop {
        let rest = &bytes[at..];
        let Some(skip) = rest.iter().position(|byte| !matches!(byte, b' ' | b'\n')) else {
            return Ok(None);
        };
        if rest[skip] == b')' {
            return Ok(Some((Item::List(items), at + skip + 1)));
        }
        match item(rest, depth)? {
            Some((item, length)) => {
                items.push(item);
                at += length;
            }
            None => return Ok(None),
        }
    }
}

/// A number, or a text whose length it is.
fn counted(bytes: &[u8], start: usize) -> Result<Option<(Item, usize)>, SvnError> {
    let digits = &bytes[start..];
    let Some(length) = digits.iter().position(|byte| !byte.is_ascii_digit()) else {
        return Ok(None);
    };
    let number = std::str::from_utf8(&digits[..length]).ok();
    let number: u64 = number
        .and_then(|digits| digits.parse().ok())
        .ok_or(SvnError::Garbled("a number that is none"))?;
    if digits[length] != b':' {
        return Ok(Some((Item::Number(number), start + length + 1)));
    }
    let size = usize::try_from(number).ok().filter(|size| *size <= LONGEST);
    let size = size.ok_or(SvnError::Garbled("a text without end"))?;
    let from = length + 1;
    let Some(text) = digits.get(from..from + size) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(text).into_owned();
    Ok(Some((Item::Text(text), start + from + size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_however_they_come() {
        let bytes = b"( success ( 2 2 ( ) ( depth list ) 3:a b ) ) next";
        let (first, length) = item(bytes, DEEPEST).unwrap().unwrap();
        let [word, list] = first.list() else {
            panic!("{first:?}")
        };
        assert_eq!(word.text(), Some("success"));
        assert_eq!(list.list().len(), 5);
        assert_eq!(list.list()[4], Item::Text("a b".to_owned()));
        assert_eq!(&bytes[length..], b" next");
        // Cut anywhere it has yet to end.
        for end in 0..length {
            assert_eq!(item(&bytes[..end], DEEPEST).unwrap(), None, "{end}");
        }
        for wrong in ["99999999999999999999 ", "9999999999:x", ") ", "-1 "] {
            assert!(item(wrong.as_bytes(), DEEPEST).is_err(), "{wrong}");
        }
        assert!(item("( ".repeat(40).as_bytes(), DEEPEST).is_err());
    }
}
