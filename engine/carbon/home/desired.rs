//! The desired Home of one node: the pack's rows, with this node's own laid over them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use crate::carbon::bundle::bundles_info;
use crate::carbon::digest::Digest;
use crate::carbon::pack::Pack;
use crate::carbon::vault::Vault;
use crate::catalogue::Restart;
use crate::cluster::{Cluster, Node};
use crate::yaml::Result;

use super::content::{Class, Content, Desired};
use super::gone::Gone;
use super::hashed::{Hashed, Stretch};
use super::maker::Maker;
use super::moved::StockRow;
use super::overlay;
use super::row::{Kind, Row};
use super::stock::{Stock, row_of};
use super::tree::TreeRules;
use super::vaulted::{Opened, PASSWORD_FILE};
use super::workshop::Workshop;

/// Every path of a node's Home that wmprov writes, and the rules by which a host finds the Owned ones.
#[derive(Clone, Debug)]
pub struct DesiredHome {
    stock: Arc<Stock>,
    own: BTreeMap<String, Desired>,
    gone: Gone,
    rules: TreeRules,
    opened: Option<Opened>,
}

impl DesiredHome {
    /// Computes the Home of a node: overlays over the pack, edits over both.
    ///
    /// # Errors
    /// An edit whose target is missing, a template that cannot be filled in, an overlay that cannot be
    /// read: with the place of the edit or the variable, and the file of the Home.
    pub fn compute(cluster: &Cluster, node: &Node, workshop: &Workshop<'_>) -> Result<Self> {
        let stock = workshop.stock();
        let mut maker = Maker::new(cluster, node, workshop);
        maker.folders();
        maker.overlays(overlay::read(&node.overlays)?);
        maker.jars()?;
        maker.edits()?;
        let normal = vec![bundles_info(&node.profile)];
        let mut prunes = cluster.release.paths.own.clone();
        prunes.extend(maker.made_in_dropins());
        let own = maker.own.iter();
        let own = own.map(|(path, desired)| (path.as_str(), desired.row.kind == Kind::Folder));
        let rules = TreeRules::new(&stock.shipped.tops, own, prunes, normal);
        Ok(Self {
            stock: Arc::clone(stock),
            own: maker.own,
            gone: maker.gone,
            rules,
            opened: maker.opened,
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
        let row = self.stock.row(path).filter(|_| !self.gone.has(path));
        row.map(from_pack)
    }

    /// False where the pack has a path that no server reads.
    #[must_use]
    pub fn may_be_read(&self, path: &str) -> bool {
        self.stock.row(path).is_none_or(|row| row.read)
    }

    /// Where the pack has what lies at a path: somewhere else for a patched plugin.
    #[must_use]
    pub fn source<'a>(&'a self, path: &'a str) -> &'a str {
        self.stock.source(path)
    }

    /// The vault that its passwords are in, where they are in one.
    #[must_use]
    pub fn vault(&self) -> Option<&Vault> {
        Some(&self.opened.as_ref()?.vault)
    }

    /// True where its vault is closed by the key that the pack ships, which whoever has such a pack opens it with.
    #[must_use]
    pub fn has_stock_key(&self) -> bool {
        self.opened
            .as_ref()
            .is_some_and(|opened| opened.key_of_pack)
    }

    /// The files that have passwords in clear which are in the vault too, with how many; none where there is no vault.
    #[must_use]
    pub fn left_in_clear(&self) -> Vec<(String, usize)> {
        let Some(opened) = &self.opened else {
            return Vec::new();
        };
        let files = self.iter().map(|desired| desired.row.path);
        let files = files.filter(|path| path.starts_with(CONFIGURATION) && path.ends_with(".xml"));
        let left = files.filter_map(|path| {
            let count = opened.left_in(&self.text(&path, LONGEST)?);
            (count > 0).then_some((path, count))
        });
        left.collect()
    }

    /// The text that is desired at a path. [`None`] where it is no text, or has more than `longest` bytes, or is nothing but
    /// a password; what cannot be read here any more (an overlay that has just gone) has none either: its digest still tells.
    #[must_use]
    pub fn text(&self, path: &str, longest: u64) -> Option<String> {
        let desired = self.get(path).filter(|_| path != PASSWORD_FILE)?;
        let short = |size: u64| (size <= longest).then_some(());
        let named_as_none = |end: &str| NO_TEXT.contains(&end);
        let bytes = match &desired.content {
            Content::Computed(edited) => {
                short(edited.length())?;
                edited.bytes().to_vec()
            }
            _ if path
                .rsplit_once('.')
                .is_some_and(|(_, end)| named_as_none(end)) =>
            {
                return None;
            }
            Content::Pack => {
                let source = self.source(path);
                short(self.pack().index().entry(source)?.size)?;
                self.pack().read(source).ok()??
            }
            Content::Overlay(from) => {
                short(fs::metadata(from).ok()?.len())?;
                fs::read(from).ok()?
            }
            Content::Folder | Content::Link => return None,
        };
        as_text(bytes)
    }

    /// Every path, sorted byte by byte: Owned and Seeded.
    pub fn iter(&self) -> impl Iterator<Item = Desired> {
        self.slots().map(|slot| match slot {
            Slot::Own(desired) => desired.clone(),
            Slot::Pack(at) => from_pack(&self.stock.shipped.rows[at]),
        })
    }

    fn slots(&self) -> impl Iterator<Item = Slot<'_>> {
        let mut own = self.own.values().peekable();
        let pack = self.stock.shipped.rows.iter().enumerate();
        let pack = pack.filter(|(_, row)| !self.gone.has(&row.entry.path));
        let mut pack = pack.peekable();
        std::iter::from_fn(move || match (own.peek(), pack.peek()) {
            (Some(mine), Some((at, theirs))) if mine.row.path > theirs.entry.path => {
                let at = *at;
                pack.next();
                Some(Slot::Pack(at))
            }
            (Some(mine), theirs) => {
                if theirs.is_some_and(|(_, theirs)| theirs.entry.path == mine.row.path) {
                    pack.next();
                }
                own.next().map(Slot::Own)
            }
            (None, _) => pack.next().map(|(at, _)| Slot::Pack(at)),
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

    /// SHA-256 over the lines of the Owned rows: what must be on disk. A host makes the same from its own
    /// listing.
    #[must_use]
    pub fn tree_digest(&self) -> Digest {
        let own = |desired: &Desired| (desired.class == Class::Owned).then(|| desired.row.line());
        self.digest(&self.stock.shipped.on_disk, own)
    }

    /// SHA-256 over the lines that a server reads at its start, edits that cost no restart left out: what
    /// a running process must have been started with.
    #[must_use]
    pub fn start_digest(&self) -> Digest {
        let own = |desired: &Desired| Some(desired.started()?.line());
        self.digest(&self.stock.shipped.at_start, own)
    }

    /// Hashes the pack's lines as they stand in the stock, and this node's own between them: a cluster of hundreds
    /// of nodes formats the lines of its pack once, and hashes once what its nodes begin with.
    fn digest(&self, hashed: &Hashed, own: impl Fn(&Desired) -> Option<String>) -> Digest {
        let shipped = &self.stock.shipped;
        // What of the pack is not here, and what stands there instead.
        let mut cuts: Vec<(Range<usize>, Option<&Desired>)> = Vec::new();
        cuts.extend(self.gone.rows(&shipped.rows).map(|rows| (rows, None)));
        cuts.extend(self.own.values().map(|desired| {
            let found = shipped.find(&desired.row.path);
            let rows = found.map_or_else(|next| next..next, |at| at..at + 1);
            (rows, Some(desired))
        }));
        // A line before one row comes before what stands in the place of that row.
        cuts.sort_by_key(|(rows, _)| (rows.start, rows.end));
        let mut stretches = Vec::with_capacity(cuts.len() + 1);
        let mut from = 0;
        for (rows, desired) in cuts {
            let pack = from..rows.start.max(from);
            from = rows.end.max(from);
            // What is gone, or is not hashed here, has no line.
            let line = desired.and_then(&own).unwrap_or_default();
            if !pack.is_empty() || !line.is_empty() {
                stretches.push(Stretch { pack, own: line });
            }
        }
        stretches.push(Stretch {
            pack: from..shipped.rows.len(),
            own: String::new(),
        });
        hashed.digest(stretches, &shipped.lines)
    }

    /// Writes `paths` as a tar stream, in the given order. Names are relative to the Home, times are the
    /// epoch, everything belongs to `owner` (user and group); where none is given, to who receives it.
    ///
    /// # Errors
    /// A path that is not desired, the pack or an overlay cannot be read or has changed, `out` fails.
    pub fn stream(
        &self,
        paths: impl IntoIterator<Item = impl AsRef<str>>,
        owner: Option<(&str, &str)>,
        out: impl Write,
    ) -> io::Result<()> {
        let mut reader = self.stock.pack.reader();
        let mut tar = tar::Builder::new(out);
        for path in paths {
            let path = path.as_ref();
            let Some(desired) = self.get(path) else {
                let why = format!("`{path}` is no path of this Home");
                return Err(io::Error::new(io::ErrorKind::NotFound, why));
            };
            let mut header = tar::Header::new_gnu();
            header.set_mode(desired.row.mode);
            header.set_uid(0);
            header.set_gid(0);
            if let Some((user, group)) = owner {
                header.set_username(user)?;
                header.set_groupname(group)?;
            }
            match &desired.content {
                Content::Pack => reader
                    .append(self.source(path), path, header, &mut tar)
                    .map_err(io::Error::other)?,
                Content::Folder => {
                    header.set_size(0);
                    header.set_entry_type(tar::EntryType::Directory);
                    tar.append_data(&mut header, path, io::empty())?;
                }
                Content::Link => {
                    header.set_size(0);
                    header.set_entry_type(tar::EntryType::Symlink);
                    if let Kind::Link(target) = &desired.row.kind {
                        tar.append_link(&mut header, path, target)?;
                    }
                }
                Content::Computed(edited) => {
                    header.set_size(edited.length());
                    tar.append_data(&mut header, path, &edited.bytes()[..])?;
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

/// Where the server's configuration lies.
const CONFIGURATION: &str = "repository/conf/";

/// A configuration file of more bytes than this is none.
const LONGEST: u64 = 1 << 20;

/// Endings of what is no text, and not worth reading to see that.
const NO_TEXT: [&str; 12] = [
    "jar", "zip", "war", "car", "aar", "mar", "jks", "png", "gif", "jpg", "ico", "gz",
];

/// The bytes of a file as a reader can be shown them.
#[must_use]
pub fn as_text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

/// A path of a Home: this node's own, or the pack's entry of that number.
enum Slot<'a> {
    Own(&'a Desired),
    Pack(usize),
}

pub(super) fn from_pack(row: &StockRow) -> Desired {
    let entry = &row.entry;
    Desired {
        row: row_of(entry),
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
