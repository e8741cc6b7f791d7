//! The near miss: which known name a wrong one was probably meant to be.

/// Returns the known name closest to `name`, if it is close enough to be what was meant.
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + name.len().max(candidate.len()) / 4 && *distance < candidate.len()
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The known name from which `name` is one slip away: a letter more, less, another, or two in each other's place.
pub fn slip<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .find(|candidate| strsim::damerau_levenshtein(name, candidate) == 1)
}

#[cfg(test)]
mod tests {
    use super::{near, slip};

    #[test]
    fn a_slip_is_one_letter() {
        let known = ["ansible_user", "ansible_port"];
        assert_eq!(slip("ansible_usr", known), Some("ansible_user"));
        assert_eq!(slip("ansible_prot", known), Some("ansible_port"));
        assert_eq!(slip("ansible_user_id", known), None);
        assert_eq!(slip("ansible_user", known), None);
    }

    #[test]
    fn a_near_miss_is_named_and_a_stranger_is_not() {
        let known = ["copy", "template", "carbon_home"];
        assert_eq!(near("coppy", known), Some("copy"));
        assert_eq!(near("carbon_hoem", known), Some("carbon_home"));
        assert_eq!(near("lineinfile", known), None);
        assert_eq!(near("", known), None);
    }
}
