//! One act on a host: what a module wants done, in a form that only `run/` and the shell carry out.

use super::quote;
use crate::carbon::Digest;

/// Mode, owner and group; what is [`None`] is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Permissions.
    pub mode: Option<u32>,
    /// The owner's name.
    pub owner: Option<String>,
    /// The group's name.
    pub group: Option<String>,
}

impl Attributes {
    fn words(&self) -> [String; 3] {
        [
            self.mode
                .map(|mode| format!("{mode:o}"))
                .unwrap_or_default(),
            self.owner.clone().unwrap_or_default(),
            self.group.clone().unwrap_or_default(),
        ]
    }
}

/// One act. Every act may be repeated: done twice, it leaves what once leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A file gets this content: it lands beside its place, is hashed, gets its attributes, is renamed.
    Write {
        /// The path.
        path: String,
        /// The content.
        content: Vec<u8>,
        /// Its attributes.
        attributes: Attributes,
    },
    /// A folder is made, with those above it.
    Folder {
        /// The path.
        path: String,
        /// Its attributes.
        attributes: Attributes,
    },
    /// A file is made empty where there is none.
    Touch {
        /// The path.
        path: String,
        /// Its attributes.
        attributes: Attributes,
    },
    /// Attributes of what is there.
    Attributes {
        /// The path.
        path: String,
        /// The attributes.
        attributes: Attributes,
        /// Of all that is under it too.
        recurse: bool,
    },
    /// A symbolic link.
    Link {
        /// The path.
        path: String,
        /// What it points to.
        target: String,
    },
    /// A second name of a file.
    HardLink {
        /// The path.
        path: String,
        /// The file.
        target: String,
    },
    /// A path is taken away, with all under it.
    Remove {
        /// The path.
        path: String,
    },
    /// A command of our own that must succeed.
    Run {
        /// Its words.
        argv: Vec<String>,
    },
    /// A command of the user's: its exit status, output and errors are the result.
    Command {
        /// Its words.
        argv: Vec<String>,
        /// The folder it starts in.
        folder: Option<String>,
        /// What it reads.
        input: Vec<u8>,
    },
    /// A function of the scripts with its arguments.
    Function {
        /// Its name.
        name: &'static str,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

impl Step {
    /// The line of the script that does it, and the data that follows on standard input.
    pub(super) fn line(&self, id: &str) -> (String, &[u8]) {
        let call = |name: &str, arguments: &[String]| {
            format!("wm_do {id} {name} {}\n", quote::words(arguments))
        };
        match self {
            Self::Write {
                path,
                content,
                attributes,
            } => {
                let [mode, owner, group] = attributes.words();
                let hash = sha256(content);
                let (name, first, data): (_, _, &[u8]) = match little_text(content) {
                    Some(text) => ("wm_write_text", text.to_owned(), &[]),
                    None => ("wm_write", content.len().to_string(), content),
                };
                let arguments = [first, path.clone(), mode, owner, group, hash];
                (call(name, &arguments), data)
            }
            Self::Folder { path, attributes } => (call("wm_folder", &with(path, attributes)), &[]),
            Self::Touch { path, attributes } => (call("wm_touch", &with(path, attributes)), &[]),
            Self::Attributes {
                path,
                attributes,
                recurse,
            } => {
                let name = if *recurse {
                    "wm_recursive"
                } else {
                    "wm_attributes"
                };
                (call(name, &with(path, attributes)), &[])
            }
            Self::Link { path, target } => (call("wm_link", &[path.clone(), target.clone()]), &[]),
            Self::HardLink { path, target } => {
                (call("wm_hardlink", &[path.clone(), target.clone()]), &[])
            }
            Self::Remove { path } => (call("wm_remove", std::slice::from_ref(path)), &[]),
            Self::Run { argv } => (format!("wm_do {id} wm_with {}\n", quote::words(argv)), &[]),
            Self::Command {
                argv,
                folder,
                input,
            } => (
                format!(
                    "wm_command {id} {} {} {}\n",
                    input.len(),
                    quote::word(folder.as_deref().unwrap_or_default()),
                    quote::words(argv)
                ),
                input,
            ),
            Self::Function { name, arguments } => (call(name, arguments), &[]),
        }
    }
}

/// What may stand in a script as a word.
fn little_text(content: &[u8]) -> Option<&str> {
    const LITTLE: usize = 8 * 1024;
    let little = content.len() <= LITTLE && !content.contains(&0);
    std::str::from_utf8(content).ok().filter(|_| little)
}

fn with(path: &str, attributes: &Attributes) -> Vec<String> {
    let mut words = vec![path.to_owned()];
    words.extend(attributes.words());
    words
}

/// SHA-256 in hex, as every digest of ours is written.
#[must_use]
pub fn sha256(content: &[u8]) -> String {
    Digest::of(content).to_string()
}
