"""The voice of a session: how what it was told gets into its outbox, whatever it was told."""

import time
from typing import Any, Mapping, Optional

from . import limits
from .arguments import metric_type_of, optional_text, tags_of, text_of
from .client import Client
from .complaints import complain, harmless
from .encoding import encode
from .entries import entry, metric_entry
from .events import exception_event_fields
from .exceptions import ExcInfo
from .heartbeat import HeartbeatMonitor
from .outbox import Item
from .recording import Recording
from .series import DEFAULT_BOUNDS, Series, clean_bounds

GROWTH = "\0growth"
"""Stands in short ways for a counter that is told by growth; no type of metric is called so."""

_now = time.time


class Voice:
    """What `Session` is made of; programs see only that."""

    def __init__(self, client: Client, recording: Recording) -> None:
        self._client = client
        self._outbox = client.outbox
        self._recording = recording
        self._fast = recording.fast
        self._monitor: Optional[HeartbeatMonitor] = None
        self._beat_item: Optional[Item] = None

    @property
    def session_id(self) -> str:
        """UUID of the session."""
        return self._recording.session

    def stop_heartbeat_monitor(self) -> None:
        """Ends the monitoring without waiting; silence means nothing any more."""
        if self._monitor is not None:
            self._monitor.stop()
            self._monitor = None

    def _finish_by_exit(self, status: Any) -> None:
        code = 0 if status is None else status if isinstance(status, int) else 1
        if code == 0:
            self._finish("end", {"cause": {"kind": "exited", "exit_code": 0}})
            return
        cause = {"kind": "failed", "exit_code": code}
        self._finish("crash", {"reason": "failed", "cause": cause})

    def _finish(self, kind: str, fields: Optional[Mapping[str, Any]] = None) -> None:
        ends = self._recording.finish(kind, _now(), fields)
        self.stop_heartbeat_monitor()
        if ends and not self._client.disabled:
            self._outbox.add(self._recording)
            self._client.wake(urgent=True)

    def _record(
        self,
        name: Any,
        value: Any,
        tags: Any,
        metric_type: Any,
        count: Any,
        unit: Any,
        metadata: Any,
        delta: Any,
    ) -> None:
        """The long way of a sample: everything is looked at."""
        at = _now()
        if self._client.disabled:
            return
        type_ = metric_type_of(metric_type)
        grows = type_ == "histogram" or (type_ == "counter" and delta is not None)
        number = float(delta if type_ == "counter" and grows else value)
        if type_ == "counter" and grows and number - number != 0.0:
            raise ValueError("a counter cannot grow by %r" % number)
        named = text_of(name, limits.METRIC_NAME_LENGTH_MAX)
        if not named:
            raise ValueError("a metric has no name")
        bounds = DEFAULT_BOUNDS
        if type_ == "histogram" and isinstance(metadata, Mapping):
            bounds = clean_bounds(metadata.get("buckets"))
        unit_text = optional_text(unit, limits.UNIT_LENGTH_MAX) or ""
        clean_tags = tags_of(tags)
        if not grows and (count is not None or metadata is not None):
            series = Series(named, type_, unit_text, clean_tags, False)
            self._put(_said_in_full(self.session_id, at, series, number, count, metadata))
            return
        with self._outbox.lock:
            self._outbox.add(self._recording)
            kept = self._recording.series_of(named, type_, unit_text, clean_tags, grows, bounds)
            if kept is None or self._outbox.samples_full:
                self._outbox.drop("series_full" if kept is None else "samples_full")
                return
            kept.samples.extend((at, number))
            if _is_plain(name, tags, unit) and (bounds is DEFAULT_BOUNDS) and count is None:
                known_as = GROWTH if type_ == "counter" and grows else metric_type
                if type(known_as) is str:
                    self._recording.remember((name, known_as, unit, *(tags or ())), kept)
        self._client.wake()

    def _measure(self) -> None:
        self._client.wake(urgent=self._outbox.measure())

    @harmless
    def _say_uncaught(
        self, exc_info: ExcInfo, level: str, data: Optional[Mapping[str, Any]] = None
    ) -> None:
        """An exception that nobody caught."""
        self._say_event(_now(), exception_event_fields(exc_info, data, "uncaught_exception", level))

    def _say_event(self, at: float, fields: Mapping[str, Any]) -> None:
        is_bad = fields.get("level") in ("error", "critical") or "exception_type" in fields
        self._put(entry("event", self.session_id, at, fields), urgent=is_bad)

    def _say(self, kind: str) -> None:
        self._beat_item = None
        self._put(entry(kind, self.session_id, _now()), weight=0, local=True)

    def _put(self, text: str, weight: int = 1, local: bool = False, urgent: bool = False) -> None:
        if not self._client.disabled:
            self._outbox.add(self._recording)
            self._outbox.put(text, weight, local)
            self._client.wake(urgent)

    def _start_monitor(
        self, timeout: float, check_interval: float, auto: Optional[bool]
    ) -> HeartbeatMonitor:
        if self._monitor is None:
            self._monitor = HeartbeatMonitor(self, timeout, check_interval, auto)
        return self._monitor

    def _monitor_runs(self, monitor: HeartbeatMonitor, runs: bool) -> None:
        monitors = self._client.monitors
        if runs and monitor not in monitors:
            monitors.append(monitor)
        elif not runs:
            if monitor in monitors:
                monitors.remove(monitor)
            if not self._recording.ended:
                self._say("pause")

    @harmless
    def _beat(self, timeout: float) -> None:
        """One beat; of several that wait together only the last is told."""
        if self._client.disabled:
            return
        told = None if timeout == limits.HEARTBEAT_TIMEOUT else timeout * 1000
        text = entry("heartbeat", self.session_id, _now(), {"timeout_ms": told})
        with self._outbox.lock:
            if not self._outbox.replace(self._beat_item, text):
                self._beat_item = self._outbox.put(text, weight=0)
        self._client.wake()

    def _failed(self, error: BaseException) -> None:
        """A call that could not be understood; the program goes on as if nothing were."""
        self._outbox.drop("invalid")
        complain("a call was not understood: %s: %s" % (type(error).__name__, error))


def _said_in_full(
    session: str, at: float, series: Series, number: float, count: Any, metadata: Any
) -> str:
    """A sample with more than a value."""
    text = None if metadata is None else encode(metadata)
    if text is not None and (not text.startswith("{") or len(text) > limits.METADATA_BYTES_MAX):
        complain("metadata is a dict of at most 64 KiB")
        text = None
    whole = None if count is None else max(0, int(count))
    return metric_entry(session, at, series, number, whole, text)


def _is_plain(name: Any, tags: Any, unit: Any) -> bool:
    """Whether a call names its series in a way that can be looked up: by texts alone, in a list."""
    if type(name) is not str or not (unit is None or type(unit) is str):
        return False
    return tags is None or (type(tags) is list and all(type(tag) is str for tag in tags))
