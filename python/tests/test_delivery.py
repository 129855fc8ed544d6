"""Batches arrive exactly once and in order, whatever the other end answers; and it is found."""

import json
import os
import stat
import sys
import textwrap
import time
from typing import Any
from unittest import mock

from tacho import limits

from .fake_agent import AgentCase, FakeAgent, register


class Delivery(AgentCase):
    def logged(self, session: Any, count: int) -> None:
        for number in range(count):
            session.log_event("e%d" % number)

    def names(self) -> Any:
        return [event["name"] for event in self.agent.of_kind("event")]

    def test_batches_are_numbered_without_gaps_and_carry_one_sender(self) -> None:
        session = self.connect()
        for number in range(5):
            session.log_event("e%d" % number)
            self.assertTrue(session.flush(30))
        self.assertEqual([batch["seq"] for batch in self.agent.batches][-1], len(self.agent.batches))
        self.assertEqual(len({batch["spoolId"] for batch in self.agent.batches}), 1)
        self.assertEqual(self.names(), ["e%d" % number for number in range(5)])
        for header in self.agent.headers:
            self.assertEqual(header["Content-Type"], "application/json")

    def test_every_kind_of_bad_answer_is_tried_again_with_the_same_bytes(self) -> None:
        answers: Any = [
            (503, {"error": "busy"}, {"Retry-After": "0"}), (500, b"oops", {}), (429, {}, {}),
            (408, {}, {}), (200, b"<html>", {}), (200, {"success": False}, {}), (200, b"[]", {}),
        ]  # fmt: skip
        self.agent.answers = list(answers)
        with mock.patch.object(limits, "RETRY_DELAY_MIN", 0.01):
            session = self.connect()
            self.logged(session, 3)
            self.agent.wait_for(lambda: "e2" in str(self.agent.batches))
            self.assertTrue(session.flush(30))
        self.assertEqual(len(set(self.agent.bodies[: len(answers) + 1])), 1)
        self.assertEqual(self.names(), ["e0", "e1", "e2"])
        self.assertEqual(session.stats["sent"], 3)

    def test_an_answer_that_got_lost_does_not_double_anything(self) -> None:
        taken = self.agent.take

        def take_and_fail(path: str, headers: Any, raw: bytes) -> Any:
            taken(path, headers, raw)
            self.agent.take = taken  # type: ignore[method-assign]
            return 503, {}, {}

        self.agent.take = take_and_fail  # type: ignore[method-assign]
        session = self.connect()
        self.logged(session, 2)
        self.assertTrue(session.flush(30))
        self.assertEqual(self.names(), ["e0", "e1"])

    def test_what_is_refused_for_good_is_counted_and_blocks_nothing(self) -> None:
        session = self.connect()
        self.assertTrue(session.flush(30))
        self.agent.answers = [(400, {"error": "bad"}, {})]
        self.logged(session, 1)
        session.flush(30)
        session.log_event("next")
        self.assertTrue(session.flush(30))
        self.assertEqual(self.names(), ["next"])
        self.assertEqual(session.stats["drops"], {"rejected": 1})

    def test_single_entries_that_are_refused_are_counted(self) -> None:
        session = self.connect()
        self.assertTrue(session.flush(30))
        rejected = [{"index": 0, "code": "invalid_field"}, {"index": 99}, "odd"]
        self.agent.answers = [(200, {"success": True, "rejected": rejected}, {})]
        self.logged(session, 1)
        session.log_metric("m", 1)
        self.assertTrue(session.flush(30))
        stats = session.stats
        self.assertEqual((stats["sent"], stats["drops"]), (1, {"rejected": 1}))

    def test_an_agent_that_comes_back_as_another_one_hears_of_the_session_again(self) -> None:
        session = self.connect()
        self.logged(session, 1)
        self.assertTrue(session.flush(30))
        self.agent.agent_id = "agent-2"
        session.log_event("known")
        self.assertTrue(session.flush(30))
        session.log_event("after")
        self.assertTrue(session.flush(30))
        kinds = [entry["kind"] for entry in self.agent.entries]
        self.assertEqual(kinds, ["start", "event", "event", "start", "event"])

    def test_a_slow_agent_delays_no_call(self) -> None:
        self.agent.gate.clear()
        session = self.connect()
        slowest = 0.0
        for number in range(2_000):
            before = time.perf_counter()
            session.log_metric("m", number)
            session.log_event("e")
            session.end()
            slowest = max(slowest, time.perf_counter() - before)
        # An agent that answers only when the gate opens would hold a call for 30 seconds.
        self.assertLess(slowest, 5)
        self.assertFalse(session.flush(0.05))
        self.agent.gate.set()
        self.assertTrue(session.flush(30))

    def test_a_server_gets_totals_under_its_token_and_nothing_that_is_local(self) -> None:
        session = self.connect(agent="off", server=self.agent.url + "/", token="secret")
        for _ in range(2):
            session.log_counter("jobs", 2)
            session.log_histogram("h", 0.3)
            session.log_metric("m", 1)
            session.pause_heartbeat_monitoring()
            self.assertTrue(session.flush(30))
        session.log_event("padding", message="x" * 2_000)
        self.assertTrue(session.flush(30))
        metrics = self.agent.of_kind("metric")
        counters = [one["value"] for one in metrics if one["type"] == "counter"]
        self.assertEqual(counters, [2, 4])
        last = [one for one in metrics if one["type"] == "histogram"][-1]
        self.assertEqual(last["value"], 0.3)
        self.assertEqual(last["metadata"]["count"], 2)
        self.assertEqual(last["metadata"]["buckets"][-1], {"le": "+Inf", "count": 2})
        self.assertEqual(last["metadata"]["buckets"][8], {"le": 0.5, "count": 2})
        self.assertEqual((last["metadata"]["min"], last["metadata"]["max"]), (0.3, 0.3))
        kinds = {entry["kind"] for entry in self.agent.entries}
        self.assertEqual(kinds, {"start", "columns", "metric", "event"})
        self.assertEqual({one["Authorization"] for one in self.agent.headers}, {"Bearer secret"})
        self.assertEqual(self.agent.headers[-1]["Content-Encoding"], "gzip")
        self.assertEqual(session.stats["connected_to"], "server")

    def test_a_refused_token_is_no_reason_to_lose_anything(self) -> None:
        self.agent.answers = [(401, {}, {}), (403, {}, {})]
        session = self.connect(agent="off", server=self.agent.url, token="old")
        self.logged(session, 1)
        self.assertTrue(session.flush(30))
        self.assertEqual(self.names(), ["e0"])

    def test_a_registered_agent_is_found(self) -> None:
        server = "http://127.0.0.1:1"
        register(self.directory, server, self.agent.url, "agent-1")
        session = self.connect(agent=None, server=server)
        self.logged(session, 1)
        self.assertTrue(session.flush(30))
        self.assertEqual(self.names(), ["e0"])
        self.assertEqual(session.stats["connected_to"], "agent")

    def test_a_registration_of_somebody_else_is_not_believed(self) -> None:
        server = self.agent.url
        register(self.directory, server, self.agent.url, "somebody else")
        session = self.connect(agent=None, server=server)
        with mock.patch.dict(os.environ, {"PATH": self.directory}):
            self.assertTrue(session.flush(30))
        self.assertEqual(session.stats["connected_to"], "server")

    def test_damaged_registrations_are_passed_over(self) -> None:
        from tacho.agent import registered
        from tacho.settings import Settings

        settings = Settings(server="http://127.0.0.1:1")
        for text in ("", "{", "[]", "null", '{"url":1,"agentId":2}', '{"url":"http://127.0.0.1:1"}'):
            with open(settings.registration, "w") as file:
                file.write(text)
            self.assertIsNone(registered(settings))

    def test_an_agent_is_started_as_nobodys_child(self) -> None:
        from tacho.settings import Settings

        server = "http://127.0.0.1:1"
        registration = Settings(server=server).registration
        binary = os.path.join(self.directory, "tacho-agent")
        with open(binary, "w") as file:
            file.write("#!%s\n" % sys.executable)
            file.write(
                textwrap.dedent(
                    """
                    import json, os, sys, time
                    said = {"args": sys.argv[1:], "parent": os.getppid()}
                    for name in ("TACHO_SERVER", "TACHO_TOKEN", "TACHO_AGENT_DIR", "TACHO_AGENT"):
                        said[name] = os.environ.get(name)
                    with open(os.environ["TACHO_AGENT_DIR"] + "/said.tmp", "w") as file:
                        json.dump(said, file)
                    os.rename(file.name, file.name.replace(".tmp", ".json"))
                    registration, text = %r
                    with open(registration + ".new", "w") as file:
                        file.write(text)
                    os.rename(file.name, registration)
                    """
                )
                % ((registration, json.dumps({"url": self.agent.url, "agentId": "agent-1"})),)
            )
        os.chmod(binary, os.stat(binary).st_mode | stat.S_IXUSR)
        os.environ["TACHO_AGENT_BIN"] = binary
        session = self.connect(agent=None, server=server, token="secret")
        self.logged(session, 1)
        self.assertTrue(session.flush(30))
        self.assertEqual(self.names(), ["e0"])
        with open(os.path.join(self.directory, "said.json")) as file:
            said = json.load(file)
        self.assertEqual(said["args"], ["--shared"])
        self.assertNotEqual(said["parent"], os.getpid())
        self.assertEqual((said["TACHO_SERVER"], said["TACHO_TOKEN"]), (server, "secret"))
        self.assertEqual((said["TACHO_AGENT_DIR"], said["TACHO_AGENT"]), (self.directory, None))
        with self.assertRaises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    def test_programs_in_the_working_directory_are_not_trusted(self) -> None:
        from tacho.agent import agent_command
        from tacho.settings import Settings

        binary = os.path.join(self.directory, "tacho-agent")
        with open(binary, "w") as file:
            file.write("#!/bin/sh\n")
        os.chmod(binary, 0o700)
        settings = Settings()
        with mock.patch.dict(os.environ, {"PATH": self.directory}):
            self.assertEqual(agent_command(settings), [binary, "--shared"])
            with mock.patch("os.getcwd", lambda: self.directory):
                self.assertIsNone(agent_command(settings))

    def test_a_program_that_was_on_an_agent_waits_for_the_next_one(self) -> None:
        server = "http://127.0.0.1:1"
        first = FakeAgent(self.directory, server)
        session = self.connect(agent=None, server=server)
        session.log_counter("jobs", 2)
        self.assertTrue(session.flush(30))
        first.close()
        # An agent on the path would be started, and take it within the second.
        with mock.patch.dict(os.environ, {"PATH": self.directory}):
            session.log_counter("jobs", 3)
            self.assertFalse(session.flush(1))
        self.agent.agent_id = "agent-2"
        register(self.directory, server, self.agent.url, "agent-2")
        self.assertTrue(session.flush(30))
        session.log_event("e")
        self.assertTrue(session.flush(30))
        self.assertEqual([one["delta"] for one in self.agent.of_kind("growth")], [3])
        self.assertEqual(len(self.agent.of_kind("start")), 1)

    def test_where_there_is_no_agent_the_server_is_told(self) -> None:
        session = self.connect(agent=None, server=self.agent.url)
        with mock.patch.dict(os.environ, {"PATH": self.directory}):
            self.logged(session, 1)
            self.assertTrue(session.flush(30))
        self.assertEqual(session.stats["connected_to"], "server")

    def test_large_bursts_are_cut_into_batches(self) -> None:
        session = self.connect()
        for number in range(3 * limits.BATCH_SAMPLES_MAX + 7):
            session.log_metric("m", number)
        self.assertTrue(session.flush(60))
        columns = self.agent.of_kind("columns")
        self.assertGreater(len(columns), 3)
        values = [value for one in columns for value in one["series"][0]["values"]]
        self.assertEqual(values, list(range(3 * limits.BATCH_SAMPLES_MAX + 7)))
        self.assertEqual(session.stats["sent"], len(values))

    def test_nothing_is_recorded_when_recording_is_off(self) -> None:
        os.environ["TACHO_DISABLED"] = "1"
        session = self.connect()
        self.logged(session, 1)
        session.log_metric("m", 1)
        session.heartbeat()
        with session.timer("t"):
            session.update_state({})
        session.end()
        self.assertTrue(session.flush())
        self.assertEqual(self.agent.paths, [])
        self.assertEqual(session.stats["queued"], 0)
