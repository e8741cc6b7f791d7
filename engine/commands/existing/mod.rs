//! `wmprov init --from`: a cluster that was built by hand → its first inventory. Looks only; what no variable says, `adopt`
//! takes into edits and overlays afterwards.

mod found;
mod text;

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::{Catalogue, Role};
use crate::commands::files::clusters_of;
use crate::commands::look::{LookOptions, Looked, ROLLBACK, Site, look};
use crate::commands::{FileOptions, FirstInventory, site};
use crate::connection::ConnectOptions;
use crate::inventory::{Inventory, LoadOptions};
use crate::modules::Registry;
use crate::playbook::{Playbook, Source};
use crate::run::{Events, Interrupt};
use crate::script::{Answer, Probe, Server};
use crate::yaml::{Error, Result};

use found::{Found, found};
use text::{Whole, text};

/// Which hosts are asked, and how.
#[derive(Clone, Debug)]
pub struct ExistingOptions {
    /// The hosts, `[NAME=][USER@]HOST[:PORT]`.
    pub from: Vec<String>,
    /// The Homes that are meant; those of all running servers where there are none.
    pub homes: Vec<String>,
    /// The product's zip, as the inventory is to name it.
    pub pack: Option<String>,
    /// The inventory that is written.
    pub output: PathBuf,
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// How many hosts at once.
    pub forks: usize,
}

/// What was found.
#[derive(Debug)]
pub struct Existing {
    /// The inventory, not yet written.
    pub inventory: FirstInventory,
    /// What no variable says.
    pub notes: Vec<String>,
    /// What the checks say against it: it is for the user to mend.
    pub against: Vec<Error>,
}

/// What a look at the hosts came to.
#[derive(Debug)]
pub enum ExistingSeen {
    /// A cluster.
    Cluster(Box<Existing>),
    /// Hosts that could not be asked, or that are no nodes of one cluster.
    Failed(Vec<Error>),
    /// Interrupted before every host was asked.
    Interrupted,
}

/// A host as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seat {
    name: String,
    address: String,
    user: Option<String>,
    port: Option<u16>,
}

impl Seat {
    /// Reads `[NAME=][USER@]HOST[:PORT]`; without a name it is the host's own, or a number until its role is known.
    fn read(text: &str, number: usize) -> Result<Self> {
        let (name, rest) = match text.split_once('=') {
            Some((name, rest)) => (Some(name), rest),
            None => (None, text),
        };
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        let (address, port) = match rest.rsplit_once(':') {
            Some((address, port)) if !address.contains(':') => (address, Some(port)),
            _ => (rest, None),
        };
        let port = port.map(str::parse::<u16>).transpose().map_err(|cause| {
            Error::new(format!("`{text}` names a port that is none")).because(cause)
        })?;
        if address.is_empty() {
            return Err(Error::new(format!("`{text}` names no host"))
                .hint("`--from deploy@10.0.0.11,wkr1=deploy@10.0.0.21`"));
        }
        let is_ip = address.parse::<std::net::IpAddr>().is_ok();
        let own = || match is_ip {
            true => format!("host{number}"),
            false => address.to_owned(),
        };
        Ok(Self {
            name: name.map_or_else(own, str::to_owned),
            address: address.to_owned(),
            user,
            port,
        })
    }

    fn is_numbered(&self, number: usize) -> bool {
        self.name == format!("host{number}")
    }
}

/// Asks the hosts, and says what an inventory of them is.
///
/// # Errors
/// What is wrong in the arguments, and in the catalogue beside the inventory: no host has been reached then.
pub async fn existing(
    options: &ExistingOptions,
    events: &Events,
    interrupt: Interrupt,
) -> Result<ExistingSeen, Vec<Error>> {
    let one = |error| vec![error];
    let seats = options.from.iter().enumerate();
    let seats = seats
        .map(|(at, text)| Seat::read(text, at + 1))
        .collect::<Result<Vec<Seat>>>();
    let seats = seats.map_err(one)?;
    let beside = options.output.parent().unwrap_or(std::path::Path::new(""));
    let catalogue = Catalogue::load(&[beside.join("products")]).map_err(one)?;
    let site = site_of(&seats, options)?;
    let probe = Probe::Servers(options.homes.clone());
    let asked = probe.clone();
    let questions = Arc::new(move |_: &_, _: &_| vec![asked.clone(), Probe::Facts]);
    let look_options = LookOptions {
        files: FileOptions {
            inventory: options.output.clone(),
            ..FileOptions::default()
        },
        connect: options.connect.clone(),
        forks: options.forks,
    };
    let looked = look(&site, &look_options, questions, events, interrupt).await?;
    if looked.report.interrupted {
        return Ok(ExistingSeen::Interrupted);
    }
    let mut errors = Vec::new();
    let mut servers = Vec::new();
    for seat in &seats {
        match server(&looked, seat, &probe, &options.homes) {
            Ok(server) => servers.push((seat.clone(), server)),
            Err(error) => errors.push(error),
        }
    }
    let nodes = named(&servers, &catalogue, &looked, &mut errors);
    if errors.is_empty() {
        errors.extend(one_product(&nodes).err());
    }
    Ok(match errors.is_empty() {
        true => ExistingSeen::Cluster(Box::new(proposed(options, nodes, &servers))),
        false => ExistingSeen::Failed(errors),
    })
}

fn site_of(seats: &[Seat], options: &ExistingOptions) -> Result<Site, Vec<Error>> {
    let mut hosts = String::from("all:\n  hosts:\n");
    for seat in seats {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        hosts.push_str(&format!(
            "    {}:\n      ansible_host: {}\n",
            quoted(&seat.name),
            quoted(&seat.address)
        ));
        if let Some(user) = &seat.user {
            hosts.push_str(&format!("      ansible_user: {}\n", quoted(user)));
        }
        if let Some(port) = seat.port {
            hosts.push_str(&format!("      ansible_port: {port}\n"));
        }
    }
    // What lies beside the file that is to be is no part of it yet.
    let nowhere = std::path::Path::new("<from>/inventory");
    let mut inventory = Inventory::of_text(&hosts, nowhere, &LoadOptions::default())?;
    inventory.file = options.output.clone();
    site::add_groups(&mut inventory, &[]);
    Ok(Site {
        playbook: Playbook::load(&Source::Embedded, ROLLBACK.0, &Registry)?,
        clusters: Vec::new(),
        hosts: seats.iter().map(|seat| seat.name.clone()).collect(),
        inventory,
    })
}

/// The one server of a host.
fn server(looked: &Looked, seat: &Seat, probe: &Probe, homes: &[String]) -> Result<Server> {
    let answers = looked.hosts().find(|(name, _)| **name == seat.name);
    let Some((_, answers)) = answers else {
        return Err(Error::new(format!(
            "{}: {} could not be asked",
            seat.name, seat.address
        )));
    };
    let Some(Answer::Servers(servers)) = answers.get(probe) else {
        return Err(Error::new(format!(
            "{}: the host does not tell of its servers",
            seat.name
        )));
    };
    let meant = |server: &&Server| {
        let named = homes.is_empty() || homes.contains(&server.home);
        named && !server.owner.is_empty()
    };
    let mine: Vec<&Server> = servers.iter().filter(meant).collect();
    match mine[..] {
        [one] => Ok(one.clone()),
        [] => Err(
            Error::new(format!("{}: no Carbon server runs there", seat.name))
                .hint("start it, or name its Home with `--home`"),
        ),
        _ => {
            let homes: Vec<&str> = mine.iter().map(|server| server.home.as_str()).collect();
            Err(Error::new(format!(
                "{}: there are several servers: {}",
                seat.name,
                homes.join(", ")
            ))
            .hint(
                "say which with `--home`; the others are entries of `carbon_nodes`, added by hand",
            ))
        }
    }
}

/// The nodes, those without a name called by their role.
fn named(
    servers: &[(Seat, Server)],
    catalogue: &Catalogue,
    looked: &Looked,
    errors: &mut Vec<Error>,
) -> Vec<Found> {
    let mut nodes = Vec::new();
    let mut counts = [0, 0];
    for (number, (seat, server)) in servers.iter().enumerate() {
        let read = found(seat, server, catalogue).and_then(|first| {
            let mut seat = seat.clone();
            if seat.is_numbered(number + 1) {
                let (at, word) = match first.role {
                    Role::Worker => (1, "wkr"),
                    _ => (0, "mgr"),
                };
                counts[at] += 1;
                seat.name = format!("{word}{}", counts[at]);
            }
            found(&seat, server, catalogue)
        });
        match read {
            Ok(mut node) => {
                if node.var("carbon_address").is_none()
                    && let Some(address) = own_address(looked, seat)
                {
                    node.vars.push(("carbon_address", address));
                }
                nodes.push(node);
            }
            Err(error) => errors.push(error),
        }
    }
    nodes
}

/// The first address of a host that is reached by its name.
fn own_address(looked: &Looked, seat: &Seat) -> Option<String> {
    if seat.address.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let (_, answers) = looked.hosts().find(|(name, _)| **name == seat.name)?;
    let Some(Answer::Facts(facts)) = answers.get(&Probe::Facts) else {
        return None;
    };
    let outside = |text: &&String| {
        text.parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| !ip.is_loopback())
    };
    facts.addresses.iter().find(outside).cloned()
}

/// One cluster is of one product and version.
fn one_product(nodes: &[Found]) -> Result<()> {
    let what = |node: &Found| format!("{} {}", node.release.product, node.release.version);
    let Some(first) = nodes.first() else {
        return Err(
            Error::new("no host is named").hint("`--from deploy@10.0.0.11,deploy@10.0.0.21`")
        );
    };
    match nodes.iter().find(|node| what(node) != what(first)) {
        None => Ok(()),
        Some(other) => Err(Error::new(format!(
            "{} is {} and {} is {}: they are no nodes of one cluster",
            first.seat.name,
            what(first),
            other.seat.name,
            what(other)
        ))
        .hint("name the hosts of one cluster at a time")),
    }
}

fn proposed(options: &ExistingOptions, nodes: Vec<Found>, servers: &[(Seat, Server)]) -> Existing {
    let managers: Vec<&Found> = nodes
        .iter()
        .filter(|node| node.role != Role::Worker)
        .collect();
    let worker = nodes.iter().find(|node| node.role == Role::Worker);
    let apart = managers
        .first()
        .zip(worker)
        .is_some_and(|(one, other)| one.domain != other.domain);
    let pattern = match (managers.len(), apart) {
        (0 | 1, _) => 1,
        (_, true) => 2,
        _ => 3,
    };
    let mut notes: Vec<String> = nodes.iter().flat_map(|node| node.notes.clone()).collect();
    let ui = nodes
        .iter()
        .zip(servers)
        .find_map(|(node, (_, server))| node.ui(server));
    if ui == Some("keep") {
        notes.push("workers still run the management UI (`carbon_worker_ui: keep`): without that line the next `wmprov apply` takes it out".to_owned());
    }
    // The next command runs without these arguments.
    let key = match &options.connect.private_keys[..] {
        [key] => std::path::absolute(key).ok(),
        _ => None,
    };
    let whole = Whole {
        user: options.connect.user.clone(),
        key: key.map(|key| key.display().to_string()),
        pack: options.pack.clone(),
        pattern,
        // What is taken out by itself needs no word.
        worker_ui: ui.filter(|ui| *ui != "t2"),
        notes: notes.clone(),
    };
    let text = text(&nodes, &whole);
    let files = FileOptions {
        inventory: options.output.clone(),
        ..FileOptions::default()
    };
    let inventory = Inventory::of_text(&text, &options.output, &LoadOptions::default());
    let checked = inventory.and_then(|inventory| clusters_of(&files, &inventory));
    let (clusters, against) = match checked {
        Ok(clusters) => (clusters, Vec::new()),
        Err(errors) => (Vec::new(), errors),
    };
    Existing {
        inventory: FirstInventory {
            file: options.output.clone(),
            text,
            clusters,
        },
        notes,
        against,
    }
}

#[cfg(test)]
mod tests;
