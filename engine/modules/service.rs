//! `systemd_service` and `service`: a unit runs, or not; starts at boot, or not.

use crate::modules::{Act, Call, Change, Difference, Module, Subject};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, Probe, Step, Unit};
use crate::yaml::{Error, Result};

/// `systemd_service`.
#[derive(Debug)]
pub(super) struct SystemdService;

/// `service`, which here is systemd too.
#[derive(Debug)]
pub(super) struct Service;

const NAME: Parameter = Parameter {
    name: "name",
    aliases: &["unit", "service"],
    doc: "The unit; `.service` may be left out.",
    ..Parameter::BLANK
};

const STATE: Parameter = Parameter {
    name: "state",
    choices: &["started", "stopped", "restarted", "reloaded"],
    doc: "Whether it runs; `restarted` and `reloaded` act at every run.",
    ..Parameter::BLANK
};

const ENABLED: Parameter = Parameter {
    name: "enabled",
    kind: Kind::Bool,
    doc: "Whether it starts at boot.",
    ..Parameter::BLANK
};

static SYSTEMD: ModuleSpec = ModuleSpec {
    name: "systemd_service",
    doc: "Starts, stops, restarts, enables or masks a systemd unit.",
    parameters: &[
        NAME,
        STATE,
        ENABLED,
        Parameter {
            name: "masked",
            kind: Kind::Bool,
            doc: "Whether it is masked.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "daemon_reload",
            kind: Kind::Bool,
            default: "no",
            doc: "Read the unit files again first, where they have changed.",
            ..Parameter::BLANK
        },
    ],
    example: "- name: Time is kept\n  systemd_service:\n    name: chrony\n    state: started\n    enabled: yes\n",
    ..ModuleSpec::BLANK
};

static SERVICE: ModuleSpec = ModuleSpec {
    name: "service",
    doc: "Starts, stops, restarts or enables a service. Hosts without systemd are refused.",
    parameters: &[NAME, STATE, ENABLED],
    example: "- service:\n    name: ssh\n    state: started\n",
    ..ModuleSpec::BLANK
};

impl Module for SystemdService {
    fn spec(&self) -> &'static ModuleSpec {
        &SYSTEMD
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(unit_name(call)?.map(Probe::Unit).into_iter().collect())
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        decide(call, seen)
    }

    fn acts_always(&self, call: &Call<'_>) -> bool {
        always(call)
    }

    fn subject(&self, _difference: &Difference) -> Subject {
        Subject::Unit
    }
}

impl Module for Service {
    fn spec(&self) -> &'static ModuleSpec {
        &SERVICE
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        match unit_name(call)? {
            Some(unit) => Ok(vec![Probe::Unit(unit)]),
            None => Err(call.args.missing("name")),
        }
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        decide(call, seen)
    }

    fn acts_always(&self, call: &Call<'_>) -> bool {
        always(call)
    }

    fn subject(&self, _difference: &Difference) -> Subject {
        Subject::Unit
    }
}

/// `restarted` and `reloaded` act whatever there is; so does a bare `daemon_reload`.
fn always(call: &Call<'_>) -> bool {
    let state = call.args.text("state").ok().flatten();
    matches!(state.as_deref(), Some("restarted" | "reloaded")) || call.args.node("name").is_none()
}

fn unit_name(call: &Call<'_>) -> Result<Option<String>> {
    Ok(call.args.text("name")?.map(|name| {
        let known = [
            ".service", ".timer", ".socket", ".target", ".mount", ".path",
        ];
        if known.iter().any(|end| name.ends_with(end)) {
            name
        } else {
            name + ".service"
        }
    }))
}

fn decide(call: &Call<'_>, seen: &Answers) -> Result<Change> {
    let mut change = Change::none()
        .touching("/run/systemd")
        .touching("/etc/systemd/system");
    let Some(name) = unit_name(call)? else {
        if call.args.bool("daemon_reload")? == Some(true) {
            push(
                &mut change,
                "systemd",
                "unit files as read",
                "read again",
                &["daemon-reload"],
            );
        }
        return Ok(change);
    };
    let unit = match seen.get(&Probe::Unit(name.clone())) {
        Some(Answer::Unit(unit)) => unit,
        _ => return Err(Error::new(format!("unit `{name}` was not asked"))),
    };
    if !unit.systemd {
        return Err(
            Error::at(call.args.place(), "the host does not run systemd")
                .hint("wmprov keeps services on hosts with systemd only"),
        );
    }
    if call.args.bool("daemon_reload")? == Some(true) && unit.property("NeedDaemonReload") == "yes"
    {
        push(
            &mut change,
            &name,
            "unit file as read",
            "read again",
            &["daemon-reload"],
        );
    }
    at_boot(call, &name, unit, &mut change)?;
    running(call, &name, unit, &mut change)?;
    Ok(change)
}

fn at_boot(call: &Call<'_>, name: &str, unit: &Unit, change: &mut Change) -> Result<()> {
    let state = unit.property("UnitFileState");
    if let Some(masked) = call.args.bool("masked")?
        && masked != (state == "masked")
    {
        let (verb, after) = if masked {
            ("mask", "masked")
        } else {
            ("unmask", "not masked")
        };
        push(change, name, state, after, &[verb, name]);
    }
    if let Some(enabled) = call.args.bool("enabled")? {
        let is = matches!(
            state,
            "enabled" | "enabled-runtime" | "static" | "indirect" | "generated" | "alias"
        );
        if enabled != is {
            let verb = if enabled { "enable" } else { "disable" };
            let after = if enabled { "enabled" } else { "disabled" };
            push(
                change,
                name,
                if state.is_empty() { "not there" } else { state },
                after,
                &[verb, name],
            );
        }
    }
    Ok(())
}

fn running(call: &Call<'_>, name: &str, unit: &Unit, change: &mut Change) -> Result<()> {
    let state = unit.property("ActiveState");
    let active = unit.is_active();
    match call.args.text("state")?.as_deref() {
        Some("started") if !active => push(change, name, state, "running", &["start", name]),
        Some("stopped") if !unit.is_down() => push(change, name, state, "stopped", &["stop", name]),
        Some("restarted") => push(change, name, state, "restarted", &["restart", name]),
        Some("reloaded") if active => push(change, name, state, "reloaded", &["reload", name]),
        Some("reloaded") => push(change, name, state, "running", &["start", name]),
        _ => {}
    }
    Ok(())
}

fn push(change: &mut Change, what: &str, before: &str, after: &str, arguments: &[&str]) {
    let mut argv = vec!["systemctl".to_owned()];
    argv.extend(arguments.iter().map(|word| (*word).to_owned()));
    change.differences.push(Difference::Property {
        what: what.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    });
    match change.acts.last_mut() {
        Some(Act::Steps(steps)) => steps.push(Step::Run { argv }),
        _ => change.acts.push(Act::Steps(vec![Step::Run { argv }])),
    }
}
