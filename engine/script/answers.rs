//! What a host answered, by probe, in types.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;

use super::probe::Probe;
use super::servers::{Server, servers};

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a pipe, a socket.
    Other,
}

/// A path that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What it is.
    pub kind: FileKind,
    /// Permissions.
    pub mode: u32,
    /// The owner's name.
    pub owner: String,
    /// The group's name.
    pub group: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of a file, in hex.
    pub sha256: String,
    /// What a link points to.
    pub target: String,
    /// The content, where the probe asked for it and the file is small enough.
    pub content: Option<Vec<u8>>,
}

/// What former runs left on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// What they owe, one line each.
    pub debts: Vec<String>,
    /// How often the lock has been taken: where it is more than that later, another run has been here. [`None`] where
    /// one is here.
    pub holders: Option<u64>,
}

/// How a host stands with its firewall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirewallSeen {
    /// The port of the host that this run came in by, where it came over SSH.
    pub ssh: Option<u16>,
    /// Our table.
    pub nftables: Nftables,
}

/// What nft says of our table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nftables {
    /// There is no nft.
    None,
    /// It cannot be asked, and says why.
    Denied(String),
    /// There is no such table.
    Absent,
    /// The table in nft's normal form, with nft's version before it.
    There(String),
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Seconds since the last sign of life.
    pub age: u64,
    /// What the holder wrote: the number of its shell, a blank, who it is and why.
    pub line: String,
}

impl Holder {
    /// Who it is and why.
    #[must_use]
    pub fn who(&self) -> &str {
        match self.line.split_once(' ') {
            Some((_, who)) => who,
            None => "a run that left no name",
        }
    }
}

/// A folder held against what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// There is no such folder.
    Missing,
    /// It is as expected.
    Same,
    /// It is not: its rows, sorted by path.
    Rows {
        /// One row a path as [`crate::carbon::Row`] prints it; `!` for a digest that cannot be made.
        rows: String,
        /// Paths that belong to somebody else, and to whom.
        foreign: Vec<String>,
        /// What could not be read.
        errors: String,
    },
}

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The fields of its line in the database.
    pub fields: Vec<String>,
    /// A user's groups, where they were asked for.
    pub groups: Vec<String>,
}

/// A package and the family of its manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// `dpkg`, `rpm`, or nothing where the host has neither.
    pub family: Option<String>,
    /// The installed version.
    pub version: Option<String>,
}

/// What systemd says of a unit; [`None`] fields are what it did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// False where the host does not run systemd.
    pub systemd: bool,
    /// The properties that were asked for.
    pub properties: BTreeMap<String, String>,
}

impl Unit {
    /// A property, empty where it was not told.
    #[must_use]
    pub fn property(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", String::as_str)
    }

    /// True where the unit runs or is coming up.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(
            self.property("ActiveState"),
            "active" | "activating" | "reloading"
        )
    }

    /// True where nothing of the unit is left: one that is `deactivating` may still write.
    #[must_use]
    pub fn is_down(&self) -> bool {
        matches!(self.property("ActiveState"), "" | "inactive" | "failed")
    }

    /// The main process, where there is one.
    #[must_use]
    pub fn main_pid(&self) -> Option<u32> {
        self.property("MainPID")
            .parse()
            .ok()
            .filter(|pid| *pid != 0)
    }
}

/// A Java.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Java {
    /// Its version as it states it, `1.8.0_392` or `17.0.9`.
    pub version: String,
}

impl Java {
    /// The feature version: 8 for `1.8.0_392`, 17 for `17.0.9`.
    #[must_use]
    pub fn feature(&self) -> Option<u16> {
        crate::carbon::jdk::feature(&self.version)
    }
}

/// What is asked of every host once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `ID`, `ID_LIKE`, `VERSION_ID` … of os-release.
    pub os: BTreeMap<String, String>,
    /// Kernel name, release and machine.
    pub kernel: String,
    /// The host's own name.
    pub hostname: String,
    /// Addresses of its interfaces.
    pub addresses: Vec<String>,
    /// True where it runs systemd.
    pub systemd: bool,
    /// Memory in KiB.
    pub memory: u64,
    /// The user that asked.
    pub user: String,
    /// Changes with every boot.
    pub boot_id: String,
    /// Processors.
    pub processors: u32,
    /// Seconds since 1970, by its own clock.
    pub clock: u64,
    /// Its own name has an address there.
    pub has_own_address: bool,
}

/// Status, output and errors of a command that only looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The exit status.
    pub status: i32,
    /// Standard output without its last line ends.
    pub stdout: String,
    /// Standard error without its last line ends.
    pub stderr: String,
}

/// A dump of threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads {
    /// How it was made: `jcmd`, `jstack`, `journal`.
    pub by: String,
    /// The dump.
    pub dump: String,
}

/// What wmprov keeps about a node, and its process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeState {
    /// The line about the last write, empty where there was none.
    pub generation: String,
    /// The journal, empty where no transaction was cut.
    pub journal: String,
    /// The id of a complete stage, [`PART`] where one is there that is not complete, empty where there is none.
    pub ready: String,
    /// The evidence as it was stored.
    pub evidence: String,
    /// The unit.
    pub unit: Unit,
    /// Start time of the main process in clock ticks since boot, empty where there is none.
    pub started: String,
}

/// What stands for the id of a stage that is not complete.
pub const PART: &str = "part";

/// What a running node shows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// The server's process; [`None`] where it does not run.
    pub pid: Option<u32>,
    /// Its start time in clock ticks since boot.
    pub started: String,
    /// Its command line, word by word.
    pub command: Vec<String>,
    /// OSGi profiles whose files it holds open (real-run 11).
    pub profiles: Vec<String>,
    /// File names of the UI jars that it holds open.
    pub ui_jars: Vec<String>,
    /// Resident memory in KiB.
    pub memory: Option<u64>,
    /// Those of the wanted ports that it listens on.
    pub own_ports: Vec<u16>,
    /// Those that another process listens on.
    pub strangers: Vec<Stranger>,
    /// The lines of its log that matter, since its start.
    pub log: Vec<String>,
    /// The unit's main process; 0 where the unit does not run.
    pub main_pid: u32,
    /// Its open files may not be seen: profiles and UI jars are not known, the ports not whose they are.
    pub hidden: bool,
    /// Another server of the same Home, started by hand: it has written over the pid file (real-run 9).
    pub second: Option<u32>,
}

/// What wmprov wrote last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// There is a Manifest.
    pub manifest: bool,
    /// There is a file in the Manifest's place that is none.
    pub foreign: bool,
    /// Its rows, where they were asked for: path, a tab, and the row without its path.
    pub rows: String,
    /// SHA-256 of the unit file as it was last written, in hex; empty where that was not kept.
    pub unit: String,
}

/// What a host keeps of a node's generations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generations {
    /// The records of those that were made, one JSON object a line, the oldest first.
    pub log: String,
    /// The record of one that was being made when a run was cut; else empty.
    pub cut: String,
    /// What is kept of those that generations replaced: number, a blank, KiB; one a line.
    pub kept: String,
}

/// The artifacts that a server has deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// How many files.
    pub files: u64,
    /// The digest of their rows.
    pub digest: String,
    /// One row a file: the start of its digest, a blank, its path; empty where there are too many.
    pub rows: String,
}

/// Another process that listens on a port of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The port.
    pub port: u16,
    /// The process; [`None`] where it is not to be seen.
    pub pid: Option<u32>,
    /// Its name, empty where it is not to be seen.
    pub name: String,
}

impl fmt::Display for Stranger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(out, "{} is taken by `{}` (pid {pid})", self.port, self.name),
            None => write!(out, "{} is taken by another process", self.port),
        }
    }
}

/// The answer to one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Probe::Path`]; [`None`] where nothing is there.
    Path(Option<Path>),
    /// To [`Probe::Tree`].
    Tree(Tree),
    /// To [`Probe::Since`]: paths; [`None`] where no server runs whose start is known.
    Since(Option<Vec<String>>),
    /// To [`Probe::User`] and [`Probe::Group`].
    Account(Option<Account>),
    /// To [`Probe::Package`].
    Package(Package),
    /// To [`Probe::Unit`].
    Unit(Unit),
    /// To [`Probe::Java`].
    Java(Option<Java>),
    /// To [`Probe::Facts`].
    Facts(Box<Facts>),
    /// To [`Probe::Run`].
    Run(Output),
    /// To [`Probe::Node`].
    Node(Box<NodeState>),
    /// To [`Probe::Process`].
    Process(Box<Process>),
    /// To [`Probe::Kept`].
    Kept(Kept),
    /// To [`Probe::Threads`].
    Threads(Threads),
    /// To [`Probe::Generations`].
    Generations(Generations),
    /// To [`Probe::Replaced`]: lines as `sh/back.sh` makes them.
    Replaced(String),
    /// To [`Probe::Artifacts`]; [`None`] where there is no such folder.
    Artifacts(Option<Artifacts>),
    /// To [`Probe::Owed`].
    Owed(Owed),
    /// To [`Probe::Firewall`].
    Firewall(FirewallSeen),
    /// To [`Probe::Locked`].
    Locked(Option<Holder>),
    /// To [`Probe::Servers`].
    Servers(Vec<Server>),
    /// The host cannot tell: why.
    Unreadable(String),
}

/// Answers by probe.
#[derive(Clone, Debug, Default)]
pub struct Answers(BTreeMap<Probe, Answer>);

impl Answers {
    /// Sorts raw answers, whose ids are positions in `probes`.
    ///
    /// # Errors
    /// Where an answer is missing or not of its form: a host that answers nonsense is a failure, never
    /// "nothing to do".
    pub fn of(probes: &[Probe], raw: Vec<(String, Vec<Vec<u8>>)>) -> Result<Self, String> {
        let mut by_id: BTreeMap<String, Vec<Vec<u8>>> = raw.into_iter().collect();
        let mut answers = BTreeMap::new();
        for (id, probe) in probes.iter().enumerate() {
            let fields = by_id
                .remove(&id.to_string())
                .ok_or_else(|| format!("no answer to {probe:?}"))?;
            let answer = read(probe, &fields)
                .ok_or_else(|| format!("an answer not of its form to {probe:?}"))?;
            answers.insert(probe.clone(), answer);
        }
        Ok(Self(answers))
    }

    /// The answer to a probe, if it was asked.
    #[must_use]
    pub fn get(&self, probe: &Probe) -> Option<&Answer> {
        self.0.get(probe)
    }

    /// All that was asked.
    pub fn probes(&self) -> impl Iterator<Item = &Probe> {
        self.0.keys()
    }

    /// Puts in one answer, as tests and re-asking do.
    pub fn insert(&mut self, probe: Probe, answer: Answer) {
        self.0.insert(probe, answer);
    }

    /// Forgets one answer.
    pub fn remove(&mut self, probe: &Probe) {
        self.0.remove(probe);
    }

    /// Takes over all newer answers.
    pub fn merge(&mut self, newer: Self) {
        self.0.extend(newer.0);
    }

    /// Forgets the answers that an act on `path` may have made wrong, and returns their probes.
    pub fn forget(&mut self, path: &str) -> Vec<Probe> {
        let stale: Vec<Probe> = self
            .0
            .keys()
            .filter(|probe| probe.reads(path))
            .cloned()
            .collect();
        for probe in &stale {
            self.0.remove(probe);
        }
        stale
    }
}

/// Base64 with line ends, as `base64` prints it.
pub(super) fn decoded(field: &[u8]) -> Option<Vec<u8>> {
    let compact: Vec<u8> = field
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    base64::engine::general_purpose::STANDARD
        .decode(compact)
        .ok()
}

fn text(fields: &[Vec<u8>], at: usize) -> Option<String> {
    fields
        .get(at)
        .map(|field| String::from_utf8_lossy(field).into_owned())
}

fn read(probe: &Probe, fields: &[Vec<u8>]) -> Option<Answer> {
    let first = text(fields, 0)?;
    if first == "!" {
        return Some(Answer::Unreadable(text(fields, 1).unwrap_or_default()));
    }
    Some(match probe {
        Probe::Path { .. } => Answer::Path(path(&first, fields)?),
        Probe::Tree { .. } => Answer::Tree(match first.as_str() {
            "none" => Tree::Missing,
            "same" => Tree::Same,
            "rows" => Tree::Rows {
                rows: text(fields, 1)?,
                foreign: text(fields, 2)?.lines().map(str::to_owned).collect(),
                errors: text(fields, 3)?,
            },
            _ => return None,
        }),
        Probe::Since { .. } => Answer::Since(match first.as_str() {
            "-" => None,
            "s" => Some(text(fields, 1)?.lines().map(str::to_owned).collect()),
            _ => return None,
        }),
        Probe::User { .. } | Probe::Group(_) => Answer::Account(account(&first, &text(fields, 1)?)),
        Probe::Package(_) => Answer::Package(Package {
            family: Some(first).filter(|family| family != "-"),
            version: text(fields, 1).filter(|version| !version.is_empty()),
        }),
        Probe::Unit(_) => Answer::Unit(unit(&first)),
        Probe::Java(_) => Answer::Java(match first.as_str() {
            "-" => None,
            _ => Some(Java {
                version: text(fields, 1)?,
            }),
        }),
        Probe::Facts => Answer::Facts(Box::new(facts(fields)?)),
        Probe::Run(_) => Answer::Run(Output {
            status: first.parse().ok()?,
            stdout: text(fields, 1)?,
            stderr: text(fields, 2)?,
        }),
        Probe::Node { .. } => Answer::Node(Box::new(NodeState {
            generation: first,
            journal: text(fields, 1)?,
            ready: text(fields, 2)?,
            evidence: text(fields, 3)?,
            unit: unit(&text(fields, 4)?),
            started: text(fields, 5)?,
        })),
        Probe::Process { .. } => Answer::Process(Box::new(process(fields)?)),
        Probe::Threads { .. } => Answer::Threads(Threads {
            by: first,
            dump: text(fields, 1)?,
        }),
        Probe::Servers(_) => Answer::Servers(servers(fields.get(1..)?)?),
        Probe::Kept { .. } => Answer::Kept(Kept {
            manifest: first == "m",
            foreign: first == "x",
            rows: text(fields, 1)?,
            unit: text(fields, 2)?.trim().to_owned(),
        }),
        Probe::Generations { .. } => Answer::Generations(Generations {
            log: text(fields, 1)?,
            cut: text(fields, 2)?,
            kept: text(fields, 3)?,
        }),
        Probe::Replaced { .. } => Answer::Replaced(text(fields, 1)?),
        Probe::Artifacts { .. } => Answer::Artifacts(match first.as_str() {
            "-" => None,
            "f" => Some(Artifacts {
                files: text(fields, 1)?.trim().parse().ok()?,
                digest: text(fields, 2)?,
                rows: text(fields, 3)?,
            }),
            _ => return None,
        }),
        Probe::Owed { .. } => Answer::Owed(Owed {
            debts: first.lines().map(str::to_owned).collect(),
            holders: match text(fields, 1)?.as_str() {
                "" => None,
                times => Some(times.parse().ok()?),
            },
        }),
        Probe::Firewall => Answer::Firewall(FirewallSeen {
            ssh: first.parse().ok(),
            nftables: match (text(fields, 1)?.as_str(), text(fields, 2)?) {
                ("none", _) => Nftables::None,
                ("denied", said) => Nftables::Denied(said),
                ("absent", _) => Nftables::Absent,
                ("there", listing) => Nftables::There(listing),
                _ => return None,
            },
        }),
        Probe::Locked { .. } => Answer::Locked(match first.as_str() {
            "free" => None,
            "held" => Some(Holder {
                age: text(fields, 1)?.parse().ok()?,
                line: text(fields, 2)?,
            }),
            _ => return None,
        }),
    })
}

fn process(fields: &[Vec<u8>]) -> Option<Process> {
    let lines = |at: usize| -> Option<Vec<String>> {
        Some(
            text(fields, at)?
                .lines()
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    };
    let ports = |at: usize| -> Option<Vec<u16>> {
        let mut ports: Vec<u16> = text(fields, at)?
            .split_whitespace()
            .filter_map(|port| port.parse().ok())
            .collect();
        ports.sort_unstable();
        ports.dedup();
        Some(ports)
    };
    Some(Process {
        pid: text(fields, 0)?.parse().ok(),
        started: text(fields, 1)?,
        command: lines(2)?,
        profiles: lines(3)?,
        ui_jars: lines(4)?,
        memory: text(fields, 5)?.parse().ok(),
        own_ports: ports(6)?,
        strangers: lines(7)?
            .iter()
            .map(|line| stranger(line))
            .collect::<Option<_>>()?,
        log: lines(8)?,
        main_pid: text(fields, 9)?.trim().parse().unwrap_or(0),
        hidden: text(fields, 10)? == "hidden",
        second: text(fields, 11)?.parse().ok(),
    })
}

/// `9443 4711 python3`; `-` for a process that is not to be seen.
fn stranger(line: &str) -> Option<Stranger> {
    let mut words = line.splitn(3, ' ');
    Some(Stranger {
        port: words.next()?.parse().ok()?,
        pid: words.next()?.parse().ok(),
        name: words.next().unwrap_or_default().to_owned(),
    })
}

fn path(kind: &str, fields: &[Vec<u8>]) -> Option<Option<Path>> {
    let kind = match kind {
        "-" => return Some(None),
        "f" => FileKind::File,
        "d" => FileKind::Folder,
        "l" => FileKind::Link,
        "o" => FileKind::Other,
        _ => return None,
    };
    let content = fields.get(7)?;
    let size: u64 = text(fields, 4)?.parse().ok()?;
    Some(Some(Path {
        kind,
        mode: u32::from_str_radix(&text(fields, 1)?, 8).ok()?,
        owner: text(fields, 2)?,
        group: text(fields, 3)?,
        size,
        sha256: text(fields, 5)?,
        target: text(fields, 6)?,
        content: if content.is_empty() && size != 0 {
            None
        } else {
            Some(decoded(content)?)
        },
    }))
}

fn account(line: &str, groups: &str) -> Option<Account> {
    (!line.is_empty()).then(|| Account {
        fields: line.split(':').map(str::to_owned).collect(),
        groups: groups.split_whitespace().map(str::to_owned).collect(),
    })
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect()
}

fn unit(text: &str) -> Unit {
    Unit {
        systemd: !text.is_empty(),
        properties: pairs(text),
    }
}

fn facts(fields: &[Vec<u8>]) -> Option<Facts> {
    Some(Facts {
        os: pairs(&text(fields, 0)?),
        kernel: text(fields, 1)?,
        hostname: text(fields, 2)?,
        addresses: text(fields, 3)?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        systemd: text(fields, 4)? == "systemd",
        memory: text(fields, 5)?.parse().unwrap_or(0),
        user: text(fields, 6)?,
        boot_id: text(fields, 7)?,
        processors: text(fields, 8)?.parse().unwrap_or(1),
        clock: text(fields, 9)?.parse().ok()?,
        has_own_address: text(fields, 10)? == "yes",
    })
}
