"""Cost shares made ready for the page and for a spreadsheet. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from zone.core.money import share_percent
from zone.reporting.reports.spreadsheet import BOM, safe
from zone.reporting.shares import rules
from zone.reporting.shares.queries import CostReport
from zone.reporting.shares.rules import UseCounts

COLUMNS = ("institution", "visits", "sales_cents", "holders", "cents")


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A row of the page: the name, the share in percent, and what it is of."""

    name: str
    percent: Decimal | None
    cents: int
    counts: UseCounts | None


def share_rows(report: CostReport, names: Mapping[str, str], others: str) -> Sequence[ShareRow]:
    """Return the rows of a report; `names` are by code, `others` is the name of the joined row."""
    return [
        ShareRow(
            others if one.code == rules.OTHERS else names.get(one.code, one.code),
            share_percent(one.cents, report.cents, 1),
            one.cents,
            one.counts,
        )
        for one in report.shares
    ]


def csv_of(report: CostReport) -> str:
    """Return a report for a spreadsheet: the shares, and below them how they came about."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in report.shares:
        counts = one.counts
        values = (counts.visits, counts.sales_cents, counts.holders) if counts else ("", "", "")
        writer.writerow(map(safe, (one.code or "others", *values, one.cents)))
    writer.writerow(())
    for name, value in _origin(report):
        writer.writerow((name, safe(value)))
    return out.getvalue()


def _origin(report: CostReport) -> Sequence[tuple[str, object]]:
    receipt, weights = report.receipt, report.weights
    return (
        ("first_month", rules.written(report.first_month)),
        ("last_month", rules.written(report.last_month)),
        ("cost_cents", report.cents),
        ("as_of", report.as_of.isoformat()),
        ("state", report.state),
        ("visits_bp", weights.visits_bp),
        ("sales_bp", weights.sales_bp),
        ("holders_bp", weights.holders_bp),
        ("definition", receipt.definition if receipt else rules.DEFINITION),
        ("fixed_at", receipt.fixed_at.isoformat() if receipt else ""),
        ("visit_rows", receipt.visit_rows if receipt else ""),
        ("sale_rows", receipt.sale_rows if receipt else ""),
        ("pass_rows", receipt.pass_rows if receipt else ""),
        ("sha256", receipt.digest if receipt else ""),
    )
