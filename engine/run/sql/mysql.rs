//! The client's side of MySQL's and MariaDB's protocol, as far as a login with a password and questions in plain
//! text go.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::{Reader, Rows, SqlError, Wire, exactly};
use crate::yaml::Secret;

/// LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH.
const CAPABILITIES: u32 = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;

/// utf8_general_ci, which every version has.
const CHARSET: u8 = 33;

const OK: u8 = 0x00;
const MORE: u8 = 0x01;
const EOF: u8 = 0xfe;
const ERROR: u8 = 0xff;

const NATIVE: &str = "mysql_native_password";
const CACHING: &str = "caching_sha2_password";

/// A logged-in connection.
pub(in crate::run) struct MySql<W> {
    wire: W,
    sequence: u8,
}

impl<W: Wire> MySql<W> {
    pub(super) async fn login(
        wire: W,
        user: &str,
        password: &Secret,
        database: &str,
    ) -> Result<Self, SqlError> {
        let mut client = Self { wire, sequence: 0 };
        let greeting = client.read().await?;
        let (salt, plugin) = greeted(&greeting)?;
        // A server that prefers another way says so, and is answered in it.
        let known = [NATIVE, CACHING].contains(&plugin.as_str());
        let plugin = if known { plugin } else { NATIVE.to_owned() };
        let proof = prove(&plugin, password, &salt)?;
        let mut hello = Vec::new();
        hello.extend(CAPABILITIES.to_le_bytes());
        hello.extend(0x0100_0000_u32.to_le_bytes());
        hello.push(CHARSET);
        hello.extend([0; 23]);
        for text in [user.as_bytes(), b"\0"] {
            hello.extend(text);
        }
        // A proof is 20 or 32 bytes.
        hello.push(u8::try_from(proof.len()).unwrap_or(0));
        hello.extend(proof);
        for text in [database, &plugin] {
            hello.extend(text.as_bytes());
            hello.push(0);
        }
        client.send(&hello).await?;
        client.admitted(password).await?;
        Ok(client)
    }

    /// Answers what the server asks until it lets us in.
    async fn admitted(&mut self, password: &Secret) -> Result<(), SqlError> {
        loop {
            let packet = self.read().await?;
            let mut reader = Reader(&packet);
            match reader.byte()? {
                OK => return Ok(()),
                ERROR => return Err(refusal(reader)),
                EOF => {
                    let plugin = reader.text()?;
                    let salt = reader.0.strip_suffix(b"\0").unwrap_or(reader.0).to_vec();
                    let proof = prove(&plugin, password, &salt)?;
                    self.send(&proof).await?;
                }
                // 3: the proof was enough; 4: the password itself is wanted, over TLS.
                MORE if reader.0 == [3] => {}
                MORE => {
                    let why =
                        format!("the server wants the password itself for `{CACHING}`, over TLS");
                    return Err(SqlError::NotSpoken(why));
                }
                _ => return Err(SqlError::Garbled("an unknown step of the login")),
            }
        }
    }

    pub(super) async fn ask(&mut self, sql: &str) -> Result<Rows, SqlError> {
        self.sequence = 0;
        let mut question = vec![3];
        question.extend(sql.as_bytes());
        self.send(&question).await?;
        let head = self.read().await?;
        let mut reader = Reader(&head);
        let columns = match head.first() {
            Some(&ERROR) => {
                reader.byte()?;
                return Err(refusal(reader));
            }
            Some(&OK) => return Ok(Rows::new()),
            _ => length(&mut reader)?.unwrap_or_default(),
        };
        for _ in 0..columns {
            self.read().await?;
        }
        self.read().await?;
        let mut rows = Rows::new();
        loop {
            let packet = self.read().await?;
            let mut reader = Reader(&packet);
            match packet.first() {
                Some(&EOF) if packet.len() < 9 => return Ok(rows),
                Some(&ERROR) => {
                    reader.byte()?;
                    return Err(refusal(reader));
                }
                _ => {}
            }
            let mut row = Vec::new();
            for _ in 0..columns {
                let text = match length(&mut reader)? {
                    Some(length) => String::from_utf8_lossy(reader.take(length)?).into_owned(),
                    None => String::new(),
                };
                row.push(text);
            }
            rows.push(row);
        }
    }

    async fn read(&mut self) -> Result<Vec<u8>, SqlError> {
        let head = exactly(&mut self.wire, 4).await?;
        self.sequence = head[3].wrapping_add(1);
        let length = u32::from_le_bytes([head[0], head[1], head[2], 0]);
        exactly(&mut self.wire, length as usize).await
    }

    async fn send(&mut self, payload: &[u8]) -> Result<(), SqlError> {
        let length = u32::try_from(payload.len())
            .ok()
            .filter(|length| *length < 0xff_ffff)
            .ok_or(SqlError::Garbled("a question longer than a packet"))?;
        let mut packet = length.to_le_bytes();
        packet[3] = self.sequence;
        self.wire.write_all(&packet).await?;
        self.wire.write_all(payload).await?;
        self.wire.flush().await?;
        Ok(())
    }
}

/// The salt of the server's greeting, and the way of logging in that it prefers.
fn greeted(packet: &[u8]) -> Result<(Vec<u8>, String), SqlError> {
    let mut reader = Reader(packet);
    match reader.byte()? {
        10 => {}
        ERROR => return Err(refusal(reader)),
        _ => return Err(SqlError::Garbled("a greeting of another protocol")),
    }
    let _version = reader.text()?;
    reader.take(4)?;
    let mut salt = reader.take(8)?.to_vec();
    // A filler, capabilities, charset, status, capabilities, length of the salt, fillers.
    reader.take(1 + 2 + 1 + 2 + 2)?;
    let length = usize::from(reader.byte()?);
    reader.take(10)?;
    let rest = reader.take(length.saturating_sub(8).max(13))?;
    salt.extend(rest.strip_suffix(b"\0").unwrap_or(rest));
    let plugin = if reader.0.is_empty() {
        NATIVE.to_owned()
    } else {
        reader.text()?
    };
    Ok((salt, plugin))
}

/// What shows that we know the password.
fn prove(plugin: &str, password: &Secret, salt: &[u8]) -> Result<Vec<u8>, SqlError> {
    let password = password.reveal().as_bytes();
    if password.is_empty() {
        return Ok(Vec::new());
    }
    let xor = |one: &[u8], two: &[u8]| one.iter().zip(two).map(|(a, b)| a ^ b).collect();
    match plugin {
        NATIVE => {
            let once = Sha1::digest(password);
            let mask = Sha1::new()
                .chain_update(salt)
                .chain_update(Sha1::digest(once))
                .finalize();
            Ok(xor(&once, &mask))
        }
        CACHING => {
            let once = Sha256::digest(password);
            let mask = Sha256::new()
                .chain_update(Sha256::digest(once))
                .chain_update(salt)
                .finalize();
            Ok(xor(&once, &mask))
        }
        other => Err(SqlError::NotSpoken(format!(
            "the server wants a login by `{other}`"
        ))),
    }
}

/// The server's refusal, behind its first byte.
fn refusal(mut reader: Reader<'_>) -> SqlError {
    let Ok(code) = reader.take(2) else {
        return SqlError::Garbled("an error without a code");
    };
    let code = u16::from_le_bytes([code[0], code[1]]);
    let text = String::from_utf8_lossy(reader.0);
    // `#28000` before the words is the SQL state; an early refusal has none.
    let message = match text.strip_prefix('#') {
        Some(rest) => rest.get(5..).unwrap_or_default(),
        None => &text,
    };
    SqlError::Refused {
        code: code.to_string(),
        message: message.to_owned(),
    }
}

/// A length; [`None`] for SQL's NULL.
fn length(reader: &mut Reader<'_>) -> Result<Option<usize>, SqlError> {
    let bytes = match reader.byte()? {
        0xfb => return Ok(None),
        0xfc => reader.take(2)?,
        0xfd => reader.take(3)?,
        0xfe => reader.take(8)?,
        small => return Ok(Some(usize::from(small))),
    };
    let number = bytes
        .iter()
        .rev()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number)
        .map(Some)
        .map_err(|_| SqlError::Garbled("a length beyond any answer"))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = u32::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
        packet[3] = sequence;
        packet.extend(payload);
        packet
    }

    /// What a login comes to where the server says these packets, the first before it has heard anything.
    async fn login(said: Vec<Vec<u8>>) -> SqlError {
        let (near, mut far) = tokio::io::duplex(4096);
        let server = tokio::spawn(async move {
            for payload in said {
                far.write_all(&payload).await.unwrap();
                let mut heard = vec![0; 1024];
                let _until_hung_up = far.read(&mut heard).await;
            }
        });
        let secret = Secret::new("pw");
        let refused = MySql::login(near, "reg", &secret, "REG")
            .await
            .err()
            .unwrap();
        server.await.unwrap();
        refused
    }

    #[tokio::test]
    async fn a_server_may_refuse_before_it_greets() {
        let full = packet(0, b"\xff\x10\x04Too many connections");
        assert_eq!(
            login(vec![full]).await.to_string(),
            "Too many connections (1040)"
        );
    }

    #[tokio::test]
    async fn a_password_that_wants_tls_is_not_sent_in_clear() {
        let mut hello = b"\x0a8.0.40\0\x01\0\0\0saltsalt\0".to_vec();
        hello.extend(b"\xff\xff\x21\x02\0\xff\xff\x15");
        hello.extend([0; 10]);
        hello.extend(b"saltsaltsalt\0caching_sha2_password\0");
        let refused = login(vec![packet(0, &hello), packet(2, b"\x01\x04")]).await;
        assert!(matches!(refused, SqlError::NotSpoken(_)), "{refused}");
    }

    #[tokio::test]
    async fn another_protocol_is_told() {
        let refused = login(vec![packet(0, b"SSH-2.0-OpenSSH")]).await;
        assert!(matches!(refused, SqlError::Garbled(_)), "{refused}");
    }
}
