//! What hosts said their time was → who of a cluster is apart from whom.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cluster::Cluster;
use crate::cluster::checks::Check;
use crate::run::Context;
use crate::run::host::HostRun;

/// Milliseconds by which two clocks of a cluster may surely differ before it is told (procedure 7, row 57).
const APART: i64 = 1000;

/// How far a host's clock is before this machine's, in milliseconds: at least, at most. The answer was given at some
/// moment of the look, and in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ahead {
    least: i64,
    most: i64,
}

impl Ahead {
    /// From what the host said (seconds since 1970), and when it was asked and had answered, by the clock of this machine.
    pub(super) fn of(said: u64, asked: SystemTime, answered: SystemTime) -> Self {
        let said = i64::try_from(said)
            .unwrap_or(i64::MAX / 1000)
            .saturating_mul(1000);
        Self {
            least: said.saturating_sub(milliseconds(answered)),
            most: said.saturating_add(999).saturating_sub(milliseconds(asked)),
        }
    }
}

fn milliseconds(time: SystemTime) -> i64 {
    // A clock that stands before 1970 is as far apart as one that stands there.
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A line for each cluster whose hosts' clocks are surely apart.
pub(super) fn clocks_apart(context: &Context, hosts: &BTreeMap<String, HostRun>) -> Vec<String> {
    let clusters = context.world.clusters.iter();
    let apart = clusters.filter_map(|cluster| Some((cluster, furthest(&known(cluster, hosts))?)));
    let told = apart.map(|(cluster, (fast, slow, by))| {
        let message = format!(
            "cluster `{}`: the clock of `{fast}` is at least {} s before that of `{slow}`",
            cluster.name,
            by / 1000
        );
        Check::cite("WM057", message).to_string()
    });
    told.collect()
}

/// The clocks of a cluster's hosts, as far as they were asked.
fn known<'a>(cluster: &'a Cluster, hosts: &BTreeMap<String, HostRun>) -> Vec<(&'a str, Ahead)> {
    let balancers = cluster.front.balancers.iter();
    let balancers = balancers.map(|balancer| balancer.host.as_str());
    let nodes = cluster.nodes.iter().map(|node| node.host.as_str());
    let names: BTreeSet<&str> = nodes.chain(balancers).collect();
    let known = names.into_iter();
    known
        .filter_map(|name| Some((name, hosts.get(name)?.ahead?)))
        .collect()
}

/// The two clocks that are furthest apart, and by how much at least.
fn furthest<'a>(clocks: &[(&'a str, Ahead)]) -> Option<(&'a str, &'a str, i64)> {
    let (fast, first) = clocks.iter().max_by_key(|(_, ahead)| ahead.least)?;
    let (slow, last) = clocks.iter().min_by_key(|(_, ahead)| ahead.most)?;
    let by = first.least - last.most;
    (by >= APART).then_some((fast, slow, by))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A host whose clock is so many seconds before this one's, asked for so long.
    fn clock(before: u64, lasted: u64) -> Ahead {
        let asked = UNIX_EPOCH + Duration::from_secs(1_000_000);
        Ahead::of(
            1_000_000 + before,
            asked,
            asked + Duration::from_secs(lasted),
        )
    }

    #[test]
    fn clocks_are_apart_where_no_moment_of_the_look_makes_them_alike() {
        let told = |clocks: &[(&'static str, Ahead)]| furthest(clocks);
        assert_eq!(told(&[("a", clock(0, 0))]), None);
        assert_eq!(
            told(&[("a", clock(0, 0)), ("b", clock(1, 0))]),
            None,
            "one second may be none"
        );
        assert_eq!(
            told(&[("a", clock(0, 0)), ("b", clock(90, 1)), ("c", clock(1, 0))]),
            Some(("b", "a", 88_001))
        );
        // It took so long that it may have been asked at its end.
        assert_eq!(told(&[("a", clock(0, 0)), ("b", clock(90, 90))]), None);
    }
}
