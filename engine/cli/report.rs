//! `--report FILE`: what a run did, as a page for a browser, written at its end however it ended.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use wmprov::commands::{FileOptions, topology};
use wmprov::report::{RunPage, TopologyFormat, is_told, run_page};
use wmprov::run::{Event, Report, Verb, now};
use wmprov::yaml::{Error, Result, Secrets};

use crate::kept;

/// What happened, with the second of each, seen by whoever shows events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(Arc<Mutex<Vec<(u64, Event)>>>);

impl Record {
    /// Keeps an event that the page tells of.
    pub(crate) fn take(&self, event: &Event) {
        if is_told(event) {
            let mut happened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            happened.push((now(), event.clone()));
        }
    }
}

/// A page that is to be written.
#[derive(Debug)]
pub(crate) struct WantedReport {
    pub(crate) file: PathBuf,
    files: FileOptions,
    title: String,
    begun: u64,
    pub(crate) record: Record,
}

impl WantedReport {
    /// Begins now.
    ///
    /// # Errors
    /// The file cannot be written, or is none of ours: better known before the run than after it.
    pub(crate) fn begun(file: PathBuf, files: FileOptions, verb: Verb) -> Result<Self> {
        kept::writable(&file, &files.inventory, &["<!DOCTYPE html>"])?;
        let name = files.inventory.file_name().map(Path::new);
        let name = name.unwrap_or(&files.inventory).display();
        Ok(Self {
            file,
            title: format!("{verb} of {name}"),
            files,
            begun: now(),
            record: Record::default(),
        })
    }

    /// Writes the page.
    ///
    /// # Errors
    /// The file cannot be written, or the inventory no longer be read.
    pub(crate) fn write(
        &self,
        command: &str,
        report: &Report,
        secrets: &Secrets,
    ) -> Result<(), Vec<Error>> {
        let picture = topology(&self.files, TopologyFormat::Svg, 0)?;
        let happened = self.record.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = run_page(&RunPage {
            title: &self.title,
            command,
            time: (self.begun, now()),
            picture: &picture,
            happened: &happened,
            report,
            secrets,
        });
        // It shows how hosts are set up: that is nobody else's business, until somebody makes it so.
        kept::replace(&self.file, page.as_bytes(), 0o600).map_err(|error| vec![error])
    }
}
