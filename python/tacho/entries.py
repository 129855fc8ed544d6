"""Entries: what a program said, as the JSON texts that agents and servers take."""

from array import array
from math import floor
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .encoding import encode, number, numbers, text
from .series import DEFAULT_BOUNDS, Growth, Series


def entry(kind: str, session: str, at: float, fields: Optional[Mapping[str, Any]] = None) -> str:
    """
    One entry with the given fields, in their order; those that are None are left out. `at` is in
    seconds since 1970.
    """
    parts = [_head(kind, session), '"at":' + instant(at)]
    for name, value in (fields or {}).items():
        if value is not None:
            parts.append('"' + name + '":' + (value if type(value) is Text else encode(value)))
    return "{" + ",".join(parts) + "}"


class Text(str):
    """JSON text that is to be put into an entry as it is."""

    __slots__ = ()


def columns_entry(session: str, series: Series, samples: "array[float]") -> str:
    """
    Samples of one series, as `Series.take` gives them, with times relative to the millisecond of
    the first one.
    """
    micros = [floor(seconds * 1e6 + 0.5) for seconds in samples[0::2]]
    start_ms = micros[0] // 1000
    start = start_ms * 1000
    times = numbers([(micro - start) / 1000 for micro in micros])
    named = _series(series, with_type=series.type != "gauge")
    return '{%s,"startMs":%d,"times":%s,"series":[{%s,"values":%s}]}' % (
        _head("columns", session),
        start_ms,
        times,
        named,
        numbers(samples[1::2]),
    )


def metric_entry(
    session: str,
    at: float,
    series: Series,
    value: float,
    count: Optional[int],
    metadata: Optional[str],
) -> str:
    """One sample that says more than its value; `metadata` is JSON text."""
    parts = [_head("metric", session), '"at":' + instant(at), _series(series, with_type=True)]
    parts.append('"value":' + number(value))
    if count is not None:
        parts.append('"count":%d' % count)
    if metadata is not None:
        parts.append('"metadata":' + metadata)
    return "{" + ",".join(parts) + "}"


def growth_entry(session: str, growth: Growth) -> str:
    """Growth since it was last told, for an agent."""
    series = growth.series
    parts = [_head("growth", session), '"at":' + instant(growth.at), '"type":"%s"' % series.type]
    parts.append(_series(series, with_type=False))
    if series.type == "counter":
        parts.append('"delta":' + number(growth.delta))
        return "{" + ",".join(parts) + "}"
    if series.bounds != DEFAULT_BOUNDS:
        parts.append('"bounds":' + numbers(list(series.bounds)))
    parts.append('"counts":' + encode(growth.counts))
    parts.append('"sum":' + number(growth.sum))
    parts.append('"min":' + _edge(growth.lowest))
    parts.append('"max":' + _edge(growth.highest))
    if growth.not_finite > 0:
        parts.append('"not_finite":%d' % growth.not_finite)
    return "{" + ",".join(parts) + "}"


def total_entry(session: str, total: Growth) -> str:
    """A total since the start of the session, for a server."""
    if total.series.type == "counter":
        return metric_entry(session, total.at, total.series, total.delta, None, None)
    count = sum(total.counts)
    mean = 0.0 if count == 0 else total.sum / count
    return metric_entry(session, total.at, total.series, mean, None, encode(_buckets(total)))


def _buckets(total: Growth) -> Dict[str, Any]:
    """Metadata of a histogram: cumulative counts, the last edge being "+Inf"."""
    running = 0
    buckets: List[Dict[str, Any]] = []
    edges: Tuple[Any, ...] = (*total.series.bounds, "+Inf")
    for edge, count in zip(edges, total.counts):
        running += count
        buckets.append({"le": edge, "count": running})
    metadata: Dict[str, Any] = {"buckets": buckets, "sum": total.sum, "count": running}
    if total.lowest is not None:
        metadata["min"] = total.lowest
        metadata["max"] = total.highest
    if total.not_finite > 0:
        metadata["not_finite"] = total.not_finite
    return metadata


def batch(spool_id: str, seq: int, entries: Sequence[str]) -> bytes:
    """The body of a request."""
    head = '{"spoolId":%s,"seq":%d,"entries":[' % (text(spool_id), seq)
    return (head + ",".join(entries) + "]}").encode("utf-8", "replace")


def instant(seconds: float) -> str:
    """Milliseconds since 1970 with fractions down to the microsecond."""
    return number(floor(seconds * 1e6 + 0.5) / 1000)


def _head(kind: str, session: str) -> str:
    return '"kind":"%s","session":"%s"' % (kind, session)


def _series(series: Series, with_type: bool) -> str:
    parts = ['"name":' + text(series.name)]
    if with_type:
        parts.append('"type":"%s"' % series.type)
    if series.unit:
        parts.append('"unit":' + text(series.unit))
    if series.tags:
        parts.append('"tags":' + encode(series.tags))
    return ",".join(parts)


def _edge(value: Optional[float]) -> str:
    return "null" if value is None else number(value)
