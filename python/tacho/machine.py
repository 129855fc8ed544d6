"""Which machine this is: by a random id that agents and clients on it share, and by its name."""

import os
import re
import socket
from hashlib import sha256
from typing import Dict, Optional
from uuid import uuid4

_HOSTNAME_LENGTH_MAX = 255
_form = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def machine_fields(directory: str) -> Dict[str, str]:
    """What a start says of the machine to a server; `directory` is that of the agents."""
    return {
        "machine_id": _machine_id(os.path.join(directory, "machine-id")),
        "hostname": socket.gethostname()[:_HOSTNAME_LENGTH_MAX],
    }


def _machine_id(path: str) -> str:
    """The id in the file, which is made when there is none; one made of the path where that fails."""
    known = _read(path)
    if known is not None:
        return known
    draft = "%s.%d.tmp" % (path, os.getpid())
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(str(uuid4()) + "\n")
        try:
            # Unlike a rename it fails when somebody was quicker, whose id is then the one.
            os.link(draft, path)
        finally:
            os.unlink(draft)
    except OSError:
        # Read below whatever is there.
        pass
    digest = sha256((socket.gethostname() + "\0" + path).encode("utf-8", "replace")).hexdigest()
    return _read(path) or "derived-" + digest[:32]


def _read(path: str) -> Optional[str]:
    try:
        with open(path, encoding="ascii") as file:
            text = file.read(100).strip()
    except (OSError, ValueError):
        return None
    return text if _form.fullmatch(text) else None
