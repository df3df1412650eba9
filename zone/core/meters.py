"""What a process counts of itself. With several web workers each writes its own file, and whoever is asked adds up.

That is decided by PROMETHEUS_MULTIPROC_DIR, which `zone serve` sets before this is imported. Everything that the
database knows is counted there, when it is asked for: it is the same whichever process answers.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each series began would double their number

REGISTRY: Final = CollectorRegistry()

REQUESTS: Final = Counter(
    "zone_http_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)  # fmt: skip
REQUEST_SECONDS: Final = Histogram(
    "zone_http_request_seconds", "Time from a request's arrival at the application to its answer.", ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 5), registry=REGISTRY,
)  # fmt: skip
WRITERS_WAITING: Final = Gauge(
    "zone_db_writers_waiting", "Transactions that wait for a connection or for the write lock.",
    multiprocess_mode="livesum", registry=REGISTRY,
)  # fmt: skip
WRITERS: Final = Gauge(
    "zone_db_writers", "Transactions that write at this moment; at most the pool's size in each process.",
    multiprocess_mode="livesum", registry=REGISTRY,
)  # fmt: skip
"""`livesum`: of the processes that live."""
