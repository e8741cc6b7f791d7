//! A run at a handover: the former active manager is drained and stopped, its last artifacts are brought to the next one,
//! and from the last step on it is the committer no more. Until that step it can go on as it was.

use std::time::Instant;

use crate::carbon::bundle::Tier;
use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Node, SyncView};
use crate::modules::artifacts::{FOLDER, compare, told};
use crate::modules::{HandoverWork, KeyLine, NodeWork, SyncPaths, process_probe, state_of};
use crate::run::Event;
use crate::run::host::HostRun;
use crate::run::node::Rollout;
use crate::run::now;
use crate::run::sync::{file_probe, text_of, write};
use crate::run::task::{Failure, TaskRun};
use crate::script::Step;
use crate::yaml::Error;

/// Both managers of a handover.
struct Managers<'a> {
    cluster: &'a Cluster,
    former: &'a Node,
    next: &'a Node,
    paths: SyncPaths,
}

impl TaskRun<'_> {
    /// Has the former active manager hand over.
    ///
    /// # Errors
    /// Where its last artifacts do not come to the next one; its server then serves on, if it did.
    pub(super) async fn hand_over(
        &self,
        host: &mut HostRun,
        work: &HandoverWork,
    ) -> Result<(), Failure> {
        let (cluster, former) = self.context.world.placed(&work.cluster, &work.node)?;
        if cluster.repository().is_some() {
            return self.hand_commits_over(host, work, cluster, former).await;
        }
        let of = Managers {
            cluster,
            former,
            next: self.sender(cluster)?,
            paths: SyncPaths::of(cluster)?,
        };
        self.can_take_over(of.next, former).await?;
        if self.is_superseded(&of).await? {
            self.stop(host, work).await?;
            self.put_aside(host, &of).await?;
            return self.commits_no_more(host, &of).await;
        }
        // What can fail shows while the server still runs, and little is left to bring afterwards.
        self.push(host, cluster, &of.paths).await?;
        if work.runs {
            self.drain_manager(host, cluster, former).await?;
            self.stop(host, work).await?;
        }
        match self.last_push(host, &of).await {
            Ok(()) => self.commits_no_more(host, &of).await,
            Err(failure) => Err(failure.and(self.serve_on(host, work).await)),
        }
    }

    /// The next one is there.
    pub(super) async fn can_take_over(&self, next: &Node, former: &Node) -> Result<(), Failure> {
        if self.is_reached(next).await {
            return Ok(());
        }
        let message = format!(
            "`{}` cannot be reached, and so not take over from `{}`",
            next.name, former.name
        );
        Err(Error::at(&next.place, message).into())
    }

    /// Who begins to send takes in no more; and its server, which started as a passive manager, has yet to start as the
    /// committer and to prove that role.
    pub(super) async fn begin_to_send(
        &self,
        host: &mut HostRun,
        cluster: &Cluster,
        node: &Node,
    ) -> Result<(), Failure> {
        let line = KeyLine::of(cluster, node)?;
        let (probe, doing) = (file_probe(&line.file), "taking the former sender's key out");
        self.must(host, Vec::new(), vec![probe.clone()], doing)
            .await?;
        let before = text_of(&host.answers, &probe);
        let after = line.taken_from(&before);
        if after == before {
            // It took in nothing: no other has been the sender.
            return Ok(());
        }
        let evidence = Step::Remove {
            path: format!("{}/evidence", state_of(node)),
        };
        let steps = vec![evidence, write(&line.file, after)];
        self.must(host, steps, vec![probe], doing).await?;
        self.context.forget(&host.name, &state_of(node));
        Ok(())
    }

    /// True where another manager has been let in with its key instead: this one was away, and promoted over.
    async fn is_superseded(&self, of: &Managers<'_>) -> Result<bool, Failure> {
        let public = self.text_at(of.former, &of.paths.public).await?;
        let key = public.split_whitespace().nth(1).unwrap_or_default();
        let mut asked = false;
        for node in of.cluster.receivers() {
            let manager = [&of.former.name, &of.next.name].contains(&&node.name);
            if manager || !self.is_reached(node).await {
                continue;
            }
            let probe = file_probe(&KeyLine::of(of.cluster, node)?.file);
            let doing = "asking whose artifacts a node takes";
            let seen = self
                .at(&node.host, Vec::new(), vec![probe.clone()], doing)
                .await?;
            if !key.is_empty() && text_of(&seen, &probe).contains(key) {
                return Ok(false);
            }
            asked = true;
        }
        if asked {
            return Ok(true);
        }
        let message = format!(
            "no other node tells whether `{}` is still the active manager of cluster `{}`",
            of.former.name, of.cluster.name
        );
        Err(Error::at(&of.former.place, message)
            .hint("bring a worker's host back, then run the same command again")
            .into())
    }

    /// Takes a manager from its balancers, and waits until nothing is open on its console.
    pub(super) async fn drain_manager(
        &self,
        host: &HostRun,
        cluster: &Cluster,
        node: &Node,
    ) -> Result<(), Failure> {
        let balancers = self.reachable(cluster, node).await?;
        if balancers.is_empty() {
            return Ok(());
        }
        self.take_down(cluster, node, &balancers).await?;
        let rollout = Rollout {
            cluster,
            node,
            // Neither is looked at while it is drained.
            start: String::new(),
            tier: Tier::Keep,
            process: process_probe(node, false),
        };
        match self.until_quiet(host, &rollout, &balancers).await {
            Err(failure) => Err(failure.and(self.serve_again(cluster, node).await)),
            quiet => quiet,
        }
    }

    pub(super) async fn stop(
        &self,
        host: &mut HostRun,
        work: &HandoverWork,
    ) -> Result<(), Failure> {
        if !work.runs {
            return Ok(());
        }
        self.node(host, &node_work(work, true)).await
    }

    /// The former active manager is what it was.
    pub(super) async fn serve_on(
        &self,
        host: &mut HostRun,
        work: &HandoverWork,
    ) -> Result<(), Failure> {
        if !work.runs {
            return Ok(());
        }
        self.context.events.send(Event::Noticed {
            host: Some(host.name.clone()),
            message: format!("the handover failed: {} is started again", work.node),
        });
        self.node(host, &node_work(work, false)).await
    }

    /// Nobody deploys on a server that is stopped: what comes over now is all that it had.
    async fn last_push(&self, host: &mut HostRun, of: &Managers<'_>) -> Result<(), Failure> {
        let since = Instant::now();
        loop {
            // A push that was under way when the server stopped may have passed what came late: it is waited
            // for, and followed by another.
            for _ in 0..2 {
                self.push(host, of.cluster, &of.paths).await?;
            }
            let seen = self.deployed([of.former, of.next]).await?;
            let unlike = compare(of.cluster, &seen);
            if unlike.is_empty() {
                return Ok(());
            }
            if since.elapsed() > super::sync::ALIKE {
                let message = format!(
                    "`{}` does not have what is deployed on `{}`: {}",
                    of.next.name,
                    of.former.name,
                    told(&unlike)
                );
                return Err(Check::cite("WM017", message)
                    .or_at(&of.cluster.place)
                    .into());
            }
        }
    }

    /// What only a manager has that was away is kept beside its Home, before the present one's artifacts take its place.
    async fn put_aside(&self, host: &mut HostRun, of: &Managers<'_>) -> Result<(), Failure> {
        let seen = self.deployed([of.former, of.next]).await?;
        let unlike = compare(of.cluster, &seen);
        if unlike.is_empty() {
            return Ok(());
        }
        let from = format!("{}/{FOLDER}", of.former.home.display());
        let to = format!("{}/left-{}", state_of(of.former), now());
        let argv = ["cp", "-a", "--", &from, &to].map(str::to_owned).to_vec();
        let doing = "keeping artifacts";
        self.must(host, vec![Step::Run { argv }], Vec::new(), doing)
            .await?;
        self.context.events.send(Event::Noticed {
            host: Some(host.name.clone()),
            message: format!(
                "{} was away when {} took over; what it had deployed is kept in {to}: {}",
                of.former.name,
                of.next.name,
                told(&unlike)
            ),
        });
        Ok(())
    }

    /// The step from which on the former one is the committer no more. Cut in between, it is done again.
    async fn commits_no_more(&self, host: &mut HostRun, of: &Managers<'_>) -> Result<(), Failure> {
        const QUIET: &str =
            r#"[ ! -e "/etc/systemd/system/$1" ] || systemctl disable --quiet --now "$1""#;
        let timer = format!("{}.timer", SyncView::unit(of.cluster));
        let argv = ["sh", "-c", QUIET, "wmprov", &timer];
        let steps = vec![
            Step::Run {
                argv: argv.map(str::to_owned).to_vec(),
            },
            Step::Remove {
                path: of.paths.proved.clone(),
            },
        ];
        let mark = file_probe(&of.paths.proved);
        self.must(host, steps, vec![mark], "ending the former sender")
            .await?;
        for path in [state_of(of.former).as_str(), "/run/systemd"] {
            self.context.forget(&host.name, path);
        }
        Ok(())
    }
}

/// Stops the server, or starts it with what lies in its Home.
fn node_work(work: &HandoverWork, stop: bool) -> NodeWork {
    NodeWork {
        cluster: work.cluster.clone(),
        node: work.node.clone(),
        stop,
        commit: false,
        unit_file: None,
        enable: false,
        start: !stop,
        generation: 0,
        unit_alone: false,
        keep: 0,
        back: None,
        found: work.found.clone(),
    }
}
