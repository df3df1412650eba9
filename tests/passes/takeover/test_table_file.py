"""Untrusted files: what is read of them, and what is refused."""

import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.world.takeover import GOOD, csv_file, xlsx_file
from zone.core.errors import DomainError
from zone.passes.takeover import rules, table_file
from zone.passes.takeover.rules import SoldPass

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
COLUMNS = list(GOOD)


def read(content: bytes) -> list[SoldPass | list[rules.RowFault]]:
    found = table_file.read_table(content, rules.REQUIRED, rules.OPTIONAL)
    return [rules.read_row(row, NOW) for row in found]


def the_pass(content: bytes) -> SoldPass:
    (found,) = read(content)
    assert isinstance(found, SoldPass), [fault.text("en") for fault in found]
    return found


def faults(content: bytes) -> list[tuple[int, str, str]]:
    return [
        (fault.line, fault.code.code.removeprefix("takeover_"), fault.params.get("column", ""))
        for row in read(content)
        if isinstance(row, list)
        for fault in row
    ]


def refused(content: bytes) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        read(content)
    return refusal.value


def changed_xlsx(**parts: bytes) -> bytes:
    """A workbook with some of its parts replaced, or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_file([COLUMNS, list(GOOD.values())]))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, parts.pop(part, old.read(part)))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_csv_file_is_read_with_every_delimiter_and_mark(delimiter: str, mark: bytes) -> None:
    row = the_pass(mark + csv_file({"name": "Åsa Öhman"}, delimiter=delimiter))
    assert (row.name, row.email) == ("Åsa Öhman", "maija@example.fi")
    assert (row.valid_from, row.valid_until) == (date(2026, 8, 20), date(2026, 12, 31))


def test_finnish_sums_times_and_cards_are_read() -> None:
    more = {"paid": "45,5", "activated_at": "1.9.2026 8.30", "card_number": "fi 0012"}
    row = the_pass(csv_file(more))
    assert (row.paid_cents, row.card_number) == (4550, "FI0012")
    assert row.activated_at == datetime(2026, 9, 1, 5, 30, tzinfo=UTC)
    # A day alone is its first moment in Helsinki: 1 January is never the year before.
    assert rules.read_moment("1.1.2026") == datetime(2025, 12, 31, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"email": ""}, (2, "cell_missing", "email")),
        ({"email": "maija"}, (2, "cell_email", "email")),
        ({"valid_from": "31.2.2026"}, (2, "cell_day", "valid_from")),
        ({"valid_from": "8/31/2026"}, (2, "cell_day", "valid_from")),
        ({"valid_from": "1.1.1999"}, (2, "cell_day", "valid_from")),
        ({"visits_left": "0"}, (2, "cell_count", "visits_left")),
        ({"visits_left": "4,5"}, (2, "cell_count", "visits_left")),
        ({"paid": "-1"}, (2, "cell_sum", "paid")),
        ({"paid": "=1+1"}, (2, "cell_formula", "paid")),
        ({"name": "@SUM(A1)"}, (2, "cell_formula", "name")),
        ({"name": "x" * 121}, (2, "cell_long", "name")),
        ({"external_id": "\u200b"}, (2, "cell_missing", "external_id")),
        ({"language": "no"}, (2, "cell_language", "language")),
        ({"card_number": "12/3"}, (2, "cell_card", "card_number")),
        ({"valid_until": "19.8.2026"}, (2, "row_days", "")),
        ({"activated_at": "2026-09-02"}, (2, "row_activated", "")),
        ({"activated_at": "2026-08-19"}, (2, "row_activated", "")),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(
    cells: dict[str, str], expected: tuple[int, str, str]
) -> None:
    assert faults(csv_file(cells)) == [expected]


def test_every_fault_of_a_row_is_named_in_three_languages() -> None:
    (row,) = read(csv_file({"email": "x", "paid": "y"}))
    assert isinstance(row, list)
    assert [fault.code.code for fault in row] == ["takeover_cell_email", "takeover_cell_sum"]
    for language in ("fi", "sv", "en"):
        assert all("{" not in fault.text(language) for fault in row)


def test_a_line_break_in_a_cell_and_an_empty_line_keep_the_numbers_of_lines() -> None:
    content = csv_file({"name": '"Maija\r\nMeikäläinen"'}) + b"\r\n;;;;;\r\n" + b"A-2;x;;;;\r\n"
    assert faults(content)[0][0] == 6


@pytest.mark.parametrize(
    ("content", "code", "params"),
    [
        ("external_id;email\r\nä;b".encode("cp1252"), "takeover_encoding", {"line": 2}),
        (csv_file({}).decode().encode("utf-16"), "takeover_file_kind", {}),
        (b"\x89PNG\r\n\x1a\n\x00", "takeover_file_kind", {}),
        (b"PK\x03\x04 no archive", "takeover_file_kind", {}),
        (b'external_id;"email', "takeover_file_kind", {}),
        (b"", "takeover_empty", {}),
        (csv_file(), "takeover_columns", None),
        (csv_file({}).splitlines(keepends=True)[0], "takeover_empty", {}),
        (b"x" * 700_001, "takeover_file_size", None),
        (csv_file({"price": "1"}), "takeover_columns", {"missing": "–", "unknown": "price"}),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    content: bytes, code: str, params: dict[str, Any] | None
) -> None:
    refusal = refused(content)
    assert refusal.code == code
    assert params is None or refusal.params == params


def test_a_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "MOST_ROWS", 2)
    assert len(read(csv_file({}, {"external_id": "2"}))) == 2
    three = csv_file({}, {"external_id": "2"}, {"external_id": "3"})
    assert refused(three).code == "takeover_file_size"


def test_a_workbook_gives_days_numbers_and_text() -> None:
    columns = [*COLUMNS, "activated_at", "paid", "card_number"]
    values = [
        "A-1",
        "m@example.fi",
        "term",
        date(2026, 8, 20),
        datetime.fromisoformat("2026-12-31"),
    ]
    row = the_pass(
        xlsx_file([columns, [*values, datetime.fromisoformat("2026-09-01T08:30"), 45.5, 12]])
    )
    assert (row.valid_from, row.valid_until) == (date(2026, 8, 20), date(2026, 12, 31))
    assert (row.paid_cents, row.card_number) == (4550, "12")
    assert row.activated_at == datetime(2026, 9, 1, 5, 30, tzinfo=UTC)


def test_a_formula_and_a_number_that_lost_its_digits_are_refused() -> None:
    columns = [*COLUMNS, "name", "card_number"]
    rows: list[list[Any]] = [columns, [*GOOD.values(), "=A1", 1234567890123456789]]
    assert faults(xlsx_file(rows)) == [
        (2, "cell_formula", "name"),
        (2, "cell_digits", "card_number"),
    ]


def test_an_external_entity_is_never_read() -> None:
    bomb = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
        <sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>"""
    assert refused(changed_xlsx(**{"xl/sharedStrings.xml": bomb})).code == "takeover_file_unsafe"
    # In another encoding the letters of DOCTYPE are not in the bytes.
    hidden = bomb.decode().encode("utf-16")
    assert refused(changed_xlsx(**{"xl/extra.xml": hidden})).code == "takeover_file_unsafe"


def test_an_archive_that_unpacks_to_far_more_is_refused() -> None:
    large = changed_xlsx(**{"xl/media/x.bin": b"0" * 21_000_000})
    assert len(large) < 100_000
    assert refused(large).code == "takeover_file_unsafe"
    many = changed_xlsx(**{f"xl/{number}.bin": b"" for number in range(201)})
    assert refused(many).code == "takeover_file_unsafe"


def test_a_sheet_that_says_it_is_huge_costs_no_more() -> None:
    def sheet(cell: str) -> bytes:
        cells = "".join(
            f'<c r="{chr(65 + at)}1" t="inlineStr"><is><t>{name}</t></is></c>'
            for at, name in enumerate(COLUMNS)
        )
        return (
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            '<dimension ref="A1:XFD1048576"/><sheetData>'
            f'<row r="1">{cells}</row>{cell}</sheetData></worksheet>'
        ).encode()

    part = "xl/worksheets/sheet1.xml"
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refused(changed_xlsx(**{part: sheet(far)})).code == "takeover_empty"
    assert refused(changed_xlsx(**{part: sheet("<row>")})).code == "takeover_file_kind"
