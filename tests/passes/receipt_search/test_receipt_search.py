"""Staff find receipts by series, year, number, buyer and product, part by part."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.world.checkout import bought, give_back
from tests.world.people import signed_in
from tests.world.shop import NOW, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.people import service as people
from zone.members.roles import service as roles
from zone.passes.receipt_search.queries import ReceiptFilter, find_receipts


@pytest.fixture
def numbers(student: int) -> list[str]:
    """The receipts of two people, of two years, the newest first."""
    other = a_student("toinen@zone.example")
    with writing() as session:
        people.update_member(session, other, name="Åsa 100%", now=utc_now())
    order_id = bought(student)
    bought(other, "gym", now=NOW + timedelta(days=200))
    give_back(order_id, other)
    return ["C-2026-1", "2027-1", "2026-1"]


def found(wanted: ReceiptFilter, after: str | None = None, most: int = 50) -> list[str]:
    with reading() as session:
        page = find_receipts(session, wanted, after=after, most=most)
    return [*(one.number for one in page.receipts), *([page.next] if page.next else [])]


def test_receipts_are_found(numbers: list[str]) -> None:
    assert found(ReceiptFilter()) == numbers
    assert found(ReceiptFilter(series="C")) == ["C-2026-1"]
    assert found(ReceiptFilter(series="")) == ["2027-1", "2026-1"]
    assert found(ReceiptFilter(year=2026)) == ["C-2026-1", "2026-1"]
    assert found(ReceiptFilter(text="c-2026-1")) == ["C-2026-1"]
    assert found(ReceiptFilter(text="100%")) == ["2027-1"]
    assert found(ReceiptFilter(text="TOINEN@")) == ["2027-1"]
    assert found(ReceiptFilter(text="term (sv)")) == ["C-2026-1", "2026-1"]
    assert found(ReceiptFilter(text="_")) == []


def test_they_come_part_by_part(numbers: list[str]) -> None:
    assert found(ReceiptFilter(), most=2) == [*numbers[:2], numbers[1]]
    assert found(ReceiptFilter(), after=numbers[1], most=2) == numbers[2:]
    assert found(ReceiptFilter(), after="2026-99") == []


def test_staff_have_a_page_and_an_api(shop: Flask, numbers: list[str]) -> None:
    clerk = a_student("tiski@zone.example")
    with writing() as session:
        roles.grant_role(session, clerk, "desk", utc_now())
    client = signed_in(shop, clerk)
    page = client.get("/manage/receipts?text=opiskelija&series=-&year=2026&lang=fi").text
    assert "/receipts/2026-1" in page
    assert "/receipts/2027-1" not in page
    assert client.get("/manage/receipts?year=99999999999&after=x").status_code == 200
    body = client.get("/api/v1/receipts?series=C").get_json()
    assert [(one["number"], one["cents"]) for one in body["receipts"]] == [("C-2026-1", -4500)]
    series = client.get("/api/v1/receipt-series").get_json()["series"]
    assert {(one["code"], one["year"], one["last"]) for one in series} == {
        ("", 2026, 1),
        ("", 2027, 1),
        ("C", 2026, 1),
    }
    # Of the receipt that was credited one sees the credit note, and the other way round.
    assert "/receipts/C-2026-1" in client.get("/receipts/2026-1").text
    assert "/receipts/2026-1" in client.get("/receipts/C-2026-1").text


def test_nobody_else_finds_receipts(shop: Flask, numbers: list[str]) -> None:
    client = signed_in(shop, a_student("utelias@zone.example"))
    for path in ("/manage/receipts", "/api/v1/receipts", "/api/v1/receipt-series"):
        assert client.get(path).status_code == 403
