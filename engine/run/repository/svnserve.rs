//! svnserve, asked for what lies at the top of a repository: as a client does, whose password is shown by a digest only
//! (CRAM-MD5, RFC 2195).

use super::wire::{Item, Items};
use super::{Seen, SvnError, Wire};
use crate::yaml::Secret;

/// Logs in and lists the top of the repository.
pub(super) async fn look<W: Wire>(
    wire: W,
    url: &str,
    user: &str,
    password: &Secret,
) -> Result<Seen, SvnError> {
    let mut items = Items::new(wire);
    // ( success ( LEAST MOST ( ) ( CAPABILITY... ) ) )
    params(&mut items).await?;
    let greeting = format!(
        "( 2 ( edit-pipeline svndiff1 absent-entries depth ) {} {} ( ) ) ",
        text(url),
        text("wmprov")
    );
    items.send(&greeting).await?;
    login(&mut items, user, password).await?;
    // ( success ( UUID URL ( CAPABILITY... ) ) )
    let told = params(&mut items).await?;
    let uuid = told.first().and_then(Item::text).map(str::to_owned);
    items
        .send("( get-dir ( 0: ( ) false true ( kind ) ) ) ")
        .await?;
    // Nothing more is asked to prove who we are: ( success ( ( ) 0: ) )
    params(&mut items).await?;
    // ( success ( REVISION PROPERTIES ( ( NAME KIND ... )... ) ) )
    let found = params(&mut items).await?;
    // Without its list it is no empty repository: what is deployed would be laid out as if nobody had committed.
    let entries = found
        .get(2)
        .ok_or(SvnError::Garbled("a folder without its list"))?
        .list();
    let name = |entry: &Item| Some(entry.list().first()?.text()?.to_owned());
    Ok(Seen {
        top: entries.iter().filter_map(name).collect(),
        uuid,
    })
}

async fn login<W: Wire>(
    items: &mut Items<W>,
    user: &str,
    password: &Secret,
) -> Result<(), SvnError> {
    const WAY: &str = "CRAM-MD5";
    // ( success ( ( WAY... ) REALM ) )
    let asked = params(items).await?;
    let ways = asked.first().map(Item::list).unwrap_or_default();
    if !ways.iter().any(|way| way.text() == Some(WAY)) {
        return Err(SvnError::NotSpoken("it offers no login by password"));
    }
    items.send(&format!("( {WAY} ( ) ) ")).await?;
    let (word, given) = answer(items).await?;
    let challenge = given.first().and_then(Item::text);
    let Some(challenge) = challenge.filter(|_| word == "step") else {
        return Err(SvnError::Garbled("a login without a challenge"));
    };
    let proof = hmac_md5(password.reveal().as_bytes(), challenge.as_bytes());
    items
        .send(&format!("{} ", text(&format!("{user} {proof}"))))
        .await?;
    let (word, given) = answer(items).await?;
    if word == "success" {
        return Ok(());
    }
    let why = given
        .first()
        .and_then(Item::text)
        .unwrap_or("it does not say why");
    Err(SvnError::Refused(why.to_owned()))
}

/// The parameters of a success; a failure in the server's words.
async fn params<W: Wire>(items: &mut Items<W>) -> Result<Vec<Item>, SvnError> {
    let (word, given) = answer(items).await?;
    if word == "success" {
        return Ok(given);
    }
    // ( failure ( ( CODE MESSAGE FILE LINE )... ) )
    let told = given.iter().filter_map(|error| error.list().get(1)?.text());
    let told: Vec<&str> = told.filter(|text| !text.is_empty()).collect();
    Err(SvnError::Refused(match told.is_empty() {
        true => "it does not say why".to_owned(),
        false => told.join(": "),
    }))
}

async fn answer<W: Wire>(items: &mut Items<W>) -> Result<(String, Vec<Item>), SvnError> {
    let item = items.next().await?;
    match item.list() {
        [Item::Word(word), Item::List(given)] => Ok((word.clone(), given.clone())),
        _ => Err(SvnError::Garbled("an answer that is none")),
    }
}

/// A text as the protocol writes it.
fn text(text: &str) -> String {
    format!("{}:{text}", text.len())
}

/// HMAC of RFC 2104 over MD5, in hex: svnserve knows no other proof of a password.
fn hmac_md5(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    match key.len() > block.len() {
        true => block[..16].copy_from_slice(&md5::compute(key).0),
        false => block[..key.len()].copy_from_slice(key),
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad).to_vec();
    let inner = md5::compute([&padded(0x36)[..], message].concat());
    format!("{:x}", md5::compute([&padded(0x5c)[..], &inner.0].concat()))
}

#[cfg(test)]
mod tests {
    use super::hmac_md5;

    /// Of RFC 2202, and RFC 2195's own example.
    #[test]
    fn a_password_is_proved_as_the_standard_has_it() {
        for (key, message, digest) in [
            (
                "Jefe",
                "what do ya want for nothing?",
                "750c783e6ab0b503eaa86e310a5db738",
            ),
            (
                "tanstaaftanstaaf",
                "<1896.697170952@postoffice.reston.mci.net>",
                "b913a602c7eda7a495b4e6e7334d3890",
            ),
        ] {
            assert_eq!(hmac_md5(key.as_bytes(), message.as_bytes()), digest);
        }
        let long = [0xaa; 80];
        assert_eq!(
            hmac_md5(
                &long,
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            ),
            "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"
        );
    }
}
