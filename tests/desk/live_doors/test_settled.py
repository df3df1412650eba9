"""A refusal settles itself when its cause is gone, and stays settled."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select, update

from firmware_bridge.wire.reasons import Reason
from tests.world.booking import NOW, a_session, class_details
from tests.world.counter import Desk, Person, a_person
from tests.world.people import an_actor
from tests.world.site import Journal, a_pause, a_phone, receive
from zone.access.check_in.rules import may_enter
from zone.access.doors.models import Door
from zone.booking.bookings import service as bookings
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.desk.live_doors import context
from zone.desk.live_doors.context import open_denials
from zone.desk.live_doors.rules import CAUSES, Cause, DenialContext, is_settled
from zone.desk.live_doors.views import help_cards
from zone.desk.people import service as people
from zone.members.suspensions import service as suspensions
from zone.members.suspensions.models import Suspension
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import Pass
from zone.passes.passes.service import add_pass, new_pass
from zone.passes.pauses import service as pauses

pytestmark = pytest.mark.engines("sqlite")

AT = NOW + timedelta(minutes=50)
SOON = AT + timedelta(minutes=5)
EVENING = AT + timedelta(hours=10)
Help = Callable[[Desk, Person, Settings], object]


def refuse(desk: Desk, journal: Journal, person: Person, reason: Reason, door: Any) -> None:
    journal.scan(person.holder, AT, granted=False, reason=reason, door=door)
    receive(desk.site.bridge, journal.upload(len(journal.rows)), AT)


def waiting(at: Any = SOON) -> list[str | None]:
    with reading() as session:
        return [refusal.reason for refusal in open_denials(session, at)]


def sell(desk: Desk, person: Person, _settings: Settings) -> None:
    with writing() as session:
        product, today = session.get_one(Product, desk.site.world.product), helsinki_date(AT)
        last = today + timedelta(days=100)
        add_pass(
            session,
            new_pass(
                person.id,
                product,
                starts_on=today,
                ends_on=last,
            ),
            now=SOON,
            by="test",
        )


def book(desk: Desk, person: Person, _settings: Settings) -> None:
    """Book what began before the refusal and ends soon after it."""
    world, start = desk.site.world, AT - timedelta(minutes=5)
    hall = class_details(world, space=world.hall)
    with writing() as session:
        held = a_session(session, world, start=start, minutes=30, offer=hall, now=NOW)
        bookings.book(session, member_id=person.id, class_session=held.public_id, now=NOW)


def suspend(desk: Desk, person: Person) -> None:
    with writing() as session:
        suspensions.add_suspension(
            session, person.id, reason="x", ends_at=None, now=NOW, recorded_by=desk.staff_id
        )


def lift(_desk: Desk, person: Person, _settings: Settings) -> None:
    with writing() as session:
        (held,) = session.scalars(select(Suspension).where(Suspension.member_id == person.id))
        suspensions.end_suspension(session, held.public_id, SOON)


def set_up_phone(_desk: Desk, person: Person, settings: Settings) -> None:
    with writing() as session:
        a_phone(session, person.id, settings, SOON)


def let_in_at_the_door(desk: Desk, person: Person, _settings: Settings) -> None:
    journal = Journal(desk.site.other_door)
    journal.scan(person.holder, SOON)
    receive(desk.site.other_bridge, journal.upload(), SOON)


def let_in_by_the_desk(desk: Desk, person: Person, _settings: Settings) -> None:
    with writing() as session:
        people.check_in(
            session,
            an_actor(desk.staff_id, "desk"),
            person.public,
            door=desk.site.studio_door,
            override=None,
            now=SOON,
        )


def block(_desk: Desk, _person: Person) -> None:
    with writing() as session:
        session.execute(update(Door).values(state="blocked"))


def unblock(_desk: Desk, _person: Person, _settings: Settings) -> None:
    with writing() as session:
        session.execute(update(Door).values(state="normal"))


def pause(_desk: Desk, person: Person) -> None:
    with writing() as session:
        a_pause(session, person.id, NOW)


def resume(_desk: Desk, person: Person, _settings: Settings) -> None:
    with writing() as session:
        held = session.scalars(select(Pass).where(Pass.member_id == person.id)).one()
        pauses.resume(session, held, by="holder", now=SOON)


@dataclass(frozen=True, slots=True)
class Case:
    """A reason of a refusal, and the help that takes its cause away."""

    reason: Reason
    helped: Help
    has_pass: bool = True
    before: Callable[[Desk, Person], None] = lambda _desk, _person: None


CASES: Final = (
    Case(Reason.NO_RIGHT, sell, has_pass=False),
    Case(Reason.EXPIRED, sell, has_pass=False),
    Case(Reason.PAUSED, resume, before=pause),
    Case(Reason.NOT_BOOKED, book),
    Case(Reason.SUSPENDED, lift, before=suspend),
    Case(Reason.REVOKED, set_up_phone),
    Case(Reason.CODE_EXPIRED, let_in_at_the_door),
    Case(Reason.RIGHTS_STALE, let_in_by_the_desk),
    Case(Reason.DOOR_BLOCKED, unblock, before=block),
)


def check_refusals_settle_themselves(desk: Desk, settings: Settings) -> None:
    """The property: each waits until somebody helps, and does not come back in the evening."""
    journal = Journal(desk.site.studio_door)
    for case in CASES:
        person = a_person(desk, case.reason.value, with_pass=case.has_pass, now=NOW)
        case.before(desk, person)
        door = desk.site.court_door if case.reason is Reason.NOT_BOOKED else desk.site.studio_door
        refuse(desk, journal, person, case.reason, door)
        assert waiting() == [case.reason]
        case.helped(desk, person, settings)
        assert waiting() == [], f"{case.reason} stays"
        assert waiting(EVENING) == [], f"{case.reason} comes back"


def test_a_refusal_whose_cause_is_gone_settles_itself(desk: Desk, settings: Settings) -> None:
    check_refusals_settle_themselves(desk, settings)


@pytest.mark.thorough
@pytest.mark.planted_fault("bookings that have ended are not looked at")
def test_a_booking_that_counts_while_it_lasts_only_fails_the_check(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        context, "may_enter", lambda door, holder, at: at != AT and may_enter(door, holder, at)
    )
    with pytest.raises(AssertionError, match="not_booked comes back"):
        check_refusals_settle_themselves(desk, settings)


def test_what_helps_for_each_cause_and_nothing_else_does() -> None:
    nothing = DenialContext(AT, let_in_at=None, phone_at=None, may_enter=False, door_open=False)
    before, after = AT - timedelta(seconds=1), AT + timedelta(seconds=1)
    assert set(CAUSES) == set(Reason) - {Reason.GRANTED}
    for reason, cause in CAUSES.items():
        assert not is_settled(reason, nothing)
        assert is_settled(reason, replace(nothing, let_in_at=after))
        assert not is_settled(reason, replace(nothing, let_in_at=before, phone_at=before))
        settled_by = {
            Cause.RIGHT: is_settled(reason, replace(nothing, may_enter=True)),
            Cause.PHONE: is_settled(reason, replace(nothing, phone_at=after)),
            Cause.DOOR: is_settled(reason, replace(nothing, door_open=True)),
        }
        assert settled_by == {known: known is cause for known in settled_by}, reason
    newer = "a reason of a later version"
    assert not is_settled(newer, replace(nothing, may_enter=True, door_open=True))
    assert is_settled(newer, replace(nothing, let_in_at=after))


def test_one_card_for_each_person_counts_their_tries(desk: Desk) -> None:
    journal = Journal(desk.site.studio_door)
    first, second = (a_person(desk, name, with_pass=False, now=NOW) for name in ("aino", "eino"))
    for number, who in enumerate((first, second, first, None, None)):
        at = AT + timedelta(seconds=number)
        journal.scan(first.holder, at, granted=False)
        known = {"holder": who.holder} if who else {"holder": None, "kid": None, "ts": None}
        journal.rows[-1] = replace(journal.rows[-1], **known)
    receive(desk.site.bridge, journal.upload(), SOON)
    with reading() as session:
        cards = help_cards(open_denials(session, SOON))
    assert [(card.last.name, len(card.tries)) for card in cards] == [
        (None, 2),
        ("aino", 2),
        ("eino", 1),
    ]


def test_a_strike_in_vain_settles_nothing(desk: Desk) -> None:
    person, journal = a_person(desk), Journal(desk.site.studio_door)
    refuse(desk, journal, person, Reason.REPLAYED, None)
    journal.not_opened(journal.scan(person.holder, AT + timedelta(minutes=1)), "relay_fault")
    receive(desk.site.bridge, journal.upload(2), SOON)
    assert waiting() == [Reason.DOOR_FAULT, Reason.REPLAYED]
