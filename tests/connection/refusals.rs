//! Hosts that are not there, say nothing, or take few at a time.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use wmprov::connection::{ConnectError, ConnectOptions, Connector, Phase, Target};

use super::sshd::{Sshd, free_port, vars_of};

fn options(home: &tempfile::TempDir) -> ConnectOptions {
    ConnectOptions {
        retries: 2,
        ..ConnectOptions::bare(home.path().to_owned(), "me".to_owned())
    }
}

fn target(address: &str, port: u16, options: &ConnectOptions) -> Target {
    let port = port.to_string();
    let vars = vars_of(&[
        ("ansible_host", address),
        ("ansible_port", &port),
        ("ansible_ssh_timeout", "1"),
    ]);
    Target::resolve("host", &vars, options).unwrap()
}

async fn refusal(address: &str, port: u16, options: ConnectOptions) -> ConnectError {
    let target = target(address, port, &options);
    let begun = Instant::now();
    let error = Connector::new(options)
        .connect(&target)
        .await
        .err()
        .unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{error}: too late"
    );
    assert!(error.hint().is_some());
    error
}

#[tokio::test]
async fn a_listener_that_says_nothing_ends_at_the_deadline() {
    let home = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = refusal("127.0.0.1", port, options(&home)).await;
    let ConnectError::Timeout { phase, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(phase, Phase::Banner);
    assert_eq!(
        error_text(&home, port).await,
        "`127.0.0.1` does not answer in 1s (banner)"
    );
}

async fn error_text(home: &tempfile::TempDir, port: u16) -> String {
    refusal("127.0.0.1", port, options(home)).await.to_string()
}

#[tokio::test]
async fn a_server_that_stops_after_its_greeting_ends_in_key_exchange() {
    let home = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-stuck\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let mut options = options(&home);
    options.login_timeout = Duration::from_secs(2);
    let error = refusal("127.0.0.1", port, options).await;
    let in_kex = matches!(
        error,
        ConnectError::Timeout {
            phase: Phase::KeyExchange,
            ..
        }
    );
    assert!(in_kex, "{error}");
}

#[tokio::test]
async fn closed_ports_and_unknown_names_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let error = refusal("127.0.0.1", free_port(), options(&home)).await;
    assert!(
        matches!(error, ConnectError::NotConnected { .. }),
        "{error}"
    );
    let error = refusal("no-such-host.invalid", 22, options(&home)).await;
    let named = matches!(
        error,
        ConnectError::NameNotResolved { .. }
            | ConnectError::Timeout {
                phase: Phase::Name,
                ..
            }
    );
    assert!(named, "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_up_is_tried_again_and_its_words_are_told() {
    let home = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            stream
                .write_all(b"Not allowed at this time\r\n")
                .await
                .unwrap();
        }
    });
    let error = refusal("127.0.0.1", port, options(&home)).await;
    assert_eq!(
        error.to_string(),
        "`127.0.0.1` hangs up before its SSH greeting, it says `Not allowed at this time`"
    );
    assert_eq!(tries.load(std::sync::atomic::Ordering::Relaxed), 3);
    assert!(error.hint().unwrap().contains("lower `--forks` or wait"));
}

#[tokio::test]
async fn a_web_server_is_told_from_an_sshd_that_hangs_up() {
    let home = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
    });
    let error = refusal("127.0.0.1", port, options(&home)).await;
    let hint = error.hint().unwrap();
    assert!(hint.starts_with("that is no sshd"), "{error}: {hint}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_at_once_get_through_a_narrow_door() {
    let Some(sshd) = Sshd::start("MaxStartups 2:50:4") else {
        return;
    };
    let connector = Arc::new(Connector::new(sshd.options()));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (connector, target) = (Arc::clone(&connector), sshd.target());
        all.spawn(async move { connector.connect(&target).await });
    }
    for outcome in all.join_all().await {
        assert!(outcome.is_ok(), "{:?}", outcome.err());
    }
}
