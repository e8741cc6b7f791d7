//! What clients and administrators get through a balancer: asked on it, after the nodes are up.

use std::net::{IpAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::carbon::proof::{FrontAnswer, FrontExpected, FrontSeen, Proof, Verdict, prove_front};
use crate::cluster::checks::Check;
use crate::cluster::{Balancer, Cluster};
use crate::modules::FrontWork;
use crate::modules::balancer::Paths;
use crate::run::host::HostRun;
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::run::through::{Through, ask_through};
use crate::run::{Context, Event, NodeLine};
use crate::script::{Answer, Answers, Attributes, Step};
use crate::yaml::Error;

/// How long a front may need until it serves: a console answers 404 just after its start (real-run 8).
const SETTLING: Duration = Duration::from_secs(60);

impl TaskRun<'_> {
    /// Brings proved nodes up, asks through the balancer, and notes what it has proved.
    pub(super) async fn front(&self, host: &mut HostRun, work: &FrontWork) -> Result<(), Failure> {
        let (cluster, balancer) = self.fronted(host, work)?;
        self.bring_up(cluster, balancer, &work.down).await?;
        let proof = self.await_front(host, cluster, balancer).await?;
        for row in &proof.rows {
            if let Verdict::NotProved(why) = &row.verdict {
                self.context.events.send(Event::Noticed {
                    host: Some(host.name.clone()),
                    message: format!("{} not proved: {why}", row.what),
                });
            }
        }
        let mut lines = format!("{}\n", work.key);
        for row in &proof.rows {
            lines.push_str(&format!("{row}\n"));
        }
        let paths = Paths::of(cluster);
        let note = Step::Write {
            path: paths.proved.clone(),
            content: lines.into_bytes(),
            attributes: Attributes {
                mode: Some(0o644),
                ..Attributes::default()
            },
        };
        host.answers.forget(&paths.config);
        self.must(
            host,
            vec![note],
            vec![paths.proved_probe()],
            "keeping the evidence",
        )
        .await
    }

    fn fronted(&self, host: &HostRun, work: &FrontWork) -> Result<(&Cluster, &Balancer), Error> {
        let clusters = &self.context.world.clusters;
        let cluster = clusters.iter().find(|one| one.name == work.cluster);
        let own = |one: &&Balancer| one.host == host.name;
        cluster
            .and_then(|cluster| Some((cluster, cluster.front.balancers.iter().find(own)?)))
            .ok_or_else(|| Error::at(&self.task.place, "the load balancer is not known"))
    }

    /// Looks until nothing is refuted any more, or the time for it is over.
    async fn await_front(
        &self,
        host: &HostRun,
        cluster: &Cluster,
        balancer: &Balancer,
    ) -> Result<Proof, Failure> {
        let expected = expected(cluster, balancer);
        let since = Instant::now();
        loop {
            let seen = self.seen_through(host, &expected).await;
            let proof = prove_front(&expected, &seen);
            if proof.holds() {
                return Ok(proof);
            }
            if since.elapsed() > SETTLING {
                return Err(refuted(&proof, cluster, balancer).into());
            }
            self.context.events.send(Event::Waited {
                host: host.name.clone(),
                awaiting: format!("{}: what clients get", cluster.name),
                seconds: since.elapsed().as_secs(),
                deadline: SETTLING.as_secs(),
            });
            if self.context.interrupt.sleep(Duration::from_secs(2)).await {
                return Err(interrupted(&self.task.place).into());
            }
        }
    }

    async fn seen_through(&self, host: &HostRun, expected: &FrontExpected) -> FrontSeen {
        let mut link = host.link.lock().await;
        let mut seen = FrontSeen::default();
        if let Some((name, http, https)) = &expected.workers {
            let at = [(*http, false), (*https, true)];
            for (slot, (port, tls)) in at.into_iter().enumerate() {
                let through = Through { name, port, tls };
                seen.workers[slot] = ask_through(&mut link, through, "/", None).await;
                for path in ["/carbon/", "/services/ServerAdmin"] {
                    let scheme = if tls { "https" } else { "http" };
                    let answer = ask_through(&mut link, through, path, None).await;
                    seen.closed.push((format!("{scheme} {path}"), answer));
                }
            }
            let through = Through {
                name,
                port: *http,
                tls: false,
            };
            seen.wsdl = ask_through(&mut link, through, "/services/Version?wsdl", None).await;
            seen.resolved = resolved(name).await;
        }
        if let Some((name, port)) = &expected.console {
            let through = Through {
                name,
                port: *port,
                tls: true,
            };
            seen.console = ask_through(&mut link, through, "/carbon/", None).await;
            seen.logins = logins(&mut link, through).await;
        }
        seen
    }
}

/// The login page five times, each with the session that the first began.
async fn logins(
    link: &mut crate::run::link::Link,
    through: Through<'_>,
) -> Vec<Option<FrontAnswer>> {
    const PAGE: &str = "/carbon/admin/login.jsp";
    let first = ask_through(link, through, PAGE, None).await;
    let session = first.as_ref().and_then(|answer| answer.session.clone());
    let mut logins = vec![first];
    if let Some(session) = session {
        for _ in 0..4 {
            logins.push(ask_through(link, through, PAGE, Some(&session)).await);
        }
    }
    logins
}

/// What a name resolves to on this machine, which stands for the clients'.
async fn resolved(name: &str) -> Vec<IpAddr> {
    let name = name.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        let found = (name.as_str(), 0).to_socket_addrs();
        // A name that does not resolve is what the row then says.
        found.map_or_else(
            |_unknown| Vec::new(),
            |found| found.map(|one| one.ip()).collect(),
        )
    });
    asked.await.unwrap_or_default()
}

/// What clients are to get of a cluster; nothing while it stands by.
fn expected(cluster: &Cluster, balancer: &Balancer) -> FrontExpected {
    let front = &cluster.front;
    let address = |one: &Balancer| {
        let set = one.vars.get("ansible_host")?;
        set.text().ok()?.parse().ok()
    };
    FrontExpected {
        workers: front
            .workers
            .filter(|_| front.live && balancer.workers)
            .map(|(http, https)| (cluster.hostname.clone(), http, https)),
        console: front
            .console
            .filter(|_| front.live && balancer.managers)
            .zip(cluster.mgt_hostname.clone())
            .map(|(port, name)| (name, port)),
        balancers: front.balancers.iter().filter_map(address).collect(),
        nodes: cluster
            .nodes
            .iter()
            .map(|node| node.member.address)
            .collect(),
    }
}

/// The error of what was seen otherwise, with the trap's own fix where the first of it is one.
fn refuted(proof: &Proof, cluster: &Cluster, balancer: &Balancer) -> Error {
    let wrong: Vec<String> = proof.refuted().map(ToString::to_string).collect();
    let message = format!(
        "what clients of cluster `{}` get through `{}` is wrong: {}",
        cluster.name,
        balancer.host,
        wrong.join("; ")
    );
    let code = match proof.refuted().next().map(|row| row.what) {
        Some("certificate" | "console's certificate") => "WM036",
        Some("endpoint addresses") => "WM035",
        Some("console") => "WM033",
        Some("console's session") => "WM037",
        _ => "WM172",
    };
    Check::cite(code, message).or_at(&balancer.place)
}

/// What was proved through a balancer.
pub(super) fn balancer_lines(context: &Context, answers: &Answers, host: &str) -> Vec<NodeLine> {
    let clusters = context.world.clusters.iter();
    let served = clusters.filter(|cluster| {
        let mut own = cluster.front.balancers.iter();
        own.any(|balancer| balancer.host == host)
    });
    served
        .filter_map(|cluster| {
            let probe = Paths::of(cluster).proved_probe();
            let Some(Answer::Path(Some(file))) = answers.get(&probe) else {
                return None;
            };
            let text = String::from_utf8_lossy(file.content.as_deref()?).into_owned();
            // The first line says what the rows are of.
            let rows = text.lines().skip(1).map(str::to_owned);
            let (proved, open): (Vec<String>, Vec<String>) =
                rows.partition(|line| line.ends_with(": proved"));
            let mut proof = vec![match cluster.front.live {
                true => format!("{} of {} signs", proved.len(), proved.len() + open.len()),
                false => "stands by".to_owned(),
            }];
            proof.extend(open);
            Some(NodeLine {
                cluster: cluster.name.clone(),
                node: host.to_owned(),
                host: host.to_owned(),
                role: "balancer".to_owned(),
                proof,
                memory: None,
                address: String::new(),
            })
        })
        .collect()
}
