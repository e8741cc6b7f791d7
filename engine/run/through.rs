//! One HTTP request to a name that a load balancer serves, through the SSH connection of its host: DNS need not
//! lead there yet, and no client is needed on any host.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, LOCATION, SET_COOKIE};
use hyper_util::rt::TokioIo;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use crate::carbon::proof::FrontAnswer;
use crate::run::http::accepting;
use crate::run::link::Link;

/// How long a balancer may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// More of a body than this is not read.
const LONGEST: usize = 1024 * 1024;

/// By which name and port a balancer is asked.
#[derive(Clone, Copy)]
pub(super) struct Through<'a> {
    pub(super) name: &'a str,
    pub(super) port: u16,
    pub(super) tls: bool,
}

/// Asks for a path, in a session where one is given; [`None`] where there is no answer.
pub(super) async fn ask_through(
    link: &mut Link,
    through: Through<'_>,
    path: &str,
    session: Option<&str>,
) -> Option<FrontAnswer> {
    let asked = answer(link, through, path, session);
    timeout(PATIENCE, asked).await.ok().flatten()
}

async fn answer(
    link: &mut Link,
    through: Through<'_>,
    path: &str,
    session: Option<&str>,
) -> Option<FrontAnswer> {
    let tunnel = link.tunnel("127.0.0.1", through.port).await.ok()?;
    if !through.tls {
        return send(tunnel, through, path, session).await;
    }
    let name = ServerName::try_from(through.name.to_owned()).ok()?;
    let stream = tokio_rustls::TlsConnector::from(Arc::new(accepting()?))
        .connect(name, tunnel)
        .await
        .ok()?;
    let shown = stream.get_ref().1.peer_certificates();
    let holds = shown
        .and_then(<[_]>::first)
        .map(|first| holds(first, through.name));
    let mut answer = send(stream, through, path, session).await?;
    answer.holds_name = holds;
    Some(answer)
}

/// True where a client that asked for this name would take the certificate for it. Who signed it is the
/// clients' business.
fn holds(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let parsed = ParsedCertificate::try_from(certificate);
    match (parsed, ServerName::try_from(name)) {
        (Ok(parsed), Ok(name)) => verify_server_name(&parsed, &name).is_ok(),
        _ => false,
    }
}

async fn send<S>(
    stream: S,
    through: Through<'_>,
    path: &str,
    session: Option<&str>,
) -> Option<FrontAnswer>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    let carrier = tokio::spawn(connection);
    let usual = if through.tls { 443 } else { 80 };
    let host = match through.port {
        port if port == usual => through.name.to_owned(),
        port => format!("{}:{port}", through.name),
    };
    let mut request = Request::builder()
        .uri(path)
        .header("Host", host)
        .header("Connection", "close")
        .header("User-Agent", concat!("wmprov/", env!("CARGO_PKG_VERSION")));
    if let Some(session) = session {
        request = request.header("Cookie", format!("JSESSIONID={session}"));
    }
    let request = request.body(Empty::<Bytes>::new()).ok()?;
    let response = sender.send_request(request).await.ok()?;
    let status = response.status().as_u16();
    let location = text(response.headers(), &LOCATION);
    let session = begun(response.headers());
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    carrier.abort();
    Some(FrontAnswer {
        status,
        location,
        session,
        // A body that was cut off is no answer.
        body: String::from_utf8_lossy(&body.ok()?.to_bytes()).into_owned(),
        holds_name: None,
    })
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The session that an answer begins.
fn begun(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(SET_COOKIE).into_iter();
    cookies
        .filter_map(|cookie| cookie.to_str().ok()?.strip_prefix("JSESSIONID="))
        .map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned())
        .next()
}
