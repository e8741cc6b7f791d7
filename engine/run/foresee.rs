//! What of a run is wrong before any connection: hosts of plays, and how each host is reached.

use crate::cluster::Cluster;
use crate::connection::{ConnectOptions, Target};
use crate::inventory::{HostPattern, Inventory, Vars};
use crate::playbook::Playbook;
use crate::run::lines::target;
use crate::run::plays::Rows;
use crate::run::start::scopes;
use crate::template::Language;
use crate::yaml::{Error, Result, Value};

/// How many hosts an error names.
const NAMED: usize = 3;

/// All that a run of this playbook on these hosts would refuse before its first connection.
#[must_use]
pub fn foresee(
    inventory: &Inventory,
    playbook: &Playbook,
    clusters: &[Cluster],
    connect: &ConnectOptions,
    hosts: &[String],
) -> Vec<Error> {
    let mut errors = rows(inventory, playbook).err().unwrap_or_default();
    let mut of_hosts = Vec::new();
    for (name, scope) in scopes(inventory, &Language::new(), clusters) {
        if hosts.contains(&name)
            && let Err(error) = target(inventory, connect, &name, &scope)
        {
            of_hosts.push((name, error));
        }
    }
    errors.extend(told_once(of_hosts));
    errors
}

/// Which hosts each play has, `--limit` left aside.
pub(super) fn rows(inventory: &Inventory, playbook: &Playbook) -> Result<Rows, Vec<Error>> {
    let mut errors = Vec::new();
    let mut rows = Rows::new();
    for play in &playbook.plays {
        let selected = play
            .hosts
            .text()
            .and_then(HostPattern::parse)
            .and_then(|pattern| pattern.select(inventory));
        match selected {
            Ok(row) => rows.push(row),
            Err(error) => errors.push(error.or_at(&play.hosts.place)),
        }
    }
    if errors.is_empty() {
        Ok(rows)
    } else {
        Err(errors)
    }
}

/// One mistake of a group is met by every host in it: it is told once, with the hosts.
pub(super) fn told_once(errors: Vec<(String, Error)>) -> Vec<Error> {
    let mut kept: Vec<(Error, Vec<String>)> = Vec::new();
    for (host, error) in errors {
        let same =
            |other: &Error| other.place() == error.place() && other.message() == error.message();
        match kept.iter_mut().find(|(other, _)| same(other)) {
            Some((_, hosts)) => hosts.push(host),
            None => kept.push((error, vec![host])),
        }
    }
    let named = |(error, hosts): (Error, Vec<String>)| {
        let more = hosts.len().saturating_sub(NAMED);
        let shown = hosts[..hosts.len() - more].join("`, `");
        match (hosts.len(), more) {
            (1, _) => error,
            (_, 0) => error.and(&format!(" (hosts `{shown}`)")),
            (_, more) => error.and(&format!(" (hosts `{shown}` and {more} more)")),
        }
    };
    kept.into_iter().map(named).collect()
}

/// A key that the user names must be there, unless something else may open the door.
pub(super) fn key_is_there(target: &Target, vars: &Vars, connect: &ConnectOptions) -> Result<()> {
    let names = ["ansible_ssh_private_key_file", "ansible_private_key_file"];
    let set = names.iter().find_map(|name| vars.get(*name));
    let set = set.filter(|node| node.value != Value::Null);
    let stated = set.is_some() || !connect.private_keys.is_empty();
    let another_way = target.local || target.password.is_some() || target.agent.is_some();
    if !stated || another_way {
        return Ok(());
    }
    let Some(missing) = target.identities.iter().find(|file| !file.exists()) else {
        return Ok(());
    };
    let message = format!("there is no private key `{}`", missing.display());
    let error =
        Error::new(message).hint("a path is taken from the working folder; `~` is your home");
    Err(match set {
        Some(node) => error.or_at(&node.place),
        None => error,
    })
}
