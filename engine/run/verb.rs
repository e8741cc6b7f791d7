//! The commands that are a run, by the names that records of them keep.

use std::fmt;

/// What a run is begun as. Records of it keep the name: an earlier or later wmprov may have written them, so that what is
/// read back is a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verb {
    /// It only looks; nothing is kept of it.
    #[default]
    Plan,
    /// What the inventory says is brought about.
    Apply,
    /// Nodes become what they were.
    Rollback,
    /// Nodes that do not run are started.
    Start,
    /// Nodes are stopped.
    Stop,
    /// Nodes are restarted, one after the other.
    Restart,
    /// Another manager becomes the active one.
    Promote,
    /// A host leaves.
    Decommission,
    /// A new machine takes a host's name.
    Replace,
    /// A backup becomes a cluster again.
    Restore,
}

impl Verb {
    /// The command's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Rollback => "rollback",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Promote => "promote",
            Self::Decommission => "decommission",
            Self::Replace => "replace",
            Self::Restore => "restore",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}
