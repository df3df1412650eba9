"""Count every request by route, method and status."""

from collections.abc import Sequence
from typing import Final

from flask import Flask

from zone.core.metrics import REQUEST_SECONDS, REQUESTS, Gauges
from zone.web.logs import Answered

GAUGES_KEY: Final = "zone_gauges"


def install(app: Flask, gauges: Sequence[Gauges]) -> None:
    """Register the features' gauges for `/metrics`."""
    app.extensions[GAUGES_KEY] = gauges


def count(answered: Answered) -> None:
    """Count a request that was answered."""
    REQUESTS.labels(answered.method, answered.route, str(answered.status)).inc()
    REQUEST_SECONDS.labels(answered.route).observe(answered.seconds)
