"""The second detail, `agent_delegation`: scopes, bounds and budgets."""

import re

from values import admissible, all_among, among, is_list, is_number, is_object, is_scalar, is_text, same


class Malformed(Exception):
    """The detail holds something that the format does not allow."""


SEGMENT = "[a-z][a-z0-9_-]*"
SCOPES = [
    ("literal", SEGMENT + r"(\." + SEGMENT + ")+"),
    ("wildcard", SEGMENT + r"(\." + SEGMENT + r")*\.\*"),
    # Printable ASCII without the space, `"`, `\` and `*`.
    ("opaque", r'[^\x00-\x20"\\*\x7f-\U0010ffff]+'),
]


def scope_class(scope):
    """The first of the three that the whole scope is, or None."""
    matching = (name for name, form in SCOPES if re.fullmatch(form, scope))
    return next(matching, None) if is_text(scope) else None


def covers(held, wanted):
    if scope_class(held) == "wildcard":
        return scope_class(wanted) != "opaque" and wanted.startswith(held[:-1])
    return held == wanted


def is_bound(value):
    return is_number(value) and admissible(value) and abs(value) <= 2**53 - 1


def is_count(value):
    return is_bound(value) and value == value.to_integral_value() and value >= 0


def is_scalars(value):
    return is_list(value) and all(map(is_scalar, value)) and admissible(value)


def is_names(value):
    return is_list(value) and all(map(is_text, value)) and len(set(value)) == len(value)


def has(value, **members):
    """A closed object with these members."""
    return is_object(value) and set(value) == set(members) and all(
        test(value[name]) for name, test in members.items()
    )


def is_rate(value):
    # Open: a rate of no calls is well formed, one per no time is not.
    return has(value, n=is_count, per=is_count) and value["per"] > 0


def is_approval(value):
    return has(value, n=is_count, by=is_names, max_age=is_count) and 1 <= value["n"] <= len(value["by"])


# Types of the second detail: whether the value of this type is well formed.
TYPES = {
    "max": is_bound, "min": is_bound, "max_lifetime": is_bound, "max_subtree": is_bound,
    "one_of": is_scalars, "not_one_of": is_scalars, "prefix": is_text,
    "rank": is_text, "rate": is_rate, "approval": is_approval,
}


def type_of(constraint):
    """The name of the one typed value beside the key, and beside the order of a rank."""
    known_extra = {"order"} if "rank" in constraint else set()
    kinds = set(constraint) - {"key"} - known_extra
    if len(kinds) != 1:
        raise Malformed("one typed value")
    return kinds.pop()


def well_ordered(constraint):
    order = constraint.get("order")
    return is_names(order) and len(order) >= 2 and constraint["rank"] in order


def parse_constraint(constraint):
    if not is_object(constraint) or not is_text(constraint.get("key")) or not admissible(constraint):
        raise Malformed("a constraint")
    kind = type_of(constraint)
    # A type that nobody knows is well formed, whatever its value.
    if kind in TYPES and not TYPES[kind](constraint[kind]):
        raise Malformed(kind)
    if kind == "rank" and not well_ordered(constraint):
        raise Malformed("order")
    return constraint["key"], kind


def parse(detail):
    """(scopes, {(key, type): constraint}) of a well formed detail."""
    # Open: no scopes at all is well formed, and holds nothing.
    if not has(detail, type=lambda kind: kind == "agent_delegation", scopes=is_list, constraints=is_list):
        raise Malformed("a detail")
    if not all(map(scope_class, detail["scopes"])):
        raise Malformed("a scope")
    constraints = {}
    for constraint in detail["constraints"]:
        pair = parse_constraint(constraint)
        if pair in constraints:
            raise Malformed("the same key and type twice")
        constraints[pair] = constraint
    return detail["scopes"], constraints


def position(c, value):
    return c["order"].index(value)


# Two constraints of one key and type: whether the child's is as narrow.
NARROWER = {
    "max": lambda c, p: c["max"] <= p["max"],
    "max_lifetime": lambda c, p: c["max_lifetime"] <= p["max_lifetime"],
    "max_subtree": lambda c, p: c["max_subtree"] <= p["max_subtree"],
    "min": lambda c, p: c["min"] >= p["min"],
    "one_of": lambda c, p: all_among(c["one_of"], p["one_of"]),
    "not_one_of": lambda c, p: all_among(p["not_one_of"], c["not_one_of"]),
    "prefix": lambda c, p: c["prefix"].startswith(p["prefix"]),
    "rank": lambda c, p: c["order"] == p["order"] and position(c, c["rank"]) <= position(p, p["rank"]),
    "rate": lambda c, p: c["rate"]["per"] == p["rate"]["per"] and c["rate"]["n"] <= p["rate"]["n"],
    "approval": lambda c, p: c["approval"]["n"] >= p["approval"]["n"]
    and all_among(c["approval"]["by"], p["approval"]["by"])
    and c["approval"]["max_age"] <= p["approval"]["max_age"],
}

# What one action's quantity has to be. Totals (max_lifetime, max_subtree,
# rate) are counted by a ledger, and approvals are looked up: not here.
PER_ACTION = {
    "max": lambda c, v: is_number(v) and v <= c["max"],
    "min": lambda c, v: is_number(v) and v >= c["min"],
    "one_of": lambda c, v: is_scalar(v) and among(v, c["one_of"]),
    "not_one_of": lambda c, v: is_scalar(v) and not among(v, c["not_one_of"]),
    "prefix": lambda c, v: is_text(v) and v.startswith(c["prefix"]),
    "rank": lambda c, v: v in c["order"] and position(c, v) <= position(c, c["rank"]),
}


def covered(wanted, scopes):
    return any(covers(held, wanted) for held in scopes)


def kept(pair, c, p):
    """Absent is unbounded; of an unknown type only the very same is as narrow."""
    return pair in c and NARROWER.get(pair[1], same)(c[pair], p[pair])


def within(child, parent):
    (wanted, c), (held, p) = parse(child), parse(parent)
    return all(covered(scope, held) for scope in wanted) and all(kept(pair, c, p) for pair in p)


def allows(detail, scope, values):
    """Whether one action is allowed, as far as one action can tell."""
    scopes, constraints = parse(detail)
    # Open: an action has one scope, so a wildcard names none.
    if scope_class(scope) not in ("literal", "opaque") or not covered(scope, scopes):
        return False
    return all(
        kind in TYPES
        and (kind not in PER_ACTION or (key in values and PER_ACTION[kind](c, values[key])))
        for (key, kind), c in constraints.items()
    )
