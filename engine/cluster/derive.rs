//! Inventory + catalogue → clusters: the one way in. Everything that is wrong is collected, so that
//! one run shows it all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::checks::{self, Check};
use super::outline::{Outline, Tree, outlines};
use super::variables::Level;
use super::{
    Admin, ArtifactSync, Cluster, Databases, Front, Waiver, WorkerUi, database, driver, front,
    gateway, kind, managers, nodes, overlay, svn, usage, vars,
};
use crate::catalogue::{NotOffered, Release};
use crate::inventory::{Inventory, Vars};
use crate::yaml::{Error, Place, Result};

/// Finds a release by product and version (`Catalogue::find`), or says which nearest ones are known, or
/// why that one cannot be separated.
pub type Lookup<'a> = &'a dyn Fn(&str, &str) -> Result<Arc<Release>, NotOffered>;

/// Derives every cluster of an inventory, without checking invariants; all errors at once.
///
/// An inventory in which no group sets `carbon_product` has no cluster.
pub fn derive(inventory: &Inventory, lookup: Lookup<'_>) -> Result<Vec<Cluster>, Vec<Error>> {
    derive_with(inventory, lookup, checks::ALL)
}

/// As [`derive()`], with the table of checks that addresses are held against while they are read.
pub fn derive_with(
    inventory: &Inventory,
    lookup: Lookup<'_>,
    table: &[&Check],
) -> Result<Vec<Cluster>, Vec<Error>> {
    let mut errors = Vec::new();
    let tree = Tree::new(inventory);
    let outlines = outlines(inventory, &tree, &mut errors);
    if errors.is_empty() {
        errors.extend(usage::errors(inventory, &outlines));
        errors.extend(products_of_hosts(inventory));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut clusters = Vec::new();
    for outline in &outlines {
        let site = nodes::Site {
            inventory,
            outline,
            others: &outlines,
            tree: &tree,
            table,
        };
        match cluster(&site, lookup) {
            Ok(cluster) => clusters.push(cluster),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty()
        && let Err(found) = gateway::name_gateways(&mut clusters)
    {
        errors.extend(found);
    }
    if errors.is_empty() {
        Ok(clusters)
    } else {
        Err(each_once(errors))
    }
}

/// One mistake in a group is met by every node under it; it is told once.
#[must_use]
pub fn each_once(errors: impl IntoIterator<Item = Error>) -> Vec<Error> {
    let mut kept: Vec<Error> = Vec::new();
    for error in errors {
        let same =
            |other: &Error| other.place() == error.place() && other.message() == error.message();
        if !kept.iter().any(same) {
            kept.push(error);
        }
    }
    kept
}

/// A host or the command line cannot make a cluster.
fn products_of_hosts(inventory: &Inventory) -> Vec<Error> {
    let hosts = inventory.hosts.iter().map(|host| &host.vars);
    hosts
        .chain([&inventory.extra])
        .filter_map(|vars| vars.get("carbon_product"))
        .map(|product| {
            Error::at(
                &product.place,
                "`carbon_product` makes a group a cluster; it cannot be set for a host",
            )
            .hint("set it in a group, or in `all` where the whole inventory is one cluster")
        })
        .collect()
}

/// One cluster, or all that is wrong with it.
fn cluster(site: &nodes::Site<'_>, lookup: Lookup<'_>) -> Result<Cluster, Vec<Error>> {
    let (inventory, outline) = (site.inventory, site.outline);
    let place = outline.group.vars["carbon_product"].place.clone();
    let mut vars = vars::of_cluster(inventory, site.tree, outline)?;
    vars::check_kinds(&vars, Level::Cluster)?;
    let in_clear = vars::seal_passwords(&mut vars, &inventory.vaulted);
    let settings = Settings {
        vars: &vars,
        outline,
        in_clear: &in_clear,
    };
    let mut errors = Vec::new();
    let mut head = match settings.head(inventory, place, lookup) {
        Ok(head) => head,
        Err(error) => return Err(vec![error]),
    };
    let source = front::Source {
        inventory,
        outline,
        others: site.others,
        tree: site.tree,
        vars: &vars,
        pattern: head.pattern,
        has_console_name: head.mgt_hostname.is_some(),
    };
    match source.front() {
        Ok(front) => head.front = front,
        Err(found) => errors.extend(found),
    }
    match svn::stores(inventory, site.tree, outline, site.others) {
        Ok(stores) => errors.extend(keep_stores(&mut head, stores).err()),
        Err(found) => errors.extend(found),
    }
    match nodes::nodes(site, &head) {
        Ok(nodes) => {
            head.nodes = nodes;
            errors.extend(managers::tell_apart(&mut head).err());
        }
        Err(found) => errors.extend(found),
    }
    if errors.is_empty() {
        Ok(head)
    } else {
        Err(errors)
    }
}

/// The hosts that keep the cluster's repository, where it has one; elsewhere nobody would use them.
fn keep_stores(cluster: &mut Cluster, stores: Vec<svn::Store>) -> Result<()> {
    match (&mut cluster.sync, stores.first()) {
        (ArtifactSync::Svn(repository), _) => {
            repository.stores = stores;
            Ok(())
        }
        (_, None) => Ok(()),
        (_, Some(store)) => {
            let message = format!(
                "host `{}` is an artifact store, and cluster `{}` has no repository",
                store.host, cluster.name
            );
            Err(Error::at(&store.place, message)
                .hint("set `carbon_artifact_sync: svn`, or take the host out of that group"))
        }
    }
}

/// The cluster's variables, read one by one; their kinds have been checked.
struct Settings<'a> {
    vars: &'a Vars,
    outline: &'a Outline<'a>,
    in_clear: &'a [Place],
}

impl Settings<'_> {
    fn text(&self, name: &str) -> Result<Option<&str>> {
        self.vars.get(name).map(|value| value.text()).transpose()
    }

    fn required(&self, name: &str, hint: &str) -> Result<&str> {
        self.text(name)?.ok_or_else(|| {
            Error::at(
                &self.outline.group.vars["carbon_product"].place,
                format!("cluster `{}` has no `{name}`", self.outline.group.name),
            )
            .hint(hint)
        })
    }

    fn number(&self, name: &str, default: i64) -> Result<u64> {
        let number = match self.vars.get(name) {
            Some(value) => value.int()?,
            None => default,
        };
        Ok(number.unsigned_abs())
    }

    /// The tenants that workers load at their start; a domain becomes a part of a path.
    fn tenants(&self) -> Result<Vec<String>> {
        let Some(set) = self.vars.get("carbon_tenants") else {
            return Ok(Vec::new());
        };
        let domain = |word: &crate::yaml::Node| {
            let domain = word.text()?;
            let taken = |one: char| one.is_ascii_alphanumeric() || ".-_".contains(one);
            if domain.chars().all(taken) {
                return Ok(domain.to_owned());
            }
            let message = format!("`{domain}` is no tenant's domain");
            Err(Error::at(&word.place, message).hint("such as `shop.example`"))
        };
        kind::words(set, false)?.iter().map(domain).collect()
    }

    /// All of the cluster but its nodes.
    fn head(&self, inventory: &Inventory, place: Place, lookup: Lookup<'_>) -> Result<Cluster> {
        let product = self.required("carbon_product", "name it")?;
        let version = self.required(
            "carbon_version",
            "give the version, quoted: `carbon_version: \"5.0.0\"`",
        )?;
        let release = lookup(product, version).map_err(|not| match not {
            NotOffered::Product(error) => error.or_at(&self.vars["carbon_product"].place),
            NotOffered::Version(error) => error.or_at(&self.vars["carbon_version"].place),
        })?;
        let release = self.part(release)?;
        let beside = inventory.file.parent().unwrap_or(Path::new(""));
        let pack = self.text("carbon_pack")?.unwrap_or(&release.pack);
        let worker_ui = match self.text("carbon_worker_ui")? {
            Some("t1") => WorkerUi::T1,
            Some("t2") => WorkerUi::T2,
            Some("keep") => WorkerUi::Keep,
            _ => WorkerUi::Auto,
        };
        let password = self.vars.get("carbon_admin_password");
        Ok(Cluster {
            name: self.outline.group.name.clone(),
            pattern: self.pattern()?,
            domain: self
                .text("carbon_domain")?
                .unwrap_or(&release.clustering.domain)
                .to_owned(),
            hostname: self
                .required(
                    "carbon_hostname",
                    "set the name that clients use for the workers, such as esb.example.com",
                )?
                .to_owned(),
            mgt_hostname: self.text("carbon_mgt_hostname")?.map(str::to_owned),
            front: Front::default(),
            firewall: self.text("carbon_firewall")? == Some("nftables"),
            pack: PathBuf::from(beside).join(pack),
            pack_place: self
                .vars
                .get("carbon_pack")
                .map_or(&place, |set| &set.place)
                .clone(),
            patches: overlay::files(self.vars, "carbon_patches", beside)?,
            worker_ui,
            sync: ArtifactSync::read(self.vars, beside)?,
            tenants: self.tenants()?,
            heartbeat: Duration::from_secs(self.number("carbon_heartbeat", 60)?),
            // Held between 1 and 1000 by its kind.
            serial: usize::try_from(self.number("carbon_serial", 1)?).unwrap_or(1),
            secure_vault: match self.vars.get("carbon_secure_vault") {
                Some(set) => kind::flag(set)?,
                None => false,
            },
            admin: Admin {
                user: self
                    .text("carbon_admin_user")?
                    .unwrap_or("admin")
                    .to_owned(),
                password: password.map(kind::secret).transpose()?,
                in_clear: password.is_some_and(|set| self.in_clear.contains(&set.place)),
            },
            databases: self.databases(&release, beside)?,
            vars: self.vars.clone(),
            nodes: Vec::new(),
            gateway: None,
            waivers: self.waivers()?,
            release,
            place,
        })
    }

    fn pattern(&self) -> Result<u8> {
        match self.vars.get("carbon_pattern") {
            // A number that is no pattern's is told by a check.
            Some(set) => Ok(u8::try_from(set.int()?).unwrap_or(u8::MAX)),
            None => Ok(1),
        }
    }

    /// The part of the product that the cluster is, and nothing set that only parts use.
    fn part(&self, release: Arc<Release>) -> Result<Arc<Release>> {
        if let (None, Some(set)) = (&release.component, self.vars.get("carbon_key_manager")) {
            let message = format!(
                "{} {} asks no Key Manager",
                release.product, release.version
            );
            return Err(Error::at(&set.place, message).hint("take `carbon_key_manager` out"));
        }
        match self.vars.get("carbon_component") {
            Some(set) => release
                .part(set.text()?)
                .map_err(|error| error.or_at(&set.place)),
            None => Ok(release),
        }
    }

    fn databases(&self, release: &Release, beside: &Path) -> Result<Databases> {
        let jars = driver::jars(self.vars, beside)?;
        let Some(set) = self.vars.get("carbon_databases") else {
            let unused = [
                "carbon_database_jars",
                "carbon_maven_repository",
                "carbon_registry_target",
            ]
            .into_iter()
            .find_map(|name| Some((name, self.vars.get(name)?)));
            return match unused {
                Some((name, set)) => Err(Error::at(
                    &set.place,
                    format!("`{name}` is used by nothing, for there are no `carbon_databases`"),
                )),
                None => Ok(Databases::default()),
            };
        };
        let part = release.component.as_deref();
        let own = part.map(|part| format!("-{part}")).unwrap_or_default();
        let target = match self.text("carbon_registry_target")? {
            Some(target) => target.to_owned(),
            None => format!("/_system/config/{}{own}", release.product),
        };
        Ok(Databases {
            all: database::read(set, release, self.in_clear)?,
            jars,
            target,
        })
    }

    fn waivers(&self) -> Result<Vec<Waiver>> {
        match self.vars.get("carbon_waive") {
            Some(set) => kind::waivers(set),
            None => Ok(Vec::new()),
        }
    }
}
