//! Reads the inventory file and what lies beside it, and says all that is wrong, not only the first thing.

use std::path::{Path, PathBuf};

use crate::inventory::range::expand;
use crate::inventory::{Group, Host, Inventory, Vars};
use crate::yaml::{
    Error, Key, Map, Node, Place, Result, Secrets, Value, VaultPasswords, near, parse_vaulted,
    vault,
};

/// What the command line says about reading an inventory.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `--extra-vars`, as given: `key=value …`, a YAML or JSON map, or `@file`.
    pub extra_vars: Vec<String>,
    /// Vault passwords.
    pub vault: VaultPasswords,
}

impl Inventory {
    /// Reads an inventory, its `group_vars/` and `host_vars/`, and the extra variables.
    ///
    /// # Errors
    /// Every mistake that was found, each with its place.
    pub fn load(file: &Path, options: &LoadOptions) -> Result<Self, Vec<Error>> {
        let mut loader = Loader {
            inventory: Self {
                file: file.to_owned(),
                hosts: Vec::new(),
                groups: Vec::new(),
                extra: Vars::new(),
                secrets: Secrets::default(),
            },
            vault: &options.vault,
            errors: Vec::new(),
        };
        loader.all();
        let result = loader.file(file).and_then(|()| loader.beside(file));
        loader.errors.extend(result.err());
        for text in &options.extra_vars {
            let result = loader.extra(text);
            loader.errors.extend(result.err());
        }
        loader.finish();
        if loader.errors.is_empty() {
            Ok(loader.inventory)
        } else {
            Err(loader.errors)
        }
    }
}

struct Loader<'a> {
    inventory: Inventory,
    vault: &'a VaultPasswords,
    errors: Vec<Error>,
}

impl Loader<'_> {
    fn all(&mut self) {
        for name in ["all", "ungrouped"] {
            self.inventory.groups.push(Group {
                name: name.to_owned(),
                children: Vec::new(),
                hosts: Vec::new(),
                vars: Vars::new(),
                place: Place::start_of(&self.inventory.file),
            });
        }
    }

    fn file(&mut self, file: &Path) -> Result<()> {
        if file.is_dir() {
            return Err(Error::new(format!("`{}` is a folder", file.display()))
                .hint("name the inventory file inside it"));
        }
        let document = self.read(file)?.ok_or_else(|| {
            Error::at(&Place::start_of(file), "the inventory is empty")
                .hint("it starts with `all:`, as `inventories/pattern-1.yaml` shows")
        })?;
        let map = document.map().map_err(|error| {
            error.hint("an inventory is a YAML map of groups that starts with `all:`; Ansible's INI form is not read")
        })?;
        for (key, node) in map.iter() {
            self.group(key, node);
        }
        Ok(())
    }

    fn read(&self, file: &Path) -> Result<Option<Node>> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Error::new(format!("cannot read `{}`", file.display())).because(error)
        })?;
        if text.starts_with(vault::HEADER) {
            let place = Place::start_of(file);
            let opened = self
                .vault
                .open(&text)
                .map_err(|error| error.or_at(&place))?;
            let mut node = parse_vaulted(opened.reveal(), file, self.vault)?;
            if let Some(node) = &mut node {
                seal(node);
            }
            return Ok(node);
        }
        parse_vaulted(&text, file, self.vault)
    }

    fn group(&mut self, key: &Key, node: &Node) {
        let at = self.group_at(&key.name, &key.place);
        if node.value == Value::Null {
            return;
        }
        let result = node.map().map(|map| {
            for (field, value) in map.iter() {
                let result = self.field(at, field, value);
                self.errors.extend(result.err());
            }
        });
        self.errors.extend(result.err());
    }

    fn group_at(&mut self, name: &str, place: &Place) -> usize {
        let groups = &mut self.inventory.groups;
        groups
            .iter()
            .position(|group| group.name == name)
            .unwrap_or_else(|| {
                groups.push(Group {
                    name: name.to_owned(),
                    children: Vec::new(),
                    hosts: Vec::new(),
                    vars: Vars::new(),
                    place: place.clone(),
                });
                groups.len() - 1
            })
    }

    fn field(&mut self, at: usize, field: &Key, value: &Node) -> Result<()> {
        let known = ["hosts", "children", "vars"];
        if !known.contains(&field.name.as_str()) {
            let group = &self.inventory.groups[at].name;
            let error = Error::at(&field.place, format!("a group takes no `{}`", field.name));
            return Err(match near(&field.name, known) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint(format!(
                    "a group of hosts under `{group}` stands under its `children:`"
                )),
            });
        }
        if value.value == Value::Null {
            return Ok(());
        }
        let map = value.map()?;
        match field.name.as_str() {
            "vars" => self.inventory.groups[at].vars.extend(variables(map)),
            "children" => {
                for (key, node) in map.iter() {
                    let child = key.name.clone();
                    if !self.inventory.groups[at].children.contains(&child) {
                        self.inventory.groups[at].children.push(child);
                    }
                    self.group(key, node);
                }
            }
            _ => {
                for (key, node) in map.iter() {
                    let result = self.hosts(at, key, node);
                    self.errors.extend(result.err());
                }
            }
        }
        Ok(())
    }

    fn hosts(&mut self, at: usize, key: &Key, node: &Node) -> Result<()> {
        let vars = match &node.value {
            Value::Null => Vars::new(),
            _ => variables(node.map()?),
        };
        for name in expand(&key.name).map_err(|error| error.or_at(&key.place))? {
            let group = &mut self.inventory.groups[at];
            if !group.hosts.contains(&name) {
                group.hosts.push(name.clone());
            }
            match self
                .inventory
                .hosts
                .iter_mut()
                .find(|host| host.name == name)
            {
                Some(host) => host.vars.extend(vars.clone()),
                None => self.inventory.hosts.push(Host {
                    name,
                    groups: Vec::new(),
                    vars: vars.clone(),
                    place: key.place.clone(),
                }),
            }
        }
        Ok(())
    }

    /// `group_vars/` and `host_vars/` beside the inventory: NAME, NAME.yml, NAME.yaml, NAME.json, or a folder NAME.
    fn beside(&mut self, file: &Path) -> Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        let groups: Vec<String> = self
            .inventory
            .groups
            .iter()
            .map(|group| group.name.clone())
            .collect();
        let hosts: Vec<String> = self
            .inventory
            .hosts
            .iter()
            .map(|host| host.name.clone())
            .collect();
        for (kind, names) in [("group_vars", groups), ("host_vars", hosts)] {
            for (at, name) in names.iter().enumerate() {
                for path in files_of(&folder.join(kind), name)? {
                    let Some(node) = self.read(&path)? else {
                        continue;
                    };
                    let vars = variables(node.map()?);
                    if kind == "group_vars" {
                        self.inventory.groups[at].vars.extend(vars);
                    } else {
                        self.inventory.hosts[at].vars.extend(vars);
                    }
                }
            }
        }
        Ok(())
    }

    fn extra(&mut self, text: &str) -> Result<()> {
        let named = Path::new("<extra-vars>");
        let node = if let Some(file) = text.strip_prefix('@') {
            self.read(Path::new(file))?
        } else if text.trim_start().starts_with('{') {
            parse_vaulted(text, named, self.vault)?
        } else {
            for pair in text.split_whitespace() {
                let (key, value) = pair.split_once('=').ok_or_else(|| {
                    Error::new(format!("`{pair}` is no `key=value`"))
                        .hint("--extra-vars takes `key=value`, a map in braces, or `@file`")
                })?;
                // As in Ansible, what is given as key=value is a text.
                let node = Node::new(Value::String(value.to_owned()), Place::start_of(named));
                self.inventory.extra.insert(key.to_owned(), node);
            }
            None
        };
        if let Some(node) = node {
            self.inventory.extra.extend(variables(node.map()?));
        }
        Ok(())
    }

    /// Every group under `all`, every host in its groups, every secret known; names and loops checked.
    fn finish(&mut self) {
        let inventory = &mut self.inventory;
        let children: Vec<String> = inventory
            .groups
            .iter()
            .flat_map(|group| group.children.clone())
            .collect();
        let top: Vec<String> = inventory
            .groups
            .iter()
            .map(|group| group.name.clone())
            .filter(|name| name != "all" && !children.contains(name))
            .collect();
        inventory.groups[0].children.extend(top);
        for group in &inventory.groups {
            if let Some(host) = inventory.hosts.iter().find(|host| host.name == group.name) {
                self.errors.push(
                    Error::at(
                        &group.place,
                        format!("`{}` is a group and a host", group.name),
                    )
                    .hint(format!("the host stands at {}", host.place)),
                );
            }
            if inventory.is_under(&group.name, &group.name) {
                self.errors.push(Error::at(
                    &group.place,
                    format!("group `{}` is under itself", group.name),
                ));
            }
        }
        if !self.errors.is_empty() {
            return;
        }
        let grouped: Vec<Vec<String>> = inventory
            .hosts
            .iter()
            .map(|host| inventory.groups_of(&host.name))
            .collect();
        for (host, groups) in inventory.hosts.iter_mut().zip(grouped) {
            host.groups = groups;
        }
        let lonely: Vec<String> = inventory
            .hosts
            .iter()
            .filter(|host| {
                host.groups
                    .iter()
                    .all(|group| group == "all" || group == "ungrouped")
            })
            .map(|host| host.name.clone())
            .collect();
        inventory.groups[1].hosts = lonely;
        let mut secrets = Secrets::default();
        let vars = inventory.groups.iter().flat_map(|group| &group.vars);
        let vars = vars.chain(inventory.hosts.iter().flat_map(|host| &host.vars));
        for (name, node) in vars.chain(&inventory.extra) {
            named_secret(name, node, &mut secrets);
            gather(node, &mut secrets);
        }
        inventory.secrets = secrets;
    }
}

fn variables(map: &Map) -> Vars {
    map.iter()
        .map(|(key, node)| (key.name.clone(), node.clone()))
        .collect()
}

/// All scalars of a vaulted file are secrets.
fn seal(node: &mut Node) {
    match &mut node.value {
        Value::String(text) => {
            node.value = Value::Secret(crate::yaml::Secret::new(std::mem::take(text)))
        }
        Value::List(list) => list.iter_mut().for_each(seal),
        Value::Map(map) => {
            let sealed = map.iter().map(|(key, node)| {
                let mut node = node.clone();
                seal(&mut node);
                (key.clone(), node)
            });
            *map = sealed.collect();
        }
        _ => {}
    }
}

/// Remembers every secret under a node; passwords by their name too, whether vaulted or not.
fn gather(node: &Node, secrets: &mut Secrets) {
    match &node.value {
        Value::Secret(secret) => secrets.add(secret.reveal()),
        Value::List(list) => list.iter().for_each(|node| gather(node, secrets)),
        Value::Map(map) => map.iter().for_each(|(key, node)| {
            named_secret(&key.name, node, secrets);
            gather(node, secrets);
        }),
        _ => {}
    }
}

fn named_secret(name: &str, node: &Node, secrets: &mut Secrets) {
    if let Value::String(text) = &node.value
        && !text.contains("{{")
        // Carbon's stock password, which everybody knows: masked, it would blank half of every page.
        && text != "admin"
        && ["password", "passwd", "secret", "passphrase"]
            .iter()
            .any(|word| name.ends_with(word))
    {
        secrets.add(text);
    }
}

fn files_of(folder: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for end in ["", ".yml", ".yaml", ".json"] {
        let path = folder.join(format!("{name}{end}"));
        if path.is_file() {
            files.push(path);
        } else if end.is_empty() && path.is_dir() {
            let entries = std::fs::read_dir(&path).map_err(|error| {
                Error::new(format!("cannot read `{}`", path.display())).because(error)
            })?;
            let mut inside: Vec<PathBuf> = entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .collect();
            inside.retain(|path| {
                path.is_file()
                    && path
                        .extension()
                        .is_none_or(|end| ["yml", "yaml", "json"].iter().any(|known| end == *known))
            });
            inside.sort();
            files.extend(inside);
        }
    }
    Ok(files)
}
