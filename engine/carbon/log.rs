//! wso2carbon.log → what a server said since its process started.
//!
//! Lines of the file read `TID: [-1234] [] [2026-11-22 10:00:00,123]  INFO {class} -  message {class}`
//! (real-run 12); everything else belongs to the line before it (stack traces).

use std::net::IpAddr;

/// What a server said of itself, in the order in which it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Seconds of `WSO2 Carbon started in N sec`; it proves neither ports nor tables (real-run 3, 8).
    pub started: Option<u64>,
    /// The address in `Mgt Console URL`; it comes wherever `org.wso2.carbon.ui` runs (real-run 2).
    pub console: Option<String>,
    /// The ESB's line that it is a worker (real-run 2).
    pub worker: bool,
    /// `Invoking admin services on worker node is forbidden`: an admin call was refused (real-run 2).
    pub refused_admin: bool,
    /// `Cluster domain: D`.
    pub domain: Option<String>,
    /// What it is called in its cluster, by the last `Local member` line.
    pub id: Option<String>,
    /// The address and port in the last `Local member` line: what was really bound (procedure 7, row 3).
    pub local_member: Option<(String, u16)>,
    /// It elected itself the coordinator and nothing since says otherwise.
    pub coordinator: bool,
    /// Members that joined and have not left since; only nodes that were there log a join (real-run 5).
    pub joined: Vec<Joined>,
    /// What members were called that have left, whoever came back as another.
    pub left: Vec<String>,
    /// `Cluster initialization completed`.
    pub cluster_ready: bool,
    /// The last ERROR or FATAL line: the reason of a bad start.
    pub last_error: Option<String>,
    /// It waits for something that never comes: the last `Waiting for required …` or `delayed` line.
    pub waiting: Option<String>,
    /// `Halting JVM`: a clean stop was its last word.
    pub halted: bool,
    /// Tenants that it has loaded, and not unloaded since.
    pub tenants: Vec<String>,
}

/// A member as a line about it names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// What it is called from its start to its end: one that comes back has another.
    pub id: String,
    /// The address and port that it claims.
    pub at: (IpAddr, u16),
}

/// One line of the log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// `2026-11-22 10:00:00,123`, as the server's clock and zone have it; orders as text does.
    pub time: &'a str,
    /// `INFO`, `WARN`, `ERROR`, `FATAL`.
    pub level: &'a str,
    /// The message, without the class around it.
    pub message: &'a str,
}

impl<'a> Line<'a> {
    /// Reads a line of the file form; [`None`] for what belongs to the line before.
    #[must_use]
    pub fn read(line: &'a str) -> Option<Self> {
        let rest = line.strip_prefix("TID:")?;
        // The third bracket holds the time; products may put more before it.
        let mut time = None;
        let mut rest = rest.trim_start();
        while let Some(inner) = rest.strip_prefix('[') {
            let (text, behind) = inner.split_once(']')?;
            if text.len() >= 19 && text.starts_with(|first: char| first.is_ascii_digit()) {
                time = Some(text);
            }
            rest = behind.trim_start();
        }
        let (level, rest) = rest.split_once(' ')?;
        let message = match rest.trim_start().strip_prefix('{') {
            Some(inner) => inner.split_once("} -")?.1,
            None => rest,
        };
        let message = message.trim();
        let message = match message.rsplit_once(" {") {
            Some((text, class)) if class.ends_with('}') && !class.contains(' ') => text,
            _ => message,
        };
        Some(Self {
            time: time?,
            level,
            message: message.trim_end(),
        })
    }
}

impl Said {
    /// Reads the log from the time `since` on (`2026-11-22 10:00:00`, the server's clock); lines before
    /// it are another process's.
    #[must_use]
    pub fn since(log: &str, since: &str) -> Self {
        let mut said = Self::default();
        for line in log.lines().filter_map(Line::read) {
            if line.time >= since {
                said.take(line);
            }
        }
        said
    }

    fn take(&mut self, line: Line<'_>) {
        let message = line.message;
        if matches!(line.level, "ERROR" | "FATAL") {
            self.last_error = Some(message.to_owned());
        }
        if let Some(rest) = message.strip_prefix("WSO2 Carbon started in ") {
            let seconds = rest.split_whitespace().next();
            self.started = seconds.and_then(|seconds| seconds.parse().ok());
        } else if let Some(rest) = message.strip_prefix("Mgt Console URL") {
            let url = rest.trim_start().strip_prefix(':');
            self.console = url.map(|url| url.trim().to_owned());
        } else if message.starts_with("This is a worker node") {
            self.worker = true;
        } else if message.starts_with("Invoking admin services on worker node is forbidden") {
            self.refused_admin = true;
        } else if let Some(domain) = message.strip_prefix("Cluster domain: ") {
            self.domain = Some(domain.trim().to_owned());
        } else if let Some(rest) = message.strip_prefix("Local member: ") {
            self.id = id(rest);
            self.local_member = local_member(rest);
        } else if message.starts_with("Elected this member") {
            self.coordinator = true;
        } else if message.starts_with("Cluster initialization completed") {
            self.cluster_ready = true;
        } else if let Some(member) = message.strip_prefix("Member joined ").and_then(joined) {
            self.joined.retain(|known| known.at != member.at);
            self.joined.push(member);
        } else if let Some(member) = message.strip_prefix("Member left ").and_then(joined) {
            // The end of one may be told after it came back under the same address.
            self.joined.retain(|known| *known != member);
            self.left.push(member.id);
        } else if message.starts_with("Waiting for required")
            || message.starts_with("Carbon initialization is delayed")
        {
            self.waiting = Some(message.to_owned());
        } else if message.starts_with("Halting JVM") {
            self.halted = true;
        } else if message.starts_with("Starting WSO2 Carbon") {
            // Systemd has started it again: what the process before had loaded is gone.
            self.tenants.clear();
        } else if let Some(rest) = message.strip_prefix("Loaded tenant ") {
            let domain = rest.split_once(" in ").map_or(rest, |(domain, _)| domain);
            self.tenants.push(domain.to_owned());
        } else if let Some(domain) = message.strip_prefix("Cleaned up tenant ") {
            self.tenants.retain(|known| known != domain);
        }
    }

    /// Why the start is not done yet, by the server's own words: what it waits for, else its last error.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.waiting.as_deref().or(self.last_error.as_deref())
    }
}

/// `[uuid]…`
fn id(text: &str) -> Option<String> {
    let (id, _) = text.strip_prefix('[')?.split_once(']')?;
    Some(id.to_owned())
}

/// `[uuid] - Host:10.77.0.11, Remote Host:null, Port: 4100, …`
fn local_member(text: &str) -> Option<(String, u16)> {
    let field = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        Some(rest.split(',').next()?.trim())
    };
    Some((field("Host:")?.to_owned(), field(" Port:")?.parse().ok()?))
}

/// `[uuid]: /10.77.0.12:4100`
fn joined(text: &str) -> Option<Joined> {
    let (_, address) = text.rsplit_once('/')?;
    let (host, port) = address.trim().rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some(Joined {
        id: id(text)?,
        at: (host.parse().ok()?, port.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::{Line, Said};

    const LOG: &str = "\
TID: [-1234] [] [2026-11-22 09:59:59,000]  INFO {org.wso2.carbon.core.internal.StartupFinalizerServiceComponent} -  WSO2 Carbon started in 99 sec {org.wso2.carbon.core.internal.StartupFinalizerServiceComponent}
TID: [-1] [] [2026-11-22 10:00:01,000]  INFO {a.b.HazelcastClusteringAgent} -  Cluster domain: wso2.esb.domain {a.b.HazelcastClusteringAgent}
TID: [-1] [] [2026-11-22 10:00:02,000]  INFO {a.b.HazelcastClusteringAgent} -  Local member: [5f-1] - Host:10.77.0.11, Remote Host:null, Port: 4100, HTTP:8280, HTTPS:8243, Domain: wso2.esb.domain, Sub-domain:mgt, Active:true {a.b.HazelcastClusteringAgent}
TID: [-1] [] [2026-11-22 10:00:03,000]  INFO {a.b.H} -  Elected this member [5f-1] as the Coordinator node {a.b.H}
TID: [-1] [] [2026-11-22 10:00:03,100]  INFO {a.b.H} -  Cluster initialization completed {a.b.H}
TID: [-1] [] [2026-11-22 10:00:04,000] ERROR {a.b.X} -  cannot do it {a.b.X}
java.lang.Error: deep
\tat a.b.c(X.java:1)
TID: [-1] [] [2026-11-22 10:00:05,000]  INFO {a.b.W} -  Member joined [6f]: /10.77.0.12:4100 {a.b.W}
TID: [-1] [] [2026-11-22 10:00:06,000]  INFO {a.b.W} -  Member joined [7f]: /10.77.0.13:4100 {a.b.W}
TID: [-1] [] [2026-11-22 10:00:07,000]  INFO {a.b.W} -  Member left [6f]: /10.77.0.12:4100 {a.b.W}
TID: [-1234] [] [2026-11-22 10:00:08,000]  INFO {a.b.S} -  WSO2 Carbon started in 10 sec {a.b.S}
TID: [-1234] [] [2026-11-22 10:00:08,160]  INFO {a.b.U} -  Mgt Console URL  : https://10.77.0.11:9443/carbon/ {a.b.U}
";

    #[test]
    fn tenants_come_and_go() {
        let line = |message: &str| {
            format!(
                "TID: [-1] [] [2026-11-22 10:00:01,000]  INFO {{a.b.TenantAxisUtils}} -  {message} {{a.b.TenantAxisUtils}}\n"
            )
        };
        let log = [
            "Loaded tenant a.example in 812 ms",
            "Loaded tenant b.example in 7 ms",
            "Cleaned up tenant a.example",
        ];
        let said = Said::since(&log.map(line).concat(), "");
        assert_eq!(said.tenants, ["b.example"]);
        let again = format!(
            "{}{}",
            log.map(line).concat(),
            line("Starting WSO2 Carbon...")
        );
        assert!(Said::since(&again, "").tenants.is_empty());
    }

    #[test]
    fn a_start_is_read_from_its_own_lines_only() {
        let said = Said::since(LOG, "2026-11-22 10:00:00");
        insta::assert_debug_snapshot!(said, @r#"
        Said {
            started: Some(
                10,
            ),
            console: Some(
                "https://10.77.0.11:9443/carbon/",
            ),
            worker: false,
            refused_admin: false,
            domain: Some(
                "wso2.esb.domain",
            ),
            id: Some(
                "5f-1",
            ),
            local_member: Some(
                (
                    "10.77.0.11",
                    4100,
                ),
            ),
            coordinator: true,
            joined: [
                Joined {
                    id: "7f",
                    at: (
                        10.77.0.13,
                        4100,
                    ),
                },
            ],
            left: [
                "6f",
            ],
            cluster_ready: true,
            last_error: Some(
                "cannot do it",
            ),
            waiting: None,
            halted: false,
            tenants: [],
        }
        "#);
        let old = Said::since(LOG, "2026-11-22 10:00:09");
        assert_eq!(
            old,
            Said::default(),
            "an old line proves no process of today"
        );
    }

    #[test]
    fn the_end_of_one_that_came_back_is_told_late() {
        let line = |second, text: &str| {
            format!(
                "TID: [-1] [] [2026-11-22 10:00:0{second},000]  INFO {{W}} -  Member {text} {{W}}\n"
            )
        };
        let joins = |log: &[String]| Said::since(&log.concat(), "2026").joined.len();
        let (old, new) = ("[6f]: /10.77.0.12:4100", "[7f]: /10.77.0.12:4100");
        let back = [
            line(1, &format!("joined {old}")),
            line(2, &format!("joined {new}")),
            line(3, &format!("left {old}")),
        ];
        assert_eq!(joins(&back), 1);
        let gone = line(4, &format!("left {new}"));
        assert_eq!(joins(&[back.concat(), gone]), 0);
    }

    #[test]
    fn a_hang_tells_what_it_waits_for() {
        let log = "\
TID: [-1] [] [2026-11-22 10:01:00,000]  WARN {C} -  Carbon initialization is delayed due to the following unsatisfied items: {C}
TID: [-1] [] [2026-11-22 10:01:00,001]  WARN {C} -  Waiting for required OSGiAxis2Service: org.wso2.carbon.identity.authenticator.saml2.sso-4.5.6 {C}
";
        assert_eq!(
            Said::since(log, "2026").reason(),
            Some(
                "Waiting for required OSGiAxis2Service: org.wso2.carbon.identity.authenticator.saml2.sso-4.5.6"
            )
        );
        let worker = "TID: [-1234] [] [2026-11-22 10:00:00,000]  INFO {M} -  This is a worker node, Mediation persistance manager will be disabled. {M}";
        assert!(Said::since(worker, "2026").worker);
        let refused = "TID: [-1234] [] [2026-11-22 10:00:00,000] ERROR {A} -  Invoking admin services on worker node is forbidden... {A}";
        assert!(Said::since(refused, "2026").refused_admin);
    }

    #[test]
    fn other_lines_belong_to_the_one_before() {
        for line in [
            "",
            "java.lang.Error",
            "\tat x",
            "[2026-11-22 10:00:00,000]  INFO - console form",
        ] {
            assert_eq!(Line::read(line), None, "{line}");
        }
        let braces = "TID: [-1] [] [2026-11-22 10:00:00,000]  INFO {A} -  set {a b} to {x} {A}";
        assert_eq!(Line::read(braces).unwrap().message, "set {a b} to {x}");
    }
}
