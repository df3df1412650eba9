"""A weekly class gets other days, another time or space, and its sessions keep their ids."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.booking.moves.test_moves import mails, refuse_broken, states
from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.weekly_classes import of_class
from zone.booking.bookings import service as bookings
from zone.booking.class_days import service as class_days
from zone.booking.class_moves.rules import day_instead, weekdays_instead
from zone.booking.expansions import service as expansions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.queries import details_of, skipped_days, weekly_of
from zone.booking.weekly_classes.rules import ClassChange, ClassPlan, Weekly
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import from_helsinki, to_helsinki
from zone.members.people.models import Member
from zone.members.people.service import create_member

TUESDAY, THURSDAY = date(2026, 9, 22), date(2026, 9, 24)
WHEN = Weekly((2, 4), time(17), 60, date(2026, 9, 1), date(2026, 10, 11))
WEEKDAYS = st.sets(st.integers(1, 7), min_size=1)


@pytest.fixture
def yoga(world: World) -> UUID:
    """Yoga on Tuesdays and Thursdays at 17; anna has booked the first, and berta waits for it."""
    with writing() as session:
        details = class_details(world, percent=10)
        rule, _ = weekly_classes.create_class(session, details, WHEN, now=NOW)
        public_id = rule.public_id
    first = of_class(public_id)[0].public_id
    with writing() as session:
        anna, berta = (a_member(session, world, name) for name in ("anna", "berta"))
        bookings.book(session, member_id=anna, class_session=first, now=NOW)
        waitlist.join(session, member_id=berta, class_session=first, now=NOW)
    return public_id


def manager(session: Any) -> Any:
    email = "manager@zone.example"
    found = session.scalar(select(Member).where(Member.email == email))
    found = found or create_member(session, email=email, name="M", language="en", now=NOW)
    return an_actor(found.id, "manager")


def change(
    rule: UUID,
    *,
    from_day: date = TUESDAY,
    now: datetime = NOW + timedelta(minutes=1),
    **changed: Any,
) -> ClassChange:
    with writing() as session:
        row = weekly_classes.class_by_id(session, rule)
        names = ("space_id", "capacity", "bookable_percent")
        own = {name: changed.pop(name) for name in names if name in changed}
        details = replace(details_of(row), **own)
        plan = ClassPlan(details, replace(weekly_of(row), **changed), row.version, from_day, "Why")
        return weekly_classes.change_class(session, manager(session), rule, plan, now=now)


def ids() -> dict[int, UUID]:
    with reading() as session:
        return {row.id: row.public_id for row in session.scalars(select(ClassSession))}


def starts(rule: UUID) -> list[str]:
    return [f"{to_helsinki(row.starts_at):%m-%d %H.%M}" for row in of_class(rule)]


def test_by_half_an_hour_all_come_along_and_nothing_is_made(yoga: UUID) -> None:
    before = ids()
    done = change(yoga, starts_at=time(17, 30))
    assert ids() == before
    assert {one.outcome for one in done.sessions} == {"along"}
    assert [(one.booked, one.waiting) for one in done.sessions] == [(1, 1), *[(0, 0)] * 5]
    assert {to_helsinki(row.starts_at).time() for row in of_class(done.rule)} == {time(17, 30)}
    assert states() == ["booked"]
    assert set(mails("session_changed")) == {"anna"}
    assert set(mails("queue_moved")) == {"berta"}
    refuse_broken()


def test_one_weekday_of_two_moves_and_the_other_stays(yoga: UUID) -> None:
    before = ids()
    done = change(yoga, weekdays=(4, 5))
    assert ids() == before
    assert len(done.sessions) == 3
    assert {one.outcome for one in done.sessions} == {"first_right"}
    assert starts(done.rule)[:4] == ["09-24 17.00", "09-25 17.00", "10-01 17.00", "10-02 17.00"]
    assert states() == ["cancelled"]
    assert set(mails("first_right")) == {"anna"}
    refuse_broken()


def test_from_a_day_on_earlier_days_stay_with_the_class(yoga: UUID) -> None:
    before = ids()
    done = change(yoga, from_day=date(2026, 9, 29), starts_at=time(18))
    assert (ids(), done.moved, done.rule != yoga) == (before, True, True)
    assert starts(yoga) == ["09-22 17.00", "09-24 17.00"]
    assert starts(done.rule)[0] == "09-29 18.00"
    with writing() as session:
        assert expansions.expand_classes(session, NOW).made == 0
    refuse_broken()


def test_a_weekday_more_is_made_and_one_less_is_cancelled(yoga: UUID) -> None:
    more = change(yoga, weekdays=(2, 4, 6))
    assert (more.made, more.sessions, more.cancelled) == (3, (), ())
    fewer = change(more.rule, weekdays=(4, 6))
    assert (len(fewer.cancelled), fewer.people, fewer.sessions) == (3, 1, ())
    assert set(mails("session_cancelled")) == {"anna"}
    refuse_broken()


def test_a_day_left_out_stays_so_at_the_new_time(world: World, yoga: UUID) -> None:
    with writing() as session:
        class_days.skip_day(session, manager(session), yoga, THURSDAY, reason="Party", now=NOW)
    done = change(yoga, weekdays=(2, 5))
    with writing() as session:
        assert expansions.expand_classes(session, NOW).made == 0
    by_day = {row.rule_day: row for row in of_class(done.rule)}
    left_out = by_day[THURSDAY + timedelta(days=1)]
    assert left_out.state == "cancelled"
    assert left_out.on_day == THURSDAY + timedelta(days=1)


@pytest.mark.parametrize("changed", [{"starts_at": time(19)}, {"bookable_percent": 50}])
def test_what_has_begun_or_was_left_out_is_not_made_again(
    yoga: UUID, changed: dict[str, Any]
) -> None:
    with writing() as session:
        class_days.skip_day(session, manager(session), yoga, THURSDAY, reason="Party", now=NOW)
    begun = from_helsinki(TUESDAY, time(17))
    changed = {"starts_at": time(17, 30)} | changed
    done = change(yoga, now=begun, **changed)
    made = [row for row in of_class(done.rule) if row.state == "scheduled"]
    assert made[0].on_day == date(2026, 9, 29)
    with reading() as session:
        assert skipped_days(session, of_class(done.rule)[0].rule_id or 0)[TUESDAY] == "Why"
    refuse_broken()


def test_to_a_smaller_space_with_fewer_places(world: World, yoga: UUID) -> None:
    moved = change(yoga, space_id=world.hall, capacity=12)
    assert {row.capacity for row in of_class(moved.rule)} == {12}
    assert change(moved.rule).unchanged
    change(moved.rule, space_id=world.studio, capacity=10)
    assert {(row.space_id, row.capacity) for row in of_class(moved.rule)} == {(world.studio, 10)}
    assert set(mails("session_changed")) == {"anna"}
    refuse_broken()


def test_a_clash_on_one_day_refuses_the_whole_change(world: World, yoga: UUID) -> None:
    with writing() as session:
        other = datetime(2026, 10, 1, 15, tzinfo=NOW.tzinfo)  # 18.00 in Helsinki
        a_session(session, world, start=other, offer=class_details(world, name="Pilates"))
    before = starts(yoga)
    with pytest.raises(DomainError) as refusal:
        change(yoga, starts_at=time(17, 30))
    assert refusal.value.reasons[0].code == "space_taken"
    assert [one["name"]["en"] for one in refusal.value.extra["taken_by"]] == ["Pilates"]
    assert starts(yoga) == before
    refuse_broken()


@given(before=WEEKDAYS, after=WEEKDAYS, day=st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_each_day_has_a_day_of_its_own_in_its_week(
    before: set[int], after: set[int], day: date
) -> None:
    instead = weekdays_instead(tuple(before), tuple(after))
    found = [new for new in instead.values() if new is not None]
    assert len(found) == len(set(found)) == min(len(before), len(after))
    assert set(found) <= after
    assert all(instead[same] == same for same in before & after)
    new = day_instead(day, instead)
    assert new is None or new.isocalendar()[:2] == day.isocalendar()[:2]
