//! The meet of two rules is compared with brute force over small universes.
//!
//! The model says which rules of a universe are within both. What the lattice
//! calls the meet has to be within both as well, and above every one of them.

use procura_core::{
    constraint::{Constraint, Counter},
    json,
};
use serde_json::{Value, json};

use super::{
    ask,
    pairs::{self, Dice},
};

/// Whether a rule, or one inside it, accepts nothing, or only the empty list.
/// Such rules are below many others, and no meet is made of them.
fn is_hollow(rule: &Value) -> bool {
    let inside = rule["constraints"].as_array().is_some_and(|rules| rules.iter().any(is_hollow));
    let is_point = rule.get("min").is_some() && rule.get("min") == rule.get("max");
    let is_excluded =
        rule["min_inclusive"] == json!(false) || rule["max_inclusive"] == json!(false);
    inside || (is_point && is_excluded) || rule["allowed"] == json!([])
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

#[test]
fn a_meet_is_within_both_and_nothing_that_is_within_both_is_outside_it() {
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
        let mut claims = Vec::new();
        for ((a, b), answer) in pairs.into_iter().zip(&answers) {
            let lower = answer["lower"].as_array().unwrap();
            let meet = parse(a).unwrap().meet(&parse(b).unwrap());
            let Some(meet) = meet.as_ref().map(written) else {
                assert_eq!(answer["greatest"], json!([]), "{a} and {b} have no meet in {rules:?}");
                continue;
            };
            claims.extend([within(&meet, a), within(&meet, b)]);
            let index = |at: &Value| usize::try_from(at.as_u64().unwrap()).unwrap();
            claims.extend(lower.iter().map(|at| within(&rules[index(at)], &meet)));
            proper += usize::from(meet != *a && meet != *b);
        }
        let Some(verdicts) = ask(&claims) else { return };
        for (claim, verdict) in claims.iter().zip(verdicts) {
            assert_eq!(verdict, "yes", "{claim}");
        }
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
