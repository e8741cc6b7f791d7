//! The lab that is measured: hosts, the pack, inventories, and what the other side of each ratio runs.

use std::process::Command;

use crate::hosts::{Lab, root};
use crate::meter::{Cost, Meter};

/// The Home on each host.
pub(crate) const HOME: &str = "/opt/wso2/wso2esb-4.9.0";

/// The pack's file, and the small one's.
pub(crate) const PACK: &str = "wso2esb-4.9.0.zip";
pub(crate) const SMALL: &str = "small.zip";

/// Hosts with the same pack, and the inventories over them.
pub(crate) struct Site {
    pub(crate) lab: Lab,
    pub(crate) hosts: Vec<String>,
}

impl Site {
    /// Brings hosts up and builds the pack.
    pub(crate) fn up(hosts: usize, bundles: usize, bytes: u64) -> Self {
        let hosts: Vec<String> = (1..=hosts).map(|number| format!("h{number}")).collect();
        let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let lab = Lab::up("bench", &names).expect("tests/bench asks for the lab");
        let mut build = Command::new(root().join("tests/pack/build"));
        build.args(["esb", "4.9.0"]).arg(lab.site.join(PACK));
        build.args([
            "--bundles",
            &bundles.to_string(),
            "--size",
            &bytes.to_string(),
        ]);
        assert!(
            build.status().unwrap().success(),
            "the lab pack cannot be built"
        );
        let site = Self { lab, hosts };
        site.write_inventory("inventory.yaml", &site.hosts, None);
        site
    }

    /// An inventory of a cluster of pattern 1 on these hosts: the first is the manager. A balancer stands before it where one is named.
    pub(crate) fn write_inventory(&self, name: &str, hosts: &[String], balancer: Option<&String>) {
        let line = |host: &String| {
            format!(
                "        {host}: {{ ansible_host: {} }}\n",
                self.address(host)
            )
        };
        let workers: String = hosts[1..].iter().map(line).collect();
        let (console, balancer) = balancer.map_or_else(Default::default, |host| {
            (
                "    carbon_console_allow: 10.77.0.0/16\n",
                format!("    load_balancer:\n      hosts:\n{}", line(host)),
            )
        });
        let text = format!(
            "all:
  vars:
    carbon_product: esb
    carbon_version: \"4.9.0\"
    carbon_pack: wso2esb-4.9.0.zip
    carbon_hostname: esb.example.com
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_admin_password: admin
    carbon_heap: 64m:256m
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
{}{console}  children:
{balancer}    manager:
      hosts:
{}    worker:
      hosts:
{workers}",
            self.login(),
            line(&hosts[0]),
        );
        self.lab.write(name, &text);
    }

    /// The lab pack as small as it can be.
    pub(crate) fn small_pack(&self) {
        let mut build = Command::new(root().join("tests/pack/build"));
        build.args(["esb", "4.9.0"]).arg(self.lab.site.join(SMALL));
        assert!(build.status().unwrap().success(), "no small pack");
    }

    /// An inventory of so many nodes in clusters of twenty, each with one of [`Self::add_addresses`]. Those of one machine have the
    /// same Home there, of this pack.
    pub(crate) fn write_nodes(&self, name: &str, count: usize, pack: &str) {
        const CLUSTER: usize = 20;
        let line = |number: usize| {
            let host = &self.hosts[number % self.hosts.len()];
            format!(
                "n{number}: {{ ansible_host: {}, carbon_address: {} }}",
                self.address(host),
                address_of(number)
            )
        };
        let cluster = |first: usize| {
            let last = count.min(first + CLUSTER);
            let workers: Vec<String> = (first + 1..last).map(line).collect();
            format!(
                "    c{first}:
      vars:
        carbon_product: esb
        carbon_domain: c{first}.esb.domain
      children:
        c{first}_manager: {{ hosts: {{ {} }} }}
        c{first}_worker: {{ hosts: {{ {} }} }}
",
                line(first),
                workers.join(", ")
            )
        };
        let clusters: String = (0..count).step_by(CLUSTER).map(cluster).collect();
        let text = format!(
            "all:
  vars:
    carbon_version: \"4.9.0\"
    carbon_pack: {pack}
    carbon_home: /opt/small
    carbon_hostname: esb.example.com
    carbon_mgt_hostname: mgt.esb.example.com
    carbon_admin_password: admin
    carbon_heap: 64m:256m
    java_home: /usr/lib/jvm/java-17-openjdk-amd64
{}  children:
{clusters}",
            self.login(),
        );
        self.lab.write(name, &text);
    }

    /// Gives the hosts so many addresses more, in turn.
    pub(crate) fn add_addresses(&self, count: usize) {
        for (at, host) in self.hosts.iter().enumerate() {
            let own = (at..count).step_by(self.hosts.len());
            let lines =
                own.map(|number| format!("ip address add {}/32 dev eth0\n", address_of(number)));
            self.lab.on(host, &lines.collect::<String>());
        }
    }

    /// Many names for few hosts, without Carbon.
    pub(crate) fn write_many(&self, name: &str, count: usize) {
        let line = |number: usize| {
            let host = &self.hosts[number % self.hosts.len()];
            format!(
                "    n{number}: {{ ansible_host: {} }}\n",
                self.address(host)
            )
        };
        let hosts: String = (0..count).map(line).collect();
        self.lab.write(
            name,
            &format!("all:\n  vars:\n{}  hosts:\n{hosts}", self.login()),
        );
    }

    fn login(&self) -> String {
        let keys = self.lab.keys().display();
        format!(
            "    ansible_user: deploy
    ansible_ssh_private_key_file: {keys}/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile={keys}/known_hosts
"
        )
    }

    /// hN's address is known from its name (`tests/lab/README.md`).
    fn address(&self, host: &str) -> String {
        let number: usize = host[1..].parse().unwrap();
        format!("10.77.{}.{}", (number + 10) / 256, (number + 10) % 256)
    }

    /// wmprov, on one of the site's inventories.
    pub(crate) fn wmprov(&self, meter: &Meter<'_>, words: &[&str], inventory: &str) -> Cost {
        let mut argv = vec![env!("CARGO_BIN_EXE_wmprov").to_owned()];
        argv.extend(words.iter().map(|&word| word.to_owned()));
        argv.push("--json".to_owned());
        argv.push(self.path(inventory));
        meter.run(&argv)
    }

    /// The bare client, on all hosts of an inventory or on the one named.
    pub(crate) fn bare(
        &self,
        meter: &Meter<'_>,
        inventory: &str,
        only: Option<&str>,
        command: &str,
    ) -> Cost {
        let myself = std::env::current_exe().unwrap();
        let only = only.unwrap_or("-");
        meter.run(&[
            myself.display().to_string(),
            "--bare".to_owned(),
            self.path(inventory),
            only.to_owned(),
            command.to_owned(),
        ])
    }

    /// `tar c | ssh host tar x` to all hosts at once, with the key exchange and the cipher that wmprov takes,
    /// so that the ratio tells nothing about ciphers. What is to be done on the host behind it goes into the same login.
    pub(crate) fn tar_to_all(
        &self,
        meter: &Meter<'_>,
        tree: &str,
        to: &str,
        behind: Option<&str>,
    ) -> Cost {
        let behind = behind.map_or(String::new(), |command| format!(" && {command}"));
        let keys = self.lab.keys().display();
        let ssh = format!(
            "ssh -F none -i {keys}/id_ed25519 -o IdentitiesOnly=yes -o IdentityAgent=none \
             -o UserKnownHostsFile={keys}/known_hosts -o KexAlgorithms=curve25519-sha256 -c aes128-gcm@openssh.com"
        );
        let one = |host: &String| {
            let address = self.address(host);
            format!(
                "tar -c -C {tree} . | {ssh} deploy@{address} 'sudo sh -c \"mkdir -p {to} && tar -x -C {to}{behind}\"' &\n"
            )
        };
        let script: String = self.hosts.iter().map(one).collect();
        meter.run(&["bash".to_owned(), "-c".to_owned(), format!("{script}wait")])
    }

    /// A copy of a host's Home, here.
    pub(crate) fn tree_of(&self, host: &str) -> String {
        let tree = self.path("tree");
        let copy = format!(
            "mkdir -p {tree} && {} exec {host} tar -c -C {HOME} . | tar -x -C {tree}",
            root().join("tests/lab/lab").display()
        );
        let copied = Command::new("bash")
            .args(["-o", "pipefail", "-c", &copy])
            .env("LAB", self.lab.name())
            .status();
        assert!(copied.unwrap().success(), "{host}'s Home cannot be copied");
        tree
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.lab.site.join(name).display().to_string()
    }

    /// Bytes that a host has received on its cable since it came up, SSH and all.
    pub(crate) fn received(&self, host: &str) -> u64 {
        let dev = self.lab.on(host, "cat /proc/net/dev");
        let line = dev
            .lines()
            .find_map(|line| line.trim().strip_prefix("eth0:"));
        line.unwrap()
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Logins that a host's sshd has accepted since it came up.
    pub(crate) fn logins(&self, host: &str) -> u64 {
        let log = self.lab.on(host, "journalctl -u ssh --no-pager -o cat");
        log.matches("Accepted publickey").count() as u64
    }
}

/// The address of a node of many.
fn address_of(number: usize) -> String {
    format!("10.78.{}.{}", number / 250, number % 250 + 1)
}
