//! Which gateway a product's other parts publish to: API Manager's Publisher and Store name its manager.

use crate::catalogue::Role;
use crate::yaml::{Error, Result, near};

use super::Cluster;

/// A gateway as its Publisher and Store name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Address and HTTPS port of its active manager: a worker refuses what is published (procedure 7, row 39).
    pub manager: String,
    /// What clients call, `http://gw.example.com:8280`.
    pub http: String,
    /// The same over TLS.
    pub https: String,
}

/// Gives every cluster of a part that is not the gateway the gateway of its product in the same inventory;
/// none where there is none.
pub(super) fn name_gateways(clusters: &mut [Cluster]) -> Result<(), Vec<Error>> {
    let mut found = Vec::with_capacity(clusters.len());
    let mut errors = Vec::new();
    for cluster in clusters.iter() {
        match gateway_of(cluster, clusters) {
            Ok(gateway) => found.push(gateway),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for (cluster, gateway) in clusters.iter_mut().zip(found) {
        cluster.gateway = gateway;
    }
    Ok(())
}

/// The part that the others name has the list of them.
fn is_gateway(cluster: &Cluster) -> bool {
    !cluster.release.components.is_empty()
}

fn gateway_of(cluster: &Cluster, all: &[Cluster]) -> Result<Option<Gateway>> {
    let of_product =
        |other: &&Cluster| is_gateway(other) && other.release.product == cluster.release.product;
    let set = cluster.vars.get("carbon_gateway");
    if cluster.release.component.is_none() || is_gateway(cluster) {
        return match set {
            Some(set) => {
                let message = format!("cluster `{}` publishes to no gateway", cluster.name);
                Err(Error::at(&set.place, message).hint("take `carbon_gateway` out"))
            }
            None => Ok(None),
        };
    }
    let gateways: Vec<&Cluster> = all.iter().filter(of_product).collect();
    let names: Vec<&str> = gateways.iter().map(|other| other.name.as_str()).collect();
    let Some(set) = set else {
        return match gateways.as_slice() {
            [] => Ok(None),
            [one] => Ok(described(one)),
            _ => Err(Error::at(
                &cluster.place,
                format!(
                    "cluster `{}` may publish to `{}`",
                    cluster.name,
                    names.join("` or `")
                ),
            )
            .hint("name the one in `carbon_gateway`")),
        };
    };
    let name = set.text()?;
    match gateways.iter().find(|other| other.name == name) {
        Some(gateway) => Ok(described(gateway)),
        None => {
            let message = format!("`{name}` is no cluster of a gateway in this inventory");
            let error = Error::at(&set.place, message);
            Err(match near(name, names.iter().copied()) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint("name the group of that cluster"),
            })
        }
    }
}

fn described(gateway: &Cluster) -> Option<Gateway> {
    let manager = gateway.managers(true).next()?;
    let worker = gateway.of_role(Role::Worker).next()?;
    let url = |scheme: &str, port: &str| {
        let port = worker.ports.get(port)?;
        Some(format!("{scheme}://{}:{port}", gateway.hostname))
    };
    let console = std::net::SocketAddr::new(manager.member.address, *manager.ports.get("https")?);
    Some(Gateway {
        manager: console.to_string(),
        http: url("http", "pass_through_http")?,
        https: url("https", "pass_through_https")?,
    })
}
