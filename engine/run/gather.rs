//! Which questions can be asked of a host before anything has run: those of all its tasks whose
//! parameters are known without facts. They travel in the first round trip.

use std::collections::BTreeMap;

use crate::modules::{Call, Registry};
use crate::playbook::{Play, Task};
use crate::run::Context;
use crate::run::calls::{Foreseen, each_call};
use crate::run::files::PlaybookFiles;
use crate::run::host::HostRun;
use crate::run::identity::Identity;
use crate::run::locks::HOST_STATE;
use crate::script::Probe;

/// The probes of the first round trip, for each user that tasks act as: facts, what is owed, and what the tasks
/// of `plays` want to know.
pub(super) fn first_probes(
    context: &Context,
    host: &HostRun,
    keeper: Identity,
    plays: &[&Play],
) -> BTreeMap<Identity, Vec<Probe>> {
    let mut probes = BTreeMap::<Identity, Vec<Probe>>::new();
    each_call(context, plays, &host.scope, &mut |call| {
        let Some(scope) = call.scope.filter(|_| call.task.delegate_to.is_none()) else {
            return;
        };
        // As whom it will run may hang on facts too.
        if let Ok(identity) = host.sudo.identity(call.task, scope) {
            let asked = of_call(context, &host.name, call);
            if !asked.is_empty() {
                probes.entry(identity).or_default().extend(asked);
            }
        }
    });
    probes.entry(keeper.clone()).or_default().push(Probe::Owed {
        state: HOST_STATE.to_owned(),
    });
    // Facts are asked as whoever is asked anyway: that is one exec less.
    let gathers = plays.iter().find(|play| play.gather_facts);
    let wants = |task: &Task| {
        Registry
            .get(&task.module)
            .is_some_and(|module| module.wants_facts())
    };
    if gathers.is_some() || plays.iter().any(|play| play.tasks().any(wants)) {
        let plain = gathers.is_some_and(|play| !play.r#become.unwrap_or(false));
        let asker = if plain && probes.contains_key(&None) {
            None
        } else {
            keeper
        };
        probes.entry(asker).or_default().push(Probe::Facts);
    }
    for list in probes.values_mut() {
        list.sort_unstable();
        list.dedup();
    }
    probes
}

/// The probes of one call; none where its parameters are not known yet. Whatever is wrong with them is
/// told when the task's turn comes, with all that is known then.
fn of_call(context: &Context, host: &str, foreseen: &Foreseen<'_, '_>) -> Vec<Probe> {
    let (Some(module), Some(scope)) = (Registry.get(&foreseen.task.module), foreseen.scope) else {
        return Vec::new();
    };
    let Ok(args) = foreseen.arguments(scope) else {
        return Vec::new();
    };
    let files = PlaybookFiles::new(&context.playbook, foreseen.task, scope);
    let call = Call {
        args: &args,
        host,
        facts: None,
        planning: false,
        acting: false,
        probe_artifact: false,
        unlike: &[],
        files: &files,
        world: &context.world,
    };
    module.probes(&call).unwrap_or_default()
}
