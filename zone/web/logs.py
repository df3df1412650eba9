"""Logs without personal data: one line per request or event, as a JSON object or as text.

A line holds the URL rule, not the address, which may contain ids and search terms; and the kind of
the actor, not the person. Errors are written by `zone.core.safe_error`. A message of a library is
written with its numbers only: its other values may be personal data, such as the client addresses
in gunicorn's lines.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import Request
from gunicorn.glogging import Logger

from zone.core.config import Settings, SettingsError, load_settings
from zone.core.safe_error import describe_with_traceback, headline
from zone.web.context import request_id

log = logging.getLogger("zone.request")

FORMATS: Final = ("json", "text")
OUR_OWN: Final = ("zone", "firmware_bridge")
EXTRA: Final = ("method", "route", "status", "ms", "actor", "job", "attempt")
"""The fields that a line may have besides its message."""
UNMATCHED: Final = "(none)"
"""The `route` of a request whose address does not exist."""
# The fields of a line are flat, so a search for cycles would find none.
_JSON: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class SafeFormatter(logging.Formatter):
    """The fields of a record that are written, without personal data."""

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return time (UTC), level, logger, message, request id, EXTRA and error, in this order."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": at,
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        line["message"] = message_of(record)
        current = getattr(record, "request_id", None) or request_id()
        if current:
            line["request_id"] = current
        line |= {
            field: value for field in EXTRA if (value := getattr(record, field, None)) is not None
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_with_traceback(record.exc_info[1])
        return line


class JsonFormatter(SafeFormatter):
    """Writes a record as one JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        return _JSON.encode(self.fields(record))


class TextFormatter(SafeFormatter):
    """Writes a record as a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        line = self.fields(record)
        head = f"{line.pop('time')} {line.pop('level')} {line.pop('logger')}: {line.pop('message')}"
        return " ".join([head, *(f"{name}={value}" for name, value in line.items())])


def message_of(record: logging.LogRecord) -> str:
    """Return a record's message; that of a library with its numbers only."""
    if record.name.partition(".")[0] in OUR_OWN:
        return record.getMessage()
    if isinstance(record.msg, BaseException):
        return headline(record.msg)
    text = str(record.msg).partition(" from ip=")[0]  # gunicorn formats this address itself
    if isinstance(record.args, Mapping) or not record.args:
        return text
    safe = tuple(arg if isinstance(arg, int | float) else _Omitted() for arg in record.args)
    return text % safe


class _Omitted:
    """A placeholder for a value that is not written; formats as `%s`, `%r`, `%d` and `%f`."""

    def __str__(self) -> str:
        return "…"

    __repr__ = __str__

    def __int__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 0.0


def formatter(log_format: str) -> logging.Formatter:
    """Return the formatter of a log format.

    Raises:
        SettingsError: the setting is neither json nor text.
    """
    if log_format not in FORMATS:
        raise SettingsError(f"ZONE_LOG_FORMAT: {log_format!r} is neither json nor text")
    return JsonFormatter() if log_format == "json" else TextFormatter()


def configure(settings: Settings) -> None:
    """Write the log lines of this process to standard error only.

    Raises:
        SettingsError: as `formatter`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Neither format writes the thread, the process or the line of code of a record. Finding them
    # took a fifth of the time of a line; logging's own documentation names these switches.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    # APScheduler writes a line for every tick, and warnings while a job takes long.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """Gunicorn's logger in our format. Requests are logged by the application instead."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        safe = formatter(load_settings(os.environ).log_format)
        for handler in self.error_log.handlers:
            handler.setFormatter(safe)

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Write nothing: the line would hold the client's and the page's address."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answered request. `route` is the URL rule, `actor` the kind of actor."""

    method: str
    route: str
    status: int
    seconds: float
    actor: str
    request_id: str | None


def route_of(request: Request) -> str:
    """Return the URL rule of a request, or UNMATCHED."""
    return request.url_rule.rule if request.url_rule is not None else UNMATCHED


def method_of(request: Request) -> str:
    """Return the method of a request, or `OTHER`."""
    # A client may send any method, and each would become a time series of the metrics.
    return request.method if request.method in METHODS else "OTHER"


def write(answered: Answered) -> None:
    """Write the log line of a request."""
    log.info(
        "answered",
        extra={
            "method": answered.method,
            "route": answered.route,
            "status": answered.status,
            "ms": round(answered.seconds * 1000, 1),
            "actor": answered.actor,
            "request_id": answered.request_id,
        },
    )
