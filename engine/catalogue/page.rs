//! The catalogue as a page: what can be separated, what not, and what to know of each.

use std::fmt::Write as _;
use std::sync::Arc;

use super::library::Catalogue;
use super::release::{Access, Kernel, Release, Separation};

/// The reference page of all products, in Markdown.
#[must_use]
pub fn page(catalogue: &Catalogue) -> String {
    let mut page = String::from(INTRODUCTION);
    for releases in by_product(catalogue, true) {
        product(&mut page, &releases);
    }
    page.push_str(REFUSED);
    for releases in by_product(catalogue, false) {
        let Separation::None { reason, instead } = &releases[0].separation else {
            continue;
        };
        let versions = names(&releases);
        let name = &releases[0].name;
        // Writing to a String cannot fail.
        let _ok = writeln!(page, "| {name} | {versions} | {reason} | {instead} |");
    }
    page
}

/// Rows of `| product | key | versions |`, of those that can be separated.
#[must_use]
pub fn rows(catalogue: &Catalogue) -> Vec<String> {
    let row = |releases: &Vec<&Arc<Release>>| {
        let (name, key) = (&releases[0].name, &releases[0].product);
        format!("| {name} | `{key}` | {} |", names(releases))
    };
    by_product(catalogue, true).iter().map(row).collect()
}

/// The releases by product, those that can be separated or those that cannot.
fn by_product(catalogue: &Catalogue, separated: bool) -> Vec<Vec<&Arc<Release>>> {
    let mut products: Vec<Vec<&Arc<Release>>> = Vec::new();
    for release in catalogue.iter() {
        if (release.separation == Separation::Supported) != separated {
            continue;
        }
        match products.last_mut() {
            Some(last) if last[0].product == release.product => last.push(release),
            _ => products.push(vec![release]),
        }
    }
    products
}

fn names(releases: &[&Arc<Release>]) -> String {
    let names: Vec<&str> = releases
        .iter()
        .map(|release| release.version.as_str())
        .collect();
    names.join(", ")
}

fn product(page: &mut String, releases: &[&Arc<Release>]) {
    let first = releases[0];
    let mut parts = vec![Arc::as_ref(first)];
    parts.extend(first.components.values().map(Arc::as_ref));
    let _ok = writeln!(page, "\n## {} (`{}`)\n", first.name, first.product);
    for part in parts {
        let named = part
            .component
            .as_deref()
            .map(|name| format!("`carbon_component: {name}`. "));
        let ports: Vec<String> = part
            .ports
            .iter()
            .map(|port| port.number.to_string())
            .collect();
        let _ok = writeln!(
            page,
            "- {}Domain `{}`, member port {}, ports {}. Registry of workers: config {}, governance {}.",
            named.unwrap_or_default(),
            part.clustering.domain,
            part.clustering.member_port,
            ports.join(", "),
            access(part.registry.config),
            access(part.registry.governance),
        );
    }
    page.push_str("\n| version | kernel | Java | profile of workers | role kept by | proved on |\n|---|---|---|---|---|---|\n");
    for release in releases {
        let java: Vec<String> = release.java.iter().map(u16::to_string).collect();
        let inferred = match release.known {
            super::Known::Inferred => " (inferred)",
            super::Known::Proved => "",
        };
        let kept = if release.kernel < Kernel::WORKER_FLAG_IN_SCRIPT {
            "arguments of the launcher"
        } else {
            "the script's flag"
        };
        let proved = match release.unproved_stock() {
            true => format!("unproved stock: {}", release.stock.join(", ")),
            false => match &release.stock[1..] {
                [] => "its own files".to_owned(),
                more => format!("its own files, {} for what they lack", more.join(", ")),
            },
        };
        let _ok = writeln!(
            page,
            "| {} | {}{inferred} | {} | {} | {kept} | {proved} |",
            release.version,
            release.kernel,
            java.join(", "),
            worker(release),
        );
    }
    notes(page, releases);
}

fn worker(release: &Release) -> String {
    match (&release.profiles.worker, &release.profiles.worker_from) {
        (Some(name), Some(from)) => format!("`{name}`, made from `{from}`"),
        (Some(name), None) => format!("`{name}`"),
        (None, _) => "none".to_owned(),
    }
}

fn access(access: Access) -> &'static str {
    match access {
        Access::ReadOnly => "read only",
        Access::ReadWrite => "read and write",
    }
}

/// Each note once, with the versions that it holds for where it is not all.
fn notes(page: &mut String, releases: &[&Arc<Release>]) {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for release in releases {
        let parts = release.components.values().map(Arc::as_ref);
        for part in std::iter::once(Arc::as_ref(release)).chain(parts) {
            for note in &part.notes {
                match told.iter_mut().find(|(known, _)| known == note) {
                    Some((_, versions)) if versions.last() == Some(&release.version.as_str()) => {}
                    Some((_, versions)) => versions.push(&release.version),
                    None => told.push((note.clone(), vec![&release.version])),
                }
            }
        }
    }
    if !told.is_empty() {
        page.push('\n');
    }
    for (note, versions) in told {
        let of = if versions.len() == releases.len() {
            String::new()
        } else {
            format!(" ({})", versions.join(", "))
        };
        let _ok = writeln!(page, "- Note{of}: {note}.");
    }
}

const INTRODUCTION: &str = "\
# Products

What the catalogue (`playbooks/products/`) knows, as `wmprov pack products` shows it. Files of your own in `products/`
beside the inventory are laid over it. *Inferred*: that this version runs on that kernel follows from its neighbours; a pack that names another is refused, one that names it proves it.
*Unproved stock*: no file of exactly this version was at hand, so its edits are proved on those that are named. Plan,
report and `validate` say both, and the notes. `tests/cases/versions/` shows every line that differs from the stock.

Kernels up to 4.4.1 start the profile `worker` and no other under the worker flag. Patches that a pack ships
(`repository/components/patches/`) are foretold: `plugins` is what the first start would leave. Adding a version that
behaves like its neighbour is an entry of three lines: `like:`, `kernel:` and how it is `known:`.
";

const REFUSED: &str = "
## Refused

Managers and workers of these cannot be separated; they are refused before any connection.

| product | versions | why | what to do instead |
|---|---|---|---|
";
