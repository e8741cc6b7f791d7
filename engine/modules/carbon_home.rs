//! `carbon_home`: a node's Home is, byte for byte, what pack, edits and overlays make it.

mod administrator;
mod found;

use crate::carbon::home::{Kind, owner_of, path_of};
use crate::catalogue::Restart;
use crate::cluster::checks::{Check, keystores_outside};
use crate::cluster::{Cluster, Node};
use crate::modules::carbon_node::runs_unproved;
use crate::modules::probes::{
    content_probe, java_probe, kept_probe, keystore_probe, node_probe, state_of, tree_probe,
};
use crate::modules::world::Wanted;
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::{ModuleSpec, Parameter};
use crate::script::{Answer, Answers, NodeState, Probe, Step, Tree};
use crate::yaml::{Error, Result};

pub(super) use administrator::{Files, told as password_told};
pub use administrator::{NewPassword, USERS};
use found::{compare, cost, differences, has_text, is_whole};

/// The module.
#[derive(Debug)]
pub(super) struct CarbonHome;

pub(super) const CLUSTER: Parameter = Parameter {
    name: "cluster",
    required: true,
    doc: "The cluster: the group that sets `carbon_product`.",
    ..Parameter::BLANK
};

pub(super) const NODE: Parameter = Parameter {
    name: "node",
    required: true,
    doc: "The node, as `wmprov_nodes` names it.",
    ..Parameter::BLANK
};

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_home",
    doc: "Makes a node's Home what pack, role, edits and overlays say. On a Home in use what needs a restart is only staged; `carbon_node` puts it in place between stop and start.",
    parameters: &[CLUSTER, NODE],
    example: "- carbon_home:\n    cluster: \"{{ item.cluster }}\"\n    node: \"{{ item.name }}\"\n  loop: \"{{ wmprov_nodes }}\"\n",
    ..ModuleSpec::BLANK
};

/// What `run/` does to a Home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeWork {
    /// The cluster.
    pub cluster: String,
    /// The node.
    pub node: String,
    /// There is no Home yet: all of it is sent and renamed into place at once.
    pub install: bool,
    /// Paths that are sent.
    pub put: Vec<String>,
    /// Paths that go.
    pub gone: Vec<String>,
    /// The administrator's password, where it is another than the Home was told before.
    pub password: Option<NewPassword>,
    /// Paths of which only mode or owner differ, and folders that are missing.
    pub attributes: Vec<String>,
    /// Put in place at once; else only staged, for the node's next start.
    pub commit: bool,
    /// The Manifest is gone or is none: it is written anew, of all that is as wanted.
    pub record: bool,
    /// A transaction was cut and is finished first.
    pub finish: bool,
    /// It cannot roll: the whole cluster was stopped for it.
    pub whole_cluster: bool,
    /// The number of the generation that this makes.
    pub generation: u64,
    /// How many predecessors are kept.
    pub keep: u64,
}

impl Module for CarbonHome {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn wants_facts(&self) -> bool {
        true
    }

    fn ends_loop(&self) -> bool {
        true
    }

    /// Drift tells path by path who moved.
    fn is_left_to_surveys(&self) -> bool {
        true
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (_, node, wanted) = named(call)?;
        let mut probes = vec![
            tree_probe(node, wanted),
            node_probe(node),
            kept_probe(node, false),
            java_probe(node),
        ];
        // Held against those of the cluster's other nodes (`run/keystores`).
        probes.extend(keystores_outside(node).map(keystore_probe));
        Ok(probes)
    }

    /// The texts of the files that differ, so that the difference can be shown and its cost be told; and the record,
    /// where it tells a change of the whole cluster from one of this host, or where what lies there is wanted since its
    /// process was proved: it may be none of what was written.
    fn more_probes(&self, call: &Call<'_>, seen: &Answers) -> Result<Vec<Probe>> {
        let (_, node, wanted) = named(call)?;
        if runs_unproved(node, wanted, seen)? {
            return Ok(vec![kept_probe(node, true)]);
        }
        let Some(Answer::Tree(Tree::Rows { rows, .. })) = seen.get(&tree_probe(node, wanted))
        else {
            return Ok(Vec::new());
        };
        let mut probes = Vec::new();
        let found = compare(wanted, rows);
        for path in &found.put {
            let Some(desired) = wanted.home.get(path) else {
                continue;
            };
            if has_text(wanted, &found, path) {
                probes.push(content_probe(node, path));
            }
            let record = kept_probe(node, true);
            if desired.restart == Restart::WholeCluster && !probes.contains(&record) {
                probes.push(record);
            }
        }
        Ok(probes)
    }

    fn gate(&self, call: &Call<'_>, seen: &Answers) -> Result<()> {
        let (cluster, node, wanted) = named(call)?;
        check_host(call, cluster, node, wanted, seen)
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let (cluster, node, wanted) = named(call)?;
        if seen.get(&java_probe(node)).is_none() {
            return Err(Error::new("Java was not asked for"));
        }
        check_host(call, cluster, node, wanted, seen)?;
        let state = state(seen, node)?;
        let tree = match seen.get(&tree_probe(node, wanted)) {
            Some(Answer::Tree(tree)) => tree,
            Some(Answer::Unreadable(why)) => {
                return Err(
                    Error::new(format!("`{}` cannot be read", node.home.display()))
                        .because(why.clone()),
                );
            }
            _ => return Err(Error::new("the Home was not asked for")),
        };
        let record = lacking_record(node, wanted, tree, seen);
        let mut work = HomeWork {
            cluster: cluster.name.clone(),
            node: node.name.clone(),
            install: false,
            put: Vec::new(),
            gone: Vec::new(),
            password: None,
            attributes: Vec::new(),
            commit: true,
            record: record.is_some(),
            whole_cluster: false,
            finish: !state.journal.is_empty() && state.unit.is_down(),
            generation: generation_of(&state.generation) + 1,
            keep: node.keep_generations,
        };
        let mut change = Change::none()
            .touching(node.home.display().to_string())
            .touching(state_of(node));
        match tree {
            Tree::Same if work.finish => {}
            Tree::Same => match record {
                Some(lacking) => change.differences.push(Difference::Property {
                    what: format!("record of {}", node.home.display()),
                    before: lacking.to_owned(),
                    after: "written anew".to_owned(),
                }),
                None => {
                    if !state.ready.is_empty() && state.journal.is_empty() {
                        change.differences.push(Difference::Property {
                            what: format!("what is staged for {}", node.home.display()),
                            before: "of a run that was cut".to_owned(),
                            after: "cleared".to_owned(),
                        });
                        change.acts.push(Act::Steps(vec![Step::Function {
                            name: "wm_unstage",
                            arguments: vec![state_of(node)],
                        }]));
                    }
                    return Ok(change);
                }
            },
            Tree::Missing => {
                work.install = true;
                let files = wanted
                    .home
                    .iter()
                    .filter(|desired| matches!(desired.row.kind, Kind::File(_)))
                    .count();
                change.differences.push(Difference::Property {
                    what: node.home.display().to_string(),
                    before: "nothing".to_owned(),
                    after: format!(
                        "{} {}, {files} files",
                        cluster.release.product, cluster.release.version
                    ),
                });
            }
            Tree::Rows {
                rows,
                foreign,
                errors,
            } => {
                read_whole(node, rows, errors)?;
                // What is staged already waits for the node's next start.
                if !state.unit.is_down() && state.ready.trim() == wanted.tree {
                    change
                        .messages
                        .push("staged; the node takes it at its restart".to_owned());
                    return Ok(change);
                }
                let found = compare(wanted, rows);
                let restart = cost(node, wanted, &found, seen);
                if restart == Restart::WholeCluster && !state.unit.is_down() {
                    return Err(Error::at(
                        &cluster.place,
                        "this change cannot roll: members before and after it never meet",
                    )
                    .hint("`wmprov stop --allow-downtime` stops the whole cluster; then apply"));
                }
                work.whole_cluster = restart == Restart::WholeCluster;
                work.commit = state.unit.is_down() || restart <= Restart::Deferred;
                change.differences = differences(node, wanted, &found, foreign, seen);
                work.password = administrator::another_password(node, wanted, &found.put, seen);
                if work.password.is_some() {
                    change.messages.push(password_told(cluster));
                }
                work.put = found.put;
                work.gone = found.gone;
                let mut written = work.put.iter().chain(&work.gone);
                if written.any(|path| path.starts_with(PATCHES)) {
                    work.gone.extend(PATCHES_KEPT.map(str::to_owned));
                }
                work.attributes = found.attributes;
                work.attributes.extend(
                    foreign
                        .iter()
                        .filter_map(|line| Some(owner_of(line)?.0.to_owned())),
                );
            }
        }
        change.acts.push(Act::Home(Box::new(work)));
        Ok(change)
    }
}

/// Why the Manifest is to be written anew, where it is: it is gone, or what lies in the Home as it is wanted was put there
/// by somebody else and is wanted since (`adopt`).
fn lacking_record(
    node: &Node,
    wanted: &Wanted,
    tree: &Tree,
    seen: &Answers,
) -> Option<&'static str> {
    let kept = |whole| match seen.get(&kept_probe(node, whole)) {
        Some(Answer::Kept(kept)) => Some(kept),
        _ => None,
    };
    let is_gone = kept(false).is_some_and(|kept| !kept.manifest);
    let whole = kept(true).filter(|_| *tree == Tree::Same);
    let is_another = whole.is_some_and(|kept| kept.manifest && !is_whole(wanted, &kept.rows));
    match (is_gone, is_another) {
        (true, _) => Some("gone"),
        (false, true) => Some("of other files than lie there"),
        (false, false) => None,
    }
}

/// What was listed is all that is there: only what went away while it was looked at is missing, and each line is
/// a row.
fn read_whole(node: &Node, rows: &str, errors: &str) -> Result<()> {
    let unread = || Error::new(format!("`{}` cannot be read whole", node.home.display()));
    let hidden: Vec<&str> = errors
        .lines()
        .filter(|line| !line.ends_with("No such file or directory"))
        .collect();
    if !hidden.is_empty() {
        return Err(unread().because(hidden.join("; ")));
    }
    match rows.lines().find(|row| path_of(row).is_none()) {
        Some(row) if row.contains(char::REPLACEMENT_CHARACTER) => Err(unread()
            .because(format!("a file's name is no UTF-8: `{row}`"))
            .hint("remove that file on the host, or give it another name")),
        Some(row) => Err(unread().because(format!(
            "a file's name has a line end in it; `{row}` is a part of one"
        ))),
        None => Ok(()),
    }
}

/// True where the Home on the host differs in a way that costs this node a restart.
pub(super) fn will_restart(node: &Node, wanted: &Wanted, seen: &Answers) -> bool {
    match seen.get(&tree_probe(node, wanted)) {
        Some(Answer::Tree(Tree::Rows { rows, .. })) => {
            cost(node, wanted, &compare(wanted, rows), seen) > Restart::Deferred
        }
        _ => false,
    }
}

/// The cluster, node and wish that a task names.
pub(super) fn named<'a>(call: &'a Call<'_>) -> Result<(&'a Cluster, &'a Node, &'a Wanted)> {
    let (cluster, node) = (call.args.required("cluster")?, call.args.required("node")?);
    call.world
        .node(&cluster, &node)
        .map_err(|error| error.or_at(call.args.place()))
}

pub(super) fn state<'a>(seen: &'a Answers, node: &Node) -> Result<&'a NodeState> {
    match seen.get(&node_probe(node)) {
        Some(Answer::Node(state)) => Ok(state),
        _ => Err(Error::new(format!(
            "the state of node `{}` was not asked for",
            node.name
        ))),
    }
}

/// The number of a generation line, 0 where there is none.
pub(super) fn generation_of(line: &str) -> u64 {
    line.split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// What a host must be before anything is put on it.
fn check_host(
    call: &Call<'_>,
    cluster: &Cluster,
    node: &Node,
    wanted: &Wanted,
    seen: &Answers,
) -> Result<()> {
    let gate = |code: &str, message: String, place: &crate::yaml::Place| {
        Check::cite(code, message).or_at(place)
    };
    if let Some(facts) = call.facts {
        if !facts.systemd {
            return Err(gate(
                "WM161",
                format!("host `{}` does not run systemd", call.host),
                &node.place,
            ));
        }
        if !facts.has_own_address {
            let message = format!(
                "the name of host `{}`, `{}`, has no address there",
                call.host, facts.hostname
            );
            return Err(gate("WM067", message, &node.place));
        }
        let address = node.member.address.to_string();
        if !facts.addresses.is_empty() && !facts.addresses.contains(&address) {
            return Err(gate(
                "WM150",
                format!(
                    "`{address}` is none of the addresses of host `{}`: {}",
                    call.host,
                    facts.addresses.join(", ")
                ),
                node.place_of("carbon_address"),
            ));
        }
    }
    // An earlier task may install it: then it is asked again when its turn comes.
    let Some(Answer::Java(java)) = seen.get(&java_probe(node)) else {
        return Ok(());
    };
    // It was held against the product when its archive was read; a plan does not bring it.
    let brought = node.java_pack.as_ref().map(|pack| &pack.home);
    if call.planning && java.is_none() && brought == Some(&node.java_home) {
        return Ok(());
    }
    let versions: Vec<String> = wanted.java.iter().map(u16::to_string).collect();
    let place = node.place_of("java_home");
    match java.as_ref().map(|java| (java.feature(), &java.version)) {
        None => Err(gate(
            "WM151",
            format!(
                "there is no Java in `{}` on host `{}`",
                node.java_home, call.host
            ),
            place,
        )),
        Some((Some(feature), _)) if wanted.java.contains(&feature) => Ok(()),
        Some((_, version)) => Err(gate(
            "WM152",
            format!(
                "`{}` on host `{}` is Java {version}; {} {} runs on Java {}",
                node.java_home,
                call.host,
                cluster.release.product,
                cluster.release.version,
                versions.join(" and ")
            ),
            place,
        )),
    }
}

/// Where patches are.
const PATCHES: &str = "repository/components/patches/patch";

/// What the launcher keeps of the plugins that it found and of the patches that it knew. Where patches change it goes:
/// the launcher would lay plugins of before the first patch over those that are wanted (carbon 1.6).
const PATCHES_KEPT: [&str; 2] = [
    "repository/components/patches/patch0000",
    "repository/components/patches/.metadata",
];
