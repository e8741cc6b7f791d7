//! A jar → what its manifest says of the bundle in it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde::{Deserialize, Serialize};

use super::version::{Range, Version};

/// The largest manifest that is read: 4 MiB.
const LARGEST_MANIFEST: u64 = 4 << 20;

/// Headers that Carbon waits for in every installed bundle (carbon 1.7).
const BLOCKING: [&str; 5] = [
    "Axis2Module",
    "Axis2Deployer",
    "Axis2RequiredServices",
    "ListenerManager-RequiredServices",
    "CAPP_MANAGER-RequiredServices",
];

/// A package or bundle that a bundle cannot do without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The package or the symbolic name.
    pub name: String,
    /// The versions that do.
    pub range: Range,
}

/// One bundle of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The jar, or the folder of an unpacked bundle, below the Home.
    pub path: String,
    /// The symbolic name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// The packages it exports.
    pub exports: Vec<(String, Version)>,
    /// The packages it imports, optional ones left out.
    pub imports: Vec<Need>,
    /// The bundles it requires, optional ones left out.
    pub requires: Vec<Need>,
    /// The bundle that it is a fragment of.
    pub host: Option<Need>,
    /// `Carbon-Component: UIBundle`.
    pub ui_component: bool,
    /// What the launcher calls its jar where it comes as a patch, `NAME_VERSION.jar`; a bundle without a
    /// version keeps its own name (carbon 1.6).
    pub file: Option<String>,
    /// What makes Carbon wait for it at every start, whether it can resolve or not: a header of carbon
    /// 1.7, or a `META-INF/*services.xml` (real-run 1).
    pub blocks: Option<String>,
}

/// Reads the bundle in a jar; [`None`] where the jar has no manifest of a bundle.
pub(in crate::carbon) fn read_jar(path: &str, bytes: &[u8]) -> Option<Bundle> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut services = Vec::new();
    for name in archive.file_names() {
        let name = name.ok()?;
        if name.starts_with("META-INF/") && name.ends_with("services.xml") {
            services.push(name.into_owned());
        }
    }
    let entry = archive.by_name("META-INF/MANIFEST.MF").ok()?;
    let mut manifest = Vec::new();
    entry
        .take(LARGEST_MANIFEST)
        .read_to_end(&mut manifest)
        .ok()?;
    read_manifest(path, &manifest, services)
}

/// Reads a manifest; `services` are the jar's `META-INF/*services.xml`.
pub(in crate::carbon) fn read_manifest(
    path: &str,
    manifest: &[u8],
    services: Vec<String>,
) -> Option<Bundle> {
    let headers = headers(&String::from_utf8_lossy(manifest));
    let get = |name: &str| headers.get(&name.to_ascii_lowercase()).map(String::as_str);
    let name = clauses(get("Bundle-SymbolicName")?).into_iter().next()?;
    let name = name.names.into_iter().next()?;
    let written = get("Bundle-Version");
    let version = written.unwrap_or("0").parse().ok()?;
    let exports = clauses(get("Export-Package").unwrap_or_default());
    let exported = exports.iter().flat_map(|clause| {
        let version = clause
            .attribute("version")
            .or(clause.attribute("specification-version"));
        let version: Version = version.unwrap_or("0").parse().unwrap_or_default();
        let names = clause.names.iter();
        names.map(move |name| (name.clone(), version.clone()))
    });
    let blocking = BLOCKING.into_iter().find(|header| get(header).is_some());
    Some(Bundle {
        path: path.to_owned(),
        file: written.map(|version| format!("{name}_{version}.jar")),
        name,
        version,
        exports: exported.collect(),
        imports: needs(get("Import-Package"), "version"),
        requires: needs(get("Require-Bundle"), "bundle-version"),
        host: needs(get("Fragment-Host"), "bundle-version")
            .into_iter()
            .next(),
        ui_component: get("Carbon-Component").is_some_and(|value| value.trim() == "UIBundle"),
        blocks: blocking
            .map(ToOwned::to_owned)
            .or_else(|| services.into_iter().next()),
    })
}

/// The main section's headers by lower-case name, folded lines joined.
fn headers(text: &str) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    let mut last: Option<String> = None;
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        if let Some(more) = line.strip_prefix(' ') {
            if let Some(value) = last.as_ref().and_then(|name| headers.get_mut(name)) {
                let value: &mut String = value;
                value.push_str(more);
            }
            continue;
        }
        if let Some((name, value)) = line.split_once(':') {
            let name = name.trim().to_ascii_lowercase();
            headers.insert(name.clone(), value.trim_start().to_owned());
            last = Some(name);
        }
    }
    headers
}

/// One clause of an OSGi header: names, attributes and directives.
#[derive(Default)]
struct Clause {
    names: Vec<String>,
    attributes: Vec<(String, String)>,
}

impl Clause {
    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn clauses(header: &str) -> Vec<Clause> {
    let read = |text: &str| {
        let mut clause = Clause::default();
        for part in split(text, ';') {
            match part.split_once('=') {
                None if !part.trim().is_empty() => clause.names.push(part.trim().to_owned()),
                None => {}
                Some((name, value)) => {
                    let value = value.trim().trim_matches('"').to_owned();
                    clause.attributes.push((name.trim().to_owned(), value));
                }
            }
        }
        clause
    };
    let clauses = split(header, ',').into_iter().map(read);
    clauses.filter(|clause| !clause.names.is_empty()).collect()
}

/// Splits outside quotes.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (index, character) in text.char_indices() {
        if character == '"' {
            quoted = !quoted;
        } else if character == at && !quoted {
            parts.push(&text[start..index]);
            start = index + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The mandatory needs of a header. A range that cannot be read holds any version.
fn needs(header: Option<&str>, attribute: &str) -> Vec<Need> {
    let mut needs = Vec::new();
    for clause in clauses(header.unwrap_or_default()) {
        if clause.attribute("resolution:") == Some("optional") {
            continue;
        }
        let range = clause.attribute(attribute).unwrap_or("0");
        let range: Range = range.parse().unwrap_or_default();
        needs.extend(clause.names.iter().map(|name| Need {
            name: name.clone(),
            range: range.clone(),
        }));
    }
    needs
}
