//! An open connection to one host, over SSH or to this machine.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::local;
use super::queue::QueueReader;
use super::session::Session;
use super::stdin::Stdin;
use super::{ConnectError, Counters, Exec, Phase};

/// A connection; commands and tunnels run over it side by side.
pub struct Connection(Kind);

enum Kind {
    Local(Counters),
    Ssh {
        session: Session,
        /// The jump host's connection lives as long as what runs through it.
        _through: Option<Arc<Connection>>,
    },
}

impl Connection {
    pub(super) fn local() -> Self {
        Self(Kind::Local(Counters::default()))
    }

    pub(super) fn ssh(session: Session, through: Option<Arc<Self>>) -> Self {
        Self(Kind::Ssh {
            session,
            _through: through,
        })
    }

    /// Starts a command line: through the user's login shell over SSH, through `/bin/sh` here.
    ///
    /// # Errors
    /// [`ConnectError::NoChannel`] beyond sshd's `MaxSessions`, [`ConnectError::Lost`],
    /// [`ConnectError::Timeout`] in [`Phase::Channel`].
    pub async fn exec(&self, command: &str) -> Result<Exec, ConnectError> {
        match &self.0 {
            Kind::Local(counters) => local::exec(command, counters),
            Kind::Ssh { session, .. } => session.exec(command).await,
        }
    }

    /// Connects to `host` at `port` as seen from the host.
    ///
    /// # Errors
    /// As [`exec`](Self::exec); [`ConnectError::NoChannel`] also where nothing listens there.
    pub async fn tunnel(&self, host: &str, port: u16) -> Result<Tunnel, ConnectError> {
        self.tunnel_within(host, port, Duration::from_secs(10))
            .await
    }

    pub(super) async fn tunnel_within(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<Tunnel, ConnectError> {
        match &self.0 {
            Kind::Ssh { session, .. } => {
                let (write, read) = session.tunnel(host, port, limit).await?;
                Ok(Tunnel(Ways::Ssh(write, read)))
            }
            Kind::Local(_) => {
                match tokio::time::timeout(limit, TcpStream::connect((host, port))).await {
                    Ok(Ok(stream)) => Ok(Tunnel(Ways::Local(stream))),
                    Ok(Err(source)) => Err(ConnectError::NotConnected {
                        address: host.to_owned(),
                        port,
                        source,
                    }),
                    Err(_) => Err(ConnectError::Timeout {
                        address: host.to_owned(),
                        phase: Phase::Connect,
                        after: limit,
                    }),
                }
            }
        }
    }

    /// What went over this connection.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        match &self.0 {
            Kind::Local(counters) => counters,
            Kind::Ssh { session, .. } => session.counters(),
        }
    }

    /// False once the connection is gone.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        match &self.0 {
            Kind::Local(_) => true,
            Kind::Ssh { session, .. } => session.is_alive(),
        }
    }

    /// Why the connection is gone, where that is known.
    #[must_use]
    pub fn why_lost(&self) -> Option<String> {
        match &self.0 {
            Kind::Local(_) => None,
            Kind::Ssh { session, .. } => session.why_lost(),
        }
    }

    /// Ends the connection at once and throws away what waits to be sent, so that commands on the host
    /// see the end of their input now and not when a slow line has delivered the rest.
    pub fn cut(self) {
        if let Kind::Ssh { session, .. } = self.0 {
            session.cut();
        }
    }

    /// Ends the connection; commands in flight end as [`Status::Lost`](super::Status::Lost).
    pub async fn close(self) {
        if let Kind::Ssh { session, .. } = &self.0 {
            session.close().await;
        }
    }
}

/// A stream of bytes to a port that a host can reach.
pub struct Tunnel(Ways);

enum Ways {
    Ssh(Stdin, QueueReader),
    Local(TcpStream),
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Ways::Ssh(_, read) => Pin::new(read).poll_read(context, buffer),
            Ways::Local(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Ways::Ssh(write, _) => Pin::new(write).poll_write(context, bytes),
            Ways::Local(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Ways::Ssh(write, _) => Pin::new(write).poll_flush(context),
            Ways::Local(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Ways::Ssh(write, _) => Pin::new(write).poll_shutdown(context),
            Ways::Local(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
