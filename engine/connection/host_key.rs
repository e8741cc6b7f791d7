//! The key or certificate that a host shows → taken, learned, or refused.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, Certificate, EcdsaCurve, HashAlg, PublicKeyOrCertificate};

use super::known_hosts::{display_name, forget, learn, named_key};
use super::{ConnectError, HostKeyPolicy, KnownHosts, Learned, Target, Verdict};
use crate::connection::ssh_config::wildcard;
use crate::yaml::Place;

/// What a run has learned, in order.
pub(super) type LearnedKeys = Arc<Mutex<Vec<Learned>>>;

/// Judges the key of one host.
pub(super) struct HostKeyCheck {
    known: Arc<KnownHosts>,
    host: String,
    port: u16,
    policy: HostKeyPolicy,
    accepted: Option<String>,
    /// Whether a password would be shown to whoever answers.
    password: bool,
    learn_into: Option<PathBuf>,
    hash: bool,
    learned: LearnedKeys,
}

impl HostKeyCheck {
    /// Prepares to judge the key of `target` by what is `known`.
    pub(super) fn new(target: &Target, known: Arc<KnownHosts>, learned: LearnedKeys) -> Self {
        let (host, port) = target.known_as();
        Self {
            known,
            host,
            port,
            policy: match target.accepted_key {
                // Of one whose key is told, no other is taken.
                Some(_) => HostKeyPolicy::Strict,
                None => target.host_keys,
            },
            accepted: target.accepted_key.clone(),
            password: target.password.is_some(),
            learn_into: target.user_known_hosts.first().cloned(),
            hash: target.hash_known_hosts,
            learned,
        }
    }

    /// The host-key algorithms to ask for: those of the known keys first.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        let mut wanted = Vec::new();
        for known in self.known.algorithms(&self.host, self.port) {
            match known {
                Algorithm::Rsa { .. } => wanted.extend([RSA_SHA512, RSA_SHA256]),
                other => wanted.push(other),
            }
        }
        for usual in USUAL {
            if !wanted.contains(&usual) {
                wanted.push(usual);
            }
        }
        wanted
    }

    /// The algorithms for which a certificate is taken: all where an authority is trusted for the
    /// host, else none.
    pub(super) fn certificate_algorithms(&self) -> Vec<Algorithm> {
        if self.known.has_authority(&self.host, self.port) {
            USUAL.to_vec()
        } else {
            Vec::new()
        }
    }

    /// Judges what the server shows; the exchange's signature has been verified by then.
    pub(super) fn judge(&self, shown: &PublicKeyOrCertificate) -> Result<(), ConnectError> {
        if let Some(certificate) = shown.certificate()
            && self
                .known
                .trusts(&self.host, self.port, certificate.signature_key())
        {
            return self.judge_certificate(certificate);
        }
        // As OpenSSH does: a certificate of a strange authority counts as its bare key.
        self.judge_key(shown.public_key().key_data())
    }

    fn judge_certificate(&self, certificate: &Certificate) -> Result<(), ConnectError> {
        for key in [certificate.signature_key(), certificate.public_key()] {
            if let Verdict::Revoked(place) = self.known.check(&self.host, self.port, key) {
                return Err(self.revoked(key, &place));
            }
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        match invalid(certificate, &self.host, now) {
            None => Ok(()),
            Some(why) => Err(ConnectError::BadHostCertificate {
                host: self.name(),
                why,
            }),
        }
    }

    fn judge_key(&self, key: &KeyData) -> Result<(), ConnectError> {
        match self.known.check(&self.host, self.port, key) {
            Verdict::Known => Ok(()),
            Verdict::Revoked(place) => Err(self.revoked(key, &place)),
            verdict if self.is_accepted(key) => self.renew(key, verdict),
            // As OpenSSH does: no password for a stranger in a known host's place.
            Verdict::Changed(known) if self.password => Err(self.changed(key, known)),
            _ if self.policy == HostKeyPolicy::Off => Ok(()),
            Verdict::Changed(known) => Err(self.changed(key, known)),
            Verdict::New => match (self.policy, &self.learn_into) {
                (HostKeyPolicy::AcceptNew, Some(file)) => self.learn(file, key),
                _ => Err(ConnectError::UnknownHostKey {
                    host: self.name(),
                    kind: key.algorithm().to_string(),
                    fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
                }),
            },
        }
    }

    fn is_accepted(&self, key: &KeyData) -> bool {
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        self.accepted.as_ref() == Some(&fingerprint)
    }

    /// Takes the key that the user agreed to: it stands in the file of the user's in place of the former ones.
    fn renew(&self, key: &KeyData, verdict: Verdict) -> Result<(), ConnectError> {
        let Some(file) = &self.learn_into else {
            return Ok(());
        };
        if let Verdict::Changed(known) = verdict {
            let elsewhere = |(_, place): &(String, Place)| *place.file != **file;
            if known.iter().any(elsewhere) {
                // What is written there is not the user's to change.
                return Err(self.changed(key, known));
            }
        }
        forget(file, &self.host, self.port, key).map_err(|source| ConnectError::File {
            file: file.to_owned(),
            source,
        })?;
        self.learn(file, key)
    }

    fn learn(&self, file: &Path, key: &KeyData) -> Result<(), ConnectError> {
        let (verdict, learned) =
            learn(file, &self.host, self.port, key, self.hash).map_err(|source| {
                ConnectError::File {
                    file: file.to_owned(),
                    source,
                }
            })?;
        match verdict {
            Verdict::Known => Ok(()),
            Verdict::New => {
                self.learned
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(learned);
                Ok(())
            }
            Verdict::Changed(known) => Err(self.changed(key, known)),
            Verdict::Revoked(place) => Err(self.revoked(key, &place)),
        }
    }

    fn name(&self) -> String {
        display_name(&self.host, self.port)
    }

    fn changed(&self, key: &KeyData, known: Vec<(String, Place)>) -> ConnectError {
        ConnectError::ChangedHostKey {
            host: self.name(),
            kind: key.algorithm().to_string(),
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
            known: known
                .into_iter()
                .map(|(key, place)| format!("{key} ({}:{})", place.file.display(), place.line))
                .collect(),
        }
    }

    fn revoked(&self, key: &KeyData, place: &Place) -> ConnectError {
        let named = named_key(key);
        let (kind, fingerprint) = named.split_once(' ').unwrap_or((&named, ""));
        ConnectError::RevokedHostKey {
            host: self.name(),
            kind: kind.to_owned(),
            fingerprint: fingerprint.to_owned(),
            file: place.file.to_path_buf(),
            line: place.line,
        }
    }
}

/// Why a certificate is not good for `host` at `now` (seconds since 1970), if it is not. Its
/// signature has been verified by russh; the rest is ours to check (engines 5.1).
fn invalid(certificate: &Certificate, host: &str, now: u64) -> Option<String> {
    if certificate.cert_type() != CertType::Host {
        return Some("it is a user's certificate".to_owned());
    }
    if let Err(error) = certificate.verify_signature() {
        return Some(format!("its signature is wrong: {error}"));
    }
    if now < certificate.valid_after() {
        return Some("its time has not come yet".to_owned());
    }
    if now >= certificate.valid_before() {
        return Some("it has expired".to_owned());
    }
    let principals = certificate.valid_principals();
    if !principals.is_empty()
        && !principals
            .iter()
            .any(|principal| wildcard(&principal.to_lowercase(), host))
    {
        return Some(format!("it is for {}", principals.join(", ")));
    }
    if let Some((option, _)) = certificate.critical_options().iter().next() {
        return Some(format!("it has the critical option `{option}`"));
    }
    None
}

const RSA_SHA512: Algorithm = Algorithm::Rsa {
    hash: Some(HashAlg::Sha512),
};

const RSA_SHA256: Algorithm = Algorithm::Rsa {
    hash: Some(HashAlg::Sha256),
};

/// What is asked for otherwise; no SHA-1.
const USUAL: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    RSA_SHA512,
    RSA_SHA256,
];
