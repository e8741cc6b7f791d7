//! `carbon_store`: a host keeps the repository of a cluster's artifacts, each node may read it and the active manager alone
//! write. svnserve reads all of this anew for each connection, Apache logins and rules for each request: only a certificate
//! wants it reloaded.

use sha2::{Digest as _, Sha256};

use crate::cluster::{BalancerView, Cluster, Node, StoreServer};
use crate::modules::balancer::certificate;
use crate::modules::carbon_home::CLUSTER;
use crate::modules::copy::{content_and_attributes, once_good, probe as file_probe};
use crate::modules::file::{at, differing};
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, Attributes, Probe, Step, sha256};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(crate) struct CarbonStore;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_store",
    doc: "Keeps the Subversion repository that a cluster's artifacts go through: made once, a user for each node, of whom the active manager's alone may write. Who may do what is checked by `svnauthz` before it is put in place.",
    parameters: &[
        CLUSTER,
        Parameter {
            name: "folder",
            kind: Kind::Path,
            required: true,
            doc: "The folder of all repositories.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "owner",
            required: true,
            doc: "The user and group that svnserve or Apache runs as.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "settings",
            kind: Kind::Path,
            required: true,
            doc: "The folder of what Apache reads: hashes of passwords, certificates.",
            ..Parameter::BLANK
        },
    ],
    example: "- carbon_store:\n    cluster: \"{{ item.cluster }}\"\n    folder: /var/lib/wmprov-svn\n    owner: wmprov-svn\n    settings: /etc/wmprov-svn\n  loop: \"{{ wmprov_stores }}\"\n",
    ..ModuleSpec::BLANK
};

/// The name of the certificate of a repository's server.
pub const STORE: &str = "store";

/// What makes a password slow to find, as `htpasswd` has it: Apache looks it up at each request.
const COST: u32 = 5;

/// Makes a repository beside its place, so that one that is cut is none.
const MAKE: &str = r#"set -e
rm -rf -- "$1.new"
svnadmin create --compatible-version "$2" -- "$1.new"
rm -f -- "$1.new/conf/passwd"
chown -R -- "$3:$3" "$1.new"
chmod 0750 -- "$1.new"
mv -T -- "$1.new" "$1"
"#;

/// Sees that a server can read the rules: with wrong ones it lets nobody in.
const RULES: &str = "svnauthz validate %s";

/// The files of a repository.
struct Paths {
    repository: String,
    format: String,
    server: String,
    /// What svnserve knows passwords by.
    passwords: String,
    rules: String,
    /// What Apache does, and its certificate without `.crt` and `.key`.
    hashes: String,
    certificate: String,
}

impl Paths {
    fn of(call: &Call<'_>, cluster: &Cluster) -> Result<Self> {
        let folder = call.args.required("folder")?;
        let id = BalancerView::id(cluster);
        let certificate = format!("{}/{id}", call.args.required("settings")?);
        let repository = format!("{folder}/{id}");
        Ok(Self {
            format: format!("{repository}/format"),
            server: format!("{repository}/conf/svnserve.conf"),
            passwords: format!("{repository}/conf/passwd"),
            rules: format!("{repository}/conf/authz"),
            hashes: format!("{certificate}.htpasswd"),
            certificate,
            repository,
        })
    }

    /// Where the logins are, and what holds those of the other server, or a certificate that is not wanted any more.
    fn logins(&self, cluster: &Cluster) -> (&str, Vec<String>) {
        let [crt, key] = ["crt", "key"].map(|end| format!("{}.{end}", self.certificate));
        match cluster.repository().map(|repository| repository.server) {
            Some(StoreServer::Apache) => {
                let mut stale = vec![self.passwords.clone()];
                if cluster.store_certificate().is_none() {
                    stale.extend([crt, key]);
                }
                (&self.hashes, stale)
            }
            _ => (&self.passwords, vec![self.hashes.clone(), crt, key]),
        }
    }
}

/// Asks for the digest of a file of secrets, never for them.
fn digest_probe(path: &str) -> Probe {
    Probe::Path {
        path: path.to_owned(),
        content: 0,
    }
}

impl Module for CarbonStore {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let cluster = named(call)?;
        let paths = Paths::of(call, cluster)?;
        let mut probes = [&paths.format, &paths.server, &paths.rules]
            .map(|path| file_probe(path))
            .to_vec();
        let (logins, stale) = paths.logins(cluster);
        probes.push(digest_probe(logins));
        probes.extend(stale.iter().map(|path| digest_probe(path)));
        if cluster.store_certificate().is_some() {
            probes.push(file_probe(&format!("{}.crt", paths.certificate)));
            probes.push(certificate::key_probe(&paths.certificate));
        }
        Ok(probes)
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let cluster = named(call)?;
        let paths = Paths::of(call, cluster)?;
        let owner = call.args.required("owner")?;
        let mut change = Change::none();
        if at(seen, &file_probe(&paths.format))?.is_none() {
            let version = compatible(cluster);
            let what = format!("repository of cluster {}", cluster.name);
            let difference = Difference::Property {
                what,
                before: "not there".to_owned(),
                after: format!("{}, for clients of Subversion {version}", paths.repository),
            };
            let argv = [
                "sh",
                "-c",
                MAKE,
                "wmprov",
                &paths.repository,
                version,
                &owner,
            ];
            change.step(difference, run(&argv));
        }
        let kept = Attributes {
            mode: Some(0o640),
            owner: Some("root".to_owned()),
            group: Some(owner.clone()),
        };
        let found = at(seen, &file_probe(&paths.server))?;
        let server =
            content_and_attributes(&paths.server, found, server(cluster).into(), kept.clone());
        take(&mut change, server);
        passwords(cluster, &paths, seen, &kept, &mut change)?;
        rules(cluster, &paths, seen, kept, &mut change)?;
        let given = (cluster.name.clone(), STORE);
        if let Some(given) = call.world.certificates.get(&given) {
            certificate::put(&paths.certificate, given, Some(&owner), seen, &mut change)?;
        }
        Ok(change.touching(paths.repository))
    }
}

fn named<'a>(call: &'a Call<'_>) -> Result<&'a Cluster> {
    let name = call.args.required("cluster")?;
    let found = call.world.clusters.iter().find(|one| one.name == name);
    let found = found.filter(|cluster| cluster.repository().is_some());
    found.ok_or_else(|| {
        let message = format!("there is no cluster `{name}` with a repository of artifacts");
        Error::at(call.args.place(), message)
    })
}

fn run(argv: &[&str]) -> Step {
    Step::Run {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
    }
}

fn take(change: &mut Change, more: Change) {
    change.differences.extend(more.differences);
    for act in more.acts {
        match (change.acts.last_mut(), act) {
            (Some(Act::Steps(steps)), Act::Steps(more)) => steps.extend(more),
            (_, act) => change.acts.push(act),
        }
    }
}

/// The oldest Subversion that the repository is made for: what the kernel's client is of (procedure 3.1).
fn compatible(cluster: &Cluster) -> &'static str {
    match cluster.release.kernel >= crate::catalogue::Kernel(4, 3, 0) {
        true => "1.8",
        false => "1.6",
    }
}

/// What svnserve lets whom do. It may serve the folder for others where Apache serves this repository: then nothing, as
/// without a word of it everybody may read.
fn server(cluster: &Cluster) -> String {
    let who = match cluster.repository().map(|repository| repository.server) {
        Some(StoreServer::Apache) => "auth-access = none\n".to_owned(),
        _ => format!(
            "auth-access = write\npassword-db = passwd\nauthz-db = authz\nrealm = wmprov {}\n",
            BalancerView::id(cluster)
        ),
    };
    format!(
        "# Kept by wmprov: artifacts of cluster {}.\n[general]\nanon-access = none\n{who}",
        cluster.name
    )
}

/// A node's line of the logins, as its server reads them.
fn login(cluster: &Cluster, node: &Node) -> Result<String> {
    let password = node.svn.password.as_ref().ok_or_else(|| {
        let message = format!("node `{}` has no password for the repository", node.name);
        Error::at(&node.place, message)
    })?;
    let (user, password) = (&node.svn.user, password.reveal());
    match cluster.repository().map(|repository| repository.server) {
        Some(StoreServer::Apache) => {
            let whose = format!("{}\n{}\n{user}", cluster.hostname, cluster.name);
            let hash = hash(&whose, password).map_err(|cause| {
                let message = format!("the password of node `{}` cannot be hashed", node.name);
                Error::at(&node.place, message).because(cause)
            })?;
            Ok(format!("{user}:{hash}\n"))
        }
        _ => Ok(format!("{user} = {password}\n")),
    }
}

/// What Apache knows a password by. The salt is the same each time, another for each user of each cluster: so the digest of
/// the file tells whether it is as it must be.
fn hash(whose: &str, password: &str) -> bcrypt::BcryptResult<String> {
    let mut salt = [0; 16];
    salt.copy_from_slice(&Sha256::digest(whose)[..16]);
    let hashed = bcrypt::hash_with_salt(password, COST, salt)?;
    Ok(hashed.format_for_version(bcrypt::Version::TwoY))
}

fn passwords(
    cluster: &Cluster,
    paths: &Paths,
    seen: &Answers,
    kept: &Attributes,
    change: &mut Change,
) -> Result<()> {
    let (path, stale) = paths.logins(cluster);
    for path in stale {
        if at(seen, &digest_probe(&path))?.is_some() {
            let difference = Difference::Property {
                what: path.clone(),
                before: "there".to_owned(),
                after: "not there".to_owned(),
            };
            change.step(difference, Step::Remove { path });
        }
    }
    let mut text = format!("# Kept by wmprov: artifacts of cluster {}.\n", cluster.name);
    if path == paths.passwords {
        text.push_str("[users]\n");
    }
    for node in &cluster.nodes {
        text.push_str(&login(cluster, node)?);
    }
    let found = at(seen, &digest_probe(path))?;
    let mut own = Vec::new();
    if found.is_none_or(|file| file.sha256 != sha256(text.as_bytes())) {
        own.push(Difference::Property {
            what: format!("passwords of the repository of cluster {}", cluster.name),
            before: found.map_or("not there", |_| "others").to_owned(),
            after: "the inventory's".to_owned(),
        });
    }
    own.extend(
        found
            .into_iter()
            .flat_map(|file| differing(path, file, kept)),
    );
    if own.is_empty() {
        return Ok(());
    }
    let put = Step::Write {
        path: path.to_owned(),
        content: text.into_bytes(),
        attributes: kept.clone(),
    };
    change.step(own.remove(0), put);
    change.differences.extend(own);
    Ok(())
}

fn rules(
    cluster: &Cluster,
    paths: &Paths,
    seen: &Answers,
    kept: Attributes,
    change: &mut Change,
) -> Result<()> {
    let mut text = format!(
        "# Kept by wmprov: artifacts of cluster {}.\n[/]\n",
        cluster.name
    );
    // In the order of names, so that a handover changes two words.
    let mut nodes: Vec<_> = cluster.nodes.iter().collect();
    nodes.sort_by_key(|node| (node.is_worker(), &node.name));
    for node in nodes {
        let may = if node.active { "rw" } else { "r" };
        text.push_str(&format!("{} = {may}\n", node.svn.user));
    }
    let found = at(seen, &file_probe(&paths.rules))?;
    let wanted = content_and_attributes(&paths.rules, found, text.into(), kept);
    take(change, once_good(wanted, &paths.rules, RULES));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// As `htpasswd -B` writes it, which Apache reads.
    #[test]
    fn a_hash_is_the_same_each_time_and_each_users_own() {
        let of = |user: &str| hash(&format!("esb.example.com\nall\n{user}"), "svn-pass&1").unwrap();
        assert_eq!(of("wkr1"), of("wkr1"));
        assert_ne!(of("wkr1"), of("wkr2"));
        assert!(of("wkr1").starts_with("$2y$05$"), "{}", of("wkr1"));
        assert!(bcrypt::verify("svn-pass&1", &of("wkr1")).unwrap());
        assert!(!bcrypt::verify("svn-pass&2", &of("wkr1")).unwrap());
    }
}
