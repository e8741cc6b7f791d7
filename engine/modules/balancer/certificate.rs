//! A balancer's certificates: the user's, put in place; or one made on the host, for a lab.

use std::collections::BTreeMap;

use crate::cluster::{BalancerView, Cluster};
use crate::modules::copy::probe as file_probe;
use crate::modules::file::at;
use crate::modules::{Change, Difference};
use crate::script::{Answer, Answers, Attributes, FileKind, Probe, Step, sha256};
use crate::yaml::{Error, Result, Secret};

/// A certificate with its chain and its key, read and checked on the control machine.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// PEM.
    pub chain: String,
    /// PEM.
    pub key: Secret,
}

/// The certificates that the user gives, by cluster and file name on the host.
pub type Certificates = BTreeMap<(String, &'static str), Certificate>;

/// A made certificate is made anew when it has so many seconds left: 30 days.
const LEFT: &str = "2592000";

/// What must be known about a cluster's certificates.
pub(super) fn probes(cluster: &Cluster, given: &Certificates) -> Vec<Probe> {
    let mut probes = Vec::new();
    for stem in stems(cluster) {
        probes.push(key_probe(&stem.path));
        probes.push(match given.get(&(cluster.name.clone(), stem.name)) {
            Some(_) => file_probe(&format!("{}.crt", stem.path)),
            None => made_probe(&stem.path),
        });
    }
    probes
}

/// Adds what mends them.
pub(super) fn mend(
    cluster: &Cluster,
    given: &Certificates,
    seen: &Answers,
    change: &mut Change,
) -> Result<()> {
    for stem in stems(cluster) {
        match given.get(&(cluster.name.clone(), stem.name)) {
            Some(certificate) => put(&stem.path, certificate, None, seen, change)?,
            None => make(cluster, &stem.path, seen, change)?,
        }
    }
    Ok(())
}

/// A certificate on the balancer: its name, and its path without `.crt` and `.key`.
struct Stem {
    name: &'static str,
    path: String,
}

fn stems(cluster: &Cluster) -> Vec<Stem> {
    let front = &cluster.front;
    let names = match (&front.certificate, &front.mgt_certificate) {
        (None, _) => vec!["lab"],
        (Some(_), None) => vec!["workers"],
        (Some(_), Some(_)) => vec!["workers", "console"],
    };
    let folder = BalancerView::folder(cluster);
    let stem = |name| Stem {
        name,
        path: format!("{folder}/{name}"),
    };
    names.into_iter().map(stem).collect()
}

/// The key's digest, never its content.
pub(in crate::modules) fn key_probe(stem: &str) -> Probe {
    Probe::Path {
        path: format!("{stem}.key"),
        content: 0,
    }
}

fn made_probe(stem: &str) -> Probe {
    let words = [
        "openssl",
        "x509",
        "-in",
        &format!("{stem}.crt"),
        "-noout",
        "-ext",
        "subjectAltName",
        "-checkend",
        LEFT,
    ];
    Probe::Run(words.iter().map(ToString::to_string).collect())
}

/// Puts a certificate of the user's into `STEM.crt`, and its key into `STEM.key`, which its owner may read alone, or a group of
/// theirs.
pub(in crate::modules) fn put(
    stem: &str,
    wanted: &Certificate,
    readers: Option<&str>,
    seen: &Answers,
    change: &mut Change,
) -> Result<()> {
    let (certificate, key) = (format!("{stem}.crt"), format!("{stem}.key"));
    let there = at(seen, &file_probe(&certificate))?;
    let digest = sha256(wanted.chain.as_bytes());
    if there.is_none_or(|found| found.sha256 != digest) {
        let before = there.and_then(|found| found.content.clone());
        let difference = Difference::Text {
            path: certificate.clone(),
            before: before.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            after: Some(wanted.chain.clone()),
        };
        change.step(
            difference,
            write(&certificate, wanted.chain.as_bytes(), 0o644, None),
        );
    }
    let there = at(seen, &key_probe(stem))?;
    let digest = sha256(wanted.key.reveal().as_bytes());
    let mode = if readers.is_some() { 0o640 } else { 0o600 };
    let as_wanted = |found: &crate::script::Path| {
        let readable = found.mode == mode && readers.is_none_or(|group| found.group == group);
        found.kind == FileKind::File && found.sha256 == digest && readable
    };
    if !there.is_some_and(as_wanted) {
        let difference = Difference::Binary {
            path: key.clone(),
            before: there.map(|found| found.sha256.clone()),
            after: Some(digest),
        };
        change.step(
            difference,
            write(&key, wanted.key.reveal().as_bytes(), mode, readers),
        );
    }
    Ok(())
}

fn write(path: &str, content: &[u8], mode: u32, group: Option<&str>) -> Step {
    Step::Write {
        path: path.to_owned(),
        content: content.to_vec(),
        attributes: Attributes {
            mode: Some(mode),
            group: group.map(str::to_owned),
            ..Attributes::default()
        },
    }
}

/// RSA-2048 with every name, good for a year (the guide's own recipe, 1024 bits without names, is refused
/// by today's clients: procedure 2.9).
fn make(cluster: &Cluster, stem: &str, seen: &Answers, change: &mut Change) -> Result<()> {
    let names: Vec<String> = std::iter::once(&cluster.hostname)
        .chain(&cluster.mgt_hostname)
        .map(|name| format!("DNS:{name}"))
        .collect();
    let Some(Answer::Run(ran)) = seen.get(&made_probe(stem)) else {
        return Err(Error::new("the balancer's certificate was not asked for"));
    };
    let held: Vec<&str> = ran.stdout.split([',', ' ', '\n']).map(str::trim).collect();
    let good = ran.status == 0 && names.iter().all(|name| held.contains(&name.as_str()));
    let has_key = at(seen, &key_probe(stem))?.is_some();
    if good && has_key {
        return Ok(());
    }
    let words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-sha256",
        "-days",
        "397",
        "-subj",
        "/CN=made by wmprov for a lab",
        "-addext",
        &format!("subjectAltName={}", names.join(",")),
        "-keyout",
        &format!("{stem}.key"),
        "-out",
        &format!("{stem}.crt"),
    ];
    let (what, before) = (
        format!("certificate {stem}.crt"),
        "none that is good for these names",
    );
    if ran.status == 0 && has_key {
        // It is good, for the names of then.
        change.recorded.insert(what.clone(), before.to_owned());
    }
    let difference = Difference::Property {
        what,
        before: before.to_owned(),
        after: format!("made for a lab, {}", names.join(" ")),
    };
    let argv = words.iter().map(ToString::to_string).collect();
    change.step(difference, Step::Run { argv });
    Ok(())
}
