"""
Records a run of a program: its state, its events, its metrics, and how it ended.

    import tacho

    with tacho.connect("shop", "2.4.0") as session:
        session.log_metric("queue_size", 12, tags=["priority:high"])

The functions of this module record into the session that was opened last, and open one when there
is none. Nothing in this package raises into the program, or waits for the network.
"""

from typing import Any, Mapping, Optional, Sequence, Union

from .client import Client
from .default import connect, create_session, default_session
from .exceptions import ExcInfo
from .handler import DatacatHandler, TachoHandler
from .heartbeat import HeartbeatMonitor
from .session import AsyncSession, Session, Tags
from .timing import Timer
from .version import VERSION as __version__


def log_metric(
    name: str,
    value: float,
    tags: Tags = None,
    metric_type: str = "gauge",
    count: Optional[int] = None,
    unit: Optional[str] = None,
    metadata: Optional[Mapping[str, Any]] = None,
    delta: Optional[float] = None,
) -> None:
    """`Session.log_metric` of the default session."""
    default_session().log_metric(name, value, tags, metric_type, count, unit, metadata, delta)


def log_gauge(name: str, value: float, tags: Any = None, unit: Any = None) -> None:
    """`Session.log_gauge` of the default session."""
    default_session().log_gauge(name, value, tags, unit)


def log_counter(name: str, delta: float = 1, tags: Tags = None) -> None:
    """`Session.log_counter` of the default session."""
    default_session().log_counter(name, delta, tags)


def log_histogram(
    name: str,
    value: float,
    unit: Optional[str] = None,
    tags: Tags = None,
    buckets: Optional[Sequence[float]] = None,
) -> None:
    """`Session.log_histogram` of the default session."""
    default_session().log_histogram(name, value, unit, tags, buckets)


def log_timer(
    name: str,
    duration: float,
    count: Optional[int] = None,
    tags: Any = None,
    unit: Any = "seconds",
) -> None:
    """`Session.log_timer` of the default session."""
    default_session().log_timer(name, duration, count, tags, unit)


def timer(
    name: str, count: Optional[int] = None, tags: Any = None, unit: Any = "seconds"
) -> Timer:
    """`Session.timer` of the default session."""
    return default_session().timer(name, count, tags, unit)


def log_event(
    name: str,
    category: Any = None,
    group: Optional[str] = None,
    labels: Optional[Sequence[str]] = None,
    message: Optional[str] = None,
    data: Optional[Mapping[str, Any]] = None,
    stacktrace: Union[None, str, Sequence[str]] = None,
    level: Optional[str] = None,
) -> None:
    """`Session.log_event` of the default session."""
    session = default_session()
    session.log_event(name, category, group, labels, message, data, stacktrace, level)


def log_exception(
    exc_info: ExcInfo = None, extra_data: Optional[Mapping[str, Any]] = None
) -> None:
    """`Session.log_exception` of the default session."""
    default_session().log_exception(exc_info, extra_data)


def update_state(state: Mapping[str, Any]) -> None:
    """`Session.update_state` of the default session."""
    default_session().update_state(state)


def heartbeat() -> None:
    """`Session.heartbeat` of the default session."""
    default_session().heartbeat()


def flush(timeout: float = 2.0) -> bool:
    """`Session.flush` of the default session."""
    return default_session().flush(timeout)


def end() -> None:
    """`Session.end` of the default session."""
    default_session().end()


__all__ = [
    "AsyncSession",
    "Client",
    "DatacatHandler",
    "HeartbeatMonitor",
    "Session",
    "TachoHandler",
    "Tags",
    "Timer",
    "__version__",
    "connect",
    "create_session",
    "default_session",
    "end",
    "flush",
    "heartbeat",
    "log_counter",
    "log_event",
    "log_exception",
    "log_gauge",
    "log_histogram",
    "log_metric",
    "log_timer",
    "timer",
    "update_state",
]
