//! The deployment patterns as data: who is in which domain, who lists whom, how many of each role.

use std::ops::RangeInclusive;

use crate::catalogue::Role;

/// How many nodes of a role a pattern takes.
type Count = RangeInclusive<usize>;

/// One deployment pattern of the clustering guide (procedure 1.1, 1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Its number in the guide.
    pub number: u8,
    /// How many managers it takes.
    pub managers: Count,
    /// How many workers it takes.
    pub workers: Count,
    /// True where managers and workers share one clustering domain.
    pub one_domain: bool,
    /// True where managers and workers never share a load balancer.
    pub own_balancers: bool,
}

/// The pattern of that number, where the guide has one.
#[must_use]
pub fn pattern(number: u8) -> Option<Pattern> {
    let (managers, one_domain, own_balancers) = match number {
        1 => (1..=1, true, false),
        2 => (2..=2, false, false),
        3 => (2..=2, true, true),
        _ => return None,
    };
    Some(Pattern {
        number,
        managers,
        workers: 2..=usize::MAX,
        one_domain,
        own_balancers,
    })
}

impl Pattern {
    /// True where a node of role `lister` lists one of role `listed` among its members.
    #[must_use]
    pub fn lists(&self, lister: Role, listed: Role) -> bool {
        let carbon = lister.runs_carbon() && listed.runs_carbon();
        carbon && (self.one_domain || lister == listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_membership_matrix_is_the_guides() {
        // pattern, manager→manager, manager→worker, worker→manager, worker→worker (procedure 1.3)
        let rows = [
            (1, [true, true, true, true]),
            (2, [true, false, false, true]),
            (3, [true, true, true, true]),
        ];
        for (number, wanted) in rows {
            let pattern = pattern(number).unwrap();
            let (manager, worker) = (Role::Manager, Role::Worker);
            let got = [
                pattern.lists(manager, manager),
                pattern.lists(manager, worker),
                pattern.lists(worker, manager),
                pattern.lists(worker, worker),
            ];
            assert_eq!(got, wanted, "pattern {number}");
            assert!(!pattern.lists(Role::LoadBalancer, worker));
        }
        assert_eq!(pattern(4), None);
        assert_eq!(pattern(0), None);
    }
}
