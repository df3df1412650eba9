"""The desk takes a visit off a pass and gives one back: never below none, each back once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from tests.passes.visits.test_visits import DAY, HOUR, comes, left, numbers, opens_until, visits
from tests.world.checkout import refused
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.shop import NOW, a_pass, a_student, marks
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.passes.pass_changes.queries import used_since, visits_after
from zone.passes.passes.models import Pass
from zone.passes.visit_changes import service
from zone.passes.visits.models import PassVisit, VisitReturn

__all__ = ["visits"]
SCANNER = "The scanner is out of order"


@pytest.fixture
def desk(student: int) -> Actor:
    return an_actor(a_student("tiski@zone.example"), "desk")


def ids(pass_id: int) -> tuple[UUID, UUID]:
    with reading() as session:
        pass_ = session.get_one(Pass, pass_id)
        return session.get_one(Member, pass_.member_id).public_id, pass_.public_id


def take(actor: Actor, pass_id: int, now: datetime = NOW) -> None:
    with writing() as session:
        service.take_visit(session, actor, *ids(pass_id), reason=SCANNER, now=now)


def give_back(actor: Actor, pass_id: int, number: int, now: datetime = NOW) -> None:
    with writing() as session:
        service.give_back_visit(
            session, actor, *ids(pass_id), number=number, reason="Read twice", now=now
        )


def test_a_visit_taken_by_hand_is_a_row_with_its_reason(
    student: int, visits: int, desk: Actor
) -> None:
    before = marks(student)
    take(desk, visits)
    assert (numbers(), left(student), marks(student) > before) == ([1], 1, True)
    with reading() as session:
        row = session.scalars(select(PassVisit)).one()
        assert (row.reason, row.by) == (SCANNER, f"member {desk.id}")
        audit = session.scalars(select(AuditRow).where(AuditRow.action == "visit.take")).one()
        assert (audit.reason, audit.after) == (SCANNER, '{"number": 1, "visits_left": 1}')
        mail = session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()
        assert mail is not None
        assert mail.template == "passes/visit_taken"
    # Who comes in by the door on this visit pays no second one; a guest of theirs is one more.
    comes(student, NOW + HOUR)
    take(desk, visits, NOW + HOUR)
    assert (numbers(), left(student)) == ([1, 2], 0)


def test_nobody_takes_a_visit_that_is_not_left(student: int, visits: int, desk: Actor) -> None:
    take(desk, visits)
    take(desk, visits, NOW + HOUR)
    assert refused(lambda: take(desk, visits, NOW + DAY)) == "no_visit_left"
    assert refused(lambda: take(desk, a_pass(student))) == "visits_not_counted"
    assert refused(lambda: give_back(desk, visits, 3)) == "not_found"


def test_a_visit_given_back_opens_doors_again_and_is_used_once_more(
    student: int, visits: int, desk: Actor
) -> None:
    comes(student, NOW)
    comes(student, NOW + DAY)
    assert opens_until(student, NOW + DAY) == NOW + DAY + 3 * HOUR
    give_back(desk, visits, 2, NOW + DAY + HOUR)
    assert left(student) == 1
    assert opens_until(student, NOW + DAY) > NOW + 30 * DAY
    assert refused(lambda: give_back(desk, visits, 2, NOW + 2 * DAY)) == "visit_given_back"
    # What doors report late of the time before is no new visit; what comes after it is one.
    comes(student, NOW + DAY + HOUR / 2, reported=NOW + 2 * DAY)
    assert numbers() == [1, 2]
    comes(student, NOW + DAY + 2 * HOUR)
    assert (numbers(), left(student)) == ([1, 2, 3], 0)
    assert opens_until(student, NOW + DAY) == NOW + DAY + 5 * HOUR
    comes(student, NOW + 9 * DAY)
    assert numbers() == [1, 2, 3, None]


def test_what_was_given_back_is_left_to_what_takes_the_place_of_a_pass(
    student: int, visits: int, desk: Actor
) -> None:
    for hours in (0, 1):
        take(desk, visits, NOW + hours * HOUR)
    give_back(desk, visits, 1)
    with reading() as session:
        pass_ = session.get_one(Pass, visits)
        assert visits_after(session, pass_, 2) == 1
        assert used_since(session, pass_) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_two_desks_at_once_take_the_last_visit_once(
    shop: Flask, student: int, visits: int, desk: Actor
) -> None:
    take(desk, visits)
    works = [partial(take, desk, visits, NOW + n * HOUR) for n in (1, 2, 3)]
    assert outcomes(shop, works) == {"done": 1, "no_visit_left": 2}
    assert (numbers(), left(student)) == ([1, 2], 0)


@pytest.mark.engines("sqlite", "postgresql")
def test_two_desks_at_once_give_a_visit_back_once(
    shop: Flask, student: int, visits: int, desk: Actor
) -> None:
    take(desk, visits)
    works = [partial(give_back, desk, visits, 1, NOW + n * HOUR) for n in (1, 2, 3)]
    assert outcomes(shop, works) == {"done": 1, "visit_given_back": 2}
    assert left(student) == 2


@pytest.mark.engines("sqlite", "postgresql")
def test_a_desk_and_a_door_at_once_use_the_last_visit_once(
    shop: Flask, student: int, visits: int, desk: Actor
) -> None:
    take(desk, visits)
    works: list[Callable[[], object]] = [
        partial(take, desk, visits, NOW + DAY),
        partial(comes, student, NOW + 2 * DAY),
    ]
    outcomes(shop, works)
    assert sorted(numbers(), key=str)[:2] == [1, 2]
    assert left(student) == 0


@pytest.mark.planted_fault("the desk takes a visit whatever is left")
def test_a_visit_that_is_not_left_fails_the_check(
    student: int, visits: int, desk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = service._locked
    monkeypatch.setattr(service, "_locked", lambda *given: (locked(*given)[0], 9))
    for day in range(3):
        take(desk, visits, NOW + timedelta(days=day))
    with pytest.raises(AssertionError):
        numbers()


@pytest.mark.planted_fault("a visit is given back that no pass has paid for")
def test_an_unpaid_visit_given_back_fails_the_check(student: int, visits: int) -> None:
    for day in range(3):
        comes(student, NOW + day * DAY)
    with writing() as session:
        unpaid = select(PassVisit.id).where(PassVisit.number.is_(None))
        row = {"returned_at": NOW, "by": "test", "reason": "none"}
        session.add(VisitReturn(visit_id=session.scalars(unpaid).one(), **row))
    with pytest.raises(AssertionError):
        numbers()
