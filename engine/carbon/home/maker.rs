//! What a node's Home has besides the pack's own bytes: folders, overlays, edited files.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use crate::carbon::bundle::bundles_info;
use crate::carbon::digest::Digest;
use crate::catalogue::{FileEdits, Operation, Restart};
use crate::cluster::{Cluster, Node};
use crate::edit::{BundlesEdit, Edit, EditError, Format, Source, bundles};
use crate::yaml::{Error, Place, Result, Secrets, Value};

use super::content::{Class, Content, Desired, Edited};
use super::gone::Gone;
use super::made::{Costs, Made};
use super::moved::StockRow;
use super::overlay::{self, Laid};
use super::patterns::{cover, exactly, matches};
use super::proved::proved;
use super::render::Renderer;
use super::row::{Kind, Row};
use super::stock::{Stock, edits_of};
use super::vaulted::{Opened, Vaulted};
use super::workshop::Workshop;

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
    // The edits themselves arrive read; their secrets stand among the node's variables (`carbon_edits`).
    for value in vars {
        collect(&value.value, &mut secrets);
    }
    secrets
}

/// What is laid over the pack, while it is made.
pub(super) struct Maker<'a, 's> {
    pub(super) cluster: &'a Cluster,
    pub(super) node: &'a Node,
    workshop: &'a Workshop<'s>,
    pub(super) stock: &'a Stock,
    secrets: Secrets,
    pub(super) own: BTreeMap<String, Desired>,
    pub(super) gone: Gone,
    pub(super) opened: Option<Opened>,
}

impl<'a, 's> Maker<'a, 's> {
    /// Nothing is laid yet.
    pub(super) fn new(cluster: &'a Cluster, node: &'a Node, workshop: &'a Workshop<'s>) -> Self {
        Self {
            cluster,
            node,
            workshop,
            stock: workshop.stock(),
            secrets: secrets(cluster, node),
            own: BTreeMap::new(),
            gone: Gone::default(),
            opened: None,
        }
    }

    /// Folders that must exist (real-run 3), and those above what is laid over.
    pub(super) fn folders(&mut self) {
        for path in &self.cluster.release.paths.folders {
            self.folder(path);
        }
    }

    /// What the pack has at a path, and nobody has taken away.
    pub(super) fn of_pack(&self, path: &str) -> Option<&'a StockRow> {
        self.stock.row(path).filter(|_| !self.gone.has(path))
    }

    pub(super) fn folder(&mut self, path: &str) {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.folder(above);
        }
        if self.of_pack(path).is_some() || self.own.contains_key(path) {
            return;
        }
        let row = Row {
            mode: 0o755,
            kind: Kind::Folder,
            path: path.to_owned(),
        };
        self.put(row, Restart::None, Content::Folder, false);
    }

    pub(super) fn put(&mut self, mut row: Row, restart: Restart, content: Content, secret: bool) {
        if secret {
            // The pack's files can be read by all users of a host; one that holds a secret cannot.
            row.mode &= !0o007;
        }
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

    pub(super) fn overlays(&mut self, files: BTreeMap<String, Laid>) {
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

    /// The jars of drivers, where the launcher makes bundles of them, and of the repository's client (procedure 2.2).
    pub(super) fn jars(&mut self) -> Result<()> {
        let mut files = overlay::jars(&self.cluster.databases.jars, &|_| overlay::LIB)?;
        if let Some(repository) = self.cluster.repository() {
            let folder = |name: &str| match name.starts_with("trilead") {
                true => overlay::LIB,
                false => overlay::DROPINS,
            };
            files.extend(overlay::jars(&repository.jars, &folder)?);
        }
        self.overlays(files);
        Ok(())
    }

    pub(super) fn edits(&mut self) -> Result<()> {
        let renderer = Renderer::new(
            self.cluster,
            self.node,
            &self.workshop.language,
            &self.workshop.edits,
        );
        let bundles_info = bundles_info(&self.node.profile);
        let files = edits_of(self.cluster, self.node);
        let edited = files.iter().any(|file| file.path == bundles_info);
        let unedited = (!edited).then(|| FileEdits {
            path: bundles_info.clone(),
            operations: Vec::new(),
            place: self.cluster.pack_place.clone(),
        });
        let mut vaulted = Vaulted::of(self.cluster);
        for file in files.iter().chain(&unedited) {
            let mut edits = renderer.edits(file)?;
            if let Some(vaulted) = &mut vaulted
                && Vaulted::may_hold(&file.path)
                && (self.of_pack(&file.path).is_some() || self.own.contains_key(&file.path))
            {
                let (stock, _) = self.stock_of(file)?;
                edits = vaulted.take(file, &stock, edits)?;
            }
            if file.path == bundles_info && self.node.is_worker() {
                let gone = self.stock.cut.removed.iter();
                let gone = gone.map(|name| Edit::Bundles(BundlesEdit::remove(name, None)));
                let place = &self.cluster.pack_place;
                edits.extend(gone.map(|edit| (edit, Restart::Now, place.clone())));
            }
            if !edits.is_empty() || file.path == bundles_info {
                self.edited(file, edits)?;
            }
            if file.path == bundles_info {
                self.resolves(file)?;
            }
        }
        if let Some(vaulted) = vaulted {
            self.vault(vaulted)?;
        }
        for file in files.iter() {
            for (standing, restart, place) in renderer.standing(file)? {
                self.stands(&file.path, (&standing, restart, &place))?;
            }
        }
        Ok(())
    }

    fn edited(&mut self, file: &FileEdits, edits: Vec<(Edit, Restart, Place)>) -> Result<()> {
        let overlaid = self.own.contains_key(&file.path);
        let (stock, mode) = self.stock_of(file)?;
        let costs: Costs = edits
            .iter()
            .map(|(edit, restart, _)| (edit.clone(), *restart))
            .collect();
        let own = Source::new(&stock);
        // The text under an overlay is this node's own as well: what is made of it is as much to hold.
        let (costs, made, held) = if overlaid {
            (costs, self.made(file, &own, &edits)?, true)
        } else {
            let make = || match self.workshop.source(&file.path) {
                Some(source) => self.made(file, source, &edits),
                None => self.made(file, &own, &edits),
            };
            self.workshop.made.get(&file.path, &costs, make)?
        };
        let secret = self.come_into(&made.bytes, &stock);
        let restart = costs.iter().map(|(_, restart)| *restart).max();
        let row = Row {
            mode,
            kind: Kind::File(made.digest),
            path: file.path.clone(),
        };
        let content = Content::Computed(Edited::new(stock, costs, made, held));
        let least = restart.unwrap_or(Restart::Now).max(Restart::Now);
        self.put(row, least, content, secret);
        Ok(())
    }

    /// True where the edits have brought a secret into a file.
    fn come_into(&self, made: &[u8], stock: &[u8]) -> bool {
        match (str::from_utf8(made), str::from_utf8(stock)) {
            (Ok(made), Ok(stock)) => self.secrets.come_into(made, stock),
            _ => {
                let text = String::from_utf8_lossy;
                self.secrets.come_into(&text(made), &text(stock))
            }
        }
    }

    /// Edits a file; an edit that cannot be made is blamed where it stands.
    fn made(
        &self,
        file: &FileEdits,
        source: &Source<'_>,
        edits: &[(Edit, Restart, Place)],
    ) -> Result<Made> {
        let normal = file.path == bundles_info(&self.node.profile);
        let digest = |bytes: &[u8]| match normal {
            true => Digest::of(&bundles::normal_form(bytes)),
            false => Digest::of(bytes),
        };
        let blamed = |error: EditError| {
            if let Some(from) = self.laid(&file.path) {
                let message = format!("the overlay's `{}` cannot be edited", from.display());
                return Error::at(&Place::start_of(from), message)
                    .because(error)
                    .hint(format!(
                        "an overlay lays it over the pack's `{}`; without it the pack's is edited",
                        file.path
                    ));
            }
            let message = format!("`{}` cannot be edited", file.path);
            let blamed = edits
                .iter()
                .find(|(edit, ..)| error.target() == Some(edit.target()));
            let place = blamed.map_or(&file.place, |(.., place)| place);
            Error::at(place, message).because(error)
        };
        let all: Vec<Edit> = edits.iter().map(|(edit, ..)| edit.clone()).collect();
        let bytes = source.edited(&all).map_err(blamed)?;
        let dear = edits
            .iter()
            .filter(|(_, restart, _)| *restart > Restart::Deferred);
        let dear: Vec<Edit> = dear.map(|(edit, ..)| edit.clone()).collect();
        let whole = digest(&bytes);
        let started = if dear.len() == edits.len() {
            whole
        } else {
            // No file is ever this text, so that nothing hangs on its being proved.
            digest(&source.edited_unproved(&dear).map_err(blamed)?)
        };
        Ok(Made {
            bytes: bytes.into(),
            digest: whole,
            started,
        })
    }

    /// The overlay's file at a path, where one lies there.
    pub(super) fn laid(&self, path: &str) -> Option<&std::path::Path> {
        match self.own.get(path).map(|own| &own.content) {
            Some(Content::Overlay(from)) => Some(from),
            _ => None,
        }
    }

    /// The bundles that stay have all that they need.
    fn resolves(&self, file: &FileEdits) -> Result<()> {
        let (Some(shipped), Some(own)) =
            (self.stock.files.get(&file.path), self.own.get(&file.path))
        else {
            return Ok(());
        };
        let Content::Computed(edited) = &own.content else {
            return Ok(());
        };
        let bytes = &edited.bytes();
        let place = file
            .operations
            .last()
            .map_or(&file.place, |last| &last.place);
        self.stock.shipped.proved.once(bytes, || {
            proved(&self.stock.pack, shipped, bytes, &self.stock.cut, place)
        })
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
            let row = self.stock.row(&file.path);
            return Ok((Arc::clone(bytes), row.map_or(0o644, |row| row.entry.mode)));
        }
        let makes = |operation: &Operation| {
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
    pub(super) fn made_in_dropins(&self) -> Vec<String> {
        let lib = format!("{}/", overlay::LIB);
        let entries = self.stock.pack.entries();
        let first = entries.partition_point(|entry| entry.path < lib);
        let pack = entries[first..].iter().map(|entry| entry.path.as_str());
        let pack = pack.take_while(|path| path.starts_with(&lib));
        let made = pack
            .chain(self.own.keys().map(String::as_str))
            .filter_map(|path| {
                let jar = path.strip_prefix(&lib)?.strip_suffix(".jar")?;
                let name = format!("{}_1.0.0.jar", jar.replace('-', "_"));
                Some(exactly(&format!("{}/{name}", overlay::DROPINS)))
            });
        made.collect()
    }
}
