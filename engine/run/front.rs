//! What clients and administrators get through a balancer: asked on it, after the nodes are up.

use crate::cluster::{Balancer, Cluster};
use crate::modules::FrontWork;
use crate::modules::balancer::Paths;
use crate::run::host::HostRun;
use crate::run::task::{Failure, TaskRun};
use crate::script::{Attributes, Step};
use crate::yaml::Error;

impl TaskRun<'_> {
    /// Brings proved nodes up, asks through the balancer, and notes what it has proved.
    pub(super) async fn front(&self, host: &mut HostRun, work: &FrontWork) -> Result<(), Failure> {
        let (cluster, balancer) = self.fronted(host, work)?;
        self.bring_up(cluster, balancer, &work.down).await?;
        let paths = Paths::of(cluster);
        let note = Step::Write {
            path: paths.proved.clone(),
            content: format!("{}\n", work.key).into_bytes(),
            attributes: Attributes {
                mode: Some(0o644),
                ..Attributes::default()
            },
        };
        self.must(host, vec![note], Vec::new(), "keeping the evidence")
            .await?;
        host.answers.forget(&paths.config);
        host.answers.forget(&paths.proved);
        Ok(())
    }

    fn fronted(&self, host: &HostRun, work: &FrontWork) -> Result<(&Cluster, &Balancer), Error> {
        let clusters = &self.context.world.clusters;
        let cluster = clusters.iter().find(|one| one.name == work.cluster);
        let own = |one: &&Balancer| one.host == host.name;
        cluster
            .and_then(|cluster| Some((cluster, cluster.front.balancers.iter().find(own)?)))
            .ok_or_else(|| Error::at(&self.task.place, "the load balancer is not known"))
    }
}
