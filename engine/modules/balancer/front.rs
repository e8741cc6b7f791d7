//! `carbon_front`: proved nodes are up behind a balancer, and clients' names are asked through it.

use std::collections::BTreeSet;

use super::{CLUSTER, CONFIG, Paths, held, marks, named};
use crate::modules::copy::probe as file_probe;
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::ModuleSpec;
use crate::script::{Answers, Probe, sha256};
use crate::yaml::Result;

/// The module.
#[derive(Debug)]
pub(crate) struct CarbonFront;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_front",
    doc: "Brings nodes that are `down` at a balancer up, where their process has proved its role, and looks through the balancer at what clients and administrators get. It looks once a configuration.",
    parameters: &[CLUSTER, CONFIG],
    example: "- carbon_front:\n    cluster: \"{{ item.cluster }}\"\n    config: carbon.nginx.conf.j2\n  vars: { balancer: \"{{ item }}\" }\n  loop: \"{{ wmprov_balancers }}\"\n",
    ..ModuleSpec::BLANK
};

/// What `run/` does at a balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontWork {
    /// The cluster.
    pub cluster: String,
    /// The nodes that are down.
    pub down: BTreeSet<String>,
    /// What the proof is of.
    pub key: String,
}

impl Module for CarbonFront {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let paths = Paths::of(named(call)?.0);
        Ok(vec![file_probe(&paths.config), paths.proved_probe()])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let (cluster, _) = named(call)?;
        let paths = Paths::of(cluster);
        let wanted = call.files.render(&call.args.required("config")?)?;
        let live = held(seen, &paths.config)?;
        let down = match (&live, call.planning) {
            // What the balancer's own task would have put there.
            (_, true) => marks::carried_over(&wanted, live.as_deref()),
            (Some(live), false) => marks::down(live),
            (None, false) => BTreeSet::new(),
        };
        let key = key(call, cluster, &wanted);
        let proved = held(seen, &paths.proved)?;
        let stale = proved.as_deref().and_then(|text| text.lines().next()) != Some(key.as_str());
        let mut change = Change::none()
            .touching(&paths.config)
            .touching(&paths.proved);
        let mut differs = |what: String, before: &str, after: &str, is_of_inventory: bool| {
            if is_of_inventory {
                change.recorded.insert(what.clone(), before.to_owned());
            }
            change.differences.push(Difference::Property {
                what,
                before: before.to_owned(),
                after: after.to_owned(),
            });
        };
        let known = live.as_deref().map(marks::nodes).unwrap_or_default();
        // A node that the balancer has yet to be told of is new in the inventory.
        for (names, is_new) in [(&down & &known, false), (&down - &known, true)] {
            if names.is_empty() {
                continue;
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let what = format!("{} at the balancer of {}", names.join(", "), cluster.name);
            let before = if is_new { "new" } else { "down" };
            differs(what, before, "up, where its role is proved", is_new);
        }
        if stale {
            // What was proved is of what was wanted then.
            let what = format!("what clients of {} get", cluster.name);
            let before = "not proved of this configuration";
            differs(what, before, "proved", proved.is_some());
        }
        if !change.differences.is_empty() {
            change.acts.push(Act::Front(Box::new(FrontWork {
                cluster: cluster.name.clone(),
                down,
                key,
            })));
        }
        Ok(change)
    }

    /// A node that could not be proved stays down, which is told and is no failure of this task.
    fn acts_always(&self, _call: &Call<'_>) -> bool {
        true
    }
}

/// A digest of all that decides what clients get: the balancer's configuration, and what every node of the
/// cluster is started with.
fn key(call: &Call<'_>, cluster: &crate::cluster::Cluster, wanted: &str) -> String {
    let mut text = wanted.to_owned();
    for node in &cluster.nodes {
        if let Ok((_, _, wanted)) = call.world.node(&cluster.name, &node.name) {
            text.push_str(&wanted.start);
        }
    }
    sha256(text.as_bytes())
}
