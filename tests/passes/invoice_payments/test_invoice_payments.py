"""Payments of invoices: matched by reference once, partly paid, too much, unknown, overdue."""

import dataclasses
from datetime import timedelta
from functools import partial
from io import BytesIO

import pytest
from flask import Flask

from tests.world.buying import page_browser
from tests.world.invoicing import SELLER, issued, open_books, view
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.rendered_forms import form_with
from tests.world.shop import NOW, TODAY, a_student
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.members.roles import service as roles
from zone.passes.invoice_payments import invariants, queries, service
from zone.passes.invoice_payments.bank_rows import BankRow
from zone.passes.invoices.queries import overdue_rows


@pytest.fixture
def books(settings: Settings) -> Settings:
    return dataclasses.replace(settings, **SELLER)


@pytest.fixture
def manager(student: int) -> Actor:
    actor = an_actor(student, "manager")
    open_books(actor)
    return actor


def row(reference: str, cents: int, key: str) -> BankRow:
    return BankRow(reference, cents, TODAY, key)


def upload(manager: Actor, *rows: BankRow) -> service.BankResult:
    with writing() as session:
        return service.record_bank_rows(session, manager, rows, NOW)


def misplaced() -> int:
    with reading() as session:
        return invariants.count_misplaced_payments(session, NOW)


def test_rows_of_the_bank_find_their_invoices_once(manager: Actor, books: Settings) -> None:
    part, paid, more = (issued(manager, books) for _ in range(3))
    rows = (
        row(part.reference, part.cents - 1, "a"),
        row(paid.reference, paid.cents, "b"),
        row(more.reference, more.cents, "c"),
        row(more.reference, 1, "d"),
        row("1232", 500, "e"),
    )
    assert upload(manager, *rows) == service.BankResult(stored=5, known=0, unknown=1)
    assert upload(manager, *rows) == service.BankResult(stored=0, known=5, unknown=0)
    states = [view(one.id).state for one in (part, paid, more)]
    assert states == ["partly_paid", "paid", "overpaid"]
    with reading() as session:
        (unknown,) = queries.bank_rows(session, unknown=True)
        assert (unknown.reference, unknown.cents) == ("1232", 500)
        late = overdue_rows(session, TODAY + timedelta(days=15))
    assert [one.number for one in late] == [part.number]
    assert misplaced() == 0


def test_what_was_recorded_by_hand_is_corrected_by_hand(manager: Actor, books: Settings) -> None:
    page = issued(manager, books)
    for cents, state in ((page.cents, "paid"), (-100, "partly_paid"), (100, "paid")):
        with writing() as session:
            service.record_payment(
                session, manager, page.id, cents=cents, paid_on=TODAY, note="Netted", now=NOW
            )
        assert view(page.id).state == state
    assert misplaced() == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_one_file_that_is_uploaded_by_two_at_once_is_stored_once(
    shop: Flask, manager: Actor, books: Settings
) -> None:
    page = issued(manager, books)
    rows = [row(page.reference, 10, f"k{number}") for number in range(5)]
    at_once(shop, [partial(upload, manager, *some) for some in (rows, rows[::-1])])
    assert view(page.id).paid_cents == 50


@pytest.mark.planted_fault("a payment is kept without the invoice of its reference")
def test_a_payment_that_is_not_matched_is_found(
    manager: Actor, books: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = issued(manager, books)
    monkeypatch.setattr(service, "_invoices_by_reference", lambda *_: {})
    upload(manager, row(page.reference, page.cents, "a"))
    assert misplaced() == 1


@pytest.mark.engines("sqlite")
def test_a_manager_uploads_a_file_and_records_by_hand(
    shop: Flask, manager: Actor, books: Settings
) -> None:
    page = issued(manager, books)
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    browser = page_browser(shop, member_id)

    def send(text: str) -> int:
        data = {"file": (BytesIO(text.encode()), "rows.csv")}
        return browser.post("/manage/invoices/bank", data=data).status_code

    assert send("Viite;Summa;Päivä\nx") == 422
    assert send(f"Viite;Summa;Päivä\n{page.reference};10,00;1.9.2026\n1232;5;1.9.2026") == 303
    shown = browser.get("/manage/invoices/bank").text
    assert page.number in shown
    assert "1232" in shown
    by_hand = form_with(browser, f"/manage/invoices/{page.id}", "amount")
    assert by_hand.submit(browser, "Record the payment", amount="x").status_code == 422
    typed = {"amount": "1,50", "paid_on": "2026-09-02", "note": "Netted"}
    assert by_hand.submit(browser, "Record the payment", **typed).status_code == 303
    assert view(page.id).paid_cents == 1150
