"""The doctor finds rows of money that the other tables contradict."""

import pytest
from sqlalchemy import text

from tests.world.checkout import bought, give_back, notices, ordered, pay_again, report
from tests.world.shop import NOW, a_product, a_student
from zone.core.db.transactions import reading, writing
from zone.core.ids import new_public_id
from zone.passes.orders.invariants import count_disagreements

pytestmark = pytest.mark.engines("sqlite")


def disagreements() -> int:
    with reading() as session:
        return count_disagreements(session, NOW)


RECEIPT = (
    "INSERT INTO receipt (year, number, order_id, payment_id, kind, cents, issued_at) "
    "VALUES (2026, 99, :{order}, {payment}, '{kind}', {cents}, '2026-09-01 10:00:00')"
)
REFUND = (
    "INSERT INTO refund (public_id, payment_id, cents, reason, occurred_at, recorded_at, "
    "recorded_by) SELECT '{id}', id, cents, 'by hand', '2026-09-01 10:00:00', "
    "'2026-09-01 10:00:00', {by} FROM payment WHERE order_id = :{order}"
)
BY_HAND = {
    "a receipt that nobody paid": RECEIPT.format(
        order="unpaid", payment="NULL", kind="sale", cents=500
    ),
    "a refund receipt without a refund": RECEIPT.format(
        order="paid", payment="NULL", kind="refund", cents=-4500
    ),
    "a credit without a refund": RECEIPT.format(order="paid", payment=1, kind="credit", cents=-1),
    "a refund without a receipt": REFUND.format(
        order="paid", id=new_public_id().hex, by="(SELECT min(id) FROM member)"
    ),
    "a refund of what nobody paid": REFUND.format(
        order="unpaid", id=new_public_id().hex, by="NULL"
    ),
    "a payment of one cent": (
        "INSERT INTO payment (order_id, provider, reference, cents, currency, started_at) "
        "VALUES (:unpaid, 'development', 'x', 1, 'EUR', '2026-09-01 10:00:00')"
    ),
    "a line for nothing": (
        "INSERT INTO order_line (order_id, product_id, institution_code, role, cents, currency, "
        "vat_bp, supplied_on) SELECT order_id, product_id, institution_code, role, 7, currency, "
        "vat_bp, supplied_on FROM order_line WHERE order_id = :unpaid"
    ),
    "a pass that ended": (
        "INSERT INTO pass_event (pass_id, kind, occurred_at, recorded_at, by) SELECT min(id), "
        "'refunded', '2026-09-01 10:00:00', '2026-09-01 10:00:00', 'hand' FROM pass"
    ),
    "a pass that is back after its refund": (
        "INSERT INTO pass (public_id, member_id, product_id, root_id, kind, entitlements, "
        "campuses, starts_on, ends_on, sold_from, sold_until, pauses) SELECT '"
        + new_public_id().hex
        + "', member_id, "
        "product_id, id, kind, entitlements, campuses, starts_on, ends_on, sold_from, "
        "sold_until, pauses FROM pass WHERE id IN "
        "(SELECT pass_id FROM pass_event WHERE kind = 'refunded')"
    ),
    "a pass that is gone": "UPDATE pass SET order_line_id = NULL",
}


@pytest.fixture
def orders(student: int) -> dict[str, int]:
    """Orders that are paid, paid twice, refunded, unpaid; and a fee."""
    with writing() as session:
        a_product(session, "trial", "test", ("gym",), 7, student=0)
    ordered(student, "trial")
    paid, unpaid = bought(student), ordered(student, "visit")
    pay_again(paid_twice := ordered(student, "gym"))
    for notice in notices(paid_twice):
        report(notice)
    give_back(bought(a_student("other@zone.example")), a_student("tiski@zone.example"))
    return {"paid": paid, "unpaid": unpaid}


def test_the_books_of_a_sound_shop_agree(orders: dict[str, int]) -> None:
    assert disagreements() == 0


@pytest.mark.thorough
@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.planted_fault("a row that was written by hand")
def test_a_row_that_the_books_contradict_is_found(orders: dict[str, int], name: str) -> None:
    with writing() as session:
        session.execute(text(BY_HAND[name]), orders)
    assert disagreements() > 0
