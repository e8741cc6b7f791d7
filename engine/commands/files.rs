//! The user's files → inventory, clusters and playbook, read and checked together: every mistake is told.

use std::path::{Path, PathBuf};

use crate::catalogue::Catalogue;
use crate::cluster::checks::{self, Waived};
use crate::cluster::{Cluster, Node, derive};
use crate::inventory::{HostPattern, Inventory, LoadOptions};
use crate::modules::Registry;
use crate::playbook::{Playbook, Source};
use crate::yaml::{Error, Result, Secrets, VaultPasswords, near};

/// The built-in playbook that brings about what the clusters of an inventory need.
const SITE: &str = "site.yaml";

/// Which files are read, and how.
#[derive(Clone, Debug, Default)]
pub struct FileOptions {
    /// The inventory.
    pub inventory: PathBuf,
    /// The playbook; the built-in one where it is not given.
    pub playbook: Option<PathBuf>,
    /// `--limit`: the hosts that are acted on.
    pub limit: Option<String>,
    /// `--extra-vars`, as given.
    pub extra_vars: Vec<String>,
    /// Vault passwords.
    pub vault: VaultPasswords,
}

/// What the user's files say, read and checked.
#[derive(Debug)]
pub struct Files {
    /// Hosts, groups and variables.
    pub inventory: Inventory,
    /// The clusters, as derived and checked.
    pub clusters: Vec<Cluster>,
    /// What the user has waived.
    pub waived: Vec<Waived>,
    /// What is wanted.
    pub playbook: Playbook,
    /// The hosts that are acted on, in the inventory's order.
    pub hosts: Vec<String>,
}

impl Files {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Every mistake in any of the files, each with its place.
    pub fn read(options: &FileOptions) -> Result<Self, Vec<Error>> {
        let playbook = read_playbook(options.playbook.as_deref());
        match (read_site(options), playbook) {
            (Ok(site), Ok(playbook)) => Ok(Self {
                inventory: site.inventory,
                clusters: site.clusters,
                waived: site.waived,
                playbook,
                hosts: site.hosts,
            }),
            (of_site, of_playbook) => {
                let mut errors = of_site.err().unwrap_or_default();
                errors.extend(of_playbook.err().unwrap_or_default());
                Err(errors)
            }
        }
    }
}

/// Reads an inventory file with what lies beside it.
///
/// # Errors
/// Every mistake that was found.
pub(super) fn read_inventory(options: &FileOptions) -> Result<Inventory, Vec<Error>> {
    Inventory::load(
        &options.inventory,
        &LoadOptions {
            extra_vars: options.extra_vars.clone(),
            vault: options.vault.clone(),
            ..LoadOptions::default()
        },
    )
}

/// Every secret of an inventory, for whoever shows what happens to it.
///
/// # Errors
/// Every mistake in the inventory.
pub fn secrets_of(options: &FileOptions) -> Result<Secrets, Vec<Error>> {
    let mut secrets = read_inventory(options)?.secrets;
    options.vault.add_to(&mut secrets);
    Ok(secrets)
}

fn read_playbook(file: Option<&Path>) -> Result<Playbook, Vec<Error>> {
    match file {
        None => Playbook::load(&Source::Embedded, SITE, &Registry),
        Some(path) => {
            let name = path.file_name().ok_or_else(|| {
                vec![Error::new(format!(
                    "`{}` is no playbook file",
                    path.display()
                ))]
            })?;
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            Playbook::load(&Source::Disk(folder), name, &Registry)
        }
    }
}

/// An inventory with what is derived from it.
struct Site {
    inventory: Inventory,
    clusters: Vec<Cluster>,
    waived: Vec<Waived>,
    hosts: Vec<String>,
}

fn read_site(options: &FileOptions) -> Result<Site, Vec<Error>> {
    let inventory = read_inventory(options)?;
    let hosts = chosen(&inventory, options.limit.as_deref()).map_err(|error| vec![error]);
    let (clusters, waived) = derived(options, &inventory)?;
    Ok(Site {
        hosts: hosts?,
        inventory,
        clusters,
        waived,
    })
}

/// The clusters of an inventory that is, or will be, in the user's file; all checks hold.
///
/// # Errors
/// Every mistake that was found.
pub(super) fn clusters_of(
    options: &FileOptions,
    inventory: &Inventory,
) -> Result<Vec<Cluster>, Vec<Error>> {
    derived(options, inventory).map(|(clusters, _)| clusters)
}

fn derived(
    options: &FileOptions,
    inventory: &Inventory,
) -> Result<(Vec<Cluster>, Vec<Waived>), Vec<Error>> {
    let own_products = options
        .inventory
        .parent()
        .unwrap_or(Path::new(""))
        .join("products");
    let catalogue = Catalogue::load(&[own_products]).map_err(|error| vec![error])?;
    let clusters = derive(inventory, &|product, version| {
        catalogue.find(product, version)
    })?;
    let waived = checks::check(&clusters, checks::ALL)?;
    Ok((clusters, waived))
}

/// The nodes of one host, each with its cluster.
///
/// # Errors
/// Where there is no such host, or it carries no node.
pub(super) fn members<'a>(
    inventory: &Inventory,
    clusters: &'a [Cluster],
    host: &str,
) -> Result<Vec<(&'a Cluster, &'a Node)>> {
    let all = clusters.iter().flat_map(|cluster| {
        let nodes = cluster.nodes.iter();
        nodes.map(move |node| (cluster, node))
    });
    let found: Vec<_> = all.filter(|(_, node)| node.host == host).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let mut names = inventory.hosts.iter().map(|one| one.name.as_str());
    if names.clone().any(|name| name == host) {
        return Err(Error::new(format!("host `{host}` carries no node")));
    }
    let error = Error::new(format!("there is no host `{host}` in the inventory"));
    Err(match near(host, &mut names) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error,
    })
}

/// The hosts that `--limit` leaves.
fn chosen(inventory: &Inventory, limit: Option<&str>) -> Result<Vec<String>> {
    let Some(limit) = limit else {
        return Ok(inventory
            .hosts
            .iter()
            .map(|host| host.name.clone())
            .collect());
    };
    let hosts = HostPattern::limit(limit)?.select(inventory)?;
    if hosts.is_empty() {
        return Err(
            Error::new(format!("`--limit {limit}` leaves no host")).hint(format!(
                "`wmprov inventory {} --graph` shows groups and hosts",
                inventory.file.display()
            )),
        );
    }
    Ok(hosts)
}
