//! Rules of a firewall that may shut out whoever loads them: loaded on trial, kept by a new connection.
//!
//! An open connection proves nothing, as what is open stays open. So the host takes the rules back by itself after a
//! time, whatever becomes of this run, unless a connection that was begun after they were loaded has it keep them.

use std::time::{Duration, Instant};

use crate::cluster::checks::Check;
use crate::modules::FirewallWork;
use crate::run::act::{last_lines, step_failed};
use crate::run::host::{HostRun, chain};
use crate::run::link::{Link, LinkError};
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::script::{Probe, Request};
use crate::yaml::Error;

/// How long a new connection is tried for: less than the host waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether a new connection got through the rules.
enum Came {
    /// It did, and they stay.
    In,
    /// It did not; why.
    ShutOut(String),
    /// It did, and the host could not keep them.
    Failed(Failure),
}

impl TaskRun<'_> {
    /// Loads rules, proves that they let this machine in, and has them stay.
    pub(super) async fn firewall(
        &self,
        host: &mut HostRun,
        work: &FirewallWork,
        probes: &[Probe],
        touches: &[String],
    ) -> Result<(), Failure> {
        self.try_out(host, work).await?;
        match self.context.interrupt.unless(self.come_again(host)).await {
            None => return Err(interrupted(&self.task.place).into()),
            Some(Came::ShutOut(why)) => return Err(self.shut_out(host, &why).await.into()),
            Some(Came::Failed(failure)) => return Err(failure),
            Some(Came::In) => {}
        }
        let mut again = probes.to_vec();
        for path in touches {
            again.extend(host.forget(path));
        }
        again.sort_unstable();
        again.dedup();
        self.must(host, work.settle(), again, "keeping the firewall")
            .await
    }

    async fn try_out(&self, host: &HostRun, work: &FirewallWork) -> Result<(), Failure> {
        let request = Request {
            steps: work.try_out(),
            ..Request::default()
        };
        let (done, _) = host.request(&request, "loading the firewall").await?;
        let mut ends = request.steps.iter().zip(&done);
        match ends.find(|(_, end)| !end.succeeded()) {
            None => Ok(()),
            Some((step, end)) if Some(step) == request.steps.last() => {
                let said = last_lines(&end.output);
                let message = format!("nftables does not take the rules{said}");
                Err(Check::cite("WM186", message).or_at(&self.task.place).into())
            }
            Some((step, end)) => Err(step_failed(step, end, &self.task.place).into()),
        }
    }

    /// Comes in by a connection of its own, as often as there is time for, and has the rules stay.
    async fn come_again(&self, host: &HostRun) -> Came {
        let target = host.link.lock().await.target.clone();
        let since = Instant::now();
        let mut why = None;
        loop {
            let left = PATIENCE.saturating_sub(since.elapsed());
            let mut link = Link::new(target.clone(), host.identity.clone());
            let kept = tokio::time::timeout(left, self.keep_over(&mut link)).await;
            link.cut();
            match kept {
                Ok(Ok(())) => return Came::In,
                Ok(Err(Failure::Link(error))) => why = Some(chain(&error).join(": ")),
                Ok(Err(failure)) => return Came::Failed(failure),
                Err(_late) => {
                    let seconds = PATIENCE.as_secs();
                    let late = || format!("nothing came through within {seconds} s");
                    return Came::ShutOut(why.unwrap_or_else(late));
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn keep_over(&self, link: &mut Link) -> Result<(), Failure> {
        link.connect(&self.context.connector).await?;
        link.open_without_lock().await?;
        let request = Request {
            steps: vec![FirewallWork::keep()],
            ..Request::default()
        };
        let keeper = link.keeper().clone();
        let (done, _) = link
            .request(&keeper, &request, "keeping the firewall")
            .await?;
        let mut ends = request.steps.iter().zip(&done);
        if let Some((step, end)) = ends.find(|(_, end)| !end.succeeded()) {
            return Err(step_failed(step, end, &self.task.place).into());
        }
        Ok(link.close_sessions().await.map_err(LinkError::from)?)
    }

    /// No connection came through: the rules are taken back, over the connection that is still open; without it the
    /// host does that by itself.
    async fn shut_out(&self, host: &mut HostRun, why: &str) -> Error {
        let steps = vec![FirewallWork::take_back()];
        let doing = "taking the rules back";
        let end = match self.must(host, steps, Vec::new(), doing).await {
            Ok(()) => "they are taken back".to_owned(),
            Err(failure) => format!(
                "the host takes them back by itself, 30 s after they were loaded ({})",
                failure.message()
            ),
        };
        let message = format!("the rules let no new connection of this machine in ({why}); {end}");
        Check::cite("WM185", message).or_at(&self.task.place)
    }
}
