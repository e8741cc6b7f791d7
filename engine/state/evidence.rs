//! What a gate saw of a running node, bound to that very process: logs roll, and an old line proves nothing
//! of today's process.

use serde::{Deserialize, Serialize};

/// The proof of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// SHA-256 over what the process was started with.
    pub start: String,
    /// Start time of the unit's main process, in clock ticks since boot.
    pub process: String,
    /// The boot that it was started in.
    pub boot: String,
    /// Seconds since 1970 when it was proved.
    pub at: u64,
    /// What was proved, one line each.
    pub proof: Vec<String>,
    /// Resident memory then, in KiB.
    pub memory: Option<u64>,
}

impl Evidence {
    /// Reads what was stored; [`None`] where there is nothing or it cannot be read, which counts as not proved.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text.trim()).ok()
    }

    /// The line that is stored.
    ///
    /// # Errors
    /// Where it cannot be written as JSON, which is a defect.
    pub fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// True where it is of the process that started then, in this boot.
    #[must_use]
    pub fn is_of(&self, process: &str, boot: &str) -> bool {
        !process.is_empty() && self.process == process && self.boot == boot
    }
}

#[cfg(test)]
mod tests {
    use super::Evidence;

    #[test]
    fn evidence_is_of_one_process_in_one_boot() {
        let evidence = Evidence {
            start: "abc".into(),
            process: "4711".into(),
            boot: "b".into(),
            at: 1,
            proof: vec!["started: proved".into()],
            memory: None,
        };
        let again = Evidence::read(&evidence.line().unwrap()).unwrap();
        assert_eq!(again, evidence);
        assert!(again.is_of("4711", "b"));
        assert!(!again.is_of("4712", "b") && !again.is_of("4711", "c") && !again.is_of("", "b"));
        assert_eq!(Evidence::read("{cut"), None);
    }
}
