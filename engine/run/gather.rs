//! Which questions can be asked of a host before anything has run: those of all its tasks whose
//! parameters are known without facts. They travel in the first round trip.

use crate::modules::{Call, Registry};
use crate::playbook::Play;
use crate::run::Context;
use crate::run::calls::{Foreseen, each_call};
use crate::run::files::PlaybookFiles;
use crate::run::locks::HOST_STATE;
use crate::script::Probe;
use crate::template::Scope;

/// The probes of the first round trip: facts, what is owed, and what the tasks of `plays` want to know.
pub(super) fn first_probes(
    context: &Context,
    host: &str,
    scope: &Scope,
    plays: &[&Play],
) -> Vec<Probe> {
    let mut probes = vec![
        Probe::Facts,
        Probe::Owed {
            state: HOST_STATE.to_owned(),
        },
    ];
    each_call(context, plays, scope, &mut |call| {
        probes.extend(of_call(context, host, call));
    });
    probes.sort_unstable();
    probes.dedup();
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
        files: &files,
        world: &context.world,
    };
    module.probes(&call).unwrap_or_default()
}
