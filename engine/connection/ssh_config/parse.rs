//! Lines of `ssh_config` files → the options of one host.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::SshOptions;
use super::pattern::{any, wildcard};
use crate::yaml::{Error, Place, Result};

/// How deep `Include` may go, as in OpenSSH.
const DEEPEST: usize = 16;

/// A line that sets something: lower-case keyword and its words.
#[derive(Clone, Debug)]
struct Setting {
    place: Place,
    keyword: String,
    words: Vec<String>,
    /// How many `Include`s it stands below.
    depth: usize,
}

/// The settings of some `ssh_config` files, included ones in their place.
#[derive(Clone, Debug, Default)]
pub struct SshConfig {
    settings: Vec<Setting>,
    home: PathBuf,
    local_user: String,
}

impl SshConfig {
    /// Reads files, the one that wins first; one that does not exist is empty.
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
            self.settings.push(Setting {
                place: place.clone(),
                keyword: keyword.clone(),
                words: words.clone(),
                depth,
            });
            if keyword == "include" {
                self.include(&words, file, &place, depth)?;
            }
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
            let mut path = self.tilde(word);
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
                    keyword: "end of include".to_owned(),
                    words: Vec::new(),
                    depth: depth + 1,
                });
            }
        }
        Ok(())
    }

    /// The options of `host`, the name as the user gave it.
    pub fn of(&self, host: &str) -> Result<SshOptions> {
        let mut options = SshOptions::default();
        // Whether each level of `Include` is selected; a file starts as its `Include` line stands.
        let mut selected = vec![true];
        for setting in &self.settings {
            while selected.len() <= setting.depth {
                let above = selected.last().copied().unwrap_or(true);
                selected.push(above);
            }
            if setting.keyword == "end of include" {
                selected.truncate(setting.depth);
                continue;
            }
            selected.truncate(setting.depth + 1);
            // A block inside an included file can only narrow what its `Include` line selects.
            let outer = setting.depth == 0 || selected[setting.depth - 1];
            let here = &mut selected[setting.depth];
            match setting.keyword.as_str() {
                "host" => {
                    *here = outer && any(setting.words.iter().map(String::as_str), host);
                }
                "match" => {
                    let chosen = matches(setting, host, &options)?;
                    *here = outer && chosen;
                }
                _ if *here => self.set(&mut options, setting, host)?,
                _ => {}
            }
        }
        self.expand(&mut options, host);
        Ok(options)
    }

    /// Takes one setting over, as a file or `-o` says it.
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
        self.set(options, &setting, host)
    }

    fn set(&self, options: &mut SshOptions, setting: &Setting, host: &str) -> Result<()> {
        let word = || {
            setting.words.first().map(String::as_str).ok_or_else(|| {
                Error::at(
                    &setting.place,
                    format!("`{}` has no value", setting.keyword),
                )
            })
        };
        match setting.keyword.as_str() {
            "hostname" => first(&mut options.host_name, word()?.replace("%h", host)),
            "port" => first(&mut options.port, number(word()?, setting)?),
            "user" => first(&mut options.user, word()?.to_owned()),
            "identityfile" if word()? != "none" => options.identities.push(PathBuf::from(word()?)),
            "certificatefile" if word()? != "none" => {
                options.certificates.push(PathBuf::from(word()?));
            }
            "identitiesonly" => first(&mut options.identities_only, yes(word()?, setting)?),
            "identityagent" => first(&mut options.agent, self.socket(word()?)),
            "proxyjump" => first(&mut options.proxy_jump, setting.words.join(" ")),
            "userknownhostsfile" => first(&mut options.user_known_hosts, files(setting)),
            "globalknownhostsfile" => first(&mut options.global_known_hosts, files(setting)),
            "stricthostkeychecking" => first(&mut options.strict, word()?.to_lowercase()),
            "connecttimeout" if word()? != "none" => {
                first(&mut options.connect_timeout, time(word()?, setting)?);
            }
            "serveraliveinterval" => first(&mut options.alive_interval, time(word()?, setting)?),
            "serveralivecountmax" => first(&mut options.alive_max, number(word()?, setting)?),
            "hostkeyalias" => first(&mut options.host_key_alias, word()?.to_lowercase()),
            "hashknownhosts" => first(&mut options.hash_known_hosts, yes(word()?, setting)?),
            "proxycommand" if word()? == "none" => {}
            "proxycommand"
            | "proxyusefdpass"
            | "knownhostscommand"
            | "hostbasedauthentication"
            | "pkcs11provider"
            | "canonicalizehostname"
            | "bindaddress"
            | "bindinterface"
            | "revokedhostkeys"
                if !matches!(word()?, "no" | "none") =>
            {
                return Err(Error::at(
                    &setting.place,
                    format!("`{}` is not supported", setting.keyword),
                )
                .hint("use `ProxyJump` to go through another host, or a `Host` block of its own"));
            }
            _ => {}
        }
        Ok(())
    }

    fn socket(&self, word: &str) -> Option<PathBuf> {
        match word {
            "none" => None,
            "SSH_AUTH_SOCK" => std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
            path => Some(self.tilde(path)),
        }
    }

    /// `~` and the `%` tokens of files, once host name, user and port are known.
    fn expand(&self, options: &mut SshOptions, host: &str) {
        let name = options.host_name.clone().unwrap_or_else(|| host.to_owned());
        let user = options.user.clone();
        let user = user.as_deref().unwrap_or(&self.local_user).to_owned();
        let port = options.port.unwrap_or(22).to_string();
        let expand = |path: &mut PathBuf| {
            let text = path.to_string_lossy().into_owned();
            let mut out = String::new();
            let mut letters = text.chars();
            while let Some(letter) = letters.next() {
                if letter != '%' {
                    out.push(letter);
                    continue;
                }
                match letters.next() {
                    Some('h') => out.push_str(&name),
                    Some('n' | 'k') => out.push_str(host),
                    Some('r') => out.push_str(&user),
                    Some('p') => out.push_str(&port),
                    Some('u') => out.push_str(&self.local_user),
                    Some('d') => out.push_str(&self.home.to_string_lossy()),
                    Some('%') => out.push('%'),
                    Some(other) => out.extend(['%', other]),
                    None => out.push('%'),
                }
            }
            *path = self.tilde(&out);
        };
        let lists = [
            &mut options.user_known_hosts,
            &mut options.global_known_hosts,
        ];
        lists.into_iter().flatten().flatten().for_each(expand);
        options.identities.iter_mut().for_each(expand);
        options.certificates.iter_mut().for_each(expand);
    }

    fn tilde(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if path == "~" => self.home.clone(),
            None => PathBuf::from(path),
        }
    }
}

/// Keeps the first value.
fn first<T>(option: &mut Option<T>, value: T) {
    option.get_or_insert(value);
}

fn files(setting: &Setting) -> Vec<PathBuf> {
    setting
        .words
        .iter()
        .filter(|word| *word != "none")
        .map(PathBuf::from)
        .collect()
}

fn number<N: std::str::FromStr>(word: &str, setting: &Setting) -> Result<N> {
    word.parse().map_err(|_| {
        Error::at(
            &setting.place,
            format!("`{}` wants a number, not `{word}`", setting.keyword),
        )
    })
}

fn yes(word: &str, setting: &Setting) -> Result<bool> {
    match word.to_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(Error::at(
            &setting.place,
            format!("`{}` wants yes or no, not `{word}`", setting.keyword),
        )),
    }
}

fn time(word: &str, setting: &Setting) -> Result<Duration> {
    seconds(word).ok_or_else(|| {
        Error::at(
            &setting.place,
            format!("`{}` wants a time, not `{word}`", setting.keyword),
        )
    })
}

/// A time as OpenSSH writes it: `90`, `1m30s`, `2h`.
pub(in crate::connection) fn seconds(word: &str) -> Option<Duration> {
    let (mut total, mut count) = (0_u64, String::new());
    for letter in word.chars() {
        let unit = match letter.to_ascii_lowercase() {
            digit @ '0'..='9' => {
                count.push(digit);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(count.parse::<u64>().ok()?.checked_mul(unit)?)?;
        count.clear();
    }
    if !count.is_empty() {
        total = total.checked_add(count.parse().ok()?)?;
    }
    (!word.is_empty()).then(|| Duration::from_secs(total))
}

/// `Match` knows `all`, `host` and `originalhost`; the rest would run programs or depend on what is
/// not known here.
fn matches(setting: &Setting, host: &str, options: &SshOptions) -> Result<bool> {
    let mut words = setting.words.iter();
    let mut chosen = true;
    while let Some(word) = words.next() {
        let (negated, kind) = match word.strip_prefix('!') {
            Some(kind) => (true, kind.to_lowercase()),
            None => (false, word.to_lowercase()),
        };
        let now = options.host_name.as_deref().unwrap_or(host);
        let against = match kind.as_str() {
            "all" => {
                chosen &= !negated;
                continue;
            }
            "host" => now,
            "originalhost" => host,
            _ => {
                return Err(
                    Error::at(&setting.place, format!("`Match {kind}` is not supported"))
                        .hint("use `Match host`, `Match originalhost`, `Match all` or `Host`"),
                );
            }
        };
        let patterns = words
            .next()
            .ok_or_else(|| Error::at(&setting.place, format!("`Match {kind}` has no patterns")))?;
        chosen &= any(patterns.split(','), against) != negated;
    }
    Ok(chosen)
}

/// Splits a line into keyword and words: `Key value`, `Key=value`, quotes, comments.
fn split(line: &str, place: &Place) -> Result<Option<(String, Vec<String>)>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let end = line
        .find(|letter: char| letter.is_whitespace() || letter == '=')
        .unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for letter in rest.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                begun = true;
            }
            '#' if !quoted && !begun => break,
            _ if letter.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                    begun = false;
                }
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if quoted {
        return Err(Error::at(place, "a quote is not closed"));
    }
    if begun {
        words.push(word);
    }
    Ok(Some((keyword.to_lowercase(), words)))
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
