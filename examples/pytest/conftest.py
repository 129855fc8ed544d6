"""Records a run of pytest: one session, a timer per test, an event for each one that fails.

Copy it beside your tests, with the package tacho installed:

    PYTHONPATH=python python3 -m pytest examples/pytest

    TACHO_SERVER  address of the server, default http://127.0.0.1:9090
"""

import tacho

session = tacho.connect("acme-tests", "main", state={"runner": "pytest"})
counts = {"passed": 0, "failed": 0, "skipped": 0}


def pytest_runtest_logstart(nodeid, location):
    session.update_state({"test": nodeid})


def pytest_runtest_logreport(report):
    if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
        counts[report.outcome] += 1
        session.log_timer("test_seconds", report.duration, tags=["test:" + report.nodeid])
        session.log_counter("tests", tags=["outcome:" + report.outcome])
    if report.failed:
        session.log_event(
            "test_failed",
            level="error",
            message=report.nodeid,
            data={"phase": report.when, "text": report.longreprtext},
        )


def pytest_sessionfinish(session, exitstatus):
    globals()["session"].update_state({"test": None, "counts": counts, "status": int(exitstatus)})


def pytest_unconfigure(config):
    session.end()
