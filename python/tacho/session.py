"""Sessions: what a program calls to record itself. Nothing here raises, blocks, or changes its arguments."""

import time
from types import TracebackType
from typing import Any, Dict, Mapping, Optional, Sequence, Type, Union

from . import limits
from .arguments import tags_and_unit
from .client import Client
from .complaints import complain, harmless
from .entries import entry
from .events import event_fields, exception_event_fields
from .exceptions import ExcInfo
from .heartbeat import HeartbeatMonitor
from .timing import Timer
from .voice import GROWTH, Voice

Tags = Union[None, str, Sequence[str], Mapping[str, Any]]
"""`["api", "endpoint:users"]`, one text, or a mapping, which becomes tags `key:value`."""

_now = time.time
_STEP_MASK = 2 * limits.SAMPLES_STEP - 1


class Session(Voice):
    """
    One execution of a program. Every call only puts down what it is told, together with the time;
    a thread delivers it. Arguments are read during the call, so they may change afterwards.

    As a context manager it ends with the block: as a crash, with the exception recorded, when one
    comes out of it.
    """

    @property
    def client(self) -> Client:
        """The connection that delivers what is said here."""
        return self._client

    @property
    def stats(self) -> Dict[str, Any]:
        """What became of all calls of this connection: `sent`, `queued`, `dropped`, and `drops` by reason."""
        return self._client.stats

    def get_stats(self) -> Dict[str, Any]:
        """The same as `stats`."""
        return self._client.stats

    # Metrics

    def log_metric(
        self,
        name: str,
        value: float,
        tags: Tags = None,
        metric_type: str = "gauge",
        count: Optional[int] = None,
        unit: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        delta: Optional[float] = None,
    ) -> None:
        """
        Records a number. `count` says how many things a timer timed, `delta` makes a counter grow,
        `metadata={"buckets": […]}` names the bounds of a histogram.
        """
        try:
            # The short way: a series that was named just like this before. One dictionary, one
            # append; `Series.take` says why no lock is needed.
            if delta is None and count is None and metadata is None:
                if tags is None:
                    samples = self._fast.get((name, metric_type, unit))
                elif type(tags) is list:
                    samples = self._fast.get((name, metric_type, unit, *tags))
                else:
                    samples = None
                if samples is not None:
                    samples.extend((_now(), float(value)))
                    if not len(samples) & _STEP_MASK:
                        self._measure()
                    return
            self._record(name, value, tags, metric_type, count, unit, metadata, delta)
        except Exception as error:
            self._failed(error)

    def log_gauge(
        self,
        name: str,
        value: float,
        tags: Any = None,
        unit: Any = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Records a reading of something that goes up and down. `tags` and `unit` in either order."""
        tags, unit = tags_and_unit(tags, unit)
        self.log_metric(name, value, tags, "gauge", None, unit, metadata)

    def log_counter(self, name: str, delta: float = 1, tags: Tags = None) -> None:
        """Lets a counter grow, by one unless told otherwise."""
        try:
            if tags is None:
                samples = self._fast.get((name, GROWTH, None))
            elif type(tags) is list:
                samples = self._fast.get((name, GROWTH, None, *tags))
            else:
                samples = None
            if samples is not None:
                grown = float(delta)
                if grown - grown == 0.0:
                    samples.extend((_now(), grown))
                    if not len(samples) & _STEP_MASK:
                        self._measure()
                    return
            self._record(name, 0.0, tags, "counter", None, None, None, delta)
        except Exception as error:
            self._failed(error)

    def log_histogram(
        self,
        name: str,
        value: float,
        unit: Optional[str] = None,
        tags: Tags = None,
        buckets: Optional[Sequence[float]] = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Counts a value in buckets; `buckets` are their inclusive upper edges, made for seconds by default."""
        try:
            if buckets is not None:
                metadata = {"buckets": list(buckets)}
        except Exception as error:
            self._failed(error)
        self.log_metric(name, value, tags, "histogram", None, unit, metadata)

    def log_timer(
        self,
        name: str,
        duration: float,
        count: Optional[int] = None,
        tags: Any = None,
        unit: Any = "seconds",
    ) -> None:
        """Records a duration, in `unit`, in which `count` things were done."""
        tags, unit = tags_and_unit(tags, unit)
        self.log_metric(name, duration, tags, "timer", count, unit)

    def timer(
        self,
        name: str,
        count: Optional[int] = None,
        tags: Any = None,
        unit: Any = "seconds",
    ) -> Timer:
        """Times a `with` block, or the calls of the function that it decorates."""
        tags, unit = tags_and_unit(tags, unit)
        return Timer(self, name, count, tags, "seconds" if unit is None else unit)

    # Events and state

    @harmless
    def log_event(
        self,
        name: str,
        category: Any = None,
        group: Optional[str] = None,
        labels: Optional[Sequence[str]] = None,
        message: Optional[str] = None,
        data: Optional[Mapping[str, Any]] = None,
        stacktrace: Union[None, str, Sequence[str]] = None,
        level: Optional[str] = None,
    ) -> None:
        """Records that something happened. `log_event(name, {…})` passes the data at once."""
        at = _now()
        fields = event_fields(name, category, group, labels, message, data, stacktrace, level)
        self._say_event(at, fields)

    @harmless
    def log_exception(
        self, exc_info: ExcInfo = None, extra_data: Optional[Mapping[str, Any]] = None
    ) -> None:
        """Records an exception, the one being handled by default, with its stack trace."""
        # Read here: the thread that delivers it handles no exception.
        self._say_event(_now(), exception_event_fields(exc_info, extra_data))

    @harmless
    def update_state(self, state: Mapping[str, Any]) -> None:
        """Merges into the session's state; None deletes a key."""
        at = _now()
        if not isinstance(state, Mapping):
            complain("a state is a dict")
            self._outbox.drop("invalid")
            return
        text = entry("patch", self.session_id, at, {"patch": state})
        if len(text) > limits.STATE_BYTES_MAX:
            complain("a state update is larger than 1 MiB; it is dropped")
            self._outbox.drop("too_large")
            return
        self._put(text)

    # Life

    def heartbeat(self) -> None:
        """Says that the program is well; silence for too long is a hang from now on."""
        self._start_monitor(limits.HEARTBEAT_TIMEOUT, limits.HEARTBEAT_INTERVAL, None).heartbeat()

    def start_heartbeat_monitor(
        self,
        timeout: float = limits.HEARTBEAT_TIMEOUT,
        check_interval: float = limits.HEARTBEAT_INTERVAL,
        auto: Optional[bool] = None,
    ) -> HeartbeatMonitor:
        """
        From now on silence for longer than `timeout` seconds is a hang. See `HeartbeatMonitor` for
        who makes the beats. A second call returns the first monitor.
        """
        return self._start_monitor(timeout, check_interval, auto).start()

    def pause_heartbeat_monitoring(self) -> None:
        """Silence is no hang until monitoring resumes, or the program beats."""
        if self._monitor is not None:
            self._monitor.pause()
        self._say("pause")

    def resume_heartbeat_monitoring(self) -> None:
        """Silence counts again, from now."""
        if self._monitor is not None:
            self._monitor.resume()
        self._say("resume")

    @harmless
    def end(self) -> None:
        """The run is over. Returns at once; delivery goes on, at the latest while the process exits."""
        self._finish("end")

    def shutdown(self, timeout: float = limits.FLUSH_TIMEOUT) -> None:
        """Ends the session, and waits for its delivery up to so many seconds."""
        self.end()
        self.flush(timeout)

    def flush(self, timeout: float = limits.FLUSH_TIMEOUT) -> bool:
        """Waits until all that was said before is delivered; False when that takes longer, in seconds."""
        try:
            return self._client.flush(float(timeout))
        except Exception as error:
            self._failed(error)
            return False

    def get_details(self) -> Dict[str, Any]:
        """The session as the server has it, what was said before included; empty when nobody answers."""
        try:
            self.flush()
            path = "/session?session_id=" + self.session_id
            reply = self._client.ask(path, "/api/sessions/" + self.session_id)
            return reply.body if reply.status == 200 and isinstance(reply.body, dict) else {}
        except Exception as error:
            self._failed(error)
            return {}

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        try:
            if value is None or isinstance(value, GeneratorExit):
                self._finish("end")
            elif isinstance(value, KeyboardInterrupt):
                cause = {"kind": "terminated_by_user", "signal": "SIGINT"}
                self._finish("end", {"cause": cause})
            elif isinstance(value, SystemExit):
                self._finish_by_exit(value.code)
            else:
                self._say_uncaught((kind, value, trace), "critical")
                self._finish("crash", {"reason": "uncaught", "cause": {"kind": "uncaught"}})
        except Exception as error:
            self._failed(error)


class AsyncSession(Session):
    """
    DataCat's second kind of session. Every session of ours is of this kind, so this is only a name:
    `AsyncSession(session)` is that very session.
    """

    def __new__(cls, session: Session, *_: Any, **__: Any) -> "AsyncSession":
        return session  # type: ignore[return-value]
