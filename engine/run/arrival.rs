//! `--probe-artifact`: an artifact of our own is deployed on the active manager and awaited on every other node, where it is
//! an API and clients come by it also on each worker's port and through each balancer; then it goes again, everywhere.

use std::time::{Duration, Instant};

use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Node};
use crate::modules::SyncPaths;
use crate::modules::artifacts::FOLDER;
use crate::run::Event;
use crate::run::checkout::alike_within;
use crate::run::host::HostRun;
use crate::run::http::{Ask, ask};
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::run::through::{Through, ask_through};
use crate::script::{Answer, Attributes, Probe, Step, sha256};
use crate::yaml::{Error, hex};

/// Where an API lies below the artifacts, and the context that it is served under.
const API: (&str, &str) = (
    "synapse-configs/default/api/WmprovProbe.xml",
    "/wmprov-probe",
);

/// A file that nothing deploys, for products without APIs.
const FILE: &str = "wmprov-probe.txt";

/// Carbon looks for artifacts every 15 s (real-run 6), on top of the way there.
const DEPLOYED: Duration = Duration::from_secs(60);

/// Makes the folders above the artifact, each its server's.
const FOLDERS: &str = r#"set -e
mkdir -p -- "$2"
at=$2
while [ "$at" != "$1" ]; do chown -- "$3" "$at"; at=${at%/*}; done
"#;

/// The artifact.
struct Arrival<'a> {
    cluster: &'a Cluster,
    source: &'a Node,
    /// Its path below the artifacts.
    path: &'static str,
    text: String,
    /// What a server answers by it, where it is an API.
    served: Option<String>,
}

impl TaskRun<'_> {
    /// Has an artifact go to every node, and away again.
    ///
    /// # Errors
    /// Where it does not arrive, with the nodes; it is taken back from the active manager all the same.
    pub(super) async fn prove_arrival(
        &self,
        host: &mut HostRun,
        cluster: &Cluster,
    ) -> Result<(), Failure> {
        let Some(source) = cluster.measure() else {
            return Ok(());
        };
        let arrival = Arrival::of(cluster, source, &nonce()?);
        let since = Instant::now();
        self.deploy(host, &arrival).await?;
        let arrived = self.await_arrival(host, &arrival, true).await;
        // Whatever came of it, it does not stay.
        let gone = vec![Step::Remove {
            path: arrival.at(source),
        }];
        self.must(host, gone, Vec::new(), "taking the probe artifact back")
            .await?;
        arrived?;
        let took = since.elapsed().as_secs();
        self.await_arrival(host, &arrival, false).await?;
        self.context.events.send(Event::Noticed {
            host: Some(host.name.clone()),
            message: format!(
                "a probe artifact of cluster {} was on all nodes{} after {took} s, and is gone again",
                cluster.name,
                if arrival.served.is_some() { ", and served," } else { "" }
            ),
        });
        Ok(())
    }

    async fn deploy(&self, host: &mut HostRun, arrival: &Arrival<'_>) -> Result<(), Failure> {
        let node = arrival.source;
        let (top, path) = (
            format!("{}/{FOLDER}", node.home.display()),
            arrival.at(node),
        );
        let above = path.rsplit_once('/').map_or("/", |(above, _)| above);
        let owner = format!("{}:{}", node.user, node.group);
        let argv = ["sh", "-c", FOLDERS, "wmprov", &top, above, &owner];
        let folders = Step::Run {
            argv: argv.map(str::to_owned).to_vec(),
        };
        let write = Step::Write {
            path,
            content: arrival.text.clone().into_bytes(),
            attributes: Attributes {
                mode: Some(0o644),
                owner: Some(node.user.clone()),
                group: Some(node.group.clone()),
            },
        };
        self.must(
            host,
            vec![folders, write],
            Vec::new(),
            "deploying a probe artifact",
        )
        .await
    }

    /// Waits until it is everywhere, or nowhere any more.
    async fn await_arrival(
        &self,
        host: &mut HostRun,
        arrival: &Arrival<'_>,
        there: bool,
    ) -> Result<(), Failure> {
        let cluster = arrival.cluster;
        let since = Instant::now();
        let deadline = alike_within(cluster) + DEPLOYED;
        loop {
            if cluster.sync.push().is_some() {
                self.push(host, cluster, &SyncPaths::of(cluster)?).await?;
            }
            let mut awaited = Vec::new();
            for node in &cluster.nodes {
                if !self.is_reached(node).await {
                    continue;
                }
                awaited.extend(self.lacks(arrival, node, there).await?);
            }
            awaited.extend(self.balancers_lack(arrival, there).await);
            if awaited.is_empty() {
                return Ok(());
            }
            let word = if there { "not yet" } else { "still" };
            if since.elapsed() > deadline {
                let message = format!(
                    "after {} s the probe artifact of cluster `{}` is {word} {}",
                    deadline.as_secs(),
                    cluster.name,
                    awaited.join(", ")
                );
                return Err(Check::cite("WM184", message).or_at(&cluster.place).into());
            }
            self.context.events.send(Event::Waited {
                host: host.name.clone(),
                awaiting: format!(
                    "{}: a probe artifact, {word} {}",
                    cluster.name,
                    awaited.join(", ")
                ),
                seconds: since.elapsed().as_secs(),
                deadline: deadline.as_secs(),
            });
            if self.context.interrupt.sleep(Duration::from_secs(1)).await {
                return Err(interrupted(&self.task.place).into());
            }
        }
    }

    /// Where a node is not as awaited: its file, and what its server answers.
    async fn lacks(
        &self,
        arrival: &Arrival<'_>,
        node: &Node,
        there: bool,
    ) -> Result<Option<String>, Failure> {
        let probe = Probe::Path {
            path: arrival.at(node),
            content: 0,
        };
        let doing = "looking for a probe artifact";
        let seen = self
            .at(&node.host, Vec::new(), vec![probe.clone()], doing)
            .await?;
        let has = match seen.get(&probe) {
            Some(Answer::Path(Some(file))) => file.sha256 == sha256(arrival.text.as_bytes()),
            Some(Answer::Path(None)) => false,
            _ => {
                let message = format!("`{}` of `{}` cannot be read", arrival.at(node), node.name);
                return Err(Error::at(&node.place, message).into());
            }
        };
        if has != there {
            return Ok(Some(format!("on {}", node.name)));
        }
        let (Some(served), Some(port)) = (&arrival.served, node.ports.get("pass_through_https"))
        else {
            return Ok(None);
        };
        let Some(link) = self.context.locks.link(&node.host) else {
            return Ok(None);
        };
        let answer = ask(&mut *link.lock().await, *port, Ask::Get(API.1)).await;
        let serves = answer.is_some_and(|answer| answer.body.contains(served));
        Ok((serves != there).then(|| format!("served by {}", node.name)))
    }

    /// The balancers of the workers through which it is not as awaited.
    async fn balancers_lack(&self, arrival: &Arrival<'_>, there: bool) -> Vec<String> {
        let front = &arrival.cluster.front;
        let (Some(served), Some((port, _))) = (&arrival.served, front.workers) else {
            return Vec::new();
        };
        let mut lacking = Vec::new();
        for balancer in front
            .balancers
            .iter()
            .filter(|balancer| front.live && balancer.workers)
        {
            let Some(link) = self.context.locks.link(&balancer.host) else {
                continue;
            };
            let mut link = link.lock().await;
            if !link.is_open() {
                continue;
            }
            let through = Through {
                name: &arrival.cluster.hostname,
                port,
                tls: false,
            };
            let answer = ask_through(&mut link, through, API.1, None).await;
            let serves = answer.is_some_and(|answer| answer.body.contains(served));
            if serves != there {
                lacking.push(format!("served through {}", balancer.host));
            }
        }
        lacking
    }
}

impl<'a> Arrival<'a> {
    fn of(cluster: &'a Cluster, source: &'a Node, nonce: &str) -> Self {
        if !source.ports.contains_key("pass_through_https") {
            return Self {
                cluster,
                source,
                path: FILE,
                text: format!("{nonce}\n"),
                served: None,
            };
        }
        let (path, context) = API;
        // An unknown path answers 202 and no body: the body tells (real-run 6).
        let text = format!(
            "<api xmlns=\"http://ws.apache.org/ns/synapse\" name=\"WmprovProbe\" context=\"{context}\"><resource methods=\"GET\">\
             <inSequence><payloadFactory media-type=\"json\"><format>{{\"wmprov\":\"{nonce}\"}}</format><args/></payloadFactory>\
             <property name=\"messageType\" value=\"application/json\" scope=\"axis2\"/><respond/></inSequence></resource></api>\n"
        );
        Self {
            cluster,
            source,
            path,
            text,
            served: Some(nonce.to_owned()),
        }
    }

    fn at(&self, node: &Node) -> String {
        format!("{}/{FOLDER}/{}", node.home.display(), self.path)
    }
}

/// What no artifact but this one holds.
fn nonce() -> Result<String, Error> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random)
        .map_err(|error| Error::new(format!("this machine gives no random numbers: {error}")))?;
    Ok(hex(&random))
}
