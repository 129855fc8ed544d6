"""Heartbeats: signs of life, made by the program or, as long as it makes none, by this package."""

import time
from typing import TYPE_CHECKING, Optional

from .limits import HEARTBEAT_INTERVAL, HEARTBEAT_TIMEOUT

if TYPE_CHECKING:
    from .voice import Voice


class HeartbeatMonitor:
    """
    What a beat proves depends on who makes it. Beats of the program's own loop (`heartbeat()`)
    prove that the loop goes round. Beats of the background thread prove that the interpreter
    lives: they stop when it is stopped, swapped out, or stuck in native code that holds it.

    `auto=None`, the default, beats in the background until the program beats for the first time,
    and from then on leaves it to the program. True always beats in the background, False never.
    """

    def __init__(
        self,
        session: "Voice",
        timeout: float = HEARTBEAT_TIMEOUT,
        check_interval: float = HEARTBEAT_INTERVAL,
        auto: Optional[bool] = None,
    ) -> None:
        self.timeout = _positive(timeout, HEARTBEAT_TIMEOUT)
        """Silence after which the program appears hung, in seconds."""
        # Several beats fit into the time-out, whatever interval was asked for.
        self.check_interval = min(_positive(check_interval, HEARTBEAT_INTERVAL), self.timeout / 3)
        self._session = session
        self._auto = auto
        self._next = 0.0
        self._running = False
        self._paused = False

    def start(self) -> "HeartbeatMonitor":
        """Begins; a monitor that runs already goes on."""
        if not self._running:
            self._running = True
            self._beat()
            self._session._monitor_runs(self, True)
        return self

    def heartbeat(self) -> None:
        """The program says that it is well; ends a pause as well."""
        if self._auto is None:
            self._auto = False
        self._running = True
        self._paused = False
        self._beat()

    def stop(self) -> None:
        """Ends at once, without waiting for anything. Silence means nothing from now on."""
        if self._running:
            self._running = False
            self._session._monitor_runs(self, False)

    def is_running(self) -> bool:
        """Whether silence would be taken for a hang."""
        return self._running

    def pause(self) -> None:
        """No beats until `resume` or the next explicit one."""
        self._paused = True

    def resume(self) -> None:
        """Beats again."""
        self._paused = False

    def on_turn(self) -> None:
        """Called by the background thread, several times a second."""
        if self._auto is False or self._paused or not self._running:
            return
        if time.monotonic() >= self._next:
            self._beat()

    def _beat(self) -> None:
        self._next = time.monotonic() + self.check_interval
        self._session._beat(self.timeout)


def _positive(value: float, default: float) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return seconds if 0 < seconds < 1e9 else default
