//! The values of keywords, each checked for its kind; mistakes are kept, and reading goes on.

use crate::inventory::Vars;
use crate::playbook::loader::Loader;
use crate::playbook::syntax::{check_templates, condition, is_template};
use crate::yaml::{Error, Map, Node, Result, Value};

impl Loader<'_> {
    /// Keeps a mistake and goes on without the value.
    pub(super) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// A literal yes or no.
    pub(super) fn flag(&mut self, map: &Map, name: &str) -> Option<bool> {
        let node = map.get(name)?;
        let read = match &node.value {
            Value::String(text) if is_template(text) => Err(Error::at(
                &node.place,
                format!("`{name}` must be known before the run"),
            )
            .hint("write yes or no; use `when:` for what depends on the host")),
            _ => node
                .bool()
                .map_err(|error| error.hint(format!("`{name}` is yes or no"))),
        };
        self.keep(read)
    }

    /// A name that is no template.
    pub(super) fn literal(&mut self, node: &Node, name: &str) -> Option<String> {
        let read = node.text().and_then(|text| {
            if is_template(text) {
                Err(Error::at(
                    &node.place,
                    format!("`{name}` must be known before the run"),
                )
                .hint("every file is read before the first connection; write the name itself"))
            } else {
                Ok(text.to_owned())
            }
        });
        self.keep(read)
    }

    /// One text or a list of texts.
    pub(super) fn texts(&mut self, map: &Map, name: &str) -> Vec<Node> {
        let Some(node) = map.get(name) else {
            return Vec::new();
        };
        let all = match &node.value {
            Value::List(nodes) => nodes.clone(),
            Value::Null => Vec::new(),
            _ => vec![node.clone()],
        };
        check_templates(node, &mut self.errors);
        all.into_iter()
            .filter(|node| {
                let text = node.text().map(drop);
                self.keep(text).is_some()
            })
            .collect()
    }

    /// The tags of something, after those it inherits.
    pub(super) fn tags(&mut self, map: &Map, inherited: &[String]) -> Vec<String> {
        let mut tags = inherited.to_vec();
        for node in self.texts(map, "tags") {
            for tag in node.text().unwrap_or_default().split(',').map(str::trim) {
                if is_template(tag) {
                    self.errors.push(
                        Error::at(&node.place, "a tag must be known before the run")
                            .hint("write the tag itself"),
                    );
                } else if !tag.is_empty() && !tags.iter().any(|known| known == tag) {
                    tags.push(tag.to_owned());
                }
            }
        }
        tags
    }

    /// Variables: names checked, templates' syntax checked.
    pub(super) fn vars(&mut self, map: &Map) -> Vars {
        match map.get("vars").map(Node::map) {
            None => Vars::new(),
            Some(Ok(map)) => self.named(map),
            Some(Err(error)) => {
                self.errors
                    .push(error.hint("`vars` is a map of names and values"));
                Vars::new()
            }
        }
    }

    /// The variables of a map.
    pub(super) fn named(&mut self, map: &Map) -> Vars {
        let mut vars = Vars::new();
        for (key, node) in map.iter() {
            if !is_name(&key.name) {
                self.errors.push(
                    Error::at(
                        &key.place,
                        format!("`{}` is no name of a variable", key.name),
                    )
                    .hint("letters, digits and `_`, not a digit first"),
                );
            }
            check_templates(node, &mut self.errors);
            vars.insert(key.name.clone(), node.clone());
        }
        vars
    }

    /// A condition or a list of them; [`None`] where the keyword is absent.
    pub(super) fn conditions(&mut self, map: &Map, name: &str) -> Option<Vec<Node>> {
        let node = map.get(name)?;
        let all = match &node.value {
            Value::List(nodes) => nodes.clone(),
            _ => vec![node.clone()],
        };
        for node in &all {
            self.keep(condition(node));
        }
        Some(all)
    }

    /// A value that may be a template, of which only the syntax is known.
    pub(super) fn templated(&mut self, map: &Map, name: &str) -> Option<Node> {
        let node = map.get(name)?;
        self.keep(node.text().map(drop))?;
        check_templates(node, &mut self.errors);
        Some(node.clone())
    }

    /// A number that is not negative, or a template that gives one.
    pub(super) fn count(&mut self, map: &Map, name: &str) -> Option<Node> {
        let node = map.get(name)?;
        let fits = match &node.value {
            Value::String(text) if is_template(text) => true,
            Value::Float(number) => *number >= 0.0,
            _ => node.int().is_ok_and(|number| number >= 0),
        };
        if !fits {
            self.errors.push(Error::at(
                &node.place,
                format!("`{name}` wants a number, found {}", node.value.kind()),
            ));
            return None;
        }
        check_templates(node, &mut self.errors);
        Some(node.clone())
    }

    /// `environment`: a map, a list of maps, or a template that gives one.
    pub(super) fn environment(&mut self, map: &Map) -> Vec<Node> {
        let Some(node) = map.get("environment") else {
            return Vec::new();
        };
        check_templates(node, &mut self.errors);
        let all = match &node.value {
            Value::List(nodes) => nodes.clone(),
            _ => vec![node.clone()],
        };
        for node in &all {
            if !matches!(&node.value, Value::String(text) if is_template(text)) {
                let read = node.map().map(drop);
                self.keep(
                    read.map_err(|error| error.hint("`environment` is a map of names and values")),
                );
            }
        }
        all
    }

    /// Refuses every way of becoming another user but sudo.
    pub(super) fn become_method(&mut self, map: &Map) {
        if let Some(node) = map.get("become_method")
            && !matches!(&node.value, Value::String(text) if text == "sudo")
        {
            self.errors.push(
                Error::at(&node.place, "`become_method` can only be `sudo`")
                    .hint("leave it out, and give the login user the right to sudo"),
            );
        }
    }
}

/// True for what may name a variable.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
