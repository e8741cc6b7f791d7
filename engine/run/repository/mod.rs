//! The repository of a cluster's artifacts, asked as a node will ask it: from its host, with its login, before it is started
//! and before anything is stopped for it. A server that cannot log in starts all the same, and says little.

mod dav;
mod svnserve;
mod wire;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Node, SvnAddress, SvnScheme};
use crate::connection::Tunnel;
use crate::run::http::accepting;
use crate::run::link::Link;
use crate::run::{Context, Event};
use crate::yaml::{Error, Secret};

/// How long the server may take to let a node in and to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the protocols run over.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// What a node sees of its repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The names at its top: tenants, the super tenant among them.
    top: Vec<String>,
    /// Its name in the world, where the server tells it at once.
    pub(super) uuid: Option<String>,
}

impl Seen {
    /// True where somebody has committed artifacts.
    pub(super) fn has_artifacts(&self) -> bool {
        !self.top.is_empty()
    }
}

/// Why a repository was not seen.
#[derive(Debug, thiserror::Error)]
enum SvnError {
    /// The server says no, in its own words.
    #[error("{0}")]
    Refused(String),
    /// A way of logging in that Carbon's client may speak, and this one does not.
    #[error("{0}")]
    NotSpoken(&'static str),
    /// What came is not what such a server says.
    #[error("it does not answer as such a server does: {0}")]
    Garbled(&'static str),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[from] io::Error),
}

/// Asks the repository of a node's cluster; [`None`] where there is none, or it could not be asked, which is said.
///
/// # Errors
/// Where the node will not be let in.
pub(super) async fn ask_repository(
    context: &Context,
    link: &Mutex<Link>,
    cluster: &Cluster,
    node: &Node,
) -> Result<Option<Seen>, Error> {
    let (Some(url), Some(password)) = (cluster.svn_url(), &node.svn.password) else {
        return Ok(None);
    };
    let wrong = |message: String| {
        let message = format!("repository `{url}` of node `{}`: {message}", node.name);
        Check::cite("WM183", message).or_at(cluster.place_of("carbon_artifact_sync"))
    };
    let unproved = |why: &str| {
        context.events.send(Event::Noticed {
            host: Some(node.host.clone()),
            message: format!("{}: repository of artifacts not proved: {why}", node.name),
        });
        Ok(None)
    };
    let address = SvnAddress::parse(&url).map_err(|why| wrong(format!("it {why}")))?;
    let tunnel = link.lock().await.tunnel(&address.host, address.port).await;
    let tunnel = match tunnel {
        Ok(tunnel) => tunnel,
        Err(error) if error.is_prohibited() => {
            return unproved("the host's sshd forwards no connections (`AllowTcpForwarding`)");
        }
        Err(error) => {
            let message = format!("nothing takes connections at {address}, seen from its host");
            return Err(wrong(message).because(error));
        }
    };
    let asking = look(tunnel, &address, &url, &node.svn.user, password);
    match timeout(PATIENCE, asking).await {
        Err(_elapsed) => Err(wrong(format!(
            "it takes the connection and says nothing for {PATIENCE:?}"
        ))),
        Ok(Ok(seen)) => Ok(Some(seen)),
        Ok(Err(SvnError::NotSpoken(why))) => unproved(&format!("{why}; it takes connections")),
        Ok(Err(SvnError::Refused(why))) => {
            Err(wrong(format!("it refuses `{}`: {why}", node.svn.user)))
        }
        Ok(Err(error)) => Err(wrong(
            "it takes the connection, and does not speak as it must".to_owned(),
        )
        .because(error)),
    }
}

async fn look(
    tunnel: Tunnel,
    address: &SvnAddress,
    url: &str,
    user: &str,
    password: &Secret,
) -> Result<Seen, SvnError> {
    match address.scheme {
        SvnScheme::Svn => svnserve::look(tunnel, url, user, password).await,
        SvnScheme::Http => dav::look(tunnel, address, user, password).await,
        SvnScheme::Https => {
            let no_tls = || SvnError::NotSpoken("no TLS can be spoken with such a server's name");
            // Whether Carbon trusts the certificate, its own trust store decides.
            let config = accepting().ok_or_else(no_tls)?;
            let name = ServerName::try_from(address.host.clone()).map_err(|_| no_tls())?;
            let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
            let stream = connector.connect(name, tunnel).await?;
            dav::look(stream, address, user, password).await
        }
    }
}
