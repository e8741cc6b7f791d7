//! The pack of a cluster as its Homes are made of it: opened, patches laid over it, its stock password refused.

use std::path::PathBuf;

use crate::carbon::{OpenOptions, Pack};
use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Overlay};
use crate::commands::expiry;
use crate::yaml::{Error, Result};

/// The administrator's password in every stock user-mgt.xml.
const STOCK_PASSWORD: &str = "admin";

/// Opens the pack, and says what an operator has to know of it and stops nobody.
///
/// # Errors
/// A pack or a patch that is missing or not what it should be.
pub(super) fn opened(cluster: &Cluster, verify: bool) -> Result<(Pack, Vec<String>)> {
    let options = OpenOptions {
        cache: cache_folder(),
        verify,
    };
    let mut pack = Pack::open(&cluster.pack, &cluster.release, &options).map_err(|error| {
        let hint = error.way_out();
        Error::at(
            &cluster.pack_place,
            format!("the pack `{}` cannot be used", cluster.pack.display()),
        )
        .hint(hint)
        .because(error)
    })?;
    let mut told = Vec::new();
    for patch in &cluster.patches {
        told.extend(lay(&mut pack, cluster, patch, &options)?);
    }
    told.extend(pack.unkept().map(|error| {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        format!(
            "{error}, so the next run reads the pack again: {}",
            cause.unwrap_or_default()
        )
    }));
    Ok((pack, told))
}

/// What an operator has to know of a cluster that is made of this pack.
///
/// # Errors
/// A password that everybody knows, keystores that cannot be read.
pub(super) fn judged(pack: &Pack, cluster: &Cluster) -> Result<Vec<String>> {
    let password = stock_password(pack.is_lab(), cluster)?;
    let mut told = Vec::from_iter(password);
    told.extend(expiry::told(pack, cluster, crate::run::now())?);
    Ok(told)
}

/// The password that every pack ships is refused but with a pack of the lab; what is said where that is waived.
fn stock_password(is_lab: bool, cluster: &Cluster) -> Result<Option<String>> {
    let password = cluster.admin.password.as_ref();
    if is_lab || password.is_none_or(|password| password.reveal() != STOCK_PASSWORD) {
        return Ok(None);
    }
    let code = "WM128";
    if let Some(waiver) = cluster.waivers.iter().find(|waiver| waiver.code == code) {
        return Ok(Some(format!(
            "{code} waived ({}): the administrator of cluster `{}` has the stock password",
            waiver.reason, cluster.name
        )));
    }
    let message = format!(
        "the administrator of cluster `{}` has the password that every pack ships",
        cluster.name
    );
    Err(Check::cite(code, message).or_at(cluster.place_of("carbon_admin_password")))
}

/// Lays a patch over the pack, and says what of it is left to be done by hand.
fn lay(
    pack: &mut Pack,
    cluster: &Cluster,
    patch: &Overlay,
    options: &OpenOptions,
) -> Result<Option<String>> {
    let left = pack
        .lay_patch(&patch.path, cluster.release.kernel, options)
        .map_err(|error| {
            let message = format!("the patch `{}` cannot be used", patch.path.display());
            Error::at(&patch.place, message)
                .hint("a patch is a zip with folders `patchNNNN` of jars, as it was handed out")
                .because(error)
        })?;
    let more = match left.len() {
        0 => return Ok(None),
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Ok(Some(format!(
        "the patch `{}` also has `{}`{more}: lay it over the Home by `carbon_overlays` where its instructions say so",
        patch.path.display(),
        left[0]
    )))
}

/// Where indexes of packs are kept between runs.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    // An empty variable counts as none.
    let folder = |name: &str| std::env::var_os(name).filter(|folder| !folder.is_empty());
    let own = folder("XDG_CACHE_HOME").map(PathBuf::from);
    let own = own.or_else(|| Some(PathBuf::from(folder("HOME")?).join(".cache")));
    own.map(|folder| folder.join("wmprov"))
}

#[cfg(test)]
mod tests {
    use super::stock_password;
    use crate::catalogue::Catalogue;
    use crate::cluster::{Cluster, derive};
    use crate::inventory::{Inventory, LoadOptions};

    fn cluster(vars: &str) -> Cluster {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inventory.yaml");
        let text = format!(
            "all:\n  vars:\n    carbon_product: esb\n    carbon_version: \"4.9.0\"\n    carbon_hostname: \
             esb.example.com\n    java_home: /jdk\n{vars}  children:\n    manager: {{hosts: {{m: {{ansible_host: \
             10.0.0.1}}}}}}\n    worker: {{hosts: {{w: {{ansible_host: 10.0.0.2}}}}}}\n"
        );
        std::fs::write(&file, text).unwrap();
        let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
        let catalogue = Catalogue::load(&[]).unwrap();
        let lookup = |product: &str, version: &str| catalogue.find(product, version);
        derive(&inventory, &lookup).unwrap().remove(0)
    }

    #[test]
    fn the_stock_password_is_for_labs() {
        let stock = cluster("    carbon_admin_password: admin\n");
        assert!(stock_password(true, &stock).unwrap().is_none());
        let error = stock_password(false, &stock).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("WM128 the administrator of cluster `all`")
        );
        assert_eq!(error.place().unwrap().line, 7);

        let waived = cluster(
            "    carbon_admin_password: admin\n    carbon_waive: {WM128: nobody is there}\n",
        );
        let told = stock_password(false, &waived).unwrap().unwrap();
        assert!(told.starts_with("WM128 waived (nobody is there)"), "{told}");
        for other in ["", "    carbon_admin_password: admin1\n"] {
            assert!(stock_password(false, &cluster(other)).unwrap().is_none());
        }
    }
}
