//! A run at the balancers: nodes are marked down and up in their configuration, which each balancer tests
//! and reloads.

use std::collections::BTreeSet;

use crate::cluster::{Balancer, Cluster, Node};
use crate::modules::balancer::{Paths, marks};
use crate::modules::node_probe;
use crate::run::Event;
use crate::run::act::step_failed;
use crate::run::link::LinkError;
use crate::run::task::{Failure, TaskRun};
use crate::script::{Answer, Answers, Probe, Request, Step};
use crate::state::Evidence;
use crate::yaml::Error;

/// More of a configuration than this is not read.
const LONGEST: u64 = 4 * 1024 * 1024;

impl TaskRun<'_> {
    /// The balancers of ours that send requests to a node.
    pub(super) fn balancers_of<'a>(
        &self,
        cluster: &'a Cluster,
        node: &'a Node,
    ) -> impl Iterator<Item = &'a Balancer> + use<'a> {
        let worker = node.is_worker();
        cluster
            .front
            .balancers
            .iter()
            .filter(move |balancer| match worker {
                true => balancer.workers,
                false => balancer.managers,
            })
    }

    /// Marks a node at a balancer; true where that changed anything. A node that the balancer does not
    /// know (a passive manager) has no mark.
    pub(super) async fn mark(
        &self,
        cluster: &Cluster,
        balancer: &Balancer,
        node: &str,
        is_down: bool,
    ) -> Result<bool, Failure> {
        let paths = Paths::of(cluster);
        // Two workers of a batch would each write what it has read.
        let _whole = self.context.marks.lock().await;
        let Some(live) = self.config_of(balancer, &paths).await? else {
            return Ok(false);
        };
        let mut down = marks::down(&live);
        let changes = match is_down {
            true => marks::nodes(&live).contains(node) && down.insert(node.to_owned()),
            false => down.remove(node),
        };
        if !changes {
            return Ok(false);
        }
        let steps = paths.put(&marks::with_down(&live, &down));
        self.at(
            &balancer.host,
            steps,
            Vec::new(),
            "reloading a load balancer",
        )
        .await?;
        self.context.forget(&balancer.host, &paths.config);
        Ok(true)
    }

    /// What nginx has been given for a cluster; [`None`] where nothing yet.
    pub(super) async fn config_of(
        &self,
        balancer: &Balancer,
        paths: &Paths,
    ) -> Result<Option<String>, Failure> {
        let probe = Probe::Path {
            path: paths.config.clone(),
            content: LONGEST,
        };
        let doing = "reading a load balancer's configuration";
        let answers = self
            .at(&balancer.host, Vec::new(), vec![probe.clone()], doing)
            .await?;
        match answers.get(&probe) {
            Some(Answer::Path(found)) => Ok(found
                .as_ref()
                .and_then(|file| file.content.as_ref())
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned())),
            _ => Err(Error::at(
                &balancer.place,
                format!("`{}` on `{}` cannot be read", paths.config, balancer.host),
            )
            .into()),
        }
    }

    /// One request to another host of the cluster, over its session.
    pub(super) async fn at(
        &self,
        host: &str,
        steps: Vec<Step>,
        probes: Vec<Probe>,
        doing: &str,
    ) -> Result<Answers, Failure> {
        let unreachable = || {
            Error::at(
                &self.task.place,
                format!("host `{host}` cannot be reached, and {doing} needs it"),
            )
        };
        let link = self.context.locks.link(host).ok_or_else(unreachable)?;
        let mut link = link.lock().await;
        if !link.is_open() {
            return Err(unreachable().into());
        }
        let request = Request {
            steps,
            probes,
            ..Request::default()
        };
        let keeper = link.keeper().clone();
        // The host that is lost is another than the task's: this task fails, with the reason.
        let (done, answers) = link
            .request(&keeper, &request, doing)
            .await
            .map_err(|error: LinkError| unreachable().because(error))?;
        for (step, end) in request.steps.iter().zip(&done) {
            if !end.succeeded() {
                let cause = step_failed(step, end, &self.task.place);
                let message = format!("{doing} on `{host}` failed");
                return Err(Error::at(&self.task.place, message).because(cause).into());
            }
        }
        Ok(answers)
    }

    /// True where the process that runs now has proved its role. A host that does not answer proves nothing.
    pub(super) async fn is_proved(&self, node: &Node) -> bool {
        let probe = node_probe(node);
        let probes = vec![probe.clone(), Probe::Facts];
        let Ok(answers) = self
            .at(&node.host, Vec::new(), probes, "asking a node")
            .await
        else {
            return false;
        };
        let (Some(Answer::Node(state)), Some(Answer::Facts(facts))) =
            (answers.get(&probe), answers.get(&Probe::Facts))
        else {
            return false;
        };
        let evidence = Evidence::read(&state.evidence);
        state.unit.is_active()
            && evidence.is_some_and(|evidence| evidence.is_of(&state.started, &facts.boot_id))
    }

    /// Brings those nodes up at a balancer that have proved their role; says which stay down.
    pub(super) async fn bring_up(
        &self,
        cluster: &Cluster,
        balancer: &Balancer,
        down: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        for name in down {
            let node = cluster.nodes.iter().find(|node| node.name == *name);
            let Some(node) = node else { continue };
            if self.is_proved(node).await {
                self.mark(cluster, balancer, name, false).await?;
                continue;
            }
            self.context.events.send(Event::Noticed {
                host: Some(balancer.host.clone()),
                message: format!("{name} stays down at this balancer: its role is not proved"),
            });
        }
        Ok(())
    }
}
