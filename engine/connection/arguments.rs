//! `ansible_ssh_common_args` and `ansible_ssh_extra_args`: the `ssh` options in them that make sense
//! without an `ssh` program.

use std::path::PathBuf;

use super::{SshConfig, SshOptions};
use crate::yaml::{Error, Place, Result};

/// What the arguments of `ssh` say.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// `-o Key=Value`, `-p`, `-l`, `-i`, `-J` as settings, in order.
    settings: Vec<String>,
    /// `-F FILE`.
    pub(super) config: Option<PathBuf>,
}

impl Arguments {
    /// Reads a command line of arguments; an option without meaning here is an error.
    pub(super) fn parse(text: &str, place: &Place) -> Result<Self> {
        let mut all = Self::default();
        let mut words = words(text, place)?.into_iter();
        while let Some(word) = words.next() {
            let Some(letter) = word.strip_prefix('-').and_then(|rest| rest.chars().next()) else {
                return Err(unknown(&word, place));
            };
            let keyword = match letter {
                // Chatter and terminals: nothing that changes where bytes go.
                'q' | 'v' | 'T' | '4' | '6' | 'C' | 'x' | 'a' => continue,
                'o' => "",
                'p' => "Port=",
                'l' => "User=",
                'i' => "IdentityFile=",
                'J' => "ProxyJump=",
                'F' => "config",
                _ => return Err(unknown(&word, place)),
            };
            let value = match &word[2..] {
                "" => words.next().ok_or_else(|| {
                    Error::at(place, format!("the ssh option `{word}` has no value"))
                })?,
                beside => beside.to_owned(),
            };
            match keyword {
                "config" => all.config = Some(PathBuf::from(value)),
                "" => all.settings.push(value),
                _ => all.settings.push(format!("{keyword}\"{value}\"")),
            }
        }
        Ok(all)
    }

    /// Takes the settings over, before those of files.
    pub(super) fn apply(
        &self,
        config: &SshConfig,
        options: &mut SshOptions,
        place: &Place,
        host: &str,
    ) -> Result<()> {
        self.settings
            .iter()
            .try_for_each(|setting| config.set_option(options, setting, place, host))
    }
}

fn unknown(word: &str, place: &Place) -> Error {
    Error::at(place, format!("the ssh option `{word}` is not supported"))
        .hint("supported are -o, -J, -i, -p, -l and -F")
}

/// Splits as a shell does: spaces, single and double quotes, backslashes.
fn words(text: &str, place: &Place) -> Result<Vec<String>> {
    let (mut words, mut word, mut begun) = (Vec::new(), String::new(), false);
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('\''), _) => word.push(letter),
            (_, '\\') => word.extend(letters.next()),
            (None, '\'' | '"') => quote = Some(letter),
            (None, _) if letter.is_whitespace() => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => word.push(letter),
        }
        begun = true;
    }
    if quote.is_some() {
        return Err(Error::at(place, "a quote is not closed"));
    }
    if begun {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use crate::yaml::Place;

    #[test]
    fn options_are_read_as_ssh_reads_them() {
        let place = Place::new("inventory.yaml", 3, 5);
        let text = r#"-o 'ProxyJump=a,b' -oPort=2222 -i "/my key" -l me -q -F /f"#;
        let arguments = Arguments::parse(text, &place).unwrap();
        assert_eq!(
            arguments.settings,
            [
                "ProxyJump=a,b",
                "Port=2222",
                "IdentityFile=\"/my key\"",
                "User=\"me\""
            ]
        );
        assert_eq!(arguments.config, Some("/f".into()));
        for (text, error) in [
            ("-L 1:b:2", "the ssh option `-L` is not supported"),
            ("somewhere", "the ssh option `somewhere` is not supported"),
            ("-p", "the ssh option `-p` has no value"),
            ("-o 'x", "a quote is not closed"),
        ] {
            let found = Arguments::parse(text, &place).unwrap_err();
            assert_eq!(found.to_string(), error);
            assert_eq!(found.place(), Some(&place));
        }
    }
}
