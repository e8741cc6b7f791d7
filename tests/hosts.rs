//! Real hosts for tests, made by `tests/lab`: a lab a test, apart from any other.
//!
//! Tests that need them run where `tests/run` says so with `WMPROV_LAB=1`, and say aloud where they do not. Any
//! other value is put before the names of the labs, so that two checkouts can be tested at once.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// Real hosts in a lab of their own; they go when it is dropped.
pub(crate) struct Lab {
    name: String,
    /// Where inventory and playbooks lie.
    pub(crate) site: PathBuf,
}

/// What a run of the binary came to.
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl Ran {
    /// Both streams, for searching.
    pub(crate) fn all(&self) -> String {
        format!("{}\n{}", self.out, self.errors)
    }

    /// Both streams, for the report of a test that failed: what went wrong comes first, as whoever keeps the
    /// report may keep its beginning only; then everything but what went well.
    pub(crate) fn failure(&self) -> String {
        let (bad, rest): (Vec<&str>, Vec<&str>) = self
            .out
            .lines()
            .filter(|line| {
                !line.contains("\"outcome\":\"ok\"") && !line.contains("\"event\":\"task_started\"")
            })
            .partition(|line| {
                ["failed", "unreachable"]
                    .iter()
                    .any(|word| line.contains(&format!("\"outcome\":\"{word}\"")))
            });
        format!(
            "exit {:?}\n{}\n{}\n{}",
            self.status,
            self.errors,
            bad.join("\n"),
            rest.join("\n")
        )
    }
}

impl Lab {
    /// Brings the hosts up; [`None`], said aloud, where no lab is asked for.
    pub(crate) fn up(name: &'static str, hosts: &[&str]) -> Option<Self> {
        let Ok(wanted) = std::env::var("WMPROV_LAB") else {
            println!("skipped: the lab is not asked for (WMPROV_LAB=1)");
            return None;
        };
        let before = if wanted == "1" { "" } else { &wanted };
        let mut lab = Self {
            name: format!("{before}{name}"),
            site: PathBuf::new(),
        };
        lab.tool(&["down"]);
        let mut up = vec!["up"];
        up.extend(hosts);
        lab.tool(&up);
        lab.site = PathBuf::from(lab.tool(&["dir"]).trim()).join("site");
        std::fs::create_dir_all(&lab.site).unwrap();
        Some(lab)
    }

    /// A verb of the lab's tool.
    pub(crate) fn tool(&self, arguments: &[&str]) -> String {
        let out = Command::new(root().join("tests/lab/lab"))
            .env("LAB", self.name())
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            out.status.success() || arguments[0] == "exec",
            "lab {arguments:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Its name, as the tool knows it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A verb of the lab's tool, yet to be run.
    pub(crate) fn tool_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(root().join("tests/lab/lab"));
        command.env("LAB", &self.name).args(arguments);
        command
    }

    /// The folder of keys and `known_hosts`.
    pub(crate) fn keys(&self) -> &Path {
        self.site.parent().unwrap()
    }

    /// A host's address.
    pub(crate) fn address(&self, host: &str) -> String {
        let list = self.tool(&["ps"]);
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("{host} ")))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// Writes a file beside the inventory.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.site.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The binary, run where the hosts' addresses exist, on the inventory; it takes the place of the tool's
    /// process, so that killing the child kills it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.control(env!("CARGO_BIN_EXE_wmprov"));
        command
            .args(arguments)
            .arg(self.site.join("inventory.yaml"));
        command
    }

    /// A program, run where the hosts' addresses exist.
    pub(crate) fn control(&self, program: &str) -> Command {
        let mut command = Command::new(root().join("tests/lab/lab"));
        command.env("LAB", self.name()).arg("control").arg(program);
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().unwrap();
        note_words(status.code(), &[arguments, &["inventory.yaml"]].concat());
        Ran {
            status: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            errors: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Types a line as a page shows it, where the inventory lies.
    pub(crate) fn typed(&self, line: &str) -> Ran {
        let programs = Path::new(env!("CARGO_BIN_EXE_wmprov")).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let output = self
            .control("sh")
            .args(["-c", line])
            .env("PATH", path)
            .current_dir(&self.site)
            .output()
            .unwrap();
        note(output.status.code(), line);
        Ran {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same of lines that end well.
    pub(crate) fn all_typed(&self, lines: &[&str]) {
        for line in lines {
            let ran = self.typed(line);
            assert_eq!(ran.status, Some(0), "{line}: {}", ran.failure());
        }
    }

    /// The same on a terminal, where every question is given that answer.
    pub(crate) fn answered(&self, line: &str, answer: &str) -> Ran {
        let script = format!("yes {answer} | head -n 50 | script -qefc \"{line}\" /dev/null");
        let ran = self.typed(&script);
        note(ran.status, line);
        ran
    }

    /// Applies the inventory, and gives the report.
    pub(crate) fn applied(&self) -> serde_json::Value {
        let ran = self.run(&["apply", "--json"]);
        assert_eq!(ran.status, Some(0), "{}", ran.failure());
        let last = ran.out.lines().last().unwrap();
        let report: serde_json::Value = serde_json::from_str(last).unwrap();
        assert_eq!(report["event"], "run_finished", "{last}");
        report
    }

    /// Starts the binary with `--json`, whose events are read as they come.
    pub(crate) fn follow(&self, arguments: &[&str]) -> Live {
        let mut child = self
            .command(arguments)
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let events = BufReader::new(child.stdout.take().unwrap());
        Live {
            child,
            events,
            said: String::new(),
        }
    }

    /// Puts a file of this machine on a host.
    pub(crate) fn put(&self, host: &str, file: &Path, path: &str) {
        use std::io::Write as _;
        let mut child = Command::new(root().join("tests/lab/lab"))
            .env("LAB", &self.name)
            .args(["exec", host, "sh", "-c", &format!("cat > {path}")])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let content = std::fs::read(file).unwrap();
        child.stdin.take().unwrap().write_all(&content).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// A line of shell on a host, as root, without wmprov.
    pub(crate) fn on(&self, host: &str, line: &str) -> String {
        self.tool(&["exec", host, "sh", "-c", line])
    }
}

/// A run that is under way. What it writes to standard error is little, and read at its end.
pub(crate) struct Live {
    pub(crate) child: Child,
    events: BufReader<ChildStdout>,
    said: String,
}

impl Live {
    /// Reads events until a line holds `words`, and gives that line.
    pub(crate) fn until(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.events.read_line(&mut line).unwrap();
            self.said.push_str(&line);
            if line.contains(words) {
                return line;
            }
            if read == 0 {
                let mut errors = String::new();
                let stderr = self.child.stderr.as_mut().unwrap();
                stderr.read_to_string(&mut errors).unwrap();
                panic!("`{words}` was never said: {}\n{errors}", self.said);
            }
        }
    }

    /// Sends a signal: `INT`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end, and gives all that it said.
    pub(crate) fn end(mut self) -> Ran {
        self.events.read_to_string(&mut self.said).unwrap();
        let mut errors = String::new();
        let stderr = self.child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut errors).unwrap();
        Ran {
            status: self.child.wait().unwrap().code(),
            out: self.said,
            errors,
        }
    }
}

impl Lab {
    /// What the nodes of each host logged of their clusters, for the report of a test that failed.
    fn tell_of_clusters(&self) {
        // Time, place, what: short, as whoever keeps the report may keep its beginning only.
        let line = "cd /opt/wso2 2>/dev/null || exit 0; for home in $(ls -d */repository/logs); do
            grep -hE 'Elected|Member |Hazelcast initialized|WSO2 Carbon started|Shutdown hook|Halting' $home/wso2carbon.log |
                tail -n 25 | sed -E 's/^TID.*\\[[0-9-]{10} ([0-9:,]{12})\\] .*\\} -  */\\1 /; s/ \\{[^}]*\\}$//'
            grep -E '^20..-' $home/labpack-hazelcast.log | grep -vE 'Handling join|question' | tail -n 30 |
                sed -E 's/^[0-9-]{10}T([0-9:]{8})\\.([0-9]{3})[0-9]*Z [A-Z]+/\\1,\\2/
                    s/ \\[[^ ]+:4[0-9]+ \\[[^]]*\\] \\[[0-9.]+\\]//'
        done | sed -E 's/\\[([0-9a-f]{4})[0-9a-f-]{32}\\]/\\1/' | cut -c 1-150";
        let mut all = Vec::new();
        for host in self.tool(&["ps"]).lines() {
            let name = host.split_whitespace().next().unwrap_or_default();
            for said in self.on(name, line).lines() {
                let (time, what) = said.split_once(' ').unwrap_or((said, ""));
                all.push(format!("{time} {name} {what}"));
            }
        }
        all.sort();
        println!("{}", all.join("\n"));
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell_of_clusters();
        }
        self.tool(&["down"]);
    }
}

/// Lays the pack of a product beside the inventory: the one that `WMPROV_PACK` names, where it is that product's
/// (`wso2esb-4.9.0.zip`), else the lab pack, built now.
pub(crate) fn lab_pack(lab: &Lab, product: &str, version: &str) {
    let name = format!("wso2{product}-{version}.zip");
    let place = lab.site.join(&name);
    if let Some(real) = real_pack(&name) {
        println!("with the pack {}", real.display());
        let _older = std::fs::remove_file(&place);
        std::os::unix::fs::symlink(real, &place).unwrap();
        return;
    }
    let built = Command::new(root().join("tests/pack/build"))
        .args([product, version])
        .arg(place)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
}

/// The pack of this name that the tests were given.
fn real_pack(name: &str) -> Option<PathBuf> {
    let real = std::fs::canonicalize(std::env::var_os("WMPROV_PACK")?).unwrap();
    real.ends_with(name).then_some(real)
}

/// Notes a line of the program that has been run, and how it ended, where `WMPROV_RAN` names a file for that (`tests/run`):
/// what pages show is held against it (`engine/cli/documented.rs`).
pub(crate) fn note(status: Option<i32>, line: &str) {
    use std::io::Write as _;
    let Some(file) = std::env::var_os("WMPROV_RAN") else {
        return;
    };
    let Some(status) = status else {
        return; // A signal ended it.
    };
    let line = format!("{status}\t{}\n", line.replace('\n', " "));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.append(true).create(true).open(file).unwrap();
    // One write, as several tests do it at once.
    file.write_all(line.as_bytes()).unwrap();
}

/// The same of what is given to it.
pub(crate) fn note_words(status: Option<i32>, arguments: &[&str]) {
    note(status, &format!("wmprov\t{}", arguments.join("\t")));
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
