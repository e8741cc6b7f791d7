//! What lies elsewhere in a Home than in its pack: patched plugins, a profile made from another.

use std::fs;

use super::{AXIS2, CARBON, Class, Site, TASKS, unpack};
use crate::carbon::bundle::bundles_info;
use crate::carbon::pack::tests::{Builder, jar};

const SCRIPT: &str = "#!/bin/bash\n$JAVACMD \\\n    org.wso2.carbon.bootstrap.Bootstrap $*\n";

/// A bundle whose manifest differs from any other patch's.
fn patched(name: &str, patch: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut headers = vec![
        ("Bundle-SymbolicName", name),
        ("Bundle-Version", "1.0.0"),
        ("Patch", patch),
    ];
    headers.extend(more);
    jar(&headers, &[])
}

/// A pack of kernel 4.2.0: an ESB, or an API Manager, which ships no profile `worker`.
fn pack(product: &str, version: &str, name: &str, profiles: &[&str]) -> Builder {
    let line = |name: &str| format!("{name},1.0.0,../plugins/{name}_1.0.0.jar,4,true\n");
    let info = format!("#version=1\n{}{}", line("a"), line("b.ui"));
    let builder = Builder::new(&format!("wso2{product}-{version}"))
        .file("bin/version.txt", &format!("WSO2 {name} v{version}\n"))
        .file("repository/conf/axis2/axis2.xml", AXIS2)
        .file("repository/conf/carbon.xml", CARBON)
        .file("repository/conf/etc/tasks-config.xml", TASKS)
        .file("bin/wso2server.sh", SCRIPT)
        .bundle("a", &[], &[])
        .bundle("b.ui", &[("Carbon-Component", "UIBundle")], &[]);
    profiles.iter().fold(builder, |builder, profile| {
        let folder = format!("repository/components/{profile}");
        builder
            .file(&bundles_info(profile), &info)
            .file(&format!("{folder}/configuration/config.ini"), profile)
            .file(&format!("{folder}/null.ini"), "-install\n/build")
    })
}

fn esb() -> Builder {
    pack(
        "esb",
        "4.8.1",
        "Enterprise Service Bus",
        &["default", "worker"],
    )
}

#[test]
fn plugins_are_as_the_first_start_leaves_them() {
    let patches = "repository/components/patches";
    // The second patch brings `a` once more, and `b.ui` under a name that the launcher mends.
    let builder = esb()
        .bytes(
            &format!("{patches}/patch0001/a_1.0.0.jar"),
            &patched("a", "1", &[]),
        )
        .bytes(
            &format!("{patches}/patch0002/a_1.0.0.jar"),
            &patched("a", "2", &[]),
        )
        .bytes(
            &format!("{patches}/patch0002/b-hotfix.jar"),
            &patched("b.ui", "2", &[("Carbon-Component", "UIBundle")]),
        )
        .bytes(
            &format!("{patches}/patch0002/new_2.jar"),
            &patched("new", "2", &[]),
        );
    let site = Site::new(builder, "esb", "4.8.1");
    let cluster = site.cluster_of("esb", "4.8.1", "", 2);
    let homes = site.homes(&cluster).unwrap();
    let home = site.folder.path().join("home");
    unpack(&homes[1], &home);
    let plugins = home.join("repository/components/plugins");
    let read = |name: &str| fs::read(plugins.join(name)).unwrap();
    assert_eq!(read("a_1.0.0.jar"), patched("a", "2", &[]));
    let ui = patched("b.ui", "2", &[("Carbon-Component", "UIBundle")]);
    assert_eq!(read("b.ui_1.0.0.jar"), ui);
    assert_eq!(
        read("new_1.0.0.jar"),
        patched("new", "2", &[]),
        "by its manifest"
    );
    assert_eq!(
        fs::read_dir(&plugins).unwrap().count(),
        3,
        "nothing under its patch's name"
    );
    let row = homes[1]
        .get("repository/components/plugins/new_1.0.0.jar")
        .unwrap();
    assert_eq!(row.class, Class::Owned);
    let rows: Vec<String> = homes[1].owned().map(|row| row.path).collect();
    assert!(rows.is_sorted());
    assert!(
        homes[1]
            .rules()
            .lists("repository/components/patches/patch0001/a_1.0.0.jar")
    );
    assert!(
        !homes[1]
            .rules()
            .lists("repository/components/patches/patch0000/a_1.0.0.jar")
    );
}

#[test]
fn a_patch_decides_what_is_ui() {
    // The patch makes of the UI bundle one that is none: it stays.
    let builder = esb().bytes(
        "repository/components/patches/patch0001/b.ui_1.0.0.jar",
        &patched("b.ui", "1", &[]),
    );
    let site = Site::new(builder, "esb", "4.8.1");
    let cluster = site.cluster_of("esb", "4.8.1", "", 2);
    let worker = &site.homes(&cluster).unwrap()[1];
    let info = super::text(worker, &bundles_info("worker"));
    assert!(info.contains("b.ui"), "{info}");
}

#[test]
fn what_cannot_be_foretold_is_refused() {
    let rows = [
        (
            "repository/components/servicepacks/servicepack0001/lib/a_1.0.0.jar",
            "servicepacks/servicepack0001",
        ),
        (
            "repository/components/patches/patch0001/dir/a_1.0.0.jar",
            "patch0001/dir",
        ),
    ];
    for (path, named) in rows {
        let site = Site::new(esb().file(path, "x"), "esb", "4.8.1");
        let cluster = site.cluster_of("esb", "4.8.1", "", 2);
        let error = site.homes(&cluster).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("not foretold"), "{cause}");
        assert!(cause.contains(named), "{cause}");
    }
    // A bundle that names itself a path would land there.
    let jar = "repository/components/patches/patch0001/a.jar";
    let evil = patched("../../../../etc/cron.d/x", "1.0.0", &[]);
    let site = Site::new(esb().bytes(jar, &evil), "esb", "4.8.1");
    let cluster = site.cluster_of("esb", "4.8.1", "", 2);
    let error = site.homes(&cluster).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains(jar), "{cause}");
}

/// Kernels up to 4.4.1 start `worker` and no other profile under the flag; API Manager has none of that name.
#[test]
fn a_profile_that_the_kernel_wants_is_made_from_the_parts_own() {
    let manager = "<APIManager><APIKeyValidator><ServerURL>x</ServerURL><KeyValidatorClientType>\
        ThriftClient</KeyValidatorClientType><EnableThriftServer>true</EnableThriftServer>\
        </APIKeyValidator></APIManager>";
    let builder = |profiles: &[&str]| {
        pack("am", "1.9.1", "API Manager", profiles)
            .file("repository/conf/api-manager.xml", manager)
    };
    let key = "    carbon_key_manager: \"km:9443\"\n";
    let site = Site::new(
        builder(&["default", "gateway-manager", "gateway-worker"]),
        "am",
        "1.9.1",
    );
    let cluster = site.cluster_of("am", "1.9.1", key, 2);
    let homes = site.homes(&cluster).unwrap();
    let home = site.folder.path().join("home");
    unpack(&homes[1], &home);
    let read = |path: &str| fs::read_to_string(home.join(path)).unwrap();
    let made = "repository/components/worker";
    assert_eq!(
        read(&format!("{made}/configuration/config.ini")),
        "gateway-worker"
    );
    assert!(!read(&bundles_info("worker")).contains("b.ui"));
    assert!(
        read(&bundles_info("gateway-worker")).contains("b.ui"),
        "its own stays"
    );
    assert!(read("bin/wso2server.sh").contains("Bootstrap -DworkerNode=true $*"));
    assert!(
        super::text(&homes[0], "bin/wso2server.sh")
            .contains("Bootstrap -Dprofile=gateway-manager $*")
    );
    assert_eq!(
        homes[1].get(&format!("{made}/null.ini")).unwrap().class,
        Class::Seeded
    );

    let site = Site::new(builder(&["default", "gateway-manager"]), "am", "1.9.1");
    let cluster = site.cluster_of("am", "1.9.1", key, 2);
    let error = site.homes(&cluster).unwrap_err();
    assert!(
        error
            .message()
            .contains("neither a profile `worker` nor `gateway-worker`"),
        "{error}"
    );
}
