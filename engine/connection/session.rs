//! An SSH session: key exchange with a checked host, then channels, each drained by its own task.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::{Config, DisconnectReason, Handle, Handler, Msg};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg, Preferred, cipher, compression, kex};
use tokio::sync::{oneshot, watch};

use super::drain::{Drain, Open, OpenChannel};
use super::host_key::HostKeyCheck;
use super::queue::{QueueReader, queue};
use super::stdin::Stdin;
use super::wire::{Meter, Orders, Stream, Wire};
use super::{ConnectError, Counters, Ended, Exec, Target};

/// What russh tells while the session runs.
pub(super) struct Client {
    check: Arc<HostKeyCheck>,
    why_lost: Arc<Mutex<Option<String>>>,
}

impl Handler for Client {
    type Error = ConnectError;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, ConnectError> {
        self.check.judge(shown).map(|()| true)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<ConnectError>,
    ) -> Result<(), ConnectError> {
        let why = match reason {
            DisconnectReason::ReceivedDisconnect(told) => {
                format!("the host ends it: {}", told.message)
            }
            DisconnectReason::Error(ConnectError::Russh(russh::Error::KeepaliveTimeout)) => {
                "the host answers no keep-alive".to_owned()
            }
            DisconnectReason::Error(ConnectError::Russh(
                russh::Error::Disconnect | russh::Error::HUP,
            )) => "the host hangs up".to_owned(),
            DisconnectReason::Error(error) => error.to_string(),
        };
        *self.why_lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        Ok(())
    }
}

/// A session whose host key has been checked.
pub(super) struct Session {
    handle: Handle<Client>,
    address: String,
    open: Arc<Open>,
    meter: Arc<Meter>,
    why_lost: Arc<Mutex<Option<String>>>,
    channel_timeout: Duration,
    counters: Counters,
    /// Until it is settled, a session that is dropped gives its wire up.
    orders: Orders,
}

impl Session {
    /// Exchanges keys over `stream` and checks the host's.
    pub(super) async fn start(
        stream: Box<dyn Stream>,
        meter: Arc<Meter>,
        target: &Target,
        check: HostKeyCheck,
        channel_timeout: Duration,
    ) -> Result<Self, ConnectError> {
        let patience = target.keepalive_interval * target.keepalive_max.max(1);
        let (orders, ordered) = Orders::new();
        let wire = Wire::new(stream, Arc::clone(&meter), patience, ordered);
        let why_lost = Arc::default();
        let config = Arc::new(config(target, &check));
        let client = Client {
            check: Arc::new(check),
            why_lost: Arc::clone(&why_lost),
        };
        Ok(Self {
            handle: russh::client::connect_stream(config, wire, client).await?,
            address: target.address.clone(),
            open: Arc::default(),
            meter,
            why_lost,
            channel_timeout,
            counters: Counters::default(),
            orders,
        })
    }

    /// For logging in.
    pub(super) fn handle(&mut self) -> &mut Handle<Client> {
        &mut self.handle
    }

    /// The login is done: from now on the session lives as long as its channels.
    pub(super) fn settle(&mut self) {
        self.orders.settle();
    }

    /// What went over this session.
    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// False once the connection is gone.
    pub(super) fn is_alive(&self) -> bool {
        !self.handle.is_closed()
    }

    /// Why the connection is gone, where that is known.
    pub(super) fn why_lost(&self) -> Option<String> {
        self.why_lost
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Says goodbye; commands in flight end as lost.
    pub(super) async fn close(&self) {
        // A connection that is gone needs no goodbye.
        let _gone = tokio::time::timeout(
            Duration::from_secs(5),
            self.handle
                .disconnect(russh::Disconnect::ByApplication, "done", ""),
        )
        .await;
    }

    /// Ends at once and throws away what waits to be sent; commands in flight end as lost.
    pub(super) fn cut(self) {
        self.orders.cut();
    }

    /// Starts `command` in the login shell of the user.
    pub(super) async fn exec(&self, command: &str) -> Result<Exec, ConnectError> {
        let open = OpenChannel::new(&self.open);
        let started = async {
            let mut channel = self.handle.channel_open_session().await?;
            channel.exec(true, command).await?;
            loop {
                match channel.wait().await {
                    Some(ChannelMsg::Success) => return Ok(Some(channel)),
                    Some(ChannelMsg::Failure) => return Ok(None),
                    Some(_) => {}
                    None => return Err(russh::Error::Disconnect),
                }
            }
        };
        let channel = self
            .in_time(started)
            .await?
            .ok_or_else(|| ConnectError::NoChannel {
                address: self.address.clone(),
                why: "sshd does not run commands for this user".to_owned(),
            })?;
        self.counters.exec();
        self.counters.sent(command.len());
        let (ended_sender, ended) = oneshot::channel();
        let (stdin, stdout) = self.pump(channel, open, Some(ended_sender));
        Ok(Exec {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            ended,
        })
    }

    /// Opens a connection from the host to `host` at `port`; names are resolved over there.
    pub(super) async fn tunnel(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<(Stdin, QueueReader), ConnectError> {
        let open = OpenChannel::new(&self.open);
        let opening = self
            .handle
            .channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0);
        let channel = match tokio::time::timeout(limit, opening).await {
            Ok(opened) => opened.map_err(|error| self.told(error))?,
            Err(_) => return Err(self.silent(limit)),
        };
        Ok(self.pump(channel, open, None))
    }

    async fn in_time<T>(
        &self,
        act: impl Future<Output = Result<T, russh::Error>>,
    ) -> Result<T, ConnectError> {
        match tokio::time::timeout(self.channel_timeout, act).await {
            Ok(done) => done.map_err(|error| self.told(error)),
            Err(_) => Err(self.silent(self.channel_timeout)),
        }
    }

    fn silent(&self, after: Duration) -> ConnectError {
        ConnectError::Timeout {
            address: self.address.clone(),
            phase: super::Phase::Channel,
            after,
        }
    }

    fn told(&self, error: russh::Error) -> ConnectError {
        match error {
            russh::Error::ChannelOpenFailure(reason) => ConnectError::NoChannel {
                address: self.address.clone(),
                why: format!("sshd says {reason:?}"),
            },
            other => ConnectError::Lost {
                address: self.address.clone(),
                why: self.why_lost().unwrap_or_else(|| other.to_string()),
            },
        }
    }

    fn pump(
        &self,
        channel: Channel<Msg>,
        open: OpenChannel,
        ended: Option<oneshot::Sender<Ended>>,
    ) -> (Stdin, QueueReader) {
        let (read, write) = channel.split();
        let write = Arc::new(write);
        let (feeder, reader) = queue();
        let (closed, on_closed) = watch::channel(false);
        let drain = Drain::new(
            Arc::clone(&write),
            feeder,
            open,
            self.counters.clone(),
            Arc::clone(&self.why_lost),
        );
        tokio::spawn(drain.run(read, closed, ended));
        let stdin = Stdin::new(
            write,
            on_closed,
            self.meter.flushes(),
            self.counters.clone(),
        );
        (stdin, reader)
    }
}

fn config(target: &Target, check: &HostKeyCheck) -> Config {
    Config {
        client_id: russh::SshId::Standard(Cow::Borrowed(concat!(
            "SSH-2.0-wmprov_",
            env!("CARGO_PKG_VERSION")
        ))),
        preferred: Preferred {
            kex: Cow::Borrowed(KEX),
            key: Cow::Owned(check.algorithms()),
            host_key_certificates: Cow::Owned(check.certificate_algorithms()),
            cipher: Cow::Borrowed(CIPHERS),
            mac: Preferred::DEFAULT.mac,
            compression: Cow::Borrowed(&[compression::NONE]),
        },
        window_size: 2 << 20,
        keepalive_interval: Some(target.keepalive_interval).filter(|every| !every.is_zero()),
        keepalive_max: target.keepalive_max as usize,
        // russh writes each packet at once; the TCP socket has `nodelay` set by the connector.
        nodelay: true,
        ..Config::default()
    }
}

/// curve25519 first: ML-KEM costs more and servers before OpenSSH 9.9 do not know it.
const KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::MLKEM768X25519_SHA256,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];

/// AES-GCM first: half the CPU of ChaCha20 where the processor knows AES (engines 2.2).
const CIPHERS: &[cipher::Name] = &[
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];
