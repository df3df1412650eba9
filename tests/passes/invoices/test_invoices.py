"""Invoices: numbered without gaps, frozen, credited once, mailed once with their PDF."""

import dataclasses
from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from tests.world.invoicing import PAYER, SELLER, a_draft, issued, open_books, view
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.shop import NOW, TODAY
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.mail.attachments import make_file
from zone.core.mail.models import OutboxMail
from zone.passes.invoice_credits import service as invoice_credits
from zone.passes.invoices import invariants, queries, service
from zone.passes.invoices.models import Invoice
from zone.passes.invoices.rules import InvoicePrice, tax_of_lines
from zone.passes.numbering.service import begin_after_restore
from zone.passes.payers import service as payers
from zone.passes.receipts.invariants import count_years_with_gaps


@pytest.fixture
def books(settings: Settings) -> Settings:
    return dataclasses.replace(settings, **SELLER)


@pytest.fixture
def manager(student: int) -> Actor:
    actor = an_actor(student, "manager")
    open_books(actor)
    return actor


def faults() -> list[int]:
    with reading() as session:
        return [
            check(session, NOW)
            for check in (
                invariants.count_invoice_years_with_gaps,
                invariants.count_wrong_invoice_sums,
                count_years_with_gaps,
            )
        ]


def test_a_draft_becomes_an_invoice_once_and_does_not_change(
    manager: Actor, books: Settings
) -> None:
    public_id = a_draft(manager, {}, {"text": "Ohjaus", "quantity": 250, "unit_cents": 6_000})
    for _tap in range(2):
        with writing() as session:
            service.issue_invoice(session, manager, public_id, books, NOW)
    with writing() as session:  # the payer moves: the invoice stays
        changed = {**PAYER, "street": "Uusi tie 2"}
        payers.save_payer(session, manager, "esimerkki", **changed, version=1, now=NOW)
    page = view(public_id)
    assert (page.number, page.state) == ("L-2026-1", "open")
    assert page.due_on == TODAY + timedelta(days=14)
    assert page.payer.street == "Esimerkkikatu 1"
    assert (page.net_cents, page.tax_cents, page.cents) == (140_000, 18_900, 158_900)
    assert [rate.gross for rate in page.rates] == [158_900]
    assert page.bar_code.startswith("42112345600000785001589000000")
    assert faults() == [0, 0, 0]
    with pytest.raises(IntegrityError, match="append-only"), writing() as session:
        session.execute(text("UPDATE invoice SET cents = 1"))


def test_the_rate_is_that_of_the_day_of_supply(manager: Actor, books: Settings) -> None:
    page = issued(manager, books, {"supplied_on": date(2025, 12, 31)}, {})
    assert [line.vat_bp for line in page.lines] == [1400, 1350]


def test_a_day_without_a_vat_rate_is_refused_at_the_line(manager: Actor) -> None:
    with pytest.raises(DomainError) as refused:
        a_draft(manager, {"supplied_on": date(1990, 1, 1)})
    assert refused.value.code == "supply_day_unknown"


def test_what_is_missing_is_said(manager: Actor, books: Settings) -> None:
    public_id = a_draft(manager)
    nobody = dataclasses.replace(books, seller_name="")
    for known, code in ((nobody, "account_missing"), (books, "invoice_empty")):
        with pytest.raises(DomainError) as refused, writing() as session:
            service.issue_invoice(session, manager, public_id, known, NOW)
        assert refused.value.code == code


def test_a_credit_note_takes_everything_back_once(manager: Actor, books: Settings) -> None:
    page = issued(manager, books)
    with writing() as session:
        note = invoice_credits.credit_invoice(session, manager, page.id, NOW).public_id
    credit = view(note)
    assert (credit.number, credit.cents, credit.credits) == ("L-2026-2", -page.cents, page.number)
    assert (view(page.id).state, view(page.id).credited_by) == ("credited", "L-2026-2")
    for one in (page.id, note):
        with pytest.raises(DomainError) as refused, writing() as session:
            invoice_credits.credit_invoice(session, manager, one, NOW)
        assert refused.value.code == "already_credited"
    assert faults() == [0, 0, 0]


def test_an_invoice_is_mailed_once_with_its_pdf(manager: Actor, books: Settings) -> None:
    page = issued(manager, books)
    with writing() as session:
        service.mail_invoice(session, manager, page.id, NOW)
    with pytest.raises(DomainError) as refused, writing() as session:
        service.mail_invoice(session, manager, page.id, NOW)
    assert refused.value.code == "already_mailed"
    with reading() as session:
        (mail,) = session.scalars(select(OutboxMail)).all()
    assert (mail.recipient, mail.language) == (PAYER["email"], "fi")
    assert mail.attachment == "invoice L-2026-1"
    assert page.bar_code in mail.body
    with reading() as session:
        attached = make_file(session, mail.attachment, "fi")
    assert attached is None or attached.content.startswith(b"%PDF")


def test_a_restored_service_gives_no_number_again(manager: Actor, books: Settings) -> None:
    first = issued(manager, books)
    with writing() as session:
        begin_after_restore(session, NOW)
    second = issued(manager, books)
    assert second.number != first.number
    assert second.number.endswith("-2026-1")
    assert faults() == [0, 0, 0]


def check_many_at_once(app: Flask, manager: Actor, books: Settings) -> None:
    """Check that managers who issue the same drafts at once number each once, without a gap."""
    drafts = [a_draft(manager, {}) for _ in range(4)]

    def issue(number: int) -> None:
        with writing() as session:
            service.issue_invoice(session, manager, drafts[number % 4], books, NOW)

    at_once(app, [partial(issue, number) for number in range(8)])
    with reading() as session:
        numbers = sorted(one.number for one in session.scalars(select(Invoice)))
    assert numbers == [1, 2, 3, 4]
    assert faults() == [0, 0, 0]


@pytest.mark.engines("sqlite", "postgresql")
def test_drafts_that_are_issued_twice_at_once_are_numbered_once(
    shop: Flask, manager: Actor, books: Settings
) -> None:
    check_many_at_once(shop, manager, books)


@pytest.mark.planted_fault("the lines of an invoice are rounded one by one")
def test_vat_that_is_rounded_line_by_line_is_found(
    manager: Actor, books: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_by_one(lines: list[InvoicePrice]) -> list[int]:
        return [tax for line in lines for tax in tax_of_lines([line])]

    monkeypatch.setattr(service, "tax_of_lines", one_by_one)
    issued(manager, books, *({"unit_cents": 4},) * 3)
    assert faults()[1] > 0


def test_only_who_may_invoices(student: int, manager: Actor) -> None:
    desk = an_actor(student, "desk")
    with pytest.raises(DomainError) as refused, writing() as session:
        service.create_draft(session, desk, "esimerkki", "", NOW)
    assert refused.value.code == "forbidden"
    with reading() as session:
        assert queries.invoice_rows(session, TODAY) == []
