//! What a reviewer may see of a difference. A saved plan is kept and sent around, so more is hidden than on a terminal.

use crate::modules::Difference;
use crate::yaml::{Secrets, sides, without_secrets};

/// The difference without secrets.
pub(super) fn masked(difference: &Difference, secrets: &Secrets) -> Difference {
    let text = |text: &String| without_secrets(text, secrets);
    match difference {
        Difference::Text {
            path,
            before,
            after,
        } => {
            let (before, after) = match (before, after) {
                (Some(before), Some(after)) => {
                    let [before, after] = sides(before, after, secrets);
                    (Some(before.concat()), Some(after.concat()))
                }
                (before, after) => (before.as_ref().map(text), after.as_ref().map(text)),
            };
            let path = secrets.mask(path);
            Difference::Text {
                path,
                before,
                after,
            }
        }
        // What a plain digest is of may hold a secret, and could be tried: the keyed one stands beside.
        Difference::Binary { path, .. } => Difference::Note {
            text: format!("content of {}", secrets.mask(path)),
        },
        Difference::Property {
            what,
            before,
            after,
        } => Difference::Property {
            what: text(what),
            before: text(before),
            after: text(after),
        },
        Difference::Note { text: note } => Difference::Note { text: text(note) },
    }
}

#[cfg(test)]
mod tests {
    use super::masked;
    use crate::modules::Difference;
    use crate::yaml::Secrets;

    #[test]
    fn neither_the_old_secret_nor_the_new_one_is_kept() {
        let mut secrets = Secrets::default();
        secrets.add("hunter22");
        let text = |before: &str, after: &str| Difference::Text {
            path: "/x".into(),
            before: Some(before.into()),
            after: Some(after.into()),
        };
        let shown = masked(
            &text("a\n<x>unknown!</x>\nb\n", "a\n<x>hunter22</x>\nB\n"),
            &secrets,
        );
        let hidden = "*** (not shown: a secret stood or stands here)\n";
        let wanted = text(
            &format!("a\n{hidden}{hidden}"),
            &format!("a\n<x>***</x>\n{hidden}"),
        );
        assert_eq!(shown, wanted);
        let binary = Difference::Binary {
            path: "/k".into(),
            before: Some("0a".into()),
            after: Some("0b".into()),
        };
        let note = Difference::Note {
            text: "content of /k".into(),
        };
        assert_eq!(masked(&binary, &secrets), note);
    }
}
