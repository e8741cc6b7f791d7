//! Whether the host is who it says: unknown, changed, revoked, learned, certified.

use std::fs;
use std::path::Path;

use wmprov::connection::{ConnectError, Connector, HostKeyPolicy};

use super::sshd::{Sshd, keygen, run, with_policy};

async fn refusal(sshd: &Sshd) -> ConnectError {
    let outcome = Connector::new(sshd.options()).connect(&sshd.target()).await;
    outcome.err().unwrap()
}

#[tokio::test]
async fn unknown_changed_and_revoked_keys_are_refused_before_any_login() {
    let Some(sshd) = Sshd::start("") else { return };
    let file = sshd.path(".ssh/known_hosts");
    fs::write(&file, "# nobody\n").unwrap();
    let error = refusal(&sshd).await;
    assert!(
        matches!(error, ConnectError::UnknownHostKey { .. }),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("--accept-new"));

    keygen(&["-t", "ed25519", "-N", "", "-f"], &sshd.path("other"));
    let other = fs::read_to_string(sshd.path("other.pub")).unwrap();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    fs::write(&file, format!("# a comment\n\n{name} {other}")).unwrap();
    let error = refusal(&sshd).await;
    let ConnectError::ChangedHostKey {
        known, fingerprint, ..
    } = &error
    else {
        panic!("{error}");
    };
    let shown = keygen(&["-l", "-f"], &sshd.path("host_key.pub"));
    assert!(
        shown.contains(fingerprint.as_str()),
        "{shown} {fingerprint}"
    );
    let recorded = keygen(&["-l", "-f"], &sshd.path("other.pub"));
    let recorded = recorded.split_whitespace().nth(1).unwrap();
    let wanted = format!("ssh-ed25519 {recorded} ({}:3)", file.display());
    assert_eq!(known, &[wanted]);
    // Neither learning nor another policy takes a changed key for a new one.
    let target = with_policy(sshd.target(), HostKeyPolicy::AcceptNew);
    let outcome = Connector::new(sshd.options()).connect(&target).await;
    assert!(matches!(
        outcome.err(),
        Some(ConnectError::ChangedHostKey { .. })
    ));

    let key = sshd.host_key();
    fs::write(&file, format!("{name} {key}@revoked * {key}")).unwrap();
    let error = refusal(&sshd).await;
    assert!(
        matches!(error, ConnectError::RevokedHostKey { line: 2, .. }),
        "{error}"
    );
    let target = with_policy(sshd.target(), HostKeyPolicy::Off);
    let outcome = Connector::new(sshd.options()).connect(&target).await;
    assert!(matches!(
        outcome.err(),
        Some(ConnectError::RevokedHostKey { .. })
    ));
    assert!(!sshd.log().contains("Accepted"), "{}", sshd.log());
}

#[tokio::test]
async fn the_known_kind_of_key_is_asked_for_first() {
    let home = tempfile::tempdir().unwrap();
    let rsa = home.path().join("host_rsa");
    if !Path::new("/usr/sbin/sshd").exists() {
        println!("skipped: there is no sshd");
        return;
    }
    keygen(&["-t", "rsa", "-b", "2048", "-N", "", "-f"], &rsa);
    let more = format!("HostKey {}", rsa.display());
    let sshd = Sshd::start_in(home, &more).unwrap();
    // The server prefers ed25519; only its RSA key is known, and another RSA key before it
    // (engines 5.2, traps 1 and 2).
    keygen(
        &["-t", "rsa", "-b", "2048", "-N", "", "-f"],
        &sshd.path("old"),
    );
    let old = fs::read_to_string(sshd.path("old.pub")).unwrap();
    let now = fs::read_to_string(sshd.path("host_rsa.pub")).unwrap();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let text = format!("{name} {old}{name}\t \t{now}");
    fs::write(sshd.path(".ssh/known_hosts"), text).unwrap();
    assert_eq!(run(&sshd.connect().await, "echo in").await.0, "in\n");
}

#[tokio::test]
async fn new_keys_are_learned_once_by_many_at_a_time() {
    let Some(sshd) = Sshd::start("MaxStartups 100") else {
        return;
    };
    let file = sshd.path(".ssh/known_hosts");
    fs::write(&file, "# no newline at the end").unwrap();
    let mut options = sshd.options();
    options.accept_new = true;
    let target = sshd.target_with(&[], &options);
    let connector = std::sync::Arc::new(Connector::new(options.clone()));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (connector, target) = (std::sync::Arc::clone(&connector), target.clone());
        all.spawn(async move { connector.connect(&target).await.map(|_| ()) });
    }
    for outcome in all.join_all().await {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let wanted = format!("# no newline at the end\n{name} {}", sshd.host_key());
    assert_eq!(fs::read_to_string(&file).unwrap(), wanted);
    let learned = connector.learned();
    assert_eq!((learned.len(), &learned[0].host), (1, &name));
    let found = std::process::Command::new("ssh-keygen")
        .args(["-F", &name, "-f"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(found.status.success());
    // The next run is strict and knows it; learning into a missing file makes it, hashed if wanted.
    sshd.connect().await;
    fs::remove_file(&file).unwrap();
    let mut target = target;
    target.hash_known_hosts = true;
    Connector::new(options).connect(&target).await.unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("|1|"), "{text}");
    sshd.connect().await;
}

#[tokio::test]
async fn an_authority_vouches_for_hosts_it_signed() {
    let home = tempfile::tempdir().unwrap();
    if !Path::new("/usr/sbin/sshd").exists() {
        println!("skipped: there is no sshd");
        return;
    }
    let dir = home.path().to_owned();
    let authority = dir.join("host_ca");
    keygen(&["-t", "ed25519", "-N", "", "-f"], &authority);
    keygen(&["-t", "ed25519", "-N", "", "-f"], &dir.join("host_key"));
    let sign = |arguments: &[&str]| {
        let base = ["-s", authority.to_str().unwrap(), "-I", "host"];
        let all = [&base[..], arguments].concat();
        keygen(&all, &dir.join("host_key.pub"));
    };
    sign(&["-h", "-n", "127.0.0.1,*.example.com", "-V", "+1h"]);
    let more = format!("HostCertificate {}/host_key-cert.pub", dir.display());
    let sshd = Sshd::start_in(home, &more).unwrap();
    let public = fs::read_to_string(dir.join("host_ca.pub")).unwrap();
    let file = sshd.path(".ssh/known_hosts");
    let trust = format!("@cert-authority [127.0.0.1]:* {public}");
    fs::write(&file, &trust).unwrap();
    sshd.connect().await;

    fs::write(&file, format!("{trust}@revoked * {public}")).unwrap();
    let error = refusal(&sshd).await;
    assert!(
        matches!(error, ConnectError::RevokedHostKey { .. }),
        "{error}"
    );
    // A strange authority is no authority: the bare key counts, and it is not known.
    fs::write(&file, format!("@cert-authority other.example.com {public}")).unwrap();
    let error = refusal(&sshd).await;
    assert!(
        matches!(error, ConnectError::UnknownHostKey { .. }),
        "{error}"
    );

    for (arguments, why) in [
        (
            &["-h", "-n", "other.example.com", "-V", "+1h"][..],
            "it is for other.example.com",
        ),
        (
            &["-h", "-n", "127.0.0.1", "-V", "20200101:20200102"],
            "it has expired",
        ),
        (
            &["-h", "-n", "127.0.0.1", "-V", "20400101:20400102"],
            "its time has not come yet",
        ),
        (
            &["-h", "-n", "127.0.0.1", "-O", "critical:strange=1"],
            "it has the critical option `strange`",
        ),
    ] {
        sign(arguments);
        fs::write(&file, &trust).unwrap();
        // sshd reads its certificate at start.
        let Sshd { .. } = &sshd;
        let error = restarted(&dir, &more, &trust).await;
        let ConnectError::BadHostCertificate { why: found, .. } = &error else {
            panic!("{why}: {error}");
        };
        assert_eq!(found, why);
    }
}

/// What a new sshd with the same keys is refused for.
async fn restarted(dir: &Path, more: &str, trust: &str) -> ConnectError {
    let home = tempfile::tempdir().unwrap();
    for name in ["host_key", "host_key.pub"] {
        fs::copy(dir.join(name), home.path().join(name)).unwrap();
    }
    let sshd = Sshd::start_in(home, more).unwrap();
    fs::write(sshd.path(".ssh/known_hosts"), trust).unwrap();
    refusal(&sshd).await
}
