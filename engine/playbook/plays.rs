//! A map with `hosts` → [`Play`].

use crate::inventory::{HostPattern, Vars};
use crate::playbook::keywords::Level;
use crate::playbook::loader::Loader;
use crate::playbook::syntax::{check_templates, is_template};
use crate::playbook::tasks::Inherited;
use crate::playbook::{Folder, Item, Play, Serial, Task};
use crate::yaml::{Error, Map, Node, Value};

impl Play {
    /// Takes over what stands beside the `import_playbook` that brought it.
    pub(super) fn inherit(&mut self, tags: &[String], vars: &Vars) {
        for (name, node) in vars {
            self.vars.insert(name.clone(), node.clone());
        }
        let add = |own: &mut Vec<String>| {
            let new: Vec<String> = tags
                .iter()
                .filter(|tag| !own.contains(tag))
                .cloned()
                .collect();
            own.splice(0..0, new);
        };
        add(&mut self.tags);
        self.handlers
            .iter_mut()
            .for_each(|task| add(&mut task.tags));
        for item in self.sections.iter_mut().flatten() {
            item.each_tags(&add);
        }
    }

    /// Every task of its sections, in order.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.sections.iter().flatten().flat_map(Item::tasks)
    }
}

impl Item {
    fn each_tags(&mut self, add: &impl Fn(&mut Vec<String>)) {
        match self {
            Self::Task(task) => add(&mut task.tags),
            Self::Block(block) | Self::Included(block) => {
                add(&mut block.tags);
                for item in [&mut block.tasks, &mut block.rescue, &mut block.always]
                    .into_iter()
                    .flatten()
                {
                    item.each_tags(add);
                }
            }
        }
    }
}

impl Loader<'_> {
    /// Reads one play.
    pub(super) fn play(&mut self, map: &Map, node: &Node) -> Option<Play> {
        self.notices.clear();
        self.check_keys(map, Level::Play);
        self.become_method(map);
        let hosts = self.hosts(map, node);
        let name = self.templated(map, "name");
        let r#become = self.flag(map, "become");
        let become_user = self.templated(map, "become_user");
        let tags = self.tags(map, &[]);
        let inherited = Inherited {
            tags: tags.clone(),
            r#become,
            become_user: become_user.clone(),
            ..Inherited::default()
        };
        let mut vars = self.vars(map);
        self.vars_files(map, &mut vars);
        let sections = ["pre_tasks", "tasks", "post_tasks"].map(|section| {
            map.get(section)
                .map_or_else(Vec::new, |list| self.items(list, &inherited, Level::Task))
        });
        let handlers = map
            .get("handlers")
            .map_or_else(Vec::new, |list| self.handlers(list, &inherited));
        let hosts = hosts?;
        let play = Play {
            name: match name.as_ref().map(Node::text) {
                Some(Ok(name)) => name.to_owned(),
                _ => pattern(&hosts),
            },
            hosts,
            vars,
            serial: self.serial(map),
            max_fail_percentage: self.percentage(map),
            any_errors_fatal: self.flag(map, "any_errors_fatal").unwrap_or(false),
            r#become,
            become_user,
            gather_facts: self.flag(map, "gather_facts").unwrap_or(true),
            environment: self.environment(map),
            tags,
            sections,
            handlers,
            place: node.place.clone(),
        };
        self.check_notices(&play);
        self.check_registers(&play);
        Some(play)
    }

    fn hosts(&mut self, map: &Map, node: &Node) -> Option<Node> {
        let patterns = self.texts(map, "hosts");
        match map.get("hosts") {
            None => self.errors.push(
                Error::at(&node.place, "a play needs `hosts`")
                    .hint("`hosts: all` is every host of the inventory"),
            ),
            Some(hosts)
                if patterns.is_empty() && matches!(hosts.value, Value::Null | Value::List(_)) =>
            {
                self.errors.push(
                    Error::at(&hosts.place, "`hosts` names no host")
                        .hint("`hosts: all` is every host of the inventory"),
                );
            }
            Some(hosts) => {
                let whole: Option<Vec<&str>> =
                    patterns.iter().map(|node| node.text().ok()).collect();
                let pattern = whole?.join(",");
                // A pattern with a template in it is known when it is filled in.
                if !is_template(&pattern) {
                    let read = HostPattern::parse(&pattern).map(drop);
                    self.keep(read.map_err(|error| error.or_at(&hosts.place)))?;
                }
                return Some(Node::new(Value::String(pattern), hosts.place.clone()));
            }
        }
        None
    }

    fn vars_files(&mut self, map: &Map, vars: &mut Vars) {
        for node in self.texts(map, "vars_files") {
            let Some(name) = self.literal(&node, "vars_files") else {
                continue;
            };
            let here = self.open.last().unwrap_or(&self.playbook).clone();
            let found = self.source.find(Folder::Vars, &name, &here, &self.playbook);
            let Some(file) = self.keep(found.map_err(|error| error.or_at(&node.place))) else {
                continue;
            };
            let Some(content) = self.yaml(&file) else {
                continue;
            };
            if matches!(content.value, Value::Null) {
                continue;
            }
            let read = content.map().cloned();
            if let Some(map) =
                self.keep(read.map_err(|error| error.hint("a file of variables is a map")))
            {
                vars.extend(self.named(&map));
            }
        }
    }

    fn serial(&mut self, map: &Map) -> Option<Node> {
        let node = map.get("serial")?;
        let templated =
            |node: &Node| matches!(&node.value, Value::String(text) if is_template(text));
        check_templates(node, &mut self.errors);
        let any = match &node.value {
            Value::List(steps) => steps.iter().any(templated),
            _ => templated(node),
        };
        if !any {
            self.keep(Serial::read(node));
        }
        Some(node.clone())
    }

    fn percentage(&mut self, map: &Map) -> Option<f64> {
        let node = map.get("max_fail_percentage")?;
        let number = match &node.value {
            #[allow(clippy::cast_precision_loss)] // a percentage has at most three digits
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::String(text) => text.trim_end_matches('%').parse().ok(),
            _ => None,
        };
        let fits = number.filter(|number| (0.0..=100.0).contains(number));
        if fits.is_none() {
            self.errors.push(
                Error::at(
                    &node.place,
                    "`max_fail_percentage` wants a number from 0 to 100",
                )
                .hint("0 stops at the first failed host"),
            );
        }
        fits
    }
}

/// The host pattern as one text, for a play without a name.
fn pattern(hosts: &Node) -> String {
    match &hosts.value {
        Value::List(nodes) => {
            let all: Vec<&str> = nodes.iter().filter_map(|node| node.text().ok()).collect();
            all.join(",")
        }
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}
