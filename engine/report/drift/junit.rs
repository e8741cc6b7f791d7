//! The report for CI servers: a suite a host, a failed case a finding, an error where the host could not be asked.

use std::fmt::Write;

use crate::drift::{DriftReport, Finding, HostDrift, Status};

use super::xml::escaped;
use super::{sides, silence, utc};

pub(super) fn page(report: &DriftReport) -> String {
    let (mut tests, mut failures, mut errors) = (0, 0, 0);
    let mut suites = String::new();
    for (name, host) in &report.hosts {
        let (failed, wrong) = (
            host.differences.len(),
            usize::from(host.status == Status::Unreachable),
        );
        let all = (failed + wrong).max(1);
        tests += all;
        failures += failed;
        errors += wrong;
        let _ok = writeln!(
            suites,
            "  <testsuite name=\"{0}\" hostname=\"{0}\" tests=\"{all}\" failures=\"{failed}\" errors=\"{wrong}\" skipped=\"0\" time=\"0\" timestamp=\"{1}\">",
            escaped(name),
            utc::second(report.at)
        );
        cases(name, host, &mut suites);
        suites.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wmprov drift {}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"0\">\n{suites}</testsuites>\n",
        escaped(&report.inventory)
    )
}

fn cases(name: &str, host: &HostDrift, page: &mut String) {
    let class = escaped(name);
    if host.status == Status::Unreachable {
        let why = escaped(silence(host));
        let _ok = writeln!(
            page,
            "    <testcase classname=\"{class}\" name=\"can be asked\" time=\"0\">\n      <error type=\"unreachable\" message=\"{why}\">{}</error>\n    </testcase>",
            escaped(host.hint.as_deref().unwrap_or_default())
        );
    } else if host.differences.is_empty() {
        let _ok = writeln!(
            page,
            "    <testcase classname=\"{class}\" name=\"as wanted\" time=\"0\"/>"
        );
    }
    for finding in &host.differences {
        let _ok = writeln!(
            page,
            "    <testcase classname=\"{class}\" name=\"{}\" time=\"0\">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
            escaped(&title(finding)),
            finding.class.as_str(),
            escaped(&message(finding)),
            escaped(finding.hunk.as_deref().unwrap_or_default())
        );
    }
}

/// The same from night to night, so that a CI server follows it; what is new stands in the message.
fn title(finding: &Finding) -> String {
    format!("{} {}", finding.kind.as_str(), finding.path)
}

fn message(finding: &Finding) -> String {
    let new = if finding.new { "new: " } else { "" };
    format!("{new}{}", sides(finding).replace('\n', " "))
}
