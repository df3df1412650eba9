"""`/healthz`, `/readyz` and `/metrics` for monitoring systems; none holds personal data."""

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
from zone.operation.monitoring.metrics import all_gauges
from zone.web.auth import public
from zone.web.context import current_settings
from zone.web.csrf import bearer_of
from zone.web.request_metrics import GAUGES_KEY

pages: Final = Blueprint("operation_monitoring_pages", __name__)


@pages.get("/healthz")
@public
def healthz() -> Response:
    """200: this process answers."""
    # The database is not asked: its failure must not make a supervisor restart every process.
    return _answer("ok", 200)


@pages.get("/readyz")
@public
def readyz() -> Response:
    """200: the database answers too. 503: it does not."""
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
    """The metrics of this service, for this machine or with the token of ZONE_METRICS_TOKEN."""
    if not may_read(request, current_settings()):
        raise DomainError(FORBIDDEN)
    with reading() as session:
        gauges = ReadGauges(all_gauges(current_app.extensions[GAUGES_KEY], session, utc_now()))
    registry = CollectorRegistry()
    if environ.get(MULTIPROCESS_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # left untyped by prometheus_client
    else:
        registry.register(_ProcessCounters())
    registry.register(gauges)
    response = Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


def may_read(request: Request, settings: Settings) -> bool:
    """Whether a request comes from this machine and through no proxy, or with the token."""
    token = bearer_of(request)
    if token is not None and settings.metrics_token:
        return hmac.compare_digest(token.encode(), settings.metrics_token.encode())
    # Behind a proxy on this machine every request has its address: one that was forwarded never
    # counts as local.
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
    return not forwarded and ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 -- no address is not local


class _ProcessCounters(Collector):
    """The counters of this process, where it is the only one."""

    def collect(self) -> Iterable[Metric]:
        return REGISTRY.collect()


class ReadGauges(Collector):
    """Gauges whose values have been read from the database."""

    def __init__(self, gauges: Iterable[Metric]) -> None:
        self._gauges = list(gauges)

    def collect(self) -> Iterable[Metric]:
        return self._gauges
