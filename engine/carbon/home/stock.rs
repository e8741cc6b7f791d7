//! What all nodes of a cluster share: the pack, the stock files that are edited, the UI that goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::carbon::bundle::{Bundle, Profile, Tier, UiCut, bundles_info, cut};
use crate::carbon::pack::{Entry, Pack};
use crate::catalogue::{FileEdits, Role, STANDING, overlay};
use crate::cluster::{Cluster, Node, WorkerUi};
use crate::edit::bundles;
use crate::yaml::{Error, Result};

use super::hashed::Hashed;
use super::made::MadeFiles;
use super::moved::{StockRow, moved};
use super::proved::ProvedLists;
use super::row::{Kind, Row};

/// What lies in a Home before anything is edited: clusters of one pack and version hold it in common.
#[derive(Debug)]
pub(super) struct Shipped {
    /// Sorted by path.
    pub(super) rows: Vec<StockRow>,
    /// The line of each of these rows: most lines of every node are these.
    pub(super) lines: Lines,
    /// What hashing them has come to, behind those with which nodes begin.
    pub(super) hashed: Hashed,
    /// The bundles under `plugins`, as the pack's patches leave them.
    bundles: Vec<Bundle>,
}

impl Shipped {
    fn of(pack: &Pack, cluster: &Cluster) -> Result<Self> {
        let moved = moved(pack, cluster)?;
        let rows = moved.rows(pack, &cluster.release.paths);
        Ok(Self {
            lines: Lines::of(&rows),
            hashed: Hashed::default(),
            rows,
            bundles: moved.bundles(pack),
        })
    }
}

/// The part of a desired Home that does not differ from node to node, computed once.
#[derive(Debug)]
pub struct Stock {
    pub(super) pack: Arc<Pack>,
    pub(super) shipped: Arc<Shipped>,
    names_kernel: bool,
    /// The stock files that some node edits.
    pub(super) files: BTreeMap<String, Arc<[u8]>>,
    /// What edits have made of them.
    pub(super) made: MadeFiles,
    /// Edited lists of bundles that have all that they need.
    pub(super) proved: ProvedLists,
    /// What goes from the profile that workers run.
    pub(super) cut: UiCut,
}

impl Stock {
    /// Reads what the nodes of a cluster need of its pack.
    ///
    /// # Errors
    /// The pack cannot be read, or has no such profile as a node wants.
    pub fn read(pack: Arc<Pack>, cluster: &Cluster) -> Result<Self> {
        let shipped = Arc::new(Shipped::of(&pack, cluster)?);
        Self::of(pack, shipped, cluster)
    }

    /// The same for another cluster of this pack, product and version: what is shipped is held in common.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn for_another(&self, cluster: &Cluster) -> Result<Self> {
        Self::of(Arc::clone(&self.pack), Arc::clone(&self.shipped), cluster)
    }

    fn of(pack: Arc<Pack>, shipped: Arc<Shipped>, cluster: &Cluster) -> Result<Self> {
        let mut stock = Self {
            shipped,
            names_kernel: false,
            files: BTreeMap::new(),
            made: MadeFiles::default(),
            proved: ProvedLists::default(),
            cut: UiCut {
                tier: Tier::Keep,
                removed: BTreeSet::new(),
                obstacles: Vec::new(),
            },
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
            let edited = edits_of(cluster, node)?;
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
        let rows = &self.shipped.rows;
        let at = rows.binary_search_by(|row| row.entry.path.as_str().cmp(path));
        at.ok().map(|at| &rows[at])
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
    pub fn cut(&self) -> &UiCut {
        &self.cut
    }

    fn ui(&self, cluster: &Cluster) -> Result<UiCut> {
        let wanted = match cluster.worker_ui {
            WorkerUi::Keep => Tier::Keep,
            WorkerUi::T1 => Tier::T1,
            WorkerUi::Auto | WorkerUi::T2 => Tier::T2,
        };
        let Some(worker) = cluster.of_role(Role::Worker).next() else {
            return Ok(self.cut.clone());
        };
        let path = bundles_info(&worker.profile);
        let lines = bundles::parse(&self.files[&path]).map_err(|error| {
            let message = format!("the pack's `{path}` cannot be read");
            Error::at(&cluster.pack_place, message).because(error)
        })?;
        let profile = Profile::new(&lines, &self.shipped.bundles);
        let done = cut(&profile, &cluster.release.ui_only, wanted);
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
pub(super) fn edits_of(cluster: &Cluster, node: &Node) -> Result<Vec<FileEdits>> {
    let mut edits = cluster.release.edits.clone();
    overlay(&mut edits, node.edits.clone());
    Ok(edits)
}
