//! The first minutes with the program: the demo, `init`, `version`, every example of every `--help`, and the page that
//! leads a newcomer.

mod demo;
mod examples;
mod init;
mod vagrant;
mod wrong;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::hosts::note_words;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wmprov");

fn wmprov(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    note_words(output.status.code(), arguments);
    output
}

/// Exit code, standard output and standard error, as one text.
fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
