//! What repeats, keeps and tells of a task: `loop`, `until`, `register`, `notify`.

use crate::playbook::fields::is_name;
use crate::playbook::loader::Loader;
use crate::playbook::syntax::{check_templates, is_template};
use crate::playbook::{Folder, Kind, LoopControl, ModuleSpec, Task, Until};
use crate::yaml::{Error, Map, Node, Value, near};

/// Names that the engine gives, and that `register` would hide.
const GIVEN: [&str; 9] = [
    "item",
    "hostvars",
    "groups",
    "group_names",
    "inventory_hostname",
    "inventory_hostname_short",
    "play_hosts",
    "vars",
    "omit",
];

const LOOP_CONTROL: [&str; 3] = ["loop_var", "index_var", "label"];

impl Loader<'_> {
    pub(super) fn looped(&mut self, map: &Map) -> Option<Node> {
        let node = map.get("loop")?;
        check_templates(node, &mut self.errors);
        let fits = match &node.value {
            Value::List(_) => true,
            Value::String(text) => is_template(text),
            _ => false,
        };
        if !fits {
            let error = Error::at(
                &node.place,
                format!(
                    "`loop` wants a list or a template that gives one, found {}",
                    node.value.kind()
                ),
            );
            self.errors.push(match node.value {
                Value::Map(_) => error.hint("a map is looped over as `{{ the_map | dict2items }}`"),
                _ => error.hint("write `loop: \"{{ the_list }}\"` for a variable"),
            });
        }
        Some(node.clone())
    }

    pub(super) fn loop_control(&mut self, map: &Map) -> LoopControl {
        let mut control = LoopControl {
            loop_var: "item".to_owned(),
            index_var: None,
            label: None,
        };
        let Some((key, node)) = map.entry("loop_control") else {
            return control;
        };
        if map.get("loop").is_none() {
            self.errors.push(
                Error::at(&key.place, "`loop_control` without `loop`")
                    .hint("add `loop:` or leave it out"),
            );
        }
        let inner = node.map().cloned();
        let Some(inner) = self.keep(inner) else {
            return control;
        };
        for (key, _) in inner
            .iter()
            .filter(|(key, _)| !LOOP_CONTROL.contains(&key.name.as_str()))
        {
            let hint = match near(&key.name, LOOP_CONTROL) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("it takes `{}`", LOOP_CONTROL.join("`, `")),
            };
            self.errors.push(
                Error::at(&key.place, format!("`loop_control` has no `{}`", key.name)).hint(hint),
            );
        }
        if let Some(name) = self.variable(&inner, "loop_var") {
            control.loop_var = name;
        }
        control.index_var = self.variable(&inner, "index_var");
        control.label = self
            .templated(&inner, "label")
            .and_then(|node| node.text().ok().map(str::to_owned));
        control
    }

    /// A variable's name that is no template.
    fn variable(&mut self, map: &Map, word: &str) -> Option<String> {
        let node = map.get(word)?;
        let name = self.literal(node, word)?;
        if is_name(&name) {
            return Some(name);
        }
        self.errors.push(
            Error::at(&node.place, format!("`{name}` is no name of a variable"))
                .hint("letters, digits and `_`, not a digit first"),
        );
        None
    }

    pub(super) fn register(&mut self, map: &Map) -> Option<String> {
        let name = self.variable(map, "register")?;
        if GIVEN.contains(&name.as_str())
            || name.starts_with("ansible_")
            || name.starts_with("carbon_")
        {
            self.errors.extend(map.get("register").map(|node| {
                Error::at(
                    &node.place,
                    format!("`register` would hide the variable `{name}`"),
                )
                .hint("choose a name of your own")
            }));
        }
        Some(name)
    }

    pub(super) fn names(&mut self, map: &Map, word: &str) -> Vec<String> {
        let found = self.texts(map, word);
        for node in found
            .iter()
            .filter(|node| node.text().is_ok_and(is_template))
        {
            self.errors.push(
                Error::at(
                    &node.place,
                    format!("`{word}` must be known before the run"),
                )
                .hint("write the handler's name itself; `when:` can decide in the handler"),
            );
        }
        if word == "notify" {
            let literal = |node: &&Node| !node.text().is_ok_and(is_template);
            self.notices.extend(found.iter().filter(literal).cloned());
        }
        found
            .iter()
            .filter_map(|node| node.text().ok().map(str::to_owned))
            .collect()
    }

    pub(super) fn until(&mut self, map: &Map) -> Option<Until> {
        let conditions = self.conditions(map, "until");
        let retries = self.count(map, "retries");
        let delay = self.count(map, "delay");
        if let (None, None, Some((key, _))) = (&conditions, map.get("retries"), map.entry("delay"))
        {
            self.errors.push(
                Error::at(&key.place, "`delay` without `until` or `retries`")
                    .hint("add `until:` or leave it out"),
            );
        }
        if conditions.is_none() && retries.is_none() {
            return None;
        }
        Some(Until {
            conditions: conditions.unwrap_or_default(),
            retries,
            delay,
        })
    }

    /// A file beside the playbook must be there, and a template must read, before any host is asked.
    pub(super) fn check_source(&mut self, task: &Task, spec: &ModuleSpec) {
        let on_host = task
            .args
            .get("remote_src")
            .is_some_and(|node| node.value != Value::Bool(false));
        for known in spec
            .parameters
            .iter()
            .filter(|known| matches!(known.kind, Kind::Source | Kind::Template) && !on_host)
        {
            let Some(node) = task.args.get(known.name) else {
                continue;
            };
            let Ok(name) = node.text() else { continue };
            if is_template(name) || name.contains("://") {
                continue;
            }
            let folder = if known.kind == Kind::Template {
                Folder::Templates
            } else {
                Folder::Files
            };
            let here = self.open.last().unwrap_or(&self.playbook).clone();
            let found = self.source.find(folder, name, &here, &self.playbook);
            let found = self.keep(found.map_err(|error| error.or_at(&node.place)));
            if let (Some(path), Folder::Templates) = (found, folder) {
                let text = self.source.read_text(&path);
                let read = text.and_then(|text| {
                    crate::playbook::syntax::file(&text, &self.source.shown(&path))
                });
                self.keep(read.map_err(|error| error.or_at(&node.place)));
            }
        }
    }
}
