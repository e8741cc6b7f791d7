//! Catalogue operations + a node → edits: lists gone through, templates filled in, conditions decided.

use std::borrow::Cow;

use minijinja::value::Serde;

use crate::catalogue::{FileEdits, Operation, Restart, STANDING};
use crate::cluster::{Cluster, Node, SharedView, View};
use crate::edit::{Edit, EditError, Format};
use crate::template::{Language, Scope};
use crate::yaml::{Error, Node as Written, Place, Result, Value, near};

use super::standing::Standing;
use super::workshop::KnownEdits;

/// Fills in templates over `cluster`, `node`, `shared` and the node's variables.
#[derive(Clone)]
pub(super) struct Renderer<'a> {
    scope: Scope,
    known: &'a KnownEdits,
}

impl<'a> Renderer<'a> {
    /// A renderer for the edits of one node.
    pub(super) fn new(
        cluster: &Cluster,
        node: &Node,
        language: &Language,
        known: &'a KnownEdits,
    ) -> Self {
        let view = View::of(cluster, node);
        let mut scope = Scope::new(language, node.vars.clone());
        scope.set_value("cluster", Serde(&view.cluster).into());
        scope.set_value("node", Serde(&view.node).into());
        scope.set_value("shared", Serde(&SharedView::of(cluster, node)).into());
        Self { scope, known }
    }

    /// The edits of one file that apply to this node, with what each costs and where it stands.
    pub(super) fn edits(&self, file: &FileEdits) -> Result<Vec<(Edit, Restart, Place)>> {
        let own = |operation: &&Operation| operation.format != STANDING;
        self.of(file.operations.iter().filter(own), Self::edit)
    }

    /// What is said of a path besides its bytes on this node, likewise.
    pub(super) fn standing(&self, file: &FileEdits) -> Result<Vec<(Standing, Restart, Place)>> {
        let own = |operation: &&Operation| operation.format == STANDING;
        self.of(file.operations.iter().filter(own), Self::stands)
    }

    fn of<'o, T>(
        &self,
        operations: impl Iterator<Item = &'o Operation>,
        made: impl Fn(&Self, &Operation) -> Result<T>,
    ) -> Result<Vec<(T, Restart, Place)>> {
        let mut all = Vec::new();
        for operation in operations {
            for renderer in self.for_each(operation)? {
                if renderer.applies(operation)? {
                    let one = made(&renderer, operation)?;
                    all.push((one, operation.restart, operation.place.clone()));
                }
            }
        }
        Ok(all)
    }

    fn stands(&self, operation: &Operation) -> Result<Standing> {
        let said = self.fill(&operation.target, &operation.place)?;
        Standing::read(&operation.verb, &said).map_err(|message| {
            let verbs = Standing::VERBS;
            let error = Error::at(&operation.place, message);
            match near(&operation.verb, verbs) {
                Some(meant) if meant != operation.verb => error.hint(format!("did you mean `{meant}`?")),
                _ => error.hint("`file` has `state: absent`, `state: directory`, `link: TARGET` and `mode: \"0640\"`"),
            }
        })
    }

    /// A renderer for each item of the operation's list; this one where it has none.
    fn for_each(&self, operation: &Operation) -> Result<Vec<Cow<'_, Self>>> {
        let Some(each) = &operation.each else {
            return Ok(vec![Cow::Borrowed(self)]);
        };
        let list = self.scope.evaluate(each, &operation.place)?;
        let items = list.try_iter().map_err(|error| {
            let message = format!("`each: {each}` gives no list");
            Error::at(&operation.place, message).because(error)
        })?;
        let with = |item| {
            let mut scope = self.scope.clone();
            scope.set_value("item", item);
            let known = self.known;
            Cow::Owned(Self { scope, known })
        };
        Ok(items.map(with).collect())
    }

    fn applies(&self, operation: &Operation) -> Result<bool> {
        let Some(when) = &operation.when else {
            return Ok(true);
        };
        let condition = Value::String(when.clone());
        self.scope
            .condition(&Written::new(condition, operation.place.clone()))
    }

    fn fill(&self, template: &str, place: &Place) -> Result<String> {
        Ok(match self.scope.text(template, place)?.value {
            Value::String(text) => text,
            Value::Secret(secret) => secret.reveal().to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            other => {
                let message = format!("`{template}` gives {}, not a text", other.kind());
                return Err(Error::at(place, message));
            }
        })
    }

    fn edit(&self, operation: &Operation) -> Result<Edit> {
        let fill = |template: &String| self.fill(template, &operation.place);
        let target = fill(&operation.target)?;
        let value = operation.value.as_ref().map(fill).transpose()?;
        let Some(format) = Format::named(&operation.format) else {
            let message = format!("`{}` is no format of edits", operation.format);
            return Err(Error::at(&operation.place, message));
        };
        self.known
            .read(format, &operation.verb, &target, value.as_deref())
            .map_err(|error| refused(operation, error))
    }
}

/// The verbs of a format.
#[must_use]
pub fn verbs_of(format: &str) -> &'static [&'static str] {
    match Format::named(format) {
        Some(format) => Edit::verbs(format),
        None if format == STANDING => &Standing::VERBS,
        None => &[],
    }
}

/// Says whether the verbs of a node's own edits are known.
///
/// # Errors
/// The first that is not, with the near miss.
pub fn knows_verbs(node: &Node) -> Result<()> {
    for operation in node.edits.iter().flat_map(|file| &file.operations) {
        if !verbs_of(&operation.format).contains(&operation.verb.as_str()) {
            let message = format!("`{}` is no verb of edits", operation.verb);
            return Err(hinted(Error::at(&operation.place, message), operation));
        }
    }
    Ok(())
}

fn refused(operation: &Operation, error: EditError) -> Error {
    let message = format!("the edit `{}` cannot be made", operation.verb);
    let refused = Error::at(&operation.place, message).because(error);
    hinted(refused, operation)
}

fn hinted(refused: Error, operation: &Operation) -> Error {
    let verbs = verbs_of(&operation.format);
    if verbs.contains(&operation.verb.as_str()) {
        return refused;
    }
    match near(&operation.verb, verbs.iter().copied()) {
        Some(meant) => refused.hint(format!("did you mean `{meant}`?")),
        None => refused.hint(format!("{} has `{}`", operation.format, verbs.join("`, `"))),
    }
}
