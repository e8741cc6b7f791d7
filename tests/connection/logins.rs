//! Proving who we are: key kinds, passphrases, certificates, the agent, what is offered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wmprov::connection::{ConnectError, ConnectOptions, Connector, Passphrases, Target};
use wmprov::yaml::Secret;

use super::sshd::{Sshd, keygen, run};

/// Lets `key` in and gives its path.
fn user_key(sshd: &Sshd, name: &str, arguments: &[&str]) -> PathBuf {
    let file = sshd.path(name);
    keygen(&[arguments, &["-f"]].concat(), &file);
    let public = fs::read_to_string(file.with_extension("pub")).unwrap();
    let authorized = sshd.path("authorized_keys");
    fs::write(
        &authorized,
        fs::read_to_string(&authorized).unwrap() + &public,
    )
    .unwrap();
    file
}

fn with_key(sshd: &Sshd, key: &Path) -> Target {
    let key = key.to_str().unwrap();
    sshd.target_with(&[("ansible_ssh_private_key_file", key)], &sshd.options())
}

async fn login(options: ConnectOptions, target: &Target) -> Result<(), ConnectError> {
    let connection = Connector::new(options).connect(target).await?;
    assert_eq!(run(&connection, "echo in").await.0, "in\n");
    Ok(())
}

#[tokio::test]
async fn every_kind_of_key_logs_in() {
    let Some(sshd) = Sshd::start("") else { return };
    for (name, arguments) in [
        ("ed25519", &["-t", "ed25519", "-N", ""][..]),
        ("ecdsa256", &["-t", "ecdsa", "-b", "256", "-N", ""]),
        ("ecdsa384", &["-t", "ecdsa", "-b", "384", "-N", ""]),
        ("ecdsa521", &["-t", "ecdsa", "-b", "521", "-N", ""]),
        ("rsa", &["-t", "rsa", "-b", "2048", "-N", ""]),
        (
            "rsa-pem",
            &["-t", "rsa", "-b", "2048", "-N", "", "-m", "PEM"],
        ),
        (
            "rsa-pkcs8",
            &["-t", "rsa", "-b", "2048", "-N", "", "-m", "PKCS8"],
        ),
    ] {
        let key = user_key(&sshd, name, arguments);
        let outcome = login(sshd.options(), &with_key(&sshd, &key)).await;
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_passphrase_is_asked_once_a_run_and_before_it() {
    let Some(sshd) = Sshd::start("") else { return };
    for kind in ["OpenSSH", "PEM", "PKCS8"] {
        let mut arguments = vec!["-t", "rsa", "-b", "2048", "-N", "open sesame"];
        if kind != "OpenSSH" {
            arguments.extend(["-m", kind]);
        }
        let key = user_key(&sshd, &format!("locked-{kind}"), &arguments);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let mut options = sshd.options();
        options.passphrases = Some(Passphrases::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Some(Secret::new("open sesame"))
        }));
        let target = with_key(&sshd, &key);
        let connector = Connector::new(options);
        connector.unlock(std::slice::from_ref(&target)).await;
        for _ in 0..3 {
            let outcome = connector.connect(&target).await;
            assert!(outcome.is_ok(), "{kind}: {:?}", outcome.err());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
    let key = sshd.path("locked-PEM");
    fs::write(sshd.path("authorized_keys"), "").unwrap();
    let error = login(sshd.options(), &with_key(&sshd, &key))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ConnectError::RefusedLogin { .. }),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("no passphrase was given"));
}

/// An agent of the test's own.
struct Agent {
    socket: PathBuf,
    process: std::process::Child,
}

impl Agent {
    fn start(folder: &Path) -> Self {
        let socket = folder.join("agent");
        let process = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while !socket.exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { socket, process }
    }

    fn add(&self, key: &Path) {
        let out = Command::new("ssh-add")
            .env("SSH_AUTH_SOCK", &self.socket)
            .arg(key)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

#[tokio::test]
async fn the_agent_signs_for_many_logins_at_once() {
    let Some(sshd) = Sshd::start("") else { return };
    let agent = Agent::start(sshd.home.path());
    let held = [
        user_key(&sshd, "a", &["-t", "ed25519", "-N", ""]),
        user_key(&sshd, "b", &["-t", "rsa", "-b", "2048", "-N", ""]),
    ];
    for key in &held {
        agent.add(key);
        // Only the agent has it now; the public half may stay, to choose it by.
        fs::remove_file(key).unwrap();
    }
    fs::remove_file(sshd.path(".ssh/id_ed25519")).unwrap();
    let mut options = sshd.options();
    options.agent = Some(agent.socket.clone());
    let target = sshd.target_with(&[], &options);
    let connector = Connector::new(options.clone());
    let logins = (0..6).map(|_| connector.connect(&target));
    for outcome in futures_join(logins).await {
        assert!(outcome.is_ok(), "{:?}", outcome.err());
    }
    // RSA alone: the agent must sign with SHA-2.
    let public = fs::read_to_string(held[1].with_extension("pub")).unwrap();
    fs::write(sshd.path("authorized_keys"), public).unwrap();
    login(options, &target).await.unwrap();
}

async fn futures_join<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(move |context| {
        all.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(outcome) => {
                done.push(outcome);
                false
            }
            std::task::Poll::Pending => true,
        });
        match all.is_empty() {
            true => std::task::Poll::Ready(std::mem::take(&mut done)),
            false => std::task::Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn a_user_certificate_beside_the_key_logs_in() {
    let home = tempfile::tempdir().unwrap();
    let authority = home.path().join("user_ca");
    if !Path::new("/usr/sbin/sshd").exists() {
        println!("skipped: there is no sshd");
        return;
    }
    keygen(&["-t", "ed25519", "-N", "", "-f"], &authority);
    let trust = format!("TrustedUserCAKeys {}.pub", authority.display());
    let sshd = Sshd::start_in(home, &trust).unwrap();
    let key = sshd.path("signed");
    keygen(&["-t", "ecdsa", "-N", "", "-f"], &key);
    let user = super::sshd::whoami();
    let authority = authority.to_str().unwrap();
    let arguments = ["-s", authority, "-I", "me", "-n", &user, "-V", "+1h"];
    keygen(&arguments, &key.with_extension("pub"));
    login(sshd.options(), &with_key(&sshd, &key)).await.unwrap();
    assert!(sshd.log().contains("Accepted publickey"));
    assert!(sshd.log().contains("ECDSA-CERT"), "{}", sshd.log());
    // The agent holds both after ssh-add, and the file is gone.
    let agent = Agent::start(sshd.home.path());
    agent.add(&key);
    fs::remove_file(&key).unwrap();
    let mut options = sshd.options();
    options.agent = Some(agent.socket.clone());
    fs::remove_file(sshd.path(".ssh/id_ed25519")).unwrap();
    let target = sshd.target_with(&[], &options);
    login(options, &target).await.unwrap();
}

#[tokio::test]
async fn an_rsa_certificate_is_signed_with_sha2() {
    let home = tempfile::tempdir().unwrap();
    let authority = home.path().join("user_ca");
    if !Path::new("/usr/sbin/sshd").exists() {
        println!("skipped: there is no sshd");
        return;
    }
    keygen(&["-t", "ed25519", "-N", "", "-f"], &authority);
    let trust = format!("TrustedUserCAKeys {}.pub", authority.display());
    let sshd = Sshd::start_in(home, &trust).unwrap();
    let key = sshd.path("signed");
    keygen(&["-t", "rsa", "-b", "2048", "-N", "", "-f"], &key);
    let user = super::sshd::whoami();
    let ca = authority.to_str().unwrap();
    let public = key.with_extension("pub");
    keygen(&["-s", ca, "-I", "me", "-n", &user, "-V", "+1h"], &public);
    // Not beside the key, but named by `CertificateFile`.
    let elsewhere = sshd.path("elsewhere.pub");
    fs::rename(sshd.path("signed-cert.pub"), &elsewhere).unwrap();
    let named = format!("-o CertificateFile={}", elsewhere.display());
    let vars = [
        ("ansible_ssh_private_key_file", key.to_str().unwrap()),
        ("ansible_ssh_common_args", named.as_str()),
    ];
    let target = sshd.target_with(&vars, &sshd.options());
    login(sshd.options(), &target).await.unwrap();
}

#[tokio::test]
async fn a_key_that_others_may_read_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let Some(sshd) = Sshd::start("") else { return };
    let key = user_key(&sshd, "open", &["-t", "ed25519", "-N", ""]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = login(sshd.options(), &with_key(&sshd, &key))
        .await
        .unwrap_err();
    assert!(
        error
            .hint()
            .unwrap()
            .contains("others may read it (mode 644)")
    );
}

#[tokio::test]
async fn a_refused_login_is_tried_once_and_says_what_was_tried() {
    let Some(sshd) = Sshd::start("") else { return };
    let key = sshd.path("stranger");
    keygen(&["-t", "ed25519", "-N", "", "-f"], &key);
    let agent = Agent::start(sshd.home.path());
    for number in 0..8 {
        let more = sshd.path(&format!("more{number}"));
        keygen(&["-t", "ed25519", "-N", "", "-C", "more", "-f"], &more);
        agent.add(&more);
    }
    let mut options = sshd.options();
    options.agent = Some(agent.socket.clone());
    let named = ("ansible_ssh_private_key_file", key.to_str().unwrap());
    let target = sshd.target_with(&[named], &options);
    let error = login(options, &target).await.unwrap_err();
    let ConnectError::RefusedLogin {
        tried,
        accepts,
        left_out,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    // Few keys are offered, the named one first (engines 5.2, trap 12).
    assert_eq!(tried[0], format!("key {}", key.display()));
    assert_eq!(tried.len(), 5);
    assert_eq!(accepts, &["publickey", "keyboard-interactive"]);
    assert_eq!(
        left_out,
        &["4 more keys (set `ansible_ssh_private_key_file`)"]
    );
    assert_eq!(
        sshd.log().matches("Connection from").count(),
        2,
        "{}",
        sshd.log()
    );
    // With `IdentitiesOnly`, the agent's are not offered.
    let only = ("ansible_ssh_common_args", "-o IdentitiesOnly=yes");
    let target = sshd.target_with(&[named, only], &sshd.options());
    let error = login(sshd.options(), &target).await.unwrap_err();
    assert!(error.to_string().ends_with(&format!(
        "tried key {}, it would take publickey, keyboard-interactive",
        key.display()
    )));
}
