//! A cluster's artifacts by Subversion: the repository, the host that keeps it, and who logs in to it as whom.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use super::checks::Claim;
use super::outline::{Outline, Tree};
use super::{BalancerView, CertificateFiles, Cluster, Overlay, front, kind, overlay, vars};
use crate::catalogue::Role;
use crate::inventory::{Inventory, Vars};
use crate::yaml::{Error, Place, Result, Secret};

/// What serves a repository of ours (`carbon_svn_server`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreServer {
    /// Subversion's own server.
    #[default]
    Svnserve,
    /// Apache with mod_dav_svn.
    Apache,
}

impl StoreServer {
    /// The server as the inventory names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Svnserve => "svnserve",
            Self::Apache => "apache",
        }
    }
}

impl fmt::Display for StoreServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Svnserve => "svnserve",
            Self::Apache => "Apache",
        })
    }
}

/// The repository that the active manager commits to and all nodes check out from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repository {
    /// Where a server that is not ours has it (`carbon_svn_url`).
    pub url: Option<String>,
    /// What serves it on a host of ours.
    pub server: StoreServer,
    /// The port there, where it is not the protocol's own (`carbon_svn_port`).
    pub own_port: Option<u16>,
    /// The name by which nodes reach that host; without one it is the address.
    pub hostname: Option<String>,
    /// The certificate that Apache shows; without one it speaks no TLS.
    pub certificate: Option<CertificateFiles>,
    /// The hosts of the group `artifact_store`; one keeps it.
    pub stores: Vec<Store>,
    /// The client's jars (`carbon_svnkit_jar`): no pack ships them, for their licence (carbon 2.1).
    pub jars: Vec<Overlay>,
}

/// A host that keeps repositories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The inventory host.
    pub host: String,
    /// The address at which the nodes reach it; [`None`] where it has none that they could.
    pub address: Option<IpAddr>,
    /// Where the host stands.
    pub place: Place,
}

/// The variables of a cluster that only this sync reads.
pub(super) const VARIABLES: [&str; 9] = [
    "carbon_svn_url",
    OF_STORE[0],
    OF_STORE[1],
    OF_STORE[2],
    OF_STORE[3],
    OF_STORE[4],
    "carbon_svnkit_jar",
    "carbon_svn_user",
    "carbon_svn_password",
];

/// Those of them that say how a store of ours serves.
const OF_STORE: [&str; 5] = [
    "carbon_svn_server",
    "carbon_svn_port",
    "carbon_svn_hostname",
    "carbon_svn_certificate",
    "carbon_svn_certificate_key",
];

impl Repository {
    /// Reads it from a cluster's variables; its hosts are found later.
    pub(super) fn read(vars: &Vars, beside: &Path) -> Result<Self> {
        let text = |name: &str| {
            let set = vars.get(name).map(|set| set.text());
            Ok::<_, Error>(set.transpose()?.map(str::to_owned))
        };
        let repository = Self {
            url: text("carbon_svn_url")?,
            server: match text("carbon_svn_server")?.as_deref() {
                Some("apache") => StoreServer::Apache,
                _ => StoreServer::Svnserve,
            },
            own_port: front::port(vars, "carbon_svn_port")?,
            hostname: text("carbon_svn_hostname")?,
            certificate: front::certificate(
                vars,
                beside,
                ["carbon_svn_certificate", "carbon_svn_certificate_key"],
            )?,
            stores: Vec::new(),
            jars: overlay::files(vars, "carbon_svnkit_jar", beside)?,
        };
        repository.is_of_one_server(vars)?;
        Ok(repository)
    }

    /// A server of others serves as it is told there; svnserve shows no certificate.
    fn is_of_one_server(&self, vars: &Vars) -> Result<()> {
        let set = OF_STORE
            .iter()
            .find_map(|name| Some((name, vars.get(*name)?)));
        if let (Some(_), Some((name, set))) = (&self.url, set) {
            let message =
                format!("`{name}` is set, and the server of `carbon_svn_url` is not ours");
            return Err(Error::at(&set.place, message).hint("take one of them out"));
        }
        match &self.certificate {
            Some(files) if self.server == StoreServer::Svnserve => Err(Error::at(
                &files.place,
                "`carbon_svn_certificate` is set, and svnserve speaks no TLS",
            )
            .hint("take it out, or set `carbon_svn_server: apache`")),
            _ => Ok(()),
        }
    }

    /// How a server of ours is spoken to.
    #[must_use]
    pub fn scheme(&self) -> SvnScheme {
        match (self.server, &self.certificate) {
            (StoreServer::Svnserve, _) => SvnScheme::Svn,
            (StoreServer::Apache, None) => SvnScheme::Http,
            (StoreServer::Apache, Some(_)) => SvnScheme::Https,
        }
    }

    /// The port of a server of ours.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.own_port.unwrap_or(self.scheme().port())
    }
}

/// The hosts that keep a cluster's repository.
pub(super) fn stores(
    inventory: &Inventory,
    tree: &Tree<'_>,
    outline: &Outline<'_>,
    others: &[Outline<'_>],
) -> Result<Vec<Store>, Vec<Error>> {
    let hosts = outline.hosts(inventory, Role::ArtifactStore);
    hosts
        .map(|host| {
            let path = vars::path(host, Role::ArtifactStore, outline, others, tree);
            let own = vars::of_node(inventory, &path, tree, host, None)?;
            let claim = Claim {
                node: &host.name,
                host: &host.name,
                vars: &own,
                place: &host.place,
            };
            Ok(Store {
                host: host.name.clone(),
                address: claim.address(),
                place: host.place.clone(),
            })
        })
        .collect()
}

/// How a node logs in to the repository: each as another, so that one alone may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// Its password, where one is set.
    pub password: Option<Secret>,
    /// True where the password stands in the inventory unvaulted.
    pub in_clear: bool,
}

impl Login {
    /// Reads it from a node's variables.
    pub(super) fn read(vars: &Vars, node: &str, in_clear: &[Place]) -> Result<Self> {
        let password = vars.get("carbon_svn_password");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let name = |c: char| if plain(c) { c } else { '-' };
        Ok(Self {
            user: match vars.get("carbon_svn_user") {
                Some(set) => set.text()?.to_owned(),
                None => node.chars().map(name).collect(),
            },
            password: password.map(kind::secret).transpose()?,
            in_clear: password.is_some_and(|set| in_clear.contains(&set.place)),
        })
    }
}

impl Cluster {
    /// The repository, where artifacts go through one.
    #[must_use]
    pub fn repository(&self) -> Option<&Repository> {
        match &self.sync {
            super::ArtifactSync::Svn(repository) => Some(repository),
            _ => None,
        }
    }

    /// The host of ours that keeps the repository.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.repository()?.stores.first()
    }

    /// The certificate that our store shows.
    #[must_use]
    pub fn store_certificate(&self) -> Option<&CertificateFiles> {
        self.store()?;
        self.repository()?.certificate.as_ref()
    }

    /// The name or the address by which nodes reach our store.
    #[must_use]
    pub fn store_name(&self) -> Option<String> {
        match &self.repository()?.hostname {
            Some(name) => Some(name.to_ascii_lowercase()),
            None => Some(self.store()?.address?.to_string()),
        }
    }

    /// Where Carbon finds the repository: at our store, else where `carbon_svn_url` says.
    #[must_use]
    pub fn svn_url(&self) -> Option<String> {
        let repository = self.repository()?;
        if let Some(url) = &repository.url {
            return Some(url.clone());
        }
        self.store()?;
        let mut server = self.store_name()?;
        if server.contains(':') {
            server = format!("[{server}]");
        }
        let scheme = repository.scheme();
        // As clients write it into their check-outs.
        if repository.port() != scheme.port() {
            server = format!("{server}:{}", repository.port());
        }
        let id = BalancerView::id(self);
        Some(format!("{}://{server}/{id}", scheme.as_str()))
    }
}

/// How a repository's server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvnScheme {
    /// svnserve's own protocol.
    Svn,
    /// Apache with mod_dav_svn.
    Http,
    /// The same over TLS.
    Https,
}

impl SvnScheme {
    /// As URLs begin.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Svn => "svn",
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port where a URL names none.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Svn => 3690,
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A repository's URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvnAddress {
    /// How it is spoken to.
    pub scheme: SvnScheme,
    /// The server, an address without brackets or a name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The path, `/` at least.
    pub path: String,
}

impl SvnAddress {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// Why Carbon cannot use it, in words that follow "`URL` ".
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| "is no URL".to_owned())?;
        let scheme = match scheme {
            "svn" => SvnScheme::Svn,
            "http" => SvnScheme::Http,
            "https" => SvnScheme::Https,
            // Procedure 3.1: not supported by the synchroniser.
            "svn+ssh" => {
                return Err("is reached over SSH, which Carbon does not support".to_owned());
            }
            "file" => return Err("is a folder of each node's own machine".to_owned()),
            other => {
                return Err(format!(
                    "has the protocol `{other}`, which no repository speaks"
                ));
            }
        };
        let (server, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        if server.contains('@') {
            return Err("has a login in it, which would be shown wherever the URL is".to_owned());
        }
        if url.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#')) {
            return Err("has characters in it that no repository's URL has".to_owned());
        }
        let (host, port) =
            split_port(server, scheme.port()).ok_or_else(|| "names no server".to_owned())?;
        Ok(Self {
            scheme,
            host,
            port,
            path: path.to_owned(),
        })
    }

    /// True where the server is each node's own machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

fn split_port(server: &str, default: u16) -> Option<(String, u16)> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, port)
        }
        None => {
            let at = server.find(':').unwrap_or(server.len());
            let (host, port) = server.split_at(at);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            if host.is_empty() || !host.chars().all(plain) {
                return None;
            }
            (host, port)
        }
    };
    let port = match port.strip_prefix(':') {
        Some(digits) => digits.parse().ok().filter(|port| *port > 0)?,
        None if port.is_empty() => default,
        None => return None,
    };
    Some((host.to_owned(), port))
}

impl fmt::Display for SvnAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(out, "[{}]:{}", self.host, self.port),
            false => write!(out, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_or_refused() {
        for (url, words) in [
            ("svn://10.0.0.9/all", "Svn 10.0.0.9:3690 /all"),
            ("svn://[fd00::9]:3691/a/b", "Svn [fd00::9]:3691 /a/b"),
            ("http://svn.example.com", "Http svn.example.com:80 /"),
            (
                "https://svn.example.com:8443/r/",
                "Https svn.example.com:8443 /r/",
            ),
        ] {
            let parts = SvnAddress::parse(url).unwrap();
            assert_eq!(format!("{:?} {parts} {}", parts.scheme, parts.path), words);
        }
        for (url, why) in [
            ("svn+ssh://host/r", "is reached over SSH"),
            ("file:///srv/r", "is a folder of each node's own machine"),
            ("ftp://host/r", "has the protocol `ftp`"),
            ("host/r", "is no URL"),
            ("svn:///r", "names no server"),
            ("svn://host:0/r", "names no server"),
            ("svn://host:x/r", "names no server"),
            ("svn://[::1/r", "names no server"),
            ("svn://me:pw@host/r", "has a login in it"),
            ("svn://host/a b", "has characters in it"),
        ] {
            let said = SvnAddress::parse(url).unwrap_err();
            assert!(said.starts_with(why), "{url}: {said}");
        }
    }
}
