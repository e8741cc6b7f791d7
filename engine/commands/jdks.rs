//! The archives of `java_pack` → JDKs, opened once each and held against what the products run on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::carbon::jdk::feature;
use crate::carbon::{Jdk, OpenOptions};
use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Node, each_once};
use crate::commands::packs::cache_folder;
use crate::modules::Wanted;
use crate::yaml::Error;

type Jdks = BTreeMap<PathBuf, Arc<Jdk>>;

/// Opens the JDKs of the nodes. A node whose `java_home` is another one is not held to the JDK that is brought.
///
/// # Errors
/// What is wrong with each archive, and products that do not run on theirs.
pub(super) fn jdks<'a>(
    nodes: impl Iterator<Item = (&'a Cluster, &'a Node)>,
    wanted: &BTreeMap<(String, String), Wanted>,
    verify: bool,
) -> Result<Jdks, Vec<Error>> {
    let options = OpenOptions {
        cache: cache_folder(),
        verify,
    };
    let mut jdks = Jdks::new();
    let mut errors = Vec::new();
    for (cluster, node) in nodes {
        let Some(pack) = &node.java_pack else {
            continue;
        };
        let jdk = match jdks.get(&pack.path) {
            Some(jdk) => Arc::clone(jdk),
            None => match Jdk::open(&pack.path, &options) {
                Ok(jdk) => Arc::clone(jdks.entry(pack.path.clone()).or_insert(Arc::new(jdk))),
                Err(error) => {
                    errors.push(error.or_at(&pack.place));
                    continue;
                }
            },
        };
        let runs_on = wanted.get(&(cluster.name.clone(), node.name.clone()));
        let Some(runs_on) = runs_on.filter(|_| node.java_home == pack.home) else {
            continue;
        };
        if !feature(jdk.version()).is_some_and(|version| runs_on.java.contains(&version)) {
            let versions: Vec<String> = runs_on.java.iter().map(u16::to_string).collect();
            let message = format!(
                "`java_pack` `{}` is Java {}; {} {} runs on Java {}",
                pack.path.display(),
                jdk.version(),
                cluster.release.product,
                cluster.release.version,
                versions.join(" and ")
            );
            errors.push(Check::cite("WM168", message).or_at(&pack.place));
        }
    }
    let errors: Vec<Error> = each_once(errors);
    if errors.is_empty() {
        Ok(jdks)
    } else {
        Err(errors)
    }
}
