"""A person's own pass, as their phone shows it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access.credentials import queries as credentials_queries
from zone.booking.bookings import queries as bookings_queries
from zone.members.people.queries import member_by_id
from zone.members.suspensions import queries as suspensions_queries
from zone.passes.passes.queries import current_pass
from zone.places.campuses.queries import campuses


def own_pass(
    session: Session, member_id: int, *, kid: str, language: str, now: datetime
) -> dict[str, Any]:
    """Name, state, product, validity, next booking and phones; `kid` is the phone that asks.

    `state` is suspended before all else, no_pass where there is none or it was refunded.
    """
    member = member_by_id(session, member_id)
    held = current_pass(session, member_id, now)
    state = held.state if held else "no_pass"
    return {
        "name": member.name,
        "initials": initials(member.name),
        "state": "suspended"
        if suspensions_queries.suspended_among(session, [member_id], now)
        else state,
        "product": held.product if held else None,
        "valid_from": held.valid_from if held else None,
        "valid_until": held.valid_until if held else None,
        "campuses": _campuses(session, held.campuses if held else ()),
        "next_booking": _next_booking(session, member_id, language, now),
        "devices": [
            {"kid": key.kid.hex(), "label": key.label, "current": key.kid.hex() == kid}
            for key in credentials_queries.live_keys(session, member_id)
        ],
        "server_time": now.timestamp(),
    }


def initials(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    words = name.split()
    return (
        "".join(word[0].upper() for word in dict.fromkeys((words[0], words[-1]))) if words else ""
    )


def _campuses(session: Session, codes: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"code": campus.code, "name": campus.name}
        for campus in campuses(session)
        if campus.code in codes
    ]


def _next_booking(
    session: Session, member_id: int, language: str, now: datetime
) -> dict[str, Any] | None:
    ahead = (
        booking.session
        for booking in bookings_queries.bookings(session, member_id, now)
        if booking.state == "booked"
        and booking.session.state != "cancelled"
        and booking.session.ends_at > now
    )
    found = next(ahead, None)
    if found is None:
        return None
    return {
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "name": found.name,
        "campus": found.campus_name,
        "space": found.space[language] if found.space else None,
    }
