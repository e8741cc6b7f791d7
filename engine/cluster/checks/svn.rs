//! Checks of a repository of artifacts: that there is one, that Carbon's client can use it, and that one node alone writes.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use super::super::{Cluster, Node, Repository, Store, StoreServer, SvnAddress, names};
use super::check::{Check, Finding, When};
use super::files::edits;
use crate::catalogue::Kernel;

const CARBON: &str = "repository/conf/carbon.xml";

/// The class by which a jar is known as the client.
const CLIENT: &str = "org/tmatesoft/svn/core/wc/SVNClientManager.class";

/// From this version on SVNKit makes working copies of the format 1.7 and later; kernel 4.2.0's synchroniser knows the
/// one before only (procedure 3.1).
const NEW_FORMAT: (u16, u16) = (1, 7);
const OLD_KERNELS_END: Kernel = Kernel(4, 3, 0);

/// Every cluster whose artifacts go through a repository.
fn repositories(clusters: &[Cluster]) -> impl Iterator<Item = (&Cluster, &Repository)> {
    clusters
        .iter()
        .filter_map(|cluster| Some((cluster, cluster.repository()?)))
}

/// A finding about a cluster's sync as a whole.
fn of_sync(cluster: &Cluster, message: String) -> Finding {
    Finding::of(cluster, cluster.place_of("carbon_artifact_sync"), message)
}

pub(super) const COMMITTER: Check = Check {
    code: "WM010",
    title: "an edit decides who commits artifacts",
    cause: "Where the active manager does not commit, workers poll an empty repository; where a worker does, what it happens to have becomes everybody's. Carbon checks neither.",
    fix: "take the edit out: `carbon_artifact_sync` and the roles decide",
    source: "procedure 7, rows 10, 15 and 16; procedure 3.1",
    waivable: false,
    when: When::Before(|clusters| {
        edits(clusters, |(_, node), touch| {
            (touch.path == CARBON && touch.target.contains("DeploymentSynchronizer")).then(|| {
                format!(
                    "an edit of node `{}` changes its deployment synchronizer",
                    node.name
                )
            })
        })
    }),
};

pub(super) const NO_CLIENT: Check = Check {
    code: "WM011",
    title: "no client for the repository",
    cause: "No pack ships SVNKit, for its licence. Without it the synchroniser says nothing but `No Repository found for type svn`, and artifacts stay where they are.",
    fix: "name the client's jar in `carbon_svnkit_jar`: `svnkit-1.3.9.wso2v2.jar` for kernel 4.2, `svnkit-all-1.8.7.wso2v1.jar` for 4.3 and 4.4",
    source: "procedure 7, row 11; procedure 3.1; carbon 2.1",
    waivable: true,
    when: When::Before(|clusters| {
        let lacking = repositories(clusters).filter_map(|(cluster, repository)| {
            let bundles: Vec<Jar> = repository
                .jars
                .iter()
                .map(|jar| Jar::read(&jar.path))
                .collect();
            if bundles.iter().any(|jar| jar.client && jar.bundle) {
                return None;
            }
            let what = match bundles.iter().find(|jar| jar.client) {
                Some(jar) => format!(
                    "`{}` is no OSGi bundle, which is all that `dropins` takes",
                    jar.name
                ),
                None if bundles.is_empty() => "no jar of the client is given".to_owned(),
                None => {
                    let names: Vec<String> = bundles
                        .iter()
                        .map(|jar| format!("`{}`", jar.name))
                        .collect();
                    format!("none of {} holds SVNKit", names.join(", "))
                }
            };
            let place = cluster.place_of(match repository.jars.is_empty() {
                true => "carbon_artifact_sync",
                false => "carbon_svnkit_jar",
            });
            let message = format!(
                "the nodes of cluster `{}` have no client for their repository: {what}",
                cluster.name
            );
            Some(Finding::of(cluster, place, message))
        });
        lacking.collect()
    }),
};

pub(super) const FORMAT: Check = Check {
    code: "WM012",
    title: "a client of another age than the kernel",
    cause: "The synchroniser of kernel 4.2 works with working copies of Subversion 1.6, those of 4.3 and 4.4 with 1.7 and later. With the other client a check-out ends with `client is too old`, or is not begun.",
    fix: "give `svnkit-1.3.9.wso2v2.jar` to kernel 4.2, `svnkit-all-1.8.7.wso2v1.jar` to 4.3 and 4.4",
    source: "procedure 7, row 12; procedure 3.1",
    waivable: true,
    when: When::Before(|clusters| {
        let wrong = repositories(clusters).filter_map(|(cluster, repository)| {
            let kernel = cluster.release.kernel;
            let old = kernel < OLD_KERNELS_END;
            let jars = repository
                .jars
                .iter()
                .map(|jar| (Jar::read(&jar.path), jar));
            let mut clients = jars.filter(|(jar, _)| jar.client);
            let (jar, place) = clients.find(|(jar, _)| {
                jar.version
                    .is_some_and(|version| (version < NEW_FORMAT) != old)
            })?;
            let message = format!(
                "`{}` is no client for kernel {kernel}, which wants SVNKit {}",
                jar.name,
                if old { "1.3" } else { "1.7 or later" }
            );
            Some(Finding::of(cluster, &place.place, message))
        });
        wrong.collect()
    }),
};

pub(super) const OLD_CLIENT: Check = Check {
    code: "WM177",
    title: "svnserve before the client of kernel 4.2",
    cause: "The guide has that client speak to servers of Subversion 1.6 and 1.7. SVNKit 1.3.5 does not understand what svnserve of Subversion 1.14 says of a folder (`Number is larger than maximum`), so nothing is checked out; with Apache before the same repository it works.",
    fix: "set `carbon_svn_server: apache`, or waive this where your client and the host's svnserve are known to go together",
    source: "procedure 3.1; measured with SVNKit 1.3.5",
    waivable: true,
    when: When::Before(|clusters| {
        let old = served(clusters).filter(|one| {
            let server = one.repository.server;
            server == StoreServer::Svnserve && one.cluster.release.kernel < OLD_KERNELS_END
        });
        old.map(|one| {
            let cluster = one.cluster;
            let message = format!(
                "the repository of cluster `{}`, of kernel {}, is served by svnserve",
                cluster.name, cluster.release.kernel
            );
            of_sync(cluster, message)
        })
        .collect()
    }),
};

pub(super) const NO_STORE: Check = Check {
    code: "WM143",
    title: "no repository, or more than one",
    cause: "Artifacts go by way of one repository that every node reaches. Without one, or with several, they go nowhere.",
    fix: "put one host into the group `artifact_store`, with an address that the nodes reach, or name a server that is not ours in `carbon_svn_url`",
    source: "procedure 3.1",
    waivable: false,
    when: When::Before(|clusters| {
        let wrong = repositories(clusters).filter_map(|(cluster, repository)| {
            let message = match (&repository.url, repository.stores.as_slice()) {
                (None, []) => format!(
                    "cluster `{}` has no repository for its artifacts",
                    cluster.name
                ),
                (Some(_), []) => return None,
                (Some(_), [store, ..]) => {
                    format!(
                        "cluster `{}` has two repositories: `carbon_svn_url`, and one on `{}`",
                        cluster.name, store.host
                    )
                }
                (None, [store]) if store.address.is_none() => {
                    format!(
                        "artifact store `{}` has no address that the nodes could reach it at",
                        store.host
                    )
                }
                (None, [_]) => return None,
                (None, [first, second, ..]) => format!(
                    "cluster `{}` has two artifact stores, `{}` and `{}`",
                    cluster.name, first.host, second.host
                ),
            };
            Some(match repository.stores.last() {
                Some(store) => Finding::of(cluster, &store.place, message),
                None => of_sync(cluster, message),
            })
        });
        wrong.collect()
    }),
};

pub(super) const NO_PASSWORD: Check = Check {
    code: "WM144",
    title: "a node without a password for the repository",
    cause: "Everybody logs in: nobody reads or writes the repository as nobody. A password that svnserve's own file cannot hold would lock its node out; of one with more than 72 signs bcrypt, by which Apache knows it, sees the first 72.",
    fix: "set `carbon_svn_password`, best vaulted, for the cluster or for each node: at most 72 letters, digits and signs of ASCII, no blank at its ends, no `%(`",
    source: "procedure 3.1; ours",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (cluster, repository) in repositories(clusters) {
            for node in &cluster.nodes {
                let (what, place) = match &node.svn.password {
                    None => (
                        "has no password for the repository".to_owned(),
                        cluster.place_of("carbon_artifact_sync"),
                    ),
                    Some(password)
                        if repository.url.is_none()
                            && !is_held(password.reveal(), repository.server) =>
                    {
                        let server = repository.server;
                        (
                            format!("has a password for the repository that {server} cannot hold"),
                            node.place_of("carbon_svn_password"),
                        )
                    }
                    Some(_) => continue,
                };
                findings.push(Finding::of(
                    cluster,
                    place,
                    format!("node `{}` {what}", node.name),
                ));
            }
        }
        findings
    }),
};

/// True where a line of svnserve's `passwd` gives the password back as it is, or bcrypt sees all of it.
fn is_held(password: &str, server: StoreServer) -> bool {
    let plain = password.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    let whole = match server {
        StoreServer::Svnserve => !password.contains("%("),
        StoreServer::Apache => password.len() <= 72,
    };
    !password.is_empty() && plain && password.trim() == password && whole
}

pub(super) const PORT: Check = Check {
    code: "WM176",
    title: "the port of the repository's server is another's",
    cause: "Of two that want one port of a host the second does not start. What serves the repositories of several clusters on a host does so by one port and one certificate, or by one of each for each.",
    fix: "set `carbon_svn_port` to a port that is free on the store's host; where clusters share one, give them the same certificate",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (at, served) in served(clusters).enumerate() {
            for other in clusters {
                if let Some(who) = who_wants(other, &served.store.host, served.port()) {
                    findings.push(served.finding(other, &who));
                }
            }
            let before = self::served(clusters).take(at);
            for other in before.filter(|one| one.store.host == served.store.host) {
                if !served.goes_with(&other) {
                    let (server, port) = (other.repository.server, other.port());
                    let who = format!("{server} of cluster `{}` at {port}", other.cluster.name);
                    findings.push(served.finding(other.cluster, &who));
                }
            }
        }
        findings
    }),
};

/// A repository that a host of ours keeps.
struct Served<'a> {
    cluster: &'a Cluster,
    repository: &'a Repository,
    store: &'a Store,
}

fn served(clusters: &[Cluster]) -> impl Iterator<Item = Served<'_>> {
    repositories(clusters).filter_map(|(cluster, repository)| {
        Some(Served {
            cluster,
            repository,
            store: cluster.store()?,
        })
    })
}

impl Served<'_> {
    fn port(&self) -> u16 {
        self.repository.port()
    }

    /// True where both can be served on one host: by one server that shows one certificate, or at two ports. There is
    /// one svnserve, at one port.
    fn goes_with(&self, other: &Self) -> bool {
        let (own, their) = (self.repository, other.repository);
        let files = |one: &Repository| {
            let files = one.certificate.as_ref();
            files.map(|files| (files.certificate.clone(), files.key.clone()))
        };
        match (own.server == their.server, self.port() == other.port()) {
            (true, true) => files(own) == files(their),
            (true, false) => own.server == StoreServer::Apache,
            (false, same) => !same,
        }
    }

    fn finding(&self, other: &Cluster, who: &str) -> Finding {
        let variable = match self.repository.own_port {
            Some(_) => "carbon_svn_port",
            None => "carbon_artifact_sync",
        };
        let message = format!(
            "{} of cluster `{}` cannot serve at port {} of host `{}` beside {who}",
            self.repository.server,
            self.cluster.name,
            self.port(),
            self.store.host
        );
        Finding::between(
            [self.cluster, other],
            self.cluster.place_of(variable),
            message,
        )
    }
}

/// Who else of a cluster opens a port of a host.
fn who_wants(cluster: &Cluster, host: &str, port: u16) -> Option<String> {
    let opens = |node: &&Node| {
        let mut ports = node.ports.values();
        node.host == host && (node.member.port == port || ports.any(|one| *one == port))
    };
    if let Some(node) = cluster.nodes.iter().find(opens) {
        return Some(format!("node `{}`", node.name));
    }
    let mut balancers = cluster.front.balancers.iter();
    let balancer = balancers.find(|one| one.host == host)?;
    names(cluster, balancer)
        .any(|(_, _, at)| at == port)
        .then(|| format!("the load balancer of cluster `{}`", cluster.name))
}

pub(super) const URL: Check = Check {
    code: "WM145",
    title: "a repository's URL that Carbon cannot use",
    cause: "The synchroniser speaks to svnserve and to Apache. It does not go over SSH, and a folder or server on each node's own machine is another repository on each.",
    fix: "give `carbon_svn_url` as `svn://server/path`, `http://server/path` or `https://server/path`, without a login in it",
    source: "procedure 3.1; carbon 2.1",
    waivable: false,
    when: When::Before(|clusters| {
        let wrong = repositories(clusters).filter_map(|(cluster, repository)| {
            let url = repository.url.as_ref()?;
            let why = match SvnAddress::parse(url) {
                Err(why) => why,
                Ok(address) if address.is_loopback() => "is each node's own machine".to_owned(),
                Ok(_) => return None,
            };
            // A login may be in it.
            let shown = if url.contains('@') {
                "the repository's URL".to_owned()
            } else {
                format!("`{url}`")
            };
            let message = format!("{shown} {why}");
            Some(Finding::of(
                cluster,
                cluster.place_of("carbon_svn_url"),
                message,
            ))
        });
        wrong.collect()
    }),
};

pub(super) const ONE_USER: Check = Check {
    code: "WM146",
    title: "two nodes log in to the repository as one user",
    cause: "Who may write is told by the user: under the active manager's a worker, or a manager that comes back from the dead, writes too.",
    fix: "leave `carbon_svn_user` out (each node's is its name), or set another for each node",
    source: "procedure 7, row 15; design 5.4",
    waivable: true,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (cluster, _) in repositories(clusters) {
            for (at, node) in cluster.nodes.iter().enumerate() {
                let mut before = cluster.nodes[..at].iter();
                if let Some(other) = before.find(|other| other.svn.user == node.svn.user) {
                    let message = format!(
                        "nodes `{}` and `{}` are both `{}` at the repository",
                        other.name, node.name, node.svn.user
                    );
                    findings.push(Finding::of(
                        cluster,
                        node.place_of("carbon_svn_user"),
                        message,
                    ));
                }
            }
        }
        findings
    }),
};

/// The clusters whose passwords for the repository stand in clear.
pub(super) fn in_clear(clusters: &[Cluster]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (cluster, _) in repositories(clusters) {
        for node in cluster.nodes.iter().filter(|node| node.svn.in_clear) {
            let message = format!(
                "the password of node `{}` for the repository is not vaulted",
                node.name
            );
            findings.push(Finding::of(
                cluster,
                node.place_of("carbon_svn_password"),
                message,
            ));
        }
    }
    findings
}

/// What a jar of the user's says of itself.
struct Jar {
    name: String,
    /// It holds SVNKit.
    client: bool,
    /// Its manifest names a bundle.
    bundle: bool,
    /// The first two numbers of its version.
    version: Option<(u16, u16)>,
}

impl Jar {
    /// Reads a jar; one that cannot be read is none of these, and is named in the finding.
    fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let archive = fs::File::open(path)
            .ok()
            .and_then(|file| zip::ZipArchive::new(file).ok());
        let mut manifest = String::new();
        let mut client = false;
        if let Some(mut archive) = archive {
            client = archive.index_for_name(CLIENT).is_some();
            if let Ok(mut entry) = archive.by_name("META-INF/MANIFEST.MF") {
                let _read = entry.read_to_string(&mut manifest);
            }
        }
        let header = |name: &str| manifest.lines().find_map(|line| line.strip_prefix(name));
        let stated = header("Bundle-Version: ").and_then(numbers);
        Self {
            client,
            bundle: header("Bundle-SymbolicName: ").is_some(),
            version: stated.or_else(|| numbers(&name)),
            name,
        }
    }
}

/// The first two numbers with a point between them in a text.
fn numbers(text: &str) -> Option<(u16, u16)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut parts = text[start..].split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_passwords_are_read_as_they_are_meant() {
        assert_eq!(numbers("svnkit-1.3.9.wso2v2.jar"), Some((1, 3)));
        assert_eq!(numbers("svnkit-all-1.8.7.wso2v1.jar"), Some((1, 8)));
        assert_eq!(numbers("svnkit.jar"), None);
        let (svnserve, apache) = (StoreServer::Svnserve, StoreServer::Apache);
        for good in ["a", "a b", "#a=b[c]%d\\"] {
            assert!(is_held(good, svnserve) && is_held(good, apache), "{good}");
        }
        for bad in ["", " a", "a ", "a\nb", "a\tb", "é"] {
            assert!(!is_held(bad, svnserve) && !is_held(bad, apache), "{bad}");
        }
        let long = "a".repeat(73);
        for (password, by) in [("%(user)s", apache), (&long, svnserve)] {
            let held = [svnserve, apache].map(|server| is_held(password, server));
            assert_eq!(held, [by == svnserve, by == apache], "{password}");
        }
    }
}
