//! Manifests, closure and the UI's cut: on bundles built here, and on the stock lists.

#![allow(clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::closure::Profile;
use super::manifest::{Bundle, read_manifest};
use super::ui::{Tier, cut};
use super::version::{Range, Version};
use crate::edit::bundles;

#[test]
fn ranges_hold_what_osgi_says() {
    let rows = [
        ("1.0", "1.0.0", true),
        ("1.0", "9", true),
        ("1.1", "1.0.9", false),
        ("[1.0,2.0)", "1.9.9.x", true),
        ("[1.0,2.0)", "2.0", false),
        ("[1,2]", "2.0.0", true),
        ("(1,2]", "1.0.0", false),
        ("[1.0.0.a,1.0.0.c)", "1.0.0.b", true),
        ("0", "0.0.0", true),
    ];
    for (range, version, wanted) in rows {
        let range: Range = range.parse().unwrap();
        let version: Version = version.parse().unwrap();
        assert_eq!(range.holds(&version), wanted, "{range:?} {version:?}");
    }
    assert!("[1,2".parse::<Range>().is_err());
    assert!("one".parse::<Version>().is_err());
}

fn bundle(name: &str, headers: &str) -> Bundle {
    let manifest =
        format!("Bundle-SymbolicName: {name};singleton:=true\nBundle-Version: 1.0.0\n{headers}\n");
    let path = format!("repository/components/plugins/{name}_1.0.0.jar");
    read_manifest(&path, manifest.as_bytes(), Vec::new()).unwrap()
}

#[test]
fn a_manifest_is_read_with_folds_quotes_and_optional_needs() {
    let manifest = "Manifest-Version: 1.0\r\nBundle-SymbolicName: a.b\r\nBundle-Version: 1.2.3.x\r\n\
        Import-Package: p;version=\"[1.0,2.0)\",q;resolution:=optional,r;version=\"\r\n 3\";x=\"a,b;c\"\r\n\
        Export-Package: s;t;version=\"1.5\";uses:=\"p,q\"\r\nRequire-Bundle: z;bundle-version=\"2\"\r\n\
        Carbon-Component: UIBundle\r\nAxis2Module: m\r\n\r\nName: other\r\nFragment-Host: no\r\n";
    let bundle = read_manifest("x.jar", manifest.as_bytes(), Vec::new()).unwrap();
    let names = |needs: &[super::Need]| {
        let names = needs.iter().map(|need| need.name.clone());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&bundle.imports), "p r");
    assert!(
        !bundle.imports[1].range.holds(&"2.9".parse().unwrap()),
        "the fold is joined"
    );
    assert_eq!(names(&bundle.requires), "z");
    let one_five: Version = "1.5".parse().unwrap();
    assert_eq!(
        bundle.exports,
        [("s".into(), one_five.clone()), ("t".into(), one_five)]
    );
    assert!(bundle.ui_component && bundle.host.is_none());
    assert_eq!(bundle.blocks.as_deref(), Some("Axis2Module"));
    assert_eq!(
        read_manifest("x.jar", b"Manifest-Version: 1.0\n", Vec::new()),
        None
    );
}

/// The bundles.info of these bundles, and the bundles by path.
fn info(mut bundles: Vec<Bundle>) -> (String, Vec<Bundle>) {
    bundles.sort_by(|one, two| one.path.cmp(&two.path));
    let line = |bundle: &Bundle| {
        let name = &bundle.name;
        format!("{name},1.0.0,../plugins/{name}_1.0.0.jar,4,true\n")
    };
    (bundles.iter().map(line).collect(), bundles)
}

fn fallout(bundles: Vec<Bundle>, removed: &[&str]) -> Vec<String> {
    let (text, bundles) = info(bundles);
    let lines = bundles::parse(text.as_bytes()).unwrap();
    let removed: BTreeSet<&str> = removed.iter().copied().collect();
    let fallout = Profile::new(&lines, &bundles).fallout(&removed);
    fallout.iter().map(|bundle| bundle.name.clone()).collect()
}

#[test]
fn the_closure_follows_every_kind_of_need() {
    let giver = || bundle("giver", "Export-Package: p;version=\"1.0\"");
    let rows = [
        ("Import-Package: p", true),
        ("Import-Package: p;version=\"[1,2)\"", true),
        ("Import-Package: p;resolution:=optional", false),
        ("Import-Package: p;version=\"2\"", false), // did not resolve before
        ("Import-Package: javax.swing", false),
        ("Require-Bundle: giver", true),
        ("Require-Bundle: giver;resolution:=optional", false),
        ("Fragment-Host: giver", true),
        (
            "Import-Package: p\nExport-Package: p;version=\"1.0\"",
            false,
        ), // gives it itself
    ];
    for (headers, falls) in rows {
        let found = fallout(vec![giver(), bundle("taker", headers)], &["giver"]);
        assert_eq!(found == ["taker"], falls, "{headers}");
    }
    let chain = vec![
        giver(),
        bundle("one", "Import-Package: p\nExport-Package: q"),
        bundle("two", "Import-Package: q"),
        bundle("apart", "Export-Package: z"),
    ];
    assert_eq!(fallout(chain, &["giver"]), ["one", "two"]);
    let second = vec![
        giver(),
        bundle("other", "Export-Package: p"),
        bundle("t", "Import-Package: p"),
    ];
    assert!(
        fallout(second, &["giver"]).is_empty(),
        "another one gives it"
    );
}

fn console() -> Vec<Bundle> {
    let ui = "Carbon-Component: UIBundle";
    vec![
        bundle("core", "Export-Package: core"),
        bundle(
            "org.wso2.carbon.ui",
            &format!("{ui}\nExport-Package: ui\nImport-Package: core"),
        ),
        bundle("x.service.ui", &format!("{ui}\nImport-Package: ui")),
        bundle("x.ui.menu.general", &format!("{ui}\nImport-Package: ui")),
        bundle("tenant.redirector.servlet.ui", "Import-Package: core"),
        bundle("x.ntask.core", ui),
        bundle(
            "x.styles",
            &format!("{ui}\nFragment-Host: org.wso2.carbon.ui"),
        ),
    ]
}

fn cut_of(bundles: Vec<Bundle>, ui_only: &[&str], wanted: Tier) -> (Tier, Vec<String>, String) {
    let (text, bundles) = info(bundles);
    let lines = bundles::parse(text.as_bytes()).unwrap();
    let ui_only: Vec<String> = ui_only.iter().map(|name| (*name).to_owned()).collect();
    let done = cut(&Profile::new(&lines, &bundles), &ui_only, wanted);
    let obstacles: Vec<String> = done.obstacles.iter().map(ToString::to_string).collect();
    (
        done.tier,
        done.removed.into_iter().collect(),
        obstacles.join("\n"),
    )
}

#[test]
fn t1_takes_ui_bundles_by_name_and_mark_and_leaves_the_console() {
    let (tier, removed, obstacles) = cut_of(console(), &[], Tier::T1);
    assert_eq!((tier, obstacles.as_str()), (Tier::T1, ""));
    assert_eq!(removed, ["x.service.ui", "x.ui.menu.general"]);
}

#[test]
fn t1_is_left_where_something_needs_a_ui_bundle() {
    let mut bundles = console();
    bundles.push(bundle(
        "y.ui",
        "Carbon-Component: UIBundle\nExport-Package: y",
    ));
    bundles.push(bundle("backend", "Import-Package: y\nAxis2Module: y"));
    let (tier, removed, obstacles) = cut_of(bundles, &[], Tier::T2);
    assert_eq!((tier, removed.len()), (Tier::Keep, 0));
    assert_eq!(
        obstacles,
        "`backend` no longer resolves without the UI, the start would wait for its `Axis2Module` for \
         ever, and the catalogue does not say that it serves the UI alone"
    );
}

#[test]
fn t2_takes_the_console_its_fragments_and_what_serves_it_alone() {
    let mut bundles = console();
    bundles.push(bundle("sso", "Import-Package: ui,sso.common"));
    bundles.push(bundle(
        "sso.common",
        "Import-Package: ui\nExport-Package: sso.common",
    ));
    let (tier, removed, _) = cut_of(bundles.clone(), &["sso", "sso.common"], Tier::T2);
    assert_eq!(tier, Tier::T2);
    let all = [
        "org.wso2.carbon.ui",
        "sso",
        "sso.common",
        "x.service.ui",
        "x.styles",
        "x.ui.menu.general",
    ];
    assert_eq!(removed, all);
    let (tier, removed, obstacles) = cut_of(bundles, &["sso.common"], Tier::T2);
    assert_eq!(
        (tier, removed.len()),
        (Tier::T1, 2),
        "one stands in the way"
    );
    assert!(
        obstacles.starts_with("`sso` no longer resolves"),
        "{obstacles}"
    );
}

fn stock() -> Option<PathBuf> {
    let folder = match std::env::var_os("WMPROV_SHARED") {
        Some(shared) => PathBuf::from(shared),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    }
    .join("carbon");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no stock files at {}", folder.display());
    None
}

/// The stock list of a tree's bundles: names, marks, fragment hosts; imports are not in it.
fn listed(tree: &Path) -> Vec<Bundle> {
    let table = fs::read_to_string(tree.join("bundles-manifest.tsv")).unwrap();
    let mut bundles = Vec::new();
    for line in table.lines().skip(2) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[4] != "ok" {
            continue;
        }
        let mut headers = String::new();
        if fields[5] == "UIBundle" {
            headers.push_str("Carbon-Component: UIBundle\n");
        }
        if !fields[7].is_empty() {
            headers.push_str(&format!("Fragment-Host: {}\n", fields[7]));
        }
        // In these trees the bundles that import the console's packages and are no UI are its fallout.
        if fields[13] == "yes" {
            headers.push_str("Require-Bundle: org.wso2.carbon.ui\n");
        }
        let manifest = format!(
            "Bundle-SymbolicName: {}\nBundle-Version: 1\n{headers}\n",
            fields[0]
        );
        let path = format!(
            "repository/components/{}",
            fields[2].trim_start_matches("../")
        );
        bundles.push(read_manifest(&path, manifest.as_bytes(), Vec::new()).unwrap());
    }
    bundles.sort_by(|one, two| one.path.cmp(&two.path));
    bundles
}

#[test]
fn the_counts_of_carbon_1_7_come_out() {
    let Some(folder) = stock() else { return };
    let rows = [
        ("wso2esb-4.9.0", "worker", 110),
        ("wso2esb-5.0.0", "worker", 103),
        ("wso2am-1.8.0", "gateway-worker", 47),
        ("wso2am-2.0.0", "gateway-worker", 40),
        ("wso2bam-2.5.0", "default", 48),
        ("wso2cep-4.0.0", "worker", 24),
    ];
    for (tree, profile, wanted) in rows {
        let tree = folder.join(tree);
        let bundles = listed(&tree);
        let text = fs::read(tree.join(super::bundles_info(profile))).unwrap();
        let lines = bundles::parse(&text).unwrap();
        let done = cut(&Profile::new(&lines, &bundles), &[], Tier::T1);
        assert_eq!(
            done.tier,
            Tier::T1,
            "{}: {:?}",
            tree.display(),
            done.obstacles
        );
        let gone = lines
            .iter()
            .filter(|line| done.removed.contains(line.symbolic_name));
        assert_eq!(gone.count(), wanted, "{}", tree.display());
    }
}
