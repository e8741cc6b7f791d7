//! The schemas for editors, held by Python's `jsonschema` against what is right (examples, built-in files)
//! and what is wrong (the cases of the loaders). Where it is not installed, that is said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};
use wmprov::commands::{SchemaOf, schema};
use wmprov::modules::Registry;
use wmprov::yaml::{Node, Value as Yaml, parse};

/// Reads `[{schema, cases: [value…]}…]`, writes for each case nothing or what is wrong.
const ORACLE: &str = "
import json, sys
from jsonschema import Draft7Validator
out = []
for group in json.load(open(sys.argv[1])):
    Draft7Validator.check_schema(group['schema'])
    validator = Draft7Validator(group['schema'])
    found = []
    for case in group['cases']:
        errors = sorted(validator.iter_errors(case), key=lambda e: -len(list(e.absolute_path)))
        found.append(None if not errors else '/'.join(map(str, errors[0].absolute_path)) + ': ' + errors[0].message[:200])
    out.append(found)
json.dump(out, sys.stdout)
";

fn has_oracle() -> bool {
    let there = Command::new("python3")
        .args(["-c", "import jsonschema"])
        .output();
    let there = there.is_ok_and(|output| output.status.success());
    if !there {
        println!("skipped: python3 has no `jsonschema` (Debian: python3-jsonschema)");
    }
    there
}

/// What the schema says of each value: nothing, or what is wrong.
fn judged(of: SchemaOf, cases: &[Value]) -> Vec<Option<String>> {
    let schema: Value = serde_json::from_str(&schema(of).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    let groups = json!([{"schema": schema, "cases": cases}]);
    fs::write(&file, groups.to_string()).unwrap();
    let output = Command::new("python3")
        .args(["-c", ORACLE])
        .arg(&file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut found: Vec<Vec<Option<String>>> = serde_json::from_slice(&output.stdout).unwrap();
    found.remove(0)
}

/// A YAML value as an editor hands it to the schema.
fn as_json(node: &Node) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Bool(yes) => json!(yes),
        Yaml::Int(number) => json!(number),
        Yaml::Float(number) => json!(number),
        Yaml::String(text) => json!(text),
        Yaml::Secret(secret) => json!(secret.reveal()),
        Yaml::List(list) => list.iter().map(as_json).collect(),
        Yaml::Map(map) => {
            let entries = map
                .iter()
                .map(|(key, node)| (key.name.clone(), as_json(node)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn read(file: &Path) -> Option<Value> {
    let text = fs::read_to_string(file).unwrap();
    yaml(&text)
}

fn yaml(text: &str) -> Option<Value> {
    let node = parse(text, Path::new("case.yaml")).ok()?;
    Some(node.map_or(Value::Null, |node| as_json(&node)))
}

/// The YAML files of a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    files.sort();
    files
}

/// The folders of cases, with what stands in one file of each.
fn cases(folder: &str, file: &str) -> Vec<(String, Option<Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, read(&path.join(file)))
        })
        .collect()
}

fn all_right(of: SchemaOf, named: Vec<(String, Value)>) {
    let (names, values): (Vec<String>, Vec<Value>) = named.into_iter().unzip();
    assert!(!values.is_empty());
    let found = judged(of, &values);
    let wrong: Vec<String> = names
        .iter()
        .zip(found)
        .filter_map(|(name, found)| Some(format!("{name}: {}", found?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn named(files: Vec<PathBuf>) -> Vec<(String, Value)> {
    let read = |file: PathBuf| (file.display().to_string(), read(&file).unwrap());
    files.into_iter().map(read).collect()
}

#[test]
fn what_is_right_is_right_by_its_schema() {
    if !has_oracle() {
        return;
    }
    let mut inventories = named(files("inventories"));
    // What a check refuses is well formed: a schema knows one file, not what follows from it.
    let checks = cases("tests/cases/checks", "inventory.yaml");
    inventories.extend(
        checks
            .into_iter()
            .map(|(name, value)| (name, value.unwrap())),
    );
    // Forms that no example shows.
    let forms = "
all:
  vars:
    java_pack: packs/jdk8u402-linux-x64.tar.gz
    java_pack_folder: /srv/java
    carbon_patches: [packs/WSO2-CARBON-PATCH-4.4.0-0010.zip, '{{ more }}']
    carbon_firewall: nftables
    carbon_console_allow: [10.0.9.0/24, 'fd00::7']
    carbon_admin_user: root
    carbon_admin_password: '{{ vault_admin }}'
    carbon_overlays: [overlay, {path: workers, hosts: 'worker:!wkr3'}]
  hosts: {a: {carbon_overlays: own}}
";
    inventories.push(("forms".to_owned(), yaml(forms).unwrap()));
    all_right(SchemaOf::Inventory, inventories);
    all_right(SchemaOf::Catalogue, named(files("playbooks/products")));
    let mut playbooks = named(files("playbooks"));
    for module in Registry.all() {
        let spec = module.spec();
        let tasks = yaml(spec.example).unwrap();
        playbooks.push((
            spec.name.to_owned(),
            json!([{"hosts": "all", "tasks": tasks}]),
        ));
    }
    playbooks.push((
        "forms".to_owned(),
        yaml(
            "
- import_playbook: other.yaml
  tags: first
- hosts: [a, b]
  serial: [1, \"50%\"]
  become: yes
  max_fail_percentage: 30
  handlers: [{name: again, listen: [x], debug: {msg: again}}]
  pre_tasks:
  tasks:
    - ansible.builtin.command: make all chdir=/src
      notify: again
      when: [x == 1, yes]
      until: done.rc == 0
      retries: \"{{ tries }}\"
      register: done
    - {command: , args: {cmd: ls}}
    - block: [{copy: {content: \"{{ x }}\", dest: /x, mode: 0644}, loop: \"{{ list }}\"}]
      rescue: [{debug: }]
    - import_tasks: {file: more.yml}
      vars: {a: 1}
    - include_tasks: more.yml
",
        )
        .unwrap(),
    ));
    all_right(SchemaOf::Playbook, playbooks);
}

/// Cases that a schema cannot tell: what is wrong is in another file, between two places, in a template, or in
/// how a number is written.
const NOT_BY_SHAPE: &[&str] = &[
    "bad-condition",
    "bad-template",
    "bad-template-file",
    "bad-template-in-vars",
    "decimal-mode",
    "missing-file",
    "missing-playbook",
    "missing-tasks",
    "missing-vars-file",
    "mistake-in-imported-file",
    "no-handlers",
    "playbook-imports-itself",
    "register-hides-variable",
    "register-is-loop-variable",
    "tasks-import-each-other",
    "text-and-cmd",
    "unknown-handler",
];

#[test]
fn a_wrong_playbook_is_wrong_by_its_schema_where_one_file_tells() {
    if !has_oracle() {
        return;
    }
    let (names, values): (Vec<String>, Vec<Value>) =
        cases("tests/cases/playbooks", "playbook.yaml")
            .into_iter()
            // What is no YAML never comes to a schema.
            .filter_map(|(name, value)| Some((name, value?)))
            .unzip();
    let found = judged(SchemaOf::Playbook, &values);
    let passed: Vec<&str> = names
        .iter()
        .zip(&found)
        .filter(|(_, found)| found.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(passed, NOT_BY_SHAPE);
}

#[test]
fn a_wrong_value_is_wrong_by_its_schema() {
    if !has_oracle() {
        return;
    }
    let inventories = [
        "all: {host: {a: }}",
        "all: {vars: {carbon_hostnam: x}}",
        "all: {vars: {carbon_hostname: 'https://esb'}}",
        "all: {vars: {carbon_version: 5.0}}",
        "all: {vars: {carbon_pattern: one}}",
        "all: {vars: {carbon_pattern: 100}}",
        "all: {vars: {carbon_artifact_sync: ftp}}",
        "all: {vars: {carbon_heap: 1024}}",
        "all: {vars: {carbon_heap: {min: 1g}}}",
        "all: {vars: {carbon_admin_password: 12345}}",
        "all: {vars: {carbon_waive: {WM044: }}}",
        "all: {vars: {carbon_databases: {regsitry: {}}}}",
        "all: {vars: {carbon_databases: {registry: {url: 'jdbc:mysql://db/R', user: r}}}}",
        "all: {vars: {carbon_waive: {WM999: because}}}",
        "all: {vars: {carbon_edits: [{path: /etc/passwd}]}}",
        "all: {vars: {carbon_edits: [{path: a.xml, xml: [{put: a, to: b}]}]}}",
        "all: {vars: {carbon_edits: [{path: a.xml, xml: [{set: a, to: b, restart: later}]}]}}",
        "all: {vars: {java_home: jdk}}",
        "all: {vars: {java_pack: [jdk8.tar.gz]}}",
        "all: {vars: {java_pack_folder: opt/java}}",
        "all: {vars: {carbon_patches: {path: p.zip}}}",
        "all: {vars: {carbon_patches: [1]}}",
        "all: {hosts: {a: {carbon_patches: p.zip}}}",
        "all: {vars: {carbon_firewall: iptables}}",
        "all: {vars: {carbon_console_allow: [10]}}",
        "all: {vars: {carbon_overlays: [{path: overlay}]}}",
        "all: {vars: {carbon_overlays: [{path: overlay, host: wkr1}]}}",
        "all: {vars: {carbon_overlays: [{path: overlay, hosts: [wkr1]}]}}",
        "all: {vars: {carbon_admin_user: [admin]}}",
        "all: {hosts: {a: {carbon_domain: mine}}}",
        "all: {hosts: {a: {carbon_offset: many}}}",
        "all: {hosts: {a: {carbon_nodes: [{role: manager}]}}}",
        "all: {hosts: {a: {carbon_nodes: [{name: m, ofset: 1}]}}}",
        "[all]",
    ];
    let catalogue = [
        "{name: x}",
        "{product: x, kernal: 4.4.1}",
        "{product: x, kernel: '4.4'}",
        "{product: x, versions: {'1.0.0': {product: y}}}",
        "{product: x, ports: {https: 99999}}",
        "{product: x, edits: [{xml: []}]}",
    ];
    for (of, rows) in [
        (SchemaOf::Inventory, &inventories[..]),
        (SchemaOf::Catalogue, &catalogue[..]),
    ] {
        let values: Vec<Value> = rows.iter().map(|row| yaml(row).unwrap()).collect();
        let found = judged(of, &values);
        let passed: Vec<&&str> = rows
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(row, _)| row)
            .collect();
        assert!(passed.is_empty(), "{of:?}: {passed:?}");
    }
}
