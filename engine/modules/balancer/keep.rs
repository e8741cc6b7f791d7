//! `carbon_balancer`: nginx stands before a cluster with the configuration that follows from it.

use super::{CLUSTER, CONFIG, Paths, certificate, held, marks, named};
use crate::catalogue::Role;
use crate::cluster::checks::Check;
use crate::cluster::{Cluster, standbys};
use crate::modules::copy::probe as file_probe;
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::ModuleSpec;
use crate::script::{Answers, Attributes, Probe, Step, sha256};
use crate::yaml::Result;

/// The module.
#[derive(Debug)]
pub(crate) struct CarbonBalancer;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_balancer",
    doc: "Keeps nginx's configuration before a cluster, and its certificates. It is tested before nginx reloads; nginx is never restarted, and the stock site is left alone. A node that is new to the balancer starts as `down`.",
    parameters: &[CLUSTER, CONFIG],
    example: "- carbon_balancer:\n    cluster: \"{{ item.cluster }}\"\n    config: carbon.nginx.conf.j2\n  vars: { balancer: \"{{ item }}\" }\n  loop: \"{{ wmprov_balancers }}\"\n",
    ..ModuleSpec::BLANK
};

impl Module for CarbonBalancer {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (cluster, _) = named(call)?;
        let paths = Paths::of(cluster);
        let mut probes = vec![file_probe(&paths.config), file_probe(&paths.loaded)];
        probes.extend(certificate::probes(cluster, &call.world.certificates));
        probes.extend(relieved(call)?.map(|other| file_probe(&Paths::of(other).config)));
        Ok(probes)
    }

    fn gate(&self, call: &Call<'_>, seen: &Answers) -> Result<()> {
        let (cluster, _) = named(call)?;
        let mut all = relieved(call)?.chain([cluster]).map(Paths::of);
        if all.all(|paths| seen.get(&file_probe(&paths.config)).is_some()) {
            may_take_over(call, seen)?;
        }
        Ok(())
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        may_take_over(call, seen)?;
        let (cluster, _) = named(call)?;
        let paths = Paths::of(cluster);
        let wanted = call.files.render(&call.args.required("config")?)?;
        let live = held(seen, &paths.config)?;
        let wanted = marks::with_down(&wanted, &marks::carried_over(&wanted, live.as_deref()));
        let mut change = Change::none()
            .touching(&paths.config)
            .touching(&paths.folder)
            .touching(&paths.loaded);
        certificate::mend(cluster, &call.world.certificates, seen, &mut change)?;
        let same = live.as_deref() == Some(wanted.as_str());
        let loaded = held(seen, &paths.loaded)?;
        let loaded = loaded.as_deref().map(str::trim);
        let in_force = loaded == Some(&sha256(wanted.as_bytes()));
        let record = loaded.map(|digest| (paths.config.clone(), digest.to_owned()));
        change.recorded.extend(record);
        if change.is_empty() && same && in_force {
            return Ok(change);
        }
        if !same {
            change.differences.push(Difference::Text {
                path: paths.config.clone(),
                before: live,
                after: Some(wanted.clone()),
            });
        } else if change.is_empty() {
            change.differences.push(Difference::Property {
                what: format!("nginx before cluster {}", cluster.name),
                before: "not known to have read its configuration".to_owned(),
                after: "reloaded".to_owned(),
            });
        }
        change.acts = vec![Act::Steps(steps(&paths, &wanted, change.acts))];
        Ok(change)
    }
}

/// A cluster takes over from one that clients use only once a worker of it has proved its role at this balancer.
fn may_take_over(call: &Call<'_>, seen: &Answers) -> Result<()> {
    let (cluster, balancer) = named(call)?;
    let text = |cluster: &Cluster| -> Result<String> {
        Ok(held(seen, &Paths::of(cluster).config)?.unwrap_or_default())
    };
    let own = text(cluster)?;
    if marks::serves(&own) {
        return Ok(());
    }
    let (known, down) = (marks::nodes(&own), marks::down(&own));
    // A balancer of the console alone has the managers only (pattern 3).
    let role = match balancer.workers {
        true => Role::Worker,
        false => Role::Manager,
    };
    let mut nodes = cluster.of_role(role);
    let proved = nodes.any(|node| known.contains(&node.name) && !down.contains(&node.name));
    for other in relieved(call)? {
        if !proved && marks::serves(&text(other)?) {
            let message = format!(
                "cluster `{}` is to take over from `{}` at load balancer `{}`, and no {role} of it has proved its role there",
                cluster.name, other.name, balancer.host
            );
            return Err(Check::cite("WM173", message).or_at(cluster.place_of("carbon_traffic")));
        }
    }
    Ok(())
}

/// The clusters that stand by for a live one at this balancer: one of them may be what clients use until now.
fn relieved<'a>(call: &'a Call<'_>) -> Result<impl Iterator<Item = &'a Cluster>> {
    let (cluster, balancer) = named(call)?;
    let others = standbys(cluster, balancer, &call.world.clusters);
    Ok(others.filter(|_| cluster.front.live))
}

/// Folder, certificates, configuration. What nginx has loaded is not known from the first step on, so a run
/// that is cut between two of them makes the next one reload.
fn steps(paths: &Paths, text: &str, certificates: Vec<Act>) -> Vec<Step> {
    let mut steps = vec![
        Step::Folder {
            path: paths.folder.clone(),
            attributes: Attributes {
                mode: Some(0o755),
                ..Attributes::default()
            },
        },
        Step::Remove {
            path: paths.loaded.clone(),
        },
    ];
    for act in certificates {
        if let Act::Steps(more) = act {
            steps.extend(more);
        }
    }
    steps.extend(paths.put(text));
    steps
}
