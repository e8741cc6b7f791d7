//! The picture as SVG: sub-domains side by side, frames around domains, doors above, and colours that
//! follow the reader's light or dark. Everything is placed by counting letters of a fixed width.

use std::fmt::Write as _;

use super::scene::{Door, Picture, Scene, Seat, Standing};
use crate::report::wrap::wrapped;
use crate::report::xml::escaped;

/// The width of a letter and the height of a line, for a fixed-width font of 13 pixels.
const LETTER: usize = 8;
const LINE: usize = 18;
/// Between things, and inside edges.
const GAP: usize = 16;
/// Between two sub-domains, wide enough for an arrow with a word on it.
const AISLE: usize = 72;
/// A column of boxes that is longer than this gets a second one beside it.
const TALL: usize = 5;
/// The heights of a name and of a load balancer under it.
const DOOR: usize = 2 * LINE + GAP / 2;
const BALANCER: usize = 2 * LINE + GAP / 2;

const STYLE: &str = "<style>
  text { font: 13px ui-monospace, monospace; fill: #1f2328 }
  .page { fill: #ffffff } .title { font-weight: bold } .frame { fill: none; stroke: #8c959f }
  .door { fill: #f6f8fa; stroke: #57606a } .way { fill: none; stroke: #57606a; stroke-width: 1.5 }
  .head { fill: #57606a } .sync { stroke-dasharray: 6 4 }
  .active { fill: #ddf4ff; stroke: #0969da; stroke-width: 2.5 }
  .passive { fill: #f6f8fa; stroke: #0969da; stroke-dasharray: 4 3 }
  .worker { fill: #dafbe1; stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .page { fill: #0d1117 } .frame { stroke: #6e7681 }
    .door { fill: #161b22; stroke: #8b949e } .way { stroke: #8b949e } .head { fill: #8b949e }
    .active { fill: #0c2d6b; stroke: #58a6ff } .passive { fill: #161b22; stroke: #58a6ff }
    .worker { fill: #033a16; stroke: #3fb950 }
  }
</style>
<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"head\" d=\"M0 0L8 4L0 8z\"/></marker></defs>
";

pub(super) fn page(picture: &Picture) -> String {
    let mut sheet = Sheet {
        body: String::new(),
        width: 0,
        y: GAP,
    };
    for scene in &picture.scenes {
        sheet.cluster(scene);
    }
    for (host, nodes) in &picture.shared_hosts {
        sheet.text(
            GAP,
            sheet.y + LINE,
            "",
            &format!("{host} runs {}", nodes.join(", ")),
        );
        sheet.y += LINE;
    }
    let (width, height) = (sheet.width + GAP, sheet.y + GAP);
    let titles: Vec<&str> = picture
        .scenes
        .iter()
        .map(|scene| scene.title.as_str())
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{}</title>\n{STYLE}<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
        escaped(&titles.join("; ")),
        sheet.body
    )
}

/// A page that grows downwards.
struct Sheet {
    body: String,
    /// How far right anything reaches.
    width: usize,
    /// The first free line.
    y: usize,
}

/// A box on the page.
#[derive(Clone, Copy)]
struct Spot {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Spot {
    fn middle(self) -> usize {
        self.x + self.width / 2
    }
}

fn letters(text: &str) -> usize {
    text.chars().count() * LETTER
}

/// How wide and high the boxes of a cluster are: all the same.
fn box_size(scene: &Scene) -> (usize, usize) {
    let texts = scene
        .seats()
        .flat_map(|seat| seat.lines.iter().chain([&seat.name]));
    let widest = texts.map(|text| letters(text)).max().unwrap_or(0);
    let lines = scene
        .seats()
        .map(|seat| seat.lines.len() + 1)
        .max()
        .unwrap_or(1);
    (widest + 2 * GAP, lines * LINE + GAP)
}

impl Sheet {
    fn cluster(&mut self, scene: &Scene) {
        self.text(GAP, self.y + LINE, "title", &scene.title);
        let doors = self.y + 2 * LINE;
        let balanced = scene.doors.iter().any(|door| !door.through.is_empty());
        let top = doors + DOOR + AISLE / 2 + if balanced { BALANCER + AISLE / 2 } else { 0 };
        let mut placed = Placed::default();
        let mut x = GAP;
        let mut bottom = top;
        for domain in &scene.domains {
            let from = x;
            let mut low = top;
            for (at, group) in domain.groups.iter().enumerate() {
                let x_of_group = x + GAP + if at > 0 { AISLE - GAP } else { 0 };
                let spot = self.group(
                    scene,
                    &group.label,
                    &group.seats,
                    (x_of_group, top + LINE + GAP),
                    &mut placed,
                );
                x = spot.x + spot.width;
                low = low.max(spot.y + spot.height);
            }
            let title = format!("domain {}", domain.name);
            x = (x + GAP).max(from + letters(&title) + 2 * GAP);
            for list in &domain.lists {
                for line in wrapped(&list.sentence(), (x - from - 2 * GAP) / LETTER) {
                    low += LINE;
                    self.text(from + GAP, low, "", &line);
                }
            }
            low += GAP;
            let spot = Spot {
                x: from,
                y: top,
                width: x - from,
                height: low - top,
            };
            self.rect(spot, "frame");
            self.text(from + GAP, top + LINE, "title", &title);
            bottom = bottom.max(low);
            x += AISLE;
        }
        for door in &scene.doors {
            self.door(door, doors, &placed);
        }
        if let Some(sync) = &scene.sync {
            self.sync(&sync.by, &sync.from, &sync.to, &placed);
        }
        self.y = bottom + 2 * GAP;
    }

    /// The boxes of a sub-domain, in columns; gives what they take.
    fn group(
        &mut self,
        scene: &Scene,
        label: &str,
        seats: &[Seat],
        (x, y): (usize, usize),
        placed: &mut Placed,
    ) -> Spot {
        let (width, height) = box_size(scene);
        let columns = seats.len().div_ceil(TALL).max(1);
        let rows = seats.len().div_ceil(columns);
        let label = format!("sub-domain {label}");
        self.text(x, y + LINE, "", &label);
        let top = y + LINE + GAP / 2;
        for (at, seat) in seats.iter().enumerate() {
            let spot = Spot {
                x: x + (at % columns) * (width + GAP),
                y: top + (at / columns) * (height + GAP),
                width,
                height,
            };
            self.seat(seat, spot);
            placed.seats.push((seat.name.clone(), spot));
        }
        let doors = scene
            .doors
            .iter()
            .filter(|door| seats.iter().any(|seat| door.to.contains(&seat.name)));
        let least = doors
            .map(door_width)
            .max()
            .unwrap_or(0)
            .max(letters(&label));
        let spot = Spot {
            x,
            y,
            width: (columns * (width + GAP) - GAP).max(least),
            height: top - y + rows * (height + GAP),
        };
        placed
            .groups
            .push((seats.iter().map(|seat| seat.name.clone()).collect(), spot));
        spot
    }

    fn seat(&mut self, seat: &Seat, spot: Spot) {
        let class = match seat.standing {
            Standing::Active => "active",
            Standing::Passive => "passive",
            Standing::Worker => "worker",
        };
        self.rect(spot, class);
        self.text(spot.x + GAP, spot.y + LINE, "title", &seat.name);
        for (at, line) in seat.lines.iter().enumerate() {
            self.text(spot.x + GAP, spot.y + (at + 2) * LINE, "", line);
        }
    }

    /// A name above the sub-domain that it leads to.
    fn door(&mut self, door: &Door, y: usize, placed: &Placed) {
        let Some(group) = placed.group_of(&door.to) else {
            return;
        };
        let width = door_width(door);
        let spot = Spot {
            x: group.x,
            y,
            width,
            height: DOOR,
        };
        self.rect(spot, "door");
        self.text(spot.x + GAP, y + LINE, "", door.who);
        self.text(spot.x + GAP, y + 2 * LINE, "title", &door.name);
        let mut from = (spot.middle(), spot.y + spot.height);
        if !door.through.is_empty() {
            let balancer = Spot {
                y: from.1 + AISLE / 2,
                height: BALANCER,
                ..spot
            };
            self.rect(balancer, "door");
            self.text(balancer.x + GAP, balancer.y + LINE, "", "load balancer");
            let hosts = door.through.join(", ");
            self.text(balancer.x + GAP, balancer.y + 2 * LINE, "title", &hosts);
            self.way("way", from, (spot.middle(), balancer.y));
            from.1 = balancer.y + balancer.height;
        }
        self.way("way", from, (spot.middle(), group.y - LINE - GAP));
    }

    fn sync(&mut self, by: &str, from: &[String], to: &[String], placed: &Placed) {
        let workers = to.iter().rev().find_map(|name| placed.seat(name));
        let (Some(from), Some(to)) = (from.iter().find_map(|name| placed.seat(name)), workers)
        else {
            return;
        };
        let Some(group) = placed
            .groups
            .iter()
            .map(|(_, spot)| *spot)
            .find(|spot| (spot.x..spot.x + spot.width).contains(&to.x))
        else {
            return;
        };
        let y = from.y + from.height / 2;
        self.way("way sync", (from.x + from.width, y), (group.x, y));
        let x = group.x.saturating_sub(letters(by) + GAP);
        self.text(x, y - 4, "", by);
    }

    fn way(&mut self, class: &str, from: (usize, usize), to: (usize, usize)) {
        let (x1, y1) = from;
        let (x2, y2) = to;
        self.put(&format!(
            "<path class=\"{class}\" d=\"M{x1} {y1}L{x2} {y2}\" marker-end=\"url(#head)\"/>"
        ));
    }

    fn rect(&mut self, spot: Spot, class: &str) {
        let Spot {
            x,
            y,
            width,
            height,
        } = spot;
        self.width = self.width.max(x + width);
        self.put(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
        ));
    }

    fn text(&mut self, x: usize, y: usize, class: &str, text: &str) {
        self.width = self.width.max(x + letters(text));
        let class = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        self.put(&format!(
            "<text{class} x=\"{x}\" y=\"{y}\">{}</text>",
            escaped(text)
        ));
    }

    fn put(&mut self, element: &str) {
        // Writing to a String cannot fail.
        let _ok = writeln!(self.body, "{element}");
    }
}

fn door_width(door: &Door) -> usize {
    let texts = [door.name.as_str(), door.who, &door.through.join(", ")];
    texts.map(letters).into_iter().max().unwrap_or(0) + 2 * GAP
}

/// Where boxes and sub-domains have come to stand.
#[derive(Default)]
struct Placed {
    seats: Vec<(String, Spot)>,
    groups: Vec<(Vec<String>, Spot)>,
}

impl Placed {
    fn seat(&self, name: &str) -> Option<Spot> {
        let found = self.seats.iter().find(|(known, _)| known == name);
        found.map(|(_, spot)| *spot)
    }

    fn group_of(&self, names: &[String]) -> Option<Spot> {
        let found = self
            .groups
            .iter()
            .find(|(known, _)| names.iter().any(|name| known.contains(name)));
        found.map(|(_, spot)| *spot)
    }
}
