//! Commands and tunnels over one session: streams, ends, limits, losses.

use std::process::Command;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wmprov::connection::{ConnectError, Connector, Status, Target};

use super::sshd::{Sshd, run, vars_of};

#[tokio::test]
async fn a_command_gives_output_errors_and_status() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    // OpenSSH sends the end of output before the status of a short command (engines 5.2, trap 5).
    for _ in 0..20 {
        let (out, ended) = run(&connection, "echo out; echo err >&2; exit 7").await;
        assert_eq!((out.as_str(), ended.status), ("out\n", Status::Exit(7)));
        assert_eq!(ended.stderr, b"err\n");
    }
    let (_, ended) = run(&connection, "kill -TERM $$").await;
    assert_eq!(ended.status, Status::Signal("TERM".to_owned()));
    let (execs, _, received) = connection.counters().totals();
    assert_eq!((execs, received), (21, 20 * 8));
    connection.close().await;
}

#[tokio::test]
async fn dropped_input_is_an_end_of_file_and_unread_input_no_hang() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    let mut exec = connection.exec("cat; echo done").await.unwrap();
    exec.stdin.write_all(b"some ").await.unwrap();
    drop(exec.stdin);
    let mut out = String::new();
    exec.stdout.read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "some done\n");
    // The command ends without reading; the writer must not wait for a window that never opens.
    let mut exec = connection.exec("exit 3").await.unwrap();
    let bytes = vec![0; 64 << 20];
    let written = tokio::time::timeout(Duration::from_secs(20), exec.stdin.write_all(&bytes)).await;
    assert!(written.unwrap().is_err());
    assert_eq!(exec.ended.await.unwrap().status, Status::Exit(3));
}

#[tokio::test]
async fn a_hundred_megabytes_arrive_whole_both_ways() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    let size: usize = 100 << 20;
    let bytes: Vec<u8> = (0..size).map(|at| ((at * 31) >> 3) as u8).collect();
    let wanted = hex(&Sha256::digest(&bytes));
    let mut exec = connection.exec("sha256sum").await.unwrap();
    exec.stdin.write_all(&bytes).await.unwrap();
    exec.stdin.shutdown().await.unwrap();
    let mut out = String::new();
    exec.stdout.read_to_string(&mut out).await.unwrap();
    assert_eq!(out.split_whitespace().next(), Some(wanted.as_str()));

    let command = format!("head -c {size} /dev/zero | tr '\\0' x");
    let mut exec = connection.exec(&command).await.unwrap();
    let mut hasher = Sha256::new();
    let (mut piece, mut total) = (vec![0; 1 << 16], 0);
    loop {
        let count = exec.stdout.read(&mut piece).await.unwrap();
        if count == 0 {
            break;
        }
        total += count;
        hasher.update(&piece[..count]);
    }
    assert_eq!(total, size);
    assert_eq!(
        hex(&hasher.finalize()),
        hex(&Sha256::digest(vec![b'x'; size]))
    );
    assert_eq!(exec.ended.await.unwrap().status, Status::Exit(0));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn output_that_nobody_reads_stops_no_other_channel() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    // More than any buffer on the way; alone, it makes the session wait.
    let mut unread = connection.exec("head -c 30000000 /dev/zero").await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let other = tokio::time::timeout(Duration::from_secs(20), run(&connection, "echo alive"));
    assert_eq!(other.await.unwrap().0, "alive\n");
    let mut all = Vec::new();
    unread.stdout.read_to_end(&mut all).await.unwrap();
    assert_eq!(all.len(), 30_000_000);
    assert_eq!(unread.ended.await.unwrap().status, Status::Exit(0));
}

#[tokio::test]
async fn a_flood_that_nobody_reads_fails_alone() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    let waiting = connection.exec("cat").await.unwrap();
    let mut flood = connection
        .exec("head -c 200000000 /dev/zero")
        .await
        .unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), &mut flood.ended).await;
    assert_eq!(ended.unwrap().unwrap().status, Status::Lost);
    let error = flood.stdout.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert!(error.to_string().contains("left unread"), "{error}");
    drop(waiting.stdin);
    assert_eq!(waiting.ended.await.unwrap().status, Status::Exit(0));
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_is_closed() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    let mark = sshd.path("still");
    let command = format!(
        "while :; do echo x; touch {}; sleep 0.1; done",
        mark.display()
    );
    drop(connection.exec(&command).await.unwrap());
    tokio::time::sleep(Duration::from_secs(1)).await;
    std::fs::remove_file(&mark).ok();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(!mark.exists(), "the command goes on");
}

#[tokio::test]
async fn more_sessions_than_sshd_allows_are_refused_by_name() {
    let Some(sshd) = Sshd::start("MaxSessions 10") else {
        return;
    };
    let connection = sshd.connect().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(connection.exec("cat").await.unwrap());
    }
    let error = connection.exec("true").await.err().unwrap();
    assert!(matches!(error, ConnectError::NoChannel { .. }), "{error}");
    assert!(error.hint().unwrap().contains("MaxSessions"));
    // Forwardings do not count, and an ended command makes room.
    open.pop();
    let begun = std::time::Instant::now();
    while connection.exec("true").await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "no room again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_connection_cut_in_mid_transfer_is_lost_not_a_number() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    let (parent, _) = run(&connection, "ps -o ppid= -p $$").await;
    let mut exec = connection.exec("cat > /dev/null").await.unwrap();
    let mut download = connection
        .exec("head -c 4000 /dev/zero; sleep 60")
        .await
        .unwrap();
    let upload = tokio::spawn(async move {
        loop {
            if let Err(error) = exec.stdin.write_all(&[0; 65536]).await {
                break (error, exec.ended.await.unwrap());
            }
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    // The sshd of this one session, which this test's sshd started.
    let killed = Command::new("kill").args(["-9", parent.trim()]).status();
    assert!(killed.unwrap().success());
    let (_, ended) = tokio::time::timeout(Duration::from_secs(20), upload)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ended.status, Status::Lost);
    let error = download.stdout.read_to_end(&mut Vec::new()).await;
    assert!(error.unwrap_err().to_string().contains("cut off"));
    assert_eq!(download.ended.await.unwrap().status, Status::Lost);
    assert!(!connection.is_alive());
    let error = connection.exec("true").await.err().unwrap();
    assert!(matches!(error, ConnectError::Lost { .. }), "{error}");
}

#[tokio::test]
async fn a_tunnel_carries_bytes_and_a_closed_port_is_an_error() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = sshd.connect().await;
    let mut tunnel = connection.tunnel("127.0.0.1", sshd.port).await.unwrap();
    let mut greeting = [0; 8];
    tunnel.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"SSH-2.0-");
    let closed = super::sshd::free_port();
    let error = connection.tunnel("127.0.0.1", closed).await.err().unwrap();
    assert!(matches!(error, ConnectError::NoChannel { .. }), "{error}");
}

#[tokio::test]
async fn local_commands_are_the_same() {
    let home = tempfile::tempdir().unwrap();
    let options = wmprov::connection::ConnectOptions::bare(home.path().to_owned(), "me".into());
    let vars = vars_of(&[("ansible_connection", "local")]);
    let target = Target::resolve("here", &vars, &options).unwrap();
    let connection = Connector::new(options).connect(&target).await.unwrap();
    let mut exec = connection
        .exec("cat; echo err >&2; kill -KILL $$")
        .await
        .unwrap();
    exec.stdin.write_all(b"in").await.unwrap();
    drop(exec.stdin);
    let mut out = String::new();
    exec.stdout.read_to_string(&mut out).await.unwrap();
    let ended = exec.ended.await.unwrap();
    assert_eq!((out.as_str(), &ended.stderr[..]), ("in", &b"err\n"[..]));
    assert_eq!(ended.status, Status::Signal("KILL".to_owned()));
    let (_, ended) = run(&connection, "exit 200").await;
    assert_eq!(ended.status, Status::Exit(200));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(connection.tunnel("127.0.0.1", port).await.is_ok());
}

#[tokio::test]
async fn a_host_that_stands_still_in_mid_upload_is_lost_in_time() {
    let Some(sshd) = Sshd::start("") else { return };
    let quick = "-o ServerAliveInterval=1 -o ServerAliveCountMax=2";
    let target = sshd.target_with(&[("ansible_ssh_common_args", quick)], &sshd.options());
    let connection = Connector::new(sshd.options())
        .connect(&target)
        .await
        .unwrap();
    let (parent, _) = run(&connection, "ps -o ppid= -p $$").await;
    let mut exec = connection.exec("cat > /dev/null").await.unwrap();
    exec.stdin.write_all(&[0; 65536]).await.unwrap();
    // The process of this one session no longer reads: the socket fills, and russh looks at its
    // keep-alives only between writes (engines 5.2, trap 10).
    let signal = |name: &str| Command::new("kill").args([name, parent.trim()]).status();
    assert!(signal("-STOP").unwrap().success());
    let upload = async {
        loop {
            if exec.stdin.write_all(&[0; 65536]).await.is_err() {
                break exec.ended.await.unwrap();
            }
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(15), upload).await;
    assert!(signal("-KILL").unwrap().success());
    assert_eq!(ended.unwrap().status, Status::Lost);
    assert!(connection.why_lost().is_some());
}

#[tokio::test]
async fn keys_are_exchanged_anew_in_mid_transfer() {
    let Some(sshd) = Sshd::start("RekeyLimit 1M") else {
        return;
    };
    let connection = sshd.connect().await;
    let mut exec = connection.exec("cat | sha256sum").await.unwrap();
    let bytes = vec![7; 20 << 20];
    exec.stdin.write_all(&bytes).await.unwrap();
    drop(exec.stdin);
    let mut out = String::new();
    exec.stdout.read_to_string(&mut out).await.unwrap();
    assert!(out.starts_with(&hex(&Sha256::digest(&bytes))), "{out}");
    let (out, _) = run(&connection, "head -c 20000000 /dev/zero | tr '\\0' x").await;
    assert_eq!(out.len(), 20_000_000);
}
