//! Random questions about the second detail: scopes and ceilings.

use serde_json::{Value, json};

use super::pairs::{Dice, alter, number, value};

const SCOPES: &[&str] =
    &["a.b", "a.b.c", "a.b.c.d", "a.*", "a.b.*", "a.b-c", "ab.c", "a", "a.B", "User.Read", "r:x"];
const ODD_SCOPES: &[&str] = &["*", "a.*.b", "A.*", "a b", "a.b\n", "", ".*", "a..*", "\u{e9}"];
const KEYS: &[&str] = &["k", "k", "l", "calls", "scope", "*"];
const ORDERS: &[&[&str]] = &[&["x", "y", "z"], &["x", "y", "z"], &["x", "z"], &["z", "y", "x"]];
const PEOPLE: &[&str] = &["user:a", "user:b", "user:c"];

fn scope(dice: &mut Dice) -> Value {
    let scopes = if dice.chance(1) { ODD_SCOPES } else { SCOPES };
    dice.text(scopes)
}

fn people(dice: &mut Dice) -> Vec<Value> {
    dice.list(2, |dice| dice.text(PEOPLE))
}

fn small(dice: &mut Dice) -> Value {
    json!(dice.below(4))
}

/// The typed value of a ceiling and, for a rank, its order.
fn typed(dice: &mut Dice, kind: &str) -> Value {
    match kind {
        "max" | "min" => json!({ kind: number(dice) }),
        "max_lifetime" | "max_subtree" => json!({ kind: small(dice) }),
        "one_of" | "not_one_of" => json!({ kind: dice.list(1, small) }),
        "prefix" => json!({ kind: dice.text(&["", "a", "a.", "a.b", "b"]) }),
        "rank" => {
            let order = *dice.pick(ORDERS);
            json!({ kind: dice.text(order), "order": order })
        }
        "rate" => {
            let per = *dice.pick(&[60, 60, 60, 30]);
            json!({ kind: {"n": small(dice), "per": per} })
        }
        "approval" => {
            let (n, age) = (*dice.pick(&[1, 2]), *dice.pick(&[60, 120]));
            json!({ kind: {"n": n, "by": people(dice), "max_age": age} })
        }
        _ => json!({ kind: small(dice) }),
    }
}

const KINDS: &[&str] = &[
    "max",
    "min",
    "max_lifetime",
    "max_subtree",
    "one_of",
    "not_one_of",
    "prefix",
    "rank",
    "rate",
    "approval",
    "units",
];

fn with_key(key: &Value, mut typed: Value) -> Value {
    typed["key"] = key.clone();
    typed
}

fn ceiling(dice: &mut Dice) -> Value {
    if dice.chance(1) {
        return odd_ceiling(dice);
    }
    let (key, kind) = (dice.text(KEYS), *dice.pick(KINDS));
    with_key(&key, typed(dice, kind))
}

fn odd_ceiling(dice: &mut Dice) -> Value {
    let odd = [
        json!({"key": "k"}),
        json!({"max": 1}),
        json!({"key": "", "max": 1}),
        json!({"key": 1, "max": 1}),
        json!({"key": "k", "max": "1"}),
        json!({"key": "k", "max": true}),
        json!({"key": "k", "max": 1, "min": 1}),
        json!({"key": "k", "max": 1, "order": ["x", "y"]}),
        json!({"key": "k", "max": 1e21}),
        json!({"key": "k", "min": 9_007_199_254_740_992_u64}),
        json!({"key": "k", "min": 9_007_199_254_740_993_u64}),
        json!({"key": "k", "max_subtree": -1}),
        json!({"key": "k", "max_lifetime": 1.5}),
        json!({"key": "k", "max_lifetime": 1.0}),
        json!({"key": "k", "one_of": []}),
        json!({"key": "k", "one_of": [[]]}),
        json!({"key": "k", "not_one_of": {}}),
        json!({"key": "k", "prefix": 1}),
        json!({"key": "k", "rank": "x"}),
        json!({"key": "k", "order": ["x", "y"]}),
        json!({"key": "k", "rank": "w", "order": ["x", "y"]}),
        json!({"key": "k", "rank": "x", "order": ["x"]}),
        json!({"key": "k", "rank": "x", "order": ["x", "x"]}),
        json!({"key": "k", "rank": "x", "order": ["x", ""]}),
        json!({"key": "k", "rate": {"n": 1, "per": 0}}),
        json!({"key": "k", "rate": {"n": 1, "per": 1, "burst": 1}}),
        json!({"key": "k", "approval": {"n": 2, "by": ["user:a", "user:a"], "max_age": 1}}),
        json!({"key": "k", "approval": {"n": 0, "by": ["user:a"], "max_age": 1}}),
        json!({"key": "k", "approval": {"n": 1, "by": ["user:a"], "max_age": 0}}),
        json!({"key": "k", "units": [1e300]}),
        json!(1),
    ];
    dice.pick(&odd).clone()
}

fn detail(dice: &mut Dice) -> Value {
    let (scopes, mut ceilings) = (dice.list(1, scope), dice.list(0, ceiling));
    // Seldom two of one key and type, which is malformed.
    let keep = dice.chance(10);
    let mut seen = Vec::new();
    ceilings.retain(|ceiling| {
        let same = identity(ceiling);
        let is_new = !seen.contains(&same);
        seen.push(same);
        keep || is_new
    });
    let mut detail = json!({"type": "agent_delegation", "scopes": scopes, "constraints": ceilings});
    if dice.chance(1) {
        detail["actions"] = json!([]);
    }
    detail
}

fn identity(ceiling: &Value) -> (Value, Option<&'static str>) {
    let kind = KINDS.iter().find(|kind| ceiling.get(**kind).is_some());
    (ceiling["key"].clone(), kind.copied())
}

/// A ceiling of the same key, and mostly of the same type.
fn near_ceiling(dice: &mut Dice, parent: &Value) -> Value {
    let (key, Some(kind)) = identity(parent) else { return parent.clone() };
    match kind {
        _ if dice.chance(3) => ceiling(dice),
        "units" if dice.chance(70) => parent.clone(),
        "one_of" | "not_one_of" => {
            let mut list = parent[kind].clone();
            alter(dice, &mut list);
            json!({"key": key, kind: list})
        }
        "prefix" => {
            let end = *dice.pick(&["", "a", ".c"]);
            json!({"key": key, kind: format!("{}{end}", parent[kind].as_str().unwrap_or("a"))})
        }
        "approval" if dice.chance(60) => {
            let mut child = parent.clone();
            alter_people(dice, &mut child["approval"]["by"]);
            child
        }
        _ => with_key(&key, typed(dice, kind)),
    }
}

fn alter_people(dice: &mut Dice, by: &mut Value) {
    let Some(by) = by.as_array_mut() else { return };
    match dice.below(3) {
        0 if by.len() > 1 => drop(by.pop()),
        1 => by.push(dice.text(PEOPLE)),
        _ => {}
    }
}

/// A detail near `parent`, in a scope or a ceiling.
fn near(dice: &mut Dice, parent: &Value) -> Value {
    let mut child = parent.clone();
    for held in child["scopes"].as_array_mut().into_iter().flatten() {
        let text = held.as_str().unwrap_or_default();
        match dice.below(8) {
            0 => *held = scope(dice),
            1..=4 if text.ends_with('*') => {
                let end: &&str = dice.pick(&["c", "*", "c.*", "C", ""]);
                *held = json!(text.replace('*', end));
            }
            _ => {}
        }
    }
    let Some(ceilings) = child["constraints"].as_array_mut() else { return child };
    for ceiling in ceilings.iter_mut() {
        if dice.chance(60) {
            *ceiling = near_ceiling(dice, ceiling);
        }
    }
    if dice.chance(8) && !ceilings.is_empty() {
        ceilings.remove(dice.below(ceilings.len()));
    }
    if dice.chance(10) {
        ceilings.push(ceiling(dice));
    }
    child
}

/// What an action has, for most of what is limited.
fn values(dice: &mut Dice, detail: &Value) -> Value {
    let mut values = json!({});
    for ceiling in detail["constraints"].as_array().into_iter().flatten() {
        let (Some(key), (_, Some(kind))) = (ceiling["key"].as_str(), identity(ceiling)) else {
            continue;
        };
        values[key] = match kind {
            _ if dice.chance(15) => value(dice),
            "prefix" => dice.text(&["a", "a.b", "a.b.c", "b"]),
            "rank" => dice.text(&["x", "y", "z", "w"]),
            _ => small(dice),
        };
    }
    if dice.chance(8) {
        values = json!({});
    }
    values
}

/// One question as the model reads it.
pub(super) fn question(dice: &mut Dice) -> Value {
    let held = detail(dice);
    if dice.chance(60) {
        let child = if dice.chance(10) { detail(dice) } else { near(dice, &held) };
        return json!({"op": "detail_within", "child": child, "parent": held});
    }
    let first = held["scopes"][0].as_str().unwrap_or_default().replace('*', "b");
    let scope = if dice.chance(20) { scope(dice) } else { json!(first) };
    let values = values(dice, &held);
    json!({"op": "detail_action", "detail": held, "scope": scope, "values": values})
}
