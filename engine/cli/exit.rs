//! What the program's end says to whoever started it.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is as wanted.
    AsWanted,
    /// A host failed.
    HostFailed,
    /// Arguments or files are wrong.
    Wrong,
    /// A plan or a drift check found something.
    WouldChange,
    /// The user interrupted.
    Interrupted,
}

impl Exit {
    /// Every way to end.
    pub(crate) const ALL: [Self; 5] = [
        Self::AsWanted,
        Self::HostFailed,
        Self::Wrong,
        Self::WouldChange,
        Self::Interrupted,
    ];

    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::AsWanted => 0,
            Self::HostFailed => 1,
            Self::Wrong => 2,
            Self::WouldChange => 3,
            Self::Interrupted => 130,
        }
    }

    /// The same, where what was found could not be written: that is never as good as nothing.
    pub(crate) fn or_lost(self) -> Self {
        match self {
            Self::AsWanted | Self::WouldChange => Self::HostFailed,
            other => other,
        }
    }

    /// Its sentence in `--help` and `docs/exit-codes.md`.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::AsWanted => "everything is as wanted, or has been brought about",
            Self::HostFailed => {
                "a host failed or could not be reached, or the result could not be written"
            }
            Self::Wrong => "arguments or files are wrong; no host was touched",
            Self::WouldChange => "`plan`, `drift` or `adopt` found something that is not as wanted",
            Self::Interrupted => "interrupted; an apply goes on from there",
        }
    }

    /// The list that ends `--help`.
    pub(crate) fn list() -> String {
        let lines: Vec<String> = Self::ALL
            .iter()
            .map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()))
            .collect();
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
