"""Before a move or a cancellation is saved, the preview says what becomes of whom."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.world.booking import World, a_member, a_person, a_session, an_actor, class_details
from tests.world.rendered_forms import forms_in, forms_of
from zone.booking.affected_people import queries
from zone.booking.affected_people.rules import SessionChange
from zone.booking.bookings import service as bookings
from zone.booking.moves.rules import Placement
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date, to_helsinki
from zone.members.people.models import Member
from zone.passes.passes.models import Pass
from zone.places.spaces.queries import space_by_id


@pytest.fixture
def full(world: World, now: datetime) -> ClassSession:
    """The day after tomorrow at 17: Anna and Berta have booked, Carla waits."""
    start = datetime.combine(helsinki_date(now) + timedelta(days=2), now.timetz())
    start = start.replace(hour=15, minute=0, second=0, microsecond=0)
    with writing() as session:
        row = a_session(session, world, start=start, offer=class_details(world, percent=20))
        for name in ("Anna", "Berta"):
            book(session, world, name, row, now)
        waits = named(session, world, "Carla")
        waitlist.join(session, member_id=waits, class_session=row.public_id, now=now)
        return row


def named(session: Any, world: World, name: str) -> int:
    member = a_member(session, world, name.lower())
    session.execute(update(Member).where(Member.id == member).values(name=name))
    return member


def book(session: Any, world: World, name: str, row: ClassSession, now: datetime) -> int:
    member = named(session, world, name)
    bookings.book(session, member_id=member, class_session=row.public_id, now=now)
    return member


def move(
    client: FlaskClient, world: World, row: ClassSession, hours: int = 1, *, preview: bool = True
) -> dict[str, Any]:
    at = to_helsinki(row.starts_at) + timedelta(hours=hours)
    with reading() as session:
        space = str(space_by_id(session, world.studio).public_id)
    answer = client.post(
        f"/api/v1/sessions/{row.public_id}/move",
        json={
            "day": at.date().isoformat(),
            "starts_at": f"{at:%H:%M}",
            "minutes": int((row.ends_at - row.starts_at).total_seconds() // 60),
            "space": space,
            "reason": "Repairs",
            "version": row.version,
            "preview": preview,
        },
    )
    assert answer.status_code == 200, answer.text
    moved: dict[str, Any] = answer.get_json()
    return moved


def fates(people: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["name"], one["place"], one["becomes"], *one["reasons"]) for one in people]


def looks(action: str = "attendance.view") -> list[str]:
    with reading() as session:
        query = select(AuditRow.object_id).where(AuditRow.action == action)
        return list(session.scalars(query.order_by(AuditRow.id)))


def test_a_preview_names_everybody_and_changes_nothing(
    manager: FlaskClient, world: World, full: ClassSession
) -> None:
    moved = move(manager, world, full)
    assert fates(moved["people"]) == [
        ("Anna", "booked", "along"),
        ("Berta", "booked", "along"),
        ("Carla", "waiting", "waits"),
    ]
    assert looks() == [str(full.public_id)]
    with reading() as session:
        assert session.get_one(ClassSession, full.id).starts_at == full.starts_at


def test_moved_further_the_bookings_become_first_rights(
    manager: FlaskClient, world: World, full: ClassSession
) -> None:
    moved = move(manager, world, full, hours=3)
    assert [one[1:] for one in fates(moved["people"])] == [
        ("booked", "first_right"),
        ("booked", "first_right"),
        ("waiting", "waits"),
    ]
    move(manager, world, full, hours=3, preview=False)
    with reading() as session:
        full = session.get_one(ClassSession, full.id)
    again = fates(move(manager, world, full, hours=1)["people"])
    assert again[1:] == [
        ("Anna", "first_right", "first_right"),
        ("Berta", "first_right", "first_right"),
    ]


def test_a_move_itself_names_nobody(manager: FlaskClient, world: World, full: ClassSession) -> None:
    assert move(manager, world, full, preview=False)["people"] is None
    assert looks() == []


def test_who_cannot_come_is_named_with_the_reason(
    manager: FlaskClient, world: World, full: ClassSession, now: datetime
) -> None:
    with writing() as session:
        later = full.starts_at + timedelta(hours=1)
        offer = class_details(world, name="Pilates", space=world.hall)
        other = a_session(session, world, start=later, offer=offer)
        anna, berta = (
            session.scalars(select(Member.id).where(Member.name == name)).one()
            for name in ("Anna", "Berta")
        )
        bookings.book(session, member_id=anna, class_session=other.public_id, now=now)
        ends = helsinki_date(full.starts_at) - timedelta(days=1)
        session.execute(update(Pass).where(Pass.member_id == berta).values(ends_on=ends))
    assert fates(move(manager, world, full)["people"]) == [
        ("Anna", "booked", "along", "overlapping_booking"),
        ("Berta", "booked", "ends", "no_right"),
        ("Carla", "waiting", "waits"),
    ]


def test_who_may_not_see_who_comes_gets_no_names(
    app: Flask, world: World, full: ClassSession, now: datetime
) -> None:
    admin = a_person(app, world, "admin", now, "admin")
    people = move(admin, world, full)["people"]
    assert [(one["id"], one["name"], one["becomes"]) for one in people] == [
        (None, None, "along"),
        (None, None, "along"),
        (None, None, "waits"),
    ]
    assert looks() == []


def test_the_page_of_a_move_says_what_becomes_of_whom(
    manager: FlaskClient, full: ClassSession
) -> None:
    path = f"/manage/sessions/{full.public_id}/move"
    [form] = forms_of(manager, f"{path}?lang=en")
    shown = form.submit(manager, "Show what it does", starts_at="18:00", reason="Repairs")
    assert "What becomes of whom" in shown.text
    assert "(2): Anna, Berta" in shown.text
    assert "<details open>" in shown.text
    assert looks() == [str(full.public_id)]


def test_many_people_are_folded(
    manager: FlaskClient, world: World, full: ClassSession, now: datetime
) -> None:
    with writing() as session:
        for number in range(6):
            waits = named(session, world, f"Eve{number}")
            waitlist.join(session, member_id=waits, class_session=full.public_id, now=now)
    [form] = forms_of(manager, f"/manage/sessions/{full.public_id}/move?lang=en")
    shown = form.submit(manager, "Show what it does", starts_at="18:00", reason="Repairs")
    assert "<details><summary>" in shown.text
    assert "<details open>" not in shown.text


def test_a_cancellation_is_previewed_with_its_people(
    manager: FlaskClient, full: ClassSession
) -> None:
    path = f"/manage/sessions/{full.public_id}"
    _places, cancel = forms_of(manager, f"{path}?lang=en")
    shown = cancel.submit(manager, "Show what it does", reason="Ill")
    assert "(2): Anna, Berta" in shown.text
    assert "(1): Carla" in shown.text
    _places, cancel = forms_in(shown.text, path)
    assert cancel.submit(manager, "Cancel the session").status_code == 303
    with reading() as session:
        assert session.get_one(ClassSession, full.id).state == "cancelled"


def test_the_api_says_whom_a_cancellation_concerns(
    app: Flask, world: World, manager: FlaskClient, full: ClassSession, now: datetime
) -> None:
    visitor = a_person(app, world, "visitor", now)
    path = f"/api/v1/sessions/{full.public_id}/cancellation"
    assert visitor.get(path).status_code == 403
    found = manager.get(path).get_json()
    assert found["booked"] == 2
    assert [one[1:] for one in fates(found["people"])] == [
        ("booked", "ends"),
        ("booked", "ends"),
        ("waiting", "ends"),
    ]
    assert looks() == [str(full.public_id)]


def test_an_instructor_sees_the_people_of_their_own_session_alone(
    app: Flask, world: World, full: ClassSession, now: datetime
) -> None:
    leader = a_person(app, world, "leader", now, "instructor")
    path = f"/api/v1/sessions/{full.public_id}/cancellation"
    assert leader.get(path).status_code == 403
    with writing() as session:
        row = session.scalars(select(Member.id).where(Member.email == "leader@zone.example"))
        session.execute(
            update(ClassSession).where(ClassSession.id == full.id).values(instructor_id=row.one())
        )
    assert leader.get(path).get_json()["people"][0]["name"] == "Anna"


def test_the_question_about_a_closed_day_names_the_people(
    manager: FlaskClient, full: ClassSession
) -> None:
    day: date = helsinki_date(full.starts_at)
    typed = {"campuses": "myllypuro", "day": str(day), "opens": "", "closes": "", "reason": "Floor"}
    asked = manager.post("/manage/days?lang=en", data=typed)
    assert "(2): Anna, Berta" in asked.text
    assert looks() == [str(full.public_id)]


@pytest.mark.planted_fault("names for whoever previews")
def test_names_for_everybody_fail_the_check(
    app: Flask, world: World, full: ClassSession, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "may_see_people", lambda *_: True)
    with pytest.raises(AssertionError):
        test_who_may_not_see_who_comes_gets_no_names(app, world, full, now)


def test_a_person_with_two_of_the_sessions_overlaps_with_neither(
    world: World, full: ClassSession, now: datetime
) -> None:
    # Both move by an hour: the old time of the second one is none any more.
    with writing() as session:
        later = full.starts_at + timedelta(hours=1)
        offer = class_details(world, name="Pilates", space=world.hall)
        other = a_session(session, world, start=later, offer=offer)
        anna = session.scalars(select(Member.id).where(Member.name == "Anna")).one()
        bookings.book(session, member_id=anna, class_session=other.public_id, now=now)
        hour = timedelta(hours=1)
        changes = [
            SessionChange(
                row.public_id, Placement(row.starts_at + hour, row.ends_at + hour, None), "along"
            )
            for row in (full, other)
        ]
        actor = an_actor(anna, "manager")
        found = queries.affected_people(session, actor, changes, now)
    assert [one.reasons for people in found.values() for one in people] == [(), (), (), ()]
