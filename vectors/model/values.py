"""JSON values, paths and addresses, as docs/formats/delegation.md compares them."""

import ipaddress
import json
import re
from decimal import Decimal

# --- Values: JSON, compared by the canonical form of RFC 8785 ---------------

def read(text):
    """JSON in which every number is a Decimal, exactly as it was written."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def is_number(value):
    return isinstance(value, Decimal)  # true and false are no numbers


def is_bool(value):
    return isinstance(value, bool)


def is_text(value):
    return isinstance(value, str)


def is_scalar(value):
    return value is None or isinstance(value, (bool, str, Decimal))


def is_list(value):
    return isinstance(value, list)


def is_object(value):
    return isinstance(value, dict)


def canonical_number(number):
    """The double's text as ECMAScript writes it (Number::toString), or None."""
    double = float(number)
    if double in (float("inf"), float("-inf")):
        return None
    if double == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(double)).normalize().as_tuple()
    digits = "".join(map(str, digits))
    point = len(digits) + exponent  # where the decimal point stands
    if 0 < point <= 21:
        text = digits.ljust(point, "0")
        if len(digits) > point:
            text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        fraction = "." + digits[1:] if len(digits) > 1 else ""
        text = "%s%se%+d" % (digits[0], fraction, point - 1)
    return "-" + text if sign else text


def admissible(value):
    """Whether every number in it is what its canonical form denotes."""
    if is_number(value):
        text = canonical_number(value)
        return text is not None and Decimal(text) == value
    if is_list(value):
        return all(admissible(item) for item in value)
    if is_object(value):
        return all(admissible(item) for item in value.values())
    return True


def canonical(value):
    if is_number(value):
        return canonical_number(value)
    if is_list(value):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if is_object(value):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        members = (json.dumps(name, ensure_ascii=False) + ":" + canonical(value[name]) for name in names)
        return "{" + ",".join(members) + "}"
    return json.dumps(value, ensure_ascii=False)


def same(a, b):
    return admissible(a) and admissible(b) and canonical(a) == canonical(b)


def among(value, values):
    return any(same(value, other) for other in values)


def all_among(values, others):
    return all(among(value, others) for value in values)


# --- Paths and addresses -----------------------------------------------------

def normal_path(text):
    """The segments of a path, or None if it is none."""
    if not text.startswith("/") or "\0" in text or "\\" in text:
        return None
    segments = []
    for segment in text.split("/"):
        if segment in ("", "."):
            continue
        if segment != "..":
            segments.append(segment)
        elif segments:
            segments.pop()
        else:
            return None
    return segments


def at_or_below(path, root):
    return path[: len(root)] == root


def normal_url_path(text):
    """A path in an address: the doubtful escapes, `;` and `//` make it none."""
    if re.search("%2e|%2f|%5c|%25|%00|;|//", text, re.IGNORECASE):
        return None
    return normal_path(text)


def is_host(text):
    """A name of letters, digits, `-` and dots, or an IPv6 address in brackets."""
    if text.startswith("[") and text.endswith("]"):
        try:
            return bool(ipaddress.IPv6Address(text[1:-1])) and "%" not in text
        except ValueError:
            return False
    return re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", text) is not None


def is_plain_ascii(text):
    return all("!" <= character <= "~" for character in text) and "\\" not in text


def normal_url(text):
    """((scheme, host, port), path), or None if it is no http(s) address."""
    # Query and fragment limit nothing.
    parts = re.fullmatch(r"(https?)://([^/?#]*?)(:[0-9]+)?(/[^?#]*)?([?#].*)?", text)
    if parts is None or not is_plain_ascii(text) or not is_host(parts[2]):
        return None
    port = int(parts[3][1:]) if parts[3] else {"http": 80, "https": 443}[parts[1]]
    path = normal_url_path(parts[4] or "/")
    if port > 65535 or path is None:
        return None
    return (parts[1], parts[2].lower(), port), path


def origin(text):
    """An origin is an address with nothing after its host and port, not even a slash."""
    address = normal_url(text)
    return address[0] if address and re.fullmatch("[^/]*//[^/?#]*", text) else None


def url_root(text):
    """The path of a containment: one that an address can have."""
    if not is_plain_ascii(text) or "?" in text or "#" in text:
        return None
    return normal_url_path(text)
