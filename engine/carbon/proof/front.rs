//! What clients and administrators get through a load balancer, held against what they must (procedure 7,
//! rows 33 to 37 and 64).

use std::net::IpAddr;

use super::{Proof, ProofRow, Verdict};

/// What a balancer must show.
#[derive(Clone, Debug)]
pub struct FrontExpected {
    /// The workers' name and ports, HTTP and HTTPS, where this balancer serves them.
    pub workers: Option<(String, u16, u16)>,
    /// The console's name and port, where it serves it.
    pub console: Option<(String, u16)>,
    /// The balancers' addresses, as far as they are known.
    pub balancers: Vec<IpAddr>,
    /// The nodes' addresses.
    pub nodes: Vec<IpAddr>,
}

/// The answer to one request through the balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontAnswer {
    /// The status.
    pub status: u16,
    /// Where it sends on to.
    pub location: Option<String>,
    /// The session that it begins (`JSESSIONID`).
    pub session: Option<String>,
    /// The body, as far as it was read.
    pub body: String,
    /// Whether the certificate holds the name that was asked for; [`None`] without TLS.
    pub holds_name: Option<bool>,
}

/// What was seen through a balancer; [`None`] is what did not answer.
#[derive(Clone, Debug, Default)]
pub struct FrontSeen {
    /// `/` of the workers, by HTTP and HTTPS.
    pub workers: [Option<FrontAnswer>; 2],
    /// What the workers' name must refuse: what was asked, and the answer.
    pub closed: Vec<(String, Option<FrontAnswer>)>,
    /// A service's WSDL through the workers' name.
    pub wsdl: Option<FrontAnswer>,
    /// `/carbon/` of the console.
    pub console: Option<FrontAnswer>,
    /// The login page, asked several times with the session that the first answer began.
    pub logins: Vec<Option<FrontAnswer>>,
    /// What the workers' name resolves to on the control machine; empty where to nothing.
    pub resolved: Vec<IpAddr>,
}

/// Holds what was seen through a balancer against what it must show.
#[must_use]
pub fn prove_front(expected: &FrontExpected, seen: &FrontSeen) -> Proof {
    let mut rows = Vec::new();
    let mut row = |what, verdict| rows.push(ProofRow { what, verdict });
    if let Some((name, http, https)) = &expected.workers {
        row("workers by HTTP", served(seen.workers[0].as_ref()));
        row("workers by HTTPS", served(seen.workers[1].as_ref()));
        row("closed paths", closed(&seen.closed));
        let answer = seen.workers[1].as_ref();
        row("certificate", holds(answer, name));
        row(
            "endpoint addresses",
            addresses(seen.wsdl.as_ref(), name, [*http, *https]),
        );
        row("clients' name", name_leads(expected, name, &seen.resolved));
    }
    if let Some((name, port)) = &expected.console {
        row("console", console(seen.console.as_ref(), name, *port));
        row("console's certificate", holds(seen.console.as_ref(), name));
        row("console's session", session(&seen.logins));
    }
    Proof { rows }
}

fn served(answer: Option<&FrontAnswer>) -> Verdict {
    match answer {
        None => Verdict::Refuted("nothing answers".to_owned()),
        Some(answer) if matches!(answer.status, 502..=504) => Verdict::Refuted(format!(
            "it answers {}: no worker is reached",
            answer.status
        )),
        Some(_) => Verdict::Proved,
    }
}

fn closed(asked: &[(String, Option<FrontAnswer>)]) -> Verdict {
    let open = asked
        .iter()
        .find(|(_, answer)| answer.as_ref().map(|answer| answer.status) != Some(403));
    match open {
        None => Verdict::Proved,
        Some((what, Some(answer))) => {
            Verdict::Refuted(format!("`{what}` answers {}, not 403", answer.status))
        }
        Some((what, None)) => Verdict::Refuted(format!("`{what}` does not answer")),
    }
}

fn holds(answer: Option<&FrontAnswer>, name: &str) -> Verdict {
    match answer.and_then(|answer| answer.holds_name) {
        Some(true) => Verdict::Proved,
        Some(false) => Verdict::Refuted(format!("the certificate is not good for `{name}`")),
        None => Verdict::NotProved("nothing answers".to_owned()),
    }
}

/// Every address that a WSDL gives to clients names the balancer, by its name and port.
fn addresses(answer: Option<&FrontAnswer>, name: &str, ports: [u16; 2]) -> Verdict {
    let Some(answer) = answer.filter(|answer| answer.status == 200) else {
        return Verdict::NotProved("no service `Version` shows its WSDL".to_owned());
    };
    let mut found = false;
    for piece in answer.body.split("location=\"").skip(1) {
        let address = piece.split('"').next().unwrap_or_default();
        let Some((scheme, rest)) = address.split_once("://") else {
            continue;
        };
        found = true;
        let (usual, wanted) = match scheme {
            "http" => (80, ports[0]),
            "https" => (443, ports[1]),
            // JMS and the like do not come through a balancer.
            _ => continue,
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        let port = if port.is_empty() {
            Ok(usual)
        } else {
            port.parse::<u16>()
        };
        if host != name || port != Ok(wanted) {
            return Verdict::Refuted(format!("a WSDL gives clients the address `{address}`"));
        }
    }
    match found {
        true => Verdict::Proved,
        false => Verdict::NotProved("the WSDL holds no address".to_owned()),
    }
}

fn name_leads(expected: &FrontExpected, name: &str, resolved: &[IpAddr]) -> Verdict {
    let balancer = |address: &&IpAddr| expected.balancers.contains(address);
    if let Some(node) = resolved
        .iter()
        .find(|address| expected.nodes.contains(address) && !balancer(address))
    {
        // Names are often switched once all is up, so this is told and does not end the run.
        return Verdict::NotProved(format!(
            "WM064 `{name}` leads to the node at {node}, past the balancer"
        ));
    }
    match resolved.first() {
        None => Verdict::NotProved(format!("`{name}` does not resolve on this machine")),
        Some(_) if resolved.iter().any(|address| balancer(&address)) => Verdict::Proved,
        Some(other) => Verdict::NotProved(format!(
            "`{name}` leads to {other}, which is not known to be the balancer's"
        )),
    }
}

/// A redirect that names the node's port sends the administrator past the balancer (real-run 8).
fn console(answer: Option<&FrontAnswer>, name: &str, port: u16) -> Verdict {
    let Some(answer) = answer else {
        return Verdict::Refuted("nothing answers".to_owned());
    };
    let base = match port {
        443 => format!("https://{name}/"),
        port => format!("https://{name}:{port}/"),
    };
    match (answer.status, &answer.location) {
        (200, _) => Verdict::Proved,
        (301..=308, Some(to)) if to.starts_with(&base) || to.starts_with('/') => Verdict::Proved,
        (301..=308, Some(to)) => Verdict::Refuted(format!("it sends on to `{to}`")),
        (status, _) => Verdict::Refuted(format!("`/carbon/` answers {status}")),
    }
}

/// A console that begins a session anew has sent the administrator to another manager (procedure 7, row 37).
fn session(logins: &[Option<FrontAnswer>]) -> Verdict {
    let Some((first, later)) = logins.split_first() else {
        return Verdict::NotProved("the console begins no session".to_owned());
    };
    if first.as_ref().is_none_or(|answer| answer.session.is_none()) {
        return Verdict::NotProved("the console begins no session".to_owned());
    }
    let anew = |answer: &Option<FrontAnswer>| {
        answer
            .as_ref()
            .is_none_or(|answer| answer.session.is_some())
    };
    match later.iter().position(anew) {
        None => Verdict::Proved,
        Some(at) => Verdict::Refuted(format!("request {} of a session begins another", at + 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> FrontExpected {
        FrontExpected {
            workers: Some(("esb.x".into(), 80, 443)),
            console: Some(("mgt.x".into(), 443)),
            balancers: vec!["10.0.0.5".parse().unwrap()],
            nodes: vec!["10.0.0.11".parse().unwrap(), "10.0.0.21".parse().unwrap()],
        }
    }

    fn answer(status: u16) -> Option<FrontAnswer> {
        Some(FrontAnswer {
            status,
            holds_name: Some(true),
            ..FrontAnswer::default()
        })
    }

    fn good() -> FrontSeen {
        let wsdl = "<soap:address location=\"http://esb.x/services/Version\"/><soap:address location=\"https://esb.x:443/services/Version\"/><address location=\"jms:/q\"/>";
        let with = |location: Option<&str>, session: Option<&str>| {
            Some(FrontAnswer {
                status: 302,
                location: location.map(str::to_owned),
                session: session.map(str::to_owned),
                holds_name: Some(true),
                ..FrontAnswer::default()
            })
        };
        FrontSeen {
            workers: [answer(202), answer(202)],
            closed: vec![("http /carbon/".into(), answer(403))],
            wsdl: Some(FrontAnswer {
                body: wsdl.into(),
                ..answer(200).unwrap()
            }),
            console: with(Some("https://mgt.x/carbon/admin/"), None),
            logins: vec![with(None, Some("A")), answer(200), answer(200)],
            resolved: vec!["10.0.0.5".parse().unwrap()],
        }
    }

    fn verdict(seen: &FrontSeen, what: &str) -> String {
        let proof = prove_front(&expected(), seen);
        let row = proof.rows.iter().find(|row| row.what == what);
        row.unwrap().to_string()
    }

    #[test]
    fn a_front_that_is_as_it_must_be_is_proved_whole() {
        let proof = prove_front(&expected(), &good());
        assert!(proof.complete(), "{:?}", proof.rows);
        assert_eq!(proof.rows.len(), 9);
    }

    type Breaks = fn(&mut FrontSeen);

    #[test]
    fn each_trouble_is_seen_in_its_row() {
        let broken = |change: Breaks| {
            let mut seen = good();
            change(&mut seen);
            seen
        };
        let rows: [(&str, Breaks); 12] = [
            ("workers by HTTP", |seen| seen.workers[0] = answer(502)),
            ("workers by HTTPS", |seen| seen.workers[1] = None),
            ("closed paths", |seen| seen.closed[0].1 = answer(302)),
            ("certificate", |seen| {
                seen.workers[1].as_mut().unwrap().holds_name = Some(false);
            }),
            ("endpoint addresses", |seen| {
                let wsdl = seen.wsdl.as_mut().unwrap();
                wsdl.body = wsdl.body.replace("esb.x:443", "esb.x:8243");
            }),
            ("endpoint addresses", |seen| {
                let wsdl = seen.wsdl.as_mut().unwrap();
                wsdl.body = wsdl.body.replace("http://esb.x", "http://10.0.0.21:8280");
            }),
            ("endpoint addresses", |seen| seen.wsdl = answer(202)),
            ("clients' name", |seen| {
                seen.resolved = vec!["10.0.0.21".parse().unwrap()]
            }),
            ("clients' name", |seen| seen.resolved.clear()),
            ("console", |seen| {
                seen.console.as_mut().unwrap().location = Some("https://mgt.x:9443/carbon/".into());
            }),
            ("console's certificate", |seen| {
                seen.console.as_mut().unwrap().holds_name = Some(false);
            }),
            ("console's session", |seen| {
                seen.logins[2].as_mut().unwrap().session = Some("B".into());
            }),
        ];
        let said: Vec<String> = rows
            .into_iter()
            .map(|(what, change)| verdict(&broken(change), what))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
workers by HTTP: refuted, it answers 502: no worker is reached
workers by HTTPS: refuted, nothing answers
closed paths: refuted, `http /carbon/` answers 302, not 403
certificate: refuted, the certificate is not good for `esb.x`
endpoint addresses: refuted, a WSDL gives clients the address `https://esb.x:8243/services/Version`
endpoint addresses: refuted, a WSDL gives clients the address `http://10.0.0.21:8280/services/Version`
endpoint addresses: not proved, no service `Version` shows its WSDL
clients' name: not proved, WM064 `esb.x` leads to the node at 10.0.0.21, past the balancer
clients' name: not proved, `esb.x` does not resolve on this machine
console: refuted, it sends on to `https://mgt.x:9443/carbon/`
console's certificate: refuted, the certificate is not good for `mgt.x`
console's session: refuted, request 3 of a session begins another
"#);
    }
}
