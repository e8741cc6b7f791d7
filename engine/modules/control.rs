//! `assert`, `fail`, `debug`, `set_fact`, `meta`: modules that ask a host nothing.

use minijinja::Value as Rendered;

use crate::modules::{Act, Call, Change, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, Probe};
use crate::yaml::{Error, Result, Value};

/// `assert`.
#[derive(Debug)]
pub(super) struct Assert;
/// `fail`.
#[derive(Debug)]
pub(super) struct Fail;
/// `debug`.
#[derive(Debug)]
pub(super) struct Debug;
/// `set_fact`.
#[derive(Debug)]
pub(super) struct SetFact;
/// `meta`.
#[derive(Debug)]
pub(super) struct Meta;

static ASSERT: ModuleSpec = ModuleSpec {
    name: "assert",
    doc: "Fails unless every condition holds.",
    parameters: &[
        Parameter {
            name: "that",
            kind: Kind::Any,
            required: true,
            doc: "One condition or a list, as in `when`.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "fail_msg",
            aliases: &["msg"],
            doc: "What to say where one does not hold.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "success_msg",
            doc: "What to say where all hold.",
            ..Parameter::BLANK
        },
    ],
    example: "- assert:\n    that: carbon_offset | default(0) < 1000\n    fail_msg: such an offset leaves no ports\n",
    ..ModuleSpec::BLANK
};

static FAIL: ModuleSpec = ModuleSpec {
    name: "fail",
    doc: "Fails.",
    parameters: &[Parameter {
        name: "msg",
        default: "`failed as the playbook asks`",
        doc: "Why.",
        ..Parameter::BLANK
    }],
    example: "- fail:\n    msg: this host is too small\n  when: false\n",
    ..ModuleSpec::BLANK
};

static DEBUG: ModuleSpec = ModuleSpec {
    name: "debug",
    doc: "Shows a message or a variable.",
    parameters: &[
        Parameter {
            name: "msg",
            kind: Kind::Any,
            default: "`Hello world!`",
            doc: "The message.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "var",
            doc: "The variable, or an expression.",
            ..Parameter::BLANK
        },
    ],
    exclusive: &[&["msg", "var"]],
    example: "- debug:\n    msg: \"{{ inventory_hostname }} is up\"\n",
    ..ModuleSpec::BLANK
};

static SET_FACT: ModuleSpec = ModuleSpec {
    name: "set_fact",
    doc: "Sets variables on the host for the rest of the run.",
    open: true,
    example: "- set_fact:\n    ready: yes\n",
    ..ModuleSpec::BLANK
};

static META: ModuleSpec = ModuleSpec {
    name: "meta",
    doc: "Acts on the run itself.",
    parameters: &[Parameter {
        name: ModuleSpec::RAW,
        choices: &["flush_handlers", "end_host", "noop"],
        required: true,
        doc: "`flush_handlers` runs what was notified so far, `end_host` ends the play for this host.",
        ..Parameter::BLANK
    }],
    free_form: true,
    example: "- meta: flush_handlers\n",
    ..ModuleSpec::BLANK
};

impl Module for Assert {
    fn spec(&self) -> &'static ModuleSpec {
        &ASSERT
    }

    fn probes(&self, _call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(Vec::new())
    }

    /// `that` has been evaluated by `run/`: each condition stands here as yes or no.
    fn change(&self, call: &Call<'_>, _seen: &Answers) -> Result<Change> {
        let that = call
            .args
            .node("that")
            .ok_or_else(|| call.args.missing("that"))?;
        let conditions = match &that.value {
            Value::List(list) => list.as_slice(),
            _ => std::slice::from_ref(that),
        };
        for (number, condition) in conditions.iter().enumerate() {
            if !condition.bool()? {
                let message = match call.args.text("fail_msg")? {
                    Some(message) => message,
                    None => format!("condition {} does not hold", number + 1),
                };
                return Err(Error::at(&condition.place, message));
            }
        }
        let message = call.args.text("success_msg")?;
        Ok(Change {
            messages: message.into_iter().collect(),
            ..Change::none()
        })
    }
}

impl Module for Fail {
    fn spec(&self) -> &'static ModuleSpec {
        &FAIL
    }

    fn probes(&self, _call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(Vec::new())
    }

    fn change(&self, call: &Call<'_>, _seen: &Answers) -> Result<Change> {
        let message = call.args.text("msg")?;
        let message = message.unwrap_or_else(|| "failed as the playbook asks".to_owned());
        Err(Error::at(call.args.place(), message))
    }
}

impl Module for Debug {
    fn spec(&self) -> &'static ModuleSpec {
        &DEBUG
    }

    fn probes(&self, _call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(Vec::new())
    }

    /// `var` has been evaluated by `run/`: its value stands under `var` already.
    fn change(&self, call: &Call<'_>, _seen: &Answers) -> Result<Change> {
        let message = match (call.args.node("var"), call.args.node("msg")) {
            (Some(value), _) | (None, Some(value)) => match &value.value {
                Value::String(text) => text.clone(),
                other => format!("{other:?}"),
            },
            (None, None) => "Hello world!".to_owned(),
        };
        Ok(Change {
            results: vec![("msg", Rendered::from(message.clone()))],
            messages: vec![message],
            ..Change::none()
        })
    }
}

impl Module for SetFact {
    fn spec(&self) -> &'static ModuleSpec {
        &SET_FACT
    }

    fn probes(&self, _call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(Vec::new())
    }

    fn change(&self, call: &Call<'_>, _seen: &Answers) -> Result<Change> {
        Ok(Change {
            facts: call
                .args
                .all()
                .iter()
                .map(|(key, node)| (key.name.clone(), node.clone()))
                .collect(),
            ..Change::none()
        })
    }
}

impl Module for Meta {
    fn spec(&self) -> &'static ModuleSpec {
        &META
    }

    fn probes(&self, _call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(Vec::new())
    }

    fn change(&self, call: &Call<'_>, _seen: &Answers) -> Result<Change> {
        let act = match call.args.required(ModuleSpec::RAW)?.as_str() {
            "flush_handlers" => Some(Act::FlushHandlers),
            "end_host" => Some(Act::EndHost),
            _ => None,
        };
        Ok(Change {
            acts: act.into_iter().collect(),
            ..Change::none()
        })
    }
}
