//! The nodes of a cluster: each host of a role group, or each of its `carbon_nodes` entries.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::checks::{self, Check, Claim};
use super::entry::{Entry, entries};
use super::java::JavaPack;
use super::outline::{Outline, Tree};
use super::variables::Level;
use super::{Cluster, Member, Node, kind, overlay, svn, vars};
use crate::catalogue::{Role, read_edits};
use crate::inventory::{Host, Inventory, Vars};
use crate::yaml::{Error, Place, Result};

/// What a cluster is derived from.
pub(super) struct Site<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) outline: &'a Outline<'a>,
    pub(super) others: &'a [Outline<'a>],
    pub(super) tree: &'a Tree<'a>,
    pub(super) table: &'a [&'a Check],
}

/// The nodes: managers, then workers, each in the inventory's order.
pub(super) fn nodes(site: &Site<'_>, cluster: &Cluster) -> Result<Vec<Node>, Vec<Error>> {
    let mut nodes = Vec::new();
    let mut errors = Vec::new();
    for role in [Role::Manager, Role::Worker] {
        for host in site.outline.hosts(site.inventory, role) {
            match site.nodes_of(cluster, host, role) {
                Ok(found) => nodes.extend(found),
                Err(found) => errors.extend(found),
            }
        }
    }
    if errors.is_empty() {
        Ok(nodes)
    } else {
        Err(errors)
    }
}

impl Site<'_> {
    fn nodes_of(
        &self,
        cluster: &Cluster,
        host: &Host,
        role: Role,
    ) -> Result<Vec<Node>, Vec<Error>> {
        let path = vars::path(host, role, self.outline, self.others, self.tree);
        let mut of_host = vars::of_node(self.inventory, &path, self.tree, host, None)?;
        let in_clear = vars::seal_passwords(&mut of_host, &self.inventory.vaulted);
        vars::check_kinds(&of_host, Level::Node)?;
        let Some(written) = of_host.get("carbon_nodes") else {
            let login = svn::Login::read(&of_host, &host.name, &in_clear);
            let login = login.map_err(|error| vec![error])?;
            return Ok(vec![self.node(
                cluster,
                host,
                role,
                None,
                (of_host, login),
            )?]);
        };
        let mine = self
            .entries_of(host, role, entries(written).map_err(|error| vec![error])?)
            .map_err(|error| vec![error])?;
        if mine.is_empty() {
            let message = format!(
                "host `{}` is a {role} of cluster `{}`, but no entry of its `carbon_nodes` is",
                host.name, cluster.name
            );
            return Err(vec![Error::at(&written.place, message).hint(format!(
                "add an entry with `role: {role}`, or take the host out of that role's group"
            ))]);
        }
        mine.into_iter()
            .map(|entry| {
                let mut vars =
                    vars::of_node(self.inventory, &path, self.tree, host, Some(&entry.vars))?;
                vars::check_kinds(&vars, Level::Node)?;
                vars.remove("carbon_nodes");
                let in_clear = vars::seal_passwords(&mut vars, &self.inventory.vaulted);
                let name = format!("{}/{}", host.name, entry.name);
                let login = svn::Login::read(&vars, &name, &in_clear);
                let login = login.map_err(|error| vec![error])?;
                self.node(cluster, host, role, Some(&entry), (vars, login))
            })
            .collect()
    }

    /// The entries that are nodes of this cluster in this role.
    fn entries_of(&self, host: &Host, role: Role, entries: Vec<Entry>) -> Result<Vec<Entry>> {
        let clusters: Vec<&Outline<'_>> = self
            .others
            .iter()
            .filter(|outline| !outline.roles_of(host).is_empty())
            .collect();
        let roles = self.outline.roles_of(host);
        let mut mine = Vec::new();
        for entry in entries {
            match &entry.cluster {
                Some((name, place)) => {
                    if !clusters.iter().any(|outline| outline.group.name == *name) {
                        return Err(Error::at(
                            place,
                            format!("host `{}` serves no cluster `{name}`", host.name),
                        ));
                    }
                    if *name != self.outline.group.name {
                        continue;
                    }
                }
                None if clusters.len() > 1 && host.vars.contains_key("carbon_nodes") => {
                    return Err(Error::at(
                        &entry.place,
                        format!("host `{}` serves several clusters and entry `{}` does not say which is its own", host.name, entry.name),
                    )
                    .hint(format!("add `cluster: {}` or another of them", self.outline.group.name)));
                }
                None => {}
            }
            match &entry.role {
                Some((wanted, place)) if !roles.contains(wanted) => {
                    return Err(Error::at(
                        place,
                        format!(
                            "entry `{}` is a {wanted}, but host `{}` is not in that role's group",
                            entry.name, host.name
                        ),
                    )
                    .hint("a host stands in the group of each role that its nodes have"));
                }
                Some((wanted, _)) if *wanted != role => {}
                _ => mine.push(entry),
            }
        }
        Ok(mine)
    }

    fn node(
        &self,
        cluster: &Cluster,
        host: &Host,
        role: Role,
        entry: Option<&Entry>,
        (vars, login): (Vars, svn::Login),
    ) -> Result<Node, Vec<Error>> {
        let name = match entry {
            Some(entry) => format!("{}/{}", host.name, entry.name),
            None => host.name.clone(),
        };
        let place = entry.map_or(&host.place, |entry| &entry.place).clone();
        let address = self.address(&name, host, &vars, &place)?;
        let draft = Draft {
            cluster,
            name,
            role,
            host,
            suffix: entry.map(|entry| entry.name.as_str()),
            vars,
            login,
            place,
        };
        draft.node(address, self).map_err(|error| vec![error])
    }

    /// The folder of the inventory file.
    fn beside(&self) -> PathBuf {
        self.inventory
            .file
            .parent()
            .map(PathBuf::from)
            .unwrap_or_default()
    }

    /// The address that the other nodes use, or what the checks of addresses say against it.
    fn address(
        &self,
        node: &str,
        host: &Host,
        vars: &Vars,
        place: &Place,
    ) -> Result<IpAddr, Vec<Error>> {
        let claim = Claim {
            node,
            host: &host.name,
            vars,
            place,
        };
        let refused = checks::against_address(&claim, self.table);
        if !refused.is_empty() {
            return Err(refused);
        }
        claim.address().ok_or_else(|| {
            vec![Error::at(
                place,
                format!("the address of node `{node}` is not known"),
            )]
        })
    }
}

/// A node whose address is being looked for.
struct Draft<'a> {
    cluster: &'a Cluster,
    name: String,
    role: Role,
    host: &'a Host,
    suffix: Option<&'a str>,
    vars: Vars,
    login: svn::Login,
    place: Place,
}

impl Draft<'_> {
    fn text(&self, name: &str) -> Result<Option<&str>> {
        self.vars.get(name).map(|value| value.text()).transpose()
    }

    /// `base`, with the entry's name behind it where the host runs several nodes.
    fn suffixed(&self, base: String) -> String {
        match self.suffix {
            Some(suffix) => format!("{base}-{suffix}"),
            None => base,
        }
    }

    fn seconds(&self, name: &str, default: u64) -> Result<Duration> {
        let seconds = match self.vars.get(name) {
            Some(value) => value.int()?.unsigned_abs(),
            None => default,
        };
        Ok(Duration::from_secs(seconds))
    }

    /// `port` moved by the offset.
    fn moved(&self, port: u16, offset: u16, what: &str) -> Result<u16> {
        port.checked_add(offset).ok_or_else(|| {
            let place = self
                .vars
                .get("carbon_offset")
                .map_or(&self.place, |set| &set.place);
            Error::at(
                place,
                format!(
                    "offset {offset} moves {what} {port} of node `{}` beyond 65535",
                    self.name
                ),
            )
        })
    }

    fn node(self, address: IpAddr, site: &Site<'_>) -> Result<Node> {
        let release = &self.cluster.release;
        let offset = match self.vars.get("carbon_offset") {
            // Held below 65536 by its kind.
            Some(value) => u16::try_from(value.int()?).unwrap_or(u16::MAX),
            None => 0,
        };
        let mut ports = BTreeMap::new();
        for port in &release.ports {
            ports.insert(port.name.clone(), self.moved(port.number, offset, "port")?);
        }
        let port = match self.vars.get("carbon_member_port") {
            Some(value) => u16::try_from(value.int()?).unwrap_or(u16::MAX),
            None => self.moved(release.clustering.member_port, offset, "member port")?,
        };
        let user = self.text("carbon_user")?.unwrap_or("wso2").to_owned();
        let home = match self.text("carbon_home")? {
            Some(home) => home.to_owned(),
            None => self.suffixed(format!("/opt/wso2/{}", release.top)),
        };
        let unit = match self.text("carbon_unit")? {
            Some(unit) => unit.trim_end_matches(".service").to_owned(),
            None => self.suffixed(format!("wso2{}", release.product)),
        };
        let java_pack = JavaPack::of(&self.vars, &site.beside())?;
        let follows = java_pack.as_ref().map(|pack| pack.home.as_str());
        let java_home = self.text("java_home")?.or(follows).ok_or_else(|| {
            Error::at(
                &self.place,
                format!("node `{}` has no `java_home`", self.name),
            )
            .hint("set it to the JDK on the host, such as /usr/lib/jvm/java-8-openjdk-amd64, or `java_pack` to a JDK's tar.gz on this machine")
        })?;
        let profile = match self.role {
            Role::Worker => release
                .profiles
                .worker
                .as_ref()
                .unwrap_or(&release.profiles.manager),
            _ => &release.profiles.manager,
        };
        let (drain_command, undrain_command) = self.drain_commands()?;
        let heap = match self.vars.get("carbon_heap") {
            Some(value) => kind::heap(value)?,
            None => ("256m".to_owned(), "1024m".to_owned()),
        };
        Ok(Node {
            name: self.name.clone(),
            host: self.host.name.clone(),
            role: self.role,
            // Both are told once all nodes of the cluster are known (`managers.rs`).
            active: false,
            domain: String::new(),
            member: Member { address, port },
            offset,
            home: PathBuf::from(home),
            unit,
            group: self.text("carbon_group")?.unwrap_or(&user).to_owned(),
            user,
            java_home: java_home.to_owned(),
            java_pack,
            profile: profile.clone(),
            sub_domain: if self.role == Role::Worker {
                "worker"
            } else {
                "mgt"
            }
            .to_owned(),
            heap,
            java_options: self.java_options()?,
            start_timeout: self.seconds("carbon_start_timeout", 300)?,
            stop_timeout: self.seconds("carbon_stop_timeout", 60)?,
            drain_timeout: self.seconds("carbon_drain_timeout", 120)?,
            drain_command,
            undrain_command,
            keep_generations: match self.vars.get("carbon_keep_generations") {
                Some(value) => value.int()?.unsigned_abs(),
                None => 5,
            },
            ssh_port: self.ssh_port()?,
            svn: self.login.clone(),
            overlays: overlay::of(&self.vars, site.inventory, self.host, &site.beside())?,
            edits: match self.vars.get("carbon_edits") {
                Some(edits) => edits
                    .list()?
                    .iter()
                    .map(read_edits)
                    .collect::<Result<_>>()?,
                None => Vec::new(),
            },
            ports,
            place: self.place.clone(),
            vars: self.vars,
        })
    }

    /// Where its host's sshd answers the other hosts: where it answers us, unless that way is another's.
    fn ssh_port(&self) -> Result<u16> {
        let set = self.vars.get("carbon_ssh_port");
        let Some(set) = set.or_else(|| self.vars.get("ansible_port")) else {
            return Ok(22);
        };
        u16::try_from(set.int()?)
            .map_err(|_too_large| Error::at(&set.place, "a port is a number up to 65535"))
    }

    /// Both or neither: a node that is taken from a balancer must come back.
    fn drain_commands(&self) -> Result<(Option<String>, Option<String>)> {
        let command = |name| Ok(self.text(name)?.map(str::to_owned));
        let names = ["carbon_drain_command", "carbon_undrain_command"];
        let [drain, undrain] = names.map(|name| self.vars.get(name));
        if let (Some(set), None) | (None, Some(set)) = (drain, undrain) {
            let [one, other] = names.map(|name| format!("`{name}`"));
            let message = format!("{one} and {other} go together");
            return Err(Error::at(&set.place, message));
        }
        Ok((command(names[0])?, command(names[1])?))
    }

    fn java_options(&self) -> Result<Vec<String>> {
        let Some(set) = self.vars.get("carbon_java_options") else {
            return Ok(Vec::new());
        };
        let option = |word: &crate::yaml::Node| {
            let option = word.text()?;
            // Each is a word of one line of the unit.
            if option.contains(char::is_control) {
                let message = "`carbon_java_options` has a line end or a control character in it";
                return Err(Error::at(&word.place, message).hint("one option an item"));
            }
            Ok(option.to_owned())
        };
        kind::words(set, true)?.iter().map(option).collect()
    }
}
