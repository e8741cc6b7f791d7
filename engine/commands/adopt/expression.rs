//! One file as somebody left it on a host → what the user's files have to say so that the desired Home has it: edits of
//! what wmprov writes there, or the file itself; or why neither can.

use std::sync::Arc;

use crate::carbon::{Content, Desired};
use crate::cluster::Node;
use crate::cluster::checks::Check;
use crate::drift::{Kind, Taken};
use crate::edit::{Edit, Expressed, Format, XmlVerb, apply, bundles, evaluate, express};
use crate::edit::{PropertiesEdit, PropertiesVerb, XmlEdit};
use crate::modules::Wanted;
use crate::script::FileKind;
use crate::yaml::{Error, Result, Secrets, without_secrets};

/// What the user's files have to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// Edits of the file.
    Edits(Vec<Expressed>),
    /// Files of an overlay.
    Files(Vec<Laid>),
}

/// A file of an overlay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Laid {
    /// The path below the Home.
    pub(super) path: String,
    /// The content.
    pub(super) bytes: Arc<[u8]>,
    /// It may be run.
    pub(super) executable: bool,
    /// It holds a password, or looks as if it did: on this machine only its owner may read it.
    pub(super) secret: bool,
}

/// One file, or a folder with what is in it, that is not as wanted on one node.
pub(super) struct Changed<'a> {
    pub(super) node: &'a Node,
    pub(super) wanted: &'a Wanted,
    /// Below the Home.
    pub(super) path: &'a str,
    pub(super) kind: Kind,
    /// All that the node's Home has and nobody wants so.
    pub(super) taken: &'a [Taken],
    pub(super) secrets: &'a Secrets,
}

impl Changed<'_> {
    /// What says it, and whether that sets what the role's own edits set.
    ///
    /// # Errors
    /// Why nothing does, or why it must not be said.
    pub(super) fn expression(&self) -> Result<(Expression, bool)> {
        let desired = self.wanted.home.get(self.path);
        match (self.kind, desired) {
            (Kind::Unexpected, _) => Ok((self.files()?, false)),
            (Kind::Modified, Some(desired)) => self.modified(&desired),
            (_, Some(Desired { content: Content::Overlay(from), .. })) => Err(Error::new(format!("`{}` was removed on the host, and is yours", self.path))
                .hint(format!("remove `{}` here, or `wmprov apply` puts it back", from.display()))),
            _ => Err(Error::new(format!(
                "`{}` was removed on the host, and neither an edit nor an overlay takes a file of the pack away",
                self.path
            ))
            .hint("`wmprov apply` puts it back")),
        }
    }

    /// What is there and nobody wants, laid over.
    fn files(&self) -> Result<Expression> {
        let inside = format!("{}/", self.path);
        let own = |one: &&Taken| one.path == self.path || one.path.starts_with(&inside);
        let mut files = Vec::new();
        for one in self.taken.iter().filter(own) {
            match one.kind {
                FileKind::Folder => {}
                FileKind::File => files.push(self.laid(one)?),
                FileKind::Link | FileKind::Other => {
                    let message =
                        format!("`{}` is no file, and an overlay holds files only", one.path);
                    return Err(Error::new(message)
                        .hint("remove it on the host, or put a file in its place"));
                }
            }
        }
        match files.is_empty() {
            true => Err(Error::new(format!(
                "`{}` holds no file, and an overlay holds files only",
                self.path
            ))
            .hint("remove it on the host, or tell what it is for in a playbook of your own")),
            false => Ok(Expression::Files(files)),
        }
    }

    fn laid(&self, one: &Taken) -> Result<Laid> {
        let bytes = one.bytes.clone().ok_or_else(|| {
            Error::new(format!(
                "`{}` is too large to be brought here by this",
                one.path
            ))
            .hint("copy it into a folder of `carbon_overlays` by hand")
        })?;
        let text = String::from_utf8_lossy(&bytes);
        let stores = [".jks", ".p12", ".pem", ".key"];
        let secret = self.secrets.appear_in(&text)
            || stores.iter().any(|end| one.path.ends_with(end))
            || (!bytes.contains(&0) && without_secrets(&text, self.secrets) != text);
        if secret && one.mode & 0o004 == 0 {
            let message = format!(
                "`{}` holds a secret that not every user of the host may read; laid over, every one could",
                one.path
            );
            return Err(Error::new(message)
                .hint("put the secret into a vaulted variable, and the file into a template of a playbook of your own"));
        }
        Ok(Laid {
            path: one.path.clone(),
            executable: one.mode & 0o100 != 0,
            bytes: bytes.into(),
            secret,
        })
    }

    fn modified(&self, desired: &Desired) -> Result<(Expression, bool)> {
        let there = self.taken.iter().find(|one| one.path == self.path);
        let there = there
            .ok_or_else(|| Error::new(format!("`{}` cannot be read on the host", self.path)))?;
        if there.kind != FileKind::File {
            let message = format!("`{}` is no file any more on the host", self.path);
            return Err(Error::new(message).hint("`wmprov apply` puts the file back"));
        }
        let laid = self.laid(there)?;
        let Some(before) = self.text(desired)? else {
            return Ok((Expression::Files(vec![laid]), false));
        };
        if desired.normal {
            return Ok((self.bundles(&before, &laid.bytes)?, false));
        }
        let decided = self.decided(desired, &laid.bytes)?;
        let touches_role = !decided.is_empty();
        let mut base = before;
        if !decided.is_empty() {
            let edits = decided
                .iter()
                .map(|one| Edit::read(one.format, one.verb, &one.target, one.value.as_deref()));
            let edits = edits
                .collect::<Result<Vec<Edit>, _>>()
                .map_err(|cause| self.cannot().because(cause))?;
            base = apply(&base, &edits).map_err(|cause| self.cannot().because(cause))?;
        }
        let rest = match base[..] == laid.bytes[..] {
            true => Some(Vec::new()),
            false => express(self.path, &base, &laid.bytes),
        };
        let edits = rest.map(|rest| [decided, rest].concat());
        let in_braces = |one: &Expressed| {
            let texts = [Some(&one.target), one.value.as_ref()];
            texts
                .into_iter()
                .flatten()
                .any(|text| ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)))
        };
        match edits.filter(|edits| !edits.iter().any(in_braces)) {
            // The user's own file is written anew as a whole, no edit is put upon it.
            Some(edits) if !matches!(desired.content, Content::Overlay(_)) => {
                edits.iter().try_for_each(|one| self.in_clear(one))?;
                Ok((Expression::Edits(edits), touches_role))
            }
            _ if desired.secret => Err(Error::new(format!(
                "`{}` holds a vaulted secret, and no edit says what was changed in it", self.path
            ))
            .hint("an overlay would hold the secret in clear: write the change as edits of your own (docs/edits.md)")),
            _ => Ok((Expression::Files(vec![laid]), touches_role)),
        }
    }

    fn cannot(&self) -> Error {
        Error::new(format!(
            "what was changed in `{}` cannot be told",
            self.path
        ))
        .hint("write it as an edit of your own (docs/edits.md)")
    }

    /// The text as it is wanted; [`None`] where it is no text.
    fn text(&self, desired: &Desired) -> Result<Option<Vec<u8>>> {
        let unread = |cause: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(format!("`{}` as it is wanted cannot be read", self.path)).because(cause)
        };
        let bytes = match &desired.content {
            Content::Computed { bytes, .. } => Some(bytes.to_vec()),
            Content::Pack => {
                let home = &self.wanted.home;
                home.pack()
                    .read(home.source(self.path))
                    .map_err(|cause| unread(cause.into()))?
            }
            Content::Overlay(from) => {
                Some(std::fs::read(from).map_err(|cause| unread(cause.into()))?)
            }
            Content::Folder => None,
        };
        Ok(bytes.filter(|bytes| std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0)))
    }

    /// The edits that no longer hold on the host, with the values that stand there: whether the user may set those is
    /// for the checks to say.
    fn decided(&self, desired: &Desired, there: &[u8]) -> Result<Vec<Expressed>> {
        let Content::Computed { edits, .. } = &desired.content else {
            return Ok(Vec::new());
        };
        let broken = edits.iter().map(|(edit, _)| edit).filter(|edit| {
            apply(there, std::slice::from_ref(edit)).is_ok_and(|made| made != there)
                || apply(there, std::slice::from_ref(edit)).is_err()
        });
        broken
            .map(|edit| self.valued(edit, there).ok_or_else(|| self.decides(edit)))
            .collect()
    }

    /// The edit with the value of the host.
    fn valued(&self, edit: &Edit, there: &[u8]) -> Option<Expressed> {
        let (format, verb, target) = match edit {
            Edit::Xml(XmlEdit {
                path,
                verb: XmlVerb::Set(_),
                every: false,
            }) => (Format::Xml, "set", path.as_str()),
            Edit::Xml(XmlEdit {
                path,
                verb: XmlVerb::Ensure(Some(_)),
                ..
            }) => (Format::Xml, "ensure", path.as_str()),
            Edit::Properties(PropertiesEdit {
                target,
                verb: PropertiesVerb::Set(_),
            }) => (Format::Properties, "set", target.as_str()),
            Edit::Properties(PropertiesEdit {
                target,
                verb: PropertiesVerb::Ensure(_),
            }) => (Format::Properties, "ensure", target.as_str()),
            _ => return None,
        };
        match &evaluate(there, format, target).ok()?[..] {
            [one] => Some(Expressed::new(
                format,
                verb,
                target.to_owned(),
                Some(one.clone()),
            )),
            _ => None,
        }
    }

    /// What the inventory decides, and no edit may undo.
    fn decides(&self, edit: &Edit) -> Error {
        let own = self.node.edits.iter().filter(|file| file.path == self.path);
        let own = own
            .flat_map(|file| &file.operations)
            .find(|one| one.target == edit.target());
        if let Some(own) = own {
            let message = format!(
                "your own edit `{}: {}` of `{}` no longer holds on the host",
                own.verb, own.target, self.path
            );
            return Error::at(&own.place, message).hint("change that edit by hand");
        }
        let message = format!(
            "`{}` of `{}` follows from the inventory: what `{}` is, and who else is in its cluster",
            edit.target(),
            self.path,
            self.node.name
        );
        Check::cite("WM193", message)
    }

    fn bundles(&self, before: &[u8], there: &[u8]) -> Result<Expression> {
        let names = |bytes: &[u8]| -> Result<Vec<(String, String)>> {
            let lines = bundles::normal_form(bytes);
            let lines = String::from_utf8_lossy(&lines).into_owned();
            Ok(lines
                .lines()
                .filter(|line| !line.starts_with('#'))
                .map(|line| {
                    (
                        line.split(',').next().unwrap_or(line).to_owned(),
                        line.to_owned(),
                    )
                })
                .collect())
        };
        let (old, new) = (names(before)?, names(there)?);
        let come: Vec<&str> = new
            .iter()
            .filter(|one| !old.contains(one))
            .map(|(name, _)| name.as_str())
            .collect();
        if let Some(ui) = come
            .iter()
            .find(|name| self.node.is_worker() && self.wanted.cut.removed.contains(**name))
        {
            let message = format!(
                "bundle `{ui}` of the management UI is back on worker `{}`",
                self.node.name
            );
            return Err(Check::cite("WM193", message));
        }
        if let Some(name) = come.first() {
            return Err(Error::new(format!("bundle `{name}` is no line of the pack's profile, and no edit adds one"))
                .hint("put its jar into `repository/components/dropins`, from where the launcher takes it"));
        }
        let gone = old.iter().filter(|one| !new.contains(one));
        let edits: Vec<Expressed> = gone
            .map(|(name, _)| Expressed::new(Format::Bundles, "remove", name.clone(), None))
            .collect();
        Ok(Expression::Edits(edits))
    }

    /// Refuses an edit that would put a password into the inventory in clear.
    fn in_clear(&self, one: &Expressed) -> Result<()> {
        let target = one.target.to_lowercase();
        let named = ["password", "passwd", "passphrase", "secret", "credential"];
        let value = one.value.as_deref().unwrap_or_default();
        let telling = (one.value.is_some() && named.iter().any(|name| target.contains(name)))
            || self.secrets.appear_in(value)
            || without_secrets(value, self.secrets) != value
            || without_secrets(&one.target, self.secrets) != one.target;
        if !telling {
            return Ok(());
        }
        let target = without_secrets(&one.target, self.secrets);
        Err(Error::new(format!("`{target}` of `{}` holds a password, which is not written into the inventory in clear", self.path))
            .hint("seal it with `wmprov vault encrypt-string --name NAME`, and name it in an edit: `to: \"{{ NAME }}\"`"))
    }
}

/// True where the launcher has made `path` of a jar in `lib` that is not wanted either: it goes and comes with that.
pub(super) fn made_of(path: &str, unexpected: &[&str]) -> bool {
    let Some(name) = path.strip_prefix("repository/components/dropins/") else {
        return false;
    };
    unexpected.iter().any(|other| {
        let jar = other.strip_prefix("repository/components/lib/");
        let jar = jar.and_then(|jar| jar.strip_suffix(".jar"));
        jar.is_some_and(|jar| name == format!("{}_1.0.0.jar", jar.replace('-', "_")))
    })
}
