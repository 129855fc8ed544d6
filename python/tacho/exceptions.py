"""Exceptions as the fields of an event: type, message, stack trace, and where it was raised."""

import sys
import traceback
from types import TracebackType
from typing import Any, Dict, List, Optional, Tuple, Type, Union

from .encoding import printed
from .limits import STACKTRACE_LINE_LENGTH_MAX, STACKTRACE_LINES_MAX

ExcInfo = Union[
    None,
    bool,
    BaseException,
    Tuple[Optional[Type[BaseException]], Optional[BaseException], Optional[TracebackType]],
]
"""What Python programs hand over as `exc_info`: an exception, a triple, True for the current one."""


def exception_fields(exc_info: ExcInfo) -> Dict[str, Any]:
    """
    Fields of an event about an exception, the one that is being handled by default. Where there is
    none, the type is `Unknown` and the stack trace the caller's stack.
    """
    kind, value, trace = _triple(exc_info)
    if value is None:
        stack = traceback.format_stack(limit=STACKTRACE_LINES_MAX)
        return {
            "exception_type": "Unknown" if kind is None else kind.__name__,
            "stacktrace": _lines(stack),
        }
    fields: Dict[str, Any] = {"stacktrace": _lines(_formatted(value, trace))}
    fields["exception_type"] = type(value).__name__
    message = printed(value)
    if message:
        fields["exception_msg"] = message
    innermost = trace
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    if innermost is not None:
        code = innermost.tb_frame.f_code
        fields["source_file"] = code.co_filename
        fields["source_function"] = code.co_name
        fields["source_line"] = innermost.tb_lineno
    return fields


def _triple(
    exc_info: ExcInfo,
) -> Tuple[Optional[Type[BaseException]], Optional[BaseException], Optional[TracebackType]]:
    if isinstance(exc_info, BaseException):
        return type(exc_info), exc_info, exc_info.__traceback__
    if isinstance(exc_info, tuple) and len(exc_info) == 3:
        kind, value, trace = exc_info
        if isinstance(value, BaseException):
            return type(value), value, trace if isinstance(trace, TracebackType) else None
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return kind, None, None
    return sys.exc_info()


def _formatted(value: BaseException, trace: Optional[TracebackType]) -> List[str]:
    """As Python prints it, with causes; an exception whose own text fails is told by its type."""
    try:
        return traceback.format_exception(type(value), value, trace)
    except Exception:
        return traceback.format_tb(trace) + [type(value).__name__]


def _lines(parts: List[str]) -> List[str]:
    """Single lines without their ends; of too many the innermost calls stay, which are the last."""
    lines = "".join(parts).splitlines()
    if len(lines) > STACKTRACE_LINES_MAX:
        head = STACKTRACE_LINES_MAX // 10
        tail = STACKTRACE_LINES_MAX - head - 1
        lines = [*lines[:head], "…", *lines[-tail:]]
    return [line[:STACKTRACE_LINE_LENGTH_MAX] for line in lines]
