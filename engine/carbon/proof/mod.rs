//! The proof of role: what a running node must show, held against what was seen of it.
//!
//! Pure: the looking is done elsewhere. What was not seen is *not proved*, never ok (design 5.4).

mod front;
mod membership;
mod rows;
#[cfg(test)]
mod tests;

pub use front::{FrontAnswer, FrontExpected, FrontSeen, prove_front};
pub use membership::{Member, Membership, membership};
pub use rows::prove;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::bundle::Tier;
use super::log::Said;
use crate::catalogue::{Kernel, Role};
use crate::cluster::Node;

/// What a node must show.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Manager or worker.
    pub role: Role,
    /// The kernel.
    pub kernel: Kernel,
    /// The OSGi profile.
    pub profile: String,
    /// How much of the UI a worker goes without.
    pub tier: Tier,
    /// The ports that must be open, by name.
    pub ports: BTreeMap<String, u16>,
    /// The clustering domain.
    pub domain: String,
    /// The address and port that it claims.
    pub member: (IpAddr, u16),
    /// The other members that are up: each must be known to this node or know it.
    pub others: Vec<(IpAddr, u16)>,
}

impl Expected {
    /// What a node of the kernel must show, where so much of the UI goes from its cluster's workers, and these
    /// members are up beside it.
    #[must_use]
    pub fn of(node: &Node, kernel: Kernel, tier: Tier, others: Vec<(IpAddr, u16)>) -> Self {
        Self {
            role: node.role,
            kernel,
            profile: node.profile.clone(),
            tier,
            ports: node.ports.clone(),
            domain: node.domain.clone(),
            member: (node.member.address, node.member.port),
            others,
        }
    }
}

/// The answer of one HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, as far as it was read.
    pub body: String,
}

/// What was seen of a running node; [`None`] is what could not be asked.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The server's process is alive, and its PID.
    pub pid: Option<u32>,
    /// A second server of the same Home, which somebody started beside it.
    pub second: Option<u32>,
    /// The value of the last `-DworkerNode=` of its command line; the script puts `false` first
    /// (real-run 11). [`Some`] of nothing where the flag does not stand.
    pub worker_flag: Option<Option<String>>,
    /// Profiles under `components/` of which it holds files open (real-run 11).
    pub open_profiles: Option<Vec<String>>,
    /// Symbolic names of UI jars that it holds open: `*.ui`, `*.ui.menu`, `org.wso2.carbon.ui`.
    pub open_ui: Option<Vec<String>>,
    /// What its log says since it started; [`None`] where the log is silent (real-run 3).
    pub said: Option<Said>,
    /// The PID that owns each listening port asked for; 0 where nobody listens or it is not known whose.
    pub owners: Option<BTreeMap<u16, u32>>,
    /// `GET /carbon/`.
    pub console: Option<Answer>,
    /// `GET /carbon/admin/css/global.css`: the console's own.
    pub console_style: Option<Answer>,
    /// `GET /carbon/axis2/images/type.gif`: a UI bundle's.
    pub bundle_image: Option<Answer>,
    /// ServerAdmin called with the administrator's login; asked once a start.
    pub admin: Option<Answer>,
    /// The members that are in one cluster with it, as [`membership`] puts together.
    pub members: Option<Vec<(IpAddr, u16)>>,
    /// How many clusters of the domain have a coordinator of their own.
    pub coordinators: Option<usize>,
}

/// What became of one thing to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was seen as it must be.
    Proved,
    /// It was seen otherwise: the reason.
    Refuted(String),
    /// It was not seen: why.
    NotProved(String),
}

/// One thing to prove and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofRow {
    /// What must hold, in a few words.
    pub what: &'static str,
    /// What became of it.
    pub verdict: Verdict,
}

/// All things to prove of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// In a fixed order.
    pub rows: Vec<ProofRow>,
}

impl Proof {
    /// Nothing is refuted.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.refuted().next().is_none()
    }

    /// Everything is proved.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.rows.iter().all(|row| row.verdict == Verdict::Proved)
    }

    /// The rows that were seen otherwise.
    pub fn refuted(&self) -> impl Iterator<Item = &ProofRow> {
        let refuted = |row: &&ProofRow| matches!(row.verdict, Verdict::Refuted(_));
        self.rows.iter().filter(refuted)
    }
}

impl fmt::Display for ProofRow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Proved => write!(out, "{}: proved", self.what),
            Verdict::Refuted(why) => write!(out, "{}: refuted, {why}", self.what),
            Verdict::NotProved(why) => write!(out, "{}: not proved, {why}", self.what),
        }
    }
}
