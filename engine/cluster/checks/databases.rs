//! Checks of the databases that nodes share, and of the user's edits that would part them again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::super::{Cluster, Database, Dialect, connections_at};
use super::check::{Check, Finding, When};
use super::files::{Touch, edits};

const REGISTRY: &str = "repository/conf/registry.xml";
const SOURCES: &str = "repository/conf/datasources/master-datasources.xml";

/// The data source of the local registry, as every product ships it.
const LOCAL: &str = "WSO2_CARBON_DB";

/// Where a Home's drivers may lie.
const LIBS: [&str; 2] = ["repository/components/lib", "repository/components/dropins"];

/// Every database of every cluster.
fn databases(clusters: &[Cluster]) -> impl Iterator<Item = (&Cluster, &Database)> {
    clusters
        .iter()
        .flat_map(|cluster| cluster.databases.all.iter().map(move |one| (cluster, one)))
}

/// What of a remote instance has a check of its own.
const TOLD_APART: [&str; 2] = ["readOnly", "cacheId"];

/// A finding for each edit of registry.xml that is about one of `words`, where the cluster shares its registry.
fn registry_edits(clusters: &[Cluster], words: &[&str], what: &str) -> Vec<Finding> {
    edits(clusters, |(cluster, node), touch| {
        let apart = TOLD_APART.iter().find(|word| touch.target.contains(**word));
        let meant = match apart {
            Some(word) => words.contains(word),
            None => words.iter().any(|word| touch.target.contains(word)),
        };
        (touch.path == REGISTRY && meant && !cluster.databases.all.is_empty())
            .then(|| format!("an edit of node `{}` {what}", node.name))
    })
}

pub(super) const READ_ONLY: Check = Check {
    code: "WM024",
    title: "an edit decides who may write the registry",
    cause: "What a node may not write it drops without a word: a manager cannot save, a worker's tasks never run. Who may write follows from role and product.",
    fix: "take the edit out; managers write, workers where their product needs it",
    source: "procedure 7, rows 23 and 24; real-run 7",
    waivable: true,
    when: When::Before(|clusters| {
        registry_edits(
            clusters,
            &["readOnly"],
            "decides who may write the registry",
        )
    }),
};

pub(super) const ONE_TARGET: Check = Check {
    code: "WM025",
    title: "two clusters with one config registry",
    cause: "In one database two clusters that mount the same path as their config registry overwrite each other's configuration.",
    fix: "set `carbon_registry_target` of one of them to a path of its own, or give it a database of its own",
    source: "procedure 7, row 25",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        let mut held: BTreeMap<(&str, &str), &Cluster> = BTreeMap::new();
        for cluster in clusters {
            let Some(registry) = cluster.databases.get("registry") else {
                continue;
            };
            let target = cluster.databases.target.as_str();
            if let Some(other) = held.insert((&registry.url, target), cluster) {
                let message = format!(
                    "clusters `{}` and `{}` keep their config registry in one place, `{target}` of one database",
                    other.name, cluster.name
                );
                let place = &registry.url_place;
                findings.push(Finding::between([cluster, other], place, message));
            }
        }
        findings
    }),
};

pub(super) const VERSIONS: Check = Check {
    code: "WM175",
    title: "two versions on one registry database",
    cause: "The tables and what lies in them are of a version; another one reads them wrongly or changes them under the first. Nothing moves them from one to the other but the product's own migration.",
    fix: "give the cluster of the new version a registry database of its own",
    source: "procedure 6; ours",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        let mut held = BTreeMap::new();
        for cluster in clusters {
            let Some(registry) = cluster.databases.get("registry") else {
                continue;
            };
            // Options of a URL, or a port that is the usual one, make no other database.
            let place = match registry.server() {
                Some((host, port)) => format!("{host}:{port}/{}", registry.schema()),
                None => registry.url.clone(),
            };
            let Some(other) = held.insert(place, cluster) else {
                continue;
            };
            let (one, two) = (&other.release, &cluster.release);
            if one.product == two.product && one.version != two.version {
                let message = format!(
                    "clusters `{}` ({}) and `{}` ({}) have one registry database",
                    other.name, one.version, cluster.name, two.version
                );
                findings.push(Finding::between(
                    [other, cluster],
                    &registry.url_place,
                    message,
                ));
            }
        }
        findings
    }),
};

pub(super) const MOUNTS: Check = Check {
    code: "WM026",
    title: "an edit of the registry's mounts",
    cause: "Products use `/_system/config` and `/_system/governance`: with another path, or on a node without them, nothing is shared, and nobody says so.",
    fix: "take the edit out; `carbon_registry_target` chooses where the config registry lies in the database",
    source: "procedure 7, row 26",
    waivable: true,
    when: When::Before(|clusters| {
        registry_edits(
            clusters,
            &["mount", "instanceId", "remoteInstance"],
            "changes the registry's mounts",
        )
    }),
};

pub(super) const CACHE_ID: Check = Check {
    code: "WM027",
    title: "an edit of the registry's cacheId",
    cause: "Nodes know by `user@url` that they look at one database. With another cacheId a node goes on with what it has cached.",
    fix: "take the edit out: the cacheId is made from the data source",
    source: "procedure 7, row 27",
    waivable: false,
    when: When::Before(|clusters| {
        registry_edits(clusters, &["cacheId"], "sets the registry's cacheId")
    }),
};

pub(super) const LOCAL_SHARED: Check = Check {
    code: "WM028",
    title: "one local registry for several nodes",
    cause: "The local registry holds what is one node's own, its mounts among it. Nodes that share it overwrite each other.",
    fix: "take the edit out (each node keeps its own in H2), or give each node a database of its own",
    source: "procedure 7, row 28",
    waivable: false,
    when: When::Before(|clusters| {
        let of_server = |touch: &Touch<'_>| {
            let url = touch.to.filter(|to| !to.contains("{{"));
            let local = touch.path == SOURCES
                && touch.target.contains(LOCAL)
                && touch.target.ends_with("url");
            url.filter(|url| local && !url.starts_with(Dialect::H2.prefix()))
                .map(str::to_owned)
        };
        let mut held: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        edits(clusters, |(cluster, node), touch| {
            let url = of_server(touch)?;
            let nodes = held.entry(url.clone()).or_default();
            nodes.insert(format!("{}/{}", cluster.name, node.name));
            (nodes.len() == 2)
                .then(|| format!("several nodes keep their local registry in `{url}`"))
        })
    }),
};

pub(super) const CONNECTIONS: Check = Check {
    code: "WM066",
    title: "more connections in the pools than the server allows",
    cause: "A server that has none left answers `Too many connections`; a node that starts then says `started` with half of its components dead.",
    fix: "raise the server's `max_connections`, or set smaller `pool`s: nodes times pool, over all databases of the server, must stay below",
    source: "real-run 7; procedure 7, row 66",
    waivable: true,
    when: When::Before(|clusters| {
        let mut least: BTreeMap<(String, u16), (&Cluster, &Database, u32)> = BTreeMap::new();
        for (cluster, database) in databases(clusters) {
            if let (Some(server), Some(most)) = (database.server(), database.connections) {
                let said = least.entry(server).or_insert((cluster, database, most));
                if most < said.2 {
                    *said = (cluster, database, most);
                }
            }
        }
        let mut findings = Vec::new();
        for (server, (cluster, database, most)) in least {
            let needed = connections_at(clusters, &server);
            if needed > most {
                let (host, port) = server;
                let message = format!(
                    "the pools of all nodes may open {needed} connections at {host}:{port}, which allows {most}"
                );
                findings.push(Finding::of(cluster, &database.place, message));
            }
        }
        findings
    }),
};

pub(super) const H2: Check = Check {
    code: "WM140",
    title: "a shared database in H2",
    cause: "An H2 file belongs to the one process that has opened it: each node would write one of its own, and share nothing.",
    fix: "name a database server that all nodes reach; the local registry stays in H2 by itself",
    source: "procedure 2.4",
    waivable: false,
    when: When::Before(|clusters| {
        databases(clusters)
            .filter(|(_, database)| database.dialect == Dialect::H2)
            .map(|(cluster, database)| {
                let message = format!(
                    "database `{}` is H2, which nodes cannot share",
                    database.role.key
                );
                Finding::of(cluster, &database.url_place, message)
            })
            .collect()
    }),
};

pub(super) const NO_DRIVER: Check = Check {
    code: "WM141",
    title: "no driver for a database",
    cause: "Packs ship H2's driver alone. Without the one that the URL needs the server hangs at `… cannot be found by jdbc-pool`, and never says `started`.",
    fix: "name the driver's jar in `carbon_database_jars`",
    source: "procedure 2.2; procedure 7, row 30; real-run 7",
    waivable: true,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for cluster in clusters {
            for database in &cluster.databases.all {
                if database.dialect == Dialect::H2 {
                    continue;
                }
                let lacking = cluster.nodes.iter().find_map(|node| {
                    let jars = jars(cluster, node);
                    let held = jars.iter().any(|jar| holds(jar, &database.driver));
                    (!held).then_some((node, jars))
                });
                if let Some((node, jars)) = lacking {
                    let given = match jars.as_slice() {
                        [] => "no driver's jar is given".to_owned(),
                        jars => format!("none of {} holds it", listed(jars)),
                    };
                    let message = format!(
                        "node `{}` has no class `{}` for its database `{}`: {given}",
                        node.name, database.driver, database.role.key
                    );
                    findings.push(Finding::of(cluster, &database.url_place, message));
                }
            }
        }
        findings
    }),
};

fn listed(jars: &[PathBuf]) -> String {
    let names = jars
        .iter()
        .map(|jar| format!("`{}`", jar.file_name().unwrap_or_default().display()));
    names.collect::<Vec<_>>().join(", ")
}

/// The jars that are laid over a node's Home where its server looks for drivers.
fn jars(cluster: &Cluster, node: &super::super::Node) -> Vec<PathBuf> {
    let mut jars: Vec<PathBuf> = Vec::new();
    jars.extend(cluster.databases.jars.iter().map(|jar| jar.path.clone()));
    for overlay in &node.overlays {
        for lib in LIBS {
            // A folder that cannot be read brings none here: that it is missing is a check of its own.
            let entries = fs::read_dir(overlay.path.join(lib)).into_iter().flatten();
            let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
            jars.extend(files.filter(|file| file.extension().is_some_and(|end| end == "jar")));
        }
    }
    jars
}

/// True where a jar holds a class. One that cannot be read holds none, and is named in the finding.
fn holds(jar: &PathBuf, class: &str) -> bool {
    let wanted = format!("{}.class", class.replace('.', "/"));
    let archive = fs::File::open(jar)
        .ok()
        .and_then(|file| zip::ZipArchive::new(file).ok());
    archive.is_some_and(|archive| archive.index_for_name(&wanted).is_some())
}

pub(super) const LOOPBACK: Check = Check {
    code: "WM142",
    title: "a shared database on each node's own machine",
    cause: "Every node asks its own machine: where a server runs there, each has a database of its own, and nothing is shared.",
    fix: "name the database server by an address that all nodes reach",
    source: "procedure 2.3, 2.4",
    waivable: true,
    when: When::Before(|clusters| {
        databases(clusters)
            .filter_map(|(cluster, database)| {
                let (host, _) = database.server()?;
                let loopback = host == "localhost"
                    || host
                        .parse::<std::net::IpAddr>()
                        .is_ok_and(|ip| ip.is_loopback());
                let hosts: BTreeSet<&str> = cluster
                    .nodes
                    .iter()
                    .map(|node| node.host.as_str())
                    .collect();
                if !loopback || hosts.len() < 2 {
                    return None;
                }
                let message = format!(
                    "database `{}` is at `{host}`, which each of {} hosts takes for itself",
                    database.role.key,
                    hosts.len()
                );
                Some(Finding::of(cluster, &database.url_place, message))
            })
            .collect()
    }),
};

/// The databases whose passwords stand in clear.
pub(super) fn in_clear(clusters: &[Cluster]) -> Vec<Finding> {
    databases(clusters)
        .filter(|(_, database)| database.in_clear)
        .map(|(cluster, database)| {
            let message = format!(
                "the password of database `{}` of cluster `{}` is not vaulted",
                database.role.key, cluster.name
            );
            Finding::of(cluster, &database.place, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_jar_is_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("driver.jar");
        let mut archive = zip::ZipWriter::new(fs::File::create(&jar).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        archive
            .start_file("org/postgresql/Driver.class", options)
            .unwrap();
        archive.write_all(b"class").unwrap();
        archive.finish().unwrap();
        assert!(holds(&jar, Dialect::PostgreSql.driver()));
        assert!(!holds(&jar, Dialect::MySql.driver()));
        fs::write(&jar, "no zip").unwrap();
        assert!(!holds(&jar, Dialect::PostgreSql.driver()));
    }
}
