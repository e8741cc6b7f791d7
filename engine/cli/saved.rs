//! `apply`, of an inventory or of a saved plan, and `show`.

use std::path::Path;

use wmprov::report::{Paint, saved_plan_html, saved_plan_page};
use wmprov::run::{Mode, SavedPlan, is_saved_plan, read_plan};
use wmprov::yaml::{Error, vault::HEADER};

use crate::arguments::{ApplyArgs, RunArgs, ShowArgs};
use crate::exit::Exit;
use crate::failure;
use crate::node_arguments::RolloutArgs;
use crate::ready::vault_of;
use crate::run::{Deed, run_as};
use crate::screen::Screen;

/// Brings about what an inventory wants, or what a saved plan says.
pub(crate) fn apply(mut args: ApplyArgs, screen: Screen) -> Exit {
    let mode = if args.check { Mode::Plan } else { Mode::Apply };
    let file = args.run.files.inventory.clone();
    let deed = match is_saved_plan(&file) {
        false => Deed::Apply,
        true => match of_plan(&mut args.run, &file, args.probe_artifact) {
            Ok(()) => Deed::Saved(file),
            Err(errors) => return failure::fail(screen, &errors, None),
        },
    };
    let rollout = RolloutArgs {
        probe_artifact: args.probe_artifact,
        ..args.rollout
    };
    run_as(args.run, rollout, mode, deed, screen)
}

/// Puts the arguments that made the plan in; others that choose what is done are refused.
fn of_plan(args: &mut RunArgs, file: &Path, probes: bool) -> Result<(), Vec<Error>> {
    let chosen = [
        ("--probe-artifact", probes),
        ("--limit", args.playbook.limit.is_some()),
        ("--playbook", args.playbook.playbook.is_some()),
        ("--tags", !args.tags.is_empty()),
        ("--skip-tags", !args.skip_tags.is_empty()),
        ("--extra-vars", !args.files.extra_vars.is_empty()),
    ];
    let errors: Vec<Error> = chosen
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| {
            Error::new(format!("a saved plan is done as it is, without `{name}`"))
                .hint("make a plan with it: `wmprov plan --output FILE`")
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let of = read_plan(file).map_err(|error| vec![error])?.of;
    args.files.inventory = of.inventory;
    args.files.extra_vars = of.extra_vars;
    args.playbook.playbook = of.playbook;
    args.playbook.limit = of.limit;
    args.tags = of.tags;
    args.skip_tags = of.skip_tags;
    Ok(())
}

/// The page of a saved plan.
pub(crate) fn shown(args: ShowArgs) -> Result<String, Vec<Error>> {
    let one = |error| vec![error];
    let plan = read_plan(&args.file).map_err(one)?;
    let vault = vault_of(&args.vault).map_err(one)?;
    let is_checked = !plan.key.starts_with(HEADER) || !vault.is_empty();
    if is_checked {
        plan.key(&vault).map_err(one)?;
    }
    match (args.json, args.html) {
        (true, _) => json(&plan).map_err(one),
        (false, true) => Ok(saved_plan_html(&plan, is_checked)),
        (false, false) => Ok(saved_plan_page(&plan, is_checked, Paint::new(false))),
    }
}

fn json(plan: &SavedPlan) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(plan);
    text.map(|text| text + "\n")
        .map_err(|cause| Error::new("the plan cannot be written as JSON").because(cause))
}
