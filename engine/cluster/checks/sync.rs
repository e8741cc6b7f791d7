//! Checks of the push of artifacts: one sender, and nobody else who lays artifacts where it does.

use super::super::Cluster;
use super::check::{Check, Finding, When};

/// Where artifacts lie below a Home, and so below an overlay.
const PUSHED: [&str; 2] = ["repository/deployment/server", "repository/tenants"];

pub(super) const ONE_SENDER: Check = Check {
    code: "WM138",
    title: "two active managers, and artifacts that are pushed",
    cause: "A push makes the other nodes what the sender is. Of two senders each would delete what was deployed on the other.",
    fix: "name one manager in `carbon_manager_active`, or take `carbon_artifact_sync: rsync` out",
    source: "procedure 7, row 16; procedure 3.2",
    waivable: false,
    when: When::Before(|clusters| {
        let pushing = clusters
            .iter()
            .filter(|cluster| cluster.sync.push().is_some());
        pushing
            .filter(|cluster| cluster.managers(true).count() > 1)
            .map(|cluster| {
                let message = format!(
                    "cluster `{}` pushes artifacts from {} active managers at once",
                    cluster.name,
                    cluster.managers(true).count()
                );
                Finding::of(cluster, cluster.place_of("carbon_artifact_sync"), message)
            })
            .collect()
    }),
};

pub(super) const OVERLAID: Check = Check {
    code: "WM139",
    title: "an overlay brings artifacts to a node that gets them by a push",
    cause: "The push deletes there what the active manager does not have: the overlay's artifacts come and go.",
    fix: "lay the artifacts over the active manager only, from where they are pushed to all",
    source: "procedure 3.2; ours",
    waivable: false,
    when: When::Before(|clusters| clusters.iter().flat_map(overlaid).collect()),
};

fn overlaid(cluster: &Cluster) -> Vec<Finding> {
    let sender = cluster.sender();
    let mut findings = Vec::new();
    for node in cluster.receivers() {
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
