//! Where in the user's files a change goes: to the group where all of its nodes have it, else to the host. A list that
//! stands nearer hides one that stands farther, so what a node reads already is added to, never hidden.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::catalogue::FORMATS;
use crate::commands::FileOptions;
use crate::commands::files::clusters_of;
use crate::inventory::{Drafts, Inventory, LoadOptions, Owner};
use crate::yaml::{
    Error, Node as Written, Place, Result, Value, list_of, map_of, with_item, with_only, with_value,
};

use super::expression::{Entry, Laid};
use super::readers::{Key, Site};

const EDITS: &str = "carbon_edits";
const OVERLAYS: &str = "carbon_overlays";

/// What is to be written: texts of the user's files, and files of overlays by the folder that holds them.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    pub(super) drafts: Drafts,
    pub(super) laid: BTreeMap<PathBuf, Laid>,
    /// What goes where, for the user.
    pub(super) told: Vec<String>,
}

/// Places changes one after the other, each on top of those before.
pub(super) struct Placer<'a> {
    pub(super) files: &'a FileOptions,
    /// Where folders of overlays are made: beside the inventory; for a trial somewhere else.
    pub(super) root: &'a Path,
    /// For a trial: what the user has is left alone.
    pub(super) trial: bool,
    pub(super) placed: Placed,
}

impl Placer<'_> {
    fn site(&self) -> Result<Site, Vec<Error>> {
        let inventory = load(self.files, &self.placed.drafts)?;
        let clusters = clusters_of(self.files, &inventory)?;
        Ok(Site {
            inventory,
            clusters,
        })
    }

    /// Edits of one path, wanted on these nodes and on no other.
    pub(super) fn edits(&mut self, edits: &[Entry], nodes: &[Key]) -> Result<(), Vec<Error>> {
        let site = self.site()?;
        for (place, part) in site.parts(EDITS, nodes).map_err(one)? {
            match place {
                Some(place) => {
                    let readers = site.readers(EDITS, Some(&place));
                    self.more_edits(&site, &place, edits, (&part, &readers))
                }
                None => self.first_edits(&site, edits, (&part, nodes)),
            }
            .map_err(one)?;
        }
        Ok(())
    }

    /// In a list that the nodes read already.
    fn more_edits(
        &mut self,
        site: &Site,
        place: &Place,
        edits: &[Entry],
        (part, readers): (&[Key], &[Key]),
    ) -> Result<()> {
        let only = only(part, readers);
        let mut left = Vec::new();
        let list = site.find(&part[0])?.1.vars.get(EDITS).cloned();
        for edit in edits {
            let known = list.as_ref().and_then(|list| value_of(list, edit));
            let file = place.file.to_path_buf();
            match (known, &edit.value, &only) {
                (Some((known, before)), Some(after), None) => {
                    let text = self.placed.drafts.text(&file)?;
                    let text = with_value(&text, &known, (&before, after), &self.files.vault)?;
                    self.put(
                        file,
                        text,
                        format!(
                            "the edit of `{}` in {} gets the value `{after}`",
                            edit.target, edit.path
                        ),
                    );
                }
                (Some((known, _)), _, Some(_)) => {
                    let message = format!(
                        "an edit of yours sets `{}` of `{}` on other nodes too",
                        edit.target, edit.path
                    );
                    return Err(Error::at(&known, message)
                        .hint("make one edit for each by hand, with `when: node.name == '…'`"));
                }
                _ => left.push(edit.clone()),
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        let item = item(&left, only.as_deref(), part);
        self.more(place, (EDITS, &item), said(&left, only.as_deref()))
    }

    /// One item more in a list.
    fn more(&mut self, place: &Place, (name, item): (&str, &Value), told: String) -> Result<()> {
        let file = place.file.to_path_buf();
        let text = self.placed.drafts.text(&file);
        let text = text.and_then(|text| with_item(&text, place, item, &self.files.vault));
        let to = || format!("the list at {place}");
        let text = text.map_err(|error| by_hand(error, &to(), name, item))?;
        self.put(file, text, told);
        Ok(())
    }

    /// In a list of their own.
    fn first_edits(
        &mut self,
        site: &Site,
        edits: &[Entry],
        (part, all): (&[Key], &[Key]),
    ) -> Result<()> {
        for (owner, own) in site.owners(part, all)? {
            let only = only(&own, &site.reached(EDITS, &owner, None));
            let item = item(edits, only.as_deref(), &own);
            let told = said(edits, only.as_deref());
            self.variable(site, &owner, (EDITS, &item), told)?;
        }
        Ok(())
    }

    /// A list of one item.
    fn variable(
        &mut self,
        site: &Site,
        owner: &Owner,
        (name, item): (&str, &Value),
        told: String,
    ) -> Result<()> {
        let list = list_of(vec![item.clone()]);
        let (drafts, vault) = (&self.placed.drafts, &self.files.vault);
        let written = site
            .inventory
            .with_variable(owner, (name, &list), drafts, vault);
        let written = written.map_err(|error| by_hand(error, &owner.to_string(), name, item));
        let (file, text) = written?;
        self.put(file, text, format!("{owner}: {told}"));
        Ok(())
    }

    fn put(&mut self, file: PathBuf, text: String, told: String) {
        let shown = file.strip_prefix(self.beside()).unwrap_or(&file);
        self.placed
            .told
            .push(format!("{}: {told}", shown.display()));
        self.placed.drafts.put(file, text);
    }

    fn beside(&self) -> &Path {
        self.files.inventory.parent().unwrap_or(Path::new(""))
    }

    /// Files that are laid over the Homes of these nodes, and of no other.
    pub(super) fn files(&mut self, files: &[Laid], nodes: &[Key]) -> Result<(), Vec<Error>> {
        let site = self.site()?;
        for (place, part) in site.parts(OVERLAYS, nodes).map_err(one)? {
            self.overlay(&site, place.as_ref(), files, (&part, nodes))
                .map_err(one)?;
        }
        Ok(())
    }

    fn overlay(
        &mut self,
        site: &Site,
        place: Option<&Place>,
        files: &[Laid],
        (part, all): (&[Key], &[Key]),
    ) -> Result<()> {
        if let Some(folder) = self.own_folder(site, part)? {
            self.lay(&folder, files);
            return Ok(());
        }
        let Some(place) = place else {
            return self.first_overlay(site, files, (part, all));
        };
        let owners = site.owners(part, all)?;
        let hosts = owners.iter().map(|(owner, _)| owner.name());
        let hosts = hosts.collect::<Vec<_>>().join(":");
        let name = match &owners[..] {
            [(owner, _)] => owner.name().to_owned(),
            _ => part[0].0.clone(),
        };
        let (folder, path) = self.new_folder(site, &name);
        let readers = site.readers(OVERLAYS, Some(place));
        let item = if readers.len() == part.len() {
            path
        } else {
            // Others read the list too.
            let own = owners
                .iter()
                .map(|(owner, _)| site.reached(OVERLAYS, owner, Some(place)));
            if own.map(|own| own.len()).sum::<usize>() != part.len() {
                return Err(several(&hosts));
            }
            map_of([("path", Some(path)), ("hosts", Some(Value::String(hosts)))])
        };
        self.more(
            place,
            (OVERLAYS, &item),
            format!("folder `overlays/{name}`"),
        )?;
        self.lay(&folder, files);
        Ok(())
    }

    /// In a list of their own.
    fn first_overlay(
        &mut self,
        site: &Site,
        files: &[Laid],
        (part, all): (&[Key], &[Key]),
    ) -> Result<()> {
        for (owner, own) in site.owners(part, all)? {
            if site.reached(OVERLAYS, &owner, None).len() != own.len() {
                return Err(several(owner.name()));
            }
            let (folder, item) = self.new_folder(site, owner.name());
            let told = format!("folder `overlays/{}`", owner.name());
            self.variable(site, &owner, (OVERLAYS, &item), told)?;
            self.lay(&folder, files);
        }
        Ok(())
    }

    /// The last folder that these nodes alone have laid over them.
    fn own_folder(&self, site: &Site, part: &[Key]) -> Result<Option<PathBuf>> {
        let folders = site.find(&part[0])?.1.overlays.iter().rev();
        let mut folders = folders.map(|overlay| &overlay.path).filter(|folder| {
            let having = site
                .nodes()
                .filter(|(_, _, node)| node.overlays.iter().any(|one| one.path == **folder));
            let having: Vec<Key> = having.map(|(key, ..)| key).collect();
            having.len() == part.len() && having.iter().all(|key| part.contains(key))
        });
        let may = |folder: &&PathBuf| !self.trial || folder.starts_with(self.root);
        Ok(folders.find(may).cloned())
    }

    /// A folder that nobody has yet, and how the inventory names it.
    fn new_folder(&self, site: &Site, name: &str) -> (PathBuf, Value) {
        let taken = |folder: &PathBuf| {
            let real =
                |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let overlays = site.nodes().flat_map(|(_, _, node)| node.overlays.iter());
            let near = overlays
                .map(|overlay| real(&overlay.path))
                .any(|other| real(folder).starts_with(&other) || other.starts_with(real(folder)));
            near || self.placed.laid.keys().any(|file| file.starts_with(folder))
                || std::fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some())
        };
        let names = ["overlays".to_owned(), "adopted".to_owned()].into_iter();
        let names = names.chain((2..).map(|number| format!("adopted-{number}")));
        let mut names = names.map(|above| format!("{above}/{name}"));
        let free = names.find(|name| !taken(&self.root.join(name)));
        // The names do not end.
        let free = free.unwrap_or_else(|| format!("overlays/{name}"));
        let folder = self.root.join(&free);
        let item = match self.trial {
            true => folder.display().to_string(),
            false => free,
        };
        (folder, Value::String(item))
    }

    fn lay(&mut self, folder: &Path, files: &[Laid]) {
        for file in files {
            let to = folder.join(&file.path);
            let shown = to
                .strip_prefix(self.root)
                .unwrap_or(&to)
                .display()
                .to_string();
            let private = match file.secret {
                true => " (mode 600: it holds a secret, or looks as if it did)",
                false => "",
            };
            self.placed.told.push(format!("{shown}{private}"));
            self.placed.laid.insert(to, file.clone());
        }
    }
}

/// The inventory as it will be.
///
/// # Errors
/// Every mistake in it.
pub(super) fn load(files: &FileOptions, drafts: &Drafts) -> Result<Inventory, Vec<Error>> {
    let options = LoadOptions {
        extra_vars: files.extra_vars.clone(),
        vault: files.vault.clone(),
        drafts: drafts.clone(),
    };
    Inventory::load(&files.inventory, &options)
}

fn one(error: Error) -> Vec<Error> {
    vec![error]
}

fn several(hosts: &str) -> Error {
    let message = format!(
        "a folder of overlays is for all nodes of a host, and not all of `{hosts}` have this"
    );
    Error::new(message)
        .hint("give the entries of `carbon_nodes` an `overlays` of their own by hand")
}

/// The condition that holds on `part` alone, of all that would read the edit; [`None`] where those are the same.
fn only(part: &[Key], readers: &[Key]) -> Option<String> {
    if readers.iter().all(|key| part.contains(key)) {
        return None;
    }
    let names: Vec<String> = part.iter().map(|(_, name)| format!("'{name}'")).collect();
    Some(match &names[..] {
        [name] => format!("node.name == {name}"),
        names => format!("node.name in [{}]", names.join(", ")),
    })
}

/// The edits of one path as an item of `carbon_edits`.
fn item(edits: &[Entry], only: Option<&str>, nodes: &[Key]) -> Value {
    let text = |text: &str| Some(Value::String(text.to_owned()));
    let names: Vec<&str> = nodes.iter().map(|(_, name)| name.as_str()).collect();
    let why = format!("adopted from {}", names.join(", "));
    let of = |format: &str| {
        let own = edits.iter().filter(|edit| edit.format == format);
        let items: Vec<Value> = own
            .map(|edit| {
                map_of([
                    (edit.verb, text(&edit.target)),
                    ("to", edit.value.as_deref().and_then(text)),
                    ("when", only.and_then(text)),
                    ("why", text(&why)),
                ])
            })
            .collect();
        (!items.is_empty()).then(|| list_of(items))
    };
    let path = edits.first().and_then(|edit| text(&edit.path));
    let [xml, properties, lines, bundles, file] = FORMATS;
    map_of([
        ("path", path),
        (xml, of(xml)),
        (properties, of(properties)),
        (lines, of(lines)),
        (bundles, of(bundles)),
        (file, of(file)),
    ])
}

fn said(edits: &[Entry], only: Option<&str>) -> String {
    let verbs: Vec<String> = edits
        .iter()
        .map(|edit| format!("{} `{}`", edit.verb, edit.target))
        .collect();
    let when = only.map_or(String::new(), |only| format!(", when {only}"));
    let path = edits.first().map_or("", |edit| &edit.path);
    format!("edit of {path}: {}{when}", verbs.join(", "))
}

/// Where an edit of the user says the value of this target without condition or template, and which.
fn value_of(list: &Written, edit: &Entry) -> Option<(Place, String)> {
    let files = list.list().ok()?.iter().filter_map(|file| file.map().ok());
    let files = files.filter(
        |file| matches!(file.get("path").map(Written::text), Some(Ok(known)) if known == edit.path),
    );
    let operations = files.filter_map(|file| file.get(edit.format)?.list().ok());
    let mut found = None;
    for operation in operations.flatten().filter_map(|one| one.map().ok()) {
        let target = operation
            .get(edit.verb)
            .and_then(|target| target.text().ok());
        if target == Some(edit.target.as_str()) {
            let plain = operation.get("when").is_none() && operation.get("each").is_none();
            let to = operation.get("to").filter(|_| plain)?;
            found = Some((to.place.clone(), to.text().ok()?.to_owned()));
        }
    }
    found
}

/// The same error, and what the user is to add himself.
fn by_hand(error: Error, to: &str, key: &str, item: &Value) -> Error {
    let shown = with_only(key, &list_of(vec![item.clone()]));
    error.hint(format!("add it by hand to {to}:\n{shown}"))
}

#[cfg(test)]
mod tests;
