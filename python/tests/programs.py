"""Small programs that run in processes of their own, as users' programs do."""

import os
import subprocess
import sys
import textwrap
from typing import Any, Dict, List, Optional

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def environment(**extra: str) -> Dict[str, str]:
    """Ours without settings of Tacho, with the package on the path."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TACHO_")}
    # From 3.12 on Python warns of forking beside threads, of which we are one.
    env.update(PYTHONPATH=root, PYTHONWARNINGS="ignore::DeprecationWarning", **extra)
    return env


def start(source: str, args: Optional[List[str]] = None, **env: str) -> "subprocess.Popen[str]":
    """Starts a program from its text; `session` is there already unless it connects itself."""
    text = textwrap.dedent(source)
    if "connect(" not in text and "create_session(" not in text:
        text = "import tacho\nsession = tacho.connect('shop', '1.0')\n" + text
    return subprocess.Popen(
        [sys.executable, *(args or []), "-c", text],
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


class Ended:
    """How a program ended."""

    def __init__(self, process: Any) -> None:
        self.stdout, self.stderr = process.communicate(timeout=60)
        self.status = process.returncode
        self.pid = process.pid


def run(source: str, **env: str) -> Ended:
    """Runs a program to its end."""
    return Ended(start(source, **env))
