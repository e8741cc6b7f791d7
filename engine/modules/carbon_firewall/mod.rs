//! `carbon_firewall`: the ports of a host's nodes are open to whom they are for.
//!
//! What is in force is told from nft's own listing, held against the one that was noted when the rules were loaded. What
//! was let in before is noted too, so that a change can first let in whom it adds, and shut out whom it drops at its end.

mod record;

pub(crate) use record::Record;

use crate::cluster::Firewall;
use crate::modules::copy::{content_and_attributes, probe as file_probe};
use crate::modules::file::at;
use crate::modules::{Act, Call, Change, Difference, Module, Subject};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, Attributes, FirewallSeen, Nftables, Probe, Step, sha256};
use crate::yaml::{Error, Result};

/// The rules, as they are loaded when the host starts.
const RULES: &str = "/etc/wmprov/firewall.nft";

/// What is told where other rules are in force than in the file.
const LOADED: &str = "the rules are loaded";

/// What loads them.
const UNIT: &str = "wmprov-firewall.service";

/// The table of the rules, as nft names it.
const TABLE: &str = "table inet wmprov";

/// The unit's file.
const UNIT_FILE: &str = "/etc/systemd/system/wmprov-firewall.service";

/// What was loaded last, and what nft made of it.
const RECORD: &str = "/var/lib/wmprov/firewall";

/// Rules on trial. It goes with a power cut, as they do.
const TRIAL: &str = "/run/wmprov-firewall";

/// How long rules that nobody has confirmed stay in force, in seconds.
const TRIAL_SECONDS: u8 = 30;

/// The module.
#[derive(Debug)]
pub(super) struct CarbonFirewall;

/// Rules to be loaded, and kept where a new connection gets through them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirewallWork {
    /// The rules, as nft reads them.
    pub rules: String,
    /// The unit's text.
    pub unit: String,
    /// What is noted of them.
    pub note: String,
}

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_firewall",
    doc: "Keeps the ports of a host's nodes open to whom they are for (`carbon_firewall: nftables`), in a table of nftables of its own. Rules are taken back by the host itself after 30 seconds, unless they have let in a new connection of the control machine. A host none of whose clusters wants a firewall loses what an earlier run has loaded.",
    parameters: &[
        Parameter {
            name: "rules",
            kind: Kind::Template,
            doc: "The template of the rules, over `firewall`; must be given but with `absent`.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "unit",
            kind: Kind::Template,
            doc: "The template of the unit that loads them when the host starts; must be given but with `absent`.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "former",
            choices: &["keep", "drop"],
            default: "keep",
            doc: "Whether who was let in before still is (while a change is under way), or is shut out now (at its end).",
            ..Parameter::BLANK
        },
        Parameter {
            name: "state",
            choices: &["present", "absent"],
            default: "present",
            doc: "`absent` takes table, unit and file away, whatever the inventory wants.",
            ..Parameter::BLANK
        },
    ],
    example: "- carbon_firewall:\n    rules: carbon.firewall.nft.j2\n    unit: wmprov-firewall.service.j2\n",
    ..ModuleSpec::BLANK
};

impl Module for CarbonFirewall {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let mut probes = vec![file_probe(RULES), file_probe(UNIT_FILE)];
        if wanted(call)?.is_some() {
            let unit = Probe::Unit(UNIT.to_owned());
            probes.extend([file_probe(RECORD), unit, Probe::Firewall]);
        }
        Ok(probes)
    }

    fn subject(&self, difference: &Difference) -> Subject {
        match difference {
            Difference::Text { path, .. } if path == TABLE => Subject::Listing,
            _ => Subject::Thing,
        }
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let mut change = Change::none();
        for path in [RULES, UNIT_FILE, RECORD, "/run/systemd"] {
            change = change.touching(path);
        }
        let dropping = call.args.text("former")?.as_deref() == Some("drop");
        let Some(wanted) = wanted(call)? else {
            if !dropping {
                remove(seen, &mut change)?;
            }
            return Ok(change);
        };
        let state = State::read(call, seen)?;
        let desired = state.desired(call, &wanted)?;
        match dropping {
            true => desired.without_former(&mut change),
            false => desired.with_former(&state, seen, &mut change)?,
        }
        Ok(change)
    }
}

/// The ports that the host's clusters want kept; [`None`] where there are none.
fn wanted(call: &Call<'_>) -> Result<Option<Firewall>> {
    if call.args.text("state")?.as_deref() == Some("absent") {
        return Ok(None);
    }
    let firewall = Firewall::of(&call.world.clusters, call.host);
    Ok(Some(firewall).filter(|firewall| !firewall.openings.is_empty()))
}

/// What an earlier run has loaded goes.
fn remove(seen: &Answers, change: &mut Change) -> Result<()> {
    for path in [RULES, UNIT_FILE] {
        if let Some(found) = at(seen, &file_probe(path))? {
            let text = found.content.as_deref().map(String::from_utf8_lossy);
            change.differences.push(Difference::Text {
                path: path.to_owned(),
                before: Some(text.map(std::borrow::Cow::into_owned).unwrap_or_default()),
                after: None,
            });
        }
    }
    if !change.differences.is_empty() {
        let words = [TRIAL, RULES, RECORD, UNIT_FILE].map(str::to_owned);
        change.acts.push(Act::Steps(vec![Step::Function {
            name: "wm_no_firewall",
            arguments: words.to_vec(),
        }]));
    }
    Ok(())
}

/// How the host stands.
struct State<'a> {
    seen: &'a FirewallSeen,
    record: Record,
    enabled: String,
}

impl<'a> State<'a> {
    fn read(call: &Call<'_>, seen: &'a Answers) -> Result<Self> {
        let (firewall, unit) = match (
            seen.get(&Probe::Firewall),
            seen.get(&Probe::Unit(UNIT.to_owned())),
        ) {
            (Some(Answer::Firewall(firewall)), Some(Answer::Unit(unit))) => (firewall, unit),
            _ => return Err(Error::new("the firewall was not asked about")),
        };
        if let Nftables::Denied(said) = &firewall.nftables {
            return Err(Error::at(
                call.args.place(),
                format!("nftables cannot be asked: {}", said.trim()),
            )
            .hint("it wants root (`become: true`) and a kernel with nf_tables"));
        }
        let text = at(seen, &file_probe(RECORD))?.and_then(|found| found.content.as_deref());
        Ok(Self {
            seen: firewall,
            record: Record::read(&String::from_utf8_lossy(text.unwrap_or_default())),
            enabled: unit.property("UnitFileState").to_owned(),
        })
    }

    /// What is to be in force, with and without whom was let in before.
    fn desired(&self, call: &Call<'_>, wanted: &Firewall) -> Result<Desired> {
        let mut wanted = wanted.clone();
        // Once known, a way in stays: the next run may come by another.
        wanted
            .ssh
            .extend(self.record.ssh.iter().chain(&self.seen.ssh));
        wanted.ssh.sort_unstable();
        wanted.ssh.dedup();
        let both = wanted.with_former(&self.record.openings);
        let work = |firewall: &Firewall| -> Result<FirewallWork> {
            let view = serde_json::to_value(firewall.view());
            let view = view.map_err(|error| Error::new("the rules have no form").because(error))?;
            let own = [("firewall", crate::template::from_json(&view))];
            let rules = call
                .files
                .render_with(&call.args.required("rules")?, &own)?;
            Ok(FirewallWork {
                unit: call.files.render(&call.args.required("unit")?)?,
                note: Record::of(firewall, &sha256(rules.as_bytes())).to_string(),
                rules,
            })
        };
        Ok(Desired {
            both: work(&both)?,
            wanted: work(&wanted)?,
        })
    }
}

/// Rules with and without whom was let in before.
struct Desired {
    both: FirewallWork,
    wanted: FirewallWork,
}

impl Desired {
    /// At the end of a change: who was only let in before is shut out.
    fn without_former(self, change: &mut Change) {
        if self.both.rules != self.wanted.rules {
            change.differences.push(Difference::Text {
                path: RULES.to_owned(),
                before: Some(self.both.rules),
                after: Some(self.wanted.rules.clone()),
            });
            change.acts.push(Act::Firewall(Box::new(self.wanted)));
        }
    }

    /// Whatever is not as it should be: the file, the unit, what is in force.
    fn with_former(self, state: &State<'_>, seen: &Answers, change: &mut Change) -> Result<()> {
        let attributes = Attributes {
            mode: Some(0o644),
            owner: Some("root".to_owned()),
            group: Some("root".to_owned()),
        };
        let files = [(RULES, &self.both.rules), (UNIT_FILE, &self.both.unit)];
        for (path, text) in files {
            let there = at(seen, &file_probe(path))?;
            let bytes = text.clone().into_bytes();
            let file = content_and_attributes(path, there, bytes, attributes.clone());
            change.differences.extend(file.differences);
        }
        if !state.record.rules.is_empty() {
            let rules = state.record.rules.clone();
            change.recorded.insert(RULES.to_owned(), rules);
            // Other rules are wanted than were loaded, and the file is as it was then.
            let there = at(seen, &file_probe(RULES))?;
            if there.is_some_and(|file| file.sha256 == state.record.rules) {
                change.recorded.insert(LOADED.to_owned(), LOADED.to_owned());
            }
        }
        change.differences.extend(state.in_force(&self.both));
        if state.enabled != "enabled" && at(seen, &file_probe(UNIT_FILE))?.is_some() {
            change.differences.push(Difference::Property {
                what: UNIT.to_owned(),
                before: state.enabled.clone(),
                after: "enabled".to_owned(),
            });
        }
        if !change.differences.is_empty() {
            change.acts.push(Act::Firewall(Box::new(self.both)));
        }
        Ok(())
    }
}

impl State<'_> {
    /// What is in force and is not what was loaded.
    fn in_force(&self, desired: &FirewallWork) -> Option<Difference> {
        let digest = sha256(desired.rules.as_bytes());
        if self.record.rules != digest {
            // Other rules are loaded, which the file shows; where it does not, nobody knows what was loaded.
            return Some(Difference::Note {
                text: LOADED.to_owned(),
            });
        }
        let live = match &self.seen.nftables {
            Nftables::There(listing) => Some(listing.clone()),
            _ => None,
        };
        (live.as_ref() != Some(&self.record.listing)).then(|| Difference::Text {
            path: TABLE.to_owned(),
            before: live,
            after: Some(self.record.listing.clone()),
        })
    }
}

impl FirewallWork {
    /// Loads the rules, on trial.
    #[must_use]
    pub fn try_out(&self) -> Vec<Step> {
        let file = |mode| Attributes {
            mode: Some(mode),
            ..Attributes::default()
        };
        vec![
            Step::Folder {
                path: TRIAL.to_owned(),
                attributes: file(0o700),
            },
            Step::Write {
                path: format!("{TRIAL}/rules"),
                content: self.rules.clone().into_bytes(),
                attributes: file(0o600),
            },
            Step::Function {
                name: "wm_try_firewall",
                arguments: vec![TRIAL.to_owned(), TRIAL_SECONDS.to_string()],
            },
        ]
    }

    /// Has the rules that are on trial stay: to be asked for over a new connection.
    #[must_use]
    pub fn keep() -> Step {
        Step::Function {
            name: "wm_keep_firewall",
            arguments: vec![TRIAL.to_owned(), RULES.to_owned()],
        }
    }

    /// Takes the rules back, where the host has not done so by itself.
    #[must_use]
    pub fn take_back() -> Step {
        Step::Function {
            name: "wm_end_trial",
            arguments: vec![TRIAL.to_owned()],
        }
    }

    /// Has the rules loaded when the host starts, and notes what nft has made of them.
    #[must_use]
    pub fn settle(&self) -> Vec<Step> {
        let systemctl = |words: &[&str]| Step::Run {
            argv: ["systemctl"]
                .iter()
                .chain(words)
                .map(|word| (*word).to_owned())
                .collect(),
        };
        vec![
            Step::Write {
                path: UNIT_FILE.to_owned(),
                content: self.unit.clone().into_bytes(),
                attributes: Attributes {
                    mode: Some(0o644),
                    owner: Some("root".to_owned()),
                    group: Some("root".to_owned()),
                },
            },
            systemctl(&["daemon-reload"]),
            systemctl(&["enable", "--quiet", UNIT]),
            systemctl(&["restart", UNIT]),
            Step::Function {
                name: "wm_note_firewall",
                arguments: vec![TRIAL.to_owned(), RECORD.to_owned(), self.note.clone()],
            },
        ]
    }
}
