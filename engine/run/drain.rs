//! Draining: a worker leaves its balancers, and no request is open on it, before it is stopped. Carbon cuts
//! what is open 20 ms after TERM (real-run 9).

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::carbon::proof::{Verdict, prove};
use crate::catalogue::Role;
use crate::cluster::checks::Check;
use crate::cluster::{Balancer, Cluster, Node, client_ports};
use crate::modules::balancer::{Paths, marks};
use crate::modules::{process_probe, unit_of};
use crate::run::Event;
use crate::run::host::HostRun;
use crate::run::node::Rollout;
use crate::run::sockets::{at_node, from_itself, to_node};
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::script::{Answer, Probe};
use crate::yaml::Error;

/// Between two looks at what is open; two in a row must see nothing. Every worker of a rollout waits for one at least.
const LOOK: Duration = Duration::from_millis(500);

/// How long a command of the user's may take.
const COMMAND: Duration = Duration::from_secs(120);

impl TaskRun<'_> {
    /// Takes a worker that is about to be stopped from its balancers, and waits until nothing is open on it.
    ///
    /// # Errors
    /// Where it is the last that serves, or requests are still open at the deadline and may not be cut: it
    /// then serves on.
    pub(super) async fn drain(&self, host: &HostRun, rollout: &Rollout<'_>) -> Result<(), Failure> {
        let (cluster, node) = (rollout.cluster, rollout.node);
        if self.context.options.allow_downtime {
            let away = (cluster.name.clone(), node.name.clone());
            self.context.away.lock().await.insert(away);
        } else {
            self.leave_one_serving(host, rollout).await?;
        }
        let balancers = self.reachable(cluster, node).await?;
        if balancers.is_empty() && node.drain_command.is_none() {
            return Ok(());
        }
        self.take_down(cluster, node, &balancers).await?;
        match self.without_requests(host, rollout, &balancers).await {
            Err(failure) => Err(failure.and(self.serve_again(cluster, node).await)),
            quiet => quiet,
        }
    }

    /// Waits until a node that is down at ours is down at others' balancers too, and no request is open on it.
    async fn without_requests(
        &self,
        host: &HostRun,
        rollout: &Rollout<'_>,
        balancers: &[&Balancer],
    ) -> Result<(), Failure> {
        let node = rollout.node;
        if let Some(command) = &node.drain_command {
            self.command(node, "carbon_drain_command", command).await?;
        }
        self.until_quiet(host, rollout, balancers).await
    }

    /// Marks a node down at balancers, so that it comes back after its proof only.
    pub(super) async fn take_down(
        &self,
        cluster: &Cluster,
        node: &Node,
        balancers: &[&Balancer],
    ) -> Result<(), Failure> {
        for balancer in balancers {
            self.mark(cluster, balancer, &node.name, true).await?;
        }
        Ok(())
    }

    /// A node that has proved its role is sent requests again.
    pub(super) async fn serve_again(&self, cluster: &Cluster, node: &Node) -> Result<(), Failure> {
        for balancer in self.reachable(cluster, node).await? {
            self.mark(cluster, balancer, &node.name, false).await?;
        }
        if let Some(command) = &node.undrain_command {
            self.command(node, "carbon_undrain_command", command)
                .await?;
        }
        let away = (cluster.name.clone(), node.name.clone());
        self.context.away.lock().await.remove(&away);
        Ok(())
    }

    /// The balancers that send requests to a node and can be talked to.
    ///
    /// # Errors
    /// Where one cannot, and the user has not said to go around it.
    pub(super) async fn reachable<'a>(
        &self,
        cluster: &'a Cluster,
        node: &'a Node,
    ) -> Result<Vec<&'a Balancer>, Failure> {
        let mut reachable = Vec::new();
        for balancer in self.balancers_of(cluster, node) {
            let link = self.context.locks.link(&balancer.host);
            let open = match link {
                Some(link) => link.lock().await.is_open(),
                None => false,
            };
            if open {
                reachable.push(balancer);
            } else if !self.context.options.skip_unreachable {
                let message = format!(
                    "load balancer `{}` cannot be reached, and so `{}` not be taken from it",
                    balancer.host, node.name
                );
                return Err(Error::at(&balancer.place, message)
                    .hint("mend it, or go around it with `--skip-unreachable`")
                    .into());
            }
        }
        Ok(reachable)
    }

    /// Sees that another worker serves, and takes this one from those that do. In a cluster of one worker,
    /// which the user has waived, every restart is an outage.
    async fn leave_one_serving(
        &self,
        host: &HostRun,
        rollout: &Rollout<'_>,
    ) -> Result<(), Failure> {
        let (cluster, node) = (rollout.cluster, rollout.node);
        // Held to the end: two workers of a batch must not each count on the other.
        let mut away = self.context.away.lock().await;
        let key = |node: &Node| (cluster.name.clone(), node.name.clone());
        let others: Vec<&Node> = cluster
            .of_role(Role::Worker)
            .filter(|other| other.name != node.name)
            .collect();
        for balancer in self.reachable(cluster, node).await? {
            // Whoever was proved and not brought up, by a run that was cut.
            if let Some(config) = self.config_of(balancer, &Paths::of(cluster)).await? {
                let mut down = marks::down(&config);
                down.retain(|name| others.iter().any(|other| other.name == *name));
                self.bring_up(cluster, balancer, &down).await?;
            }
        }
        // What is no worker now is missed by nobody, and comes back as one: a node that was started by hand
        // without its flag must not wait for the others, which wait for it.
        if !self.is_proved(node).await && !self.shows_its_role(cluster, node).await {
            away.insert(key(node));
            return Ok(());
        }
        let since = Instant::now();
        let mut awaited = !others.is_empty();
        while awaited {
            awaited = false;
            for other in others.iter().filter(|other| !away.contains(&key(other))) {
                if self.serves(cluster, other).await? {
                    away.insert(key(node));
                    return Ok(());
                }
                // Whoever has just been started by hand needs a moment.
                awaited |= self.runs(other).await && since.elapsed() < other.start_timeout;
            }
            if awaited {
                let what = "another worker to serve";
                self.waiting(host, rollout, what, since, node.start_timeout);
                if self.context.interrupt.sleep(LOOK).await {
                    return Err(interrupted(&self.task.place).into());
                }
            }
        }
        if others.is_empty() {
            return Ok(());
        }
        let message = format!(
            "`{}` is the last worker of cluster `{}` that serves, and is not stopped",
            node.name, cluster.name
        );
        Err(Check::cite("WM170", message).or_at(&node.place).into())
    }

    /// True where a worker takes requests: its process has proved its role, or shows now what needs no
    /// password, and no balancer has it down.
    async fn serves(&self, cluster: &Cluster, node: &Node) -> Result<bool, Failure> {
        if !self.is_proved(node).await && !self.shows_its_role(cluster, node).await {
            return Ok(false);
        }
        for balancer in self.reachable(cluster, node).await? {
            let config = self.config_of(balancer, &Paths::of(cluster)).await?;
            if config.is_some_and(|config| marks::down(&config).contains(&node.name)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True where a node's unit is active. A host that does not answer runs nothing that one could wait for.
    async fn runs(&self, node: &Node) -> bool {
        let probe = Probe::Unit(unit_of(node));
        let asked = vec![probe.clone()];
        let answers = self
            .at(&node.host, Vec::new(), asked, "asking a unit")
            .await;
        let unit = answers.ok().and_then(|answers| match answers.get(&probe) {
            Some(Answer::Unit(unit)) => Some(unit.is_active()),
            _ => None,
        });
        unit == Some(true)
    }

    async fn shows_its_role(&self, cluster: &Cluster, node: &Node) -> bool {
        let process = process_probe(node, true);
        let asked = vec![process.clone()];
        let doing = "asking another worker";
        let Ok(answers) = self.at(&node.host, Vec::new(), asked, doing).await else {
            return false;
        };
        let Some(Answer::Process(seen)) = answers.get(&process) else {
            return false;
        };
        let rollout = Rollout {
            cluster,
            node,
            // None of the rows that are needed below hangs on these, which a rollback may not know of others.
            start: String::new(),
            tier: crate::carbon::bundle::Tier::Keep,
            process,
        };
        let (expected, observed) = crate::run::node::without_login(&rollout, seen);
        let proof = prove(&expected, &observed);
        let shown = |row: &&crate::carbon::proof::ProofRow| row.verdict == Verdict::Proved;
        let needed = ["process", "worker flag", "started", "ports"];
        let count = proof
            .rows
            .iter()
            .filter(shown)
            .filter(|row| needed.contains(&row.what));
        proof.holds() && count.count() == needed.len()
    }

    /// Waits until nothing is open from the balancers to the node, in two looks running.
    pub(super) async fn until_quiet(
        &self,
        host: &HostRun,
        rollout: &Rollout<'_>,
        balancers: &[&Balancer],
    ) -> Result<(), Failure> {
        let node = rollout.node;
        let since = Instant::now();
        let mut quiet = 0;
        loop {
            let open = self.open_on(rollout, balancers).await?;
            quiet = if open == 0 { quiet + 1 } else { 0 };
            if quiet == 2 {
                return Ok(());
            }
            if quiet == 0 && since.elapsed() >= node.drain_timeout {
                let seconds = node.drain_timeout.as_secs();
                let message = format!(
                    "`{}` has {} after {seconds} s",
                    node.name,
                    connections(open)
                );
                if !self.context.options.cut {
                    return Err(Check::cite("WM171", message).or_at(&node.place).into());
                }
                self.context.events.send(Event::Noticed {
                    host: Some(node.host.clone()),
                    message: format!("{message}; they are cut"),
                });
                return Ok(());
            }
            let what = format!("{} to end", connections(open));
            self.waiting(host, rollout, &what, since, node.drain_timeout);
            if self.context.interrupt.sleep(LOOK).await {
                return Err(interrupted(&self.task.place).into());
            }
        }
    }

    /// How many connections are open to a node's ports for clients: seen on the balancers, or, where they are
    /// others', on the node.
    async fn open_on(
        &self,
        rollout: &Rollout<'_>,
        balancers: &[&Balancer],
    ) -> Result<usize, Failure> {
        let (cluster, node) = (rollout.cluster, rollout.node);
        let (http, https) = match node.is_worker() {
            true => client_ports(&cluster.release),
            // The console's.
            false => ("http", "https"),
        };
        let ports: Vec<u16> = [http, https]
            .into_iter()
            .filter_map(|name| node.ports.get(name).copied())
            .collect();
        let mut open = 0;
        for balancer in balancers {
            let pattern = to_node(node.member.address, &ports);
            open += self.established(&balancer.host, &pattern).await?;
        }
        if balancers.is_empty() {
            open += self.established(&node.host, &at_node(&ports)).await?;
        }
        Ok(open)
    }

    /// How many lines of the kernel's tables of TCP connections a pattern takes.
    async fn established(&self, host: &str, pattern: &str) -> Result<usize, Failure> {
        let words = ["grep", "-hE", pattern, "/proc/net/tcp", "/proc/net/tcp6"];
        let probe = Probe::Run(words.iter().map(ToString::to_string).collect());
        let doing = "looking for open connections";
        let answers = self
            .at(host, Vec::new(), vec![probe.clone()], doing)
            .await?;
        match answers.get(&probe) {
            // 1 is none; 2 is one table only, on a host without IPv6.
            Some(Answer::Run(ran)) if ran.status <= 2 => {
                Ok(ran.stdout.lines().filter(|line| !from_itself(line)).count())
            }
            _ => Err(Error::at(&self.task.place, format!("{doing} on `{host}` failed")).into()),
        }
    }

    /// Runs a command of the user's on this machine, beside the inventory.
    async fn command(&self, node: &Node, variable: &str, command: &str) -> Result<(), Failure> {
        let place = node.place_of(variable);
        let failed =
            |why: String| Error::at(place, format!("`{variable}` of `{}` {why}", node.name));
        let mut shell = tokio::process::Command::new("sh");
        shell
            .args(["-c", command])
            .env("WMPROV_NODE", &node.name)
            .env("WMPROV_HOST", &node.host)
            .env("WMPROV_ADDRESS", node.member.address.to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(folder) = place.file.parent().filter(|folder| folder.is_dir()) {
            shell.current_dir(folder);
        }
        let ended = tokio::time::timeout(COMMAND, shell.output())
            .await
            .map_err(|_late| failed(format!("did not end in {} s", COMMAND.as_secs())))?
            .map_err(|cause| failed("cannot be run".to_owned()).because(cause))?;
        if ended.status.success() {
            return Ok(());
        }
        let said = [ended.stderr, ended.stdout].concat();
        let said = crate::run::act::last_lines(&said);
        Err(failed(format!("ended with {}{said}", ended.status)).into())
    }
}

fn connections(open: usize) -> String {
    match open {
        1 => "1 open connection".to_owned(),
        many => format!("{many} open connections"),
    }
}
