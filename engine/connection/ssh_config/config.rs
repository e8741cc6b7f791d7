//! `ssh_config` files with what they include → the options of a host.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::SshOptions;
use super::pattern::{any, wildcard};
use super::setting::{Setting, at_home};
use super::words::split;
use crate::yaml::{Error, Place, Result};

/// How deep `Include` may go, as in OpenSSH.
const DEEPEST: usize = 16;

/// Stands after what an `Include` line brought in.
const END_OF_INCLUDE: &str = "end of include";

/// The settings of some `ssh_config` files, included ones in their place.
#[derive(Clone, Debug, Default)]
pub struct SshConfig {
    settings: Vec<Setting>,
    home: PathBuf,
    local_user: String,
}

/// What a run has read already: its hosts ask for the same files, each once or twice.
#[derive(Clone, Debug, Default)]
pub struct SshConfigs(Arc<Mutex<BTreeMap<Asked, Arc<SshConfig>>>>);

/// Files, home and login name that an [`SshConfig`] is made of.
type Asked = (Vec<PathBuf>, PathBuf, String);

impl SshConfigs {
    /// As [`SshConfig::read`], once for the same files.
    pub(in crate::connection) fn read(
        &self,
        files: Vec<PathBuf>,
        home: &Path,
        local_user: &str,
    ) -> Result<Arc<SshConfig>> {
        // A map that a panic left behind is whole: what is put in is made before.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = (files, home.to_owned(), local_user.to_owned());
        if let Some(config) = kept.get(&asked) {
            return Ok(config.clone());
        }
        let config = Arc::new(SshConfig::read(&asked.0, home, local_user)?);
        kept.insert(asked, config.clone());
        Ok(config)
    }
}

impl SshConfig {
    /// Reads files, the one that wins first; one that does not exist is empty.
    ///
    /// # Errors
    /// A file that cannot be read, an open quote, an `Include` that goes round in circles.
    pub fn read(files: &[PathBuf], home: &Path, local_user: &str) -> Result<Self> {
        let mut config = Self {
            settings: Vec::new(),
            home: home.to_owned(),
            local_user: local_user.to_owned(),
        };
        for file in files {
            config.file(file, 0)?;
            // A `Host` block ends with its file.
            config.settings.push(Setting {
                place: Place::start_of(file),
                keyword: "host".to_owned(),
                words: vec!["*".to_owned()],
                depth: 0,
            });
        }
        Ok(config)
    }

    fn file(&mut self, file: &Path, depth: usize) -> Result<()> {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                return Err(
                    Error::at(&Place::start_of(file), "the file cannot be read").because(error)
                );
            }
        };
        for (number, line) in (1..).zip(String::from_utf8_lossy(&bytes).lines()) {
            let place = Place::new(file, number, 1);
            let Some((keyword, words)) = split(line, &place)? else {
                continue;
            };
            if keyword == "include" {
                self.include(&words, file, &place, depth)?;
                continue;
            }
            self.settings.push(Setting {
                place,
                keyword,
                words,
                depth,
            });
        }
        Ok(())
    }

    fn include(
        &mut self,
        words: &[String],
        from: &Path,
        place: &Place,
        depth: usize,
    ) -> Result<()> {
        if depth + 1 >= DEEPEST {
            return Err(Error::at(place, "`Include` goes too deep"));
        }
        for word in words {
            let mut path = at_home(word, &self.home);
            if path.is_relative() {
                // The user's files include from ~/.ssh, the machine's from /etc/ssh.
                path = if from.starts_with("/etc/ssh") {
                    Path::new("/etc/ssh").join(path)
                } else {
                    self.home.join(".ssh").join(path)
                };
            }
            for file in glob(&path) {
                self.file(&file, depth + 1)?;
                // What an included file selects ends with it.
                self.settings.push(Setting {
                    place: place.clone(),
                    keyword: END_OF_INCLUDE.to_owned(),
                    words: Vec::new(),
                    depth: depth + 1,
                });
            }
        }
        Ok(())
    }

    /// The hosts that are named without wildcards, in the order of the files.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let blocks = self
            .settings
            .iter()
            .filter(|setting| setting.keyword == "host");
        let words = blocks.flat_map(|setting| &setting.words);
        let mut names: Vec<String> = Vec::new();
        for word in words.filter(|word| !word.contains(['*', '?', '!'])) {
            if !names.contains(word) {
                names.push(word.clone());
            }
        }
        names
    }

    /// The options of `host`, the name as the user gave it.
    ///
    /// # Errors
    /// An option that holds for the host and is refused, or has a wrong value.
    pub fn of(&self, host: &str) -> Result<SshOptions> {
        self.of_with(host, SshOptions::default())
    }

    /// As [`of`](Self::of), below options that are given already.
    pub(in crate::connection) fn of_with(
        &self,
        host: &str,
        mut options: SshOptions,
    ) -> Result<SshOptions> {
        self.pass(host, false, &mut options)?;
        // `Match final` asks for another look at everything, with the name as it is by then.
        if self.settings.iter().any(is_final) {
            let name = options.host_name.clone().unwrap_or_else(|| host.to_owned());
            self.pass(&name, true, &mut options)?;
        }
        self.expand(&mut options, host);
        Ok(options)
    }

    fn pass(&self, host: &str, last: bool, options: &mut SshOptions) -> Result<()> {
        // Whether each level of `Include` is selected; a file starts as its `Include` line stands.
        let mut selected = vec![true];
        for setting in &self.settings {
            if setting.keyword == END_OF_INCLUDE {
                selected.truncate(setting.depth);
                continue;
            }
            while selected.len() <= setting.depth {
                let above = selected.last().copied().unwrap_or(true);
                selected.push(above);
            }
            // A block inside an included file can only narrow what its `Include` line selects.
            let outer = setting.depth == 0 || selected[setting.depth - 1];
            let here = &mut selected[setting.depth];
            match setting.keyword.as_str() {
                "host" => *here = outer && any(setting.words.iter().map(String::as_str), host),
                "match" => *here = outer && self.matches(setting, host, last, options)?,
                _ if *here => setting.set(options, host, &self.home)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes one `-o` over.
    pub(in crate::connection) fn set_option(
        &self,
        options: &mut SshOptions,
        text: &str,
        place: &Place,
        host: &str,
    ) -> Result<()> {
        let Some((keyword, words)) = split(text, place)? else {
            return Ok(());
        };
        let setting = Setting {
            place: place.clone(),
            keyword,
            words,
            depth: 0,
        };
        setting.set(options, host, &self.home)
    }

    /// `Match` with what can be known without running a program; as in OpenSSH, what comes after a
    /// condition that fails is not looked at.
    fn matches(
        &self,
        setting: &Setting,
        host: &str,
        last: bool,
        options: &SshOptions,
    ) -> Result<bool> {
        let mut words = setting.words.iter();
        while let Some(word) = words.next() {
            let (negated, kind) = match word.strip_prefix('!') {
                Some(kind) => (true, kind.to_lowercase()),
                None => (false, word.to_lowercase()),
            };
            let holds = match kind.as_str() {
                "all" => true,
                "final" | "canonical" => last,
                "host" | "originalhost" | "user" | "localuser" => {
                    let patterns = words.next().ok_or_else(|| {
                        Error::at(&setting.place, format!("`Match {kind}` has no patterns"))
                    })?;
                    let user = options.user.as_deref().unwrap_or(&self.local_user);
                    let against = match kind.as_str() {
                        "host" => options.host_name.as_deref().unwrap_or(host),
                        "originalhost" => host,
                        "user" => user,
                        _ => &self.local_user,
                    };
                    any(patterns.split(','), against)
                }
                _ => {
                    let message = format!("`Match {kind}` is not supported");
                    return Err(Error::at(&setting.place, message)
                        .hint("use `Match host`, `Match user`, `Match all` or `Host`"));
                }
            };
            if holds == negated {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `~` and the `%` tokens of files, once host name, user and port are known.
    fn expand(&self, options: &mut SshOptions, host: &str) {
        let name = options.host_name.clone().unwrap_or_else(|| host.to_owned());
        let user = options.user.as_deref().unwrap_or(&self.local_user);
        let port = options.port.unwrap_or(22).to_string();
        let alias = options.host_key_alias.as_deref().unwrap_or(host);
        let home = self.home.to_string_lossy();
        let tokens = [
            ('h', name.as_str()),
            ('n', host),
            ('k', alias),
            ('r', user),
            ('p', &port),
            ('u', &self.local_user),
            ('d', &home),
            ('%', "%"),
        ];
        let expand = |path: &mut PathBuf| {
            let text = path.to_string_lossy().into_owned();
            *path = at_home(&fill(&text, &tokens), &self.home);
        };
        let lists = [
            Some(&mut options.identities),
            Some(&mut options.certificates),
            options.user_known_hosts.as_mut(),
            options.global_known_hosts.as_mut(),
        ];
        lists.into_iter().flatten().flatten().for_each(expand);
    }
}

/// Replaces `%` tokens; unknown ones stay.
fn fill(text: &str, tokens: &[(char, &str)]) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let token = letters.next();
        match tokens.iter().find(|(name, _)| Some(*name) == token) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(Some('%').into_iter().chain(token)),
        }
    }
    out
}

fn is_final(setting: &Setting) -> bool {
    setting.keyword == "match"
        && setting
            .words
            .iter()
            .any(|word| word.trim_start_matches('!').eq_ignore_ascii_case("final"))
}

/// The files that a path with `*` and `?` in its last part names, sorted.
fn glob(path: &Path) -> Vec<PathBuf> {
    let pattern = path.file_name().unwrap_or_default().to_string_lossy();
    if !pattern.contains(['*', '?']) {
        return vec![path.to_owned()];
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    // A folder that cannot be listed holds nothing to include, as in OpenSSH.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && wildcard(&pattern, &name)
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}
