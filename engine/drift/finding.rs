//! One thing that is not as wanted, and who is to blame: the host, the inventory, or both.

use serde::{Deserialize, Serialize};

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another content, or another kind of thing at the path (a link instead of a file, another target).
    Modified,
    /// Nothing is there.
    Missing,
    /// Something is there that nobody wants.
    Unexpected,
    /// Other permissions.
    Mode,
    /// Another user or group.
    Owner,
    /// The unit: its file, whether it is enabled, whether it runs.
    Unit,
    /// What the running node is.
    Role,
    /// Artifacts that are not deployed alike on all nodes of a cluster.
    Artifacts,
    /// The version of a Java or of a package.
    Version,
    /// What could not be read: never as wanted.
    Unreadable,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Modified,
        Self::Missing,
        Self::Unexpected,
        Self::Mode,
        Self::Owner,
        Self::Unit,
        Self::Role,
        Self::Artifacts,
        Self::Version,
        Self::Unreadable,
    ];

    /// Its word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Unit => "unit",
            Self::Role => "role",
            Self::Artifacts => "artifacts",
            Self::Version => "version",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Who moved (design 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The host: it is not what was last written.
    Drift,
    /// The inventory: the host is what was last written, and that is no longer wanted.
    Pending,
    /// Both.
    Both,
    /// Not to be told: what was last written is not recorded, or cannot be read.
    Unknown,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Drift, Self::Pending, Self::Both, Self::Unknown];

    /// Its word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Pending => "pending",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }

    /// Holds three states of one thing against each other, [`None`] for nothing there; `written` is [`None`]
    /// where no record tells. Nothing where it is as wanted, whatever the record says.
    pub fn of<T: PartialEq + ?Sized>(
        desired: Option<&T>,
        written: Option<Option<&T>>,
        observed: Option<&T>,
    ) -> Option<Self> {
        if observed == desired {
            return None;
        }
        Some(match written {
            None => Self::Unknown,
            Some(written) if written == observed => Self::Pending,
            Some(written) if written == desired => Self::Drift,
            Some(_) => Self::Both,
        })
    }
}

/// One thing that is not as wanted. Its texts hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The path on the host, or what it is about (`package nginx`).
    pub path: String,
    /// What differs.
    pub kind: Kind,
    /// Who moved.
    pub class: Class,
    /// What is wanted; [`None`] for nothing there.
    pub expected: Option<String>,
    /// What was seen; [`None`] for nothing there.
    pub observed: Option<String>,
    /// The difference of two texts, from what is wanted to what is there.
    pub hunk: Option<String>,
    /// The node, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node: Option<String>,
    /// It was not there, or not so, in the report that this one is compared with.
    #[serde(default)]
    pub new: bool,
}

impl Finding {
    /// A finding without hunk and node.
    #[must_use]
    pub fn new(path: impl Into<String>, kind: Kind, class: Class) -> Self {
        Self {
            path: path.into(),
            kind,
            class,
            expected: None,
            observed: None,
            hunk: None,
            node: None,
            new: false,
        }
    }

    /// Says what is wanted.
    #[must_use]
    pub fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = Some(text.into());
        self
    }

    /// Says what was seen.
    #[must_use]
    pub fn observed(mut self, text: impl Into<String>) -> Self {
        self.observed = Some(text.into());
        self
    }

    /// Says which node it is about.
    #[must_use]
    pub fn of_node(mut self, node: &str) -> Self {
        self.node = Some(node.to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn three_states_tell_who_moved() {
        let (a, b, c) = (Some("a"), Some("b"), Some("c"));
        let rows = [
            (a, Some(a), a, None),
            (a, Some(b), a, None),
            (a, None, a, None),
            (a, Some(a), b, Some(Class::Drift)),
            (a, Some(a), None, Some(Class::Drift)),
            (None, Some(None), a, Some(Class::Drift)),
            (a, Some(b), b, Some(Class::Pending)),
            (a, Some(None), None, Some(Class::Pending)),
            (None, Some(a), a, Some(Class::Pending)),
            (a, Some(b), c, Some(Class::Both)),
            (a, Some(b), None, Some(Class::Both)),
            (a, None, b, Some(Class::Unknown)),
        ];
        for (desired, written, observed, class) in rows {
            assert_eq!(
                Class::of(desired, written, observed),
                class,
                "{desired:?} {written:?} {observed:?}"
            );
        }
    }
}
