"""The pages of spaces for own use: a day's times × courts, one slot, and what was booked. Usable without JavaScript."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from zone.booking import availability, courts, facts, timetable
from zone.booking.api import reader_id
from zone.booking.availability import Courts
from zone.booking.court_rules import Court, CourtWish, Free, starts_on
from zone.booking.rules import Policy
from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import EARLIEST, LATEST, helsinki_date
from zone.db import reading, writing
from zone.http.auth import current_actor, public, signed_in
from zone.http.layout import clock
from zone.http.problems import sentences
from zone.http.reader import asking
from zone.places.queries import campus_names
from zone.places.rules import is_open

pages: Final = Blueprint("court_pages", __name__, template_folder="templates")
USUAL_MINUTES: Final = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """A court at a time: `href` leads to the slot when it is free; `off` when the court has no start then."""

    court: Court
    href: str | None
    off: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One time of the day over all courts of a campus."""

    starts_at: datetime
    clock: str
    cells: Sequence[Cell]

    @property
    def free(self) -> bool:
        return any(cell.href for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Grid:
    """Times × courts of a campus on a day."""

    campus_name: str
    courts: Sequence[Court]
    lines: Sequence[Line]


@pages.get("/courts")
@public
def day_page() -> str:
    """What is free on a day, for the length that was chosen."""
    now = utc_now()
    today, campus = helsinki_date(now), request.args.get("campus", "")
    day, minutes = _day(request.args.get("day"), today), _minutes(request.args.get("minutes"))
    found = availability.of_campus(asking(), [day], campus)
    free = found.free(now, minutes)
    later = None if any(free.values()) else courts.next_free(asking(), day, campus, minutes, now)
    return render_template(
        "booking/courts.html", day=day, today=today, days=courts.bookable_days(found.policy, now), campus=campus,
        campuses=campus_names(asking()), minutes=minutes, lengths=_lengths(found.courts), policy=found.policy,
        grids=[_grid(group, free, day, minutes, now) for group in _by_campus(found)],
        later=_slot(later[0], later[1].starts_at, minutes) if later else None,
    )  # fmt: skip


def _day(asked: str | None, today: date) -> date:
    try:
        chosen = date.fromisoformat(asked or "")
    except ValueError:
        return today
    return chosen if EARLIEST.date() < chosen < LATEST.date() else today


def _minutes(asked: str | None) -> int:
    minutes = _number(asked)
    return minutes if 0 < minutes <= 1440 else USUAL_MINUTES


def _number(typed: str | None) -> int:
    """What was typed as a number, at most 9999; 0 where it is none."""
    return min(int(typed.lstrip("0")[:5] or 0), 9999) if typed and typed.isascii() and typed.isdigit() else 0


def _lengths(found: Iterable[Court]) -> list[int]:
    return sorted({length for court in found for length in court.rules.lengths} | {USUAL_MINUTES})


def _by_campus(found: Courts) -> list[list[Court]]:
    return [list(group) for _, group in groupby(found.courts, key=lambda court: court.campus)]


def _grid(group: list[Court], free: dict[uuid.UUID, list[Free]], day: date, minutes: int, now: datetime) -> Grid:
    at = {court.id: {one.starts_at for one in free[court.public_id]} for court in group}
    grids = {court.id: set(_open_starts(court, day, minutes, now)) for court in group}
    paths = {court.id: url_for("court_pages.slot_page", space=court.public_id) for court in group}
    times = sorted(set().union(*grids.values()))
    lines = [
        Line(start, clock(start), [
            Cell(court, _href(paths[court.id], start, minutes) if start in at[court.id] else None,
                 start not in grids[court.id])
            for court in group
        ])
        for start in times
    ]  # fmt: skip
    return Grid(group[0].campus_name, group, lines)


def _open_starts(court: Court, day: date, minutes: int, now: datetime) -> Iterable[datetime]:
    """The starts still to come at which the campus is open for as long; whether they are free or not."""
    length = timedelta(minutes=minutes)
    for start in starts_on(day, court.rules.step):
        if start >= now and is_open(court.windows, start, start + length):
            yield start


def _href(path: str, start: datetime, minutes: int) -> str:
    return f"{path}?start={start:%Y-%m-%dT%H:%MZ}&minutes={minutes}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A court and a time, with the way to its page."""

    court: Court
    starts_at: datetime
    ends_at: datetime
    href: str


def _slot(court: Court, start: datetime, minutes: int) -> Slot:
    path = url_for("court_pages.slot_page", space=court.public_id)
    return Slot(court, start, start + timedelta(minutes=minutes), _href(path, start, minutes))


@pages.get("/courts/<uuid:space>")
@public
def slot_page(space: uuid.UUID) -> str | WerkzeugResponse:
    """One court at one time: its rules, and booking it. Without a time that can be read: the day."""
    wish = _wish(space, request.args.get("start"), request.args.get("minutes"), "0")
    if wish is None:
        return redirect(url_for("court_pages.day_page"), 303)
    now, reader = utc_now(), reader_id()
    refusal = None if reader is None else _refusal(reader, wish, now)
    return _show_slot(wish, now, refusal)


def _wish(space: uuid.UUID, start: str | None, minutes: str | None, companions: str | None) -> CourtWish | None:
    try:
        at = datetime.fromisoformat(start or "")
    except ValueError:
        return None
    if at.tzinfo is None or not EARLIEST < at < LATEST:
        return None
    return CourtWish(space, at.astimezone(UTC), _minutes(minutes), min(_number(companions), 99))


def _refusal(member_id: int, wish: CourtWish, now: datetime) -> DomainError | None:
    judged = courts.verdict(asking(), member_id=member_id, wish=wish, now=now)
    return judged.refusal() if judged.reasons else None


def _show_slot(wish: CourtWish, now: datetime, refusal: DomainError | None) -> str:
    near = availability.like_space(asking(), [helsinki_date(wish.start)], wish.space)
    court = near.court(wish.space)
    if court is None:
        raise DomainError(NOT_FOUND)
    here = _slot(court, wish.start, wish.minutes)
    free = wish.start in {one.starts_at for one in near.free(utc_now(), wish.minutes)[court.public_id]}
    return render_template(
        "booking/court.html", slot=here, wish=wish, policy=near.policy, free=free, now=now,
        sign_in="/sign-in?" + urlencode({"next": here.href}), reasons=sentences(refusal),
        alternatives=_instead(wish, now) if refusal else [],
        cancel_until=_cancel_until(wish.start, near.policy), day=helsinki_date(wish.start),
    )  # fmt: skip


def _instead(wish: CourtWish, now: datetime) -> list[Slot]:
    reader = reader_id()
    if reader is None:
        return []
    free = courts.alternatives(asking(), member_id=reader, wish=wish, now=now)
    return [_slot(court, start, wish.minutes) for court, start in free]


def _cancel_until(start: datetime, policy: Policy) -> datetime:
    return start - timedelta(minutes=policy.cancel_minutes)


@pages.post("/courts/<uuid:space>/book")
@signed_in
def book(space: uuid.UUID) -> WerkzeugResponse:
    """Book by a form; a second tap leads to the same booking, a refusal shows every reason and what else is free."""
    form = request.form
    wish = _wish(space, form.get("start"), form.get("minutes"), form.get("companions"))
    if wish is None:
        return redirect(url_for("court_pages.day_page"), 303)
    member_id, now = current_actor().id, utc_now()
    try:
        with writing() as session:
            made = courts.book_space(session, member_id=member_id, wish=wish, now=now).public_id
    except DomainError as refusal:
        already = courts.booked_already(asking(), member_id, wish)
        if already is None:
            return Response(_show_slot(wish, now, refusal), refusal.status, mimetype="text/html")
        made = already
    return redirect(url_for("court_pages.booked", booking=made), 303)


@pages.get("/courts/booked/<uuid:booking>")
@signed_in
def booked(booking: uuid.UUID) -> str:
    """The confirmation of one's own booking, with the way to give it back."""
    now = utc_now()
    with reading() as session:
        view = timetable.booking_view(session, current_actor().id, booking)
        policy = facts.policy(session.connection())
    if view.session.kind != "own_use":
        raise DomainError(NOT_FOUND)
    until = view.session.cancel_until(policy)
    return render_template(
        "booking/court_booked.html", booking=view, view=view.session, policy=policy, cancel_until=until,
        may_cancel=view.state == "booked" and now <= until,
    )  # fmt: skip
