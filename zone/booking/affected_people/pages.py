"""What becomes of whom, in words, for the pages on which a change is previewed."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _

from zone.booking.affected_people.queries import affected_people
from zone.booking.affected_people.rules import CancelledSession, SessionChange
from zone.booking.affected_people.schemas import AffectedPersonSchema
from zone.booking.affected_people.views import PeopleOfSession
from zone.booking.class_change.pages import moved_sentence
from zone.booking.moves.rules import MovedSession
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.web import filters
from zone.web.auth import current_actor
from zone.web.looks import note_looks

PEOPLE: Final = AffectedPersonSchema(many=True)


def people_of_preview(change: Mapping[str, Any] | None) -> list[PeopleOfSession]:
    """Return the people of the sessions that a change of a class moves or cancels.

    `change` has the shape of the API; None: nothing is previewed.
    """
    moved, ended = (change or {}).get("sessions", ()), (change or {}).get("ended", ())
    found = [
        *(people_of_session(moved_sentence(one), one.get("people") or ()) for one in moved),
        *(people_of_session(cancelled_title(one), one.get("people") or ()) for one in ended),
    ]
    return [one for one in found if one.count]


def people_of_sessions(public_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, PeopleOfSession]:
    """Return the people of sessions and reservations that may be cancelled; note the look."""
    changes = [SessionChange(public_id) for public_id in public_ids]
    with reading() as session:
        people = affected_people(session, current_actor(), changes, utc_now())
    _note((of, person.id) for of, found in people.items() for person in found)
    return {of: people_of_session("", PEOPLE.dump(found)) for of, found in people.items()}


def note_preview(change: Mapping[str, Any] | None) -> None:
    """Record that the reader is shown the people of a previewed change."""
    sessions = [*(change or {}).get("sessions", ()), *(change or {}).get("ended", ())]
    _note((one["session"], person["id"]) for one in sessions for person in one["people"] or ())


def note_sessions(sessions: Iterable[MovedSession | CancelledSession]) -> None:
    """Record that the reader of an answer is shown the people of these sessions."""
    _note((one.session, person.id) for one in sessions for person in one.people or ())


def _note(shown: Iterable[tuple[object, object]]) -> None:
    pairs = [(uuid.UUID(str(of)), uuid.UUID(str(person))) for of, person in shown if person]
    # The same action as for the list of who booked a session: it is the same that is shown.
    note_looks("attendance.view", "session", pairs)


def people_of_session(title: str, people: Sequence[Mapping[str, Any]]) -> PeopleOfSession:
    """Return the people of a session, those with the same fate in one line."""
    groups: dict[str, list[str]] = defaultdict(list)
    for person in people:
        groups[_fate(person)].append(person["name"] or "")
    lines = [
        f"{fate} ({len(names)}): {', '.join(names)}" if all(names) else f"{fate} ({len(names)})"
        for fate, names in groups.items()
    ]
    return PeopleOfSession(title, lines, len(people))


def cancelled_title(one: Mapping[str, Any]) -> str:
    """Return when a session would have been, and that it is cancelled."""
    when = filters.moment(datetime.fromisoformat(one["starts_at"]))
    sentence: str = _("%(when)s is cancelled: %(booked)s booked", when=when, booked=one["booked"])
    return sentence


def _fate(person: Mapping[str, Any]) -> str:
    said = {
        ("booked", "along"): _("Booked, the booking comes along"),
        ("booked", "first_right"): _("Booked, has the first right to the new time"),
        ("booked", "ends"): _("Booked, the booking ends"),
        ("first_right", "first_right"): _("Has the first right already, which stays"),
        ("first_right", "ends"): _("Has the first right, which ends"),
        ("offered", "waits"): _("Has an offer of a place, which stays"),
        ("offered", "ends"): _("Has an offer of a place, which ends"),
        ("waiting", "waits"): _("Waits, keeps the place in the queue"),
        ("waiting", "ends"): _("Waits, the place in the queue ends"),
    }[person["place"], person["becomes"]]
    why = [_reasons()[code] for code in person["reasons"]]
    if not why:
        return str(said)
    cannot = _("Cannot come at the new time (%(why)s)", why=", ".join(why))
    return f"{cannot}. {said}"


def _reasons() -> dict[str, str]:
    return {
        "person_suspended": _("suspended then"),
        "no_right": _("no pass for it then"),
        "outside_hours": _("outside the hours of the pass"),
        "wrong_activity": _("a pass for other classes"),
        "overlapping_booking": _("has booked something else then"),
    }
