//! What is said of a path besides its bytes: that it is absent, a folder, a link, and its mode.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Site, on_host, told, unpack};
use crate::carbon::digest::Digest;
use crate::carbon::home::{Content, Kind};
use crate::catalogue::Restart;

fn edits(rows: &[(&str, &str)]) -> String {
    let rows = rows
        .iter()
        .map(|(path, said)| format!("      - path: {path}\n        file:\n          - {said}\n"));
    format!("    carbon_edits:\n{}", rows.collect::<String>())
}

#[test]
fn a_home_has_what_is_said_of_its_paths() {
    let site = Site::small();
    let (before, _) = site.pair("");
    let (home, worker) = site.pair(&edits(&[
        ("LICENSE.txt", "mode: \"0664\""),
        ("bin/wso2server.bat", "link: wso2server.sh"),
        ("bin/site/empty", "state: directory"),
        ("bin/site", "mode: \"0750\""),
        (
            "repository/conf/axis2",
            "{ mode: \"0700\", when: node.role == 'manager' }",
        ),
        ("bin/wso2server.sh", "mode: \"0700\""),
    ]));
    let of = |path: &str| {
        let desired = home.get(path);
        desired.map(|desired| (desired.row.mode, desired.row.kind))
    };
    let folder = |mode| Some((mode, Kind::Folder));
    assert_eq!(of("LICENSE.txt").unwrap().0, 0o664);
    let link = Kind::Link("wso2server.sh".to_owned());
    assert_eq!(of("bin/wso2server.bat"), Some((0o777, link)));
    assert_eq!(of("bin/site/empty"), folder(0o755));
    assert_eq!(of("bin/site"), folder(0o750));
    assert_eq!(of("repository/conf/axis2"), folder(0o700));
    assert_eq!(worker.get("repository/conf/axis2").unwrap().row.mode, 0o755);
    // A mode is said of what edits make, and changes none of it.
    let script = home.get("bin/wso2server.sh").unwrap();
    let stock = before.get("bin/wso2server.sh").unwrap();
    assert_eq!((script.row.mode, script.row.kind), (0o700, stock.row.kind));
    assert!(matches!(
        script.content,
        Content::Pack | Content::Computed { .. }
    ));
    for idle in ["LICENSE.txt", "bin/wso2server.bat"] {
        assert_eq!(home.get(idle).unwrap().restart, Restart::None, "{idle}");
    }
    // A host's own tools find the very tree.
    let place = site.folder.path().join("home");
    unpack(&home, &place);
    let found = || on_host(home.rules(), &place);
    assert!(place.join("bin/wso2server.bat").is_symlink());
    assert_eq!(found(), home.tree_digest().to_string());
    fs::set_permissions(place.join("bin/site"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_ne!(found(), home.tree_digest().to_string());
}

#[test]
fn what_is_absent_is_so_with_all_below_it_and_over_an_overlay() {
    let site = Site::small();
    let laid = site.folder.path().join("more/dbscripts");
    fs::create_dir_all(&laid).unwrap();
    fs::write(laid.join("x.sql"), "x").unwrap();
    let overlay = "    carbon_overlays: [more]\n";
    let absent = edits(&[
        ("dbscripts", "state: absent"),
        ("bin/wso2server.bat", "state: absent"),
    ]);
    let before = site.pair(overlay).0;
    let home = site.pair(&format!("{overlay}{absent}")).0;
    for path in ["dbscripts", "dbscripts/x.sql", "bin/wso2server.bat"] {
        assert!(
            before.get(path).is_some() && home.get(path).is_none(),
            "{path}"
        );
    }
    assert_eq!(before.owned().count(), home.owned().count() + 3);
    assert!(
        home.rules().lists("bin/wso2server.bat"),
        "whoever puts it back is found"
    );
    let place = site.folder.path().join("home");
    unpack(&home, &place);
    assert_eq!(
        on_host(home.rules(), &place),
        home.tree_digest().to_string()
    );
    let at_start = home.iter().filter_map(|desired| desired.started());
    let lines: String = at_start.map(|row| row.line()).collect();
    assert_eq!(home.start_digest(), Digest::of(lines.as_bytes()));
}

#[test]
fn what_would_undo_more_is_refused_at_its_place() {
    let site = Site::small();
    let rows = [
        (
            "repository/conf/axis2/axis2.xml",
            "state: absent",
            "is what edits make it",
        ),
        ("repository/conf", "state: absent", "is what edits make it"),
        (
            "repository/conf/carbon.xml",
            "link: /tmp/x",
            "is what edits make it",
        ),
        ("bin", "link: /tmp/x", "`bin` is a folder"),
        (
            "repository/components",
            "state: absent",
            "the server needs the folder",
        ),
        (
            "no/such.file",
            "state: absent",
            "neither pack nor overlay has `no/such.file`",
        ),
        (
            "no/such.file",
            "mode: \"0600\"",
            "the Home has no `no/such.file`",
        ),
        (
            "LICENSE.txt",
            "state: directory",
            "`LICENSE.txt` is no folder",
        ),
        (
            "repository/logs/README",
            "state: absent",
            "is the server's own",
        ),
        ("LICENSE.txt", "mode: \"4755\"", "`4755` is no mode"),
        ("LICENSE.txt", "link: a b", "it may hold no blank"),
        ("LICENSE.txt", "state: gone", "`gone` is no state of a file"),
        ("LICENSE.txt", "moed: \"0600\"", "did you mean `mode`?"),
    ];
    let refused = |vars: &str| told(&site.homes(&site.cluster(vars)).unwrap_err());
    for (path, said, why) in rows {
        let text = refused(&edits(&[(path, said)]));
        let placed = text.starts_with("inventory.yaml:12: ");
        assert!(placed && text.contains(why), "{said} of {path}: {text}");
    }
    let open = edits(&[("repository/conf/user-mgt.xml", "mode: \"0644\"")]);
    let text = refused(&format!("    carbon_admin_password: hunter22\n{open}"));
    assert!(
        text.contains("would let every user of the host read it"),
        "{text}"
    );
}
