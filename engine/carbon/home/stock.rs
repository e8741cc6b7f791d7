//! What all nodes of a cluster share: the pack, the stock files that are edited, the UI that goes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::carbon::bundle::{Bundle, Profile, Tier, UiCut, bundles_info, cut};
use crate::carbon::pack::{Entry, Pack};
use crate::catalogue::{FileEdits, Role, STANDING, overlay};
use crate::cluster::{Cluster, Node, WorkerUi};
use crate::edit::{EditError, bundles};
use crate::yaml::{Error, Result};

use super::content::Class;
use super::hashed::Hashed;
use super::moved::{StockRow, moved};
use super::proved::ProvedLists;
use super::row::{Kind, Row};
use super::tree::Tops;

/// What lies in a Home before anything is edited: clusters of one pack and version hold it in common.
#[derive(Debug)]
pub(super) struct Shipped {
    /// Sorted by path.
    pub(super) rows: Vec<StockRow>,
    /// The line of each of these rows: most lines of every node are these.
    pub(super) lines: Lines,
    /// Of what must be on disk.
    pub(super) on_disk: Hashed,
    /// Of what a server reads at its start.
    pub(super) at_start: Hashed,
    /// Where these paths begin.
    pub(super) tops: Tops,
    /// The bundles under `plugins`, as the pack's patches leave them.
    bundles: Vec<Bundle>,
    /// Edited lists of bundles that have all that they need.
    pub(super) proved: ProvedLists,
    /// What goes from profiles whose workers go without some of the UI.
    cuts: Mutex<Cuts>,
}

impl Shipped {
    /// The number of the row of a path; where there is none, of the one before which it would stand.
    pub(super) fn find(&self, path: &str) -> Result<usize, usize> {
        let rows = &self.rows;
        rows.binary_search_by(|row| row.entry.path.as_str().cmp(path))
    }

    fn of(pack: &Pack, cluster: &Cluster) -> Result<Self> {
        let moved = moved(pack, cluster)?;
        let rows = moved.rows(pack, &cluster.release.paths);
        let owned = |row: &StockRow| row.class == Class::Owned;
        let is_file = |row: &StockRow| row.entry.sha256.is_some();
        let read = |row: &StockRow| owned(row) && row.read && is_file(row);
        let paths = rows
            .iter()
            .map(|row| (row.entry.path.as_str(), !is_file(row)));
        Ok(Self {
            lines: Lines::of(&rows),
            on_disk: Hashed::of(rows.iter().map(owned)),
            at_start: Hashed::of(rows.iter().map(read)),
            tops: Tops::of(paths),
            rows,
            bundles: moved.bundles(pack),
            proved: ProvedLists::default(),
            cuts: Mutex::default(),
        })
    }
}

/// What goes from the profile of a bundles.info, for the tier that is wanted.
type Cuts = BTreeMap<(String, Tier), Arc<UiCut>>;

/// Stock files by their paths.
type Files = BTreeMap<String, Arc<[u8]>>;

/// The part of a desired Home that does not differ from node to node, computed once.
#[derive(Debug)]
pub struct Stock {
    pub(super) pack: Arc<Pack>,
    pub(super) shipped: Arc<Shipped>,
    names_kernel: bool,
    /// The stock files that some node edits.
    pub(super) files: Files,
    /// What goes from the profile that workers run.
    pub(super) cut: Arc<UiCut>,
}

impl Stock {
    /// Reads what the nodes of a cluster need of its pack.
    ///
    /// # Errors
    /// The pack cannot be read, or has no such profile as a node wants.
    pub fn read(pack: Arc<Pack>, cluster: &Cluster) -> Result<Self> {
        let shipped = Arc::new(Shipped::of(&pack, cluster)?);
        Self::of(pack, shipped, cluster, Files::new())
    }

    /// The same for another cluster of this pack, product and version: what is shipped is held in common.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn for_another(&self, cluster: &Cluster) -> Result<Self> {
        let (pack, shipped) = (Arc::clone(&self.pack), Arc::clone(&self.shipped));
        Self::of(pack, shipped, cluster, self.files.clone())
    }

    fn of(pack: Arc<Pack>, shipped: Arc<Shipped>, cluster: &Cluster, files: Files) -> Result<Self> {
        let mut stock = Self {
            shipped,
            names_kernel: false,
            files,
            cut: Arc::new(UiCut {
                tier: Tier::Keep,
                removed: BTreeSet::new(),
                obstacles: Vec::new(),
            }),
            pack: Arc::clone(&pack),
        };
        let unread = |error: crate::carbon::PackError| {
            let hint = error.way_out();
            Error::at(&cluster.pack_place, "the pack cannot be used")
                .hint(hint)
                .because(error)
        };
        stock.names_kernel = pack.kernel().map_err(unread)? == Some(cluster.release.kernel);
        let mut reader = pack.reader();
        for node in &cluster.nodes {
            let own = bundles_info(&node.profile);
            let edited = edits_of(cluster, node);
            let has_edits = |file: &&FileEdits| {
                let mut operations = file.operations.iter();
                operations.any(|operation| operation.format != STANDING)
            };
            let edited = edited.iter().filter(has_edits).map(|file| &file.path);
            for path in edited.chain([&own]) {
                if !stock.files.contains_key(path)
                    && let Some(bytes) = reader.read(stock.source(path)).map_err(unread)?
                {
                    stock.files.insert(path.clone(), bytes.into());
                }
            }
            if !stock.files.contains_key(&own) {
                let known = pack.profiles().join("`, `");
                let message = format!(
                    "the pack has no profile `{}` for `{}`",
                    node.profile, node.name
                );
                return Err(Error::at(&cluster.pack_place, message)
                    .hint(format!("it has `{known}` (carbon 1.2)")));
            }
        }
        stock.cut = stock.ui(cluster)?;
        Ok(stock)
    }

    /// The pack.
    #[must_use]
    pub fn pack(&self) -> &Arc<Pack> {
        &self.pack
    }

    /// The row of a path.
    pub(super) fn row(&self, path: &str) -> Option<&StockRow> {
        let at = self.shipped.find(path).ok()?;
        Some(&self.shipped.rows[at])
    }

    /// Where the pack has what lies at a path of the Home.
    pub(super) fn source<'a>(&'a self, path: &'a str) -> &'a str {
        let from = self.row(path).and_then(|row| row.from.as_deref());
        from.unwrap_or(path)
    }

    /// True where the pack itself names the kernel that the catalogue has for it.
    #[must_use]
    pub fn names_kernel(&self) -> bool {
        self.names_kernel
    }

    /// What of the UI goes from workers, and what stands in the way of more.
    #[must_use]
    pub fn cut(&self) -> &Arc<UiCut> {
        &self.cut
    }

    fn ui(&self, cluster: &Cluster) -> Result<Arc<UiCut>> {
        let wanted = match cluster.worker_ui {
            WorkerUi::Keep => Tier::Keep,
            WorkerUi::T1 => Tier::T1,
            WorkerUi::Auto | WorkerUi::T2 => Tier::T2,
        };
        let Some(worker) = cluster.of_role(Role::Worker).next() else {
            return Ok(Arc::clone(&self.cut));
        };
        let path = bundles_info(&worker.profile);
        let done = self.cut_of(&path, &cluster.release.ui_only, wanted);
        let done = done.map_err(|error| {
            let message = format!("the pack's `{path}` cannot be read");
            Error::at(&cluster.pack_place, message).because(error)
        })?;
        if cluster.worker_ui == WorkerUi::T2
            && let Some(obstacle) = done.obstacles.first()
        {
            let place = cluster.place_of("carbon_worker_ui");
            return Err(
                Error::at(place, format!("the console cannot go: {obstacle}"))
                    .hint("`carbon_worker_ui: auto` takes out what can go"),
            );
        }
        Ok(done)
    }

    /// What goes from the profile of this bundles.info; a release has one list of `ui_only`.
    fn cut_of(
        &self,
        path: &str,
        ui_only: &[String],
        wanted: Tier,
    ) -> Result<Arc<UiCut>, EditError> {
        // Whoever panicked while it was held has left whole entries.
        let cuts = &self.shipped.cuts;
        let mut cuts = cuts.lock().unwrap_or_else(PoisonError::into_inner);
        let of = (path.to_owned(), wanted);
        if let Some(known) = cuts.get(&of) {
            return Ok(Arc::clone(known));
        }
        let lines = bundles::parse(&self.files[path])?;
        let profile = Profile::new(&lines, &self.shipped.bundles);
        let done = Arc::new(cut(&profile, ui_only, wanted));
        cuts.insert(of, Arc::clone(&done));
        Ok(done)
    }
}

/// The lines of rows, one behind the other.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    ends: Vec<usize>,
}

impl Lines {
    fn of(rows: &[StockRow]) -> Self {
        rows.iter().map(|row| row_of(&row.entry).line()).collect()
    }

    /// The lines of the rows from number `from` to before number `to`.
    pub(super) fn of_range(&self, from: usize, to: usize) -> &str {
        let end = |number: usize| number.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.text[end(from)..end(to)]
    }
}

impl<L: AsRef<str>> FromIterator<L> for Lines {
    fn from_iter<I: IntoIterator<Item = L>>(all: I) -> Self {
        let mut lines = Self {
            text: String::new(),
            ends: Vec::new(),
        };
        for line in all {
            lines.text.push_str(line.as_ref());
            lines.ends.push(lines.text.len());
        }
        lines
    }
}

/// The row of an entry of the pack.
pub(super) fn row_of(entry: &Entry) -> Row {
    Row {
        mode: entry.mode,
        kind: entry.sha256.map_or(Kind::Folder, Kind::File),
        path: entry.path.clone(),
    }
}

/// The edits of a node's files: the release's, with the user's own laid over them.
pub(super) fn edits_of<'a>(cluster: &'a Cluster, node: &Node) -> Cow<'a, [FileEdits]> {
    let mut edits = Cow::Borrowed(&cluster.release.edits[..]);
    if !node.edits.is_empty() {
        overlay(edits.to_mut(), node.edits.clone());
    }
    edits
}
