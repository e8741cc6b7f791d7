//! `wmprov pack inspect`: what a pack is, and what its own manifests say of taking the UI off workers.

use std::fmt::Write as _;
use std::path::Path;

use crate::carbon::bundle::{Tier, UiCut};
use crate::carbon::pack::Summary;
use crate::carbon::pack::top_of;
use crate::carbon::{OpenOptions, Pack};
use crate::catalogue::{Catalogue, Release, Separation};
use crate::yaml::{Error, Result};

/// The page of all products and versions that are known.
///
/// # Errors
/// Where the catalogue cannot be read.
pub fn products() -> Result<String> {
    Ok(crate::catalogue::page(&Catalogue::load(&[])?))
}

/// Tells what the pack `file` is.
///
/// # Errors
/// Where it is no pack of a known release, or is damaged: with the reason.
pub fn inspect(file: &Path) -> Result<String> {
    let beside = file.parent().unwrap_or(Path::new("")).join("products");
    let catalogue = Catalogue::load(&[beside])?;
    let releases: Vec<&Release> = catalogue
        .iter()
        .map(AsRef::as_ref)
        .filter(|release| release.separation == Separation::Supported)
        .collect();
    let named = |release: &&&Release| {
        file.file_name()
            .is_some_and(|name| *name == *release.pack.as_str())
    };
    // The file's name tells which release it should be; what lies inside has to agree. Of a renamed pack the folder
    // inside tells it.
    let tried: Vec<&Release> = match releases.iter().find(named) {
        Some(release) => vec![release],
        None => {
            let top = top_of(file).map_err(unusable)?;
            let same = releases
                .into_iter()
                .filter(|release| Some(&release.top) == top.as_ref());
            let same: Vec<&Release> = same.collect();
            if same.is_empty() {
                return Err(stranger(file, top));
            }
            same
        }
    };
    let mut refused = None;
    for release in tried {
        match Pack::open(file, release, &OpenOptions::default()) {
            Ok(pack) => {
                let summary = pack.summary(release).map_err(unusable)?;
                return Ok(page(&summary));
            }
            Err(error) => refused = Some(unusable(error)),
        }
    }
    Err(refused
        .unwrap_or_else(|| Error::new("the catalogue knows no release that can be separated")))
}

fn stranger(file: &Path, top: Option<String>) -> Error {
    let inside = top.map_or_else(
        || "has no folder at its top".to_owned(),
        |top| format!("begins with the folder `{}`", top.escape_debug()),
    );
    let message = format!(
        "`{}` {inside}, which is no pack that is known",
        file.display()
    );
    Error::new(message)
        .hint("`wmprov pack products` lists what is; an entry of your own stands in `products/` beside the pack")
}

fn unusable(error: crate::carbon::PackError) -> Error {
    let hint = error.way_out();
    Error::new("this pack cannot be used")
        .hint(hint)
        .because(error)
}

fn page(pack: &Summary) -> String {
    let mut page = String::new();
    let java: Vec<String> = pack.java.iter().map(u16::to_string).collect();
    let lab = if pack.lab {
        " (lab pack, not WSO2 code)"
    } else {
        ""
    };
    // Writing to a String cannot fail.
    let mut row = |name: &str, text: String| {
        let _ok = writeln!(page, "{name:8}  {text}");
    };
    row(
        "product",
        format!("{} ({}) {}{lab}", pack.name, pack.product, pack.version),
    );
    row(
        "kernel",
        format!(
            "{}; inside: {}",
            pack.kernel,
            pack.kernel_inside.as_deref().unwrap_or("not said")
        ),
    );
    row("java", java.join(", "));
    row("sha256", pack.sha256.to_string());
    row(
        "files",
        format!(
            "{}, {} bytes unpacked, {} bundles",
            pack.files, pack.bytes, pack.bundles
        ),
    );
    if !pack.patches.is_empty() {
        row(
            "patches",
            format!("{}, applied at the first start", pack.patches.join(", ")),
        );
    }
    for profile in &pack.profiles {
        let unread = match profile.unread {
            0 => String::new(),
            count => format!(", {count} without a readable manifest"),
        };
        row(
            "profile",
            format!("{}: {} bundles{unread}", profile.name, profile.lines),
        );
        for (name, wanted, cut) in [("T1", Tier::T1, &profile.t1), ("T2", Tier::T2, &profile.t2)] {
            row("", format!("{name}: {}", tier(wanted, cut)));
        }
    }
    page
}

fn tier(wanted: Tier, cut: &UiCut) -> String {
    if cut.tier == wanted {
        return format!("safe, {} bundles go", cut.removed.len());
    }
    let reasons: Vec<String> = cut
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.tier == wanted)
        .map(ToString::to_string)
        .collect();
    format!("not possible: {}", reasons.join("; "))
}
