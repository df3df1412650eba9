"""Prometheus metrics: counters of the process, and the type of gauges read from the database.

`zone serve` sets PROMETHEUS_MULTIPROC_DIR before this module is imported: each web worker then
counts in a file of its own, and the worker that answers /metrics adds them up.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy.orm import Session

# The time at which each series began would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in prometheus_client

REGISTRY: Final = CollectorRegistry()

REQUESTS: Final = Counter(
    "zone_http_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)
REQUEST_SECONDS: Final = Histogram(
    "zone_http_request_seconds",
    "Time from a request's arrival at the application to its answer.",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 5),
    registry=REGISTRY,
)
WRITERS_WAITING: Final = Gauge(
    "zone_db_writers_waiting",
    "Transactions that wait for a connection or for the write lock.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
# `livesum`: the sum over running processes.
WRITERS: Final = Gauge(
    "zone_db_writers",
    "Transactions that write at this moment; at most the pool's size in each process.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)

# The variable with the folder of the counter files; prometheus_client reads it itself.
MULTIPROCESS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"

# Reads the gauges of a feature from the database.
Gauges = Callable[[Session, datetime], Iterable[Metric]]


def gauge(
    name: str, doc: str, values: Mapping[Any, float | None], labels: Sequence[str] = ()
) -> Metric:
    """A gauge with one value for each tuple of labels; a value None is left out."""
    family = GaugeMetricFamily(name, doc, labels=labels)
    for labelled, value in values.items():
        if value is not None:
            family.add_metric(labelled, value)
    return family
