//! Bytes → an XML document whose spans can be spliced, or a clear refusal.

use roxmltree::{Document, ParsingOptions};

use crate::edit::EditError;
use crate::edit::text::line_of;

/// A document, parsed once for all that is asked of it.
pub(in crate::edit) struct XmlReading<'a> {
    /// The whole file.
    pub(in crate::edit) text: &'a str,
    pub(super) document: Document<'a>,
}

impl<'a> XmlReading<'a> {
    pub(in crate::edit) fn of(bytes: &'a [u8]) -> Result<Self, EditError> {
        let text = text_of(bytes)?;
        Ok(Self {
            text,
            document: parse(text)?,
        })
    }
}

/// Checks the encoding: UTF-8, or any other ASCII-compatible one that holds nothing but ASCII.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, EditError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0) {
        return Err(refused(
            "UTF-16 or UTF-32",
            "it is read byte by byte".to_owned(),
        ));
    }
    let declared = declared_encoding(bytes);
    if !declared.eq_ignore_ascii_case("utf-8")
        && let Some(at) = bytes.iter().position(|byte| !byte.is_ascii())
    {
        return Err(refused(
            &declared,
            format!("line {} holds more than ASCII", line_of(bytes, at)),
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let line = line_of(bytes, error.valid_up_to());
        refused("UTF-8", format!("line {line} is not valid UTF-8"))
    })
}

/// True where new text beyond ASCII must be written as character references.
pub(super) fn ascii_only(text: &str) -> bool {
    !declared_encoding(text.as_bytes()).eq_ignore_ascii_case("utf-8")
}

/// Parses the document; DOCTYPE is allowed, entity declarations are not, because what an entity holds
/// has no span of its own to splice.
pub(super) fn parse(text: &str) -> Result<Document<'_>, EditError> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        EditError::Unreadable {
            line: at.row as usize,
            why: format!("column {}: not well-formed XML: {error}", at.col),
        }
    })?;
    let prolog = &text[..document.root_element().range().start];
    if let Some(at) = entity_declaration(prolog) {
        return Err(EditError::Unreadable {
            line: line_of(text.as_bytes(), at),
            why: "a file that declares entities is not edited".to_owned(),
        });
    }
    Ok(document)
}

fn refused(encoding: &str, why: String) -> EditError {
    EditError::Encoding {
        encoding: encoding.to_owned(),
        why,
    }
}

/// The encoding that the XML declaration names; `utf-8` where it names none.
fn declared_encoding(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    let declaration = match head.split_once("?>") {
        Some((declaration, _)) if declaration.starts_with("<?xml") => declaration.to_owned(),
        _ => return "utf-8".to_owned(),
    };
    let value = declaration
        .split_once("encoding")
        .map(|(_, rest)| rest.trim_start().trim_start_matches('=').trim_start());
    match value.and_then(|value| value.get(1..)?.split(['"', '\'']).next()) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "utf-8".to_owned(),
    }
}

/// Where `<!ENTITY` stands in the DOCTYPE, comments and processing instructions left out.
fn entity_declaration(prolog: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = prolog[at..].find('<') {
        at += next;
        let rest = &prolog[at..];
        let skipped = match rest {
            _ if rest.starts_with("<!--") => rest.find("-->"),
            _ if rest.starts_with("<?") => rest.find("?>"),
            _ if rest.starts_with("<!ENTITY") => return Some(at),
            _ => None,
        };
        at += skipped.unwrap_or(1).max(1);
    }
    None
}
