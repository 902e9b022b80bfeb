"""Constraints of arguments, and tools: the table of docs/formats/delegation.md."""

from values import (
    admissible, all_among, among, at_or_below, is_bool, is_list, is_number, is_object, is_scalar,
    is_text, normal_path, normal_url, origin, same,
    url_root,
)

# --- Argument constraints: the table -----------------------------------------

# Members of each type: what has to be there, and what may be.
MEMBERS = {
    "wildcard": ({}, {}),
    "exact": ({"value": is_scalar}, {}),
    "one_of": ({"values": is_list}, {}),
    "not_one_of": ({"excluded": is_list}, {}),
    "range": ({}, {
        "min": is_number, "max": is_number,
        "min_inclusive": is_bool, "max_inclusive": is_bool,
    }),
    "contains": ({"required": is_list}, {}),
    "subset": ({"allowed": is_list}, {}),
    "all": ({"constraints": is_list}, {}),
    "any": ({"constraints": is_list}, {}),
    "path_containment": ({"root": is_text}, {}),
    "url_containment": ({"origin": is_text}, {"path": is_text}),
}

# What else has to hold of the members.
SENSIBLE = {
    "one_of": lambda c: c["values"] != [],
    # A flag comes only with its bound. Equal bounds may both be there, even
    # where one is exclusive and nothing passes.
    "range": lambda c: ("min" in c or "min_inclusive" not in c)
    and ("max" in c or "max_inclusive" not in c)
    and ("min" not in c or "max" not in c or c["min"] <= c["max"]),
    "all": lambda c: c["constraints"] != [] and all(map(well_formed, c["constraints"])),
    "any": lambda c: c["constraints"] != [] and all(map(well_formed, c["constraints"])),
    "path_containment": lambda c: normal_path(c["root"]) is not None,
    "url_containment": lambda c: origin(c["origin"]) is not None
    and url_root(c.get("path", "/")) is not None,
}


def well_formed(c):
    if not is_object(c) or not is_text(c.get("constraint_type")) or not admissible(c):
        return False
    kind = c["constraint_type"]
    if kind not in MEMBERS:
        return False
    needed, optional = MEMBERS[kind]
    known = {**needed, **optional}
    return (
        all(name in c for name in needed)
        and all(name in known and known[name](c[name]) for name in c if name != "constraint_type")
        and SENSIBLE.get(kind, lambda _: True)(c)
    )


def check_range(c, v):
    def above(bound):
        return v > bound or (v == bound and c.get("min_inclusive", True))

    def below(bound):
        return v < bound or (v == bound and c.get("max_inclusive", True))

    return (
        is_number(v) and admissible(v)
        and ("min" not in c or above(c["min"]))
        and ("max" not in c or below(c["max"]))
    )


def check_path(c, v):
    path = normal_path(v) if is_text(v) else None
    return path is not None and at_or_below(path, normal_path(c["root"]))


def check_url(c, v):
    address = normal_url(v) if is_text(v) else None
    return (
        address is not None
        and address[0] == origin(c["origin"])
        and at_or_below(address[1], url_root(c.get("path", "/")))
    )


CHECK = {
    "wildcard": lambda c, v: True,
    "exact": lambda c, v: same(v, c["value"]),
    "one_of": lambda c, v: among(v, c["values"]),
    "not_one_of": lambda c, v: not among(v, c["excluded"]),
    "range": check_range,
    "contains": lambda c, v: is_list(v) and all_among(c["required"], v),
    "subset": lambda c, v: is_list(v) and all_among(v, c["allowed"]),
    "all": lambda c, v: all(accepts(rule, v) for rule in c["constraints"]),
    "any": lambda c, v: any(accepts(rule, v) for rule in c["constraints"]),
    "path_containment": check_path,
    "url_containment": check_url,
}


def accepts(c, v):
    return CHECK[c["constraint_type"]](c, v)


def bound_holds(c, p, side, tighter):
    """Whether one bound of p, if it has it, is kept by c."""
    if side not in p:
        return True
    if side not in c:
        return False
    if c[side] == p[side]:
        inclusive = side + "_inclusive"
        return p.get(inclusive, True) or not c.get(inclusive, True)
    return tighter(c[side], p[side])


def range_in_range(c, p):
    return (
        bound_holds(c, p, "min", lambda mine, theirs: mine > theirs)
        and bound_holds(c, p, "max", lambda mine, theirs: mine < theirs)
    )


def value_passes(c, p):
    return accepts(p, c["value"])


def values_pass(c, p):
    return all(accepts(p, value) for value in c["values"])


def same_origin_and_below(c, p):
    return origin(c["origin"]) == origin(p["origin"]) and at_or_below(
        url_root(c.get("path", "/")), url_root(p.get("path", "/"))
    )


# (child, parent): everything is within a wildcard, and a pair that is not here
# is refused.
WITHIN = {
    ("exact", "exact"): value_passes,
    ("exact", "one_of"): value_passes,
    ("exact", "range"): value_passes,
    ("exact", "path_containment"): value_passes,
    ("exact", "url_containment"): value_passes,
    ("one_of", "one_of"): values_pass,
    ("one_of", "path_containment"): values_pass,
    ("one_of", "url_containment"): values_pass,
    ("not_one_of", "not_one_of"): lambda c, p: all_among(p["excluded"], c["excluded"]),
    ("range", "range"): range_in_range,
    ("contains", "contains"): lambda c, p: all_among(p["required"], c["required"]),
    ("subset", "subset"): lambda c, p: all_among(c["allowed"], p["allowed"]),
    ("all", "all"): lambda c, p: all(
        any(within(mine, theirs) for mine in c["constraints"]) for theirs in p["constraints"]
    ),
    ("any", "any"): lambda c, p: all(
        any(within(mine, theirs) for theirs in p["constraints"]) for mine in c["constraints"]
    ),
    ("path_containment", "path_containment"): lambda c, p: at_or_below(
        normal_path(c["root"]), normal_path(p["root"])
    ),
    ("url_containment", "url_containment"): same_origin_and_below,
}


def within(c, p):
    if p["constraint_type"] == "wildcard":
        return True
    rule = WITHIN.get((c["constraint_type"], p["constraint_type"]))
    return rule is not None and rule(c, p)


# --- Tools ---------------------------------------------------------------------

def open_map(arguments):
    """The empty map means any arguments."""
    return arguments or {"*": {"constraint_type": "wildcard"}}


def plain(c):
    """A constraint without its `optional`."""
    return {name: value for name, value in c.items() if name != "optional"}


def is_optional(c):
    return c.get("optional", False)


def well_formed_argument(name, c):
    if name == "*":
        return same(c, {"constraint_type": "wildcard"})
    return is_object(c) and is_bool(c.get("optional", False)) and well_formed(plain(c))


def well_formed_tools(tools):
    return is_object(tools) and all(
        is_object(arguments) and all(well_formed_argument(name, c) for name, c in arguments.items())
        for arguments in tools.values()
    )


def named(arguments):
    return [name for name in arguments if name != "*"]


def required(arguments):
    return [name for name in named(arguments) if not is_optional(arguments[name])]


def every_name_is_known(c, p):
    return all(name in p or "*" in p for name in named(c))


def dropped_names_stay_shut(c, p):
    return all(is_optional(p[name]) and "*" not in c for name in named(p) if name not in c)


def open_only_below_open(c, p):
    return "*" in p or "*" not in c


def required_stays_required(c, p):
    return all(name in required(c) for name in required(p))


def each_within(c, p):
    return all(within(plain(c[name]), plain(p.get(name) or p["*"])) for name in named(c))


# In this order: the last one looks up what the first one found.
MAP_RULES = [
    every_name_is_known, dropped_names_stay_shut, open_only_below_open,
    required_stays_required, each_within,
]


def map_within(c, p):
    return all(rule(open_map(c), open_map(p)) for rule in MAP_RULES)


def tools_within(c, p):
    return all(tool in p and map_within(c[tool], p[tool]) for tool in c)


def check_call(tools, tool, arguments):
    if tool not in tools or not admissible(arguments):
        return False
    allowed = open_map(tools[tool])
    return all(name in arguments for name in required(allowed)) and all(
        accepts(plain(allowed[name]), value) if name in named(allowed) else "*" in allowed
        for name, value in arguments.items()
    )
