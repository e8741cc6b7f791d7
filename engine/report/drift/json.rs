//! The report for programs: `docs/drift.schema.json` says what stands in it. Its fields are those of `DriftReport` and
//! `Finding`; one that is new needs a default, as reports that were kept are read again.

use crate::drift::DriftReport;

pub(super) fn page(report: &DriftReport) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}
