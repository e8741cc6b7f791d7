//! Bytes of a user's file → text, or the place of the first byte that is none.

use std::path::Path;

use super::{Error, Place, Result};

/// The text that a file holds.
///
/// # Errors
/// With line and column of the first byte that is not UTF-8.
pub fn decode(bytes: Vec<u8>, file: &Path) -> Result<String> {
    String::from_utf8(bytes).map_err(|cause| {
        let right = cause.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&cause.as_bytes()[..right]).into_owned();
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |last| last.chars().count())
            + 1;
        let byte = cause.as_bytes().get(right).copied().unwrap_or_default();
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Error::at(
            &Place::new(file, number(line), number(column)),
            format!("`{}` is not UTF-8 text: byte 0x{byte:02x}", file.display()),
        )
        .hint("save the file as UTF-8; an editor may have written Latin-1 or UTF-16")
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::decode;

    #[test]
    fn the_byte_that_is_none_has_a_place() {
        let file = Path::new("x.yaml");
        assert_eq!(decode("a: é".into(), file).unwrap(), "a: é");
        let error = decode(b"a: \xc3\xa9\nb: \xe9\n".to_vec(), file).unwrap_err();
        assert_eq!(error.place().unwrap().to_string(), "x.yaml:2:4");
        assert!(error.message().ends_with("byte 0xe9"), "{error}");
    }
}
