"""`zone doctor` reports each broken invariant by its own check."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from tests.world.booking import NOW
from tests.world.doctor import INVARIANTS, broken, findings
from tests.world.lotteries import a_false_draw, a_winner_too_many, an_entry_without_outcome
from tests.world.marks import a_ban, a_marked_booking
from zone.access.attendance.models import Sighting
from zone.access.entries import invariants as entries_invariants
from zone.access.entries.models import Entry, Quarantine
from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.booking.moves.models import FirstRight
from zone.booking.waitlist.models import QueueEntry
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.i18n import LANGUAGES
from zone.core.ids import new_public_id
from zone.core.mail_words.models import MailWords
from zone.feedback.answers.models import Participation
from zone.feedback.surveys.models import Survey
from zone.members.people.models import Member
from zone.operation.doctor import service as doctor
from zone.passes.invoice_credits.models import CreditedInvoiceLine
from zone.passes.invoice_payments.models import InvoicePayment
from zone.passes.invoices.models import Invoice, InvoiceLine
from zone.passes.numbering.rules import of_till
from zone.passes.numbering.service import begin_series
from zone.passes.orders.models import Order
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.payers.models import Payer
from zone.passes.payers.queries import DETAILS
from zone.passes.payments.models import Payment, PaymentEvent, Refund, RefundEvent
from zone.passes.receipts.models import Receipt
from zone.passes.reconciliation.models import (
    DifferenceFix,
    DifferenceFixDecision,
    DifferenceFixRequest,
    UnknownPayment,
)
from zone.passes.tills import service as tills
from zone.passes.tills.models import TillClose, TillCount, TillDay, TillEntry
from zone.passes.vouchers.models import Voucher
from zone.places.campuses.models import Campus
from zone.reporting.daily_counts.models import DailyCount
from zone.reporting.shares.models import FixedShares
from zone.reporting.shares.rules import BY_VISITS
from zone.reporting.shares.service import store_period


def test_a_sound_service_keeps_every_invariant(service: Settings) -> None:
    assert broken(service) == {}
    assert {invariant.name for invariant in INVARIANTS} <= {one.check for one in findings(service)}


def test_a_quick_run_leaves_out_what_reads_every_entry(service: Settings) -> None:
    quick = {finding.check for finding in findings(service, quick=True)}
    assert {finding.check for finding in findings(service)} - quick == {
        "visits",
        "chains",
        "counts",
        "cost_shares",
    }


# One planted fault for each invariant, past the keys that would refuse it.

Plant = Callable[[Session], object]


def without_key(table: str, name: str) -> None:
    """Drop the key that refuses a fault; on SQLite by a copy of the table without keys."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"))
            connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
            return
    with closing(db.engine.raw_connection()) as raw:
        for statement in (
            "PRAGMA foreign_keys=OFF",
            "PRAGMA legacy_alter_table=ON",
            f"CREATE TABLE bare AS SELECT * FROM {table}",
            f"DROP TABLE {table}",
            f"ALTER TABLE bare RENAME TO {table}",
            "PRAGMA foreign_keys=ON",
        ):
            raw.execute(statement)


def again(table: str, **changed: object) -> Plant:
    """Return a fault: the first row again, with the next id and these values."""

    def plant(session: Session) -> None:
        row = dict(
            session.execute(text(f"SELECT * FROM {table} ORDER BY id LIMIT 1")).mappings().one()
        )
        row |= {"id": session.scalar(text(f"SELECT max(id) + 1 FROM {table}"))} | changed
        if "public_id" in row:
            row["public_id"] = new_public_id().hex
        places = ", ".join(f":{name}" for name in row)
        session.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)

    return plant


def sql(statement: str) -> Plant:
    return lambda session: session.execute(text(statement))


def a_fix_of_another_sum(session: Session) -> None:
    asked, decided = session.scalars(select(Member.id).order_by(Member.id).limit(2)).all()
    difference = new_public_id()
    fix = DifferenceFix(
        public_id=new_public_id(),
        difference=difference,
        action="give_back",
        cents_back=20000,
        recorded_at=NOW,
        recorded_by=decided,
    )
    request = DifferenceFixRequest(
        public_id=new_public_id(),
        difference=difference,
        number=1,
        cents_back=19900,
        requested_by=asked,
        requested_at=NOW,
        expires_at=NOW + timedelta(days=14),
    )
    session.add_all([fix, request])
    session.flush()
    session.add(
        DifferenceFixDecision(
            request_id=request.id,
            requested_by=asked,
            outcome="confirmed",
            decided_by=decided,
            fix_id=fix.id,
            decided_at=NOW,
        )
    )


def two_payments(session: Session) -> None:
    order = session.scalars(select(func.min(Order.id))).one() or 0
    for _ in range(2):
        _paid(session, order)


def no_receipt(session: Session) -> None:
    member = session.scalars(select(func.min(Member.id))).one()
    order = Order(
        public_id=new_public_id(), member_id=member, total_cents=1900, currency="EUR", placed_at=NOW
    )
    session.add(order)
    session.flush()
    _paid(session, order.id)


def _paid(session: Session, order_id: int) -> None:
    payment = Payment(
        order_id=order_id,
        provider="none",
        reference=new_public_id().hex,
        cents=1900,
        currency="EUR",
        started_at=NOW,
    )
    session.add(payment)
    session.flush()
    session.add(
        PaymentEvent(payment_id=payment.id, outcome="paid", occurred_at=NOW, recorded_at=NOW)
    )


def a_silent_return(session: Session, outcome: str | None = None) -> None:
    two_payments(session)
    payment = session.scalars(select(func.max(Payment.id))).one()
    refund = Refund(
        public_id=new_public_id(),
        payment_id=payment,
        cents=1900,
        reason="paid twice",
        occurred_at=NOW,
        recorded_at=NOW,
    )
    session.add(refund)
    session.flush()
    if outcome:
        session.add(RefundEvent(refund_id=refund.id, outcome=outcome, recorded_at=NOW))


def ended_passes(session: Session) -> None:
    for pass_id in session.scalars(select(Pass.id)):
        row = {"pass_id": pass_id, "kind": "refunded", "occurred_at": NOW, "recorded_at": NOW}
        session.add(PassEvent(**row, by="hand"))


def waits_without_joining(session: Session) -> None:
    _wait(session, 1)


def waits_twice(session: Session) -> None:
    _wait(session, 2)


def a_first_right_beside_a_booking(session: Session) -> None:
    _wait(session, 1)
    entry = session.scalars(select(func.max(QueueEntry.id))).one()
    booking = session.scalars(select(func.min(Booking.id))).one()
    session.add(FirstRight(entry_id=entry, booking_id=booking))


def a_pass_that_nobody_sold(session: Session) -> None:
    sold = session.scalars(select(Pass).limit(1)).one()
    session.add(
        Pass(
            public_id=new_public_id(),
            member_id=sold.member_id,
            product_id=sold.product_id,
            kind=sold.kind,
            entitlements=sold.entitlements,
            campuses=sold.campuses,
            starts_on=sold.starts_on,
            ends_on=sold.ends_on,
        )
    )


def _wait(session: Session, times: int) -> None:
    booking = session.scalars(select(Booking).limit(1)).one()
    for rank in range(91, 91 + times):
        row = {
            "session_id": booking.session_id,
            "rank": rank,
            "member_id": booking.member_id,
            "state": "waiting",
            "created_at": NOW,
        }
        session.execute(insert(QueueEntry).values(public_id=new_public_id(), **row))


def a_mark_of_somebody_seen(session: Session) -> None:
    booking = session.scalars(select(Booking).limit(1)).one()
    booking.state = "no_show"
    about = {"session_id": booking.session_id, "member_id": booking.member_id}
    at = {"occurred_at": NOW, "recorded_at": NOW}
    session.add(Sighting(**about, seen_by=booking.member_id, **at))


def a_mark_without_history(session: Session) -> None:
    a_marked_booking(session).state = "excused"


def a_mark_of_a_free_place(session: Session) -> None:
    mark = a_marked_booking(session)
    mark.evidence = mark.evidence.replace('"places": 1', '"places": 9')


def a_mark_of_a_used_place(session: Session) -> None:
    a_marked_booking(session, "attended")


def a_missed_place_without_a_mark(session: Session) -> None:
    booking = session.scalars(select(Booking).limit(1)).one()
    booking.state = "no_show"
    allocation = session.get_one(Allocation, booking.session_id)
    allocation.bookable = allocation.booked


def a_ban_without_marks(session: Session) -> None:
    session.add(a_ban(a_marked_booking(session)))


def a_lost_box(session: Session) -> None:
    member = session.scalars(select(func.min(Member.id))).one()
    session.add(Participation(survey_id=session.scalars(select(Survey.id)).one(), member_id=member))


def a_sale_of_another_series(session: Session) -> None:
    """Store a sale on the web as one of a till with its own series."""
    a_till(closed=False)(session)
    begin_series(session, of_till("till-1"), "M1", NOW - timedelta(days=1))
    sale = select(Payment).join(Receipt, Receipt.order_id == Payment.order_id)
    payment = session.scalars(sale.order_by(Payment.id).limit(1)).one()
    day = session.scalars(select(func.max(TillDay.id))).one()
    session.add(
        TillEntry(
            till_day_id=day, payment_id=payment.id, method="cash", cents=4500, recorded_at=NOW
        )
    )


def a_till(*, closed: bool) -> Callable[[Session], None]:
    """Store a till of long ago: left open, or closed with another sum than is in it."""

    def build(session: Session) -> None:
        campus = session.scalars(select(Campus.code).limit(1)).one()
        till = tills.set_till(session, "till-1", campus=campus, name="Tiski", now=NOW)
        day = tills.begin_day(session, till, float_cents=100, now=NOW - timedelta(days=400))
        if closed:
            close = TillClose(till_day_id=day.id, closed_at=NOW)
            session.add(close)
            session.flush()
            count = {"expected_cents": 90, "counted_cents": 90, "reason": ""}
            session.add(TillCount(till_close_id=close.id, method="cash", **count))

    return build


def an_invented_visit(session: Session) -> None:
    count = DailyCount(
        day=NOW.date(),
        hour=12,
        campus="myllypuro",
        figure="captured",
        group_code="",
        part=1,
        whole=1,
        recorded_at=NOW,
    )
    session.add(count)


def no_trigger(session: Session) -> None:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    name = "booking_event_no_delete" if on_sqlite else "booking_event_append_only ON booking_event"
    session.execute(text(f"DROP TRIGGER {name}"))


def words_that_do_not_fit(session: Session) -> None:
    """Store words of a mail that name what the mail does not know."""
    words = {"subject": "{nobody}", "title": "Title", "body": "Text"}
    session.add_all(
        MailWords(
            template="booking/booked", language=language, version=9, changed_at=utc_now(), **words
        )
        for language in LANGUAGES
    )


def a_use_that_nobody_counts(session: Session) -> None:
    session.add(
        Voucher(
            code="CAMP",
            digest=b"camp",
            name="Camp",
            cents=500,
            most_uses=5,
            uses=2,
            valid_from=NOW.date(),
            created_at=NOW,
        )
    )


def an_order_that_nobody_let_expire(session: Session) -> None:
    session.add(
        Order(
            public_id=new_public_id(),
            member_id=session.scalars(select(func.min(Member.id))).one(),
            total_cents=0,
            currency="EUR",
            placed_at=NOW - timedelta(days=1),
            pay_until=NOW - timedelta(days=1),
        )
    )


def a_payment_unknown_here(session: Session) -> None:
    session.add(
        UnknownPayment(
            public_id=new_public_id(),
            provider="paytrail",
            reference="gone",
            cents=4500,
            currency="EUR",
            occurred_at=utc_now(),
            recorded_at=utc_now(),
        )
    )


def an_invoice_that_does_not_add_up(session: Session) -> None:
    payer = Payer(
        code="payer", **{**dict.fromkeys(DETAILS, ""), "language": "fi", "payment_days": 1}
    )
    session.add(payer)
    session.flush()
    session.add(
        Invoice(
            public_id=new_public_id(),
            series="L",
            year=2026,
            number=1,
            kind="invoice",
            payer_id=payer.id,
            payer_details={},
            seller_details={},
            buyer_reference="",
            reference="1232",
            issued_at=utc_now(),
            issued_on=utc_now().date(),
            due_on=utc_now().date(),
            net_cents=100,
            tax_cents=0,
            cents=100,
        )
    )


def a_credit_without_its_note(session: Session) -> None:
    an_invoice_that_does_not_add_up(session)
    session.flush()
    line = InvoiceLine(
        invoice_id=session.scalars(select(Invoice.id)).one(),
        text="Passes",
        quantity=100,
        unit_cents=100,
        vat_bp=0,
        supplied_on=utc_now().date(),
        net_cents=100,
        tax_cents=0,
    )
    session.add(line)
    session.flush()
    session.add(CreditedInvoiceLine(invoice_line_id=line.id, quantity=100, credited_quantity=100))


def a_payment_without_its_invoice(session: Session) -> None:
    an_invoice_that_does_not_add_up(session)
    session.add(
        InvoicePayment(
            public_id=new_public_id(),
            reference="1232",
            cents=100,
            paid_on=utc_now().date(),
            source="bank",
            bank_key="1",
            note="",
            recorded_at=utc_now(),
            recorded_by=session.scalars(select(func.min(Member.id))).one(),
        )
    )


VISIT = (
    'INSERT INTO pass_visit (pass_id, number, granted, occurred_at, recorded_at, "by")'
    " SELECT min(id), {number}, 2, '2026-09-01 00:00:00', '2999-01-01 00:00:00', 'door' FROM pass"
)


def a_report_without_shares(session: Session) -> None:
    period = store_period(session, date(2026, 9, 1), date(2026, 9, 1), 100, NOW)
    session.add(
        FixedShares(
            period_id=period.id,
            definition="I1-1",
            as_of=NOW,
            cents=100,
            **asdict(BY_VISITS),
            visit_rows=0,
            sale_rows=0,
            pass_rows=0,
            digest="",
            fixed_at=NOW,
        )
    )


FAULTS: dict[str, tuple[tuple[str, str] | None, Plant]] = {
    "cost_shares": (None, a_report_without_shares),
    "places": (None, sql("UPDATE allocation SET booked = booked - 1 WHERE booked > 0")),
    "shares": (None, sql("UPDATE allocation SET bookable = capacity")),
    "spaces": (("hold", "uq_hold_part_slice"), again("hold")),
    "released": (None, sql("UPDATE allocation SET state = 'cancelled'")),
    "held": (None, sql("DELETE FROM hold")),
    "kinds": (None, sql("UPDATE allocation SET kind = 'own_use'")),
    "sessions": (None, sql("UPDATE allocation SET state = 'held'")),
    "booked": (None, sql("UPDATE booking SET state = 'attended'")),
    "waitlists": (None, waits_without_joining),
    "lotteries": (None, a_false_draw),
    "lottery_winners": (None, a_winner_too_many),
    "lottery_entries": (None, an_entry_without_outcome),
    "passes": (None, a_pass_that_nobody_sold),
    "reconciliation": (None, a_payment_unknown_here),
    "pass_days": (None, sql('UPDATE pass SET pauses = \'[["2026-10-01", "2026-10-14"]]\'')),
    "bulk_extensions": (
        None,
        sql(
            "INSERT INTO pass_event"
            ' (pass_id, kind, occurred_at, recorded_at, "by", first_day, last_day, days)'
            " SELECT min(id), 'extended', '2026-09-01 00:00:00', '2026-09-01 00:00:00', 'x',"
            " '2026-09-01', '2026-09-05', 5 FROM pass"
        ),
    ),
    "invoices": (
        None,
        sql("INSERT INTO receipt_sequence (series, year, last) VALUES ('L', 2020, 3)"),
    ),
    "invoice_payments": (None, a_payment_without_its_invoice),
    "invoice_sums": (None, an_invoice_that_does_not_add_up),
    "invoice_credits": (None, a_credit_without_its_note),
    "bundle_prices": (
        None,
        sql(
            "INSERT INTO order_bundle (order_id, product_id, cents)"
            " SELECT min(orders.id), min(product.id), 100 FROM orders, product"
        ),
    ),
    "bundle_passes": (
        None,
        sql(
            "UPDATE pass SET counts = NOT counts,"
            " order_line_id = (SELECT min(id) FROM order_line)"
            " WHERE id = (SELECT min(id) FROM pass)"
        ),
    ),
    "pass_conditions": (
        None,
        sql(
            "UPDATE pass SET conditions = '[[\"companions\", 9]]',"
            " order_line_id = (SELECT min(id) FROM order_line)"
            " WHERE id = (SELECT min(id) FROM pass)"
        ),
    ),
    "study_regions": (
        None,
        sql(
            "INSERT INTO institution"
            " (code, name, admits_students, admits_staff, study_region, version)"
            " VALUES ('malli', 'Malli', true, false, 'moon', 1)"
        ),
    ),
    "customer_groups": (
        None,
        sql(
            "INSERT INTO price (product_id, price_group, role, valid_from, cents, currency)"
            " SELECT min(id), 'nobody', 'student', '2026-01-01', 100, 'EUR' FROM product"
        ),
    ),
    "quotas": (
        None,
        sql(
            "INSERT INTO quota (code, name, places, taken, hold_minutes, version)"
            " VALUES ('camp', 'Camp', 5, 2, 30, 1)"
        ),
    ),
    "taken_over_passes": (
        None,
        sql(
            "INSERT INTO taken_over_pass (external_id, pass_id, digest, recorded_at)"
            " SELECT 'A-1', min(id), '', '2026-09-01 00:00:00' FROM pass"
        ),
    ),
    "vouchers": (None, a_use_that_nobody_counts),
    "expiries": (None, an_order_that_nobody_let_expire),
    "pass_visits": (None, sql(VISIT.format(number=2))),
    "unpaid_visits": (None, sql(VISIT.format(number="NULL"))),
    "ledger": (None, no_receipt),
    "tills": (None, a_till(closed=True)),
    "tills_open": (None, a_till(closed=False)),
    "till_series": (None, a_sale_of_another_series),
    "rows": (None, sql("UPDATE pass SET ends_on = '2099-12-31'")),
    "bookings": (("booking", "uq_booking_live"), again("booking")),
    "holders": (None, ended_passes),
    "queues": (("queue_entry", "uq_queue_entry_live"), waits_twice),
    "first_rights": (None, a_first_right_beside_a_booking),
    "entries": (("entry", "uq_entry_uuid"), again("entry", seq=99, before=None, pending=True)),
    "visits": (
        None,
        sql("UPDATE visit SET retracted_at = occurred_at WHERE id = (SELECT min(id) FROM visit)"),
    ),
    "in_vain": (
        None,
        sql("UPDATE entry SET undone_by = 'relay_fault' WHERE kind = 'scan' AND granted"),
    ),
    "mail_words": (None, words_that_do_not_fit),
    "no_shows": (None, a_mark_of_somebody_seen),
    "marks": (None, a_mark_of_a_free_place),
    "mark_states": (None, a_mark_without_history),
    "marked": (None, a_mark_of_a_used_place),
    "unmarked": (None, a_missed_place_without_a_mark),
    "ban_states": (None, a_ban_without_marks),
    "bans": (None, a_ban_without_marks),
    "seen": (None, a_mark_of_somebody_seen),
    "sign_ins": (None, sql("UPDATE sign_in_session SET seen_at = '2099-12-31 00:00:00'")),
    "chains": (None, sql("UPDATE entry SET granted = NOT granted WHERE seq = 2")),
    "roster": (
        None,
        sql("DELETE FROM roster_mark WHERE member_id = (SELECT min(member_id) FROM credential)"),
    ),
    "shutdowns": (None, sql("UPDATE door SET state = 'blocked'")),
    "receipts": (None, sql("UPDATE receipt_sequence SET last = last + 1")),
    "certificates": (
        None,
        sql(
            "INSERT INTO deleted_year (ended_on, ended_at, years_kept, counts, digest, deleted_at) "
            "VALUES ('2024-12-31', '2024-12-31 22:00:00', 6, '{\"receipt\": 0}', '', "
            "'2030-12-31 21:00:00')"
        ),
    ),
    "receipt_lines": (
        None,
        sql(
            "INSERT INTO credited_line (receipt_line_id, sold_cents, credited_cents) "
            "SELECT id, cents, 1 FROM receipt_line WHERE id = (SELECT min(id) FROM receipt_line)"
        ),
    ),
    "loss_fees": (
        None,
        sql(
            "INSERT INTO phone_replacement (member_id, keys, occurred_at, recorded_by, order_id) "
            "SELECT min(id), 1, '2026-01-01 00:00:00', min(id), "
            "'00000000000000000000000000000009' FROM member"
        ),
    ),
    "difference_fixes": (None, a_fix_of_another_sum),
    "second_persons": (
        None,
        sql(
            "INSERT INTO refund_request (public_id, order_id, lines, cents, reason, requested_by, "
            "requested_at, expires_at) SELECT '00000000000000000000000000000009', min(id), '[]', "
            "100, 'x', min(member_id), '2020-01-01 00:00:00', '2020-01-15 00:00:00' FROM orders"
        ),
    ),
    "payments": (None, two_payments),
    "sales": (None, no_receipt),
    "returns": (None, a_silent_return),
    "refunds": (None, partial(a_silent_return, outcome="refused")),
    "books": (None, ended_passes),
    "counts": (None, an_invented_visit),
    "search": (None, sql("UPDATE member SET name = 'Uusi Nimi' WHERE holder IS NOT NULL")),
    "surveys": (None, a_lost_box),
    "record": (None, no_trigger),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.own_database
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("one fault for each invariant")
def test_each_fault_fails_its_own_check(service: Settings, name: str) -> None:
    key, plant = FAULTS[name]
    if key is not None:
        without_key(*key)
    with writing() as session:
        plant(session)
    assert name in broken(service, name)


def test_every_invariant_has_a_fault_that_fails_it() -> None:
    assert set(FAULTS) == {invariant.name for invariant in INVARIANTS}


def test_the_guide_for_operators_names_every_invariant() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "operation.md").read_text(encoding="utf-8")
    assert [one.name for one in INVARIANTS if f"| `{one.name}` | {one.holds} |" not in guide] == []


# The chain of a bridge.


@pytest.mark.parametrize(
    ("statement", "caught"),
    [
        ("DELETE FROM entry WHERE seq = 2", True),
        ("DELETE FROM entry WHERE seq = 1", True),
        ("UPDATE entry SET holder = holder + 1 WHERE seq = 3", True),
        ("UPDATE entry SET before = after WHERE seq = 3", True),
        ("UPDATE entry SET recorded_at = occurred_at", False),
    ],
)
@pytest.mark.own_database
def test_a_changed_or_missing_entry_shows(service: Settings, statement: str, caught: bool) -> None:
    with writing() as session:
        session.execute(text("DELETE FROM attendance"))
        session.execute(text("DELETE FROM visit"))
        session.execute(text(statement))
    assert ("chains" in broken(service, "chains")) == caught


def test_a_quarantined_entry_leaves_no_broken_chain(service: Settings) -> None:
    with writing() as session:
        session.execute(text("DELETE FROM attendance"))
        session.execute(text("DELETE FROM visit"))
        bridge = session.scalars(select(Entry.bridge_id).limit(1)).one()
        session.execute(text("DELETE FROM entry WHERE seq = 2"))
        row = {
            "bridge_id": bridge,
            "digest": b"d",
            "raw": '{"seq": 2}',
            "why": "door",
            "recorded_at": NOW,
        }
        session.execute(insert(Quarantine).values(row))
    assert "chains" not in broken(service, "chains")


def test_deleted_names_leave_no_broken_chain(service: Settings) -> None:
    with writing() as session:
        session.execute(update(Entry).values(holder=None, kid=None))
    with doctor.snapshot() as session:
        assert list(entries_invariants.find_chain_breaks(session, NOW + timedelta(days=1))) == []
