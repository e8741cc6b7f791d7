//! Certificates that end soon or have ended: those of load balancers and of repositories' servers, and those of the keys in nodes' keystores. They stop
//! nobody; every plan and report says them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::carbon::{Pack, PackError, keystore};
use crate::cluster::Cluster;
use crate::yaml::{Error, Place, Result};

/// A certificate with fewer days left is told of.
const DAYS: u64 = 30;

const DAY: u64 = 24 * 60 * 60;

/// Where keystores are in a Home.
const KEYSTORES: &str = "repository/resources/security";

/// What is to be said of a cluster's certificates; `now` is in seconds since 1970.
///
/// # Errors
/// A keystore, of an overlay or of the pack, that cannot be read.
pub(super) fn told(pack: &Pack, cluster: &Cluster, now: u64) -> Result<Vec<String>> {
    let mut found = of_servers(cluster);
    let mut laid = BTreeSet::new();
    let overlays = cluster.nodes.iter().flat_map(|node| &node.overlays);
    // Most nodes of a cluster share theirs: each is read once.
    let overlays: BTreeMap<&Path, &Place> = overlays
        .map(|overlay| (overlay.path.as_path(), &overlay.place))
        .collect();
    for (overlay, place) in overlays {
        of_overlay(overlay, &mut laid, &mut found).map_err(|cause| {
            let shown = overlay.join(KEYSTORES);
            let message = format!("the keystores in `{}` cannot be read", shown.display());
            Error::at(place, message).because(cause)
        })?;
    }
    of_pack(pack, &laid, &mut found).map_err(|error| {
        let hint = error.way_out();
        let error = Error::at(&cluster.pack_place, "the pack cannot be used").because(error);
        error.hint(hint)
    })?;
    let told = found.iter().filter_map(|(what, der)| {
        let ends = ends(der, now)?;
        Some(format!(
            "cluster `{}`: the certificate {what} {ends}",
            cluster.name
        ))
    });
    Ok(told.collect())
}

/// Certificates by what they are called, as DER.
type Found = BTreeMap<String, Vec<u8>>;

/// Those that load balancers and a repository's server get. A file that is no certificate is an error of `certificates.rs`.
fn of_servers(cluster: &Cluster) -> Found {
    let front = &cluster.front;
    let given = [front.certificate.as_ref(), front.mgt_certificate.as_ref()];
    let mut found = Found::new();
    for files in given
        .into_iter()
        .flatten()
        .chain(cluster.store_certificate())
    {
        let pem = std::fs::read(&files.certificate).unwrap_or_default();
        for (at, der) in CertificateDer::pem_slice_iter(&pem).flatten().enumerate() {
            let number = at + 1;
            let what = format!("number {number} in `{}`", files.certificate.display());
            found.insert(what, der.to_vec());
        }
    }
    found
}

fn of_overlay(
    overlay: &Path,
    laid: &mut BTreeSet<OsString>,
    found: &mut Found,
) -> std::io::Result<()> {
    let folder = match overlay.join(KEYSTORES).read_dir() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        folder => folder?,
    };
    for entry in folder {
        let file = entry?.path();
        if !file.is_file() {
            continue;
        }
        laid.extend(file.file_name().map(OsStr::to_owned));
        add(&keystore::read(&file)?, &file.display().to_string(), found);
    }
    Ok(())
}

/// Those of the pack that no overlay replaces.
fn of_pack(
    pack: &Pack,
    laid: &BTreeSet<OsString>,
    found: &mut Found,
) -> std::result::Result<(), PackError> {
    for entry in pack.entries() {
        let name = entry.path.strip_prefix(KEYSTORES);
        let Some(name) = name.and_then(|name| name.strip_prefix('/')) else {
            continue;
        };
        if name.ends_with(".jks")
            && !laid.contains(OsStr::new(name))
            && let Some(bytes) = pack.read(&entry.path)?
        {
            add(&bytes, &format!("the pack's {}", entry.path), found);
        }
    }
    Ok(())
}

/// The certificates of a keystore's keys; a file of another format tells nothing without its password.
fn add(bytes: &[u8], file: &str, found: &mut Found) {
    for key in keystore::keys(bytes).unwrap_or_default() {
        found.insert(format!("of `{}` in `{file}`", key.alias), key.certificate);
    }
}

/// How a certificate ends, where that is soon or cannot be told.
fn ends(der: &[u8], now: u64) -> Option<String> {
    let Ok(certificate) = Certificate::from_der(der) else {
        return Some("cannot be read: when it ends is not known".to_owned());
    };
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
        let unread = ends(b"no certificate", end).unwrap();
        assert!(unread.starts_with("cannot be read"), "{unread}");
    }
}
