//! Facts and magic variables as playbooks name them.

use minijinja::Value;

use crate::script::Facts;
use crate::template::Scope;

/// Puts what a host has told about itself among its variables, under Ansible's names.
pub(super) fn set_facts(scope: &mut Scope, facts: &Facts) {
    let os = |key: &str| facts.os.get(key).cloned().unwrap_or_default();
    let ipv4: Vec<&String> = facts
        .addresses
        .iter()
        .filter(|address| address.contains('.') && !address.starts_with("127."))
        .collect();
    let like = format!("{} {}", os("ID"), os("ID_LIKE"));
    let family = if like.contains("debian") || like.contains("ubuntu") {
        "Debian"
    } else if like.contains("rhel") || like.contains("fedora") || like.contains("centos") {
        "RedHat"
    } else {
        ""
    };
    let mut kernel = facts.kernel.split(' ');
    let mut next = || Value::from(kernel.next().unwrap_or_default());
    let (system, release, machine) = (next(), next(), next());
    let pairs = [
        (
            "hostname",
            Value::from(facts.hostname.split('.').next().unwrap_or_default()),
        ),
        ("nodename", Value::from(facts.hostname.clone())),
        (
            "os_family",
            Value::from(if family.is_empty() {
                capital(&os("ID"))
            } else {
                family.to_owned()
            }),
        ),
        ("distribution", Value::from(capital(&os("ID")))),
        ("distribution_version", Value::from(os("VERSION_ID"))),
        ("distribution_release", Value::from(os("VERSION_CODENAME"))),
        ("system", system),
        ("kernel", release),
        ("architecture", machine),
        (
            "all_ipv4_addresses",
            ipv4.iter()
                .map(|address| Value::from(address.as_str()))
                .collect(),
        ),
        ("memtotal_mb", Value::from(facts.memory / 1024)),
        ("processor_vcpus", Value::from(facts.processors)),
        (
            "service_mgr",
            Value::from(if facts.systemd { "systemd" } else { "other" }),
        ),
        ("user_id", Value::from(facts.user.clone())),
    ];
    for (name, value) in &pairs {
        scope.set_value(format!("ansible_{name}"), value.clone());
    }
    scope.set_value("ansible_facts", Value::from_pairs(pairs));
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
