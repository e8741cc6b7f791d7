//! A host's variables, the command line and `ssh_config` → [`Target`].
//!
//! In Ansible's order: variables, then the command line, then `ansible_ssh_*_args`, then the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::arguments::Arguments;
use super::ssh_config::seconds;
use super::{ConnectOptions, HostKeyPolicy, SshConfig, SshOptions, Target};
use crate::inventory::Vars;
use crate::yaml::{Error, Node, Place, Result, Secret, Value, near, slip};

/// Connection variables that mean something here.
const KNOWN: &[&str] = &[
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_password",
    "ansible_connection",
    "ansible_timeout",
    "ansible_private_key_file",
    "ansible_host_key_checking",
    "ansible_ssh_host",
    "ansible_ssh_port",
    "ansible_ssh_user",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_ssh_private_key_file",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_timeout",
    "ansible_ssh_retries",
    "ansible_ssh_host_key_checking",
    "ansible_become",
    "ansible_become_user",
    "ansible_become_method",
    "ansible_become_exe",
    "ansible_become_password",
    "ansible_become_pass",
];

/// Variables that change nothing about a connection of ours.
const HARMLESS: &[&str] = &[
    "ansible_ssh_executable",
    "ansible_ssh_pipelining",
    "ansible_ssh_transfer_method",
    "ansible_ssh_args",
    "ansible_ssh_use_tty",
    "ansible_ssh_reconnection_retries",
    "ansible_ssh_control_path",
    "ansible_ssh_control_path_dir",
];

/// Jump hosts that lead to jump hosts at most.
const MOST_JUMPS: usize = 8;

impl Target {
    /// Works out how to reach the host `name` with its variables, already rendered.
    ///
    /// # Errors
    /// A connection variable that is of the wrong kind, or that asks for what is not supported, with its place;
    /// `ssh_config` that cannot be read or is refused.
    pub fn resolve(name: &str, vars: &Vars, options: &ConnectOptions) -> Result<Self> {
        let given = Given(vars);
        let host = given
            .text(&["ansible_host", "ansible_ssh_host"])?
            .unwrap_or_else(|| name.to_owned());
        let mut target = Self::from_ssh(name, &host, &given, options)?;
        target.local = given.local()?;
        let accepted = options.accept_key.as_ref().filter(|key| key.host == name);
        target.accepted_key = accepted.map(|key| key.fingerprint.clone());
        target.become_wanted = given.find(&["ansible_become"]).map(boolean).transpose()?;
        target.become_user = given.text(&["ansible_become_user"])?;
        target.become_exe = given
            .text(&["ansible_become_exe"])?
            .unwrap_or_else(|| "sudo".to_owned());
        target.become_password = given
            .secret(&["ansible_become_password", "ansible_become_pass"])?
            .or_else(|| options.become_password.clone());
        if let Some(node) = given.find(&["ansible_become_method"])
            && node.text()? != "sudo"
        {
            let message = format!("`ansible_become_method: {}` is not supported", node.text()?);
            return Err(Error::at(&node.place, message).hint("only `sudo` is"));
        }
        Ok(target)
    }

    fn from_ssh(
        name: &str,
        host: &str,
        given: &Given<'_>,
        options: &ConnectOptions,
    ) -> Result<Self> {
        let mut ssh = SshOptions::default();
        if let Some(node) = given.find(&["ansible_port", "ansible_ssh_port"]) {
            ssh.port = Some(port(node)?);
        }
        ssh.user = given
            .text(&["ansible_user", "ansible_ssh_user"])?
            .or_else(|| options.user.clone());
        let key = given.text(&["ansible_ssh_private_key_file", "ansible_private_key_file"])?;
        match key {
            Some(key) => ssh.identities.push(PathBuf::from(key)),
            None => ssh.identities.clone_from(&options.private_keys),
        }
        ssh.connect_timeout = given.timeout()?;
        let checking = ["ansible_ssh_host_key_checking", "ansible_host_key_checking"];
        if let Some(node) = given.find(&checking)
            && !boolean(node)?
        {
            ssh.strict = Some("no".to_owned());
        }
        let config = given.arguments(host, &mut ssh, options)?;
        let ssh = config.of_with(host, ssh)?;
        let mut target = plain(name, host, &ssh, options);
        target.jumps = jumps(&ssh, &config, options, 0)?;
        target.password = given
            .secret(&[
                "ansible_password",
                "ansible_ssh_pass",
                "ansible_ssh_password",
            ])?
            .or_else(|| options.password.clone());
        if let Some(node) = given.find(&["ansible_ssh_retries"]) {
            target.retries = u32::try_from(node.int()?)
                .map_err(|_| Error::at(&node.place, "`ansible_ssh_retries` is negative"))?;
        }
        Ok(target)
    }
}

/// Hosts to go through, each resolved through the files as well. Only the first may go through others
/// of its own: the way to those after it is written.
fn jumps(
    ssh: &SshOptions,
    config: &SshConfig,
    options: &ConnectOptions,
    depth: usize,
) -> Result<Vec<Target>> {
    let Some(written) = ssh.proxy_jump.as_deref().filter(|jumps| *jumps != "none") else {
        return Ok(Vec::new());
    };
    if depth > MOST_JUMPS {
        return Err(Error::new(format!(
            "the jump hosts of `{written}` go round in circles"
        )));
    }
    let mut way = Vec::new();
    for jump in written.split(',') {
        let mut stated = jump_options(jump.trim())?;
        let host = stated.host_name.take().unwrap_or_default();
        let merged = config.of_with(&host, stated)?;
        if way.is_empty() {
            way = jumps(&merged, config, options, depth + 1)?;
        }
        way.push(plain(&host, &host, &merged, options));
    }
    Ok(way)
}

fn plain(name: &str, host: &str, ssh: &SshOptions, options: &ConnectOptions) -> Target {
    let named = !ssh.identities.is_empty();
    let identities = if named {
        ssh.identities
            .iter()
            .map(|file| at_home(file, &options.home))
            .collect()
    } else {
        ["id_ed25519", "id_ecdsa", "id_rsa"]
            .map(|file| options.home.join(".ssh").join(file))
            .to_vec()
    };
    Target {
        name: name.to_owned(),
        address: ssh.host_name.clone().unwrap_or_else(|| host.to_owned()),
        port: ssh.port.unwrap_or(22),
        user: ssh
            .user
            .clone()
            .unwrap_or_else(|| options.local_user.clone()),
        identities,
        certificates: ssh.certificates.clone(),
        identities_named: named,
        identities_only: ssh.identities_only.unwrap_or(false),
        agent: ssh.agent.clone().unwrap_or_else(|| options.agent.clone()),
        password: None,
        host_keys: policy(ssh.strict.as_deref(), options),
        accepted_key: None,
        host_key_alias: ssh.host_key_alias.clone(),
        user_known_hosts: ssh.user_known_hosts.clone().unwrap_or_else(|| {
            ["known_hosts", "known_hosts2"]
                .map(|file| options.home.join(".ssh").join(file))
                .to_vec()
        }),
        global_known_hosts: ssh
            .global_known_hosts
            .clone()
            .unwrap_or_else(|| options.global_known_hosts.clone()),
        hash_known_hosts: ssh.hash_known_hosts.unwrap_or(false),
        jumps: Vec::new(),
        connect_timeout: ssh.connect_timeout.unwrap_or(options.connect_timeout),
        keepalive_interval: ssh
            .alive_interval
            .filter(|every| !every.is_zero())
            .unwrap_or(Duration::from_secs(15)),
        keepalive_max: ssh.alive_max.unwrap_or(3),
        retries: options.retries,
        local: false,
        become_wanted: None,
        become_user: None,
        become_exe: "sudo".to_owned(),
        become_password: None,
    }
}

/// `ask` counts as strict: nobody is there to be asked.
fn policy(strict: Option<&str>, options: &ConnectOptions) -> HostKeyPolicy {
    match strict {
        Some("no" | "off" | "false") => HostKeyPolicy::Off,
        Some("accept-new") => HostKeyPolicy::AcceptNew,
        _ if options.accept_new => HostKeyPolicy::AcceptNew,
        _ => HostKeyPolicy::Strict,
    }
}

/// `[user@]host[:port]`, also with `ssh://` before it and `[…]` round an IPv6 address.
fn jump_options(text: &str) -> Result<SshOptions> {
    let rest = text.strip_prefix("ssh://").unwrap_or(text);
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, rest),
    };
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, after)) => (host, after.strip_prefix(':')),
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let wrong = || Error::new(format!("`{text}` is no jump host")).hint("write [user@]host[:port]");
    if host.is_empty() {
        return Err(wrong());
    }
    Ok(SshOptions {
        host_name: Some(host.to_owned()),
        port: port.map(str::parse).transpose().map_err(|_| wrong())?,
        user,
        ..SshOptions::default()
    })
}

/// A host's variables.
struct Given<'a>(&'a Vars);

impl Given<'_> {
    /// The first of `names` that is set to something.
    fn find(&self, names: &[&str]) -> Option<&Node> {
        names
            .iter()
            .filter_map(|name| self.0.get(*name))
            .find(|node| node.value != Value::Null)
    }

    fn text(&self, names: &[&str]) -> Result<Option<String>> {
        let found = self.find(names).map(|node| node.text().map(str::to_owned));
        found.transpose()
    }

    fn secret(&self, names: &[&str]) -> Result<Option<Secret>> {
        let found = self.find(names).map(|node| match &node.value {
            Value::Secret(secret) => Ok(secret.clone()),
            // A password of digits is a number to YAML.
            Value::Int(digits) => Ok(Secret::new(digits.to_string())),
            _ => node.text().map(Secret::new),
        });
        found.transpose()
    }

    fn timeout(&self) -> Result<Option<Duration>> {
        let Some(node) = self.find(&["ansible_ssh_timeout", "ansible_timeout"]) else {
            return Ok(None);
        };
        seconds(&node.int()?.to_string())
            .map(Some)
            .ok_or_else(|| Error::at(&node.place, "a timeout is a whole number of seconds"))
    }

    fn local(&self) -> Result<bool> {
        let Some(node) = self.find(&["ansible_connection"]) else {
            return Ok(false);
        };
        match node.text()? {
            "ssh" | "smart" | "ansible.builtin.ssh" => Ok(false),
            "local" | "ansible.builtin.local" => Ok(true),
            other => {
                let message = format!("`ansible_connection: {other}` is not supported");
                Err(Error::at(&node.place, message).hint("`ssh` and `local` are"))
            }
        }
    }

    /// Takes `ansible_ssh_*_args` over; gives the files, which `-F` may replace.
    fn arguments(
        &self,
        host: &str,
        ssh: &mut SshOptions,
        options: &ConnectOptions,
    ) -> Result<Arc<SshConfig>> {
        let mut files = options.config.clone();
        let mut read = Vec::new();
        for name in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
            if let Some(node) = self.find(&[name]) {
                let arguments = Arguments::parse(node.text()?, &node.place)?;
                if let Some(file) = &arguments.config {
                    files = vec![at_home(file, &options.home)];
                }
                read.push((arguments, &node.place));
            }
        }
        let config = options
            .configs
            .read(files, &options.home, &options.local_user)?;
        for (arguments, place) in read {
            arguments.apply(&config, ssh, place, host)?;
        }
        Ok(config)
    }
}

/// Refuses connection variables that are probably mistyped (near miss named); other `ansible_*` names may be facts,
/// which are no slip away. Each comes with where its name stands.
///
/// # Errors
/// The first that is mistyped, at its name.
pub fn check_names<'a>(names: impl IntoIterator<Item = (&'a str, &'a Place)>) -> Result<()> {
    let prefixes = ["ansible_ssh_", "ansible_become", "ansible_connection"];
    for (name, place) in names {
        if KNOWN.contains(&name) || HARMLESS.contains(&name) || !name.starts_with("ansible_") {
            continue;
        }
        let slipped = slip(name, KNOWN.iter().copied());
        let meant = slipped.or_else(|| near(name, KNOWN.iter().copied()));
        if slipped.is_some() || prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            let error = Error::at(place, format!("unknown connection variable `{name}`"));
            return Err(match meant {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error,
            });
        }
    }
    Ok(())
}

fn boolean(node: &Node) -> Result<bool> {
    match &node.value {
        Value::String(text) => match text.to_lowercase().as_str() {
            "yes" | "true" | "on" => Ok(true),
            "no" | "false" | "off" => Ok(false),
            _ => node.bool(),
        },
        _ => node.bool(),
    }
}

fn port(node: &Node) -> Result<u16> {
    u16::try_from(node.int()?)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| Error::at(&node.place, "a port is a number from 1 to 65535"))
}

fn at_home(path: &Path, home: &Path) -> PathBuf {
    path.strip_prefix("~")
        .map_or_else(|_| path.to_owned(), |rest| home.join(rest))
}

#[cfg(test)]
mod tests;
