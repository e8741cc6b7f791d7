//! What `drift --keep` leaves for the next check, and the pages that are replaced at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use wmprov::commands::{earlier_report, kept_report, state_folder};
use wmprov::drift::DriftReport;
use wmprov::report::{Format, Paint, drift_page};
use wmprov::run::is_saved_plan;
use wmprov::yaml::{Error, Result};

use crate::arguments::NightlyArgs;

/// The report of last night, and the lock that keeps two checks from writing it both. The system gives the
/// lock back when the process ends, however it ends.
pub(crate) struct Kept {
    file: PathBuf,
    /// The report, where one was kept.
    pub(crate) earlier: Option<DriftReport>,
    _lock: Option<File>,
}

impl Kept {
    /// Reads the kept report of an inventory; with `--keep` takes its lock.
    pub(crate) fn of(args: &NightlyArgs, inventory: &Path) -> Result<Self> {
        let folder = match &args.state {
            Some(folder) => folder.clone(),
            None => match state_folder() {
                Some(folder) => folder.join("drift"),
                None if args.keep => {
                    return Err(Error::new("there is no HOME to keep the report in")
                        .hint("name a folder: `--state FOLDER`"));
                }
                None => PathBuf::new(),
            },
        };
        let file = kept_report(&folder, inventory);
        let lock = if args.keep {
            Some(locked(&folder, &file)?)
        } else {
            None
        };
        let earlier = earlier_report(&file)?;
        Ok(Self {
            file,
            earlier,
            _lock: lock,
        })
    }

    /// Keeps a report, and what it does not speak of as it was.
    pub(crate) fn keep(&self, report: DriftReport) -> Result<()> {
        let whole = match &self.earlier {
            Some(earlier) => report.with_others_of(earlier),
            None => report,
        };
        let text = drift_page(&whole, Format::Json, Paint::new(false))
            .map_err(|cause| Error::new("the report cannot be kept").because(cause))?;
        replace(&self.file, text.as_bytes(), 0o600)
    }
}

fn locked(folder: &Path, file: &Path) -> Result<File> {
    use std::os::unix::fs::DirBuilderExt as _;
    let cannot = |cause: io::Error| {
        Error::new(format!("cannot keep reports in `{}`", folder.display())).because(cause)
    };
    // Hunks show how hosts are set up: they are nobody else's business.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(cannot)?;
    let lock = File::create(file.with_extension("lock")).map_err(cannot)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(Error::new(
            "another check of this inventory is running and will keep its report",
        )
        .hint("wait for it, or look without `--keep`")),
        Err(fs::TryLockError::Error(cause)) => Err(cannot(cause)),
    }
}

/// Says whether a page can be written into a file, before a night's work has gone into what it is to hold; nothing of it
/// changes. What is there must be an earlier page: begin as one of `beginnings`.
///
/// # Errors
/// Where it cannot be written, is the inventory, or holds anything else.
pub(crate) fn writable(
    file: &Path,
    inventory: &Path,
    beginnings: &[impl AsRef<str>],
) -> Result<()> {
    let cannot =
        |cause: io::Error| Error::new(format!("cannot write `{}`", file.display())).because(cause);
    let there = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    match fs::metadata(&there) {
        Ok(about) if about.is_dir() => Err(Error::new(format!("`{}` is a folder", file.display()))),
        // A pipe or a device shows what it bears when it is written to.
        Ok(about) if !about.is_file() => Ok(()),
        Ok(about) if about.len() > 0 => {
            if fs::canonicalize(inventory).is_ok_and(|inventory| inventory == there) {
                return Err(Error::new(format!("`{}` is the inventory", file.display()))
                    .hint("name another file for the page"));
            }
            let mut first = Vec::new();
            let opened = File::open(&there).map_err(cannot)?;
            let lengths = beginnings.iter().map(|one| one.as_ref().len());
            let most = lengths.max().unwrap_or_default() as u64;
            opened.take(most).read_to_end(&mut first).map_err(cannot)?;
            let mut beginnings = beginnings.iter();
            match beginnings.any(|one| first.starts_with(one.as_ref().as_bytes())) {
                true => makeable(&there).map_err(cannot),
                false => Err(another(file, "page of this kind")),
            }
        }
        _ => makeable(&there).map_err(cannot),
    }
}

/// Says whether a plan can be saved there: a new file, or an earlier plan's.
///
/// # Errors
/// Where it cannot be written, or is anything else.
pub(crate) fn plan_writable(file: &Path) -> Result<()> {
    let cannot = |cause: io::Error| {
        Error::new(format!("cannot write the plan `{}`", file.display())).because(cause)
    };
    match fs::metadata(file) {
        Ok(about) if about.is_dir() => Err(Error::new(format!("`{}` is a folder", file.display()))),
        // A device would have a file put in its place.
        Ok(about) if !about.is_file() || about.len() > 0 && !is_saved_plan(file) => {
            Err(another(file, "saved plan"))
        }
        _ => makeable(file).map_err(cannot),
    }
}

fn another(file: &Path, what: &str) -> Error {
    let message = format!("`{}` is there, and is no {what}", file.display());
    Error::new(message).hint("name another file, or move this one away")
}

/// Tries to make a file beside this one.
fn makeable(file: &Path) -> io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let tried = folder.join(format!(".wmprov-{}", std::process::id()));
    drop(File::create_new(&tried)?);
    fs::remove_file(&tried)
}

/// Replaces a file at once: who reads it meanwhile (a textfile collector) sees the old one or the new one, and may as
/// before; `mode` is what a new one has. A link stays a link, and what is no file (`/dev/stdout`, a pipe) is written into.
pub(crate) fn replace(file: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let cannot =
        |cause: io::Error| Error::new(format!("cannot write `{}`", file.display())).because(cause);
    let file = &match fs::canonicalize(file) {
        Ok(there) => there,
        // It comes into being here; what else is wrong with it is found by writing.
        Err(_) => file.to_owned(),
    };
    let there = fs::metadata(file);
    if there.as_ref().is_ok_and(|there| !there.is_file()) {
        return fs::write(file, bytes).map_err(cannot);
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let beside = file.with_file_name(name);
    let written = || {
        let mut open = OpenOptions::new();
        let mut new = open.write(true).create_new(true).mode(mode).open(&beside)?;
        new.write_all(bytes)?;
        if let Ok(there) = there {
            new.set_permissions(there.permissions())?;
        }
        fs::rename(&beside, file)
    };
    written().map_err(|cause| {
        // What is left of the attempt is of no use; the cause is told.
        let _gone = fs::remove_file(&beside);
        cannot(cause)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::{Kept, locked, plan_writable, replace, writable};
    use crate::arguments::NightlyArgs;
    use wmprov::drift::{Class, DriftReport, Finding, HostDrift, Kind};

    fn nightly(folder: &Path) -> NightlyArgs {
        NightlyArgs {
            keep: true,
            state: Some(folder.to_owned()),
            on_change: None,
            install_timer: false,
            on_calendar: String::new(),
            jitter: String::new(),
            unit_folder: None,
        }
    }

    fn report(host: &str, path: &str) -> DriftReport {
        let found = Finding::new(path, Kind::Mode, Class::Drift);
        DriftReport {
            at: 1,
            hosts: [(host.to_owned(), HostDrift::asked(vec![found]))].into(),
            ..DriftReport::default()
        }
    }

    /// A process that one test starts has, until its program begins, the lock that another holds.
    static STARTS: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[test]
    fn a_link_stays_a_link_and_what_is_no_file_is_written_into() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"new", 0o600).unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"new");
        let pipe = folder.path().join("pipe");
        let alone = STARTS.lock().unwrap();
        let made = Command::new("mkfifo").arg(&pipe).status();
        drop(alone);
        assert!(made.unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        replace(&pipe, b"new", 0o600).unwrap();
        assert_eq!(reader.join().unwrap(), b"new");
    }

    #[test]
    fn no_page_takes_the_place_of_anything_else() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        let inventory = at("inventory.yaml", "all:\n");
        let link = folder.path().join("link.html");
        std::os::unix::fs::symlink(&inventory, &link).unwrap();
        let said = |file: &Path, beginning: &str| match writable(file, &inventory, &[beginning]) {
            Ok(()) => "",
            Err(error) if error.message().ends_with("is the inventory") => "inventory",
            Err(error) if error.message().contains("is there, and is no") => "another",
            Err(_) => "?",
        };
        assert_eq!(said(&inventory, "<!"), "inventory");
        assert_eq!(said(&link, ""), "inventory");
        assert_eq!(said(&at("pack.zip", "PK"), "<!"), "another");
        assert_eq!(said(&at("empty", ""), "<!"), "");
        assert_eq!(said(&at("old.html", "<!DOCTYPE"), "<!"), "");
        assert_eq!(said(&folder.path().join("new"), "<!"), "");
        assert!(plan_writable(&inventory).is_err());
        assert!(plan_writable(Path::new("/dev/null")).is_err());
        assert!(plan_writable(&folder.path().join("no/plan")).is_err());
        plan_writable(&folder.path().join("plan")).unwrap();
        // Who may read it is as it was.
        let page = at("shared.html", "<!DOCTYPE");
        std::fs::set_permissions(&page, std::fs::Permissions::from_mode(0o640)).unwrap();
        replace(&page, b"new", 0o600).unwrap();
        let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&page), 0o640);
        let new = folder.path().join("new.html");
        replace(&new, b"new", 0o600).unwrap();
        assert_eq!(mode(&new), 0o600);
    }

    #[test]
    fn a_kept_report_is_there_the_next_time_and_is_kept_by_one_at_a_time() {
        let _alone = STARTS.lock().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("deep/er");
        let inventory = Path::new("inventory.yaml");
        let first = Kept::of(&nightly(&state), inventory).unwrap();
        assert!(first.earlier.is_none());
        let second = Kept::of(&nightly(&state), inventory);
        assert!(second.is_err_and(|error| error.message().starts_with("another check")));
        first.keep(report("a", "/x")).unwrap();
        drop(first);
        let second = Kept::of(&nightly(&state), inventory).unwrap();
        // A check of one host (`--limit`) leaves what is known of the others.
        second.keep(report("b", "/y")).unwrap();
        drop(second);
        let third = Kept::of(&nightly(&state), inventory).unwrap();
        let hosts: Vec<String> = third.earlier.unwrap().hosts.into_keys().collect();
        assert_eq!(hosts, ["a", "b"]);
        let other = Kept::of(&nightly(&state), Path::new("other.yaml")).unwrap();
        assert!(other.earlier.is_none());
        replace(&other.file, b"{", 0o600).unwrap();
        let file = other.file.clone();
        drop(other);
        assert!(Kept::of(&nightly(&state), Path::new("other.yaml")).is_err());
        assert!(locked(&state, &file).is_ok());
    }
}
