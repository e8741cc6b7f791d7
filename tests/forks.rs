//! How many hosts go at once changes how long a run takes, not what comes of it.

use std::fs;
use std::process::Command;

const INVENTORY: &str = "all:
  vars: { ansible_connection: local }
  hosts: { a: {}, b: {}, c: {}, d: {} }
";

/// Hosts that go in step wait for each other before each task, and at `run_once` for the first: each gives up its place
/// meanwhile, or the others would never get there.
const PLAY: &str = "- hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - set_fact: { first: \"{{ inventory_hostname }}\" }
      run_once: true
    - debug: { msg: \"{{ inventory_hostname }} after {{ first }}\" }
- hosts: all
  gather_facts: false
  tasks:
    - debug: { msg: \"{{ inventory_hostname }} alone\" }
";

#[test]
fn who_waits_for_others_gives_up_its_place() {
    let site = tempfile::tempdir().unwrap();
    fs::write(site.path().join("inventory.yaml"), INVENTORY).unwrap();
    fs::write(site.path().join("play.yaml"), PLAY).unwrap();
    for forks in ["1", "2", "9"] {
        let words = "apply inventory.yaml --playbook play.yaml --forks";
        // Who waits for a place that nobody gives up waits for ever.
        let ran = Command::new("timeout")
            .args(["120", env!("CARGO_BIN_EXE_wmprov")])
            .args(words.split(' ').chain([forks]))
            .env("HOME", site.path())
            .env_remove("XDG_STATE_HOME")
            .current_dir(site.path())
            .output()
            .unwrap();
        // What happens goes to standard error.
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "--forks {forks}: {ran:?}");
        for host in ["a", "b", "c", "d"] {
            for line in [format!("{host} after a"), format!("{host} alone")] {
                assert_eq!(said.matches(&line).count(), 1, "--forks {forks}: {said}");
            }
        }
    }
}
