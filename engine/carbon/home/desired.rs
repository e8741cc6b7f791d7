//! The desired Home of one node: the pack's rows, with this node's own laid over them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::sync::Arc;

use crate::carbon::bundle::bundles_info;
use crate::carbon::digest::{Digest, Hasher};
use crate::carbon::pack::Pack;
use crate::catalogue::Restart;
use crate::cluster::{Cluster, Node};
use crate::yaml::Result;

use super::content::{Class, Content, Desired};
use super::maker::Maker;
use super::moved::StockRow;
use super::overlay;
use super::row::{Kind, Row};
use super::stock::Stock;
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
        let mut maker = Maker::new(cluster, node, stock);
        maker.folders();
        maker.overlays(overlay::read(&node.overlays)?);
        maker.edits()?;
        let normal = vec![bundles_info(&node.profile)];
        let mut prunes = cluster.release.paths.own.clone();
        prunes.extend(maker.made_in_dropins());
        let rows = stock.rows.iter().map(|row| &row.entry);
        let paths = rows.map(|entry| (entry.path.as_str(), entry.sha256.is_none()));
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
        self.stock.row(path).map(from_pack)
    }

    /// Where the pack has what lies at a path: somewhere else for a patched plugin.
    #[must_use]
    pub fn source<'a>(&'a self, path: &'a str) -> &'a str {
        self.stock.source(path)
    }

    /// Every path, sorted byte by byte: Owned and Seeded.
    pub fn iter(&self) -> impl Iterator<Item = Desired> {
        let pack = self.stock.rows.iter();
        let pack = pack
            .filter(|row| !self.own.contains_key(&row.entry.path))
            .map(from_pack);
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
                Content::Pack => reader
                    .append(self.source(path), path, &mut tar)
                    .map_err(io::Error::other)?,
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

fn from_pack(row: &StockRow) -> Desired {
    let entry = &row.entry;
    Desired {
        row: Row {
            mode: entry.mode,
            kind: entry.sha256.map_or(Kind::Folder, Kind::File),
            path: entry.path.clone(),
        },
        class: row.class,
        restart: if row.read && entry.sha256.is_some() {
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
