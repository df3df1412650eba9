"""The rows of an untrusted CSV or XLSX file, as text. Pure.

Theory of operation. A file is bounded before it is read: by its size; an XLSX file, which is a ZIP
archive of XML, by what its parts unpack to, and by the absence of any document type, without which
XML has no entities. Then the library reads the first sheet, row by row and to a fixed edge, so that
a sheet which says it has a million columns costs no more than one which has ten.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final
from xml.parsers import expat

from openpyxl import load_workbook

from zone.core.errors import DomainError, ErrorCode
from zone.core.text import clean_text
from zone.passes.takeover.errors import (
    CELL_DIGITS,
    CELL_FORMULA,
    ROW_WIDTH,
    TAKEOVER_COLUMNS,
    TAKEOVER_EMPTY,
    TAKEOVER_ENCODING,
    TAKEOVER_FILE_KIND,
    TAKEOVER_FILE_SIZE,
    TAKEOVER_FILE_UNSAFE,
)

MOST_BYTES: Final = 700_000
"""A request holds a million bytes at most, and base64 adds a third."""
MOST_ROWS: Final = 10_000
MOST_UNPACKED: Final = 20_000_000
MOST_PARTS: Final = 200
MOST_COLUMNS: Final = 40
# A spreadsheet keeps 15 digits of a number: the rest of a long card number is zeros.
MOST_DIGITS: Final = 15
_FORMULA: Final = re.compile(r"[=+@\t\r]|-(?![\d,.]+$)")
_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its line in the file, its cells by column, and the cells that cannot be used."""

    line: int
    cells: dict[str, str]
    faults: dict[str, ErrorCode] = field(default_factory=dict)


def read_table(content: bytes, required: Sequence[str], optional: Sequence[str]) -> list[TableRow]:
    """Return the rows of a CSV or XLSX file whose first line names its columns.

    Raises:
        DomainError: takeover_file_kind, takeover_file_size, takeover_file_unsafe,
            takeover_encoding, takeover_columns, takeover_empty.
    """
    if len(content) > MOST_BYTES:
        raise _too_large()
    lines = _xlsx_lines(content) if content.startswith(b"PK\x03\x04") else _csv_lines(content)
    return _rows(lines, required, optional)


def _too_large() -> DomainError:
    return DomainError(TAKEOVER_FILE_SIZE, params={"bytes": MOST_BYTES, "rows": MOST_ROWS})


def _rows(
    lines: Iterator[tuple[int, list[Any]]], required: Sequence[str], optional: Sequence[str]
) -> list[TableRow]:
    header = next(lines, None)
    if header is None:
        raise DomainError(TAKEOVER_EMPTY)
    columns = _columns(header[1], required, optional)
    rows = []
    for line, values in lines:
        if any(value not in (None, "") for value in values):
            rows.append(_row(line, columns, values))
        if len(rows) > MOST_ROWS:
            raise _too_large()
    if not rows:
        raise DomainError(TAKEOVER_EMPTY)
    return rows


def _columns(
    values: Iterable[Any], required: Sequence[str], optional: Sequence[str]
) -> Sequence[str]:
    names = [clean_text(_text(value)).lower().replace(" ", "_") for value in values]
    while names and not names[-1]:  # spreadsheets pad their lines
        names.pop()
    missing = [name for name in required if name not in names]
    known = {*required, *optional}
    # Whoever misspells a column would lose it without a word.
    odd = [name for at, name in enumerate(names) if name not in known or name in names[:at]]
    if missing or odd:
        shown = [clean_text(name)[:40] or "?" for name in odd[:5]]
        params = {"missing": ", ".join(missing) or "–", "unknown": ", ".join(shown) or "–"}
        raise DomainError(TAKEOVER_COLUMNS, params=params)
    return names


def _row(line: int, columns: Sequence[str], values: Sequence[Any]) -> TableRow:
    row = TableRow(line, {})
    if any(value not in (None, "") for value in values[len(columns) :]):
        row.faults["line"] = ROW_WIDTH
    for column, value in zip(columns, values, strict=False):
        text = clean_text(_text(value))
        if isinstance(value, str) and _FORMULA.match(value):
            row.faults[column] = CELL_FORMULA
        elif isinstance(value, int | float) and len(text.lstrip("-")) > MOST_DIGITS:
            row.faults[column] = CELL_DIGITS
        elif text:
            row.cells[column] = text
    return row


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _csv_lines(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    if b"\0" in content:  # UTF-16, or no text at all
        raise DomainError(TAKEOVER_FILE_KIND)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Windows-1252 is not guessed: a wrong guess spoils names, and nobody sees it.
        line = content.count(b"\n", 0, error.start) + 1
        raise DomainError(TAKEOVER_ENCODING, params={"line": line}) from error
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    # Not newline translation: a quoted cell may hold a line break, and stays one cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for values in reader:
            yield reader.line_num, list(values)
    except csv.Error as error:
        raise DomainError(TAKEOVER_FILE_KIND) from error


def _xlsx_lines(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    _check_archive(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        found = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS)
        for line, cells in enumerate(found, start=1):
            yield line, [_cell_value(cell) for cell in cells]
    except DomainError:
        raise
    # The library names no errors of its own: a spoilt file fails in whatever way its reader does.
    except Exception as error:
        raise DomainError(TAKEOVER_FILE_KIND) from error


def _cell_value(cell: Any) -> Any:
    # An array formula is an object: as text it would not begin with an equals sign.
    return "=" if cell.data_type == "f" else cell.value


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            # What the directory says binds: the reader gives no byte more of a part than that.
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise DomainError(TAKEOVER_FILE_UNSAFE)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as stream:
                        _check_xml(stream)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,  # a compression that is not built in
        RuntimeError,  # encrypted
        EOFError,
        OSError,
        ValueError,
        expat.ExpatError,
    ) as error:
        raise DomainError(TAKEOVER_FILE_KIND) from error


def _check_xml(stream: Any) -> None:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_doctype(*_declared: Any) -> None:
    # No office program writes one; external entities and those that grow need it.
    raise DomainError(TAKEOVER_FILE_UNSAFE)
