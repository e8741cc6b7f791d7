//! The README's transcript is what a run on the hosts of `main_job` said; `WMPROV_WRITE_DOCS=1` writes it.
//!
//! Left out of it are progress, the order in which hosts that work at once were done, and (`…`) groups, users and folders,
//! a table of nodes that was shown before, and the lines around a changed one, which are the pack's.
//! Memory differs from run to run, so the README keeps its figures while nothing else has changed.

use std::path::PathBuf;
use std::process::Output;

use regex::Regex;

use crate::hosts::{Lab, Ran, note_words, root};

/// Before the block, in the README; it ends the line before the fence.
const MARK: &str =
    "<!-- Recorded by tests/transcript.rs; WMPROV_WRITE_DOCS=1 writes it again. -->\n```console\n";

/// What was typed and said, as a reader would see it on one screen.
#[derive(Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// Types a command of the program, where the inventory lies.
    pub(crate) fn wmprov(&mut self, lab: &Lab, verb: &str) -> Ran {
        let Output {
            status,
            stdout,
            stderr,
        } = lab
            .control(env!("CARGO_BIN_EXE_wmprov"))
            .args([verb, "inventory.yaml"])
            // As on a machine that has run it before, whatever other tests have done on this one.
            .env("XDG_STATE_HOME", remembering(lab))
            .current_dir(&lab.site)
            .output()
            .unwrap();
        note_words(status.code(), &[verb, "inventory.yaml"]);
        let ran = Ran {
            status: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            errors: String::from_utf8(stderr).unwrap(),
        };
        self.typed(&format!("wmprov {verb} inventory.yaml"));
        self.0.push_str(&told(&ran.errors));
        let out = self.without_repetition(&without_context(&ran.out));
        self.0.push_str(&out);
        ran
    }

    /// The table of nodes is shown once.
    fn without_repetition(&self, out: &str) -> String {
        match out.split_once("\n\n") {
            Some((table, nodes)) if without_figures(&self.0).contains(&without_figures(nodes)) => {
                format!("{table}\n…\n")
            }
            _ => out.to_owned(),
        }
    }

    /// Types a line of shell on a host.
    pub(crate) fn on(&mut self, lab: &Lab, host: &str, line: &str) {
        self.typed(&format!("ssh {host} \"{line}\""));
        self.0.push_str(&lab.tool(&["ssh", host, line]));
    }

    fn typed(&mut self, line: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&format!("$ {line}\n"));
    }

    /// Holds it against the README's.
    pub(crate) fn is_the_readmes(&self) {
        let path = root().join("README.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(MARK).expect("README.md has the mark");
        let (shown, after) = rest.split_once("```\n").expect("the block has an end");
        if without_figures(shown) == without_figures(&self.0) {
            return;
        }
        if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
            let text = &self.0;
            std::fs::write(path, format!("{before}{MARK}{text}```\n{after}")).unwrap();
            return;
        }
        panic!(
            "README.md shows another transcript (WMPROV_WRITE_DOCS=1 writes it):\n{}\nbut a run says\n{}",
            shown, self.0
        );
    }
}

fn remembering(lab: &Lab) -> PathBuf {
    let state = lab.site.join("state");
    std::fs::create_dir_all(state.join("wmprov/history")).unwrap();
    state
}

/// What was told while it ran: what changed, hosts in order where they worked at once.
fn told(errors: &str) -> String {
    let progress = |line: &&str| !line.starts_with("upload: ") && !line.starts_with("wait: ");
    let mut lines: Vec<&str> = errors.lines().filter(progress).collect();
    let ground = |line: &&str| {
        line.contains(": Group of ") || line.contains(": User of ") || line.contains(": Folder of ")
    };
    let left_out = lines.iter().any(ground);
    lines.retain(|line| !ground(line));
    for homes in
        lines.chunk_by_mut(|one, next| [one, next].iter().all(|line| line.contains(": Home ")))
    {
        homes.sort_unstable();
    }
    let mut text = String::from(if left_out { "…\n" } else { "" });
    lines
        .iter()
        .for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

/// Hunks without what stands around the change, and without its place: packs differ in that.
fn without_context(out: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_hunk = false;
    for line in out.lines() {
        in_hunk = line.starts_with("    +++ ") || in_hunk && line.starts_with("    ");
        let around = in_hunk && (line.starts_with("    @@ ") || line.starts_with("     "));
        lines.push(if around { "    …" } else { line });
    }
    lines.dedup_by(|one, before| one == before && *one == "    …");
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn without_figures(text: &str) -> String {
    let memory = Regex::new(r" +\d+ MB").unwrap();
    memory.replace_all(text, " N MB").into_owned()
}
