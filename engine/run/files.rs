//! Files and templates beside the playbook, as modules read them.

use std::path::Path;

use crate::modules::Files;
use crate::playbook::{Folder, Playbook, Task};
use crate::template::Scope;
use crate::yaml::{Error, Result};

/// The files that a task of a playbook can name.
pub(super) struct PlaybookFiles<'a> {
    playbook: &'a Playbook,
    task: &'a Task,
    scope: &'a Scope,
}

impl<'a> PlaybookFiles<'a> {
    pub(super) fn new(playbook: &'a Playbook, task: &'a Task, scope: &'a Scope) -> Self {
        Self {
            playbook,
            task,
            scope,
        }
    }

    fn find(&self, folder: Folder, name: &str) -> Result<std::path::PathBuf> {
        let source = &self.playbook.source;
        let beside = source.inside(&self.task.place.file);
        source
            .find(folder, name, beside, &self.playbook.file)
            .map_err(|error| error.or_at(&self.task.place))
    }
}

impl Files for PlaybookFiles<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.find(Folder::Files, name)?;
        Ok(self.playbook.source.read(&path)?.into_owned())
    }

    fn render_with(&self, name: &str, own: &[(&str, minijinja::Value)]) -> Result<String, Error> {
        let path = self.find(Folder::Templates, name)?;
        let text = self.playbook.source.read_text(&path)?;
        let shown = self.playbook.source.shown(&path);
        if own.is_empty() {
            return self.scope.file(&text, Path::new(&shown));
        }
        let mut scope = self.scope.clone();
        for (name, value) in own {
            scope.set_value(*name, value.clone());
        }
        scope.file(&text, Path::new(&shown))
    }
}
