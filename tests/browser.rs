//! Pages for a browser, looked at in a real one: nothing is wider than a phone, nothing is said on the console, and
//! pictures of them are left in `target/artifacts` for whoever wants to see.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::hosts::root;

/// A phone's width and a desk's, in CSS pixels.
const WIDTHS: [u32; 2] = [360, 1200];

/// Looks at a page that a run of the program has left: on screens, and on paper.
pub(crate) fn looks_right(page: &Path) {
    let text = std::fs::read_to_string(page).unwrap();
    assert!(!text.contains("<script"), "a report needs no script");
    assert!(
        !text.contains("://") || !text.contains("src="),
        "nothing comes from elsewhere"
    );
    fits(page);
    prints(page);
}

/// Nothing of a hunk is cut off on paper, however long its lines: all that stands in the page's boxes is in the print, which is
/// left beside the pictures.
fn prints(page: &Path) {
    let name = page.file_stem().unwrap().to_str().unwrap();
    let print = artifacts().join(format!("{name}.pdf"));
    let _older = std::fs::remove_file(&print);
    let to = format!("--print-to-pdf={}", print.display());
    chromium(&["--no-pdf-header-footer", &to], page);
    // In the order in which it is drawn, not by its place.
    let told = Command::new("pdftotext")
        .arg("-raw")
        .arg(&print)
        .arg("-")
        .output()
        .expect("tests/run installs poppler-utils");
    assert!(told.status.success(), "{told:?}");
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let printed = squeezed(&String::from_utf8(told.stdout).unwrap());
    let text = std::fs::read_to_string(page).unwrap();
    let boxes: Vec<&str> = text
        .split("<pre>")
        .skip(1)
        .map(|rest| rest.split_once("</pre>").unwrap().0)
        .collect();
    assert!(!boxes.is_empty(), "{} has no hunk", page.display());
    let tag = regex::Regex::new("<[^>]*>").unwrap();
    for line in boxes.iter().flat_map(|text| text.lines()) {
        let mut line = tag.replace_all(line, "").into_owned();
        for (entity, sign) in [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&amp;", "&"),
        ] {
            line = line.replace(entity, sign);
        }
        assert!(printed.contains(&squeezed(&line)), "not printed: {line}");
    }
}

/// Where pictures are left.
fn artifacts() -> PathBuf {
    let folder = root().join("target/artifacts");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Opens a page at each width, and leaves a picture of it.
pub(crate) fn fits(page: &Path) {
    for width in WIDTHS {
        let (wide, long) = measured(page, width);
        assert!(
            wide <= width,
            "{} is {wide} wide at {width}",
            page.display()
        );
        assert!(long > 300, "{} shows {long} letters", page.display());
        photographed(page, width);
    }
}

/// How wide the page lays itself out in a frame of this width, and how many letters it shows.
fn measured(page: &Path, width: u32) -> (u32, u32) {
    let name = page.file_name().unwrap().to_str().unwrap();
    let frame = page.with_file_name(format!("frame-{width}-{name}"));
    let script = "const d = document.getElementById('f').contentDocument;\
                  document.getElementById('m').textContent = \
                  d.documentElement.scrollWidth + ' ' + d.body.innerText.length;";
    let wrapped = format!(
        "<!DOCTYPE html><iframe id=f src=\"{name}\" style=\"border:0;width:{width}px;height:900px\"></iframe>\
         <p id=m></p><script>onload = () => {{ {script} }}</script>"
    );
    std::fs::write(&frame, wrapped).unwrap();
    let dom = chromium(&["--allow-file-access-from-files", "--dump-dom"], &frame);
    std::fs::remove_file(&frame).unwrap();
    let measures = dom.split_once("<p id=\"m\">").unwrap().1;
    let measures = measures.split_once('<').unwrap().0;
    let (wide, long) = measures.split_once(' ').unwrap_or_else(|| panic!("{dom}"));
    (wide.parse().unwrap(), long.parse().unwrap())
}

fn photographed(page: &Path, width: u32) {
    let name = page.file_stem().unwrap().to_str().unwrap();
    let picture = artifacts().join(format!("{name}-{width}.png"));
    let _older = std::fs::remove_file(&picture);
    let shot = format!("--screenshot={}", picture.display());
    let size = format!("--window-size={width},1600");
    chromium(&[&size, &shot], page);
    let bytes = std::fs::read(&picture).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"), "{}", picture.display());
}

/// What the browser writes; what a page says on its console is a fault.
fn chromium(arguments: &[&str], page: &Path) -> String {
    let profile = tempfile::tempdir().unwrap();
    let ran = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        .args([
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            "--no-first-run",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("tests/run installs chromium");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    let console: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(console.is_empty(), "{console:?}");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}
