//! The reference pages of playbooks and modules, made from the tables that the loader reads.

use std::fmt::Write as _;

use crate::playbook::keywords::{Level, REFUSED, TAKEN};
use crate::playbook::{Kind, ModuleSpec, Parameter};

/// The page `docs/playbooks.md`: what is in the subset, and what is not and why.
#[must_use]
pub fn keywords_markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n## Keywords\n\n| keyword | in | what it does |\n|---|---|---|\n");
    for row in TAKEN {
        let levels: Vec<&str> = row
            .levels
            .iter()
            .map(|level: &Level| level.as_str())
            .collect();
        row_of(
            &mut page,
            &[&format!("`{}`", row.name), &levels.join(", "), row.doc],
        );
    }
    page.push_str(IMPORTS);
    page.push_str(LIMITS);
    page.push_str("\n## Not in the subset\n\n| what | why | instead |\n|---|---|---|\n");
    for row in REFUSED {
        let name = if row.name.ends_with('_') {
            format!("`{}*`", row.name)
        } else {
            format!("`{}`", row.name)
        };
        row_of(&mut page, &[&name, row.reason, row.instead]);
    }
    page
}

/// The page of one module.
#[must_use]
pub fn module_markdown(spec: &ModuleSpec) -> String {
    let mut page = format!("# `{}`\n\n{}\n", spec.name, spec.doc);
    if spec.free_form {
        page.push_str("\nIt takes its command as free text.\n");
    }
    if spec.open {
        page.push_str("\nIt takes any names.\n");
    }
    let named: Vec<&Parameter> = spec
        .parameters
        .iter()
        .filter(|known| known.name != ModuleSpec::RAW)
        .collect();
    if !named.is_empty() {
        page.push_str("\n| parameter | value | default | |\n|---|---|---|---|\n");
    }
    for known in named {
        row_of(
            &mut page,
            &[&names(known), &value(known), &default(known), known.doc],
        );
    }
    for set in spec.exclusive {
        paragraph(&mut page, &format!("Only one of {}.", listed(set)));
    }
    for set in spec.one_of {
        paragraph(&mut page, &format!("At least one of {}.", listed(set)));
    }
    if !spec.example.is_empty() {
        paragraph(
            &mut page,
            &format!("```yaml\n{}\n```", spec.example.trim_end()),
        );
    }
    page
}

const LIMITS: &str = "
## Limits

Filters and tests are Jinja's own, and of Ansible's the filters `b64decode`, `b64encode`, `basename`, `bool`, `combine`,
`dict2items`, `difference`, `dirname`, `flatten`, `from_json`, `intersect`, `items2dict`, `mandatory`, `quote`,
`regex_replace`, `regex_search`, `ternary`, `to_json`, `to_nice_json` and `union`, and the tests `changed`, `failed`,
`match`, `regex`, `search`, `skipped`, `succeeded`, `success`, `version` and `version_compare`.

One template may take a million steps and give 16 MB, one `{{ }}` or `{% %}` may be 4,096 bytes long, 40 variables may
name each other in a row, lists and maps may stand inside each other 150 deep. Files may import each other 20 deep, 1,000
of them in all. What is beyond is an error with its place.
";

const INTRODUCTION: &str = "\
# Playbooks

Ansible's playbook syntax, a strict subset: what is not in it is refused when the file is read, with
file, line and column, before any host is asked. `ansible.builtin.` before a module's name is taken off.

The names of files, handlers, tags and results are literal, because every file is read and checked
before the first connection. Conditions and values are templates as in Ansible.
";

const IMPORTS: &str = "
## Files

`import_playbook` takes `name`, `vars` and `tags` beside it. `import_tasks` and `include_tasks` take a
literal name and the keywords of a block; the file is looked for in `tasks/` beside the file that names
it, then beside that file itself, then in the same two places beside the playbook. Both are read before
the run. As in Ansible, the `when` of `import_tasks` is asked before each task and its tags are
inherited; the `when` of `include_tasks` is asked once and its tags choose the include itself.
`template` looks in `templates/` and `copy` in `files/` in the same way.
";

fn row_of(page: &mut String, cells: &[&str]) {
    for cell in cells {
        // Writing to a string cannot fail.
        let _ = write!(page, "| {} ", cell.replace('|', "\\|"));
    }
    page.push_str("|\n");
}

fn paragraph(page: &mut String, text: &str) {
    page.push('\n');
    page.push_str(text);
    page.push('\n');
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .map(|name| {
            if *name == ModuleSpec::RAW {
                "free text".to_owned()
            } else {
                format!("`{name}`")
            }
        })
        .collect();
    shown.join(", ")
}

fn names(known: &Parameter) -> String {
    let aliases: String = known
        .aliases
        .iter()
        .map(|alias| format!(", `{alias}`"))
        .collect();
    format!("`{}`{aliases}", known.name)
}

fn value(known: &Parameter) -> String {
    if !known.choices.is_empty() {
        return listed(known.choices);
    }
    let word = match known.kind {
        Kind::Text => "text",
        Kind::Path => "path on the host",
        Kind::Source => "path beside the playbook",
        Kind::Template => "template beside the playbook",
        Kind::Regex => "regular expression",
        Kind::Bool => "yes or no",
        Kind::Int => "whole number",
        Kind::List => "list of texts",
        Kind::Map => "map",
        Kind::Mode => "octal permissions, in quotes",
        Kind::Any => "anything",
    };
    word.to_owned()
}

fn default(known: &Parameter) -> String {
    match (known.required, known.default) {
        (true, _) => "**needed**".to_owned(),
        (false, "") => String::new(),
        (false, text) => format!("`{text}`"),
    }
}
