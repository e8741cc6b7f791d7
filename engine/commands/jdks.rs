//! The archives of `java_pack` → JDKs, opened once each and held against what the products run on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::carbon::jdk::feature;
use crate::carbon::{Jdk, OpenOptions};
use crate::cluster::checks::Check;
use crate::cluster::{Cluster, JavaPack, Node, each_once};
use crate::commands::packs::cache_folder;
use crate::modules::Wanted;
use crate::yaml::Error;

type Jdks = BTreeMap<PathBuf, Arc<Jdk>>;

/// What is brought to which folder of which host.
type Places = BTreeMap<(String, String), Arc<Jdk>>;

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
    let mut places = Places::new();
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
        errors.extend(another_there(&mut places, &node.host, pack, &jdk));
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

/// Says so where another JDK is brought to the same folder of a host: each would be taken for the other, changed.
fn another_there(
    places: &mut Places,
    host: &str,
    pack: &JavaPack,
    jdk: &Arc<Jdk>,
) -> Option<Error> {
    let place = (host.to_owned(), pack.home.clone());
    let first = places.entry(place).or_insert_with(|| Arc::clone(jdk));
    if first.tree() == jdk.tree() {
        return None;
    }
    let message = format!(
        "`java_pack` `{}` and `{}` are two JDKs, and both become `{}` on host `{host}`",
        first.path().display(),
        jdk.path().display(),
        pack.home
    );
    let hint = "set another `java_pack_folder` for one of the clusters, or give both the same JDK";
    Some(Error::at(&pack.place, message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Place;

    /// A JDK of one program.
    fn jdk(path: PathBuf, program: &str) -> Arc<Jdk> {
        let file = std::fs::File::create(&path).unwrap();
        let packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        let mut tar = tar::Builder::new(packed);
        let release = "JAVA_VERSION=\"17.0.9\"\n";
        for (name, text) in [("jdk-17/release", release), ("jdk-17/bin/java", program)] {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        Arc::new(Jdk::open(&path, &OpenOptions::default()).unwrap())
    }

    #[test]
    fn two_jdks_in_one_folder_of_a_host_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let first = jdk(at("a.tar.gz"), "#!a");
        let (same, other) = (jdk(at("b.tar.gz"), "#!a"), jdk(at("c.tar.gz"), "#!c"));
        let pack = JavaPack {
            path: at("c.tar.gz"),
            home: "/opt/java/jdk-17".to_owned(),
            place: Place::new("inventory.yaml", 3, 5),
        };
        let mut places = Places::new();
        let mut told = |host: &str, jdk| another_there(&mut places, host, &pack, jdk);
        assert!(told("h1", &first).is_none());
        assert!(told("h1", &same).is_none());
        assert!(told("h2", &other).is_none());
        let error = told("h1", &other).expect("two JDKs in one place");
        assert!(
            error
                .message()
                .contains("both become `/opt/java/jdk-17` on host `h1`")
        );
    }
}
