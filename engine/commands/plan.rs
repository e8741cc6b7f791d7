//! `wmprov plan -o FILE` and `wmprov apply FILE`: a plan that is looked at today and done tomorrow, as it was looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::unbounded_channel;

use crate::commands::apply::{ApplyOptions, Plans, acting, not_begun, read_apart};
use crate::run::{
    Event, Events, Foreseen, Interrupt, Mode, Outcome, PlanKey, PlanOf, Promise, Report, SavedPlan,
    Verb, read_plan,
};
use crate::yaml::{Error, Result, Secrets, VaultPasswords};

/// What made a plan must do it.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Plans, and saves the plan where every host could be looked at.
///
/// # Errors
/// Every mistake in the user's files; secrets and no password to seal them; a file that cannot be written.
pub async fn save_plan(
    mut options: ApplyOptions,
    file: &Path,
    at: u64,
    secrets: Secrets,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let one = |error| vec![error];
    let Some(plans) = read_apart(&options, &events, &interrupt).await? else {
        return Ok(not_begun(&events));
    };
    let key = PlanKey::new().map_err(one)?;
    let seals = must_seal(&plans, &options.vault).then_some(&options.vault);
    if seals.is_some_and(VaultPasswords::is_empty) {
        return Err(one(Error::new(
            "the inventory holds a password: a plan of it is saved sealed, and no vault password is given",
        )
        .hint("give `--vault-password-file FILE`, and the same to the apply of the plan; where nothing is vaulted yet any password does")));
    }
    let mut plan = SavedPlan {
        wmprov_plan: 0,
        program: PROGRAM.to_owned(),
        at,
        by: options.holder.clone(),
        of: plan_of(&options).map_err(one)?,
        key: key.written(seals).map_err(one)?,
        rests_on: rests_on(&plans, &key).map_err(one)?,
        hosts: BTreeMap::new(),
        seal: String::new(),
    };
    let foreseen = Arc::new(Foreseen::new(key.clone(), secrets));
    options.witness = Some(foreseen.clone());
    options.mode = Mode::Plan;
    let report = acting(Verb::Plan, options, plans, events, interrupt).await?;
    if report.is_good() && !report.interrupted {
        plan.hosts = foreseen.hosts();
        let plan = plan.sealed(&key).map_err(one)?;
        plan.write(file).map_err(one)?;
    }
    Ok(report)
}

/// A key need not be sealed where nothing that is keyed is secret.
fn must_seal(plans: &Plans, vault: &VaultPasswords) -> bool {
    let mut clusters = plans.world.clusters.iter();
    !plans.inventory.secrets.is_empty()
        || !vault.is_empty()
        || clusters.any(|cluster| cluster.admin.password.is_some())
}

fn plan_of(options: &ApplyOptions) -> Result<PlanOf> {
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .map_err(|cause| Error::new(format!("`{}` is no path", path.display())).because(cause))
    };
    Ok(PlanOf {
        inventory: absolute(&options.inventory)?,
        playbook: options.playbook.as_deref().map(absolute).transpose()?,
        limit: options.limit.clone(),
        extra_vars: options.extra_vars.clone(),
        tags: options.tags.clone(),
        skip_tags: options.skip_tags.clone(),
    })
}

/// Names and keyed digests of all on this machine that decides what a run does.
fn rests_on(plans: &Plans, key: &PlanKey) -> Result<BTreeMap<String, String>> {
    let mut rests = BTreeMap::new();
    for file in plans.inventory.files()? {
        let bytes = std::fs::read(&file).map_err(|cause| {
            Error::new(format!("cannot read `{}`", file.display())).because(cause)
        })?;
        let name = std::path::absolute(&file).unwrap_or(file);
        rests.insert(name.display().to_string(), key.digest(&bytes)?);
    }
    let source = &plans.playbook.source;
    let tasks = |play: &'_ crate::playbook::Play| -> BTreeSet<std::path::PathBuf> {
        let own = play.tasks().chain(&play.handlers);
        let files = own.map(|task| task.place.file.to_path_buf());
        files.chain([play.place.file.to_path_buf()]).collect()
    };
    for shown in plans.playbook.plays.iter().flat_map(tasks) {
        let bytes = source.read(source.inside(&shown))?;
        rests.insert(shown.display().to_string(), key.digest(&bytes)?);
    }
    for ((cluster, node), wanted) in &plans.world.wanted {
        let pack = wanted.home.pack().sha256().to_string();
        rests.insert(format!("pack of {cluster}"), key.digest(pack.as_bytes())?);
        let home = format!("{} {}", wanted.tree, wanted.start);
        rests.insert(
            format!("Home of {cluster}/{node}"),
            key.digest(home.as_bytes())?,
        );
    }
    for (path, jdk) in &plans.world.jdks {
        let name = format!("java_pack {}", path.display());
        rests.insert(name, key.digest(jdk.sha256().to_string().as_bytes())?);
    }
    for ((cluster, name), certificate) in &plans.world.certificates {
        let text = format!("{}\n{}", certificate.chain, certificate.key.reveal());
        rests.insert(
            format!("certificate {name} of {cluster}"),
            key.digest(text.as_bytes())?,
        );
    }
    Ok(rests)
}

/// Does a saved plan, and nothing else. Of `options` only how hosts are reached and how far a rollout may go count.
///
/// # Errors
/// Where the file is none, was changed, or what it rests on has moved, on this machine or on a host: nothing has been
/// done then.
pub async fn apply_plan(
    options: ApplyOptions,
    file: &Path,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let one = |error| vec![error];
    let plan = read_plan(file).map_err(one)?;
    let key = plan.key(&options.vault).map_err(one)?;
    if plan.program != PROGRAM {
        return Err(one(Error::new(format!(
            "the plan was made by wmprov {}, this is {PROGRAM}",
            plan.program
        ))
        .hint("make a new plan")));
    }
    let of = plan.of.clone();
    let options = ApplyOptions {
        inventory: of.inventory,
        playbook: of.playbook,
        limit: of.limit,
        extra_vars: of.extra_vars,
        tags: of.tags,
        skip_tags: of.skip_tags,
        witness: Some(Arc::new(Promise::new(plan.clone(), key.clone()))),
        ..options
    };
    let Some(plans) = read_apart(&options, &events, &interrupt).await? else {
        return Ok(not_begun(&events));
    };
    unmoved(&plans, &plan, &key)?;
    let look = ApplyOptions {
        mode: Mode::Plan,
        ..options.clone()
    };
    let looked = holds(look, plans, &events, interrupt.clone()).await?;
    if looked.interrupted || options.mode == Mode::Plan {
        return Ok(looked);
    }
    // Read again: a look takes a while, and what is on this machine may move meanwhile.
    let Some(plans) = read_apart(&options, &events, &interrupt).await? else {
        return Ok(not_begun(&events));
    };
    unmoved(&plans, &plan, &key)?;
    acting(Verb::Apply, options, plans, events, interrupt).await
}

/// Says which of the user's files have moved.
fn unmoved(plans: &Plans, plan: &SavedPlan, key: &PlanKey) -> Result<(), Vec<Error>> {
    let now = rests_on(plans, key).map_err(|error| vec![error])?;
    let names: BTreeSet<&String> = now.keys().chain(plan.rests_on.keys()).collect();
    let moved = names
        .into_iter()
        .filter(|name| now.get(*name) != plan.rests_on.get(*name));
    let errors: Vec<Error> = moved
        .map(|name| {
            Error::new(format!("`{name}` has moved since the plan was saved"))
                .hint("make a new plan")
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Looks at every host before anything is done on any: each must still be as the plan has seen it.
async fn holds(
    options: ApplyOptions,
    plans: Plans,
    events: &Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let (sender, mut happened) = unbounded_channel();
    let report = acting(Verb::Apply, options, plans, Events::new(sender), interrupt).await?;
    while let Ok(event) = happened.try_recv() {
        let told = match &event {
            Event::HostUnreachable { .. } | Event::Noticed { .. } => true,
            Event::TaskFinished(ended) => ended.outcome == Outcome::Failed,
            _ => false,
        };
        if told {
            events.send(event);
        }
    }
    if report.is_good() || report.interrupted {
        return Ok(report);
    }
    let mut errors = vec![
        Error::new("the plan does not hold any more; nothing was done").hint("make a new plan"),
    ];
    errors.extend(report.failures.iter().map(Error::new));
    Err(errors)
}
