"""Events as the fields of an entry, whatever order and form a program hands them over in."""

from typing import Any, Dict, List, Mapping, Optional

from . import limits
from .arguments import level_of, optional_text, text_of
from .complaints import complain
from .encoding import encode, printed
from .entries import Text
from .exceptions import ExcInfo, exception_fields


def event_fields(
    name: Any,
    category: Any = None,
    group: Any = None,
    labels: Any = None,
    message: Any = None,
    data: Any = None,
    stacktrace: Any = None,
    level: Any = None,
) -> Dict[str, Any]:
    """
    Fields of one event. A dict in the place of the category is the data. A category that is one of
    the five levels is the level; a level that is none of them counts as a category.
    """
    if isinstance(category, Mapping):
        category, data = None, category if not data else {**category, **data}
    severity = level_of(level)
    if level is not None and severity is None and category is None:
        category = level
    return {
        "name": text_of(name, limits.EVENT_NAME_LENGTH_MAX) or "event",
        "level": severity,
        "category": optional_text(category, limits.CATEGORY_LENGTH_MAX),
        "group": optional_text(group, limits.GROUP_LENGTH_MAX),
        "labels": _texts(labels, limits.LABELS_MAX, limits.LABEL_LENGTH_MAX),
        "message": optional_text(message, limits.MESSAGE_LENGTH_MAX),
        "data": data_text(data),
        "stacktrace": _stack(stacktrace),
    }


def exception_event_fields(
    exc_info: ExcInfo, data: Any, name: str = "exception", level: str = "error"
) -> Dict[str, Any]:
    """Fields of the event that tells of an exception."""
    exception = clean_exception(exception_fields(exc_info))
    kind = exception["exception_type"]
    fields: Dict[str, Any] = {
        "name": name,
        "level": level,
        "group": "exception",
        "labels": ["exception", kind],
        "message": exception.get("exception_msg"),
        "data": data_text(data),
    }
    fields.update(exception)
    return fields


def clean_exception(exception: Mapping[str, Any]) -> Dict[str, Any]:
    """Fields of an exception, no longer than is taken."""
    clean = dict(exception)
    for name, length_max in _exception_lengths.items():
        if name in clean:
            clean[name] = text_of(clean[name], length_max)
    return clean


_exception_lengths = {
    "exception_type": limits.EXCEPTION_TYPE_LENGTH_MAX,
    "exception_msg": limits.MESSAGE_LENGTH_MAX,
    "source_file": limits.SOURCE_LENGTH_MAX,
    "source_function": limits.SOURCE_LENGTH_MAX,
}


def data_text(data: Any, bytes_max: int = limits.EVENT_DATA_BYTES_MAX) -> Optional[Text]:
    """Data as JSON text, made now. What is no dict becomes one; what is too large says so instead."""
    if data is None:
        return None
    written = encode(data if isinstance(data, Mapping) else {"value": data})
    if len(written) <= bytes_max // 4:
        return Text(written)
    size = len(written.encode("utf-8", "replace"))
    if size <= bytes_max:
        return Text(written)
    complain("data of %d bytes is left out; %d are taken" % (size, bytes_max))
    return Text('{"tacho.too_large_bytes":%d}' % size)


def _stack(stacktrace: Any) -> Optional[List[str]]:
    lines = stacktrace.splitlines() if isinstance(stacktrace, str) else stacktrace
    return _texts(lines, limits.STACKTRACE_LINES_MAX, limits.STACKTRACE_LINE_LENGTH_MAX)


def _texts(values: Any, count_max: int, length_max: int) -> Optional[List[str]]:
    if values is None:
        return None
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        values = [printed(values)]
    elif isinstance(values, (set, frozenset)):
        values = sorted(map(printed, values))
    taken: List[str] = []
    for value in values:
        if len(taken) >= count_max:
            break
        taken.append(text_of(value, length_max))
    return taken or None
