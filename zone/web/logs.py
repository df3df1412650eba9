"""Logs: one line for each request and each event, as a JSON object or as text, without personal data.

A line names the rule of an address, never the address itself, which may hold ids and search terms; the kind of
actor, never who. Errors are written by `zone.core.safe_error`. Of other libraries only the constant text of a
message is written, since its values may be anything: gunicorn's are addresses of people and of pages.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from flask import Flask, Response, g, request
from gunicorn.glogging import Logger

from zone.core.config import Settings, SettingsError, load_settings
from zone.core.safe_error import account, headline
from zone.web.context import request_id

log = logging.getLogger("zone.request")

FORMATS: Final = ("json", "text")
OUR_OWN: Final = ("zone", "firmware_bridge")
EXTRA: Final = ("method", "route", "status", "ms", "actor", "job", "attempt")
"""The fields that a line may carry beside its message."""
UNMATCHED: Final = "(none)"
"""The rule of an address that does not exist."""


class SafeFormatter(logging.Formatter):
    """What may be told of a record, in the order of a line."""

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """Time (UTC), level, logger, message, request id, and the extra fields that the line carries."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {
            "time": at,
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        told["message"] = message_of(record)
        name = getattr(record, "request_id", None) or request_id()
        if name:
            told["request_id"] = name
        told |= {
            field: value for field in EXTRA if (value := getattr(record, field, None)) is not None
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["error"] = account(record.exc_info[1])
        return told


class JsonFormatter(SafeFormatter):
    """One JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.fields(record), ensure_ascii=False, default=str)


class TextFormatter(SafeFormatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        told = self.fields(record)
        head = f"{told.pop('time')} {told.pop('level')} {told.pop('logger')}: {told.pop('message')}"
        return " ".join([head, *(f"{name}={value}" for name, value in told.items())])


def message_of(record: logging.LogRecord) -> str:
    """The message of our own code; of a library its words, and numbers where it fills some in."""
    if record.name.partition(".")[0] in OUR_OWN:
        return record.getMessage()
    if isinstance(record.msg, BaseException):
        return headline(record.msg)
    words = str(record.msg).partition(" from ip=")[0]  # gunicorn has filled that in by itself
    if isinstance(record.args, Mapping) or not record.args:
        return words
    harmless = tuple(arg if isinstance(arg, int | float) else _Left() for arg in record.args)
    return words % harmless


class _Left:
    """Stands for what is left out, whatever form it was to be printed in."""

    def __str__(self) -> str:
        return "…"

    __repr__ = __str__

    def __int__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 0.0


def formatter(log_format: str) -> logging.Formatter:
    """The way in which lines are written.

    Raises:
        SettingsError: the setting is neither json nor text.
    """
    if log_format not in FORMATS:
        raise SettingsError(f"ZONE_LOG_FORMAT: {log_format!r} is neither json nor text")
    return JsonFormatter() if log_format == "json" else TextFormatter()


def configure(settings: Settings) -> None:
    """Let this process write its lines to standard error, and nowhere else.

    Raises:
        SettingsError: as `formatter`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(
        logging.ERROR
    )  # else lines for every tick, and while a job takes long
    logging.getLogger("alembic").setLevel(logging.WARNING)


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """Gunicorn's own lines, written like ours. Requests are told by the application, which knows their rules."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        written = formatter(load_settings(os.environ).log_format)
        for handler in self.error_log.handlers:
            handler.setFormatter(written)

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Nothing: its line would hold the address of a person and of a page."""


def install(app: Flask) -> None:
    """Write one line for each request that came to an answer."""
    app.before_request(_begin)
    app.after_request(_log_request)


def _begin() -> None:
    g.began = time.perf_counter()


def seconds_taken() -> float:
    """How long this request has taken so far."""
    return time.perf_counter() - cast("float", g.get("began", time.perf_counter()))


def route() -> str:
    """The rule of this request's address."""
    return request.url_rule.rule if request.url_rule is not None else UNMATCHED


METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method() -> str:
    """The method of this request; anything that is not one is `OTHER`, for a client may write there what it likes."""
    return request.method if request.method in METHODS else "OTHER"


def _log_request(response: Response) -> Response:
    actor = g.get("actor")
    log.info(
        "answered",
        extra={
            "method": method(),
            "route": route(),
            "status": response.status_code,
            "ms": round(seconds_taken() * 1000, 1),
            "actor": actor.kind if actor is not None else "nobody",
        },
    )
    return response
