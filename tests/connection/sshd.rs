//! A real sshd of a test's own: port, host keys, authorized keys.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use wmprov::connection::{ConnectOptions, Connection, Connector, Ended, HostKeyPolicy, Target};
use wmprov::inventory::Vars;
use wmprov::yaml::{Node, Place, Value};

const SSHD: &str = "/usr/sbin/sshd";

/// An sshd and the home of the user who connects to it; both end with it.
pub(super) struct Sshd {
    pub(super) port: u16,
    pub(super) home: TempDir,
    process: Child,
}

impl Sshd {
    /// Starts an sshd with one ed25519 host key that the user knows, and a user key `id_ed25519` that
    /// it accepts; `more` is added to its configuration. `None`, aloud, where there is no OpenSSH.
    pub(super) fn start(more: &str) -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        Self::start_in(home, more)
    }

    /// As [`start`](Self::start), in a prepared home: keys that are there already stay.
    pub(super) fn start_in(home: TempDir, more: &str) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            println!("skipped: there is no {SSHD}");
            return None;
        }
        fs::create_dir_all("/run/sshd").unwrap();
        let dir = home.path();
        fs::create_dir_all(dir.join(".ssh")).unwrap();
        if !dir.join("host_key").exists() {
            keygen(&["-t", "ed25519", "-N", "", "-f"], &dir.join("host_key"));
        }
        let user_key = dir.join(".ssh/id_ed25519");
        if !user_key.exists() {
            keygen(&["-t", "ed25519", "-N", "", "-f"], &user_key);
        }
        let authorized = dir.join("authorized_keys");
        let public = fs::read_to_string(dir.join(".ssh/id_ed25519.pub")).unwrap();
        let before = fs::read_to_string(&authorized).unwrap_or_default();
        fs::write(&authorized, before + &public).unwrap();
        let port = free_port();
        // A home of its own: what the machine's start-up files print, or do to each other, is not tested here.
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host_key\nPidFile none\n\
             AuthorizedKeysFile {0}/authorized_keys\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nPermitRootLogin yes\nLogLevel VERBOSE\n\
             SetEnv HOME={0}\n{more}\n",
            dir.display()
        );
        fs::write(dir.join("sshd_config"), config).unwrap();
        let log = fs::File::create(dir.join("sshd.log")).unwrap();
        let process = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(dir.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let sshd = Self {
            port,
            home,
            process,
        };
        sshd.wait();
        if !sshd.path(".ssh/known_hosts").exists() {
            sshd.know(&format!("[127.0.0.1]:{port}"));
        }
        Some(sshd)
    }

    fn wait(&self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "sshd does not start: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes `name` the one known name of the host key.
    pub(super) fn know(&self, name: &str) {
        let line = format!("{name} {}", self.host_key());
        fs::write(self.path(".ssh/known_hosts"), line).unwrap();
    }

    /// The public host key, without comment.
    pub(super) fn host_key(&self) -> String {
        let text = fs::read_to_string(self.path("host_key.pub")).unwrap();
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        words.join(" ") + "\n"
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What sshd logged so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path("sshd.log")).unwrap()
    }

    /// The options of a user who has this home and nothing else.
    pub(super) fn options(&self) -> ConnectOptions {
        ConnectOptions::bare(self.home.path().to_owned(), whoami())
    }

    /// How this sshd is reached.
    pub(super) fn target(&self) -> Target {
        self.target_with(&[], &self.options())
    }

    /// How this sshd is reached with more variables.
    pub(super) fn target_with(&self, more: &[(&str, &str)], options: &ConnectOptions) -> Target {
        let port = self.port.to_string();
        let mut vars = vec![("ansible_host", "127.0.0.1"), ("ansible_port", &port)];
        vars.extend_from_slice(more);
        Target::resolve("host", &vars_of(&vars), options).unwrap()
    }

    /// A connection with this home's key.
    pub(super) async fn connect(&self) -> Connection {
        Connector::new(self.options())
            .connect(&self.target())
            .await
            .unwrap()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// Variables as an inventory gives them.
pub(super) fn vars_of(pairs: &[(&str, &str)]) -> Vars {
    pairs
        .iter()
        .map(|(name, value)| {
            let place = Place::new("inventory.yaml", 1, 1);
            let value = Value::String((*value).to_owned());
            ((*name).to_owned(), Node::new(value, place))
        })
        .collect()
}

/// The name of the user who runs the tests.
pub(super) fn whoami() -> String {
    let out = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// Runs `ssh-keygen` with `arguments` and a file.
pub(super) fn keygen(arguments: &[&str], file: &Path) -> String {
    let out = Command::new("ssh-keygen")
        .arg("-q")
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Runs a command without input; its output, and how it ended.
pub(super) async fn run(connection: &Connection, command: &str) -> (String, Ended) {
    let mut exec = connection.exec(command).await.unwrap();
    drop(exec.stdin);
    let mut out = Vec::new();
    exec.stdout.read_to_end(&mut out).await.unwrap();
    let ended = exec.ended.await.unwrap();
    (String::from_utf8(out).unwrap(), ended)
}

/// The same target with another policy for host keys.
pub(super) fn with_policy(mut target: Target, policy: HostKeyPolicy) -> Target {
    target.host_keys = policy;
    target
}
