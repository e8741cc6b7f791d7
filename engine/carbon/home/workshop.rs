//! Where the Homes of a cluster's nodes are made, one after the other: what is parsed or made for one of them serves the others.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::edit::{Edit, EditError, Format, Source};
use crate::template::Language;

use super::made::MadeFiles;
use super::stock::Stock;

/// What is needed to make Homes of a stock, for as long as they are made.
pub struct Workshop<'a> {
    stock: &'a Arc<Stock>,
    /// The stock files that some node edits, each parsed once.
    sources: BTreeMap<&'a str, Rc<Source<'a>>>,
    /// What edits have made of them.
    pub(super) made: MadeFiles,
    /// The language of the templates in their edits.
    pub(super) language: Language,
    /// Their edits that have been read.
    pub(super) edits: Rc<KnownEdits>,
}

impl<'a> Workshop<'a> {
    /// Nothing is parsed or made yet.
    #[must_use]
    pub fn new(stock: &'a Arc<Stock>) -> Self {
        let files = stock.files.iter();
        Self {
            stock,
            sources: files
                .map(|(path, bytes)| (path.as_str(), Rc::new(Source::new(bytes))))
                .collect(),
            made: MadeFiles::default(),
            language: Language::new(),
            edits: Rc::default(),
        }
    }

    /// One for another cluster, whose stock is of the same pack: what has been parsed and made here is known there.
    #[must_use]
    pub fn for_another(&self, stock: &'a Arc<Stock>) -> Self {
        let files = stock.files.iter().map(|(path, bytes)| {
            let source = match self.sources.get(path.as_str()) {
                Some(known) if Arc::ptr_eq(&self.stock.files[path], bytes) => Rc::clone(known),
                _ => Rc::new(Source::new(bytes)),
            };
            (path.as_str(), source)
        });
        Self {
            stock,
            sources: files.collect(),
            made: self.made.for_another(),
            language: self.language.clone(),
            edits: Rc::clone(&self.edits),
        }
    }

    /// The stock that Homes are made of.
    #[must_use]
    pub fn stock(&self) -> &'a Arc<Stock> {
        self.stock
    }

    /// The stock file at a path, to be edited.
    pub(super) fn source(&self, path: &str) -> Option<&Source<'a>> {
        self.sources.get(path).map(AsRef::as_ref)
    }
}

/// Edits by what was said: most are the same for every node of a role.
#[derive(Default)]
pub(super) struct KnownEdits(RefCell<HashMap<Said, Edit>>);

/// Format, verb, target and value.
type Said = (&'static str, String, String, Option<String>);

impl KnownEdits {
    /// As [`Edit::read`], once for what is said again; what an edit holds is held in common.
    ///
    /// # Errors
    /// As there.
    pub(super) fn read(
        &self,
        format: Format,
        verb: &str,
        target: &str,
        value: Option<&str>,
    ) -> Result<Edit, EditError> {
        let given = value.map(str::to_owned);
        let said = (format.as_str(), verb.to_owned(), target.to_owned(), given);
        let mut known = self.0.borrow_mut();
        if let Some(edit) = known.get(&said) {
            return Ok(edit.clone());
        }
        let edit = Edit::read(format, verb, target, value)?;
        known.insert(said, edit.clone());
        Ok(edit)
    }
}
