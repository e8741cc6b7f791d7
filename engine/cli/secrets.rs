//! Passwords: from files, from the terminal, never from arguments; all are read before any progress shows.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use console::Term;
use regex::Regex;
use wmprov::yaml::{Error, Result, Secret};

use crate::exit::Exit;

/// Reads a password file by Ansible's rule: a program is run and its output is the password, `-` is
/// standard input, anything else is read. Blanks at the end are no part of a password.
pub(crate) fn from_file(file: &Path) -> Result<Secret> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|cause| {
            Error::new("cannot read a password from standard input").because(cause)
        })?;
        text
    } else {
        let cannot = |cause| {
            Error::new(format!(
                "cannot read the password file `{}`",
                file.display()
            ))
            .because(cause)
        };
        let about = std::fs::metadata(file).map_err(cannot)?;
        if about.is_file() && about.permissions().mode() & 0o111 != 0 {
            output_of(file)?
        } else {
            std::fs::read_to_string(file).map_err(cannot)?
        }
    };
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Error::new(format!(
            "the password in `{}` is empty",
            file.display()
        )));
    }
    Ok(Secret::new(password))
}

fn output_of(program: &Path) -> Result<String> {
    let shown = program.display();
    // A bare name would be looked for in PATH; the user means the file here.
    let path = if program.components().count() == 1 {
        Path::new(".").join(program)
    } else {
        program.to_owned()
    };
    let output = Command::new(path)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| {
            Error::new(format!("cannot run the password program `{shown}`")).because(cause)
        })?;
    if !output.status.success() {
        return Err(Error::new(format!(
            "the password program `{shown}` failed: {}",
            output.status
        )));
    }
    String::from_utf8(output.stdout)
        .map_err(|cause| Error::new(format!("the output of `{shown}` is no text")).because(cause))
}

/// Asks on the terminal, without showing what is typed.
pub(crate) fn ask(what: &str) -> Result<Secret> {
    let term = Term::stderr();
    if !term.is_term() {
        return Err(
            Error::new(format!("there is no terminal to ask for the {what}"))
                .hint("give it in a file, as `--help` shows"),
        );
    }
    let cannot = |cause| Error::new(format!("cannot ask for the {what}")).because(cause);
    let typed = unseen(&term, &format!("{what}: ")).map_err(cannot)?;
    Ok(Secret::new(typed))
}

/// What a terminal sends for Ctrl-C.
const INTERRUPT: char = '\u{3}';

/// Reads a line that is not shown. Meanwhile a Ctrl-C is the end of that line and no signal, which would leave the
/// terminal showing nothing; it ends the program once the terminal is as it was. The question shows once all is set: who
/// sees it may end the program.
fn unseen(term: &Term, question: &str) -> io::Result<String> {
    let plain = || {
        (&*term).write_all(question.as_bytes())?;
        term.read_secure_line()
    };
    let Ok(mut tty) = File::open("/dev/tty") else {
        return plain();
    };
    let Some(before) = stty(&tty, &["-g"]) else {
        return plain();
    };
    let guard = Guard::set(&tty, before.trim());
    if stty(&tty, &["-echo", "-isig", "eol", "^C"]).is_none() {
        if let Some(guard) = guard {
            guard.leave();
        }
        return plain();
    }
    let mut to = term;
    to.write_all(question.as_bytes())?;
    let typed = line_of(&mut tty);
    let restored = stty(&tty, &[before.trim()]);
    if let Some(guard) = guard {
        guard.leave();
    }
    term.write_line("")?;
    if restored.is_none() {
        return Err(io::Error::other(
            "the terminal cannot be set back; `stty sane` does",
        ));
    }
    let typed = typed?;
    if typed.contains(INTERRUPT) {
        interrupted();
    }
    Ok(typed)
}

/// A process that sets the terminal back where this one is ended while it reads: by a TERM, by a KILL, which nobody can
/// answer.
struct Guard(Child);

impl Guard {
    /// Sets it; [`None`] where there is none to be had.
    fn set(tty: &File, before: &str) -> Option<Self> {
        let script = "trap '' INT QUIT TERM HUP TTIN TTOU; IFS= read -r left || stty \"$1\" <&1";
        let guard = Command::new("sh")
            .args(["-c", script, "sh", before])
            .stdin(Stdio::piped())
            // The terminal itself: its name is gone with the first process of a session.
            .stdout(tty.try_clone().ok()?)
            .stderr(Stdio::null())
            .spawn();
        guard.ok().map(Self)
    }

    /// All is well: it has nothing to do.
    fn leave(mut self) {
        if let Some(mut to) = self.0.stdin.take() {
            // One that has gone needs no word.
            let _gone = to.write_all(b"\n");
        }
        let _gone = self.0.wait();
    }
}

/// Ends the program: a question may stand deep inside a connection, from where there is no other way out.
#[expect(clippy::exit, reason = "the sentence above says why")]
fn interrupted() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}

fn line_of(tty: &mut File) -> io::Result<String> {
    let mut line = Vec::new();
    let mut some = [0; 1024];
    while !line.ends_with(b"\n") && !line.ends_with(b"\x03") {
        match tty.read(&mut some) {
            Ok(0) => break,
            Ok(count) => line.extend(&some[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = String::from_utf8(line).map_err(io::Error::other)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks or sets a terminal; [`None`] where that cannot be done.
fn stty(tty: &File, words: &[&str]) -> Option<String> {
    let output = Command::new("stty")
        .args(words)
        .stdin(tty.try_clone().ok()?)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let done = output.status.success();
    done.then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

static SECRET_VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(\w*(?:password|passwd|passphrase|secret|token|_pass))(["']?\s*[=:]\s*)"#)
        .ok()
});

/// An argument of a command that is shown again, without the passwords that should not stand there.
pub(crate) fn hidden(word: &str) -> String {
    match &*SECRET_VARIABLE {
        Some(secret) => match secret.find(word) {
            // What is behind is no longer told apart: it may hold blanks.
            Some(found) => format!("{}***", &word[..found.end()]),
            None => word.to_owned(),
        },
        // Not reached, a test compiles the expression.
        None => "***".to_owned(),
    }
}

/// Refuses passwords among the arguments: every user of a machine sees those.
pub(crate) fn none_in(extra_vars: &[String]) -> Result<()> {
    for text in extra_vars.iter().filter(|text| !text.starts_with('@')) {
        let found = SECRET_VARIABLE
            .as_ref()
            .and_then(|secret| secret.captures(text));
        if let Some(name) = found.and_then(|found| found.get(1)) {
            return Err(Error::new(format!(
                "`{}` is given as an argument, which every user of this machine can see",
                name.as_str()
            ))
            .hint("put it in a file, vaulted, and give `--extra-vars @FILE`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::{from_file, none_in};

    #[test]
    fn a_password_comes_from_a_file_or_a_programs_output() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs::write(&file, "open sesame \r\n").unwrap();
        assert_eq!(from_file(&file).unwrap().reveal(), "open sesame ");
        fs::write(&file, "#!/bin/sh\necho from a program\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(from_file(&file).unwrap().reveal(), "from a program");
        fs::write(&file, "#!/bin/sh\nexit 7\n").unwrap();
        let error = from_file(&file).unwrap_err();
        assert!(
            error.message().ends_with("failed: exit status: 7"),
            "{error}"
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, "\n").unwrap();
        assert!(
            from_file(&file)
                .unwrap_err()
                .message()
                .ends_with("is empty")
        );
    }

    #[test]
    fn passwords_are_refused_as_arguments() {
        for (text, refused) in [
            ("carbon_admin_password=x", true),
            ("{\"ansible_become_password\": \"x\"}", true),
            ("ansible_become_pass=x", true),
            ("{ansible_ssh_pass: x}", true),
            ("@passwords.yaml", false),
            ("carbon_heap=256m:512m", false),
        ] {
            assert_eq!(none_in(&[text.to_owned()]).is_err(), refused, "{text}");
        }
    }
}
