"""A person's own pass, as their phone shows it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.access.credentials import queries as credentials_queries
from zone.access.doors_out.queries import notices
from zone.booking.bookings import queries as bookings_queries
from zone.core.text import initials
from zone.members.people.queries import member_by_id
from zone.members.suspensions import queries as suspensions_queries
from zone.passes.entitlements.views import given_in_words
from zone.passes.passes.queries import current_pass
from zone.places.campuses.queries import campuses


def own_pass(
    session: Session, member_id: int, *, kid: str, language: str, now: datetime
) -> dict[str, Any]:
    """Return a member's pass as `OwnPassSchema` shows it; `kid` is the key of the phone that asks.

    `state` is suspended if the member is, and no_pass if there is no pass or it was refunded.
    """
    member = member_by_id(session, member_id)
    held = current_pass(session, member_id, now)
    state = held.state if held else "no_pass"
    if suspensions_queries.suspended_among(session, [member_id], now):
        state = "suspended"
    return {
        "name": member.name,
        "initials": initials(member.name),
        "state": state,
        "paused_until": held.paused_until if held else None,
        "product": held.product if held else None,
        "valid_from": held.valid_from if held else None,
        "valid_until": held.valid_until if held else None,
        "visits": held.visits if held else None,
        "visits_left": held.visits_left if held else None,
        "campuses": _campuses(session, held.campuses if held else ()),
        "gives": given_in_words(held.rights) if held else [],
        "next_booking": _next_booking(session, member_id, language, now),
        "devices": [
            {"kid": key.kid.hex(), "label": key.label, "current": key.kid.hex() == kid}
            for key in credentials_queries.live_keys(session, member_id)
        ],
        "server_time": now.timestamp(),  # UTC seconds, by which the phone finds its clock's offset
    }


def _campuses(session: Session, codes: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"code": campus.code, "name": campus.name}
        for campus in campuses(session)
        if campus.code in codes
    ]


def _next_booking(
    session: Session, member_id: int, language: str, now: datetime
) -> dict[str, Any] | None:
    upcoming = (
        booking
        for booking in bookings_queries.bookings(session, member_id, now)
        if booking.state == "booked"
        and booking.session.state != "cancelled"
        and booking.session.ends_at > now
    )
    booking = next(upcoming, None)
    if booking is None:
        return None
    session_view = booking.session
    return {
        "starts_at": session_view.starts_at,
        "ends_at": session_view.ends_at,
        "name": session_view.name,
        "campus": session_view.campus_name,
        "space": session_view.space[language] if session_view.space else None,
        "door_notice": notices(session, member_id, language, now).get(booking.id),
    }
