"""Finding an agent: the one that is named, else the one that is registered, else a new one, else the server."""

import json
import os
import shutil
import subprocess
import sys
import time
from typing import Callable, Dict, List, Optional

from .limits import AGENT_START_TIMEOUT
from .settings import Settings
from .transport import Endpoint

_POLL_INTERVAL = 0.05


def locate(settings: Settings, direct_allowed: bool, give_up: Callable[[], bool]) -> Optional[Endpoint]:
    """
    Whom to deliver to. Takes up to five seconds where an agent has to be started, so this is for
    the background; `give_up` is asked meanwhile. None when an agent is wanted and none is there.
    """
    if settings.agent.lower() == "off":
        return server_endpoint(settings)
    if settings.agent:
        return Endpoint(settings.agent, is_agent=True)
    found = registered(settings)
    if found is not None:
        return found
    command = agent_command(settings)
    if command is not None and _start(command, settings):
        found = _wait_for(settings, give_up)
        if found is not None:
            return found
    return server_endpoint(settings) if direct_allowed and not give_up() else None


def server_endpoint(settings: Settings) -> Endpoint:
    """The server itself."""
    return Endpoint(settings.server, is_agent=False, token=settings.token)


def registered(settings: Settings) -> Optional[Endpoint]:
    """The agent that is registered for this server, if it answers as that agent does."""
    try:
        with open(settings.registration, encoding="utf-8") as file:
            known: Dict[str, object] = json.load(file)
        url, agent_id = known["url"], known["agentId"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(url, str) or not isinstance(agent_id, str):
        return None
    endpoint = Endpoint(url, is_agent=True, agent_id=agent_id)
    health = endpoint.get("/health").body
    if isinstance(health, dict) and health.get("agentId") == agent_id:
        return endpoint
    endpoint.close()
    return None


def agent_command(settings: Settings) -> Optional[List[str]]:
    """The command that starts an agent; None where there is none on this machine."""
    binary = settings.agent_binary or _on_path("tacho-agent")
    if not binary:
        return None
    if binary.endswith((".js", ".mjs", ".cjs")):
        node = _on_path("node")
        return None if node is None else [node, binary, "--shared"]
    return [binary, "--shared"]


def _on_path(name: str) -> Optional[str]:
    """A program on PATH, and nowhere else: the working directory is not to be trusted."""
    found = shutil.which(name)
    if found is None or os.path.dirname(os.path.abspath(found)) == os.getcwd():
        return None
    return found


def _start(command: List[str], settings: Settings) -> bool:
    """
    Starts it as nobody's child, so that the program's own waiting for children never meets it; it
    inherits no file and no terminal.
    """
    try:
        if sys.platform == "win32":
            detached = 0x00000008 | 0x00000200
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=detached,
                env=settings.agent_environment(),
            )
            return True
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=settings.agent_environment(),
            timeout=AGENT_START_TIMEOUT,
            check=False,
        )
        return True
    except (OSError, ValueError, RuntimeError, subprocess.SubprocessError):
        return False


def _wait_for(settings: Settings, give_up: Callable[[], bool]) -> Optional[Endpoint]:
    deadline = time.monotonic() + AGENT_START_TIMEOUT
    while time.monotonic() < deadline and not give_up():
        found = registered(settings)
        if found is not None:
            return found
        time.sleep(_POLL_INTERVAL)
    return None
