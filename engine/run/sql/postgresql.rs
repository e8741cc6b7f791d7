//! The client's side of PostgreSQL's protocol, as far as a login with a password and simple questions go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::{Reader, Rows, SqlError, Wire, exactly};
use crate::yaml::Secret;

/// Version 3.0 of the protocol.
const VERSION: u32 = 196_608;

const SCRAM: &str = "SCRAM-SHA-256";

/// A logged-in connection.
pub(in crate::run) struct PostgreSql<W> {
    wire: W,
}

impl<W: Wire> PostgreSql<W> {
    pub(super) async fn login(
        wire: W,
        user: &str,
        password: &Secret,
        database: &str,
    ) -> Result<Self, SqlError> {
        let mut client = Self { wire };
        let mut hello = VERSION.to_be_bytes().to_vec();
        for text in ["user", user, "database", database, ""] {
            hello.extend(text.as_bytes());
            hello.push(0);
        }
        client.write(None, &hello).await?;
        client.admitted(user, password).await?;
        loop {
            let (kind, body) = client.read().await?;
            match kind {
                b'Z' => return Ok(client),
                b'E' => return Err(refusal(&body)?),
                _ => {}
            }
        }
    }

    /// Answers what the server asks until it lets us in.
    async fn admitted(&mut self, user: &str, password: &Secret) -> Result<(), SqlError> {
        let mut scram: Option<Scram> = None;
        loop {
            let (kind, body) = self.read().await?;
            let mut reader = Reader(&body);
            match kind {
                b'R' => {}
                b'E' => return Err(refusal(&body)?),
                _ => continue,
            }
            let way = reader.take(4)?;
            match u32::from_be_bytes([way[0], way[1], way[2], way[3]]) {
                0 => return Ok(()),
                3 => self.answer(password.reveal().as_bytes(), true).await?,
                5 => {
                    let proof = md5(user, password, reader.take(4)?);
                    self.answer(proof.as_bytes(), true).await?;
                }
                10 => {
                    let offered = String::from_utf8_lossy(reader.0).into_owned();
                    if !offered.split('\0').any(|way| way == SCRAM) {
                        let why = format!("the server wants a login by one of {offered:?}");
                        return Err(SqlError::NotSpoken(why));
                    }
                    let begun = Scram::begin()?;
                    let first = format!("n,,{}", begun.first);
                    let mut message = format!("{SCRAM}\0").into_bytes();
                    // A few dozen bytes.
                    message.extend(u32::try_from(first.len()).unwrap_or(0).to_be_bytes());
                    message.extend(first.as_bytes());
                    self.answer(&message, false).await?;
                    scram = Some(begun);
                }
                11 => {
                    let begun = scram
                        .as_mut()
                        .ok_or(SqlError::Garbled("SCRAM from nowhere"))?;
                    let last = begun.prove(&String::from_utf8_lossy(reader.0), password)?;
                    self.answer(last.as_bytes(), false).await?;
                }
                12 => {
                    let begun = scram
                        .as_ref()
                        .ok_or(SqlError::Garbled("SCRAM from nowhere"))?;
                    begun.verify(&String::from_utf8_lossy(reader.0))?;
                }
                other => {
                    let why = format!("the server wants a login of kind {other}");
                    return Err(SqlError::NotSpoken(why));
                }
            }
        }
    }

    pub(super) async fn ask(&mut self, sql: &str) -> Result<Rows, SqlError> {
        let mut question = sql.as_bytes().to_vec();
        question.push(0);
        self.write(Some(b'Q'), &question).await?;
        let mut rows = Rows::new();
        let mut refused = None;
        loop {
            let (kind, body) = self.read().await?;
            match kind {
                b'D' => rows.push(row(&body)?),
                b'E' => refused = Some(refusal(&body)?),
                // Also after an error: the connection is ready for the next question.
                b'Z' => return refused.map_or(Ok(rows), Err),
                _ => {}
            }
        }
    }

    async fn answer(&mut self, bytes: &[u8], ended: bool) -> Result<(), SqlError> {
        let mut body = bytes.to_vec();
        if ended {
            body.push(0);
        }
        self.write(Some(b'p'), &body).await
    }

    async fn read(&mut self) -> Result<(u8, Vec<u8>), SqlError> {
        let head = exactly(&mut self.wire, 5).await?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let length = length
            .checked_sub(4)
            .ok_or(SqlError::Garbled("a message shorter than its head"))?;
        Ok((head[0], exactly(&mut self.wire, length).await?))
    }

    async fn write(&mut self, kind: Option<u8>, body: &[u8]) -> Result<(), SqlError> {
        let length = u32::try_from(body.len() + 4)
            .map_err(|_| SqlError::Garbled("a question longer than a message"))?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.wire.write_all(&message).await?;
        self.wire.flush().await?;
        Ok(())
    }
}

fn row(body: &[u8]) -> Result<Vec<String>, SqlError> {
    let mut reader = Reader(body);
    let count = reader.take(2)?;
    let mut row = Vec::new();
    for _ in 0..u16::from_be_bytes([count[0], count[1]]) {
        let length = reader.take(4)?;
        let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        // A length below zero is SQL's NULL.
        let text = reader.take(usize::try_from(length).unwrap_or(0))?;
        row.push(String::from_utf8_lossy(text).into_owned());
    }
    Ok(row)
}

fn refusal(body: &[u8]) -> Result<SqlError, SqlError> {
    let mut reader = Reader(body);
    let (mut code, mut message) = (String::new(), String::new());
    loop {
        match reader.byte()? {
            0 => return Ok(SqlError::Refused { code, message }),
            b'C' => code = reader.text()?,
            b'M' => message = reader.text()?,
            _ => drop(reader.text()?),
        }
    }
}

/// The login of servers before 14, and of drivers before 42.2.
fn md5(user: &str, password: &Secret, salt: &[u8]) -> String {
    let once = md5::compute(format!("{}{user}", password.reveal()));
    let mut salted = format!("{once:x}").into_bytes();
    salted.extend(salt);
    format!("md5{:x}", md5::compute(salted))
}

/// SCRAM-SHA-256 (RFC 7677), without channel binding.
struct Scram {
    first: String,
    nonce: String,
    signature: Vec<u8>,
}

impl Scram {
    fn begin() -> Result<Self, SqlError> {
        let mut random = [0; 18];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self::with(BASE64.encode(random)))
    }

    fn with(nonce: String) -> Self {
        Self {
            // The server takes the user's name from the greeting.
            first: format!("n=,r={nonce}"),
            nonce,
            signature: Vec::new(),
        }
    }

    /// The last word of the login; keeps what the server must then show.
    fn prove(&mut self, server: &str, password: &Secret) -> Result<String, SqlError> {
        let field = |name: &str| {
            let mut fields = server.split(',');
            fields
                .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
                .ok_or(SqlError::Garbled("SCRAM without its fields"))
        };
        let nonce = field("r")?;
        let salt = BASE64
            .decode(field("s")?)
            .map_err(|_| SqlError::Garbled("a salt that is none"))?;
        let rounds: u32 = field("i")?
            .parse()
            .map_err(|_| SqlError::Garbled("SCRAM without rounds"))?;
        if !nonce.starts_with(&self.nonce) || rounds == 0 || rounds > 1_000_000 {
            return Err(SqlError::Garbled("SCRAM that answers somebody else"));
        }
        let mut salted = [0; 32];
        let password = password.reveal().as_bytes();
        pbkdf2::pbkdf2_hmac::<Sha256>(password, &salt, rounds, &mut salted);
        let bare = format!("c=biws,r={nonce}");
        let all = format!("{},{server},{bare}", self.first);
        let key = keyed(&salted, b"Client Key")?;
        let stored = Sha256::digest(&key);
        let mask = keyed(&stored, all.as_bytes())?;
        let proof: Vec<u8> = key.iter().zip(&mask).map(|(a, b)| a ^ b).collect();
        self.signature = keyed(&keyed(&salted, b"Server Key")?, all.as_bytes())?;
        Ok(format!("{bare},p={}", BASE64.encode(proof)))
    }

    /// The server knows the password as well.
    fn verify(&self, server: &str) -> Result<(), SqlError> {
        let shown = server.strip_prefix("v=").map(str::trim_end);
        match shown {
            Some(shown) if shown == BASE64.encode(&self.signature) => Ok(()),
            _ => Err(SqlError::Garbled(
                "a server that does not know the password",
            )),
        }
    }
}

fn keyed(key: &[u8], text: &[u8]) -> Result<Vec<u8>, SqlError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|_| SqlError::Garbled("a key that HMAC does not take"))?;
    mac.update(text);
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, its user's name aside, which PostgreSQL leaves out.
    #[test]
    fn scram_proves_as_the_standard_says() {
        let mut scram = Scram::with("rOprNGfwEbeRWgbNEkqO".to_owned());
        scram.first = "n=user,r=rOprNGfwEbeRWgbNEkqO".to_owned();
        let server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let last = scram.prove(server, &Secret::new("pencil")).unwrap();
        assert_eq!(
            last,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        scram
            .verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
            .unwrap();
        assert!(scram.verify("v=AAAA").is_err());
    }

    #[test]
    fn the_old_login_is_the_digest_of_a_digest() {
        assert_eq!(
            md5("um", &Secret::new("umpw1"), &[1, 2, 3, 4]),
            "md5d17c4234b1b5110224a589eb3b21a048"
        );
    }
}
