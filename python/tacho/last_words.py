"""Last words: what could not be sent before the process ended, in a file that an agent reads."""

import os
from typing import List

from .outbox import Outbox

_LOCK_TIMEOUT = 1.0


def leave_last_words(outbox: Outbox, directory: str) -> bool:
    """
    Writes what is left as batches, one per line: the one in flight unchanged, because it may have
    arrived, then the rest. The start comes with it, so that an agent that never heard of the
    session knows what it is about. Whether that worked.
    """
    if not outbox.cutting.acquire(timeout=_LOCK_TIMEOUT):
        return False
    try:
        lines: List[bytes] = []
        if outbox.in_flight is not None:
            lines.append(outbox.in_flight.body)
            outbox.delivered([])
        if not any(b'"kind":"start"' in line for line in lines):
            outbox.start_anew()
        while True:
            batch = outbox.cut(for_agent=True)
            if batch is None:
                break
            lines.append(batch.body)
            outbox.delivered([])
        if lines:
            _write(os.path.join(directory, "last-words"), outbox.spool_id, lines)
        outbox.closed = True
        return True
    except OSError:
        return False
    finally:
        outbox.cutting.release()


def _write(folder: str, name: str, lines: List[bytes]) -> None:
    """Under another name first: whoever looks into the folder sees finished files only."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    draft = os.path.join(folder, name + ".tmp")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "wb") as file:
        for line in lines:
            file.write(line + b"\n")
    os.replace(draft, os.path.join(folder, name + ".json"))
