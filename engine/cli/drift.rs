//! `drift`: arguments → a check, its report → pages, what is kept, and the exit code.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use wmprov::commands::{DriftOptions, drift};
use wmprov::drift::{DriftReport, Status};
use wmprov::report::{Format, Paint, Verbosity, drift_page};
use wmprov::run::Mode;
use wmprov::yaml::{Error, Result};

use crate::arguments::{DriftArgs, WantedPage};
use crate::display::Display;
use crate::exit::Exit;
use crate::kept::{Kept, replace, writable};
use crate::ready::Ready;
use crate::screen::Screen;
use crate::to_end::to_end;
use crate::{failure, nightly};

/// Checks, or installs the timer that will.
pub(crate) fn run(args: DriftArgs, screen: Screen) -> Exit {
    if args.nightly.install_timer {
        return match nightly::install(&args) {
            Ok(page) if screen.result(&page) => Exit::AsWanted,
            Ok(_) => Exit::HostFailed,
            Err(error) => failure::fail(screen, &[error], None),
        };
    }
    match checked(args, screen) {
        Ok(exit) => exit,
        Err(errors) => failure::fail(screen, &errors, None),
    }
}

fn checked(args: DriftArgs, screen: Screen) -> Result<Exit, Vec<Error>> {
    let one = |error| vec![error];
    let pages = pages_of(&args.format).map_err(one)?;
    for page in &pages {
        if let Some(file) = &page.file {
            writable(file, &args.files.inventory, &beginnings(page.format)).map_err(one)?;
        }
    }
    let kept = Kept::of(&args.nightly, &args.files.inventory).map_err(one)?;
    let (on_change, keep) = (args.nightly.on_change.clone(), args.nightly.keep);
    let (options, display) = prepare(args, screen)?;
    let work = |events, interrupt| drift(options, events, interrupt);
    let Some((mut report, _)) = to_end(display, "no further host is asked", work)? else {
        screen.tell("aborted\n");
        return Ok(Exit::Interrupted);
    };
    if let Some(earlier) = &kept.earlier {
        report.compare(earlier);
    }
    for page in &pages {
        write_page(&report, page, screen).map_err(one)?;
    }
    if report.interrupted {
        return Ok(Exit::Interrupted);
    }
    let mut exit = exit_of(&report);
    if report.has_changed()
        && let Some(command) = on_change
        && let Err(error) = tell(&command, &report)
    {
        // A message that did not get through must be seen somewhere: the unit fails, CI turns red.
        failure::fail(screen, &[error], None);
        exit = Exit::HostFailed;
    }
    if keep {
        kept.keep(report).map_err(one)?;
    }
    Ok(exit)
}

/// What a page begins with; a text with how the first host stands, or with the sum where there is none.
fn beginnings(format: Format) -> Vec<String> {
    let always = match format {
        Format::Text => {
            let hosts = Status::ALL.iter().map(|status| status.as_str());
            let heads = hosts.chain(["gone"]).map(|word| format!("{word}: "));
            return heads.chain(["0 hosts".to_owned()]).collect();
        }
        Format::Html => "<!DOCTYPE html>",
        Format::Json => "{",
        Format::Junit => "<?xml",
        Format::Prometheus => "# HELP",
    };
    vec![always.to_owned()]
}

/// Both a silent host and a difference: the silent host counts.
fn exit_of(report: &DriftReport) -> Exit {
    if report.has_unreachable() {
        Exit::HostFailed
    } else if report.is_ok() {
        Exit::AsWanted
    } else {
        Exit::WouldChange
    }
}

fn prepare(args: DriftArgs, screen: Screen) -> Result<(DriftOptions, Display), Vec<Error>> {
    let ready = Ready::of(
        args.files,
        args.connect,
        args.playbook.playbook,
        args.playbook.limit,
    )?;
    let display = ready.display(Verbosity::default(), false, Mode::Plan, screen);
    let options = DriftOptions {
        files: ready.files,
        connect: ready.connect,
        forks: usize::from(args.forks),
        no_become: args.no_become,
        secrets: ready.secrets,
    };
    Ok((options, display))
}

/// The pages that are wanted: a text where nothing is said, and only one of them on standard output.
fn pages_of(wanted: &[WantedPage]) -> Result<Vec<WantedPage>> {
    if wanted.is_empty() {
        let text = WantedPage {
            format: Format::Text,
            file: None,
        };
        return Ok(vec![text]);
    }
    if wanted.iter().filter(|page| page.file.is_none()).count() > 1 {
        return Err(Error::new("two formats cannot both go to standard output")
            .hint("give one of them a file: `--format html=drift.html`"));
    }
    Ok(wanted.to_vec())
}

fn write_page(report: &DriftReport, page: &WantedPage, screen: Screen) -> Result<()> {
    let paint = match page.file {
        Some(_) => Paint::new(false),
        None => screen.out,
    };
    let text = drift_page(report, page.format, paint)
        .map_err(|cause| Error::new("the report cannot be written").because(cause))?;
    match &page.file {
        Some(file) => {
            // By default a collector of another user reads it.
            replace(file, text.as_bytes(), 0o644)?;
            // A cron that has nothing to tell stays silent, and sends no mail.
            if io::stderr().is_terminal() {
                screen.tell(&format!("written: {}\n", file.display()));
            }
            Ok(())
        }
        None => {
            if screen.result(&text) {
                return Ok(());
            }
            Err(Error::new("the report is lost").hint("give it a file: `--format text=drift.txt`"))
        }
    }
}

/// Runs the user's command with the report on its standard input.
fn tell(command: &str, report: &DriftReport) -> Result<()> {
    let cannot = |cause: io::Error| Error::new(format!("cannot run `{command}`")).because(cause);
    let page = drift_page(report, Format::Text, Paint::new(false))
        .map_err(|cause| Error::new("the report cannot be written").because(cause))?;
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .env("WMPROV_INVENTORY", &report.inventory)
        .env("WMPROV_NEW", report.new_findings().to_string())
        .env("WMPROV_GONE", report.gone.len().to_string())
        .env("WMPROV_EXIT", exit_of(report).code().to_string())
        .stdin(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(page.as_bytes()) {
            // A command that does not want to read it all is as good.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            other => other.map_err(cannot)?,
        }
    }
    let status = child.wait().map_err(cannot)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::new(format!("`{command}` failed: {status}"))
        .hint("it is run by `sh`, with the report on its standard input"))
}

#[cfg(test)]
mod tests {
    use super::{beginnings, pages_of, tell};
    use crate::arguments::WantedPage;
    use wmprov::drift::{Class, DriftReport, Finding, HostDrift, Kind};
    use wmprov::report::{Format, Paint, drift_page};

    fn report(host: &str, path: &str) -> DriftReport {
        let found = Finding::new(path, Kind::Mode, Class::Drift);
        DriftReport {
            at: 1,
            hosts: [(host.to_owned(), HostDrift::asked(vec![found]))].into(),
            ..DriftReport::default()
        }
    }

    #[test]
    fn a_page_begins_as_its_format_says() {
        let mut reports = vec![DriftReport::default(), report("h1", "/x")];
        let mut fine = report("h1", "/x");
        fine.hosts = [("h1".to_owned(), HostDrift::asked(Vec::new()))].into();
        let mut silent = report("h1", "/x");
        silent.hosts = [(
            "h1".to_owned(),
            HostDrift::unreachable("no route".to_owned(), None),
        )]
        .into();
        reports.extend([fine, silent]);
        for report in &reports {
            for format in [
                Format::Text,
                Format::Html,
                Format::Json,
                Format::Junit,
                Format::Prometheus,
            ] {
                let page = drift_page(report, format, Paint::new(false)).unwrap();
                let begins = beginnings(format)
                    .iter()
                    .any(|beginning| page.starts_with(beginning.as_str()));
                assert!(begins, "{format:?}: {page}");
            }
        }
    }

    #[test]
    fn one_page_at_most_goes_to_standard_output() {
        let page = |file: Option<&str>| WantedPage {
            format: Format::Html,
            file: file.map(Into::into),
        };
        assert_eq!(pages_of(&[]).unwrap()[0].format, Format::Text);
        assert!(pages_of(&[page(None), page(Some("x")), page(Some("y"))]).is_ok());
        assert!(pages_of(&[page(None), page(None)]).is_err());
    }

    #[test]
    fn a_command_gets_the_report_and_its_failure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("mail");
        let command = format!("cat >{0}; echo $WMPROV_EXIT >>{0}", out.display());
        tell(&command, &report("h1", "/x y")).unwrap();
        let text = std::fs::read_to_string(&out).unwrap();
        assert!(
            text.contains("drift mode /x y") && text.ends_with("\n3\n"),
            "{text}"
        );
        tell("exec true", &report("h1", &"/x".repeat(100_000))).unwrap();
        let error = tell("exit 7", &report("h1", "/x")).unwrap_err();
        assert!(error.message().ends_with("exit status: 7"), "{error}");
    }
}
