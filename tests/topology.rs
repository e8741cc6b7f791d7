//! Pictures of clusters: the example inventories in every form, held against `cases/topology`
//! (`WMPROV_WRITE_CASES=1` writes them anew), and what must hold of every picture.

use std::fs;
use std::path::{Path, PathBuf};

use wmprov::cluster::{Cluster, derive};
use wmprov::inventory::Inventory;
use wmprov::report::{TopologyFormat, topology_page};
use wmprov::yaml::{Node, Place, Value};

use crate::cluster::{Brought, release};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn clusters(inventory: &str) -> Vec<Cluster> {
    let brought = Brought::beside(&root().join(inventory));
    let inventory = Inventory::load(&brought.file, &brought.options).unwrap();
    derive(&inventory, &release).unwrap()
}

/// Every example inventory, and one with more workers than fit in a row.
fn inventories() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("inventories"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .map(|name| format!("inventories/{name}"))
        .chain(["tests/cases/topology/many.yaml".to_owned()])
        .collect();
    names.sort();
    names
}

/// The pictures that are kept: name of the case, inventory, form, columns.
fn kept() -> Vec<(PathBuf, &'static str, TopologyFormat, usize)> {
    let inventories = [
        "inventories/pattern-1.yaml",
        "inventories/pattern-2.yaml",
        "inventories/pattern-3.yaml",
        "inventories/two-clusters.yaml",
        "inventories/one-host.yaml",
        "tests/cases/topology/many.yaml",
    ];
    let forms = [
        ("60.txt", TopologyFormat::Text, 60),
        ("80.txt", TopologyFormat::Text, 80),
        ("200.txt", TopologyFormat::Text, 200),
        ("svg", TopologyFormat::Svg, 0),
        ("mmd", TopologyFormat::Mermaid, 0),
    ];
    let mut kept = Vec::new();
    for inventory in inventories {
        for (ending, format, width) in forms {
            let name = Path::new(inventory).file_stem().unwrap().display();
            let case = format!("{name}.{ending}");
            kept.push((
                root().join("tests/cases/topology").join(case),
                inventory,
                format,
                width,
            ));
        }
    }
    kept
}

#[test]
fn the_pictures_of_the_examples_are_as_kept() {
    let mut wrong = Vec::new();
    for (case, inventory, format, width) in kept() {
        let page = topology_page(&clusters(inventory), format, width);
        if std::env::var_os("WMPROV_WRITE_CASES").is_some() {
            fs::create_dir_all(case.parent().unwrap()).unwrap();
            fs::write(&case, &page).unwrap();
        }
        if fs::read_to_string(&case).unwrap_or_default() != page {
            wrong.push(format!("{}:\n{page}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words of the one cluster that no picture may leave out.
fn said_of(clusters: &[Cluster]) -> Vec<String> {
    let mut said = Vec::new();
    for cluster in clusters {
        said.push(cluster.hostname.clone());
        said.extend(cluster.mgt_hostname.clone());
        let balancers = cluster.front.balancers.iter();
        said.extend(balancers.map(|balancer| balancer.host.clone()));
        for node in &cluster.nodes {
            said.extend([
                node.name.clone(),
                node.domain.clone(),
                node.member.to_string(),
            ]);
            said.push(format!("sub-domain {}", node.sub_domain));
        }
    }
    said
}

#[test]
fn every_picture_fits_and_leaves_nothing_out() {
    for inventory in inventories() {
        let clusters = clusters(&inventory);
        for width in [40, 60, 80, 120, 200] {
            let page = topology_page(&clusters, TopologyFormat::Text, width);
            for line in page.lines() {
                let columns = console::measure_text_width(line);
                assert!(
                    columns <= width,
                    "{inventory}: {columns} columns of {width}: {line}"
                );
            }
            assert!(!page.contains('\u{1b}'), "{inventory}: colour");
        }
        for (format, width) in [
            (TopologyFormat::Text, 200),
            (TopologyFormat::Svg, 0),
            (TopologyFormat::Mermaid, 0),
        ] {
            let page = topology_page(&clusters, format, width);
            for word in said_of(&clusters) {
                assert!(
                    page.contains(&word),
                    "{inventory}, {format:?}: no `{word}` in\n{page}"
                );
            }
        }
    }
}

/// A rectangle of a drawing: its class, left, top, right, bottom.
type Rectangle = (String, [i64; 4]);

fn rectangles(document: &roxmltree::Document<'_>) -> Vec<Rectangle> {
    let number = |node: &roxmltree::Node<'_, '_>, name| {
        node.attribute(name)
            .map_or(0, |text: &str| text.parse::<i64>().unwrap())
    };
    document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "rect")))
        .map(|node| {
            let (x, y) = (number(&node, "x"), number(&node, "y"));
            let (right, bottom) = (x + number(&node, "width"), y + number(&node, "height"));
            (
                node.attribute("class").unwrap().to_owned(),
                [x, y, right, bottom],
            )
        })
        .collect()
}

#[test]
fn a_drawing_is_xml_for_light_and_dark_and_nothing_in_it_collides() {
    for inventory in inventories() {
        let page = topology_page(&clusters(&inventory), TopologyFormat::Svg, 0);
        let document = roxmltree::Document::parse(&page).unwrap();
        assert!(page.contains("prefers-color-scheme: dark"));
        let rectangles = rectangles(&document);
        let (_, whole) = &rectangles[0];
        let solid = |class: &str| ["door", "active", "passive", "worker"].contains(&class);
        for (at, (class, one)) in rectangles.iter().enumerate() {
            assert!(
                one[2] <= whole[2] && one[3] <= whole[3],
                "{inventory}: {class} {one:?}"
            );
            for (other_class, other) in &rectangles[at + 1..] {
                let apart = one[2] <= other[0]
                    || other[2] <= one[0]
                    || one[3] <= other[1]
                    || other[3] <= one[1];
                let both = solid(class) && solid(other_class)
                    || class == "frame" && other_class == "frame";
                assert!(
                    apart || !both,
                    "{inventory}: {class} {one:?} and {other_class} {other:?}"
                );
            }
        }
        for class in page
            .split("class=\"")
            .skip(1)
            .flat_map(|rest| rest.split('"').next())
        {
            for word in class.split(' ') {
                assert!(
                    page.contains(&format!(".{word} {{")),
                    "{inventory}: no style for {word}"
                );
            }
        }
    }
}

#[test]
fn artifacts_go_where_the_inventory_says() {
    let mut clusters = clusters("inventories/pattern-2.yaml");
    let none = topology_page(&clusters, TopologyFormat::Text, 80);
    assert!(!none.contains("artifacts"), "{none}");
    let svn = Node::new(
        Value::String("svn".to_owned()),
        Place::start_of("inventory.yaml"),
    );
    clusters[0]
        .vars
        .insert("carbon_artifact_sync".to_owned(), svn);
    let page = |format| topology_page(&clusters, format, 80);
    assert!(
        page(TopologyFormat::Text).ends_with("\nartifacts: mgr1 ─▶ mgr2, wkr1, wkr2, by svn\n")
    );
    assert!(page(TopologyFormat::Mermaid).contains("c0n0 -.->|\"svn\"| c0n1 & c0n2 & c0n3\n"));
    assert!(page(TopologyFormat::Svg).contains("class=\"way sync\""));
}

#[test]
fn names_that_a_form_would_read_as_its_own_are_escaped() {
    let mut clusters = clusters("inventories/pattern-1.yaml");
    clusters[0].name = "a\"<b>&#c`".to_owned();
    let svg = topology_page(&clusters, TopologyFormat::Svg, 0);
    assert!(roxmltree::Document::parse(&svg).is_ok());
    assert!(svg.contains("a&quot;&lt;b&gt;&amp;#c`"), "{svg}");
    let mermaid = topology_page(&clusters, TopologyFormat::Mermaid, 0);
    assert!(mermaid.contains("a#quot;#lt;b#gt;&#35;c#96;"), "{mermaid}");
    assert_eq!(
        topology_page(&[], TopologyFormat::Text, 80),
        "no cluster: no group of the inventory sets `carbon_product`\n"
    );
}
