"""The outbox: what was said and is not delivered yet, its bounds, and the batches cut from it."""

import threading
from collections import deque
from typing import Deque, Dict, List, NamedTuple, Optional, Tuple
from uuid import uuid4

from . import limits
from .entries import batch, columns_entry, growth_entry, total_entry
from .recording import Recording
from .series import Growth, Series


class Batch(NamedTuple):
    """A request that is on its way, or has to be sent again unchanged."""

    seq: int
    body: bytes
    weights: List[int]
    """How many calls of the program each entry stands for."""


class Item:
    """An entry that waits as JSON text."""

    __slots__ = ("is_taken", "local", "text", "weight")

    def __init__(self, text: str, weight: int, local: bool) -> None:
        self.text = text
        self.weight = weight
        self.is_taken = False
        self.local = local
        """Means something to an agent only."""


class Outbox:
    """
    Everything of one connection that nobody took yet. Counts what it drops, by reason, and at its
    bounds drops what is new: what is waiting may hold the reason of the trouble.
    """

    def __init__(self, queue_size: int) -> None:
        self.queue_size = queue_size
        self.drops: Dict[str, int] = {}
        self.sent = 0
        self.recordings: List[Recording] = []
        self.in_flight: Optional[Batch] = None
        self.renew()

    def renew(self) -> None:
        """Starts as another sender with nothing to say: at the start, and in a forked child."""
        # Re-entrant: signal handlers and destructors may log in the middle of logging.
        self.lock = threading.RLock()
        self.cutting = threading.RLock()
        self.spool_id = str(uuid4())
        self.seq = 0
        self.in_flight = None
        self.closed = False
        """Nothing more is to be cut: what was left is in a file."""
        self._queue: Deque[Item] = deque()
        self._queue_bytes = 0
        self._queue_weight = 0
        self._samples_waiting = 0

    @property
    def samples_full(self) -> bool:
        """Whether samples have to be dropped until some are sent."""
        return self._samples_waiting >= limits.SAMPLES_MAX

    @property
    def waiting(self) -> int:
        """Calls of the program that are not delivered yet."""
        with self.lock:
            flying = 0 if self.in_flight is None else sum(self.in_flight.weights)
            return self._queue_weight + self._count_samples() + flying

    def put(self, text: str, weight: int = 1, local: bool = False) -> Optional[Item]:
        """Takes an entry; None when it had to be dropped."""
        with self.lock:
            size = len(text)
            if (
                len(self._queue) >= self.queue_size
                or self._queue_bytes + size > limits.QUEUE_BYTES_MAX
            ):
                self.drop("queue_full", max(weight, 1))
                return None
            item = Item(text, weight, local)
            self._queue.append(item)
            self._queue_bytes += size
            self._queue_weight += weight
            return item

    def replace(self, item: Optional[Item], text: str) -> bool:
        """Gives a waiting entry another text of about the same length; False when it waits no more."""
        with self.lock:
            if item is None or item.is_taken:
                return False
            self._queue_bytes += len(text) - len(item.text)
            item.text = text
            return True

    def drop(self, reason: str, count: int = 1) -> None:
        """Counts what is lost."""
        with self.lock:
            self.drops[reason] = self.drops.get(reason, 0) + count

    def add(self, recording: Recording) -> None:
        """Delivers this session as well."""
        with self.lock:
            recording.retiring = False
            if recording not in self.recordings:
                self.recordings.append(recording)

    def measure(self) -> bool:
        """Looks at the number of samples now and then; whether they should be sent on at once."""
        with self.lock:
            self._samples_waiting = self._count_samples()
            if self.samples_full:
                # Without its short way every call finds out that there is no room.
                for recording in self.recordings:
                    recording.fast.clear()
            return self._samples_waiting >= limits.SAMPLES_EAGER

    def start_anew(self) -> None:
        """Another agent than before: it may not know the sessions yet."""
        with self.lock:
            for recording in self.recordings:
                recording.start_told = recording.joined or recording.ended

    def cut(self, for_agent: bool) -> Optional[Batch]:
        """The next batch, oldest words first and the end of sessions last; None when all is said."""
        with self.cutting:
            if self.closed:
                return None
            if self.in_flight is not None:
                return self.in_flight
            entries: List[str] = []
            weights: List[int] = []
            self._cut_queue(for_agent, entries, weights)
            is_all = not self._queue and self._cut_samples(for_agent, entries, weights)
            if is_all and not self._queue:
                self._cut_ends(for_agent, entries, weights)
            if not entries:
                return None
            self.seq += 1
            made = Batch(self.seq, batch(self.spool_id, self.seq, entries), weights)
            with self.lock:
                self.in_flight = made
                self._samples_waiting = self._count_samples()
            return made

    def delivered(self, rejected: List[int]) -> None:
        """The batch in flight arrived; entries with these numbers were refused for good."""
        with self.lock:
            done, self.in_flight = self.in_flight, None
            if done is None:
                return
            refused = 0
            for index in rejected:
                if 0 <= index < len(done.weights):
                    refused += done.weights[index]
            if refused:
                self.drop("rejected", refused)
            self.sent += sum(done.weights) - refused
            self.recordings = [one for one in self.recordings if not _is_done(one)]

    def poisoned(self) -> None:
        """The batch in flight will never be taken."""
        with self.lock:
            done, self.in_flight = self.in_flight, None
            if done is not None:
                self.drop("rejected", sum(done.weights))

    def lose_rest(self, reason: str) -> None:
        """Gives up on all that waits, and counts it."""
        with self.lock:
            lost = self.waiting
            self.in_flight = None
            self._queue.clear()
            self._queue_bytes = self._queue_weight = self._samples_waiting = 0
            for recording in self.recordings:
                recording.forget_samples()
            if lost:
                self.drop(reason, lost)

    def _count_samples(self) -> int:
        return sum(
            len(series.samples) // 2 for one in self.recordings for series in list(one.series)
        )

    def _cut_queue(self, for_agent: bool, entries: List[str], weights: List[int]) -> None:
        with self.lock:
            for recording in self.recordings:
                if not recording.start_told and recording.start is not None:
                    recording.start_told = True
                    entries.append(recording.start if for_agent else recording.start_for_server())
                    weights.append(0)
            size = 0
            while self._queue and len(entries) < limits.BATCH_ENTRIES_MAX:
                if size >= limits.BATCH_BYTES_MAX:
                    break
                item = self._queue.popleft()
                item.is_taken = True
                size += len(item.text)
                self._queue_bytes -= len(item.text)
                self._queue_weight -= item.weight
                if for_agent or not item.local:
                    entries.append(item.text)
                    weights.append(item.weight)

    def _cut_samples(self, for_agent: bool, entries: List[str], weights: List[int]) -> bool:
        """Whether there was room for all samples."""
        room = limits.BATCH_SAMPLES_MAX
        for recording, series in self._series_that_wait():
            if room <= 0 or len(entries) >= limits.BATCH_ENTRIES_MAX:
                return False
            with self.lock:
                samples = series.take(room)
            room -= len(samples) // 2
            weights.append(len(samples) // 2)
            if series.grows:
                growth = Growth(series)
                growth.add_samples(samples)
                entries.append(_grown(recording, growth, for_agent))
            else:
                entries.append(columns_entry(recording.session, series, samples))
        return room > 0

    def _series_that_wait(self) -> List[Tuple[Recording, Series]]:
        """Readings first, then growth; of each the series first that waits longest."""
        waiting = [
            (series.grows, series.samples[0], number, recording, series)
            for number, recording in enumerate(list(self.recordings))
            for series in list(recording.series)
            if series.samples
        ]
        waiting.sort(key=lambda each: each[:3])
        return [(recording, series) for _, _, _, recording, series in waiting]

    def _cut_ends(self, for_agent: bool, entries: List[str], weights: List[int]) -> None:
        with self.lock:
            for recording in self.recordings:
                if recording.terminal is not None:
                    entries.append(recording.terminal[0 if for_agent else 1])
                    weights.append(0)
                    recording.terminal = None


def _grown(recording: Recording, growth: Growth, for_agent: bool) -> str:
    if for_agent:
        return growth_entry(recording.session, growth)
    total = recording.totals.add(growth)
    return total_entry(recording.session, growth if total is None else total)


def _is_done(recording: Recording) -> bool:
    """
    Whether a session has ended and said all. It is found in two steps, so that a call that was on
    its short way meanwhile is not missed; if the session speaks again, it comes back by itself.
    """
    if not recording.ended or recording.terminal is not None:
        return False
    recording.fast.clear()
    was_retiring, recording.retiring = recording.retiring, True
    return was_retiring and not any(series.samples for series in list(recording.series))
