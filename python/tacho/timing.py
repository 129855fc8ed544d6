"""Timers: how long a block, or each call of a function, took by the monotonic clock."""

import functools
import inspect
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Type, TypeVar, cast

from .arguments import seconds_per
from .complaints import complain
from .encoding import printed

if TYPE_CHECKING:
    from .session import Session

Function = TypeVar("Function", bound=Callable[..., Any])


_clock = time.perf_counter_ns


class Timer:
    """
    Measures `with session.timer("load_seconds"):` and functions under `@session.timer(…)`, also
    asynchronous ones. An exception passes through; the time until then is recorded.
    """

    def __init__(
        self,
        session: "Session",
        name: str,
        count: Optional[int] = None,
        tags: Any = None,
        unit: Any = "seconds",
    ) -> None:
        seconds = seconds_per(unit)
        if seconds is None:
            complain("%s is no unit of time; the timer counts seconds" % printed(unit)[:100])
            seconds, unit = 1.0, "seconds"
        self.session = session
        self.name = name
        self.count: Any = 0 if count is None else count
        """Things done meanwhile; may be set or added to inside of the block."""
        self.tags = tags
        self.unit = unit
        self.duration = 0.0
        """What was measured last, in the timer's unit."""
        self._nanoseconds = seconds * 1e9
        self._starts = threading.local()

    def __enter__(self) -> "Timer":
        self._stack().append(_clock())
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        ended = _clock()
        stack = self._stack()
        if not stack:
            return
        self.duration = (ended - stack.pop()) / self._nanoseconds
        self.session.log_timer(self.name, self.duration, self._count(), self.tags, self.unit)

    def __call__(self, function: Function) -> Function:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_coroutine(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await function(*args, **kwargs)

            return cast(Function, timed_coroutine)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return cast(Function, timed)

    def _again(self) -> "Timer":
        """Another one like this: calls may overlap."""
        return Timer(self.session, self.name, self.count, self.tags, self.unit)

    def _stack(self) -> List[int]:
        stack = getattr(self._starts, "stack", None)
        if stack is None:
            stack = self._starts.stack = []
        return cast(List[int], stack)

    def _count(self) -> Optional[int]:
        try:
            return int(self.count) if self.count and self.count > 0 else None
        except Exception:
            return None
