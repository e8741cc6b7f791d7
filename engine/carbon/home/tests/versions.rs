//! Every version that can be separated, in every pattern and role: what differs from the stock files, line by
//! line, for a person to review. `WMPROV_WRITE_CASES=1` writes `tests/cases/versions` anew.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use super::stock_files::shared;
use super::{SCRIPT, catalogue};
use crate::carbon::bundle::{BUNDLES_INFO_TAIL, bundles_info};
use crate::carbon::home::{Content, DesiredHome, Stock, Workshop};
use crate::carbon::pack::tests::{Builder, jar};
use crate::carbon::{OpenOptions, Pack};
use crate::catalogue::{Kernel, Release, Separation};
use crate::cluster::{Cluster, Node, derive, pattern};
use crate::edit::{Edit, apply};
use crate::inventory::{Inventory, LoadOptions};

/// The end of the start script of kernel 4.2.0, which has no line for the flag (carbon 1.1).
const SCRIPT_4_2: &str = "#!/bin/sh\nwhile true\ndo\n    $JAVACMD \\\n    -Dfile.encoding=UTF8 \\\n    \
    -DapplyPatches \\\n    org.wso2.carbon.bootstrap.Bootstrap $*\n    status=$?\ndone\n";

/// The files of the trees that an entry names, the first that has one winning; [`None`] where they are not
/// at hand, which `shared` says aloud.
fn files(trees: &[String]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for tree in trees {
        let root = shared(tree)?;
        let mut folders = vec![root.join("repository")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let below = path.strip_prefix(&root).unwrap().to_str().unwrap();
                files
                    .entry(below.to_owned())
                    .or_insert_with(|| fs::read(&path).unwrap());
            }
        }
    }
    Some(files)
}

/// A pack of the stock files, with the script of its kernel and the profiles that the trees lack.
pub(super) fn pack(release: &Release, folder: &Path) -> Option<Arc<Pack>> {
    let script = if release.kernel < Kernel::WORKER_FLAG_IN_SCRIPT {
        SCRIPT_4_2
    } else {
        SCRIPT
    };
    let mut builder = Builder::new(&release.top)
        .file(
            "bin/version.txt",
            &format!("WSO2 {} v{}", release.name, release.version),
        )
        .file("bin/wso2server.sh", script);
    let mut files = files(&release.stock)?;
    files.retain(|path, _| !path.ends_with(BUNDLES_INFO_TAIL));
    for (path, bytes) in &files {
        builder = builder.bytes(path, bytes);
    }
    let parts = std::iter::once(release).chain(release.components.values().map(AsRef::as_ref));
    let mut profiles = BTreeSet::new();
    for profile in parts.map(|part| &part.profiles) {
        profiles.insert(profile.manager.clone());
        profiles.extend(profile.worker_from.clone().or(profile.worker.clone()));
    }
    let line = |name: &str| format!("{name},1.0.0,../plugins/{name}_1.0.0.jar,4,true\n");
    let info = format!("#version=1\n{}{}", line("a"), line("b.ui"));
    for profile in profiles {
        builder = builder.file(&bundles_info(&profile), &info);
        let ini = format!("repository/components/{profile}/configuration/config.ini");
        if !files.contains_key(&ini) {
            builder = builder.file(&ini, &format!("eclipse.p2.profile={profile}\n"));
        }
    }
    let plain = jar(
        &[("Bundle-SymbolicName", "a"), ("Bundle-Version", "1.0.0")],
        &[],
    );
    let ui = [
        ("Bundle-SymbolicName", "b.ui"),
        ("Bundle-Version", "1.0.0"),
        ("Carbon-Component", "UIBundle"),
    ];
    let path = builder
        .bytes("repository/components/plugins/a_1.0.0.jar", &plain)
        .bytes(
            "repository/components/plugins/b.ui_1.0.0.jar",
            &jar(&ui, &[]),
        )
        .write(folder);
    Some(Arc::new(
        Pack::open(&path, release, &OpenOptions::default()).unwrap(),
    ))
}

/// The clusters of a product's parts in a pattern, the gateway's among them where parts need it, with `more`
/// variables.
pub(super) fn clusters(release: &Release, number: u8, folder: &Path, more: &str) -> Vec<Cluster> {
    let managers = pattern(number).unwrap().managers;
    let parts: Vec<&str> = release.component.as_deref().into_iter().collect();
    let parts: Vec<&str> = parts
        .into_iter()
        .chain(release.components.keys().map(String::as_str))
        .collect();
    let parts = if parts.is_empty() { vec!["c"] } else { parts };
    let mut text = format!("all:\n  vars:\n    java_home: /jdk\n{more}  children:\n");
    for (at, part) in parts.iter().enumerate() {
        let hosts = |name: &str, from: usize, count: usize| {
            let host = |number: usize| {
                format!(
                    "{part}-{name}{number}: {{ansible_host: 10.0.{at}.{}}}",
                    from + number
                )
            };
            (1..=count).map(host).collect::<Vec<_>>().join(", ")
        };
        let own = match release.component {
            Some(_) => {
                format!(", carbon_component: {part}, carbon_key_manager: \"km.example.com:9443\"")
            }
            None => String::new(),
        };
        write!(
            text,
            "    {part}:\n      vars: {{carbon_product: {}, carbon_version: \"{}\", carbon_pattern: {number}, \
             carbon_hostname: {part}.example.com, carbon_mgt_hostname: mgt.{part}.example.com{own}}}\n      \
             children:\n        {part}_manager: {{hosts: {{{}}}}}\n        {part}_worker: {{hosts: {{{}}}}}\n",
            release.product,
            release.version,
            hosts("manager", 10, *managers.start()),
            hosts("worker", 20, 2),
        )
        .unwrap();
    }
    if parts == ["c"] {
        // One cluster alone has role groups of plain names.
        text = text
            .replace("c_manager", "manager")
            .replace("c_worker", "worker");
    }
    let file = folder.join("inventory.yaml");
    fs::write(&file, text).unwrap();
    let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
    let catalogue = catalogue();
    derive(&inventory, &|product, version| {
        catalogue.find(product, version)
    })
    .unwrap()
}

/// What the file was before the edits: the pack's, where the pack has it.
fn before(home: &DesiredHome, path: &str) -> Vec<u8> {
    let kept = home.pack().read(home.source(path)).unwrap();
    kept.unwrap_or_default()
}

/// The lines of every file that differ from the stock; each result is proved to hold by itself.
pub(super) fn differing(home: &DesiredHome) -> Vec<String> {
    let mut lines = Vec::new();
    let mut copied = 0;
    for desired in home.iter() {
        let path = &desired.row.path;
        if home.source(path) != path {
            copied += 1;
        }
        let Content::Computed(edited) = &desired.content else {
            continue;
        };
        let (bytes, edits) = (&*edited.bytes(), &edited.edits);
        let stock = before(home, path);
        again_changes_nothing(path, bytes, edits);
        if path.ends_with(BUNDLES_INFO_TAIL) {
            let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
            if count(&stock) > count(bytes) {
                lines.push(format!("{path}: without its UI bundles"));
            }
            continue;
        }
        let (old, new) = (
            String::from_utf8_lossy(&stock),
            String::from_utf8_lossy(bytes),
        );
        let mut changed: Vec<String> = TextDiff::from_lines(old.as_ref(), new.as_ref())
            .iter_all_changes()
            .filter(|change| change.tag() != ChangeTag::Equal)
            .map(|change| format!("  {}{}", change.tag(), change.value().trim_end()))
            .collect();
        if !changed.is_empty() {
            lines.push(path.clone());
            lines.append(&mut changed);
        }
    }
    if copied > 0 {
        lines.push(format!("{copied} paths are copies of another profile's"));
    }
    lines
}

/// The edits hold in their own result, which parses, and change nothing in it.
fn again_changes_nothing(path: &str, bytes: &[u8], edits: &[(Edit, crate::catalogue::Restart)]) {
    let edits: Vec<Edit> = edits.iter().map(|(edit, _)| edit.clone()).collect();
    let again = apply(bytes, &edits).unwrap();
    assert_eq!(again, bytes, "a second run changes `{path}`");
    if path.ends_with(".xml") {
        roxmltree::Document::parse(std::str::from_utf8(bytes).unwrap()).unwrap();
    }
}

/// The first node of each role of each part, with what differs.
fn of_pattern(release: &Release, pack: &Arc<Pack>, number: u8, folder: &Path) -> Vec<Block> {
    let mut roles = Vec::new();
    for cluster in clusters(release, number, folder, "") {
        // A pattern does to a product's other parts what it does to the first.
        if number > 1 && cluster.release.component != release.component {
            continue;
        }
        let stock = Arc::new(Stock::read(Arc::clone(pack), &cluster).unwrap());
        let workshop = Workshop::new(&stock);
        let mut seen = BTreeSet::new();
        for node in &cluster.nodes {
            let what = what_of(&cluster, node);
            if seen.insert(what.clone()) {
                let home = DesiredHome::compute(&cluster, node, &workshop).unwrap();
                roles.push((what, differing(&home)));
            }
        }
    }
    roles
}

fn what_of(cluster: &Cluster, node: &Node) -> String {
    let part = cluster.release.component.as_deref();
    let part = part.map(|part| format!("{part} ")).unwrap_or_default();
    let passive = if node.is_worker() || node.active {
        ""
    } else {
        "passive "
    };
    format!("{part}{passive}{}", node.role)
}

/// What one node differs in: `pattern 1, worker`, and its lines.
type Block = (String, Vec<String>);

/// Versions with the same blocks.
type Page<'a> = (Vec<&'a str>, Vec<Block>);

/// All patterns and roles of one version.
fn blocks(release: &Release, folder: &Path) -> Option<Vec<Block>> {
    let pack = pack(release, folder)?;
    let mut blocks = Vec::new();
    for number in (1..=u8::MAX).take_while(|number| pattern(*number).is_some()) {
        for (what, lines) in of_pattern(release, &pack, number, folder) {
            blocks.push((format!("pattern {number}, {what}"), lines));
        }
    }
    Some(blocks)
}

/// The lines of `block` that `known` has not, below their file, and those that it has more.
fn besides(block: &[String], known: &[String]) -> String {
    let mut text = String::new();
    for (sign, from, other) in [("", block, known), ("not ", known, block)] {
        let mut file = None;
        for line in from {
            if !line.starts_with(' ') {
                file = Some(line);
            }
            if !other.contains(line) {
                if let Some(file) = file.take()
                    && file != line
                {
                    writeln!(text, "{sign}{file}").unwrap();
                }
                writeln!(text, "{sign}{line}").unwrap();
            }
        }
    }
    text
}

/// The first block whole, each other one held against the nearest before it: the same role of the first
/// version, else of pattern 1, else the first.
fn page(blocks: &[Block], first_version: &[Block]) -> String {
    let mut page = String::new();
    for (at, (title, lines)) in blocks.iter().enumerate() {
        let role = title.split_once(", ").map_or("", |(_, role)| role);
        let of_first = first_version.iter().find(|(other, _)| other == title);
        let of_role = blocks[..at].iter().find(|(other, _)| {
            other.ends_with(role)
                || role
                    == format!(
                        "passive {}",
                        other.split_once(", ").map_or("", |(_, role)| role)
                    )
        });
        let (like, known) = match (of_first, of_role, blocks[..at].first()) {
            (Some((other, known)), ..) => (format!(" like {other} above"), known.as_slice()),
            (None, Some((other, known)), _) | (None, None, Some((other, known))) => {
                (format!(" like {other}"), known.as_slice())
            }
            (None, None, None) => (String::new(), [].as_slice()),
        };
        let but = besides(lines, known);
        let but = if but.is_empty() {
            "no other line\n"
        } else {
            &but
        };
        write!(page, "\n### {title}{like}\n{but}").unwrap();
    }
    page
}

#[test]
fn each_version_differs_from_its_stock_where_its_roles_want_it() {
    let catalogue = catalogue();
    // Versions with the same lines stand together, in the order of the catalogue.
    let mut products: BTreeMap<&str, Vec<Page<'_>>> = BTreeMap::new();
    let mut counted = 0;
    for release in catalogue.iter() {
        if release.separation != Separation::Supported {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let Some(blocks) = blocks(release, folder.path()) else {
            println!("skipped: {} {}", release.product, release.version);
            continue;
        };
        counted += 1;
        let pages = products.entry(&release.product).or_default();
        match pages.iter_mut().find(|(_, known)| *known == blocks) {
            Some((versions, _)) => versions.push(&release.version),
            None => pages.push((vec![&release.version], blocks)),
        }
    }
    if counted == 0 {
        return;
    }
    assert_eq!(counted, 29);
    let cases = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/versions");
    let mut wrong = Vec::new();
    for (product, pages) in products {
        let mut text =
            format!("What differs from the stock files of {product}, by pattern and role.\n");
        for (at, (versions, blocks)) in pages.iter().enumerate() {
            let first = if at == 0 { &[] } else { pages[0].1.as_slice() };
            let page = page(blocks, first);
            write!(text, "\n## {product} {}\n{page}", versions.join(", ")).unwrap();
        }
        let file = cases.join(format!("{product}.txt"));
        if std::env::var_os("WMPROV_WRITE_CASES").is_some() {
            fs::create_dir_all(&cases).unwrap();
            fs::write(&file, &text).unwrap();
        }
        if fs::read_to_string(&file).unwrap_or_default() != text {
            wrong.push(file.display().to_string());
        }
    }
    assert!(
        wrong.is_empty(),
        "WMPROV_WRITE_CASES=1 writes anew: {wrong:?}"
    );
}
