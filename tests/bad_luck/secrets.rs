//! Secrets reach what they are for, and nothing else: no output, no process list or environment on either
//! side, no log, no file that others can read.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::bad_luck::says;
use crate::hosts::{Lab, root};

/// What must never be seen: a vaulted value, the vault's password, the login and sudo password, and the first
/// line of the private key.
const VAULTED: &str = "canary-0b5e1f";
const VAULT: &str = "canary-of-the-vault";
const LOGIN: &str = "operator-password";

/// What sudo has in its command line on a host: how the script is read, and nothing of it.
const SCRIPT: &str = "wm_body=$(head -c";

/// Watches the command line and environment of every process of this machine, the hosts' among them.
struct Watch {
    ends: Arc<AtomicBool>,
    seen: JoinHandle<BTreeSet<String>>,
}

impl Watch {
    fn start(wanted: Vec<String>) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ends);
        let seen = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !end.load(Ordering::Relaxed) {
                look(&wanted, &mut seen);
            }
            seen
        });
        Self { ends, seen }
    }

    /// What was seen.
    fn end(self) -> BTreeSet<String> {
        self.ends.store(true, Ordering::Relaxed);
        self.seen.join().unwrap()
    }
}

fn look(wanted: &[String], seen: &mut BTreeSet<String>) {
    let own = std::process::id().to_string();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let name = process.file_name().into_string().unwrap();
        if name == own || !name.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        for file in ["cmdline", "environ"] {
            // Processes end while they are looked at.
            let bytes = fs::read(process.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
            if text.contains(SCRIPT) {
                seen.insert(SCRIPT.to_owned());
            }
            if let Some(secret) = wanted.iter().find(|secret| text.contains(*secret)) {
                seen.insert(format!("{secret} in {file}: {text}"));
            }
        }
    }
}

fn private(lab: &Lab, name: &str, text: &str) -> String {
    let path = lab.write(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

/// A value as `vault encrypt-string` seals it, indented as under `vars:`.
fn sealed(lab: &Lab, vault: &str, name: &str, text: &str) -> String {
    let plain = private(lab, "plain", text);
    let out = Command::new(env!("CARGO_BIN_EXE_wmprov"))
        .args(["vault", "encrypt-string", "--name", name])
        .args(["--vault-password-file", vault])
        .stdin(Stdio::from(fs::File::open(&plain).unwrap()))
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    fs::remove_file(plain).unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines().map(|line| format!("    {line}\n")).collect()
}

const PLAY: &str = "- hosts: all
  become: true
  tasks:
    - copy: { content: \"password={{ sealed }}\\n\", dest: /srv/secret, mode: \"0600\" }
    - lineinfile: { path: /srv/secret, line: \"again={{ sealed }}\", create: true, mode: \"0600\" }
    - debug: { msg: \"it is {{ sealed }}\" }
    - shell: cat
      args: { stdin: \"{{ sealed }}\" }
      register: said
    - fail: { msg: \"{{ said.stdout }}\" }
      ignore_errors: true
    - copy: { content: \"{{ sealed }}\", dest: /nowhere/at/all }
      ignore_errors: true
";

pub(super) fn are_kept(lab: &Lab) {
    let vault = private(lab, "vault-password", &format!("{VAULT}\n"));
    let sudo = private(lab, "sudo-password", &format!("{LOGIN}\n"));
    let keys = lab.keys().display();
    let hosts = format!(
        "  hosts:\n    h1: {{ ansible_host: {} }}\n    h2: {{ ansible_host: {} }}\n",
        lab.address("h1"),
        lab.address("h2")
    );
    let inventory = format!(
        "all:\n  vars:\n    ansible_user: operator\n    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts -o IdentityFile=none -o IdentitiesOnly=yes\n{}{}{hosts}",
        sealed(lab, &vault, "sealed", VAULTED),
        sealed(lab, &vault, "ansible_password", LOGIN),
    );
    lab.write("inventory.yaml", &inventory);
    let file = lab.write("play.yaml", PLAY);
    let key = fs::read_to_string(lab.keys().join("id_ed25519")).unwrap();
    let key = key.lines().nth(1).unwrap().to_owned();
    let wanted = vec![VAULTED.into(), VAULT.into(), LOGIN.into(), key];
    for host in ["h1", "h2"] {
        lab.on(host, "touch /run/before");
    }
    let watch = Watch::start(wanted.clone());
    for (verb, more) in [
        ("plan", &["-v"][..]),
        ("apply", &["-v", "--diff"]),
        ("apply", &["--json", "-v", "--diff"]),
        ("apply", &[]),
    ] {
        let mut arguments = vec![verb, "-p", file.to_str().unwrap()];
        arguments.extend([
            "--vault-password-file",
            &vault,
            "--become-password-file",
            &sudo,
        ]);
        arguments.extend(more);
        let ran = lab.run(&arguments);
        let status = if verb == "plan" { 3 } else { 0 };
        says(&(ran.status, ran.all()), status, &["***"]);
        for secret in &wanted {
            assert!(
                !ran.all().contains(secret),
                "{secret} was shown: {}",
                ran.all()
            );
        }
    }
    // Only what sudo runs on a host was seen: the watch does reach there.
    let seen = watch.end();
    assert_eq!(seen, BTreeSet::from([SCRIPT.to_owned()]));
    on_disk(lab, &wanted);
}

/// What the runs have left on either side.
fn on_disk(lab: &Lab, wanted: &[String]) {
    let any = wanted.join("\\|");
    for host in ["h1", "h2"] {
        // The file that it is for holds it, and nobody else may read that.
        assert_eq!(
            lab.on(host, "stat -c %a /srv/secret; grep -c canary /srv/secret"),
            "600\n2\n"
        );
        let found = lab.on(
            host,
            &format!(
                "find / /run /tmp /dev/shm -xdev -newer /run/before -type f ! -path '/proc/*' ! -path '/sys/*' \
                 -perm -o=r -exec grep -l '{any}' {{}} + 2>/dev/null; \
                 journalctl --no-pager | grep -q '{any}' && echo the journal"
            ),
        );
        assert_eq!(found, "", "{host}");
    }
    let found = Command::new("grep")
        .args(["-rl", &any])
        .arg(&lab.site)
        .args([root().join("target/wmprov"), "/root/.cache/wmprov".into()])
        .output()
        .unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let mut names: Vec<&str> = found
        .lines()
        .filter_map(|path| path.rsplit('/').next())
        .collect();
    names.sort_unstable();
    // `right` is the password file of another trouble.
    assert_eq!(names, ["right", "sudo-password", "vault-password"]);
}
