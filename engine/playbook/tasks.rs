//! Lists of tasks → [`Item`]s: tasks, blocks, and the lists that imports put in their place.

use crate::playbook::args::Args;
use crate::playbook::keywords::{Level, keyword};
use crate::playbook::loader::Loader;
use crate::playbook::{Block, Folder, Item, ModuleSpec, Task};
use crate::yaml::{Error, Key, Map, Node};

/// What a task has from the blocks, imports and the play around it.
#[derive(Clone, Default)]
pub(super) struct Inherited {
    pub(super) tags: Vec<String>,
    pub(super) gates: Vec<Vec<String>>,
    pub(super) r#become: Option<bool>,
    pub(super) become_user: Option<Node>,
    pub(super) delegate_to: Option<Node>,
    pub(super) run_once: bool,
    pub(super) no_log: bool,
    pub(super) ignore_errors: bool,
}

/// The two ways of putting a file of tasks in a list, and whether their `when` is asked once.
const IMPORTS: [(&str, bool); 2] = [("import_tasks", false), ("include_tasks", true)];

impl Loader<'_> {
    /// Reads a list of tasks.
    pub(super) fn items(&mut self, list: &Node, outer: &Inherited, level: Level) -> Vec<Item> {
        if matches!(list.value, crate::yaml::Value::Null) {
            return Vec::new();
        }
        let nodes = list.list().map(<[Node]>::to_vec);
        let nodes =
            self.keep(nodes.map_err(|error| error.hint("tasks are a list, each begun by `- `")));
        nodes
            .unwrap_or_default()
            .iter()
            .filter_map(|node| self.item(node, outer, level))
            .collect()
    }

    /// Reads the handlers: a flat list, imported files included.
    pub(super) fn handlers(&mut self, list: &Node, outer: &Inherited) -> Vec<Task> {
        let mut handlers = Vec::new();
        for item in self.items(list, outer, Level::Handler) {
            match item {
                Item::Task(task) => handlers.push(*task),
                Item::Block(block) => self.errors.push(
                    Error::at(&block.place, "a block cannot be a handler")
                        .hint("write its tasks as handlers that `listen` to one name"),
                ),
                Item::Included(block) => self.flat(*block, &mut handlers),
            }
        }
        handlers
    }

    /// Puts the handlers of an imported file among the others, with what stood beside the import.
    fn flat(&mut self, block: Block, handlers: &mut Vec<Task>) {
        for item in block.tasks {
            match item {
                Item::Task(mut task) => {
                    task.when.splice(0..0, block.when.iter().cloned());
                    task.environment
                        .splice(0..0, block.environment.iter().cloned());
                    for (name, node) in &block.vars {
                        task.vars
                            .entry(name.clone())
                            .or_insert_with(|| node.clone());
                    }
                    handlers.push(*task);
                }
                Item::Block(inner) | Item::Included(inner) => self.errors.push(
                    Error::at(&inner.place, "a file of handlers is a plain list of tasks")
                        .hint("import each file from the play's `handlers:`"),
                ),
            }
        }
    }

    fn item(&mut self, node: &Node, outer: &Inherited, level: Level) -> Option<Item> {
        let map = node
            .map()
            .map_err(|error| error.hint("a task is a map with a module's name among its keys"));
        let map = self.keep(map)?;
        if map.get("block").is_some() {
            return Some(Item::Block(Box::new(self.block(map, node, outer, level))));
        }
        for (word, once) in IMPORTS {
            let full = format!("{PREFIX}{word}");
            if let Some((key, file)) = map.entry(word).or_else(|| map.entry(&full)) {
                return self.included(map, key, file, once, outer, level);
            }
        }
        self.task(map, node, outer, level)
            .map(|task| Item::Task(Box::new(task)))
    }

    fn block(&mut self, map: &Map, node: &Node, outer: &Inherited, level: Level) -> Block {
        self.check_keys(map, Level::Block, None);
        let inherited = self.inherited(map, outer);
        let part = |loader: &mut Self, name: &str| {
            map.get(name)
                .map_or_else(Vec::new, |list| loader.items(list, &inherited, level))
        };
        let tasks = part(self, "block");
        let rescue = part(self, "rescue");
        let always = part(self, "always");
        Block {
            tasks,
            rescue,
            always,
            ..self.shell(map, node, &inherited)
        }
    }

    /// A block with its keywords and without its tasks.
    fn shell(&mut self, map: &Map, node: &Node, inherited: &Inherited) -> Block {
        Block {
            name: self
                .templated(map, "name")
                .and_then(|name| name.text().ok().map(str::to_owned)),
            tasks: Vec::new(),
            rescue: Vec::new(),
            always: Vec::new(),
            when: self.conditions(map, "when").unwrap_or_default(),
            once: false,
            vars: self.vars(map),
            tags: inherited.tags.clone(),
            r#become: inherited.r#become,
            become_user: inherited.become_user.clone(),
            environment: self.environment(map),
            place: node.place.clone(),
        }
    }

    fn included(
        &mut self,
        map: &Map,
        key: &Key,
        file: &Node,
        once: bool,
        outer: &Inherited,
        level: Level,
    ) -> Option<Item> {
        let word = key.name.as_str();
        self.check_beside_import(map, word);
        let mut inherited = self.inherited(map, outer);
        let node = Node::new(file.value.clone(), key.place.clone());
        let mut block = Block {
            once,
            ..self.shell(map, &node, &inherited)
        };
        if once {
            // Ansible gives an included file none of the tags beside the include.
            inherited
                .gates
                .push(std::mem::replace(&mut inherited.tags, outer.tags.clone()));
        }
        let name = match file.map() {
            Ok(map) => match (
                map.get("file"),
                map.iter().find(|(key, _)| key.name != "file"),
            ) {
                (Some(name), None) => name,
                (_, Some((key, _))) => {
                    self.errors.push(
                        Error::at(
                            &key.place,
                            format!("`{word}` has no parameter `{}`", key.name),
                        )
                        .hint("it takes `file`; keywords stand beside it"),
                    );
                    return None;
                }
                (None, None) => file,
            },
            Err(_a_plain_name) => file,
        };
        let path = self.import(name, Some(Folder::Tasks), word)?;
        for node in self.list_in(
            &path,
            "an imported file is a list of tasks, each begun by `- `",
        ) {
            block.tasks.extend(self.item(&node, &inherited, level));
        }
        self.open.pop();
        Some(Item::Included(Box::new(block)))
    }

    fn check_beside_import(&mut self, map: &Map, word: &str) {
        for (key, _) in map.iter().filter(|(key, _)| key.name != word) {
            let known = keyword(&key.name);
            let error = match known {
                Some(known)
                    if known.stands_in(Level::Block) && !BLOCK_ONLY.contains(&known.name) =>
                {
                    continue;
                }
                Some(_) => Error::at(
                    &key.place,
                    format!("`{}` cannot stand beside `{word}`", key.name),
                )
                .hint("write it in the tasks of that file"),
                None => self.wrong_key(key, Level::Block),
            };
            self.errors.push(error);
        }
    }

    /// What the inside of a block or an import inherits.
    fn inherited(&mut self, map: &Map, outer: &Inherited) -> Inherited {
        self.become_method(map);
        Inherited {
            tags: self.tags(map, &outer.tags),
            gates: outer.gates.clone(),
            r#become: self.flag(map, "become").or(outer.r#become),
            become_user: self
                .templated(map, "become_user")
                .or_else(|| outer.become_user.clone()),
            delegate_to: self
                .templated(map, "delegate_to")
                .or_else(|| outer.delegate_to.clone()),
            run_once: self.flag(map, "run_once").unwrap_or(outer.run_once),
            no_log: self.flag(map, "no_log").unwrap_or(outer.no_log),
            ignore_errors: self
                .flag(map, "ignore_errors")
                .unwrap_or(outer.ignore_errors),
        }
    }

    fn task(&mut self, map: &Map, node: &Node, outer: &Inherited, level: Level) -> Option<Task> {
        let module = self.module(map, node, level);
        self.check_keys(
            map,
            level,
            module.as_ref().map(|(key, _)| key.name.as_str()),
        );
        let own = self.inherited(map, outer);
        let name = self.templated(map, "name");
        let mut task = Task {
            name: name
                .and_then(|name| name.text().ok().map(str::to_owned))
                .unwrap_or_default(),
            module: String::new(),
            args: Map::default(),
            when: self.conditions(map, "when").unwrap_or_default(),
            r#loop: self.looped(map),
            loop_control: self.loop_control(map),
            register: self.register(map),
            notify: self.names(map, "notify"),
            listen: self.names(map, "listen"),
            changed_when: self.conditions(map, "changed_when"),
            failed_when: self.conditions(map, "failed_when"),
            ignore_errors: own.ignore_errors,
            until: self.until(map),
            vars: self.vars(map),
            tags: own.tags,
            gates: own.gates,
            r#become: own.r#become,
            become_user: own.become_user,
            delegate_to: own.delegate_to,
            run_once: own.run_once,
            no_log: own.no_log,
            environment: self.environment(map),
            place: node.place.clone(),
        };
        let (key, spec) = module?;
        spec.name.clone_into(&mut task.module);
        if task.name.is_empty() {
            spec.name.clone_into(&mut task.name);
        }
        task.args = self.args(map, key, spec);
        self.check_source(&task, spec);
        Some(task)
    }

    fn args(&mut self, map: &Map, key: &Key, spec: &ModuleSpec) -> Map {
        let Some(written) = map.get(&key.name) else {
            return Map::default();
        };
        crate::playbook::syntax::check_templates(written, &mut self.errors);
        if let Some(extra) = map.get("args") {
            crate::playbook::syntax::check_templates(extra, &mut self.errors);
        }
        let mut errors = Vec::new();
        let decimal = |node: &Node| self.is_decimal(node);
        let args = Args {
            spec,
            decimal: &decimal,
            errors: &mut errors,
        }
        .read(key, written, map.get("args"));
        self.errors.append(&mut errors);
        args
    }

    /// The one module of a task.
    fn module<'m>(
        &mut self,
        map: &'m Map,
        node: &Node,
        level: Level,
    ) -> Option<(&'m Key, &'static ModuleSpec)>
    where
        Self: 'm,
    {
        let mut found = None;
        for (key, _) in map.iter().filter(|(key, _)| keyword(&key.name).is_none()) {
            let name = key.name.strip_prefix(PREFIX).unwrap_or(&key.name);
            let Some(spec) = self.vocabulary.module(name) else {
                continue;
            };
            match found {
                None => found = Some((key, spec)),
                Some((first, _)) => {
                    let first: &Key = first;
                    self.errors.push(
                        Error::at(
                            &key.place,
                            format!(
                                "a task takes one module, found `{}` and `{name}`",
                                first.name
                            ),
                        )
                        .hint("make two tasks of it"),
                    );
                }
            }
        }
        let strange = map.iter().any(|(key, _)| keyword(&key.name).is_none());
        if found.is_none() && !strange {
            self.errors.push(
                Error::at(&node.place, format!("the {} has no module", level.as_str()))
                    .hint("name one module, such as `command:`, beside the keywords"),
            );
        }
        found
    }
}

/// How Ansible names its own modules in full.
pub(super) const PREFIX: &str = "ansible.builtin.";

/// Keywords of a block that make no sense beside an import.
const BLOCK_ONLY: [&str; 3] = ["block", "rescue", "always"];
