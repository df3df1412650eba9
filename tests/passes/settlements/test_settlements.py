"""What providers pay out is compared with what is paid here, and stands in the books."""

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.passes.books.recompute import recompute
from tests.world.buying import page_browser
from tests.world.checkout import A_SELLER, TERMS, give_back
from tests.world.people import an_actor, signed_in
from tests.world.rendered_forms import forms_in, text_of
from tests.world.shop import NOW, TODAY, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.ids import new_public_id
from zone.members.roles import service as roles
from zone.passes.books.invariants import count_wrong_days
from zone.passes.books.queries import chart, documents, month_report
from zone.passes.books.rules import journal_lines
from zone.passes.orders import service as orders
from zone.passes.payments import service as payments
from zone.passes.payments.models import Payment
from zone.passes.payments.providers.protocol import PaymentNotice
from zone.passes.settlements import queries, service
from zone.passes.settlements.models import SettlementRow
from zone.passes.settlements.rules import LATE, difference
from zone.passes.settlements.settlement_file import read_settlement

PAGE = "/manage/books/settlements"
STRIPE = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,currency,gross,fee,"
    "reporting_category,payment_metadata[reference]"
)
PAYTRAIL = "settlementId;settlementDate;reference;amount;paymentMethodCommission;archiveNumber"


def stripe(*rows: str) -> bytes:
    return "\n".join((STRIPE, *rows)).encode()


def bought_at_stripe(member_id: int) -> int:
    """The id of an order of 45 euros that was paid at Stripe."""
    with writing() as session:
        order = orders.place_order(session, member_id, "term", now=NOW, **TERMS)
        payment = payments.create_payment(session, order, "stripe", NOW, A_SELLER)
        notice = PaymentNotice(payment.reference, "paid", payment.cents, payment.currency, NOW)
        payments.settle(session, "stripe", notice, NOW, A_SELLER)
        return order.id


@pytest.fixture
def manager(shop: Flask) -> int:
    member = a_student("johto@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", utc_now())
    return member


@pytest.fixture
def paid(shop: Flask, student: int, manager: int) -> str:
    """The reference of a payment of 45 euros at Stripe, of which all was given back later."""
    order_id = bought_at_stripe(student)
    with reading() as session:
        reference = session.scalars(select(Payment.reference)).one()
    give_back(order_id, manager)
    return reference


def store(manager: int, content: bytes, *, good_only: bool = False) -> service.SettlementResult:
    with writing() as session:
        actor = an_actor(manager, "manager")
        return service.record_settlement(session, actor, content, good_only=good_only, now=NOW)


def shown() -> list[queries.PayoutView]:
    with reading() as session:
        return queries.payouts(session)


def test_both_files_are_read() -> None:
    (row,), faults = read_settlement(
        stripe("po_1,2026-09-03 00:00:00,txn_1,eur,45.00,0.93,charge,r")
    )
    assert (row.provider, row.payout, row.paid_on, row.key) == (
        "stripe",
        "po_1",
        date(2026, 9, 3),
        "txn_1",
    )
    assert (row.gross_cents, row.fee_cents, row.reference, faults) == (4500, 93, "r", [])
    content = f"\ufeff{PAYTRAIL}\r\ns1;2026-09-03;r;4500;35;\r\ns1;2026-09-03;r;4500;35;\r\n"
    rows, faults = read_settlement(content.encode())
    assert [(one.gross_cents, one.fee_cents) for one in rows] == [(4500, 35)] * 2
    assert len({one.key for one in rows}) == 2, "equal rows are two"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",2026-09-03,t,eur,45.00,0,charge,r", "row_payout"),
        ("po_1,3.9.2026,t,eur,45.00,0,charge,r", "row_day"),
        ("po_1,2026-09-03,t,eur,=1+1,0,charge,r", "row_amount"),
        ("po_1,2026-09-03,t,eur,,0,charge,r", "row_amount"),
        ("po_1,2026-09-03,t,eur,45.00,many,charge,r", "row_amount"),
        ("po_1,2026-09-03,t,sek,45.00,0,charge,r", "row_currency"),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, code: str) -> None:
    rows, (fault,) = read_settlement(stripe("po_1,2026-09-03,t0,eur,1.00,0,charge,r", row))
    assert (len(rows), fault.line, fault.error.code) == (1, 3, code)
    assert all(fault.text(language) for language in ("fi", "sv", "en"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "settlement_file"),
        (b"\xff\xfe", "settlement_file"),
        (b"a,b\n1,2", "settlement_columns"),
        (b"x" * 700_001, "settlement_file"),
    ],
)
def test_what_is_no_settlement_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        read_settlement(content)


@pytest.mark.parametrize(
    ("gross", "paid", "is_first", "expected"),
    [
        (4500, 4500, True, None),
        (4400, 4500, True, "other_sum"),
        (4500, 4500, False, "twice"),
        (4500, None, True, "unknown_here"),
        (-4500, 4500, True, None),
        (-4400, 4500, True, "other_sum"),
        (0, None, True, None),
    ],
)
def test_each_difference(
    gross: int, paid: int | None, is_first: bool, expected: str | None
) -> None:
    assert difference(gross, paid, [4500], is_first=is_first) == expected


def test_a_payout_is_matched_and_again_harmless(paid: str, manager: int) -> None:
    content = stripe(
        f"po_1,2026-09-03,t1,eur,45.00,0.93,charge,{paid}",
        f"po_1,2026-09-03,t2,eur,-45.00,0,refund,{paid}",
        f"po_2,2026-09-04,t3,eur,45.00,0.93,charge,{paid}",
        "po_2,2026-09-04,t4,eur,9.00,0.20,charge,elsewhere",
        "po_2,2026-09-04,t5,eur,0.00,2.00,fee,",
    )
    first, again = store(manager, content), store(manager, content)
    assert (first.stored, first.unmatched, first.fee_cents) == (5, 2, 406)
    assert (again.stored, again.known) == (0, 5)
    second, agrees = shown()
    assert (agrees.payout, agrees.net_cents, agrees.differences) == ("po_1", -93, [])
    assert [one.kind for one in second.differences] == ["twice", "unknown_here"]
    assert second.net_cents == 5400 - 313


def test_what_was_not_paid_out_is_shown_after_two_weeks(paid: str, manager: int) -> None:
    store(manager, stripe(f"po_0,{TODAY},t0,eur,1.00,0,charge,other"))
    with reading() as session:
        assert queries.not_paid_out(session, NOW + LATE) == []
        (missing,) = queries.not_paid_out(session, NOW + LATE + timedelta(minutes=1))
    assert (missing.reference, missing.cents) == (paid, 4500)
    store(manager, stripe(f"po_1,2026-09-03,t1,eur,45.00,0.93,charge,{paid}"))
    with reading() as session:
        assert queries.not_paid_out(session, NOW + timedelta(days=60)) == []


def test_payouts_and_fees_stand_in_the_books(paid: str, manager: int) -> None:
    store(manager, stripe(f"po_1,2026-09-03,t1,eur,45.00,0.93,charge,{paid}"))
    first, last = date(2026, 9, 1), date(2026, 9, 30)
    with reading() as session:
        lines = list(journal_lines(documents(session, first, last), chart(session)))
        report = month_report(session, first, last)
        assert count_wrong_days(session, NOW) == 0
    found = recompute("".join(lines).splitlines(keepends=True))
    accounts: Any = found["accounts"]
    assert found["unbalanced"] == []
    assert (accounts["1910"], accounts["8560"], accounts["1700"]) == (4407, 93, -4500)
    assert (report.paid_out_cents, report.fee_cents) == (4407, 93)
    assert "2026-09-03;po_1;8560;;;0,93;0,00;po_1\r\n" in lines


def upload(browser: FlaskClient, content: bytes) -> Any:
    return browser.post(f"{PAGE}?lang=en", data={"content": (io.BytesIO(content), "payout.csv")})


@pytest.mark.engines("sqlite")
def test_the_page_previews_and_stores(shop: Flask, paid: str, manager: int) -> None:
    browser = page_browser(shop, manager)
    good = f"po_1,2026-09-03,t1,eur,45.00,0.93,charge,{paid}"
    page = upload(browser, stripe(good, "po_1,never,t2,eur,1.00,0,charge,r"))
    words = text_of(page.text)
    assert "Nothing is stored yet." in words
    assert "The day of the payout is none: never." in words
    assert shown() == []
    (form,) = [one for one in forms_in(page.text, PAGE) if one.action.endswith("import")]
    refused = form.save(browser)
    assert (refused.status_code, shown()) == (409, [])
    for _ in range(2):
        done = browser.post(form.action, data=form.data | {"good_only": "1"})
        assert "Saved." in browser.get(done.location).text
    assert [one.rows for one in shown()] == [1]
    assert upload(browser, b"").status_code == 422
    assert browser.post(form.action, data={"packed": "no base64"}).status_code == 422


@pytest.mark.engines("sqlite")
def test_the_api_stores_and_lists(shop: Flask, paid: str, manager: int) -> None:
    client = signed_in(shop, manager)
    content = stripe(f"po_1,2026-09-03,t1,eur,44.00,0.93,charge,{paid}").decode()
    for dry_run in (True, False):
        answer = client.post("/api/v1/settlements", json={"content": content, "dry_run": dry_run})
        assert (answer.status_code, answer.get_json()["stored"]) == (200, 1)
    with reading() as session:
        assert session.scalar(select(func.count(SettlementRow.id))) == 1
    (payout,) = client.get("/api/v1/settlements").get_json()["payouts"]
    (row,) = payout["differences"]
    assert (row["kind"], row["there"], row["here"]) == ("other_sum", 4400, 4500)
    wrong = client.post("/api/v1/settlements", json={"content": content + "\npo_1,x,t,eur,1,0,c,r"})
    assert (wrong.status_code, wrong.get_json()["code"]) == (409, "settlement_rows")


def without_keys(content: bytes) -> Any:
    rows, faults = read_settlement(content)
    return [replace(row, key=str(new_public_id())) for row in rows], faults


@pytest.mark.planted_fault("rows are not told from each other")
def test_rows_that_are_stored_twice_are_a_difference(
    paid: str, manager: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = stripe(f"po_1,2026-09-03,,eur,45.00,0.93,charge,{paid}")
    assert [store(manager, content).stored for _ in range(2)] == [1, 0]
    monkeypatch.setattr(service, "read_settlement", without_keys)
    assert store(manager, content).stored == 1
    assert [one.kind for view in shown() for one in view.differences] == ["twice"]
