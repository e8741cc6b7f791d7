//! One HTTP request to a node, through the SSH connection of its host.
//!
//! SSH vouches for the host, so Carbon's stock certificate (RSA-1024, SHA-1, CN=localhost) is checked neither
//! in its chain nor in its handshake signature (design 5.4, real-run 8).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::time::timeout;

use crate::carbon::proof::Answer;
use crate::cluster::Admin;
use crate::run::link::Link;

/// How long a node may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// More of a body than this is not read.
const LONGEST: usize = 256 * 1024;

/// What is asked.
pub(super) enum Ask<'a> {
    /// `GET`.
    Get(&'a str),
    /// A call of ServerAdmin with the administrator's login.
    Admin(&'a Admin),
}

/// Asks port `port` of the host over TLS; [`None`] where there is no answer, which is never taken for one.
pub(super) async fn ask(link: &mut Link, port: u16, ask: Ask<'_>) -> Option<Answer> {
    timeout(PATIENCE, answer(link, port, ask))
        .await
        .ok()
        .flatten()
}

async fn answer(link: &mut Link, port: u16, ask: Ask<'_>) -> Option<Answer> {
    let tunnel = link.tunnel("127.0.0.1", port).await.ok()?;
    let config = accepting()?;
    let name = ServerName::try_from("localhost").ok()?;
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, tunnel)
        .await
        .ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .ok()?;
    let carrier = tokio::spawn(connection);
    let response = sender.send_request(request(port, ask)?).await.ok()?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LONGEST)
        .collect()
        .await
        .ok();
    carrier.abort();
    Some(Answer {
        status,
        body: body.map_or_else(String::new, |body| {
            String::from_utf8_lossy(&body.to_bytes()).into_owned()
        }),
    })
}

/// A client that takes any certificate: SSH vouches for the host.
pub(super) fn accepting() -> Option<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Some(
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(SshVouches))
            .with_no_client_auth(),
    )
}

fn request(port: u16, ask: Ask<'_>) -> Option<Request<Full<Bytes>>> {
    let builder = Request::builder()
        .header("Host", format!("localhost:{port}"))
        .header("Connection", "close")
        .header("User-Agent", concat!("wmprov/", env!("CARGO_PKG_VERSION")));
    match ask {
        Ask::Get(path) => builder.uri(path).body(Full::default()).ok(),
        Ask::Admin(admin) => {
            let password = admin.password.as_ref()?;
            let login = format!("{}:{}", admin.user, password.reveal());
            let login = base64::engine::general_purpose::STANDARD.encode(login);
            builder
                .method("POST")
                .uri("/services/ServerAdmin")
                .header("Authorization", format!("Basic {login}"))
                .header("Content-Type", "text/xml; charset=UTF-8")
                .header("SOAPAction", "urn:getServerVersion")
                .body(Full::from(ENVELOPE))
                .ok()
        }
    }
}

/// Asks for the server's version: it reads, and changes nothing.
const ENVELOPE: &str = "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
xmlns:adm=\"http://org.apache.axis2/xsd\"><soapenv:Body><adm:getServerVersion/></soapenv:Body></soapenv:Envelope>";

#[derive(Debug)]
struct SshVouches;

impl ServerCertVerifier for SshVouches {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ED25519,
        ]
    }
}
