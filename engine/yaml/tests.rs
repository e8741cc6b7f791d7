//! What the reader makes of texts, right and wrong, and what vaults give.

use std::path::Path;

use insta::assert_snapshot;

use super::{Place, Secret, Value, VaultPasswords, parse, parse_vaulted};

/// The tree, or the error as a user sees it.
fn read(text: &str) -> String {
    match parse(text, Path::new("f.yml")) {
        Ok(node) => format!("{node:?}"),
        Err(error) => {
            let place = error.place().map(ToString::to_string).unwrap_or_default();
            let hint = error.way_out().map(|hint| format!("; hint: {hint}"));
            format!("{place}: {error}{}", hint.unwrap_or_default())
        }
    }
}

#[test]
fn scalars_lists_maps_and_merges() {
    assert_snapshot!(read("a: 1\nb: [x, 'yes', yes, 0644]\nc:\n  d: |\n    two\n    lines\n"), @r#"Some({a: 1, b: ["x", "yes", true, 420], c: {d: "two\nlines\n"}})"#);
    assert_snapshot!(read("base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n"), @"Some({base: {x: 1, y: 2}, mine: {x: 1, y: 3}})");
    assert_snapshot!(read("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b]}\n"), @"Some({a: {x: 1}, b: {x: 2, z: 3}, c: {x: 1, z: 3}})");
    assert_snapshot!(read("yes: 1\n80: x\n~: y\n"), @r#"Some({yes: 1, 80: "x", ~: "y"})"#);
    assert_snapshot!(read("a: !!str 1\nb: !!int '7'\nc: !unsafe 'x {{ y }}'\n"), @r#"Some({a: "1", b: 7, c: "{{ \"x {{ y }}\" }}"})"#);
    assert_snapshot!(read(""), @"None");
    assert_snapshot!(read("# only this\n---\n"), @"None");
    assert_snapshot!(read("\u{feff}a: \"b\"\r\nc: d\r\n"), @r#"Some({a: "b", c: "d"})"#);
}

#[test]
fn values_know_their_places() {
    let node = parse("a:\n  b: [1,\n   ü, x]\n", Path::new("f.yml"))
        .unwrap()
        .unwrap();
    let b = node
        .map()
        .unwrap()
        .get("a")
        .unwrap()
        .map()
        .unwrap()
        .entry("b")
        .unwrap();
    assert_eq!(b.0.place, Place::new("f.yml", 2, 3));
    assert_eq!(b.1.place, Place::new("f.yml", 2, 6));
    assert_eq!(b.1.list().unwrap()[2].place, Place::new("f.yml", 3, 7));
}

/// What is written, and what the user is told.
const MISTAKES: &[(&str, &str)] = &[
    (
        "a: 1\nb: 2\na: 3\n",
        "f.yml:3:1: `a` stands twice; hint: it stands first at line 1",
    ),
    (
        "a: {{ x }}\n",
        "f.yml:1:5: a map cannot be a key; hint: quote a value that starts with `{{`",
    ),
    (
        "a: {{ x }}/y\n",
        "f.yml:1:5: a map cannot be a key; hint: quote a value that starts with `{{`",
    ),
    (
        "a: 1\n\tb: 2\n",
        "f.yml:2:1: a tab stands in the indentation; hint: YAML is indented with spaces only",
    ),
    (
        "a:\n  b: x\n\tc: y\n",
        "f.yml:3:1: a tab stands in the indentation; hint: YAML is indented with spaces only",
    ),
    (
        "a: |\n  \n\n \ttext\n",
        "f.yml:4:2: a tab stands in the indentation; hint: YAML is indented with spaces only",
    ),
    (
        "a:\n  b: 1\n c: 2\n",
        "f.yml:3:2: not YAML: while parsing a block mapping, did not find expected key; hint: check the indentation of this line against the line above",
    ),
    (
        "a: b: c\n",
        "f.yml:1:5: not YAML: mapping values are not allowed in this context; hint: quote a value that holds `: `",
    ),
    (
        "a: 'b\n",
        "f.yml:1:4: not YAML: while scanning a quoted scalar, found unexpected end of stream",
    ),
    (
        "a: [1, 2\n",
        "f.yml:2:1: not YAML: while parsing a flow sequence, expected ',' or ']'",
    ),
    (
        "a: *b\n",
        "f.yml:1:4: not YAML: while parsing node, found unknown anchor; hint: quote a value that starts with `*`",
    ),
    (
        "a: &b [*b]\n",
        "f.yml:1:8: an alias stands inside its own anchor",
    ),
    (
        "a: !wrong 1\n",
        "f.yml:1:4: unknown tag `!wrong`; hint: `!vault` and `!unsafe` are known",
    ),
    ("a: !!int x\n", "f.yml:1:4: `x` is not what its tag says"),
    (
        "<<: 1\n",
        "f.yml:1:5: `<<` merges a map or a list of maps, found a whole number",
    ),
    (
        "a: 1\n---\nb: 2\n",
        "f.yml:2:1: a second document begins here; hint: one document a file: take the `---` out",
    ),
    ("? [a]\n: 1\n", "f.yml:1:3: only a text can be a key"),
];

#[test]
fn mistakes_name_their_place_and_the_way_out() {
    for (text, told) in MISTAKES {
        assert_eq!(read(text), *told, "{text}");
    }
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(read(&bomb).contains("the aliases of this file make more than 100000 values"));
    assert!(read(&"[".repeat(200)).contains("nested deeper than 100 levels"));
}

/// Sealed by `ansible-vault encrypt` of ansible-core 2.19, with the vault id `lab`.
const BY_ANSIBLE: &str = include_str!("../../tests/cases/vaulted.txt");

fn passwords(password: &str) -> VaultPasswords {
    let mut passwords = VaultPasswords::default();
    passwords.add(Secret::new("not this one"));
    passwords.add_as("lab", Secret::new(password));
    passwords
}

#[test]
fn vaults_of_ansible_are_opened_and_others_refused() {
    let opened = passwords("open sesame").open(BY_ANSIBLE).unwrap();
    assert_eq!(opened.reveal(), "hunter22\n");
    let sealed = passwords("pw").seal_as("lab", "ü secret").unwrap();
    assert!(
        sealed.starts_with("$ANSIBLE_VAULT;1.2;AES256;lab\n"),
        "{sealed}"
    );
    assert_eq!(passwords("pw").open(&sealed).unwrap().reveal(), "ü secret");
    let error = |sealed: &str, with: &VaultPasswords| with.open(sealed).unwrap_err().to_string();
    assert_snapshot!(error(&sealed, &passwords("wrong")), @"no vault password opens this value");
    assert_snapshot!(error(&sealed, &VaultPasswords::default()), @"this value is vaulted and no vault password is known");
    assert_snapshot!(error("$ANSIBLE_VAULT;1.1;AES256\nzz", &passwords("pw")), @"this is no Ansible Vault value");
    assert_snapshot!(error("$ANSIBLE_VAULT;9;X\n00", &passwords("pw")), @"this is no Ansible Vault value");
    assert_snapshot!(error("\n", &passwords("pw")), @"this vaulted value has no lines");
    assert_snapshot!(passwords("pw").seal_as("prod", "x").unwrap_err(), @"no vault password has the id `prod`");
}

/// A digit of the cipher text of `sealed` changed, the envelope whole.
fn tampered(sealed: &str) -> String {
    let (header, body) = sealed.split_once('\n').unwrap();
    let mut body = body.replace('\n', "");
    let last = body.len() - 2;
    // The inner text is hexadecimal too: `30` is its digit `0`.
    let other = if &body[last..] == "30" { "31" } else { "30" };
    body.replace_range(last.., other);
    format!("{header}\n{body}\n")
}

#[test]
fn a_vault_that_was_changed_is_refused() {
    let sealed = passwords("pw").seal_as("lab", "secret").unwrap();
    let error = passwords("pw").open(&tampered(&sealed)).unwrap_err();
    assert_snapshot!(error, @"no vault password opens this value");
}

#[test]
fn vaulted_values_become_secrets_that_do_not_print() {
    let sealed = passwords("pw").seal("hunter22").unwrap();
    let text = format!(
        "a:\n  - !vault |\n    {}\n  - x\n",
        sealed.replace('\n', "\n    ")
    );
    let node = parse_vaulted(&text, Path::new("v.yml"), &passwords("pw"));
    let node = node.unwrap().unwrap();
    assert_eq!(format!("{node:?}"), r#"{a: [***, "x"]}"#);
    let opened = &node.map().unwrap().get("a").unwrap().list().unwrap()[0];
    assert_eq!(opened.value, Value::Secret(Secret::new("hunter22")));
    let closed = parse(&text, Path::new("v.yml")).unwrap_err();
    assert_eq!(closed.place(), Some(&Place::new("v.yml", 2, 5)));
}
