//! Patches laid over a pack, and zips that are none.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::carbon::pack::tests::{Builder, jar, release};
use crate::carbon::pack::{OpenOptions, cache};

const TOP: &str = "WSO2-CARBON-PATCH-4.4.0-0010";
const PLUGINS: &str = "repository/components/plugins";
const PATCHES: &str = "repository/components/patches";

/// An ESB 4.9.0 with the patches laid over it in turn; what is left of the last.
fn laid(patches: Vec<Builder>) -> Result<(Pack, Vec<String>), String> {
    let folder = tempfile::tempdir().unwrap();
    let release = release("esb", "4.9.0");
    let path = Builder::esb().write(folder.path());
    let mut pack = Pack::open(&path, &release, &OpenOptions::default()).unwrap();
    let mut left = Vec::new();
    let options = OpenOptions {
        cache: Some(folder.path().join("cache")),
        ..OpenOptions::default()
    };
    for (at, patch) in patches.into_iter().enumerate() {
        let path = folder.path().join(format!("patch-{at}.zip"));
        fs::write(&path, patch.zip()).unwrap();
        left = pack
            .lay_patch(&path, release.kernel, &options)
            .map_err(|error| {
                error
                    .to_string()
                    .replace(&format!("{}/", folder.path().display()), "")
            })?;
    }
    Ok((pack, left))
}

fn bundle(name: &str, patch: &str) -> Vec<u8> {
    let headers = [
        ("Bundle-SymbolicName", name),
        ("Bundle-Version", "1.0.0"),
        ("Patch", patch),
    ];
    jar(&headers, &[])
}

#[test]
fn a_patch_is_as_if_the_pack_had_brought_it() {
    let first = Builder::new(TOP)
        .file("README.txt", "read me")
        .file("LICENSE", "Apache")
        .file("dbscripts/alter.sql", "ALTER")
        .bytes("patch0010/a_1.0.0.jar", &bundle("a", "10"));
    let second = Builder::new("patch0011").bytes("a-hotfix.jar", &bundle("a", "11"));
    let (pack, left) = laid(vec![first]).unwrap();
    assert_eq!(left, ["dbscripts/alter.sql"]);
    assert_eq!(pack.patches(), ["patch0010"]);
    let read = |pack: &Pack, path: &str| pack.read(path).unwrap().unwrap();
    let at = format!("{PATCHES}/patch0010/a_1.0.0.jar");
    assert_eq!(read(&pack, &at), bundle("a", "10"));
    assert!(read(&pack, "bin/version.txt").starts_with(b"WSO2 Enterprise"));

    let first = Builder::new(TOP).bytes("patch0010/a_1.0.0.jar", &bundle("a", "10"));
    let (pack, left) = laid(vec![first, second]).unwrap();
    assert!(left.is_empty());
    let patched = pack.patched().unwrap();
    let last = format!("{PATCHES}/patch0011/a-hotfix.jar");
    assert_eq!(
        patched,
        BTreeMap::from([(format!("{PLUGINS}/a_1.0.0.jar"), last.clone())]),
        "the later number wins, under the bundle's own name"
    );
    assert_eq!(read(&pack, &last), bundle("a", "11"));
    let paths: Vec<&str> = pack
        .entries()
        .iter()
        .map(|entry| entry.path.as_str())
        .collect();
    assert!(paths.is_sorted());
}

/// A run that changes nothing does not inflate patches again either.
#[test]
fn the_index_of_a_patch_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let release = release("esb", "4.9.0");
    let path = Builder::esb().write(folder.path());
    let patch = folder.path().join("patch.zip");
    let jar = bundle("a", "10");
    fs::write(
        &patch,
        Builder::new(TOP).bytes("patch0010/a_1.0.0.jar", &jar).zip(),
    )
    .unwrap();
    let options = OpenOptions {
        cache: Some(folder.path().join("cache")),
        ..OpenOptions::default()
    };
    let opened = || {
        let mut pack = Pack::open(&path, &release, &options).unwrap();
        pack.lay_patch(&patch, release.kernel, &options).unwrap();
        pack
    };
    let first = opened();
    let kept = fs::read_dir(folder.path().join("cache")).unwrap().count();
    assert_eq!(kept, 2, "the pack's and the patch's");
    // What is read now is made of a lie in the cache, if it is made of the cache.
    let label = cache::Key::of(&patch, "a patch").unwrap();
    let mut lie: Index = cache::load(options.cache.as_deref().unwrap(), &label).unwrap();
    lie.patches.clear();
    cache::store(options.cache.as_deref().unwrap(), &label, &lie).unwrap();
    let again = opened();
    assert!(again.from_cache() && again.index().patches.is_empty());
    assert_eq!(again.entries(), first.entries());
    let at = format!("{PATCHES}/patch0010/a_1.0.0.jar");
    assert_eq!(again.read(&at).unwrap().unwrap(), jar);
}

#[test]
fn what_is_no_patch_of_this_product_is_refused() {
    let refused = |patches: Vec<Builder>| laid(patches).map(drop).unwrap_err();
    let ten = || Builder::new(TOP).bytes("patch0010/a_1.0.0.jar", &bundle("a", "10"));
    insta::assert_snapshot!(refused(vec![ten(), ten()]), @"the pack `patch-1.zip` is refused: `patch0010` is there already, in the pack or in a patch before it");
    insta::assert_snapshot!(refused(vec![Builder::new(TOP).file("patch10/a.jar", "x")]), @"the pack `patch-0.zip` is refused: it has no folder `patchNNNN` with files in it, so it is no patch");
    insta::assert_snapshot!(refused(vec![Builder::new(TOP).file("patch0000/a.jar", "x")]), @"the pack `patch-0.zip` is refused: it has no folder `patchNNNN` with files in it, so it is no patch");
    insta::assert_snapshot!(refused(vec![Builder::new("WSO2-CARBON-PATCH-4.2.0-0010").file("patch0010/a.jar", "x")]), @"the pack `patch-0.zip` is refused: it is a patch of kernel 4.2, the product runs on 4.4.1");
    insta::assert_snapshot!(refused(vec![Builder::new(TOP).file("patch0010/lib/a.jar", "x")]), @"the pack `patch-0.zip` holds `repository/components/patches/patch0010/lib`: what the first start makes of it is not foretold");
}
