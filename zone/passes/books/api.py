"""JSON API of the books: the report of some days, and the chart of accounts."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.passes.books import queries, service
from zone.passes.books.schemas import (
    AccountRuleSchema,
    ChartSchema,
    DaysSchema,
    MonthReportSchema,
)
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint

api: Final = Blueprint("passes_books", __name__, tag="passes")


@api.get("/books/report")
@api.arguments(DaysSchema, location="query")
@api.response(200, MonthReportSchema)
@may(Permission.FIGURES_READ)
def show_books(data: dict[str, Any]) -> queries.MonthReport:
    """Sales, refunds and VAT of some days, such as of a month."""
    with reading() as session:
        return queries.month_report(session, data["first"], data["last"])


@api.get("/books/accounts")
@api.response(200, ChartSchema)
@may(Permission.FIGURES_READ)
def list_accounts() -> dict[str, Any]:
    """The rows of the chart of accounts, in the order in which they were recorded."""
    with reading() as session:
        return {"rows": queries.chart_rows(session)}


@api.post("/books/accounts")
@api.arguments(AccountRuleSchema)
@api.response(201, AccountRuleSchema)
@may(Permission.SERVICE_WRITE)
def set_account(data: dict[str, Any]) -> dict[str, Any]:
    """Set the account of a product kind, VAT rate or way to pay from a day on."""
    with writing() as session:
        service.set_account(session, current_actor(), **data, now=utc_now())
    return data
