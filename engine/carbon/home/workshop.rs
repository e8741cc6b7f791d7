//! Where the Homes of a cluster's nodes are made, one after the other: what is parsed or made for one of them serves the others.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::edit::Source;
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
        }
    }

    /// One for another cluster, whose stock is of the same pack: what has been parsed and made here is known there.
    #[must_use]
    pub fn for_another(&self, stock: &'a Arc<Stock>) -> Self {
        let mut other = Self {
            made: self.made.for_another(),
            language: self.language.clone(),
            ..Self::new(stock)
        };
        for (path, source) in &mut other.sources {
            if let Some(known) = self.sources.get(path)
                && Arc::ptr_eq(&self.stock.files[*path], &stock.files[*path])
            {
                *source = Rc::clone(known);
            }
        }
        other
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
