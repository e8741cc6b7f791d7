//! The picture as boxes for a terminal: it takes the columns it is given, and needs no colour.

use super::scene::{Domain, Group, Picture, Scene, Seat};
use crate::report::wrap::{hanging, length, wrapped};

/// Below this nothing can be drawn, whatever a terminal says.
const LEAST: usize = 24;

pub(super) fn page(picture: &Picture, width: usize) -> String {
    let width = width.max(LEAST);
    let mut lines = Vec::new();
    for scene in &picture.scenes {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        cluster(scene, width, &mut lines);
    }
    if !picture.shared_hosts.is_empty() {
        lines.extend([String::new(), "hosts with several nodes".to_owned()]);
        for (host, nodes) in &picture.shared_hosts {
            lines.extend(hanging(&format!("  {host}: "), &nodes.join(", "), width));
        }
    }
    if picture.scenes.is_empty() {
        lines.push("no cluster: no group of the inventory sets `carbon_product`".to_owned());
    }
    let mut page = lines.join("\n");
    page.push('\n');
    page
}

fn cluster(scene: &Scene, width: usize, lines: &mut Vec<String>) {
    lines.extend(wrapped(&scene.title, width));
    lines.push(String::new());
    let longest = scene.doors.iter().map(|door| length(door.who)).max();
    for door in &scene.doors {
        let who = padded(door.who, longest.unwrap_or(0));
        let stops = [&door.through, &door.to].map(|hosts| hosts.join(", "));
        let stops = stops.iter().filter(|stop| !stop.is_empty());
        let ways = stops.fold(door.name.clone(), |ways, stop| format!("{ways} ─▶ {stop}"));
        lines.extend(hanging(&format!("{who} ─▶ "), &ways, width));
    }
    let inner = inner_width(scene, width - 4);
    for domain in &scene.domains {
        lines.push(String::new());
        lines.extend(frame(domain, inner));
    }
    if let Some(sync) = &scene.sync {
        let ways = format!(
            "{} ─▶ {}, by {}",
            sync.from.join(", "),
            sync.to.join(", "),
            sync.by
        );
        lines.push(String::new());
        lines.extend(hanging("artifacts: ", &ways, width));
    }
}

/// One width for all frames of a cluster: what the widest row of boxes needs, or what there is.
fn inner_width(scene: &Scene, room: usize) -> usize {
    let groups = scene.domains.iter().flat_map(|domain| &domain.groups);
    let rows = groups.map(|group| group.seats.len() * (box_width(&group.seats) + 1) - 1);
    let titles = scene.domains.iter().map(|domain| length(&title(domain)));
    rows.chain(titles).max().unwrap_or(0).min(room)
}

fn title(domain: &Domain) -> String {
    format!("domain {}", domain.name)
}

fn frame(domain: &Domain, inner: usize) -> Vec<String> {
    let mut inside = Vec::new();
    for group in &domain.groups {
        inside.extend(wrapped(&format!("sub-domain {}", group.label), inner));
        inside.extend(boxes(group, inner));
    }
    for list in &domain.lists {
        inside.extend(hanging("", &list.sentence(), inner));
    }
    boxed(&title(domain), &inside, inner)
}

/// How wide a box must be for the longest of its lines.
fn box_width(seats: &[Seat]) -> usize {
    let texts = seats
        .iter()
        .flat_map(|seat| seat.lines.iter().chain([&seat.name]));
    texts.map(|text| length(text)).max().unwrap_or(0) + 4
}

/// The boxes of a group, as many in a row as there is room for.
fn boxes(group: &Group, room: usize) -> Vec<String> {
    let width = box_width(&group.seats).min(room);
    let in_a_row = ((room + 1) / (width + 1)).max(1);
    let mut lines = Vec::new();
    for row in group.seats.chunks(in_a_row) {
        let drawn: Vec<Vec<String>> = row.iter().map(|seat| inside_of(seat, width - 4)).collect();
        let height = drawn.iter().map(Vec::len).max().unwrap_or(0);
        let drawn: Vec<Vec<String>> = row
            .iter()
            .zip(drawn)
            .map(|(seat, mut inside)| {
                inside.resize(height, String::new());
                boxed(&seat.name, &inside, width - 4)
            })
            .collect();
        for at in 0..height + 2 {
            let parts: Vec<&str> = drawn.iter().map(|one| one[at].as_str()).collect();
            lines.push(parts.join(" "));
        }
    }
    lines
}

fn inside_of(seat: &Seat, room: usize) -> Vec<String> {
    seat.lines
        .iter()
        .flat_map(|line| wrapped(line, room))
        .collect()
}

/// Lines in a box with a title in its upper edge; `inner` columns are between the walls and their blanks.
fn boxed(title: &str, inside: &[String], inner: usize) -> Vec<String> {
    let title: String = title.chars().take(inner).collect();
    let edge = "─".repeat(inner - length(&title));
    let mut lines = vec![format!("┌ {title} {edge}┐")];
    for line in inside {
        lines.push(format!("│ {} │", padded(line, inner)));
    }
    lines.push(format!("└{}┘", "─".repeat(inner + 2)));
    lines
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(length(text))))
}
