//! What can be asked of a host without changing it.

use super::function::Function;
use super::quote;

/// A file in a tree that is compared in a normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Normalised {
    /// The form: `bundles` for bundles.info (carbon 1.5).
    pub kind: String,
    /// The path, relative to the tree.
    pub path: String,
}

/// One question to a host. Equal probes are asked once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Probe {
    /// What a path is: kind, mode, owner, digest, and its content where it is no longer than `content` bytes.
    Path {
        /// The path on the host.
        path: String,
        /// Up to how many bytes the content is sent along.
        content: u64,
    },
    /// Whether the owned part of a folder is as expected, and its rows where it is not.
    Tree {
        /// The folder on the host.
        folder: String,
        /// The digest of the rows as wanted, in hex.
        expected: String,
        /// Paths under the folder, relative to it, that are not owned; a `/` at the end leaves out
        /// what is inside and keeps the folder itself. They may hold the wildcards of `find -path`.
        prune: Vec<String>,
        /// Files compared in a normal form.
        normalised: Vec<Normalised>,
    },
    /// A user.
    User(String),
    /// A group.
    Group(String),
    /// An installed package.
    Package(String),
    /// A systemd unit.
    Unit(String),
    /// The Java under a `JAVA_HOME`.
    Java(String),
    /// What is asked of every host once.
    Facts,
    /// The output of a command that only looks.
    Run(Vec<String>),
    /// What wmprov keeps about a node, and what its process is (its state folder, its unit).
    Node {
        /// The node's state folder.
        state: String,
        /// The systemd unit.
        unit: String,
    },
    /// The lock of a host and what a former run still owes.
    Owed {
        /// The host's state folder.
        state: String,
    },
}

impl Probe {
    /// The shell function that answers, and its arguments.
    pub(super) fn call(&self) -> (Function, Vec<String>) {
        match self {
            Self::Path { path, content } => {
                (Function::Path, vec![path.clone(), content.to_string()])
            }
            Self::Tree {
                folder,
                expected,
                prune,
                normalised,
            } => (
                Function::Tree,
                tree_arguments(folder, expected, prune, normalised),
            ),
            Self::User(name) => (Function::Account, vec!["passwd".into(), name.clone()]),
            Self::Group(name) => (Function::Account, vec!["group".into(), name.clone()]),
            Self::Package(name) => (Function::Package, vec![name.clone()]),
            Self::Unit(name) => (Function::Unit, vec![name.clone()]),
            Self::Java(home) => (Function::Java, vec![home.clone()]),
            Self::Facts => (Function::Facts, Vec::new()),
            Self::Run(argv) => (Function::Run, argv.clone()),
            Self::Node { state, unit } => (Function::Node, vec![state.clone(), unit.clone()]),
            Self::Owed { state } => (Function::Owed, vec![state.clone()]),
        }
    }

    /// True where an act on `path` may change the answer.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let related = |own: &str| within(own, path) || within(path, own);
        match self {
            Self::Path { path: own, .. } => related(own),
            Self::Tree { folder, .. } => related(folder),
            Self::User(_) => related("/etc/passwd") || related("/etc/group"),
            Self::Group(_) => related("/etc/group"),
            Self::Package(_) => related("/var/lib/dpkg") || related("/var/lib/rpm"),
            Self::Unit(_) => related("/etc/systemd/system") || related("/run/systemd"),
            Self::Java(home) => related(home),
            Self::Node { state, .. } => {
                related(state) || related("/etc/systemd/system") || related("/run/systemd")
            }
            Self::Owed { state } => related(state),
            Self::Facts => false,
            Self::Run(_) => true,
        }
    }
}

/// True where `inner` is `outer` or lies under it.
fn within(inner: &str, outer: &str) -> bool {
    let outer = outer.trim_end_matches('/');
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The arguments of `tree`: find expressions are put together here, where quoting is at home.
fn tree_arguments(
    folder: &str,
    expected: &str,
    prune: &[String],
    normalised: &[Normalised],
) -> Vec<String> {
    let patterns: Vec<String> = prune
        .iter()
        .map(|path| {
            let inside = if path.ends_with('/') { "*" } else { "" };
            format!("-path {}", quote::word(&format!("./{path}{inside}")))
        })
        .collect();
    let pruned = if patterns.is_empty() {
        String::new()
    } else {
        format!(r"\( {} \) -prune -o", patterns.join(" -o "))
    };
    let hashed: Vec<String> = normalised
        .iter()
        .map(|file| {
            format!(
                "! -path {}",
                quote::word(&format!("./{}", escape_pattern(&file.path)))
            )
        })
        .collect();
    let mut arguments = vec![
        expected.to_owned(),
        folder.to_owned(),
        pruned,
        hashed.join(" "),
    ];
    for file in normalised {
        arguments.push(file.kind.clone());
        arguments.push(file.path.clone());
    }
    arguments
}

/// Takes the meaning from the wildcards of `find -path`.
fn escape_pattern(path: &str) -> String {
    path.replace(['[', ']', '*', '?', '\\'], "?")
}
