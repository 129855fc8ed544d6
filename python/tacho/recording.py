"""What one session has to say: its start, the series it fills, and how it comes to its end."""

import os
import sys
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .entries import entry
from .limits import SERIES_PER_SESSION_MAX
from .series import Series, Totals

SHARED_ALIASES_MAX = 2 * SERIES_PER_SESSION_MAX

appends_are_atomic: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether no other thread can come between the two halves of a sample (all but free-threaded Python)."""


class Exit(NamedTuple):
    """How a process comes to its end, as far as it knows itself."""

    code: Optional[int] = None
    signal: Optional[str] = None
    uncaught: bool = False


class Recording:
    """One session inside a client."""

    def __init__(self, session: str, joined: bool) -> None:
        self.session = session
        self.joined = joined
        """Somebody else started the session, and will end it."""
        self.owner_pid = os.getpid()
        self.fast: Dict[Tuple[Any, ...], Any] = {}
        """Samples arrays by how a program names their series: all that a usual call looks at."""
        self.series: List[Series] = []
        self.totals = Totals()
        self.start: Optional[str] = None
        """The entry that starts the session, as text."""
        self.start_told = joined
        self.exit_told = False
        self.terminal: Optional[Tuple[str, str]] = None
        """The last entry, for an agent and for a server, until it is in a batch."""
        self.ended = False
        self.retiring = False
        """Seen to have nothing more to say; its outbox forgets it the next time."""
        self.machine: Callable[[], Mapping[str, Any]] = dict
        """Fields that say which machine this is, asked for only when they are needed."""
        self._start_parts: Tuple[float, Mapping[str, Any], Mapping[str, Any]] = (0.0, {}, {})
        self._by_key: Dict[Tuple[Any, ...], Series] = {}

    @property
    def is_owner(self) -> bool:
        """Whether this process started the session; children and guests do not end it."""
        return not self.joined and self.owner_pid == os.getpid()

    def begin(self, at: float, product: str, version: str, fields: Mapping[str, Any]) -> None:
        """Says that the session started."""
        named = {"product": product, "version": version}
        self.start = entry("start", self.session, at, {**named, **fields})
        self._start_parts = (at, named, fields)

    def start_for_server(self) -> str:
        """The same for a server, which has no agent to tell it what machine this is."""
        at, named, fields = self._start_parts
        return entry("start", self.session, at, {**named, **self.machine(), **fields})

    def finish(self, kind: str, at: float, fields: Optional[Mapping[str, Any]] = None) -> bool:
        """Says that the session came to its end, as `end` or `crash`; the first such word counts."""
        if self.ended:
            return False
        self.ended = True
        if self.is_owner:
            told = entry(kind, self.session, at, fields)
            self.terminal = (told, told)
        return True

    def leave(self, at: float, how: Exit) -> None:
        """
        Says how the process ends, if the session did not end before. An agent looks for itself and
        takes this as a hint; a server has to be told the end.
        """
        if self.ended or not self.is_owner or self.exit_told:
            return
        self.exit_told = True
        fields = {"code": how.code, "signal": how.signal, "uncaught": how.uncaught or None}
        kind, facts = _conclusion(how)
        self.terminal = (
            entry("exit", self.session, at, fields),
            entry(kind, self.session, at, facts),
        )

    def series_of(
        self,
        name: str,
        type_: str,
        unit: str,
        tags: Tuple[str, ...],
        grows: bool,
        bounds: Tuple[float, ...],
    ) -> Optional[Series]:
        """The series, made when it is new; None when there are too many."""
        # Growth adds up whatever the order of tags; readings keep the order they came with.
        key = (name, type_, unit, grows, bounds, tuple(sorted(tags)) if grows else tags)
        series = self._by_key.get(key)
        if series is None and len(self.series) < SERIES_PER_SESSION_MAX:
            series = Series(name, type_, unit, tags, grows, bounds)
            self._by_key[key] = series
            self.series.append(series)
        return series

    def remember(self, alias: Tuple[Any, ...], series: Series) -> None:
        """From now on calls that name the series like this take the short way."""
        if appends_are_atomic and len(self.fast) < SHARED_ALIASES_MAX:
            self.fast[alias] = series.samples

    def forget_samples(self) -> int:
        """Empties all series, and says how many samples were lost by that."""
        lost = 0
        for series in self.series:
            lost += len(series.samples) // 2
            del series.samples[:]
        return lost

    def become_child(self) -> None:
        """After a fork: what the parent has not sent yet, it will send itself."""
        self.fast.clear()
        self.forget_samples()
        self.terminal = None
        self.start_told = self.joined or self.ended


def _conclusion(how: Exit) -> Tuple[str, Dict[str, Any]]:
    """The end of a session that no agent watches."""
    cause: Dict[str, Any]
    if how.uncaught:
        cause = {"kind": "uncaught", "exit_code": how.code}
        return "crash", {"reason": "uncaught", "cause": cause}
    if how.signal is not None:
        return "end", {"cause": {"kind": "terminated_by_user", "signal": how.signal}}
    if how.code:
        cause = {"kind": "failed", "exit_code": how.code}
        return "crash", {"reason": "failed", "cause": cause}
    cause = {"kind": "exited"}
    if how.code is not None:
        cause["exit_code"] = how.code
    return "end", {"cause": cause}
