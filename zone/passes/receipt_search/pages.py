"""The page of all receipts, for staff."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext

from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.text import clean_text
from zone.passes.numbering.queries import SeriesYear, years_of_series
from zone.passes.receipt_search.queries import FoundReceipts, ReceiptFilter, find_receipts
from zone.passes.receipt_search.views import NO_CODE, SearchPage
from zone.web.auth import may
from zone.web.looks import note_look

pages = Blueprint("passes_receipt_search_pages", __name__, template_folder="templates")
_LONGEST: Final = 100


@pages.get("/manage/receipts")
@may(Permission.ORDERS_READ_ALL)
def receipts() -> str:
    """Find receipts by `series`, `year` or `text`; `after` is where the next part begins."""
    asked = {name: request.args.get(name, "")[:_LONGEST] for name in ("text", "series", "year")}
    wanted = ReceiptFilter(
        series=None if not asked["series"] else asked["series"].strip(NO_CODE),
        year=int(asked["year"]) if asked["year"].isascii() and asked["year"].isdigit() else None,
        text=clean_text(asked["text"]),
    )
    with reading() as session:
        series = years_of_series(session)
        known = {one.year for one in series}
        if wanted.year not in known:  # such as a number that no column holds
            wanted = ReceiptFilter(wanted.series, None, wanted.text)
        found = find_receipts(session, wanted, after=request.args.get("after"))
    note_look("receipts.view", "receipts", detail={k: v for k, v in asked.items() if v} or None)
    return search_page(found, series, asked)


def search_page(found: FoundReceipts, series: Sequence[SeriesYear], asked: dict[str, str]) -> str:
    """Return the page of the receipts that were found for what was asked."""
    every = ("", gettext("All"))
    codes = sorted({one.code for one in series})
    years = sorted({one.year for one in series}, reverse=True)
    page = SearchPage(
        found,
        asked,
        [every, *((code or NO_CODE, code or gettext("Web, without a code")) for code in codes)],
        [every, *((str(year), str(year)) for year in years)],
    )
    return render_template("passes/receipt_search/receipts.html", page=page)
