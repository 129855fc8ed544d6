"""Opening sessions, and the default session, which functions of the module record into."""

import os
import sys
import threading
import time
from typing import Any, Dict, Mapping, Optional
from uuid import UUID, uuid4

from . import hooks, limits
from .arguments import tags_of, text_of
from .client import client_for
from .complaints import complain
from .entries import Text
from .events import data_text
from .limits import STATE_BYTES_MAX
from .machine import machine_fields
from .recording import Recording
from .session import Session, Tags
from .settings import Settings


def connect(
    product: Optional[str] = None,
    version: Optional[str] = None,
    *,
    server: Optional[str] = None,
    agent: Optional[str] = None,
    token: Optional[str] = None,
    session_id: Optional[str] = None,
    state: Optional[Mapping[str, Any]] = None,
    tags: Tags = None,
    queue_size: Optional[int] = None,
    fork: str = "join",
    capture: bool = True,
    signals: bool = True,
    unraisable: bool = False,
) -> Session:
    """
    Opens a session and makes it the default one. Returns at once: agent or server are looked for
    in the background, and what is said meanwhile waits.

    `server`, `agent` (`"off"`: none) and `token` replace `TACHO_SERVER`, `TACHO_AGENT` and
    `TACHO_TOKEN`; `session_id`, or `TACHO_SESSION`, joins a session that somebody else started and
    will end. `state` is the state at the start, `tags` go into its key `tags`. `capture=False` leaves `sys.excepthook`, `threading.excepthook`, `sys.exit` and
    signals alone; `signals=False` only the signals; `unraisable=True` records exceptions of
    destructors too. `fork="silent"` keeps forked children quiet. `queue_size` bounds the events
    and states that wait (10,000).
    """
    try:
        settings = Settings(server, agent, token, queue_size, fork)
        recording = _recording(session_id, product, version, state, tags, settings.directory)
        client = client_for(settings)
        session = Session(client, recording)
        client.outbox.add(recording)
        if not client.disabled:
            hooks.install(session, capture, signals, unraisable)
            client.wake(urgent=True)
    except Exception as error:
        complain("no session could be opened: %s: %s" % (type(error).__name__, error))
        session = _mute_session()
    _set_default(session)
    return session


def create_session(
    base_url: Optional[str] = None,
    daemon_port: Any = "auto",
    product: Optional[str] = None,
    version: Optional[str] = None,
    async_mode: bool = False,
    queue_size: int = limits.QUEUE_ENTRIES_MAX,
    server: Optional[str] = None,
    **options: Any,
) -> Session:
    """
    DataCat's way to open a session: `connect` with its arguments in its order. `base_url` is the
    server; the agent's port is found, so `daemon_port` says nothing; every session is asynchronous.
    """
    known = {name: options[name] for name in _options & options.keys()}
    if len(known) < len(options):
        complain("unknown options of a session: %s" % ", ".join(sorted(options.keys() - _options)))
    return connect(product, version, server=server or base_url, queue_size=queue_size, **known)


_options = frozenset(
    ("agent", "token", "session_id", "state", "tags", "fork", "capture", "signals", "unraisable")
)


def default_session() -> Session:
    """The session opened last that has not ended; a new one, named after the program, when there is none."""
    with _lock:
        session = _default
    if session is not None:
        return session
    return connect(_program(), "unknown")


def _recording(
    session_id: Any, product: Any, version: Any, state: Any, tags: Any, directory: str
) -> Recording:
    known = _uuid(session_id) or _uuid(os.environ.get("TACHO_SESSION"))
    recording = Recording(known or str(uuid4()), joined=known is not None)
    if known is not None:
        return recording
    if not product or not version:
        complain("Product and version are required; until they are named, the program's name is used")
    fields: Dict[str, Any] = {"state": _state(state, tags), "pid": os.getpid()}
    recording.machine = lambda: machine_fields(directory)
    recording.begin(
        time.time(),
        text_of(product or _program(), limits.PRODUCT_LENGTH_MAX),
        text_of(version or "unknown", limits.VERSION_LENGTH_MAX),
        fields,
    )
    return recording


def _state(state: Any, tags: Any) -> Optional[Text]:
    whole = dict(state) if isinstance(state, Mapping) else {}
    named = tags_of(tags)
    if named:
        whole["tags"] = named
    return data_text(whole, STATE_BYTES_MAX) if whole else None


def _program() -> str:
    """Name of the script that runs."""
    name = os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0]
    if name == "__main__":
        name = os.path.basename(os.path.dirname(os.path.abspath(sys.argv[0])))
    return name if name and name != "-c" else "python"


def _uuid(value: Any) -> Optional[str]:
    if not value:
        return None
    try:
        return str(UUID(str(value)))
    except ValueError:
        complain("%s is no UUID of a session" % str(value)[:100])
        return None


def _mute_session() -> Session:
    """A session that records nothing, for when there can be none."""
    settings = Settings(env={"TACHO_DISABLED": "1", "TACHO_AGENT_DIR": os.curdir})
    return Session(client_for(settings), Recording(str(uuid4()), joined=True))


def _set_default(session: Session) -> None:
    global _default
    with _lock:
        _default = session


_default: Optional[Session] = None
# Held for an assignment only, never while anything is called that could fork or log.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):

    def _renew_lock() -> None:
        global _lock
        _lock = threading.RLock()

    os.register_at_fork(after_in_child=_renew_lock)
