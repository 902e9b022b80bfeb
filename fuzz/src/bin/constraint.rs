//! Constraint trees: within means that everything passes, and a meet is below both.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use procura_core::{
    constraint::{Constraint, Counter},
    json::{Object, Value},
};

/// A value of which others are made often.
#[derive(Arbitrary, Clone, Debug)]
enum Scalar {
    Null,
    Truth(bool),
    Small(i8),
    Place(u8, u8),
    Address(u8, u8),
    Text(String),
}

#[derive(Arbitrary, Clone, Debug)]
enum Rule {
    Wildcard,
    Exact(Scalar),
    OneOf(Vec<Scalar>),
    NotOneOf(Vec<Scalar>),
    Range(Option<(i8, bool)>, Option<(i8, bool)>),
    Contains(Vec<Scalar>),
    Subset(Vec<Scalar>),
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Path(u8, u8),
    Url(u8, u8),
}

#[derive(Arbitrary, Debug)]
struct Input {
    child: Rule,
    parent: Rule,
    values: Vec<Asked>,
}

#[derive(Arbitrary, Debug)]
enum Asked {
    One(Scalar),
    List(Vec<Scalar>),
}

/// Few segments, so that paths meet.
fn path(first: u8, second: u8) -> String {
    const SEGMENTS: [&str; 8] = ["", "a", "b", "..", ".", "ab", "A", "a/b"];
    let segment = |byte: u8| SEGMENTS[usize::from(byte % 8)];
    format!("/{}/{}", segment(first), segment(second))
}

fn origin(byte: u8) -> &'static str {
    ["https://a.test", "https://A.test:443", "http://a.test", "https://b.test"]
        [usize::from(byte % 4)]
}

fn scalar(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Truth(truth) => (*truth).into(),
        Scalar::Small(number) => i64::from(*number).into(),
        Scalar::Place(first, second) => path(*first, *second).into(),
        Scalar::Address(first, second) => {
            format!("{}{}", origin(*first), path(*second, *first)).into()
        }
        Scalar::Text(text) => text.as_str().into(),
    }
}

fn scalars(all: &[Scalar]) -> Vec<Value> {
    all.iter().map(scalar).collect()
}

fn rule(rule: &Rule) -> Object {
    let named = |name: &str| Object::new().with("constraint_type", name);
    let rules = |all: &[Rule]| all.iter().map(self::rule).collect::<Vec<_>>();
    match rule {
        Rule::Wildcard => named("wildcard"),
        Rule::Exact(one) => named("exact").with("value", scalar(one)),
        Rule::OneOf(all) => named("one_of").with("values", scalars(all)),
        Rule::NotOneOf(all) => named("not_one_of").with("excluded", scalars(all)),
        Rule::Contains(all) => named("contains").with("required", scalars(all)),
        Rule::Subset(all) => named("subset").with("allowed", scalars(all)),
        Rule::All(all) => named("all").with("constraints", rules(all)),
        Rule::Any(all) => named("any").with("constraints", rules(all)),
        Rule::Path(first, second) => named("path_containment").with("root", path(*first, *second)),
        Rule::Url(first, second) => named("url_containment")
            .with("origin", origin(*first))
            .with("path", path(*second, *first)),
        Rule::Range(min, max) => {
            let mut object = named("range");
            for (bound, name, flag) in
                [(min, "min", "min_inclusive"), (max, "max", "max_inclusive")]
            {
                if let Some((at, inclusive)) = bound {
                    object.set(name, i64::from(*at)).set(flag, *inclusive);
                }
            }
            object
        }
    }
}

fn read(object: Object) -> Option<Constraint> {
    Constraint::parse(&object.into(), &mut Counter::default()).ok()
}

fuzz_target!(|input: Input| {
    let (Some(child), Some(parent)) = (read(rule(&input.child)), read(rule(&input.parent))) else {
        return;
    };
    for one in [&child, &parent] {
        assert_eq!(read(one.to_object()).as_ref(), Some(one), "what is written reads the same");
        assert!(one.is_within(one) && one.is_within(&Constraint::Wildcard));
    }
    let meets = child.lower_bounds(&parent);
    for meet in &meets {
        assert!(meet.is_within(&child) && meet.is_within(&parent), "{meet:?}");
    }
    let within = child.is_within(&parent);
    assert!(!within || meets == [child.clone()]);
    for asked in &input.values {
        let value = match asked {
            Asked::One(one) => scalar(one),
            Asked::List(all) => scalars(all).into(),
        };
        let passes = child.accepts(&value);
        assert!(!(within && passes) || parent.accepts(&value), "{value:?}");
        assert!(!child.is_empty() || !passes, "nothing passes what is empty");
        for meet in &meets {
            assert!(!meet.accepts(&value) || (passes && parent.accepts(&value)));
        }
    }
});
