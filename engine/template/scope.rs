//! The variables of one host, and what templates make of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value as Rendered;
use minijinja::value::{Enumerator, Object};

use super::convert::{from_rendered, to_rendered};
use super::language::{Language, bare};
use super::limits;
use crate::yaml::{Error, Key, Map, Node, Place, Result, Value, near};

/// The variables that templates of one host see. A variable whose value holds a template is rendered
/// when it is used, so the order of definitions does not matter.
#[derive(Clone, Debug)]
pub struct Scope {
    variables: Arc<Variables>,
}

/// One rendering for all that name a variable, however woven they are.
#[derive(Default)]
struct Renders {
    /// The variables that are being rendered, outermost first: one that comes again refers to itself.
    open: Vec<String>,
    /// The variables that have been rendered since any was set.
    done: BTreeMap<String, Rendered>,
}

struct Variables {
    language: Language,
    nodes: BTreeMap<String, Node>,
    /// Values that hold no templates: facts, registered results, loop items.
    values: BTreeMap<String, Rendered>,
    /// What is being rendered right now, and what has been.
    renders: Mutex<Renders>,
    /// Variables of `--extra-vars`.
    pinned: BTreeSet<String>,
}

impl Clone for Variables {
    fn clone(&self) -> Self {
        Self {
            language: self.language.clone(),
            nodes: self.nodes.clone(),
            values: self.values.clone(),
            pinned: self.pinned.clone(),
            renders: Mutex::default(),
        }
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} variables", self.nodes.len() + self.values.len())
    }
}

/// What is wrong with a variable whose value needs its own value.
const SELF: &str = "refers to itself";

impl Scope {
    /// Starts with these variables.
    #[must_use]
    pub fn new(language: &Language, nodes: BTreeMap<String, Node>) -> Self {
        Self {
            variables: Arc::new(Variables {
                language: language.clone(),
                nodes,
                values: BTreeMap::new(),
                pinned: BTreeSet::new(),
                renders: Mutex::default(),
            }),
        }
    }

    /// The language of the templates.
    #[must_use]
    pub fn language(&self) -> &Language {
        &self.variables.language
    }

    /// Sets a variable as a user writes it: it may hold templates. Extra variables stay as they are.
    pub fn set(&mut self, name: impl Into<String>, node: Node) {
        let name = name.into();
        if self.is_pinned(&name) {
            return;
        }
        let variables = self.changing();
        variables.values.remove(&name);
        variables.nodes.insert(name, node);
    }

    /// Sets a value that holds no templates: a fact, a result, an item of a loop.
    pub fn set_value(&mut self, name: impl Into<String>, value: Rendered) {
        let name = name.into();
        let variables = self.changing();
        variables.nodes.remove(&name);
        variables.values.insert(name, value);
    }

    /// The variables, of which one is about to change.
    fn changing(&mut self) -> &mut Variables {
        let variables = Arc::make_mut(&mut self.variables);
        variables.renders = Mutex::default();
        variables
    }

    /// The value of a variable, rendered.
    ///
    /// # Errors
    /// Where its templates cannot be rendered.
    pub fn get(&self, name: &str) -> Result<Option<Node>> {
        if let Some(node) = self.variables.nodes.get(name) {
            return self.render(node).map(Some);
        }
        let value = self.variables.values.get(name);
        Ok(value.map(|value| from_rendered(value, &Place::start_of(format!("<{name}>")))))
    }

    /// Marks variables that nothing may override: those of `--extra-vars`.
    pub fn pin(&mut self, names: impl IntoIterator<Item = String>) {
        Arc::make_mut(&mut self.variables).pinned.extend(names);
    }

    /// True for a variable of `--extra-vars`.
    #[must_use]
    pub fn is_pinned(&self, name: &str) -> bool {
        self.variables.pinned.contains(name)
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let variables = &self.variables;
        variables
            .nodes
            .keys()
            .chain(variables.values.keys())
            .map(String::as_str)
    }

    /// Renders a node and all under it. A text that is one expression alone gives the expression's own
    /// kind of value: `"{{ list }}"` is a list.
    ///
    /// # Errors
    /// With the place of the text, and the near miss of an undefined name.
    pub fn render(&self, node: &Node) -> Result<Node> {
        let value = match &node.value {
            Value::String(text) => return self.text(text, &node.place),
            Value::List(list) => Value::List(
                list.iter()
                    .map(|node| self.render(node))
                    .collect::<Result<_>>()?,
            ),
            Value::Map(map) => {
                let entries = map.iter().map(|(key, node)| {
                    let name = self.text(&key.name, &key.place)?;
                    let key = Key {
                        name: to_rendered(&name).to_string(),
                        place: key.place.clone(),
                    };
                    Ok((key, self.render(node)?))
                });
                Value::Map(
                    entries
                        .collect::<Result<Vec<_>>>()?
                        .into_iter()
                        .collect::<Map>(),
                )
            }
            other => other.clone(),
        };
        Ok(Node::new(value, node.place.clone()))
    }

    /// Renders a text.
    ///
    /// # Errors
    /// As [`Scope::render`].
    pub fn text(&self, text: &str, place: &Place) -> Result<Node> {
        if !holds_template(text) {
            return Ok(Node::new(Value::String(text.to_owned()), place.clone()));
        }
        match one_expression(text) {
            Some(expression) => Ok(from_rendered(&self.evaluate(expression, place)?, place)),
            None => {
                limits::check_text(text, place)?;
                let environment = self.variables.language.environment();
                let rendered = environment
                    .render_str(text, self.root())
                    .and_then(|rendered| limits::fits(rendered.len()).map(|()| rendered))
                    .map_err(|error| self.failed(&error, text, place))?;
                Ok(Node::new(Value::String(rendered), place.clone()))
            }
        }
    }

    /// Evaluates a bare expression.
    ///
    /// # Errors
    /// As [`Scope::render`].
    pub fn evaluate(&self, expression: &str, place: &Place) -> Result<Rendered> {
        limits::check_expression(expression, place)?;
        let environment = self.variables.language.environment();
        let value = environment
            .compile_expression(bare(expression))
            .and_then(|compiled| compiled.eval(self.root()))
            .and_then(limits::weighed)
            .map_err(|error| self.failed(&error, expression, place))?;
        if value.is_undefined() {
            let error = minijinja::ErrorKind::UndefinedError.into();
            return Err(self.failed(&error, expression, place));
        }
        Ok(value)
    }

    /// Whether a condition holds. Texts that spell yes or no count as such, as results of commands do.
    ///
    /// # Errors
    /// As [`Scope::render`]; and where the condition is no expression.
    pub fn condition(&self, node: &Node) -> Result<bool> {
        match &node.value {
            Value::Bool(value) => Ok(*value),
            Value::Null => Ok(true),
            Value::String(expression) => {
                let value = self.evaluate(expression, &node.place)?;
                Ok(match value.as_str() {
                    Some(text) => !matches!(
                        text.to_ascii_lowercase().as_str(),
                        "" | "no" | "false" | "off" | "0"
                    ),
                    None => value.is_true(),
                })
            }
            other => Err(Error::at(
                &node.place,
                format!("a condition is an expression, not {}", other.kind()),
            )),
        }
    }

    /// Renders a template file.
    ///
    /// # Errors
    /// With file and line in the template.
    pub fn file(&self, text: &str, file: &std::path::Path) -> Result<String> {
        let name = file.to_string_lossy();
        limits::check_text(text, &Place::start_of(file))?;
        self.variables
            .language
            .environment()
            .render_named_str(&name, text, self.root())
            .and_then(|rendered| limits::fits(rendered.len()).map(|()| rendered))
            .map_err(|error| {
                let line = error
                    .line()
                    .and_then(|line| u32::try_from(line).ok())
                    .unwrap_or(1);
                self.failed(&error, text, &Place::new(file, line, 1))
            })
    }

    fn root(&self) -> Rendered {
        Rendered::from_dyn_object(self.variables.clone())
    }

    /// Says what is undefined, with the near miss, where that is what is wrong.
    fn failed(&self, error: &minijinja::Error, text: &str, place: &Place) -> Error {
        let source = std::error::Error::source(error);
        if let Some(inner) = source.and_then(|source| source.downcast_ref::<minijinja::Error>()) {
            return self.failed(inner, text, place);
        }
        let told = error.detail().unwrap_or_default().to_owned();
        let way_out = source
            .and_then(|source| source.downcast_ref::<Error>())
            .and_then(Error::way_out);
        let (told, way_out) = if error.kind() == minijinja::ErrorKind::OutOfFuel {
            let (told, way_out) = limits::out_of_fuel();
            (told, Some(way_out))
        } else {
            (told, way_out)
        };
        if error.kind() == minijinja::ErrorKind::UndefinedError {
            let missing = self.undefined(text);
            if let Some(name) = missing {
                let wrong = Error::at(place, format!("`{name}` is undefined"));
                return match near(&name, self.names()) {
                    Some(meant) => wrong.hint(format!("did you mean `{meant}`?")),
                    None => wrong,
                };
            }
            return Error::at(
                place,
                format!("`{}` uses a part of a value that is not there", text.trim()),
            );
        }
        let told = if told.is_empty() {
            error.kind().to_string()
        } else {
            told
        };
        let wrong = Error::at(
            place,
            format!("`{}` cannot be rendered: {told}", shortened(text)),
        );
        match way_out {
            Some(way_out) => wrong.hint(way_out),
            None => wrong,
        }
    }

    fn undefined(&self, text: &str) -> Option<String> {
        let environment = self.variables.language.environment();
        let names = if holds_template(text) {
            environment
                .template_from_str(text)
                .map(|template| template.undeclared_variables(false))
        } else {
            environment
                .compile_expression(bare(text))
                .map(|compiled| compiled.undeclared_variables(false))
        };
        let known = |name: &String| {
            self.variables.nodes.contains_key(name)
                || self.variables.values.contains_key(name)
                || environment.globals().any(|(global, _)| global == name)
        };
        let mut missing: Vec<String> = names
            .ok()?
            .into_iter()
            .filter(|name| !known(name))
            .collect();
        missing.sort();
        missing.into_iter().next()
    }
}

impl Variables {
    fn renders(&self) -> MutexGuard<'_, Renders> {
        self.renders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A variable that holds templates, rendered: once, whoever names it.
    fn rendered(self: &Arc<Self>, name: &str, node: &Node) -> Result<Rendered> {
        if let Some(done) = self.renders().done.get(name) {
            return Ok(done.clone());
        }
        self.enter(name, &node.place)?;
        let scope = Scope {
            variables: self.clone(),
        };
        let value = scope.render(node).and_then(|node| {
            let value = limits::weighed(to_rendered(&node));
            value.map_err(|error| {
                let told = error.detail().unwrap_or_default();
                Error::at(&node.place, told.to_owned())
            })
        });
        let mut renders = self.renders();
        renders.open.pop();
        let value = value?;
        renders.done.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    /// Begins to render a variable.
    fn enter(&self, name: &str, place: &Place) -> Result<()> {
        let mut renders = self.renders();
        if renders.open.iter().any(|known| known == name) {
            return Err(Error::at(place, SELF));
        }
        if renders.open.len() >= limits::DEEPEST {
            let message = format!(
                "more than {} variables name each other in a row",
                limits::DEEPEST
            );
            return Err(Error::at(place, message).hint("name the last of them directly"));
        }
        renders.open.push(name.to_owned());
        Ok(())
    }
}

impl Object for Variables {
    fn get_value(self: &Arc<Self>, key: &Rendered) -> Option<Rendered> {
        let name = key.as_str()?;
        if let Some(value) = self.values.get(name) {
            return Some(value.clone());
        }
        let node = self.nodes.get(name)?;
        if !any_template(node) {
            return Some(to_rendered(node));
        }
        let value = self.rendered(name, node).map_err(|error| {
            let told = error.message();
            let told = if told == SELF {
                format!("`{name}` {SELF}")
            } else {
                format!("`{name}`: {told}")
            };
            minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, told).with_source(error)
        });
        Some(value.unwrap_or_else(Rendered::from))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.nodes.keys().chain(self.values.keys());
        Enumerator::Values(names.map(|name| Rendered::from(name.as_str())).collect())
    }
}

fn holds_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn any_template(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => holds_template(text),
        Value::List(list) => list.iter().any(any_template),
        Value::Map(map) => map
            .iter()
            .any(|(key, node)| holds_template(&key.name) || any_template(node)),
        _ => false,
    }
}

/// The expression, where a text is one `{{ … }}` and nothing else: with a line end behind it, it is a text.
fn one_expression(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}") && !inner.contains("{%"))
        .then(|| inner.trim_matches(['-', '+']).trim())
}

fn shortened(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    if line.chars().count() > 60 {
        line.chars().take(60).chain("…".chars()).collect()
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Language, Scope};
    use crate::yaml::{Place, Value, parse};

    fn scope() -> Scope {
        let text = "\
name: esb
pack: \"{{ name }}-{{ version }}.zip\"
version: 4.9.0
loop_a: \"{{ loop_b }}\"
loop_b: \"{{ loop_a }}\"
ports: [1, 2]
nested: {deep: \"{{ ports }}\"}
count: 3
broken: \"{{ nowhere }}\"
";
        let node = parse(text, Path::new("f.yaml")).unwrap().unwrap();
        let vars = node
            .map()
            .unwrap()
            .iter()
            .map(|(key, node)| (key.name.clone(), node.clone()));
        Scope::new(&Language::new(), vars.collect())
    }

    fn render(text: &str) -> String {
        match scope().text(text, &Place::new("t.yaml", 1, 1)) {
            Ok(node) => format!("{:?}", node.value),
            Err(error) => format!("{}; {:?}", error.message(), error.way_out()),
        }
    }

    #[test]
    fn templates_give_what_ansible_gives() {
        let rows = [
            ("plain", r#""plain""#),
            ("{{ pack }}", r#""esb-4.9.0.zip""#),
            ("{{ ports }}", "[1, 2]"),
            ("{{ nested.deep[1] + count }}", "5"),
            ("a {{ count }}", r#""a 3""#),
            ("{{ count }}\n", r#""3\n""#),
            (
                "{{ vversion }}",
                "`vversion` is undefined; Some(\"did you mean `version`?\")",
            ),
            (
                "{{ broken }}",
                "`broken` cannot be rendered: `broken`: `nowhere` is undefined; None",
            ),
            ("{{ missing | default('x') }}", r#""x""#),
            ("{{ name | upper }} {{ 'yes' | bool }}", r#""ESB True""#),
            ("{{ 'a,b'.split(',') }}", r#"["a", "b"]"#),
            ("{{ 'no' | ternary(1, 2) }}", "1"),
            ("{{ {'a': 1} | combine({'b': 2}) }}", "{a: 1, b: 2}"),
            ("{{ pack | regex_replace('-.*', '') }}", r#""esb""#),
        ];
        for (text, expected) in rows {
            assert_eq!(render(text), expected, "{text}");
        }
        assert!(render("{{ loop_a }}").contains("refers to itself"));
    }

    #[test]
    fn conditions_hold_as_in_ansible() {
        let rows = [
            ("count == 3", true),
            ("name is defined and missing is not defined", true),
            ("version is version('4.8', '>=')", true),
            ("'x' in ports", false),
            ("{{ count > 5 }}", false),
            ("name is match('es')", true),
        ];
        for (text, holds) in rows {
            let node =
                crate::yaml::Node::new(Value::String(text.into()), Place::new("t.yaml", 1, 1));
            assert_eq!(scope().condition(&node).unwrap(), holds, "{text}");
        }
    }
}
