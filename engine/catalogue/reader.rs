//! One catalogue file → drafts: what a base, a product or a version says, not yet inherited.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::yaml::{Error, Node, Place, Result, near};

use super::edits::{overlay, read_edits};
use super::fields::{Fields, small, texts};
use super::release::{
    Access, Clustering, FileEdits, Kernel, Known, PathRules, Port, Profiles, Release, Separation,
    WorkerRegistry,
};

/// The keys of an entry.
pub const BODY: &[&str] = &[
    "name",
    "kernel",
    "known",
    "separation",
    "reason",
    "instead",
    "pack",
    "top",
    "java",
    "ports",
    "clustering",
    "profiles",
    "ui_only",
    "registry",
    "stock",
    "notes",
    "component",
    "components",
    "edits",
    "paths",
    "like",
    "base",
    "product",
    "versions",
];

/// What one entry says for itself; all that it does not say is inherited.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) like: Option<Node>,
    pub(super) base: Option<Node>,
    name: Option<String>,
    kernel: Option<Kernel>,
    known: Option<Known>,
    separated: Option<bool>,
    reason: Option<String>,
    instead: Option<String>,
    pack: Option<String>,
    top: Option<String>,
    java: Option<Vec<u16>>,
    ports: Option<Vec<Port>>,
    domain: Option<String>,
    member_port: Option<u16>,
    manager: Option<String>,
    worker: Option<Option<String>>,
    worker_from: Option<String>,
    ui_only: Option<Vec<String>>,
    config: Option<Access>,
    governance: Option<Access>,
    stock: Option<Vec<String>>,
    notes: Vec<String>,
    component: Option<String>,
    components: BTreeMap<String, (Self, Place)>,
    edits: Vec<FileEdits>,
    paths: PathRules,
}

/// A file: a base that products build on, or a product with its versions.
pub(super) struct Sheet {
    /// `product`, or [`None`] for a base.
    pub(super) product: Option<String>,
    /// The base's name.
    pub(super) base_name: Option<String>,
    /// What holds for all versions.
    pub(super) shared: Draft,
    /// The versions in the order of the file.
    pub(super) versions: Vec<(String, Draft, Place)>,
}

/// Reads one file.
pub(super) fn read_sheet(root: &Node) -> Result<Sheet> {
    let fields = Fields::of(root, BODY)?;
    let product = fields.text("product")?;
    let mut shared = read_draft(root)?;
    let mut versions = Vec::new();
    if let Some(node) = fields.get("versions") {
        for (key, entry) in node.map()?.iter() {
            let draft = match entry.value {
                crate::yaml::Value::Null => Draft::default(),
                _ => read_draft(entry)?,
            };
            for key in ["product", "versions"] {
                if let Some((key, _)) = entry.map().ok().and_then(|map| map.entry(key)) {
                    let message = format!("`{}` stands at the top of the file only", key.name);
                    return Err(Error::at(&key.place, message));
                }
            }
            versions.push((key.name.clone(), draft, key.place.clone()));
        }
    }
    let base_name = match (&product, shared.base.take()) {
        (None, Some(name)) => Some(name.text()?.to_owned()),
        (None, None) => {
            return Err(Error::at(
                &root.place,
                "the file names neither a `product` nor a `base`",
            ));
        }
        (Some(_), base) => {
            shared.base = base;
            None
        }
    };
    Ok(Sheet {
        product,
        base_name,
        shared,
        versions,
    })
}

fn read_draft(node: &Node) -> Result<Draft> {
    let fields = Fields::of(node, BODY)?;
    let mut draft = Draft {
        like: fields.get("like").cloned(),
        base: fields.get("base").cloned(),
        name: fields.text("name")?,
        reason: fields.text("reason")?,
        instead: fields.text("instead")?,
        pack: fields.text("pack")?,
        top: fields.text("top")?,
        kernel: fields.get("kernel").map(read_kernel).transpose()?,
        known: fields.get("known").map(read_known).transpose()?,
        separated: fields.get("separation").map(read_separation).transpose()?,
        ui_only: fields.get("ui_only").map(texts).transpose()?,
        stock: fields.get("stock").map(texts).transpose()?,
        notes: fields.get("notes").map_or(Ok(Vec::new()), texts)?,
        component: fields.text("component")?,
        ..Draft::default()
    };
    if let Some(java) = fields.get("java") {
        draft.java = Some(java.list()?.iter().map(small).collect::<Result<_>>()?);
    }
    if let Some(ports) = fields.get("ports") {
        let port = |(key, node): (&crate::yaml::Key, &Node)| {
            Ok(Port {
                name: key.name.clone(),
                number: small(node)?,
            })
        };
        draft.ports = Some(ports.map()?.iter().map(port).collect::<Result<_>>()?);
    }
    if let Some(node) = fields.get("clustering") {
        let clustering = Fields::of(node, &["domain", "member_port"])?;
        draft.domain = clustering.text("domain")?;
        draft.member_port = clustering.get("member_port").map(small).transpose()?;
    }
    if let Some(node) = fields.get("profiles") {
        let profiles = Fields::of(node, &["manager", "worker", "worker_from"])?;
        draft.worker_from = profiles.text("worker_from")?;
        draft.manager = profiles.text("manager")?;
        draft.worker = match profiles.get("worker") {
            Some(node) if node.value == crate::yaml::Value::Null => Some(None),
            _ => profiles.text("worker")?.map(Some),
        };
    }
    if let Some(node) = fields.get("registry") {
        let registry = Fields::of(node, &["config", "governance"])?;
        draft.config = registry.get("config").map(read_access).transpose()?;
        draft.governance = registry.get("governance").map(read_access).transpose()?;
    }
    if let Some(node) = fields.get("components") {
        for (key, part) in node.map()?.iter() {
            let part = (read_draft(part)?, key.place.clone());
            draft.components.insert(key.name.clone(), part);
        }
    }
    if let Some(edits) = fields.get("edits") {
        for file in edits.list()? {
            draft.edits.push(read_edits(file)?);
        }
    }
    if let Some(node) = fields.get("paths") {
        let paths = Fields::of(node, &["own", "idle", "folders"])?;
        let list = |key| paths.get(key).map_or(Ok(Vec::new()), texts);
        draft.paths = PathRules {
            own: list("own")?,
            idle: list("idle")?,
            folders: list("folders")?,
        };
    }
    Ok(draft)
}

fn read_kernel(node: &Node) -> Result<Kernel> {
    Kernel::try_from(node.text()?.to_owned()).map_err(|message| Error::at(&node.place, message))
}

fn read_known(node: &Node) -> Result<Known> {
    match node.text()? {
        "proved" => Ok(Known::Proved),
        "inferred" => Ok(Known::Inferred),
        other => Err(wrong(node, other, &["proved", "inferred"])),
    }
}

fn read_access(node: &Node) -> Result<Access> {
    match node.text()? {
        "read_only" => Ok(Access::ReadOnly),
        "read_write" => Ok(Access::ReadWrite),
        other => Err(wrong(node, other, &["read_only", "read_write"])),
    }
}

fn read_separation(node: &Node) -> Result<bool> {
    match node.text()? {
        "supported" => Ok(true),
        "none" => Ok(false),
        other => Err(wrong(node, other, &["supported", "none"])),
    }
}

fn wrong(node: &Node, found: &str, known: &[&'static str]) -> Error {
    let error = Error::at(&node.place, format!("`{found}` is not known here"));
    match near(found, known.iter().copied()) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint(format!("known are `{}`", known.join("`, `"))),
    }
}

impl Draft {
    /// Lays `self` over what it inherits.
    pub(super) fn over(self, inherited: Self) -> Self {
        let mut edits = inherited.edits;
        overlay(&mut edits, self.edits);
        let mut notes = inherited.notes;
        notes.extend(self.notes);
        let mut components = inherited.components;
        for (name, (part, place)) in self.components {
            let part = match components.remove(&name) {
                Some((known, _)) => part.over(known),
                None => part,
            };
            components.insert(name, (part, place));
        }
        let mut paths = inherited.paths;
        paths.own.extend(self.paths.own);
        paths.idle.extend(self.paths.idle);
        paths.folders.extend(self.paths.folders);
        Self {
            like: self.like,
            base: self.base.or(inherited.base),
            name: self.name.or(inherited.name),
            kernel: self.kernel.or(inherited.kernel),
            known: self.known.or(inherited.known),
            separated: self.separated.or(inherited.separated),
            reason: self.reason.or(inherited.reason),
            instead: self.instead.or(inherited.instead),
            pack: self.pack.or(inherited.pack),
            top: self.top.or(inherited.top),
            java: self.java.or(inherited.java),
            ports: self.ports.or(inherited.ports),
            domain: self.domain.or(inherited.domain),
            member_port: self.member_port.or(inherited.member_port),
            manager: self.manager.or(inherited.manager),
            worker: self.worker.or(inherited.worker),
            worker_from: self.worker_from.or(inherited.worker_from),
            ui_only: self.ui_only.or(inherited.ui_only),
            config: self.config.or(inherited.config),
            governance: self.governance.or(inherited.governance),
            stock: self.stock.or(inherited.stock),
            notes,
            component: self.component.or(inherited.component),
            components,
            edits,
            paths,
        }
    }

    /// The release that a complete draft describes.
    pub(super) fn release(
        mut self,
        product: &str,
        version: &str,
        place: &Place,
    ) -> Result<Release> {
        let mut components = BTreeMap::new();
        for (name, (mut part, at)) in std::mem::take(&mut self.components) {
            part.component = Some(name.clone());
            let part = part.over(self.clone()).release(product, version, &at)?;
            components.insert(name, Arc::new(part));
        }
        let missing = |key: &str| {
            let message = format!("`{product}` {version} has no `{key}`");
            Error::at(place, message).hint("say it here, or inherit it with `like:` or `base:`")
        };
        let separation = match self.separated {
            Some(false) => Separation::None {
                reason: self.reason.ok_or_else(|| missing("reason"))?,
                instead: self.instead.ok_or_else(|| missing("instead"))?,
            },
            _ => Separation::Supported,
        };
        let top = format!("wso2{product}-{version}");
        Ok(Release {
            product: product.to_owned(),
            name: self.name.ok_or_else(|| missing("name"))?,
            version: version.to_owned(),
            kernel: self.kernel.ok_or_else(|| missing("kernel"))?,
            known: self.known.ok_or_else(|| missing("known"))?,
            separation,
            pack: self.pack.unwrap_or_else(|| format!("{top}.zip")),
            top: self.top.unwrap_or(top),
            java: self.java.ok_or_else(|| missing("java"))?,
            ports: self.ports.ok_or_else(|| missing("ports"))?,
            clustering: Clustering {
                domain: self.domain.ok_or_else(|| missing("clustering: domain"))?,
                member_port: self
                    .member_port
                    .ok_or_else(|| missing("clustering: member_port"))?,
            },
            profiles: Profiles {
                manager: self.manager.ok_or_else(|| missing("profiles: manager"))?,
                worker: self.worker.flatten(),
                worker_from: self.worker_from,
            },
            ui_only: self.ui_only.unwrap_or_default(),
            registry: WorkerRegistry {
                config: self.config.unwrap_or(Access::ReadOnly),
                governance: self.governance.unwrap_or(Access::ReadOnly),
            },
            stock: self.stock.unwrap_or_default(),
            notes: self.notes,
            component: self.component,
            components,
            edits: self.edits,
            paths: self.paths,
            place: place.clone(),
        })
    }
}
