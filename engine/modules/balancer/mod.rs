//! What stands before a cluster: `carbon_balancer` keeps nginx's configuration, `carbon_front` brings
//! proved nodes up behind it and has the clients' names asked.
//!
//! Which nodes are drained is part of the configuration itself ([`marks`]): a run that was cut leaves a
//! node down, and none brings one up but after its proof of role.

pub(in crate::modules) mod certificate;
mod front;
mod keep;
pub mod marks;

pub use certificate::{Certificate, Certificates};
pub use front::FrontWork;

pub(super) use front::CarbonFront;
pub(super) use keep::CarbonBalancer;

use crate::cluster::{Balancer, BalancerView, Cluster};
use crate::modules::Call;
use crate::modules::copy::probe as file_probe;
use crate::modules::file::at;
use crate::playbook::{Kind, Parameter};
use crate::script::{Answers, Probe, Step};
use crate::yaml::{Error, Result};

const CLUSTER: Parameter = Parameter {
    name: "cluster",
    required: true,
    doc: "The cluster's name.",
    ..Parameter::BLANK
};

const CONFIG: Parameter = Parameter {
    name: "config",
    kind: Kind::Template,
    required: true,
    doc: "The template of nginx's configuration, over `balancer`.",
    ..Parameter::BLANK
};

/// The files of a cluster on its balancers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Its configuration, where nginx includes it; the stock site is left alone.
    pub config: String,
    /// Its certificates, and what is about to become its configuration: on the same file system.
    pub folder: String,
    /// The digest of the configuration that nginx has loaded.
    pub loaded: String,
    /// What was seen through the balancer.
    pub proved: String,
}

impl Paths {
    /// The files of a cluster.
    #[must_use]
    pub fn of(cluster: &Cluster) -> Self {
        let id = BalancerView::id(cluster);
        Self {
            config: format!("/etc/nginx/conf.d/wmprov-{id}.conf"),
            folder: BalancerView::folder(cluster),
            loaded: format!("/var/lib/wmprov/balancer-{id}.loaded"),
            proved: format!("/var/lib/wmprov/balancer-{id}.proved"),
        }
    }

    /// Asks for what was seen through the balancer.
    #[must_use]
    pub fn proved_probe(&self) -> Probe {
        crate::modules::copy::probe(&self.proved)
    }

    /// The steps that put a configuration in place: tested, then reloaded, never restarted.
    #[must_use]
    pub fn put(&self, text: &str) -> Vec<Step> {
        let staged = format!("{}/config", self.folder);
        let digest = crate::script::sha256(text.as_bytes());
        vec![
            Step::Write {
                path: staged.clone(),
                content: text.as_bytes().to_vec(),
                attributes: crate::script::Attributes {
                    mode: Some(0o644),
                    ..crate::script::Attributes::default()
                },
            },
            Step::Function {
                name: "wm_balance",
                arguments: vec![self.config.clone(), staged, self.loaded.clone(), digest],
            },
        ]
    }
}

/// The text of a file that was asked for; [`None`] where there is none.
fn held(seen: &Answers, path: &str) -> Result<Option<String>> {
    let found = at(seen, &file_probe(path))?.and_then(|file| file.content.as_deref());
    Ok(found.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// The cluster and the balancer that a task means.
fn named<'a>(call: &'a Call<'_>) -> Result<(&'a Cluster, &'a Balancer)> {
    let name = call.args.required("cluster")?;
    let clusters = &call.world.clusters;
    let cluster = clusters.iter().find(|cluster| cluster.name == name);
    let cluster = cluster
        .ok_or_else(|| Error::at(call.args.place(), format!("there is no cluster `{name}`")))?;
    let own = |balancer: &&Balancer| balancer.host == call.host;
    match cluster.front.balancers.iter().find(own) {
        Some(balancer) => Ok((cluster, balancer)),
        None => Err(Error::at(
            call.args.place(),
            format!(
                "host `{}` is no load balancer of cluster `{name}`",
                call.host
            ),
        )),
    }
}
