//! What can be asked of a host without changing it.

use super::function::Function;
use super::quote;
use crate::carbon::TreeRules;

/// One question to a host. Equal probes are asked once, and in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Probe {
    /// What a former run still owes on a host, and how often its lock has been taken. Asked before anything that the lock's
    /// holder may change: who lets go of it between two answers is noticed.
    Owed {
        /// The host's state folder.
        state: String,
    },
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
        /// Whose all of it must be: user and group.
        owner: (String, String),
        /// Which of its paths are owned.
        rules: TreeRules,
    },
    /// What of the owned part of a Home has changed since its server has started.
    Since {
        /// The Home.
        home: String,
        /// The systemd unit.
        unit: String,
        /// Which of its paths are owned.
        rules: TreeRules,
    },
    /// A user.
    User {
        /// The name.
        name: String,
        /// The groups that the user is in as well.
        groups: bool,
    },
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
    /// What a running node shows of itself.
    Process {
        /// The node's state folder.
        state: String,
        /// The Home.
        home: String,
        /// The systemd unit.
        unit: String,
        /// The ports it is to open.
        ports: Vec<u16>,
        /// The lines of its log that matter as well.
        log: bool,
    },
    /// A dump of the threads of a node's server. Asked for where a user wants it: by SIGQUIT, where there is no better way.
    Threads {
        /// The Home.
        home: String,
        /// The systemd unit.
        unit: String,
        /// Its `JAVA_HOME`.
        java: String,
    },
    /// What wmprov wrote last: whether there is a Manifest, its rows where they are wanted, the unit file's digest.
    Kept {
        /// The node's state folder.
        state: String,
        /// The rows of the Manifest as well.
        whole: bool,
    },
    /// The log of a node's generations, and which predecessors are kept.
    Generations {
        /// The node's state folder.
        state: String,
    },
    /// What brings a Home back to an earlier generation, out of what is kept of the later ones.
    Replaced {
        /// The node's state folder.
        state: String,
        /// The Home.
        home: String,
        /// Its unit file.
        unit: String,
        /// The generation.
        to: u64,
        /// `user:group`, whose the files of that generation were; empty where its record does not say.
        owner: String,
    },
    /// The artifacts that a server has deployed.
    Artifacts {
        /// The folder of deployed artifacts.
        folder: String,
    },
    /// The Carbon servers of a host: those that run, and those of these Homes.
    Servers(Vec<String>),
    /// Who holds the lock of a host.
    Locked {
        /// The host's state folder.
        state: String,
    },
    /// By which port this run came in over SSH, and our table of nftables.
    Firewall,
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
                owner,
                rules,
            } => {
                let mut arguments = vec![expected.clone(), folder.clone()];
                arguments.extend(tree_words(owner, rules));
                (Function::Tree, arguments)
            }
            Self::Since { home, unit, rules } => {
                let file = format!("/etc/systemd/system/{unit}");
                let mut arguments = vec![home.clone(), file, unit.clone()];
                let nobody = (String::new(), String::new());
                arguments.extend(tree_words(&nobody, rules).into_iter().skip(2));
                (Function::Since, arguments)
            }
            Self::User { name, groups } => {
                let groups = if *groups { "groups" } else { "" };
                let arguments = ["passwd", name, groups].map(str::to_owned);
                (Function::Account, arguments.into())
            }
            Self::Group(name) => {
                let arguments = ["group", name, ""].map(str::to_owned);
                (Function::Account, arguments.into())
            }
            Self::Package(name) => (Function::Package, vec![name.clone()]),
            Self::Unit(name) => (Function::Unit, vec![name.clone()]),
            Self::Java(home) => (Function::Java, vec![home.clone()]),
            Self::Facts => (Function::Facts, Vec::new()),
            Self::Run(argv) => (Function::Run, argv.clone()),
            Self::Node { state, unit } => (Function::Node, vec![state.clone(), unit.clone()]),
            Self::Process {
                state,
                home,
                unit,
                ports,
                log,
            } => {
                let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                let log = if *log { "log" } else { "" };
                let mut arguments = vec![state.clone(), home.clone(), unit.clone()];
                arguments.extend([ports.join(" "), log.to_owned()]);
                (Function::Process, arguments)
            }
            Self::Threads { home, unit, java } => (
                Function::Threads,
                vec![home.clone(), unit.clone(), java.clone()],
            ),
            Self::Kept { state, whole } => {
                let whole = if *whole { "whole" } else { "" };
                (Function::Kept, vec![state.clone(), whole.to_owned()])
            }
            Self::Artifacts { folder } => (Function::Artifacts, vec![folder.clone()]),
            Self::Generations { state } => (Function::Generations, vec![state.clone()]),
            Self::Replaced {
                state,
                home,
                unit,
                to,
                owner,
            } => {
                let words = back_words(state, home, unit, *to, owner);
                (Function::Replaced, words.into())
            }
            Self::Owed { state } => (Function::Owed, vec![state.clone()]),
            Self::Locked { state } => (Function::Locked, vec![state.clone()]),
            Self::Firewall => (Function::Firewall, Vec::new()),
            Self::Servers(homes) => (Function::Servers, homes.clone()),
        }
    }

    /// True where an act on `path` may change the answer.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let related = |own: &str| within(own, path) || within(path, own);
        match self {
            Self::Path { path: own, .. } => related(own),
            Self::Tree { folder, .. } => related(folder),
            Self::User { .. } => related("/etc/passwd") || related("/etc/group"),
            Self::Group(_) => related("/etc/group"),
            Self::Package(_) => related("/var/lib/dpkg") || related("/var/lib/rpm"),
            Self::Unit(_) => related("/etc/systemd/system") || related("/run/systemd"),
            Self::Java(home) => related(home),
            Self::Node { state, .. } => {
                related(state) || related("/etc/systemd/system") || related("/run/systemd")
            }
            Self::Owed { state }
            | Self::Kept { state, .. }
            | Self::Generations { state }
            | Self::Locked { state } => related(state),
            Self::Replaced {
                state, home, unit, ..
            } => related(state) || related(home) || related(unit),
            Self::Artifacts { folder } => related(folder),
            Self::Facts => false,
            // A package may bring nft, a unit may load or flush tables.
            Self::Firewall => [
                "/etc/wmprov",
                "/var/lib/dpkg",
                "/var/lib/rpm",
                "/run/systemd",
            ]
            .into_iter()
            .any(related),
            Self::Since { .. }
            | Self::Run(_)
            | Self::Process { .. }
            | Self::Threads { .. }
            | Self::Servers(_) => true,
        }
    }
}

/// The words of `wm_back`, and of the question what it would do.
#[must_use]
pub fn back_words(state: &str, home: &str, unit: &str, to: u64, owner: &str) -> [String; 5] {
    let owner = if owner.is_empty() { "-" } else { owner };
    [state, home, unit, &to.to_string(), owner].map(str::to_owned)
}

/// True where `inner` is `outer` or lies under it.
fn within(inner: &str, outer: &str) -> bool {
    let outer = outer.trim_end_matches('/');
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The words that `tree` and `verify` take: find expressions are put together here, where quoting is at home.
#[must_use]
pub fn tree_words(owner: &(String, String), rules: &TreeRules) -> Vec<String> {
    let each = |lead: &str, list: &[String], between: &str| {
        let words: Vec<String> = list
            .iter()
            .map(|path| format!("{lead}{}", quote::word(path)))
            .collect();
        words.join(between)
    };
    let mut words = vec![
        owner.0.clone(),
        owner.1.clone(),
        each("", &rules.roots, " "),
        each("", &rules.folders, " "),
        pruned(&rules.prunes),
        each("! -path ", &rules.normal, " "),
    ];
    words.extend(rules.normal.iter().cloned());
    words
}

/// The expression that leaves out what any of `patterns` matches. One regular expression: `find` takes a third of its
/// time to hold every path against two dozen patterns one by one.
fn pruned(patterns: &[String]) -> String {
    if patterns.is_empty() {
        return String::new();
    }
    let any: Vec<String> = patterns.iter().map(|pattern| regex(pattern)).collect();
    let any = any.join("|");
    format!(
        "-regextype posix-extended -regex {} -prune -o",
        quote::word(&any)
    )
}

/// A pattern of [`TreeRules`] as an extended regular expression.
fn regex(pattern: &str) -> String {
    let mut regex = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let itself = match character {
            '*' => {
                regex.push_str(".*");
                continue;
            }
            '?' => {
                regex.push('.');
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if r".[]()*+?{}|^$\".contains(itself) {
            regex.push('\\');
        }
        regex.push(itself);
    }
    regex
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{Probe, pruned};

    #[test]
    fn the_lock_is_asked_for_before_what_its_holder_may_change() {
        let owed = Probe::Owed {
            state: "z".to_owned(),
        };
        for other in [
            Probe::Path {
                path: String::new(),
                content: 0,
            },
            Probe::Node {
                state: String::new(),
                unit: String::new(),
            },
        ] {
            assert!(owed < other);
        }
    }

    #[test]
    fn a_host_leaves_out_what_patterns_mean() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "tmp",
            "tmpa",
            "a.log",
            "ab.log",
            "axlog",
            "a+b",
            "aab",
            "it's",
            "(x)|{y}^$",
            "[z]",
            "q*",
            "qq",
        ];
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let patterns = [
            "tmp",
            "a*.log",
            "a+b",
            "it's",
            "(?)|{y}^$",
            r"\[z\]",
            r"q\*",
        ];
        let prune = pruned(&patterns.map(str::to_owned));
        let script = format!("find * {prune} -print");
        let mut find = Command::new("sh");
        find.args(["-c", &script]).env("LC_ALL", "C");
        let out = find.current_dir(folder.path()).output().unwrap();
        assert_eq!(
            (
                String::from_utf8_lossy(&out.stdout).as_ref(),
                String::from_utf8_lossy(&out.stderr).as_ref()
            ),
            ("aab\naxlog\nqq\ntmpa\n", "")
        );
        assert_eq!(pruned(&[]), "");
    }
}
