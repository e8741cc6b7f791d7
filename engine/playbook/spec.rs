//! What a module takes: checked when a playbook is read, printed in the docs.

/// What a parameter's value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A path on the host.
    Path,
    /// A path beside the playbook.
    Source,
    /// A template beside the playbook.
    Template,
    /// A regular expression.
    Regex,
    /// yes or no.
    Bool,
    /// A whole number.
    Int,
    /// A list of texts, or one text.
    List,
    /// A map of texts.
    Map,
    /// Octal permissions such as `"0640"`; a bare `0640` is read as octal too.
    Mode,
    /// Anything (`debug: var`, `set_fact`).
    Any,
}

/// One parameter of a module.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, Ansible's own where the module is Ansible's.
    pub name: &'static str,
    /// Other names it goes by.
    pub aliases: &'static [&'static str],
    /// What its value must be.
    pub kind: Kind,
    /// True where it must be given.
    pub required: bool,
    /// The values it may take; empty for any.
    pub choices: &'static [&'static str],
    /// What holds where it is not given, for the docs.
    pub default: &'static str,
    /// One sentence for the docs.
    pub doc: &'static str,
}

impl Parameter {
    /// An optional text without aliases, to write the others as differences from.
    pub const BLANK: Self = Self {
        name: "",
        aliases: &[],
        kind: Kind::Text,
        required: false,
        choices: &[],
        default: "",
        doc: "",
    };
}

/// A module's name, meaning and parameters.
#[derive(Clone, Copy, Debug)]
pub struct ModuleSpec {
    /// Its name in a task.
    pub name: &'static str,
    /// One sentence for the docs.
    pub doc: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// Sets of parameters of which at most one may be given; free text is `_raw`.
    pub exclusive: &'static [&'static [&'static str]],
    /// Sets of parameters of which at least one must be given; free text is `_raw`.
    pub one_of: &'static [&'static [&'static str]],
    /// True where it takes its command as free text (`command: ls -l`). A parameter named `_raw`
    /// in the table, if there is one, says what that text may be.
    pub free_form: bool,
    /// True where any parameter name is allowed (`set_fact`).
    pub open: bool,
    /// A task that uses it, for the docs; a test loads it.
    pub example: &'static str,
}

impl ModuleSpec {
    /// The name in [`Task::args`](crate::playbook::Task::args) of a command given as free text.
    pub const RAW: &'static str = "_raw";

    /// A module without parameters, to write the others as differences from.
    pub const BLANK: Self = Self {
        name: "",
        doc: "",
        parameters: &[],
        exclusive: &[],
        one_of: &[],
        free_form: false,
        open: false,
        example: "",
    };

    /// The parameter that goes by `name`, under its own name or an alias.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters
            .iter()
            .find(|known| known.name == name || known.aliases.contains(&name))
    }
}

/// The modules that a playbook may use.
pub trait Vocabulary {
    /// The module of that name.
    fn module(&self, name: &str) -> Option<&'static ModuleSpec>;
    /// All names, for near misses.
    fn names(&self) -> Vec<&'static str>;
}
