//! A handover where artifacts go through a repository: the former active manager commits what it has, the next one checks
//! it out, and only then the former one stops for good. After that the repository lets the next one write.

use std::time::{Duration, Instant};

use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Node};
use crate::modules::artifacts::{compare, told};
use crate::modules::{HandoverWork, committer_mark, state_of};
use crate::run::Event;
use crate::run::checkout::{CHECKED_OUT, lay_aside};
use crate::run::host::HostRun;
use crate::run::sync::{file_probe, text_of};
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::script::Step;
use crate::yaml::Error;

impl TaskRun<'_> {
    /// Has the former committer hand over.
    ///
    /// # Errors
    /// Where what it has does not come to the next one; its server then serves on, if it did.
    pub(super) async fn hand_commits_over(
        &self,
        host: &mut HostRun,
        work: &HandoverWork,
        cluster: &Cluster,
        former: &Node,
    ) -> Result<(), Failure> {
        let next = cluster.managers(true).next().ok_or_else(|| {
            let message = format!("cluster `{}` has no active manager", cluster.name);
            Error::at(&cluster.place, message)
        })?;
        self.can_take_over(next, former).await?;
        if self.has_taken_over(next).await? {
            self.stop(host, work).await?;
            self.leave_behind(host, cluster, [former, next]).await?;
            return self.commits_no_longer(host, former).await;
        }
        // What can fail shows while the server still runs.
        self.checked_out(cluster, [former, next], CHECKED_OUT)
            .await?;
        if !work.runs {
            return self.commits_no_longer(host, former).await;
        }
        self.drain_manager(host, cluster, former).await?;
        if let Err(late) = self.checked_out(cluster, [former, next], CHECKED_OUT).await {
            return Err(late.and(self.serve_again(cluster, former).await));
        }
        self.stop(host, work).await?;
        // Nobody deploys on a server that is stopped, and nothing is committed either.
        match self
            .checked_out(cluster, [former, next], Duration::ZERO)
            .await
        {
            Ok(()) => self.commits_no_longer(host, former).await,
            Err(failure) => Err(failure.and(self.serve_on(host, work).await)),
        }
    }

    /// True where the next one has been started as the committer already: the former was away, and promoted over.
    async fn has_taken_over(&self, next: &Node) -> Result<bool, Failure> {
        let mark = file_probe(&committer_mark(next));
        let doing = "asking who commits";
        let seen = self
            .at(&next.host, Vec::new(), vec![mark.clone()], doing)
            .await?;
        Ok(!text_of(&seen, &mark).is_empty())
    }

    /// Waits until the next one has what the former has.
    async fn checked_out(
        &self,
        cluster: &Cluster,
        [former, next]: [&Node; 2],
        deadline: Duration,
    ) -> Result<(), Failure> {
        let since = Instant::now();
        loop {
            let seen = self.deployed([former, next]).await?;
            let unlike = compare(cluster, &seen);
            if unlike.is_empty() {
                return Ok(());
            }
            if since.elapsed() >= deadline {
                let message = format!(
                    "`{}` has not checked out what is deployed on `{}`: {}",
                    next.name,
                    former.name,
                    told(&unlike)
                );
                return Err(Check::cite("WM017", message).or_at(&cluster.place).into());
            }
            self.context.events.send(Event::Waited {
                host: former.host.clone(),
                awaiting: format!("{}: what {} has committed", next.name, former.name),
                seconds: since.elapsed().as_secs(),
                deadline: deadline.as_secs(),
            });
            if self.context.interrupt.sleep(Duration::from_secs(2)).await {
                return Err(interrupted(&self.task.place).into());
            }
        }
    }

    /// What only a manager has that was away is kept beside its Home, and it begins with a check-out of its own.
    async fn leave_behind(
        &self,
        host: &mut HostRun,
        cluster: &Cluster,
        [former, next]: [&Node; 2],
    ) -> Result<(), Failure> {
        let seen = self.deployed([former, next]).await?;
        let unlike = compare(cluster, &seen);
        if unlike.is_empty() {
            return Ok(());
        }
        let (to, aside) = lay_aside(former, "all");
        self.must(host, vec![aside], Vec::new(), "keeping artifacts")
            .await?;
        self.context.events.send(Event::Noticed {
            host: Some(host.name.clone()),
            message: format!(
                "{} was away when {} took over; what it had deployed is kept in {to}: {}",
                former.name,
                next.name,
                told(&unlike)
            ),
        });
        Ok(())
    }

    /// The step from which on the former one is the committer no more. Cut before it, all is done again.
    async fn commits_no_longer(&self, host: &mut HostRun, former: &Node) -> Result<(), Failure> {
        let path = committer_mark(former);
        let mark = file_probe(&path);
        let steps = vec![Step::Remove { path }];
        self.must(host, steps, vec![mark], "ending the former committer")
            .await?;
        for path in [state_of(former).as_str(), "/run/systemd"] {
            self.context.forget(&host.name, path);
        }
        Ok(())
    }
}
