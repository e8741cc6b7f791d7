//! What tells a cluster's managers apart, once all of its nodes are known: which is active, and
//! which clustering domain each node is in.

use super::{Cluster, kind, pattern};
use crate::catalogue::Role;
use crate::yaml::{Error, Result, near};

/// Sets each node's `active` and `domain`, and brings the nodes into the order of a rollout: active
/// managers, workers, passive managers (design 5.4).
pub(super) fn tell_apart(cluster: &mut Cluster) -> Result<()> {
    let active = active(cluster)?;
    let of_managers = managers_domain(cluster)?;
    let of_workers = cluster.domain.clone();
    for node in &mut cluster.nodes {
        node.active = active.contains(&node.name);
        node.domain = match node.role {
            Role::Manager => of_managers.clone(),
            _ => of_workers.clone(),
        };
    }
    cluster.nodes.sort_by_key(|node| match node.role {
        Role::Manager if node.active => 0,
        Role::Manager => 2,
        _ => 1,
    });
    Ok(())
}

/// The names of the active managers: those that are said, else the first.
fn active(cluster: &Cluster) -> Result<Vec<String>> {
    let managers: Vec<&str> = cluster
        .of_role(Role::Manager)
        .map(|node| node.name.as_str())
        .collect();
    let Some(set) = cluster.vars.get("carbon_manager_active") else {
        return Ok(managers
            .first()
            .map(ToString::to_string)
            .into_iter()
            .collect());
    };
    kind::words(set, false)?
        .iter()
        .map(|word| {
            let name = word.text()?;
            if managers.contains(&name) {
                return Ok(name.to_owned());
            }
            let error = Error::at(
                &word.place,
                format!(
                    "`carbon_manager_active`: cluster `{}` has no manager `{name}`",
                    cluster.name
                ),
            );
            Err(match near(name, managers.iter().copied()) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint(format!("its managers are `{}`", managers.join("`, `"))),
            })
        })
        .collect()
}

/// The managers' domain: the workers' where the pattern has one, else their own (procedure 1.1).
fn managers_domain(cluster: &Cluster) -> Result<String> {
    let one_domain = pattern(cluster.pattern).is_none_or(|pattern| pattern.one_domain);
    let domain = &cluster.domain;
    match cluster.vars.get("carbon_mgt_domain") {
        Some(set) if one_domain => Err(Error::at(
            &set.place,
            format!(
                "`carbon_mgt_domain`: in pattern {} managers and workers share one domain, `{domain}`",
                cluster.pattern
            ),
        )
        .hint("take it out, or set `carbon_pattern: 2`")),
        Some(set) => Ok(set.text()?.to_owned()),
        None if one_domain => Ok(domain.clone()),
        None => Ok(match domain.strip_suffix(".domain") {
            Some(stem) => format!("{stem}.mgt.domain"),
            None => format!("{domain}.mgt"),
        }),
    }
}
