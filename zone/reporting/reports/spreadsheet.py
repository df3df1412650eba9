"""The figures as CSV (UTF-8, commas, decimal points): a row for each that the page shows."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from zone.reporting.kpis.queries import Figure, Provenance, Report
from zone.reporting.kpis.rules import JudgedFigure
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
"""Without it some spreadsheets read UTF-8 as Latin-1."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters of what spreadsheets run as a formula."""


def csv_of(report: Report, others: Iterable[SupportingFigure]) -> str:
    """Return the figures that the page of targets shows."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(report, others):
        writer.writerow({name: safe(value) for name, value in row.items()})
    return out.getvalue()


def _rows(report: Report, others: Iterable[SupportingFigure]) -> Iterator[dict[str, Any]]:
    for figure in report.figures:
        yield _row(figure, "", figure.judged, figure.provenance)
        for part in figure.parts:
            yield _row(figure, part.name, part.judged, part.provenance)
    for item in others:
        yield _supporting_row(item)


def _row(figure: Figure, part: str, judged: JudgedFigure, provenance: Provenance) -> dict[str, Any]:
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
        **_provenance_columns(provenance),
    }


def _supporting_row(item: SupportingFigure) -> dict[str, Any]:
    hidden = "hidden" if item.hidden else None
    shown = item.percent if item.group is None else hidden or item.part
    exact = f"{item.part}/{item.whole}" if item.group is None else hidden or item.part
    return {
        "figure": item.key,
        "part": item.group or "",
        "shown": shown,
        "exact": exact,
        **_provenance_columns(item.provenance),
    }


def _provenance_columns(provenance: Provenance) -> dict[str, str]:
    return {
        "definition": provenance.definition,
        "window_start": provenance.window[0].isoformat(),
        "window_end": provenance.window[1].isoformat(),
        "as_of": provenance.as_of.isoformat(),
        "rows": "; ".join(f"{kind} {count}" for kind, count in provenance.rows.items()),
        "sha256": provenance.digest,
    }


def safe(value: object) -> str:
    """Return a cell that no spreadsheet runs as a formula; a negative number stays a number."""
    text = "" if value is None else str(value)
    numeric = text.removeprefix("-").replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(FORMULA) and not numeric else text
