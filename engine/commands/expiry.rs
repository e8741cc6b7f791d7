//! Certificates that end soon or have ended: those of load balancers, and those of the keys in nodes' keystores. They stop
//! nobody; every plan and report says them.

use std::collections::BTreeSet;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::carbon::{Pack, keystore};
use crate::cluster::Cluster;

/// A certificate with fewer days left is told of.
const DAYS: u64 = 30;

const DAY: u64 = 24 * 60 * 60;

/// Where keystores are in a Home.
const KEYSTORES: &str = "repository/resources/security";

/// What is to be said of a cluster's certificates; `now` is in seconds since 1970.
pub(super) fn told(pack: &Pack, cluster: &Cluster, now: u64) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut add = |what: String, der: &[u8]| {
        if let Some(ends) = ends(der, now) {
            told.insert(format!(
                "cluster `{}`: the certificate {what} {ends}",
                cluster.name
            ));
        }
    };
    let front = &cluster.front;
    for files in [&front.certificate, &front.mgt_certificate]
        .into_iter()
        .flatten()
    {
        // A file that cannot be read is an error elsewhere.
        let pem = std::fs::read(&files.certificate).unwrap_or_default();
        for der in CertificateDer::pem_slice_iter(&pem).flatten() {
            add(format!("in `{}`", files.certificate.display()), &der);
        }
    }
    let mut laid = BTreeSet::new();
    let overlays = cluster.nodes.iter().flat_map(|node| &node.overlays);
    // Most nodes of a cluster share theirs: each is read once.
    let overlays: BTreeSet<&Path> = overlays.map(|overlay| overlay.path.as_path()).collect();
    for overlay in overlays {
        let Ok(folder) = overlay.join(KEYSTORES).read_dir() else {
            continue;
        };
        for file in folder.flatten().map(|entry| entry.path()) {
            laid.extend(file.file_name().map(std::ffi::OsStr::to_owned));
            let Some(keys) = std::fs::read(&file)
                .ok()
                .and_then(|bytes| keystore::keys(&bytes))
            else {
                continue;
            };
            for key in keys {
                add(
                    format!("of `{}` in `{}`", key.alias, file.display()),
                    &key.certificate,
                );
            }
        }
    }
    let of_pack = pack.entries().iter().filter_map(|entry| {
        let name = entry.path.strip_prefix(KEYSTORES)?.strip_prefix('/')?;
        (name.ends_with(".jks") && !laid.contains(Path::new(name).as_os_str()))
            .then_some(&entry.path)
    });
    for path in of_pack {
        let keys = pack
            .read(path)
            .ok()
            .flatten()
            .and_then(|bytes| keystore::keys(&bytes));
        for key in keys.unwrap_or_default() {
            add(
                format!("of `{}` in the pack's `{path}`", key.alias),
                &key.certificate,
            );
        }
    }
    told.into_iter().collect()
}

/// How a certificate ends, where that is soon.
fn ends(der: &[u8], now: u64) -> Option<String> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after;
    let date = end.to_date_time();
    let date = format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
    let end = end.to_unix_duration().as_secs();
    match end.checked_sub(now) {
        None => Some(format!(
            "has ended on {date}: clients that check it refuse it"
        )),
        Some(left) if left / DAY < DAYS => Some(format!("ends on {date}, in {} days", left / DAY)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, ends};

    #[test]
    fn only_what_ends_soon_is_told() {
        let mut params = rcgen::CertificateParams::new(["a.example.com".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2026, 12, 24);
        let key = rcgen::KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap();
        // Midnight of 2026-12-24 in UTC.
        let end = 1_798_070_400;
        let at = |now: u64| ends(der.der(), now);
        assert_eq!(at(end - 31 * DAY), None);
        assert_eq!(at(end - 30 * DAY), None);
        assert_eq!(
            at(end - 30 * DAY + 1).unwrap(),
            "ends on 2026-12-24, in 29 days"
        );
        assert_eq!(at(end - 1).unwrap(), "ends on 2026-12-24, in 0 days");
        let ended = at(end + 1).unwrap();
        assert!(ended.starts_with("has ended on 2026-12-24"), "{ended}");
        assert_eq!(ends(b"no certificate", end), None);
    }
}
