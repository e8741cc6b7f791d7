//! What users see: the program on a real terminal (tmux) of 60, 80 and 200 columns, as the files of `cases/terminal` show
//! it; `WMPROV_WRITE_CASES=1` writes them. Without a terminal, or where no colour is wanted, nothing is painted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wmprov");
const WIDTHS: [usize; 3] = [60, 80, 200];

/// Long, because the machine may be busy; a capture that comes sooner ends the wait.
const PATIENCE: Duration = Duration::from_secs(120);

/// This machine is the host of these runs: what wmprov keeps on a host, its lock above all, goes with the run.
const APART: &str = "\
    [ \"$(id -u)\" = 0 ] || as=--map-root-user; \
    exec unshare --mount ${as:-} --propagation private sh -c 'mount -t tmpfs none /var/lib && exec sh -c \"$0\"' \"$1\"";

/// A terminal of 24 rows with one command on it; it goes when dropped.
struct Terminal {
    line: String,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Terminal {
    /// Runs a command line in `site`; when it has ended, its exit code stands in brackets below it.
    fn run(site: &Path, columns: usize, line: &str, environment: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let terminal = Self {
            line: line.to_owned(),
            socket: folder.path().join("tmux"),
            _folder: folder,
        };
        let programs = Path::new(PROGRAM).parent().unwrap().display();
        let shell = format!(
            "trap : INT; PATH={programs}:$PATH; HOME=$PWD; export PATH HOME; {} {line}; echo \"[$?]\"; exec sleep 600",
            environment.join(" ")
        );
        let (width, site) = (columns.to_string(), site.display().to_string());
        let output = terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            "24",
            "-c",
            &site,
            "sh",
            "-c",
            APART,
            "sh",
            &shell,
        ]);
        assert!(output.status.success(), "{output:?}");
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .arg("-u")
            .arg("-S")
            .arg(&self.socket)
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR")
            .env_remove("TMUX")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn capture(&self, more: &[&str]) -> String {
        let output = self.tmux(&[&["capture-pane", "-p"], more].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
        lines.join("\n") + "\n"
    }

    /// What it shows once it shows a text that matches.
    fn until(&self, wanted: &str) -> String {
        let wanted = Regex::new(wanted).unwrap();
        let begun = Instant::now();
        loop {
            let page = self.capture(&[]);
            if wanted.is_match(&page) {
                return page;
            }
            assert!(begun.elapsed() < PATIENCE, "no `{wanted}` came:\n{page}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn ended(&self) -> String {
        let page = self.until(r"(?m)^\[\d+\]$");
        let code = page.rsplit_once('[').unwrap().1.split_once(']').unwrap().0;
        crate::hosts::note(code.parse().ok(), &self.line);
        page
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// A page as its case shows it.
fn holds(name: &str, page: &str) {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/terminal/{name}.txt"));
    if std::env::var_os("WMPROV_WRITE_CASES").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, page).unwrap();
    }
    let wanted = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        page == wanted,
        "{name} looks different (WMPROV_WRITE_CASES=1 writes it):\n{page}\nbut was\n{wanted}"
    );
}

/// Inventories and playbooks for what is shown; this machine is the only host that is reached.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("inventories/pattern-2.yaml");
    fs::copy(example, folder.path().join("inventory.yaml")).unwrap();
    write(
        "here.yaml",
        "all:\n  hosts:\n    wkr2: { ansible_connection: local }\n",
    );
    let task = "    - coppy: { dest: /etc/motd, content: a line that is longer than a narrow terminal is wide }\n";
    write(
        "wrong.yaml",
        &format!("- hosts: all\n  tasks:\n{}", task.repeat(12)),
    );
    write(
        "wait.yaml",
        "- hosts: all\n  tasks:\n    - name: The server answers\n      wait_for: { port: 1, timeout: 600 }\n",
    );
    write(
        "fail.yaml",
        "- hosts: all\n  tasks:\n    - name: Import\n      shell: \"seq 100 >&2; exit 7\"\n",
    );
    write(
        "say.yaml",
        "- hosts: all\n  tasks:\n    - name: Word\n      debug: { msg: here }\n",
    );
    fs::create_dir_all(folder.path().join(REMEMBERED)).unwrap();
    folder
}

/// Where a machine remembers its runs; where that is not, it is at its first.
const REMEMBERED: &str = ".local/state/wmprov/history";

#[test]
fn a_first_run_says_what_is_kept_where_and_a_second_does_not() {
    let site = site();
    let line = "wmprov apply here.yaml --playbook say.yaml";
    for columns in WIDTHS {
        fs::remove_dir_all(site.path().join(REMEMBERED)).unwrap();
        let page = Terminal::run(site.path(), columns, line, &["NO_COLOR=1"]).ended();
        holds(&format!("first-run-{columns}"), &page);
        assert!(site.path().join(REMEMBERED).exists());
        let again = Terminal::run(site.path(), columns, line, &["NO_COLOR=1"]).ended();
        assert!(!again.contains("first run"), "{again}");
    }
}

#[test]
fn pages_fit_terminals_of_three_widths() {
    let site = site();
    let shown = [
        ("topology", "wmprov topology inventory.yaml | tail -22"),
        ("explain", "wmprov explain WM044"),
        ("errors", "wmprov validate here.yaml --playbook wrong.yaml"),
        ("failure", "wmprov apply here.yaml --playbook fail.yaml"),
    ];
    for (name, line) in shown {
        for columns in WIDTHS {
            let terminal = Terminal::run(site.path(), columns, line, &["NO_COLOR=1"]);
            holds(&format!("{name}-{columns}"), &terminal.ended());
        }
    }
}

/// The figures of a moving page that no two runs share.
fn still(page: &str) -> String {
    let rules = [
        (r"[⠁-⣿]", "*"),
        (r" +\d+/600 s", " N/600 s"),
        (r" +[█░▉▊▋▌▍▎▏]+", " BAR"),
        (r" +\d+s\n", " Ns\n"),
    ];
    rules.iter().fold(page.to_owned(), |page, (pattern, to)| {
        Regex::new(pattern)
            .unwrap()
            .replace_all(&page, *to)
            .into_owned()
    })
}

#[test]
fn a_long_wait_shows_what_is_waited_for_and_how_long_and_ctrl_c_ends_it() {
    let site = site();
    for columns in WIDTHS {
        let line = "wmprov apply here.yaml --playbook wait.yaml";
        let terminal = Terminal::run(site.path(), columns, line, &["NO_COLOR=1"]);
        holds(
            &format!("wait-{columns}"),
            &still(&terminal.until(r"[1-9]\d*/600 s")),
        );
        terminal.tmux(&["send-keys", "C-c"]);
        // Where the terminal writes `^C` into the bars depends on where they are just then.
        let page = terminal.ended();
        for told in [
            "interrupted: ending the steps in flight",
            "go on with: wmprov apply here.yaml",
            "\n[130]\n",
        ] {
            assert!(page.contains(told), "no `{told}` in:\n{page}");
        }
    }
}

/// What ends the program while it asks leaves a terminal that shows what is typed.
#[test]
fn a_signal_at_a_password_prompt_leaves_the_terminal_as_it_was() {
    let site = site();
    let line = "sh -c 'sh -c \"echo \\$\\$ >pid; exec wmprov validate here.yaml --ask-vault-pass\"; \
                until stty -a | grep -q -e \" echo \"; do sleep 0.1; done; echo shown'";
    for signal in ["TERM", "KILL"] {
        let terminal = Terminal::run(site.path(), 80, line, &[]);
        terminal.until("vault password:");
        let pid = std::fs::read_to_string(site.path().join("pid")).unwrap();
        let sent = std::process::Command::new("kill")
            .args(["-s", signal, pid.trim()])
            .status();
        assert!(sent.unwrap().success());
        let page = terminal.ended();
        assert!(page.contains("shown"), "{signal}: {page}");
    }
}

#[test]
fn a_password_that_is_not_typed_leaves_the_terminal_as_it_was() {
    let site = site();
    let line = "sh -c 'wmprov validate here.yaml --ask-vault-pass; code=$?; \
                stty -a | grep -ow -e \"[-]*echo\" -e \"[-]*isig\"; exit $code'";
    for (keys, told) in [
        (&["h", "u", "n", "t", "C-c"][..], "isig\necho\n[130]"),
        (&["Enter"], "the vault password is empty"),
        (&["Enter"], "isig\necho\n[2]"),
    ] {
        let terminal = Terminal::run(site.path(), 80, line, &[]);
        terminal.until("vault password:");
        let before = terminal.capture(&[]);
        terminal.tmux(&[&["send-keys"], keys].concat());
        let page = terminal.ended();
        assert!(page.contains(told), "no `{told}` in:\n{page}");
        assert!(
            !page.contains("hunt") && before.contains("vault password"),
            "{page}"
        );
    }
}

#[test]
fn a_sealed_file_is_shown_to_who_types_its_password() {
    let site = site();
    let folder = site.path().join("group_vars/all");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("secrets.yaml"), "vault_admin: hunter22\n").unwrap();
    fs::write(site.path().join("vault-password"), "sesame\n").unwrap();
    let seal =
        "wmprov vault encrypt group_vars/all/secrets.yaml --vault-password-file vault-password";
    Terminal::run(site.path(), 80, seal, &[]).ended();
    let line = "wmprov vault view group_vars/all/secrets.yaml --ask-vault-pass";
    let terminal = Terminal::run(site.path(), 80, line, &[]);
    terminal.until("vault password:");
    terminal.tmux(&["send-keys", "sesame", "Enter"]);
    let page = terminal.ended();
    assert!(
        page.contains("vault_admin: hunter22") && page.contains("[0]"),
        "{page}"
    );
}

#[test]
fn all_of_an_error_is_shown_where_v_says_so_or_no_terminal_is_there() {
    let site = site();
    let errors = |terminal: Option<&str>| {
        let line = format!(
            "wmprov validate here.yaml -p wrong.yaml {}",
            terminal.unwrap_or("2>all")
        );
        let shown = Terminal::run(site.path(), 80, &line, &[]);
        let page = shown.ended();
        let all = fs::read_to_string(site.path().join("all")).unwrap_or_default();
        let history = shown.capture(&["-S", "-"]);
        (
            page,
            all.matches("error: ").count(),
            history.matches("error: ").count(),
        )
    };
    let (page, _, shown) = errors(Some(""));
    assert!(
        page.contains("lines more; `-v` shows them") && shown == 2,
        "{page}"
    );
    assert_eq!(errors(Some("-v")).2, 12);
    assert_eq!(errors(None).1, 12);

    let failed = |more: &str| {
        let line = format!("{PROGRAM} apply here.yaml --playbook fail.yaml {more}");
        let output = Command::new("sh")
            .args(["-c", APART, "sh", &line])
            .current_dir(site.path())
            .env("HOME", site.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let page = failed("");
    assert!(
        page.contains("89 lines more") && !page.contains("\n  50\n"),
        "{page}"
    );
    assert!(failed("-v").contains("\n  50\n"));
}

/// What a CI's log has of a run, and what `script` records where nobody gave its terminal a size: whole lines, all of them.
#[test]
fn logs_of_ci_and_recordings_of_script_are_legible() {
    let site = site();
    let logged = |line: &str| {
        let programs = Path::new(PROGRAM).parent().unwrap().display().to_string();
        let output = Command::new("sh")
            .args(["-c", APART, "sh", line])
            .current_dir(site.path())
            .env("HOME", site.path())
            .env(
                "PATH",
                format!("{programs}:{}", std::env::var("PATH").unwrap()),
            )
            .env("CI", "true")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let page = logged(
        "{ wmprov apply here.yaml --playbook say.yaml; wmprov apply here.yaml --playbook fail.yaml; } 2>&1",
    );
    holds("ci-log", &page);
    let line = "NO_COLOR=1 wmprov topology inventory.yaml; NO_COLOR=1 wmprov validate here.yaml --playbook wrong.yaml";
    let recorded = logged(&format!(
        "script -qec 'stty rows 0 columns 0; {line}' /dev/null"
    ));
    holds("script", &recorded.replace('\r', ""));
    let recorded = logged("script -qec 'wmprov apply here.yaml --playbook say.yaml' /dev/null");
    let end = recorded
        .rsplit("\u{1b}[2K")
        .next()
        .unwrap()
        .replace('\r', "");
    let table: Vec<&str> = end.lines().collect();
    assert!(
        table[0].contains("host") && table[0].contains("unreachable"),
        "{recorded}"
    );
    assert!(table[1].starts_with("wkr2"), "{recorded}");
}

/// Escapes that set anything but bold, dim and the colours that every theme, light or dark, has for itself.
fn strange_escapes(page: &str) -> Vec<String> {
    let escape = Regex::new(r"\x1b\[([0-9;]*)m").unwrap();
    escape
        .captures_iter(page)
        .flat_map(|found| found[1].split(';').map(str::to_owned).collect::<Vec<_>>())
        .filter(|code| {
            ![
                "", "0", "1", "2", "22", "31", "32", "33", "34", "35", "36", "39", "49",
            ]
            .contains(&code.as_str())
        })
        .collect()
}

#[test]
fn colours_are_the_themes_own_and_only_where_they_are_wanted() {
    let site = site();
    let line = "wmprov apply here.yaml --playbook fail.yaml; wmprov validate here.yaml --playbook wrong.yaml";
    let painted = Terminal::run(site.path(), 80, line, &[]);
    painted.ended();
    let page = painted.capture(&["-e"]);
    assert!(page.contains("\u{1b}[31m"), "{page}");
    assert_eq!(strange_escapes(&page), Vec::<String>::new(), "{page}");

    let line = format!("{} 2>&1 | cat -v", line.replace(';', " 2>&1 | cat -v;"));
    let piped = Terminal::run(site.path(), 80, &line, &[]).ended();
    assert!(
        piped.contains("error: ") && !piped.contains("^["),
        "{piped}"
    );
    for environment in ["NO_COLOR=1", "TERM=dumb"] {
        let line = "wmprov validate here.yaml --playbook wrong.yaml";
        let plain = Terminal::run(site.path(), 80, line, &[environment]);
        plain.ended();
        let page = plain.capture(&["-e"]);
        assert!(
            page.contains("error: ") && !page.contains('\u{1b}'),
            "{page}"
        );
    }
}
