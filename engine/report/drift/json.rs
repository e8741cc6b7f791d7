//! The report for programs: `docs/drift.schema.json` says what stands in it.

use crate::drift::DriftReport;

pub(super) fn page(report: &DriftReport) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}
