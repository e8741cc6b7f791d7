//! Where a group's or a host's variable is written: in its file of variables, where it has one; in its lines of the
//! inventory; else in a file of its own.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::inventory::beside::files_of;
use crate::inventory::{Drafts, Inventory};
use crate::yaml::{
    Error, Node, Place, Result, Value, VaultPasswords, parse_vaulted, vault, with_entry, with_only,
};

/// Whose variable it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A group's.
    Group(String),
    /// A host's.
    Host(String),
}

impl Owner {
    /// The group's or host's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Group(name) | Self::Host(name) => name,
        }
    }

    fn folder(&self) -> &'static str {
        match self {
            Self::Group(_) => "group_vars",
            Self::Host(_) => "host_vars",
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(out, "group `{name}`"),
            Self::Host(name) => write!(out, "host `{name}`"),
        }
    }
}

impl Inventory {
    /// The file that gives `owner` one variable more, and its new text; every other byte of it stays.
    ///
    /// # Errors
    /// Where its file of variables is vaulted, or not written in lines.
    pub fn with_variable(
        &self,
        owner: &Owner,
        variable: (&str, &Value),
        drafts: &Drafts,
        vault: &VaultPasswords,
    ) -> Result<(PathBuf, String)> {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let folder = folder.join(owner.folder());
        if let Some(file) = files_of(&folder, owner.name(), drafts)?.pop() {
            let text = drafts.text(&file)?;
            if text.starts_with(vault::HEADER) {
                let message = format!("`{}` is vaulted as a whole", file.display());
                return Err(Error::at(&Place::start_of(&file), message));
            }
            let place = parse_vaulted(&text, &file, vault)?
                .map_or_else(|| Place::start_of(&file), |node| node.place);
            let text = with_entry(&text, &place, variable, vault)?;
            return Ok((file, text));
        }
        let text = drafts.text(&self.file)?;
        if !text.starts_with(vault::HEADER)
            && let Some(document) = parse_vaulted(&text, &self.file, vault)?
            && let Some(place) = place_of(&document, owner)
            && let Ok(text) = with_entry(&text, &place, variable, vault)
        {
            return Ok((self.file.clone(), text));
        }
        let (key, value) = variable;
        let file = folder.join(format!("{}.yml", owner.name()));
        Ok((file, with_only(key, value)))
    }
}

/// Where the variables of a group or a host stand in the inventory's file.
fn place_of(document: &Node, owner: &Owner) -> Option<Place> {
    let Value::Map(groups) = &document.value else {
        return None;
    };
    groups.iter().find_map(|(key, group)| {
        let Value::Map(fields) = &group.value else {
            return None;
        };
        let own = match owner {
            Owner::Group(name) => (key.name == *name).then(|| fields.get("vars")).flatten(),
            Owner::Host(name) => fields
                .get("hosts")
                .and_then(|hosts| hosts.map().ok()?.get(name)),
        };
        let here = own.filter(|node| matches!(node.value, Value::Map(_)));
        here.map(|node| node.place.clone())
            .or_else(|| place_of(fields.get("children")?, owner))
    })
}

#[cfg(test)]
mod tests {
    use super::Owner;
    use crate::inventory::{Drafts, Inventory, LoadOptions};
    use crate::yaml::{Value, VaultPasswords};

    const TEXT: &str = "all:
  vars:
    a: 1 # one
  children:
    worker:
      hosts:
        # the first
        wkr1:
          ansible_host: 10.0.0.1 # its address
        wkr2: { ansible_host: 10.0.0.2 }
        \"wkr[3:4]\":
";

    fn written(folder: &std::path::Path, owner: Owner) -> (String, String) {
        let file = folder.join("inventory.yaml");
        std::fs::write(&file, TEXT).unwrap();
        let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
        let value = Value::String("x".to_owned());
        let (drafts, vault) = (Drafts::default(), VaultPasswords::default());
        let (file, text) = inventory
            .with_variable(&owner, ("v", &value), &drafts, &vault)
            .unwrap();
        let file = file.strip_prefix(folder).unwrap().display().to_string();
        (file, text)
    }

    #[test]
    fn a_variable_goes_where_others_of_its_owner_are() {
        let folder = tempfile::tempdir().unwrap();
        let group = |name: &str| Owner::Group(name.to_owned());
        let host = |name: &str| Owner::Host(name.to_owned());
        let added = |line: &str, new: &str| TEXT.replace(line, &format!("{line}{new}"));
        let rows = [
            (
                group("all"),
                "inventory.yaml",
                added("# one\n", "    v: x\n"),
            ),
            (
                group("worker"),
                "group_vars/worker.yml",
                "v: x\n".to_owned(),
            ),
            (
                host("wkr1"),
                "inventory.yaml",
                added("# its address\n", "          v: x\n"),
            ),
            (host("wkr2"), "host_vars/wkr2.yml", "v: x\n".to_owned()),
            (host("wkr3"), "host_vars/wkr3.yml", "v: x\n".to_owned()),
        ];
        for (owner, file, text) in rows {
            assert_eq!(written(folder.path(), owner), (file.to_owned(), text));
        }
        let vars = folder.path().join("host_vars/wkr1.yaml");
        std::fs::create_dir(vars.parent().unwrap()).unwrap();
        std::fs::write(&vars, "# mine\nb: 2").unwrap();
        assert_eq!(
            written(folder.path(), host("wkr1")),
            (
                "host_vars/wkr1.yaml".to_owned(),
                "# mine\nb: 2\nv: x\n".to_owned()
            )
        );
        let file = folder.path().join("inventory.yaml");
        let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
        std::fs::write(&vars, "$ANSIBLE_VAULT;1.1;AES256\n").unwrap();
        let value = Value::Null;
        let refused = inventory.with_variable(
            &host("wkr1"),
            ("v", &value),
            &Drafts::default(),
            &VaultPasswords::default(),
        );
        assert!(
            refused
                .unwrap_err()
                .message()
                .ends_with("is vaulted as a whole")
        );
    }
}
