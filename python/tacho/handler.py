"""A handler for `logging`: what a program logs anyway becomes events."""

import logging
import threading
from typing import TYPE_CHECKING, Any, Dict, Optional

from .arguments import level_of, text_of
from .complaints import logger as own_logger
from .events import clean_exception, event_fields
from .exceptions import exception_fields
from .limits import MESSAGE_LENGTH_MAX

if TYPE_CHECKING:
    from .session import Session


class TachoHandler(logging.Handler):
    """
    Records each log record as an event `log.<logger>`, exceptions with it: message and stack trace
    stay together. Without a session it records into the default one. What is logged while an event
    is being recorded is left alone, and so is what this package logs itself.
    """

    def __init__(
        self,
        session: Optional["Session"] = None,
        include_exceptions: bool = True,
        level: int = logging.NOTSET,
    ) -> None:
        super().__init__(level)
        self.session = session
        self.include_exceptions = include_exceptions
        self._inside = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Records it; problems go to `handleError`, as in every handler."""
        if record.name == own_logger.name or getattr(self._inside, "busy", False):
            return
        self._inside.busy = True
        try:
            session = self.session or _default_session()
            session._say_event(record.created, self._fields(record))
        except Exception:
            self.handleError(record)
        finally:
            self._inside.busy = False

    def _fields(self, record: logging.LogRecord) -> Dict[str, Any]:
        level = level_of(record.levelno) or "info"
        fields = event_fields(
            "log." + record.name,
            None,
            record.name,
            [level, record.name, record.funcName],
            self._message(record),
            {
                "logger": record.name,
                "level_name": record.levelname,
                "pathname": record.pathname,
                "lineno": record.lineno,
                "funcName": record.funcName,
                "module": record.module,
            },
            level=level,
        )
        fields["category"] = level
        if self.include_exceptions and record.exc_info and record.exc_info[1] is not None:
            fields.update(clean_exception(exception_fields(record.exc_info)))
        elif record.stack_info:
            fields["stacktrace"] = record.stack_info.splitlines()
        return fields

    def _message(self, record: logging.LogRecord) -> str:
        """In the form of the formatter, if one was set; never with the stack trace in it."""
        message = record.message = record.getMessage()
        if self.formatter is not None:
            if self.formatter.usesTime():
                record.asctime = self.formatter.formatTime(record, self.formatter.datefmt)
            message = self.formatter.formatMessage(record)
        return text_of(message, MESSAGE_LENGTH_MAX)


def _default_session() -> "Session":
    from .default import default_session

    return default_session()


DatacatHandler = TachoHandler
"""DataCat's name of it."""
