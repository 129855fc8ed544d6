"""What each call becomes on the wire, in whatever order DataCat's two kinds of session name things."""

import json
import math
import os
import sys
import threading
import time
import warnings
from typing import Any, Dict, List

import tacho

from .fake_agent import AgentCase


class Wire(AgentCase):
    def setUp(self) -> None:
        super().setUp()
        self.session = self.connect(state={"mode": "test"})

    def told(self, kind: str) -> List[Dict[str, Any]]:
        self.assertTrue(self.session.flush(30))
        return self.agent.of_kind(kind)

    def columns(self) -> Any:
        """Series with their values, without their times."""
        found = []
        for entry in self.told("columns"):
            self.assertEqual(len(entry["times"]), len(entry["series"][0]["values"]))
            self.assertAlmostEqual(entry["startMs"] / 1000, time.time(), delta=600)
            found += entry["series"]
        return found

    def growth(self) -> Any:
        return [
            {name: value for name, value in entry.items() if name not in ("kind", "session", "at")}
            for entry in self.told("growth")
        ]

    def test_the_start_comes_first_and_names_the_process(self) -> None:
        self.session.log_metric("a", 1)
        self.assertTrue(self.session.flush(30))
        start = self.agent.entries[0]
        self.assertEqual(start.pop("session"), self.session.session_id)
        self.assertAlmostEqual(start.pop("at") / 1000, time.time(), delta=600)
        self.assertEqual(
            start,
            {"kind": "start", "product": "shop", "version": "1.0", "pid": os.getpid(),
             "state": {"mode": "test"}},
        )  # fmt: skip
        self.assertEqual(len(self.agent.of_kind("start")), 1)

    def test_metrics_are_columns(self) -> None:
        for value in (1.5, 2, True):
            self.session.log_metric("queue_size", value)
        self.session.log_metric("queue_size", 7, tags=["priority:high"])
        self.session.log_metric("queue_size", "8", tags=("priority:high",))
        self.assertEqual(
            self.columns(),
            [
                {"name": "queue_size", "values": [1.5, 2, 1]},
                {"name": "queue_size", "tags": ["priority:high"], "values": [7, 8]},
            ],
        )

    def test_both_orders_of_gauges_and_timers_are_understood(self) -> None:
        self.session.log_gauge("a", 1, ["x"], "ms")
        self.session.log_gauge("a", 2, "ms", ["x"], {})
        self.session.log_gauge("a", 3, unit="ms", tags=["x"])
        self.session.log_timer("t", 1.5, None, ["y"], "milliseconds")
        with self.session.timer("t", None, ["y"], "milliseconds"):
            pass
        with self.session.timer("t", None, "milliseconds", ["y"]):
            pass
        first, timers = self.columns()
        self.assertEqual(
            first, {"name": "a", "unit": "ms", "tags": ["x"], "values": [1, 3]}
        )
        self.assertEqual(timers["unit"], "milliseconds")
        self.assertEqual(timers["tags"], ["y"])
        self.assertEqual(len(timers["values"]), 3)
        (full,) = self.told("metric")
        self.assertEqual((full["unit"], full["tags"], full["value"]), ("ms", ["x"], 2))

    def test_counters_are_told_by_growth_whatever_the_order_of_tags(self) -> None:
        self.session.log_counter("jobs")
        self.session.log_counter("jobs", 4)
        self.session.log_counter("jobs", -1.5)
        self.session.log_counter("jobs", 1, tags=["b", "a"])
        self.session.log_counter("jobs", 1, tags=["a", "b"])
        self.session.log_metric("jobs", 0, metric_type="counter", delta=2)
        self.session.log_counter("jobs", math.nan)
        self.assertEqual(
            self.growth(),
            [
                {"type": "counter", "name": "jobs", "delta": 5.5},
                {"type": "counter", "name": "jobs", "tags": ["b", "a"], "delta": 2},
            ],
        )

    def test_a_counter_without_delta_is_a_reading(self) -> None:
        self.session.log_metric("total", 41, metric_type="counter")
        self.session.log_metric("total", 42, metric_type="counter")
        self.assertEqual(self.columns()[0]["values"], [41, 42])
        self.assertEqual(self.growth(), [])

    def test_histograms_are_told_in_buckets(self) -> None:
        for value in (0.0005, 0.001, 0.3, 61, math.inf):
            self.session.log_histogram("load", value, "seconds")
        buckets = [10, 20, "inf", math.inf, 20]
        metadata = {"note": 1}
        self.session.log_histogram("fps", 10, buckets=buckets, metadata=metadata)
        self.session.log_metric("fps", 25, metric_type="histogram", metadata={"buckets": buckets})
        self.assertEqual(metadata, {"note": 1})
        self.assertEqual(buckets, [10, 20, "inf", math.inf, 20])
        load, fps = self.growth()
        self.assertEqual(load["counts"], [2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1])
        self.assertEqual((load["min"], load["max"], load["not_finite"]), (0.0005, 61, 1))
        self.assertNotIn("bounds", load)
        self.assertEqual(fps["bounds"], [10, 20])
        self.assertEqual(fps["counts"], [1, 0, 1])
        self.assertEqual(fps["sum"], 35)

    def test_a_timer_with_a_count_is_one_metric(self) -> None:
        with self.session.timer("load", count=3, unit="ms") as timer:
            timer.count += 1
        self.session.log_timer("load", 2, count=4)
        first, second = self.told("metric")
        self.assertEqual((first["type"], first["count"], first["unit"]), ("timer", 4, "ms"))
        self.assertEqual((second["value"], second["count"]), (2, 4))

    def test_what_is_not_finite_travels_as_text(self) -> None:
        self.session.log_metric("a", math.nan)
        self.session.log_metric("a", -math.inf)
        self.session.log_metric("b", math.inf, metadata={"why": math.nan})
        self.assertEqual(self.columns()[0]["values"], ["NaN", "-Infinity"])
        (full,) = self.told("metric")
        self.assertEqual((full["value"], full["metadata"]), ("Infinity", {"why": "NaN"}))
        for body in self.agent.bodies:
            json.loads(body, parse_constant=self.fail)

    def test_events_in_every_form(self) -> None:
        self.session.log_event("a", {"x": 1})
        self.session.log_event("b", "warning", "g", ["l"], "m", {"k": [1]}, ["t"])
        self.session.log_event("c", data={"endpoint": "/users"}, level="WARN")
        self.session.log_event("d", level="payment")
        self.session.log_event("e", "checkout", level=40, labels="one", stacktrace="f\ng")
        events = self.told("event")
        for event in events:
            for name in ("kind", "session", "at"):
                event.pop(name)
        self.assertEqual(
            events,
            [
                {"name": "a", "data": {"x": 1}},
                {"name": "b", "category": "warning", "group": "g", "labels": ["l"],
                 "message": "m", "data": {"k": [1]}, "stacktrace": ["t"]},
                {"name": "c", "level": "warning", "data": {"endpoint": "/users"}},
                {"name": "d", "category": "payment"},
                {"name": "e", "level": "error", "category": "checkout", "labels": ["one"],
                 "stacktrace": ["f", "g"]},
            ],
        )  # fmt: skip

    def test_arguments_are_read_during_the_call(self) -> None:
        self.agent.gate.clear()
        data: Dict[str, Any] = {"list": [1]}
        state: Dict[str, Any] = {"a": {"b": 1}}
        tags = ["x"]
        self.session.log_event("e", data=data)
        self.session.update_state(state)
        self.session.log_metric("m", 1, tags=tags)
        data["list"].append(2)
        state["a"]["b"] = 2
        tags.append("y")
        self.agent.gate.set()
        self.assertEqual(self.told("event")[0]["data"], {"list": [1]})
        self.assertEqual(self.told("patch")[0]["patch"], {"a": {"b": 1}})
        self.assertEqual(self.columns()[0]["tags"], ["x"])

    def test_states_stay_one_by_one_and_none_deletes(self) -> None:
        for state in ({"a": 1}, {"a": 1}, {"a": None, "big": 2**60 + 1}):
            self.session.update_state(state)
        patches = [entry["patch"] for entry in self.told("patch")]
        self.assertEqual(patches, [{"a": 1}, {"a": 1}, {"a": None, "big": 2**60 + 1}])
        self.assertIn(b"1152921504606846977", b"".join(self.agent.bodies))

    def test_an_exception_keeps_where_it_was_raised_although_a_thread_delivers_it(self) -> None:
        def fail() -> None:
            raise ZeroDivisionError("division by zero")

        try:
            fail()
        except ZeroDivisionError:
            self.session.log_exception(extra_data={"order": 7})
        (event,) = self.told("event")
        self.assertEqual(event["name"], "exception")
        self.assertEqual(event["level"], "error")
        self.assertEqual(event["labels"], ["exception", "ZeroDivisionError"])
        self.assertEqual(event["message"], "division by zero")
        self.assertEqual(event["exception_type"], "ZeroDivisionError")
        self.assertEqual(event["source_function"], "fail")
        self.assertEqual(event["source_file"], __file__)
        self.assertEqual(event["data"], {"order": 7})
        self.assertIn("ZeroDivisionError: division by zero", event["stacktrace"])
        self.assertTrue(all("\n" not in line for line in event["stacktrace"]))

    def test_exceptions_in_other_forms(self) -> None:
        error = ValueError("late")
        self.session.log_exception(error)
        self.session.log_exception((ValueError, error, None))
        self.session.log_exception()
        types = [event["exception_type"] for event in self.told("event")]
        self.assertEqual(types, ["ValueError", "ValueError", "Unknown"])

    def test_the_end_comes_after_everything_else(self) -> None:
        self.session.log_metric("a", 1)
        self.session.end()
        self.session.log_event("late")
        self.session.log_metric("a", 2)
        self.session.end()
        self.assertTrue(self.session.flush(30))
        kinds = [entry["kind"] for entry in self.agent.entries]
        self.assertEqual(kinds.count("end"), 1)
        self.assertLess(kinds.index("columns"), kinds.index("end"))
        self.assertEqual(sum(len(one["times"]) for one in self.agent.of_kind("columns")), 2)
        self.assertEqual(kinds.count("event"), 1)

    def test_what_is_said_after_the_end_is_delivered_as_well(self) -> None:
        self.session.log_metric("a", 1)
        self.session.end()
        self.assertTrue(self.session.flush(30))
        for _ in range(3):
            self.session.log_metric("a", 2)
            self.session.log_event("late")
            self.assertTrue(self.session.flush(30))
        self.assertEqual(len(self.agent.of_kind("event")), 3)
        self.assertEqual(sum(len(one["times"]) for one in self.agent.of_kind("columns")), 4)

    def test_a_block_ends_its_session(self) -> None:
        with self.connect("block", "1") as inside:
            inside.log_event("e")
        self.assertTrue(inside.flush(30))
        self.assertEqual(self.agent.entries[-1]["kind"], "end")

    def test_an_exception_out_of_a_block_is_recorded_and_ends_it_as_a_crash(self) -> None:
        with self.assertRaises(KeyError):
            with self.connect("block", "1") as inside:
                raise KeyError("k")
        self.assertTrue(inside.flush(30))
        last = self.agent.entries[-1]
        self.assertEqual((last["kind"], last["cause"]), ("crash", {"kind": "uncaught"}))
        self.assertEqual(self.agent.of_kind("event")[-1]["exception_type"], "KeyError")

    def test_an_exit_out_of_a_block_ends_it_by_its_status(self) -> None:
        for status, kind in ((0, "end"), (None, "end"), (3, "crash"), ("message", "crash")):
            with self.assertRaises(SystemExit):
                with self.connect("block", "1") as inside:
                    sys.exit(status)
            self.assertTrue(inside.flush(30))
            self.assertEqual(self.agent.entries[-1]["kind"], kind)
        self.assertEqual(self.agent.entries[-1]["cause"], {"kind": "failed", "exit_code": 1})

    def test_timers_count_in_every_unit_and_decorate(self) -> None:
        units = ["ns", "us", "milliseconds", "seconds", "minutes", "hours", "days"]
        for unit in units:
            with self.session.timer("t", unit=unit):
                time.sleep(0.002)

        @self.session.timer("calls", unit="ms")
        def double(value: int) -> int:
            """Twice."""
            return value if value > 2 else double(value * 2)

        self.assertEqual(double(1), 4)
        self.assertEqual(double.__doc__, "Twice.")
        series = {one.get("unit", "") + one["name"]: one["values"] for one in self.columns()}
        self.assertGreaterEqual(series["nst"][0], 2e6)
        self.assertGreaterEqual(series["millisecondst"][0], 2)
        self.assertLess(series["dayst"][0], 0.01)
        self.assertEqual(len(series["mscalls"]), 3)

    def test_a_timer_records_and_passes_an_exception(self) -> None:
        with self.assertRaises(OSError):
            with self.session.timer("t"):
                raise OSError
        self.assertEqual(len(self.columns()), 1)

    def test_functions_of_the_module_record_into_the_session_opened_last(self) -> None:
        tacho.log_metric("api_response_time_ms", 123.4)
        tacho.log_counter("n")
        tacho.log_histogram("h", 1)
        tacho.log_gauge("g", 1)
        tacho.log_timer("t", 1)
        tacho.log_event("e")
        tacho.update_state({"a": 1})
        tacho.log_exception(ValueError())
        with tacho.timer("u"):
            pass
        self.assertTrue(tacho.flush(30))
        self.assertEqual(len(self.agent.entries), 10)
        self.assertEqual({one["session"] for one in self.agent.entries}, {self.session.session_id})

    def test_details_are_asked_of_the_agent_after_what_was_said(self) -> None:
        path = "/session?session_id=" + self.session.session_id
        self.agent.questions[path] = {"id": self.session.session_id, "events": []}
        self.session.log_event("e")
        self.session.end()
        self.assertEqual(self.session.get_details()["id"], self.session.session_id)
        self.assertEqual(self.agent.of_kind("end")[0]["session"], self.session.session_id)

    def test_no_call_changes_what_it_is_given(self) -> None:
        given: Any = {"buckets": [1, 2]}
        self.session.log_metric("h", 1, metric_type="histogram", metadata=given)
        self.session.log_histogram("h", 1, buckets=given["buckets"], metadata=given)
        self.assertEqual(given, {"buckets": [1, 2]})

    def test_nothing_is_warned_about(self) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.session.log_event("e")
            self.session.flush(30)
        self.assertEqual(caught, [])
        threads = [one for one in threading.enumerate() if one.name == "tacho"]
        self.assertTrue(all(one.daemon for one in threads))
