"""Weekly classes of the coming weeks, created by a manager."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from tests.world.booking import World, a_member, an_actor
from tests.world.daytime import day_now
from zone.booking.bookings import service as bookings
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import Weekly
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.people.models import Member

NOW = day_now()
TODAY = helsinki_date(NOW)
TOMORROW = TODAY + timedelta(days=1)


def an_offer(world: World, **changed: Any) -> ClassDetails:
    values: dict[str, Any] = {
        "kind": "class",
        "name_fi": "Jooga",
        "name_sv": "Yoga",
        "name_en": "Yoga",
        "category": "mind",
        "space_id": world.studio,
        "capacity": 10,
    }
    return ClassDetails(**(values | changed))


def weekly(**changed: Any) -> Weekly:
    values: dict[str, Any] = {
        "weekdays": (TOMORROW.isoweekday(),),
        "starts_at": time(17),
        "minutes": 60,
        "first_on": TODAY,
        "last_on": TODAY + timedelta(days=27),
    }
    return Weekly(**(values | changed))


def the_manager() -> int:
    """Return the first person stored: the one that the fixture `manager` signs in."""
    with reading() as session:
        return session.scalars(select(func.min(Member.id))).one()


def a_class(world: World, **changed: Any) -> UUID:
    with writing() as session:
        return weekly_classes.plan_class(
            session,
            an_actor(the_manager(), "manager"),
            an_offer(world, **changed),
            weekly(),
            now=NOW,
        ).rule


def of_class(rule: UUID) -> list[ClassSession]:
    with reading() as session:
        query = select(ClassSession).join(SessionRule, SessionRule.id == ClassSession.rule_id)
        return list(
            session.scalars(
                query.where(SessionRule.public_id == rule).order_by(ClassSession.starts_at)
            )
        )


def count(model: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def someone_books(world: World, rule: UUID) -> None:
    with writing() as session:
        member_id = a_member(session, world, f"booker-{uuid4().hex[:6]}", now=NOW)
        bookings.book(
            session, member_id=member_id, class_session=of_class(rule)[0].public_id, now=NOW
        )
