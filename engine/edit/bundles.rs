//! bundles.info: which bundles a profile starts, read strictly because one malformed or blank line
//! makes Carbon pass the dropins over in silence (carbon 1.5).

use super::EditError;
use super::splice::Splice;
use super::text::{Line, lines};

/// What [`normal_form`] computes, for a host: POSIX `sh`, reads the file on stdin.
///
/// Every field is trimmed, `#` lines, empty lines and lines with a location in `dropins/` go, the rest
/// is sorted by bytes. Two files with the same normal form start the same bundles (carbon 1.5).
pub const NORMAL_FORM_SH: &str = "LC_ALL=C sed -e 's/[[:space:]]*,[[:space:]]*/,/g' \
-e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^#/d' -e '/^$/d' \
-e '/^[^,]*,[^,]*,[^,]*dropins\\//d' | LC_ALL=C sort";

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleLine<'a> {
    /// The line, from 1.
    pub line: usize,
    /// The bundle's symbolic name.
    pub symbolic_name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The jar, relative to the profile's folder.
    pub location: &'a str,
    /// The OSGi start level; -1 for the framework itself.
    pub start_level: i32,
    /// Whether it is started.
    pub started: bool,
}

/// Removes every line of a bundle; holds where there is none.
///
/// Lines are removed and never set to `started=false`, which would hang the start (carbon 1.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundlesEdit {
    /// The symbolic name, or `name,version`.
    pub target: String,
}

impl BundlesEdit {
    /// The names of the verbs.
    pub const VERBS: &'static [&'static str] = &["remove"];

    /// Removes the lines of `symbolic_name`, of all versions or of one.
    #[must_use]
    pub fn remove(symbolic_name: &str, version: Option<&str>) -> Self {
        Self {
            target: match version {
                Some(version) => format!("{symbolic_name},{version}"),
                None => symbolic_name.to_owned(),
            },
        }
    }

    /// Reads an edit from an edits file.
    ///
    /// # Errors
    /// [`EditError::Malformed`]: another verb than `remove`, a value, or no name.
    pub fn read(verb: &str, target: &str, value: Option<&str>) -> Result<Self, EditError> {
        let why = match (verb, value) {
            ("remove", None) if !target.trim().is_empty() => {
                return Ok(Self {
                    target: target.to_owned(),
                });
            }
            ("remove", None) => "a symbolic name is missing".to_owned(),
            ("remove", Some(_)) => "`remove` takes no value".to_owned(),
            _ => format!("bundles has no verb `{verb}`"),
        };
        Err(EditError::malformed(target, why))
    }

    pub(super) fn splices(&self, read: &BundlesReading<'_>) -> Vec<Splice> {
        let gone = read
            .bundles
            .iter()
            .filter(|bundle| meant(bundle, &self.target));
        gone.map(|bundle| Splice::new(read.spans[bundle.line - 1].whole.clone(), ""))
            .collect()
    }
}

/// The file, parsed.
pub(super) struct BundlesReading<'a> {
    pub(super) bytes: &'a [u8],
    spans: Vec<Line>,
    bundles: Vec<BundleLine<'a>>,
}

impl<'a> BundlesReading<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, EditError> {
        Ok(Self {
            bytes,
            spans: lines(bytes),
            bundles: parse(bytes)?,
        })
    }
}

/// Reads the file: lines of five fields, `#` lines apart.
///
/// # Errors
/// [`EditError::Unreadable`] with the line: blank, not five fields, a field empty or not what it should be.
pub fn parse(bytes: &[u8]) -> Result<Vec<BundleLine<'_>>, EditError> {
    lines(bytes)
        .iter()
        .filter(|line| !line.of(bytes).starts_with(b"#"))
        .map(|line| bundle(line.of(bytes), line.number))
        .collect()
}

fn bundle(content: &[u8], line: usize) -> Result<BundleLine<'_>, EditError> {
    let wrong = |why: String| EditError::Unreadable { line, why };
    let text = std::str::from_utf8(content).map_err(|_| wrong("not valid UTF-8".to_owned()))?;
    if text.trim().is_empty() {
        return Err(wrong(
            "a blank line, which keeps Carbon from deploying dropins".to_owned(),
        ));
    }
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let [symbolic_name, version, location, level, started] = fields[..] else {
        return Err(wrong(format!(
            "{} fields instead of 5 in `{text}`",
            fields.len()
        )));
    };
    if [symbolic_name, version, location]
        .iter()
        .any(|field| field.is_empty())
    {
        return Err(wrong(format!("an empty field in `{text}`")));
    }
    Ok(BundleLine {
        line,
        symbolic_name,
        version,
        location,
        start_level: level
            .parse()
            .map_err(|_| wrong(format!("`{level}` is no start level")))?,
        started: started
            .parse()
            .map_err(|_| wrong(format!("`{started}` is neither true nor false")))?,
    })
}

/// Returns the normal form: what is left when everything is taken away that Carbon changes at every
/// start (header, order, dropins lines; carbon 1.5). The same bytes as [`NORMAL_FORM_SH`] gives.
#[must_use]
pub fn normal_form(bytes: &[u8]) -> Vec<u8> {
    let mut kept: Vec<Vec<u8>> = bytes
        .split(|byte| *byte == b'\n')
        .map(|line| {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b',').map(trim).collect();
            (
                fields.get(2).is_some_and(|location| in_dropins(location)),
                fields.join(&b','),
            )
        })
        .filter(|(dropin, line)| !dropin && !line.is_empty() && !line.starts_with(b"#"))
        .map(|(_, line)| line)
        .collect();
    kept.sort();
    kept.iter()
        .flat_map(|line| [line.as_slice(), b"\n"].concat())
        .collect()
}

/// Trims what `[[:space:]]` is in the C locale.
fn trim(mut field: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    while let [rest @ .., last] = field
        && space(last)
    {
        field = rest;
    }
    while let [first, rest @ ..] = field
        && space(first)
    {
        field = rest;
    }
    field
}

fn in_dropins(location: &[u8]) -> bool {
    location
        .windows(b"dropins/".len())
        .any(|part| part == b"dropins/")
}

/// The lines of that symbolic name (`name` or `name,version`).
pub(super) fn evaluate(bytes: &[u8], target: &str) -> Result<Vec<String>, EditError> {
    let spans = lines(bytes);
    let found = parse(bytes)?
        .into_iter()
        .filter(|bundle| meant(bundle, target));
    Ok(found
        .map(|bundle| String::from_utf8_lossy(spans[bundle.line - 1].of(bytes)).into_owned())
        .collect())
}

fn meant(bundle: &BundleLine<'_>, target: &str) -> bool {
    match target.split_once(',') {
        Some((name, version)) => {
            bundle.symbolic_name == name.trim() && bundle.version == version.trim()
        }
        None => bundle.symbolic_name == target.trim(),
    }
}

#[cfg(test)]
pub(super) mod tests;
