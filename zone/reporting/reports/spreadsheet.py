"""The figures as a sheet: one row for each that is shown, with its receipt. CSV, UTF-8, commas, decimal points."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from zone.reporting.kpis.queries import Figure, Provenance, Report
from zone.reporting.kpis.rules import Judged
from zone.reporting.supporting.queries import SupportingFigure

COLUMNS: Final = (
    "figure",
    "part",
    "status",
    "shown",
    "exact",
    "growth_pct",
    "target",
    "baseline",
    "definition",
    "window_start",
    "window_end",
    "as_of",
    "rows",
    "sha256",
)
BOM: Final = "\ufeff"
"""Without it a spreadsheet reads UTF-8 as something older."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_of(report: Report, others: Iterable[SupportingFigure]) -> str:
    """Exactly what the page of targets shows."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(report, others):
        writer.writerow({name: safe(value) for name, value in row.items()})
    return out.getvalue()


def _rows(report: Report, others: Iterable[SupportingFigure]) -> Iterator[dict[str, Any]]:
    for figure in report.figures:
        yield _row(figure, "", figure.judged, figure.receipt)
        for part in figure.parts:
            yield _row(figure, part.name, part.judged, part.receipt)
    for item in others:
        yield _other(item)


def _row(figure: Figure, part: str, judged: Judged, receipt: Provenance) -> dict[str, Any]:
    goal = figure.goal
    return {
        "figure": goal.key,
        "part": part,
        "status": judged.status.value,
        "shown": judged.shown,
        "exact": judged.value,
        "growth_pct": judged.growth_pct,
        "target": goal.goal,
        "baseline": goal.baseline,
        **_how(receipt),
    }


def _other(item: SupportingFigure) -> dict[str, Any]:
    hidden = "<5" if item.hidden else None
    shown = item.percent if item.group is None else hidden or item.part
    exact = f"{item.part}/{item.whole}" if item.group is None else hidden or item.part
    return {
        "figure": item.key,
        "part": item.group or "",
        "shown": shown,
        "exact": exact,
        **_how(item.receipt),
    }


def _how(receipt: Provenance) -> dict[str, str]:
    return {
        "definition": receipt.definition,
        "window_start": receipt.window[0].isoformat(),
        "window_end": receipt.window[1].isoformat(),
        "as_of": receipt.as_of.isoformat(),
        "rows": "; ".join(f"{kind} {count}" for kind, count in receipt.rows.items()),
        "sha256": receipt.digest,
    }


def safe(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; a negative number stays one."""
    text = "" if value is None else str(value)
    numeric = text.removeprefix("-").replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(FORMULA) and not numeric else text
