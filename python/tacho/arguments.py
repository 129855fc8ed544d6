"""Arguments of calls, as forgiving as can be without guessing wrong: texts, tags, levels, units."""

from typing import Any, Mapping, Optional, Tuple

from .complaints import complain
from .encoding import printed
from .limits import TAG_LENGTH_MAX, TAGS_MAX

LEVELS = ("debug", "info", "warning", "error", "critical")
METRIC_TYPES = ("gauge", "counter", "histogram", "timer")
_level_names = {
    "trace": "debug",
    "notice": "info",
    "warn": "warning",
    "err": "error",
    "exception": "error",
    "fatal": "critical",
    "panic": "critical",
}


def text_of(value: Any, length_max: int) -> str:
    """Any value as a text of at most that many UTF-16 units, which is how the server counts."""
    text = value if type(value) is str else printed(value)
    if len(text) * 2 <= length_max or _units(text) <= length_max:
        return text
    text = text[: length_max - 1]
    while _units(text) > length_max - 1:
        text = text[: -max(1, (_units(text) - length_max + 1) // 2)]
    return text + "…"


def optional_text(value: Any, length_max: int) -> Optional[str]:
    """The same; None for None and for an empty text."""
    return None if value is None or value == "" else text_of(value, length_max)


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(ord(each) > 0xFFFF for each in text)


def tags_of(tags: Any) -> Tuple[str, ...]:
    """
    Tags in the order given, each once. A single text is one tag; a mapping is tags `key:value`; a
    set is sorted, as it has no order of its own.
    """
    if not tags:
        return ()
    if isinstance(tags, (str, bytes)):
        tags = (tags,)
    elif isinstance(tags, Mapping):
        tags = ["%s:%s" % (printed(key), printed(value)) for key, value in tags.items()]
    elif isinstance(tags, (set, frozenset)):
        tags = sorted(map(printed, tags))
    elif not isinstance(tags, (list, tuple)):
        tags = list(tags)[: TAGS_MAX + 1]
    clean = tuple(dict.fromkeys(text_of(tag, TAG_LENGTH_MAX) for tag in tags))
    if len(clean) > TAGS_MAX:
        complain("a metric has more than %d tags; the rest is left out" % TAGS_MAX)
    return clean[:TAGS_MAX]


def metric_type_of(value: Any) -> str:
    """One of the four types; gauge for what is none."""
    if value in METRIC_TYPES:
        return str(value)
    lowered = printed(value).lower()
    if lowered in METRIC_TYPES:
        return lowered
    if value is not None and value != "":
        complain("%s is no type of metric; it is recorded as a gauge" % printed(value)[:100])
    return "gauge"


def level_of(value: Any) -> Optional[str]:
    """One of the five levels, also by its usual other names and by logging's numbers; else None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return LEVELS[min(4, max(0, int(value) // 10 - 1))]
    if not isinstance(value, str):
        return None
    lowered = value.strip().lower()
    return lowered if lowered in LEVELS else _level_names.get(lowered)


_seconds = {
    "nanoseconds": (1e-9, "nanosecond nanos nsec ns"),
    "microseconds": (1e-6, "microsecond micros usec us µs μs"),
    "milliseconds": (1e-3, "millisecond millis msec ms"),
    "seconds": (1.0, "second secs sec s"),
    "minutes": (60.0, "minute mins min"),
    "hours": (3600.0, "hour hrs hr h"),
    "days": (86400.0, "day d"),
}
_unit_seconds = {
    name: seconds
    for unit, (seconds, others) in _seconds.items()
    for name in [unit, *others.split(" ")]
}


def seconds_per(unit: Any) -> Optional[float]:
    """Length of a unit of time in seconds; None for what is none."""
    return _unit_seconds.get(unit.strip().lower()) if isinstance(unit, str) else None


def tags_and_unit(tags: Any, unit: Any) -> Tuple[Any, Any]:
    """
    Both, whichever came first: some methods of DataCat's two kinds of session name them in
    different order, so a text in the place of the tags is taken for the unit.
    """
    if isinstance(tags, str) or (tags is None and isinstance(unit, (list, tuple, set, frozenset))):
        return unit, tags
    return tags, unit
