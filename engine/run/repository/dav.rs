//! Apache with mod_dav_svn, asked for what lies at the top of a repository.

use base64::Engine as _;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

use super::{Seen, SvnError, Wire};
use crate::cluster::SvnAddress;
use crate::yaml::Secret;

/// More of a body than this is not read.
const LONGEST: usize = 4 * 1024 * 1024;

/// Where the super tenant's artifacts lie in a repository (procedure 3.1).
const SUPER_TENANT: &str = "-1234";

/// The repository's name in the world, of the properties that Subversion's module tells of a folder.
fn uuid(body: &str) -> Option<String> {
    let (_, rest) = body.split_once(":repository-uuid>")?;
    let (uuid, _) = rest.split_once("</")?;
    Some(uuid.to_owned())
}

/// Logs in and lists the top of the repository.
pub(super) async fn look<W: Wire + 'static>(
    wire: W,
    address: &SvnAddress,
    user: &str,
    password: &Secret,
) -> Result<Seen, SvnError> {
    let broken = |error: hyper::Error| SvnError::Broken(std::io::Error::other(error));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(wire))
        .await
        .map_err(broken)?;
    let carrier = tokio::spawn(connection);
    let login = format!("{user}:{}", password.reveal());
    let login = base64::engine::general_purpose::STANDARD.encode(login);
    let request = Request::builder()
        .method("PROPFIND")
        .uri(&address.path)
        .header("Host", address.to_string())
        .header("Depth", "1")
        .header("Connection", "close")
        .header("Authorization", format!("Basic {login}"))
        .header("User-Agent", concat!("wmprov/", env!("CARGO_PKG_VERSION")))
        .body(Full::<Bytes>::default())
        .map_err(|_| SvnError::Garbled("its path is none of HTTP"))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    carrier.abort();
    match status {
        207 => {
            let body = body.map_err(|error| SvnError::Broken(std::io::Error::other(error)))?;
            let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            let has = body.contains(&format!("/{SUPER_TENANT}/<"));
            Ok(Seen {
                top: has.then(|| SUPER_TENANT.to_owned()).into_iter().collect(),
                uuid: uuid(&body),
            })
        }
        401 | 403 => Err(SvnError::Refused(format!("it answers {status}"))),
        404 => Err(SvnError::Refused(
            "it has no repository there (404)".to_owned(),
        )),
        _ => Err(SvnError::Refused(format!(
            "it answers {status}, which no repository does"
        ))),
    }
}
