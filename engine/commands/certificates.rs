//! The certificates that load balancers and repositories' servers get: read on the control machine and held against the
//! names that they are to serve, before any connection.

use rustls::client::verify_server_name;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

use crate::cluster::checks::Check;
use crate::cluster::{CertificateFiles, Cluster};
use crate::modules::{Certificate, Certificates, STORE};
use crate::yaml::{Error, Result, Secret};

/// Reads and checks the certificates of every cluster.
///
/// # Errors
/// A file that cannot be read or is no PEM, a key that is another's or too short, a name that is missing.
pub(super) fn certificates(clusters: &[Cluster]) -> Result<Certificates, Vec<Error>> {
    let mut certificates = Certificates::new();
    let mut errors = Vec::new();
    for cluster in clusters {
        for (name, files, names) in wanted(cluster) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match read(files, &names) {
                Ok(certificate) => {
                    certificates.insert((cluster.name.clone(), name), certificate);
                }
                Err(error) => errors.push(error.or_at(&files.place)),
            }
        }
    }
    if errors.is_empty() {
        Ok(certificates)
    } else {
        Err(errors)
    }
}

type Wanted<'a> = (&'static str, &'a CertificateFiles, Vec<String>);

/// The files, by their names on the host, and the names that each must hold.
fn wanted(cluster: &Cluster) -> Vec<Wanted<'_>> {
    let mut wanted = Vec::new();
    if let (Some(files), Some(name)) = (cluster.store_certificate(), cluster.store_name()) {
        wanted.push((STORE, files, vec![name]));
    }
    let front = &cluster.front;
    if front.balancers.is_empty() {
        return wanted;
    }
    let mut of_workers = Vec::new();
    let mut of_console = Vec::new();
    if front.keeps_workers() {
        of_workers.push(cluster.hostname.clone());
    }
    if front.keeps_console() {
        of_console.extend(cluster.mgt_hostname.clone());
    }
    if let Some(console) = &front.mgt_certificate {
        wanted.push(("console", console, std::mem::take(&mut of_console)));
    }
    if let Some(workers) = &front.certificate {
        of_workers.extend(of_console);
        wanted.push(("workers", workers, of_workers));
    }
    wanted
}

fn read(files: &CertificateFiles, names: &[&str]) -> Result<Certificate> {
    let text = |path: &std::path::Path| {
        std::fs::read_to_string(path).map_err(|cause| {
            Error::new(format!("`{}` cannot be read", path.display())).because(cause)
        })
    };
    let (chain, key) = (text(&files.certificate)?, text(&files.key)?);
    let shown = files.certificate.display();
    let broken = |what: String| Error::new(what);
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(chain.as_bytes())
            .collect::<std::result::Result<_, _>>()
            .map_err(|cause| {
                broken(format!("`{shown}` is no certificate in PEM")).because(cause)
            })?;
    let Some(first) = certificates.first() else {
        return Err(broken(format!("`{shown}` holds no certificate")));
    };
    for name in names {
        holds(first, name).map_err(|cause| {
            let message = format!("certificate `{shown}` is not good for `{name}`");
            let error = Check::cite("WM036", message);
            error.because(cause)
        })?;
    }
    matches(&certificates, &key).map_err(|cause| {
        let key = files.key.display();
        broken(format!("key `{key}` cannot serve certificate `{shown}`"))
            .hint("an unencrypted key of that very certificate, RSA of 2048 bits or more, or ECDSA")
            .because(cause)
    })?;
    Ok(Certificate {
        chain,
        key: Secret::new(key),
    })
}

/// True where the certificate holds a name, as clients check it.
fn holds(certificate: &CertificateDer<'_>, name: &str) -> std::result::Result<(), rustls::Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    let name = ServerName::try_from(name)
        .map_err(|_| rustls::Error::General(format!("`{name}` is no host name")))?;
    verify_server_name(&parsed, &name)
}

fn matches(chain: &[CertificateDer<'static>], key: &str) -> std::result::Result<(), rustls::Error> {
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|cause| rustls::Error::General(format!("no private key in PEM: {cause}")))?;
    CertifiedKey::new(chain.to_vec(), any_supported_type(&key)?).keys_match()
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::cluster::CertificateFiles;
    use crate::yaml::Place;

    /// A certificate for the names, and a key: its own, or another.
    fn told(names: &[&str], own: bool, wanted: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = rcgen::CertificateParams::new(names).unwrap();
        let (key, other) = (
            rcgen::KeyPair::generate().unwrap(),
            rcgen::KeyPair::generate().unwrap(),
        );
        let files = CertificateFiles {
            certificate: folder.path().join("front.crt"),
            key: folder.path().join("front.key"),
            place: Place::new("inventory.yaml", 1, 1),
        };
        let chain = params.self_signed(&key).unwrap().pem();
        let kept = if own { &key } else { &other };
        std::fs::write(&files.certificate, chain).unwrap();
        std::fs::write(&files.key, kept.serialize_pem()).unwrap();
        match read(&files, wanted) {
            Ok(_) => "good".to_owned(),
            Err(error) => error
                .message()
                .replace(&folder.path().display().to_string(), ""),
        }
    }

    #[test]
    fn a_certificate_holds_its_names_and_has_its_key() {
        let both = ["esb.example.com", "mgt.example.com"];
        assert_eq!(told(&both, true, &both), "good");
        assert_eq!(told(&["*.example.com"], true, &both), "good");
        assert_eq!(told(&["10.0.0.8"], true, &["10.0.0.8"]), "good");
        assert_eq!(
            told(&both[..1], true, &both),
            "WM036 certificate `/front.crt` is not good for `mgt.example.com`"
        );
        assert_eq!(
            told(&both, false, &both),
            "key `/front.key` cannot serve certificate `/front.crt`"
        );
    }
}
