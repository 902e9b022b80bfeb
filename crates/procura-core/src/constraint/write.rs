//! Writing a constraint as the wire has it.
//!
//! Defaults are left out and sets are sorted, so that one rule has one text.
//! Reading what was written gives an equal rule.

use alloc::vec::Vec;

use super::{Constraint, Range, Set};
use crate::json::{Object, Value};

impl Constraint {
    /// The constraint as a JSON object.
    pub fn to_object(&self) -> Object {
        let object = Object::new().with("constraint_type", self.type_name());
        match self {
            Self::Wildcard => object,
            Self::Exact(item) => object.with("value", item.to_value()),
            Self::OneOf(set) => object.with("values", values(set)),
            Self::NotOneOf(set) => object.with("excluded", values(set)),
            Self::Contains(set) => object.with("required", values(set)),
            Self::Subset(set) => object.with("allowed", values(set)),
            Self::Range(range) => bounds(object, range),
            Self::All(rules) | Self::Any(rules) => {
                let rules: Vec<Object> = rules.iter().map(Self::to_object).collect();
                object.with("constraints", rules)
            }
            Self::PathContainment(root) => object.with("root", root.to_text()),
            Self::UrlContainment(scope) => {
                object.with("origin", scope.origin_text()).with("path", scope.path_text())
            }
        }
    }
}

fn values(set: &Set) -> Vec<Value> {
    set.iter().map(|item| item.to_value()).collect()
}

fn bounds(mut object: Object, range: &Range) -> Object {
    for (name, flag, bound) in
        [("min", "min_inclusive", range.min), ("max", "max_inclusive", range.max)]
    {
        if let Some(bound) = bound {
            object.set(name, Value::Number(bound.at));
            if !bound.inclusive {
                object.set(flag, false);
            }
        }
    }
    object
}
