//! One file as somebody left it on a host → what the user's files have to say so that the desired Home has it: edits of
//! what wmprov writes there, or the file itself; or why neither can.

use std::sync::Arc;

use crate::carbon::{Content, Desired, Kind as RowKind};
use crate::catalogue::{Operation, STANDING};
use crate::cluster::Node;
use crate::cluster::checks::Check;
use crate::drift::{Finding, Kind, Taken};
use crate::edit::{Edit, Expressed, Format, XmlVerb, apply, bundles, evaluate, express};
use crate::edit::{PropertiesEdit, PropertiesVerb, XmlEdit};
use crate::modules::Wanted;
use crate::script::FileKind;
use crate::yaml::{Error, Result, Secrets, without_secrets};

/// What the user's files have to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expression {
    /// Rows of `carbon_edits`.
    pub(super) entries: Vec<Entry>,
    /// Files of an overlay.
    pub(super) files: Vec<Laid>,
    /// What must stand at which path of the desired Home then.
    pub(super) stands: Vec<(String, Stands)>,
}

impl Expression {
    /// Says a mode, where that is permissions and nothing else.
    fn has_mode(&mut self, path: &str, mode: u32) -> Result<()> {
        if mode > 0o777 {
            let message = format!(
                "mode {mode:04o} of `{path}` is more than permissions (setuid, setgid or sticky)"
            );
            return Err(Error::new(message).hint("`wmprov apply` takes that back"));
        }
        self.entries
            .push(Entry::file(path, "mode", format!("{mode:04o}")));
        self.stands.push((path.to_owned(), Stands::Mode(mode)));
        Ok(())
    }
}

/// A row of `carbon_edits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The path below the Home.
    pub(super) path: String,
    /// The format.
    pub(super) format: &'static str,
    /// The verb.
    pub(super) verb: &'static str,
    /// The target.
    pub(super) target: String,
    /// The value, where the verb takes one.
    pub(super) value: Option<String>,
}

impl Entry {
    fn edit(path: &str, edit: Expressed) -> Self {
        Self {
            path: path.to_owned(),
            format: edit.format.as_str(),
            verb: edit.verb,
            target: edit.target,
            value: edit.value,
        }
    }

    /// What is said of a path besides its bytes.
    fn file(path: &str, verb: &'static str, said: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            format: STANDING,
            verb,
            target: said.into(),
            value: None,
        }
    }
}

/// What was found at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Nothing.
    Nothing,
    /// A file that holds this.
    Bytes(Arc<[u8]>),
    /// A folder.
    Folder,
    /// A link to this.
    Link(String),
    /// Something with these permissions.
    Mode(u32),
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
    pub(super) finding: &'a Finding,
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
        self.said_already(desired.as_ref())?;
        match (self.finding.kind, desired) {
            (Kind::Modified, Some(desired)) => self.modified(&desired),
            (Kind::Mode, Some(desired)) => Ok((self.mode(&desired)?, false)),
            (Kind::Missing, Some(desired)) => Ok((self.missing(&desired)?, false)),
            _ => Ok((self.unexpected()?, false)),
        }
    }

    /// Refuses what a word of the user's own has made so: a second one would stand beside it.
    fn said_already(&self, desired: Option<&Desired>) -> Result<()> {
        let row = desired.map(|desired| &desired.row);
        let has_made = |one: &&Operation| match (one.verb.as_str(), one.target.as_str(), row) {
            _ if one.format != STANDING => false,
            ("mode", mode, Some(row)) if self.finding.kind == Kind::Mode => {
                u32::from_str_radix(mode, 8) == Ok(row.mode)
            }
            ("mode", ..) => false,
            ("state", "absent", None) => true,
            ("state", "directory", Some(row)) => row.kind == RowKind::Folder,
            ("link", target, Some(row)) => row.kind == RowKind::Link(target.to_owned()),
            _ => false,
        };
        let own = self.node.edits.iter().filter(|file| file.path == self.path);
        let mut own = own.flat_map(|file| &file.operations);
        match own.find(has_made) {
            None => Ok(()),
            Some(own) => {
                let message = format!(
                    "your own edit `{}: {}` of `{}` no longer holds on the host",
                    own.verb, own.target, self.path
                );
                Err(Error::at(&own.place, message).hint("change that edit by hand, or take it out"))
            }
        }
    }

    /// What somebody took away is absent.
    fn missing(&self, desired: &Desired) -> Result<Expression> {
        if let Content::Computed(edited) = &desired.content
            && let Some((edit, _)) = edited.edits.first()
        {
            return Err(self.decides(edit));
        }
        Ok(Expression {
            entries: vec![Entry::file(self.path, "state", "absent")],
            stands: vec![(self.path.to_owned(), Stands::Nothing)],
            ..Expression::default()
        })
    }

    fn mode(&self, desired: &Desired) -> Result<Expression> {
        let seen = self.finding.observed.as_deref().unwrap_or_default();
        let mode = u32::from_str_radix(seen, 8).map_err(|cause| {
            Error::new(format!("the mode of `{}` cannot be told", self.path)).because(cause)
        })?;
        if desired.secret && mode & 0o007 != 0 {
            let message = format!(
                "`{}` holds a secret, and mode {mode:04o} lets every user of the host read it",
                self.path
            );
            return Err(Error::new(message).hint("`wmprov apply` takes that back"));
        }
        let mut made = Expression::default();
        made.has_mode(self.path, mode)?;
        Ok(made)
    }

    /// What is there and nobody wants: files are laid over, links and empty folders said.
    fn unexpected(&self) -> Result<Expression> {
        let inside = format!("{}/", self.path);
        let own = |one: &&Taken| one.path == self.path || one.path.starts_with(&inside);
        let mut made = Expression::default();
        for one in self.taken.iter().filter(own) {
            match one.kind {
                FileKind::Folder => self.folder(&mut made, one)?,
                FileKind::File => self.lay(&mut made, self.laid(one)?, one.mode)?,
                FileKind::Link => self.link(&mut made, one)?,
                FileKind::Other => return Err(special(&one.path)),
            }
        }
        match made.stands.is_empty() {
            true => Err(Error::new(format!(
                "`{}` cannot be read on the host",
                self.path
            ))),
            false => Ok(made),
        }
    }

    /// A folder of which only what is in it would not tell.
    fn folder(&self, made: &mut Expression, one: &Taken) -> Result<()> {
        let inside = format!("{}/", one.path);
        if !self
            .taken
            .iter()
            .any(|other| other.path.starts_with(&inside))
        {
            made.entries
                .push(Entry::file(&one.path, "state", "directory"));
        }
        made.stands.push((one.path.clone(), Stands::Folder));
        match one.mode {
            0o755 => Ok(()),
            mode => made.has_mode(&one.path, mode),
        }
    }

    /// A file as a whole. Laid over, it has one of two modes.
    fn lay(&self, made: &mut Expression, laid: Laid, mode: u32) -> Result<()> {
        let (path, bytes) = (laid.path.clone(), Arc::clone(&laid.bytes));
        made.stands.push((path.clone(), Stands::Bytes(bytes)));
        if mode != if laid.executable { 0o755 } else { 0o644 } {
            made.has_mode(&path, mode)?;
        }
        made.files.push(laid);
        Ok(())
    }

    fn link(&self, made: &mut Expression, one: &Taken) -> Result<()> {
        if one.target.contains(char::is_whitespace) {
            let message = format!(
                "`{}` is a link to `{}`, and a target with a blank cannot be said",
                one.path, one.target
            );
            return Err(Error::new(message).hint("`wmprov apply` puts back what is wanted"));
        }
        made.entries
            .push(Entry::file(&one.path, "link", one.target.clone()));
        made.stands
            .push((one.path.clone(), Stands::Link(one.target.clone())));
        Ok(())
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
        if let Content::Computed(edited) = &desired.content
            && there.kind != FileKind::File
            && let Some((edit, _)) = edited.edits.first()
        {
            return Err(self.decides(edit));
        }
        let mut made = Expression::default();
        match there.kind {
            FileKind::File if matches!(desired.content, Content::Folder) => {
                let message = format!("`{}` is no folder any more on the host", self.path);
                return Err(Error::new(message).hint("`wmprov apply` puts the folder back"));
            }
            FileKind::File => {}
            FileKind::Link => {
                self.link(&mut made, there)?;
                return Ok((made, false));
            }
            FileKind::Folder => {
                let message = format!("`{}` is a folder on the host", self.path);
                return Err(Error::new(message).hint("`wmprov apply` puts the file back"));
            }
            FileKind::Other => return Err(special(self.path)),
        }
        let laid = self.laid(there)?;
        let Some(before) = self.text(desired)? else {
            self.lay(&mut made, laid, there.mode)?;
            return Ok((made, false));
        };
        let bytes = Arc::clone(&laid.bytes);
        if desired.normal {
            let edits = self.bundles(&before, &laid.bytes)?;
            return Ok((self.edits(edits, bytes), false));
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
                Ok((self.edits(edits, bytes), touches_role))
            }
            _ if desired.secret => Err(Error::new(format!(
                "`{}` holds a vaulted secret, and no edit says what was changed in it", self.path
            ))
            .hint("an overlay would hold the secret in clear: write the change as edits of your own (docs/edits.md)")),
            _ => {
                self.lay(&mut made, laid, there.mode)?;
                Ok((made, touches_role))
            }
        }
    }

    /// Edits that make these bytes.
    fn edits(&self, edits: Vec<Expressed>, bytes: Arc<[u8]>) -> Expression {
        let edits = edits.into_iter().map(|edit| Entry::edit(self.path, edit));
        Expression {
            entries: edits.collect(),
            stands: vec![(self.path.to_owned(), Stands::Bytes(bytes))],
            ..Expression::default()
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
            Content::Computed(edited) => Some(edited.bytes().to_vec()),
            Content::Pack => {
                let home = &self.wanted.home;
                home.pack()
                    .read(home.source(self.path))
                    .map_err(|cause| unread(cause.into()))?
            }
            Content::Overlay(from) => {
                Some(std::fs::read(from).map_err(|cause| unread(cause.into()))?)
            }
            Content::Folder | Content::Link => None,
        };
        Ok(bytes.filter(|bytes| std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0)))
    }

    /// The edits that no longer hold on the host, with the values that stand there: whether the user may set those is
    /// for the checks to say.
    fn decided(&self, desired: &Desired, there: &[u8]) -> Result<Vec<Expressed>> {
        let Content::Computed(edited) = &desired.content else {
            return Ok(Vec::new());
        };
        let broken = edited.edits.iter().map(|(edit, _)| edit).filter(|edit| {
            !apply(there, std::slice::from_ref(edit)).is_ok_and(|made| made == there)
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

    fn bundles(&self, before: &[u8], there: &[u8]) -> Result<Vec<Expressed>> {
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
        Ok(edits)
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

/// What no file says.
fn special(path: &str) -> Error {
    let message =
        format!("`{path}` is a device, a pipe or a socket, and nothing here can say that");
    Error::new(message).hint("remove it on the host, or `wmprov apply` does")
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

#[cfg(test)]
mod tests {
    use super::Expression;

    /// Only such a mode is said as the user's files can say.
    #[test]
    fn a_mode_beyond_permissions_is_not_said() {
        for (mode, is_said) in [
            (0o750, true),
            (0o2755, false),
            (0o1777, false),
            (0o4755, false),
        ] {
            let mut made = Expression::default();
            assert_eq!(made.has_mode("bin", mode).is_ok(), is_said, "{mode:o}");
            assert_eq!(made.entries.is_empty(), !is_said, "{mode:o}");
        }
    }
}
