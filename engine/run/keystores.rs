//! What hosts said of the keystores that lie outside Homes → which nodes of a cluster have others than the rest.

use std::collections::BTreeMap;

use crate::cluster::Cluster;
use crate::cluster::checks::{Check, keystores_outside};
use crate::modules::keystore_probe;
use crate::run::Context;
use crate::run::host::HostRun;
use crate::script::Answer;

/// The nodes that have a keystore, each with its digest; [`None`] where nothing is there.
type Held<'a> = Vec<(&'a str, Option<&'a str>)>;

/// A line for each keystore that is not the same on all nodes of a cluster that were asked (procedure 7, row 56).
pub(super) fn keystores_apart(context: &Context, hosts: &BTreeMap<String, HostRun>) -> Vec<String> {
    let mut told = Vec::new();
    for cluster in &context.world.clusters {
        for (path, held) in held(cluster, hosts) {
            told.extend(unlike(path, &held).map(|what| {
                let message = format!("cluster `{}`: {what}", cluster.name);
                Check::cite("WM056", message).to_string()
            }));
        }
    }
    told
}

fn held<'a>(
    cluster: &'a Cluster,
    hosts: &'a BTreeMap<String, HostRun>,
) -> BTreeMap<&'a str, Held<'a>> {
    let mut held: BTreeMap<&str, Held<'_>> = BTreeMap::new();
    for node in &cluster.nodes {
        for path in keystores_outside(node) {
            let host = hosts.get(&node.host);
            if let Some(Answer::Path(file)) =
                host.and_then(|host| host.answer(&keystore_probe(path)))
            {
                let digest = file.as_ref().map(|file| file.sha256.as_str());
                held.entry(path).or_default().push((&node.name, digest));
            }
        }
    }
    held
}

/// Who has another than the first that has one, or none at all.
fn unlike(path: &str, held: &Held<'_>) -> Option<String> {
    let with = held.iter().find(|(_, digest)| digest.is_some());
    let (first, wanted) = with.or(held.first())?;
    let (other, digest) = held
        .iter()
        .find(|(_, digest)| digest.is_none() || digest != wanted)?;
    Some(match digest {
        Some(_) => format!("`{path}` of `{other}` is another keystore than that of `{first}`"),
        None => format!("there is no keystore `{path}` for `{other}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::unlike;

    #[test]
    fn the_first_that_is_another_or_missing_is_told() {
        let told = |held: &[(&'static str, Option<&'static str>)]| unlike("/k", &held.to_vec());
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("m", Some("a")), ("w", Some("a"))]), None);
        assert_eq!(
            told(&[("m", Some("a")), ("w", Some("b"))]).unwrap(),
            "`/k` of `w` is another keystore than that of `m`"
        );
        assert_eq!(
            told(&[("m", None), ("w", Some("b"))]).unwrap(),
            "there is no keystore `/k` for `m`"
        );
        assert_eq!(
            told(&[("m", None)]).unwrap(),
            "there is no keystore `/k` for `m`"
        );
    }
}
