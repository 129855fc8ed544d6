"""The scripts that all clients play: the same calls become the same bytes as in TypeScript."""

import glob
import json
import os
import unittest
from typing import Any, Dict, List
from unittest import mock

from tacho.client import Client
from tacho.default import _state
from tacho.recording import Recording
from tacho.session import Session
from tacho.settings import Settings
from tacho.transport import Reply

here = os.path.dirname(os.path.abspath(__file__))
scripts = os.environ.get("TACHO_WIRE") or os.path.join(here, "..", "..", "test", "wire", "client")


class Golden(unittest.TestCase):
    def test_every_script_becomes_exactly_its_bytes(self) -> None:
        paths = sorted(glob.glob(os.path.join(scripts, "*.json")))
        self.assertGreater(len(paths), 3, scripts)
        for path in paths:
            with self.subTest(os.path.basename(path)):
                with open(path, encoding="utf-8") as file:
                    script = json.load(file)
                self.assertEqual(Player(script).play(), script["batches"])


class Player:
    """Plays one script; nothing is sent but when it says so."""

    def __init__(self, script: Dict[str, Any]) -> None:
        self.script = script
        self.us = script["startUs"]
        self.agent_id = "first"
        self.bodies: List[str] = []
        self.is_agent = script["receiver"] == "agent"
        self.url = ""
        self.client = Client(Settings(env={"TACHO_AGENT_DIR": "/nowhere"}))
        self.client.wake = lambda urgent=False: None  # type: ignore[method-assign]
        self.client.outbox.spool_id = script["clientId"]
        self.client._endpoint = self  # type: ignore[assignment]
        self.session = Session(self.client, self.recording())
        self.client.outbox.add(self.session._recording)

    def recording(self) -> Recording:
        start = self.script["start"]
        recording = Recording(start["session"], joined=False)
        named = {"machine_id": start.get("machineId"), "hostname": start.get("hostname")}
        recording.machine = lambda: named
        fields = {
            "state": _state(start.get("state"), start.get("tags")),
            "pid": start.get("pid"),
            "heartbeat_timeout_ms": start.get("heartbeatTimeoutMs"),
        }
        recording.begin(self.us / 1e6, start["product"], start["version"], fields)
        return recording

    def post_batch(self, body: bytes) -> Reply:
        self.bodies.append(body.decode("utf-8"))
        return Reply(200, {"success": True, "agentId": self.agent_id}, None)

    def play(self) -> List[str]:
        timers: Dict[str, Any] = {}
        seen = None

        def now() -> float:
            return self.us / 1e6

        def nanoseconds() -> int:
            return int(self.us) * 1000

        with mock.patch("tacho.session._now", now), mock.patch("tacho.voice._now", now):
            with mock.patch("tacho.timing._clock", nanoseconds):
                for step in self.script["script"]:
                    self.us = step.get("us", self.us)
                    call, args = step["call"], [revived(one) for one in step.get("args", [])]
                    if call == "flush" or call == "end":
                        if call == "end":
                            self.session.end()
                        self.client._deliver_all()
                        if seen is not None and seen != self.agent_id:
                            self.client.outbox.start_anew()
                        seen = self.agent_id
                    elif call == "newAgent":
                        self.agent_id += "'"
                    elif call == "stop":
                        timers[args[0]].__exit__(None, None, None)
                    else:
                        made = getattr(self, call)(*args)
                        if "as" in step:
                            timers[step["as"]] = made.__enter__()
        return self.bodies

    def updateState(self, patch: Any) -> None:
        self.session.update_state(patch)

    def logEvent(self, name: str, details: Any = None) -> None:
        self.session.log_event(name, **(details or {}))

    def logMetric(self, name: str, value: float, tags: Any = None) -> None:
        self.session.log_metric(name, value, tags)

    def gauge(self, name: str, value: float, details: Any = None) -> None:
        self.session.log_gauge(name, value, **series(details))

    def counter(self, name: str, delta: float = 1, details: Any = None) -> None:
        given = series(details)
        if "unit" in given:
            self.session.log_metric(name, 0, metric_type="counter", delta=delta, **given)
        else:
            self.session.log_counter(name, delta, **given)

    def histogram(self, name: str, value: float, details: Any = None) -> None:
        given = series(details)
        if "bounds" in given:
            given["buckets"] = given.pop("bounds")
        self.session.log_histogram(name, value, **given)

    def timer(self, name: str, details: Any = None) -> Any:
        return self.session.timer(name, **series(details))

    def heartbeat(self) -> None:
        self.session.heartbeat()

    def pauseHeartbeat(self) -> None:
        self.session.pause_heartbeat_monitoring()

    def resumeHeartbeat(self) -> None:
        self.session.resume_heartbeat_monitoring()


def series(details: Any) -> Dict[str, Any]:
    return {"tags": details} if isinstance(details, list) else dict(details or {})


def revived(value: Any) -> Any:
    """Values that JSON has no literal for: `{"$": "NaN"}`."""
    if isinstance(value, list):
        return [revived(each) for each in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["$"]:
        text = str(value["$"])
        return int(text) if len(text) > 5 and text.isdigit() else float(text)
    return {key: revived(each) for key, each in value.items()}


if __name__ == "__main__":
    unittest.main()
