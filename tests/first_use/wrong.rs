//! What a newcomer types wrong is told with the way on, and reaches no host.

use super::{said, wmprov};

#[test]
fn what_is_typed_wrong_is_told_with_the_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "init --product esb --version 5.0.0 --managers 10.0.0.11 --workers 10.0.0.21,10.0.0.22 \
        --hostname esb.example.com";
    let made = wmprov(
        folder.path(),
        &arguments.split_whitespace().collect::<Vec<_>>(),
    );
    assert!(made.status.success(), "{}", said(&made));
    for (line, told) in [
        ("", "  init          Write a first inventory"),
        ("aply inventory.yaml", "'apply'"),
        ("plan", "<INVENTORY>"),
        ("plan inventory.yml", "hint: did you mean `inventory.yaml`?"),
        ("plan esb/inventory.yaml", "the folder that you are in"),
        ("plan cluster.yaml", "`wmprov init` writes a first one"),
        ("apply --dry-run cluster.yaml", "cannot read `cluster.yaml`"),
        ("plan .", "name the inventory file inside it"),
        (
            "plan inventory.yaml",
            "`carbon_pack` names the product's zip",
        ),
        ("explain WM44", "did you mean `WM044`?"),
    ] {
        let answer = wmprov(folder.path(), &line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(answer.status.code(), Some(2), "{line}: {}", said(&answer));
        assert!(said(&answer).contains(told), "{line}: {}", said(&answer));
    }
}
