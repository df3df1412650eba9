"""`/metrics`: what a monitoring system asks for every few seconds, as Prometheus text, and nothing about anybody.

Counters of requests are added up over the web workers; all else is read from the database at that moment.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from ipaddress import ip_address
from os import environ
from typing import Any, Final

from flask import Blueprint, Flask, Request, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.orm import Session

from zone.config import Settings
from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.meters import REGISTRY, REQUEST_SECONDS, REQUESTS
from zone.db import reading
from zone.http.auth import FORBIDDEN, public
from zone.http.context import current_settings
from zone.http.csrf import BEARER
from zone.http.logs import method, route, seconds_taken

pages: Final = Blueprint("metrics", __name__)

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The folder in which web workers count together; prometheus_client reads it by itself."""

KEY: Final = "zone_gauges"

Gauges = Callable[[Session, datetime], Iterable[Metric]]
"""What a room reads from the database for whoever watches."""


def install(app: Flask, gauges: Sequence[Gauges]) -> None:
    """Count every request, and let `/metrics` ask the rooms."""
    app.extensions[KEY] = gauges
    app.after_request(_count)


def _count(response: Response) -> Response:
    rule = route()
    REQUESTS.labels(method(), rule, str(response.status_code)).inc()
    REQUEST_SECONDS.labels(rule).observe(seconds_taken())
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
        found = Found(gathered(current_app.extensions[KEY], session, utc_now()))
    counted = CollectorRegistry()
    MultiProcessCollector(counted) if environ.get(SHARED) else counted.register(_Own())  # type: ignore[no-untyped-call]  # prometheus_client left it untyped
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
        return hmac.compare_digest(given.removeprefix(BEARER).encode(), settings.metrics_token.encode())
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


def gathered(rooms: Iterable[Gauges], session: Session, now: datetime) -> Iterator[Metric]:
    """What the rooms say, and the size of the database."""
    yield gauge("zone_db_size_bytes", "The database's size on its disk.", {(): database_size(session)})
    for of_room in rooms:
        yield from of_room(session, now)


def gauge(name: str, says: str, values: Mapping[Any, float | None], labels: Sequence[str] = ()) -> Metric:
    """A gauge with its values by a tuple of labels; None is left out."""
    family = GaugeMetricFamily(name, says, labels=labels)
    for labelled, value in values.items():
        if value is not None:
            family.add_metric(labelled, value)
    return family


def database_size(session: Session) -> int:
    """In bytes; of SQLite without its journal."""
    if session.get_bind().dialect.name == "sqlite":
        size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        size = "SELECT pg_database_size(current_database())"
    return int(session.execute(text(size)).scalar_one())
