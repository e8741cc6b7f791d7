//! A node's process: stopped, given its files, started, awaited, and held until it has proved its role.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::carbon::bundle::Tier;
use crate::carbon::log::Said;
use crate::carbon::proof::{
    Answer as HttpAnswer, Expected, Member, Observed, Proof, Verdict, membership, prove,
};
use crate::cluster::checks::Check;
use crate::cluster::{Admin, Cluster, Node};
use crate::modules::{NodeWork, node_probe, process_probe, state_of};
use crate::run::Event;
use crate::run::database::{Missing, ask_databases};
use crate::run::home::call;
use crate::run::host::HostRun;
use crate::run::http::{Ask, ask};
use crate::run::life::{start, stop};
use crate::run::now;
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::script::{Answer, Probe, Process, Request};
use crate::state::Evidence;
use crate::yaml::Error;

/// Between two looks at a node that comes up: half of it is what a rollout waits for nothing, at each node.
const LOOK: Duration = Duration::from_millis(500);

/// How long members may take to find each other, and the console to answer, once a node has started: a
/// joining node needs about 9 s (real-run 3).
const JOINING: Duration = Duration::from_secs(90);

/// How long a node may be alone beside its cluster before it is started once more. Who elected itself joins nobody by
/// waiting but by Hazelcast's merge, which Carbon lets come after minutes (carbon 3.1).
const APART: Duration = Duration::from_secs(10);

/// A node with what is wanted of it, while it is brought up.
pub(super) struct Rollout<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) node: &'a Node,
    /// SHA-256 over what it is started with.
    pub(super) start: String,
    /// How much of the UI it goes without, where it is a worker.
    pub(super) tier: Tier,
    pub(super) process: Probe,
}

impl TaskRun<'_> {
    /// Does what a node's process needs.
    pub(super) async fn node(&self, host: &mut HostRun, work: &NodeWork) -> Result<(), Failure> {
        let (cluster, node) = self.context.world.placed(&work.cluster, &work.node)?;
        let (start, tier) = self.goal(work)?;
        let rollout = Rollout {
            cluster,
            node,
            start,
            tier,
            process: process_probe(node, true),
        };
        if work.start {
            // Asked again: since the run began, others have restarted.
            ask_databases(self.context, &host.link, cluster, node, Missing::Made).await?;
        }
        if let Some(password) = work.back.as_ref().and_then(|back| back.password.as_ref()) {
            self.change_password(host, cluster, password).await?;
        }
        let aside = self.first_check_out(host, cluster, node, work).await?;
        if work.stop && node.is_worker() {
            self.drain(host, &rollout).await?;
        } else if work.start || work.stop {
            // It comes back after its proof only.
            let balancers = self.reachable(cluster, node).await?;
            self.take_down(cluster, node, &balancers).await?;
        }
        let mut steps = self.debts(host).await?;
        steps.extend(self.life(node, work, aside)?);
        let doing = match work.leaves_down() {
            true => "stopping a node",
            false => "restarting a node",
        };
        self.must(host, steps, Vec::new(), doing).await?;
        if work.leaves_down() {
            // It is down at its balancers and counts on nobody: a proof brings it back.
            return Ok(());
        }
        if work.start || self.is_coming_up(host, &rollout).await? {
            self.await_start(host, &rollout).await?;
        }
        let admin = admin(cluster, work);
        let (proof, process) = self.await_proof(host, &rollout, &admin, work.start).await?;
        self.keep_evidence(host, &rollout, &proof, &process).await?;
        self.wake_tenants(host, &rollout).await?;
        self.serve_again(cluster, node).await
    }

    /// True where systemd itself has just started the node, after a power cut perhaps: it has yet to open ports.
    async fn is_coming_up(
        &self,
        host: &mut HostRun,
        rollout: &Rollout<'_>,
    ) -> Result<bool, Failure> {
        let process = self.look_at(host, rollout).await?;
        let mut ports = rollout.node.ports.values();
        Ok(!process.hidden && ports.any(|port| !process.own_ports.contains(port)))
    }

    /// Waits for log, ports and process together: each alone proves too little (real-run 3, 7, 8).
    async fn await_start(&self, host: &mut HostRun, rollout: &Rollout<'_>) -> Result<(), Failure> {
        let since = Instant::now();
        let deadline = rollout.node.start_timeout;
        let mut told = 0;
        loop {
            if self.context.interrupt.sleep(LOOK).await {
                return Err(interrupted(&self.task.place).into());
            }
            let process = self.look_at(host, rollout).await?;
            let said = said(&process);
            let closed: Vec<String> = rollout
                .node
                .ports
                .iter()
                .filter(|(_, port)| !process.own_ports.contains(port))
                .map(|(name, port)| format!("{port} ({name})"))
                .collect();
            if said.started.is_some() && closed.is_empty() && process.pid.is_some() {
                return Ok(());
            }
            let gone = process.main_pid == 0 && since.elapsed() > Duration::from_secs(3);
            // A port that somebody else has never becomes ours by waiting.
            let taken = !process.strangers.is_empty();
            if !gone && !taken && since.elapsed() < deadline {
                if since.elapsed().as_secs() > told {
                    told = since.elapsed().as_secs();
                    self.waiting(host, rollout, "WSO2 Carbon started", since, deadline);
                }
                continue;
            }
            return Err(bad_start(rollout, &said, &process, &closed, gone).into());
        }
    }

    /// Looks until nothing is refuted any more, or the time for it is over. One that was started now and elected itself
    /// beside its cluster is started once more.
    async fn await_proof(
        &self,
        host: &mut HostRun,
        rollout: &Rollout<'_>,
        login: &Admin,
        started: bool,
    ) -> Result<(Proof, Process), Failure> {
        let mut since = Instant::now();
        let mut once_more = started;
        let mut admin: Option<HttpAnswer> = None;
        loop {
            let process = self.look_at(host, rollout).await?;
            let mut observed = observed(rollout.node, &process);
            let others = self.others(rollout).await;
            members(rollout, &mut observed, &others);
            {
                let mut link = host.link.lock().await;
                let port = rollout.node.ports.get("https").copied().unwrap_or(9443);
                observed.console = ask(&mut link, port, Ask::Get("/carbon/")).await;
                observed.console_style =
                    ask(&mut link, port, Ask::Get("/carbon/admin/css/global.css")).await;
                observed.bundle_image =
                    ask(&mut link, port, Ask::Get("/carbon/axis2/images/type.gif")).await;
                // Each refused login is a WARN line in the server's log, so it is asked once (real-run 11).
                if admin.is_none() && login.password.is_some() {
                    admin = ask(&mut link, port, Ask::Admin(login)).await;
                }
            }
            observed.admin.clone_from(&admin);
            if admin.is_some() {
                observed.said = Some(said(&self.look_at(host, rollout).await?));
            }
            let proof = prove(&expected(rollout, &others), &observed);
            if proof.holds() {
                return Ok((proof, process));
            }
            if once_more && since.elapsed() > APART && is_apart(&observed) {
                once_more = false;
                self.start_again(host, rollout).await?;
                (since, admin) = (Instant::now(), None);
                continue;
            }
            if since.elapsed() > JOINING {
                let wrong: Vec<String> = proof.refuted().map(ToString::to_string).collect();
                return Err(Error::at(
                    &rollout.node.place,
                    format!(
                        "node `{}` runs, but not as a {}: {}",
                        rollout.node.name,
                        rollout.node.role,
                        wrong.join("; ")
                    ),
                )
                .hint(way_out(&proof))
                .into());
            }
            self.waiting(host, rollout, "proof of its role", since, JOINING);
            if self
                .context
                .interrupt
                .sleep(Duration::from_millis(1500))
                .await
            {
                return Err(interrupted(&self.task.place).into());
            }
        }
    }

    /// Stops and starts a node that is in nobody's cluster and serves nobody yet.
    async fn start_again(&self, host: &mut HostRun, rollout: &Rollout<'_>) -> Result<(), Failure> {
        self.context.events.send(Event::Noticed {
            host: Some(host.name.clone()),
            message: format!(
                "{} elected itself beside the cluster that is there (WM045): it is started once more",
                rollout.node.name
            ),
        });
        let steps = vec![stop(rollout.node), start(rollout.node)];
        self.must(host, steps, Vec::new(), "starting a node once more")
            .await?;
        self.await_start(host, rollout).await
    }

    pub(super) async fn look_at(
        &self,
        host: &mut HostRun,
        rollout: &Rollout<'_>,
    ) -> Result<Process, Failure> {
        host.ask(vec![rollout.process.clone()]).await?;
        match host.answers.get(&rollout.process) {
            Some(Answer::Process(process)) => Ok((**process).clone()),
            _ => Err(Error::at(
                &self.task.place,
                "the host did not tell about the server's process",
            )
            .into()),
        }
    }

    /// What the other running nodes of the node's domain say: only who was there before logs a join
    /// (real-run 5), and members of another domain are never met.
    async fn others(&self, rollout: &Rollout<'_>) -> Vec<(Member, Said)> {
        let mut others = Vec::new();
        for other in
            rollout.cluster.nodes.iter().filter(|other| {
                other.name != rollout.node.name && other.domain == rollout.node.domain
            })
        {
            let Some(link) = self.context.locks.link(&other.host) else {
                continue;
            };
            let probe = process_probe(other, true);
            let request = Request {
                probes: vec![probe.clone()],
                ..Request::default()
            };
            let mut link = link.lock().await;
            if !link.is_open() {
                continue;
            }
            // A host that does not answer now shows it at its own next task; here it is just not heard.
            let keeper = link.keeper().clone();
            let asked = link.request(&keeper, &request, "asking the other members");
            let Ok((_, answers)) = asked.await else {
                continue;
            };
            if let Some(Answer::Process(process)) = answers.get(&probe)
                && process.pid.is_some()
            {
                others.push(((other.member.address, other.member.port), said(process)));
            }
        }
        others
    }

    pub(super) fn waiting(
        &self,
        host: &HostRun,
        rollout: &Rollout<'_>,
        what: &str,
        since: Instant,
        deadline: Duration,
    ) {
        self.context.events.send(Event::Waited {
            host: host.name.clone(),
            awaiting: format!("{}: {what}", rollout.node.name),
            seconds: since.elapsed().as_secs(),
            deadline: deadline.as_secs(),
        });
    }

    async fn keep_evidence(
        &self,
        host: &mut HostRun,
        rollout: &Rollout<'_>,
        proof: &Proof,
        process: &Process,
    ) -> Result<(), Failure> {
        let probe = node_probe(rollout.node);
        host.ask(vec![probe.clone()]).await?;
        let started = match host.answers.get(&probe) {
            Some(Answer::Node(state)) => state.started.clone(),
            _ => String::new(),
        };
        let evidence = Evidence {
            start: rollout.start.clone(),
            process: started,
            boot: host
                .facts
                .as_ref()
                .map(|facts| facts.boot_id.clone())
                .unwrap_or_default(),
            at: now(),
            proof: proof.rows.iter().map(ToString::to_string).collect(),
            memory: process.memory,
        };
        let line = evidence.line().map_err(|error| {
            Error::at(&self.task.place, "the evidence cannot be written").because(error)
        })?;
        let note = call(
            "wm_note",
            [state_of(rollout.node), "evidence".to_owned(), line],
        );
        for row in &proof.rows {
            if let Verdict::NotProved(why) = &row.verdict {
                self.context.events.send(Event::Noticed {
                    host: Some(host.name.clone()),
                    message: format!("{}: {} not proved: {why}", rollout.node.name, row.what),
                });
            }
        }
        self.must(host, vec![note], vec![probe], "keeping the evidence")
            .await
    }
}

/// What a process shows without a login and without a question over HTTP, beside what it must.
pub(super) fn without_login(rollout: &Rollout<'_>, process: &Process) -> (Expected, Observed) {
    (expected(rollout, &[]), observed(rollout.node, process))
}

/// Who logs in to prove a role: the inventory's administrator, or the one whose former password comes back.
fn admin(cluster: &Cluster, work: &NodeWork) -> Admin {
    let back = work.back.as_ref().and_then(|back| back.password.clone());
    match back {
        Some(former) => Admin {
            user: former.user,
            password: Some(former.new),
            in_clear: false,
        },
        None => cluster.admin.clone(),
    }
}

pub(super) fn said(process: &Process) -> Said {
    Said::since(&process.log.join("\n"), "")
}

fn expected(rollout: &Rollout<'_>, others: &[(Member, Said)]) -> Expected {
    let kernel = rollout.cluster.release.kernel;
    let others = others.iter().map(|(member, _)| *member).collect();
    Expected::of(rollout.node, kernel, rollout.tier, others)
}

/// What a process shows of itself to somebody on its host; what may not be seen is not observed.
#[must_use]
pub fn observed(node: &Node, process: &Process) -> Observed {
    let flag =
        process
            .command
            .iter()
            .rev()
            .find_map(|word| match word.strip_prefix("-DworkerNode") {
                Some("") => Some("true".to_owned()),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            });
    let name = |jar: &String| {
        jar.rsplit_once('_')
            .map_or_else(|| jar.clone(), |(name, _)| name.to_owned())
    };
    let owners: BTreeMap<u16, u32> = node
        .ports
        .values()
        .map(|port| {
            (
                *port,
                process
                    .pid
                    .filter(|_| process.own_ports.contains(port))
                    .unwrap_or(0),
            )
        })
        .collect();
    Observed {
        pid: process.pid,
        second: process.second,
        worker_flag: Some(flag),
        open_profiles: (!process.hidden).then(|| process.profiles.clone()),
        open_ui: (!process.hidden).then(|| process.ui_jars.iter().map(name).collect()),
        said: Some(said(process)),
        owners: (!process.hidden).then_some(owners),
        ..Observed::default()
    }
}

/// It takes itself for the coordinator, somebody else of its domain does too, and neither has seen the other.
fn is_apart(observed: &Observed) -> bool {
    let elected = observed.said.as_ref().is_some_and(|said| said.coordinator);
    let alone = observed.members.as_ref().is_some_and(Vec::is_empty);
    elected && alone && observed.coordinators.is_some_and(|count| count > 1)
}

/// What to do about a node that is not what it should be.
fn way_out(proof: &Proof) -> &'static str {
    match proof.refuted().any(|row| row.what == "coordinator") {
        // Seen with Hazelcast 3.5.4: the oldest member, killed and started while the others did not notice.
        true => {
            "the other nodes are left as they are; one that came back before the others had noticed its absence elects \
             itself: once they have logged `Member left`, restart it (`wmprov restart --limit`) or wait until Hazelcast \
             has merged them; then run the same command again"
        }
        false => {
            "the other nodes are left as they are; mend the cause and run the same command again"
        }
    }
}

/// Who is in one cluster with the node, and how many say apart from each other that they coordinate.
fn members(rollout: &Rollout<'_>, observed: &mut Observed, others: &[(Member, Said)]) {
    let me = (rollout.node.member.address, rollout.node.member.port);
    let own = observed.said.clone().unwrap_or_default();
    let seen = membership(me, &own, others);
    observed.coordinators = Some(seen.coordinators);
    observed.members = Some(seen.with);
}

fn bad_start(
    rollout: &Rollout<'_>,
    said: &Said,
    process: &Process,
    closed: &[String],
    gone: bool,
) -> Error {
    let node = rollout.node;
    let mut missing = Vec::new();
    if process.pid.is_none() {
        missing.push("no server process".to_owned());
    }
    if said.started.is_none() {
        missing.push("no `WSO2 Carbon started` in its log".to_owned());
    }
    if !closed.is_empty() {
        missing.push(format!("it does not listen on {}", closed.join(", ")));
    }
    missing.extend(process.strangers.iter().map(ToString::to_string));
    let (code, what) = if !process.strangers.is_empty() {
        ("WM068", "cannot have its ports")
    } else if gone {
        ("WM160", "ended during its start")
    } else {
        ("WM042", "did not come up in time")
    };
    let reason = said
        .reason()
        .map_or_else(String::new, |reason| format!("; its last word: {reason}"));
    let message = format!(
        "node `{}` {what}: {}{reason}",
        node.name,
        missing.join(", ")
    );
    Check::cite(code, message).or_at(&node.place)
}
