//! Packs built here, whole and spoiled in every way that is refused.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{OpenOptions, Pack};
use crate::carbon::bundle::bundles_info;
use crate::catalogue::{Catalogue, Kernel, Release};

/// A pack under construction.
pub(in crate::carbon) struct Builder {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    top: String,
}

pub(in crate::carbon) fn release(product: &str, version: &str) -> Arc<Release> {
    Catalogue::load(&[])
        .unwrap()
        .find(product, version)
        .unwrap()
}

/// A jar with a manifest of these headers, and other entries.
pub(in crate::carbon) fn jar(headers: &[(&str, &str)], others: &[&str]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    zip.start_file("META-INF/MANIFEST.MF", options).unwrap();
    writeln!(zip, "Manifest-Version: 1.0\r").unwrap();
    for (name, value) in headers {
        // Folded at 72 bytes, as the jar tool folds.
        let line = format!("{name}: {value}");
        let mut rest = line.as_str();
        let mut first = true;
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.len().min(if first { 70 } else { 69 }));
            let fold = if first { "" } else { " " };
            write!(zip, "{fold}{piece}\r\n").unwrap();
            (rest, first) = (more, false);
        }
    }
    for other in others {
        zip.start_file(*other, options).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

impl Builder {
    pub(in crate::carbon) fn new(top: &str) -> Self {
        Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            top: top.to_owned(),
        }
    }

    /// An ESB 4.9.0 of a few files.
    pub(in crate::carbon) fn esb() -> Self {
        Self::esb_listing(&[])
    }

    /// Profiles that list these bundles besides; the bundles are still to be added.
    pub(in crate::carbon) fn esb_listing(more: &[&str]) -> Self {
        let line = |name: &str| format!("{name},1.0.0,../plugins/{name}_1.0.0.jar,4,true\n");
        let more: String = more.iter().map(|name| line(name)).collect();
        let info = format!("#version=1\n{}{}{more}", line("a"), line("b.ui"));
        Self::new("wso2esb-4.9.0")
            .file("bin/version.txt", "WSO2 Enterprise Service Bus v4.9.0\n")
            .file(
                "bin/wso2carbon-version.txt",
                "WSO2 Carbon Framework v4.4.1\n",
            )
            .file(&bundles_info("default"), &info)
            .file(&bundles_info("worker"), &info)
            .bundle("a", &[], &[])
            .bundle("b.ui", &[("Carbon-Component", "UIBundle")], &[])
    }

    pub(in crate::carbon) fn bundle(
        self,
        name: &str,
        headers: &[(&str, &str)],
        others: &[&str],
    ) -> Self {
        let mut all = vec![("Bundle-SymbolicName", name), ("Bundle-Version", "1.0.0")];
        all.extend(headers);
        let path = format!("repository/components/plugins/{name}_1.0.0.jar");
        self.bytes(&path, &jar(&all, others))
    }

    pub(in crate::carbon) fn file(self, path: &str, text: &str) -> Self {
        self.bytes(path, text.as_bytes())
    }

    pub(in crate::carbon) fn bytes(self, path: &str, bytes: &[u8]) -> Self {
        let mode = if path.ends_with(".sh") { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default().unix_permissions(mode);
        let name = format!("{}/{path}", self.top);
        self.raw(&name, bytes, options)
    }

    fn raw(mut self, name: &str, bytes: &[u8], options: SimpleFileOptions) -> Self {
        self.zip.start_file(name, options).unwrap();
        self.zip.write_all(bytes).unwrap();
        self
    }

    pub(in crate::carbon) fn zip(self) -> Vec<u8> {
        self.zip.finish().unwrap().into_inner()
    }

    pub(in crate::carbon) fn write(self, folder: &Path) -> PathBuf {
        let path = folder.join("pack.zip");
        fs::write(&path, self.zip()).unwrap();
        path
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The error's text and those of its causes, without the path.
fn refusal(zip: &[u8]) -> String {
    let folder = folder();
    let path = folder.path().join("pack.zip");
    fs::write(&path, zip).unwrap();
    let error = Pack::open(&path, &release("esb", "4.9.0"), &OpenOptions::default()).unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text.replace(path.to_str().unwrap(), "P")
}

/// Replaces every occurrence of a name of the same length: in the entry and in the directory.
fn renamed(mut zip: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at: Vec<usize> = (0..zip.len() - from.len())
        .filter(|at| zip[*at..].starts_with(from.as_bytes()))
        .collect();
    assert_eq!(at.len(), 2, "{from}");
    for at in at {
        zip[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    zip
}

#[test]
fn a_pack_is_indexed_and_read() {
    let folder = folder();
    let path = Builder::esb()
        .file("bin/wso2server.sh", "#!/bin/sh\n")
        .write(folder.path());
    let release = release("esb", "4.9.0");
    let pack = Pack::open(&path, &release, &OpenOptions::default()).unwrap();
    let entry = pack.index().entry("bin/wso2server.sh").unwrap();
    assert_eq!((entry.mode, entry.size), (0o755, 10));
    assert_eq!(
        pack.read("bin/wso2server.sh").unwrap().unwrap(),
        b"#!/bin/sh\n"
    );
    assert_eq!(
        pack.read("bin").unwrap(),
        None,
        "a folder that only its content implies"
    );
    assert_eq!(pack.read("nothing").unwrap(), None);
    assert_eq!(pack.profiles(), ["default", "worker"]);
    assert_eq!(pack.bundles().len(), 2);
    assert!(pack.entries().is_sorted_by_key(|entry| &entry.path));
    assert!(!pack.is_lab());
    assert_eq!(pack.java(&release), [7, 8]);
    assert_eq!(
        pack.sha256(),
        crate::carbon::Digest::of(&fs::read(&path).unwrap())
    );
    let summary = pack.summary(&release).unwrap();
    assert_eq!(
        summary.kernel_inside.as_deref(),
        Some("WSO2 Carbon Framework v4.4.1")
    );
    assert_eq!(summary.profiles[1].t1.removed.len(), 1);
}

#[test]
fn the_lab_marker_widens_java_to_the_lab_hosts_and_nothing_else() {
    let folder = folder();
    let path = Builder::esb()
        .file("bin/lab-pack.txt", "lab pack\n")
        .write(folder.path());
    let release = release("esb", "4.9.0");
    let pack = Pack::open(&path, &release, &OpenOptions::default()).unwrap();
    assert!(pack.is_lab());
    assert_eq!(pack.java(&release), [7, 8, 17]);
}

#[test]
fn the_kernel_that_a_pack_names_is_believed() {
    let name = "WSO2 Enterprise Service Bus";
    let rows = [
        (
            "4.9.0",
            Some("WSO2 Carbon Framework v4.4.1\n"),
            Ok(Some(Kernel(4, 4, 1))),
        ),
        (
            "4.9.0",
            Some("WSO2 Carbon Framework v4.4.1-SNAPSHOT"),
            Ok(Some(Kernel(4, 4, 1))),
        ),
        (
            "4.8.1",
            Some("WSO2 Carbon Framework v4.2.0 patch0009"),
            Ok(Some(Kernel(4, 2, 0))),
        ),
        ("4.8.1", None, Ok(None)),
        ("4.8.1", Some("no words of a version"), Ok(None)),
        (
            "4.8.1",
            Some("WSO2 Carbon Framework v4.3.0"),
            Err("is of Carbon kernel 4.3.0, the catalogue says 4.2.0"),
        ),
    ];
    for (version, inside, wanted) in rows {
        let folder = folder();
        let mut builder = Builder::new(&format!("wso2esb-{version}"))
            .file("bin/version.txt", &format!("{name} v{version}\n"));
        if let Some(inside) = inside {
            builder = builder.file("bin/wso2carbon-version.txt", inside);
        }
        let path = builder.write(folder.path());
        let opened = Pack::open(&path, &release("esb", version), &OpenOptions::default());
        match (opened, wanted) {
            (Ok(pack), Ok(kernel)) => assert_eq!(pack.kernel().unwrap(), kernel, "{inside:?}"),
            (Err(error), Err(said)) => {
                assert!(error.to_string().contains(said), "{error}");
                assert!(error.way_out().contains("`kernel:`"));
            }
            (opened, _) => panic!("{inside:?}: {opened:?}"),
        }
    }
}

#[test]
fn entries_that_a_pack_must_not_have_are_refused() {
    let long = "wso2esb-4.9.0/bin/evil";
    let with = |to: &str| renamed(Builder::esb().file("bin/evil", "x").zip(), long, to);
    let rows = [
        (
            "wso2esb-4.9.0/../evil2",
            "has a name that leaves its folder",
        ),
        ("/so2esb-4.9.0/bin/evil", "has an absolute name"),
        ("wso2esb-4.9.0\\bin\\evil", "has a backslash in its name"),
        (
            "wso2esb-4.9.0/bin/ev\nl",
            "has a control character in its name",
        ),
        (
            "wso2esb-4.9.0//in/evil",
            "has a name that leaves its folder",
        ),
        (
            "wso2esb-4.9.0/./n/evil",
            "has a name that leaves its folder",
        ),
        (
            "wso2esb-5.0.0/bin/evil",
            "is not below the folder `wso2esb-4.9.0`",
        ),
    ];
    for (name, why) in rows {
        let text = refusal(&with(name));
        assert!(text.contains(why), "{name}: {text}");
        assert!(!text.contains('\n'), "{text:?}");
    }
}

#[test]
fn an_entry_stands_once() {
    let twice = Builder::esb()
        .file("bin/one", "1")
        .file("bin/two", "2")
        .zip();
    let twice = renamed(twice, "wso2esb-4.9.0/bin/two", "wso2esb-4.9.0/bin/one");
    assert!(refusal(&twice).ends_with("an entry stands in it twice"));
    // A file and a folder of one name are two entries to the zip, and one path to a host.
    let mut both = Builder::esb().file("a", "1");
    let options = SimpleFileOptions::default();
    both.zip.add_directory("wso2esb-4.9.0/a/", options).unwrap();
    assert!(refusal(&both.zip()).ends_with("`wso2esb-4.9.0/a/` stands in it twice"));
    let below = Builder::esb().file("a", "1").file("a/b", "2").zip();
    assert!(refusal(&below).contains("is below `a`, which is a file"));
}

#[test]
fn links_encryption_and_bombs_are_refused() {
    let mut link = Builder::esb();
    let options = SimpleFileOptions::default();
    link.zip
        .add_symlink("wso2esb-4.9.0/bin/l", "/etc", options)
        .unwrap();
    assert!(refusal(&link.zip()).contains("`wso2esb-4.9.0/bin/l` is a symbolic link"));

    let stored = options.compression_method(CompressionMethod::Stored);
    let name = "wso2esb-4.9.0/bin/secret";
    let mut zip = Builder::esb().raw(name, b"x", stored).zip();
    // Bit 0 of the flags, 6 bytes into the entry's header and 8 into the directory's.
    let starts: Vec<usize> = (0..zip.len() - name.len())
        .filter(|at| zip[*at..].starts_with(name.as_bytes()))
        .collect();
    zip[starts[0] - 30 + 6] |= 1;
    zip[starts[1] - 46 + 8] |= 1;
    assert!(refusal(&zip).contains("is encrypted"), "{}", refusal(&zip));

    let zeros = vec![0; 17 << 20];
    let bomb = Builder::esb().bytes("bin/bomb", &zeros).zip();
    assert!(refusal(&bomb).contains("`wso2esb-4.9.0/bin/bomb` inflates to more than 250 times"));
}

#[test]
fn what_is_no_pack_of_this_release_is_refused() {
    let version = |text: &str| {
        refusal(
            &Builder::new("wso2esb-4.9.0")
                .file("bin/version.txt", text)
                .zip(),
        )
    };
    let rows = [
        (
            b"<html>not found</html>".to_vec(),
            "the pack `P` is not a zip, or is cut off: ",
        ),
        (Vec::new(), "the pack `P` is not a zip, or is cut off: "),
    ];
    for (zip, why) in rows {
        assert!(refusal(&zip).starts_with(why), "{}", refusal(&zip));
    }
    let whole = Builder::esb().zip();
    let cut = refusal(&whole[..whole.len() - 30]);
    assert!(
        cut.starts_with("the pack `P` is not a zip, or is cut off: "),
        "{cut}"
    );
    assert_eq!(
        version("WSO2 Enterprise Service Bus v5.0.0\n"),
        "the pack `P` is refused: its `bin/version.txt` says `WSO2 Enterprise Service Bus v5.0.0`, \
         not Enterprise Service Bus v4.9.0"
    );
    assert!(version("WSO2 Application Server v4.9.0\n").contains("says `WSO2 Application Server"));
    assert!(
        refusal(&Builder::new("wso2esb-4.9.0").file("a", "b").zip())
            .contains("has no `bin/version.txt`")
    );
    let toml = Builder::esb()
        .file("repository/conf/deployment.toml", "")
        .zip();
    assert!(refusal(&toml).contains("Carbon 4.5 or later"));
    let elsewhere = Builder::new("esb").file("bin/version.txt", "x").zip();
    assert!(refusal(&elsewhere).contains("is not below the folder `wso2esb-4.9.0`"));
}

#[test]
fn damage_inside_is_seen() {
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = Builder::esb()
        .raw("wso2esb-4.9.0/bin/x", b"MARKER", stored)
        .zip();
    let at = (0..zip.len() - 6)
        .find(|at| zip[*at..].starts_with(b"MARKER"))
        .unwrap();
    zip[at] = b'm';
    assert!(
        refusal(&zip).starts_with("the pack `P` is damaged: its entry `bin/x` cannot be inflated")
    );
}

#[test]
fn a_missing_pack_names_itself() {
    let error = Pack::open(
        Path::new("/nowhere.zip"),
        &release("esb", "4.9.0"),
        &OpenOptions::default(),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "the pack `/nowhere.zip` cannot be read"
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    let folder = folder();
    let path = Builder::esb().write(folder.path());
    let in_the_way = folder.path().join("cache");
    fs::write(&in_the_way, "").unwrap();
    let options = OpenOptions {
        cache: Some(in_the_way.join("wmprov")),
        verify: false,
    };
    let pack = Pack::open(&path, &release("esb", "4.9.0"), &options).unwrap();
    let told = pack.unkept().unwrap().to_string();
    assert!(
        told.starts_with("the pack's index cannot be kept at"),
        "{told}"
    );
}

#[test]
fn the_cache_is_believed_only_where_it_is_whole_and_the_pack_the_same() {
    let folder = folder();
    let cache = folder.path().join("cache");
    let path = Builder::esb().write(folder.path());
    let release = release("esb", "4.9.0");
    let open = |verify| {
        let options = OpenOptions {
            cache: Some(cache.clone()),
            verify,
        };
        Pack::open(&path, &release, &options).unwrap()
    };
    let first = open(false);
    assert!(!first.from_cache());
    let second = open(false);
    assert!(second.from_cache());
    assert_eq!(first.index(), second.index());
    assert!(!open(true).from_cache(), "--verify-pack reads again");

    let file = fs::read_dir(&cache)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let whole = fs::read(&file).unwrap();
    let mut spoiled: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    spoiled.insert("empty", Vec::new());
    spoiled.insert("cut off", whole[..whole.len() / 2].to_vec());
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    spoiled.insert("a flipped bit", flipped);
    for (how, bytes) in spoiled {
        fs::write(&file, bytes).unwrap();
        let again = open(false);
        assert!(!again.from_cache(), "{how}");
        assert_eq!(again.index(), first.index(), "{how}");
    }
    assert!(open(false).from_cache(), "mended");
    fs::write(&path, Builder::esb().file("bin/new", "x").zip()).unwrap();
    let changed = open(false);
    assert!(!changed.from_cache());
    assert!(changed.index().entry("bin/new").is_some());
}

/// `WMPROV_PACK=pack.zip` holds a pack from elsewhere against the same reader: a lab pack, or a real one.
#[test]
fn a_pack_from_elsewhere_is_summed_up() {
    let Some(path) = std::env::var_os("WMPROV_PACK").map(PathBuf::from) else {
        println!("skipped: WMPROV_PACK names no pack");
        return;
    };
    let name = path.file_name().unwrap().to_str().unwrap();
    let catalogue = Catalogue::load(&[]).unwrap();
    let supported = |release: &&Arc<Release>| {
        release.separation == crate::catalogue::Separation::Supported
            && name.starts_with(&release.top)
    };
    let release = catalogue
        .iter()
        .find(supported)
        .expect("its name tells product and version");
    let pack = Pack::open(&path, release, &OpenOptions::default()).unwrap();
    let summary = pack.summary(release).unwrap();
    println!(
        "{} {}: {} files, {} bytes, {} bundles, lab {}, java {:?}",
        summary.name,
        summary.version,
        summary.files,
        summary.bytes,
        summary.bundles,
        summary.lab,
        summary.java
    );
    for profile in &summary.profiles {
        for cut in [&profile.t1, &profile.t2] {
            println!(
                "  {} of {} lines: {:?}, {} go",
                profile.name,
                profile.lines,
                cut.tier,
                cut.removed.len()
            );
            cut.obstacles
                .iter()
                .for_each(|obstacle| println!("    {obstacle}"));
        }
        assert!(
            profile.lines > 0 && !profile.t1.removed.is_empty(),
            "{}",
            profile.name
        );
    }
}
