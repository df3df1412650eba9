"""Every change by staff through the API leaves an audit row (desk: tests/desk/test_audit.py)."""

import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.booking.test_api import a_class
from tests.feedback.surveys.test_manage_surveys import content
from tests.places.test_spaces_api import half
from tests.stored import stored
from tests.world import invoicing
from tests.world.booking import a_session
from tests.world.marks import a_marked_booking
from tests.world.people import signed_in, the_alliance
from tests.world.site import START, Journal, Site, a_member, build, receive
from zone.access.alarms.models import BridgeAlarm
from zone.access.areas import service as areas
from zone.access.conflicts.models import DoorConflict
from zone.access.entries.models import Entry
from zone.booking.attendance_marks import service as attendance_marks
from zone.booking.bookings import service as bookings
from zone.booking.reservations.models import Reservation
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import PERMISSIONS_OF, Permission, Role
from zone.core.ids import new_public_id
from zone.core.time import helsinki_date, to_helsinki
from zone.feedback.accessibility import service as accessibility
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.institutions import service as institutions
from zone.members.people.queries import member_by_id
from zone.members.roles import service as roles
from zone.passes.catalogue.service import set_vat_rate
from zone.passes.pass_rules.rules import FIRST_RULES
from zone.places.holidays.rules import holidays_between
from zone.places.spaces.queries import space_by_id
from zone.web.auth import access_of

ELSEWHERE: Final = {
    "passes_orders.refund_order",
    "passes_payment_setup.offer_payment_provider",
    "passes_payment_setup.try_payment_provider",
    "passes_reconciliation.confirm_fix",
    "passes_reconciliation.decline_fix",
    "passes_reconciliation.fix_difference",
    "passes_reconciliation.note_difference",
    "passes_refund_requests.confirm_refund",
    "passes_refund_requests.decline_refund",
    "operation_mail.resend_mail",
    "operation_mail_words.preview_mail_words",
    "passes_takeover.preview_takeover",
    "passes_takeover.take_over_passes",
}
"""Operations with their own tests of the audit (test_checkout, operation/jobs/test_jobs,
passes/takeover), and those that store nothing.
"""
CHANGING: Final = {"POST", "PUT", "PATCH", "DELETE"}

Step = tuple[str, str, str, dict[str, Any] | None]
"""(endpoint, method, path, body)."""


@pytest.fixture
def site(app: Flask) -> Site:
    return stored(build)


@pytest.fixture
def boss(app: Flask, site: Site) -> FlaskClient:
    with writing() as session:
        member, _ = a_member(session, site, "boss", with_pass=False)
        for role in ("admin", "manager"):
            roles.grant_role(session, member, role, utc_now())
        for code, (students, staff, region) in the_alliance().items():
            institutions.ensure_institution(
                session,
                code=code,
                name=code,
                admits_students=students,
                admits_staff=staff,
                study_region=region,
            )
    return signed_in(app, member)


def audited() -> int:
    with reading() as session:
        return session.scalars(select(func.count(AuditRow.id))).one()


def on_doors(site: Site, told: dict[str, Any]) -> Iterator[Step]:
    sauna: dict[str, Any] = {"campus": "myllypuro", "name": "Sauna"}
    yield "access_areas.create_area", "POST", "/areas", sauna | {"kinds": ["gym"], "spaces": []}
    area = told["id"]
    yield "access_bridges.create_bridge", "POST", "/bridges", sauna
    bridge = told["id"]
    yield "access_bridges.renew_token", "POST", f"/bridges/{bridge}/enrolment-token", None
    yield "access_bridges.replace_bridge", "POST", f"/bridges/{bridge}/replace", None
    bridge = told["id"]
    last = {"unproven_until": "2027-03-31", "version": 1}
    yield "access_bridges.change_door_policy", "PUT", "/door-policy", last
    yield (
        "access_doors.create_door",
        "POST",
        "/doors",
        {"area": area, "bridge": bridge, "name": "Sauna door"},
    )
    yield (
        "access_doors.change_door",
        "PATCH",
        f"/doors/{told['id']}",
        {"version": 1, "name": "Sauna"},
    )
    yield "access_areas.change_area", "PATCH", f"/areas/{area}", {"version": 1, "name": "Steam"}
    yield (
        "access_door_commands.open_once",
        "POST",
        f"/doors/{site.studio_door}/open-once",
        {"reason": "delivery"},
    )
    releases = f"/doors/{site.studio_door}/releases"
    times = {"weekdays": [1], "opens": "08:00", "closes": "16:00"}
    yield "access_releases.add_release", "POST", releases, times
    yield "access_releases.remove_release", "DELETE", f"{releases}/{told['id']}", None
    exams = {"reason": "Exams"}
    yield "access_releases.set_day", "PUT", f"{releases}/days/2099-01-01", exams
    yield "access_releases.drop_day", "DELETE", f"{releases}/days/2099-01-01", None
    drill = {"kind": "lockdown", "place": "all", "reason": "A drill"}
    yield "access_shutdowns.shut", "POST", "/doors/shutdowns", drill
    yield "access_shutdowns.lift", "POST", f"/doors/shutdowns/{told['id']}/lift", None
    yield "access_bridges.revoke_bridge", "POST", f"/bridges/{bridge}/revoke", None
    with writing() as session:
        alarm = BridgeAlarm(
            public_id=uuid.uuid4(), bridge_id=site.bridge, kind="chain_break", recorded_at=utc_now()
        )
        session.add(alarm)
        session.flush()
        seen = alarm.public_id
    yield "access_alarms.acknowledge_alarm", "POST", f"/alarms/{seen}/acknowledge", None
    journal = Journal(site.studio_door)
    journal.scan(7, utc_now())
    receive(site.bridge, journal.upload(), utc_now())
    with writing() as session:
        entry = session.scalars(select(Entry.id)).one()
        conflict = DoorConflict(
            public_id=uuid.uuid4(), kind="revoked", entry_id=entry, found_at=utc_now()
        )
        session.add(conflict)
        session.flush()
        found = conflict.public_id
    yield "access_conflicts.see_to", "POST", f"/doors/conflicts/{found}/seen", None


def on_people(site: Site, told: dict[str, Any]) -> Iterator[Step]:
    with writing() as session:
        person = member_by_id(
            session, a_member(session, site, "person", with_pass=False)[0]
        ).public_id
    today = helsinki_date(utc_now())
    email = {"email": "person@zone.example"}
    yield "members_people.find_member", "POST", "/members/searches", email
    yield (
        "members_suspensions.suspend",
        "POST",
        f"/members/{person}/suspensions",
        {"reason": "loud"},
    )
    yield "members_suspensions.lift", "POST", f"/suspensions/{told['id']}/lift", None
    role = {"role": "instructor", "reason": "hired"}
    yield "members_roles.give_role", "POST", f"/members/{person}/roles", role
    yield "members_roles.take_role", "DELETE", f"/members/{person}/roles", role
    claim = {"institution": "metropolia", "role": "student"}
    yield (
        "members_affiliations.record_affiliation",
        "POST",
        f"/members/{person}/affiliations",
        claim,
    )
    proof = {
        "source": "card",
        "valid_from": f"{today}",
        "valid_until": f"{today + timedelta(days=90)}",
    }
    proof["affiliation"] = told["affiliations"][0]["id"]
    yield "members_eligibility.record_proof", "POST", f"/members/{person}/proofs", proof
    until = (utc_now() + timedelta(days=9)).isoformat()
    yield (
        "members_tokens.make_token",
        "POST",
        "/tokens",
        {"name": "Screen", "scopes": ["timetable:read"], "expires_at": until},
    )
    yield "members_tokens.revoke_token", "DELETE", f"/tokens/{told['id']}", None
    password = {"password": "seven quiet lamps outside"}
    yield "members_passwords.change_password", "POST", "/me/password", password


def on_the_timetable(site: Site, told: dict[str, Any]) -> Iterator[Step]:
    now, today = utc_now(), helsinki_date(utc_now())
    made = a_class(site.world.hall_public, now)
    yield "booking_weekly_classes.create_class", "POST", "/classes", made
    path = f"/classes/{told['id']}"
    yield "read", "GET", path, None
    plan = made | {
        "version": told["version"],
        "from_day": f"{today}",
        "reason": "renamed",
        "category": "mind",
    }
    yield "booking_weekly_classes.change_class", "PUT", path, plan
    chosen = "/catalogue/term/activities"
    yield "read", "GET", chosen, None
    body = {"version": told["version"], "activities": [told["choices"][0]["id"]]}
    yield "booking_pass_activities.choose_pass_activities", "PUT", chosen, body
    body = {"version": told["version"], "activities": []}
    yield "booking_pass_activities.choose_pass_activities", "PUT", chosen, body
    span = f"from={today + timedelta(days=8)}&to={today + timedelta(days=21)}"
    yield "read", "GET", f"/sessions?{span}", None
    session, version = told["sessions"][0]["id"], told["sessions"][0]["version"]
    draws_at = datetime.fromisoformat(told["sessions"][0]["starts_at"]) - timedelta(hours=2)
    times = {"opens_at": now.isoformat(), "draws_at": draws_at.isoformat()}
    yield "booking_lotteries.announce", "POST", f"/sessions/{session}/lottery", times
    off = {"reason": "A mistake"}
    yield "booking_lotteries.call_off", "POST", f"/lotteries/{told['id']}/call-off", off
    yield (
        "booking_sessions.change_capacity",
        "PUT",
        f"/sessions/{session}/capacity",
        {"capacity": 9, "reason": "mats", "version": version},
    )
    yield (
        "booking_sessions.cancel_session",
        "POST",
        f"/sessions/{session}/cancel",
        {"reason": "ill"},
    )
    reason = {"reason": "well again"}
    yield "booking_sessions.reinstate", "POST", f"/sessions/{session}/reinstate", reason
    later = to_helsinki(datetime.fromisoformat(told["starts_at"]) + timedelta(minutes=30))
    to = {
        "day": f"{later.date()}",
        "starts_at": f"{later:%H:%M}",
        "minutes": made["minutes"],
        "space": made["space"],
        "reason": "later",
        "version": told["version"],
    }
    yield "booking_moves.move_session", "POST", f"/sessions/{session}/move", to
    yield "read", "GET", f"{path}/days", None
    day = told["days"][-1]["day"]
    skipped = f"{path}/skipped-days/{day}"
    yield "booking_class_days.skip_day", "PUT", skipped, {"reason": "party"}
    yield "booking_class_days.put_day_back", "POST", f"{skipped}/put-back", {"reason": "no party"}
    once = {name: made[name] for name in ("kind", "name", "category", "space") if name in made}
    single = once | {"day": f"{today + timedelta(days=30)}", "starts_at": "12:00", "minutes": 25}
    yield "booking_single_sessions.create_session", "POST", "/sessions", single
    first, last = today + timedelta(days=400), today + timedelta(days=480)
    term = {"kind": "spring", "starts_on": f"{first}", "ends_on": f"{last}"}
    yield "places_terms.create_term", "POST", "/terms", term
    week = told["weeks"][0]
    yield (
        "places_terms.mark_week",
        "PUT",
        f"/terms/weeks/{week['year']}/{week['week']}",
        {"regular": not week["regular"]},
    )


def on_what_is_past(site: Site, _told: dict[str, Any]) -> Iterator[Step]:
    now = utc_now()
    with writing() as session:
        start = now - timedelta(hours=3)
        past = a_session(session, site.world, start=start, now=start)
        member, _ = a_member(session, site, "came")
        bookings.book(
            session,
            member_id=member,
            class_session=past.public_id,
            now=start - timedelta(minutes=40),
        )
        person = member_by_id(session, member).public_id
        path = f"/sessions/{past.public_id}"
    yield "access_attendance.see_person", "PUT", f"{path}/attendance/{person}", {}
    correction = {"held": False, "reason": "Nobody led it"}
    yield "booking_sessions.correct_session", "POST", f"{path}/correction", correction


def on_appeals(site: Site, _told: dict[str, Any]) -> Iterator[Step]:
    now = utc_now()
    with writing() as session:
        row = a_session(session, site.world, start=now + timedelta(minutes=90), now=now)
        member, _ = a_member(session, site, "late")
        bookings.book(session, member_id=member, class_session=row.public_id, now=now)
        mark = a_marked_booking(session)
        attendance_marks.appeal(
            session, member_id=member, mark=mark.public_id, text="I was there", now=now
        )
        path = f"/appeals/{mark.public_id}/decision"
    decision = {"outcome": "upheld", "reason": "Nobody saw you"}
    yield "booking_attendance_marks.decide_appeal", "POST", path, decision


def on_the_policy(_site: Site, told: dict[str, Any]) -> Iterator[Step]:
    yield "read", "GET", "/booking-policy", None
    yield "booking_policies.change_policy", "PUT", "/booking-policy", told | {"opens_days": 9}
    yield "read", "GET", "/booking-policies", None
    staff = {"affiliated_as": "staff", "opens_days": 10, "version": 1}
    yield "booking_policies.change_scope", "PUT", "/booking-policies", staff


def on_places(site: Site, told: dict[str, Any]) -> Iterator[Step]:
    day = helsinki_date(utc_now()) + timedelta(days=30)
    yield "places_spaces.create_space", "POST", "/spaces", half()
    yield (
        "places_spaces.change_space",
        "PATCH",
        f"/spaces/{told['id']}",
        {"version": 1, "capacity": 31},
    )
    gym = {"campus": "myllypuro", "code": "gym", "name": half()["name"], "capacity": 30}
    yield "places_spaces.create_hall", "POST", "/halls", gym
    campus = {"code": "pasila", "name": "Haaga-Helia Pasila"}
    yield "places_campuses.create_campus", "POST", "/campuses", campus
    yield (
        "places_campuses.change_address",
        "PATCH",
        "/campuses/myllypuro",
        {"version": 1, "latitude": 60.22, "longitude": 25.08},
    )
    hours = {"weekdays": [1], "opens": "08:00", "closes": "20:00", "valid_from": f"{day}"}
    yield "booking_closures.set_hours", "POST", "/campuses/myllypuro/hours", hours
    yield (
        "booking_closures.set_day",
        "POST",
        "/campuses/myllypuro/exceptions",
        {"day": f"{day}", "reason": "floor"},
    )
    with reading() as session:
        space = space_by_id(session, site.world.hall).public_id
    block = {
        "space": str(space),
        "starts_at": f"{day}T02:00:00+00:00",
        "ends_at": f"{day}T03:00:00+00:00",
        "note": "exam",
    }
    yield "booking_blocks.create_block", "POST", "/blocks", block
    with reading() as session:
        blocked = session.scalars(
            select(Reservation.public_id).where(Reservation.kind == "block")
        ).one()
    yield "booking_blocks.end_block", "DELETE", f"/blocks/{blocked}", None
    yield "booking_closures.drop_day", "DELETE", f"/campuses/myllypuro/exceptions/{day}", None
    holiday = holidays_between(day, day + timedelta(days=300))[0].day
    yield (
        "booking_holiday_plans.plan_holiday",
        "PUT",
        f"/campuses/myllypuro/holidays/{holiday}",
        {"plan": "normal"},
    )


def on_surveys_and_jobs(_site: Site, told: dict[str, Any]) -> Iterator[Step]:
    for _ in range(2):
        yield "feedback_surveys.create_draft", "POST", "/survey-drafts", content()
    path, draft = f"/survey-drafts/{told['id']}", content(by_campus=True)
    yield "feedback_surveys.change_draft", "PUT", path, draft | {"version": told["version"]}
    yield "feedback_surveys.publish_draft", "POST", f"{path}/publish", {"version": told["version"]}
    yield "feedback_surveys.close", "POST", f"/surveys/{draft['wave']}-{draft['year']}/close", None
    yield "read", "GET", "/survey-drafts", None
    left = told["drafts"][0]
    yield (
        "feedback_surveys.discard_draft",
        "DELETE",
        f"/survey-drafts/{left['id']}",
        {"version": left["version"]},
    )
    yield "operation_integrity.check_integrity", "POST", "/integrity/check", None
    yield "operation_jobs.run_job", "POST", "/jobs/access.tidy/run", None


def on_the_service(_site: Site, told: dict[str, Any]) -> Iterator[Step]:
    yield "read", "GET", "/service", None
    path, changed = "/service", told | {"phone": "040 123"}
    yield "operation_service_profile.change_profile", "PUT", path, changed
    own = {"subject": "Own", "title": "Own", "body": "{event}\n\n{how_to_cancel}"}
    empty = dict.fromkeys(own, "")
    path, changed = "/mail-words/booking/booked", {"fi": own, "sv": empty, "en": empty}
    yield "operation_mail_words.change_mail_words", "PUT", path, changed | {"version": 0}
    back = {"version": 1, "restored": 0}
    yield "operation_mail_words.restore_mail_words", "PUT", f"{path}/version", back
    feedback_id = new_public_id()
    with writing() as session:
        accessibility.receive(
            session,
            public_id=feedback_id,
            message="Words",
            email="",
            language="en",
            settings=Settings(),
            now=utc_now(),
        )
    path = f"/accessibility-feedback/{feedback_id}/answer"
    yield "feedback_accessibility.answer_accessibility_feedback", "POST", path, {"answer": "Yes"}


def on_products(_site: Site, _told: dict[str, Any]) -> Iterator[Step]:
    names = {"fi": "Kortti", "sv": "Kort", "en": "Card"}
    card = {"name": names, "kind": "fee", "entitlements": [], "vat_category": "other"}
    yield "passes_catalogue.keep_product", "PUT", "/catalogue/card", card
    price = {"role": "student", "valid_from": f"{helsinki_date(utc_now())}", "cents": 500}
    yield "passes_catalogue.set_price", "POST", "/catalogue/card/prices", price
    rules = asdict(FIRST_RULES) | {"valid_from": f"{helsinki_date(utc_now())}"}
    yield "passes_pass_rules.set_pass_rules", "POST", "/pass-rules", rules
    terms = {"valid_from": f"{helsinki_date(utc_now())}", "terms": names, "consent": names}
    rate = {"category": "other", "rate_bp": 2550, "valid_from": f"{helsinki_date(utc_now())}"}
    yield "passes_vat_rates.set_vat_rate", "POST", "/vat-rates", rate
    target = {"target": "A", "first_year": 2030, "goal": "3000"}
    target |= {"baseline": "1870", "baseline_of": "2019"}
    yield "reporting_goals.set_target", "POST", "/targets", target
    yield "passes_sale_terms.set_sale_terms", "POST", "/sale-terms", terms
    lost = f"{helsinki_date(utc_now())}"
    days = {"first_day": lost, "last_day": lost, "reason": "Closed"}
    yield (
        "passes_bulk_extensions.extend_passes",
        "PUT",
        f"/pass-extensions/{uuid.UUID(int=9)}",
        days,
    )
    yield "members_institutions.keep_study_region", "PUT", "/study-regions/north", {"name": names}
    yield "members_institutions.keep_institution", "PUT", "/institutions/malli", {"name": "Malli"}
    group = {"name": names}
    yield "passes_customer_groups.keep_customer_group", "PUT", "/customer-groups/owners", group
    move = {"group": "owners", "valid_from": lost}
    path = "/institutions/arcada/customer-group"
    yield "passes_customer_groups.move_institution", "PUT", path, move
    path = "/customer-groups/owners/end"
    yield "passes_customer_groups.end_customer_group", "POST", path, {"ended_on": lost}
    quota = {"name": "Cards", "places": 9, "hold_minutes": 30, "products": ["card"]}
    yield "passes_quotas.keep_quota", "PUT", "/quotas/cards", quota
    till = {"campus": "myllypuro", "name": "Tiski"}
    yield "passes_tills.add_till", "PUT", "/tills/tiski", till
    yield "passes_tills.set_till_series", "PUT", "/tills/tiski/series", {"series": "M1"}
    yield "passes_tills.open_till", "POST", "/tills/tiski/opening", {"float_cents": 100}
    change = {"cents": 50, "reason": "Change"}
    yield "passes_tills.move_cash", "POST", "/tills/tiski/cash", change
    counted = [{"method": "cash", "cents": 150}]
    yield "passes_tills.close_till", "POST", "/tills/tiski/close", {"seen": 1, "counted": counted}
    account = {"slot": "method", "subject": "cash", "valid_from": "2026-01-01", "account": "1901"}
    yield "passes_books.set_account", "POST", "/books/accounts", account
    head = "automatic_payout_id,automatic_payout_effective_at,gross,payment_metadata[reference]"
    file = {"content": f"{head}\npo_1,2026-12-01,45.00,r"}
    yield "passes_settlements.record_settlement", "POST", "/settlements", file
    kept = {"valid_from": f"{helsinki_date(utc_now())}", "last_month": 7, "years_kept": 10}
    yield "passes_retention.set_bookkeeping_rules", "POST", "/books/retention", kept
    code = {"name": "Cards", "code": "CARDS-26", "cents": 100, "most_uses": 9}
    yield "passes_vouchers.create_voucher", "POST", "/vouchers", code | {"valid_from": "2026-01-01"}
    yield "passes_vouchers.end_voucher", "POST", "/vouchers/CARDS-26/end", {}
    gives = {"kind": "gym_pass", "entitlements": ["gym"]}
    yield "passes_catalogue.keep_product", "PUT", "/catalogue/one", card | gives
    gives = {"kind": "sports_pass", "entitlements": ["class"]}
    yield "passes_catalogue.keep_product", "PUT", "/catalogue/two", card | gives
    yield "passes_catalogue.keep_product", "PUT", "/catalogue/both", card | {"kind": "bundle"}
    hours = [{"weekdays": [1, 2], "closes": "14:00"}]
    body = {"version": 1, "hours": hours, "days_earlier": 1}
    yield "passes_entitlements.keep_entitlements", "PUT", "/catalogue/one/entitlements", body
    parts = [{"product": code, "share": 1} for code in ("one", "two")]
    body = {"version": 1, "parts": parts}
    yield "passes_bundles.keep_parts", "PUT", "/catalogue/both/parts", body
    window, opens = "/catalogue/card/sale-windows", "2027-01-04T07:00:00Z"
    yield "passes_sale_windows.add_window", "POST", window, {"opens_at": opens}
    yield "passes_sale_windows.remove_window", "DELETE", window, {"opens_at": opens}


def on_invoices(_site: Site, told: dict[str, Any]) -> Iterator[Step]:
    with writing() as session:
        day = date(2020, 1, 1)
        set_vat_rate(session, "exercise", percent=Decimal("13.5"), valid_from=day)
    yield "read", "GET", "/service", None
    named = told | invoicing.SELLER
    yield "operation_service_profile.change_profile", "PUT", "/service", named
    payer = invoicing.PAYER
    yield "passes_payers.keep_payer", "PUT", "/payers/esimerkki", payer
    account = invoicing.ACCOUNT
    yield "passes_invoices.set_invoice_account", "PUT", "/invoice-account", account
    line = {**invoicing.LINE, "supplied_on": f"{invoicing.LINE['supplied_on']}"}
    draft = {"payer": "esimerkki", "lines": [line]}
    yield "passes_invoices.draft_invoice", "POST", "/invoices", draft
    path = f"/invoices/{told['id']}"
    yield "passes_invoices.issue_invoice", "POST", f"{path}/issue", None
    yield "passes_invoices.mail_invoice", "POST", f"{path}/mail", None
    paid = {"cents": 100, "paid_on": "2027-01-04"}
    yield "passes_invoice_payments.record_payment", "POST", f"{path}/payments", paid
    yield "passes_invoices.credit_invoice", "POST", f"{path}/credit", None


def on_cost_shares(site: Site, _told: dict[str, Any]) -> Iterator[Step]:
    """Of September, in which a student came through a door."""
    with writing() as session:
        member, holder = a_member(session, site, "visitor")
        affiliation = affiliations.add_affiliation(
            session, member, institution_code="laurea", role="student", study_region=None
        )
        eligibility.add_proof(
            session,
            affiliation.id,
            source="test",
            valid_from=date(2026, 1, 1),
            valid_until=date(2026, 12, 31),
            now=START,
            recorded_by=None,
        )
    journal = Journal(site.other_door)
    journal.scan(holder, START)
    receive(site.other_bridge, journal.upload(), START)
    weights = {"visits_bp": 10_000, "sales_bp": 0, "holders_bp": 0, "valid_from": "2026-01-01"}
    yield "reporting_shares.set_share_weights", "POST", "/cost-share-weights", weights
    period = {"first_month": "2026-09", "last_month": "2026-09", "cents": 1000}
    yield "reporting_shares.add_cost_period", "POST", "/cost-shares", period
    path = "/cost-shares/2026-09"
    yield "reporting_shares.set_period_cost", "PUT", f"{path}/cost", {"cents": 2000}
    yield "reporting_shares.fix_cost_shares", "POST", f"{path}/fix", None


def check_whatever_staff_change_is_on_record(app: Flask, boss: FlaskClient, site: Site) -> None:
    """Check that each step leaves a row, and that no changing operation of staff is left out."""
    walked, told = set(ELSEWHERE), dict[str, Any]()
    for deeds in (
        on_doors,
        on_people,
        on_the_timetable,
        on_what_is_past,
        on_appeals,
        on_the_policy,
        on_places,
        on_surveys_and_jobs,
        on_products,
        on_the_service,
        on_invoices,
        on_cost_shares,
    ):
        for endpoint, method, path, body in deeds(site, told):
            before = audited()
            sent: dict[str, Any] = {"query_string": body} if method == "DELETE" else {"json": body}
            answer = boss.open(f"/api/v1{path}", method=method, **sent)
            assert answer.status_code < 400, (endpoint, answer.text)
            assert method == "GET" or audited() > before, endpoint
            told.clear()
            told.update(answer.get_json(silent=True) or {})
            walked.add(endpoint)
    assert changed_by_staff(app) <= walked, changed_by_staff(app) - walked


def is_for_staff(access: Permission | str | None) -> bool:
    return any(
        access in PERMISSIONS_OF[role]
        for role in (Role.INSTRUCTOR, Role.DESK, Role.MANAGER, Role.ADMIN)
    )


def changed_by_staff(app: Flask) -> set[str]:
    """Return the operations that change something and need a role, without those of the desk."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        and not rule.endpoint.startswith("desk_")
        and CHANGING & (rule.methods or set())
        and is_for_staff(access_of(app, rule.endpoint))
    }


@pytest.mark.engines("sqlite")
def test_whatever_staff_change_is_on_record(app: Flask, boss: FlaskClient, site: Site) -> None:
    check_whatever_staff_change_is_on_record(app, boss, site)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("silent", "first"),
    [(areas, "access_areas.create_area"), (roles, "members_roles.give_role")],
)
@pytest.mark.planted_fault("a feature that writes no audit rows")
def test_a_feature_that_writes_no_audit_rows_fails_the_check(
    app: Flask,
    boss: FlaskClient,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    silent: Any,
    first: str,
) -> None:
    writer = "audit_member" if silent is roles else "record_action"
    monkeypatch.setattr(silent, writer, lambda *_args, **_named: None)
    with pytest.raises(AssertionError, match=first):
        check_whatever_staff_change_is_on_record(app, boss, site)
