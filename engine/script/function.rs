//! The shell functions that scripts are made of; a script carries only those it calls.

use std::borrow::Cow;

/// A shell function that answers a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Function {
    Path,
    Account,
    Package,
    Unit,
    Java,
    Facts,
    Run,
    Tree,
    Since,
    Node,
    Owed,
    Process,
    Threads,
    Kept,
    Generations,
    Replaced,
    Artifacts,
    Locked,
    Firewall,
    Servers,
}

impl Function {
    pub(super) const ALL: [Self; 20] = [
        Self::Path,
        Self::Account,
        Self::Package,
        Self::Unit,
        Self::Java,
        Self::Facts,
        Self::Run,
        Self::Tree,
        Self::Since,
        Self::Node,
        Self::Owed,
        Self::Process,
        Self::Threads,
        Self::Kept,
        Self::Generations,
        Self::Replaced,
        Self::Artifacts,
        Self::Locked,
        Self::Firewall,
        Self::Servers,
    ];

    /// Its name in the script.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Path => "wm_entry",
            Self::Account => "wm_account",
            Self::Package => "wm_package",
            Self::Unit => "wm_unit",
            Self::Java => "wm_java",
            Self::Facts => "wm_facts",
            Self::Run => "wm_run",
            Self::Tree => "wm_tree",
            Self::Since => "wm_since",
            Self::Node => "wm_node",
            Self::Owed => "wm_owed",
            Self::Process => "wm_process",
            Self::Threads => "wm_threads",
            Self::Kept => "wm_kept",
            Self::Generations => "wm_generations",
            Self::Replaced => "wm_replaced",
            Self::Artifacts => "wm_artifacts",
            Self::Locked => "wm_locked",
            Self::Firewall => "wm_firewall",
            Self::Servers => "wm_servers",
        }
    }

    /// Its text.
    pub(super) fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Tree => {
                let normal = crate::edit::bundles::NORMAL_FORM_SH;
                let tree = include_str!("sh/tree.sh");
                return Cow::Owned(format!("wm_normal() {{\n{normal}\n}}\n{tree}"));
            }
            Self::Path => include_str!("sh/path.sh"),
            Self::Account => include_str!("sh/account.sh"),
            Self::Package => include_str!("sh/package.sh"),
            Self::Unit => include_str!("sh/unit.sh"),
            Self::Java => include_str!("sh/java.sh"),
            Self::Facts => include_str!("sh/facts.sh"),
            Self::Run => include_str!("sh/run.sh"),
            Self::Since => include_str!("sh/since.sh"),
            Self::Node => include_str!("sh/node.sh"),
            Self::Owed => include_str!("sh/owed.sh"),
            Self::Process => include_str!("sh/process.sh"),
            Self::Threads => include_str!("sh/threads.sh"),
            Self::Kept => include_str!("sh/kept.sh"),
            Self::Generations => include_str!("sh/generations.sh"),
            Self::Replaced => include_str!("sh/back.sh"),
            Self::Artifacts => include_str!("sh/artifacts.sh"),
            Self::Locked => include_str!("sh/locked.sh"),
            Self::Firewall => include_str!("sh/firewall.sh"),
            Self::Servers => include_str!("sh/servers.sh"),
        })
    }

    /// True where an acting session does not begin with it: no task asks it, or few do, whose requests bring it along.
    pub(super) fn is_seldom(self) -> bool {
        matches!(
            self,
            Self::Threads | Self::Servers | Self::Locked | Self::Replaced
        )
    }

    /// The functions that it calls itself.
    pub(super) fn needs(self) -> &'static [Self] {
        match self {
            Self::Node => &[Self::Unit],
            Self::Process => &[Self::Unit],
            Self::Replaced => &[Self::Tree],
            Self::Threads | Self::Since => &[Self::Process, Self::Unit],
            _ => &[],
        }
    }
}

/// Functions that few tasks act by or ask: a request that calls one brings its text along.
const SELDOM: [&str; 5] = [
    include_str!("sh/back.sh"),
    include_str!("sh/balancer.sh"),
    include_str!("sh/jdk.sh"),
    include_str!("sh/life.sh"),
    include_str!("sh/trial.sh"),
];

/// The text that makes the function `name`, where a session has not got it.
pub(super) fn seldom(name: &str) -> Option<&'static str> {
    let head = format!("\n{name}() ");
    SELDOM.into_iter().find(|text| text.contains(&head))
}

/// The text without comments and empty lines: every byte is sent to every host.
pub(super) fn lean(text: &str) -> String {
    text.lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .fold(String::with_capacity(text.len()), |mut lean, line| {
            lean.push_str(line);
            lean.push('\n');
            lean
        })
}
