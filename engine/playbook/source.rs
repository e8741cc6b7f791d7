//! Where a playbook's files come from: the disk, or the folder `playbooks/` inside the binary.

use std::borrow::Cow;
use std::io;
use std::path::{Component, Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::yaml::{Error, Result, decode};

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/playbooks");

/// Where a playbook's files come from. A path is relative to the playbook's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The built-in playbooks.
    Embedded,
    /// A folder on the control machine.
    Disk(PathBuf),
}

/// Which folder beside a playbook is searched first, as in Ansible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// `files/`: `copy`, `script`, `unarchive`.
    Files,
    /// `templates/`: `template`.
    Templates,
    /// `tasks/`: `import_tasks`.
    Tasks,
    /// `vars/`: `vars_files`.
    Vars,
}

impl Folder {
    /// The folder's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Templates => "templates",
            Self::Tasks => "tasks",
            Self::Vars => "vars",
        }
    }
}

impl Source {
    /// Every built-in file and its bytes, by path.
    pub fn built_in() -> impl Iterator<Item = (&'static Path, &'static [u8])> {
        let mut left = vec![&BUILT_IN];
        let mut files = Vec::new();
        while let Some(folder) = left.pop() {
            left.extend(folder.dirs());
            files.extend(folder.files().map(|file| (file.path(), file.contents())));
        }
        files.sort_unstable_by_key(|(path, _)| *path);
        files.into_iter()
    }

    /// How messages name `path`: as the user would, or under `playbooks/` where it is built in.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        match self {
            Self::Embedded if path.is_relative() => Path::new("playbooks").join(path),
            Self::Disk(root) => root.join(path),
            Self::Embedded => path.to_owned(),
        }
    }

    /// The path that messages show as `shown`.
    #[must_use]
    pub fn inside<'p>(&self, shown: &'p Path) -> &'p Path {
        let root = match self {
            Self::Embedded => Path::new("playbooks"),
            Self::Disk(root) => root,
        };
        shown.strip_prefix(root).unwrap_or(shown)
    }

    /// Reads a file. An absolute path is always the disk's.
    pub fn read(&self, path: &Path) -> Result<Cow<'static, [u8]>> {
        let bytes = match self {
            Self::Embedded if path.is_relative() => embedded(path).map(Cow::Borrowed),
            _ => std::fs::read(self.shown(path)).map(Cow::Owned),
        };
        bytes.map_err(|cause| {
            Error::new(format!("cannot read `{}`", self.shown(path).display())).because(cause)
        })
    }

    /// Reads a file that must be text.
    pub fn read_text(&self, path: &Path) -> Result<String> {
        decode(self.read(path)?.into_owned(), &self.shown(path))
    }

    /// True where `path` is a file or a folder that can be read.
    #[must_use]
    pub fn exists(&self, path: &Path) -> bool {
        match self {
            Self::Embedded if path.is_relative() => {
                let path = normal(path);
                BUILT_IN.get_entry(path).is_some()
            }
            _ => self.shown(path).exists(),
        }
    }

    /// Finds the file that a task means by `name`: beside the file the task stands in, then beside
    /// the playbook, and in each of these places first in `folder`.
    pub fn find(
        &self,
        folder: Folder,
        name: &str,
        task: &Path,
        playbook: &Path,
    ) -> Result<PathBuf> {
        let places = self.places(folder, name, task, playbook);
        match places.iter().find(|path| self.exists(path)) {
            Some(found) => Ok(found.clone()),
            None => {
                let looked: Vec<String> = places
                    .iter()
                    .map(|path| format!("`{}`", self.shown(path).display()))
                    .collect();
                Err(Error::new(format!("there is no file `{name}`"))
                    .hint(format!("looked for {}", looked.join(", "))))
            }
        }
    }

    fn places(&self, folder: Folder, name: &str, task: &Path, playbook: &Path) -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> = Vec::new();
        for beside in [task, playbook] {
            let beside = beside.parent().unwrap_or(Path::new(""));
            for path in [beside.join(folder.as_str()).join(name), beside.join(name)] {
                if !places.contains(&path) {
                    places.push(path);
                }
            }
        }
        places
    }
}

fn embedded(path: &Path) -> io::Result<&'static [u8]> {
    match BUILT_IN.get_file(normal(path)) {
        Some(file) => Ok(file.contents()),
        None => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "no such built-in file",
        )),
    }
}

/// Takes `.` and `..` out, which the embedded folder does not understand.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Folder, Source};

    #[test]
    fn a_file_is_looked_for_as_ansible_does() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        };
        for name in [
            "templates/a",
            "a",
            "tasks/templates/b",
            "templates/b",
            "c",
            "tasks/c",
        ] {
            write(name);
        }
        let source = Source::Disk(folder.path().to_owned());
        let rows = [
            ("a", "templates/a"),
            ("b", "tasks/templates/b"),
            ("c", "tasks/c"),
            ("../a", "tasks/templates/../a"),
        ];
        std::fs::write(folder.path().join("tasks/a"), "").unwrap();
        for (name, wanted) in &rows[1..] {
            let found = source
                .find(
                    Folder::Templates,
                    name,
                    Path::new("tasks/t.yaml"),
                    Path::new("p.yaml"),
                )
                .unwrap();
            assert_eq!(found, Path::new(wanted), "{name}");
        }
        let (name, wanted) = rows[0];
        let found = source
            .find(
                Folder::Templates,
                name,
                Path::new("p.yaml"),
                Path::new("p.yaml"),
            )
            .unwrap();
        assert_eq!(found, Path::new(wanted));
    }

    #[test]
    fn a_missing_file_says_where_it_was_looked_for() {
        let source = Source::Disk("/nowhere".into());
        let error = source
            .find(
                Folder::Files,
                "x",
                Path::new("tasks/t.yaml"),
                Path::new("p.yaml"),
            )
            .unwrap_err();
        assert_eq!(error.message(), "there is no file `x`");
        assert_eq!(
            error.way_out().unwrap(),
            "looked for `/nowhere/tasks/files/x`, `/nowhere/tasks/x`, `/nowhere/files/x`, `/nowhere/x`"
        );
    }

    #[test]
    fn every_built_in_file_reads_back_through_the_same_reader() {
        let mut count = 0;
        for (path, bytes) in Source::built_in() {
            assert_eq!(*Source::Embedded.read(path).unwrap(), *bytes);
            assert!(Source::Embedded.exists(&Path::new("products/..").join(path)));
            assert_eq!(Source::Embedded.inside(&Source::Embedded.shown(path)), path);
            count += 1;
        }
        assert!(count > 0, "nothing is embedded");
        let error = Source::Embedded.read(Path::new("no.yaml")).unwrap_err();
        assert_eq!(error.message(), "cannot read `playbooks/no.yaml`");
    }
}
