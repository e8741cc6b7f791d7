//! The report for the textfile collector of Prometheus' node exporter.

use std::fmt::Write;

use crate::drift::{Class, DriftReport, Kind, Status};

pub(super) fn page(report: &DriftReport) -> String {
    let mut page = String::new();
    head(
        &mut page,
        "wmprov_drift_last_check_timestamp_seconds",
        "When the hosts were last checked.",
    );
    let inventory = label(&report.inventory);
    let _ok = writeln!(
        page,
        "wmprov_drift_last_check_timestamp_seconds{{inventory=\"{inventory}\"}} {}",
        report.at
    );
    head(
        &mut page,
        "wmprov_drift_host_status",
        "1 for how a host stands, 0 for how it does not.",
    );
    for (name, host) in &report.hosts {
        for status in Status::ALL {
            let _ok = writeln!(
                page,
                "wmprov_drift_host_status{{inventory=\"{inventory}\",host=\"{}\",status=\"{}\"}} {}",
                label(name),
                status.as_str(),
                u8::from(host.status == status)
            );
        }
    }
    differences(report, &inventory, &mut page);
    head(
        &mut page,
        "wmprov_drift_new_differences",
        "What was not there in the report before this one.",
    );
    let _ok = writeln!(
        page,
        "wmprov_drift_new_differences{{inventory=\"{inventory}\"}} {}",
        report.new_findings()
    );
    page
}

fn differences(report: &DriftReport, inventory: &str, page: &mut String) {
    head(
        page,
        "wmprov_drift_differences",
        "What is not as wanted, by kind and by who moved.",
    );
    for (name, host) in &report.hosts {
        // A host that could not be asked has no number: 0 would say that nothing differs.
        if host.status == Status::Unreachable {
            continue;
        }
        for class in Class::ALL {
            for kind in Kind::ALL {
                let found = host.differences.iter();
                let found = found.filter(|one| one.class == class && one.kind == kind);
                let count = found.count();
                // One row a host is always there, so that an alert can tell "none" from "not asked".
                if count > 0 || (class, kind) == (Class::Drift, Kind::Modified) {
                    let _ok = writeln!(
                        page,
                        "wmprov_drift_differences{{inventory=\"{inventory}\",host=\"{}\",class=\"{}\",kind=\"{}\"}} {count}",
                        label(name),
                        class.as_str(),
                        kind.as_str()
                    );
                }
            }
        }
    }
}

fn head(page: &mut String, name: &str, help: &str) {
    let _ok = writeln!(page, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
