"""Mistakes that can be planted in the model, to show that each would be found."""

import arguments
import detail
import values
from values import all_among


def inclusive_edge(c, p):
    return arguments.range_in_range({**c, "min_inclusive": False, "max_inclusive": False}, p)


def some_alternative(c, p):
    return any(arguments.within(mine, theirs) for theirs in p["constraints"] for mine in c["constraints"])


def without_port(text, read=values.normal_url):
    address = read(text)
    return address and (address[0][:2], address[1])


def forget_ports():
    values.normal_url = arguments.normal_url = without_port


def within_table(pair, rule):
    return lambda: arguments.WITHIN.update({pair: rule})


def without_rule(rule):
    return lambda: arguments.MAP_RULES.remove(rule)


def instead(module, name, other):
    return lambda: setattr(module, name, other)


MISTAKES = {
    "text-prefix": instead(
        arguments, "at_or_below", lambda path, root: "/".join(path).startswith("/".join(root))
    ),
    "excluded-reversed": within_table(
        ("not_one_of", "not_one_of"), lambda c, p: all_among(c["excluded"], p["excluded"])
    ),
    "inclusive-edge": within_table(("range", "range"), inclusive_edge),
    "some-alternative": within_table(("any", "any"), some_alternative),
    "exact-below-excluded": within_table(("exact", "not_one_of"), arguments.value_passes),
    "port-forgotten": forget_ports,
    "name-dropped": without_rule(arguments.dropped_names_stay_shut),
    "required-relaxed": without_rule(arguments.required_stays_required),
    "map-opened": without_rule(arguments.open_only_below_open),
    "optional-ignored": instead(arguments, "is_optional", lambda c: False),
    "scope-text-prefix": instead(
        detail, "covers", lambda held, wanted: wanted.startswith(held.rstrip("*"))
    ),
    "wildcard-over-opaque": instead(
        detail, "scope_class", lambda scope, of=detail.scope_class: of(scope) and of(scope.lower())
    ),
    "min-reversed": lambda: detail.NARROWER.update({"min": lambda c, p: c["min"] <= p["min"]}),
    "order-ignored": lambda: detail.NARROWER.update(
        {"rank": lambda c, p: detail.position(c, c["rank"]) <= detail.position(p, p["rank"])}
    ),
    "period-ignored": lambda: detail.NARROWER.update(
        {"rate": lambda c, p: c["rate"]["n"] <= p["rate"]["n"]}
    ),
    "quorum-shrunk": lambda: detail.NARROWER.update(
        {"approval": lambda c, p: all_among(c["approval"]["by"], p["approval"]["by"])}
    ),
    "unmeasured-passes": instead(
        detail, "passes",
        lambda key, kind, c, values, passes=detail.passes: key not in values or passes(key, kind, c, values),
    ),
    "absent-is-free": instead(
        detail, "kept", lambda pair, c, p, kept=detail.kept: pair not in c or kept(pair, c, p)
    ),
}
