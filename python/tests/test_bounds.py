"""What waits is bounded, and what does not fit is counted: sent, waiting and dropped make all."""

import os
import random
import threading
import unittest
from typing import Any
from unittest import mock

from tacho import limits

from .fake_agent import AgentCase


class Bounds(AgentCase):
    def setUp(self) -> None:
        super().setUp()
        self.agent.gate.clear()

    def test_events_that_do_not_fit_are_counted(self) -> None:
        session = self.connect(queue_size=50)
        for _ in range(200):
            session.log_event("e")
        stats = session.stats
        self.assertEqual(stats["dropped"] + stats["queued"], 200)
        self.assertGreaterEqual(stats["drops"]["queue_full"], 100)
        self.agent.gate.set()
        self.assertTrue(session.flush(30))
        stats = session.stats
        self.assertEqual(stats["sent"] + stats["dropped"], 200)
        self.assertEqual(len(self.agent.of_kind("event")), stats["sent"])

    def test_large_events_are_bounded_by_their_bytes(self) -> None:
        session = self.connect()
        for _ in range(200):
            session.log_event("e", data={"text": "x" * 200_000})
        waiting = session._outbox._queue_bytes
        self.assertLessEqual(waiting, limits.QUEUE_BYTES_MAX)
        self.assertEqual(session.stats["dropped"] + session.stats["queued"], 200)

    def test_samples_that_do_not_fit_are_counted(self) -> None:
        with mock.patch.object(limits, "SAMPLES_MAX", 5_000):
            session = self.connect()
            session.flush(0.5)
            for number in range(20_000):
                session.log_metric("m%d" % (number % 3), number)
            stats = session.stats
            self.assertEqual(stats["dropped"] + stats["queued"], 20_000)
            self.assertLessEqual(stats["queued"], 5_000 + 4 * limits.SAMPLES_STEP)
            self.agent.gate.set()
            self.assertTrue(session.flush(30))
            session.log_metric("m0", 1)
            self.assertTrue(session.flush(30))
            self.assertEqual(session.stats["sent"], stats["queued"] + 1)

    def test_series_beyond_the_bound_are_counted(self) -> None:
        with mock.patch("tacho.recording.SERIES_PER_SESSION_MAX", 10):
            session = self.connect()
            for number in range(30):
                session.log_metric("m%d" % number, 1)
            self.assertEqual(session.stats["drops"], {"series_full": 20})

    @unittest.skipUnless(os.path.exists("/proc/self/statm"), "only Linux tells what memory it has")
    def test_a_million_calls_hold_at_most_64_megabytes_while_nobody_takes_them(self) -> None:
        session = self.connect()
        session.log_metric("m", 0.5)
        before = rss_bytes()
        for _ in range(1_000_000):
            session.log_metric("m", 1.25)
        grown = rss_bytes() - before
        stats = session.stats
        self.assertEqual((stats["dropped"], stats["queued"]), (0, 1_000_001))
        self.assertLess(grown, 64e6)
        session._outbox.lose_rest("test")

    def test_too_long_and_too_large_things_are_cut_or_left_out(self) -> None:
        self.agent.gate.set()
        session = self.connect("p" * 500, "v" * 500)
        session.log_event("n" * 1_000, "c" * 1_000, message="\U0001f600" * 70_000, labels=["l"] * 200)
        session.log_event("big", data={"x": "y" * 300_000})
        session.update_state({"x": "y" * 1_100_000})
        session.log_metric("m" * 1_000, 1, tags=["t" * 1_000] + ["t%d" % n for n in range(100)])
        session.log_metric("n", 1, metadata={"x": "y" * 100_000})
        self.assertTrue(session.flush(30))
        start, first, second = self.agent.entries[:3]
        self.assertEqual((len(start["product"]), len(start["version"])), (200, 200))
        self.assertEqual(len(first["name"]), limits.EVENT_NAME_LENGTH_MAX)
        units = len(first["message"].encode("utf-16-le")) // 2
        self.assertLessEqual(units, limits.MESSAGE_LENGTH_MAX)
        self.assertGreater(units, limits.MESSAGE_LENGTH_MAX - 4)
        self.assertEqual(len(first["labels"]), limits.LABELS_MAX)
        self.assertIn("tacho.too_large_bytes", second["data"])
        self.assertEqual(session.stats["drops"], {"too_large": 1})
        (column,) = self.agent.of_kind("columns")
        self.assertEqual(len(column["series"][0]["tags"]), limits.TAGS_MAX)
        self.assertNotIn("metadata", self.agent.of_kind("metric")[0])

    def test_every_call_is_sent_waiting_or_dropped_whatever_comes(self) -> None:
        chosen = random.Random(7)
        self.agent.gate.set()
        with mock.patch.object(limits, "SAMPLES_MAX", 1_500), mock.patch.object(
            limits, "SAMPLES_STEP", 16
        ), mock.patch.object(limits, "RETRY_DELAY_MIN", 0.01):
            session = self.connect(queue_size=40)
            calls = 0
            for _ in range(3_000):
                what = chosen.randrange(9)
                if what == 0:
                    session.log_event("e", chosen.choice([None, {}, "error"]))
                elif what == 1:
                    session.update_state(chosen.choice([{"a": 1}, None, 3]))
                elif what == 2:
                    session.log_counter("c", chosen.choice([1, "x", None]))
                elif what == 3:
                    session.log_metric("t", 1, metric_type="timer", count=2)
                elif what == 4:
                    self.agent.answers.append(chosen.choice([(503, {}, {}), (400, {}, {}), None]))
                    continue
                elif what == 5 and chosen.random() < 0.05:
                    session.flush(5)
                    continue
                else:
                    session.log_metric("m%d" % chosen.randrange(4), chosen.choice([1, "y", 2.5]))
                calls += 1
            self.agent.answers.clear()
            self.assertTrue(session.flush(60))
        stats = session.stats
        self.assertEqual(stats["queued"], 0)
        self.assertEqual(stats["sent"] + stats["dropped"], calls)

    def test_threads_lose_and_double_nothing(self) -> None:
        self.agent.gate.set()
        session = self.connect()

        def work(number: int) -> None:
            for step in range(20_000):
                session.log_counter("n")
                session.log_metric("m", step, tags=["thread:%d" % number])
                session.log_metric("shared", number)
                if step % 2_000 == 0:
                    session.log_event("e")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(session.flush(60))
        self.assertEqual(sum(one["delta"] for one in self.agent.of_kind("growth")), 80_000)
        self.assertEqual(len(self.agent.of_kind("event")), 40)
        values: Any = {}
        for entry in self.agent.of_kind("columns"):
            for series in entry["series"]:
                key = series.get("tags", [series["name"]])[0]
                values.setdefault(key, []).extend(series["values"])
        for number in range(4):
            self.assertEqual(values["thread:%d" % number], list(range(20_000)))
        self.assertEqual(len(values["shared"]), 80_000)
        self.assertEqual(session.stats["sent"], 240_040)


def rss_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
