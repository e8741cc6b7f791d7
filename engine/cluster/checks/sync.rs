//! Checks of artifacts that come from the active manager: one sender, and nobody else who lays artifacts where it does.

use super::super::{ArtifactSync, Cluster, Node};
use super::check::{Check, Finding, When};

/// Where artifacts lie below a Home, and so below an overlay.
const PUSHED: [&str; 2] = ["repository/deployment/server", "repository/tenants"];

pub(super) const ONE_SENDER: Check = Check {
    code: "WM138",
    title: "two active managers, and artifacts that come from one",
    cause: "A push makes the other nodes what the sender is: of two senders each would delete what was deployed on the other. Two that commit to one repository end in conflicts.",
    fix: "name one manager in `carbon_manager_active`, or take `carbon_artifact_sync` out",
    source: "procedure 7, row 16; procedure 3.2",
    waivable: false,
    when: When::Before(|clusters| {
        let from_one = clusters
            .iter()
            .filter_map(|cluster| Some((cluster, sent(cluster)?)));
        from_one
            .filter(|(cluster, _)| cluster.managers(true).count() > 1)
            .map(|(cluster, sent)| {
                let message = format!(
                    "cluster `{}` {} artifacts from {} active managers at once",
                    cluster.name,
                    sent,
                    cluster.managers(true).count()
                );
                Finding::of(cluster, cluster.place_of("carbon_artifact_sync"), message)
            })
            .collect()
    }),
};

pub(super) const OVERLAID: Check = Check {
    code: "WM139",
    title: "an overlay brings artifacts to a node that gets the active manager's",
    cause: "The sync deletes there what the active manager does not have: the overlay's artifacts come and go.",
    fix: "lay the artifacts over the active manager only, from where they go to all",
    source: "procedure 3.2; ours",
    waivable: false,
    when: When::Before(|clusters| clusters.iter().flat_map(overlaid).collect()),
};

/// What a cluster does whose artifacts come from its active manager.
fn sent(cluster: &Cluster) -> Option<&'static str> {
    match cluster.sync {
        ArtifactSync::Rsync(_) => Some("pushes"),
        ArtifactSync::Svn(_) => Some("commits"),
        ArtifactSync::None | ArtifactSync::Shared => None,
    }
}

fn overlaid(cluster: &Cluster) -> Vec<Finding> {
    let sender = cluster.managers(true).next();
    let takes =
        |node: &&Node| sent(cluster).is_some() && sender.is_some_and(|one| one.name != node.name);
    let mut findings = Vec::new();
    for node in cluster.nodes.iter().filter(takes) {
        let strange = node.overlays.iter().filter(|overlay| {
            let same = sender.is_some_and(|sender| sender.overlays.contains(overlay));
            !same
                && PUSHED
                    .iter()
                    .any(|folder| overlay.path.join(folder).is_dir())
        });
        for overlay in strange {
            let message = format!(
                "overlay `{}` brings artifacts to node `{}`, which gets the active manager's",
                overlay.path.file_name().unwrap_or_default().display(),
                node.name
            );
            findings.push(Finding::of(cluster, &overlay.place, message));
        }
    }
    findings
}
