"""The figures of benchmarks, each with its reference from the same run, as JSON and as a table."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured case; None where a value does not apply.

    Percentiles are in `unit`. `yardstick` is the reference from the same run, in the unit of
    `value` or of `p50`; `ratio` compares the two.
    """

    bench: str
    case: str
    unit: str
    n: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    value: float | None = None
    yardstick: float | None = None
    ratio: float | None = None

    def as_json(self) -> str:
        """Return the figure as one JSON object on one line."""
        return json.dumps(asdict(self))


COLUMNS = ("bench", "case", "unit", "n", "p50", "p95", "p99", "value", "yardstick", "ratio")


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile.

    Raises:
        ValueError: no samples.
    """
    if not samples:
        raise ValueError("no samples, no percentile")
    return sorted(samples)[max(0, math.ceil(len(samples) * percent / 100) - 1)]


def table(figures: Iterable[Measurement]) -> str:
    """Return the figures as aligned columns."""
    rows = [
        COLUMNS,
        *(tuple(_cell(getattr(figure, name)) for name in COLUMNS) for figure in figures),
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)
