"""Complaints: what a program does wrong with this package is said once, to developers only."""

import logging
import os
import sys
from typing import Any, Callable, Set, TypeVar, cast

logger = logging.getLogger("tacho")
"""Logger of this package; `TachoHandler` leaves it alone."""

_said: Set[str] = set()
_SAID_MAX = 100

Method = TypeVar("Method", bound=Callable[..., Any])


def complain(text: str) -> None:
    """
    Says it once: as a warning where Python's development mode is on (`-X dev`) or `TACHO_DEBUG`
    is set, else for those who look at debug messages.
    """
    if text in _said or len(_said) >= _SAID_MAX:
        return
    _said.add(text)
    wanted = sys.flags.dev_mode or os.environ.get("TACHO_DEBUG", "") not in ("", "0")
    try:
        logger.log(logging.WARNING if wanted else logging.DEBUG, "%s", text)
    except Exception:
        # A handler of the program's own; it is not ours to repair.
        pass


def harmless(method: Method) -> Method:
    """Whatever goes wrong in a method of a session is counted, and never reaches the program."""

    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self._failed(error)
            return None

    guarded.__name__ = getattr(method, "__name__", "guarded")
    guarded.__qualname__ = getattr(method, "__qualname__", "guarded")
    guarded.__doc__ = method.__doc__
    guarded.__wrapped__ = method  # type: ignore[attr-defined]
    return cast(Method, guarded)
