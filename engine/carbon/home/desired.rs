//! The desired Home of one node: the pack's rows, with this node's own laid over them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::sync::Arc;

use crate::carbon::bundle::bundles_info;
use crate::carbon::digest::{Digest, Hasher};
use crate::carbon::pack::{Entry, Pack};
use crate::catalogue::{FileEdits, Restart};
use crate::cluster::{Cluster, Node};
use crate::edit::{BundlesEdit, Edit, Format, apply, bundles};
use crate::yaml::{Error, Place, Result, Secrets, Value};

use super::content::{Class, Content, Desired};
use super::overlay::{self, Laid};
use super::patterns::{cover, exactly, matches};
use super::render::Renderer;
use super::row::{Kind, Row};
use super::stock::{Stock, edits_of};
use super::tree::TreeRules;

/// Every path of a node's Home that wmprov writes, and the rules by which a host finds the Owned ones.
#[derive(Clone, Debug)]
pub struct DesiredHome {
    stock: Arc<Stock>,
    own: BTreeMap<String, Desired>,
    rules: TreeRules,
}

impl DesiredHome {
    /// Computes the Home of a node: overlays over the pack, edits over both.
    ///
    /// # Errors
    /// An edit whose target is missing, a template that cannot be filled in, an overlay that cannot be
    /// read: with the place of the edit or the variable, and the file of the Home.
    pub fn compute(cluster: &Cluster, node: &Node, stock: &Arc<Stock>) -> Result<Self> {
        let mut maker = Maker {
            cluster,
            node,
            stock,
            secrets: secrets(cluster, node),
            own: BTreeMap::new(),
        };
        maker.folders();
        maker.overlays(overlay::read(&node.overlays)?);
        maker.edits()?;
        let normal = vec![bundles_info(&node.profile)];
        let mut prunes = cluster.release.paths.own.clone();
        prunes.extend(maker.made_in_dropins());
        let pack = stock.pack.entries().iter();
        let paths = pack.map(|entry| (entry.path.as_str(), entry.sha256.is_none()));
        let own = maker.own.iter();
        let own = own.map(|(path, desired)| (path.as_str(), desired.row.kind == Kind::Folder));
        let rules = TreeRules::new(paths.chain(own), prunes, normal);
        Ok(Self {
            stock: Arc::clone(stock),
            own: maker.own,
            rules,
        })
    }

    /// How a host finds the Owned paths.
    #[must_use]
    pub fn rules(&self) -> &TreeRules {
        &self.rules
    }

    /// The pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.stock.pack
    }

    /// What is desired at a path, if anything.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Desired> {
        if let Some(own) = self.own.get(path) {
            return Some(own.clone());
        }
        let entries = self.stock.pack.entries();
        let at = entries
            .binary_search_by(|entry| entry.path.as_str().cmp(path))
            .ok()?;
        Some(from_pack(&entries[at], self.stock.classes[at]))
    }

    /// Every path, sorted byte by byte: Owned and Seeded.
    pub fn iter(&self) -> impl Iterator<Item = Desired> {
        let pack = self.stock.pack.entries().iter().zip(&self.stock.classes);
        let pack = pack
            .filter(|(entry, _)| !self.own.contains_key(&entry.path))
            .map(|(entry, class)| from_pack(entry, *class));
        let mut own = self.own.values().cloned().peekable();
        let mut pack = pack.peekable();
        std::iter::from_fn(move || match (own.peek(), pack.peek()) {
            (Some(mine), Some(theirs)) if mine.row.path > theirs.row.path => pack.next(),
            (Some(_), _) => own.next(),
            (None, _) => pack.next(),
        })
    }

    /// The paths that are not the pack's own bytes: edited files, overlays, made folders.
    pub fn computed(&self) -> impl Iterator<Item = &Desired> {
        self.own.values()
    }

    /// The Owned rows, as a host lists them.
    pub fn owned(&self) -> impl Iterator<Item = Row> {
        let owned = self.iter().filter(|desired| desired.class == Class::Owned);
        owned.map(|desired| desired.row)
    }

    /// SHA-256 over the Owned rows: what must be on disk. A host makes the same from its own listing.
    #[must_use]
    pub fn tree_digest(&self) -> Digest {
        digest(self.owned())
    }

    /// SHA-256 over the rows that a server reads at its start, edits that cost no restart left out: what
    /// a running process must have been started with.
    #[must_use]
    pub fn start_digest(&self) -> Digest {
        digest(self.iter().filter_map(|desired| desired.started()))
    }

    /// Writes `paths` as a tar stream, in the given order. Names are relative to the Home, times are the
    /// epoch; the receiver sets owners.
    ///
    /// # Errors
    /// A path that is not desired, the pack or an overlay cannot be read or has changed, `out` fails.
    pub fn stream<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a str>,
        out: impl Write,
    ) -> io::Result<()> {
        let mut reader = self.stock.pack.reader().map_err(io::Error::other)?;
        let mut tar = tar::Builder::new(out);
        for path in paths {
            let Some(desired) = self.get(path) else {
                let why = format!("`{path}` is no path of this Home");
                return Err(io::Error::new(io::ErrorKind::NotFound, why));
            };
            let mut header = tar::Header::new_gnu();
            header.set_mode(desired.row.mode);
            match &desired.content {
                Content::Pack => reader.append(path, &mut tar).map_err(io::Error::other)?,
                Content::Folder => {
                    header.set_size(0);
                    header.set_entry_type(tar::EntryType::Directory);
                    tar.append_data(&mut header, path, io::empty())?;
                }
                Content::Computed { bytes, .. } => {
                    header.set_size(bytes.len() as u64);
                    tar.append_data(&mut header, path, &bytes[..])?;
                }
                Content::Overlay(from) => {
                    let bytes = fs::read(from)?;
                    if desired.row.kind != Kind::File(Digest::of(&bytes)) {
                        let why = format!("`{}` changed during the run", from.display());
                        return Err(io::Error::other(why));
                    }
                    header.set_size(bytes.len() as u64);
                    tar.append_data(&mut header, path, &bytes[..])?;
                }
            }
        }
        tar.finish()
    }
}

fn digest(rows: impl Iterator<Item = Row>) -> Digest {
    let mut hasher = io::BufWriter::with_capacity(16 << 10, Hasher::default());
    for row in rows {
        write!(hasher, "{row}").unwrap_or_else(|error| unreachable!("hashing fails: {error}"));
    }
    match hasher.into_inner() {
        Ok(hasher) => hasher.finish(),
        Err(error) => unreachable!("hashing fails: {error}"),
    }
}

fn from_pack(entry: &Entry, (class, read): (Class, bool)) -> Desired {
    Desired {
        row: Row {
            mode: entry.mode,
            kind: entry.sha256.map_or(Kind::Folder, Kind::File),
            path: entry.path.clone(),
        },
        class,
        restart: if read && entry.sha256.is_some() {
            Restart::Now
        } else {
            Restart::None
        },
        content: if entry.sha256.is_some() {
            Content::Pack
        } else {
            Content::Folder
        },
        secret: false,
        normal: false,
    }
}

/// Every secret among the variables of a node.
fn secrets(cluster: &Cluster, node: &Node) -> Secrets {
    fn collect(value: &Value, secrets: &mut Secrets) {
        match value {
            Value::Secret(secret) => secrets.add(secret.reveal()),
            Value::List(list) => list.iter().for_each(|node| collect(&node.value, secrets)),
            Value::Map(map) => map
                .iter()
                .for_each(|(_, node)| collect(&node.value, secrets)),
            _ => {}
        }
    }
    let mut secrets = cluster.secrets();
    let vars = node.vars.values().chain(cluster.vars.values());
    for value in vars.chain(&node.edits) {
        collect(&value.value, &mut secrets);
    }
    secrets
}

/// What is laid over the pack, while it is made.
struct Maker<'a> {
    cluster: &'a Cluster,
    node: &'a Node,
    stock: &'a Stock,
    secrets: Secrets,
    own: BTreeMap<String, Desired>,
}

impl Maker<'_> {
    /// Folders that must exist (real-run 3), and those above what is laid over.
    fn folders(&mut self) {
        for path in &self.cluster.release.paths.folders {
            self.folder(path);
        }
    }

    fn folder(&mut self, path: &str) {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.folder(above);
        }
        if self.stock.pack.index().entry(path).is_some() || self.own.contains_key(path) {
            return;
        }
        let row = Row {
            mode: 0o755,
            kind: Kind::Folder,
            path: path.to_owned(),
        };
        self.put(row, Restart::None, Content::Folder, false);
    }

    fn put(&mut self, row: Row, restart: Restart, content: Content, secret: bool) {
        let paths = &self.cluster.release.paths;
        let idle = paths.idle.iter().any(|pattern| matches(pattern, &row.path));
        let desired = Desired {
            class: if cover(&paths.own, &row.path) {
                Class::Seeded
            } else {
                Class::Owned
            },
            restart: if idle { Restart::None } else { restart },
            content,
            secret,
            normal: row.path == bundles_info(&self.node.profile),
            row,
        };
        self.own.insert(desired.row.path.clone(), desired);
    }

    fn overlays(&mut self, files: BTreeMap<String, Laid>) {
        for (path, laid) in files {
            if let Some((above, _)) = path.rsplit_once('/') {
                self.folder(above);
            }
            let text = fs::read_to_string(&laid.from).ok();
            let secret = text.is_some_and(|text| self.secrets.appear_in(&text));
            let row = Row {
                mode: laid.mode,
                kind: Kind::File(laid.sha256),
                path,
            };
            self.put(row, Restart::Now, Content::Overlay(laid.from), secret);
        }
    }

    fn edits(&mut self) -> Result<()> {
        let renderer = Renderer::new(self.cluster, self.node);
        let bundles_info = bundles_info(&self.node.profile);
        let mut files = edits_of(self.cluster, self.node)?;
        if !files.iter().any(|file| file.path == bundles_info) {
            files.push(FileEdits {
                path: bundles_info.clone(),
                operations: Vec::new(),
                place: self.cluster.pack_place.clone(),
            });
        }
        for file in &files {
            let mut edits = renderer.edits(file)?;
            if file.path == bundles_info && self.node.is_worker() {
                let gone = self.stock.cut.removed.iter();
                let gone = gone.map(|name| Edit::Bundles(BundlesEdit::remove(name, None)));
                let place = &self.cluster.pack_place;
                edits.extend(gone.map(|edit| (edit, Restart::Now, place.clone())));
            }
            if !edits.is_empty() || file.path == bundles_info {
                self.edited(file, edits)?;
            }
        }
        Ok(())
    }

    fn edited(&mut self, file: &FileEdits, edits: Vec<(Edit, Restart, Place)>) -> Result<()> {
        let (stock, mode) = self.stock_of(file)?;
        let normal = file.path == bundles_info(&self.node.profile);
        let digest = |bytes: &[u8]| match normal {
            true => Digest::of(&bundles::normal_form(bytes)),
            false => Digest::of(bytes),
        };
        let made = |some: Vec<Edit>| {
            apply(&stock, &some).map_err(|error| {
                let message = format!("`{}` cannot be edited", file.path);
                let blamed = edits
                    .iter()
                    .find(|(edit, ..)| error.target() == Some(edit.target()));
                let place = blamed.map_or(&file.place, |(.., place)| place);
                Error::at(place, message).because(error)
            })
        };
        let bytes = made(edits.iter().map(|(edit, ..)| edit.clone()).collect())?;
        let dear = edits
            .iter()
            .filter(|(_, restart, _)| *restart > Restart::Deferred);
        let dear: Vec<Edit> = dear.map(|(edit, ..)| edit.clone()).collect();
        let started = if dear.len() == edits.len() {
            digest(&bytes)
        } else {
            digest(&made(dear)?)
        };
        let text = String::from_utf8_lossy(&bytes);
        let secret = self.secrets.appear_in(&text)
            && !self.secrets.appear_in(&String::from_utf8_lossy(&stock));
        let restart = edits.iter().map(|(_, restart, _)| *restart).max();
        let row = Row {
            mode,
            kind: Kind::File(digest(&bytes)),
            path: file.path.clone(),
        };
        let costs = edits.into_iter().map(|(edit, restart, _)| (edit, restart));
        let content = Content::Computed {
            bytes: bytes.into(),
            edits: costs.collect(),
            started,
        };
        let least = restart.unwrap_or(Restart::Now).max(Restart::Now);
        self.put(row, least, content, secret);
        Ok(())
    }

    /// The file under the edits: an overlay's, else the pack's, else an empty one where every edit makes
    /// what it needs.
    fn stock_of(&mut self, file: &FileEdits) -> Result<(Arc<[u8]>, u32)> {
        let wrong = |message: String| Error::at(&file.place, message);
        if let Some(own) = self.own.get(&file.path) {
            if let Content::Overlay(from) = &own.content {
                let bytes = fs::read(from).map_err(|error| {
                    wrong(format!("`{}` cannot be read", from.display())).because(error)
                })?;
                return Ok((bytes.into(), own.row.mode));
            }
            return Err(wrong(format!("`{}` is a folder", file.path)));
        }
        if let Some(bytes) = self.stock.files.get(&file.path) {
            let entry = self.stock.pack.index().entry(&file.path);
            return Ok((Arc::clone(bytes), entry.map_or(0o644, |entry| entry.mode)));
        }
        let makes = |operation: &crate::catalogue::Operation| {
            operation.verb == "ensure" && operation.format != Format::Xml.as_str()
        };
        if file.operations.iter().all(makes) {
            if let Some((above, _)) = file.path.rsplit_once('/') {
                self.folder(above);
            }
            return Ok((Arc::from([]), 0o644));
        }
        Err(wrong(format!("the pack has no `{}` to edit", file.path))
            .hint("an edit of a missing file may only `ensure` keys or lines"))
    }

    /// Jars that the launcher makes in dropins from those in lib, and from folders of bundle-config
    /// (carbon 1.6): the server's own, and no strangers.
    fn made_in_dropins(&self) -> Vec<String> {
        let pack = self
            .stock
            .pack
            .entries()
            .iter()
            .map(|entry| entry.path.as_str());
        let all = pack.chain(self.own.keys().map(String::as_str));
        let made = all.filter_map(|path| {
            let jar = path
                .strip_prefix("repository/components/lib/")?
                .strip_suffix(".jar")?;
            let name = format!("{}_1.0.0.jar", jar.replace('-', "_"));
            Some(exactly(&format!("repository/components/dropins/{name}")))
        });
        made.collect()
    }
}
