"""Measures what a call costs a program, and what a burst of a million holds; prints one JSON object."""

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)

CALLS = 200_000
BURST = 1_000_000

AGENT = """
import sys, threading
sys.path.insert(0, %r)
from tests.fake_agent import FakeAgent
class Quiet(FakeAgent):
    def take(self, path, headers, raw):
        return 200, {"success": True, "accepted": 1, "agentId": self.agent_id}, {}
print(Quiet().url, flush=True)
sys.stdin.read()
""" % here


def main() -> None:
    command = [sys.executable, "-c", AGENT]
    agent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert agent.stdout is not None and agent.stdin is not None
    try:
        os.environ["TACHO_AGENT"] = agent.stdout.readline().strip()
        os.environ["TACHO_AGENT_DIR"] = tempfile.mkdtemp(prefix="tacho-bench-")
        print(json.dumps(measure()))
    finally:
        agent.stdin.close()
        agent.wait()


def measure() -> "dict[str, object]":
    import tacho

    started = time.perf_counter()
    session = tacho.connect("bench", "1", capture=False)
    figures: "dict[str, object]" = {
        "python": sys.version.split()[0],
        "connect_ms": round((time.perf_counter() - started) * 1e3, 3),
    }
    tags = ["endpoint:users", "method:GET"]
    calls = {
        "log_metric": lambda: session.log_metric("queue_size", 12.5),
        "log_metric_tags": lambda: session.log_metric("http_requests", 100, tags=tags),
        "log_counter": lambda: session.log_counter("requests"),
        "log_event": lambda: session.log_event("api_call", data={"endpoint": "/users", "n": 1}),
    }
    for name, call in calls.items():
        figures[name] = cost(call, CALLS if name != "log_event" else 5_000)
        session.flush(30)
    figures["burst"] = burst(session)
    return figures


def cost(call: "object", times: int) -> "dict[str, float]":
    """Microseconds of single calls, the cost of an empty call and of reading the clock taken off."""
    own = _sorted_ns(lambda: None, 20_000)
    taken = _sorted_ns(call, times)
    empty = own[len(own) // 2]

    def at(share: float) -> float:
        return round(max(0, taken[int(len(taken) * share)] - empty) / 1e3, 3)

    return {"p50_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999)}


def _sorted_ns(call: "object", times: int) -> "list[int]":
    clock = time.perf_counter_ns
    taken = []
    for _ in range(times):
        before = clock()
        call()  # type: ignore[operator]
        taken.append(clock() - before)
    return sorted(taken)


def burst(session: "object") -> "dict[str, object]":
    """A million calls as fast as they can be made: what they hold at most, and what became of them."""
    gc.collect()
    log, before = session.log_metric, _rss_bytes()  # type: ignore[attr-defined]
    peak, over = [before], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            peak.append(_rss_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    dropped = session.stats["dropped"]  # type: ignore[attr-defined]
    started = time.perf_counter()
    for _ in range(BURST):
        log("burst", 1.25)
    calls_s = time.perf_counter() - started
    delivered = session.flush(60)  # type: ignore[attr-defined]
    whole_s = time.perf_counter() - started
    over.set()
    watcher.join()
    return {
        "calls": BURST,
        "us_per_call": round(calls_s / BURST * 1e6, 3),
        "delivered_s": round(whole_s, 3),
        "delivered": delivered,
        "dropped": session.stats["dropped"] - dropped,  # type: ignore[attr-defined]
        "peak_mb": round((max(peak) - before) / 1e6, 1),
    }


def _rss_bytes() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
