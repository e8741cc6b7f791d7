//! A session with a checked host → a session that is logged in: keys of the agent, key files with
//! their certificates, keyboard-interactive, password; each once, and never again after a refusal.

use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};

use super::agent::{Agent, AgentSigner};
use super::keys::{KeyFile, Keys, certificate_of};
use super::session::Client;
use super::signer::FileSigner;
use super::{ConnectError, Passphrases, Target};
use crate::yaml::Secret;

/// Keys offered at most: sshd takes six tries (`MaxAuthTries`), and the last is for the password.
const OFFERED: usize = 5;

/// A round of keyboard-interactive questions at most.
const ROUNDS: usize = 4;

/// One thing to prove ourselves with.
enum Proof {
    File(Arc<PrivateKey>),
    FileCertificate(Arc<PrivateKey>, Box<Certificate>),
    Agent(Arc<Agent>, Box<AgentIdentity>),
    AgentCertificate(Arc<Agent>, Box<Certificate>),
}

/// What a run knows for logging in.
pub(super) struct Credentials<'a> {
    /// The key files of the run.
    pub(super) keys: &'a Keys,
    /// The agent of this host.
    pub(super) agent: Option<Arc<Agent>>,
    /// Who knows passphrases.
    pub(super) passphrases: Option<&'a Passphrases>,
}

/// A login under way.
struct Login<'a> {
    handle: &'a mut Handle<Client>,
    target: &'a Target,
    tried: Vec<String>,
    left_out: Vec<String>,
    /// What the server still takes; everything before its first answer.
    accepts: MethodSet,
}

/// Logs in as the target's user, or says everything that was tried.
pub(super) async fn login(
    handle: &mut Handle<Client>,
    target: &Target,
    credentials: &Credentials<'_>,
) -> Result<(), ConnectError> {
    let mut login = Login {
        handle,
        target,
        tried: Vec::new(),
        left_out: Vec::new(),
        accepts: MethodSet::client_supported(),
    };
    let proofs = login.proofs(credentials).await;
    if login.run(proofs).await? {
        return Ok(());
    }
    Err(ConnectError::RefusedLogin {
        address: target.address.clone(),
        user: target.user.clone(),
        tried: login.tried,
        accepts: login
            .accepts
            .iter()
            .map(|method| <&str>::from(method).to_owned())
            .collect(),
        left_out: login.left_out,
    })
}

impl Login<'_> {
    async fn run(&mut self, proofs: Vec<(String, Proof)>) -> Result<bool, ConnectError> {
        for (name, proof) in proofs {
            if !self.accepts.contains(&MethodKind::PublicKey) {
                break;
            }
            self.tried.push(name);
            let answer = self.prove(proof).await?;
            if self.let_in(answer) {
                return Ok(true);
            }
        }
        if self.tried.is_empty() && self.target.password.is_none() {
            // Nothing to show: the server may still let everybody in, and names its methods.
            let answer = self.handle.authenticate_none(&self.target.user).await;
            return answer.map(|answer| self.let_in(answer)).map_err(Into::into);
        }
        let Some(password) = self.target.password.clone() else {
            return Ok(false);
        };
        if self.accepts.contains(&MethodKind::Password) {
            self.tried.push("password".to_owned());
            let answer = self
                .handle
                .authenticate_password(&self.target.user, password.reveal())
                .await?;
            if self.let_in(answer) {
                return Ok(true);
            }
        }
        if self.accepts.contains(&MethodKind::KeyboardInteractive) {
            self.tried.push("keyboard-interactive".to_owned());
            return self.answer_questions(&password).await;
        }
        Ok(false)
    }

    fn let_in(&mut self, answer: AuthResult) -> bool {
        match answer {
            AuthResult::Success => true,
            AuthResult::Failure {
                remaining_methods, ..
            } => {
                self.accepts = remaining_methods;
                false
            }
        }
    }

    async fn prove(&mut self, proof: Proof) -> Result<AuthResult, ConnectError> {
        let user = self.target.user.clone();
        Ok(match proof {
            Proof::File(key) => {
                let hash = self.rsa_hash(key.public_key().key_data()).await?;
                let key = PrivateKeyWithHashAlg::new(key, hash);
                self.handle.authenticate_publickey(user, key).await?
            }
            Proof::FileCertificate(key, certificate) => {
                let hash = self.rsa_hash(certificate.public_key()).await?;
                let mut signer = FileSigner(key);
                let signed = self
                    .handle
                    .authenticate_certificate_with(user, *certificate, hash, &mut signer)
                    .await;
                self.signed(signed)
            }
            Proof::Agent(agent, identity) => {
                let key: PublicKey = identity.public_key().into_owned();
                let hash = self.rsa_hash(key.key_data()).await?;
                let signed = self
                    .handle
                    .authenticate_publickey_with(user, key, hash, &mut AgentSigner(agent))
                    .await;
                self.signed(signed)
            }
            Proof::AgentCertificate(agent, certificate) => {
                let hash = self.rsa_hash(certificate.public_key()).await?;
                let signed = self
                    .handle
                    .authenticate_certificate_with(
                        user,
                        *certificate,
                        hash,
                        &mut AgentSigner(agent),
                    )
                    .await;
                self.signed(signed)
            }
        })
    }

    /// A key that does not sign is a key that was not let in; the next one may be.
    fn signed<E: std::error::Error>(&mut self, signed: Result<AuthResult, E>) -> AuthResult {
        signed.unwrap_or_else(|error| {
            self.left_out.push(error.to_string());
            AuthResult::Failure {
                remaining_methods: self.accepts.clone(),
                partial_success: false,
            }
        })
    }

    /// The hash for RSA signatures; a server that names none takes SHA-512 (RFC 8332).
    async fn rsa_hash(&self, key: &KeyData) -> Result<Option<HashAlg>, ConnectError> {
        if !key.is_rsa() {
            return Ok(None);
        }
        let best = self.handle.best_supported_rsa_hash().await?;
        Ok(best.unwrap_or(Some(HashAlg::Sha512)))
    }

    /// Answers every hidden question with the password, and every shown one with nothing.
    async fn answer_questions(&mut self, password: &Secret) -> Result<bool, ConnectError> {
        let mut answer = self
            .handle
            .authenticate_keyboard_interactive_start(&self.target.user, None)
            .await?;
        for _ in 0..ROUNDS {
            match answer {
                KeyboardInteractiveAuthResponse::Success => return Ok(true),
                KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods, ..
                } => {
                    self.accepts = remaining_methods;
                    return Ok(false);
                }
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let answers = prompts
                        .iter()
                        .map(|prompt| match prompt.echo {
                            true => String::new(),
                            false => password.reveal().to_owned(),
                        })
                        .collect();
                    answer = self
                        .handle
                        .authenticate_keyboard_interactive_respond(answers)
                        .await?;
                }
            }
        }
        Ok(matches!(answer, KeyboardInteractiveAuthResponse::Success))
    }

    /// What to offer, best first: named keys (through the agent where it has them), then the rest
    /// of the agent's unless only named ones may be offered.
    async fn proofs(&mut self, credentials: &Credentials<'_>) -> Vec<(String, Proof)> {
        let mut held = self.held(credentials).await;
        let mut proofs = Vec::new();
        for file in &self.target.identities {
            let name = file.display().to_string();
            match credentials.keys.get(file, credentials.passphrases).await {
                KeyFile::Open { key, certificate } => {
                    held.retain(|(_, identity)| {
                        identity.public_key().key_data() != key.public_key().key_data()
                    });
                    let named = self.target.certificates.iter();
                    let more = named.filter_map(|file| certificate_of(file, key.public_key()));
                    for certificate in certificate.into_iter().chain(more.map(Box::new)) {
                        let proof = Proof::FileCertificate(Arc::clone(&key), certificate);
                        proofs.push((format!("certificate of {name}"), proof));
                    }
                    proofs.push((format!("key {name}"), Proof::File(key)));
                }
                KeyFile::Absent if self.target.identities_named => {
                    self.left_out.push(format!("`{name}` does not exist"));
                }
                KeyFile::Absent => {}
                KeyFile::Closed { public, why } => {
                    let mut mine = take(&mut held, public.as_deref());
                    if mine.is_empty() {
                        self.left_out.push(format!("`{name}`: {why}"));
                    }
                    proofs.append(&mut mine);
                }
            }
        }
        if !self.target.identities_only {
            let rest = held.into_iter().map(agent_proof);
            if self.target.identities_named {
                proofs.extend(rest);
            } else {
                proofs.splice(0..0, rest);
            }
        }
        if proofs.len() > OFFERED {
            self.left_out.push(format!(
                "{} more keys (set `ansible_ssh_private_key_file`)",
                proofs.len() - OFFERED
            ));
            proofs.truncate(OFFERED);
        }
        proofs
    }

    async fn held(&mut self, credentials: &Credentials<'_>) -> Vec<(Arc<Agent>, AgentIdentity)> {
        let Some(agent) = &credentials.agent else {
            return Vec::new();
        };
        match agent.identities().await {
            Ok(identities) => identities
                .iter()
                .map(|identity| (Arc::clone(agent), identity.clone()))
                .collect(),
            Err(why) => {
                self.left_out.push(format!("the agent's keys: {why}"));
                Vec::new()
            }
        }
    }
}

/// Takes what the agent holds of `public` out of `held`.
fn take(
    held: &mut Vec<(Arc<Agent>, AgentIdentity)>,
    public: Option<&PublicKey>,
) -> Vec<(String, Proof)> {
    let Some(public) = public else {
        return Vec::new();
    };
    held.extract_if(.., |(_, identity)| {
        identity.public_key().key_data() == public.key_data()
    })
    .map(agent_proof)
    .collect()
}

fn agent_proof((agent, identity): (Arc<Agent>, AgentIdentity)) -> (String, Proof) {
    let name = match identity.comment() {
        "" => identity
            .public_key()
            .fingerprint(HashAlg::Sha256)
            .to_string(),
        comment => comment.to_owned(),
    };
    match identity {
        AgentIdentity::Certificate { certificate, .. } => (
            format!("agent's certificate {name}"),
            Proof::AgentCertificate(agent, Box::new(certificate)),
        ),
        key => (
            format!("agent's key {name}"),
            Proof::Agent(agent, Box::new(key)),
        ),
    }
}
