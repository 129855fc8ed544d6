"""The client: one connection of this process, with the thread that delivers what its sessions say."""

import os
import random
import sys
import threading
import time
from typing import Any, Dict, List, Optional

from . import limits
from .agent import locate, server_endpoint
from .last_words import leave_last_words
from .outbox import Outbox
from .recording import Exit, Recording
from .settings import Settings
from .transport import Endpoint, Reply


class Client:
    """
    Delivers to an agent, or to the server where there is none. Everything that may take time
    happens in one thread of its own, which never keeps the program alive.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.outbox = Outbox(settings.queue_size)
        self.disabled = settings.disabled
        self.monitors: List[Any] = []
        """What wants to be asked at every turn of the thread (`on_turn`)."""
        self.last_trouble = ""
        """Why the last request failed; empty when it did not."""
        self._endpoint: Optional[Endpoint] = None
        self._was_on_agent = False
        self._renew()

    def _renew(self) -> None:
        self._turn = threading.Condition(threading.RLock())
        self._thread: Optional[threading.Thread] = None
        self._is_urgent = False
        self._asked = 0
        """Flushes asked for, and the last of them that was done."""
        self._done = 0
        self._failures = 0
        self._not_before = 0.0
        """Monotonic second before which nothing is tried again."""
        self._leaving = False
        self._closed = False

    def wake(self, urgent: bool = False) -> None:
        """Makes sure that the thread runs; `urgent` words are sent at once."""
        if self.disabled or self._closed:
            return
        if self._thread is None:
            self._start_thread()
        if urgent and not self._is_urgent:
            with self._turn:
                self._is_urgent = True
                self._turn.notify_all()

    def flush(self, timeout: float = limits.FLUSH_TIMEOUT) -> bool:
        """Waits until all that was said before is delivered; False when that takes longer, in seconds."""
        if self.disabled or self._closed:
            return self.outbox.waiting == 0
        self.wake()
        if self._thread is None:
            return self._flush_here(timeout)
        deadline = time.monotonic() + timeout
        with self._turn:
            self._asked += 1
            asked = self._asked
            self._not_before = 0.0
            self._turn.notify_all()
            while self._done < asked:
                left = deadline - time.monotonic()
                if left <= 0 or self._thread is None or not self._thread.is_alive():
                    return False
                self._turn.wait(left)
        return True

    def exit(self, how: Exit, timeout: float) -> None:
        """
        The process ends: says how, waits for delivery as long as allowed, in seconds, and leaves
        the rest as last words for an agent.
        """
        if self.disabled or self._closed:
            return
        at = time.time()
        for recording in list(self.outbox.recordings):
            recording.leave(at, how)
        if self._thread is None and not self._has_words():
            return
        self._leaving = True
        delivered = False
        try:
            delivered = self.flush(timeout)
        except KeyboardInterrupt:
            pass
        if not delivered and self._has_words():
            self._leave_words()
        self._closed = True

    def ask(self, path_on_agent: str, path_on_server: str) -> Reply:
        """Asks the agent, or the server, a question; over a connection of its own."""
        known = self._endpoint
        endpoint = server_endpoint(self.settings) if known is None else known.twin()
        try:
            return endpoint.get(path_on_agent if endpoint.is_agent else path_on_server)
        finally:
            endpoint.close()

    @property
    def stats(self) -> Dict[str, Any]:
        """Calls of the program by what became of them, and why those were dropped that were."""
        outbox = self.outbox
        with outbox.lock:
            drops = dict(outbox.drops)
            return {
                "sent": outbox.sent,
                "dropped": sum(drops.values()),
                "queued": outbox.waiting,
                "drops": drops,
                "connected_to": self.connected_to,
                "trouble": self.last_trouble,
            }

    @property
    def connected_to(self) -> str:
        """`agent`, `server`, or empty while that is not known yet."""
        endpoint = self._endpoint
        return "" if endpoint is None else "agent" if endpoint.is_agent else "server"

    def become_child(self) -> None:
        """After a fork: another sender, with nothing of what the parent will say itself."""
        endpoint = self._endpoint
        if endpoint is not None:
            self._endpoint = endpoint.twin()
            endpoint.abandon()
        for recording in self.outbox.recordings:
            recording.become_child()
        self.outbox.renew()
        self.monitors.clear()
        self.disabled = self.disabled or self.settings.fork == "silent"
        self._renew()

    def _start_thread(self) -> None:
        with self._turn:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name="tacho", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The interpreter is going down, or there are no threads: exit() sends by itself.
                return
            self._thread = thread
        _flush_when_worker_of_a_pool_ends(self)

    def _run(self) -> None:
        while not self._closed:
            try:
                self._one_turn()
            except Exception as error:
                self.last_trouble = "%s: %s" % (type(error).__name__, error)
                time.sleep(limits.RETRY_DELAY_MIN)

    def _one_turn(self) -> None:
        with self._turn:
            if self._asked == self._done and not self._is_urgent:
                self._turn.wait(limits.FLUSH_INTERVAL)
            self._is_urgent = False
            asked = self._asked
        for monitor in list(self.monitors):
            monitor.on_turn()
        while time.monotonic() < self._not_before and self._asked == self._done:
            with self._turn:
                self._turn.wait(max(0.0, self._not_before - time.monotonic()))
        if self._deliver_all():
            with self._turn:
                self._done = max(self._done, asked)
                self._turn.notify_all()
        elif self._asked > self._done:
            # Somebody waits: try again soon, but not in a tight circle.
            time.sleep(_POLL_INTERVAL)

    def _deliver_all(self) -> bool:
        """Whether nothing is left."""
        while not self._closed:
            if self._endpoint is None:
                self._connect()
            endpoint = self._endpoint
            if endpoint is None:
                self._pause(None, limits.RETRY_DELAY_MAX_AGENT)
                return not self._has_words()
            batch = self.outbox.cut(endpoint.is_agent)
            if batch is None:
                return True
            agent_id = endpoint.agent_id
            reply = endpoint.post_batch(batch.body)
            if endpoint.is_agent and agent_id and endpoint.agent_id != agent_id:
                self.outbox.start_anew()
            if not self._settle(endpoint, reply):
                return False
        return True

    def _connect(self) -> None:
        found = locate(self.settings, not self._was_on_agent, lambda: self._closed)
        if found is not None and found.is_agent:
            # From here on what was told as growth is the agent's to add up: no way back.
            if self._was_on_agent and found.agent_id != self._last_agent:
                self.outbox.start_anew()
            self._was_on_agent = True
            self._last_agent = found.agent_id
        self._endpoint = found

    _last_agent = ""

    def _settle(self, endpoint: Endpoint, reply: Reply) -> bool:
        """What becomes of a batch after its answer; False when it has to be sent again."""
        receipt = reply.body if isinstance(reply.body, dict) else {}
        if reply.status == 200 and receipt.get("success") is True:
            self._failures = 0
            self._not_before = 0.0
            self.last_trouble = ""
            self._last_agent = endpoint.agent_id or self._last_agent
            rejected = receipt.get("rejected")
            listed = rejected if isinstance(rejected, list) else []
            self.outbox.delivered([_index(one) for one in listed])
            return True
        self.last_trouble = "no answer" if reply.status == 0 else "status %d" % reply.status
        if reply.status in (401, 403):
            self._pause(limits.REFUSED_DELAY, limits.RETRY_DELAY_MAX)
            return False
        if 400 <= reply.status < 500 and reply.status not in (408, 425, 429):
            self.outbox.poisoned()
            return True
        if endpoint.is_agent and reply.status == 0 and not self.settings.agent:
            endpoint.close()
            self._endpoint = None
        delay_max = limits.RETRY_DELAY_MAX_AGENT if endpoint.is_agent else limits.RETRY_DELAY_MAX
        self._pause(reply.retry_after, delay_max)
        return False

    def _pause(self, delay: Optional[float], delay_max: float) -> None:
        """Exponential, with full jitter, so that many programs do not come back as one."""
        self._failures += 1
        if delay is None:
            ceiling = limits.RETRY_DELAY_MIN * 2.0 ** min(self._failures, 10)
            delay = random.uniform(0, min(delay_max, ceiling))
        self._not_before = time.monotonic() + delay

    def _flush_here(self, timeout: float) -> bool:
        """Without a thread, as when the interpreter is already going down."""
        deadline = time.monotonic() + timeout
        while not self._deliver_all():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_INTERVAL)
        return not self._has_words()

    def _has_words(self) -> bool:
        outbox = self.outbox
        return outbox.waiting > 0 or any(
            recording.terminal is not None or not recording.start_told
            for recording in list(outbox.recordings)
        )

    def _leave_words(self) -> None:
        endpoint = self._endpoint
        if endpoint is None or endpoint.is_agent:
            if leave_last_words(self.outbox, self.settings.directory):
                return
        self.outbox.lose_rest("exit")


def client_for(settings: Settings) -> Client:
    """The client with these settings, made when there is none in this process."""
    with _registry_lock:
        client = _clients.get(settings.key)
        if client is None or client._closed:
            client = Client(settings)
            _clients[settings.key] = client
        return client


def all_clients() -> List[Client]:
    """Every client of this process."""
    return list(_clients.values())


def _index(rejection: Any) -> int:
    index = rejection.get("index") if isinstance(rejection, dict) else None
    return index if isinstance(index, int) else -1


def _after_fork_in_child() -> None:
    global _registry_lock
    _registry_lock = threading.RLock()
    for client in all_clients():
        try:
            client.become_child()
        except Exception:
            client.disabled = True


def _flush_when_worker_of_a_pool_ends(client: Client) -> None:
    """Processes of `multiprocessing` end without atexit; they have a list of their own."""
    process = sys.modules.get("multiprocessing.process")
    util = sys.modules.get("multiprocessing.util")
    if process is None or util is None:
        return
    try:
        if process.parent_process() is not None:
            util.Finalize(None, client.exit, (Exit(), limits.EXIT_TIMEOUT), exitpriority=10)
    except Exception:
        # Without it the last half second of such a process may be lost.
        pass


_POLL_INTERVAL = 0.05
_clients: Dict[str, Client] = {}
_registry_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
