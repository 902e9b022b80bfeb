//! What the lattice finds below two rules is compared with brute force.
//!
//! The model says which rules of a small universe are within both. What the
//! lattice calls the largest ones have to be within both as well, and each rule
//! that is within both has to be within one of them.

use procura_core::{
    constraint::{Constraint, Counter},
    json,
};
use serde_json::{Value, json};

use super::{
    ask,
    pairs::{self, Dice},
};

/// Whether no number passes a range, here or inside. Such rules are below many
/// others, and none is made from two that are not.
fn is_hollow(rule: &Value) -> bool {
    let inside = rule["constraints"].as_array().is_some_and(|rules| rules.iter().any(is_hollow));
    let is_point = rule.get("min").is_some() && rule.get("min") == rule.get("max");
    let is_excluded = [&rule["min_inclusive"], &rule["max_inclusive"]].contains(&&json!(false));
    inside || (is_point && is_excluded)
}

/// Random rules, what is near them, and each value of their lists by itself.
fn universe(dice: &mut Dice) -> Vec<Value> {
    let mut rules = Vec::new();
    while rules.len() < 16 {
        let rule = pairs::rule(dice, 1);
        let near = pairs::near(dice, &rule);
        let values = rule["values"].as_array().cloned().unwrap_or_default();
        let each = values.iter().map(|value| json!({"constraint_type": "exact", "value": value}));
        rules.extend(each.chain([rule, near]));
    }
    rules.retain(|rule| parse(rule).is_some() && !is_hollow(rule));
    rules
}

fn within(child: &Value, parent: &Value) -> String {
    json!({"op": "within", "child": child, "parent": parent}).to_string()
}

/// Claims of which at least one has to hold.
struct Claim(Vec<String>);

/// What has to be true of the rules that the lattice finds below `a` and `b`.
fn claims(rules: &[Value], (a, b): (&Value, &Value), lower: &Value) -> Vec<Claim> {
    let bounds = parse(a).unwrap().lower_bounds(&parse(b).unwrap());
    let bounds: Vec<Value> = bounds.iter().map(written).collect();
    let index = |at: &Value| usize::try_from(at.as_u64().unwrap()).unwrap();
    let below = lower.as_array().unwrap().iter().map(|at| {
        let rule = &rules[index(at)];
        Claim(bounds.iter().map(|bound| within(rule, bound)).collect())
    });
    let both = bounds.iter().flat_map(|bound| [within(bound, a), within(bound, b)]);
    both.map(|claim| Claim(vec![claim])).chain(below).collect()
}

#[test]
fn what_is_within_two_rules_is_within_one_of_the_largest_that_are() {
    let mut dice = Dice::new(8785);
    let mut proper = 0_usize;
    for _ in 0..16 {
        let rules = universe(&mut dice);
        let pairs: Vec<(&Value, &Value)> =
            rules.iter().flat_map(|a| rules.iter().map(move |b| (a, b))).collect();
        let questions: Vec<String> = pairs
            .iter()
            .map(|(a, b)| json!({"op": "lower", "universe": rules, "a": a, "b": b}).to_string())
            .collect();
        let Some(answers) = ask(&questions) else { return };
        let all: Vec<Claim> = pairs
            .iter()
            .zip(&answers)
            .flat_map(|(pair, answer)| claims(&rules, *pair, &answer["lower"]))
            .collect();
        let asked: Vec<String> = all.iter().flat_map(|claim| claim.0.clone()).collect();
        let Some(verdicts) = ask(&asked) else { return };
        let mut verdicts = verdicts.into_iter();
        for Claim(ways) in all {
            let holds = verdicts.by_ref().take(ways.len()).filter(|verdict| verdict == "yes");
            assert!(holds.count() > 0, "none of {ways:?} in {rules:?}");
        }
        let is_proper = |(a, b): &&(&Value, &Value)| {
            let meet = parse(a).unwrap().meet(&parse(b).unwrap());
            meet.is_some_and(|meet| ![*a, *b].contains(&&written(&meet)))
        };
        proper += pairs.iter().filter(is_proper).count();
    }
    println!("{proper} meets were neither of the two rules");
    assert!(proper > 100, "{proper}");
}

fn parse(rule: &Value) -> Option<Constraint> {
    let rule = json::parse(rule.to_string().as_bytes()).unwrap();
    Constraint::parse(&rule, &mut Counter::default()).ok()
}

fn written(rule: &Constraint) -> Value {
    serde_json::from_str(&rule.to_object().to_canonical().unwrap()).unwrap()
}
