"""Every form of every page can be submitted as it was rendered, with each of its buttons."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, cast
from uuid import uuid4

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.world.daytime import AT_NOON
from tests.world.rendered_forms import RenderedForm, forms_in
from tests.world.served_app import serving
from zone.access.alarms.models import BridgeAlarm
from zone.access.bridges.models import Bridge
from zone.booking.bookings import service as bookings
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import from_helsinki, helsinki_date
from zone.demo import supervisor, tour
from zone.demo.example import SELLER
from zone.demo.supervisor import Installation
from zone.demo.tour import BOOKED, DRAWN, FULL, STOPS, STUDENT, Find, TourPage
from zone.members.people.models import Member
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.passes.orders.models import Order
from zone.web import session_cookie
from zone.web.context import settings_of

FRAME = {"key", "csrf_token"}
"""Fields that not the schema but the frame of all forms reads, each where it needs it."""
UNKNOWN = "Unknown field"
SHOWN_AGAIN = (200, 401, 409, 422)
"""The statuses of a page with a form; 401 is the sign-in form after a wrong password."""
NOT_TRIED: Final = {
    "access_status_pages.renew_token": "only for administrators; test_acts.py tries it",
    "access_conflicts_pages.see_to": "only where there is one; tests/access/conflicts try it",
    "operation_setup_pages.take_campuses": "the demo has them all; tests/operation/setup try it",
    "operation_setup_pages.take_institutions": "likewise",
    "operation_setup_pages.take_rates": "likewise",
    "operation_setup_pages.take_targets": "likewise",
    "passes_tills_pages.open_till": "only where a till is closed; tests/passes/tills try it",
    "access_releases_pages.drop_day": "only where a day has another time",
    "access_releases_pages.remove_release": "only where there is one; tests/access/releases try it",
    "access_shutdowns_pages.lift": "only where a door is shut; tests/access/shutdowns try it",
    "access_status_pages.add_bridge": "only for administrators; test_acts.py tries it",
    "access_status_pages.replace_bridge": "only for administrators; test_acts.py tries it",
    "access_status_pages.revoke": "only for administrators; test_acts.py tries it",
    "access_status_pages.set_last_unproven": "only with an old bridge; test_acts.py tries it",
    "booking_attendance_marks_pages.appeal": "only with a mark; test_appeal.py tries it",
    "booking_attendance_marks_pages.decide": "only of an appeal; test_appeal.py tries it",
    "booking_pauses_pages.resume": "only in a pause; tests/passes/pauses try it",
    "passes_baskets_pages.order": "only with a basket; tests/passes/baskets try it",
    "passes_baskets_pages.set_code": "only with a basket; tests/passes/baskets try it",
    "passes_baskets_pages.take_out": "only with a basket; tests/passes/baskets try it",
    "booking_blocks_pages.end_block": "only with one; tests/booking/blocks try it",
    "booking_moves_pages.give_up": "only by the link of a mail; test_moved_class.py tries it",
    "booking_offers_pages.answer_linked": "only with an offer; tests/booking/offers try it",
    "booking_offers_pages.answer_own": "only with an offer; tests/booking/offers try it",
    "desk_live_doors_pages.handle": "only where a door has refused somebody",
    "members_people_pages.choose_language": "on every page; tests/web/test_language.py tries it",
    "members_push_pages.turn_off": "only where they are on; test_notifications.py tries it",
    "members_sign_in_pages.sign_in": "only on the page after a code was asked for",
    "members_sign_in_pages.sign_in_again": "only after a refused form; test_kept_form.py tries it",
    "operation_jobs_pages.run_job": "only for administrators; the tour opens it as a manager",
    "reporting_shares_pages.fix": "only with something to share; tests/reporting/shares try it",
    "passes_orders_pages.refund": "only for who may refund; the tour opens it as the student",
    "passes_orders_pages.refund_by_hand": "only where a provider has refused a refund",
    **dict.fromkeys(
        (
            "passes_invoices_pages.add_line",
            "passes_invoices_pages.remove_line",
            "passes_invoices_pages.discard",
            "passes_invoices_pages.issue",
        ),
        "only with a draft; tests/passes/invoices try it",
    ),
    "passes_sale_windows_pages.remove_window": "only with one; tests/passes/sale_windows try it",
    **dict.fromkeys(
        (
            "passes_payment_setup_pages.confirm_payment_fix",
            "passes_payment_setup_pages.decline_payment_fix",
        ),
        "only where a fix waits for a second person; tests/passes/reconciliation try it",
    ),
    "passes_settlements_pages.store": "only after a preview; tests/passes/settlements try it",
    "passes_takeover_pages.take_over": "only after a preview; tests/passes/takeover try it",
    "passes_payments_pages.callback": "no form: the payment provider calls it",
}
"""The POST routes that no form of the tour reaches, and why."""


class ReadFields(ImmutableMultiDict[str, str]):
    """The fields of a request, which note the names that a view has asked for."""

    asked: ClassVar[set[str]] = set()

    def get(self, key: str, *args: Any, **more: Any) -> Any:
        self.asked.add(key)
        return super().get(key, *args, **more)

    def getlist(self, key: str, *args: Any, **more: Any) -> Any:
        self.asked.add(key)
        return super().getlist(key, *args, **more)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


class NotingRequest(Request):
    parameter_storage_class = ReadFields


@dataclass(slots=True)
class Tour:
    """The application on a database with the tour's content, which `restore` brings back."""

    app: Flask
    settings: Settings
    saved: sqlite3.Connection
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.settings.data_dir / "zone.sqlite"

    def restore(self) -> None:
        with closing(sqlite3.connect(self.database)) as file:
            self.saved.backup(file)

    def save(self) -> None:
        with closing(sqlite3.connect(self.database)) as file:
            file.backup(self.saved)

    def client(self, email: str) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_ORIGIN"] = self.settings.base_url
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        if email:
            with writing() as session:
                member = session.scalars(select(Member.id).where(Member.email == email)).one()
                token = sign_in_sessions.open_session(session, member, now=utc_now())
            client.set_cookie(session_cookie.name_of(self.settings), token, domain="localhost")
        return client


def add_states() -> None:
    """Add an alarm, a class with a free seat, and a full one in whose queue the student is not."""
    now = utc_now()
    start = from_helsinki(helsinki_date(now) + timedelta(days=2), time(9))
    with writing() as session:
        other = session.scalars(select(Member.id).where(Member.email == BOOKED)).one()
        for name, hours, taken in (("Free", 2, False), ("Full", 4, True)):
            begin = start + timedelta(hours=hours)
            details = replace(FULL, name_en=name)
            end = begin + timedelta(minutes=45)
            row = sessions.create_session(session, details, begin, end, now=now)
            if taken:
                bookings.book(session, member_id=other, class_session=row.public_id, now=now)
        bridge = session.scalars(select(Bridge.id)).first()
        assert bridge is not None
        session.add(
            BridgeAlarm(public_id=uuid4(), bridge_id=bridge, kind="offline", recorded_at=now)
        )


def _session_named(name: str) -> Find:
    return tour._first("class_session", ClassSession.public_id, ClassSession.name_en == name)


def _queued_for(session: Session) -> dict[str, Any]:
    """Return the day of the class for which the student waits: of another week on a weekend."""
    query = select(ClassSession.starts_at).where(ClassSession.name_en == FULL.name_en)
    return {"day": helsinki_date(session.scalars(query).one())}


def _last_order(session: Session) -> dict[str, Any]:
    """Return the order that is not paid."""
    query = select(Order.public_id).order_by(Order.id.desc()).limit(1)
    return {"order_id": session.scalars(query).one()}


ALSO: Final = (
    TourPage("booking_timetable_pages.classes", STUDENT, _queued_for),
    TourPage("booking_timetable_pages.one_class", STUDENT, _session_named("Free")),
    TourPage("booking_timetable_pages.one_class", STUDENT, _session_named("Full")),
    TourPage("booking_timetable_pages.one_class", STUDENT, _session_named(DRAWN.name_en)),
    TourPage("booking_timetable_pages.one_class", BOOKED, _session_named(DRAWN.name_en)),
    TourPage("passes_orders_pages.show_order", STUDENT, _last_order),
)
"""Pages of the tour in states that the tour does not show."""
PAGES: Final = STOPS + ALSO


@pytest.fixture(scope="module")
def visit(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """Yield the application on a database after `fill_student`, served while it is filled."""
    folder = tmp_path_factory.mktemp("tour")
    shutil.copyfile(sqlite_template, folder / "zone.sqlite")
    settings = Settings(
        data_dir=folder,
        payment_provider="development",
        **SELLER,
        demo=True,
        demo_clock_shift=AT_NOON,
    )
    with serving(settings) as app, closing(sqlite3.connect(":memory:")) as saved:
        app.request_class = NotingRequest
        settings = settings_of(app)
        class_id = supervisor.prepare(settings).class_id
        nobody = cast("Any", None)  # no child process is needed to fill the database
        tour.fill_student(Installation(settings, 0, class_id, nobody, nobody, nobody))
        add_states()
        tried = Tour(app, settings, saved)
        tried.clients = {stop.reader: tried.client(stop.reader) for stop in PAGES}
        tried.save()
        yield tried


def route_of(app: Flask, path: str) -> str:
    """Return the endpoint that a POST to this path reaches; of a missing one the path."""
    try:
        return str(app.url_map.bind("localhost").match(path.partition("?")[0], "POST")[0])
    except HTTPException:
        return path


def faults_of(app: Flask, form: RenderedForm, answer: TestResponse) -> list[str]:
    """Return what is wrong with the answer to a form that was submitted as rendered."""
    if answer.status_code == 303:
        return unread(form)
    if answer.status_code not in SHOWN_AGAIN:
        return [f"answers {answer.status_code}"]
    shown = [route_of(app, again.action) for again in forms_in(answer.text, form.action)]
    text = answer.text.partition("<main")[2]
    faults = [] if shown else ["shows no form"]
    said = "<p" if answer.status_code == 200 else '<p class="error'
    alert = answer.status_code != 200 and 'role="alert"' in text
    faults += [] if alert or said in text else ["says nothing"]
    faults += ["says that a field is unknown"] if UNKNOWN in text else []
    return faults + unread(form)


def unread(form: RenderedForm) -> list[str]:
    """Return the rendered fields that no schema and no view has asked for."""
    return [f"does not know {name}" for name in sorted(form.data.keys() - ReadFields.asked - FRAME)]


def forms_at(visit: Tour, stop: TourPage) -> list[RenderedForm]:
    """Return the POST forms of a page of the tour, as its reader gets them."""
    path = tour.address_of(visit.app, stop, visit.settings.base_url)
    path = path.removeprefix(visit.settings.base_url)
    page = visit.clients[stop.reader].get(path + ("&" if "?" in path else "?") + "lang=en")
    assert page.status_code == 200, path
    return forms_in(page.text, path)


def faults_at(visit: Tour, stop: TourPage) -> list[str]:
    """Submit each form of a page with each button; return what is wrong with the answers."""
    faults = []
    for form in forms_at(visit, stop):
        assert form.buttons, f"{form.action} has no button"
        for button in form.buttons:
            client = visit.clients[stop.reader]
            cookies = copy(client._cookies)
            ReadFields.asked.clear()
            answer = form.submit(client, button, **form.plain_values())
            found = faults_of(visit.app, form, answer)
            faults += [f"{form.action} [{button}] {one}" for one in found]
            client._cookies = cookies
            visit.restore()
    return faults


@pytest.mark.parametrize("stop", PAGES, ids=[stop.endpoint for stop in PAGES])
def test_each_form_of_a_page_works_as_rendered(visit: Tour, stop: TourPage) -> None:
    assert faults_at(visit, stop) == []


def test_every_form_is_tried(visit: Tour) -> None:
    tried = {route_of(visit.app, form.action) for stop in PAGES for form in forms_at(visit, stop)}
    posts = {
        rule.endpoint
        for rule in visit.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }
    assert posts - tried == NOT_TRIED.keys(), sorted(posts - tried)
    assert tried <= posts


@pytest.mark.planted_fault("a form renders a hidden field that its schema does not know")
def test_a_field_unknown_to_the_schema_is_found(
    visit: Tour, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = next(one for one in STOPS if one.endpoint == "members_people_pages.me")
    [form, *_rest] = forms_at(visit, stop)
    form.data["surplus"] = ["1"]
    monkeypatch.setattr(f"{__name__}.forms_at", lambda *_: [form])
    assert any("surplus" in one for one in faults_at(visit, stop))
