"""`/healthz`, `/readyz` and `/metrics` for monitoring systems. They name nobody."""

import hmac
from collections.abc import Iterable
from ipaddress import ip_address
from os import environ
from typing import Final

from flask import Blueprint, Request, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import FORBIDDEN
from zone.core.metrics import MULTIPROCESS_FOLDER, REGISTRY
from zone.operation.monitoring.metrics import gathered
from zone.web.auth import public
from zone.web.context import current_settings
from zone.web.csrf import BEARER
from zone.web.request_metrics import GAUGES_KEY

pages: Final = Blueprint("operation_monitoring_pages", __name__)


@pages.get("/healthz")
@public
def healthz() -> Response:
    """200: this process answers. Says nothing of the database, so that a database in trouble restarts nobody."""
    return _answer("ok", 200)


@pages.get("/readyz")
@public
def readyz() -> Response:
    """200: the database answers too, so requests may come. 503: send them elsewhere, or wait."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        current_app.logger.warning("not ready: %s", type(error).__name__)
        return _answer("database unreachable", 503)
    return _answer("ok", 200)


def _answer(status: str, code: int) -> Response:
    response = jsonify(status=status)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/metrics")
@public
def metrics() -> Response:
    """The figures of this service, for this machine or for whoever brings the token.

    Errors: forbidden.
    """
    if not may_read(request, current_settings()):
        raise DomainError(FORBIDDEN)
    with reading() as session:
        found = Found(gathered(current_app.extensions[GAUGES_KEY], session, utc_now()))
    counted = CollectorRegistry()
    MultiProcessCollector(counted) if environ.get(MULTIPROCESS_FOLDER) else counted.register(_Own())  # type: ignore[no-untyped-call]  # prometheus_client left it untyped
    counted.register(found)
    response = Response(generate_latest(counted), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


def may_read(asking: Request, settings: Settings) -> bool:
    """Whether it comes from this very machine and through no proxy, or with the token.

    A proxy on this machine would make everybody look like it, so what one has forwarded never counts as local.
    """
    given = asking.headers.get("Authorization", "")
    if given.startswith(BEARER) and settings.metrics_token:
        return hmac.compare_digest(
            given.removeprefix(BEARER).encode(), settings.metrics_token.encode()
        )
    forwarded = any(name in asking.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
    return not forwarded and ip_address(asking.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 -- nobody's address


class _Own(Collector):
    """What this process counted, where it is the only one."""

    def collect(self) -> Iterable[Metric]:
        return REGISTRY.collect()


class Found(Collector):
    """Gauges that were read before."""

    def __init__(self, gauges: Iterable[Metric]) -> None:
        self._gauges = list(gauges)

    def collect(self) -> Iterable[Metric]:
        return self._gauges
