//! Desired Homes of a small pack and of the stock files, held against what a host's own tools find.

mod databases;
mod moved;
mod standing;
mod stock_files;
mod vaulted;
mod versions;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Class, Content, DesiredHome, Kind, Stock, TreeRules, Workshop};
use crate::carbon::bundle::bundles_info;
use crate::carbon::pack::tests::Builder;
use crate::carbon::{Digest, OpenOptions, Pack};
use crate::catalogue::{Catalogue, Restart};
use crate::cluster::{Cluster, derive};
use crate::edit::bundles::NORMAL_FORM_SH;
use crate::inventory::{Inventory, LoadOptions};
use crate::yaml::Error;

const AXIS2: &str = "<axisconfig>\n  <clustering enable=\"false\">\n    \
    <parameter name=\"membershipScheme\">multicast</parameter>\n    \
    <parameter name=\"domain\">wso2.carbon.domain</parameter>\n    \
    <parameter name=\"localMemberHost\">127.0.0.1</parameter>\n    \
    <parameter name=\"localMemberPort\">4000</parameter>\n    \
    <parameter name=\"properties\">\n      <property name=\"a\" value=\"b\"/>\n    </parameter>\n    \
    <members>\n      <member>\n        <hostName>127.0.0.1</hostName>\n        \
    <port>4000</port>\n      </member>\n    </members>\n  </clustering>\n</axisconfig>\n";

const CARBON: &str = "<Server xmlns=\"http://wso2.org/projects/carbon/carbon.xml\">\n    \
    <!--HostName>www.wso2.org</HostName-->\n    <Ports>\n        <Offset>0</Offset>\n    \
    </Ports>\n</Server>\n";

const TASKS: &str = "<tasks-configuration>\n    <taskServerMode>AUTO</taskServerMode>\n    \
    <taskServerCount>1</taskServerCount>\n</tasks-configuration>\n";

const USERS: &str = "<UserManager>\n  <Realm>\n    <Configuration>\n      <AddAdmin>true</AddAdmin>\n      \
    <AdminUser>\n        <UserName>admin</UserName>\n        <Password>admin</Password>\n      \
    </AdminUser>\n    </Configuration>\n  </Realm>\n</UserManager>\n";

const SCRIPT: &str = "#!/bin/sh\nwhile true\ndo\n    $JAVACMD \\\n    -Dfile.encoding=UTF8 \\\n    \
    -DworkerNode=false \\\n    org.wso2.carbon.bootstrap.Bootstrap $*\ndone\n";

/// A pack of a few files with all that the base's edits touch.
fn small() -> Builder {
    filled(Builder::esb())
}

fn filled(builder: Builder) -> Builder {
    with_carbon(builder, CARBON)
}

fn with_carbon(builder: Builder, carbon: &str) -> Builder {
    builder
        .file("repository/conf/axis2/axis2.xml", AXIS2)
        .file("repository/conf/carbon.xml", carbon)
        .file("repository/conf/etc/tasks-config.xml", TASKS)
        .file("repository/conf/user-mgt.xml", USERS)
        .file("bin/wso2server.sh", SCRIPT)
        .file("bin/wso2server.bat", "@echo off\r\n")
        .file("repository/logs/README", "logs\n")
        .file("repository/database/WSO2CARBON_DB.h2.db", "h2")
        .file(
            "repository/deployment/server/axis2services/Version.aar",
            "aar",
        )
        .file("repository/components/default/null.ini", "-install\n/build")
        .file("repository/components/a file [1].txt", "odd")
        .file("tmp/README", "tmp")
        .file("LICENSE.txt", "Apache")
}

struct Site {
    folder: TempDir,
    pack: Arc<Pack>,
}

fn catalogue() -> Catalogue {
    Catalogue::load(&[]).unwrap()
}

impl Site {
    fn new(builder: Builder, product: &str, version: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = builder.write(folder.path());
        let release = catalogue().find(product, version).unwrap();
        let pack = Pack::open(&path, &release, &OpenOptions::default()).unwrap();
        Self {
            folder,
            pack: Arc::new(pack),
        }
    }

    fn small() -> Self {
        Self::new(small(), "esb", "4.9.0")
    }

    /// The cluster of pattern 1 with `vars` added, `workers` of them.
    fn cluster_of(&self, product: &str, version: &str, vars: &str, workers: usize) -> Cluster {
        let workers: String = (0..workers)
            .map(|at| format!("wkr{at}: {{ansible_host: 10.0.0.{}}}, ", at + 12))
            .collect();
        let text = format!(
            "all:\n  vars:\n    carbon_product: {product}\n    carbon_version: \"{version}\"\n    \
             carbon_hostname: esb.example.com\n    carbon_mgt_hostname: mgt.example.com\n    \
             java_home: /jdk\n    carbon_pack: pack.zip\n{vars}  children:\n    manager: {{hosts: \
             {{mgr: {{ansible_host: 10.0.0.11}}}}}}\n    worker: {{hosts: {{{workers}}}}}\n"
        );
        let file = self.folder.path().join("inventory.yaml");
        fs::write(&file, text).unwrap();
        let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
        let catalogue = catalogue();
        let lookup = |product: &str, version: &str| catalogue.find(product, version);
        derive(&inventory, &lookup).unwrap().remove(0)
    }

    fn cluster(&self, vars: &str) -> Cluster {
        self.cluster_of("esb", "4.9.0", vars, 2)
    }

    fn homes(&self, cluster: &Cluster) -> Result<Vec<DesiredHome>, Error> {
        let stock = Arc::new(Stock::read(Arc::clone(&self.pack), cluster)?);
        let workshop = Workshop::new(&stock);
        let homes = cluster.nodes.iter();
        homes
            .map(|node| DesiredHome::compute(cluster, node, &workshop))
            .collect()
    }

    /// The manager's and the first worker's.
    fn pair(&self, vars: &str) -> (DesiredHome, DesiredHome) {
        let mut homes = self.homes(&self.cluster(vars)).unwrap().into_iter();
        (homes.next().unwrap(), homes.next().unwrap())
    }
}

fn text(home: &DesiredHome, path: &str) -> String {
    match home.get(path).unwrap().content {
        Content::Computed(edited) => String::from_utf8(edited.bytes().to_vec()).unwrap(),
        Content::Pack => String::from_utf8(home.pack().read(path).unwrap().unwrap()).unwrap(),
        other => panic!("{path}: {other:?}"),
    }
}

/// Unpacks everything of a home with the system's tar.
fn unpack(home: &DesiredHome, into: &Path) {
    let file = into.with_extension("tar");
    let paths: Vec<String> = home.iter().map(|desired| desired.row.path).collect();
    let out = fs::File::create(&file).unwrap();
    home.stream(paths.iter().map(String::as_str), None, out)
        .unwrap();
    fs::create_dir_all(into).unwrap();
    let status = Command::new("tar")
        .args(["-xpf"])
        .arg(&file)
        .arg("-C")
        .arg(into)
        .status();
    assert!(status.unwrap().success());
}

/// What a host would do with the rules: find, hash, sort, hash.
fn on_host(rules: &TreeRules, home: &Path) -> String {
    let quoted = |words: &[String]| {
        let words = words.iter().map(|word| format!("'{word}'"));
        words.collect::<Vec<_>>().join(" ")
    };
    let prunes: Vec<String> = rules
        .prunes
        .iter()
        .map(|prune| format!("-path '{prune}'"))
        .collect();
    let script = format!(
        "cd '{}' || exit 1
        {{ find {} -maxdepth 0 -type d; find {} \\( {} \\) -prune -o -print; }} |
        while IFS= read -r path; do
            mode=$(stat -c %a \"$path\")
            if [ -h \"$path\" ]; then printf '%s\\t777 l %s\\n' \"$path\" \"$(readlink \"$path\")\"
            elif [ -d \"$path\" ]; then printf '%s\\t%s d -\\n' \"$path\" \"$mode\"
            else
                case \" {} \" in
                *\" $path \"*) sum=$(cat \"$path\" | {NORMAL_FORM_SH} | sha256sum) ;;
                *) sum=$(sha256sum < \"$path\") ;;
                esac
                printf '%s\\t%s f %s\\n' \"$path\" \"$mode\" \"${{sum%% *}}\"
            fi
        done | LC_ALL=C sort | tee rows.tmp | sha256sum | cut -d ' ' -f 1; rm -f rows.tmp",
        home.display(),
        quoted(&rules.folders),
        quoted(&rules.roots),
        prunes.join(" -o "),
        rules.normal.join(" ")
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_host_finds_the_same_digest_before_and_after_a_start() {
    let site = Site::small();
    let (_, worker) = site.pair("");
    let home = site.folder.path().join("home");
    unpack(&worker, &home);
    let wanted = worker.tree_digest().to_string();
    assert_eq!(on_host(worker.rules(), &home), wanted);

    // What a start writes (real-run 4).
    let put = |path: &str, text: &str| {
        let path = home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let info = bundles_info("worker");
    let rewritten = "a,1.0.0,../plugins/a_1.0.0.jar,4,true\norg.wso2.carbon.logging.propfile,1.0.0,\
         ../dropins/org.wso2.carbon.logging.propfile_1.0.0.jar,4,false\n";
    put(&info, rewritten);
    put(
        "repository/components/dropins/org.wso2.carbon.logging.propfile_1.0.0.jar",
        "x",
    );
    put("repository/components/default/null.ini", "-install\n/opt/x");
    put(
        "repository/components/worker/configuration/1763800000000.log",
        "x",
    );
    put(
        "repository/components/worker/configuration/org.eclipse.osgi/x/y",
        "x",
    );
    put(
        "repository/components/patches/.metadata/prePatchedDir.txt",
        "",
    );
    put("repository/conf/solr/core.xml", "x");
    put("repository/logs/wso2carbon.log", "x");
    put("repository/data/1.tm1.epoch", "x");
    put("repository/tenants/1/x", "x");
    put("repository/deployment/server/new.xml", "x");
    put("solr/data/x", "x");
    put("lib/tomcat/work/x", "x");
    put("wso2carbon.pid", "1");
    put("backup/of/somebody", "x");
    fs::remove_file(home.join("tmp/README")).unwrap();
    assert_eq!(
        on_host(worker.rules(), &home),
        wanted,
        "nothing of it is drift"
    );

    put("repository/components/dropins/foreign.jar", "x");
    assert_ne!(on_host(worker.rules(), &home), wanted, "a foreign jar is");
    fs::remove_file(home.join("repository/components/dropins/foreign.jar")).unwrap();
    assert_eq!(on_host(worker.rules(), &home), wanted);
    put(&info, &rewritten.replace("a,1.0.0", "b.ui,1.0.0"));
    assert_ne!(
        on_host(worker.rules(), &home),
        wanted,
        "a UI bundle that came back is"
    );
}

#[test]
fn rows_come_sorted_and_rules_list_exactly_the_owned_ones() {
    let (manager, worker) = Site::small().pair("");
    for home in [manager, worker] {
        let all: Vec<_> = home.iter().collect();
        assert!(all.is_sorted_by(|one, two| one.row.path < two.row.path));
        for desired in &all {
            let owned = desired.class == Class::Owned;
            assert_eq!(
                home.rules().lists(&desired.row.path),
                owned,
                "{}",
                desired.row.path
            );
        }
        assert!(!home.rules().lists("backup"));
        assert!(home.rules().lists("repository/components/dropins/x.jar"));
        assert_eq!(
            home.rules().roots,
            [
                "LICENSE.txt",
                "bin",
                "repository/components",
                "repository/conf",
                "repository/deployment",
            ]
        );
    }
}

#[test]
fn classes_follow_the_catalogue() {
    let (_, worker) = Site::small().pair("");
    let rows = [
        ("bin/wso2server.sh", Class::Owned),
        ("repository/components/dropins", Class::Owned),
        (
            "repository/deployment/server/axis2services/Version.aar",
            Class::Seeded,
        ),
        ("repository/database/WSO2CARBON_DB.h2.db", Class::Seeded),
        ("repository/components/default/null.ini", Class::Seeded),
        ("tmp", Class::Seeded),
        ("tmp/README", Class::Seeded),
    ];
    for (path, class) in rows {
        assert_eq!(worker.get(path).unwrap().class, class, "{path}");
    }
    assert_eq!(
        worker.get("bin/wso2server.bat").unwrap().restart,
        Restart::None
    );
    assert_eq!(
        worker
            .get("repository/components/dropins")
            .unwrap()
            .row
            .kind,
        Kind::Folder
    );
}

#[test]
fn roles_differ_where_they_must() {
    let site = Site::small();
    let (manager, worker) = site.pair("");
    let script = "bin/wso2server.sh";
    assert_eq!(text(&manager, script), SCRIPT);
    assert_eq!(text(&worker, script), SCRIPT.replace("=false", "=true"));
    let carbon = "repository/conf/carbon.xml";
    assert!(text(&manager, carbon).contains("<MgtHostName>mgt.example.com</MgtHostName>"));
    assert!(!text(&worker, carbon).contains("<MgtHostName>"));
    assert!(text(&worker, carbon).contains("<HostName>esb.example.com</HostName>"));
    assert!(text(&worker, carbon).contains("<!--HostName>www.wso2.org</HostName-->"));
    let info = |home: &DesiredHome, profile| text(home, &bundles_info(profile));
    assert!(info(&manager, "default").contains("b.ui"));
    assert!(
        info(&worker, "default").contains("b.ui"),
        "the other profile stays as shipped"
    );
    assert_eq!(
        info(&worker, "worker"),
        "#version=1\na,1.0.0,../plugins/a_1.0.0.jar,4,true\n"
    );
    assert_eq!(
        text(&worker, "repository/conf/hazelcast.properties"),
        "hazelcast.max.no.heartbeat.seconds=60\nhazelcast.max.no.master.confirmation.seconds=90\n"
    );
}

#[test]
fn a_bundle_that_others_need_does_not_go() {
    let builder = filled(Builder::esb_listing(&["c", "d"]))
        .bundle("c", &[("Export-Package", "p.q")], &[])
        .bundle(
            "d",
            &[("Import-Package", "p.q")],
            &["META-INF/services.xml"],
        );
    let site = Site::new(builder, "esb", "4.9.0");
    let without = |name: &str| {
        let vars = format!(
            "    carbon_edits:\n      - path: {}\n        bundles:\n          - remove: {name}\n",
            bundles_info("worker")
        );
        site.homes(&site.cluster(&vars))
    };
    assert!(without("d").is_ok(), "nobody needs it");
    let error = without("c").unwrap_err();
    assert_eq!(
        error.message(),
        "WM072 without `c` these no longer resolve: `d`, for which every start would wait for ever"
    );
    let place = error.place().map(ToString::to_string).unwrap_or_default();
    assert!(place.contains("inventory.yaml"), "{place}");
}

#[test]
fn a_new_member_changes_the_tree_and_restarts_nobody() {
    let site = Site::small();
    let homes = |workers| {
        site.homes(&site.cluster_of("esb", "4.9.0", "", workers))
            .unwrap()
    };
    let (before, after) = (homes(2), homes(3));
    let axis2 = "repository/conf/axis2/axis2.xml";
    for (old, new) in before.iter().zip(&after) {
        assert_ne!(old.tree_digest(), new.tree_digest());
        assert_eq!(old.start_digest(), new.start_digest());
        let old = text(old, axis2);
        assert_eq!(
            new.get(axis2).unwrap().cost_from(old.as_bytes()),
            Restart::Deferred
        );
    }
    assert_ne!(before[0].start_digest(), before[1].start_digest());
}

#[test]
fn a_change_costs_what_its_dearest_edit_costs() {
    let site = Site::small();
    let home = |vars: &str| site.pair(vars).1;
    let old = home("");
    let axis2 = "repository/conf/axis2/axis2.xml";
    let carbon = "repository/conf/carbon.xml";
    let rows = [
        ("", axis2, Restart::None),
        (
            "    carbon_domain: other.domain\n",
            axis2,
            Restart::WholeCluster,
        ),
        ("    carbon_member_port: 4200\n", axis2, Restart::Now),
        ("    carbon_offset: 1\n", carbon, Restart::Now),
    ];
    for (vars, path, cost) in rows {
        let new = home(vars);
        assert_eq!(
            new.get(path)
                .unwrap()
                .cost_from(text(&old, path).as_bytes()),
            cost,
            "{vars}"
        );
        assert_eq!(
            new.start_digest() == old.start_digest(),
            cost == Restart::None,
            "{vars}"
        );
    }
    let by_hand = text(&old, axis2).replace("value=\"b\"", "value=\"c\"");
    assert_eq!(
        old.get(axis2).unwrap().cost_from(by_hand.as_bytes()),
        Restart::Now
    );
    let info = bundles_info("worker");
    let sorted = "a,1.0.0,../plugins/a_1.0.0.jar,4,true\n";
    assert_eq!(
        old.get(&info).unwrap().cost_from(sorted.as_bytes()),
        Restart::None,
        "normal form"
    );
}

#[test]
fn overlays_and_own_edits_are_laid_over_the_pack() {
    let site = Site::small();
    let overlay = site.folder.path().join("more/repository/components/lib");
    fs::create_dir_all(&overlay).unwrap();
    fs::write(overlay.join("mysql-connector-5.1.jar"), "jar").unwrap();
    fs::create_dir_all(site.folder.path().join("more/etc")).unwrap();
    fs::write(site.folder.path().join("more/etc/x"), "x").unwrap();
    let vars = "    carbon_overlays: [more]\n    carbon_edits:\n      - path: \
                repository/conf/carbon.xml\n        xml:\n          - set: Ports/Offset\n            \
                to: \"{{ node.offset + 7 }}\"\n";
    let (manager, _) = site.pair(vars);
    let jar = manager
        .get("repository/components/lib/mysql-connector-5.1.jar")
        .unwrap();
    assert_eq!(jar.row.kind, Kind::File(Digest::of(b"jar")));
    assert!(manager.rules().roots.contains(&"etc".to_owned()));
    let made = "repository/components/dropins/mysql_connector_5.1_1.0.0.jar";
    assert!(
        !manager.rules().lists(made),
        "the launcher makes it (carbon 1.6)"
    );
    assert!(text(&manager, "repository/conf/carbon.xml").contains("<Offset>7</Offset>"));
    let home = site.folder.path().join("home");
    unpack(&manager, &home);
    assert_eq!(
        on_host(manager.rules(), &home),
        manager.tree_digest().to_string()
    );
}

#[test]
fn nodes_hold_equal_files_in_common() {
    let site = Site::small();
    let (manager, worker) = site.pair("");
    let bytes = |home: &DesiredHome, path: &str| match home.get(path).unwrap().content {
        Content::Computed(edited) => edited.bytes(),
        other => panic!("{other:?}"),
    };
    for (path, alike) in [
        ("repository/conf/hazelcast.properties", true),
        ("repository/conf/axis2/axis2.xml", false),
    ] {
        let (one, two) = (bytes(&manager, path), bytes(&worker, path));
        assert_eq!(std::sync::Arc::ptr_eq(&one, &two), alike, "{path}");
    }
}

#[test]
fn clusters_of_one_pack_hold_what_it_ships_in_common() {
    let site = Site::small();
    let one = site.cluster("");
    let stock = Arc::new(Stock::read(Arc::clone(&site.pack), &one).unwrap());
    let workshop = Workshop::new(&stock);
    for node in &one.nodes {
        DesiredHome::compute(&one, node, &workshop).unwrap();
    }
    let other = site.cluster("    carbon_domain: other.domain\n    carbon_worker_ui: keep\n");
    let beside = Arc::new(stock.for_another(&other).unwrap());
    assert!(Arc::ptr_eq(&stock.shipped, &beside.shipped));
    let alone = site.homes(&other).unwrap();
    let workshop = workshop.for_another(&beside);
    for (node, alone) in other.nodes.iter().zip(&alone) {
        let home = DesiredHome::compute(&other, node, &workshop).unwrap();
        assert_eq!(home.tree_digest(), alone.tree_digest(), "{}", node.name);
        assert_eq!(home.start_digest(), alone.start_digest(), "{}", node.name);
    }
}

#[test]
fn what_one_node_has_for_itself_is_made_again_when_it_is_asked_for() {
    let site = Site::small();
    let homes = site
        .homes(&site.cluster_of("esb", "4.9.0", "", 12))
        .unwrap();
    let path = "repository/conf/axis2/axis2.xml";
    let mut again = 0;
    for home in &homes {
        let desired = home.get(path).unwrap();
        let Content::Computed(edited) = &desired.content else {
            panic!("{:?}", desired.content);
        };
        let (one, two) = (edited.bytes(), edited.bytes());
        again += usize::from(!std::sync::Arc::ptr_eq(&one, &two));
        assert_eq!(one, two);
        assert_eq!(edited.length(), one.len() as u64);
        assert_eq!(desired.row.kind, Kind::File(Digest::of(&one)));
    }
    assert!(
        again > 0,
        "each worker's is its own: no more than a few are held"
    );
}

#[test]
fn what_no_server_reads_restarts_nobody() {
    let site = Site::small();
    let before = site.pair("").1;
    let overlay = site.folder.path().join("more");
    fs::create_dir_all(&overlay).unwrap();
    fs::write(overlay.join("LICENSE.txt"), "another").unwrap();
    let after = site.pair("    carbon_overlays: [more]\n").1;
    assert_ne!(before.tree_digest(), after.tree_digest());
    assert_eq!(before.start_digest(), after.start_digest());
    assert_eq!(after.get("LICENSE.txt").unwrap().restart, Restart::None);
}

/// The error's place (line), text, causes and hint.
fn told(error: &Error) -> String {
    let mut text = String::new();
    if let Some(place) = error.place() {
        text = format!(
            "{}:{}: ",
            place.file.file_name().unwrap().display(),
            place.line
        );
    }
    text.push_str(error.message());
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let hint = error.way_out().map(|hint| format!(" [{hint}]"));
    text + &hint.unwrap_or_default()
}

#[test]
fn an_overlay_that_cannot_be_edited_is_blamed_itself() {
    let site = Site::small();
    let below = site.folder.path().join("more/repository/conf");
    fs::create_dir_all(&below).unwrap();
    fs::write(below.join("carbon.xml"), "this is no XML").unwrap();
    let cluster = site.cluster("    carbon_overlays: [more]\n");
    let error = site.homes(&cluster).unwrap_err();
    let place = error.place().unwrap().to_string();
    assert!(
        place.ends_with("more/repository/conf/carbon.xml:1:1"),
        "{place}"
    );
    assert!(error.message().starts_with("the overlay's `"), "{error}");
    assert!(error.way_out().is_some());
}

#[test]
fn what_cannot_be_edited_names_file_and_place() {
    let site = Site::small();
    let own = |edit: &str| {
        let vars = format!("    carbon_edits:\n{edit}");
        told(&site.homes(&site.cluster(&vars)).unwrap_err())
    };
    let edit = |path: &str, verb: &str, target: &str| {
        own(&format!(
            "      - path: {path}\n        xml:\n          - {verb}: {target}\n            to: x\n"
        ))
    };
    let missing = edit("repository/conf/carbon.xml", "set", "Ports/Ofset");
    assert!(missing.starts_with("inventory.yaml:12: `repository/conf/carbon.xml` cannot be edited: `Ports/Ofset` is not there"), "{missing}");
    let file = edit("repository/conf/none.xml", "set", "a");
    assert!(
        file.starts_with("inventory.yaml:10: the pack has no `repository/conf/none.xml` to edit"),
        "{file}"
    );
    let verb = edit("repository/conf/carbon.xml", "sett", "Ports/Offset");
    assert!(
        verb.starts_with("inventory.yaml:12: the edit `sett` cannot be made"),
        "{verb}"
    );
    assert!(verb.ends_with("[did you mean `set`?]"), "{verb}");
}

#[test]
fn a_profile_that_the_pack_lacks_is_said_beforehand() {
    let builder = Builder::new("wso2esb-4.9.0")
        .file("bin/version.txt", "WSO2 Enterprise Service Bus v4.9.0\n")
        .file(&bundles_info("default"), "#version=1\n")
        .file("repository/conf/axis2/axis2.xml", AXIS2)
        .file("repository/conf/carbon.xml", CARBON)
        .file("repository/conf/etc/tasks-config.xml", TASKS)
        .file("bin/wso2server.sh", SCRIPT);
    let site = Site::new(builder, "esb", "4.9.0");
    let error = site.homes(&site.cluster("")).unwrap_err();
    assert!(
        told(&error).contains(
            "the pack has no profile `worker` for `wkr0` [it has `default` (carbon 1.2)]"
        ),
        "{}",
        told(&error)
    );
}

#[test]
fn a_file_with_a_secret_says_so() {
    let site = Site::small();
    let vars = "    carbon_admin_password: hunter22\n    carbon_edits:\n      - path: \
                repository/conf/carbon.xml\n        xml:\n          - ensure: Security/Password\n            \
                to: hunter22\n";
    let (manager, _) = site.pair(vars);
    assert!(manager.get("repository/conf/carbon.xml").unwrap().secret);
    assert!(!manager.get("bin/wso2server.sh").unwrap().secret);
    let mode = |path: &str| manager.get(path).unwrap().row.mode;
    assert_eq!(mode("repository/conf/carbon.xml"), 0o640);
    assert_eq!(mode("bin/wso2server.sh"), 0o755);
}

#[test]
fn the_first_start_makes_the_administrator_of_the_inventory() {
    let site = Site::small();
    let users = "repository/conf/user-mgt.xml";
    let (stock, _) = site.pair("");
    assert_eq!(text(&stock, users), USERS, "nobody named one");
    let vars = "    carbon_admin_user: operator\n    carbon_admin_password: 'hunter<22'\n";
    let (manager, worker) = site.pair(vars);
    let wanted = USERS
        .replace("<UserName>admin", "<UserName>operator")
        .replace("<Password>admin", "<Password>hunter&lt;22");
    assert_eq!(text(&manager, users), wanted);
    assert_eq!(
        text(&worker, users),
        wanted,
        "nodes may share one user store"
    );
    assert_eq!(manager.get(users).unwrap().row.mode, 0o640);
}
