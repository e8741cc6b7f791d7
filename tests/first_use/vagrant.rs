//! `inventory --from-vagrant`: the labs' inventories with what `vagrant ssh-config` says. The labs themselves are booted by
//! `tests/vagrant`.

use std::fs;
use std::path::{Path, PathBuf};

use super::{said, wmprov};

/// What Vagrant prints of a machine behind a forwarded port.
fn machine(folder: &Path, name: &str, port: u16) -> String {
    let key = key_of(folder, name);
    fs::create_dir_all(key.parent().unwrap()).unwrap();
    fs::write(&key, "").unwrap();
    let key = key.display();
    format!(
        "Host {name}\n  HostName 127.0.0.1\n  User vagrant\n  Port {port}\n  UserKnownHostsFile /dev/null\n  \
         StrictHostKeyChecking no\n  PasswordAuthentication no\n  IdentityFile \"{key}\"\n  \
         IdentitiesOnly yes\n  LogLevel FATAL\n\n"
    )
}

fn key_of(folder: &Path, name: &str) -> PathBuf {
    folder.join("a user's").join(name).join("private_key")
}

/// The inventory of pattern 1, and what Vagrant says of these machines.
fn lab(folder: &Path, machines: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("vagrant/pattern-1.yaml");
    fs::copy(file, folder.join("pattern-1.yaml")).unwrap();
    let config: String = machines
        .iter()
        .zip(2200..)
        .map(|(name, port)| machine(folder, name, port))
        .collect();
    fs::write(folder.join("ssh-config"), config).unwrap();
}

const MACHINES: [&str; 4] = ["lb1", "mgr1", "wkr1", "wkr2"];
const MADE: [&str; 4] = [
    "inventory",
    "pattern-1.yaml",
    "--from-vagrant",
    "ssh-config",
];

#[test]
fn an_inventory_is_made_of_a_labs_and_of_what_vagrant_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lab(folder, &MACHINES);
    let made = wmprov(folder, &MADE);
    assert!(made.status.success(), "{}", said(&made));
    let text = String::from_utf8(made.stdout).unwrap();
    let lab = fs::read_to_string(folder.join("pattern-1.yaml")).unwrap();
    assert!(text.starts_with(lab.trim_end()), "comments and all: {text}");
    fs::write(folder.join("made.yaml"), text).unwrap();
    let valid = wmprov(folder, &["validate", "--without-pack", "made.yaml"]);
    assert!(valid.status.success(), "{}", said(&valid));

    // The file, and the view that a dynamic inventory is, tell the same of a host.
    let of_file = wmprov(folder, &["inventory", "made.yaml", "--host", "wkr1"]);
    let direct = wmprov(folder, &[&MADE[..], &["--host", "wkr1"]].concat());
    let (of_file, direct): (serde_json::Value, serde_json::Value) = (
        serde_json::from_slice(&of_file.stdout).unwrap(),
        serde_json::from_slice(&direct.stdout).unwrap(),
    );
    assert_eq!(of_file, direct);
    assert_eq!(direct["ansible_host"], "127.0.0.1");
    assert_eq!(direct["ansible_port"], 2202);
    assert_eq!(direct["ansible_user"], "vagrant");
    let key = key_of(folder, "wkr1").display().to_string();
    assert_eq!(direct["ansible_ssh_private_key_file"], key);
    let list = wmprov(folder, &[&MADE[..], &["--list"]].concat());
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list["_meta"]["hostvars"]["wkr1"], direct);
    assert_eq!(list["worker"]["hosts"], serde_json::json!(["wkr1", "wkr2"]));
}

#[test]
fn machines_and_hosts_that_do_not_match_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = |machines: &[&str], expected: &[&str]| {
        lab(folder, machines);
        let told = said(&wmprov(folder, &MADE));
        assert!(told.starts_with("2\n"), "{told}");
        for words in expected {
            assert!(told.contains(words), "no `{words}` in {told}");
        }
    };
    refused(
        &["lb1", "mgr1", "wkr1"],
        &["host `wkr2` is no machine of `ssh-config`", "vagrant up"],
    );
    refused(
        &["lb1", "mgr1", "wkr1", "wkr2", "wrk2"],
        &["machine `wrk2` is no host", "did you mean `wkr2`?"],
    );
    refused(&[], &["the file names no machine", "vagrant ssh-config"]);
    lab(folder, &MACHINES);
    let elsewhere = [&MADE[..3], &["nowhere"]].concat();
    let told = said(&wmprov(folder, &elsewhere));
    assert!(
        told.starts_with("2\n") && told.contains("the file cannot be read"),
        "{told}"
    );
    let text = wmprov(folder, &MADE).stdout;
    fs::write(folder.join("pattern-1.yaml"), text).unwrap();
    let told = said(&wmprov(folder, &MADE));
    assert!(
        told.contains("there is a group `vagrant` already"),
        "{told}"
    );
    let told = said(&wmprov(folder, &["inventory", "pattern-1.yaml"]));
    assert!(
        told.starts_with("2\n") && told.contains("--from-vagrant"),
        "{told}"
    );
}
