//! `drift --install-timer`: this very command as a systemd service, and a timer that starts it every night.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wmprov::yaml::{Error, Result};

use crate::arguments::DriftArgs;
use crate::kept::replace;

/// The options that are about the timer itself and not for the service.
const OF_THE_TIMER: [(&str, bool); 4] = [
    ("--install-timer", false),
    ("--on-calendar", true),
    ("--jitter", true),
    ("--unit-folder", true),
];

/// Writes both units and starts the timer; tells what was done.
pub(crate) fn install(args: &DriftArgs) -> Result<String> {
    nobody_is_there(args)?;
    times_are_right(&args.nightly.on_calendar, &args.nightly.jitter)?;
    let cannot = |what: &str, cause| Error::new(format!("cannot tell {what}")).because(cause);
    let program = std::env::current_exe().map_err(|cause| cannot("where wmprov lies", cause))?;
    let here = std::env::current_dir().map_err(|cause| cannot("the working folder", cause))?;
    let inventory = fs::canonicalize(&args.files.inventory).map_err(|cause| {
        let file = args.files.inventory.display();
        Error::new(format!("there is no inventory `{file}`")).because(cause)
    })?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let user = Id::of_this_process()?;
    let place = Place::of(&user, args.nightly.unit_folder.as_deref())?;
    let name = unit_name(&inventory);
    let service = service(&Service {
        inventory: &inventory,
        folder: &here,
        user: place.user.as_deref(),
        command: &command(&program, &arguments),
    });
    let timer = timer(&args.nightly.on_calendar, &args.nightly.jitter, &inventory);
    fs::create_dir_all(&place.folder).map_err(|cause| {
        Error::new(format!("cannot make `{}`", place.folder.display())).because(cause)
    })?;
    let mut page = String::new();
    for (end, text) in [("service", service), ("timer", timer)] {
        let file = place.folder.join(format!("{name}.{end}"));
        replace(&file, text.as_bytes(), 0o644)?;
        page.push_str(&format!("written: {}\n", file.display()));
    }
    let Some(systemctl) = &place.systemctl else {
        return Ok(page);
    };
    for words in [
        &["daemon-reload"][..],
        &["enable", "--quiet", "--now", &format!("{name}.timer")],
    ] {
        run(systemctl, words)?;
    }
    let flag = if place.user.is_none() { " --user" } else { "" };
    Ok(page
        + &format!(
            "started: {name}.timer, {}\nnow:     systemctl{flag} start {name}.service\nlog:     journalctl{flag} -u {name}.service\naway:    systemctl{flag} disable --now {name}.timer\n",
            args.nightly.on_calendar
        ))
}

/// What systemd itself says of the two times, where it is there to be asked.
fn times_are_right(when: &str, jitter: &str) -> Result<()> {
    for (option, verb, value, example) in [
        ("--on-calendar", "calendar", when, "*-*-* 02:00:00"),
        ("--jitter", "timespan", jitter, "30min"),
    ] {
        let wrong = |cause: &str| {
            Error::new(format!(
                "`{option}` is `{}`, which systemd does not understand{cause}",
                value.escape_debug()
            ))
            .hint(format!(
                "such as `{option} '{example}'`; `systemd-analyze {verb}` tries one"
            ))
        };
        // A line end would begin another setting of the unit.
        if value.trim().is_empty() || value.contains(char::is_control) {
            return Err(wrong(""));
        }
        let asked = Command::new("systemd-analyze")
            .args([verb, "--", value])
            .output();
        if let Ok(output) = asked
            && !output.status.success()
        {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(wrong(&format!(
                ": {}",
                said.lines().next().unwrap_or_default()
            )));
        }
    }
    Ok(())
}

/// At night nobody types a password.
fn nobody_is_there(args: &DriftArgs) -> Result<()> {
    let asked = [
        ("--ask-vault-pass", args.files.vault.ask_vault_pass),
        ("--ask-pass", args.connect.ask_pass),
        ("--ask-become-pass", args.connect.ask_become_pass),
    ];
    let files = args.files.vault.vault_password_file.iter();
    let files = files
        .chain(&args.connect.become_password_file)
        .chain(&args.connect.connection_password_file);
    let from_stdin = files.into_iter().any(|file| file == Path::new("-"));
    let asks = asked.iter().find(|(_, given)| *given);
    match (asks, from_stdin) {
        (Some((option, _)), _) => Err(Error::new(format!(
            "`{option}` asks, and at night nobody answers"
        ))
        .hint("give the password in a file that only this user can read")),
        (None, true) => Err(Error::new(
            "a password from standard input, and at night nobody types",
        )
        .hint("give the password in a file that only this user can read")),
        (None, false) => Ok(()),
    }
}

/// Who runs this.
struct Id {
    name: String,
    is_root: bool,
}

impl Id {
    fn of_this_process() -> Result<Self> {
        let output = Command::new("id").arg("-un").output();
        let output = output.map_err(|cause| Error::new("cannot run `id`").because(cause))?;
        let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || name.is_empty() {
            return Err(Error::new("`id -un` does not say who runs this"));
        }
        Ok(Self {
            is_root: name == "root",
            name,
        })
    }
}

/// Where the units go, and who tells systemd.
struct Place {
    folder: PathBuf,
    /// The service's user; [`None`] for a user's own systemd.
    user: Option<String>,
    /// The words before a verb; [`None`] where the units are only written.
    systemctl: Option<Vec<&'static str>>,
}

impl Place {
    fn of(user: &Id, folder: Option<&Path>) -> Result<Self> {
        if let Some(folder) = folder {
            return Ok(Self {
                folder: folder.to_owned(),
                user: Some(user.name.clone()),
                systemctl: None,
            });
        }
        if user.is_root {
            return Ok(Self {
                folder: PathBuf::from("/etc/systemd/system"),
                user: Some(user.name.clone()),
                systemctl: Some(vec!["systemctl"]),
            });
        }
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let home = home.ok_or_else(|| Error::new("there is no HOME to write the units in"))?;
        Ok(Self {
            folder: home.join(".config/systemd/user"),
            user: None,
            systemctl: Some(vec!["systemctl", "--user"]),
        })
    }
}

fn run(systemctl: &[&str], words: &[&str]) -> Result<()> {
    let shown = format!("{} {}", systemctl.join(" "), words.join(" "));
    let output = Command::new(systemctl[0])
        .args(&systemctl[1..])
        .args(words)
        .output()
        .map_err(|cause| Error::new(format!("cannot run `{shown}`")).because(cause))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::new(format!("`{shown}` failed: {}", said.trim()))
        .hint("the units are written; start the timer by hand, or use cron (docs/drift.md)"))
}

/// `wmprov-drift-NAME`: one pair of units an inventory file.
fn unit_name(inventory: &Path) -> String {
    let stem = inventory.file_stem().unwrap_or_default().to_string_lossy();
    let plain: String = stem
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    // Every product has an `inventory.yaml`: its folder tells them apart.
    let folder = inventory.parent().and_then(Path::file_name);
    match folder {
        Some(folder) if plain == "inventory" => {
            let folder: String = folder
                .to_string_lossy()
                .chars()
                .map(|letter| {
                    if letter.is_ascii_alphanumeric() {
                        letter
                    } else {
                        '-'
                    }
                })
                .collect();
            format!("wmprov-drift-{folder}")
        }
        _ => format!("wmprov-drift-{plain}"),
    }
}

/// This command without the timer's own options, and with `--keep`.
fn command(program: &Path, arguments: &[String]) -> Vec<String> {
    let mut words = vec![program.display().to_string()];
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let option = OF_THE_TIMER.iter().find(|(option, _)| {
            word == option
                || word
                    .strip_prefix(option)
                    .is_some_and(|rest| rest.starts_with('='))
        });
        match option {
            Some((option, true)) if word == option => {
                rest.next();
            }
            Some(_) => {}
            None => words.push(word.clone()),
        }
    }
    if !words.iter().any(|word| word == "--keep") {
        words.push("--keep".to_owned());
    }
    words
}

struct Service<'a> {
    inventory: &'a Path,
    folder: &'a Path,
    user: Option<&'a str>,
    command: &'a [String],
}

fn service(of: &Service<'_>) -> String {
    let words: Vec<String> = of.command.iter().map(|word| quoted(word)).collect();
    let user = of
        .user
        .map_or_else(String::new, |user| format!("User={user}\n"));
    format!(
        "# Written by `wmprov drift --install-timer`. A night that finds something ends with exit code 3 and leaves\n\
         # this unit failed, so that `systemctl --failed` and OnFailure= see it.\n\
         [Unit]\nDescription=wmprov: drift of {}\nWants=network-online.target\nAfter=network-online.target\n\n\
         [Service]\nType=oneshot\n{user}WorkingDirectory={}\nExecStart={}\nNice=10\nTimeoutStartSec=2h\nUMask=0022\n",
        plain(&of.inventory.display().to_string()),
        plain(&of.folder.display().to_string()),
        words.join(" ")
    )
}

fn timer(when: &str, jitter: &str, inventory: &Path) -> String {
    format!(
        "# Written by `wmprov drift --install-timer`.\n\
         [Unit]\nDescription=wmprov: drift of {}, every night\n\n\
         [Timer]\nOnCalendar={when}\nRandomizedDelaySec={jitter}\nPersistent=true\n\n\
         [Install]\nWantedBy=timers.target\n",
        plain(&inventory.display().to_string())
    )
}

/// A value that is taken whole, to the end of the line: only specifiers mean something there.
fn plain(text: &str) -> String {
    text.replace('%', "%%").replace('\n', " ")
}

/// A word of `ExecStart=`: quoted, specifiers and variables meant as they stand.
fn quoted(word: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "/._-=+:,@".contains(letter);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    let inside = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('%', "%%")
        .replace('$', "$$");
    format!("\"{inside}\"")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use insta::assert_snapshot;

    use super::{Service, command, service, timer, unit_name};

    fn words(line: &[&str]) -> Vec<String> {
        line.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_service_runs_this_command_without_the_timers_options() {
        let given = words(&[
            "drift",
            "my lab.yaml",
            "--install-timer",
            "--on-calendar",
            "daily",
            "--jitter=1h",
            "--on-change",
            "mail -s \"50% $HOME\" ops",
        ]);
        let inventory = Path::new("/srv/my lab.yaml");
        let text = service(&Service {
            inventory,
            folder: Path::new("/srv/50%"),
            user: Some("root"),
            command: &command(Path::new("/usr/bin/wmprov"), &given),
        });
        assert_snapshot!(text + "\n" + &timer("*-*-* 02:00:00", "30min", inventory), @r#"
    # Written by `wmprov drift --install-timer`. A night that finds something ends with exit code 3 and leaves
    # this unit failed, so that `systemctl --failed` and OnFailure= see it.
    [Unit]
    Description=wmprov: drift of /srv/my lab.yaml
    Wants=network-online.target
    After=network-online.target

    [Service]
    Type=oneshot
    User=root
    WorkingDirectory=/srv/50%%
    ExecStart=/usr/bin/wmprov drift "my lab.yaml" --on-change "mail -s \"50%% $$HOME\" ops" --keep
    Nice=10
    TimeoutStartSec=2h
    UMask=0022

    # Written by `wmprov drift --install-timer`.
    [Unit]
    Description=wmprov: drift of /srv/my lab.yaml, every night

    [Timer]
    OnCalendar=*-*-* 02:00:00
    RandomizedDelaySec=30min
    Persistent=true

    [Install]
    WantedBy=timers.target
    "#);
    }

    #[test]
    fn units_are_named_after_the_inventory_or_its_folder() {
        assert_eq!(
            unit_name(Path::new("/srv/esb prod.yaml")),
            "wmprov-drift-esb-prod"
        );
        assert_eq!(
            unit_name(Path::new("/srv/esb/inventory.yaml")),
            "wmprov-drift-esb"
        );
    }
}
