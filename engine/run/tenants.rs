//! A worker's tenants, loaded before clients come back to it.
//!
//! A server loads a tenant within the first request whose path names it, and answers that one as if nothing were there; until
//! then it ignores messages about the tenant's artifacts (procedure 3.1, and 7 row 18). Whether a tenant is loaded only the log
//! tells: an unknown path gets an answer too (real-run 6).

use std::time::{Duration, Instant};

use crate::cluster::checks::Check;
use crate::cluster::client_ports;
use crate::run::Event;
use crate::run::host::HostRun;
use crate::run::http::{Ask, ask};
use crate::run::node::{Rollout, said};
use crate::run::task::{Failure, TaskRun, interrupted};

/// How long a tenant may take to be loaded, where the request itself was given up.
const LOADED: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);

impl TaskRun<'_> {
    /// Asks a worker for each tenant that is to be loaded; one that is not is told, and holds nobody up.
    pub(super) async fn wake_tenants(
        &self,
        host: &mut HostRun,
        rollout: &Rollout<'_>,
    ) -> Result<(), Failure> {
        let (cluster, node) = (rollout.cluster, rollout.node);
        let (_, https) = client_ports(&cluster.release);
        let port = node.ports.get(https).filter(|_| node.is_worker());
        let Some(port) = port.copied() else {
            return Ok(());
        };
        if cluster.tenants.is_empty() {
            return Ok(());
        }
        let loaded = said(&self.look_at(host, rollout).await?).tenants;
        let open = cluster.tenants.iter().filter(|one| !loaded.contains(*one));
        for tenant in open {
            let path = format!("/services/t/{tenant}/");
            let answer = ask(&mut *host.link.lock().await, port, Ask::Get(&path)).await;
            let loaded = match &answer {
                // The answer comes after the loading.
                Some(_) => self.has_loaded(host, rollout, tenant).await?,
                None => self.await_tenant(host, rollout, tenant).await?,
            };
            if !loaded {
                let answered = answer.map_or_else(
                    || "did not answer".to_owned(),
                    |answer| format!("answered {}", answer.status),
                );
                let message = format!(
                    "`{}` has not loaded the tenant `{tenant}`: asked for `{path}` it {answered}",
                    node.name
                );
                self.context.events.send(Event::Noticed {
                    host: Some(host.name.clone()),
                    message: Check::cite("WM018", message).to_string(),
                });
            }
        }
        Ok(())
    }

    async fn has_loaded(
        &self,
        host: &mut HostRun,
        rollout: &Rollout<'_>,
        tenant: &str,
    ) -> Result<bool, Failure> {
        let process = self.look_at(host, rollout).await?;
        Ok(said(&process).tenants.iter().any(|one| one == tenant))
    }

    /// Looks until a tenant is loaded, or the time for it is over.
    async fn await_tenant(
        &self,
        host: &mut HostRun,
        rollout: &Rollout<'_>,
        tenant: &str,
    ) -> Result<bool, Failure> {
        let since = Instant::now();
        while since.elapsed() < LOADED {
            if self.has_loaded(host, rollout, tenant).await? {
                return Ok(true);
            }
            let what = format!("the tenant {tenant}");
            self.waiting(host, rollout, &what, since, LOADED);
            if self.context.interrupt.sleep(LOOK).await {
                return Err(interrupted(&self.task.place).into());
            }
        }
        Ok(false)
    }
}
