"""A person's draws on My bookings, from which they can withdraw before they are drawn."""

import uuid
from datetime import datetime, timedelta
from typing import Final

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import World, a_member
from tests.world.lotteries import a_drawn_class, announce, draw, enter, people, states
from tests.world.rendered_forms import forms_of
from zone.booking.lotteries.models import Lottery, LotteryEntry
from zone.core.db.transactions import reading, writing
from zone.members.people.models import Member

HOUR: Final = timedelta(hours=1)


def member_of(name: str) -> int:
    with reading() as session:
        found = select(Member.id).where(Member.email == f"{name}@zone.example")
        return session.scalars(found).one()


@pytest.fixture
def lottery(world: World, anna: FlaskClient, now: datetime) -> uuid.UUID:
    """Of one place, to be drawn tomorrow; Anna has entered."""
    with writing() as session:
        boss = a_member(session, world, "boss", now=now)
    made = announce(
        a_drawn_class(world, places=1, now=now),
        boss,
        opens_at=now,
        draws_at=now.replace(microsecond=0) + 24 * HOUR,
        now=now,
    )
    enter(made, member_of("anna"), now)
    return made


def test_my_bookings_lists_the_draw_and_withdraws(anna: FlaskClient, lottery: uuid.UUID) -> None:
    page = anna.get("/bookings?lang=en").text
    assert "In the draw. Drawn " in page
    assert f"/lotteries/{lottery}" in page
    [form] = [one for one in forms_of(anna, "/bookings") if "/draws/" in one.action]
    left = form.save(anna)
    assert left.status_code == 303
    assert "You are no longer in the draw." in anna.get(left.location).text
    assert states(lottery) == {member_of("anna"): "withdrawn"}
    assert "In the draw." not in anna.get("/bookings?lang=en").text
    assert form.save(anna).status_code == 303, "a second tap"


def test_after_the_draw_it_says_who_won(
    anna: FlaskClient, world: World, lottery: uuid.UUID, now: datetime
) -> None:
    others = people(world, 2, now=now)
    for other in others:
        enter(lottery, other, now)
    with reading() as session:
        at = session.scalars(select(Lottery.draws_at)).one()
    draw(lottery, at)
    won = states(lottery)[member_of("anna")] == "won"
    page = anna.get("/bookings?lang=en").text
    assert ("Won a place" in page, "The places went to others" in page) == (won, not won)
    assert "/draws/" not in page


def test_nobody_withdraws_after_the_draw_or_another_persons_ticket(
    anna: FlaskClient, world: World, lottery: uuid.UUID, now: datetime
) -> None:
    other = people(world, 1, now=now)[0]
    ticket = enter(lottery, other, now)
    assert anna.post(f"/draws/{ticket}/withdraw").status_code == 404
    with reading() as session:
        mine = session.scalars(
            select(LotteryEntry.ticket).where(LotteryEntry.member_id == member_of("anna"))
        ).one()
        at = session.scalars(select(Lottery.draws_at)).one()
    draw(lottery, at)
    late = anna.post(f"/draws/{mine}/withdraw")
    assert late.status_code == 409
    assert "My bookings" in anna.get("/bookings?lang=en").text
