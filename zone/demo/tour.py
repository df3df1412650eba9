"""Every page of Zone with the person who may open it: for pictures and for tests of all pages."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import Flask, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.access.areas.models import Area
from zone.access.doors.models import Door
from zone.app import create_app
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.calendar_feeds import service as calendar_feeds
from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.models import Lottery
from zone.booking.lotteries.rules import KEY_FILE, NewLottery
from zone.booking.policies.models import BookingPolicy
from zone.booking.reservations import service as reservations
from zone.booking.reservations.models import Reservation
from zone.booking.reservations.rules import ReservationRequest
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.waitlist import service as waitlist
from zone.booking.weekly_classes.models import SessionRule
from zone.core import secrets
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor, Role
from zone.core.time import from_helsinki, helsinki_date
from zone.demo import mails
from zone.demo.students import ScreenlessStudent
from zone.demo.supervisor import Installation
from zone.feedback.surveys import service as surveys
from zone.feedback.surveys.models import Survey, SurveyDraft
from zone.members.institutions.models import Institution, StudyRegion
from zone.members.people.models import Member
from zone.members.people.queries import member_by_email
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.rules import BUNDLE
from zone.passes.customer_groups.models import CustomerGroup
from zone.passes.invoices.models import Invoice
from zone.passes.orders.models import Order
from zone.passes.passes.models import Pass
from zone.passes.payers.models import Payer
from zone.passes.payments.models import Payment
from zone.passes.payments.providers.development import development_provider
from zone.passes.payments.providers.protocol import AmountDue
from zone.passes.quotas.models import Quota
from zone.passes.receipts.queries import receipts_of
from zone.passes.sale_terms.models import SaleTerms
from zone.passes.tills.models import Till
from zone.places.campuses.models import Campus
from zone.places.holidays.rules import holidays_between
from zone.places.spaces.models import Part, Space
from zone.reporting.shares.models import CostPeriod
from zone.web.context import current_settings

STUDENT: Final = "student@zone.example"
BOOKED: Final = "booked@zone.example"
DESK: Final = "desk@zone.example"
INSTRUCTOR: Final = "instructor@zone.example"
MANAGER: Final = "manager@zone.example"
NEW_ADDRESS: Final = "new.address@zone.example"
PRODUCT: Final = "sports-term"
MAIL: Final = b"To: student@zone.example\r\nSubject: Example\r\n\r\nhttp://localhost/bookings"
FULL: Final = ClassDetails(
    kind="online",
    name_fi="Aamujooga etänä",
    name_sv="Morgonyoga på nätet",
    name_en="Morning yoga online",
    category="body_and_mind",
    space_id=None,
    capacity=1,
    bookable_percent=100,
)
"""A class with one seat, which another person has booked."""
DRAWN: Final = replace(FULL, name_en="Morning yoga online, drawn")
TWICE: Final = replace(
    FULL,
    name_fi="Hengitysharjoitus etänä",
    name_sv="Andningsövning på nätet",
    name_en="Breathing online",
    capacity=5,
)
"""A class with two times, of which the student has booked the first."""
DRAFT: Final = {
    "wave": "spring",
    "year": 2027,
    "opens_on": "2027-04-01",
    "closes_on": "2027-04-30",
    "audience": "pass",
    "by_campus": False,
    "title": {"fi": "Kevään kysely", "sv": "Vårens enkät", "en": "Spring survey"},
    "questions": [
        {
            "kind": "grade",
            "is_key": True,
            "text": {
                "fi": "Minkä arvosanan annat palvelulle?",
                "sv": "Vilket betyg ger du tjänsten?",
                "en": "Which grade do you give the service?",
            },
        },
    ],
}

Values = Mapping[str, Any]
Find = Callable[[Session], Values]


def _nothing(_session: Session) -> Values:
    return {}


@dataclass(frozen=True, slots=True)
class TourPage:
    """A page: its endpoint, who opens it (empty: a guest), and the values in its address."""

    endpoint: str
    reader: str = ""
    find: Find = _nothing


def _first(name: str, column: Any, *conditions: Any) -> Find:
    """Return a function that finds the column's value in the first row."""

    def find(session: Session) -> Values:
        query = select(column).where(*conditions).order_by(column.class_.id).limit(1)
        return {name: session.scalars(query).one()}

    return find


def _changed_mail(_session: Session) -> Values:
    return {"feature": "booking", "name": "reminder"}


def _counted_month(session: Session) -> Values:
    first = select(func.min(CostPeriod.first_month))
    return {"month": session.scalars(first).one().isoformat()[:7]}


def _next_holiday(_session: Session) -> Values:
    today = helsinki_date(utc_now())
    return {"day": str(holidays_between(today, today + timedelta(days=300))[0].day)}


def _of_student(name: str, column: Any, owner: Any, *conditions: Any) -> Find:
    def find(session: Session) -> Values:
        found = select(Member.id).where(Member.email == STUDENT).scalar_subquery()
        return _first(name, column, owner == found, *conditions)(session)

    return find


def _receipt(session: Session) -> Values:
    student = member_by_email(session, STUDENT)
    assert student is not None  # noqa: S101 -- `fill_student` has sold them a pass
    return {"number": receipts_of(session, student.id)[0].number}


def _payment(session: Session) -> Values:
    due = session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()
    address = development_provider(current_settings().keys).page_address(
        AmountDue(due.reference, due.cents, due.currency)
    )
    return {"reference": due.reference, **dict(parse_qsl(urlsplit(address).query))}


def _open_day(ahead: int) -> date:
    """Return the day that many days ahead, or the Monday after a Sunday: then courts are closed."""
    day = helsinki_date(utc_now()) + timedelta(days=ahead)
    return day + timedelta(days=day.isoweekday() == 7)


def _divided_campus(session: Session) -> Values:
    query = select(Campus.code).join(Part, Part.campus_id == Campus.id).order_by(Part.id).limit(1)
    return {"campus": session.scalars(query).one()}


def _court(session: Session) -> Values:
    court = session.scalars(
        select(Space.public_id).where(Space.own_use).order_by(Space.id).limit(1)
    ).one()
    start = from_helsinki(_open_day(3), time(15))
    return {"space": court, "start": start.isoformat(), "minutes": 60}


_ahead = ClassSession.state == "scheduled"
_to_be_drawn = select(Lottery.session_id)
_shown = (ClassSession.kind == "class") & _ahead & ClassSession.id.not_in(_to_be_drawn)
STOPS: Final = (
    TourPage("access_front_page_pages.home"),
    TourPage("access_front_page_pages.campuses"),
    TourPage("members_sign_in_pages.sign_in_form"),
    TourPage("members_sign_in_pages.password_form"),
    TourPage("operation_demo_mails.mails"),
    TourPage("operation_demo_door.door"),
    TourPage("operation_states.states"),
    TourPage(
        "operation_states.state", find=lambda _session: {"screen": "error", "name": "not-found"}
    ),
    TourPage("operation_demo_mails.mail", find=lambda _session: {"name": "1"}),
    TourPage("feedback_accessibility_pages.statement"),
    TourPage("feedback_accessibility_pages.feedback_form"),
    TourPage("access_pass_page_pages.offline"),
    TourPage("operation_about_pages.how_it_works"),
    TourPage("operation_about_pages.doors"),
    TourPage("operation_about_pages.contact"),
    TourPage("operation_about_pages.privacy"),
    TourPage("operation_api_docs_pages.problem_list"),
    TourPage("operation_api_docs_pages.api_docs"),
    TourPage("operation_api_docs_pages.api_part", find=lambda _session: {"part": "booking"}),
    TourPage("access_pass_page_pages.show", STUDENT),
    TourPage("access_pass_page_pages.printed", STUDENT),
    TourPage("passes_shop_pages.shop", STUDENT),
    TourPage("booking_pauses_pages.list_passes", STUDENT),
    TourPage(
        "booking_pauses_pages.show_pass",
        STUDENT,
        _of_student("pass_id", Pass.public_id, Pass.member_id),
    ),
    TourPage("passes_price_list_pages.price_list", STUDENT),
    TourPage("passes_sale_terms_pages.terms"),
    TourPage("passes_sale_terms_pages.one_version", find=_first("number", SaleTerms.id)),
    TourPage("passes_orders_pages.review", STUDENT, lambda _session: {"code": PRODUCT}),
    TourPage(
        "passes_orders_pages.show_order",
        STUDENT,
        _of_student("order_id", Order.public_id, Order.member_id),
    ),
    TourPage("passes_payments_dev_pay_pages.ask", STUDENT, _payment),
    TourPage("passes_receipts_pages.receipts", STUDENT),
    TourPage("passes_receipts_pages.receipt", STUDENT, _receipt),
    TourPage("passes_receipt_search_pages.receipts", MANAGER),
    TourPage("booking_timetable_pages.classes", STUDENT),
    TourPage(
        "booking_timetable_pages.one_class",
        STUDENT,
        _first("class_session", ClassSession.public_id, _shown),
    ),
    TourPage("booking_lotteries_pages.one_lottery", find=_first("lottery", Lottery.public_id)),
    TourPage("booking_bookings_pages.bookings", STUDENT),
    TourPage("booking_attendance_marks_pages.own_marks", STUDENT),
    TourPage("booking_calendar_feeds_pages.calendars", STUDENT),
    TourPage(
        "booking_reservations_pages.day_page", STUDENT, lambda _session: {"day": _open_day(1)}
    ),
    TourPage("booking_reservations_pages.slot_page", STUDENT, _court),
    TourPage(
        "booking_reservations_pages.booked",
        STUDENT,
        _of_student(
            "booking",
            Booking.public_id,
            Booking.member_id,
            Booking.session_id.in_(select(Reservation.id)),
        ),
    ),
    TourPage(
        "booking_rebookings_pages.other_times",
        STUDENT,
        _of_student(
            "booking",
            Booking.public_id,
            Booking.member_id,
            Booking.session_id.in_(
                select(ClassSession.id).where(ClassSession.name_en == TWICE.name_en)
            ),
        ),
    ),
    TourPage("feedback_answers_pages.survey", STUDENT, _first("code", Survey.code)),
    TourPage("members_people_pages.me", STUDENT),
    TourPage("members_email_changes_pages.type_code", STUDENT),
    TourPage("access_attendance_pages.own_classes", INSTRUCTOR),
    TourPage(
        "access_attendance_pages.attendance", DESK, _first("class_session", ClassSession.public_id)
    ),
    TourPage("desk_live_doors_pages.show_desk", DESK),
    TourPage("access_shutdowns_pages.show", DESK),
    TourPage("access_conflicts_pages.show", MANAGER),
    TourPage("desk_entries_pages.show", MANAGER),
    TourPage("access_releases_pages.show", MANAGER, _first("door_id", Door.public_id)),
    TourPage("access_doors_pages.show", MANAGER, _first("door_id", Door.public_id)),
    TourPage("access_doors_pages.new_door", MANAGER),
    TourPage("access_areas_pages.show", MANAGER, _first("area_id", Area.public_id)),
    TourPage("access_areas_pages.new_area", MANAGER),
    TourPage("desk_courts_pages.show_holders", DESK, _court),
    TourPage(
        "desk_people_pages.show_person",
        DESK,
        _first("person", Member.public_id, Member.email == STUDENT),
    ),
    TourPage(
        "desk_sales_pages.show_sale",
        DESK,
        _first("person", Member.public_id, Member.email == STUDENT),
    ),
    TourPage("access_status_pages.show", MANAGER),
    TourPage("reporting_reports_pages.targets", MANAGER),
    TourPage("operation_jobs_pages.overview", MANAGER),
    TourPage("operation_integrity_pages.show_integrity", MANAGER),
    TourPage("feedback_surveys_pages.surveys", MANAGER),
    TourPage("feedback_surveys_pages.one_survey", MANAGER, _first("code", Survey.code)),
    TourPage("feedback_surveys_pages.new_draft", MANAGER),
    TourPage("feedback_surveys_pages.edit", MANAGER, _first("draft", SurveyDraft.public_id)),
    TourPage("feedback_surveys_pages.preview", MANAGER, _first("draft", SurveyDraft.public_id)),
    TourPage("reporting_week_pages.week", MANAGER, _first("class", SessionRule.public_id)),
    TourPage("booking_weekly_classes_pages.weekly_classes", MANAGER),
    TourPage("booking_weekly_classes_pages.new_class", MANAGER),
    TourPage(
        "booking_weekly_classes_pages.one_class", MANAGER, _first("class_id", SessionRule.public_id)
    ),
    TourPage("booking_class_days_pages.days", MANAGER, _first("class_id", SessionRule.public_id)),
    TourPage("booking_single_sessions_pages.new_session", MANAGER),
    TourPage(
        "booking_moves_pages.move_form",
        MANAGER,
        _first("class_session", ClassSession.public_id, _shown),
    ),
    TourPage(
        "booking_sessions_pages.one_session",
        MANAGER,
        _first("class_session", ClassSession.public_id, _shown),
    ),
    TourPage(
        "booking_lotteries_pages.manage",
        MANAGER,
        _first("class_session", ClassSession.public_id, ClassSession.id.in_(_to_be_drawn)),
    ),
    TourPage("places_terms_pages.all_terms", MANAGER),
    TourPage("booking_ordinary_hours_pages.week", MANAGER),
    TourPage("places_campuses_pages.campuses", MANAGER, _first("code", Campus.code)),
    TourPage("places_campuses_pages.campuses", MANAGER),
    TourPage("places_campuses_pages.new_campus", MANAGER),
    TourPage("places_spaces_pages.spaces", MANAGER),
    TourPage("places_spaces_pages.new_hall", MANAGER),
    TourPage("places_spaces_pages.new_space", MANAGER, _divided_campus),
    TourPage("places_spaces_pages.one_space", MANAGER, _first("space", Space.public_id)),
    TourPage("operation_setup_pages.first_steps", MANAGER),
    TourPage("booking_closures_pages.days", MANAGER),
    TourPage("booking_blocks_pages.blocks", MANAGER),
    TourPage("booking_policies_pages.rules", MANAGER),
    TourPage("booking_policies_pages.change", MANAGER),
    TourPage("booking_holiday_plans_pages.holidays", MANAGER),
    TourPage("booking_holiday_plans_pages.unplanned_ones", MANAGER),
    TourPage("booking_holiday_plans_pages.one_holiday", MANAGER, _next_holiday),
    TourPage("passes_catalogue_pages.products", MANAGER, _first("code", Product.code)),
    TourPage("passes_catalogue_pages.products", MANAGER),
    TourPage("passes_catalogue_pages.new_product", MANAGER),
    TourPage("members_institutions_pages.institutions", MANAGER, _first("code", Institution.code)),
    TourPage("members_institutions_pages.institutions", MANAGER),
    TourPage("members_institutions_pages.new_institution", MANAGER),
    TourPage("members_institutions_pages.study_region", MANAGER, _first("code", StudyRegion.code)),
    TourPage("members_institutions_pages.study_region", MANAGER),
    TourPage("passes_visits_pages.unpaid", DESK),
    TourPage("passes_pass_rules_pages.show_rules", MANAGER),
    TourPage("passes_bulk_extensions_pages.show_extensions", MANAGER),
    TourPage("passes_price_list_pages.dated_price_list", MANAGER),
    TourPage(
        "passes_customer_groups_pages.customer_groups", MANAGER, _first("code", CustomerGroup.code)
    ),
    TourPage("passes_customer_groups_pages.customer_groups", MANAGER),
    TourPage("passes_customer_groups_pages.new_group", MANAGER),
    TourPage("passes_sale_terms_pages.show_terms", MANAGER),
    TourPage("passes_vat_rates_pages.vat_rates", MANAGER),
    TourPage("reporting_goals_pages.set_targets", MANAGER),
    TourPage("passes_takeover_pages.takeover", MANAGER),
    TourPage("passes_quotas_pages.quotas", MANAGER, _first("code", Quota.code)),
    TourPage("passes_payers_pages.payers", MANAGER, _first("code", Payer.code)),
    TourPage("passes_invoices_pages.invoices", MANAGER),
    TourPage("passes_invoices_pages.account", MANAGER),
    TourPage("passes_invoice_payments_pages.bank", MANAGER),
    TourPage("passes_invoices_pages.invoice", MANAGER, _first("invoice_id", Invoice.public_id)),
    TourPage("passes_tills_pages.tills", MANAGER),
    TourPage("passes_books_pages.month", MANAGER),
    TourPage("passes_books_pages.accounts", MANAGER),
    TourPage("reporting_shares_pages.periods", MANAGER),
    TourPage("reporting_shares_pages.weights", MANAGER),
    TourPage("reporting_shares_pages.show", MANAGER, _counted_month),
    TourPage("passes_retention_pages.show_rules", MANAGER),
    TourPage("passes_settlements_pages.settlements", MANAGER),
    TourPage("passes_tills_pages.till", MANAGER, _first("code", Till.code)),
    TourPage("passes_refund_requests_pages.waiting_refunds", MANAGER),
    TourPage("passes_vouchers_pages.vouchers", MANAGER),
    TourPage("passes_baskets_pages.basket", STUDENT),
    TourPage("passes_sale_windows_pages.sale", MANAGER, _first("code", Product.code)),
    TourPage(
        "passes_entitlements_pages.entitlements",
        MANAGER,
        _first("code", Product.code, Product.code == "gym-mornings"),
    ),
    TourPage(
        "booking_pass_activities_pages.activities",
        MANAGER,
        _first("code", Product.code, Product.code == "yoga-card"),
    ),
    TourPage(
        "passes_bundles_pages.parts", MANAGER, _first("code", Product.code, Product.kind == BUNDLE)
    ),
    TourPage("members_passwords_pages.password_form", MANAGER),
    TourPage("members_roles_pages.people", MANAGER),
    TourPage(
        "members_roles_pages.one_person",
        MANAGER,
        _first("person", Member.public_id, Member.email == DESK),
    ),
    TourPage("operation_service_profile_pages.service_profile", MANAGER),
    TourPage("passes_payment_setup_pages.payment_providers", MANAGER),
    TourPage("operation_mail_words_pages.mails", MANAGER),
    TourPage("operation_mail_words_pages.mail_words", MANAGER, _changed_mail),
    TourPage("feedback_accessibility_pages.all_feedback", MANAGER),
    TourPage("booking_attendance_marks_pages.appeals", MANAGER),
    TourPage("operation_audit_pages.audit", MANAGER),
)
"""Every page that a GET shows."""


def fill_student(stage: Installation) -> None:
    """Give the student what pages show: a pass, a receipt, bookings, a waitlist entry, a court."""
    student = ScreenlessStudent(stage.url)
    student.sign_in(STUDENT)
    student.buy(PRODUCT)
    student.put_pass_on_phone()
    student.phone.ask("POST", "/api/v1/orders", {"product": "gym-month", "starts_on": None})
    student.phone.ask("POST", "/api/v1/me/email-changes", {"email": NEW_ADDRESS})
    mails.keep(stage.settings.data_dir / mails.FOLDER / "1.eml", MAIL)
    now = utc_now()
    with opened(stage), writing() as session:
        session.add(BookingPolicy(in_force_from=now, open_bookings=10, closes_minutes=0))
        student_id, other_id = (_person(session, email) for email in (STUDENT, BOOKED))
        for session_id in _next_free(session, now):
            bookings.book(session, member_id=student_id, class_session=session_id, now=now)
        _queue(session, student_id, other_id, now)
        _lottery(session, student_id, stage, now)
        _twice(session, student_id, now)
        court = ReservationRequest(**_court_request(session))
        reservations.book_space(session, member_id=student_id, requested=court, now=now)
        calendar_feeds.make_feed(session, student_id, now)
        surveys.create_draft(session, _manager(session), DRAFT, now=now)


def _next_free(session: Session, now: datetime) -> list[UUID]:
    """Return the next two classes with places, the second after the first."""
    found: list[UUID] = []
    free_from = now
    query = select(ClassSession).where(
        _shown, ClassSession.starts_at > now, ClassSession.booked < ClassSession.bookable
    )
    for row in session.scalars(query.order_by(ClassSession.starts_at, ClassSession.id)):
        if row.starts_at >= free_from and len(found) < 2:
            found.append(row.public_id)
            free_from = row.ends_at
    return found


def _person(session: Session, email: str) -> int:
    return session.scalars(select(Member.id).where(Member.email == email)).one()


def _manager(session: Session) -> Actor:
    row = session.scalars(select(Member).where(Member.email == MANAGER)).one()
    return Actor("person", row.id, row.public_id, frozenset({Role.MANAGER}))


def _queue(session: Session, waits: int, has_it: int, now: datetime) -> None:
    start = from_helsinki(helsinki_date(now) + timedelta(days=2), time(8))
    full = sessions.create_session(session, FULL, start, start + timedelta(minutes=45), now=now)
    bookings.book(session, member_id=has_it, class_session=full.public_id, now=now)
    waitlist.join(session, member_id=waits, class_session=full.public_id, now=now)


def _lottery(session: Session, member_id: int, stage: Installation, now: datetime) -> None:
    start = from_helsinki(helsinki_date(now) + timedelta(days=3), time(8))
    drawn = sessions.create_session(session, DRAWN, start, start + timedelta(minutes=45), now=now)
    times = NewLottery(now, start - timedelta(days=1))
    secret = secrets.current_secret(stage.settings.keys, KEY_FILE)
    lottery = lotteries.announce(
        session, _manager(session), drawn.public_id, times, secret=secret, now=now
    )
    lotteries.enter(session, member_id=member_id, lottery=lottery.public_id, now=now)


def _twice(session: Session, has_it: int, now: datetime) -> None:
    starts = [from_helsinki(helsinki_date(now) + timedelta(days=n), time(6)) for n in (3, 5)]
    booked, _other = (
        sessions.create_session(session, TWICE, start, start + timedelta(minutes=15), now=now)
        for start in starts
    )
    bookings.book(session, member_id=has_it, class_session=booked.public_id, now=now)


def _court_request(session: Session) -> dict[str, Any]:
    court = session.scalars(
        select(Space.public_id).where(Space.own_use).order_by(Space.id).limit(1)
    ).one()
    return {
        "space": court,
        "start": from_helsinki(_open_day(4), time(14)),
        "minutes": 60,
        "companions": 0,
    }


@contextmanager
def opened(stage: Installation) -> Iterator[Flask]:
    """Yield an application on the database of the running Zone."""
    app = create_app(stage.settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.engine.dispose()


def address_of(app: Flask, stop: TourPage, base_url: str) -> str:
    """Return the address of the page. Call it inside `opened`."""
    with reading() as session:
        values = stop.find(session)
    with app.test_request_context(base_url=base_url):
        return url_for(stop.endpoint, **values)
