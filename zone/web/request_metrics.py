"""Count every request by route, method and status."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from flask import Flask
from prometheus_client import Counter, Histogram

from zone.core.metrics import REQUEST_SECONDS, REQUESTS, Gauges
from zone.web.logs import Answered

GAUGES_KEY: Final = "zone_gauges"


def install(app: Flask, gauges: Sequence[Gauges]) -> None:
    """Register the features' gauges for `/metrics`."""
    app.extensions[GAUGES_KEY] = gauges


def count(answered: Answered) -> None:
    """Count a request that was answered."""
    requests, seconds = _series_of(answered.method, answered.route, answered.status)
    requests.inc()
    seconds.observe(answered.seconds)


@cache  # routes, methods and statuses are few; `labels` takes a lock and finds the series anew
def _series_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(route)
