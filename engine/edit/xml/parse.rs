//! The path language: text → [`XmlPath`].

use std::str::FromStr;

use crate::edit::EditError;

use super::path::{Name, Predicate, Step, XmlPath};

impl FromStr for XmlPath {
    type Err = EditError;

    fn from_str(text: &str) -> Result<Self, EditError> {
        let mut parser = Parser { text, at: 0 };
        parser.path().map_err(|why| {
            let column = text[..parser.at].chars().count() + 1;
            EditError::malformed(text, format!("column {column}: {why}"))
        })
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn path(&mut self) -> Result<XmlPath, String> {
        let mut steps = Vec::new();
        let mut attribute = None;
        if self.text == "." {
            self.at = 1;
        } else {
            loop {
                if self.take("@") {
                    attribute = Some(self.attribute()?);
                    break;
                }
                steps.push(self.step()?);
                if !self.take("/") {
                    break;
                }
            }
        }
        if self.at < self.text.len() {
            return Err("the path should end here".to_owned());
        }
        Ok(XmlPath {
            text: self.text.to_owned(),
            steps,
            attribute,
        })
    }

    fn step(&mut self) -> Result<Step, String> {
        let start = self.at;
        let name = self.name()?;
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.predicate()?);
            self.expect("]")?;
        }
        Ok(Step {
            text: self.text[start..self.at].to_owned(),
            name,
            predicates,
        })
    }

    fn predicate(&mut self) -> Result<Predicate, String> {
        let rest = &self.text[self.at..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            let position: usize = rest[..digits].parse().map_err(|_| "a number too large")?;
            if position == 0 {
                return Err("positions count from 1".to_owned());
            }
            self.at += digits;
            return Ok(Predicate::Position(position));
        }
        if self.take("@") {
            let name = self.attribute()?;
            return Ok(Predicate::Attribute(name, self.wanted()?));
        }
        if self.take(".") {
            return Ok(Predicate::Text(self.wanted()?));
        }
        let mut names = vec![self.name()?.qualified()];
        while self.take("/") {
            names.push(self.name()?.qualified());
        }
        Ok(Predicate::Child(names, self.wanted()?))
    }

    /// `='…'`; the quote itself is written twice.
    fn wanted(&mut self) -> Result<String, String> {
        self.expect("=")?;
        let quote = match self.text[self.at..].chars().next() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Err("a quoted value should stand here".to_owned()),
        };
        self.at += 1;
        let mut value = String::new();
        while let Some(character) = self.text[self.at..].chars().next() {
            self.at += character.len_utf8();
            if character == quote && !self.take(quote.encode_utf8(&mut [0; 4])) {
                return Ok(value);
            }
            value.push(character);
        }
        Err("the quoted value does not end".to_owned())
    }

    fn attribute(&mut self) -> Result<Name, String> {
        let name = self.name()?;
        if name.local == "xmlns" || name.prefix.as_deref() == Some("xmlns") {
            return Err("a namespace declaration is no target".to_owned());
        }
        Ok(name)
    }

    fn name(&mut self) -> Result<Name, String> {
        let first = self.word()?;
        if !self.take(":") {
            return Ok(Name {
                prefix: None,
                local: first,
            });
        }
        Ok(Name {
            prefix: Some(first),
            local: self.word()?,
        })
    }

    fn word(&mut self) -> Result<String, String> {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err("a name should stand here".to_owned());
        }
        self.at += end;
        Ok(word.to_owned())
    }

    fn take(&mut self, token: &str) -> bool {
        let there = self.text[self.at..].starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            return Ok(());
        }
        Err(format!("`{token}` should stand here"))
    }
}
