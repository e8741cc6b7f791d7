//! A node's start where artifacts go through a repository: it can log in, and what the pack brought is out of the way of
//! its first check-out.

use std::time::Duration;

use crate::cluster::{ArtifactSync, Cluster, Node, pattern};
use crate::modules::artifacts::FOLDER;
use crate::modules::{NodeWork, state_of};
use crate::run::home::open_note;
use crate::run::host::HostRun;
use crate::run::now;
use crate::run::repository::ask_repository;
use crate::run::sync::ALIKE;
use crate::run::task::{Failure, TaskRun};
use crate::script::Step;

/// Lays artifacts aside that are no check-out's, so that the first one meets nothing (procedure 2.10, and 7 rows 13, 14). The
/// guide wants an empty `synapse-configs/default` on the API gateway. With `all` a check-out goes too.
const ASIDE: &str = r#"set -e
[ -d "$1" ] || exit 0
[ ! -e "$1/.svn" ] || [ "$3" = all ] || exit 0
[ -n "$(find "$1" ! -type d -print -quit)" ] || exit 0
mkdir -p -- "$2"
mv -- "$1" "$2/server"
mkdir -- "$1"
chown --reference="$2/server" -- "$1"
chmod --reference="$2/server" -- "$1"
[ -d "$2/server/synapse-configs/default" ] || exit 0
mkdir -p -- "$1/synapse-configs/default"
chown --reference="$2/server" -- "$1/synapse-configs" "$1/synapse-configs/default"
"#;

/// Makes a check-out of another repository no check-out: the one that it belongs to was lost, and another is in its place,
/// or it was reached at another URL, where nothing answers any more. Subversion 1.7 and later keeps the name of the repository
/// and its URL in `wc.db`, 1.6 in `entries` of every folder.
const FORGET: &str = r#"set -e
[ -e "$1/.svn" ] || exit 0
for file in "$1/.svn/wc.db" "$1/.svn/entries"; do
  if grep -qaF -- "$2" "$file" 2>/dev/null && grep -qaF -- "$3" "$file"; then exit 0; fi
done
find "$1" -name .svn -prune -exec rm -rf -- {} +
"#;

/// How long a commit may take to be on all nodes of a clustering domain: Carbon looks every 15 s at each end of the way
/// (procedure 3.1, 9.6). Managers are of one domain in every pattern.
pub(super) const CHECKED_OUT: Duration = Duration::from_secs(120);

/// The same where workers are of another domain: it sends them no message, and they ask for themselves at most 900 s later
/// (procedure 1.4).
const CHECKED_OUT_ACROSS: Duration = Duration::from_secs(960);

/// How long the nodes of a cluster may take to have the same artifacts.
pub(super) fn alike_within(cluster: &Cluster) -> Duration {
    let one_domain = pattern(cluster.pattern).is_none_or(|pattern| pattern.one_domain);
    match cluster.sync {
        ArtifactSync::Svn(_) if one_domain => CHECKED_OUT,
        ArtifactSync::Svn(_) => CHECKED_OUT_ACROSS,
        _ => ALIKE,
    }
}

impl TaskRun<'_> {
    /// Asks the repository of a node that is about to start, and says what must be done before.
    pub(super) async fn first_check_out(
        &self,
        host: &HostRun,
        cluster: &Cluster,
        node: &Node,
        work: &NodeWork,
    ) -> Result<Vec<Step>, Failure> {
        let Some(url) = cluster.svn_url().filter(|_| work.start) else {
            return Ok(Vec::new());
        };
        let seen = ask_repository(self.context, &host.link, cluster, node).await?;
        let mut steps = Vec::new();
        let uuid = seen.as_ref().and_then(|seen| seen.uuid.as_deref());
        // The URL of a server that is not ours may be written in more ways than one.
        let own = cluster.store().map(|_| url.as_str());
        if uuid.is_some() || own.is_some() {
            steps.push(forget_another(node, uuid, own));
        }
        // What the active manager has is the first commit, unless others have committed before.
        let first = node.active && !seen.is_some_and(|seen| seen.has_artifacts());
        if !first {
            steps.push(lay_aside(node, "first").1);
        }
        if node.active {
            // From now on it is the committer, until it has handed over.
            steps.push(open_note(&state_of(node), "committer", url));
        }
        Ok(steps)
    }
}

/// The step that takes a check-out of another repository, or from another URL, for none.
fn forget_another(node: &Node, uuid: Option<&str>, url: Option<&str>) -> Step {
    let from = format!("{}/{FOLDER}", node.home.display());
    let [uuid, url] = [uuid, url].map(Option::unwrap_or_default);
    let argv = ["sh", "-c", FORGET, "wmprov", &from, uuid, url];
    Step::Run {
        argv: argv.map(str::to_owned).to_vec(),
    }
}

/// Where a node's artifacts go, and the step that brings them there.
pub(super) fn lay_aside(node: &Node, which: &str) -> (String, Step) {
    let from = format!("{}/{FOLDER}", node.home.display());
    let to = format!("{}/left-{}", state_of(node), now());
    let argv = ["sh", "-c", ASIDE, "wmprov", &from, &to, which];
    let argv = argv.map(str::to_owned).to_vec();
    (to, Step::Run { argv })
}
