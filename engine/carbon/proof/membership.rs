//! Who is in one cluster with a node, put together from what every member's log says.

use std::net::IpAddr;

use super::super::log::{Joined, Said};

/// A member: the address and port that it claims.
pub type Member = (IpAddr, u16);

/// What the logs of a domain's running members say of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The members that are in one cluster with it.
    pub with: Vec<Member>,
    /// How many clusters there are with a coordinator of their own; 1 where all is well.
    pub coordinators: usize,
}

/// Puts together what the logs say.
///
/// Only a node that was there before logs a join (real-run 5), so the word of either side counts. It also counts
/// on the way round: members that a third one sees together are together, since one member hands its list to all
/// others. A log may miss a join: a member that came back before its absence was noticed is no news to that node.
///
/// A member that started while it saw nobody elected itself, and keeps that line in its log after it has merged
/// with the others (real-run 9): the claims of members that are together are one claim.
///
/// One side alone may lose the other: a join holds until either has logged that the other left.
#[must_use]
pub fn membership(me: Member, own: &Said, others: &[(Member, Said)]) -> Membership {
    let mut logs: Vec<(Member, &Said)> = others.iter().map(|(at, said)| (*at, said)).collect();
    logs.push((me, own));
    let mut clusters: Vec<Vec<Member>> = logs.iter().map(|(member, _)| vec![*member]).collect();
    for (member, said) in &logs {
        for joined in &said.joined {
            let other = logs.iter().find(|(at, _)| *at == joined.at);
            if other.is_some_and(|(_, other)| has_lost(other, said, joined)) {
                continue;
            }
            unite(&mut clusters, *member, joined.at);
        }
    }
    let coordinates = |member: &Member| {
        logs.iter()
            .any(|(known, said)| known == member && said.coordinator)
    };
    let coordinators = clusters
        .iter()
        .filter(|cluster| cluster.iter().any(coordinates))
        .count();
    let mine = clusters.into_iter().find(|cluster| cluster.contains(&me));
    let mut with = mine.unwrap_or_default();
    with.retain(|member| *member != me);
    with.sort_unstable();
    Membership { with, coordinators }
}

/// Whether `other`, which `said` saw join, has seen `said` leave since. One that joined a second time came back after
/// that.
fn has_lost(other: &Said, said: &Said, joined: &Joined) -> bool {
    let it_is = other.id.as_ref() == Some(&joined.id);
    let left = said.id.as_ref().is_some_and(|id| other.left.contains(id));
    it_is && left && !said.left.contains(&joined.id)
}

/// Makes one cluster of those of two members; a member without a log of its own stands in nobody's place.
fn unite(clusters: &mut Vec<Vec<Member>>, one: Member, other: Member) {
    let at = |member: Member| {
        clusters
            .iter()
            .position(|cluster| cluster.contains(&member))
    };
    match (at(one), at(other)) {
        (Some(here), Some(there)) if here != there => {
            let moved = clusters[there].clone();
            clusters[here].extend(moved);
            clusters.remove(there);
        }
        (Some(here), None) => clusters[here].push(other),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Member, Membership, membership};
    use crate::carbon::log::{Joined, Said};

    fn at(last: u8) -> Member {
        (std::net::IpAddr::from([10, 77, 0, last]), 4100)
    }

    fn said(joined: &[u8], coordinator: bool) -> Said {
        Said {
            joined: joined
                .iter()
                .map(|last| Joined {
                    id: String::new(),
                    at: at(*last),
                })
                .collect(),
            coordinator,
            ..Said::default()
        }
    }

    fn of(own: Said, others: &[(u8, Said)]) -> Membership {
        let others: Vec<(Member, Said)> = others
            .iter()
            .map(|(last, said)| (at(*last), said.clone()))
            .collect();
        membership(at(1), &own, &others)
    }

    #[test]
    fn either_sides_word_counts() {
        let seen = of(
            said(&[2], true),
            &[(2, said(&[], false)), (3, said(&[1], false))],
        );
        assert_eq!(seen.with, [at(2), at(3)]);
        assert_eq!(seen.coordinators, 1);
    }

    #[test]
    fn a_third_ones_word_counts() {
        // 2 never noticed that 1 was away; 3 saw both come.
        let seen = of(
            said(&[], false),
            &[(2, said(&[], false)), (3, said(&[1, 2], true))],
        );
        assert_eq!(seen.with, [at(2), at(3)]);
        assert_eq!(seen.coordinators, 1);
    }

    #[test]
    fn members_that_nobody_saw_together_are_apart() {
        let seen = of(
            said(&[2], true),
            &[(2, said(&[], false)), (3, said(&[], true))],
        );
        assert_eq!(seen.with, [at(2)]);
        assert_eq!(seen.coordinators, 2);
    }

    #[test]
    fn who_has_lost_a_member_is_not_with_it() {
        let mut third = said(&[1], true);
        third.joined[0].id = "one".to_owned();
        third.id = Some("three".to_owned());
        let mut own = said(&[], true);
        own.id = Some("one".to_owned());
        assert_eq!(of(own.clone(), &[(3, third.clone())]).coordinators, 1);
        own.left = vec!["three".to_owned()];
        let apart = of(own.clone(), &[(3, third.clone())]);
        assert_eq!((apart.with, apart.coordinators), (vec![], 2));
        // It has merged with the third one since.
        third.left = vec!["one".to_owned()];
        assert_eq!(of(own.clone(), &[(3, third.clone())]).coordinators, 1);
        // It has come back as another.
        third.left.clear();
        own.id = Some("one again".to_owned());
        assert_eq!(of(own, &[(3, third)]).coordinators, 1);
    }

    #[test]
    fn claims_of_merged_members_are_one() {
        let seen = of(said(&[], true), &[(2, said(&[1], true))]);
        assert_eq!(seen.coordinators, 1);
    }

    #[test]
    fn a_stranger_that_joined_is_told() {
        let seen = of(said(&[9], true), &[]);
        assert_eq!(seen.with, [at(9)]);
    }
}
