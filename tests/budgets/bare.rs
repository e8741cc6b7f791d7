//! The bare client, what a no-op is held against: logs in to the hosts of an inventory as wmprov does, runs
//! one command on each, and ends. A process of its own, because its CPU and its memory are measured.

use std::path::Path;
use std::sync::Arc;

use tokio::io::AsyncReadExt as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wmprov::connection::{ConnectOptions, Connector, Status, Target};
use wmprov::inventory::{Inventory, LoadOptions};

/// As many at once as `--forks` allows by default.
const AT_ONCE: usize = 50;

/// Logs in to all hosts of `inventory`, or to the one named `only`, and runs `command` on each.
pub(crate) fn log_in(inventory: &Path, only: Option<&str>, command: &str) {
    let inventory = Inventory::load(inventory, &LoadOptions::default()).unwrap();
    let options = ConnectOptions::from_environment();
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let targets: Vec<Target> = inventory
        .hosts
        .iter()
        .filter(|host| wanted(&host.name))
        .map(|host| {
            let mut vars = inventory.vars(&host.name);
            vars.retain(|name, _| name.starts_with("ansible_"));
            Target::resolve(&host.name, &vars, &options).unwrap()
        })
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(all(Connector::new(options), targets, command.to_owned()));
}

async fn all(connector: Connector, targets: Vec<Target>, command: String) {
    let (connector, command) = (Arc::new(connector), Arc::new(command));
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for target in targets {
        let (connector, command) = (Arc::clone(&connector), Arc::clone(&command));
        let at_once = Arc::clone(&at_once);
        running.spawn(async move {
            let _permit = at_once.acquire().await.unwrap();
            let connection = connector.connect(&target).await.unwrap();
            let mut exec = connection.exec(&command).await.unwrap();
            drop(exec.stdin);
            let mut out = Vec::new();
            exec.stdout.read_to_end(&mut out).await.unwrap();
            let ended = exec.ended.await.unwrap();
            assert_eq!(
                ended.status,
                Status::Exit(0),
                "{}",
                String::from_utf8_lossy(&ended.stderr)
            );
            // As in a run of wmprov, a connection lives to the end of all.
            connection
        });
    }
    running.join_all().await;
}
