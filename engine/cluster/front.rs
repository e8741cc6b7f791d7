//! What stands before a cluster: the load balancers that wmprov keeps, and the ports by which clients
//! come through them or through balancers of others.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::checks::Claim;
use super::outline::{Outline, Tree};
use super::variables::Level;
use super::{Cluster, kind, pattern, vars};
use crate::catalogue::{Release, Role};
use crate::inventory::{Inventory, Vars};
use crate::yaml::{Error, Place, Result};

/// A load balancer of a cluster.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// The inventory host.
    pub host: String,
    /// The address that it comes from, where it is known.
    pub address: Option<IpAddr>,
    /// It takes the clients' requests to the workers.
    pub workers: bool,
    /// It takes administrators to the console.
    pub managers: bool,
    /// Its variables.
    pub vars: Vars,
    /// Where the host stands.
    pub place: Place,
}

/// The files of a certificate on the control machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate with its chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Where they are named.
    pub place: Place,
}

/// How clients and administrators reach a cluster through load balancers.
#[derive(Clone, Debug, Default)]
pub struct Front {
    /// The balancers that wmprov keeps.
    pub balancers: Vec<Balancer>,
    /// Clients come through the balancers; else the cluster stands by for another under the same names.
    pub live: bool,
    /// The ports before the workers, HTTP and HTTPS, where a balancer of anybody's stands there.
    pub workers: Option<(u16, u16)>,
    /// The HTTPS port before the console, likewise.
    pub console: Option<u16>,
    /// The networks that may open the console.
    pub allow: Vec<String>,
    /// The workers' certificate; [`None`]: one is made on each balancer, for a lab.
    pub certificate: Option<CertificateFiles>,
    /// The console's, where it is another.
    pub mgt_certificate: Option<CertificateFiles>,
}

impl Front {
    /// True where one of our balancers serves the console.
    #[must_use]
    pub fn keeps_console(&self) -> bool {
        self.balancers.iter().any(|balancer| balancer.managers)
    }

    /// True where one of our balancers serves the workers.
    #[must_use]
    pub fn keeps_workers(&self) -> bool {
        self.balancers.iter().any(|balancer| balancer.workers)
    }
}

/// The names and ports of a cluster at one balancer, each with the variable of the name.
pub fn names<'a>(
    cluster: &'a Cluster,
    balancer: &Balancer,
) -> impl Iterator<Item = (&'static str, &'a str, u16)> {
    let workers = cluster.front.workers.filter(|_| balancer.workers);
    let console = cluster.front.console.filter(|_| balancer.managers);
    let of_workers = workers.into_iter().flat_map(|(http, https)| [http, https]);
    let console_name = cluster.mgt_hostname.as_deref();
    of_workers
        .map(|port| ("carbon_hostname", cluster.hostname.as_str(), port))
        .chain(
            console
                .zip(console_name)
                .map(|(port, name)| ("carbon_mgt_hostname", name, port)),
        )
}

/// The clusters that stand by for a live one at a balancer: one of its names and ports there is theirs too.
pub fn standbys<'a>(
    live: &'a Cluster,
    balancer: &'a Balancer,
    clusters: &'a [Cluster],
) -> impl Iterator<Item = &'a Cluster> {
    let shares = move |other: &&Cluster| {
        let mut there = other.front.balancers.iter();
        let Some(one) = there.find(|one| one.host == balancer.host) else {
            return false;
        };
        names(other, one).any(|(_, name, port)| {
            names(live, balancer).any(|(_, known, at)| (known, at) == (name, port))
        })
    };
    let others = clusters.iter().filter(|other| other.name != live.name);
    others.filter(|other| !other.front.live).filter(shares)
}

/// The ports on which a worker takes its clients' requests, HTTP and HTTPS: the pass-through transport's
/// where the product has one (procedure 4.1).
#[must_use]
pub fn client_ports(release: &Release) -> (&'static str, &'static str) {
    if release
        .ports
        .iter()
        .any(|port| port.name == "pass_through_http")
    {
        ("pass_through_http", "pass_through_https")
    } else {
        ("http", "https")
    }
}

/// What a front is read from.
pub(super) struct Source<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) outline: &'a Outline<'a>,
    pub(super) others: &'a [Outline<'a>],
    pub(super) tree: &'a Tree<'a>,
    /// The cluster's variables.
    pub(super) vars: &'a Vars,
    pub(super) pattern: u8,
    pub(super) has_console_name: bool,
}

impl Source<'_> {
    /// Reads the front of a cluster.
    pub(super) fn front(&self) -> Result<Front, Vec<Error>> {
        let mut front = Front {
            balancers: self.balancers()?,
            ..Front::default()
        };
        self.settings(&mut front).map_err(|error| vec![error])?;
        Ok(front)
    }

    fn balancers(&self) -> Result<Vec<Balancer>, Vec<Error>> {
        let hosts = self.outline.hosts(self.inventory, Role::LoadBalancer);
        hosts
            .map(|host| {
                let path = vars::path(
                    host,
                    Role::LoadBalancer,
                    self.outline,
                    self.others,
                    self.tree,
                );
                let own = vars::of_node(self.inventory, &path, self.tree, host, None)?;
                vars::check_kinds(&own, Level::Balancer)?;
                let said = own.get("carbon_balances").map(|set| set.text());
                let said = said.transpose().map_err(|error| vec![error])?;
                // Without a name of its own the console is not reached through the balancer.
                let console = self.has_console_name
                    || pattern(self.pattern).is_some_and(|pattern| pattern.own_balancers);
                let claim = Claim {
                    node: &host.name,
                    host: &host.name,
                    vars: &own,
                    place: &host.place,
                };
                Ok(Balancer {
                    host: host.name.clone(),
                    address: claim.address(),
                    workers: said != Some("managers"),
                    managers: match said {
                        Some("workers") => false,
                        Some(_) => true,
                        None => console,
                    },
                    vars: own,
                    place: host.place.clone(),
                })
            })
            .collect()
    }

    fn settings(&self, front: &mut Front) -> Result<()> {
        front.live = match self.vars.get("carbon_traffic") {
            Some(set) => set.text()? == "live",
            None => true,
        };
        let http = port(self.vars, "carbon_http_port")?;
        let https = port(self.vars, "carbon_https_port")?;
        if front.keeps_workers() || http.is_some() || https.is_some() {
            front.workers = Some((http.unwrap_or(80), https.unwrap_or(443)));
        }
        let console = port(self.vars, "carbon_mgt_https_port")?;
        if front.keeps_console() || console.is_some() {
            front.console = Some(console.unwrap_or(443));
        }
        if let Some(set) = self.vars.get("carbon_console_allow") {
            for word in kind::networks(set)? {
                front.allow.push(word.text()?.to_owned());
            }
        }
        let beside = self.inventory.file.parent().unwrap_or(Path::new(""));
        let names = ["carbon_certificate", "carbon_certificate_key"];
        front.certificate = certificate(self.vars, beside, names)?;
        let names = ["carbon_mgt_certificate", "carbon_mgt_certificate_key"];
        front.mgt_certificate = certificate(self.vars, beside, names)?;
        match (&front.certificate, &front.mgt_certificate) {
            (None, Some(console)) => Err(Error::at(
                &console.place,
                "the console has a certificate and the workers have none",
            )
            .hint("set `carbon_certificate` too")),
            _ => Ok(()),
        }
    }
}

/// A port that a variable names.
pub(super) fn port(vars: &Vars, name: &str) -> Result<Option<u16>> {
    match vars.get(name) {
        // Held below 65536 by its kind.
        Some(set) => Ok(Some(u16::try_from(set.int()?).unwrap_or(u16::MAX))),
        None => Ok(None),
    }
}

/// The files that a pair of variables names, of a certificate and of its key.
pub(super) fn certificate(
    vars: &Vars,
    beside: &Path,
    [certificate, key]: [&str; 2],
) -> Result<Option<CertificateFiles>> {
    match (vars.get(certificate), vars.get(key)) {
        (Some(file), Some(key)) => Ok(Some(CertificateFiles {
            certificate: beside.join(file.text()?),
            key: beside.join(key.text()?),
            place: file.place.clone(),
        })),
        (None, None) => Ok(None),
        (Some(set), None) => Err(Error::at(
            &set.place,
            format!("`{certificate}` wants `{key}`"),
        )),
        (None, Some(set)) => Err(Error::at(
            &set.place,
            format!("`{key}` wants `{certificate}`"),
        )),
    }
}
