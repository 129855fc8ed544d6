"""Heartbeats: who makes them, when they stop, and that stopping waits for nothing."""

import time
from typing import Any, List
from unittest import mock

from tacho import limits

from .fake_agent import AgentCase


class Heartbeats(AgentCase):
    def setUp(self) -> None:
        super().setUp()
        turns = mock.patch.object(limits, "FLUSH_INTERVAL", 0.02)
        turns.start()
        self.addCleanup(turns.stop)
        self.session = self.connect()

    def beats(self) -> List[Any]:
        return self.agent.of_kind("heartbeat")

    def wait_for_beats(self, count: int) -> None:
        self.agent.wait_for(lambda: str(self.agent.batches).count("'heartbeat'") >= count)

    def test_a_monitor_beats_by_itself_and_arms_the_time_out(self) -> None:
        monitor = self.session.start_heartbeat_monitor(timeout=10, check_interval=0.05)
        self.wait_for_beats(3)
        self.assertEqual(self.beats()[0]["timeout_ms"], 10_000)
        self.assertTrue(monitor.is_running())

    def test_a_second_start_is_the_first_monitor(self) -> None:
        monitor = self.session.start_heartbeat_monitor(timeout=10)
        self.assertIs(self.session.start_heartbeat_monitor(timeout=99), monitor)
        self.assertIs(monitor.start(), monitor)

    def test_the_programs_own_beats_replace_those_of_the_thread(self) -> None:
        monitor = self.session.start_heartbeat_monitor(timeout=10, check_interval=0.05)
        monitor.heartbeat()
        self.assertTrue(self.session.flush(30))
        before = len(self.beats())
        time.sleep(0.4)
        self.assertTrue(self.session.flush(30))
        self.assertEqual(len(self.beats()), before)

    def test_the_thread_goes_on_where_that_is_wanted(self) -> None:
        monitor = self.session.start_heartbeat_monitor(10, 0.05, auto=True)
        monitor.heartbeat()
        self.wait_for_beats(4)

    def test_the_thread_never_beats_where_that_is_not_wanted(self) -> None:
        self.session.start_heartbeat_monitor(10, 0.05, auto=False)
        time.sleep(0.3)
        self.assertTrue(self.session.flush(30))
        self.assertEqual(len(self.beats()), 1)

    def test_a_beat_needs_no_monitor(self) -> None:
        self.session.heartbeat()
        self.assertTrue(self.session.flush(30))
        # The agent's own time-out is as long.
        self.assertEqual(sorted(self.beats()[0]), ["at", "kind", "session"])

    def test_beats_that_wait_together_are_one(self) -> None:
        self.agent.gate.clear()
        self.session.flush(0.2)
        for _ in range(1_000):
            self.session.heartbeat()
        self.agent.gate.set()
        self.assertTrue(self.session.flush(30))
        self.assertLess(len(self.beats()), 5)

    def test_a_pause_rests_until_resume_or_the_next_beat(self) -> None:
        self.session.start_heartbeat_monitor(10, 0.05)
        self.session.pause_heartbeat_monitoring()
        self.assertTrue(self.session.flush(30))
        before = len(self.beats())
        time.sleep(0.3)
        self.session.resume_heartbeat_monitoring()
        self.wait_for_beats(before + 1)
        kinds = [entry["kind"] for entry in self.agent.entries]
        self.assertLess(kinds.index("pause"), kinds.index("resume"))
        self.session.pause_heartbeat_monitoring()
        self.session.heartbeat()
        self.assertTrue(self.session.flush(30))
        kinds = [entry["kind"] for entry in self.agent.entries]
        self.assertEqual(kinds[-2:], ["pause", "heartbeat"])

    def test_stopping_and_ending_wait_for_no_interval(self) -> None:
        started = time.monotonic()
        monitor = self.session.start_heartbeat_monitor(timeout=9_000, check_interval=3_000)
        self.session.stop_heartbeat_monitor()
        self.session.start_heartbeat_monitor(timeout=9_000, check_interval=3_000)
        self.session.end()
        # An hour would pass otherwise.
        self.assertLess(time.monotonic() - started, 60)
        self.assertFalse(monitor.is_running())
        self.assertTrue(self.session.flush(30))
        kinds = [entry["kind"] for entry in self.agent.entries]
        self.assertEqual(kinds.count("pause"), 1)
        self.assertEqual(kinds[-1], "end")

    def test_the_interval_fits_into_the_time_out(self) -> None:
        monitor = self.session.start_heartbeat_monitor(timeout=6, check_interval=60)
        self.assertEqual(monitor.check_interval, 2)
