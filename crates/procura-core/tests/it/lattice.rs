//! The laws of the order: what the meet is, for rules, tools, and scopes with ceilings.
//!
//! Two things are equal here if each is within the other, as two tokens that
//! allow the same may be written in two ways.

use procura_core::{
    constraint::Constraint,
    detail::{AgentDelegation, Amount, Ceiling, Quorum, Rank, Rate, Rule, Scope, Scopes},
    json::{self, Value},
    tools::Tools,
};
use proptest::{prelude::*, sample::select};

use crate::laws::{config, held, rule};

/// Whether no range in it is one that no number passes: a rule that lets nothing
/// through is below everything in meaning, and not in the table.
fn is_proper(rule: &Constraint) -> bool {
    let branches = match rule {
        Constraint::All(rules) | Constraint::Any(rules) => rules.iter().all(is_proper),
        Constraint::Range(_)
        | Constraint::Wildcard
        | Constraint::Exact(_)
        | Constraint::OneOf(_)
        | Constraint::NotOneOf(_)
        | Constraint::Contains(_)
        | Constraint::Subset(_)
        | Constraint::PathContainment(_)
        | Constraint::UrlContainment(_) => true,
    };
    branches && !rule.is_empty()
}

fn proper() -> impl Strategy<Value = Constraint> {
    rule().prop_filter("nothing passes it", is_proper)
}

/// What is within one of these rules: the lattice that the table spans.
#[derive(Clone, Debug)]
struct Below(Vec<Constraint>);

impl Below {
    fn of(rule: &Constraint) -> Self {
        Self(vec![rule.clone()])
    }

    fn meet(&self, other: &Self) -> Self {
        let pairs = self.0.iter().flat_map(|a| other.0.iter().map(move |b| (a, b)));
        Self(pairs.flat_map(|(a, b)| a.lower_bounds(b)).collect())
    }

    fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|own| other.0.iter().any(|above| own.is_within(above)))
    }

    fn equals(&self, other: &Self) -> bool {
        self.is_within(other) && other.is_within(self)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_meet_of_rules_is_commutative_associative_and_idempotent(
        a in proper(), b in proper(), c in proper(),
    ) {
        let [a, b, c] = [&a, &b, &c].map(Below::of);
        prop_assert!(a.meet(&a).equals(&a));
        prop_assert!(a.meet(&b).equals(&b.meet(&a)));
        let (left, right) = (a.meet(&b).meet(&c), a.meet(&b.meet(&c)));
        prop_assert!(left.equals(&right), "{left:?} {right:?}");
    }

    #[test]
    fn a_rule_is_within_another_exactly_if_it_is_their_meet(a in proper(), b in proper()) {
        let meet = a.meet(&b);
        let is_meet = meet.is_some_and(|meet| meet.is_within(&a) && a.is_within(&meet));
        prop_assert_eq!(a.is_within(&b), is_meet);
    }

    #[test]
    fn what_is_within_two_rules_is_within_one_of_their_lower_bounds(
        a in proper(), b in proper(), c in proper(),
    ) {
        let bounds = a.lower_bounds(&b);
        for bound in &bounds {
            prop_assert!(bound.is_within(&a) && bound.is_within(&b), "{bound:?}");
            prop_assert!(is_proper(bound));
        }
        // A third rule is seldom below both; what is below all three is.
        let both = c.lower_bounds(&a).into_iter().flat_map(|below| below.lower_bounds(&b));
        for below in both.chain([c]) {
            if below.is_within(&a) && below.is_within(&b) {
                prop_assert!(bounds.iter().any(|bound| below.is_within(bound)), "{below:?}");
            }
        }
    }
}

fn is_same(a: &Tools, b: &Tools) -> bool {
    a.check_within(b).is_ok() && b.check_within(a).is_ok()
}

/// Whether every tool of both is in their meet: nothing was left out for want of a rule.
fn is_whole(a: &Tools, b: &Tools) -> bool {
    let meet = a.meet(b);
    a.iter().all(|(tool, _)| b.get(tool).is_none() || meet.get(tool).is_some())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_meet_of_tools_is_commutative_and_idempotent(a in held(), b in held()) {
        prop_assert!(is_same(&a.meet(&a), &a));
        prop_assert!(is_same(&a.meet(&b), &b.meet(&a)));
    }

    #[test]
    fn tools_are_within_others_exactly_if_they_are_their_meet(a in held(), b in held()) {
        let meet = a.meet(&b);
        prop_assert_eq!(a.check_within(&b).is_ok(), is_same(&meet, &a));
        prop_assert!(meet.meet(&a).check_within(&meet).is_ok());
    }

    #[test]
    fn the_meet_of_tools_is_associative_where_the_format_can_write_it(
        a in held(), b in held(), c in held(),
    ) {
        let (ab, bc) = (a.meet(&b), b.meet(&c));
        if [(&a, &b), (&b, &c), (&ab, &c), (&a, &bc)].iter().all(|(a, b)| is_whole(a, b)) {
            prop_assert!(is_same(&ab.meet(&c), &a.meet(&bc)));
        }
    }
}

fn scopes() -> impl Strategy<Value = Scopes> {
    let names = select(vec!["a.b", "a.b.c", "a.*", "a.b.*", "ab.c", "A.b", "t", "u", "a.b.c.*"]);
    let scope = names.prop_map(|text| Scope::parse(text).unwrap());
    prop::collection::vec(scope, 0..4).prop_map(Scopes::new)
}

fn amount() -> impl Strategy<Value = Amount> {
    (0_i64..3).prop_map(|amount| Amount::new(amount).unwrap())
}

fn number() -> impl Strategy<Value = json::Number> {
    select(vec!["-1", "0", "0.5", "1", "2"])
        .prop_map(|text| *json::parse(text.as_bytes()).unwrap().as_number().unwrap())
}

fn quorum() -> impl Strategy<Value = Quorum> {
    let people = prop::collection::vec(select(vec!["user:a", "user:b", "user:c"]), 1..4);
    (1_usize..3, people, 1_u32..3).prop_filter_map("never enough", |(count, by, max_age)| {
        Quorum::new(count, by.into_iter().map(String::from).collect(), max_age)
    })
}

fn ceiling_rule() -> impl Strategy<Value = Rule> {
    let listed = |name: &'static str| {
        crate::laws::scalars(1).prop_map(move |values| {
            let text = json::Object::new().with("key", "k").with(name, values);
            Ceiling::parse(&text.into()).unwrap().rule().clone()
        })
    };
    let orders = select(vec![vec!["x", "y"], vec!["x", "y", "z"]]);
    let rank = (orders, select(vec!["x", "y"])).prop_map(|(order, name)| {
        Rank::new(name, order.into_iter().map(String::from).collect()).unwrap()
    });
    let unknown = select(vec![r#"{"key":"k","new":1}"#, r#"{"key":"k","new":2}"#])
        .prop_map(|text| Ceiling::parse(&parsed(text)).unwrap().rule().clone());
    prop_oneof![
        number().prop_map(Rule::Max),
        number().prop_map(Rule::Min),
        amount().prop_map(Rule::MaxLifetime),
        amount().prop_map(Rule::MaxSubtree),
        listed("one_of"),
        listed("not_one_of"),
        select(vec!["", "a", "ab", "b"]).prop_map(|text| Rule::Prefix(text.into())),
        rank.prop_map(Rule::Rank),
        (amount(), 1_u32..3).prop_map(|(amount, seconds)| Rule::Rate(Rate { amount, seconds })),
        quorum().prop_map(Rule::Approval),
        unknown,
    ]
}

fn parsed(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap()
}

/// Scopes and ceilings over few names, so that they are often about the same.
pub(crate) fn detail() -> impl Strategy<Value = AgentDelegation> {
    let keys = select(vec!["k", "k", "scope", "calls", "t"]);
    let ceiling = (keys, ceiling_rule()).prop_map(|(key, rule)| Ceiling::new(key, rule).unwrap());
    (scopes(), prop::collection::vec(ceiling, 0..3)).prop_map(|(scopes, ceilings)| {
        let mut detail = AgentDelegation::new(scopes);
        for ceiling in ceilings {
            detail.insert(ceiling);
        }
        detail
    })
}

/// The meet, with nothing where there is none.
fn meet(a: Option<&AgentDelegation>, b: Option<&AgentDelegation>) -> Option<AgentDelegation> {
    a.zip(b).and_then(|(a, b)| a.meet(b).ok())
}

fn equals(a: Option<&AgentDelegation>, b: Option<&AgentDelegation>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.check_within(b).is_ok() && b.check_within(a).is_ok(),
        (a, b) => a.is_none() && b.is_none(),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_meet_of_ceilings_is_commutative_associative_and_idempotent(
        a in detail(), b in detail(), c in detail(),
    ) {
        let [a, b, c] = [&a, &b, &c].map(Some);
        prop_assert!(equals(meet(a, a).as_ref(), a));
        prop_assert!(equals(meet(a, b).as_ref(), meet(b, a).as_ref()));
        let (left, right) = (meet(a, b), meet(b, c));
        let (left, right) = (meet(left.as_ref(), c), meet(a, right.as_ref()));
        prop_assert!(equals(left.as_ref(), right.as_ref()), "{left:?} {right:?}");
    }

    #[test]
    fn ceilings_are_within_others_exactly_if_they_are_their_meet(
        a in detail(), b in detail(), c in detail(),
    ) {
        let below = a.meet(&b).unwrap_or(c);
        for (child, parent) in [(&a, &b), (&below, &a), (&below, &b)] {
            let meet = child.meet(parent).ok();
            let is_meet = equals(meet.as_ref(), Some(child));
            prop_assert_eq!(child.check_within(parent).is_ok(), is_meet);
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same_ceilings(a in detail()) {
        let object = a.to_object();
        let read = AgentDelegation::parse(&object).unwrap();
        prop_assert!(equals(Some(&read), Some(&a)));
        prop_assert_eq!(read.to_object().to_canonical(), object.to_canonical());
    }
}
