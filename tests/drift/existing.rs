//! A cluster that nobody has told wmprov about: its inventory from its hosts, its changes from its Homes.

use super::{HOME, HOSTS};
use crate::hosts::{Lab, Ran, note_words};

pub(super) fn not_ours(lab: &Lab) {
    let aside = format!("mv {HOME}.wmprov /root/kept");
    HOSTS.iter().for_each(|host| drop(lab.on(host, &aside)));
    let file = format!("{HOME}/repository/conf/log4j.properties");
    lab.on(
        "wkr1",
        &format!("echo '# the last line, by hand' >> {file}"),
    );
    let folder = lab.site.join("found");
    std::fs::create_dir(&folder).unwrap();
    proposed(lab);
    taken_over(lab);
    std::fs::remove_dir_all(&folder).unwrap();
    lab.on("wkr1", &format!("sed -i '$d' {file}"));
    let back = format!("mv /root/kept {HOME}.wmprov");
    HOSTS.iter().for_each(|host| drop(lab.on(host, &back)));
}

/// The program with a known_hosts and a home of its own.
fn run(lab: &Lab, words: &[&str]) -> Ran {
    let mut command = lab.control(env!("CARGO_BIN_EXE_wmprov"));
    let key = lab.keys().join("id_ed25519");
    let output = command
        .env("HOME", lab.site.join("found"))
        .args(words)
        .arg("--accept-new")
        .arg("--private-key")
        .arg(key)
        .output()
        .unwrap();
    note_words(output.status.code(), words);
    Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

fn inventory(lab: &Lab) -> String {
    lab.site.join("found/inventory.yaml").display().to_string()
}

fn proposed(lab: &Lab) {
    let [mgr1, wkr1, wkr2] = HOSTS.map(|host| lab.address(host));
    let from = format!("deploy@{wkr1},deploy@{mgr1},second=deploy@{wkr2}");
    let key = lab.keys().join("id_ed25519").display().to_string();
    let file = inventory(lab);
    let ran = run(
        lab,
        &[
            "init",
            "--from",
            &from,
            "--pack",
            "../wso2esb-4.9.0.zip",
            "--output",
            &file,
        ],
    );
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        text,
        format!(
            "# Made by `wmprov init --from`, from what wkr1, mgr1, second told; yours to change.

all:
  vars:
    carbon_product: esb
    carbon_version: '4.9.0'
    carbon_pattern: 1
    carbon_pack: '../wso2esb-4.9.0.zip'
    carbon_hostname: esb.example.com
    carbon_mgt_hostname: mgt.esb.example.com
    ansible_user: deploy
    ansible_ssh_private_key_file: {key}
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
    carbon_heap: '64m:256m'
  children:
    manager:
      hosts:
        mgr1:
          ansible_host: {mgr1}
    worker:
      hosts:
        wkr1:
          ansible_host: {wkr1}
        second:
          ansible_host: {wkr2}
"
        )
    );
}

/// What no variable says becomes edits; then a plan has nothing to do in the Homes.
fn taken_over(lab: &Lab) {
    let file = inventory(lab);
    let ran = run(lab, &["adopt", &file]);
    assert!(
        ran.out.contains("--unknown") && ran.out.contains("nothing to adopt"),
        "{}",
        ran.failure()
    );
    let ran = run(lab, &["adopt", &file, "--unknown", "--yes"]);
    assert_eq!(ran.status, Some(0), "{}", ran.failure());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("# the last line, by hand"), "{text}");
    let ran = run(lab, &["plan", &file]);
    assert_eq!(ran.status, Some(3), "{}", ran.failure());
    assert_eq!(ran.all().matches("record of").count(), 3, "{}", ran.all());
    assert!(!ran.all().contains("repository/"), "{}", ran.all());
}
