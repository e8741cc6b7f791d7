//! `vagrant ssh-config` → how the machines of an inventory are reached.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::connection::SshConfig;
use crate::inventory::Inventory;
use crate::yaml::{Error, Node, Place, Result, Value, near};

/// The group that holds what was found.
const GROUP: &str = "vagrant";

/// A machine's connection variables.
struct Machine {
    name: String,
    vars: Vec<(&'static str, Value)>,
}

/// What `vagrant ssh-config` printed, held against an inventory.
pub(super) struct Machines {
    machines: Vec<Machine>,
    place: Place,
}

impl Machines {
    /// Reads what `vagrant ssh-config` printed (`-` is standard input).
    ///
    /// # Errors
    /// A file that cannot be read or names no machine; an inventory that has a group `vagrant` already; a machine that the
    /// inventory does not know, and a host of it that is no machine.
    pub(super) fn read(file: &Path, inventory: &Inventory) -> Result<Self, Vec<Error>> {
        let one = |error| vec![error];
        let from = match file.to_str() {
            Some("-") => PathBuf::from("/dev/stdin"),
            _ => file.to_owned(),
        };
        let place = Place::start_of(file);
        // For ssh a configuration that is not there is an empty one.
        std::fs::metadata(&from)
            .map_err(|cause| one(Error::at(&place, "the file cannot be read").because(cause)))?;
        // What the user has in ~/.ssh does not count: the file says all.
        let config = SshConfig::read(&[from], Path::new(""), "").map_err(one)?;
        let names = config.names();
        if names.is_empty() {
            let error = Error::at(&place, "the file names no machine");
            return Err(one(error.hint(
                "bring the machines up, then write it: `vagrant ssh-config > FILE`",
            )));
        }
        if let Some(group) = inventory.groups.iter().find(|group| group.name == GROUP) {
            let error = Error::at(&group.place, format!("there is a group `{GROUP}` already"));
            return Err(one(error.hint(
                "an inventory that was made this way is made anew from the one that it was made from",
            )));
        }
        held_against(inventory, &names, &place)?;
        let machines = names.into_iter().map(|name| {
            let vars = vars_of(&config, &name)?;
            Ok(Machine { name, vars })
        });
        let machines = machines.collect::<Result<Vec<Machine>>>().map_err(one)?;
        Ok(Self { machines, place })
    }

    /// Adds the variables to the hosts.
    pub(super) fn add_to(self, inventory: &mut Inventory) {
        for machine in self.machines {
            let mut hosts = inventory.hosts.iter_mut();
            if let Some(host) = hosts.find(|host| host.name == machine.name) {
                let vars = machine.vars.into_iter();
                host.vars.extend(
                    vars.map(|(name, value)| {
                        (name.to_owned(), Node::new(value, self.place.clone()))
                    }),
                );
            }
        }
    }

    /// An inventory's text with one more group, which holds the variables.
    pub(super) fn beside(&self, text: &str) -> String {
        let mut text = text.trim_end().to_owned();
        // Writing to a String cannot fail.
        let _ok = write!(
            text,
            "\n\n# How the machines are reached: made from `vagrant ssh-config`.\n{GROUP}:\n  hosts:\n"
        );
        for machine in &self.machines {
            let _ok = writeln!(text, "    {}:", machine.name);
            for (name, value) in &machine.vars {
                let _ok = match value {
                    Value::String(value) => writeln!(text, "      {name}: {}", quoted(value)),
                    Value::Int(number) => writeln!(text, "      {name}: {number}"),
                    _ => Ok(()),
                };
            }
        }
        text
    }
}

/// In single quotes, in which YAML takes everything as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Every machine is a host, and every host a machine.
fn held_against(inventory: &Inventory, names: &[String], place: &Place) -> Result<(), Vec<Error>> {
    let hosts = || inventory.hosts.iter().map(|host| host.name.as_str());
    let mut errors = Vec::new();
    for name in names {
        if !hosts().any(|host| host == name) {
            let error = Error::at(
                place,
                format!("machine `{name}` is no host of the inventory"),
            );
            errors.push(match near(name, hosts()) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint("machines of Vagrant are named as hosts of the inventory are"),
            });
        }
    }
    for host in &inventory.hosts {
        if !names.contains(&host.name) {
            let message = format!(
                "host `{}` is no machine of `{}`",
                host.name,
                place.file.display()
            );
            errors.push(Error::at(&host.place, message).hint(
                "`vagrant ssh-config` leaves out machines that are not up: `vagrant up`, then write it again",
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

fn vars_of(config: &SshConfig, name: &str) -> Result<Vec<(&'static str, Value)>> {
    let options = config.of(name)?;
    let text = |value: &dyn ToString| Value::String(value.to_string());
    let mut vars = vec![(
        "ansible_host",
        text(options.host_name.as_ref().unwrap_or(&name.to_owned())),
    )];
    if let Some(port) = options.port {
        vars.push(("ansible_port", Value::Int(port.into())));
    }
    if let Some(user) = &options.user {
        vars.push(("ansible_user", text(user)));
    }
    if let Some(key) = options.identities.first() {
        vars.push(("ansible_ssh_private_key_file", text(&key.display())));
    }
    // Vagrant makes machines, and their keys, anew under the same address, and says by these that they are not looked at.
    let mut words = Vec::new();
    if let Some(files) = &options.user_known_hosts
        && let Some(file) = files.first()
    {
        words.push(format!("-o UserKnownHostsFile={}", file.display()));
    }
    if let Some(strict) = &options.strict {
        words.push(format!("-o StrictHostKeyChecking={strict}"));
    }
    if !words.is_empty() {
        vars.push(("ansible_ssh_common_args", text(&words.join(" "))));
    }
    Ok(vars)
}
