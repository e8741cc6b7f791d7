//! One setting → the option that it sets, if none came before it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::SshOptions;
use super::words::seconds;
use crate::yaml::{Error, Place, Result};

/// A line that sets something.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// Where it stands.
    pub(super) place: Place,
    /// The keyword in small letters.
    pub(super) keyword: String,
    /// What follows it.
    pub(super) words: Vec<String>,
    /// How many `Include`s it stands below.
    pub(super) depth: usize,
}

/// Options that would change where a connection goes or whom it trusts, and are not supported.
const REFUSED: &[&str] = &[
    "proxycommand",
    "proxyusefdpass",
    "knownhostscommand",
    "pkcs11provider",
    "canonicalizehostname",
    "bindaddress",
    "bindinterface",
    "revokedhostkeys",
];

impl Setting {
    /// Sets its option in `options`; what does not matter here is passed over.
    pub(super) fn set(&self, options: &mut SshOptions, host: &str, home: &Path) -> Result<()> {
        match self.keyword.as_str() {
            "hostname" => first(&mut options.host_name, host_name(self.word()?, host)),
            "port" => first(&mut options.port, self.number()?),
            "user" => first(&mut options.user, self.word()?.to_owned()),
            "identityfile" => add(&mut options.identities, self.word()?),
            "certificatefile" => add(&mut options.certificates, self.word()?),
            "identitiesonly" => first(&mut options.identities_only, self.yes()?),
            "identityagent" => first(&mut options.agent, socket(self.word()?, home)),
            "proxyjump" => first(&mut options.proxy_jump, self.words.concat()),
            "userknownhostsfile" => first(&mut options.user_known_hosts, self.files()),
            "globalknownhostsfile" => first(&mut options.global_known_hosts, self.files()),
            "stricthostkeychecking" => first(&mut options.strict, self.word()?.to_lowercase()),
            "connecttimeout" if self.word()? == "none" => {}
            "connecttimeout" => first(&mut options.connect_timeout, self.time()?),
            "serveraliveinterval" => first(&mut options.alive_interval, self.time()?),
            "serveralivecountmax" => first(&mut options.alive_max, self.number()?),
            "hostkeyalias" => first(&mut options.host_key_alias, self.word()?.to_lowercase()),
            "hashknownhosts" => first(&mut options.hash_known_hosts, self.yes()?),
            // The one that comes first wins over the other, as in OpenSSH.
            "proxycommand" if options.proxy_jump.is_some() => {}
            "proxycommand" if self.word()? == "none" => {
                first(&mut options.proxy_jump, "none".to_owned());
            }
            keyword if REFUSED.contains(&keyword) && !matches!(self.word()?, "no" | "none") => {
                let message = format!("`{keyword}` is not supported");
                return Err(Error::at(&self.place, message)
                    .hint("use `ProxyJump` to go through another host"));
            }
            _ => {}
        }
        Ok(())
    }

    fn word(&self) -> Result<&str> {
        self.words
            .first()
            .map(String::as_str)
            .ok_or_else(|| self.wants("a value"))
    }

    fn wants(&self, what: &str) -> Error {
        let found = match self.words.first() {
            Some(word) => format!(", not `{word}`"),
            None => String::new(),
        };
        Error::at(
            &self.place,
            format!("`{}` wants {what}{found}", self.keyword),
        )
    }

    fn files(&self) -> Vec<PathBuf> {
        let words = self.words.iter().filter(|word| *word != "none");
        words.map(PathBuf::from).collect()
    }

    fn number<N: std::str::FromStr>(&self) -> Result<N> {
        self.word()?.parse().map_err(|_| self.wants("a number"))
    }

    fn yes(&self) -> Result<bool> {
        match self.word()?.to_lowercase().as_str() {
            "yes" | "true" => Ok(true),
            "no" | "false" => Ok(false),
            _ => Err(self.wants("yes or no")),
        }
    }

    fn time(&self) -> Result<Duration> {
        seconds(self.word()?).ok_or_else(|| self.wants("a time"))
    }
}

/// Keeps the first value.
fn first<T>(option: &mut Option<T>, value: T) {
    option.get_or_insert(value);
}

/// Lists add up; `none` and what is there already do not count.
fn add(list: &mut Vec<PathBuf>, word: &str) {
    let file = PathBuf::from(word);
    if word != "none" && !list.contains(&file) {
        list.push(file);
    }
}

fn host_name(word: &str, host: &str) -> String {
    word.replace("%%", "\0")
        .replace("%h", host)
        .replace('\0', "%")
}

fn socket(word: &str, home: &Path) -> Option<PathBuf> {
    match word {
        "none" => None,
        "SSH_AUTH_SOCK" => std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
        path => Some(at_home(path, home)),
    }
}

/// `~` is the user's home.
pub(super) fn at_home(path: &str, home: &Path) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None if path == "~" => home.to_owned(),
        None => PathBuf::from(path),
    }
}
