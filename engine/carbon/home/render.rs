//! Catalogue operations + a node → edits: templates filled in, conditions decided.

use minijinja::{Environment, UndefinedBehavior};

use crate::catalogue::{FileEdits, Operation, Restart};
use crate::edit::{Edit, EditError, Format};
use crate::yaml::{Error, Result, near};

/// Fills in templates over `cluster` and `node`.
pub(super) struct Renderer {
    environment: Environment<'static>,
    scope: minijinja::Value,
}

impl Renderer {
    /// A renderer whose templates see `scope`; a name that is not there is an error.
    pub(super) fn new(scope: impl serde::Serialize) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        Self {
            environment,
            scope: minijinja::value::Serde(scope).into(),
        }
    }

    /// The edits of one file that apply to this node, with what each costs.
    pub(super) fn edits(&self, file: &FileEdits) -> Result<Vec<(Edit, Restart)>> {
        let mut edits = Vec::new();
        for operation in &file.operations {
            if self.applies(operation)? {
                edits.push((self.edit(operation)?, operation.restart));
            }
        }
        Ok(edits)
    }

    fn applies(&self, operation: &Operation) -> Result<bool> {
        let Some(when) = &operation.when else {
            return Ok(true);
        };
        let wrong = |error: minijinja::Error| {
            let message = format!("the condition `{when}` cannot be decided");
            Error::at(&operation.place, message).because(error)
        };
        let expression = self.environment.compile_expression(when).map_err(wrong)?;
        Ok(expression.eval(&self.scope).map_err(wrong)?.is_true())
    }

    fn edit(&self, operation: &Operation) -> Result<Edit> {
        let fill = |template: &String| {
            let filled = self.environment.render_str(template, &self.scope);
            filled.map_err(|error| {
                let message = format!("the template `{template}` cannot be filled in");
                Error::at(&operation.place, message).because(error)
            })
        };
        let target = fill(&operation.target)?;
        let value = operation.value.as_ref().map(fill).transpose()?;
        let Some(format) = Format::named(&operation.format) else {
            let message = format!("`{}` is no format of edits", operation.format);
            return Err(Error::at(&operation.place, message));
        };
        Edit::read(format, &operation.verb, &target, value.as_deref())
            .map_err(|error| refused(operation, format, error))
    }
}

fn refused(operation: &Operation, format: Format, error: EditError) -> Error {
    let verbs = Edit::verbs(format);
    let message = format!("the edit `{}` cannot be made", operation.verb);
    let refused = Error::at(&operation.place, message).because(error);
    if verbs.contains(&operation.verb.as_str()) {
        return refused;
    }
    match near(&operation.verb, verbs.iter().copied()) {
        Some(meant) => refused.hint(format!("did you mean `{meant}`?")),
        None => refused.hint(format!("{format} has `{}`", verbs.join("`, `"))),
    }
}
