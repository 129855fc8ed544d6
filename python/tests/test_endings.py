"""Every way in which a process ends: what it said arrives, and how it ended is told as it was."""

import glob
import json
import os
import signal
import time
import unittest
from typing import Any, List

from .fake_agent import AgentCase
from .programs import Ended, run, start


class Endings(AgentCase):
    takes_last_words = True

    def run_program(self, source: str, **env: str) -> Ended:
        env.setdefault("TACHO_AGENT", self.agent.url)
        ended = run(source, TACHO_AGENT_DIR=self.directory, **env)
        if self.takes_last_words:
            # Of a busy machine two seconds may be too few.
            self.agent.read_last_words(self.directory)
        return ended

    def exits(self) -> List[Any]:
        """What was told of the exit, without when."""
        hidden = ("kind", "session", "at")
        return [
            {name: value for name, value in entry.items() if name not in hidden}
            for entry in self.agent.of_kind("exit")
        ]

    def names(self) -> Any:
        return [event["name"] for event in self.agent.of_kind("event")]

    def test_a_program_that_just_ends_loses_nothing_and_says_0(self) -> None:
        ended = self.run_program("session.log_event('last'); session.log_metric('m', 1)")
        self.assertEqual((ended.status, ended.stdout, ended.stderr), (0, "", ""))
        self.assertEqual(self.names(), ["last"])
        self.assertEqual(len(self.agent.of_kind("columns")), 1)
        self.assertEqual(self.exits(), [{"code": 0}])
        self.assertEqual(self.agent.entries[-1]["kind"], "exit")

    def test_a_session_that_ended_says_nothing_of_the_exit(self) -> None:
        self.run_program("session.log_event('last'); session.end(); session.log_event('late')")
        self.assertEqual(self.names(), ["last", "late"])
        self.assertEqual(len(self.agent.of_kind("end")), 1)
        self.assertEqual(self.exits(), [])

    def test_every_way_to_exit_with_a_status_is_told_as_far_as_it_is_known(self) -> None:
        ways = [
            ("import sys; sys.exit(3)", 3, {"code": 3}),
            ("import sys; sys.exit()", 0, {"code": 0}),
            ("import sys; sys.exit('no')", 1, {"code": 1}),
            ("import sys; sys.exit(-1)", 255, {"code": 255}),
            ("exit(4)", 4, {"code": 4}),
            ("quit()", 0, {"code": 0}),
            # Nobody is told of this one before the process is gone.
            ("raise SystemExit(5)", 5, {}),
            # An exit that was caught is none.
            ("import sys\ntry:\n    sys.exit(6)\nexcept SystemExit:\n    pass", 0, {"code": 0}),
            ("def main():\n    import sys\n    sys.exit(7)\nmain()", 7, {"code": 7}),
            ("import argparse; argparse.ArgumentParser().error('no')", 2, {"code": 2}),
        ]
        for source, status, told in ways:
            with self.subTest(source):
                self.agent.batches.clear()
                ended = self.run_program(source)
                self.assertEqual(ended.status, status)
                self.assertEqual(self.exits(), [told])

    def test_an_uncaught_exception_is_recorded_and_shown_as_ever(self) -> None:
        ended = self.run_program(
            """
            def fail():
                raise ValueError("odd")
            fail()
            """
        )
        self.assertEqual(ended.status, 1)
        self.assertTrue(ended.stderr.startswith("Traceback"), ended.stderr)
        self.assertIn("ValueError: odd", ended.stderr)
        (event,) = self.agent.of_kind("event")
        self.assertEqual((event["exception_type"], event["source_function"]), ("ValueError", "fail"))
        self.assertEqual((event["name"], event["level"]), ("uncaught_exception", "critical"))
        self.assertEqual(self.exits(), [{"code": 1, "uncaught": True}])

    def test_the_programs_own_hook_is_called_as_well(self) -> None:
        source = """
            import sys, tacho
            sys.excepthook = lambda kind, value, trace: print("mine", kind.__name__)
            tacho.connect("shop", "1.0")
            raise ValueError("odd")
            """
        ended = self.run_program(source)
        self.assertEqual((ended.stdout, ended.stderr), ("mine ValueError\n", ""))
        self.assertEqual(len(self.agent.of_kind("event")), 1)

    def test_an_exception_in_a_thread_is_recorded_and_ends_nothing(self) -> None:
        ended = self.run_program(
            """
            import threading
            def work():
                raise OSError("disk")
            thread = threading.Thread(target=work, name="worker")
            thread.start()
            thread.join()
            session.log_event("after")
            """
        )
        self.assertEqual(ended.status, 0)
        self.assertIn("OSError: disk", ended.stderr)
        exception, after = self.agent.of_kind("event")
        self.assertEqual(exception["exception_type"], "OSError")
        self.assertEqual(exception["data"], {"thread": "worker"})
        self.assertEqual(after["name"], "after")
        self.assertEqual(self.exits(), [{"code": 0}])

    def test_an_exception_of_a_destructor_is_recorded_where_that_is_wanted(self) -> None:
        self.run_program(
            """
            import tacho
            session = tacho.connect("shop", "1.0", unraisable=True)
            class Odd:
                def __del__(self):
                    raise OSError("late")
            Odd()
            """
        )
        (event,) = self.agent.of_kind("event")
        self.assertEqual(event["data"], {"unraisable": True})

    def test_interrupts_and_signals_are_told_and_still_kill(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(number.name):
                self.agent.batches.clear()
                process = start(
                    """
                    import time
                    session.log_event("ready")
                    session.flush(30)
                    session.log_event("unsent")
                    print("ready", flush=True)
                    while True:
                        time.sleep(0.05)
                    """,
                    TACHO_AGENT=self.agent.url,
                    TACHO_AGENT_DIR=self.directory,
                )
                assert process.stdout is not None
                self.assertEqual(process.stdout.readline(), "ready\n")
                process.send_signal(number)
                ended = Ended(process)
                self.assertEqual(ended.status, -number)
                self.agent.read_last_words(self.directory)
                self.assertEqual(self.exits(), [{"signal": number.name}])
                self.assertEqual(self.names(), ["ready", "unsent"])

    def test_a_program_that_handles_a_signal_itself_is_left_alone(self) -> None:
        ended = self.run_program(
            """
            import os, signal, sys, tacho
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            tacho.connect("shop", "1.0")
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            """
        )
        self.assertEqual(ended.status, 9)
        self.assertEqual(self.exits(), [{"code": 9}])

    def test_nothing_is_captured_where_that_is_not_wanted(self) -> None:
        ended = self.run_program(
            """
            import signal, sys, threading
            before = (sys.excepthook, threading.excepthook, sys.exit, exit, signal.getsignal(15))
            import tacho
            tacho.connect("shop", "1.0", capture=False)
            after = (sys.excepthook, threading.excepthook, sys.exit, exit, signal.getsignal(15))
            print(before == after)
            """
        )
        self.assertEqual(ended.stdout, "True\n")

    def test_a_process_that_is_cut_off_has_told_all_but_its_last_moment(self) -> None:
        ended = self.run_program(
            """
            import os, time
            session.log_event("bad", level="error")
            while session.stats["sent"] < 1:
                time.sleep(0.01)
            os._exit(8)
            """
        )
        self.assertEqual(ended.status, 8)
        self.assertEqual(self.names(), ["bad"])
        self.assertEqual(self.exits(), [])

    def test_what_could_not_be_sent_is_left_as_last_words(self) -> None:
        self.agent.close()
        self.takes_last_words = False
        ended = self.run_program("session.log_event('last'); session.log_counter('n', 2)")
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        (path,) = glob.glob(os.path.join(self.directory, "last-words", "*"))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path) as file:
            batches = [json.loads(line) for line in file]
        self.assertEqual({batch["spoolId"] + ".json" for batch in batches}, {os.path.basename(path)})
        self.assertEqual([batch["seq"] for batch in batches], list(range(1, len(batches) + 1)))
        kinds = [entry["kind"] for batch in batches for entry in batch["entries"]]
        self.assertEqual(kinds[0], "start")
        self.assertEqual(kinds[-1], "exit")
        self.assertEqual([kinds.count(kind) for kind in ("event", "growth")], [1, 1])

    def test_a_batch_in_flight_stands_first_in_the_last_words_unchanged(self) -> None:
        self.agent.gate.clear()
        self.takes_last_words = False
        started = time.monotonic()
        ended = self.run_program("session.log_event('a'); session.flush(0.3); session.log_event('b')")
        self.assertEqual(ended.status, 0)
        # The agent answers only when the gate opens; the process does not wait for that.
        self.assertLess(time.monotonic() - started, 25)
        (path,) = glob.glob(os.path.join(self.directory, "last-words", "*.json"))
        with open(path, "rb") as file:
            lines = file.read().splitlines()
        self.agent.gate.set()
        self.agent.wait_for(lambda: self.agent.bodies)
        self.assertEqual(lines[0], self.agent.bodies[0])
        self.assertIn(b'"b"', lines[1])

    def test_a_server_is_told_the_end_because_nobody_else_will(self) -> None:
        ways = [
            ("", "end", {"kind": "exited", "exit_code": 0}),
            ("import sys; sys.exit(3)", "crash", {"kind": "failed", "exit_code": 3}),
            ("raise ValueError", "crash", {"kind": "uncaught", "exit_code": 1}),
            ("raise KeyboardInterrupt", "end", {"kind": "terminated_by_user", "signal": "SIGINT"}),
        ]
        for source, kind, cause in ways:
            with self.subTest(source):
                self.agent.batches.clear()
                env = {"TACHO_AGENT": "off", "TACHO_SERVER": self.agent.url}
                self.run_program("session.log_event('e')\n" + source, **env)
                last = self.agent.entries[-1]
                self.assertEqual((last["kind"], last["cause"]), (kind, cause))

    def test_a_guest_of_a_session_neither_starts_nor_ends_it(self) -> None:
        session = "550e8400-e29b-41d4-a716-446655440000"
        self.run_program(
            "session.log_event('e'); session.end(); raise ValueError", TACHO_SESSION=session
        )
        kinds = [entry["kind"] for entry in self.agent.entries]
        self.assertEqual(kinds, ["event"])
        self.assertEqual(self.agent.entries[0]["session"], session)

    def test_the_interpreters_end_is_not_held_up_by_anything(self) -> None:
        self.agent.close()
        started = time.monotonic()
        ended = self.run_program(
            "session.start_heartbeat_monitor(60, 30); session.end()", TACHO_AGENT="off"
        )
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        self.assertLess(time.monotonic() - started, 25)

    def test_a_module_that_is_run_by_name_tells_its_status_too(self) -> None:
        path = os.path.join(self.directory, "program.py")
        for source, told in (("", {"code": 0}), ("import sys; sys.exit(3)", {"code": 3})):
            self.agent.batches.clear()
            with open(path, "w") as file:
                file.write("import tacho\nsession = tacho.connect('shop', '1.0')\n" + source)
            self.run_program(
                "import runpy, sys; sys.path.insert(0, %r); connect = None\n" % self.directory
                + "connect() if False else runpy._run_module_as_main('program')"
            )
            self.assertEqual(self.exits(), [told])


class Forks(AgentCase):
    def run_program(self, source: str) -> Ended:
        ended = run(source, TACHO_AGENT_DIR=self.directory, TACHO_AGENT=self.agent.url)
        self.agent.read_last_words(self.directory)
        return ended

    def test_a_child_joins_the_session_with_a_connection_of_its_own(self) -> None:
        ended = self.run_program(
            """
            import os
            session.log_event("parent")
            session.log_metric("m", 1)
            pid = os.fork()
            if pid == 0:
                session.log_event("child")
                session.log_metric("m", 2)
                session.log_counter("n", 5)
                session.end()
                session.flush(30)
                os._exit(0)
            os.waitpid(pid, 0)
            session.log_metric("m", 3)
            """
        )
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        self.assertEqual(len({entry["session"] for entry in self.agent.entries}), 1)
        self.assertEqual(len({batch["spoolId"] for batch in self.agent.batches}), 2)
        names = sorted(event["name"] for event in self.agent.of_kind("event"))
        self.assertEqual(names, ["child", "parent"])
        values = [one["series"][0]["values"] for one in self.agent.of_kind("columns")]
        self.assertEqual(sorted(sum(values, [])), [1, 2, 3])
        kinds = [entry["kind"] for entry in self.agent.entries]
        self.assertEqual((kinds.count("end"), kinds.count("exit")), (0, 1))
        self.assertEqual({entry["pid"] for entry in self.agent.of_kind("start")}, {ended.pid})

    def test_a_child_stays_silent_where_that_is_wanted(self) -> None:
        self.run_program(
            """
            import os, tacho
            session = tacho.connect("shop", "1.0", fork="silent")
            session.log_event("parent")
            pid = os.fork()
            session.log_event("child" if pid == 0 else "parent")
            if pid:
                os.waitpid(pid, 0)
            """
        )
        names = [event["name"] for event in self.agent.of_kind("event")]
        self.assertEqual(names, ["parent", "parent"])

    def test_workers_of_multiprocessing_lose_nothing_when_they_end(self) -> None:
        ended = self.run_program(
            """
            import multiprocessing, tacho
            session = tacho.connect("shop", "1.0")
            def work(number):
                session.log_counter("jobs", number)
                session.log_event("job")
            context = multiprocessing.get_context("fork")
            children = [context.Process(target=work, args=(number,)) for number in (1, 2, 3)]
            for child in children: child.start()
            for child in children: child.join()
            print([child.exitcode for child in children])
            """
        )
        self.assertEqual((ended.stdout, ended.stderr), ("[0, 0, 0]\n", ""))
        self.assertEqual(sum(one["delta"] for one in self.agent.of_kind("growth")), 6)
        self.assertEqual(len(self.agent.of_kind("event")), 3)

    def test_forking_in_the_middle_of_logging_threads_never_locks_up(self) -> None:
        ended = self.run_program(
            """
            import os, threading
            stop = threading.Event()
            def work():
                while not stop.is_set():
                    session.log_event("e", data={"a": 1})
                    session.log_counter("n")
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads: thread.start()
            for _ in range(30):
                pid = os.fork()
                if pid == 0:
                    session.log_event("child")
                    done = session.flush(30)
                    os._exit(0 if done else 1)
                if os.waitpid(pid, 0)[1] != 0:
                    os._exit(1)
            stop.set()
            for thread in threads: thread.join()
            print("done")
            """
        )
        self.assertEqual((ended.stdout, ended.stderr), ("done\n", ""))
        names = [event["name"] for event in self.agent.of_kind("event")]
        self.assertEqual(names.count("child"), 30)

    def test_a_child_is_not_held_up_by_an_answer_that_its_parent_is_reading(self) -> None:
        # A thread of the parent holds a lock of the reader at that moment, for ever in the child.
        self.agent.stalls = 1
        process = start(
            """
            import os, time
            session.log_event("parent")
            time.sleep(0.5)
            pid = os.fork()
            if pid == 0:
                session.log_event("child")
                print("child is done", flush=True)
                os._exit(0)
            os.waitpid(pid, 0)
            """,
            TACHO_AGENT=self.agent.url,
            TACHO_AGENT_DIR=self.directory,
        )
        self.agent.wait_for(lambda: self.agent.bodies)
        ended = Ended(process)
        self.agent.gate.set()
        self.assertEqual((ended.stdout, ended.status), ("child is done\n", 0))

    def test_the_thread_imports_nothing_as_forked_children_would_wait_for_that_for_ever(self) -> None:
        ended = self.run_program(
            """
            import sys, tacho
            before = set(sys.modules)
            session = tacho.connect("shop", "1.0")
            session.log_event("e", data={"a": "\\ud83d"})
            session.log_metric("m", 1)
            session.log_counter("n")
            session.flush(30)
            session.heartbeat()
            session.end()
            session.flush(30)
            print(sorted(set(sys.modules) - before))
            """
        )
        self.assertEqual(ended.stdout, "[]\n")

    def test_a_child_that_fails_tells_its_exception_but_no_end(self) -> None:
        self.run_program(
            """
            import os
            pid = os.fork()
            if pid == 0:
                raise OSError("child")
            os.waitpid(pid, 0)
            """
        )
        (event,) = self.agent.of_kind("event")
        self.assertEqual(event["exception_type"], "OSError")
        exits = self.agent.of_kind("exit")
        self.assertEqual([one.get("code") for one in exits], [0])


if __name__ == "__main__":
    unittest.main()
