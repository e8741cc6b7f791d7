//! The stream that a script answers with: fields that end in NUL, answers that open with a nonce.

use std::fmt;

use crate::yaml::hex;

/// A random word that marks the answers of one script, so that nothing a host prints by itself, and no
/// file name, is taken for an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// Draws a nonce.
    ///
    /// # Errors
    /// Where the machine has no source of randomness.
    pub fn draw() -> std::io::Result<Self> {
        let mut bytes = [0u8; 12];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(Self(format!("wm{}", hex(&bytes))))
    }

    /// A fixed nonce, for tests.
    #[cfg(test)]
    pub(crate) fn fixed(word: &str) -> Self {
        Self(word.to_owned())
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Cuts a stream of bytes into answers as they arrive.
#[derive(Debug)]
pub struct Fields {
    nonce: Nonce,
    pending: Vec<u8>,
    /// How far `pending` has been searched for a NUL.
    searched: usize,
    current: Option<(String, Vec<Vec<u8>>)>,
    /// The next field is the id of an answer.
    opened: bool,
}

impl Fields {
    /// Reads the answers of the script that was given `nonce`.
    #[must_use]
    pub fn new(nonce: Nonce) -> Self {
        Self {
            nonce,
            pending: Vec::new(),
            searched: 0,
            current: None,
            opened: false,
        }
    }

    /// The nonce of the script.
    #[must_use]
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Takes in bytes and returns the answers they complete, each with its id. An answer is complete
    /// when the next one opens, so a script closes its last with an answer of its own.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<(String, Vec<Vec<u8>>)> {
        self.pending.extend_from_slice(bytes);
        let mut complete = Vec::new();
        let mut start = 0;
        while let Some(end) = self.pending[self.searched..]
            .iter()
            .position(|byte| *byte == 0)
        {
            let end = self.searched + end;
            let field = self.pending[start..end].to_vec();
            start = end + 1;
            self.searched = start;
            complete.extend(self.field(field));
        }
        self.pending.drain(..start);
        self.searched = self.pending.len();
        complete
    }

    /// What stands before the first answer and belongs to none: the noise of a login shell, or the
    /// message of a shell that could not start.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        &self.pending
    }

    fn field(&mut self, field: Vec<u8>) -> Vec<(String, Vec<Vec<u8>>)> {
        if self.opened {
            self.opened = false;
            let id = String::from_utf8_lossy(&field).into_owned();
            // These have no fields and are complete at once: nothing follows them until more is sent.
            if id == "end" || id == "begin" {
                return self
                    .current
                    .take()
                    .into_iter()
                    .chain([(id, Vec::new())])
                    .collect();
            }
            return self.current.replace((id, Vec::new())).into_iter().collect();
        }
        // Noise without a NUL of its own stands right before the first nonce.
        let is_nonce = match self.current {
            Some(_) => field == self.nonce.0.as_bytes(),
            None => field.ends_with(self.nonce.0.as_bytes()),
        };
        if is_nonce {
            self.opened = true;
        } else if let Some((_, fields)) = &mut self.current {
            fields.push(field);
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Nonce};

    #[test]
    fn answers_survive_noise_and_any_cutting() {
        let stream = b"Welcome!\nmotd\0wmN\x000\0first\0\0wmN\x001\0only wmN inside\0wmN\0end\0";
        for cut in 0..stream.len() {
            let mut fields = Fields::new(Nonce::fixed("wmN"));
            let mut answers = fields.push(&stream[..cut]);
            answers.extend(fields.push(&stream[cut..]));
            assert_eq!(
                answers,
                [
                    ("0".to_owned(), vec![b"first".to_vec(), Vec::new()]),
                    ("1".to_owned(), vec![b"only wmN inside".to_vec()]),
                    ("end".to_owned(), Vec::new()),
                ]
            );
        }
    }
}
