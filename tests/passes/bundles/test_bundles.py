"""A bundle: one price, a pass for each part, and each part counted, refunded and numbered."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from tests.world.bundles import PARTS, a_bundle
from tests.world.checkout import A_SELLER, bought, give_back, notices, ordered, refused, report
from tests.world.people import an_actor
from tests.world.shop import NOW, TODAY, a_product, a_student, record_use
from tests.world.vouchers import a_voucher, ordered_with
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.passes.activations.queries import activations
from zone.passes.bundles import invariants, service
from zone.passes.bundles.models import OrderBundle
from zone.passes.bundles.rules import NewPart
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.models import Product
from zone.passes.orders import queries as orders
from zone.passes.orders.invariants import count_disagreements
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass
from zone.passes.passes.service import activate
from zone.passes.quotas import invariants as quota_invariants
from zone.passes.quotas.models import Quota
from zone.passes.quotas.service import set_quota
from zone.passes.quotes.queries import quote_price
from zone.passes.receipts.invariants import count_wrong_sums
from zone.passes.receipts.models import ReceiptLine
from zone.passes.refunds.rules import LineRefund
from zone.passes.refunds.service import refund_lines

YEAR = (NOW - timedelta(days=200), NOW + timedelta(days=200))
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def bundle(shop: Flask) -> None:
    """Coaching has another VAT rate than exercise."""
    with writing() as session:
        a_product(session, "visit", "single_visit", ("gym",), 1).vat_category = "coaching"
    a_bundle()


def lines_of(order_id: int) -> list[OrderLine]:
    with reading() as session:
        rows = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id)
        return list(session.scalars(rows))


def passes_of(order_id: int) -> list[Pass]:
    with reading() as session:
        rows = (
            select(Pass)
            .join(OrderLine, OrderLine.id == Pass.order_line_id)
            .where(OrderLine.order_id == order_id)
            .order_by(OrderLine.id)
        )
        return list(session.scalars(rows))


def broken() -> int:
    with reading() as session:
        return sum(
            count(session, NOW)
            for count in (
                invariants.count_wrong_prices,
                invariants.count_wrong_passes,
                count_disagreements,
                count_wrong_sums,
                quota_invariants.count_wrong_quotas,
            )
        )


def test_each_part_is_a_line_with_its_share_and_vat_and_gives_a_pass(student: int) -> None:
    order_id = bought(student, "both")
    lines = lines_of(order_id)
    assert [line.cents for line in lines] == [1154, 3461, 385]
    assert [line.vat_bp for line in lines] == [1350, 1350, 2550]
    assert [(row.kind, row.starts_on, row.counts) for row in passes_of(order_id)] == [
        ("gym_pass", TODAY, True),
        ("sports_pass", TODAY, True),
        ("single_visit", TODAY, False),
    ]
    assert broken() == 0


def test_it_is_shown_as_one_and_its_receipt_names_the_parts(student: int) -> None:
    order_id = bought(student, "both")
    with reading() as session:
        view = orders.order_view(session, session.get_one(Order, order_id), NOW)
        (item,) = view.items
        assert (item.product["en"], item.cents) == ("both (en)", 5000)
        assert [part["en"] for part in item.parts] == ["gym (en)", "term (en)", "visit (en)"]
        names = session.scalars(select(ReceiptLine.name_en).order_by(ReceiptLine.id)).all()
        assert names[0] == "both (en): gym (en)"
        (mail,) = session.scalars(select(OutboxMail))
        assert "both (en): term (en)" in mail.body


def test_a_part_follows_the_pass_and_the_part_that_give_the_same(student: int) -> None:
    a_bundle("two", NewPart("gym", 1), NewPart("gym", 1, counts=False), cents=2001)
    bought(student, "gym")
    order_id = bought(student, "two", now=LATER)
    assert [row.starts_on for row in passes_of(order_id)] == [
        date(2026, 10, 1),
        date(2026, 10, 31),
    ]
    assert [line.cents for line in lines_of(order_id)] == [1001, 1000]


def test_target_a_counts_each_kind_once_where_the_bundle_says_so(student: int) -> None:
    a_bundle("one", NewPart("gym", 1), NewPart("term", 1, counts=False))
    order_id = bought(student, "one")
    with writing() as session:
        for row in passes_of(order_id):
            activate(session, row.id, occurred_at=NOW, recorded_at=NOW, by="desk")
    with reading() as session:
        assert [one.kind for one in activations(session, YEAR, LATER)] == ["gym_pass"]


def test_what_a_bundle_counts_is_decided_when_it_is_ordered(student: int) -> None:
    order_id = ordered(student, "both")
    manager = an_actor(a_student("johtaja@zone.example"), "manager")
    fewer = [NewPart(part.product, part.share, counts=False) for part in PARTS]
    with writing() as session:
        service.save_parts(session, manager, "both", fewer, version=1, now=NOW)
    report(notices(order_id)[0])
    assert [row.counts for row in passes_of(order_id)] == [True, True, False]
    assert broken() == 0


def test_one_part_can_be_refunded_and_the_others_stay(student: int) -> None:
    order_id = bought(student, "both")
    desk = an_actor(a_student("tiski@zone.example"), "desk")
    with writing() as session:
        refund_lines(session, desk, order_id, [LineRefund(2, 3461)], reason="Ill", now=NOW)
    with reading() as session:
        view = orders.order_view(session, session.get_one(Order, order_id), LATER)
        assert [one.state for one in view.passes if one.kind == "sports_pass"] == ["refunded"]
        assert "refunded" not in {one.state for one in view.passes if one.kind != "sports_pass"}
    assert broken() == 0


def test_a_discount_is_divided_by_the_prices_of_the_parts(student: int) -> None:
    a_voucher(percent_bp=None, cents=1000)
    lines = lines_of(ordered_with(student, "both"))
    assert [line.cents + line.discount_cents for line in lines] == [1154, 3461, 385]
    assert [line.discount_cents for line in lines] == [231, 692, 77]
    assert broken() == 0


def test_a_code_for_a_part_is_none_for_the_bundle(student: int) -> None:
    a_voucher(products=["gym"])
    assert refused(lambda: ordered_with(student, "both")) == "voucher_of_others"


def a_quota(code: str, *products: str, places: int = 2) -> None:
    with writing() as session:
        set_quota(session, code, name=code, places=places, hold_minutes=30, products=products)


def taken() -> dict[str, int]:
    with reading() as session:
        return {row.code: row.taken for row in session.scalars(select(Quota))}


def test_it_takes_a_place_of_its_own_and_of_its_parts(student: int) -> None:
    a_quota("bundle", "both")
    a_quota("part", "term")
    a_quota("shared", "both", "gym")
    order_id = bought(student, "both")
    assert taken() == {"bundle": 1, "part": 1, "shared": 1}
    desk = an_actor(a_student("tiski@zone.example"), "desk")
    with writing() as session:
        refund_lines(session, desk, order_id, [LineRefund(2, 3461)], reason="Ill", now=NOW)
    assert taken() == {"bundle": 1, "part": 0, "shared": 1}
    with writing() as session:
        refund_lines(session, desk, order_id, [LineRefund(1, 1154)], reason="Ill", now=NOW)
    assert taken() == {"bundle": 1, "part": 0, "shared": 0}, "one part of it is left"
    give_back(order_id, a_student("tiski-2@zone.example"))
    assert taken() == {"bundle": 0, "part": 0, "shared": 0}
    assert broken() == 0


def test_it_is_sold_out_with_one_of_its_parts(student: int) -> None:
    a_quota("part", "term", places=1)
    bought(a_student("toinen@zone.example"), "term")
    assert refused(lambda: ordered(student, "both")) == "sold_out"


def test_a_bundle_without_parts_is_not_sold(student: int) -> None:
    with writing() as session:
        names = ("a", "b", "c")
        catalogue.set_product(
            session, code="new", kind="bundle", names=names, entitlements=(), length_days=None
        )
        catalogue.set_price(session, "new", role="student", cents=100, valid_from=date(2020, 1, 1))
    assert refused(lambda: ordered(student, "new")) == "not_sold"


def test_its_price_stays_once_somebody_has_ordered_at_it(student: int) -> None:
    manager = an_actor(a_student("johtaja@zone.example"), "manager")

    def correct(cents: int) -> None:
        with writing() as session:
            price = catalogue.NewPrice("student", "", TODAY, cents)
            catalogue.plan_price(session, manager, "both", price, NOW)

    correct(4900)
    ordered(student, "both")
    assert refused(lambda: correct(4800)) == "price_in_force"


def test_what_was_shown_of_the_parts_is_compared(student: int) -> None:
    with reading() as session:
        product = session.scalars(select(Product).where(Product.code == "both")).one()
        quote = quote_price(
            session, student, product, starts_on=None, now=NOW, seller_vat=A_SELLER.charges_vat
        )
        before = quote.rights
    a_bundle("both", PARTS[1], PARTS[0])
    with reading() as session:
        product = session.scalars(select(Product).where(Product.code == "both")).one()
        quote = quote_price(
            session, student, product, starts_on=None, now=NOW, seller_vat=A_SELLER.charges_vat
        )
        assert quote.rights != before


def test_parts_are_saved_by_version_and_a_part_stays_what_it_is() -> None:
    manager = an_actor(a_student("johtaja@zone.example"), "manager")

    def save(*parts: NewPart, version: int, code: str = "both") -> None:
        with writing() as session:
            service.save_parts(session, manager, code, parts, version=version, now=NOW)

    save(PARTS[0], PARTS[1], version=1)
    save(PARTS[0], PARTS[1], version=1)  # a second tap
    assert refused(lambda: save(PARTS[1], PARTS[0], version=1)) == "edited_meanwhile"
    assert refused(lambda: save(PARTS[1], NewPart("both", 1), version=2)) == "part_is_no_pass"
    assert refused(lambda: save(*PARTS, version=1, code="gym")) == "no_bundle"

    def become(code: str, kind: str, gives: tuple[str, ...]) -> None:
        with writing() as session:
            catalogue.save_product(
                session,
                manager,
                code,
                name={"fi": "a", "sv": "b", "en": "c"},
                campuses=[],
                version=9,
                now=NOW,
                kind=kind,
                entitlements=gives,
                duration="season",
                length_days=None,
                activation_days=None,
                visits=None,
                vat_category="exercise",
            )

    assert refused(lambda: become("gym", "fee", ())) == "bundle_kind"
    assert refused(lambda: become("both", "gym_pass", ("gym",))) == "bundle_kind"


@pytest.mark.planted_fault("a part costs more than its share")
def test_the_doctor_finds_a_bundle_that_does_not_add_up(student: int) -> None:
    ordered(student, "both")
    with writing() as session:
        session.execute(
            insert(OrderBundle).from_select(
                ["order_id", "product_id", "cents"],
                select(OrderBundle.order_id, OrderBundle.product_id, OrderBundle.cents + 1),
            )
        )
    with reading() as session:
        assert invariants.count_wrong_prices(session, NOW) == 1


@pytest.mark.planted_fault("a pass of a bundle counts by hand")
def test_the_doctor_finds_a_pass_that_counts_otherwise(student: int) -> None:
    order_id = bought(student, "both")
    with writing() as session:
        session.execute(update(Pass).where(Pass.kind == "single_visit").values(counts=True))
    assert len(passes_of(order_id)) == 3
    with reading() as session:
        assert invariants.count_wrong_passes(session, NOW) == 1


def test_a_visit_through_a_door_uses_one_of_the_passes(student: int) -> None:
    order_id = bought(student, "both")
    with writing() as session:
        used = record_use(
            session, student, kinds=("court",), campus="x", occurred_at=NOW, recorded_at=NOW
        )
    assert used == passes_of(order_id)[1].id
