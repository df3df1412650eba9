"""A pass for some hours opens doors in them: a bridge gets them as times of the days to come."""

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select

from firmware_bridge.wire.messages.holders import Holder, Right
from firmware_bridge.wire.reasons import Reason
from tests.booking.bookings.test_book import book
from tests.world.booking import NOW, a_session, activity_root, class_details
from tests.world.conditions import set_conditions, until
from tests.world.shop import marks
from tests.world.site import Site, a_member, at_door, judged_at_desk
from zone.access.check_in.context import person_known
from zone.access.roster.queries import holders
from zone.access.roster.rules import HOURS_AHEAD
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.passes.entitlements.jobs import renew_hours
from zone.passes.entitlements.rules import Conditions, SingleActivity, as_stored
from zone.passes.pass_rights.queries import held_passes
from zone.passes.passes.models import Pass
from zone.passes.passes.rules import PassUse, pass_for_use

MONDAY = helsinki_date(NOW)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return from_helsinki(MONDAY + timedelta(days=day), time(hour, minute))


def a_person(site: Site, name: str) -> int:
    with writing() as session:
        return a_member(session, site, name)[0]


@pytest.fixture
def morning_person(site: Site) -> int:
    set_conditions(site.world.product, until(14))
    return a_person(site, "aamu")


def rights_of(member_id: int, now: datetime = NOW) -> tuple[Right, ...]:
    with reading() as session:
        (holder,) = holders(session, [member_id], now)
    return tuple(right for right in holder.rights if right.kind == "gym")


def test_doors_get_the_hours_as_times_of_days(morning_person: int) -> None:
    rights = rights_of(morning_person)
    opened = [(right.nbf, right.exp) for right in rights]
    days = [day for day in range(HOURS_AHEAD) if day % 7 < 5]
    assert opened == [(int(at(day, 0).timestamp()), int(at(day, 14).timestamp())) for day in days]


def test_a_use_outside_of_the_hours_is_none_of_the_pass(morning_person: int) -> None:
    with reading() as session:
        held = held_passes(session, [morning_person], at(0, 8), at(1, 8))[morning_person]
    used = [
        pass_for_use(held, PassUse(morning_person, ("gym",), "myllypuro", instant)) is not None
        for instant in (at(0, 13, 59), at(0, 14), at(5, 10), at(7, 9))
    ]
    assert used == [True, False, False, True]


def test_the_desk_judges_by_the_same_hours(site: Site, morning_person: int) -> None:
    for instant, granted in ((at(0, 13, 59), True), (at(0, 14), False), (at(5, 10), False)):
        with writing() as session:
            decision = judged_at_desk(session, morning_person, site.studio_door, instant)
        assert (decision.reason is Reason.GRANTED) is granted, decision.reason


def test_a_pass_for_some_kinds_of_sessions_opens_doors_to_what_is_booked(site: Site) -> None:
    given = Conditions(until(14).hours, activities=("class",))
    set_conditions(site.world.product, given)
    member = a_person(site, "tunti")
    with writing() as session:
        yoga = a_session(session, site.world, start=at(0, 13, 30))

    def of_classes(holder: Holder) -> list[tuple[int, int]]:
        return [(right.nbf, right.exp) for right in holder.rights if right.kind == "class"]

    def known() -> list[list[tuple[int, int]]]:
        with writing() as session:
            asked = at_door(session, member, site.studio_door, NOW)
            at_desk = person_known(session, asked, NOW).holder
            return [of_classes(one) for one in (*holders(session, [member], NOW), at_desk)]

    assert known() == [[], []]
    book(member, yoga.public_id)
    assert known() == [[(int(at(0, 13, 15).timestamp()), int(at(0, 14, 30).timestamp()))]] * 2


@pytest.mark.engines("sqlite")
def test_a_pass_for_an_activity_opens_the_door_to_what_is_booked_of_it(site: Site) -> None:
    with writing() as session:
        yoga = a_session(session, site.world, start=at(0, 13, 30))
        other = class_details(site.world, name="Circuit")
        circuit = a_session(session, site.world, offer=other, start=at(0, 18))
    names = yoga.name_fi, yoga.name_sv, yoga.name_en
    both = a_person(site, "kaikki")
    named = SingleActivity(activity_root(yoga), *names)
    set_conditions(site.world.product, Conditions(single_activities=(named,)))
    member = a_person(site, "jooga")
    book(member, yoga.public_id)
    for one in (yoga, circuit):
        book(both, one.public_id)

    def of_classes(person: int) -> list[tuple[int, int]]:
        with reading() as session:
            [holder] = holders(session, [person], NOW)
        return [(right.nbf, right.exp) for right in holder.rights if right.kind == "class"]

    assert of_classes(member) == [(int(at(0, 13, 15).timestamp()), int(at(0, 14, 30).timestamp()))]
    [(first, last)] = of_classes(both)
    assert first < NOW.timestamp() < last, "a pass for all classes opens as ever"
    with writing() as session:
        sold = session.scalars(select(Pass).where(Pass.member_id == both)).one()
        sold.conditions = as_stored(Conditions(single_activities=(named,)))
    assert of_classes(both) == of_classes(member), "not to the circuit that they have booked"


def test_their_holders_are_sent_again_each_day(site: Site, morning_person: int) -> None:
    set_conditions(site.world.product, Conditions(companions=2))
    always = a_person(site, "aina")
    before = marks(morning_person), marks(always)
    assert renew_hours(Settings(), NOW + timedelta(days=1)) == 1
    assert (marks(morning_person), marks(always)) == (before[0] + 1, before[1])
    later = rights_of(morning_person, NOW + timedelta(days=14))
    assert later[0].nbf == int(at(14, 0).timestamp())
