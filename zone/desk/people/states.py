"""The states of the desk, of invented people and doors."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from zone.access.doors.queries import DoorChoice
from zone.booking.bookings.rules import BookerState
from zone.booking.bookings.views import BookingView
from zone.booking.cards.views import Reader, card_of
from zone.booking.policies.resolution import Policies
from zone.booking.timetable.states import invented_class
from zone.core.clock import utc_now
from zone.core.time import helsinki_date
from zone.desk.classes.views import DeskClasses, desk_classes
from zone.desk.live_doors.context import OpenDenial
from zone.desk.live_doors.pages import board_page
from zone.desk.live_doors.queries import Board, OfflineBridge, ScanView, reason_text
from zone.desk.live_doors.views import HelpCard
from zone.desk.lost_phones.queries import LossFee
from zone.desk.passes.pages import pause_causes
from zone.desk.people.pages import act_words, done_sentences
from zone.desk.people.queries import NoShowSummary, PersonRecord, SuspensionView
from zone.desk.people.views import ACT_ICONS, SaleChoice, SaleChoices, panel
from zone.desk.search.schemas import nobody_found_hint
from zone.members.affiliations.queries import AffiliationView
from zone.passes.orders.rules import CounterLine
from zone.passes.passes.queries import PassView
from zone.passes.passes.rules import PassRight
from zone.passes.visits.rules import SpentVisit
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

HOUR: Final = timedelta(hours=1)
_ID: Final = uuid.UUID(int=7)
_DOORS: Final = [DoorChoice(_ID, "Metropolia Myyrmäki", "Gym", "Gym door")]
_NAMES: Final = {"fi": "Liikuntapassi", "sv": "Motionskort", "en": "Sports pass"}

NO_CLASSES: Final = DeskClasses()


def _refusal(reason: str, name: str | None = "Milo Olematon", tries: int = 3) -> HelpCard:
    person = _ID if name else None
    last = OpenDenial(
        entry_id=1,
        id=_ID,
        at=utc_now() - timedelta(minutes=2),
        reason=reason,
        door_id=1,
        door=_ID,
        door_name="Gym door",
        area_id=1,
        area="Gym",
        kinds=["gym"],
        campus="Metropolia Myyrmäki",
        member_id=1 if name else None,
        person=person,
        name=name,
        email="milo@school.example" if name else None,
    )
    return HelpCard((last,) * tries)


def _board(*cards: HelpCard, offline: Sequence[OfflineBridge] = ()) -> Board:
    now = utc_now()
    lately = [
        ScanView(
            id=_ID,
            at=now - timedelta(minutes=number),
            campus="Metropolia Myyrmäki",
            area="Gym",
            door=_ID,
            door_name="Gym door",
            granted=True,
            reason="granted",
            detail="",
            remedy=None,
            person=None,
            name=None,
        )
        for number in range(5)
    ]
    return Board(now, list(cards), lately, 41, list(offline))


def _desk(*cards: HelpCard, chosen: HelpCard | None = None, offline: bool = False) -> str:
    since = utc_now() - timedelta(minutes=30)
    bridges = [OfflineBridge(_ID, "Climbing wall", "Metropolia Myyrmäki", since)] if offline else []
    return board_page(
        "desk/live_doors/desk.html",
        _board(*cards, offline=bridges),
        chosen.key if chosen else None,
        card=chosen,
        say=reason_text(chosen.last.reason, language()) if chosen else "",
        doors=_DOORS,
        state=FormState(),
    )


def _record(**changed: Any) -> PersonRecord:
    now = utc_now()
    claim = AffiliationView(
        _ID, "laurea", "Laurea", "student", "capital", True, helsinki_date(now) + timedelta(200)
    )
    record = PersonRecord(
        id=_ID,
        name="Milo Olematon",
        email="milo@school.example",
        language="fi",
        since=now,
        eligible=True,
        affiliations=[claim],
        proofs=[],
        passes=[],
        returned_payments=[],
        receipts=[],
        bookings=[],
        no_shows=NoShowSummary([], 2, None),
        devices=[],
        suspensions=[],
        entries=[],
        check_ins=[],
        access_log=[],
    )
    return replace(record, **changed)


def _sale(today: date) -> SaleChoices:
    choice = SaleChoice("x:4500:a", _NAMES, 4500, today, today + timedelta(119), ["gym"])
    return SaleChoices([choice], None, choice.value)


def _person(
    record: PersonRecord,
    card: HelpCard | None = None,
    done: str = "",
    classes: DeskClasses = NO_CLASSES,
    fee: LossFee | None = None,
) -> str:
    now = utc_now()
    sale = _sale(helsinki_date(now))
    return board_page(
        "desk/people/person.html",
        _board(*([card] if card else [])),
        str(record.id),
        causes=pause_causes(),
        panel_first=True,
        record=record,
        initials="MO",
        card=card,
        panel=panel(
            record, card.remedy if card else None, sells=record.eligible, books=True, now=now
        ),
        act_words=act_words(),
        act_icons=ACT_ICONS,
        sale=sale if record.eligible else SaleChoices([], None),
        doors=_DOORS,
        gives=[("guest-day", "Guest day"), ("test-pass", "Trial week")],
        courts=[(str(_ID), "Metropolia Myyrmäki, Hall 2")],
        court_at="16:00",
        loss_fee=fee,
        classes=classes,
        today=helsinki_date(now),
        now=now,
        may_mark=True,
        refused={},
        refused_acts=(),
        state_of=lambda *_args, **_about: None,
        messages=[],
        say=reason_text(card.last.reason, language()) if card else "",
        done=done_sentences().get(done),
    )


def _nobody_found() -> str:
    return board_page(
        "desk/search/found.html",
        _board(),
        None,
        panel_first=True,
        state=FormState(),
        words="milo",
        people=[],
        hint=nobody_found_hint(),
    )


def _suspended() -> str:
    now = utc_now()
    held = SuspensionView(_ID, "Climbed over the gate", now, None)
    return _person(_record(suspensions=[held]), _refusal("suspended"))


def _unproven() -> str:
    claim = replace(_record().affiliations[0], proven_until=None)
    return _person(_record(eligible=False, affiliations=[claim]), _refusal("no_right", tries=1))


def _sold() -> str:
    now = utc_now()
    held = PassView(
        id=_ID,
        kind="sports_pass",
        product=_NAMES,
        entitlements=("gym",),
        campuses=(),
        valid_from=now,
        valid_until=now + timedelta(days=120),
        state="valid",
        activated_at=None,
    )
    return _person(_record(passes=[held]), done="sold")


def _visits() -> str:
    now = utc_now()
    hours = timedelta(hours=3)
    held = PassView(
        id=_ID,
        kind="single_visit",
        product={"fi": "10 käyntiä", "sv": "10 besök", "en": "10 visits"},
        entitlements=("gym",),
        campuses=(),
        valid_from=now - timedelta(days=30),
        valid_until=now + timedelta(days=90),
        state="valid",
        activated_at=now - timedelta(days=30),
        visits=10,
        visits_left=8,
        spent=(
            SpentVisit(1, now - timedelta(days=20), hours),
            SpentVisit(2, now - timedelta(days=9), hours, now - timedelta(days=8)),
            SpentVisit(3, now - timedelta(days=1), hours),
        ),
    )
    return _person(_record(passes=[held]), done="visit-taken")


def _paused() -> str:
    now = utc_now()
    today = helsinki_date(now)
    pause = (today - timedelta(days=2), today + timedelta(days=12))
    held = PassView(
        id=_ID,
        kind="sports_pass",
        product=_NAMES,
        entitlements=("gym",),
        campuses=(),
        valid_from=now - timedelta(days=30),
        valid_until=now + timedelta(days=90),
        state="paused",
        activated_at=now - timedelta(days=30),
        pauses=(pause,),
        paused_until=pause[1],
    )
    return _person(_record(passes=[held]), _refusal("paused"))


def _at_a_class(*, seen: bool = False) -> str:
    """Return the page of a person whose class is now, and who has booked another one."""
    now = utc_now()
    bookings = [
        BookingView(uuid.UUID(int=number), "booked", held, False, 0, now)
        for number, held in enumerate(
            invented_class(number, helsinki_date(now), 8, starts_at=at, ends_at=at + HOUR)
            for number, at in enumerate((now - HOUR / 6, now + HOUR * 20))
        )
    ]
    seen_at = frozenset({bookings[0].session.id}) if seen else frozenset()
    return _person(_record(bookings=bookings, seen_at=seen_at), done="present" if seen else "")


def _unbookable() -> str:
    """Return the page of a person who can book one class of several."""
    now = utc_now()
    day, until = helsinki_date(now) + timedelta(days=1), now + timedelta(days=60)
    right = PassRight("class", (), now - HOUR, until, pass_id=1)
    held = invented_class(1, day, 17, booking=_ID, booked_at=now)
    views = [
        held,
        invented_class(2, day, 12, booked=20),
        invented_class(3, day, 17),
        invented_class(4, day, 19),
        invented_class(5, helsinki_date(until) + timedelta(days=1), 9),
    ]
    reader = Reader(BookerState([right], [], {1: (held.starts_at, held.ends_at)}), [held])
    policies = Policies()
    classes = desk_classes((card_of(view, reader, policies, now) for view in views), policies)
    return _person(_record(), _refusal("not_booked"), classes=classes)


def _no_class() -> str:
    """Return the page of a person without a pass: no class can be booked."""
    now, reader = utc_now(), Reader(BookerState([], [], {}))
    day, policies = helsinki_date(now) + timedelta(days=1), Policies()
    views = [invented_class(1, day, 12, booked=20), invented_class(2, day, 17)]
    classes = desk_classes((card_of(view, reader, policies, now) for view in views), policies)
    return _person(_record(), _refusal("not_booked"), classes=classes)


def _lost_again() -> str:
    names = {"fi": "Kadonnut puhelin", "sv": "Borttappad telefon", "en": "Lost phone"}
    fee = LossFee(names, CounterLine("lost-phone", 500, helsinki_date(utc_now())))
    return _person(_record(), _refusal("revoked"), fee=fee)


def _unknown() -> str:
    card = _refusal("bad_signature", None, 1)
    return _desk(card, chosen=card)


STATES: Final = (
    State("desk", "nobody-to-help", _desk),
    State("desk", "people-to-help", lambda: _desk(_refusal("expired"), _refusal("closed", None))),
    State("desk", "a-bridge-without-contact", partial(_desk, offline=True)),
    State("desk", "unknown-code", _unknown),
    State("desk", "nobody-found", _nobody_found),
    State("desk", "pass-ended", lambda: _person(_record(), _refusal("expired"))),
    State("desk", "not-proven", _unproven),
    State("desk", "suspended", _suspended),
    State("desk", "pass-paused", _paused),
    State("desk", "code-too-old", lambda: _person(_record(), _refusal("code_expired"))),
    State("desk", "no-phone-needed", lambda: _person(_record(), _refusal("rights_stale"))),
    State("desk", "no-booking", lambda: _person(_record(), _refusal("not_booked"))),
    State("desk", "some-classes-to-book", _unbookable),
    State("desk", "no-class-to-book", _no_class),
    State("desk", "phone-removed", lambda: _person(_record(), _refusal("revoked"))),
    State("desk", "phone-removed-for-a-fee", _lost_again),
    State("desk", "sold", _sold),
    State("desk", "visits", _visits),
    State("desk", "at-a-class", _at_a_class),
    State("desk", "marked-as-here", partial(_at_a_class, seen=True)),
)
