//! Which functions a policy may call.
//!
//! The list names what is allowed, so that a function that the engine gains in
//! a later version stays out until somebody has read it. Left out on purpose,
//! besides everything that touches the world:
//!
//! - `numbers.range`, `bits.lsh`, `product`: one call makes a value of any
//!   size, and the time limit is not looked at inside a call.
//! - `to_number`, `units.*`, `json.unmarshal`: they read numbers such as
//!   `1e2000000000` out of strings that a caller chose.
//! - `print`, `trace`: they write to the process's own output.
//!
//! **Invariant:** no function here reads a clock, a file, the network, the
//! environment or randomness, and none makes a value out of proportion to its
//! arguments.

/// Whether policies may call the built-in function `name`.
pub(crate) fn is_allowed(name: &str) -> bool {
    allowed().any(|allowed| allowed == name)
}

/// Whether the engine would find a built-in function under `name`.
///
/// `print` is a statement to the engine, so its table does not have it.
pub(crate) fn is_builtin(name: &str) -> bool {
    name == "print" || regorus::unstable::BUILTINS.contains_key(name)
}

fn allowed() -> impl Iterator<Item = &'static str> {
    ALLOWED.iter().flat_map(|family| family.split_whitespace())
}

/// One family to a line, as the language's own reference groups them.
const ALLOWED: &[&str] = &[
    "abs ceil floor round bits.and bits.negate bits.or bits.xor",
    "count max min sort sum",
    "array.concat array.reverse array.slice",
    "intersection union",
    "json.filter json.marshal json.remove",
    "object.filter object.get object.keys object.remove object.subset object.union object.union_n",
    "concat contains endswith format_int indexof indexof_n lower replace split sprintf startswith",
    "strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n",
    "strings.reverse substring trim trim_left trim_prefix trim_right trim_space trim_suffix upper",
    "glob.match glob.quote_meta",
    "regex.find_n regex.is_valid regex.match regex.replace regex.split",
    "semver.compare semver.is_valid",
    "is_array is_boolean is_null is_number is_object is_set is_string type_name",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{allowed, is_allowed, is_builtin};

    #[test]
    fn every_function_that_is_allowed_exists_and_is_named_once() {
        let names: BTreeSet<&str> = allowed().collect();
        assert_eq!(names.len(), allowed().count());
        for name in names {
            assert!(is_builtin(name), "{name}");
        }
    }

    /// What the engine has today and policies may not call. A function that is
    /// new in the engine makes this fail, so that somebody reads it.
    #[test]
    fn every_function_that_is_not_allowed_is_known() {
        let mut forbidden: Vec<&str> = regorus::unstable::BUILTINS.keys().copied().collect();
        forbidden.retain(|name| !is_allowed(name));
        forbidden.sort_unstable();
        assert_eq!(forbidden, FORBIDDEN);
    }

    #[test]
    fn what_is_no_name_is_not_allowed() {
        assert!(is_builtin("print") && !is_allowed("print"));
        for name in ["", " ", "abs ceil", "Abs", "abs ", "http.send", "object"] {
            assert!(!is_allowed(name), "{name}");
            assert!(!is_builtin(name), "{name}");
        }
    }

    const FORBIDDEN: &[&str] = &[
        "__builtin_sets.intersection",
        "__builtin_sets.union",
        "bits.lsh",
        "bits.rsh",
        "json.is_valid",
        "json.marshal_with_options",
        "json.unmarshal",
        "numbers.range",
        "numbers.range_step",
        "product",
        "rand.intn",
        "regex.find_all_string_submatch_n",
        "regex.template_match",
        "to_number",
        "trace",
        "units.parse",
        "units.parse_bytes",
    ];
}
