"""Hooks into the interpreter: exceptions that nobody caught, and how the process comes to its end."""

import atexit
import dis
import os
import signal
import sys
import threading
import time
import weakref
from types import FrameType, TracebackType
from typing import Any, List, Optional, Type

from .client import all_clients
from .limits import EXIT_TIMEOUT
from .recording import Exit
from .session import Session

_SIGNAL_TIMEOUT = 1.0


def install(session: Session, capture: bool, signals: bool, unraisable: bool) -> None:
    """Looks out for this session; hooks are set once per process, in front of those that are there."""
    _state.sessions.append(weakref.ref(session))
    _state.sessions = [ref for ref in _state.sessions if ref() is not None]
    if not _state.at_exit:
        _state.at_exit = True
        atexit.register(_at_exit)
    if capture and not _state.captures:
        _state.captures = True
        _state.main_frame = _outermost_frame()
        _capture_exceptions()
        _capture_exit()
    if capture and signals and not _state.signals:
        _state.signals = True
        _capture_signals()
    if unraisable and not _state.unraisable:
        _state.unraisable = True
        _capture_unraisable()


class _State:
    """What is known about this process."""

    def __init__(self) -> None:
        self.sessions: List["weakref.ref[Session]"] = []
        self.at_exit = False
        self.captures = False
        self.signals = False
        self.unraisable = False
        self.main_frame: Optional[FrameType] = None
        self.uncaught = False
        self.signal: Optional[str] = None
        self.status: Optional[int] = None
        """Status that `sys.exit` was called with last."""


_state = _State()


def _open_sessions() -> List[Session]:
    found = [ref() for ref in _state.sessions]
    return [one for one in found if one is not None and not one._recording.ended]


def _tell(
    kind: Type[BaseException], value: Optional[BaseException], trace: Any, level: str, **data: Any
) -> None:
    for session in _open_sessions():
        session._say_uncaught((kind, value, trace), level, data or None)


def _capture_exceptions() -> None:
    previous, previous_in_thread = sys.excepthook, threading.excepthook

    def on_exception(
        kind: Type[BaseException], value: BaseException, trace: Optional[TracebackType]
    ) -> Any:
        try:
            if issubclass(kind, KeyboardInterrupt):
                _state.signal = "SIGINT"
            else:
                _state.uncaught = True
                _tell(kind, value, trace, "critical")
        except Exception:
            # The program's own exception is the one to be seen.
            pass
        return previous(kind, value, trace)

    def on_exception_in_thread(args: Any) -> Any:
        try:
            if not issubclass(args.exc_type, SystemExit):
                thread = args.thread.name if args.thread is not None else ""
                _tell(args.exc_type, args.exc_value, args.exc_traceback, "error", thread=thread)
        except Exception:
            # As above.
            pass
        return previous_in_thread(args)

    sys.excepthook = on_exception
    threading.excepthook = on_exception_in_thread


def _capture_unraisable() -> None:
    previous = sys.unraisablehook

    def on_unraisable(args: Any) -> Any:
        try:
            told = (args.exc_type, args.exc_value, args.exc_traceback)
            _tell(*told, "error", unraisable=True)
        except Exception:
            # The next hook says what happened.
            pass
        return previous(args)

    sys.unraisablehook = on_unraisable


def _capture_exit() -> None:
    """Python tells nobody the status that it exits with, so those who set it are listened to."""
    previous = sys.exit

    def noting_exit(status: Any = None) -> Any:
        _note_status(status)
        return previous(status)

    noting_exit.__doc__ = previous.__doc__
    sys.exit = noting_exit
    quitter = getattr(sys.modules.get("_sitebuiltins"), "Quitter", None)
    if quitter is None:
        return
    previous_call = quitter.__call__

    def noting_quit(self: Any, code: Any = None) -> Any:
        _note_status(code)
        return previous_call(self, code)

    quitter.__call__ = noting_quit


def _note_status(status: Any) -> None:
    if threading.current_thread() is threading.main_thread():
        _state.status = 0 if status is None else status if isinstance(status, int) else 1


def _capture_signals() -> None:
    """Only where the program left the default, which is to die without another word."""
    if threading.current_thread() is not threading.main_thread() or os.name != "posix":
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name)
        try:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _on_signal)
        except (ValueError, OSError):
            # Not the main interpreter; then signals stay as they are.
            return


def _on_signal(number: int, _frame: Optional[FrameType]) -> None:
    """Says what it was, and dies of the same signal, so that the parent sees what it expects."""
    try:
        _state.signal = signal.Signals(number).name
        _leave(Exit(signal=_state.signal), _SIGNAL_TIMEOUT)
    except Exception:
        # The signal is what counts.
        pass
    finally:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _at_exit() -> None:
    _leave(_how_it_ends(), EXIT_TIMEOUT)


def _leave(how: Exit, timeout: float) -> None:
    """All clients have so many seconds together; each may at least write down what it has."""
    deadline = time.monotonic() + timeout
    for client in all_clients():
        try:
            client.exit(how, max(0.0, deadline - time.monotonic()))
        except Exception:
            # Exiting is more important.
            pass


def _how_it_ends() -> Exit:
    """
    As far as it is certain. An exception took the main module out, or it ran to its end, which its
    frame tells; a SystemExit that nobody announced has a status that is not known.
    """
    if _state.uncaught:
        return Exit(code=1, uncaught=True)
    if _state.signal is not None:
        return Exit(signal=_state.signal)
    if _has_returned(_state.main_frame):
        return Exit(code=0)
    return Exit(code=None if _state.status is None else _state.status & 0xFF)


def _outermost_frame() -> Optional[FrameType]:
    """Where the main thread began; the frame's variables are those of its module, which stay anyway."""
    frames = sys._current_frames()
    frame = frames.get(threading.main_thread().ident or 0)
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _has_returned(frame: Optional[FrameType]) -> bool:
    """Whether a frame that is over came to its end by returning."""
    if frame is None or frame.f_lasti < 0:
        return False
    opcode = frame.f_code.co_code[frame.f_lasti]
    return dis.opname[opcode].startswith(("RETURN_VALUE", "RETURN_CONST"))
