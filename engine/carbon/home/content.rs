//! One path of a desired Home: class, content, cost.

use std::path::PathBuf;
use std::sync::Arc;

use crate::carbon::digest::Digest;
use crate::catalogue::Restart;
use crate::edit::{Edit, apply, bundles};

use super::made::{Costs, Made};
use super::row::{Kind, Row};

/// Who decides about a path after the Home is made (design 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// wmprov keeps it so.
    Owned,
    /// Written once, then the server's.
    Seeded,
}

/// Where the content of a path comes from.
#[derive(Clone, Debug)]
pub enum Content {
    /// The pack, unchanged.
    Pack,
    /// A folder, whether the pack has it or not.
    Folder,
    /// A symbolic link, which the row says whole.
    Link,
    /// Bytes computed here: a stock file with its edits.
    Computed(Edited),
    /// A file of the user's overlay on the control machine.
    Overlay(PathBuf),
}

/// A stock file with its edits. The whole text of what many nodes have in common is held; what one node has for itself is
/// made of the stock file again for whoever asks: each of five hundred nodes would hold a hundred kilobytes of it, and few
/// are asked.
#[derive(Clone, Debug)]
pub struct Edited {
    /// What was done to the stock file, and what each edit costs.
    pub edits: Costs,
    /// The digest of the file without edits that cost no restart: what a process must have started with.
    pub started: Digest,
    text: Text,
    length: u64,
}

#[derive(Clone, Debug)]
enum Text {
    Held(Arc<[u8]>),
    Of { stock: Arc<[u8]> },
}

impl Edited {
    /// `made` of `stock` by `edits`; its text is `held`, or left to be made again of a stock file that is held anyhow.
    pub(super) fn new(stock: Arc<[u8]>, edits: Costs, made: Made, held: bool) -> Self {
        Self {
            edits,
            started: made.started,
            length: made.bytes.len() as u64,
            text: match held {
                true => Text::Held(made.bytes),
                false => Text::Of { stock },
            },
        }
    }

    /// The whole file as it is written.
    #[must_use]
    pub fn bytes(&self) -> Arc<[u8]> {
        match &self.text {
            Text::Held(bytes) => Arc::clone(bytes),
            Text::Of { stock } => {
                let edits: Vec<Edit> = self.edits.iter().map(|(edit, _)| edit.clone()).collect();
                #[allow(
                    clippy::expect_used,
                    reason = "the same edits have been applied to the same bytes before there was a value of this type"
                )]
                let made = apply(stock, &edits).expect("edits that applied apply again");
                made.into()
            }
        }
    }

    /// How long that is (bytes).
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// A path of a desired Home.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The path, its kind and mode.
    pub row: Row,
    /// Who decides about it later.
    pub class: Class,
    /// The most that a change of it can cost a running cluster.
    pub restart: Restart,
    /// Where the content comes from.
    pub content: Content,
    /// The content holds a secret: its digest is keyed where it is kept, its text never shown.
    pub secret: bool,
    /// The digest is that of the normal form (bundles.info of the active profile).
    pub normal: bool,
}

impl Desired {
    /// What a change from `old` (the file as it is on the host) to the desired content costs: the most
    /// that an edit costs which `old` does not satisfy yet; where `old` differs in other ways too, at
    /// least a restart.
    #[must_use]
    pub fn cost_from(&self, old: &[u8]) -> Restart {
        let Content::Computed(edited) = &self.content else {
            return self.restart;
        };
        let (bytes, edits) = (&*edited.bytes(), &edited.edits);
        let same = |one: &[u8], two: &[u8]| {
            if self.normal {
                bundles::normal_form(one) == bundles::normal_form(two)
            } else {
                one == two
            }
        };
        if same(old, bytes) {
            return Restart::None;
        }
        let edit = |edits: &[Edit], old: &[u8]| apply(old, edits).ok();
        let all: Vec<Edit> = edits.iter().map(|(edit, _)| edit.clone()).collect();
        let elsewhere = !edit(&all, old).is_some_and(|made| same(&made, bytes));
        let open = edits.iter().filter(|(one, _)| {
            edit(std::slice::from_ref(one), old).is_none_or(|made| !same(&made, old))
        });
        let open = open.map(|(_, restart)| *restart);
        let least = if elsewhere {
            Restart::Now
        } else {
            Restart::None
        };
        open.fold(least, std::cmp::Ord::max)
    }

    /// The row as a running process must have been started with; [`None`] where no server reads it.
    pub(super) fn started(&self) -> Option<Row> {
        if self.class != Class::Owned || self.restart <= Restart::Deferred {
            return None;
        }
        let kind = match &self.content {
            Content::Computed(edited) => Kind::File(edited.started),
            _ => self.row.kind.clone(),
        };
        Some(Row {
            kind,
            ..self.row.clone()
        })
    }
}
