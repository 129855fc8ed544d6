"""Settings of a connection: arguments first, then the environment, then defaults."""

import os
import sys
import tempfile
from hashlib import sha256
from typing import Dict, Mapping, Optional

from .limits import QUEUE_ENTRIES_MAX

DEFAULT_SERVER = "http://127.0.0.1:9090"
_DATACAT_DEFAULT = "http://localhost:9090"


class Settings:
    """Where a connection leads, and what it may hold. Two connections of equal settings are one."""

    def __init__(
        self,
        server: Optional[str] = None,
        agent: Optional[str] = None,
        token: Optional[str] = None,
        queue_size: Optional[int] = None,
        fork: str = "join",
        env: Optional[Mapping[str, str]] = None,
    ) -> None:
        surroundings = os.environ if env is None else env
        if server is not None and server.rstrip("/") == _DATACAT_DEFAULT:
            server = None
        self.server = (server or surroundings.get("TACHO_SERVER") or DEFAULT_SERVER).rstrip("/")
        """URL of the server, without trailing slashes."""
        self.agent = agent or surroundings.get("TACHO_AGENT") or ""
        """URL of a running agent; `off` for none; empty to find one, or to start it."""
        self.token = token or surroundings.get("TACHO_TOKEN") or ""
        self.agent_binary = surroundings.get("TACHO_AGENT_BIN") or ""
        self.disabled = surroundings.get("TACHO_DISABLED", "") not in ("", "0")
        self.directory = state_directory(surroundings)
        """Where agents register, and where last words are left."""
        self.queue_size = _size(queue_size)
        self.fork = "silent" if fork == "silent" else "join"
        """What a forked child does: `join` the session of its parent, or stay `silent`."""

    @property
    def key(self) -> str:
        """Text that is equal for equal settings."""
        return repr(sorted(vars(self).items()))

    @property
    def registration(self) -> str:
        """The file in which the agent that delivers to this server is named."""
        digest = sha256(self.server.encode("utf-8", "replace")).hexdigest()
        return os.path.join(self.directory, "agent-%s.json" % digest[:16])

    def agent_environment(self) -> Dict[str, str]:
        """The environment of an agent that is started for this connection."""
        env = dict(os.environ, TACHO_SERVER=self.server, TACHO_AGENT_DIR=self.directory)
        for name in ("TACHO_AGENT", "TACHO_SESSION"):
            env.pop(name, None)
        if self.token:
            env["TACHO_TOKEN"] = self.token
        return env


def state_directory(env: Mapping[str, str], platform: str = sys.platform) -> str:
    """The directory of agents: the first of the usual places that is there or can be made."""
    if env.get("TACHO_AGENT_DIR"):
        return env["TACHO_AGENT_DIR"]
    places = []
    home = os.path.expanduser("~")
    if platform == "win32":
        if env.get("LOCALAPPDATA"):
            places.append(os.path.join(env["LOCALAPPDATA"], "tacho"))
    elif env.get("XDG_STATE_HOME"):
        places.append(os.path.join(env["XDG_STATE_HOME"], "tacho"))
    elif home != "~":
        parts = ("Library", "Application Support") if platform == "darwin" else (".local", "state")
        places.append(os.path.join(home, *parts, "tacho"))
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    last = os.path.join(tempfile.gettempdir(), "tacho-%s" % user)
    return next((place for place in places if _makes(place)), last)


def _makes(place: str) -> bool:
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        return True
    except OSError:
        return False


def _size(queue_size: Optional[int]) -> int:
    try:
        return QUEUE_ENTRIES_MAX if queue_size is None else max(1, int(queue_size))
    except (TypeError, ValueError, OverflowError):
        return QUEUE_ENTRIES_MAX
