//! The template language: Jinja with Ansible's filters, tests and methods. Made once a run and shared.

use std::sync::Arc;

use minijinja::machinery::{self, Instruction};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};

use super::{filters, limits};
use crate::yaml::{Error, Place, Result};

/// The language, cheap to clone.
#[derive(Clone, Debug)]
pub struct Language(Arc<Environment<'static>>);

impl Default for Language {
    fn default() -> Self {
        Self::new()
    }
}

impl Language {
    /// Sets the language up.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the sentence says why it holds")]
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .expect("no delimiter was changed, and the defaults differ from each other");
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_fuel(Some(limits::FUEL));
        // Else each error looks up again all that its template names, and so on at each variable on the way.
        environment.set_debug(false);
        environment.set_recursion_limit(limits::RECURSION);
        filters::add(&mut environment);
        Self(Arc::new(environment))
    }

    pub(super) fn environment(&self) -> &Environment<'static> {
        &self.0
    }

    /// Says whether the parser is safe with a template: it goes down once for each term of an expression.
    ///
    /// # Errors
    /// At `place`, or in its line below it, with the limit.
    pub fn within_limits(text: &str, place: &Place) -> Result<()> {
        limits::check_text(text, place)
    }

    /// Says whether a template, which has been found to read, names filters and tests that there are.
    ///
    /// # Errors
    /// At `place`, or in its line below it, the first name that is not known.
    pub fn knows_names(&self, text: &str, place: &Place) -> Result<()> {
        let Ok(template) = self.0.template_from_str(text) else {
            return Ok(());
        };
        let compiled = machinery::get_compiled_template(&template);
        let all = [&compiled.instructions]
            .into_iter()
            .chain(compiled.blocks.values());
        for instructions in all {
            for at in 0.. {
                let (what, name) = match instructions.get(at) {
                    None => break,
                    Some(Instruction::ApplyFilter(name, ..)) => ("filter", *name),
                    Some(Instruction::PerformTest(name, ..)) => ("test", *name),
                    Some(_) => continue,
                };
                if !self.has(what, name) {
                    let line = instructions
                        .get_line(at)
                        .and_then(|line| u32::try_from(line).ok());
                    let place = limits::below(place, line.unwrap_or(1).saturating_sub(1));
                    return Err(Error::at(&place, format!("there is no {what} `{name}`"))
                        .hint("docs/playbooks.md says which filters and tests are known"));
                }
            }
        }
        Ok(())
    }

    fn has(&self, what: &str, name: &str) -> bool {
        let asked = format!("name is {what}");
        let answer = self
            .0
            .compile_expression(&asked)
            .and_then(|asked| asked.eval(minijinja::context! { name }));
        answer.is_ok_and(|answer| answer.is_true())
    }
}

/// An expression without the `{{ }}` that some write around a condition.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim();
    match text
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
    {
        Some(inner) if !inner.contains("{{") => inner.trim(),
        _ => text,
    }
}
