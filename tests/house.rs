//! The rules of the house: the rooms of `engine/` and the arrows between them (design 7.1), a room uses rooms above it; and
//! names in the shell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use syn::visit::Visit;

/// The rooms, in the order in which data moves.
const ROOMS: [&str; 17] = [
    "yaml",
    "template",
    "inventory",
    "catalogue",
    "cluster",
    "edit",
    "carbon",
    "script",
    "state",
    "playbook",
    "modules",
    "connection",
    "run",
    "drift",
    "report",
    "commands",
    "cli",
];

/// Every `crate::room::…` (and, in the binary, `wmprov::room::…`) that a file names.
#[derive(Default)]
struct Named(Vec<String>);

impl<'ast> Visit<'ast> for Named {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        if matches!(segments.next().as_deref(), Some("crate" | "wmprov")) {
            self.0.extend(segments.next());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        if path.ident == "crate" || path.ident == "wmprov" {
            roots(&path.tree, &mut self.0);
        }
    }
}

/// The first names under `crate::`, through `{…}` groups.
fn roots(tree: &syn::UseTree, found: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => found.push(path.ident.to_string()),
        syn::UseTree::Name(name) => found.push(name.ident.to_string()),
        syn::UseTree::Rename(rename) => found.push(rename.ident.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| roots(item, found)),
        syn::UseTree::Glob(_) => {}
    }
}

/// The files under a folder whose names end so.
fn sources(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, end, found);
        } else if path.extension().is_some_and(|own| own == end) {
            found.push(path);
        }
    }
}

fn wrong_arrows(room: &str, text: &str) -> Vec<String> {
    let here = ROOMS.iter().position(|name| *name == room).unwrap();
    let mut named = Named::default();
    named.visit_file(&syn::parse_file(text).unwrap());
    named
        .0
        .into_iter()
        .filter(|name| {
            ROOMS
                .iter()
                .position(|room| room == name)
                .is_some_and(|there| there > here)
        })
        .collect()
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine");
    let mut files = Vec::new();
    sources(&engine, "rs", &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let inside = file.strip_prefix(&engine).unwrap();
        let Some(room) = inside.parent().and_then(|parent| parent.iter().next()) else {
            continue;
        };
        for target in wrong_arrows(room.to_str().unwrap(), &fs::read_to_string(file).unwrap()) {
            wrong.push(format!("{} uses `{target}`", inside.display()));
        }
    }
    assert!(files.len() > ROOMS.len(), "no sources were found");
    assert!(
        wrong.is_empty(),
        "arrows against the flow:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_guard_sees_a_wrong_arrow() {
    assert_eq!(
        wrong_arrows("edit", "use crate::{yaml::Place, run::Host};"),
        ["run"]
    );
    assert_eq!(
        wrong_arrows("edit", "fn f() { crate::report::show() }"),
        ["report"]
    );
    assert!(wrong_arrows("edit", "use crate::yaml::Place;").is_empty());
}

#[test]
fn every_folder_of_engine_is_a_room() {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine");
    for entry in fs::read_dir(engine).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(
                ROOMS.contains(&name.as_str()),
                "`{name}` is no room of design 7.1"
            );
        }
    }
}

/// Whether a module above takes this file in: one that none does is compiled by nobody, and read by somebody as if it were.
fn is_taken_in(file: &Path) -> bool {
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let (mut name, mut folder) = (stem(file), file.parent().unwrap());
    if ["lib", "main", "build"].contains(&name.as_str()) {
        return true;
    }
    if name == "mod" {
        name = stem(folder);
        folder = folder.parent().unwrap();
    }
    let above = ["mod.rs", "lib.rs", "main.rs"].map(|above| folder.join(above));
    let line = Regex::new(&format!(r"(?m)^\s*(pub(\(.*\))? )?mod {name};$")).unwrap();
    let mut above = above.into_iter().chain([folder.with_extension("rs")]);
    above.any(|above| fs::read_to_string(above).is_ok_and(|text| line.is_match(&text)))
}

#[test]
fn every_source_is_part_of_a_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("engine"), "rs", &mut files);
    sources(&root.join("tests"), "rs", &mut files);
    let alone: Vec<_> = files.iter().filter(|file| !is_taken_in(file)).collect();
    assert!(alone.is_empty(), "no module takes these in: {alone:?}");
    assert!(!is_taken_in(&root.join("engine/nobody.rs")));
}

/// Names that are a function in some of these texts of shell, and a variable in some.
fn named_twice(texts: &[String]) -> Vec<String> {
    let function = Regex::new(r"\b(wm_\w+)\(\)").unwrap();
    let variable = Regex::new(r"\$\{?(wm_\w+)|\b(wm_\w+)=").unwrap();
    let all = |names: &Regex| -> BTreeSet<String> {
        let captures = texts.iter().flat_map(|text| names.captures_iter(text));
        let names = captures.filter_map(|one| one.get(1).or(one.get(2)));
        names.map(|name| name.as_str().to_owned()).collect()
    };
    let functions = all(&function);
    functions.intersection(&all(&variable)).cloned().collect()
}

/// The shell has no local names: whoever looks for one is to find what it is.
#[test]
fn no_name_of_the_shell_is_a_function_and_a_variable() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/script");
    let mut files = Vec::new();
    sources(&script, "sh", &mut files);
    assert!(!files.is_empty(), "no shell was found");
    sources(&script, "rs", &mut files);
    let texts: Vec<String> = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    assert_eq!(named_twice(&texts), Vec::<String>::new());
}

/// Two scripts that had one each may become one, and the last would be called for both.
#[test]
fn no_function_of_the_shell_stands_in_two_places() {
    let mut files = Vec::new();
    let shell = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/script/sh");
    sources(&shell, "sh", &mut files);
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let begun = text.lines().filter_map(|line| line.split_once("() "));
        // One that is chosen between two stands further in.
        for (name, _) in begun.filter(|(name, _)| name.starts_with("wm_")) {
            *places.entry(name.to_owned()).or_default() += 1;
        }
    }
    assert!(places.len() > 50, "{places:?}");
    places.retain(|_, count| *count > 1);
    assert_eq!(places, BTreeMap::new());
}

#[test]
fn the_guard_sees_a_name_of_two_things() {
    let texts = [
        "wm_a() { wm_b; }\nwm_b() { :; }",
        "for wm_a in 1 2; do echo \"${wm_a%1}\"; done",
        "then wm_c() { :; }\nfi",
        "wm_c=3",
    ];
    assert_eq!(named_twice(&texts.map(str::to_owned)), ["wm_a", "wm_c"]);
}
