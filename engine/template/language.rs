//! The template language: Jinja with Ansible's filters, tests and methods. Made once a run and shared.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};

use super::filters;
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
        filters::add(&mut environment);
        Self(Arc::new(environment))
    }

    pub(super) fn environment(&self) -> &Environment<'static> {
        &self.0
    }

    /// Checks the syntax of a text that may hold `{{ }}` and `{% %}`.
    ///
    /// # Errors
    /// At `place`, with what the template engine says.
    pub fn check_text(&self, text: &str, place: &Place) -> Result<()> {
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(());
        }
        match self.0.template_from_str(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(broken(&error, place)),
        }
    }

    /// Checks the syntax of a bare expression, as `when` holds.
    ///
    /// # Errors
    /// At `place`, with what the template engine says.
    pub fn check_expression(&self, text: &str, place: &Place) -> Result<()> {
        match self.0.compile_expression(bare(text)) {
            Ok(_) => Ok(()),
            Err(error) => Err(broken(&error, place)),
        }
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

fn broken(error: &minijinja::Error, place: &Place) -> Error {
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    Error::at(place, format!("this template cannot be read: {detail}"))
}
