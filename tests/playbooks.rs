//! Playbooks through the loader: every mistake in `cases/playbooks`, a whole play, the reference page.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wmprov::playbook::{Item, Kind, ModuleSpec, Parameter, Playbook, Source, Vocabulary, docs};
use wmprov::yaml::Error;

const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        ..Parameter::BLANK
    }
}

/// A few modules that have one of each thing a table can say.
static MODULES: [ModuleSpec; 6] = [
    ModuleSpec {
        name: "copy",
        doc: "Puts a file on the host.",
        parameters: &[
            optional("src", Kind::Source),
            optional("content", Kind::Text),
            Parameter {
                name: "dest",
                aliases: &["path"],
                kind: Kind::Path,
                required: true,
                doc: "Where to.",
                ..Parameter::BLANK
            },
            Parameter {
                default: "no",
                ..optional("remote_src", Kind::Bool)
            },
            optional("mode", Kind::Mode),
        ],
        exclusive: &[&["src", "content"]],
        one_of: &[&["src", "content"]],
        example: "- copy: {content: x, dest: /x}",
        ..ModuleSpec::BLANK
    },
    ModuleSpec {
        name: "template",
        parameters: &[
            Parameter {
                required: true,
                ..optional("src", Kind::Template)
            },
            Parameter {
                required: true,
                ..optional("dest", Kind::Path)
            },
        ],
        ..ModuleSpec::BLANK
    },
    ModuleSpec {
        name: "command",
        parameters: &[
            optional("cmd", Kind::Text),
            optional("argv", Kind::List),
            optional("chdir", Kind::Path),
            optional("creates", Kind::Path),
        ],
        exclusive: &[&["_raw", "cmd", "argv"]],
        one_of: &[&["_raw", "cmd", "argv"]],
        free_form: true,
        ..ModuleSpec::BLANK
    },
    ModuleSpec {
        name: "debug",
        parameters: &[optional("msg", Kind::Any)],
        ..ModuleSpec::BLANK
    },
    ModuleSpec {
        name: "set_fact",
        open: true,
        ..ModuleSpec::BLANK
    },
    ModuleSpec {
        name: "wait_for",
        parameters: &[
            optional("port", Kind::Int),
            Parameter {
                choices: &["started", "stopped"],
                ..optional("state", Kind::Text)
            },
        ],
        ..ModuleSpec::BLANK
    },
];

struct Few;

impl Vocabulary for Few {
    fn module(&self, name: &str) -> Option<&'static ModuleSpec> {
        MODULES.iter().find(|module| module.name == name)
    }

    fn names(&self) -> Vec<&'static str> {
        MODULES.iter().map(|module| module.name).collect()
    }
}

fn load(folder: &Path) -> Result<Playbook, Vec<Error>> {
    Playbook::load(&Source::Disk(folder.to_owned()), "playbook.yaml", &Few)
}

/// The whole diagnostic, with places relative to the case.
fn told(folder: &Path, errors: &[Error]) -> String {
    let mut page = String::new();
    for error in errors {
        writeln!(page, "error: {error}").unwrap();
        if let Some(place) = error.place() {
            writeln!(page, "  --> {place}").unwrap();
        }
        if let Some(hint) = error.way_out() {
            writeln!(page, "hint: {hint}").unwrap();
        }
    }
    page.replace(&format!("{}/", folder.display()), "")
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/playbooks");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

#[test]
fn every_mistake_is_told_with_place_and_way_out() {
    let mut wrong = Vec::new();
    let cases = cases();
    for folder in &cases {
        let found = match load(folder) {
            Ok(_) => "no error\n".to_owned(),
            Err(errors) => told(folder, &errors),
        };
        let expected = folder.join("expected.txt");
        if std::env::var_os("WMPROV_WRITE_CASES").is_some() {
            fs::write(&expected, &found).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", folder.display()));
        }
    }
    assert!(cases.len() > 30, "the cases are missing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_case_is_right() {
    for folder in cases() {
        let text = fs::read_to_string(folder.join("expected.txt")).unwrap();
        assert!(text.starts_with("error: "), "{}", folder.display());
        assert!(text.contains("  --> "), "{} has no place", folder.display());
    }
}

/// Writes files in a folder that goes with the guard.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn shape(items: &[Item], depth: usize, page: &mut String) {
    for item in items {
        let indent = "  ".repeat(depth);
        match item {
            Item::Task(task) => writeln!(
                page,
                "{indent}{} {:?} tags={:?} gates={:?} become={:?} no_log={}",
                task.module, task.args, task.tags, task.gates, task.r#become, task.no_log
            )
            .unwrap(),
            Item::Block(block) | Item::Included(block) => {
                writeln!(
                    page,
                    "{indent}block when={:?} once={}",
                    block.when, block.once
                )
                .unwrap();
                shape(&block.tasks, depth + 1, page);
                for (name, part) in [("rescue", &block.rescue), ("always", &block.always)] {
                    if !part.is_empty() {
                        writeln!(page, "{indent}{name}").unwrap();
                        shape(part, depth + 1, page);
                    }
                }
            }
        }
    }
}

#[test]
fn a_whole_playbook_is_read() {
    let folder = folder(&[
        (
            "playbook.yaml",
            "\
- import_playbook: parts/one.yaml
  tags: first
- name: two
  hosts: [a, b]
  serial: [1, \"50%\"]
  become: yes
  tags: play
  vars: {x: 1, y: 1}
  vars_files: [more.yaml]
  handlers:
    - import_tasks: handlers.yaml
      when: x == 1
  tasks:
    - ansible.builtin.command: make all chdir=/src
      notify: again
    - block:
        - copy: {content: \"{{ x }}\", path: /x, mode: 0644}
          no_log: yes
      rescue:
        - debug: {msg: \"sorry\"}
      always:
        - debug:
      tags: [b]
      become: no
      when: \"{{ x }}\"
    - include_tasks: more.yml
      tags: inc
      when: x > 1
    - import_tasks: {file: more.yml}
      tags: imp
",
        ),
        (
            "parts/one.yaml",
            "- hosts: all\n  gather_facts: no\n  tasks: [{template: {src: t.j2, dest: /t}}]\n",
        ),
        ("parts/templates/t.j2", "{{ x }}\n"),
        ("vars/more.yaml", "y: 2\n"),
        ("tasks/more.yml", "- debug: {msg: hi}\n  tags: own\n"),
        (
            "tasks/handlers.yaml",
            "- name: again\n  debug: {msg: again}\n",
        ),
    ]);
    let playbook = load(folder.path())
        .map_err(|errors| told(folder.path(), &errors))
        .unwrap();
    let mut page = String::new();
    for play in &playbook.plays {
        writeln!(
            page,
            "play {} hosts={:?} vars={:?} facts={} tags={:?}",
            play.name, play.hosts, play.vars, play.gather_facts, play.tags
        )
        .unwrap();
        shape(&play.sections.concat(), 1, &mut page);
        for handler in &play.handlers {
            writeln!(page, "  handler {} when={:?}", handler.name, handler.when).unwrap();
        }
    }
    insta::assert_snapshot!(page, @r##"
    play all hosts="all" vars={} facts=false tags=["first"]
      template {src: "t.j2", dest: "/t"} tags=["first"] gates=[] become=None no_log=false
    play two hosts="a,b" vars={"x": 1, "y": 2} facts=true tags=["play"]
      command {_raw: "make all", chdir: "/src"} tags=["play"] gates=[] become=Some(true) no_log=false
      block when=["{{ x }}"] once=false
        copy {content: "{{ x }}", dest: "/x", mode: 420} tags=["play", "b"] gates=[] become=Some(false) no_log=true
      rescue
        debug {msg: "sorry"} tags=["play", "b"] gates=[] become=Some(false) no_log=false
      always
        debug {} tags=["play", "b"] gates=[] become=Some(false) no_log=false
      block when=["x > 1"] once=true
        debug {msg: "hi"} tags=["play", "own"] gates=[["play", "inc"]] become=Some(true) no_log=false
      block when=[] once=false
        debug {msg: "hi"} tags=["play", "imp", "own"] gates=[] become=Some(true) no_log=false
      handler again when=["x == 1"]
    "##);
}

#[test]
fn the_reference_page_is_what_the_loader_does() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/playbooks.md");
    let page = docs::keywords_markdown();
    if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == page,
        "docs/playbooks.md is old; write it again with WMPROV_WRITE_DOCS=1"
    );
}

#[test]
fn a_modules_page_is_made_from_its_table() {
    insta::assert_snapshot!(docs::module_markdown(&MODULES[0]), @r##"
    # `copy`

    Puts a file on the host.

    | parameter | value | default | |
    |---|---|---|---|
    | `src` | path beside the playbook |  |  |
    | `content` | text |  |  |
    | `dest`, `path` | path on the host | **needed** | Where to. |
    | `remote_src` | yes or no | `no` |  |
    | `mode` | octal permissions, in quotes |  |  |

    Only one of `src`, `content`.

    At least one of `src`, `content`.

    ```yaml
    - copy: {content: x, dest: /x}
    ```
    "##);
}

/// 19 files that each import the next one twice, and 30 in a row.
#[test]
fn imports_have_a_depth_and_a_number() {
    for (files, times, told) in [
        (18, 2, "more than 1000 files are imported"),
        (30, 1, "files import each other more than 20 deep"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for at in 0..files {
            let import = format!("- import_tasks: t{}.yaml\n", at + 1).repeat(times);
            fs::write(folder.path().join(format!("t{at}.yaml")), import).unwrap();
        }
        let last = folder.path().join(format!("t{files}.yaml"));
        fs::write(last, "- command: \"true\"\n").unwrap();
        let site = "- hosts: all\n  tasks:\n    - import_tasks: t0.yaml\n";
        fs::write(folder.path().join("site.yaml"), site).unwrap();
        let source = Source::Disk(folder.path().to_owned());
        let errors = Playbook::load(&source, "site.yaml", &Few).unwrap_err();
        let all: Vec<&str> = errors.iter().map(Error::message).collect();
        assert_eq!(all, [told]);
        assert!(errors[0].place().is_some() && errors[0].way_out().is_some());
    }
}

#[test]
fn names_and_patterns_that_are_none_are_told_when_a_playbook_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let expression = vec!["1"; 30_000].join("+");
    let rows = [
        (
            "msg: \"{{ x | uper }}\"",
            "debug",
            "there is no filter `uper`",
        ),
        ("msg: \"{{ x is evn }}\"", "debug", "there is no test `evn`"),
        (
            "{path: /x, line: x, regexp: \"(\"}",
            "lineinfile",
            "`regexp` wants a regular expression, found `(`",
        ),
    ];
    for (args, module, told) in rows {
        let text = format!("- hosts: all\n  tasks:\n    - {module}:\n        {args}\n");
        fs::write(folder.path().join("site.yaml"), text).unwrap();
        let source = Source::Disk(folder.path().to_owned());
        let errors = Playbook::load(&source, "site.yaml", &wmprov::modules::Registry).unwrap_err();
        assert_eq!(errors[0].message(), told);
        assert_eq!(errors[0].place().unwrap().line, 4);
    }
    for when in [format!("{expression} == 1"), "x is evn".to_owned()] {
        let text = format!("- hosts: all\n  tasks:\n    - debug: {{msg: x}}\n      when: {when}\n");
        fs::write(folder.path().join("site.yaml"), text).unwrap();
        let source = Source::Disk(folder.path().to_owned());
        let errors = Playbook::load(&source, "site.yaml", &wmprov::modules::Registry).unwrap_err();
        let told = errors[0].message();
        assert!(
            told.contains("is too long") || told.contains("no test `evn`"),
            "{told}"
        );
    }
}
