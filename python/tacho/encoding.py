"""JSON text, byte for byte as JavaScript's JSON.stringify writes it, from whatever a program hands over."""

import re
from array import array
from datetime import date, datetime, time
from enum import Enum
from json.encoder import encode_basestring  # type: ignore[attr-defined]
from typing import Any, Callable, List, Mapping, Union

from .limits import INTEGER_DIGITS_MAX, JSON_DEPTH_MAX

_quote: Callable[[str], str] = encode_basestring
_surrogates = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_integer_max = 10**INTEGER_DIGITS_MAX


def encode(value: Any, depth: int = 0) -> str:
    """
    JSON text of any value; never changes it, and reads it only now, so that later changes do not
    matter. Floats are written as JavaScript does, NaN and infinities as strings, integers with
    all their digits. What JSON does not know becomes what comes closest: sets and tuples are
    arrays, dates ISO text, bytes UTF-8, numbers of foreign kinds numbers, everything else its
    `str`. Keys become texts. What nests deeper than 64 becomes "…", which ends circles as well.
    """
    kind = type(value)
    if kind is str:
        return text(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if kind is float:
        return number(value)
    if kind is int:
        return _integer(value)
    if kind is dict:
        return _object(value, depth)
    if kind is list or kind is tuple:
        return _array(value, depth)
    return _other(value, depth)


def text(value: str) -> str:
    """A JSON string; halves of surrogate pairs are escaped, as UTF-8 has no bytes for them."""
    quoted = _quote(value)
    if quoted.isascii() or _surrogates.search(quoted) is None:
        return quoted
    return _surrogates.sub(_whole_or_escaped, quoted)


def number(value: float) -> str:
    """A float as JavaScript writes it (1 for 1.0, 1e-7, 1e+21); a JSON string when not finite."""
    shortest = float.__repr__(value)
    if shortest.endswith(".0"):
        return "0" if shortest == "-0.0" else shortest[:-2]
    if "e" in shortest:
        return _without_python_exponent(shortest)
    if "n" in shortest:
        return _not_finite[shortest]
    return shortest


def numbers(values: "Union[array[float], List[float]]") -> str:
    """Numbers as a JSON array; much quicker than one by one, because most need no second look."""
    shortest = repr(list(values))[1:-1] + ","
    if "e" in shortest or "n" in shortest:
        return "[" + ",".join(map(number, values)) + "]"
    return "[" + shortest.replace(", ", ",").replace(".0,", ",").replace("-0,", "0,")[:-1] + "]"


_not_finite = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def _without_python_exponent(shortest: str) -> str:
    """Python turns to exponents below 1e-4 and from 1e16 on, JavaScript below 1e-6 and from 1e21 on."""
    mantissa, _, exponent_text = shortest.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = whole + fraction
    exponent = int(exponent_text)
    # The value is 0.digits * 10 ** point, as the ECMAScript standard puts it.
    point = exponent + 1
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    shown = digits if len(digits) == 1 else digits[0] + "." + digits[1:]
    return "%s%se%s%d" % (sign, shown, "+" if exponent >= 0 else "-", abs(exponent))


def _integer(value: int) -> str:
    if -_integer_max < value < _integer_max:
        return int.__repr__(value)
    return '"an integer of %d bits"' % value.bit_length()


def _object(value: Mapping[Any, Any], depth: int) -> str:
    if depth >= JSON_DEPTH_MAX:
        return '"…"'
    parts = []
    # The list is made in one go, so that a thread that changes the dict meanwhile does no harm.
    for key, item in list(value.items()):
        parts.append(_key(key) + ":" + encode(item, depth + 1))
    return "{" + ",".join(parts) + "}"


def _array(value: Any, depth: int) -> str:
    if depth >= JSON_DEPTH_MAX:
        return '"…"'
    return "[" + ",".join([encode(item, depth + 1) for item in list(value)]) + "]"


def _key(key: Any) -> str:
    if type(key) is str:
        return text(key)
    if key is None or isinstance(key, (bool, float, int)):
        written = encode(key)
        return written if written.startswith('"') else '"' + written + '"'
    return text(printed(key))


def _other(value: Any, depth: int) -> str:
    """Values of other types, the exact ones of the most common types being done."""
    if isinstance(value, Enum):
        return encode(value.value, depth) if depth < JSON_DEPTH_MAX else '"…"'
    if isinstance(value, str):
        return text(str.__str__(value))
    if isinstance(value, float):
        return number(float(value))
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, Mapping):
        return _object(value, depth)
    if isinstance(value, (list, tuple)):
        return _array(value, depth)
    if isinstance(value, (set, frozenset)):
        return "[" + ",".join(sorted(encode(item, depth + 1) for item in list(value))) + "]"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return text(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, (datetime, date, time)):
        return text(value.isoformat())
    return _foreign(value, depth)


def _foreign(value: Any, depth: int) -> str:
    """Numbers and arrays of other libraries (NumPy, Decimal, Fraction), and all the rest."""
    kind = type(value)
    try:
        if hasattr(kind, "tolist") and depth < JSON_DEPTH_MAX:
            return encode(value.tolist(), depth + 1)
        if hasattr(kind, "__index__"):
            return _integer(int(value))
        if hasattr(kind, "__float__"):
            return number(float(value))
    except Exception:
        pass
    return text(printed(value))


def printed(value: Any) -> str:
    """`str` of a value, also of one whose own `__str__` fails."""
    try:
        return str(value)
    except Exception:
        return "<%s>" % type(value).__name__


def _whole_or_escaped(match: "re.Match[str]") -> str:
    pair = match.group()
    if len(pair) == 2:
        return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    return "\\u%04x" % ord(pair)


__all__ = ["encode", "number", "numbers", "printed", "text"]
