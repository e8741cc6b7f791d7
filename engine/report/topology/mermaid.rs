//! The picture as a Mermaid flowchart, for Markdown pages that draw one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::scene::{Picture, Scene, Standing};

pub(super) fn page(picture: &Picture) -> String {
    let mut page = String::from("flowchart TB\n");
    for (at, scene) in picture.scenes.iter().enumerate() {
        cluster(&mut page, scene, at);
    }
    for (at, (host, nodes)) in picture.shared_hosts.iter().enumerate() {
        let label = label(&[&format!("{host} runs"), &nodes.join(", ")]);
        line(&mut page, 1, &format!("h{at}>{label}]"));
    }
    page.push_str(STYLES);
    page
}

/// Mermaid's own text colour follows the reader's theme, so only edges are coloured.
const STYLES: &str = "  classDef active stroke:#0969da,stroke-width:3px
  classDef passive stroke:#0969da,stroke-dasharray:4 3
  classDef worker stroke:#1a7f37,stroke-width:2px
";

fn cluster(page: &mut String, scene: &Scene, at: usize) {
    let mut ids = BTreeMap::new();
    line(
        page,
        1,
        &format!("subgraph c{at}[{}]", label(&[&scene.title])),
    );
    for (number, domain) in scene.domains.iter().enumerate() {
        let title = label(&[&format!("domain {}", domain.name)]);
        line(page, 2, &format!("subgraph c{at}d{number}[{title}]"));
        for (group_number, group) in domain.groups.iter().enumerate() {
            let title = label(&[&format!("sub-domain {}", group.label)]);
            line(
                page,
                3,
                &format!("subgraph c{at}d{number}s{group_number}[{title}]"),
            );
            for seat in &group.seats {
                let id = format!("c{at}n{}", ids.len());
                let lines: Vec<&str> = std::iter::once(&seat.name)
                    .chain(&seat.lines)
                    .map(String::as_str)
                    .collect();
                let class = class(seat.standing);
                line(page, 4, &format!("{id}[{}]:::{class}", label(&lines)));
                ids.insert(seat.name.as_str(), id);
            }
            line(page, 3, "end");
        }
        for (list_number, list) in domain.lists.iter().enumerate() {
            let text = label(&[&list.sentence()]);
            line(page, 3, &format!("c{at}d{number}l{list_number}>{text}]"));
        }
        line(page, 2, "end");
    }
    line(page, 1, "end");
    let mut balancers: BTreeMap<&str, String> = BTreeMap::new();
    for (number, door) in scene.doors.iter().enumerate() {
        let who = label(&[door.who]);
        line(page, 1, &format!("c{at}p{number}([{who}])"));
        let person = format!("c{at}p{number}");
        if door.through.is_empty() {
            arrow(page, &person, "-->", &door.name, &known(&ids, &door.to));
        }
        for host in &door.through {
            let fresh = format!("c{at}b{}", balancers.len());
            let id = balancers
                .entry(host.as_str())
                .or_insert_with(|| fresh.clone());
            if *id == fresh {
                line(
                    page,
                    1,
                    &format!("{id}{{{{{}}}}}", label(&[host, "load balancer"])),
                );
            }
            arrow(page, &person, "-->", &door.name, &[id.as_str()]);
            line(
                page,
                1,
                &format!("{id} --> {}", known(&ids, &door.to).join(" & ")),
            );
        }
    }
    if let Some(sync) = &scene.sync {
        for from in known(&ids, &sync.from) {
            arrow(page, from, "-.->", &sync.by, &known(&ids, &sync.to));
        }
    }
}

fn known<'a>(ids: &'a BTreeMap<&str, String>, names: &[String]) -> Vec<&'a str> {
    names
        .iter()
        .filter_map(|name| ids.get(name.as_str()).map(String::as_str))
        .collect()
}

fn arrow(page: &mut String, from: &str, arrow: &str, text: &str, to: &[&str]) {
    let text = label(&[text]);
    line(
        page,
        1,
        &format!("{from} {arrow}|{text}| {}", to.join(" & ")),
    );
}

fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Passive => "passive",
        Standing::Worker => "worker",
    }
}

fn line(page: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ok = writeln!(page, "{}{text}", "  ".repeat(depth));
}

/// Lines as one quoted label; what Mermaid would read as markup is written as its entity.
fn label(lines: &[&str]) -> String {
    let entity = |text: &&str| {
        text.chars().fold(String::new(), |mut out, letter| {
            match letter {
                '"' => out.push_str("#quot;"),
                '#' => out.push_str("#35;"),
                '<' => out.push_str("#lt;"),
                '>' => out.push_str("#gt;"),
                '`' => out.push_str("#96;"),
                other => out.push(other),
            }
            out
        })
    };
    let lines: Vec<String> = lines.iter().map(entity).collect();
    format!("\"{}\"", lines.join("<br/>"))
}
