//! What the nodes of one cluster must have alike: deployed artifacts, and keystores outside Homes. Known when the last has
//! answered; of a few artifacts that differ the texts are asked for then.

use std::collections::BTreeMap;

use crate::carbon::home::as_text;
use crate::cluster::Cluster;
use crate::modules::{World, artifacts, keystores_apart};
use crate::script::{Answer, Answers, Artifacts, Probe};
use crate::yaml::Secrets;

use super::finding::{Class, Finding, Kind};
use super::hunk::{between, unread};

/// Of so many artifacts a cluster the texts are fetched; of more, the digests tell.
const TEXTS: usize = 20;

/// Texts up to so many bytes are fetched.
const LONGEST: u64 = 64 * 1024;

/// What has been seen of the nodes of all clusters.
#[derive(Default)]
pub(super) struct Alike {
    /// By cluster and node, what it has deployed, until all have told.
    deployed: BTreeMap<String, BTreeMap<String, Artifacts>>,
    /// By host and path the digest of each keystore outside Homes; [`None`] where nothing is there.
    keystores: BTreeMap<(String, String), Option<String>>,
    /// The artifacts that differ.
    unlike: Vec<artifacts::Unlike>,
    /// By host and path the texts that were asked for; [`None`] of what is none, or too long; or why its host did not tell.
    texts: BTreeMap<(String, String), Result<Option<String>, String>>,
}

impl Alike {
    pub(super) fn has_deployed(&mut self, cluster: &str, node: &str, artifacts: Artifacts) {
        let of_cluster = self.deployed.entry(cluster.to_owned()).or_default();
        of_cluster.insert(node.to_owned(), artifacts);
    }

    pub(super) fn has_keystore(&mut self, host: &str, path: &str, digest: Option<String>) {
        self.keystores
            .insert((host.to_owned(), path.to_owned()), digest);
    }

    /// The texts of the artifacts that differ: what each host is asked for.
    pub(super) fn texts_to_read(&mut self, world: &World) -> BTreeMap<String, Vec<Probe>> {
        self.hold_against_each_other(&world.clusters);
        let mut asked: BTreeMap<String, Vec<Probe>> = BTreeMap::new();
        for cluster in &world.clusters {
            let own = self
                .unlike
                .iter()
                .filter(|one| one.cluster == cluster.name)
                .filter_map(|one| Some(((&one.host, &one.path), one.theirs.as_ref()?)));
            for (mine, theirs) in own.take(TEXTS) {
                for (host, path) in [mine, (&theirs.host, &theirs.path)] {
                    let probe = text_probe(path);
                    let of_host = asked.entry(host.clone()).or_default();
                    if !of_host.contains(&probe) {
                        of_host.push(probe);
                    }
                    let silent = "the run was interrupted".to_owned();
                    self.texts.insert((host.clone(), path.clone()), Err(silent));
                }
            }
        }
        asked
    }

    /// What a host said of the texts, or why it did not.
    pub(super) fn read(&mut self, host: &str, said: &Result<Answers, String>) {
        for ((of_host, path), text) in &mut self.texts {
            if of_host != host {
                continue;
            }
            *text = match said {
                Err(why) => Err(why.clone()),
                Ok(answers) => match answers.get(&text_probe(path)) {
                    Some(Answer::Path(Some(file))) => Ok(file.content.clone().and_then(as_text)),
                    Some(Answer::Path(None)) => Ok(None),
                    _ => Err("it may not be read".to_owned()),
                },
            };
        }
    }

    /// All that is not alike, each finding with its host.
    pub(super) fn findings(
        &mut self,
        clusters: &[Cluster],
        secrets: &Secrets,
    ) -> Vec<(String, Finding)> {
        // A run that was interrupted has asked for no texts.
        self.hold_against_each_other(clusters);
        let unlike = self.unlike.iter().map(|one| {
            let finding = Finding {
                expected: one.expected.clone(),
                observed: one.observed.clone(),
                hunk: self.hunk(one, secrets),
                ..Finding::new(&one.path, Kind::Artifacts, Class::Drift)
            };
            (one.host.clone(), finding.of_node(&one.node))
        });
        let keystores = clusters.iter().flat_map(|cluster| self.keystores(cluster));
        unlike.chain(keystores).collect()
    }

    fn hold_against_each_other(&mut self, clusters: &[Cluster]) {
        for cluster in clusters {
            if let Some(deployed) = self.deployed.remove(&cluster.name) {
                self.unlike.extend(artifacts::compare(cluster, &deployed));
            }
        }
    }

    fn hunk(&self, unlike: &artifacts::Unlike, secrets: &Secrets) -> Option<String> {
        let theirs = unlike.theirs.as_ref()?;
        let titles = [&theirs.node, &unlike.node].map(|node| format!("on {node}"));
        let titles = [titles[0].as_str(), titles[1].as_str()];
        let text = |host: &str, path: &str| self.texts.get(&(host.to_owned(), path.to_owned()));
        let [wanted, there] = [
            (&theirs.host, text(&theirs.host, &theirs.path)?),
            (&unlike.host, text(&unlike.host, &unlike.path)?),
        ];
        for (host, text) in [wanted, there] {
            if let Err(why) = text {
                let why = format!("{host} was asked for its text again, and did not tell: {why}");
                return Some(unread(titles, &secrets.mask(&why)));
            }
        }
        let (Ok(Some(wanted)), Ok(Some(there))) = (wanted.1, there.1) else {
            return None;
        };
        let [wanted, there] = [wanted, there].map(|text| without_sealed(text));
        (wanted != there).then(|| between(titles, &wanted, &there, secrets))
    }

    /// Nobody has a record of them, so nobody can tell who moved.
    fn keystores<'a>(&'a self, cluster: &'a Cluster) -> Vec<(String, Finding)> {
        let held = |host: &str, path: &str| {
            let digest = self.keystores.get(&(host.to_owned(), path.to_owned()))?;
            Some(digest.as_deref())
        };
        let apart = keystores_apart(cluster, &|node, path| held(&node.host, path));
        let finding = |one: &crate::modules::KeystoreApart<'_>| {
            let kind = match one.digest {
                Some(_) => Kind::Modified,
                None => Kind::Missing,
            };
            let sum = |digest: &str| format!("sha256 {digest}");
            Finding {
                expected: Some(one.measure.map_or_else(
                    || "a keystore".to_owned(),
                    |(first, digest)| format!("{} as on {first}", sum(digest)),
                )),
                observed: one.digest.map(sum),
                ..Finding::new(one.path, kind, Class::Unknown)
            }
        };
        apart
            .iter()
            .map(|one| {
                let finding = finding(one).of_node(&one.node.name);
                (one.node.host.clone(), finding)
            })
            .collect()
    }
}

fn text_probe(path: &str) -> Probe {
    Probe::Path {
        path: path.to_owned(),
        content: LONGEST,
    }
}

/// The text without passwords that a server has sealed: each seals them otherwise, and hosts compare artifacts without them.
fn without_sealed(text: &str) -> String {
    const SEALED: &str = "encrypted=\"true\"";
    let mut parts = text.split(SEALED);
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without.push_str(SEALED);
        match part.split_once('>') {
            Some((attributes, rest)) => {
                let (_, after) = rest.split_at(rest.find('<').unwrap_or(0));
                without.extend([attributes, ">", after]);
            }
            None => without.push_str(part),
        }
    }
    without
}

#[cfg(test)]
mod tests {
    use super::{Alike, without_sealed};
    use crate::modules::Unlike;
    use crate::modules::artifacts::Theirs;
    use crate::yaml::Secrets;

    /// Two texts show their hunk without secrets; a host that was silent when it was asked again costs the hunk, and is named.
    #[test]
    fn texts_of_two_nodes_are_told_or_why_not() {
        let own = |node: &str| (node.to_owned(), "/h/x.xml".to_owned());
        let unlike = Unlike {
            cluster: "c".to_owned(),
            host: "wkr1".to_owned(),
            node: "wkr1".to_owned(),
            path: "/h/x.xml".to_owned(),
            expected: None,
            observed: None,
            theirs: Some(Theirs {
                node: "mgr1".to_owned(),
                host: "mgr1".to_owned(),
                path: "/h/x.xml".to_owned(),
            }),
        };
        let mut secrets = Secrets::default();
        secrets.add("hunter22");
        let mut alike = Alike::default();
        assert_eq!(alike.hunk(&unlike, &secrets), None, "not asked");
        let text = |text: &str| Ok(Some(text.to_owned()));
        alike
            .texts
            .insert(own("mgr1"), text("a\n<x>hunter22</x>\n"));
        alike
            .texts
            .insert(own("wkr1"), text("b\n<x>hunter22</x>\n"));
        let hunk = alike.hunk(&unlike, &secrets).unwrap();
        assert_eq!(
            hunk,
            "--- on mgr1\n+++ on wkr1\n@@ -1,2 +1,2 @@\n-a\n+b\n <x>***</x>\n"
        );
        alike.texts.insert(own("wkr1"), Ok(None));
        assert_eq!(alike.hunk(&unlike, &secrets), None, "no text");
        alike.read("wkr1", &Err("no route, hunter22".to_owned()));
        assert_eq!(
            alike.hunk(&unlike, &secrets).unwrap(),
            "--- on mgr1\n+++ on wkr1\n… not shown: wkr1 was asked for its text again, and did not tell: no route, ***\n"
        );
    }

    #[test]
    fn what_a_server_has_sealed_is_left_out() {
        let text = "<a>\n<p encrypted=\"true\" name=\"x\">SEALED</p>\n<p>open</p><q encrypted=\"true\">S</q>";
        assert_eq!(
            without_sealed(text),
            "<a>\n<p encrypted=\"true\" name=\"x\"></p>\n<p>open</p><q encrypted=\"true\"></q>"
        );
        assert_eq!(
            without_sealed("encrypted=\"true\" cut"),
            "encrypted=\"true\" cut"
        );
    }
}
