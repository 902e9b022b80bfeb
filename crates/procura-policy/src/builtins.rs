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
    ALLOWED.binary_search(&name).is_ok()
}

/// Whether the engine would find a built-in function under `name`.
pub(crate) fn is_builtin(name: &str) -> bool {
    name == "print" || regorus::unstable::BUILTINS.contains_key(name)
}

/// In byte order, for the binary search.
pub(crate) const ALLOWED: &[&str] = &[
    "abs",
    "array.concat",
    "array.reverse",
    "array.slice",
    "bits.and",
    "bits.negate",
    "bits.or",
    "bits.xor",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "glob.match",
    "glob.quote_meta",
    "indexof",
    "indexof_n",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.marshal",
    "json.remove",
    "lower",
    "max",
    "min",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "regex.find_n",
    "regex.is_valid",
    "regex.match",
    "regex.replace",
    "regex.split",
    "replace",
    "round",
    "semver.compare",
    "semver.is_valid",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.replace_n",
    "strings.reverse",
    "substring",
    "sum",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
];

#[cfg(test)]
mod tests {
    use super::{ALLOWED, is_builtin};

    #[test]
    fn the_list_is_sorted_and_every_name_on_it_exists() {
        assert!(ALLOWED.is_sorted());
        for name in ALLOWED {
            assert!(is_builtin(name), "{name}");
        }
    }
}
