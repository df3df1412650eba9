"""The pages Classes, one class, and My bookings: plain forms, usable without JavaScript."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking import facts, queries, service, timetable, waitlist
from zone.booking.api import reader_id
from zone.booking.errors import ALREADY_BOOKED, ALREADY_QUEUED
from zone.booking.rules import Policy
from zone.booking.timetable import SessionView
from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.time import EARLIEST, LATEST, day_window, helsinki_date, iso_week, to_helsinki
from zone.db import reading, writing
from zone.http.auth import current_actor, public, signed_in
from zone.http.problems import sentences

pages = Blueprint("booking_pages", __name__, template_folder="templates")
BANDS: Final = ((0, 11), (11, 16), (16, 24))
"""Morning, midday, evening: hours of the Helsinki day."""


@pages.app_template_filter("weekday")
def weekday(day: date) -> str:
    """The short name of a weekday, as it stands alone."""
    return str(format_date(day, "ccc"))


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week shown, its sessions by part of the day."""

    day: date
    bands: tuple[tuple[SessionView, ...], ...]

    @property
    def sessions(self) -> tuple[SessionView, ...]:
        return sum(self.bands, ())

    @property
    def booked(self) -> bool:
        return any(view.booking for view in self.sessions)


@pages.get("/classes")
@public
def classes() -> str:
    """The week of a day, with places left."""
    now = utc_now()
    chosen = _chosen_day(request.args.get("day"), helsinki_date(now))
    monday = chosen - timedelta(days=chosen.weekday())
    days = [monday + timedelta(days=n) for n in range(7)]
    with reading() as session:
        views = timetable.sessions(
            session, (day_window(days[0])[0], day_window(days[-1])[1]), member_id=reader_id(),
            campus=request.args.get("campus") or None,
        )  # fmt: skip
        policy = facts.policy(session.connection())
    return render_template(
        "booking/classes.html", days=[_day(day, views) for day in days], chosen=chosen, today=helsinki_date(now),
        week=iso_week(monday)[1], before=chosen - timedelta(days=7), after=chosen + timedelta(days=7), policy=policy,
        now=now, done=_done(),
    )  # fmt: skip


def _chosen_day(asked: str | None, today: date) -> date:
    try:
        chosen = date.fromisoformat(asked or "")
    except ValueError:
        return today
    return chosen if EARLIEST.date() < chosen < LATEST.date() else today


def _day(day: date, views: list[SessionView]) -> Day:
    on_day = [view for view in views if helsinki_date(view.starts_at) == day]
    return Day(day, tuple(tuple(v for v in on_day if a <= to_helsinki(v.starts_at).hour < b) for a, b in BANDS))


def _done() -> str | None:
    """What the person has just done, by the word that the redirect carried."""
    return {
        "booked": _("You have a place. At the door you only need your pass."),
        "cancelled": _("Your booking is cancelled."),
        "queued": _("You are in the queue. We send you a mail when a place comes free for you."),
        "left": _("You have left the queue."),
    }.get(request.args.get("done", ""))


@pages.get("/classes/<uuid:class_session>")
@public
def one_class(class_session: uuid.UUID) -> str:
    """One class: when, where, the rules, and booking it."""
    return _class_page(class_session, utc_now(), done=_done())


def _class_page(
    class_session: uuid.UUID, now: datetime, *, done: str | None = None, refusal: DomainError | None = None,
    refused: str | None = None,
) -> str:  # fmt: skip
    with reading() as session:
        view = timetable.session_view(session, class_session, member_id=reader_id())
        policy = facts.policy(session.connection())
        free = _free_like(session, view, policy, now)
    return render_template(
        "booking/class.html", view=view, policy=policy, now=now, done=done, reasons=sentences(refusal),
        refused=refused or _("This could not be booked"), alternatives=free, day=helsinki_date(view.starts_at),
    )  # fmt: skip


def _free_like(session: Session, view: SessionView, policy: Policy, now: datetime) -> list[SessionView]:
    reader = reader_id()
    if reader is None or view.status(policy, now) not in ("full", "queued", "late"):
        return []
    verdict = facts.verdict(session.connection(), member_id=reader, class_session=view.id, now=now)
    return timetable.alternatives(session.connection(), verdict, now)


@pages.post("/classes/<uuid:class_session>/book")
@signed_in
def book(class_session: uuid.UUID) -> WerkzeugResponse:
    """Book by a form; a second tap finds the place taken by the first. A refusal shows all reasons and what is free."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            service.book(session, member_id=member_id, class_session=class_session, now=now)
    except DomainError as refusal:
        if refusal.reasons[0] is not ALREADY_BOOKED:
            return Response(_class_page(class_session, now, refusal=refusal), refusal.status, mimetype="text/html")
    return redirect(url_for("booking_pages.one_class", class_session=class_session, done="booked"), 303)


@pages.post("/classes/<uuid:class_session>/queue")
@signed_in
def join_queue(class_session: uuid.UUID) -> WerkzeugResponse:
    """Wait for a place by a form, once however often it is tapped; a refusal shows every reason."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            waitlist.join(session, member_id=member_id, class_session=class_session, now=now)
    except DomainError as refusal:
        if refusal.reasons[0] is not ALREADY_QUEUED:
            page = _class_page(class_session, now, refusal=refusal, refused=_("You could not join the queue"))
            return Response(page, refusal.status, mimetype="text/html")
    return redirect(url_for("booking_pages.one_class", class_session=class_session, done="queued"), 303)


@pages.post("/queue/<uuid:entry>/leave")
@signed_in
def leave_queue(entry: uuid.UUID) -> WerkzeugResponse:
    """Give one's place in the queue up by a form; a refusal shows why beside the bookings."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            waitlist.leave(session, member_id=member_id, entry=entry, now=now)
    except DomainError as refusal:
        return Response(_bookings_page(now, refusal=refusal), refusal.status, mimetype="text/html")
    return redirect(url_for("booking_pages.bookings", done="left"), 303)


@pages.post("/bookings/<uuid:booking>/cancel")
@signed_in
def cancel(booking: uuid.UUID) -> WerkzeugResponse:
    """Cancel by a form; a refusal shows why beside the bookings."""
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            service.cancel(session, member_id=member_id, booking=booking, now=now)
    except DomainError as refusal:
        return Response(_bookings_page(now, refusal=refusal), refusal.status, mimetype="text/html")
    return redirect(url_for("booking_pages.bookings", done="cancelled"), 303)


@pages.get("/bookings")
@signed_in
def bookings() -> str:
    """My bookings: to come, past, and the marks for those not used."""
    return _bookings_page(utc_now(), done=_done())


def _bookings_page(now: datetime, *, done: str | None = None, refusal: DomainError | None = None) -> str:
    member_id = current_actor().id
    with reading() as session:
        views = timetable.bookings(session, member_id, now)
        missed = len(facts.standing(session.connection(), member_id, now).missed)
        until, policy = queries.suspended_until(session, member_id, now), facts.policy(session.connection())
        queue = timetable.queue_places(session, member_id)
    return render_template(
        "booking/bookings.html", now=now, policy=policy, missed=missed, suspended_until=until, done=done,
        queue=queue, reasons=sentences(refusal), **_split(views, policy, now),
    )  # fmt: skip


def _split(views: list[timetable.BookingView], policy: Policy, now: datetime) -> dict[str, Any]:
    """Those to come (with whether they can still be cancelled), and the others, the newest first."""
    coming = [view for view in views if view.state == "booked" and view.session.ends_at > now]
    past = [view for view in reversed(views) if view not in coming]
    late = {view.id for view in coming if now > view.session.cancel_until(policy)}
    return {"coming": coming, "past": past, "late": late}
