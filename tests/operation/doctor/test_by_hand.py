"""`zone doctor` finds what somebody changed in the database past the service."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from tests.world.booking import NOW, an_activity
from tests.world.doctor import INVARIANTS, broken
from tests.world.lotteries import a_lottery, an_entry
from tests.world.marks import a_ban, a_marked_booking
from tests.world.people import a_member
from tests.world.shop import open_shop
from zone.access.areas.models import Area
from zone.access.attendance.models import Attendance, Sighting
from zone.access.bridge_sign_on.models import BridgeToken
from zone.access.bridges.models import Bridge, DoorPolicy
from zone.access.credentials import service as credentials
from zone.access.door_commands.models import DoorCommand
from zone.access.doors.models import Door
from zone.access.releases.models import DoorRelease, DoorReleaseDay
from zone.access.shutdowns.models import Shutdown
from zone.access.visits.models import Visit
from zone.booking.allocations import service as allocations
from zone.booking.attendance_marks.models import AttendanceMarkEvent
from zone.booking.booking_bans.models import BookingBanEvent, BookingBanMark
from zone.booking.bookings.models import Booking
from zone.booking.calendar_feeds.models import CalendarFeed
from zone.booking.lotteries.models import LotteryEntryEvent
from zone.booking.policies.models import BookingPolicy
from zone.booking.reservations.models import Reservation
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import Weekly
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.db.types import Base
from zone.core.ids import new_public_id
from zone.core.row_records.models import RECORDED, RecordedTable
from zone.core.row_records.queries import count_differing
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.rules import first_values
from zone.core.time import helsinki_date
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.email_changes.models import EmailChange
from zone.members.institutions.models import Institution
from zone.members.passwords import service as passwords
from zone.members.people.models import Member
from zone.members.roles import service as roles
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession
from zone.members.suspensions import service as suspensions
from zone.members.tokens import service as tokens
from zone.members.tokens.models import ApiToken
from zone.operation.doctor.invariants import count_wrong_triggers
from zone.passes.bundles.models import BundlePart
from zone.passes.catalogue.models import Product
from zone.passes.customer_groups.models import CustomerGroup, InstitutionGroup
from zone.passes.entitlements.models import Entitlement
from zone.passes.passes import service as passes
from zone.passes.payers.models import Payer
from zone.passes.quotas.models import Quota, QuotaProduct
from zone.passes.sale_windows.models import SaleWindow
from zone.passes.visits.models import PassVisit
from zone.passes.vouchers.models import Voucher, VoucherProduct
from zone.places.campuses.models import Campus
from zone.places.opening_hours.models import OpeningException
from zone.places.spaces.models import Space
from zone.reporting.shares.models import CostPeriod

BY_HAND = {
    "invoices are paid to another account": (
        "INSERT INTO seller_account (iban, bic, vat_id, street, post_code, town, country, "
        "einvoice_address, einvoice_operator, recorded_at) VALUES "
        "('FI1410093000123458', 'NDEAFIHH', '', 'x', '1', 'x', 'FI', '', '', '2026-09-01 00:00:00')"
    ),
    "other weights of cost shares": (
        "INSERT INTO share_weights (valid_from, visits_bp, sales_bp, holders_bp, recorded_at) "
        "VALUES ('2026-09-01', 10000, 0, 0, '2026-09-01 00:00:00')"
    ),
    "another cost of a period": (
        "INSERT INTO period_cost (period_id, cents, recorded_at) "
        "VALUES (1, 1, '2026-09-01 00:00:00')"
    ),
    "a provider is offered": (
        "INSERT INTO provider_switch (provider, offered, recorded_at, recorded_by) "
        "SELECT 'manual', true, '2026-09-01 00:00:00', min(id) FROM member"
    ),
    "books are deleted sooner": (
        "INSERT INTO bookkeeping_rule (valid_from, last_month, years_kept, recorded_at) "
        "VALUES ('2026-09-01', 12, 6, '2026-09-01 00:00:00')"
    ),
    "sales are booked to another account": (
        "INSERT INTO account_rule (slot, subject, valid_from, account, vat_code, recorded_at) "
        "VALUES ('sales', 'exercise', '2026-09-01', '3000', '', '2026-09-01 00:00:00')"
    ),
    "more of a pass is given back": (
        "INSERT INTO pass_rule (valid_from, holder_pauses, pause_shortest, pause_longest, "
        "pauses_most, pause_ahead, pause_cancels, upgrade_by_days, withdrawal_days, "
        "refund_by_days, renewal_days, devices, recorded_at) VALUES ('2026-09-01', true, 7, 60, "
        "2, 0, true, true, 14, true, 30, 3, '2026-09-01 00:00:00')"
    ),
    "a pass is prolonged": "UPDATE pass SET ends_on = '2099-12-31'",
    "a pass opens more": 'UPDATE pass SET entitlements = \'["gym", "pool"]\'',
    "a price is one cent": "UPDATE price SET cents = 1",
    "a price is gone": "DELETE FROM price",
    "a rate of nothing": "UPDATE vat_rate SET rate_bp = 0",
    "an admin": (
        "INSERT INTO role_grant (member_id, role, granted_at) "
        "SELECT min(id), 'admin', '2026-09-01 00:00:00' FROM member"
    ),
    "a role that was taken is back": "UPDATE role_grant SET revoked_at = NULL",
    "an address": (
        "UPDATE member SET email = 'thief@x.example' WHERE id = (SELECT min(id) FROM member)"
    ),
    "a pseudonym": "UPDATE member SET holder = 7 WHERE id = (SELECT min(id) FROM member)",
    "a password": "UPDATE staff_password SET hash = 'known'",
    "a password of somebody who had none": (
        "INSERT INTO staff_password (member_id, hash, changed_at) "
        "SELECT max(id), 'known', '2026-09-01 00:00:00' FROM member"
    ),
    "a token that was revoked is back": "UPDATE api_token SET revoked_at = NULL",
    "a token may do more": "UPDATE api_token SET scopes = '[\"desk:use\"]'",
    "a token is somebody else's": "UPDATE api_token SET owner_id = (SELECT min(id) FROM member)",
    "a proof holds for ever": "UPDATE eligibility_proof SET valid_until = '2099-12-31'",
    "a proof that was withdrawn is back": "DELETE FROM proof_withdrawal",
    "an affiliation": "UPDATE affiliation SET role = 'staff'",
    "an institution": "UPDATE institution SET admits_staff = NOT admits_staff",
    "a suspension is over": "UPDATE suspension SET lifted_at = starts_at",
    "a suspension is gone": "DELETE FROM suspension",
    "a product is another kind": "UPDATE product SET kind = 'gym_pass'",
    "a product opens something else": (
        "UPDATE entitlement SET code = 'class' WHERE code = 'gym' AND product_id NOT IN"
        " (SELECT product_id FROM entitlement WHERE code = 'class')"
    ),
    "invoices go to somebody else": "UPDATE payer SET email = 'x@zone.example'",
    "a part of a bundle counts": "UPDATE bundle_part SET counts = NOT counts",
    "a product is sold for other hours": "UPDATE entitlement SET until_minute = 1440",
    "a pass can be used at another time": ("UPDATE pass SET conditions = '[[\"companions\", 9]]'"),
    "a pass counts": "UPDATE pass SET counts = NOT counts",
    "a quota has more places": "UPDATE quota SET places = places + 10",
    "a discount code may be used more often": "UPDATE voucher SET most_uses = most_uses + 10",
    "a discount code is for every product": "DELETE FROM voucher_product",
    "a product needs no place of its quota": "DELETE FROM quota_product",
    "bookings are shown to somebody else": "UPDATE calendar_feed SET digest = 'known'",
    "a sale begins earlier": "UPDATE sale_window SET opens_at = '2020-01-01 00:00:00'",
    "a visit of a pass that nobody made": (
        'INSERT INTO pass_visit (pass_id, number, granted, occurred_at, recorded_at, "by")'
        " SELECT max(id), 2, 9, '2026-09-02 00:00:00', '2026-09-02 00:00:00', 'door' FROM pass"
    ),
    "a visit of a pass that was given back": (
        'INSERT INTO pass_visit_return (visit_id, returned_at, "by", reason)'
        " SELECT max(id), '2026-09-02 00:00:00', 'door', 'why' FROM pass_visit"
    ),
    "a product lasts": "UPDATE product SET length_days = 9999",
    "a phone's key is somebody else's": (
        "UPDATE credential SET member_id = (SELECT max(id) FROM member)"
    ),
    "a phone's key that was revoked is back": "UPDATE credential SET revoked_at = NULL",
    "an area is always open": "UPDATE area SET always_open = NOT always_open",
    "an area takes everybody": "UPDATE area SET kinds = '[]', passback = 'off'",
    "a door": "UPDATE door SET state = 'released'",
    "a strike": "UPDATE door SET strike_ms = 60000",
    "a door is another bridge's": "UPDATE door SET bridge_id = NULL",
    "a bridge that was revoked is back": "UPDATE bridge SET revoked_at = NULL",
    "the word of a bridge counts again": "UPDATE bridge SET proves_since = NULL",
    "a bridge has another key": "UPDATE bridge SET public_key = NULL WHERE public_key IS NOT NULL",
    "unproven entries count for ever": "UPDATE door_policy SET unproven_until = '2099-12-31'",
    "a bridge may enrol again": "UPDATE bridge_enrolment SET expires_at = '2099-12-31 00:00:00'",
    "a bridge's token lasts": "UPDATE bridge_token SET expires_at = '2099-12-31 00:00:00'",
    "a door opens once more": "UPDATE door_order SET expires_at = '2099-12-31 00:00:00'",
    "an order to a door is somebody else's": (
        "UPDATE door_order SET ordered_by = (SELECT max(id) FROM member)"
    ),
    "a door was shut for another reason": "UPDATE door_shutdown SET reason = 'none'",
    "a door is open to everybody all night": (
        "UPDATE door_release SET opens = '00:00:00.000000', closes = '23:59:00.000000'"
    ),
    "a door is open to everybody on a holiday": "DELETE FROM door_release_day",
    "an area proves presence elsewhere": "DELETE FROM area_space",
    "a campus": "UPDATE campus SET code = code || 'x'",
    "a term is longer": "UPDATE season SET ends_on = '2099-12-31'",
    "a space takes more people": "UPDATE space SET capacity = capacity + 10",
    "a space is free for all": "UPDATE space SET own_use = NOT own_use",
    "a part is another hall's": "UPDATE part SET code = code || 'x'",
    "a space lacks a part": (
        "DELETE FROM space_part WHERE part_id = (SELECT max(part_id) FROM space_part)"
    ),
    "the hours": "UPDATE opening_hours SET closes = '23:59:00.000000'",
    "hours are gone": "DELETE FROM opening_hours",
    "a day's hours": "UPDATE opening_exception SET opens = NULL, closes = NULL",
    "a closed day is open": "DELETE FROM opening_exception",
    # Its rows refuse a change: who is no owner of the tables adds one.
    "a limit of the policy": (
        "INSERT INTO booking_policy (in_force_from, recorded_at, open_bookings, version) "
        "SELECT in_force_from, recorded_at, 99, version FROM booking_policy"
    ),
    "a weekly class begins later": "UPDATE session_rule SET starts_at = '23:00:00.000000'",
    "a weekly class has another instructor": (
        "UPDATE session_rule SET instructor_id = (SELECT max(id) FROM member)"
    ),
    "a class lasted longer": "UPDATE allocation SET ends_at = '2099-12-31 00:00:00'",
    "a class takes more": "UPDATE allocation SET capacity = capacity + 10",
    "an activity is of another kind": "UPDATE activity SET kind = 'event'",
    "a class was led by another": (
        "UPDATE class_session SET instructor_id = (SELECT max(id) FROM member)"
    ),
    "a court was reserved by staff": (
        "UPDATE reservation SET made_by = (SELECT max(id) FROM member)"
    ),
    "a booking is somebody else's": (
        "UPDATE booking SET member_id = (SELECT max(id) FROM member) "
        "WHERE id = (SELECT min(id) FROM booking)"
    ),
    "a companion more": "UPDATE booking SET companions = companions + 1",
    "a no-show is excused": "UPDATE booking SET excused_at = created_at",
    "an excused mark counts": "UPDATE attendance_mark SET state = 'counting'",
    "a mark has other evidence": "UPDATE attendance_mark SET evidence = '{}'",
    "a ban ends earlier": "UPDATE booking_ban SET ends_at = '2026-12-31 00:00:00'",
    "a booking can be cancelled later": "UPDATE booking SET cancel_until = '2099-12-31 00:00:00'",
    "a ticket is older": "UPDATE lottery_entry SET created_at = '2026-01-01 00:00:00'",
    "somebody else waits": "UPDATE queue_entry SET member_id = (SELECT min(id) FROM member)",
    "a browser is signed in as somebody else": (
        "UPDATE sign_in_session SET member_id = (SELECT max(id) FROM member)"
    ),
    "a session that ended goes on": "UPDATE sign_in_session SET revoked_at = NULL",
    "a code signs in somebody else": "UPDATE sign_in_code SET email = 'thief@x.example'",
    "a new address is another": "UPDATE email_change SET email = 'thief@x.example'",
    "an institution sends its staff too": "UPDATE institution SET admits_staff = NOT admits_staff",
    "a region has another code": "UPDATE study_region SET code = 'moon'",
    "an institution pays the price of others": (
        "UPDATE institution_group SET customer_group_id = NULL"
    ),
    "a customer group goes on": "UPDATE customer_group SET ended_on = NULL",
    "the seller pays no VAT": "UPDATE service_profile SET seller_vat = NOT seller_vat",
    "a visit is another institution's": "UPDATE visit SET institution_code = 'arcada'",
    "a visit did not happen": "UPDATE visit SET retracted_at = recorded_at",
    "a visit that nobody made": (
        "INSERT INTO visit (source, area_id, occurred_at, recorded_at) "
        "SELECT 'desk', area_id, occurred_at, recorded_at FROM visit LIMIT 1"
    ),
    "presence at another class": "UPDATE attendance SET booked = NOT booked",
    "somebody was seen": "UPDATE sighting SET seen_by = (SELECT min(id) FROM member)",
    "a survey closes later": "UPDATE survey SET closes_at = '2099-12-31 00:00:00'",
    "a goal is lower": (
        "INSERT INTO target (key, first_year, baseline, baseline_of, goal, recorded_at) "
        "VALUES ('A', 2021, 1, 'x', 1, '2026-09-01 00:00:00')"
    ),
    "a week is not regular": (
        "INSERT INTO season_week (season_id, iso_year, iso_week, regular, recorded_at) "
        "SELECT season_id, iso_year, iso_week, NOT regular, '2026-09-30 00:00:00' "
        "FROM season_week WHERE id = (SELECT min(id) FROM season_week)"
    ),
    "more people were counted": (
        "INSERT INTO head_count (session_id, people, counted_by, recorded_at) "
        "SELECT min(id), 99, (SELECT min(id) FROM member), '2026-09-30 00:00:00' "
        "FROM class_session"
    ),
    "a pass was taken into use": (
        "INSERT INTO pass_event (pass_id, kind, occurred_at, recorded_at, by) "
        "SELECT max(id), 'first_used', '2026-09-30 00:00:00', '2026-09-30 00:00:00', 'x' FROM pass"
    ),
    "another question counts": "UPDATE survey_question SET is_key = false",
}


@pytest.fixture
def sold(service: Settings) -> Settings:
    """A service that has a row of every recorded table, and what was given and taken."""
    with writing() as session:
        open_shop(session)
        member = session.scalars(select(func.min(Member.id))).one()
        roles.grant_role(session, member, "desk", NOW)
        roles.revoke_role(session, member, "desk", NOW)
    with writing() as session:
        other = a_member(session).id
        passwords.replace_password(session, member, "a hash", NOW)
        session.add(_token(other))
        _prove_twice(session, other)
        suspensions.add_suspension(
            session, other, reason="loud", ends_at=None, now=NOW, recorded_by=member
        )
    with writing() as session:
        tokens.revoke_tokens_of(session, other, NOW)
        credentials.revoke_all_keys(session, member, NOW)
        bridge = session.scalars(select(Bridge).order_by(Bridge.id).limit(1)).one()
        bridge.public_key, bridge.revoked_at, bridge.proves_since = b"key", NOW, NOW
        session.add_all(_of_other_tables(session, member))
        sign_in_sessions.end_session(
            session, session.scalars(select(func.min(SignInSession.id))).one(), NOW
        )
    return service


def _of_other_tables(session: Session, member: int) -> Iterator[Base]:
    """Yield rows of the recorded tables that the service above has none of."""
    campus, door, bridge, class_session, institution, product = (
        session.scalars(select(func.max(of.id))).one()
        for of in (Campus, Door, Bridge, ClassSession, Institution, Product)
    )
    later = NOW + timedelta(days=1)
    ticket = an_entry(session, a_lottery(session, class_session, member), member_id=member)
    at = {"occurred_at": NOW, "recorded_at": NOW}
    yield LotteryEntryEvent(entry_id=ticket.id, kind="entered", **at)
    yield Payer(
        code="metropolia",
        name="Metropolia",
        **dict.fromkeys(("business_id", "vat_id", "street", "post_code", "town", "country"), ""),
        **dict.fromkeys(("einvoice_address", "einvoice_operator", "email"), ""),
        language="fi",
        payment_days=14,
    )
    quota = Quota(code="camp", name="Camp", places=5, hold_minutes=30)
    voucher = Voucher(
        code="WELCOME",
        digest=b"welcome",
        name="Welcome",
        percent_bp=1000,
        most_uses=5,
        valid_from=NOW.date(),
        created_at=NOW,
    )
    session.add_all([quota, voucher])
    session.flush()
    yield QuotaProduct(quota_id=quota.id, product_id=product)
    yield VoucherProduct(voucher_id=voucher.id, product_id=product)
    yield CalendarFeed(member_id=member, digest=b"calendar", created_at=NOW)
    yield CostPeriod(
        id=1, first_month=date(2026, 9, 1), last_month=date(2026, 9, 1), recorded_at=NOW
    )
    yield SaleWindow(product_id=product, opens_at=NOW)
    yield Entitlement(
        product_id=product, kind="hours", weekdays=31, first_minute=0, until_minute=840
    )
    bundle = Product(
        code="both",
        kind="bundle",
        **dict.fromkeys(("name_fi", "name_sv", "name_en"), "Both"),
        entitlements=[],
        campuses=[],
        duration="days",
        length_days=30,
        vat_category="exercise",
    )
    session.add(bundle)
    session.flush()
    yield BundlePart(
        product_id=bundle.id, part_product_id=product, position=1, share=1, counts=True
    )
    counted = passes.add_pass(
        session,
        passes.new_pass(
            member,
            session.get_one(Product, product),
            starts_on=NOW.date(),
            ends_on=later.date(),
            visits=9,
        ),
        now=NOW,
        by="test",
    )
    yield PassVisit(pass_id=counted.id, number=1, granted=9, by="door", **at)
    yield BridgeToken(bridge_id=bridge, token_hash=b"token", expires_at=later)
    yield DoorCommand(
        public_id=new_public_id(),
        door_id=door,
        kind="open_once",
        ordered_by=member,
        reason="parcel",
        created_at=NOW,
        expires_at=later,
    )
    yield DoorRelease(
        public_id=new_public_id(),
        door_id=door,
        weekdays=31,
        opens=time(8),
        closes=time(16),
        first_person=True,
    )
    yield DoorReleaseDay(door_id=door, day=date(2026, 12, 6), reason="Independence Day")
    yield Shutdown(
        public_id=new_public_id(),
        kind="blocked",
        door_id=door,
        reason="broken",
        shut_by=member,
        shut_at=NOW,
        lifted_by=member,
        lifted_at=NOW,
    )
    yield OpeningException(
        campus_id=campus, day=later.date(), opens=time(9), closes=time(12), reason="exams"
    )
    yield BookingPolicy(id=1)
    court = Reservation(
        public_id=new_public_id(),
        kind="own_use",
        name_fi="Kenttä",
        name_sv="Plan",
        name_en="Court",
        space_id=session.scalars(select(func.max(Space.id))).one(),
        on_day=later.date(),
        starts_at=later,
        ends_at=later + timedelta(hours=1),
        capacity=1,
        bookable=1,
    )
    allocations.allocate(session, court, now=NOW)
    when = asdict(Weekly((2,), time(17), 60, NOW.date(), later.date()))
    yield SessionRule(
        public_id=new_public_id(),
        kind="online",
        activity=an_activity(session, kind="online"),
        capacity=9,
        **when,
    )
    entry = QueueEntry(
        public_id=new_public_id(),
        session_id=class_session,
        rank=98,
        member_id=member + 1,
        created_at=NOW,
    )
    session.add(entry)
    session.flush()
    yield QueueEvent(entry_id=entry.id, kind="joined", occurred_at=NOW, recorded_at=NOW)
    yield from _marked(session)
    yield from _promoted(session)
    # After the days were counted.
    at = {"occurred_at": NOW, "recorded_at": NOW + timedelta(days=3)}
    about = {"session_id": class_session, "member_id": member}
    visit = session.scalars(select(func.min(Visit.id)).where(Visit.member_id == member)).one()
    yield Attendance(**about, visit_id=visit, booked=False, **at)
    yield Sighting(**about, seen_by=member + 1, **at)
    yield _of_staff(session, "attendance.see", member, at["recorded_at"])
    area = session.scalars(select(func.min(Area.id))).one()
    yield Visit(source="desk", area_id=area, member_id=member + 1, **at)
    yield _of_staff(session, "desk.check_in", member + 1, at["recorded_at"])
    address = {"member_id": member, "email": "new@zone.example"}
    yield EmailChange(**address, digest=b"code", created_at=NOW)
    names = {"name_fi": "Kumppanit", "name_sv": "Partner", "name_en": "Partners"}
    group = CustomerGroup(code="partners", ended_on=date(2027, 1, 1), version=1, **names)
    session.add(group)
    session.flush()
    yield InstitutionGroup(
        institution_id=institution, customer_group_id=group.id, valid_from=date(2026, 1, 1)
    )
    yield InstitutionGroup(institution_id=institution, valid_from=date(2027, 1, 1))
    yield DoorPolicy(id=1, unproven_until=date(2026, 9, 1))
    yield ServiceProfileRow(id=1, **first_values(Settings()).values)


def _marked(session: Session) -> Iterator[Base]:
    """Yield a mark that was taken back, the ban behind which it stood, and their history.

    Both name a booking that stands: what it was is no matter any more.
    """
    mark = a_marked_booking(session, "booked")
    ban = a_ban(mark)
    mark.state, ban.state = "excused", "lifted"
    session.add(ban)
    session.flush()
    yield BookingBanMark(ban_id=ban.id, mark_id=mark.id)
    at = {"occurred_at": NOW, "recorded_at": NOW}
    yield from (
        AttendanceMarkEvent(mark_id=mark.id, kind=kind, **at) for kind in ("noticed", "excused")
    )
    yield from (BookingBanEvent(ban_id=ban.id, kind=kind, **at) for kind in ("begun", "lifted"))


def _of_staff(session: Session, action: str, person: int, at: datetime) -> AuditRow:
    """Return the row of an action of staff about a person."""
    return AuditRow(
        public_id=new_public_id(),
        action=action,
        object_kind="member",
        object_id=str(session.get_one(Member, person).public_id),
        occurred_at=at,
    )


def _promoted(session: Session) -> Iterator[Base]:
    """Yield a promotion from the waitlist to the newest booking, and its history."""
    booking = session.scalars(select(Booking).order_by(Booking.id.desc()).limit(1)).one()
    entry = QueueEntry(
        public_id=new_public_id(),
        session_id=booking.session_id,
        member_id=booking.member_id,
        booking_id=booking.id,
        state="booked",
        rank=99,
        created_at=booking.created_at,
    )
    session.add(entry)
    session.flush()
    at = {"occurred_at": booking.created_at, "recorded_at": booking.created_at}
    for kind in ("joined", "booked"):
        yield QueueEvent(entry_id=entry.id, kind=kind, **at)


def _token(owner: int) -> ApiToken:
    return ApiToken(
        public_id=new_public_id(),
        owner_id=owner,
        name="screen",
        digest=b"digest",
        scopes=["bookings:read"],
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def _prove_twice(session: Session, member_id: int) -> None:
    """Prove an affiliation by two proofs, and withdraw one of them."""
    affiliation = affiliations.add_affiliation(
        session, member_id, institution_code="metropolia", role="student", study_region=None
    )
    today = helsinki_date(NOW)
    first, _second = (
        eligibility.add_proof(
            session,
            affiliation.id,
            source=source,
            valid_from=today,
            valid_until=today + timedelta(days=30),
            now=NOW,
            recorded_by=None,
        )
        for source in ("sticker", "register")
    )
    eligibility.add_withdrawal(session, first.id, reason="wrong", now=NOW, recorded_by=None)


def table_of(statement: str) -> RecordedTable:
    """Return the recorded table that a statement changes."""
    _verb, table, *_ = statement.replace("INTO ", "").replace("FROM ", "").split()
    return RECORDED[table]


def not_found() -> list[str]:
    """Return what is done by hand and leaves every row as it was recorded."""
    unseen = []
    with writing() as session:
        for name, statement in BY_HAND.items():
            by_hand = session.begin_nested()
            session.execute(text(statement))
            if not count_differing(session, table_of(statement)):
                unseen.append(name)
            by_hand.rollback()
    return unseen


OF_OTHERS = {
    "visits": (
        "UPDATE visit SET member_id = (SELECT max(id) FROM member)",
        "UPDATE visit SET area_id = (SELECT max(id) FROM area)",
        "UPDATE attendance SET member_id = (SELECT max(id) FROM member)",
        "UPDATE entry SET occurred_at = '2020-01-01 00:00:00'",
    ),
    "seen": (
        "UPDATE sighting SET member_id = (SELECT max(id) FROM member)",
        "UPDATE visit SET member_id = (SELECT min(id) FROM member) WHERE source = 'desk'",
        "UPDATE visit SET recorded_at = '2026-08-30 00:00:00' WHERE source = 'desk'",
    ),
    "surveys": (
        (
            "INSERT INTO survey_answer (id, survey_id, question_id, words, recorded_at) SELECT "
            "'6f1c0e0a-6a53-4f3c-9a64-0d7b0b6f8a11', survey_id, id, 'so good', "
            "'2026-09-20 00:00:00' FROM survey_question WHERE NOT is_key LIMIT 1"
        ),
    ),
    "counts": tuple(
        "INSERT INTO daily_count "
        "(day, hour, campus, figure, group_code, part, whole, recorded_at) "
        f"SELECT '{day}', hour, campus, figure, group_code, 9, 9, recorded_at FROM daily_count "
        "ORDER BY id LIMIT 1"
        for day in ("2019-06-01", "2027-06-01")
    ),
    "chains": ("UPDATE entry SET occurred_at = '2020-01-01 00:00:00'",),
    "waitlists": (
        (
            "UPDATE queue_entry SET booking_id = (SELECT min(id) FROM booking) "
            "WHERE state = 'booked'"
        ),
    ),
    "held": (
        (
            "UPDATE hold SET part_id = (SELECT min(id) FROM part) "
            "WHERE id < (SELECT min(id) FROM hold) + 2"
        ),
    ),
}


@pytest.mark.thorough
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("rows are given to others, set back, or added to facts")
def test_what_was_given_to_another_by_hand_is_found(sold: Settings) -> None:
    """Retention and time change these rows, so they are compared with what they come from."""
    with writing() as session:
        for name, statements in OF_OTHERS.items():
            (check,) = (one for one in INVARIANTS if one.name == name)
            since = NOW - timedelta(days=1)
            assert check.count_broken(session, since) == 0
            for statement in statements:
                by_hand = session.begin_nested()
                session.execute(text(statement))
                assert check.count_broken(session, since) > 0, statement
                by_hand.rollback()


@pytest.mark.thorough
@pytest.mark.planted_fault("rows written past the service")
@pytest.mark.engines("sqlite", "postgresql")
def test_a_row_that_was_written_by_hand_is_found(sold: Settings) -> None:
    assert broken(sold) == {}
    assert not_found() == []
    with writing() as session:
        session.execute(text(BY_HAND["a price is one cent"]))
    assert "rows" in broken(sold, "rows")


def test_each_recorded_table_is_changed_by_hand_above() -> None:
    changed = {table_of(statement).name for statement in BY_HAND.values()}
    assert [table.name for table in RECORDED.values() if table.name not in changed] == []


def test_other_columns_leave_no_record(sold: Settings) -> None:
    counted = "SELECT count(*) FROM row_record"
    with writing() as session:
        before = session.scalar(text(counted))
        for bridge in session.scalars(select(Bridge)):
            bridge.backlog += 1
            bridge.public_key = bridge.public_key
        session.flush()
        assert session.scalar(text(counted)) == before


WEAKENED = {
    "sqlite": {
        "does nothing": "BEFORE DELETE ON audit BEGIN SELECT 1; END",
        "for no row": (
            "BEFORE DELETE ON audit WHEN 0 BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        ),
        "too late": "AFTER DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END",
        "ignores": "BEFORE DELETE ON audit BEGIN SELECT RAISE(IGNORE); END",
        "of another table": (
            "BEFORE DELETE ON member BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        ),
    },
    "postgresql": {
        "for no row": "BEFORE UPDATE OR DELETE ON audit FOR EACH ROW WHEN (false)",
        "of one column": "BEFORE UPDATE OF reason OR DELETE ON audit FOR EACH ROW",
        "of UPDATE": "BEFORE UPDATE ON audit FOR EACH ROW",
        "for each statement": "BEFORE UPDATE OR DELETE ON audit FOR EACH STATEMENT",
    },
}


ADDED = {
    "sqlite": {
        "added": "CREATE TRIGGER hide BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END",
    },
    "postgresql": {
        "added": (
            "CREATE TRIGGER hide BEFORE INSERT ON audit "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        ),
        "a rule": "CREATE RULE hide AS ON INSERT TO audit DO INSTEAD NOTHING",
    },
}


def wrong_triggers(connection: Connection) -> int:
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        return count_wrong_triggers(session, NOW)


def weakened(connection: Connection) -> dict[str, int]:
    """Return how many triggers are missing with each weaker one in the place of one that holds."""
    engine = connection.dialect.name
    name, end = (
        ("audit_no_delete", "")
        if engine == "sqlite"
        else ("audit_append_only", " EXECUTE FUNCTION zone_append_only()")
    )
    drop = f"DROP TRIGGER {name}" + (" ON audit" if engine == "postgresql" else "")
    added: dict[str, str] = ADDED[engine]
    statements = {what: [statement] for what, statement in added.items()} | {
        what: [drop, f"CREATE TRIGGER {name} {how}{end}"] for what, how in WEAKENED[engine].items()
    }
    if engine == "postgresql":
        function = "CREATE OR REPLACE FUNCTION zone_append_only() RETURNS trigger"
        statements["does nothing"] = [f"{function} LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"]
    found = {}
    for what, by_hand in statements.items():
        for statement in ("SAVEPOINT whole", *by_hand):
            connection.exec_driver_sql(statement)
        found[what] = wrong_triggers(connection)
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT whole")
    return found


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.planted_fault("a trigger of the right name that does not refuse")
@pytest.mark.engines("sqlite", "postgresql")
def test_a_trigger_that_does_not_refuse_is_missing(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert wrong_triggers(connection) == 0
        found = weakened(connection)
        assert [what for what, missing in found.items() if not missing] == []
