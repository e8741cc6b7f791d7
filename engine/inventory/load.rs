//! Reads the inventory file and what lies beside it, and says all that is wrong, not only the first thing.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::inventory::beside::files_of;
use crate::inventory::extra::pairs;
use crate::inventory::range::{expand, port};
use crate::inventory::secrets::{gather, seal};
use crate::inventory::ways::Ways;
use crate::inventory::{Drafts, Group, Host, Inventory, Vars};
use crate::yaml::{
    Error, Key, Map, Node, Place, Result, Secrets, Value, VaultPasswords, decode, near,
    parse_vaulted, vault,
};

const NO_INI: &str =
    "an inventory is a YAML map of groups that starts with `all:`; Ansible's INI form is not read";

/// How a host is written.
const HOST_FORM: &str =
    "a host is a key, and what is known of it a map: `wkr1: { ansible_host: 10.0.0.12 }`";

/// How that field of a group is written.
fn form_of(field: &str) -> &'static str {
    match field {
        "hosts" => {
            "hosts are keys, each with its colon: `hosts: { wkr1: { ansible_host: 10.0.0.12 }, wkr2: }`"
        }
        "children" => {
            "groups are keys, each with its colon: `children: { manager: { hosts: { mgr1: } } }`"
        }
        _ => "variables are `name: value`, without dashes",
    }
}

/// What the command line says about reading an inventory.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `--extra-vars`, as given: `key=value …`, a YAML or JSON map, or `@file`.
    pub extra_vars: Vec<String>,
    /// Vault passwords.
    pub vault: VaultPasswords,
    /// Texts that are not written yet, and count as if they were.
    pub drafts: Drafts,
}

impl Inventory {
    /// Reads an inventory, its `group_vars/` and `host_vars/`, and the extra variables.
    ///
    /// # Errors
    /// Every mistake that was found, each with its place.
    pub fn load(file: &Path, options: &LoadOptions) -> Result<Self, Vec<Error>> {
        Self::read_by(file, options, |loader| {
            let read = loader.file(file);
            read.map_err(|error| match file.exists() || options.drafts.has(file) {
                true => error,
                false => error.hint(instead_of(file)),
            })
        })
    }

    /// Reads an inventory that is not written yet: the text that `file` is to hold, with what lies beside
    /// that file.
    ///
    /// # Errors
    /// Every mistake that was found, each with its place.
    pub fn of_text(text: &str, file: &Path, options: &LoadOptions) -> Result<Self, Vec<Error>> {
        Self::read_by(file, options, |loader| {
            loader.document(file, parse_vaulted(text, file, loader.vault)?)
        })
    }

    fn read_by(
        file: &Path,
        options: &LoadOptions,
        read: impl FnOnce(&mut Loader<'_>) -> Result<()>,
    ) -> Result<Self, Vec<Error>> {
        let mut loader = Loader {
            inventory: Self {
                file: file.to_owned(),
                hosts: Vec::new(),
                groups: Vec::new(),
                extra: Vars::new(),
                secrets: Secrets::default(),
                vaulted: Secrets::default(),
                names: HashMap::new(),
            },
            vault: &options.vault,
            drafts: &options.drafts,
            errors: Vec::new(),
            numbers: HashMap::new(),
            placed: HashSet::new(),
        };
        loader.all();
        let result = read(&mut loader);
        loader.errors.extend(result.err());
        loader.beside(file);
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
    drafts: &'a Drafts,
    errors: Vec<Error>,
    /// Where each host stands among the hosts.
    numbers: HashMap<String, usize>,
    /// Which group holds which host, by their numbers.
    placed: HashSet<(usize, usize)>,
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
        let document = self.read(file).map_err(|error| match starts_as_ini(file) {
            true => error.hint(NO_INI),
            false => error,
        });
        self.document(file, document?)
    }

    fn document(&mut self, file: &Path, document: Option<Node>) -> Result<()> {
        let document = document.ok_or_else(|| {
            Error::at(&Place::start_of(file), "the inventory is empty")
                .hint("it starts with `all:`, as `inventories/pattern-1.yaml` shows")
        })?;
        let map = document.map().map_err(|error| error.hint(NO_INI))?;
        if map.get("wmprov_plan").is_some() {
            return Err(Error::at(&Place::start_of(file), "a saved plan is no inventory")
                .hint("`wmprov apply` does it, `wmprov show` shows it; all else takes the inventory that it was made of"));
        }
        for (key, node) in map.iter() {
            self.group(key, node);
        }
        Ok(())
    }

    fn read(&self, file: &Path) -> Result<Option<Node>> {
        let text = decode(self.drafts.bytes(file)?, file)?;
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
                    "a host of `{group}` stands under its `hosts:`, a group under its `children:`"
                )),
            });
        }
        if value.value == Value::Null {
            return Ok(());
        }
        // As in Ansible, one host or group may be named without a map.
        let alone = match &value.value {
            Value::String(name) if field.name != "vars" => Some(named_alone(name, &value.place)),
            _ => None,
        };
        let map = match &alone {
            Some(map) => map,
            None => value
                .map()
                .map_err(|error| error.hint(form_of(&field.name)))?,
        };
        match field.name.as_str() {
            "vars" => {
                let vars = self.variables(map);
                self.inventory.groups[at].vars.extend(vars);
            }
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
        let mut vars = match &node.value {
            Value::Null => Vars::new(),
            _ => self.variables(node.map().map_err(|error| error.hint(HOST_FORM))?),
        };
        let (pattern, port) = port(&key.name);
        if let Some(port) = port {
            let node = Node::new(Value::Int(i64::from(port)), key.place.clone());
            vars.entry("ansible_port".to_owned()).or_insert(node);
        }
        for name in expand(pattern).map_err(|error| error.or_at(&key.place))? {
            named(&name).map_err(|error| error.or_at(&key.place))?;
            let hosts = &mut self.inventory.hosts;
            let number = match self.numbers.get(&name) {
                Some(number) => {
                    hosts[*number].vars.extend(vars.clone());
                    *number
                }
                None => {
                    self.numbers.insert(name.clone(), hosts.len());
                    hosts.push(Host {
                        name: name.clone(),
                        groups: Vec::new(),
                        vars: vars.clone(),
                        place: key.place.clone(),
                    });
                    hosts.len() - 1
                }
            };
            if self.placed.insert((at, number)) {
                self.inventory.groups[at].hosts.push(name);
            }
        }
        Ok(())
    }

    /// `group_vars/` and `host_vars/` beside the inventory; every mistake in them is kept.
    fn beside(&mut self, file: &Path) {
        let folder = file.parent().unwrap_or(Path::new("."));
        let (groups, hosts) = (folder.join("group_vars"), folder.join("host_vars"));
        for at in 0..self.inventory.groups.len() {
            let vars = self.vars_of(&groups, &self.inventory.groups[at].name.clone());
            self.inventory.groups[at].vars.extend(vars);
        }
        for at in 0..self.inventory.hosts.len() {
            let vars = self.vars_of(&hosts, &self.inventory.hosts[at].name.clone());
            self.inventory.hosts[at].vars.extend(vars);
        }
    }

    /// The variables that the files of one name in one folder hold, later files winning.
    fn vars_of(&mut self, folder: &Path, name: &str) -> Vars {
        let mut vars = Vars::new();
        let files = files_of(folder, name, self.drafts).unwrap_or_else(|error| {
            self.errors.push(error);
            Vec::new()
        });
        for path in files {
            let read = self.read(&path).and_then(|node| match node {
                Some(node) => Ok(self.variables(node.map()?)),
                None => Ok(Vars::new()),
            });
            match read {
                Ok(read) => vars.extend(read),
                Err(error) => self.errors.push(error),
            }
        }
        vars
    }

    /// The variables of a map; where their names stand is kept.
    fn variables(&mut self, map: &Map) -> Vars {
        let places = map
            .iter()
            .map(|(key, node)| (node.place.clone(), key.place.clone()));
        self.inventory.names.extend(places);
        map.iter()
            .map(|(key, node)| (key.name.clone(), node.clone()))
            .collect()
    }

    fn extra(&mut self, text: &str) -> Result<()> {
        let named = Path::new("<extra-vars>");
        let node = if let Some(file) = text.strip_prefix('@') {
            self.read(Path::new(file))?
        } else if text.trim_start().starts_with(['{', '[']) {
            parse_vaulted(text, named, self.vault)?
        } else {
            for (key, value) in pairs(text)? {
                // As in Ansible, what is given as key=value is a text.
                let node = Node::new(Value::String(value), Place::start_of(named));
                self.inventory.extra.insert(key, node);
            }
            None
        };
        if let Some(node) = node {
            let vars = self.variables(node.map()?);
            self.inventory.extra.extend(vars);
        }
        Ok(())
    }

    /// Every group under `all`, every host in its groups, every secret known; names and loops checked.
    fn finish(&mut self) {
        let inventory = &mut self.inventory;
        let children: HashSet<String> = inventory
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
        let circles = Ways::through(&inventory.groups).circles();
        for group in &inventory.groups {
            if let Some(at) = self.numbers.get(&group.name) {
                let host = &inventory.hosts[*at];
                self.errors.push(
                    Error::at(
                        &group.place,
                        format!("`{}` is a group and a host", group.name),
                    )
                    .hint(format!("the host stands at {}", host.place)),
                );
            }
            if circles.iter().any(|one| one.name == group.name) {
                self.errors.push(Error::at(
                    &group.place,
                    format!("group `{}` is under itself", group.name),
                ));
            }
        }
        if !self.errors.is_empty() {
            return;
        }
        let grouped = inventory.groups_of_hosts();
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
        let (mut secrets, mut vaulted) = (Secrets::default(), Secrets::default());
        let vars = inventory.groups.iter().map(|group| &group.vars);
        let vars = vars.chain(inventory.hosts.iter().map(|host| &host.vars));
        for vars in vars.chain([&inventory.extra]) {
            gather(vars, &mut secrets, &mut vaulted);
        }
        inventory.secrets = secrets;
        inventory.vaulted = vaulted;
    }
}

/// The map that one name alone stands for.
fn named_alone(name: &str, place: &Place) -> Map {
    let key = Key {
        name: name.to_owned(),
        place: place.clone(),
    };
    [(key, Node::new(Value::Null, place.clone()))]
        .into_iter()
        .collect()
}

/// True for a file that begins with `[section]`, as an INI inventory does.
fn starts_as_ini(file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.trim_start().starts_with('[')
}

/// A host's name is a word of a line, and of a path (`host_vars/NAME.yml`).
fn named(name: &str) -> Result<()> {
    let wrong = if name.trim().is_empty() {
        "is empty"
    } else if name.starts_with(['-', '.']) {
        "begins with `-` or a dot"
    } else if name.contains(|letter: char| letter.is_control() || letter.is_whitespace()) {
        "has a blank or a control character in it"
    } else if name.contains(['/', '\\', '$', '`', '"', '\'']) {
        "has a slash, a quote or a dollar in it"
    } else {
        return Ok(());
    };
    Err(Error::new(format!(
        "the name of the host `{}` {wrong}",
        name.escape_debug()
    ))
    .hint("name it plainly and say where it is: `esb1: { ansible_host: 10.0.0.11 }`"))
}

/// What to do about an inventory that is not there: the file of nearly that name beside it was meant, or there is none yet.
fn instead_of(file: &Path) -> String {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // A folder that is not there or may not be read has nothing to propose: the mistake that is told is the file's.
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names: Vec<String> = beside
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    match near(&name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{}`?", file.with_file_name(meant).display()),
        None => {
            "a file is looked for from the folder that you are in; `wmprov init` writes a first one"
                .to_owned()
        }
    }
}
