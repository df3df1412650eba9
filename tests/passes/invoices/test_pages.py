"""The managers' pages of payers and invoices: their forms as rendered."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.buying import page_browser
from tests.world.invoicing import ACCOUNT, PAYER
from tests.world.rendered_forms import form_with, forms_of
from tests.world.shop import a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.roles import service as roles
from zone.passes.invoices import queries
from zone.passes.payers.queries import payers

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def manager(shop: Flask) -> FlaskClient:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


def test_an_invoice_from_the_payer_to_the_credit_note(manager: FlaskClient) -> None:
    payer = form_with(manager, "/manage/payers", "business_id")
    typed = {name: str(value) for name, value in PAYER.items()}
    assert payer.save(manager, code="esimerkki", **typed | {"business_id": "1"}).status_code == 422
    assert payer.save(manager, code="esimerkki", **typed).status_code == 303
    account = form_with(manager, "/manage/invoices/account", "iban")
    wrong = ACCOUNT | {"iban": "FI2112345600000786"}
    assert account.save(manager, **wrong).status_code == 422
    spaced = ACCOUNT | {"iban": "fi21 1234 5600 0007 85"}
    assert account.save(manager, **spaced).status_code == 303
    begun = form_with(manager, "/manage/invoices", "payer").save(manager, buyer_reference="PO-77")
    path = begun.headers["Location"].partition("?")[0]
    line = {"text": "Liikuntapalvelut", "quantity": "2,5", "euros": "60,00"}
    add = form_with(manager, path, "euros")
    assert add.save(manager, **line | {"quantity": "x"}).status_code == 422
    assert add.save(manager, **line).status_code == 303
    extra = form_with(manager, path, "euros").save(manager, **line | {"text": "Turha"})
    assert extra.status_code == 303
    _first, second = [form for form in forms_of(manager, path) if "line" in form.data]
    assert second.submit(manager, "Remove Turha").status_code == 303
    issue = next(one for one in forms_of(manager, path) if "Issue the invoice" in one.buttons)
    assert issue.save(manager).status_code == 303
    page = manager.get(path)
    assert "L-" in page.text
    assert manager.get(f"{path}/finvoice.xml").data.startswith(b"<?xml")
    for button in ("Mail it to the payer", "Issue a credit note"):
        form = next(one for one in forms_of(manager, path) if button in one.buttons)
        assert form.submit(manager, button).status_code == 303
    with reading() as session:
        assert [one.code for one in payers(session)] == ["esimerkki"]
        states = [one.state for one in queries.invoice_rows(session, utc_now().date())]
    assert states == ["credit", "credited"]


def test_a_draft_is_deleted(manager: FlaskClient) -> None:
    form_with(manager, "/manage/payers", "business_id").save(
        manager, code="esimerkki", **{name: str(value) for name, value in PAYER.items()}
    )
    begun = form_with(manager, "/manage/invoices", "payer").save(manager)
    path = begun.headers["Location"].partition("?")[0]
    form = next(one for one in forms_of(manager, path) if "Delete the draft" in one.buttons)
    assert form.save(manager).status_code == 303
    assert manager.get(path).status_code == 404
