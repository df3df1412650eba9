"""Count every request by route, method and status."""

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response

from zone.core.metrics import REQUEST_SECONDS, REQUESTS, Gauges
from zone.web.logs import method, route, seconds_taken

GAUGES_KEY: Final = "zone_gauges"


def install(app: Flask, gauges: Sequence[Gauges]) -> None:
    """Count every request, and register the features' gauges for `/metrics`."""
    app.extensions[GAUGES_KEY] = gauges
    app.after_request(_count)


def _count(response: Response) -> Response:
    rule = route()
    REQUESTS.labels(method(), rule, str(response.status_code)).inc()
    REQUEST_SECONDS.labels(rule).observe(seconds_taken())
    return response
