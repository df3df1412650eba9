"""What a file of passes does, for page and API."""

from typing import Any

from zone.passes.takeover.rules import COLUMNS, TakeoverPlan

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
