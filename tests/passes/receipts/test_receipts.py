"""Receipts: the seller of the sale, the mail, the own list, and nobody sees another's."""

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.stored import stored
from tests.world.buying import choose_outcome, place_order
from tests.world.people import a_person, an_actor, signed_in
from tests.world.shop import a_student, open_shop
from zone.core import config
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.i18n import LANGUAGES
from zone.core.mail.models import OutboxMail
from zone.members.people import service as people
from zone.passes.orders.models import Order
from zone.passes.receipts import service as receipts
from zone.passes.receipts.models import Receipt
from zone.passes.receipts.rules import Seller
from zone.passes.refunds.service import refund_in_full
from zone.web import context

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(
        settings,
        seller_name="Liikunta ry",
        seller_address="Katu 1, 00100 Helsinki",
        seller_business_id="1234567-8",
    )


@pytest.fixture
def student(app: Flask) -> int:
    stored(open_shop)
    return a_student()


def buy(app: Flask, member_id: int, product: str = "term") -> str:
    """Buy a product; return the number of its receipt."""
    client = signed_in(app, member_id)
    client.get(choose_outcome(client, place_order(client, product)))
    with reading() as session:
        newest = session.scalars(select(Receipt).order_by(Receipt.id.desc())).first()
    assert newest is not None
    return f"{newest.year}-{newest.number}"


def mails() -> list[OutboxMail]:
    with reading() as session:
        return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def test_a_receipt_names_the_seller_and_the_vat_and_is_in_ones_list(
    app: Flask, student: int
) -> None:
    number = buy(app, student)
    client = signed_in(app, student)
    page = client.get(f"/receipts/{number}?lang=en").text
    for words in ("Liikunta ry", "Katu 1, 00100 Helsinki", "1234567-8", "45,00", "Without VAT"):
        assert words in page
    assert number in client.get("/receipts").text
    body = client.get(f"/api/v1/me/receipts/{number}").get_json()
    (vat,) = body["vat"]
    assert vat["net"] + vat["tax"] == vat["gross"] == 4500
    assert body["seller"]["business_id"] == "1234567-8"
    listed = client.get("/api/v1/me/receipts").get_json()["receipts"]
    assert [(row["number"], row["cents"], row["products"][0]["en"]) for row in listed] == [
        (number, 4500, "term (en)")
    ]


def rename_the_seller(app: Flask) -> None:
    app.extensions[config.SETTINGS_KEY] = replace(
        context.settings_of(app), seller_name="Another Oy", seller_address="Elsewhere"
    )


def test_a_receipt_stays_as_it_was_sold_and_so_does_its_refund(app: Flask, student: int) -> None:
    number = buy(app, student)
    rename_the_seller(app)
    client = signed_in(app, student)
    assert "Liikunta ry" in client.get(f"/receipts/{number}").text
    assert "Another Oy" in client.get(f"/receipts/{buy(app, student, 'gym')}").text
    clerk = a_student("clerk@zone.example")
    with writing() as session:
        order = session.scalars(select(Order.id).order_by(Order.id)).first() or 0
        refund_in_full(
            session,
            an_actor(clerk, "desk"),
            order,
            reason="asked",
            now=mails()[0].created_at,
        )
    assert "Liikunta ry" in mails()[-1].body, "the refund is the first seller's"


def test_the_database_refuses_another_seller_on_a_receipt(app: Flask, student: int) -> None:
    buy(app, student)
    with pytest.raises(DBAPIError), writing() as session:
        session.execute(text("UPDATE receipt SET seller_name = 'Somebody else'"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paid_order_mails_its_receipt_once_in_the_buyers_language(
    app: Flask, student: int, language: str
) -> None:
    with writing() as session:
        people.update_member(session, student, language=language, now=utc_now())
    number = buy(app, student)
    (mail,) = [mail for mail in mails() if mail.template == "passes/receipt"]
    assert number in mail.subject
    for words in (f"term ({language})", "45,00", "13,5\u00a0%", "Liikunta ry", "1234567-8"):
        assert words in mail.body
    assert {"fi": "Kiitos", "sv": "Tack", "en": "Thank you"}[language] in mail.body


def test_a_repeated_notice_mails_no_second_receipt(app: Flask, student: int) -> None:
    number = buy(app, student)
    with writing() as session:
        sold = session.scalars(select(Receipt)).one()
        receipts.send_receipt(session, sold, sold.issued_at)
    assert [mail.subject.count(number) for mail in mails()] == [1]


def test_anothers_receipt_is_not_found(app: Flask, student: int) -> None:
    number = buy(app, student)
    other_person = a_person(app)
    for path in (
        f"/receipts/{number}",
        f"/receipts/{number}/code.png",
        f"/api/v1/me/receipts/{number}",
        "/receipts/x",
    ):
        assert other_person.get(path).status_code == 404, path
    assert number not in other_person.get("/receipts").text


@pytest.mark.thorough
@pytest.mark.planted_fault("a receipt that reads the seller of today")
def test_a_receipt_that_reads_the_seller_of_today_fails_the_check(
    app: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zone.passes.receipts import queries as receipts_queries

    def seller_of_today(_row: Receipt) -> Seller:
        with reading() as session:
            return receipts_queries.seller_of(session, context.settings_of(app))

    monkeypatch.setattr(receipts_queries, "seller_on", seller_of_today)
    with pytest.raises(AssertionError):
        test_a_receipt_stays_as_it_was_sold_and_so_does_its_refund(app, student)


def asked_to_start(client: FlaskClient, day: str) -> tuple[int, str]:
    answer = client.get(f"/buy/term?starts_on={day}&lang=en")
    return answer.status_code, answer.text


def test_an_impossible_first_day_is_refused_at_its_field(app: Flask, student: int) -> None:
    client = signed_in(app, student)
    for day in ("2020-01-01", date(2099, 1, 1).isoformat()):
        status, page = asked_to_start(client, day)
        assert (status, 'aria-invalid="true"' in page, f'value="{day}"' in page) == (
            422,
            True,
            True,
        )
    assert asked_to_start(client, "tomorrow")[0] == 400


def test_an_open_order_does_not_say_that_nothing_was_charged(app: Flask, student: int) -> None:
    client = signed_in(app, student)
    place_order(client)
    with reading() as session:
        order = session.scalars(select(Order.public_id)).one()
    page = client.get(f"/orders/{order}?lang=en").text
    assert "No payment has been confirmed yet" in page
    assert "You have not been charged" not in page
