"""What a file of passes does, for page and API."""

from datetime import date, timedelta
from typing import Any, Final

from zone.core.formats import format_date
from zone.passes.takeover.rules import COLUMNS, TakeoverPlan

_FIRST_COLUMNS: Final = ("external_id", "email", "product", "valid_from", "valid_until")
TEMPLATE_ROWS = (
    COLUMNS,
    (
        "A-1001",
        "maija.meikalainen@example.fi",
        "term-pass",
        "31.8.2026",
        "31.12.2026",
        "Maija Meikäläinen",
        "fi",
        "24.8.2026",
        "1.9.2026 17.05",
        "",
        "FI-000123",
        "45,00",
    ),
)
"""The columns of the template, and an invented row that shows how each is written."""


def template_csv() -> str:
    """Return the template as Finnish spreadsheets open it: UTF-8 with its mark, semicolons."""
    return "\ufeff" + "".join(";".join(row) + "\r\n" for row in TEMPLATE_ROWS)


def example_csv(term: str, visits: str | None, today: date) -> str:
    """Return a file of invented passes to try the page with, of these products: what is good, and
    a row of each fault that people meet first.
    """
    first, last = today - timedelta(days=30), today + timedelta(days=120)
    good = [
        ("E-1", "maija.meikalainen@example.fi", term, first, last, "Maija Meikäläinen", "", "EX-1"),
        ("E-2", "ville.virtanen@example.fi", term, first, last, "Ville Virtanen", "", ""),
        ("E-3", "anna.lindstrom@example.fi", term, first, last, "Anna Lindström", "", "EX-3"),
    ]
    if visits:
        good.append(
            ("E-4", "ville.virtanen@example.fi", visits, first, last, "Ville Virtanen", "7", "")
        )
    wrong = [
        ("E-1", "maija.meikalainen@example.fi", term, first, last, "Maija Meikäläinen", "", ""),
        ("E-6", "no address", term, first, last, "Otto Esimerkki", "", ""),
        ("E-7", "otto.esimerkki@example.fi", "winter-2019", first, last, "Otto Esimerkki", "", ""),
        ("E-8", "eeva.esimerkki@example.fi", term, last, first, "Eeva Esimerkki", "", ""),
    ]
    columns = (*_FIRST_COLUMNS, "name", "visits_left", "card_number")
    rows = [[day_text(cell) if isinstance(cell, date) else cell for cell in row] for row in good]
    rows += [[day_text(cell) if isinstance(cell, date) else cell for cell in row] for row in wrong]
    return "\ufeff" + "".join(";".join(row) + "\r\n" for row in (columns, *rows))


def day_text(day: date) -> str:
    """Return a day as Finnish spreadsheets write it, such as 31.8.2026."""
    return format_date(day, "fi")


def plan_json(plan: TakeoverPlan, language: str) -> dict[str, Any]:
    """Return a plan as the API shows it, its faults in a language."""
    return {
        "new": len(plan.new),
        "before": plan.before,
        "new_people": plan.new_people,
        "bad_rows": plan.bad_rows,
        "done": plan.done,
        "faults": [
            {"line": fault.line, "code": fault.code.code, "message": fault.text(language)}
            for fault in plan.faults
        ],
    }
