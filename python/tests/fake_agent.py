"""An agent, or a server, over real HTTP that keeps what it is told; and a place for it all."""

import glob
import gzip
import json
import os
import shutil
import socket
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, Optional


class FakeAgent:
    """Takes batches like an agent; `answers` (status, body, headers) are given first, one per request."""

    def __init__(self, directory: Optional[str] = None, server: str = "") -> None:
        self.agent_id = "agent-1"
        self.bodies: List[bytes] = []
        self.batches: List[Dict[str, Any]] = []
        self.paths: List[str] = []
        self.headers: List[Dict[str, str]] = []
        self.answers: List[Any] = []
        self.questions: Dict[str, Any] = {}
        self.connections: List[socket.socket] = []
        self.gate = threading.Event()
        self.gate.set()
        self.stalls = 0
        """Answers whose body waits for the gate although their head was sent."""
        self._seen = {}  # type: Dict[str, int]
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        # Connections that break off belong to these tests.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = "http://127.0.0.1:%d" % self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        if directory is not None:
            register(directory, server, self.url, self.agent_id)

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def entries(self) -> List[Dict[str, Any]]:
        """Entries of all batches in order, of batches that came twice once."""
        with self._changed:
            return [entry for batch in self.batches for entry in batch["entries"]]

    def of_kind(self, kind: str) -> List[Dict[str, Any]]:
        return [entry for entry in self.entries if entry["kind"] == kind]

    def wait_for(self, condition: Any, timeout: float = 30.0) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise AssertionError("did not come; there are: %r" % self.batches)

    def take(self, path: str, headers: Dict[str, str], raw: bytes) -> Any:
        self.gate.wait(30)
        if headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        with self._changed:
            self.paths.append(path)
            self.headers.append(headers)
            self.bodies.append(raw)
            if self.answers:
                answer = self.answers.pop(0)
                if answer is not None:
                    self._changed.notify_all()
                    return answer
            batch = json.loads(raw)
            duplicate = batch["seq"] <= self._seen.get(batch["spoolId"], 0)
            if not duplicate:
                self._seen[batch["spoolId"]] = batch["seq"]
                self.batches.append(batch)
            self._changed.notify_all()
            reply = {"success": True, "accepted": len(batch["entries"]), "agentId": self.agent_id}
            return 200, reply, {}

    def read_last_words(self, directory: str) -> None:
        """Takes what a program left because there was no time, as agents do."""
        for path in glob.glob(os.path.join(directory, "last-words", "*.json")):
            with open(path, "rb") as file:
                for line in file.read().splitlines():
                    self.take("", {}, line)
            os.unlink(path)

    def answer(self, path: str) -> Any:
        if path == "/health":
            return 200, {"status": "ok", "agentId": self.agent_id}, {}
        found = self.questions.get(path)
        return (404, {}, {}) if found is None else (200, found, {})


def _handler(agent: FakeAgent) -> Any:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            agent.connections.append(self.request)
            super().setup()

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(agent.take(self.path, dict(self.headers.items()), raw))

        def do_GET(self) -> None:
            agent.paths.append(self.path)
            self.reply(agent.answer(self.path))

        def reply(self, answer: Any) -> None:
            status, body, headers = answer
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if agent.stalls > 0:
                    agent.stalls -= 1
                    agent.gate.clear()
                    agent.gate.wait(30)
                self.wfile.write(text)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def register(directory: str, server: str, url: str, agent_id: str) -> None:
    """Names an agent in the directory where clients look."""
    from tacho.settings import Settings

    env = {"TACHO_AGENT_DIR": directory}
    path = Settings(server=server or None, env=env).registration
    with open(path, "w") as file:
        json.dump({"url": url, "pid": os.getpid(), "agentId": agent_id, "version": "0"}, file)


class AgentCase(unittest.TestCase):
    """A test with an agent of its own."""

    def setUp(self) -> None:
        self.directory = tempfile.mkdtemp(prefix="tacho-test-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self._env = dict(os.environ)
        self.addCleanup(self._restore)
        for name in list(os.environ):
            if name.startswith("TACHO_"):
                del os.environ[name]
        os.environ["TACHO_AGENT_DIR"] = self.directory
        self.agent = FakeAgent()
        self.addCleanup(self.agent.close)

    def _restore(self) -> None:
        os.environ.clear()
        os.environ.update(self._env)

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """A session at the agent of this test, without hooks into the test runner."""
        import tacho

        kwargs.setdefault("agent", self.agent.url)
        kwargs.setdefault("capture", False)
        session = tacho.connect(*(args or ("shop", "1.0")), **kwargs)
        self.addCleanup(session.end)
        return session
