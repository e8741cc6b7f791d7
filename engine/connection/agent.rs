//! The SSH agent, asked by one login at a time: agents answer hundreds of connections badly
//! (engines 5.2, trap 13).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use russh::Signer;
use russh::keys::HashAlg;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use tokio::sync::{Mutex, OnceCell};

use super::keys::public_beside;

/// How long the agent may take to answer; a key may ask its owner to touch or confirm.
const PATIENCE: Duration = Duration::from_secs(60);

/// An agent behind a queue.
pub(super) struct Agent {
    socket: PathBuf,
    queue: Mutex<()>,
    identities: OnceCell<Result<Vec<AgentIdentity>, String>>,
}

/// Why the agent did not sign.
#[derive(Debug, thiserror::Error)]
pub(super) enum AgentError {
    /// The session ended meanwhile.
    #[error("the session has ended")]
    Session(#[from] russh::SendError),
    /// The agent failed.
    #[error("the agent does not sign")]
    Agent(#[from] russh::keys::Error),
    /// The agent is silent.
    #[error("the agent does not answer in {PATIENCE:?}")]
    Silent,
}

impl Agent {
    /// Names the agent; it is not connected to before it is needed.
    pub(super) fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
            queue: Mutex::default(),
            identities: OnceCell::new(),
        }
    }

    /// The keys and certificates that it holds, asked for once a run; or why it cannot tell.
    pub(super) async fn identities(&self) -> &Result<Vec<AgentIdentity>, String> {
        self.identities
            .get_or_init(|| async {
                let _turn = self.queue.lock().await;
                let asked = async {
                    let mut client = AgentClient::connect_uds(&self.socket).await?;
                    client.request_identities().await
                };
                match tokio::time::timeout(PATIENCE, asked).await {
                    Ok(Ok(identities)) => Ok(identities),
                    Ok(Err(error)) => Err(error.to_string()),
                    Err(_) => Err(AgentError::Silent.to_string()),
                }
            })
            .await
    }

    /// True where it holds the key whose public half stands beside `file`.
    pub(super) async fn holds(&self, file: &Path) -> bool {
        let Some(public) = public_beside(file) else {
            return false;
        };
        self.identities().await.as_ref().is_ok_and(|held| {
            held.iter()
                .any(|identity| identity.public_key().key_data() == public.key_data())
        })
    }

    async fn sign(
        &self,
        identity: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, AgentError> {
        let _turn = self.queue.lock().await;
        let asked = async {
            let mut client = AgentClient::connect_uds(&self.socket).await?;
            client.sign_request(identity, hash, data).await
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(signed) => Ok(signed?),
            Err(_) => Err(AgentError::Silent),
        }
    }
}

/// Signs with a key that the agent holds.
pub(super) struct AgentSigner(pub(super) Arc<Agent>);

impl Signer for AgentSigner {
    type Error = AgentError;

    async fn auth_sign(
        &mut self,
        key: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, AgentError> {
        self.0.sign(key, hash, data).await
    }
}
