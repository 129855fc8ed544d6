"""HTTP to an agent or a server: one connection that is kept, one request at a time, never without a time-out."""

import codecs
import gzip
import json
import os
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Dict, NamedTuple, Optional
from urllib.parse import urlsplit

from .limits import AGENT_TIMEOUT, COMPRESS_BYTES_MIN, REPLY_BYTES_MAX, SERVER_TIMEOUT

INGEST_PATH = "/api/ingest"

# Names of hosts are encoded by it, and it is imported when first needed. A child that is forked
# while a thread imports something waits for that import for ever, so our thread imports nothing.
codecs.lookup("idna")


class Reply(NamedTuple):
    """An answer: 0 as status where none came."""

    status: int
    body: Any
    """What the JSON of the answer says; None when it is none."""
    retry_after: Optional[float]
    """Seconds to wait, where the answer says so."""


NO_REPLY = Reply(0, None, None)


class Endpoint:
    """An agent (`is_agent`) or a server. Not for use by two threads at once."""

    def __init__(self, url: str, is_agent: bool, token: str = "", agent_id: str = "") -> None:
        parts = urlsplit(url if "://" in url else "http://" + url)
        self.url = url.rstrip("/")
        self.is_agent = is_agent
        self.agent_id = agent_id
        """Identity of the agent that answered last; empty while none did."""
        self.timeout = AGENT_TIMEOUT if is_agent else SERVER_TIMEOUT
        self._token = token
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port
        self._path = parts.path.rstrip("/")
        self._connection: Optional[HTTPConnection] = None

    def twin(self) -> "Endpoint":
        """The same endpoint with a connection of its own."""
        return Endpoint(self.url, self.is_agent, self._token, self.agent_id)

    def post_batch(self, body: bytes) -> Reply:
        """Delivers a batch. Nothing raises; a connection that had gone stale is made anew once."""
        headers = {"Content-Type": "application/json"}
        if not self.is_agent and len(body) >= COMPRESS_BYTES_MIN:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        was_kept = self._connection is not None
        reply = self._exchange("POST", INGEST_PATH, body, headers)
        if reply.status == 0 and was_kept:
            reply = self._exchange("POST", INGEST_PATH, body, headers)
        if self.is_agent and isinstance(reply.body, dict):
            self.agent_id = str(reply.body.get("agentId") or self.agent_id)
        return reply

    def get(self, path: str) -> Reply:
        """Asks a question. Nothing raises."""
        return self._exchange("GET", path, None, {})

    def close(self) -> None:
        """Gives the connection up; the next request makes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                pass

    def abandon(self) -> None:
        """
        After a fork: lets go of the parent's connection without speaking on it, and without the
        locks of its reader, which a thread of the parent may have held.
        """
        connection, self._connection = self._connection, None
        sock = None if connection is None else connection.sock
        if sock is not None:
            try:
                os.close(sock.detach())
            except (OSError, ValueError):
                # It was closed in that very moment.
                pass

    def _exchange(
        self, method: str, path: str, body: Optional[bytes], headers: Dict[str, str]
    ) -> Reply:
        if self._token and not self.is_agent:
            headers["Authorization"] = "Bearer " + self._token
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request(method, self._path + path, body, headers)
            response = self._connection.getresponse()
            reply = _read(response)
            if response.will_close:
                self.close()
            return reply
        except (OSError, HTTPException, ValueError):
            self.close()
            return NO_REPLY

    def _connect(self) -> HTTPConnection:
        if self._secure:
            return HTTPSConnection(self._host, self._port, timeout=self.timeout)
        return HTTPConnection(self._host, self._port, timeout=self.timeout)


def _read(response: HTTPResponse) -> Reply:
    raw = response.read(REPLY_BYTES_MAX)
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    return Reply(response.status, body, _seconds(response.getheader("Retry-After")))


def _seconds(value: Optional[str]) -> Optional[float]:
    """Only the form in seconds; dates are left to the ordinary pauses."""
    if value is None or not value.strip().isdigit():
        return None
    return min(float(value), 3600.0)
