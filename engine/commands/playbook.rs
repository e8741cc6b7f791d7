//! `wmprov playbook`: the built-in playbooks, listed or copied out, and the pages of the modules.

use std::fs;
use std::path::{Path, PathBuf};

use crate::modules::Registry;
use crate::playbook::{Source, docs};
use crate::yaml::{Error, Result, near};

/// Every built-in file, by path.
#[must_use]
pub fn built_in() -> Vec<&'static Path> {
    Source::built_in().map(|(path, _)| path).collect()
}

/// Copies the built-in files to `folder`; gives the files that were written.
///
/// # Errors
/// Where one of them is there already (nothing is written then), or a file cannot be written.
pub fn export(folder: &Path) -> Result<Vec<PathBuf>> {
    let files: Vec<(PathBuf, &[u8])> = Source::built_in()
        .map(|(path, bytes)| (folder.join(path), bytes))
        .collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Error::new(format!("`{}` is there already", path.display()))
            .hint("name a folder that is empty or new"));
    }
    let mut written = Vec::new();
    for (path, bytes) in files {
        write(&path, bytes).map_err(|cause| {
            Error::new(format!("cannot write `{}`", path.display())).because(cause)
        })?;
        written.push(path);
    }
    Ok(written)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

/// The page of one module, or the page of all.
///
/// # Errors
/// Where there is no such module, with the near miss.
pub fn modules(name: Option<&str>) -> Result<String> {
    let Some(name) = name else {
        let mut names: Vec<_> = Registry.all().map(|module| module.spec()).collect();
        names.sort_unstable_by_key(|spec| spec.name);
        let mut page = String::from(INTRODUCTION);
        for spec in names {
            page.push_str("\n#");
            page.push_str(&docs::module_markdown(spec));
        }
        return Ok(page);
    };
    match Registry.get(name) {
        Some(module) => Ok(docs::module_markdown(module.spec())),
        None => {
            let error = Error::new(format!("there is no module `{name}`"));
            let known = Registry.all().map(|module| module.spec().name);
            Err(match near(name, known) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint("`wmprov playbook modules` shows all"),
            })
        }
    }
}

const INTRODUCTION: &str = "\
# Modules

What a task can ask for. Names and parameters are Ansible's own where the module is Ansible's; a
parameter that is not here is refused when the playbook is read.
";
