//! `carbon_store`: a host keeps the repository of a cluster's artifacts, each node may read it and the active manager alone
//! write. svnserve reads all of this anew for each connection, so nothing is ever reloaded.

use crate::cluster::{BalancerView, Cluster};
use crate::modules::carbon_home::CLUSTER;
use crate::modules::copy::{content_and_attributes, probe as file_probe};
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
            doc: "The folder of all repositories, which svnserve serves.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "owner",
            required: true,
            doc: "The user and group that svnserve runs as.",
            ..Parameter::BLANK
        },
    ],
    example: "- carbon_store:\n    cluster: \"{{ item.cluster }}\"\n    folder: /var/lib/wmprov-svn\n    owner: wmprov-svn\n  loop: \"{{ wmprov_stores }}\"\n",
    ..ModuleSpec::BLANK
};

/// Makes a repository beside its place, so that one that is cut is none.
const MAKE: &str = r#"set -e
rm -rf -- "$1.new"
svnadmin create --compatible-version "$2" -- "$1.new"
chown -R -- "$3:$3" "$1.new"
chmod 0750 -- "$1.new"
mv -T -- "$1.new" "$1"
"#;

/// Puts the rules in place once svnserve can read them: with wrong ones it lets nobody in.
const RULES: &str = r#"svnauthz validate -- "$1.new" && mv -f -- "$1.new" "$1""#;

/// The files of a repository.
struct Paths {
    repository: String,
    format: String,
    server: String,
    passwords: String,
    rules: String,
}

impl Paths {
    fn of(call: &Call<'_>, cluster: &Cluster) -> Result<Self> {
        let folder = call.args.required("folder")?;
        let repository = format!("{folder}/{}", BalancerView::id(cluster));
        Ok(Self {
            format: format!("{repository}/format"),
            server: format!("{repository}/conf/svnserve.conf"),
            passwords: format!("{repository}/conf/passwd"),
            rules: format!("{repository}/conf/authz"),
            repository,
        })
    }

    /// Asks for the digest of the passwords, never for them.
    fn passwords_probe(&self) -> Probe {
        Probe::Path {
            path: self.passwords.clone(),
            content: 0,
        }
    }
}

impl Module for CarbonStore {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let paths = Paths::of(call, named(call)?)?;
        let mut probes = [&paths.format, &paths.server, &paths.rules]
            .map(|path| file_probe(path))
            .to_vec();
        probes.push(paths.passwords_probe());
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
            group: Some(owner),
        };
        let found = at(seen, &file_probe(&paths.server))?;
        let server =
            content_and_attributes(&paths.server, found, server(cluster).into(), kept.clone());
        take(&mut change, server);
        passwords(cluster, &paths, seen, &kept, &mut change)?;
        rules(cluster, &paths, seen, kept, &mut change)?;
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

fn server(cluster: &Cluster) -> String {
    format!(
        "# Kept by wmprov: artifacts of cluster {}.\n[general]\nanon-access = none\nauth-access = write\n\
         password-db = passwd\nauthz-db = authz\nrealm = wmprov {}\n",
        cluster.name,
        BalancerView::id(cluster)
    )
}

fn passwords(
    cluster: &Cluster,
    paths: &Paths,
    seen: &Answers,
    kept: &Attributes,
    change: &mut Change,
) -> Result<()> {
    let mut text = format!(
        "# Kept by wmprov: artifacts of cluster {}.\n[users]\n",
        cluster.name
    );
    for node in &cluster.nodes {
        let password = node.svn.password.as_ref().ok_or_else(|| {
            let message = format!("node `{}` has no password for the repository", node.name);
            Error::at(&node.place, message)
        })?;
        text.push_str(&format!("{} = {}\n", node.svn.user, password.reveal()));
    }
    let found = at(seen, &paths.passwords_probe())?;
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
            .flat_map(|file| differing(&paths.passwords, file, kept)),
    );
    if own.is_empty() {
        return Ok(());
    }
    let put = Step::Write {
        path: paths.passwords.clone(),
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
    let mut wanted = content_and_attributes(&paths.rules, found, text.into(), kept);
    for act in &mut wanted.acts {
        let Act::Steps(steps) = act else { continue };
        for step in &mut *steps {
            if let Step::Write { path, .. } = step {
                *path = format!("{}.new", paths.rules);
            }
        }
        if matches!(steps.as_slice(), [Step::Write { .. }]) {
            steps.push(run(&["sh", "-c", RULES, "wmprov", &paths.rules]));
        }
    }
    take(change, wanted);
    Ok(())
}
