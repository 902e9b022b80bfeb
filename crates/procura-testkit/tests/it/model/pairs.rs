//! Random questions for two implementations, from small alphabets.
//!
//! Rules that are drawn apart are hardly ever within each other. So most children
//! are their parent with one thing changed, to the narrower or to the wider side.

use serde_json::{Map, Value, json};

/// A source of numbers that is the same in every run (SplitMix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.roll().checked_rem(end).unwrap()).unwrap()
    }

    /// True in `times` of a hundred cases.
    pub(super) fn chance(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    pub(super) fn text(&mut self, of: &[&str]) -> Value {
        json!(self.pick(of))
    }

    pub(super) fn list(
        &mut self,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Value,
    ) -> Vec<Value> {
        let length = least.saturating_add(self.below(3));
        (0..length).map(|_| item(self)).collect()
    }
}

const TEXTS: &[&str] = &[
    "", "a", "b", "1", "é", "/", "/a", "/a/b", "/a/b/c", "/ab", "/b", "/a/../b", "/a//b/.",
    "/../a", "/a\\b", "/a\0", "a/b",
];
const ADDRESSES: &[&str] = &[
    "https://h",
    "https://h/a",
    "https://H:443/a/b",
    "https://h/a/b?c=/../..",
    "https://h/a/../b#c",
    "https://h/ab",
    "https://h/a/%2E%2e/b",
    "https://h/a;b",
    "https://h:8443/a",
    "https://u@h/a",
    "https://h:80@g/a",
    "https://h.g/a",
    "HTTPS://h/a",
    "http://h/a",
    "http://h:443/a",
    "https:\\\\h\\a",
    "https://[::1]/a",
    "https://h/a b",
];
const ORIGINS: &[&str] =
    &["https://h", "https://h", "https://H:443", "https://h:8443", "http://h", "https://h.g"];
const ROOTS: &[&str] = &["/", "/a", "/a/", "/a/b", "/b", "/a/../b", "/a/./b/c", "/ab"];

fn scalar(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0..=2 => number(dice),
        3 => dice.pick(&[json!(null), json!(true), json!(false)]).clone(),
        4..=7 => dice.text(TEXTS),
        _ => dice.text(ADDRESSES),
    }
}

pub(super) fn number(dice: &mut Dice) -> Value {
    let odd = [json!(1.0), json!(1.5), json!(-1), json!(1e21), json!(1e-7)];
    if dice.chance(20) { dice.pick(&odd).clone() } else { json!(dice.below(4)) }
}

pub(super) fn value(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => json!(dice.list(0, scalar)),
        1 => dice.pick(&[json!({}), json!({"a": 1, "b": [2]}), json!([[]])]).clone(),
        _ => scalar(dice),
    }
}

fn range(dice: &mut Dice) -> Value {
    let mut range = json!({"constraint_type": "range"});
    for (bound, flag, from) in [("min", "min_inclusive", 0), ("max", "max_inclusive", 2)] {
        if dice.chance(70) {
            range[bound] = json!(dice.below(3).saturating_add(from));
            if dice.chance(50) {
                range[flag] = json!(dice.chance(50));
            }
        }
    }
    range
}

/// A rule. One in fifty is not well formed.
pub(super) fn rule(dice: &mut Dice, depth: usize) -> Value {
    if dice.chance(2) {
        return odd_rule(dice);
    }
    let kinds = if depth == 0 { 9 } else { 12 };
    match dice.below(kinds) {
        0 => json!({"constraint_type": "wildcard"}),
        1 => json!({"constraint_type": "exact", "value": scalar(dice)}),
        2 => json!({"constraint_type": "one_of", "values": dice.list(1, value)}),
        3 => json!({"constraint_type": "not_one_of", "excluded": dice.list(0, value)}),
        4 => range(dice),
        5 => json!({"constraint_type": "contains", "required": dice.list(0, scalar)}),
        6 => json!({"constraint_type": "subset", "allowed": dice.list(0, scalar)}),
        7 => json!({"constraint_type": "path_containment", "root": dice.text(ROOTS)}),
        8 => {
            let mut rule =
                json!({"constraint_type": "url_containment", "origin": dice.text(ORIGINS)});
            if dice.chance(70) {
                rule["path"] = dice.text(ROOTS);
            }
            rule
        }
        kind => {
            let rules = dice.list(1, |dice| rule(dice, depth.saturating_sub(1)));
            json!({"constraint_type": if kind % 2 == 0 { "all" } else { "any" }, "constraints": rules})
        }
    }
}

fn odd_rule(dice: &mut Dice) -> Value {
    let odd = [
        json!({"constraint_type": "glob", "pattern": "*"}),
        json!({"constraint_type": "wildcard", "value": 1}),
        json!({"constraint_type": "exact", "value": []}),
        json!({"constraint_type": "exact", "value": 9_007_199_254_740_993_u64}),
        json!({"constraint_type": "exact"}),
        json!({"constraint_type": "one_of", "values": []}),
        json!({"constraint_type": "one_of", "values": {"a": 1}}),
        json!({"constraint_type": "range", "min": 2, "max": 1}),
        json!({"constraint_type": "range", "min": true}),
        json!({"constraint_type": "range", "max_inclusive": true}),
        json!({"constraint_type": "range", "maximum": 1}),
        json!({"constraint_type": "all", "constraints": []}),
        json!({"constraint_type": "any", "constraints": [1]}),
        json!({"constraint_type": "path_containment", "root": "a"}),
        json!({"constraint_type": "path_containment", "root": "/../a"}),
        json!({"constraint_type": "url_containment", "origin": "https://h/"}),
        json!({"constraint_type": "url_containment", "origin": "https://h_g"}),
        json!({"constraint_type": "url_containment", "origin": "HTTPS://h"}),
        json!({"constraint_type": "url_containment", "origin": "https://h", "path": ""}),
        json!({"constraint_type": "url_containment", "origin": "https://h", "path": "/a%2fb"}),
        json!({"constraint_type": "url_containment", "origin": "https://h", "path": "/a;b"}),
        json!({"constraint_type": "url_containment", "origin": "https://h", "path": "/a?b"}),
        json!({"constraint_type": "url_containment", "origin": "https://h", "path": "/é"}),
        json!({"constraint_type": 1}),
        json!({"value": 1}),
        json!([]),
    ];
    dice.pick(&odd).clone()
}

/// A rule near `parent`: often within it, often just not.
pub(super) fn near(dice: &mut Dice, parent: &Value) -> Value {
    let mut child = parent.clone();
    match parent["constraint_type"].as_str().unwrap_or_default() {
        "exact" | "wildcard" => return if dice.chance(60) { child } else { rule(dice, 1) },
        "one_of" if dice.chance(30) => {
            let values = parent["values"].as_array().cloned().unwrap_or_default();
            let value = values.first().cloned().unwrap_or_default();
            return json!({"constraint_type": "exact", "value": value});
        }
        "one_of" => alter(dice, &mut child["values"]),
        "not_one_of" if dice.chance(20) => {
            return json!({"constraint_type": "exact", "value": scalar(dice)});
        }
        "not_one_of" => alter(dice, &mut child["excluded"]),
        "contains" => alter(dice, &mut child["required"]),
        "subset" => alter(dice, &mut child["allowed"]),
        "range" if dice.chance(30) => {
            return json!({"constraint_type": "exact", "value": number(dice)});
        }
        "range" => near_range(dice, &mut child),
        "all" | "any" => near_rules(dice, &mut child),
        "path_containment" if dice.chance(40) => return inside(dice, TEXTS),
        "path_containment" => child["root"] = deeper(dice, &parent["root"]),
        "url_containment" if dice.chance(40) => return inside(dice, ADDRESSES),
        "url_containment" if dice.chance(50) => child["origin"] = dice.text(ORIGINS),
        "url_containment" => child["path"] = deeper(dice, &parent["path"]),
        _ => return rule(dice, 1),
    }
    child
}

/// Leaves something out of a list, adds something, both, or nothing.
pub(super) fn alter(dice: &mut Dice, list: &mut Value) {
    let Some(list) = list.as_array_mut() else { return };
    if dice.chance(40) && !list.is_empty() {
        list.remove(dice.below(list.len()));
    }
    if dice.chance(40) {
        list.push(scalar(dice));
    }
}

fn near_range(dice: &mut Dice, range: &mut Value) {
    for (bound, flag) in [("min", "min_inclusive"), ("max", "max_inclusive")] {
        match dice.below(6) {
            0 => range[bound] = json!(dice.below(5)),
            1 => {
                let range = range.as_object_mut().unwrap();
                range.remove(bound);
                range.remove(flag);
            }
            2 | 3 if range.get(bound).is_some() => range[flag] = json!(dice.chance(50)),
            _ => {}
        }
    }
}

fn near_rules(dice: &mut Dice, parent: &mut Value) {
    let Some(rules) = parent["constraints"].as_array_mut() else { return };
    match dice.below(4) {
        0 => rules.push(rule(dice, 0)),
        1 if rules.len() > 1 => {
            rules.remove(dice.below(rules.len()));
        }
        _ => {}
    }
    for rule in rules {
        if dice.chance(40) {
            *rule = near(dice, rule);
        }
    }
}

fn inside(dice: &mut Dice, texts: &[&str]) -> Value {
    if dice.chance(50) {
        return json!({"constraint_type": "exact", "value": dice.text(texts)});
    }
    let values = dice.list(1, |dice| dice.text(texts));
    json!({"constraint_type": "one_of", "values": values})
}

fn deeper(dice: &mut Dice, root: &Value) -> Value {
    let end = dice.pick(&["/b", "b", "/../b", "/.", ""]);
    json!(format!("{}{end}", root.as_str().unwrap_or("/")))
}

/// A value that the rule may accept.
fn sample(dice: &mut Dice, rule: &Value) -> Value {
    let first = |list: &Value| list.as_array().and_then(|list| list.first()).cloned();
    let found = match rule["constraint_type"].as_str().unwrap_or_default() {
        "exact" => rule.get("value").cloned(),
        "one_of" => first(&rule["values"]),
        "not_one_of" if dice.chance(50) => first(&rule["excluded"]),
        "range" => Some(number(dice)),
        "contains" | "subset" => {
            let mut list =
                rule.get("required").or(rule.get("allowed")).cloned().unwrap_or_default();
            alter(dice, &mut list);
            Some(list)
        }
        "all" | "any" => first(&rule["constraints"]).map(|rule| sample(dice, &rule)),
        "path_containment" => Some(deeper(dice, &rule["root"])),
        "url_containment" => Some(dice.text(ADDRESSES)),
        _ => None,
    };
    found.unwrap_or_else(|| value(dice))
}

fn argument(dice: &mut Dice) -> Value {
    let mut rule = rule(dice, 1);
    if dice.chance(40) && rule.is_object() {
        rule["optional"] = json!(dice.chance(85));
    }
    rule
}

fn map(dice: &mut Dice) -> Map<String, Value> {
    let mut map = Map::new();
    for name in ["a", "b", "c"] {
        if dice.chance(45) {
            map.insert(name.into(), argument(dice));
        }
    }
    if dice.chance(30) {
        let odd = dice.chance(3);
        let rest = json!({"constraint_type": "wildcard"});
        map.insert("*".into(), if odd { argument(dice) } else { rest });
    }
    map
}

fn tools(dice: &mut Dice) -> Value {
    let mut tools = json!({ "t": map(dice) });
    if dice.chance(15) {
        tools["u"] = json!(map(dice));
    }
    tools
}

/// Tools near `parent`, in one or two things.
fn near_tools(dice: &mut Dice, parent: &Value) -> Value {
    let mut child = parent.clone();
    if dice.chance(5) {
        child["u"] = json!({});
    }
    let Some(map) = child["t"].as_object_mut() else { return child };
    for name in ["a", "b", "c"] {
        match (dice.below(12), map.get(name).cloned()) {
            (0, Some(_)) => {
                map.remove(name);
            }
            (1 | 2, Some(mut rule)) if rule.is_object() => {
                rule["optional"] = json!(dice.chance(50));
                map.insert(name.into(), rule);
            }
            (3..=5, Some(rule)) => {
                let mut next = near(dice, &rule);
                if let (Some(next), Some(optional)) = (next.as_object_mut(), rule.get("optional")) {
                    next.insert("optional".into(), optional.clone());
                }
                map.insert(name.into(), next);
            }
            (0, None) => {
                map.insert(name.into(), argument(dice));
            }
            _ => {}
        }
    }
    match dice.below(8) {
        0 => drop(map.remove("*")),
        1 => drop(map.insert("*".into(), json!({"constraint_type": "wildcard"}))),
        _ => {}
    }
    child
}

/// Arguments for the tool `t` that its map may accept.
fn call(dice: &mut Dice, tools: &Value) -> Value {
    let mut arguments = json!({});
    for name in ["a", "b", "c", "*"] {
        let held = tools["t"].get(name);
        if (held.is_some() && dice.chance(85)) || dice.chance(5) {
            let rule = held.cloned().unwrap_or_default();
            arguments[name] = sample(dice, &rule);
        }
    }
    if dice.chance(2) {
        arguments["a"] = json!([9_007_199_254_740_993_u64]);
    }
    arguments
}

/// One question as the model reads it.
pub(super) fn question(dice: &mut Dice) -> Value {
    match dice.below(20) {
        0..=7 => {
            let parent = rule(dice, 2);
            let child = if dice.chance(20) { rule(dice, 2) } else { near(dice, &parent) };
            json!({"op": "within", "child": child, "parent": parent})
        }
        8..=10 => {
            let rule = rule(dice, 2);
            let value = if dice.chance(20) { value(dice) } else { sample(dice, &rule) };
            json!({"op": "accepts", "constraint": rule, "value": value})
        }
        11..=15 => {
            let parent = tools(dice);
            let child = if dice.chance(5) { tools(dice) } else { near_tools(dice, &parent) };
            json!({"op": "tools_within", "child": child, "parent": parent})
        }
        _ => {
            let tools = tools(dice);
            let tool = if dice.chance(4) { "u" } else { "t" };
            let arguments = call(dice, &tools);
            json!({"op": "check_call", "tools": tools, "tool": tool, "arguments": arguments})
        }
    }
}
