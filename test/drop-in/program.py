"""A program that records itself with DataCat's client, as far as a daemon can tell.

It starts the daemon as that client does (configuration in a file, pipes that nobody reads, one
second of patience, SIGTERM at exit) and sends what that client was seen to send. What it does is
told line by line on stdin, as JSON: ["name", argument, ...]; each line is answered on stdout.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request


class Daemon:
    """The daemon of this program."""

    def __init__(self, server_url, binary="datacat-daemon"):
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
        self.port = str(probe.getsockname()[1])
        probe.close()
        os.makedirs("tmp/daemon_configs", exist_ok=True)
        self.config = "tmp/daemon_configs/daemon_config_%s.json" % self.port
        with open(self.config, "w") as file:
            json.dump(
                {
                    "daemon_port": self.port,
                    "server_url": server_url,
                    "batch_interval_seconds": 5,
                    "max_batch_size": 100,
                    "heartbeat_timeout_seconds": 60,
                },
                file,
            )
        env = dict(os.environ, DATACAT_CONFIG=self.config)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([binary], stdin=pipe, stdout=pipe, stderr=pipe, env=env)
        time.sleep(1)
        self.await_port()
        if self.process.poll() is not None:
            raise Exception("daemon ended: %r" % (self.process.communicate(),))
        atexit.register(self.stop)

    def await_port(self):
        """The real client waits for that second and no more; a busy machine of tests may need longer."""
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", int(self.port)), timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self):
        """Ends the daemon; the seconds that it took, or None when it had to be killed."""
        if self.process.poll() is not None:
            return 0
        started = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None
        finally:
            if os.path.exists(self.config):
                os.remove(self.config)
        return time.monotonic() - started


def request(url, body=None):
    """Sends a body, or asks for something; the reply as JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as reply:
        return json.loads(reply.read().decode())


daemon = None


def post(path, body):
    return request("http://localhost:%s%s" % (daemon.port, path), body)


def start(server_url):
    global daemon
    daemon = Daemon(server_url)
    return {"pid": daemon.process.pid, "port": int(daemon.port)}


def metric(session, name, value, type="gauge", tags=(), **more):
    body = {"session_id": session, "name": name, "type": type, "value": float(value)}
    body["tags"] = list(tags)
    body.update({key: value for key, value in more.items() if value is not None})
    return post("/metric", body)


def event(session, name, **fields):
    body = {"session_id": session, "name": name, "data": {}, "category": "info", "labels": []}
    body.update(fields)
    return post("/event", body)


CALLS = {
    "start": start,
    "stop": lambda: daemon.stop(),
    "register": lambda product="P", version="V": post(
        "/register", {"parent_pid": os.getpid(), "product": product, "version": version}
    )["session_id"],
    "state": lambda session, state: post("/state", {"session_id": session, "state": state}),
    "event": lambda session, name, fields={}: event(session, name, **fields),
    "metric": lambda session, name, value, fields={}: metric(session, name, value, **fields),
    # Written without quotes, which is not JSON.
    "nan": lambda session, name: metric(session, name, float("nan")),
    "infinite_bucket": lambda session, name, value: metric(
        session, name, value, "histogram", metadata={"buckets": [1, float("inf")]}
    ),
    "heartbeat": lambda session: post("/heartbeat", {"session_id": session}),
    "pause": lambda session: post("/pause_heartbeat", {"session_id": session}),
    "resume": lambda session: post("/resume_heartbeat", {"session_id": session}),
    "end": lambda session: post("/end", {"session_id": session}),
    "details": lambda session: request(
        "http://localhost:%s/session?session_id=%s" % (daemon.port, session)
    ),
    "sessions": lambda: request("http://localhost:%s/sessions" % daemon.port),
    "health": lambda: request("http://localhost:%s/health" % daemon.port),
    "many": lambda session, count: [
        metric(session, "m%d" % (n % 50), n) for n in range(count)
    ].__len__(),
    "die": lambda: os._exit(1),
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
}


def main():
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            answer = {"ok": CALLS[name](*arguments)}
        except urllib.error.HTTPError as error:
            answer = {"status": error.code}
        except Exception as error:  # The driver is to hear of everything.
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), flush=True)


main()
