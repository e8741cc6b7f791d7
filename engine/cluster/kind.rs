//! What the value of an inventory variable must be, and the reading of it: one function a kind,
//! used both by the check of all variables and by the derivation.

use crate::yaml::{Error, Node, Result, Secret, Value};

/// What a variable's value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text without blanks at its ends, such as a product's key.
    Text,
    /// A version, `5.0.0`; quoted where YAML would take it for a number.
    Version,
    /// A host name as DNS has it.
    HostName,
    /// An address or a name; the checks say which of them a cluster can use.
    Address,
    /// A clustering domain: letters, digits, points, hyphens, underscores.
    Domain,
    /// A whole number between two bounds.
    Whole(i64, i64),
    /// An absolute path on the host.
    HostPath,
    /// A file or folder on the control machine, relative to the inventory file.
    LocalPath,
    /// Several of those; one may stand alone.
    LocalPaths,
    /// Folders of the control machine, each perhaps for some hosts only.
    Overlays,
    /// A name, or several.
    Names,
    /// A host and a port, `km.example.com:9443`.
    Authority,
    /// IP addresses and networks, `10.0.0.0/8`; one may stand alone.
    Networks,
    /// The name of a system user, a group or a unit.
    Identifier,
    /// Heap limits: `256m:1024m`, or a map of `min` and `max`.
    Heap,
    /// A list of texts, or one text that is split at its blanks.
    Words,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// A text that is never shown.
    Secret,
    /// Waived checks: a map of code to reason.
    Waivers,
    /// A list of edits of stock files (design 3.4).
    Edits,
    /// The nodes on a host: a list of maps.
    Nodes,
    /// A path of the registry, `/_system/config/esb`.
    RegistryPath,
    /// The shared databases: a map of what each is for to its URL and login.
    Databases,
}

impl Kind {
    /// The kind in the words of the reference page.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Version => "version, quoted".into(),
            Self::HostName => "host name".into(),
            Self::Address => "IP address".into(),
            Self::Domain => "name".into(),
            Self::Whole(least, most) => format!("whole number, {least} to {most}"),
            Self::HostPath => "absolute path on the host".into(),
            Self::LocalPath => "path, relative to the inventory file".into(),
            Self::LocalPaths => "list of paths, relative to the inventory file".into(),
            Self::Overlays => {
                "list of paths, relative to the inventory file, or of maps of `path` and `hosts`"
                    .into()
            }
            Self::Networks => "list of addresses and networks".into(),
            Self::Names => "name, or list of names".into(),
            Self::Authority => "host name or IP address, and port: `km.example.com:9443`".into(),
            Self::Identifier => "name".into(),
            Self::Heap => "`least:most`, one size for both, or a map of `min` and `max`".into(),
            Self::Words => "list of texts".into(),
            Self::Choice(words) => words
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", "),
            Self::Flag => "`true`, `false`".into(),
            Self::Secret => "text, best vaulted".into(),
            Self::Waivers => "map of code to reason".into(),
            Self::Edits => "list of edits".into(),
            Self::Nodes => "list of nodes".into(),
            Self::RegistryPath => "path in the registry".into(),
            Self::Databases => "map of databases".into(),
        }
    }

    /// Says what is wrong with `node` where a variable of this kind is wanted.
    pub fn check(self, node: &Node) -> Result<()> {
        match self {
            Self::Text | Self::Address => text(node).map(drop),
            Self::Flag => flag(node).map(drop),
            Self::Secret => secret(node).map(drop),
            Self::Version => version(node).map(drop),
            Self::HostName => host_name(node).map(drop),
            Self::Domain => domain(node).map(drop),
            Self::Whole(least, most) => whole(node, least, most).map(drop),
            Self::HostPath => host_path(node).map(drop),
            Self::LocalPath => text(node).map(drop),
            Self::LocalPaths | Self::Names => words(node, false).map(drop),
            Self::Overlays => super::overlay::check(node),
            Self::Authority => authority(node),
            Self::Networks => networks(node).map(drop),
            Self::Identifier => identifier(node).map(drop),
            Self::Heap => heap(node).map(drop),
            Self::Words => words(node, true).map(drop),
            Self::Choice(among) => choice(node, among).map(drop),
            Self::Waivers => waivers(node).map(drop),
            Self::RegistryPath => registry_path(node),
            Self::Databases => super::database::check(node),
            Self::Edits | Self::Nodes => node
                .list()?
                .iter()
                .try_for_each(|entry| entry.map().map(drop)),
        }
    }
}

/// A text that is not empty.
pub(super) fn text(node: &Node) -> Result<&str> {
    let text = node.text()?;
    if text.trim().is_empty() || text.trim() != text {
        return Err(Error::at(
            &node.place,
            "expected a text without blanks at its ends, found blanks",
        ));
    }
    Ok(text)
}

/// Yes or no; `--extra-vars` and templates give it as a text.
pub(super) fn flag(node: &Node) -> Result<bool> {
    match &node.value {
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => node.bool(),
    }
}

/// A text that must not be shown; a bare number is refused, since its digits may not be what was typed.
pub(super) fn secret(node: &Node) -> Result<Secret> {
    match &node.value {
        Value::Secret(secret) => Ok(secret.clone()),
        Value::String(text) => Ok(Secret::new(text.clone())),
        other => Err(Error::at(
            &node.place,
            format!("expected a text, found {}", other.kind()),
        )
        .hint("put it in quotes")),
    }
}

/// A version; YAML takes a bare `5.0` for the number 5, so numbers are refused.
pub(super) fn version(node: &Node) -> Result<&str> {
    match &node.value {
        Value::String(text)
            if text.split('.').all(|part| {
                !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric())
            }) =>
        {
            Ok(text)
        }
        Value::String(text) => Err(Error::at(
            &node.place,
            format!("expected a version such as \"5.0.0\", found `{text}`"),
        )),
        other => Err(Error::at(
            &node.place,
            format!("expected a version, found {}", other.kind()),
        )
        .hint("put it in quotes: \"5.0.0\"")),
    }
}

/// A host name: labels of letters, digits and inner hyphens. An underscore would make Java's URLs
/// lose their host.
pub(super) fn host_name(node: &Node) -> Result<&str> {
    let name = text(node)?;
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        return Err(
            Error::at(&node.place, format!("expected a host name, found `{name}`"))
                .hint("letters, digits, points and hyphens; no port, no `https://`"),
        );
    }
    Ok(name)
}

/// A host and its port.
fn authority(node: &Node) -> Result<()> {
    let text = text(node)?;
    let wrong = || {
        let message = format!("expected a host and its port, found `{text}`");
        Error::at(&node.place, message).hint("such as km.example.com:9443; no `https://`")
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    if !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(wrong());
    }
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if bare.is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok()) {
        return Ok(());
    }
    let named = Node::new(Value::String(host.to_owned()), node.place.clone());
    host_name(&named).map(drop).map_err(|_| wrong())
}

/// A clustering domain, which becomes Hazelcast's group name and part of log lines.
pub(super) fn domain(node: &Node) -> Result<&str> {
    let name = text(node)?;
    if name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    {
        return Ok(name);
    }
    Err(Error::at(
        &node.place,
        format!("expected letters, digits, points, hyphens and underscores, found `{name}`"),
    ))
}

/// A whole number within bounds.
pub(super) fn whole(node: &Node, least: i64, most: i64) -> Result<i64> {
    let number = node.int()?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(Error::at(
        &node.place,
        format!("expected a number from {least} to {most}, found {number}"),
    ))
}

/// An absolute path without `..`, of characters that the start script survives: it does not quote
/// `CARBON_HOME` everywhere.
pub(super) fn host_path(node: &Node) -> Result<&str> {
    let path = text(node)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+');
    if path.starts_with('/') && path.chars().all(plain) && !path.split('/').any(|part| part == "..")
    {
        return Ok(path);
    }
    Err(Error::at(
        &node.place,
        format!("expected an absolute path on the host, found `{path}`"),
    )
    .hint("it starts with `/` and holds letters, digits and `. - _ + /` only"))
}

/// A path below `/_system`, of characters that a registry's paths may have.
fn registry_path(node: &Node) -> Result<()> {
    let path = text(node)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    let wrong = path
        .split('/')
        .skip(1)
        .any(|part| matches!(part, "" | "." | ".."));
    if path.starts_with("/_system/") && path.chars().all(plain) && !wrong {
        return Ok(());
    }
    let message = format!("expected a path of the registry, found `{path}`");
    Err(Error::at(&node.place, message).hint("such as /_system/config/esb"))
}

/// A name that useradd and systemd take.
pub(super) fn identifier(node: &Node) -> Result<&str> {
    let name = text(node)?;
    let mut chars = name.chars();
    let first = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first
        && name.len() <= 64
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    {
        return Ok(name);
    }
    Err(Error::at(
        &node.place,
        format!(
            "expected a name of letters, digits, points, hyphens and underscores, found `{name}`"
        ),
    ))
}

/// Heap limits, least and most, each as java takes them.
pub(super) fn heap(node: &Node) -> Result<(String, String)> {
    let limits = match &node.value {
        Value::Map(map) => {
            if let Some((key, _)) = map
                .iter()
                .find(|(key, _)| !matches!(key.name.as_str(), "min" | "max"))
            {
                return Err(Error::at(
                    &key.place,
                    format!("a heap has `min` and `max`, not `{}`", key.name),
                ));
            }
            let limit = |key| match map.get(key) {
                Some(limit) => limit.text().map(str::to_owned),
                None => Err(Error::at(&node.place, format!("the heap lacks `{key}`"))),
            };
            (limit("min")?, limit("max")?)
        }
        Value::String(text) => match text.split_once(':') {
            Some((least, most)) => (least.to_owned(), most.to_owned()),
            None => (text.clone(), text.clone()),
        },
        other => {
            return Err(Error::at(
                &node.place,
                format!("expected a heap such as 256m:1024m, found {}", other.kind()),
            ));
        }
    };
    for limit in [&limits.0, &limits.1] {
        if bytes(limit).is_none() {
            return Err(Error::at(
                &node.place,
                format!("expected a heap such as 256m:1024m, found `{limit}`"),
            ));
        }
    }
    Ok(limits)
}

/// A size as java takes it, in bytes: `256m`, `2g`.
pub(super) fn bytes(size: &str) -> Option<u64> {
    let mut digits = size.chars();
    let unit = match digits.next_back()? {
        'k' | 'K' => 1 << 10,
        'm' | 'M' => 1 << 20,
        'g' | 'G' => 1 << 30,
        _ => return None,
    };
    let digits = digits.as_str();
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// A list of texts, or one text; `split` splits that one at its blanks.
pub(super) fn words(node: &Node, split: bool) -> Result<Vec<Node>> {
    match &node.value {
        Value::List(list) => {
            for entry in list {
                text(entry)?;
            }
            Ok(list.clone())
        }
        Value::String(line) if split => Ok(line
            .split_whitespace()
            .map(|word| Node::new(Value::String(word.to_owned()), node.place.clone()))
            .collect()),
        _ => {
            text(node)?;
            Ok(vec![node.clone()])
        }
    }
}

/// A list of IP addresses and networks, or one.
pub(super) fn networks(node: &Node) -> Result<Vec<Node>> {
    let networks = words(node, false)?;
    for network in &networks {
        let text = network.text()?;
        let (address, length) = text.split_once('/').unwrap_or((text, "0"));
        let most = match address.parse::<std::net::IpAddr>() {
            Ok(address) if address.is_ipv4() => 32,
            Ok(_) => 128,
            Err(_) => -1,
        };
        if !length
            .parse()
            .is_ok_and(|length: i32| (0..=most).contains(&length))
        {
            return Err(Error::at(
                &network.place,
                format!("expected an IP address or a network such as 10.0.0.0/8, found `{text}`"),
            ));
        }
    }
    Ok(networks)
}

/// One of a few words; `no` and `none` are told apart by what YAML makes of them.
pub(super) fn choice(node: &Node, among: &'static [&'static str]) -> Result<&'static str> {
    let word = text(node)?;
    among
        .iter()
        .find(|known| **known == word)
        .copied()
        .ok_or_else(|| {
            Error::at(
                &node.place,
                format!("expected one of {}, found `{word}`", among.join(", ")),
            )
        })
}

/// Waived checks, each with the reason given.
pub(super) fn waivers(node: &Node) -> Result<Vec<super::Waiver>> {
    node.map()?
        .iter()
        .map(|(key, reason)| {
            let reason = text(reason).map_err(|error| {
                Error::at(
                    &reason.place,
                    format!("the waiver of `{}` gives no reason", key.name),
                )
                .hint("say why it holds here: it is printed at every run")
                .because(error)
            })?;
            Ok(super::Waiver {
                code: key.name.clone(),
                reason: reason.to_owned(),
                place: key.place.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
