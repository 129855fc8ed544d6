"""Whatever a program hands over, no call raises, and the session goes on."""

import decimal
import random
import threading
from typing import Any, List
from unittest import mock

import tacho
from tacho.settings import Settings

from .fake_agent import AgentCase


class Hostile:
    """Fails wherever it can."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return object.__getattribute__(self, name)
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError("str")

    __repr__ = __float__ = __int__ = __len__ = __iter__ = __bool__ = __eq__ = __str__  # type: ignore
    __hash__ = __str__  # type: ignore[assignment]


class HostileText(str):
    def __eq__(self, _: Any) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __str__(self) -> str:
        raise RuntimeError("str")


def garbage() -> List[Any]:
    circle: Any = []
    circle.append(circle)
    loop: Any = {}
    loop["loop"] = loop
    return [
        None, True, 0, -1, 1.5, float("nan"), float("inf"), 10**400, "", "x", "\ud800", "\0", b"\xff",
        "y" * 100_000, [], [None], ["a", 1], (), {}, {1: 2}, {None: object()}, {"a": {"b": [1]}}, set(),
        {1, "a"}, circle, loop, object(), Hostile(), HostileText("h"), [Hostile()], {"k": Hostile()},
        lambda: None, int, ValueError("v"), ValueError, (ValueError, None, None), iter([1]),
        decimal.Decimal("NaN"), 3 + 4j, threading.Lock(), range(3), bytearray(b"x"), memoryview(b"z"),
    ]  # fmt: skip


methods = [
    "log_metric", "log_gauge", "log_counter", "log_histogram", "log_timer", "log_event",
    "log_exception", "update_state", "start_heartbeat_monitor",
]  # fmt: skip
names = [
    "value", "tags", "metric_type", "count", "unit", "metadata", "delta", "buckets", "duration",
    "category", "group", "labels", "message", "data", "stacktrace", "level", "exc_info",
    "extra_data", "state", "timeout", "check_interval", "auto", "name",
]  # fmt: skip


class Harmless(AgentCase):
    def test_every_method_takes_every_argument(self) -> None:
        session = self.connect()
        things = garbage()
        for method in methods:
            call = getattr(session, method)
            for thing in things:
                call(*[thing] * len(_parameters(call)))
        chosen = random.Random(20260302)
        for _ in range(6_000):
            call = getattr(session, chosen.choice(methods))
            known = _parameters(call)
            given = chosen.sample(known, chosen.randint(0, len(known)))
            kwargs = {name: chosen.choice(things) for name in given}
            for name in known:
                if name in ("name", "value", "duration", "state"):
                    kwargs.setdefault(name, chosen.choice(things))
            call(**kwargs)
        self.assertTrue(session.flush(60))
        session.log_event("still there")
        self.assertTrue(session.flush(30))
        self.assertEqual(self.agent.entries[-1]["name"], "still there")
        self.assertEqual(session.stats["queued"], 0)
        self.assertNotIn("rejected", session.stats["drops"])

    def test_timers_take_anything(self) -> None:
        session = self.connect()
        for thing in garbage():
            with session.timer(thing, thing, thing, thing) as timer:
                timer.count = thing
            session.timer("t").__exit__(None, None, None)
        self.assertTrue(session.flush(30))

    def test_sessions_open_with_anything(self) -> None:
        things = garbage()
        for thing in things:
            for name in ("product", "version", "state", "queue_size", "fork", "session_id"):
                kwargs = {"product": "shop", "version": "1", name: thing}
                session = tacho.connect(capture=False, agent=self.agent.url, **kwargs)
                session.log_event("e")
            tacho.create_session(thing, thing, thing, thing, capture=False, agent=self.agent.url).end()
        for url in ("", "http://", "http://[", "nonsense", "http://127.0.0.1:99999", 5, "ftp://x"):
            session = self.connect(agent=url, server=url or "http://127.0.0.1:1")
            session.log_event("e")
            with mock.patch.object(session, "flush"):
                self.assertEqual(session.get_details(), {})
            session._client.outbox.lose_rest("test")

    def test_unknown_options_are_no_reason_to_fail(self) -> None:
        session = tacho.create_session(
            product="p", version="v", capture=False, agent=self.agent.url, colour="red"
        )
        session.log_event("e")
        self.assertTrue(session.flush(30))

    def test_logging_from_a_destructor_or_a_signal_in_the_middle_of_logging(self) -> None:
        import os
        import signal

        session = self.connect()

        def on_signal(*_: Any) -> None:
            session.log_event("signal", data={"a": 1})
            session.log_counter("signals")

        previous = signal.signal(signal.SIGALRM, on_signal)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            for number in range(3_000):
                session.log_event("e", data={"n": number})
                session.update_state({"n": number})
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
        self.assertTrue(session.flush(60))
        self.assertEqual(len(self.agent.of_kind("patch")), 3_000)
        self.assertGreater(os.getpid(), 0)

    def test_state_directories_follow_the_environment(self) -> None:
        from tacho.settings import state_directory

        self.assertEqual(state_directory({"TACHO_AGENT_DIR": "/x"}), "/x")
        place = self.directory + "/xdg"
        self.assertEqual(state_directory({"XDG_STATE_HOME": place}, "linux"), place + "/tacho")
        blocked = self.directory + "/file"
        open(blocked, "w").close()
        self.assertIn("tacho-", state_directory({"XDG_STATE_HOME": blocked}, "linux"))
        default = Settings(server="http://localhost:9090/", env={"TACHO_AGENT_DIR": "/x"})
        self.assertEqual(default.server, "http://127.0.0.1:9090")
        self.assertTrue(default.registration.startswith("/x/agent-"))


def _parameters(call: Any) -> List[str]:
    function = getattr(call, "__wrapped__", call)
    code = getattr(function, "__code__", None) or function.__func__.__code__
    return [name for name in code.co_varnames[: code.co_argcount] if name != "self"]
