//! Host patterns: which hosts a play is for, or `--limit` leaves.

use regex::Regex;

use crate::inventory::Inventory;
use crate::yaml::{Error, Result, near};

/// `all`, a host, a group, `web*`, `~regex`, joined by `:` or `,`; `&` keeps, `!` takes away; `[0:2]` picks.
#[derive(Clone, Debug)]
pub struct HostPattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    how: How,
    name: Name,
    /// First and last position, as in `esb[0:1]`; negative counts from the end.
    picked: Option<(i64, Option<i64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Add,
    Keep,
    Take,
}

#[derive(Clone, Debug)]
enum Name {
    Plain(String),
    Matching(String, Regex),
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where a regular expression or a position cannot be read.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parts = split(text)
            .into_iter()
            .map(part)
            .collect::<Result<Vec<_>>>()?;
        if parts.is_empty() {
            return Err(Error::new("an empty host pattern").hint("`all` means every host"));
        }
        // As in Ansible, what is added counts first, then what is kept, then what is taken away; a
        // pattern of exclusions alone starts from all.
        parts.sort_by_key(|part| part.how);
        if parts[0].how != How::Add {
            parts.insert(0, part("all")?);
        }
        Ok(Self { parts })
    }

    /// Reads what `--limit` gives: a pattern, in which `@FILE` stands for the lines of a file.
    ///
    /// # Errors
    /// As [`HostPattern::parse`], and where a file cannot be read.
    pub fn limit(text: &str) -> Result<Self> {
        let mut patterns = Vec::new();
        for piece in split(text) {
            let Some(file) = piece.strip_prefix('@') else {
                patterns.push(piece.to_owned());
                continue;
            };
            let lines = std::fs::read_to_string(file).map_err(|error| {
                Error::new(format!("cannot read `{file}`, named by `--limit`")).because(error)
            })?;
            let lines = lines.lines().map(str::trim);
            patterns.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
        }
        Self::parse(&patterns.join(","))
    }

    /// The names of the hosts it selects, as Ansible orders them: part by part, each in the inventory's order.
    ///
    /// # Errors
    /// Where a plain name is neither a host nor a group: with the near miss.
    pub fn select(&self, inventory: &Inventory) -> Result<Vec<String>> {
        let mut selected: Vec<String> = Vec::new();
        for part in &self.parts {
            let named = part.hosts(inventory)?;
            match part.how {
                How::Add => {
                    for host in named {
                        if !selected.contains(&host) {
                            selected.push(host);
                        }
                    }
                }
                How::Keep => selected.retain(|host| named.contains(host)),
                How::Take => selected.retain(|host| !named.contains(host)),
            }
        }
        Ok(selected)
    }
}

impl Part {
    fn hosts(&self, inventory: &Inventory) -> Result<Vec<String>> {
        let hosts = match &self.name {
            Name::Plain(name) => plain(name, inventory)?,
            Name::Matching(text, regex) => matching(text, regex, inventory)?,
        };
        let Some((first, last)) = self.picked else {
            return Ok(hosts);
        };
        let count = i64::try_from(hosts.len()).unwrap_or(i64::MAX);
        let position = |at: i64| if at < 0 { count + at } else { at };
        let picked = position(first)..=position(last.unwrap_or(first));
        Ok((0..count)
            .zip(hosts)
            .filter(|(at, _)| picked.contains(at))
            .map(|(_, host)| host)
            .collect())
    }
}

fn plain(name: &str, inventory: &Inventory) -> Result<Vec<String>> {
    if inventory.group(name).is_some() {
        return Ok(inventory
            .members(name)
            .iter()
            .map(|host| host.name.clone())
            .collect());
    }
    if inventory.host(name).is_some() {
        return Ok(vec![name.to_owned()]);
    }
    let known = inventory
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .chain(inventory.hosts.iter().map(|host| host.name.as_str()));
    let error = Error::new(format!("`{name}` is neither a host nor a group"));
    Err(match near(name, known) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error,
    })
}

fn matching(text: &str, regex: &Regex, inventory: &Inventory) -> Result<Vec<String>> {
    let mut hosts = Vec::new();
    for group in inventory
        .groups
        .iter()
        .filter(|group| regex.is_match(&group.name))
    {
        hosts.extend(
            inventory
                .members(&group.name)
                .iter()
                .map(|host| host.name.clone()),
        );
    }
    hosts.extend(
        inventory
            .hosts
            .iter()
            .map(|host| &host.name)
            .filter(|name| regex.is_match(name))
            .cloned(),
    );
    if hosts.is_empty() {
        return Err(Error::new(format!("`{text}` matches no host and no group")));
    }
    Ok(hosts)
}

/// Cuts at `,` and `:`, but not inside `[…]`, and not after `~`.
fn split(text: &str) -> Vec<&str> {
    let separators = if text.contains(',') {
        &[','][..]
    } else {
        &[':'][..]
    };
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ if depth == 0 && separators.contains(&letter) => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn part(text: &str) -> Result<Part> {
    let (how, name) = match text.as_bytes().first() {
        Some(b'!') => (How::Take, &text[1..]),
        Some(b'&') => (How::Keep, &text[1..]),
        _ => (How::Add, text),
    };
    let regex = |source: &str| {
        Regex::new(source)
            .map_err(|error| Error::new(format!("`{text}` is no host pattern")).because(error))
    };
    if let Some(source) = name.strip_prefix('~') {
        let name = Name::Matching(text.to_owned(), regex(&format!("^(?:{source})"))?);
        return Ok(Part {
            how,
            name,
            picked: None,
        });
    }
    let (name, picked) = match name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
    {
        Some((name, inside)) => match positions(inside) {
            Some(picked) => (name, Some(picked)),
            None => (&text[text.len() - name.len() - inside.len() - 2..], None),
        },
        None => (name, None),
    };
    let name = if name == "*" { "all" } else { name };
    let name = if name.contains(['*', '?', '[']) {
        let glob = regex::escape(name)
            .replace(r"\*", ".*")
            .replace(r"\?", ".")
            .replace(r"\[", "[")
            .replace(r"\]", "]")
            .replace(r"\-", "-")
            .replace("[!", "[^");
        Name::Matching(name.to_owned(), regex(&format!("^(?:{glob})$"))?)
    } else {
        Name::Plain(name.to_owned())
    };
    Ok(Part { how, name, picked })
}

fn positions(inside: &str) -> Option<(i64, Option<i64>)> {
    match inside.split_once([':', '-']) {
        None => inside.parse().ok().map(|at| (at, None)),
        Some(("", last)) if !last.is_empty() && inside.starts_with('-') => {
            last.parse::<i64>().ok().map(|at| (-at, None))
        }
        Some((first, last)) => Some((
            if first.is_empty() {
                0
            } else {
                first.parse().ok()?
            },
            Some(if last.is_empty() {
                -1
            } else {
                last.parse().ok()?
            }),
        )),
    }
}
