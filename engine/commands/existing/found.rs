//! A server as its host tells of it → what an inventory says of it.

use std::sync::Arc;

use crate::catalogue::{Catalogue, Release, Role};
use crate::edit::{Format, evaluate};
use crate::script::Server;
use crate::yaml::{Error, Result};

use super::Seat;

/// What an inventory says of one node.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) seat: Seat,
    pub(super) release: Arc<Release>,
    pub(super) role: Role,
    /// It commits artifacts.
    pub(super) commits: bool,
    pub(super) domain: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) mgt_hostname: Option<String>,
    /// The variables of the node, by name.
    pub(super) vars: Vec<(&'static str, String)>,
    /// What no variable says.
    pub(super) notes: Vec<String>,
}

/// Reads a server.
///
/// # Errors
/// Where it is no product that is known, or does not tell what it is.
pub(super) fn found(seat: &Seat, server: &Server, catalogue: &Catalogue) -> Result<Found> {
    let release = release(seat, server, catalogue)?;
    let carbon = |target: &str| value(&server.carbon, target);
    let axis2 = |target: &str| value(&server.axis2, target);
    let flag = flag(server);
    let of_profile =
        option(server, "-Dprofile=").or_else(|| carried(&server.start_script, "-Dprofile="));
    let sub_domain =
        axis2("clustering/parameter[@name='properties']/property[@name='subDomain']/@value");
    let is_worker = match &flag {
        Some(flag) => flag == "true",
        None => match (&of_profile, &release.profiles.worker) {
            (Some(profile), Some(worker)) => profile == worker,
            _ => sub_domain.as_deref() == Some("worker"),
        },
    };
    let mut found = Found {
        seat: seat.clone(),
        role: if is_worker {
            Role::Worker
        } else {
            Role::Manager
        },
        commits: carbon("DeploymentSynchronizer/AutoCommit")
            .is_some_and(|set| set.trim() == "true"),
        domain: axis2("clustering/parameter[@name='domain']"),
        hostname: carbon("HostName"),
        mgt_hostname: carbon("MgtHostName"),
        vars: Vec::new(),
        notes: Vec::new(),
        release,
    };
    found.vars(server, &carbon, &axis2);
    found.noted(server, &axis2, sub_domain.as_deref());
    Ok(found)
}

impl Found {
    fn vars(
        &mut self,
        server: &Server,
        carbon: &dyn Fn(&str) -> Option<String>,
        axis2: &dyn Fn(&str) -> Option<String>,
    ) {
        let mut set = |name: &'static str, value: Option<String>| {
            self.vars.extend(
                value
                    .filter(|value| !value.is_empty())
                    .map(|value| (name, value)),
            );
        };
        set("carbon_home", Some(server.home.clone()));
        let owner: Vec<&str> = server.owner.split(' ').collect();
        if let [user, group] = owner[..] {
            set("carbon_user", Some(user.to_owned()));
            set("carbon_group", Some(group.to_owned()));
        }
        set("carbon_unit", Some(server.unit.clone()));
        let offset = option(server, "-DportOffset=").or_else(|| carbon("Ports/Offset"));
        set(
            "carbon_offset",
            offset.map(|offset| offset.trim().to_owned()),
        );
        let address = axis2("clustering/parameter[@name='localMemberHost']");
        let is_address = |text: &String| {
            text.parse::<std::net::IpAddr>()
                .is_ok_and(|ip| !ip.is_loopback())
        };
        set(
            "carbon_address",
            address
                .map(|text| text.trim().to_owned())
                .filter(is_address),
        );
        let port = axis2("clustering/parameter[@name='localMemberPort']");
        set(
            "carbon_member_port",
            port.map(|port| port.trim().to_owned()),
        );
        let java = server
            .argv
            .first()
            .and_then(|java| java.strip_suffix("/bin/java"));
        set(
            "java_home",
            java.map(|home| home.trim_end_matches("/jre").to_owned()),
        );
        let heap = |flag: &str| {
            let words = server.argv.iter().rev();
            words.filter_map(|word| word.strip_prefix(flag)).next()
        };
        if let (Some(least), Some(most)) = (heap("-Xms"), heap("-Xmx")) {
            set(
                "carbon_heap",
                Some(format!("{least}:{most}").to_lowercase()),
            );
        }
    }

    fn noted(
        &mut self,
        server: &Server,
        axis2: &dyn Fn(&str) -> Option<String>,
        sub_domain: Option<&str>,
    ) {
        let name = &self.seat.name;
        let mut note = |text: String| self.notes.push(text);
        if server.pid.is_empty() {
            note(format!(
                "{name} does not run: its Java and heap are not known"
            ));
        } else if server.unit.is_empty() {
            note(format!(
                "{name} runs in no unit of systemd: `wmprov apply` makes one, once the server is stopped by hand"
            ));
        }
        if axis2("clustering/@enable").as_deref().map(str::trim) != Some("true") {
            note(format!(
                "clustering is off on {name}: `wmprov apply` switches it on"
            ));
        }
        let wanted = match self.role {
            Role::Worker => "worker",
            _ => "mgt",
        };
        if let Some(label) = sub_domain.filter(|label| *label != wanted) {
            note(format!(
                "{name} runs as a {} and calls its sub-domain `{label}`",
                self.role
            ));
        }
    }

    /// The management UI that a worker still has.
    pub(super) fn ui(&self, server: &Server) -> Option<&'static str> {
        if self.role != Role::Worker {
            return None;
        }
        // Bundles that are named so and are no UI stay in every tier.
        let console = server
            .ui
            .iter()
            .any(|line| line.starts_with("org.wso2.carbon.ui,"));
        Some(match (console, server.ui.len()) {
            (false, _) => "t2",
            (true, 1) => "t1",
            (true, _) => "keep",
        })
    }

    /// A variable of the node.
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        let mut vars = self.vars.iter();
        vars.find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The product: by the folder that its pack unpacks to, else by what carbon.xml calls it.
fn release(seat: &Seat, server: &Server, catalogue: &Catalogue) -> Result<Arc<Release>> {
    let name = server
        .home
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let told = (
        value(&server.carbon, "Name"),
        value(&server.carbon, "Version"),
    );
    let called = |release: &&Arc<Release>| match &told {
        (Some(name), Some(version)) => {
            name.trim()
                .trim_start_matches("WSO2 ")
                .eq_ignore_ascii_case(&release.name)
                && version.trim() == release.version
        }
        _ => false,
    };
    let mut all = catalogue.iter();
    let found = all
        .find(|release| release.top == name)
        .or_else(|| catalogue.iter().find(called));
    found.cloned().ok_or_else(|| {
        let what = match told {
            (Some(name), Some(version)) => {
                format!("it calls itself `{} {}`", name.trim(), version.trim())
            }
            _ => "its carbon.xml cannot be read".to_owned(),
        };
        Error::new(format!(
            "{}: `{}` is no product that is known: {what}",
            seat.name, server.home
        ))
        .hint("`wmprov pack products` lists the products and versions")
    })
}

/// The worker flag: the last of the command line, else the start script's.
fn flag(server: &Server) -> Option<String> {
    option(server, "-DworkerNode=").or_else(|| carried(&server.start_script, "-DworkerNode="))
}

/// The last word of the command line that begins so, without its beginning.
fn option(server: &Server, begin: &str) -> Option<String> {
    let mut words = server.argv.iter().rev();
    words
        .find_map(|word| word.strip_prefix(begin))
        .map(str::to_owned)
}

/// What a start script gives every server that it starts.
fn carried(script: &str, begin: &str) -> Option<String> {
    let lines = script.lines().map(str::trim);
    let mut values = lines.filter_map(|line| line.strip_prefix(begin));
    let value = values.next()?.split([' ', '\\']).next()?;
    (!value.contains('$')).then(|| value.to_owned())
}

/// The one value of a target.
fn value(text: &str, target: &str) -> Option<String> {
    match &evaluate(text.as_bytes(), Format::Xml, target).ok()?[..] {
        [one] => Some(one.clone()).filter(|one| !one.trim().is_empty()),
        _ => None,
    }
}
