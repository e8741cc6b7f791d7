//! Checks of the user's own edits (`carbon_edits`) and overlays (`carbon_overlays`): they may not
//! undo what the role decides.

use std::path::{Path, PathBuf};

use super::super::{Cluster, Node};
use super::check::{Check, Finding, Placed, When, placed};
use crate::catalogue::{Kernel, Role};
use crate::yaml::Place;

const AXIS2: &str = "repository/conf/axis2/axis2.xml";
const CARBON: &str = "repository/conf/carbon.xml";
const HAZELCAST: &str = "repository/conf/etc/hazelcast.xml";
const TASKS: &str = "repository/conf/etc/tasks-config.xml";

/// The first kernel that reads conf/etc/hazelcast.xml and `-Dhazelcast.config` (carbon 3.1).
const READS_HAZELCAST_XML: Kernel = Kernel(4, 4, 6);

/// One operation of an edit, with the file that it edits.
pub(super) struct Touch<'a> {
    pub(super) path: &'a str,
    pub(super) target: &'a str,
    pub(super) to: Option<&'a str>,
    pub(super) place: &'a Place,
}

/// Every operation of a node's own edits.
pub(super) fn touches(node: &Node) -> impl Iterator<Item = Touch<'_>> {
    node.edits.iter().flat_map(|file| {
        file.operations.iter().map(|operation| Touch {
            path: &file.path,
            target: &operation.target,
            to: operation.value.as_deref(),
            place: &operation.place,
        })
    })
}

/// A finding for each operation that `wrong` tells.
pub(super) fn edits(
    clusters: &[Cluster],
    mut wrong: impl FnMut(&Placed<'_>, &Touch<'_>) -> Option<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for placed in placed(clusters) {
        for touch in touches(placed.1) {
            if let Some(message) = wrong(&placed, &touch) {
                findings.push(Finding::of(placed.0, touch.place, message));
            }
        }
    }
    findings
}

/// True where the operation's target is the clustering parameter or attribute `name`.
fn clustering(touch: &Touch<'_>, name: &str) -> bool {
    touch.path == AXIS2 && touch.target.contains("clustering") && touch.target.contains(name)
}

pub(super) const SUB_DOMAIN: Check = Check {
    code: "WM008",
    title: "an edit sets the sub-domain",
    cause: "The sub-domain follows from the role. A worker that is labelled `mgt`, or not at all, is taken for another by whatever routes by the label.",
    fix: "take the edit out; the role's group decides",
    source: "procedure 7, row 8",
    waivable: false,
    when: When::Before(|clusters| {
        edits(clusters, |(_, node), touch| {
            (touch.path == AXIS2 && touch.target.contains("subDomain"))
                .then(|| format!("an edit of node `{}` sets the sub-domain", node.name))
        })
    }),
};

pub(super) const STRAY_HAZELCAST: Check = Check {
    code: "WM046",
    title: "a hazelcast.xml replaces the clustering block",
    cause: "From kernel 4.4.6 on conf/etc/hazelcast.xml, and a file that `-Dhazelcast.config` names, replace the whole clustering block: domain, members and address in axis2.xml have no effect.",
    fix: "take the file or the option out; `repository/conf/hazelcast.properties` takes single properties",
    source: "procedure 7, row 46; carbon 3.1",
    waivable: true,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (cluster, node) in placed(clusters) {
            if cluster.release.kernel < READS_HAZELCAST_XML {
                continue;
            }
            let files = node
                .overlays
                .iter()
                .filter(|overlay| overlay.path.join(HAZELCAST).exists());
            let files = files.map(|overlay| {
                let file = overlay.path.join(HAZELCAST);
                (
                    &overlay.place,
                    format!("{} of node `{}`", file.display(), node.name),
                )
            });
            let options = node
                .java_options
                .iter()
                .filter(|option| option.starts_with("-Dhazelcast.config"));
            let options = options.map(|option| {
                (
                    node.place_of("carbon_java_options"),
                    format!("java option `{option}` of node `{}`", node.name),
                )
            });
            for (place, what) in files.chain(options) {
                let message = format!("{what} replaces the clustering block of axis2.xml");
                findings.push(Finding::of(cluster, place, message));
            }
        }
        findings
    }),
};

pub(super) const MULTICAST: Check = Check {
    code: "WM047",
    title: "an edit chooses another membership scheme",
    cause: "Multicast ends at the next router and is dropped in clouds; with any scheme but `wka` the member lists are not read.",
    fix: "take the edit out: wmprov writes `wka` and every member",
    source: "procedure 7, row 47",
    waivable: true,
    when: When::Before(|clusters| {
        edits(clusters, |(_, node), touch| {
            if !clustering(touch, "membershipScheme") || touch.to == Some("wka") {
                return None;
            }
            let to = touch.to.unwrap_or("nothing");
            Some(format!(
                "an edit of node `{}` sets the membership scheme to `{to}`",
                node.name
            ))
        })
    }),
};

pub(super) const TASK_COUNT: Check = Check {
    code: "WM054",
    title: "tasks wait for more servers than there may be",
    cause: "Tasks start when `taskServerCount` servers are up, and the count is wanted again after every change. With as many as there are workers, one that stops stops the tasks.",
    fix: "set taskServerCount to at most the number of workers less one, or to -1",
    source: "procedure 7, row 54; procedure 5.4",
    waivable: true,
    when: When::Before(|clusters| {
        edits(clusters, |(cluster, _), touch| {
            let count: usize = touch.to?.parse().ok()?;
            let workers = cluster.of_role(Role::Worker).count();
            if touch.path != TASKS || !touch.target.contains("taskServerCount") || count < workers {
                return None;
            }
            Some(format!(
                "an edit makes tasks of cluster `{}` wait for {count} servers, of {workers} workers",
                cluster.name
            ))
        })
    }),
};

pub(super) const CLUSTERING_OFF: Check = Check {
    code: "WM060",
    title: "an edit switches clustering off",
    cause: "Without clustering a node is alone: artifacts, tasks and caches do not know of the others, and cluster calls fail.",
    fix: "take the edit out",
    source: "procedure 7, row 60",
    waivable: false,
    when: When::Before(|clusters| {
        edits(clusters, |(_, node), touch| {
            (clustering(touch, "@enable") && touch.to != Some("true"))
                .then(|| format!("an edit of node `{}` switches clustering off", node.name))
        })
    }),
};

/// What wmprov derives, by file: the words that an edit's target would hold, and the variable that
/// sets it.
const DERIVED: [(&str, &str, &str); 7] = [
    (AXIS2, "'domain'", "carbon_domain"),
    (AXIS2, "localMemberHost", "carbon_address"),
    (AXIS2, "localMemberPort", "carbon_member_port"),
    (AXIS2, "clustering/members", "carbon_address"),
    (CARBON, "Ports/Offset", "carbon_offset"),
    (CARBON, "MgtHostName", "carbon_mgt_hostname"),
    (CARBON, "HostName", "carbon_hostname"),
];

pub(super) const DERIVED_EDIT: Check = Check {
    code: "WM122",
    title: "an edit sets what is derived",
    cause: "Members, addresses, ports and names follow from the inventory on every node at once. An edit that sets one of them makes two nodes disagree, and the checks speak of what is not there.",
    fix: "take the edit out and set the variable",
    source: "design 3.4; procedure 7, rows 4 and 5",
    waivable: true,
    when: When::Before(|clusters| {
        let mut findings = edits(clusters, |(_, node), touch| {
            let (_, _, variable) = DERIVED
                .iter()
                .find(|(path, words, _)| touch.path == *path && touch.target.contains(words))?;
            Some(format!(
                "an edit of node `{}` sets `{}`, which `{variable}` decides",
                node.name, touch.target
            ))
        });
        for finding in &mut findings {
            finding.hint = finding
                .message
                .rsplit('`')
                .nth(1)
                .map(|variable| format!("take the edit out and set `{variable}`"));
        }
        findings
    }),
};

/// Where the launcher looks for what it lays over `plugins`.
const COMPONENTS: &str = "repository/components";

pub(super) const PATCH_IN_OVERLAY: Check = Check {
    code: "WM149",
    title: "a patch in an overlay",
    cause: "The launcher copies a patch's jars over `plugins` at the next start. What only lies in an overlay is not foretold there: the node would differ from what is wanted after every start.",
    fix: "take the folder out and name the patch's zip in `carbon_patches`; a service pack goes into the pack's `plugins` by hand",
    source: "carbon 1.6",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (cluster, node) in placed(clusters) {
            for overlay in &node.overlays {
                if let Some(folder) = patch_in(&overlay.path) {
                    let message =
                        format!("{} of node `{}` is a patch", folder.display(), node.name);
                    findings.push(Finding::of(cluster, &overlay.place, message));
                }
            }
        }
        findings
    }),
};

/// The first folder of an overlay that the launcher takes for a patch or a service pack. A folder that cannot be read
/// has none here: reading the overlay says so.
fn patch_in(overlay: &Path) -> Option<PathBuf> {
    ["patches", "servicepacks"].into_iter().find_map(|kind| {
        let folders = overlay.join(COMPONENTS).join(kind).read_dir().ok()?;
        let mut folders: Vec<PathBuf> = folders.flatten().map(|entry| entry.path()).collect();
        folders.retain(|folder| folder.is_dir());
        folders.into_iter().min()
    })
}

pub(super) const NO_OVERLAY: Check = Check {
    code: "WM123",
    title: "an overlay that is not there",
    cause: "`carbon_overlays` names folders on this machine, relative to the inventory file.",
    fix: "make the folder, or take it out of `carbon_overlays`",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (cluster, node) in placed(clusters) {
            for overlay in node
                .overlays
                .iter()
                .filter(|overlay| !overlay.path.is_dir())
            {
                let message = format!("there is no folder {}", overlay.path.display());
                findings.push(Finding::of(cluster, &overlay.place, message));
            }
        }
        findings
    }),
};
