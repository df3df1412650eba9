"""Files with passes of another system, for tests."""

import io
from collections.abc import Sequence
from typing import Any, Final

from openpyxl import Workbook
from sqlalchemy import func, select

from zone.core.db.transactions import reading
from zone.core.db.types import Base

GOOD: Final = {
    "external_id": "A-1",
    "email": "Maija@Example.fi",
    "product": "term",
    "valid_from": "20.8.2026",
    "valid_until": "2026-12-31",
}
"""A row of a pass of the shop of tests, written as Finnish spreadsheets do."""


def csv_file(*rows: dict[str, str], delimiter: str = ";") -> bytes:
    """Return a CSV file with a row for each dict, over those of GOOD."""
    filled = [GOOD | row for row in rows]
    columns = list(dict.fromkeys(name for row in filled for name in row))
    lines = [columns, *([row.get(name, "") for name in columns] for row in filled)]
    return "".join(delimiter.join(line) + "\r\n" for line in lines).encode()


def xlsx_file(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a workbook whose first sheet has these rows."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def count_of(model: type[Base]) -> int:
    """Return how many rows a table has."""
    with reading() as session:
        return session.scalars(select(func.count()).select_from(model)).one()
