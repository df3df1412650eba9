"""What the tests of courts share: booking by service and by HTTP, and the free starts of a day."""

import uuid
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient

from tests.booking.world import World, a_member
from tests.members.people import signed_in
from zone.booking import courts
from zone.booking.court_rules import CourtWish
from zone.booking.models import Booking
from zone.core.errors import DomainError
from zone.db import writing
from zone.members.service import grant_role


def book(
    member: int, space: uuid.UUID, start: datetime, minutes: int = 60, *, now: datetime, companions: int = 0
) -> Booking:
    with writing() as session:
        wish = CourtWish(space, start, minutes, companions)
        return courts.book_space(session, member_id=member, wish=wish, now=now)


def reasons(
    member: int, space: uuid.UUID, start: datetime, minutes: int = 60, *, now: datetime, companions: int = 0
) -> list[str]:
    """Every reason against a booking; empty when it was made."""
    try:
        book(member, space, start, minutes, now=now, companions=companions)
    except DomainError as refusal:
        return [reason.code for reason in refusal.reasons]
    return []


def a_person(app: Flask, world: World, name: str, now: datetime, *roles: str) -> FlaskClient:
    """The browser of a signed-in person with a pass."""
    with writing() as session:
        member = a_member(session, world, name, now=now)
        for role in roles:
            grant_role(session, member, role, now)
    return signed_in(app, member)
