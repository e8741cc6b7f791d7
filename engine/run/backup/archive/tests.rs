//! An archive is read as it was written, by any tar as well, and not where a byte of it is another.

use std::process::Command;

use super::*;
use crate::run::backup::PartKind;
use crate::yaml::Secret;

fn record(parts: Vec<Part>) -> BackupRecord {
    BackupRecord {
        wmprov_backup: 0,
        id: "x".into(),
        at: 1,
        by: "me".into(),
        program: "0".into(),
        inventory: "00".into(),
        cluster: "all".into(),
        product: "esb".into(),
        version: "4.9.0".into(),
        pattern: 1,
        nodes: [("mgr1".to_owned(), "manager".to_owned())].into(),
        parts,
        left_out: Vec::new(),
        key: None,
    }
}

fn passphrase(text: &str) -> VaultPasswords {
    let mut vault = VaultPasswords::default();
    vault.add(Secret::new(text));
    vault
}

/// A dump, and tars of nothing.
const CONTENT: [(&str, PartKind, &[u8]); 3] = [
    (
        "database/registry.sql",
        PartKind::Database,
        b"CREATE TABLE t;\n-- Dump completed\n",
    ),
    ("node/mgr1/h2.tar", PartKind::H2, &[0; 1024]),
    ("node/mgr1/empty.tar", PartKind::Artifacts, &[0; 1024]),
];

fn written(place: &Path, vault: &VaultPasswords) -> BackupRecord {
    let mut writer = Writer::begin(place, !vault.is_empty()).unwrap();
    assert!(Writer::begin(place, false).is_err(), "two write one file");
    let mut parts = Vec::new();
    for (name, kind, content) in CONTENT {
        writer.begin_part().unwrap();
        for piece in content.chunks(10) {
            writer.write(piece).unwrap();
        }
        let stored = writer.end_part(name, 1).unwrap();
        parts.push(Part {
            name: name.to_owned(),
            kind,
            of: vec!["mgr1".to_owned()],
            host: "mgr1".to_owned(),
            size: stored.size,
            packed: stored.packed,
            sha256: stored.sha256,
            dialect: None,
        });
    }
    assert!(!place.exists(), "it has its name before it is whole");
    writer.finish(record(parts), vault).unwrap()
}

fn content(archive: &Archive) -> Vec<Vec<u8>> {
    let parts = archive.record.parts.iter();
    parts
        .map(|part| {
            let mut all = Vec::new();
            let taken = archive.read(part, |bytes| {
                all.extend_from_slice(bytes);
                Ok(())
            });
            taken.unwrap();
            all
        })
        .collect()
}

#[test]
fn an_archive_is_read_as_it_was_written_and_by_any_tar() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.tar");
    let none = VaultPasswords::default();
    let wrote = written(&file, &none);
    let archive = Archive::open(&file, &none).unwrap();
    assert_eq!(archive.record, wrote);
    archive.verify().unwrap();
    assert_eq!(content(&archive), CONTENT.map(|(.., bytes)| bytes.to_vec()));
    let sizes = |part: &Part| (part.size, part.packed < 100);
    let sizes: Vec<(u64, bool)> = archive.record.parts.iter().map(sizes).collect();
    let taken = CONTENT.map(|(.., bytes)| (bytes.len() as u64, true));
    assert_eq!(sizes, taken, "a tar of nothing takes nothing");
    let shown = Command::new("sh")
        .args(["-c", "tar -xOf \"$0\" \"$1.gz\" | gzip -d"])
        .arg(&file)
        .arg(CONTENT[0].0)
        .output();
    assert_eq!(shown.unwrap().stdout, CONTENT[0].2);
    assert!(
        Writer::begin(&file, false).is_err(),
        "it took another's place"
    );
    let mut kept = fs::read_dir(folder.path()).unwrap();
    assert!(
        kept.all(|one| one.unwrap().file_name() == "x.tar"),
        "something was left"
    );
}

#[test]
fn a_sealed_archive_shows_nothing_and_opens_with_its_passphrase_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.tar");
    let vault = passphrase("open sesame");
    written(&file, &vault);
    let bytes = fs::read(&file).unwrap();
    for shown in ["CREATE TABLE", "4.9.0", "me\n"] {
        let found = bytes.windows(shown.len()).any(|at| at == shown.as_bytes());
        assert!(!found, "{shown} is in clear");
    }
    let archive = Archive::open(&file, &vault).unwrap();
    archive.verify().unwrap();
    assert_eq!(content(&archive), CONTENT.map(|(.., bytes)| bytes.to_vec()));
    for wrong in [passphrase("another"), VaultPasswords::default()] {
        let error = Archive::open(&file, &wrong).unwrap_err();
        assert!(error.message().ends_with("is sealed"), "{error}");
    }
}

/// Every byte counts: of headers, parts and record; and so does the end.
#[test]
fn a_damaged_archive_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.tar");
    let vault = passphrase("open sesame");
    written(&file, &vault);
    let bytes = fs::read(&file).unwrap();
    let is_whole = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        Archive::open(&file, &vault).and_then(|archive| archive.verify())
    };
    is_whole(&bytes).unwrap();
    for at in [10, 512 + 3, 1024 + 512 + 9, 3 * 1024 + 700] {
        let mut other = bytes.clone();
        other[at] ^= 1;
        assert!(is_whole(&other).is_err(), "byte {at} was changed");
    }
    for length in [
        0,
        100,
        600,
        1024,
        2048,
        3200,
        bytes.len() - 1600,
        bytes.len() - 1,
    ] {
        let error = is_whole(&bytes[..length]).unwrap_err();
        assert!(error.message().starts_with("WM203 "), "{length}: {error}");
    }
}

/// Unsealed, nothing but itself guards the record: what was changed in it by accident is told all the same.
#[test]
fn a_record_in_clear_is_guarded_and_no_sealed_backup() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.tar");
    let none = VaultPasswords::default();
    written(&file, &none);
    let error = Archive::open(&file, &passphrase("mine")).unwrap_err();
    assert!(error.message().ends_with("is not sealed"), "{error}");
    let mut bytes = fs::read(&file).unwrap();
    let role = bytes.windows(13).position(|at| at == b"mgr1: manager");
    bytes[role.unwrap() + 6] = b'M';
    fs::write(&file, bytes).unwrap();
    let error = Archive::open(&file, &none).unwrap_err();
    assert!(error.message().starts_with("WM203 "), "{error}");
}

/// A node bears its host's name, which may be long.
#[test]
fn names_of_parts_may_be_long() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.tar");
    let mut writer = Writer::begin(&file, false).unwrap();
    writer.begin_part().unwrap();
    let name = format!("node/{}/artifacts.tar", "wkr1.".repeat(28));
    writer.end_part(&name, 1).unwrap();
}
