//! What a host must be before anything is touched: told from the first answers, on all hosts, before the first
//! act anywhere. A cluster with one machine that lacks the right Java is refused while all are still as they were.

use crate::modules::{Call, Registry};
use crate::playbook::Play;
use crate::run::Context;
use crate::run::calls::{Foreseen, each_call};
use crate::run::facts::set_facts;
use crate::run::files::PlaybookFiles;
use crate::run::host::HostRun;
use crate::run::task::{Around, Failure, TaskRun, conditions};
use crate::script::Answers;
use crate::template::Scope;
use crate::yaml::Error;

/// Asks every gate of the host's tasks. The first that does not open is told as its task's failure, and the host
/// is out.
///
/// An answer that an earlier task may falsify (it installs Java, say) is no ground to refuse: such a gate is
/// asked when its task's turn comes.
pub(super) fn ask_gates(context: &Context, plays: &[&Play], host: &mut HostRun) {
    let seen = host.all_answers();
    let mut answers = seen.clone();
    let mut scope = host.scope.clone();
    if let (true, Some(facts)) = (plays.iter().any(|play| play.gather_facts), &host.facts) {
        set_facts(&mut scope, facts);
    }
    let around = Around::default();
    let mut shut: Option<(TaskRun<'_>, Option<String>, Error)> = None;
    each_call(context, plays, &scope, &mut |foreseen| {
        if shut.is_some() {
            return;
        }
        let Some(scope) = foreseen.scope else {
            answers.forget("/");
            return;
        };
        if let Err(error) = one(context, host, foreseen, scope, (&seen, &mut answers))
            && !foreseen.rescued
            && !foreseen.task.ignore_errors
            && let Some(module) = Registry.get(&foreseen.task.module)
        {
            let run = TaskRun {
                context,
                play: foreseen.play,
                task: foreseen.task,
                module,
                around: &around,
            };
            let item = foreseen.item.map(|item| run.label(scope, item));
            shut = Some((run, item, error));
        }
    });
    if let Some((run, item, error)) = shut {
        run.finished(host, item, Err(&Failure::Task(error)), false);
        run.after_failure(host);
    }
}

/// Asks one call's gate; then forgets, of all that was `seen`, those answers that the call will falsify.
fn one(
    context: &Context,
    host: &HostRun,
    foreseen: &Foreseen<'_, '_>,
    scope: &Scope,
    (seen, answers): (&Answers, &mut Answers),
) -> Result<(), Error> {
    let Some(module) = Registry.get(&foreseen.task.module) else {
        return Ok(());
    };
    if foreseen.task.delegate_to.is_some() {
        return Ok(());
    }
    let all = foreseen.when.iter().copied().chain(&foreseen.task.when);
    match conditions(scope, all) {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(_not_known_yet) => {
            answers.forget("/");
            return Ok(());
        }
    }
    let Ok(args) = foreseen.arguments(scope) else {
        answers.forget("/");
        return Ok(());
    };
    let files = PlaybookFiles::new(&context.playbook, foreseen.task, scope);
    let call = Call {
        args: &args,
        host: &host.name,
        facts: host.facts.as_ref(),
        planning: true,
        acting: false,
        unlike: &[],
        files: &files,
        world: &context.world,
    };
    module
        .gate(&call, answers)
        .map_err(|error| error.or_at(&foreseen.task.place))?;
    // What it touches is told by what was seen; where an earlier task falsifies that, it may act after all. What
    // is wrong with the call itself is told when its turn comes.
    let stale = match module.probes(&call) {
        Ok(probes) => probes.iter().any(|probe| answers.get(probe).is_none()),
        Err(_told_later) => true,
    };
    match module.change(&call, seen) {
        Ok(change) if !stale && !change.acts_on_host() => {}
        Ok(change) if !change.touches_anything => {
            for path in &change.touches {
                answers.forget(path);
            }
        }
        Ok(_) | Err(_) => {
            answers.forget("/");
        }
    }
    Ok(())
}
