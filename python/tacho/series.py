"""Series of one session: where samples wait, and the growth of counters and histograms made from them."""

from array import array
from bisect import bisect_left
from typing import Dict, List, Optional, Sequence, Tuple

from .limits import BUCKETS_MAX

DEFAULT_BOUNDS: Tuple[float, ...] = (
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5) + (1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
)
"""Upper edges of a histogram's buckets where a program names none: DataCat's, for seconds."""

_MAX = 1.7976931348623157e308


class Series:
    """
    Name, type, unit and tags, and the samples that nobody took yet.

    `grows` tells counters by growth, and histograms, from readings: of these only what they add
    up to matters, not each sample.
    """

    __slots__ = ("bounds", "grows", "name", "samples", "tags", "type", "unit")

    def __init__(
        self,
        name: str,
        type_: str,
        unit: str,
        tags: Tuple[str, ...],
        grows: bool,
        bounds: Tuple[float, ...] = DEFAULT_BOUNDS,
    ) -> None:
        self.name = name
        self.type = type_
        self.unit = unit
        self.tags = tags
        self.grows = grows
        self.bounds = bounds
        self.samples: "array[float]" = array("d")
        """Instant in seconds since 1970 and value, in turns: 16 bytes a sample."""

    def take(self, samples_max: int) -> "array[float]":
        """
        Takes the oldest samples out. Programs append at the other end meanwhile, each instant with
        its value in one step that no other thread divides, so no lock is needed.
        """
        samples = self.samples
        count = min(len(samples), 2 * samples_max)
        taken = samples[:count]
        del samples[:count]
        return taken


class Growth:
    """What a counter or histogram grew by; adds up with other growth of its series."""

    __slots__ = ("at", "counts", "delta", "highest", "lowest", "not_finite", "series", "sum")

    def __init__(self, series: Series) -> None:
        self.series = series
        self.at = 0.0
        """Latest contribution, seconds since 1970."""
        self.delta = 0.0
        self.counts: List[int] = []
        if series.type == "histogram":
            self.counts = [0] * (len(series.bounds) + 1)
        self.sum = 0.0
        self.lowest: Optional[float] = None
        self.highest: Optional[float] = None
        self.not_finite = 0

    def add_samples(self, samples: "array[float]") -> None:
        """Adds samples as `Series.take` gives them, in their order."""
        if len(samples) == 0:
            return
        self.at = max(self.at, max(samples[0::2]))
        if self.series.type == "counter":
            for delta in samples[1::2]:
                # One reading that is no number would spoil the total for ever.
                if delta - delta == 0.0:
                    self.delta = _finite(self.delta + delta)
            return
        bounds, counts = self.series.bounds, self.counts
        for value in samples[1::2]:
            if value - value != 0.0:
                self.not_finite += 1
                continue
            counts[bisect_left(bounds, value)] += 1
            self.sum = _finite(self.sum + value)
            if self.lowest is None or value < self.lowest:
                self.lowest = value
            if self.highest is None or value > self.highest:
                self.highest = value

    def add(self, other: "Growth") -> None:
        """Adds other growth of the same series."""
        self.at = max(self.at, other.at)
        self.delta = _finite(self.delta + other.delta)
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts)]
        self.sum = _finite(self.sum + other.sum)
        self.not_finite += other.not_finite
        if other.lowest is not None and (self.lowest is None or other.lowest < self.lowest):
            self.lowest = other.lowest
        if other.highest is not None and (self.highest is None or other.highest > self.highest):
            self.highest = other.highest

    @property
    def is_nothing(self) -> bool:
        """Whether it changes no total; a counter shows once that it exists, also with 0."""
        if self.series.type == "counter":
            return self.delta == 0.0
        return self.not_finite == 0 and not any(self.counts)


class Totals:
    """Growth since the start of the session, for servers, which take totals only."""

    def __init__(self) -> None:
        self._totals: Dict[int, Growth] = {}

    def add(self, growth: Growth) -> Optional[Growth]:
        """The new total of the series; None when it is the old one."""
        total = self._totals.get(id(growth.series))
        if total is None:
            self._totals[id(growth.series)] = growth
            return growth
        if growth.is_nothing:
            return None
        total.add(growth)
        return total


def clean_bounds(buckets: object) -> Tuple[float, ...]:
    """
    The finite numbers of a list, ascending, each once, the default bounds where there are none.
    "inf" and the like are left out: what lies beyond all bounds is counted anyway.
    """
    if not isinstance(buckets, (list, tuple, set, frozenset)) or len(buckets) > BUCKETS_MAX:
        return DEFAULT_BOUNDS
    edges = {float(edge) + 0.0 for edge in buckets if _is_number(edge)}
    return tuple(sorted(edges)) or DEFAULT_BOUNDS


def _is_number(edge: object) -> bool:
    return isinstance(edge, (int, float)) and not isinstance(edge, bool) and abs(edge) <= _MAX


def _finite(total: float) -> float:
    """A sum that left the range of doubles stays at its edge, where it can be written as a number."""
    return min(_MAX, max(-_MAX, total))


def tags_of(tags: Optional[Sequence[str]]) -> Tuple[str, ...]:
    """Tags as a tuple, each once."""
    return tuple(dict.fromkeys(tags or ()))


__all__ = ["DEFAULT_BOUNDS", "Growth", "Series", "Totals", "clean_bounds", "tags_of"]
