//! Archives of every wrong kind, made here, and a right one that is streamed as it was read.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

use super::Jdk;
use crate::carbon::OpenOptions;
use crate::carbon::home::Kind;

/// Kind, name, content or link target.
type Piece<'a> = (EntryType, &'a str, &'a [u8]);

const RELEASE: &[u8] = b"JAVA_VERSION=\"1.8.0_402\"\nOS_ARCH=\"amd64\"\n";
const WHOLE: [Piece<'_>; 4] = [
    (EntryType::Directory, "jdk8/", b""),
    (EntryType::Regular, "jdk8/release", RELEASE),
    (EntryType::Regular, "jdk8/jre/bin/java", b"#!"),
    (EntryType::Symlink, "jdk8/bin/java", b"../jre/bin/java"),
];

fn tar_of(pieces: &[Piece<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (kind, name, content) in pieces {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(if name.contains("bin/") { 0o4775 } else { 0o600 });
        // Set by hand: the crate refuses some of the names that are tried here.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        let data = if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.as_old_mut().linkname[..content.len()].copy_from_slice(content);
            &b""[..]
        } else {
            content
        };
        header.set_size(data.len() as u64);
        header.set_cksum();
        tar.append(&header, data).unwrap();
    }
    tar.into_inner().unwrap()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn written(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("jdk.tar.gz");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn says(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, bytes);
    match Jdk::open(&path, &OpenOptions::default()) {
        Ok(jdk) => format!("ok {}", jdk.version()),
        Err(error) => error
            .to_string()
            .replace(&format!("{}/", folder.path().display()), ""),
    }
}

#[test]
fn what_is_no_jdk_or_would_leave_its_folder_is_refused() {
    let with = |piece: Piece<'_>| says(&packed(&tar_of(&[&WHOLE[..], &[piece]].concat())));
    let file = |name| with((EntryType::Regular, name, b"x"));
    let link = |target: &[u8]| with((EntryType::Symlink, "jdk8/lib/x", target));
    let whole = packed(&tar_of(&WHOLE));
    let zeros = vec![0; 40 << 20];
    let cases = [
        ("whole", says(&whole)),
        ("no gzip", says(b"PK\x03\x04 this is a zip")),
        ("no tar", says(&packed(&[b'x'; 600]))),
        ("cut off", says(&whole[..whole.len() - 30])),
        ("cut before its end", says(&whole[..whole.len() - 4])),
        ("empty", says(&packed(&[0; 1024]))),
        ("two tops", file("other/x")),
        ("up", file("jdk8/../x")),
        ("absolute", file("/etc/x")),
        ("twice", file("jdk8/release")),
        ("below a link", file("jdk8/bin/java/x")),
        ("device", with((EntryType::Char, "jdk8/x", b""))),
        ("link in", link(b"../release")),
        ("link out", link(b"../../x")),
        ("link back", link(b"a/../../x")),
        ("link away", link(b"/etc/passwd")),
        (
            "second name",
            with((EntryType::Link, "jdk8/x", b"jdk8/release")),
        ),
        (
            "of nothing",
            with((EntryType::Link, "jdk8/x", b"/etc/passwd")),
        ),
        ("bomb", with((EntryType::Regular, "jdk8/x", &zeros))),
        ("no java", says(&packed(&tar_of(&WHOLE[..3])))),
        ("no release", says(&packed(&tar_of(&WHOLE[2..])))),
    ];
    let said: Vec<String> = cases.map(|(what, said)| format!("{what}: {said}")).into();
    insta::assert_snapshot!(said.join("\n"), @r#"
    whole: ok 1.8.0_402
    no gzip: WM111 `java_pack` `jdk.tar.gz` is not a tar.gz, or is cut off
    no tar: WM111 `java_pack` `jdk.tar.gz` is not a tar.gz, or is cut off
    cut off: WM111 `java_pack` `jdk.tar.gz` is not a tar.gz, or is cut off
    cut before its end: WM111 `java_pack` `jdk.tar.gz` is not a tar.gz, or is cut off
    empty: WM165 `java_pack` `jdk.tar.gz` has no folder that is a JDK
    two tops: WM165 `java_pack` `jdk.tar.gz` is refused: its entry `other/x` is not below `jdk8`, where the first entry is
    up: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `jdk8/../x` has a name that leaves its folder
    absolute: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `/etc/x` has an absolute name
    twice: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `jdk8/release` stands in it twice
    below a link: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `bin/java/x` is below `bin/java`, which is no folder
    device: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `jdk8/x` is neither file, folder nor link
    link in: ok 1.8.0_402
    link out: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `jdk8/lib/x` links to `../../x`, which may leave the folder
    link back: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `jdk8/lib/x` links to `a/../../x`, which may leave the folder
    link away: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `jdk8/lib/x` links to `/etc/passwd`, which is not in the folder
    second name: ok 1.8.0_402
    of nothing: WM166 `java_pack` `jdk.tar.gz` is refused: its entry `/etc/passwd` has an absolute name
    bomb: WM167 `java_pack` `jdk.tar.gz` inflates to far more than a JDK has
    no java: WM165 `java_pack` `jdk.tar.gz` has no program `jdk8/bin/java`
    no release: WM165 `java_pack` `jdk.tar.gz` has no file `jdk8/release`
    "#);
}

#[test]
fn it_is_streamed_as_it_was_read_and_kept_for_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut pieces = WHOLE.to_vec();
    pieces.push((EntryType::Link, "jdk8/again", b"jdk8/release"));
    let path = written(&folder, &packed(&tar_of(&pieces)));
    let options = OpenOptions {
        cache: Some(folder.path().join("cache")),
        verify: false,
    };
    let jdk = Jdk::open(&path, &options).unwrap();
    assert_eq!(jdk.architecture(), Some("x86_64"));
    let rows: String = jdk.rows().map(|row| row.to_string()).collect();
    insta::assert_snapshot!(rows, @r#"
    755 d - .
    644 f f99bdb0606413c6696f9af42acc185312a89e64a4070caba25b1e86d4905d3f2 ./again
    755 d - ./bin
    777 l ../jre/bin/java ./bin/java
    755 d - ./jre
    755 d - ./jre/bin
    755 f 3612ddaf46e149a4f583faf0face846585148f59e0ce2645594df83b5dc807e8 ./jre/bin/java
    644 f f99bdb0606413c6696f9af42acc185312a89e64a4070caba25b1e86d4905d3f2 ./release
    "#);
    let kept = std::fs::read_dir(folder.path().join("cache")).unwrap();
    assert_eq!(kept.count(), 1);
    let again = Jdk::open(&path, &options).unwrap();
    assert_eq!(again.tree(), jdk.tree());

    let mut stream = Vec::new();
    jdk.stream(&BTreeSet::new(), &mut stream).unwrap();
    let mut seen = Vec::new();
    for entry in tar::Archive::new(&stream[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        seen.push(format!(
            "{:o} {:?} {}",
            entry.header().mode().unwrap(),
            entry.header().entry_type(),
            entry.path().unwrap().display()
        ));
    }
    insta::assert_snapshot!(seen.join("\n"), @r#"
    755 Directory bin
    755 Directory jre
    755 Directory jre/bin
    644 Regular release
    755 Regular jre/bin/java
    644 Link again
    777 Symlink bin/java
    "#);

    // What the archive holds is not what was checked.
    let other: Vec<Piece<'_>> = pieces
        .iter()
        .map(|piece| match piece.1 {
            "jdk8/jre/bin/java" => (piece.0, piece.1, &b"??"[..]),
            _ => *piece,
        })
        .collect();
    std::fs::write(&path, packed(&tar_of(&other))).unwrap();
    assert!(jdk.stream(&BTreeSet::new(), std::io::sink()).is_err());
    assert!(matches!(jdk.entries()[0].kind, Kind::Folder));
}
