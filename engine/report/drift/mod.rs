//! A drift report as pages: one file a format. Secrets were taken out when the findings were made.

use crate::report::utc;

mod html;
mod json;
mod junit;
mod prometheus;
#[cfg(test)]
mod tests;
mod text;

use crate::drift::{DriftReport, Finding, HostDrift, Status};
use crate::report::{Paint, xml};

/// The forms of a drift report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal or a mail.
    Text,
    /// For programs (`docs/drift.schema.json`); also what is kept for the next check.
    Json,
    /// For CI servers.
    Junit,
    /// One file for a browser, without scripts and without anything from elsewhere.
    Html,
    /// For the textfile collector of Prometheus' node exporter.
    Prometheus,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Json,
        Self::Junit,
        Self::Html,
        Self::Prometheus,
    ];

    /// Its word on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Html => "html",
            Self::Prometheus => "prometheus",
        }
    }
}

/// The page of a drift report.
///
/// # Errors
/// Where it cannot be written as JSON, which is a defect.
pub fn drift_page(
    report: &DriftReport,
    format: Format,
    paint: Paint,
) -> serde_json::Result<String> {
    Ok(match format {
        Format::Text => text::page(report, paint),
        Format::Json => json::page(report)?,
        Format::Junit => junit::page(report),
        Format::Html => html::page(report),
        Format::Prometheus => prometheus::page(report),
    })
}

/// `3 hosts: 1 drift, 2 ok; 1 new and 0 gone since 2026-11-24 02:13 UTC`.
fn summary(report: &DriftReport) -> String {
    let counted: Vec<String> = Status::ALL
        .iter()
        .rev()
        .map(|status| (report.count(*status), status.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let end = if report.hosts.len() == 1 { "" } else { "s" };
    let mut line = format!("{} host{end}: {}", report.hosts.len(), counted.join(", "));
    if let Some(since) = report.since {
        line.push_str(&format!(
            "; {} new and {} gone since {}",
            report.new_findings(),
            report.gone.len(),
            utc::minute(since)
        ));
    }
    line
}

/// What is wanted and what was seen, in one line.
fn sides(finding: &Finding) -> String {
    let nothing = "nothing";
    format!(
        "wanted {}, found {}",
        finding.expected.as_deref().unwrap_or(nothing),
        finding.observed.as_deref().unwrap_or(nothing)
    )
}

/// Why a host could not be asked.
fn silence(host: &HostDrift) -> &str {
    host.error.as_deref().unwrap_or("it could not be asked")
}
