//! `carbon_artifacts`: all nodes of a cluster have deployed the same. The last task of a run.

use crate::modules::carbon_home::CLUSTER;
use crate::modules::sync::artifacts::told;
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::ModuleSpec;
use crate::script::{Answers, Probe};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(crate) struct CarbonArtifacts;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_artifacts",
    doc: "Holds the deployed artifacts of all nodes of a cluster against each other, by hash, after all else has been done. Where artifacts are pushed, what differs is pushed once more. With `apply --probe-artifact` an artifact of wmprov's own goes to every node, and away again.",
    parameters: &[CLUSTER],
    example: "- carbon_artifacts:\n    cluster: \"{{ item.cluster }}\"\n  loop: \"{{ wmprov_measures }}\"\n",
    ..ModuleSpec::BLANK
};

/// What `run/` holds against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactsWork {
    /// The cluster.
    pub cluster: String,
}

impl Module for CarbonArtifacts {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, _call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(Vec::new())
    }

    fn change(&self, call: &Call<'_>, _seen: &Answers) -> Result<Change> {
        let name = call.args.required("cluster")?;
        if !call.world.clusters.iter().any(|one| one.name == name) {
            let message = format!("there is no cluster `{name}`");
            return Err(Error::at(call.args.place(), message));
        }
        let own = call.unlike.iter().filter(|one| one.cluster == name);
        let unlike: Vec<_> = own.cloned().collect();
        let mut change = Change::none();
        // A run that did nothing, on nodes that were alike, has nothing to look at again. What differed is
        // told where it is mended.
        if call.planning || unlike.is_empty() && !call.acting && !call.probe_artifact {
            return Ok(change);
        }
        if !unlike.is_empty() {
            change.differences.push(Difference::Note {
                text: format!("looks whether it is mended: {}", told(&unlike)),
            });
        }
        if call.probe_artifact {
            change.differences.push(Difference::Note {
                text: "has a probe artifact go to every node".to_owned(),
            });
        }
        change
            .acts
            .push(Act::Artifacts(Box::new(ArtifactsWork { cluster: name })));
        Ok(change)
    }

    /// What it sees is judged where it looks.
    fn acts_always(&self, _call: &Call<'_>) -> bool {
        true
    }
}
