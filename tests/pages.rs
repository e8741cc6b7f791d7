//! The pages of `docs/` that are made from the code say what the code does.

use std::path::Path;

use wmprov::catalogue;
use wmprov::commands;
use wmprov::modules::Registry;
use wmprov::playbook::{Playbook, Source};
use wmprov::report::TopologyFormat;

#[test]
fn the_page_of_the_modules_is_made_from_their_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/modules.md");
    let page = commands::modules(None).unwrap();
    if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == page,
        "docs/modules.md is old: WMPROV_WRITE_DOCS=1 cargo test writes it"
    );
}

/// `docs/products.md` whole, and in the README a row a product.
#[test]
fn the_page_of_the_products_is_made_from_the_catalogue() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("docs/products.md");
    let page = commands::products().unwrap();
    if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == page,
        "docs/products.md is old: WMPROV_WRITE_DOCS=1 cargo test writes it"
    );
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for row in catalogue::rows(&catalogue::Catalogue::load(&[]).unwrap()) {
        assert!(readme.contains(&row), "README.md lacks {row}");
    }
}

#[test]
fn the_page_of_troubles_is_made_from_the_checks() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md");
    let page = wmprov::cluster::explain::markdown();
    if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == page,
        "docs/troubleshooting.md is old: WMPROV_WRITE_DOCS=1 cargo test writes it"
    );
}

/// A page with each drawing made anew from the inventory that the comment above it names.
fn with_drawings(page: &str) -> String {
    let mut out = String::new();
    let mut within = false;
    let mut drawn = None;
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("<!-- drawn from ") {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name.trim_end_matches(" -->"));
            let options = commands::FileOptions {
                inventory: file,
                ..commands::FileOptions::default()
            };
            drawn = Some(commands::topology(&options, TopologyFormat::Mermaid, 0).unwrap());
        }
        let ends = within && line == "```";
        if within && !ends {
            continue;
        }
        within = false;
        out.push_str(line);
        out.push('\n');
        if line == "```mermaid" {
            within = true;
            out.push_str(&drawn.take().unwrap());
        }
    }
    out
}

#[test]
fn the_pages_of_the_patterns_have_the_drawings_of_the_examples() {
    for number in 1..=3 {
        let name = format!("docs/pattern-{number}.md");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        let page = std::fs::read_to_string(&path).unwrap();
        let wanted = with_drawings(&page);
        assert_eq!(wanted.matches("flowchart TB").count(), 1, "{name}");
        if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap() == wanted,
            "{name} is old: WMPROV_WRITE_DOCS=1 cargo test writes it"
        );
    }
}

#[test]
fn every_example_of_a_module_is_a_playbook_that_loads() {
    for module in Registry.all() {
        let spec = module.spec();
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "files/x",
            "templates/limits.conf.j2",
            "templates/carbon.service.j2",
            "templates/carbon.nginx.conf.j2",
            "templates/carbon.firewall.nft.j2",
            "templates/wmprov-firewall.service.j2",
        ] {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let indented: String = spec
            .example
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        let text = format!("- hosts: all\n  tasks:\n{indented}");
        std::fs::write(folder.path().join("play.yaml"), text).unwrap();
        let source = Source::Disk(folder.path().to_owned());
        let loaded = Playbook::load(&source, "play.yaml", &Registry);
        assert!(loaded.is_ok(), "{}: {:?}", spec.name, loaded.err());
    }
}

#[test]
fn the_built_in_playbook_loads() {
    let site = Playbook::load(&Source::Embedded, "site.yaml", &Registry).unwrap();
    let names: Vec<&str> = site.plays.iter().map(|play| play.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Hosts",
            "Java",
            "Homes",
            "nftables",
            "Firewalls",
            "Handing over",
            "Artifact stores",
            "Artifact sync",
            "No second sender",
            "Sender of artifacts",
            "Receivers of artifacts",
            "Load balancers",
            "Managers",
            "Workers",
            "Fronts",
            "Passive managers",
            "Firewalls at the end",
            "Artifacts"
        ]
    );
}

#[test]
fn a_file_that_is_no_pack_is_refused_with_its_reason() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "no zip").unwrap();
    let error = commands::inspect(file.path()).unwrap_err();
    assert_eq!(error.message(), "this pack cannot be used");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.ends_with("is not a zip, or is cut off"), "{cause}");
    assert!(error.way_out().is_some());
}
