//! `carbon_sync`: a node's part in the push of artifacts. The active manager's key is let in by each receiving host for
//! this alone, and a push has come through.

use crate::cluster::{Cluster, Node, SyncView};
use crate::modules::carbon_home::{CLUSTER, NODE};
use crate::modules::copy::probe as file_probe;
use crate::modules::file::at;
use crate::modules::sync::artifacts::{artifacts_probe, told};
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::ModuleSpec;
use crate::script::{Answer, Answers, Probe, sha256};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(crate) struct CarbonSync;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_sync",
    doc: "Lets the active manager bring artifacts to a node, or, on the active manager, sees that it may do so everywhere and has done it. Scripts, key and units are the playbook's.",
    parameters: &[CLUSTER, NODE],
    example: "- carbon_sync:\n    cluster: \"{{ item.cluster }}\"\n    node: \"{{ item.name }}\"\n  loop: \"{{ wmprov_receivers }}\"\n",
    ..ModuleSpec::BLANK
};

/// What `run/` does for the push of artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncWork {
    /// The cluster.
    pub cluster: String,
    /// The node that the task is for: the sender, or one that receives.
    pub node: String,
}

/// The files of a cluster's sync on the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncPaths {
    /// The sender's private key, which never leaves its host.
    pub private: String,
    /// The sender's public key.
    pub public: String,
    /// The host keys of the receiving hosts.
    pub known_hosts: String,
    /// How the last push ended, a line a node: `ok`, `failed`, `refused` or `empty`, the node, why.
    pub last: String,
    /// The digest of what has been seen to work.
    pub proved: String,
    /// The unit that pushes.
    pub service: String,
}

impl SyncPaths {
    /// The files of a cluster.
    ///
    /// # Errors
    /// Where the cluster pushes nothing.
    pub fn of(cluster: &Cluster) -> Result<Self> {
        let view = cluster
            .sender()
            .and_then(|node| SyncView::of(cluster, node));
        let folder = view.map(|view| view.folder).ok_or_else(|| {
            let message = format!("cluster `{}` pushes no artifacts", cluster.name);
            Error::at(&cluster.place, message)
        })?;
        Ok(Self {
            private: format!("{folder}/key"),
            public: format!("{folder}/key.pub"),
            known_hosts: format!("{folder}/known_hosts"),
            last: format!("{folder}/state/last"),
            proved: format!("{folder}/proved"),
            service: format!("{}.service", SyncView::unit(cluster)),
        })
    }

    /// Asks for the private key's mode and owner, never for its content.
    #[must_use]
    pub fn private_probe(&self) -> Probe {
        Probe::Path {
            path: self.private.clone(),
            content: 0,
        }
    }

    /// Says of what the proof is: keys, hosts, and who is sent to. [`None`] where something of it is not there.
    pub fn key(&self, cluster: &Cluster, seen: &Answers) -> Result<Option<String>> {
        let text = |path: &str| -> Result<Option<String>> {
            let found = at(seen, &file_probe(path))?.and_then(|file| file.content.clone());
            Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        };
        let (Some(public), Some(hosts)) = (text(&self.public)?, text(&self.known_hosts)?) else {
            return Ok(None);
        };
        let mut words = format!("{public}\n{hosts}\n");
        for node in cluster.receivers() {
            let at = (node.member.address, node.ssh_port);
            words.push_str(&format!(
                "{} {at:?} {} {:?}\n",
                node.name, node.user, node.home
            ));
        }
        Ok(Some(sha256(words.as_bytes())))
    }
}

/// The line of a receiving host that lets the sender's key in, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// The file.
    pub file: String,
    /// What stands before the key.
    before: String,
    /// The comment at its end, by which it is known again.
    mark: String,
}

impl KeyLine {
    /// The line of one receiving node.
    ///
    /// # Errors
    /// Where its cluster pushes nothing.
    pub fn of(cluster: &Cluster, node: &Node) -> Result<Self> {
        let view = SyncView::of(cluster, node).ok_or_else(|| {
            let message = format!("cluster `{}` pushes no artifacts", cluster.name);
            Error::at(&cluster.place, message)
        })?;
        Ok(Self {
            file: SyncView::keys_of(node).display().to_string(),
            before: format!("restrict,command=\"/bin/sh {}\"", view.receiver),
            mark: format!("wmprov-sync {}/{}", cluster.name, node.name),
        })
    }

    /// True where the file has the line, whatever the key: the sender's push shows whether it is the right one.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let mut own = text.lines().filter(|line| self.is_own(line));
        let first = own.next().is_some_and(|line| {
            let rest = line.strip_prefix(self.before.as_str());
            rest.is_some_and(|rest| rest.starts_with(" ssh-ed25519 "))
        });
        first && own.next().is_none()
    }

    fn is_own(&self, line: &str) -> bool {
        line.strip_suffix(self.mark.as_str())
            .is_some_and(|rest| rest.ends_with(' '))
    }

    /// The file's text with the line for this public key, other lines as they are.
    #[must_use]
    pub fn put(&self, text: &str, public: &str) -> String {
        let key: Vec<&str> = public.split_whitespace().take(2).collect();
        let line = format!("{} {} {}\n", self.before, key.join(" "), self.mark);
        self.taken_from(text) + &line
    }

    /// The file's text without the line, other lines as they are.
    #[must_use]
    pub fn taken_from(&self, text: &str) -> String {
        let others = text.lines().filter(|line| !self.is_own(line));
        others.map(|line| format!("{line}\n")).collect()
    }
}

impl Module for CarbonSync {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (cluster, node) = placed(call)?;
        let mut probes = vec![artifacts_probe(node)];
        if sends(cluster, node) {
            let paths = SyncPaths::of(cluster)?;
            let files = [
                &paths.public,
                &paths.known_hosts,
                &paths.last,
                &paths.proved,
            ];
            probes.extend(files.map(|path| file_probe(path)));
            probes.extend([paths.private_probe(), Probe::Unit(paths.service)]);
        } else {
            probes.push(file_probe(&KeyLine::of(cluster, node)?.file));
        }
        Ok(probes)
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let (cluster, node) = placed(call)?;
        let mut change = Change::none();
        if sends(cluster, node) {
            sender(call, (cluster, node), seen, &mut change)?;
        } else {
            let line = KeyLine::of(cluster, node)?;
            let text = at(seen, &file_probe(&line.file))?.and_then(|file| file.content.clone());
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            change = change.touching(&line.file);
            if !line.is_in(&text) {
                change.differences.push(Difference::Property {
                    what: format!("key that brings artifacts to {}", node.name),
                    before: format!("not in {}", line.file),
                    after: "let in, for that alone".to_owned(),
                });
            }
        }
        if !change.differences.is_empty() {
            change.acts.push(Act::Sync(Box::new(SyncWork {
                cluster: cluster.name.clone(),
                node: node.name.clone(),
            })));
        }
        Ok(change)
    }

    /// What a push came to is judged where it is made.
    fn acts_always(&self, _call: &Call<'_>) -> bool {
        true
    }
}

fn placed<'a>(call: &'a Call<'_>) -> Result<(&'a Cluster, &'a Node)> {
    let cluster = call.args.required("cluster")?;
    let node = call.args.required("node")?;
    let placed = call.world.placed(&cluster, &node);
    placed.map_err(|error| error.or_at(call.args.place()))
}

fn sends(cluster: &Cluster, node: &Node) -> bool {
    cluster
        .sender()
        .is_some_and(|sender| sender.name == node.name)
}

/// What the sender has yet to do: to be let in, to mend what failed, to bring what differs.
fn sender(
    call: &Call<'_>,
    (cluster, node): (&Cluster, &Node),
    seen: &Answers,
    change: &mut Change,
) -> Result<()> {
    let paths = SyncPaths::of(cluster)?;
    let text = |path: &str| -> Result<String> {
        let found = at(seen, &file_probe(path))?.and_then(|file| file.content.clone());
        Ok(String::from_utf8_lossy(&found.unwrap_or_default()).into_owned())
    };
    let mut say = |what: String, before: String, after: &str| {
        change.differences.push(Difference::Property {
            what,
            before,
            after: after.to_owned(),
        });
    };
    let private = at(seen, &paths.private_probe())?;
    if !private.is_some_and(|key| key.owner == node.user && key.mode == 0o600) {
        let before = private.map_or_else(
            || "nothing".to_owned(),
            |key| format!("{}'s, mode {:04o}", key.owner, key.mode),
        );
        let what = format!(
            "key that cluster {}'s artifacts are pushed with",
            cluster.name
        );
        say(what, before, &format!("{}'s alone", node.user));
    }
    let key = paths.key(cluster, seen)?;
    if key.is_none() || key.as_deref() != Some(text(&paths.proved)?.trim()) {
        let what = format!("push of cluster {}'s artifacts", cluster.name);
        say(what, "not seen to work".to_owned(), "works");
    }
    let failed = match seen.get(&Probe::Unit(paths.service.clone())) {
        Some(Answer::Unit(unit)) => unit.property("ActiveState") == "failed",
        _ => {
            return Err(Error::new(format!(
                "unit `{}` was not asked",
                paths.service
            )));
        }
    };
    if failed {
        let last = text(&paths.last)?;
        let why: Vec<String> = last.lines().filter_map(failure).collect();
        let what = format!("last push of cluster {}'s artifacts", cluster.name);
        say(what, format!("failed ({})", why.join("; ")), "came through");
    }
    let own = call.unlike.iter().filter(|one| one.cluster == cluster.name);
    let unlike: Vec<_> = own.cloned().collect();
    if !unlike.is_empty() {
        let what = format!("artifacts of cluster {}", cluster.name);
        say(what, told(&unlike), "alike on all nodes");
    }
    change.touches.push(paths.private);
    change.touches.push(paths.public);
    change.touches.push(paths.proved);
    change.touches.push(paths.last);
    change.touches.push(paths.known_hosts);
    change.touches.push("/run/systemd".to_owned());
    Ok(())
}

/// A line of the last push that tells of a failure, in words.
fn failure(line: &str) -> Option<String> {
    let mut fields = line.splitn(3, '\t');
    match (fields.next()?, fields.next()?, fields.next()?) {
        ("ok", ..) => None,
        (_, node, why) => Some(format!("{node}: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_put_once_and_others_stay() {
        let line = KeyLine {
            file: String::new(),
            before: "restrict,command=\"/bin/sh /x/receive-wkr1\"".to_owned(),
            mark: "wmprov-sync esb/wkr1".to_owned(),
        };
        let theirs = "ssh-rsa AAAA admin\nssh-ed25519 CCCC wmprov-sync esb/wkr12\n";
        let put = line.put(theirs, "ssh-ed25519 BBBB comment here\n");
        assert_eq!(
            put,
            format!(
                "{theirs}restrict,command=\"/bin/sh /x/receive-wkr1\" ssh-ed25519 BBBB wmprov-sync esb/wkr1\n"
            )
        );
        assert!(line.is_in(&put) && !line.is_in(theirs));
        assert_eq!(line.put(&put, "ssh-ed25519 BBBB"), put);
        assert_eq!(line.taken_from(&put), theirs);
        assert!(!line.is_in(&put.replace("restrict,", "")));
        assert!(!line.is_in(&format!("{put}{put}")));
    }
}
