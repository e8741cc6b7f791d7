//! Ways to a host: `ssh_config`, jump hosts, names that only the far side knows.

use std::fs;
use std::sync::Arc;

use wmprov::connection::{ConnectError, Connector, Target};

use super::sshd::{Sshd, free_port, run, vars_of};

/// One home for two servers: the user knows both and has a key for both.
fn two() -> Option<(Sshd, Sshd)> {
    let (near, far) = (Sshd::start("")?, Sshd::start("")?);
    let key = fs::read_to_string(near.path(".ssh/id_ed25519.pub")).unwrap();
    fs::write(far.path("authorized_keys"), key).unwrap();
    let known = format!(
        "[127.0.0.1]:{} {}[localhost]:{} {}",
        near.port,
        near.host_key(),
        far.port,
        far.host_key()
    );
    fs::write(near.path(".ssh/known_hosts"), known).unwrap();
    Some((near, far))
}

#[tokio::test]
async fn a_jump_host_is_passed_once_for_all_behind_it() {
    let Some((near, far)) = two() else { return };
    let config = format!(
        "Host far\n  HostName localhost\n  Port {}\n  ProxyJump jump\n\
         Host jump\n  HostName=127.0.0.1\n  Port={}\n",
        far.port, near.port
    );
    fs::write(near.path(".ssh/config"), config).unwrap();
    let mut options = near.options();
    options.config = vec![near.path(".ssh/config")];
    let target = Target::resolve("far", &vars_of(&[]), &options).unwrap();
    let connector = Arc::new(Connector::new(options));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (connector, target) = (Arc::clone(&connector), target.clone());
        all.spawn(async move {
            let connection = connector.connect(&target).await.unwrap();
            run(&connection, "echo $SSH_CONNECTION").await.0
        });
    }
    for out in all.join_all().await {
        // The name was resolved over there, and sshd saw its own neighbour.
        assert!(out.trim().ends_with(&far.port.to_string()), "{out}");
    }
    assert_eq!(near.log().matches("Accepted publickey").count(), 1);
    assert_eq!(far.log().matches("Accepted publickey").count(), 4);
}

#[tokio::test]
async fn a_jump_host_that_refuses_is_named_and_asked_once() {
    let Some((near, far)) = two() else { return };
    fs::write(near.path("authorized_keys"), "").unwrap();
    let port = far.port.to_string();
    let arguments = format!("-o ProxyJump=127.0.0.1:{}", near.port);
    let vars = vars_of(&[
        ("ansible_host", "localhost"),
        ("ansible_port", &port),
        ("ansible_ssh_common_args", &arguments),
    ]);
    let options = near.options();
    let target = Target::resolve("far", &vars, &options).unwrap();
    let connector = Connector::new(options);
    for _ in 0..3 {
        let error = connector.connect(&target).await.err().unwrap();
        let ConnectError::Jump { source, .. } = &error else {
            panic!("{error}");
        };
        assert!(
            matches!(**source, ConnectError::RefusedLogin { .. }),
            "{source}"
        );
    }
    // One for the test's own look whether sshd is up, one for the three hosts together.
    assert_eq!(near.log().matches("Connection from").count(), 2);
}

#[tokio::test]
async fn a_dead_end_behind_a_jump_host_names_the_jump() {
    let Some((near, _far)) = two() else { return };
    let port = free_port().to_string();
    let arguments = format!("-J 127.0.0.1:{}", near.port);
    let vars = vars_of(&[
        ("ansible_host", "localhost"),
        ("ansible_port", &port),
        ("ansible_ssh_extra_args", &arguments),
    ]);
    let target = Target::resolve("far", &vars, &near.options()).unwrap();
    let error = Connector::new(near.options())
        .connect(&target)
        .await
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "the jump host `127.0.0.1` cannot be passed"
    );
}
