//! OSGi versions and version ranges.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `major.minor.micro.qualifier`; a missing number is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(u64, u64, u64, String);

/// A version range; a lone version means it or any later one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    low: Version,
    low_open: bool,
    high: Option<(Version, bool)>,
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.trim().splitn(4, '.');
        let mut number = || match parts.next() {
            None | Some("") => Ok(0),
            Some(part) => part
                .parse()
                .map_err(|_| format!("`{text}` is no OSGi version")),
        };
        let (major, minor, micro) = (number()?, number()?, number()?);
        let qualifier = parts.next().unwrap_or_default().to_owned();
        Ok(Self(major, minor, micro, qualifier))
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let Some(inner) = text.strip_prefix(['[', '(']) else {
            return Ok(Self {
                low: text.parse()?,
                ..Self::default()
            });
        };
        let wrong = || format!("`{text}` is no version range");
        let inner = inner.strip_suffix([']', ')']).ok_or_else(wrong)?;
        let (low, high) = inner.split_once(',').ok_or_else(wrong)?;
        Ok(Self {
            low: low.parse()?,
            low_open: text.starts_with('('),
            high: Some((high.parse()?, text.ends_with(')'))),
        })
    }
}

impl Range {
    /// True where `version` is in the range.
    #[must_use]
    pub fn holds(&self, version: &Version) -> bool {
        let above = *version > self.low || (!self.low_open && *version == self.low);
        let below = match &self.high {
            None => true,
            Some((high, open)) => version < high || (!open && version == high),
        };
        above && below
    }
}
