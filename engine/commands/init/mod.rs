//! `wmprov init`: answers → a first inventory. Each answer is held at once against the checks that every
//! verb makes, in an inventory whose other answers, where they are not given yet, are a sample's.

mod question;
mod seats;
mod text;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::{Catalogue, NotOffered, Release, Separation};
use crate::cluster::checks::{self, check};
use crate::cluster::{Cluster, derive, pattern};
use crate::inventory::{Inventory, LoadOptions};
use crate::yaml::{Error, Result};

pub use self::question::Question;
use self::seats::{Seat, seats};
use self::text::{Answers, text};

/// An inventory that is being answered for.
#[derive(Debug)]
pub struct Draft {
    file: PathBuf,
    catalogue: Catalogue,
    answers: BTreeMap<Question, String>,
}

/// An inventory that is ready to be written: every check has passed.
#[derive(Debug)]
pub struct FirstInventory {
    /// The file.
    pub file: PathBuf,
    /// What it will hold.
    pub text: String,
    /// What is derived from it.
    pub clusters: Vec<Cluster>,
}

/// The answer that leaves an optional value out.
const NONE: &str = "none";

impl Draft {
    /// Begins the inventory that `file` will be; products of your own beside it are known.
    ///
    /// # Errors
    /// A catalogue file that cannot be read.
    pub fn new(file: &Path) -> Result<Self> {
        let beside = file.parent().unwrap_or(Path::new(""));
        Ok(Self {
            file: file.to_owned(),
            catalogue: Catalogue::load(&[beside.join("products")])?,
            answers: BTreeMap::new(),
        })
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// What the checks say against it, the answers before it given, or that the product does not ask it; it
    /// is not taken then.
    pub fn answer(&mut self, question: Question, typed: &str) -> Result<(), Vec<Error>> {
        if !self.is_asked(question) {
            let hint = match question {
                Question::ConsoleAllow => {
                    "without `--firewall nftables` nothing asks who administers; leave it out"
                }
                _ => "only API Manager asks a Key Manager; leave it out",
            };
            let error = Error::new(format!("`{}` says nothing here", question.flag())).hint(hint);
            return Err(vec![error]);
        }
        let former = self.answers.insert(question, typed.trim().to_owned());
        let checked = self.checked();
        if checked.is_err() {
            match former {
                Some(former) => self.answers.insert(question, former),
                None => self.answers.remove(&question),
            };
        }
        checked.map(drop)
    }

    /// Whether the question makes sense after the answers so far.
    #[must_use]
    pub fn is_asked(&self, question: Question) -> bool {
        match question {
            Question::KeyManager => self
                .release()
                .is_ok_and(|release| release.component.is_some()),
            Question::ConsoleAllow => {
                let firewall = self.answers.get(&Question::Firewall);
                firewall.is_some_and(|answer| answer != NONE)
            }
            _ => true,
        }
    }

    /// What is taken where nothing is answered; nothing where it must be.
    #[must_use]
    pub fn suggestion(&self, question: Question) -> Option<String> {
        let release = self.release().ok();
        match question {
            Question::Product
            | Question::Managers
            | Question::Workers
            | Question::Hostname
            | Question::ConsoleAllow
            | Question::KeyManager => None,
            Question::Version => self.versions().pop(),
            Question::Pattern => Some("1".to_owned()),
            Question::MgtHostname | Question::Firewall => Some(NONE.to_owned()),
            Question::Pack => release.map(|release| release.pack.clone()),
            Question::JavaHome => release.map(|release| java_home(&release)),
        }
    }

    /// What may be answered, as a reader wants to see it: products with their names.
    #[must_use]
    pub fn offer(&self, question: Question) -> String {
        let choices = self.choices(question);
        let named = |choice: &String| match self.told(question, choice) {
            Some(what) => format!("{choice} ({what})"),
            None => choice.clone(),
        };
        choices
            .iter()
            .map(named)
            .collect::<Vec<String>>()
            .join(", ")
    }

    /// What a choice is, where it does not say so itself.
    fn told(&self, question: Question, choice: &str) -> Option<&str> {
        match (question, choice) {
            (Question::Product, _) => {
                let release = self.catalogue.iter().find(|one| one.product == choice)?;
                Some(&release.name)
            }
            (Question::Pattern, "1") => Some("one manager"),
            (Question::Pattern, "2") => Some("two managers in a domain of their own"),
            (Question::Pattern, "3") => Some("two managers in the workers' domain"),
            _ => None,
        }
    }

    /// What may be answered, where that is a list.
    #[must_use]
    pub fn choices(&self, question: Question) -> Vec<String> {
        match question {
            Question::Product => {
                let mut products: Vec<String> = self
                    .catalogue
                    .iter()
                    .filter(|release| release.separation == Separation::Supported)
                    .map(|release| release.product.clone())
                    .collect();
                products.dedup();
                products
            }
            Question::Version => self.versions(),
            Question::Pattern => (0..=u8::MAX)
                .filter(|number| pattern(*number).is_some())
                .map(|number| number.to_string())
                .collect(),
            Question::Firewall => [NONE, "nftables"].map(str::to_owned).to_vec(),
            _ => Vec::new(),
        }
    }

    /// The whole inventory.
    ///
    /// # Errors
    /// What is not answered, or every mistake in what is.
    pub fn finish(self) -> Result<FirstInventory, Vec<Error>> {
        // What these two are depends on the product.
        let of_product = [Question::Version, Question::KeyManager];
        let is_known = self.answers.contains_key(&Question::Product);
        let needed: Vec<&str> = Question::ALL
            .into_iter()
            .filter(|question| is_known || !of_product.contains(question))
            .filter(|question| self.is_asked(*question))
            .filter(|question| !self.answers.contains_key(question))
            .filter(|question| self.suggestion(*question).is_none())
            .map(Question::flag)
            .collect();
        if !needed.is_empty() {
            return Err(vec![
                Error::new(format!("these answers are missing: {}", needed.join(", ")))
                    .hint("give them as arguments, or run it on a terminal to be asked"),
            ]);
        }
        let (text, clusters) = self.checked()?;
        Ok(FirstInventory {
            file: self.file,
            text,
            clusters,
        })
    }

    /// The versions of the product that can be separated, oldest first.
    fn versions(&self) -> Vec<String> {
        let product = self.answers.get(&Question::Product);
        self.catalogue
            .iter()
            .filter(|release| Some(&release.product) == product)
            .filter(|release| release.separation == Separation::Supported)
            .map(|release| release.version.clone())
            .collect()
    }

    /// The release that is answered, or the newest of the product; a sample's before that.
    fn release(&self) -> Result<Arc<Release>> {
        let product = match self.answers.get(&Question::Product) {
            Some(product) => product.clone(),
            None => self
                .choices(Question::Product)
                .into_iter()
                .next()
                .unwrap_or_default(),
        };
        if let Some(version) = self.answers.get(&Question::Version) {
            let found = self.catalogue.find(&product, version);
            return found.map_err(NotOffered::into_error);
        }
        let known: Vec<&Arc<Release>> = self
            .catalogue
            .iter()
            .filter(|release| release.product == product)
            .collect();
        let supported = |release: &&&Arc<Release>| release.separation == Separation::Supported;
        // Where none can be separated, what is found says so; where none is known, that it is not.
        let newest = known.iter().rev().find(supported).or(known.last());
        let version = newest.map_or("", |release| release.version.as_str());
        let found = self.catalogue.find(&product, version);
        found.map_err(NotOffered::into_error)
    }

    /// The text with a sample in place of what is not answered, and what is derived from it.
    fn checked(&self) -> Result<(String, Vec<Cluster>), Vec<Error>> {
        let text = self.text().map_err(|error| vec![error])?;
        let lookup = |product: &str, version: &str| self.catalogue.find(product, version);
        let found = Inventory::of_text(&text, &self.file, &LoadOptions::default())
            .and_then(|inventory| derive(&inventory, &lookup))
            .and_then(|clusters| check(&clusters, checks::ALL).map(|_waived| clusters));
        match found {
            Ok(clusters) => Ok((text, clusters)),
            Err(errors) => Err(errors
                .into_iter()
                .map(|error| self.without_place(error))
                .collect()),
        }
    }

    /// A place in a file that is not written yet helps nobody; one in a file beside it does.
    fn without_place(&self, error: Error) -> Error {
        if error.place().is_some_and(|place| *place.file != *self.file) {
            return error;
        }
        let plain = Error::new(self.without_places(error.message()));
        match error.way_out() {
            Some(hint) => plain.hint(hint),
            None => plain,
        }
    }

    /// A message without ` (inventory.yaml:37:31)`.
    fn without_places(&self, message: &str) -> String {
        let begin = format!(" ({}:", self.file.display());
        let mut parts = message.split(&begin);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |told, rest| {
            told + rest.split_once(')').map_or(rest, |(_, behind)| behind)
        })
    }

    fn text(&self) -> Result<String> {
        let release = self.release()?;
        let answer = |question| self.answers.get(&question).map(String::as_str);
        let or = |question, sample: &str| {
            answer(question)
                .map(str::to_owned)
                .or_else(|| self.suggestion(question))
                .unwrap_or_else(|| sample.to_owned())
        };
        let number = or(Question::Pattern, "1");
        let managers = number
            .parse()
            .ok()
            .and_then(pattern)
            .map_or(1, |pattern| *pattern.managers.start());
        let managers = match answer(Question::Managers) {
            Some(typed) => seats(typed, "mgr")?,
            None => sample("manager", managers, 240),
        };
        let workers = match answer(Question::Workers) {
            Some(typed) => seats(typed, "wkr")?,
            None => sample("worker", 2, 250),
        };
        let mgt_hostname = or(Question::MgtHostname, NONE);
        let firewall = or(Question::Firewall, NONE);
        // A sample's is nobody's (RFC 5737).
        let allow = or(Question::ConsoleAllow, "203.0.113.0/24");
        let key_manager = or(Question::KeyManager, "km.example.com:9443");
        Ok(text(&Answers {
            release: &release,
            file: &self.file.display().to_string(),
            product: &release.product,
            version: &release.version,
            pattern: &number,
            managers: &managers,
            workers: &workers,
            hostname: &or(Question::Hostname, "carbon.example.com"),
            mgt_hostname: (mgt_hostname != NONE).then_some(mgt_hostname.as_str()),
            firewall: (firewall != NONE).then_some((firewall.as_str(), allow.as_str())),
            key_manager: release.component.is_some().then_some(key_manager.as_str()),
            pack: &or(Question::Pack, &release.pack),
            java_home: &or(Question::JavaHome, &java_home(&release)),
        }))
    }
}

/// Where Debian's packages put the newest JDK that the release is known to run on.
fn java_home(release: &Release) -> String {
    let newest = release.java.iter().max().copied().unwrap_or(8);
    format!("/usr/lib/jvm/java-{newest}-openjdk-amd64")
}

/// Hosts in place of those that are not answered yet, at addresses that are nobody's (RFC 5737).
fn sample(role: &str, count: usize, from: usize) -> Vec<Seat> {
    (0..count)
        .map(|at| Seat {
            name: format!("sample-{role}-{at}"),
            address: format!("203.0.113.{}", from + at),
        })
        .collect()
}

impl FirstInventory {
    /// Writes the file, and nothing else; a file that is there is only written over by `force`.
    ///
    /// # Errors
    /// The file is there, or cannot be written.
    pub fn write(&self, force: bool) -> Result<()> {
        let mut options = std::fs::OpenOptions::new();
        if force {
            options.write(true).create(true).truncate(true);
        } else {
            options.write(true).create_new(true);
        }
        let written = options
            .open(&self.file)
            .and_then(|mut file| file.write_all(self.text.as_bytes()));
        written.map_err(|cause| match cause.kind() {
            std::io::ErrorKind::AlreadyExists => Self::is_there(&self.file),
            _ => Error::new(format!("cannot write `{}`", self.file.display())).because(cause),
        })
    }
    /// That a file will not be written over.
    #[must_use]
    pub fn is_there(file: &Path) -> Error {
        Error::new(format!("`{}` is there already", file.display()))
            .hint("`--output` names another file, `--force` writes over this one")
    }
}
