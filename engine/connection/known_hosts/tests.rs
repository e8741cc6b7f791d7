//! Whom the lines of `known_hosts` are about, and what they say of a key.

use std::path::Path;

use russh::keys::PublicKey;
use russh::keys::ssh_key::public::KeyData;

use super::{KnownHosts, Verdict};

const ONE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILagOJFgwaMNhBWQINinKOXmqS4Gh5NgxgriXwdOoINJ";
const TWO: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

fn key(text: &str) -> KeyData {
    PublicKey::from_openssh(text).unwrap().key_data().clone()
}

fn known(text: &str) -> KnownHosts {
    let text = text.replace("ONE", ONE).replace("TWO", TWO);
    let mut known = KnownHosts::default();
    known.add(Path::new("known_hosts"), &text);
    known
}

/// `known`, `new`, `revoked LINE`, or `changed LINES`.
fn verdict(text: &str, host: &str, port: u16) -> String {
    match known(text).check(host, port, &key(ONE)) {
        Verdict::Known => "known".to_owned(),
        Verdict::New => "new".to_owned(),
        Verdict::Revoked(place) => format!("revoked {}", place.line),
        Verdict::Changed(others) => {
            let lines: Vec<String> = others
                .iter()
                .map(|(_, place)| place.line.to_string())
                .collect();
            format!("changed {}", lines.join(","))
        }
    }
}

#[test]
fn each_line_says_what_openssh_takes_it_for() {
    for (text, host, port, wanted) in [
        ("", "a", 22, "new"),
        ("a ONE", "a", 22, "known"),
        ("A.Example.com ONE", "a.EXAMPLE.com", 22, "known"),
        ("a\t ONE a comment", "a", 22, "known"),
        ("a  ONE", "a", 22, "known"),
        ("a,b ONE", "b", 22, "known"),
        (
            "*.example.com,!bad.example.com ONE",
            "x.example.com",
            22,
            "known",
        ),
        (
            "*.example.com,!bad.example.com ONE",
            "bad.example.com",
            22,
            "new",
        ),
        ("w?r ONE", "wkr", 22, "known"),
        // Two keys of one algorithm: the second counts as well.
        ("a TWO\na ONE", "a", 22, "known"),
        ("# comment\n\na TWO", "a", 22, "changed 3"),
        ("a TWO\nb ONE\na TWO", "a", 22, "changed 1,3"),
        // Garbage is passed over, whichever host it names.
        ("a ssh-ed25519 garbage\na ONE", "a", 22, "known"),
        ("a\na ssh-rsa\n@wrong a ONE", "a", 22, "new"),
        ("[a]:2222 ONE", "a", 2222, "known"),
        ("[a]:2222 ONE", "a", 22, "new"),
        ("[a]:2222 TWO", "a", 2222, "changed 1"),
        // A key that is known without port is good for every port, but another one is no change.
        ("a ONE", "a", 2222, "known"),
        ("a TWO", "a", 2222, "new"),
        ("a ONE\n@revoked * ONE", "a", 22, "revoked 2"),
        ("@revoked b ONE\na ONE", "a", 22, "known"),
        ("@revoked a TWO\na ONE", "a", 22, "known"),
        ("@cert-authority * ONE", "a", 22, "new"),
        // Made by `ssh-keygen -H` of the name `a`.
        ("|1|e0SQQtfnWEBqZrQgbwx9ATC7GUE=|YYYY ONE", "a", 22, "new"),
    ] {
        assert_eq!(
            verdict(text, host, port),
            wanted,
            "{text} for {host}:{port}"
        );
    }
}

#[test]
fn an_authority_is_trusted_for_its_hosts_only() {
    let known = known("@cert-authority *.example.com,[*.example.com]:* ONE\nb.example.com TWO");
    for (host, port, trusted) in [
        ("a.example.com", 22, true),
        ("a.example.com", 2222, true),
        ("example.org", 22, false),
    ] {
        assert_eq!(known.trusts(host, port, &key(ONE)), trusted, "{host}");
        assert_eq!(known.has_authority(host, port), trusted, "{host}");
        assert!(!known.trusts(host, port, &key(TWO)), "{host}");
    }
    assert_eq!(known.algorithms("b.example.com", 22).len(), 1);
    assert!(known.algorithms("a.example.com", 22).is_empty());
}

#[test]
fn lines_that_say_nothing_are_named() {
    let known = known("ok ONE\nhost\nhost ssh-rsa ONE\nhost ssh-ed25519 ?");
    let lines: Vec<u32> = known
        .skipped()
        .iter()
        .map(|(place, _)| place.line)
        .collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn former_keys_of_one_host_go_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    for (before, after) in [
        // Its own lines, with all names on them; patterns, markers and comments stay.
        ("# mine\na TWO\nb TWO\na,10.0.0.1 TWO\n", "# mine\nb TWO\n"),
        (
            "* TWO\n@cert-authority a TWO\na TWO",
            "* TWO\n@cert-authority a TWO\n",
        ),
        // The key is there already.
        ("a TWO\na ONE\n", "a TWO\na ONE\n"),
        ("[a]:2222 TWO\n", "[a]:2222 TWO\n"),
    ] {
        let [before, after] =
            [before, after].map(|text| text.replace("ONE", ONE).replace("TWO", TWO));
        std::fs::write(&file, &before).unwrap();
        super::forget(&file, "a", 22, &key(ONE)).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), after);
    }
    let old = std::fs::read_to_string(folder.path().join("known_hosts.old")).unwrap();
    assert!(old.starts_with("* ssh-ed25519"), "{old}");
    super::forget(&folder.path().join("none"), "a", 22, &key(ONE)).unwrap();
}
