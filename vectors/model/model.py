#!/usr/bin/env python3
"""A second, naive reading of what it means for a delegation to be narrower.

It was written from the text of the format (docs/formats/delegation.md) and not
from the Rust sources, and it is meant to look like the tables there. A test of
procura-testkit asks both about the same random pairs. Nothing here is fast,
and nothing but that test uses it.

One JSON object per line on standard input, one JSON value per line as answer:

    {"op": "accepts", "constraint": C, "value": V}      "yes" "no" "malformed"
    {"op": "within", "child": C, "parent": C}           the same
    {"op": "tools_within", "child": T, "parent": T}     the same
    {"op": "check_call", "tools": T, "tool": ID, "arguments": {...}}
    {"op": "detail_within", "child": D, "parent": D}
    {"op": "detail_action", "detail": D, "scope": S, "values": {KEY: V}}
    {"op": "lower", "universe": [C...], "a": C, "b": C}
        {"lower": indices within a and b, "greatest": those above all of them}
    {"op": "canonical", "value": V}                     its text, or null

`--broken NAME` plants one of the mistakes of broken.py. `--self-test` asks the
questions of examples.jsonl, which has a question and its answer on each line.

Where the text left something open, a comment that starts with "Open:" says
what was assumed. Limits of size and nesting are not modelled.
"""

import argparse
import json
import sys
from pathlib import Path

import arguments
import broken
import detail
from values import admissible, canonical, read


def yes(answer):
    return "yes" if answer else "no"


def accepts(question):
    constraint = question["constraint"]
    if not arguments.well_formed(constraint):
        return "malformed"
    return yes(arguments.accepts(constraint, question["value"]))


def within(question):
    child, parent = question["child"], question["parent"]
    if not arguments.well_formed(child) or not arguments.well_formed(parent):
        return "malformed"
    return yes(arguments.within(child, parent))


def tools_within(question):
    child, parent = question["child"], question["parent"]
    if not arguments.well_formed_tools(child) or not arguments.well_formed_tools(parent):
        return "malformed"
    return yes(arguments.tools_within(child, parent))


def check_call(question):
    tools = question["tools"]
    if not arguments.well_formed_tools(tools):
        return "malformed"
    return yes(arguments.check_call(tools, question["tool"], question["arguments"]))


def detail_within(question):
    try:
        return yes(detail.within(question["child"], question["parent"]))
    except detail.Malformed:
        return "malformed"


def detail_action(question):
    try:
        return yes(detail.allows(question["detail"], question["scope"], question["values"]))
    except detail.Malformed:
        return "malformed"


def lower(question):
    """What of a small universe is below both: brute force for what a meet has to be."""
    universe, a, b = question["universe"], question["a"], question["b"]
    if not all(map(arguments.well_formed, universe + [a, b])):
        return "malformed"
    below = arguments.within
    both = [at for at, c in enumerate(universe) if below(c, a) and below(c, b)]
    greatest = [at for at in both if all(below(universe[other], universe[at]) for other in both)]
    return {"lower": both, "greatest": greatest}


def canonical_text(question):
    value = question["value"]
    return canonical(value) if admissible(value) else None


OPS = {
    "accepts": accepts, "within": within, "tools_within": tools_within, "check_call": check_call,
    "detail_within": detail_within, "detail_action": detail_action, "lower": lower,
    "canonical": canonical_text,
}


def answer(question):
    return OPS[question["op"]](question)


def self_test():
    """Prints every example that is answered otherwise, and returns how many."""
    examples = Path(__file__).with_name("examples.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = 0
    for example in map(read, examples):
        got = answer(example["ask"])
        if got != example["answer"]:
            wrong += 1
            print("wrong:", got, "for", canonical(example))
    print(len(examples), "examples,", wrong, "wrong")
    return wrong


def main(options):
    known = argparse.ArgumentParser(description="A second reading of the lattice.")
    known.add_argument("--broken", choices=sorted(broken.MISTAKES), help="plant this mistake")
    known.add_argument("--self-test", action="store_true", help="ask examples.jsonl")
    chosen = known.parse_args(options)
    if chosen.broken:
        broken.MISTAKES[chosen.broken]()
    if chosen.self_test:
        return 1 if self_test() else 0
    sys.stdin.reconfigure(encoding="utf-8")
    for line in sys.stdin:
        print(json.dumps(answer(read(line))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
