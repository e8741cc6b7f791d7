//! A module's parameters as written → [`Task::args`](crate::playbook::Task::args), each checked
//! against the module's table: name, type, choice, company.

use crate::playbook::free_form::{Words, rewritten};
use crate::playbook::syntax::is_template;
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::yaml::{Error, Key, Map, Node, Value, near};

/// Reads the parameters of one task; mistakes go to `errors`.
pub(super) struct Args<'a> {
    pub(super) spec: &'a ModuleSpec,
    /// True where the number at a place is written in decimal, so that `644` is not `0644`.
    pub(super) decimal: &'a dyn Fn(&Node) -> bool,
    pub(super) errors: &'a mut Vec<Error>,
}

impl Args<'_> {
    /// Reads what stands behind the module's name, and the `args` keyword.
    pub(super) fn read(mut self, module: &Key, written: &Node, extra: Option<&Node>) -> Map {
        let before = self.errors.len();
        let mut args = Map::default();
        match &written.value {
            Value::Null => {}
            Value::Map(map) => self.take(map, &mut args),
            Value::String(text) => self.text(written, text, &mut args),
            other => self.errors.push(
                Error::at(
                    &written.place,
                    format!(
                        "expected the parameters of `{}`, found {}",
                        self.spec.name,
                        other.kind()
                    ),
                )
                .hint("parameters are a map, one a line"),
            ),
        }
        if let Some(extra) = extra {
            match extra.map() {
                Ok(map) => self.take(map, &mut args),
                Err(error) => self
                    .errors
                    .push(error.hint("`args` is a map of the module's parameters")),
            }
        }
        // What is missing is only sure where all that is there was understood.
        if self.errors.len() == before {
            self.company(module, &args);
        }
        args
    }

    fn text(&mut self, written: &Node, text: &str, args: &mut Map) {
        if !self.spec.free_form {
            self.errors.push(
                Error::at(
                    &written.place,
                    format!(
                        "`{}` takes its parameters as a map, not as one text",
                        self.spec.name
                    ),
                )
                .hint(rewritten(self.spec.name, text)),
            );
            return;
        }
        let words = Words::split(text, |name| {
            self.spec
                .parameter(name)
                .is_some_and(|known| known.name != ModuleSpec::RAW)
        });
        let at = |value: String| Node::new(Value::String(value), written.place.clone());
        if !words.rest.is_empty() {
            let raw = at(words.rest);
            if let Some(known) = self.spec.parameter(ModuleSpec::RAW) {
                self.value(known, &raw);
            }
            args.insert(
                Key {
                    name: ModuleSpec::RAW.to_owned(),
                    place: written.place.clone(),
                },
                raw,
            );
        }
        let named: Map = words
            .named
            .into_iter()
            .map(|(name, value)| {
                (
                    Key {
                        name,
                        place: written.place.clone(),
                    },
                    at(value),
                )
            })
            .collect();
        self.take(&named, args);
    }

    fn take(&mut self, map: &Map, args: &mut Map) {
        for (key, node) in map.iter() {
            if self.spec.open && self.spec.parameter(&key.name).is_none() {
                args.insert(key.clone(), node.clone());
                continue;
            }
            let Some(known) = self
                .spec
                .parameter(&key.name)
                .filter(|known| known.name != ModuleSpec::RAW)
            else {
                self.unknown(key);
                continue;
            };
            self.value(known, node);
            let name = Key {
                name: known.name.to_owned(),
                place: key.place.clone(),
            };
            if let Some(former) = args.insert(name, node.clone()) {
                self.errors.push(
                    Error::at(&key.place, format!("`{}` is given twice", known.name)).hint(
                        format!(
                            "the other stands at {}; `{}` is another name of `{}`",
                            former.place,
                            known.aliases.join("`, `"),
                            known.name
                        ),
                    ),
                );
            }
        }
    }

    fn unknown(&mut self, key: &Key) {
        let names = self
            .spec
            .parameters
            .iter()
            .filter(|known| known.name != ModuleSpec::RAW)
            .flat_map(|known| std::iter::once(&known.name).chain(known.aliases));
        let hint = match near(&key.name, names.clone().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let own: Vec<&str> = self
                    .spec
                    .parameters
                    .iter()
                    .map(|known| known.name)
                    .filter(|name| *name != ModuleSpec::RAW)
                    .collect();
                if own.is_empty() {
                    format!("`{}` takes no parameters", self.spec.name)
                } else {
                    format!("it takes `{}`", own.join("`, `"))
                }
            }
        };
        self.errors.push(
            Error::at(
                &key.place,
                format!("`{}` has no parameter `{}`", self.spec.name, key.name),
            )
            .hint(hint),
        );
    }

    fn value(&mut self, known: &Parameter, node: &Node) {
        if matches!(&node.value, Value::String(text) if is_template(text)) {
            return;
        }
        if let (Kind::List, Value::List(nodes)) = (known.kind, &node.value) {
            let text = Parameter {
                kind: Kind::Text,
                ..*known
            };
            nodes.iter().for_each(|node| self.value(&text, node));
            return;
        }
        let wrong = match known.kind {
            Kind::Mode => self.mode(node),
            Kind::Regex => regex(&node.value),
            kind => wrong_kind(kind, &node.value),
        };
        if let Some((wanted, hint)) = wrong {
            let found = match &node.value {
                Value::String(text) => format!("`{text}`"),
                Value::Int(number) => format!("the number {number}"),
                other => other.kind().to_owned(),
            };
            let mut error = Error::at(
                &node.place,
                format!("`{}` wants {wanted}, found {found}", known.name),
            );
            if let Some(hint) = hint {
                error = error.hint(hint);
            }
            self.errors.push(error);
        } else if let (Some(text), false) = (scalar(&node.value), known.choices.is_empty())
            && !known.choices.contains(&text.as_str())
        {
            let hint = match near(&text, known.choices.iter().copied()) {
                Some(meant) => format!(
                    "did you mean `{meant}`? it may be `{}`",
                    known.choices.join("`, `")
                ),
                None => format!("it may be `{}`", known.choices.join("`, `")),
            };
            self.errors.push(
                Error::at(&node.place, format!("`{}` cannot be `{text}`", known.name)).hint(hint),
            );
        }
    }

    fn mode(&self, node: &Node) -> Wrong {
        const WANTED: &str = "octal permissions";
        match &node.value {
            Value::Int(number) if (self.decimal)(node) => Some((
                WANTED,
                Some(format!(
                    "{number} without a leading zero is decimal; write `mode: \"0{number}\"`"
                )),
            )),
            Value::Int(number) if (0..=0o7777).contains(number) => None,
            Value::String(text) if is_mode(text) => None,
            _ => Some((
                WANTED,
                Some("write `mode: \"0644\"`, or `u=rw,g=r,o=r`".to_owned()),
            )),
        }
    }

    fn company(&mut self, module: &Key, args: &Map) {
        let given = |name: &&&str| args.get(name).is_some();
        for known in self.spec.parameters.iter().filter(|known| known.required) {
            if args.get(known.name).is_none() {
                let name = if known.name == ModuleSpec::RAW {
                    "its text"
                } else {
                    known.name
                };
                self.errors.push(Error::at(
                    &module.place,
                    format!("`{}` needs `{name}`", self.spec.name),
                ));
            }
        }
        for set in self.spec.exclusive {
            let both: Vec<&str> = set.iter().filter(given).copied().collect();
            if both.len() > 1 {
                self.errors.push(
                    Error::at(
                        &module.place,
                        format!("`{}` takes only one of {}", self.spec.name, listed(&both)),
                    )
                    .hint("leave the others out"),
                );
            }
        }
        for set in self.spec.one_of {
            if !set.iter().any(|name| given(&name)) {
                self.errors.push(Error::at(
                    &module.place,
                    format!("`{}` needs one of {}", self.spec.name, listed(set)),
                ));
            }
        }
    }
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .map(|name| {
            if *name == ModuleSpec::RAW {
                "free text".to_owned()
            } else {
                format!("`{name}`")
            }
        })
        .collect();
    shown.join(", ")
}

/// What was wanted, and the way out where there is a clear one.
type Wrong = Option<(&'static str, Option<String>)>;

fn wrong_kind(kind: Kind, value: &Value) -> Wrong {
    let wanted = match (kind, value) {
        (Kind::Any, _)
        | (
            Kind::Text | Kind::Path | Kind::Source | Kind::Template | Kind::Regex,
            Value::String(_) | Value::Secret(_) | Value::Int(_),
        )
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Int, Value::Int(_))
        | (Kind::List, Value::String(_) | Value::Secret(_) | Value::Int(_))
        | (Kind::Map, Value::Map(_)) => return None,
        (Kind::Bool, Value::String(text)) if is_bool(text) => return None,
        (Kind::Int, Value::String(text)) if text.trim().parse::<i64>().is_ok() => return None,
        (Kind::Text, _) => "a text",
        (Kind::Regex, _) => "a regular expression",
        (Kind::Path, _) => "a path",
        (Kind::Source | Kind::Template, _) => "a path beside the playbook",
        (Kind::Bool, _) => "yes or no",
        (Kind::Int, _) => "a whole number",
        (Kind::List, _) => "a list of texts",
        (Kind::Map, _) => "a map",
        (Kind::Mode, _) => "octal permissions",
    };
    let quote = matches!(
        kind,
        Kind::Text | Kind::Path | Kind::Source | Kind::Template | Kind::Regex | Kind::List
    ) && matches!(value, Value::Bool(_) | Value::Float(_));
    Some((
        wanted,
        quote.then(|| "put it in quotes, so that YAML keeps it as written".to_owned()),
    ))
}

/// A regular expression that does not read, with what its reader says in a line.
fn regex(value: &Value) -> Wrong {
    let Value::String(text) = value else {
        return wrong_kind(Kind::Regex, value);
    };
    let error = regex::Regex::new(text).err()?;
    let said = error.to_string();
    let last = said.lines().last().unwrap_or_default();
    let hint = last.trim_start_matches("error: ").to_owned();
    Some(("a regular expression", Some(hint)))
}

/// Ansible's words for yes and no.
fn is_bool(text: &str) -> bool {
    [
        "yes", "no", "true", "false", "on", "off", "y", "n", "t", "f", "1", "0",
    ]
    .contains(&text.to_ascii_lowercase().as_str())
}

fn is_mode(text: &str) -> bool {
    let octal = (3..=5).contains(&text.len())
        && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit))
        && (text.len() < 5 || text.starts_with('0'));
    let symbolic = || {
        text.split(',').all(|clause| {
            clause
                .split_once(['=', '+', '-'])
                .is_some_and(|(who, what)| {
                    who.chars().all(|who| "ugoa".contains(who))
                        && what.chars().all(|what| "rwxXstugo".contains(what))
                })
        })
    };
    octal || text == "preserve" || symbolic()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}
