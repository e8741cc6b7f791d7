//! What an operator of a cluster has to know and nobody can mend: said by every plan and report.

use super::{Cluster, pattern};

/// The notes about one cluster.
#[must_use]
pub fn notes(cluster: &Cluster) -> Vec<String> {
    let two_domains = pattern(cluster.pattern).is_some_and(|pattern| !pattern.one_domain);
    two_domains
        .then(|| stale_caches(cluster))
        .into_iter()
        .collect()
}

/// The trap that no guide tells (procedure 1.4; 716 s seen in real-run 10).
fn stale_caches(cluster: &Cluster) -> String {
    format!(
        "cluster `{}`: in pattern {} no message crosses from the managers' domain to the workers'. Workers keep \
         what they have cached of registry and users for up to 15 minutes after a change on the manager; \
         `Cache/DefaultCacheTimeout` of carbon.xml (minutes, by `carbon_edits`) shortens it, and pattern 3's one \
         domain does without",
        cluster.name, cluster.pattern
    )
}
