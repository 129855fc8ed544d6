"""A batch job that records itself: how far it is, how long rows take, which of them fail.

    PYTHONPATH=python python3 examples/batch_job.py [ROWS]

    ROWS          rows to import, default 1000
    TACHO_SERVER  address of the server, default http://127.0.0.1:9090

Its exit status is 1 when more than one row in ten fails; Tacho then says that it failed, and how.
"""

import sys

import tacho


def import_row(number: int) -> int:
    """Does the work; some rows cannot be read."""
    text = "oops" if number % 97 == 13 else str(number * 3)
    return int(text)


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    session = tacho.connect("nightly-import", "5.2.0", state={"phase": "read", "rows": rows})
    failed = 0
    total = 0
    for number in range(1, rows + 1):
        try:
            with session.timer("row_import_seconds"):
                total += import_row(number)
        except ValueError:
            failed += 1
            session.log_exception(extra_data={"row": number})
            session.log_counter("rows_failed")
        session.log_counter("rows_imported")
        if number % 100 == 0:
            session.update_state({"phase": "import", "done": number, "failed": failed})
    session.update_state({"phase": "done", "done": rows, "failed": failed, "sum": total})
    if failed > rows // 10:
        # Leaving without end(): the agent sees the exit status and records a failure.
        return 1
    session.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
