//! All catalogue files together: bases resolved, versions inherited, one release found by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::yaml::{Error, Place, Result, near, parse};

use super::reader::{Draft, Sheet, read_sheet};
use super::release::{Release, Separation};

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/playbooks/products");

/// Every product version that is known, the refused ones among them.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    releases: BTreeMap<(String, Version), Arc<Release>>,
}

/// A version's text that orders as versions do: 1.10.0 behind 1.9.1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<u64>, String);

impl Version {
    fn of(text: &str) -> Self {
        let number = |part: &str| part.parse().unwrap_or(u64::MAX);
        Self(text.split('.').map(number).collect(), text.to_owned())
    }
}

/// Why there is no release for a product and version: which of both is wrong.
#[derive(Debug)]
pub enum NotOffered {
    /// The product is unknown, or cannot be separated.
    Product(Error),
    /// The product is known, this version of it is not.
    Version(Error),
}

impl NotOffered {
    /// The sentence alone, for who has no places.
    #[must_use]
    pub fn into_error(self) -> Error {
        match self {
            Self::Product(error) | Self::Version(error) => error,
        }
    }
}

/// The drafts of all files, by name.
#[derive(Default)]
struct Drafts {
    bases: BTreeMap<String, Draft>,
    products: BTreeMap<String, Draft>,
    versions: BTreeMap<(String, String), (Draft, Place)>,
}

impl Catalogue {
    /// Reads the built-in entries, then every `*.yaml` of `folders` in order; a later file adds
    /// versions, or overrides what an earlier one says of them. A folder that is not there is empty.
    ///
    /// # Errors
    /// A file that cannot be read or says what no entry can say, with its place.
    pub fn load(folders: &[PathBuf]) -> Result<Self> {
        let mut drafts = Drafts::default();
        for file in BUILT_IN.files() {
            let path = Path::new("playbooks/products").join(file.path());
            drafts.read(&path, file.contents())?;
        }
        for folder in folders {
            for path in files_of(folder)? {
                let bytes = fs::read(&path).map_err(|error| {
                    Error::at(&Place::start_of(&path), "the file cannot be read").because(error)
                })?;
                drafts.read(&path, &bytes)?;
            }
        }
        drafts.resolve()
    }

    /// Every release, refused ones among them, by product and version.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Release>> {
        self.releases.values()
    }

    /// The release of a product and version.
    ///
    /// # Errors
    /// Unknown: the nearest known one is named. Refused (`separation: none`): the reason and what to do
    /// instead. The caller adds the place.
    pub fn find(&self, product: &str, version: &str) -> Result<Arc<Release>, NotOffered> {
        let key = (product.to_owned(), Version::of(version));
        let Some(release) = self.releases.get(&key) else {
            return Err(self.unknown(product, version));
        };
        match &release.separation {
            Separation::Supported => Ok(Arc::clone(release)),
            Separation::None { reason, instead } => {
                let message = format!(
                    "managers and workers of `{product}` {version} ({}) cannot be separated: {reason}",
                    release.name
                );
                let error = Error::new(message).hint(instead.clone());
                Err(NotOffered::Product(error))
            }
        }
    }

    fn unknown(&self, product: &str, version: &str) -> NotOffered {
        let own_entry = "an entry of your own in `products/` beside the inventory makes it known";
        let products = || self.releases.keys().map(|(product, _)| product.as_str());
        if !products().any(|known| known == product) {
            // One that cannot be separated is no help to whoever mistyped another.
            let offered: BTreeSet<&str> = self
                .releases
                .values()
                .filter(|release| release.separation == Separation::Supported)
                .map(|release| release.product.as_str())
                .collect();
            let error = Error::new(format!("the product `{product}` is not known"));
            return NotOffered::Product(error.hint(match near(product, offered.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    let offered: Vec<&str> = offered.into_iter().collect();
                    format!("known are `{}`; {own_entry}", offered.join("`, `"))
                }
            }));
        }
        let wanted = Version::of(version);
        let known: Vec<&Version> = self
            .releases
            .iter()
            .filter(|((name, _), _)| name == product)
            .map(|((_, version), _)| version)
            .collect();
        // The last one that begins so, as 4.9.0 does of 4.9; else the last one that is not newer; where all are newer, the first.
        let begun = format!("{version}.");
        let mut newest_first = known.iter().rev();
        let nearest = newest_first
            .clone()
            .find(|known| known.1.starts_with(&begun))
            .or_else(|| newest_first.find(|known| ***known <= wanted));
        let Some(nearest) = nearest.or(known.first()) else {
            let error = Error::new(format!("`{product}` {version} is not known"));
            return NotOffered::Version(error.hint(own_entry));
        };
        // Where a neighbour cannot be separated either, another version is no help.
        if let Err(refused @ NotOffered::Product(_)) = self.find(product, &nearest.1) {
            return refused;
        }
        let hint = format!("the nearest known one is {}; {own_entry}", nearest.1);
        let error = Error::new(format!("`{product}` {version} is not known"));
        NotOffered::Version(error.hint(hint))
    }
}

fn yaml_text<'a>(path: &Path, bytes: &'a [u8]) -> Result<Option<&'a str>> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if !matches!(ending, Some("yaml" | "yml")) {
        return Ok(None);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            Err(Error::at(&Place::start_of(path), "the file is not in UTF-8").because(error))
        }
    }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable =
        |error| Error::at(&Place::start_of(folder), "the folder cannot be read").because(error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.sort();
    Ok(files)
}

impl Drafts {
    /// Reads one file of a folder; what is no YAML, or empty, says nothing.
    fn read(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        let Some(text) = yaml_text(path, bytes)? else {
            return Ok(());
        };
        if let Some(root) = parse(text, path)? {
            self.add(read_sheet(&root)?);
        }
        Ok(())
    }

    fn add(&mut self, sheet: Sheet) {
        let Some(product) = sheet.product else {
            let name = sheet.base_name.unwrap_or_default();
            lay(&mut self.bases, name, sheet.shared);
            return;
        };
        for (version, draft, place) in sheet.versions {
            let key = (product.clone(), version);
            let draft = match self.versions.remove(&key) {
                Some((known, _)) => draft_over(draft, known),
                None => draft,
            };
            self.versions.insert(key, (draft, place));
        }
        lay(&mut self.products, product, sheet.shared);
    }

    fn resolve(&self) -> Result<Catalogue> {
        let mut releases = BTreeMap::new();
        for ((product, version), (_, place)) in &self.versions {
            let draft = self.inherited(product, version, &mut Vec::new())?;
            let release = draft.release(product, version, place)?;
            releases.insert((product.clone(), Version::of(version)), Arc::new(release));
        }
        Ok(Catalogue { releases })
    }

    /// A version's draft laid over the one it is like, else over its product's and its base's.
    fn inherited(&self, product: &str, version: &str, seen: &mut Vec<String>) -> Result<Draft> {
        let (draft, place) = &self.versions[&(product.to_owned(), version.to_owned())];
        seen.push(version.to_owned());
        let below = match &draft.like {
            Some(like) => {
                let name = like.text()?;
                if seen.iter().any(|seen| seen == name) {
                    let message = format!("`{}` is like itself", seen.join("` is like `"));
                    return Err(Error::at(&like.place, message));
                }
                if !self
                    .versions
                    .contains_key(&(product.to_owned(), name.to_owned()))
                {
                    let message = format!("`{product}` {name} is no entry to be like");
                    return Err(Error::at(&like.place, message));
                }
                self.inherited(product, name, seen)?
            }
            None => match self.products.get(product) {
                Some(shared) => shared.clone().over(self.base_of(shared)?),
                None => return Err(Error::at(place, format!("`{product}` has no file"))),
            },
        };
        let own_base = self.base_of(draft)?;
        Ok(draft.clone().over(own_base).over(below))
    }

    fn base_of(&self, draft: &Draft) -> Result<Draft> {
        let Some(node) = &draft.base else {
            return Ok(Draft::default());
        };
        let name = node.text()?;
        match self.bases.get(name) {
            Some(base) => Ok(base.clone()),
            None => {
                let error = Error::at(&node.place, format!("`{name}` is no base"));
                let known = self.bases.keys().map(String::as_str);
                Err(match near(name, known) {
                    Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                    None => error,
                })
            }
        }
    }
}

fn lay(drafts: &mut BTreeMap<String, Draft>, name: String, draft: Draft) {
    let laid = match drafts.remove(&name) {
        Some(known) => draft_over(draft, known),
        None => draft,
    };
    drafts.insert(name, laid);
}

/// A later file's words over an earlier one's; `like` stays where the later says none.
fn draft_over(mut draft: Draft, known: Draft) -> Draft {
    let like = draft.like.take().or_else(|| known.like.clone());
    let mut laid = draft.over(known);
    laid.like = like;
    laid
}
