//! A playbook file → [`Playbook`], with all its mistakes and not only the first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::playbook::keywords::{Level, TAKEN, keyword, refusal};
use crate::playbook::tasks::PREFIX;
use crate::playbook::{Folder, ModuleSpec, Play, Playbook, Source, Task, Vocabulary};
use crate::yaml::{Error, Key, Map, Node, Place, Result, Value, near};

/// What reading a playbook carries along.
pub(super) struct Loader<'a> {
    pub(super) source: &'a Source,
    pub(super) vocabulary: &'a dyn Vocabulary,
    pub(super) errors: Vec<Error>,
    /// The playbook that is being read, inside the source.
    pub(super) playbook: PathBuf,
    /// The files that are being read, outermost first.
    pub(super) open: Vec<PathBuf>,
    /// What the tasks of the play that is being read notify.
    pub(super) notices: Vec<Node>,
    texts: BTreeMap<Arc<Path>, String>,
    /// How many files have been imported.
    imported: usize,
}

/// How deep files may import each other.
const DEEPEST_IMPORT: usize = 20;

/// How many files may be imported in all.
const MOST_IMPORTS: usize = 1_000;

impl Playbook {
    /// Reads and checks a playbook and all that it imports; on failure every mistake is told.
    ///
    /// `file` is relative to the source's folder.
    pub fn load(
        source: &Source,
        file: impl AsRef<Path>,
        vocabulary: &dyn Vocabulary,
    ) -> Result<Self, Vec<Error>> {
        let file = file.as_ref();
        let mut loader = Loader {
            source,
            vocabulary,
            errors: Vec::new(),
            playbook: file.to_owned(),
            open: Vec::new(),
            notices: Vec::new(),
            texts: BTreeMap::new(),
            imported: 0,
        };
        let plays = loader.playbook(file);
        if loader.errors.is_empty() {
            Ok(Self {
                source: source.clone(),
                file: file.to_owned(),
                plays,
            })
        } else {
            Err(loader.errors)
        }
    }

    /// Finds the file that a task means by `name`, as [`Source::find`] does; read it with
    /// [`Source::read`].
    pub fn find(&self, play: &Play, task: &Task, folder: Folder, name: &str) -> Result<PathBuf> {
        let inside = |place: &Place| self.source.inside(&place.file).to_owned();
        self.source
            .find(folder, name, &inside(&task.place), &inside(&play.place))
            .map_err(|error| error.or_at(&task.place))
    }
}

impl Loader<'_> {
    /// Reads a playbook file; it may be one that another imports.
    pub(super) fn playbook(&mut self, file: &Path) -> Vec<Play> {
        let outer = std::mem::replace(&mut self.playbook, file.to_owned());
        let mut plays = Vec::new();
        for node in self.list_in(
            file,
            "a playbook is a list of plays, each begun by `- hosts:`",
        ) {
            if let Some(map) = self.keep(
                node.map()
                    .map_err(|error| error.hint("a play is a map that begins with `- hosts:`")),
            ) {
                if map.get("import_playbook").is_some() {
                    plays.extend(self.import_playbook(map));
                } else {
                    plays.extend(self.play(map, &node));
                }
            }
        }
        self.open.pop();
        self.playbook = outer;
        plays
    }

    /// The list in a file, which stays open until the caller pops it.
    pub(super) fn list_in(&mut self, file: &Path, shape: &str) -> Vec<Node> {
        let found = self.yaml(file);
        self.open.push(file.to_owned());
        let Some(node) = found else {
            return Vec::new();
        };
        match node.value {
            Value::List(nodes) => nodes,
            Value::Null => Vec::new(),
            other => {
                self.errors.push(
                    Error::at(
                        &node.place,
                        format!("expected a list, found {}", other.kind()),
                    )
                    .hint(shape),
                );
                Vec::new()
            }
        }
    }

    /// Reads a YAML file.
    pub(super) fn yaml(&mut self, file: &Path) -> Option<Node> {
        let text = self.source.read_text(file);
        let text = self.keep(text)?;
        let shown = self.source.shown(file);
        let node = self.keep(crate::yaml::parse(&text, &shown)).flatten();
        self.texts.insert(Arc::from(shown), text);
        node
    }

    /// True where the number at a node's place is written without a leading zero.
    pub(super) fn is_decimal(&self, node: &Node) -> bool {
        let line = self
            .texts
            .get(&node.place.file)
            .and_then(|text| text.lines().nth(node.place.line as usize - 1));
        let first = line.and_then(|line| line.chars().nth(node.place.column as usize - 1));
        first.is_some_and(|digit| ('1'..='9').contains(&digit))
    }

    fn import_playbook(&mut self, map: &Map) -> Vec<Play> {
        let Some(node) = map.get("import_playbook") else {
            return Vec::new();
        };
        for (key, _) in map.iter() {
            if !["name", "import_playbook", "tags", "vars"].contains(&key.name.as_str()) {
                self.errors.push(
                    Error::at(
                        &key.place,
                        format!("`{}` cannot stand beside `import_playbook`", key.name),
                    )
                    .hint("only `name`, `vars` and `tags` can; write it in the imported plays"),
                );
            }
        }
        let (tags, vars) = (self.tags(map, &[]), self.vars(map));
        let Some(file) = self.import(node, None, "import_playbook") else {
            return Vec::new();
        };
        let mut plays = self.playbook(&file);
        for play in &mut plays {
            play.inherit(&tags, &vars);
        }
        plays
    }

    /// Finds the file that an import names, and refuses one that is being read already.
    pub(super) fn import(
        &mut self,
        node: &Node,
        folder: Option<Folder>,
        word: &str,
    ) -> Option<PathBuf> {
        let name = self.literal(node, word)?;
        let here = self.open.last().unwrap_or(&self.playbook).clone();
        let found = match folder {
            Some(folder) => self.source.find(folder, &name, &here, &self.playbook),
            None => {
                let beside = here.parent().unwrap_or(Path::new("")).join(&name);
                if self.source.exists(&beside) {
                    Ok(beside)
                } else {
                    Err(
                        Error::new(format!("there is no file `{name}`")).hint(format!(
                            "looked for `{}`",
                            self.source.shown(&beside).display()
                        )),
                    )
                }
            }
        };
        let found = self.keep(found.map_err(|error| error.or_at(&node.place)))?;
        if !self.goes_on(node) {
            return None;
        }
        if self.open.iter().any(|open| same(open, &found)) {
            let way: Vec<String> = self
                .open
                .iter()
                .chain([&found])
                .map(|path| format!("`{}`", self.source.shown(path).display()))
                .collect();
            self.errors.push(
                Error::at(&node.place, format!("`{name}` imports itself"))
                    .hint(format!("the way round is {}", way.join(" → "))),
            );
            return None;
        }
        Some(found)
    }

    /// True until files import each other too deep or too often; what is beyond is told once and left out.
    fn goes_on(&mut self, node: &Node) -> bool {
        if self.imported > MOST_IMPORTS {
            return false;
        }
        self.imported += 1;
        let (message, hint) = if self.open.len() >= DEEPEST_IMPORT {
            (
                format!("files import each other more than {DEEPEST_IMPORT} deep"),
                "import the files side by side in one playbook",
            )
        } else if self.imported > MOST_IMPORTS {
            (
                format!("more than {MOST_IMPORTS} files are imported"),
                "a file that is imported twice counts twice, with all that it imports itself",
            )
        } else {
            return true;
        };
        self.imported = MOST_IMPORTS + 1;
        self.errors.push(Error::at(&node.place, message).hint(hint));
        false
    }

    /// Says of each key that `level` does not take why, and what to do.
    pub(super) fn check_keys(&mut self, map: &Map, level: Level) {
        let has_module = matches!(level, Level::Task | Level::Handler);
        for (key, _) in map.iter() {
            let taken = keyword(&key.name).is_some_and(|keyword| keyword.stands_in(level));
            let module = has_module && self.spec(key).is_some();
            if !(taken || module) {
                self.errors.push(self.wrong_key(key, level));
            }
        }
    }

    /// The module that a key names, in full or not.
    pub(super) fn spec(&self, key: &Key) -> Option<&'static ModuleSpec> {
        self.vocabulary
            .module(key.name.strip_prefix(PREFIX).unwrap_or(&key.name))
    }

    /// Why a key cannot stand where it stands.
    pub(super) fn wrong_key(&self, key: &Key, level: Level) -> Error {
        let (name, word) = (key.name.as_str(), level.as_str());
        if let Some(refused) = refusal(name) {
            return Error::at(
                &key.place,
                format!("`{name}` is not in the subset: {}", refused.reason),
            )
            .hint(refused.instead);
        }
        if let Some(known) = keyword(name) {
            let levels: Vec<&str> = known.levels.iter().map(|level| level.as_str()).collect();
            return Error::at(&key.place, format!("`{name}` is no keyword of a {word}"))
                .hint(format!("it belongs in a {}", levels.join(" or a ")));
        }
        let modules = matches!(level, Level::Task | Level::Handler);
        let own = TAKEN
            .iter()
            .filter(|keyword| keyword.stands_in(level))
            .map(|keyword| keyword.name);
        let names: Vec<&str> = if modules {
            own.chain(self.vocabulary.names())
                .chain(["import_tasks", "include_tasks"])
                .collect()
        } else {
            own.collect()
        };
        let message = if modules {
            format!("`{name}` is neither a keyword of a {word} nor a module")
        } else {
            format!("`{name}` is no keyword of a {word}")
        };
        let error = Error::at(&key.place, message);
        match near(name.trim_start_matches(PREFIX), names) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None if !modules && self.vocabulary.module(name).is_some() => {
                error.hint("a module stands in a task, under `tasks:`")
            }
            None if name.contains('.') => {
                error.hint("collections are not in the subset; `wmprov` has its modules built in")
            }
            None => error.hint("docs/playbooks.md lists what is in the subset"),
        }
    }
}

/// True where both paths are one file, `..` and `.` aside.
fn same(one: &Path, other: &Path) -> bool {
    crate::playbook::source::normal(one) == crate::playbook::source::normal(other)
}
