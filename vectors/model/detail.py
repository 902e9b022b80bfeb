"""The second detail, `agent_delegation`: scopes, bounds and budgets."""

import re
from decimal import Decimal

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


def is_safe(value):
    """Whether no number in it is beyond 2^53 - 1."""
    if is_number(value):
        return abs(value) <= 2**53 - 1
    if is_list(value):
        return all(map(is_safe, value))
    return all(map(is_safe, value.values())) if is_object(value) else True


def is_whole(value):
    """What can be counted: a whole number that takes nothing back."""
    return is_number(value) and admissible(value) and value == int(value) and 0 <= value <= 2**53 - 1


def is_amount(value):
    """The same in a token, where integers have neither fraction nor exponent."""
    return is_whole(value) and value.as_tuple().exponent == 0


def is_positive(value):
    return is_amount(value) and 0 < value < 2**32


def is_scalars(value):
    return is_list(value) and all(map(is_scalar, value))


def is_names(value):
    return is_list(value) and all(is_text(name) and name for name in value)


def has(value, **members):
    """A closed object with these members."""
    return is_object(value) and set(value) == set(members) and all(
        test(value[name]) for name, test in members.items()
    )


def is_rate(value):
    # Open: a rate of no calls is well formed, one per no time is not.
    return has(value, n=is_amount, per=is_positive)


def is_approval(value):
    # Open: somebody who is named twice counts once.
    return has(value, n=is_positive, by=is_names, max_age=is_positive) and value["n"] <= len(set(value["by"]))


# Types of the second detail: whether the value of this type is well formed.
TYPES = {
    # Open: what is summed is a whole number, and `one_of` names something.
    "max": is_number, "min": is_number, "max_lifetime": is_amount, "max_subtree": is_amount,
    "one_of": lambda value: is_scalars(value) and value != [],
    "not_one_of": is_scalars, "prefix": is_text,
    "rank": is_text, "rate": is_rate, "approval": is_approval,
}


def type_of(constraint):
    """The name of the one typed value beside the key, and beside the order of a rank."""
    known_extra = {"order"} if "rank" in constraint else set()
    kinds = set(constraint) - {"key"} - known_extra
    # Open: an order without its rank is no type of its own.
    if len(kinds) != 1 or kinds == {"order"}:
        raise Malformed("one typed value")
    return kinds.pop()


def well_ordered(constraint):
    order = constraint.get("order")
    return (
        is_names(order) and len(order) >= 2 and len(set(order)) == len(order)
        and constraint["rank"] in order
    )


def parse_constraint(constraint):
    if not is_object(constraint) or not is_text(constraint.get("key")) or constraint["key"] == "":
        raise Malformed("a key")
    if not admissible(constraint) or not is_safe(constraint):
        raise Malformed("a number")
    kind = type_of(constraint)
    # A type that nobody knows is well formed, whatever its value.
    if kind in TYPES and not TYPES[kind](constraint[kind]):
        raise Malformed(kind)
    if kind == "rank" and not well_ordered(constraint):
        raise Malformed("order")
    return constraint["key"], kind


def parse(detail):
    """(scopes, {(key, type): constraint}) of a well formed detail."""
    # Open: no scopes at all is well formed, and holds nothing; constraints may be absent.
    whole = {"constraints": [], **detail} if is_object(detail) else detail
    if not has(whole, type=lambda kind: kind == "agent_delegation", scopes=is_list, constraints=is_list):
        raise Malformed("a detail")
    if not all(map(scope_class, detail["scopes"])):
        raise Malformed("a scope")
    constraints = {}
    for constraint in whole["constraints"]:
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

def fits(amount, limit):
    """A sum cannot take what is no amount, or is more than all of it."""
    return is_whole(amount) and amount <= limit


# What one action's quantity has to be. That sums are kept (max_lifetime,
# max_subtree, rate) and approvals are given is asked elsewhere.
PER_ACTION = {
    "max": lambda c, v: is_number(v) and v <= c["max"],
    "min": lambda c, v: is_number(v) and v >= c["min"],
    "one_of": lambda c, v: is_scalar(v) and among(v, c["one_of"]),
    "not_one_of": lambda c, v: is_scalar(v) and not among(v, c["not_one_of"]),
    "prefix": lambda c, v: is_text(v) and v.startswith(c["prefix"]),
    "rank": lambda c, v: is_text(v) and v in c["order"] and position(c, v) <= position(c, c["rank"]),
    "max_lifetime": lambda c, v: fits(v, c["max_lifetime"]),
    "max_subtree": lambda c, v: fits(v, c["max_subtree"]),
    "rate": lambda c, v: fits(v, c["rate"]["n"]),
}


def covered(wanted, scopes):
    return any(covers(held, wanted) for held in scopes)


def kept(pair, c, p):
    """Absent is unbounded; of an unknown type only the very same is as narrow."""
    return pair in c and NARROWER.get(pair[1], same)(c[pair], p[pair])


def within(child, parent):
    (wanted, c), (held, p) = parse(child), parse(parent)
    return all(covered(scope, held) for scope in wanted) and all(kept(pair, c, p) for pair in p)


def passes(key, kind, c, values):
    if kind == "approval":
        return True
    # Of an unknown type nothing passes, and what is not measured does not either.
    return kind in PER_ACTION and key in values and PER_ACTION[kind](c, values[key])


def allows(detail, scope, values):
    """Whether one action is allowed, as far as one action can tell."""
    scopes, constraints = parse(detail)
    # Open: an action has one scope, so a wildcard names none.
    if scope_class(scope) not in ("literal", "opaque") or not covered(scope, scopes):
        return False
    # Open: a call counts as one of `calls`, and its scope is known, whatever is claimed.
    known = {**values, "calls": Decimal(1), "scope": scope}
    return all(passes(key, kind, c, known) for (key, kind), c in constraints.items())
