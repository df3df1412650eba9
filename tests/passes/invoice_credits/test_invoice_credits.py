"""An invoice is credited in parts of its lines, and never more than was invoiced."""

import dataclasses
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.world.checkout import refused
from tests.world.invoicing import SELLER, issued, open_books, view
from tests.world.people import an_actor, signed_in
from tests.world.races import outcomes
from tests.world.rendered_forms import form_with
from tests.world.shop import NOW, a_student
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.members.roles import service as roles
from zone.passes.invoice_credits import service
from zone.passes.invoice_credits.invariants import count_wrong_credits
from zone.passes.invoice_credits.rules import quantities_to_credit
from zone.passes.invoices.invariants import count_wrong_invoice_sums
from zone.passes.invoices.queries import InvoiceView, invoice_rows
from zone.passes.invoices.rules import state_of


@pytest.fixture
def member(shop: Flask) -> int:
    member = a_student("johto@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", utc_now())
    return member


@pytest.fixture
def manager(member: int) -> Actor:
    return an_actor(member, "manager")


@pytest.fixture
def invoice(settings: Settings, manager: Actor) -> InvoiceView:
    """An invoice of two lines."""
    open_books(manager)
    books = dataclasses.replace(settings, **SELLER)
    return issued(manager, books, {"quantity": 200}, {"quantity": 100})


def credit(invoice: InvoiceView, manager: Actor, chosen: dict[int, int] | None) -> InvoiceView:
    with writing() as session:
        note = service.credit_invoice(session, manager, invoice.id, NOW, chosen).public_id
    return view(note)


def wrong() -> int:
    with reading() as session:
        return count_wrong_invoice_sums(session, NOW) + count_wrong_credits(session, NOW)


def test_a_choice_of_quantities() -> None:
    assert quantities_to_credit([200, 0], None) == [200, 0]
    assert quantities_to_credit([200, 100], {1: 50}) == [50, 0]
    assert refused(lambda: quantities_to_credit([200], {})) == "nothing_to_credit"
    for chosen in ({1: 201}, {2: 1}, {1: -1}):
        found = refused(partial(quantities_to_credit, [200], chosen))
        assert found == "invoice_credit_too_high"


def test_what_is_left_after_a_part_is_owed() -> None:
    for paid, state in ((0, "open"), (60, "paid"), (61, "overpaid"), (59, "partly_paid")):
        found = state_of(
            cents=100,
            paid_cents=paid,
            is_credited=False,
            due_on=NOW.date(),
            today=NOW.date(),
            credited_cents=-40,
        )
        assert found == state


def test_an_invoice_is_credited_in_parts_until_nothing_is_left(
    invoice: InvoiceView, manager: Actor
) -> None:
    first = credit(invoice, manager, {1: 50})
    assert [line.quantity for line in first.lines] == [-50]
    page = view(invoice.id)
    assert (page.left, page.credited_by, page.state) == ((150, 100), first.number, "open")
    assert page.credited_cents == first.cents < 0
    again = refused(lambda: credit(invoice, manager, {1: 151}))
    assert again == "invoice_credit_too_high"
    rest = credit(invoice, manager, None)
    page = view(invoice.id)
    assert (page.state, page.left) == ("credited", (0, 0))
    assert page.credited_by == f"{first.number}, {rest.number}"
    assert abs(page.credited_cents + page.cents) <= 2, "the VAT of each note is rounded"
    assert refused(lambda: credit(invoice, manager, None)) == "already_credited"
    assert refused(lambda: credit(first, manager, None)) == "already_credited"
    with reading() as session:
        states = [row.state for row in invoice_rows(session, NOW.date())]
    assert (states, wrong()) == (["credit", "credit", "credited"], 0)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_credit_at_once_no_more_is_credited(
    shop: Flask, invoice: InvoiceView, manager: Actor
) -> None:
    found = outcomes(shop, [partial(credit, invoice, manager, {1: 150})] * 3)
    assert found == {"done": 1, "invoice_credit_too_high": 2}
    assert view(invoice.id).left == (50, 100)


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("what is left is not looked at")
def test_the_database_refuses_more_than_was_invoiced(
    invoice: InvoiceView, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "left_to_credit", lambda *_: [200, 100])
    credit(invoice, manager, {1: 150})
    again = refused(lambda: credit(invoice, manager, {1: 150}))
    assert again == "invoice_credit_too_high"


@pytest.mark.engines("sqlite")
def test_the_page_and_the_api_credit_a_part(shop: Flask, invoice: InvoiceView, member: int) -> None:
    client: FlaskClient = signed_in(shop, member)
    path = f"/manage/invoices/{invoice.id}"
    client.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin"}
    form = form_with(client, path, "quantity")
    assert form.data["quantity"] == ["2", "1"]
    for typed in ("x", "3"):
        data = form.data | {"quantity": [typed, ""], "key": typed}
        again = client.post(form.action, data=data)
        assert (again.status_code in (409, 422), 'aria-invalid="true"' in again.text) == (
            True,
            True,
        )
    done = client.post(form.action, data=form.data | {"quantity": ["0,5", ""]})
    assert done.status_code == 303
    api = f"/api/v1/invoices/{invoice.id}/credit"
    note = client.post(api, json={"lines": [{"line": 2, "quantity": 100}]})
    assert note.status_code == 201
    assert view(invoice.id).left == (150, 0)
    too_high = client.post(api, json={"lines": [{"line": 2, "quantity": 1}]})
    assert (too_high.status_code, too_high.get_json()["code"]) == (409, "invoice_credit_too_high")
    assert client.post(api, json={}).status_code == 201
    assert view(invoice.id).state == "credited"


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE credited_invoice_line SET credited_quantity = credited_quantity - 1",
        "UPDATE credited_invoice_line SET quantity = 1000",
        "DELETE FROM credited_invoice_line",
    ],
)
@pytest.mark.planted_fault("somebody makes room for crediting an invoice once more")
def test_what_may_be_credited_once_more_is_found(
    invoice: InvoiceView, manager: Actor, by_hand: str
) -> None:
    credit(invoice, manager, {1: 150})
    credit(invoice, manager, None)
    assert wrong() == 0
    with writing() as session:
        session.execute(text(by_hand))
    assert wrong() > 0
