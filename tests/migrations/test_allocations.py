"""What becomes of classes, sessions and reserved courts when they are allocations, and back."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text, update

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import a_public_id, store, table
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from zone.app import MIGRATIONS
from zone.core.db.engine import db

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
AT = datetime(2026, 9, 21, 9, tzinfo=UTC)
DAY = date(2026, 9, 21)
YOGA = {"name_fi": "Jooga", "name_sv": "Yoga", "name_en": "Yoga", "category": "mind"}


def a_row(kind: str, hour: int, *, space: int, rule: int | None = None, **said: str) -> int:
    """Store a session, or a reserved court, of the version before."""
    return store(
        "class_session",
        public_id=a_public_id(),
        rule_id=rule,
        on_day=DAY,
        kind=kind,
        space_id=space,
        live=True,
        starts_at=AT.replace(hour=hour),
        ends_at=AT.replace(hour=hour + 1),
        capacity=10,
        bookable=7 if kind == "class" else 10,
        bookable_percent=70 if kind == "class" else 100,
        booked=0,
        state="scheduled",
        **YOGA | said,
    )


def a_service() -> dict[str, int]:
    """Store a weekly class with a session, one session like it, another one, and a court."""
    campus = store("campus", code="a", name="A", **_of_campus())
    space = store(
        "space",
        public_id=a_public_id(),
        campus_id=campus,
        code="hall",
        name_fi="-",
        name_sv="-",
        name_en="-",
        capacity=60,
        own_use=True,
        companions=0,
        version=1,
    )
    rule = store(
        "session_rule",
        public_id=a_public_id(),
        kind="class",
        space_id=space,
        live=True,
        weekday=1,
        starts_at=AT.time(),
        minutes=60,
        first_on=DAY,
        last_on=DAY,
        capacity=10,
        level="beginners",
        **YOGA,
    )
    rows = {
        "weekly": a_row("class", 9, space=space, rule=rule, level="beginners"),
        "alike": a_row("class", 11, space=space, level="beginners"),
        "other": a_row("class", 13, space=space, bring_en="A mat"),
        "court": a_row("own_use", 15, space=space, category="own_use"),
    }
    part = store("part", campus_id=campus, code="hall")
    store("hold", part_id=part, slice=1, session_id=rows["court"])
    for name, row in rows.items():
        at = {"occurred_at": AT, "recorded_at": AT}
        store("session_event", session_id=row, kind="scheduled", reason=name, **at)
    return rows


def _of_campus() -> dict[str, Any]:
    columns = table("campus").c
    return {"public_id": a_public_id()} if "public_id" in columns else {}


def read(query: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def everything() -> dict[str, list[dict[str, Any]]]:
    """The rows of before, by table; the order of the columns does not matter."""
    with db.engine.connect() as connection:
        return {
            name: [dict(row._mapping) for row in connection.execute(select(found))]
            for name in ("class_session", "session_rule", "session_event", "hold")
            for found in (table(name),)
        }


def test_a_court_is_a_reservation_and_what_is_alike_is_one_activity(
    empty: Flask, engine_name: str
) -> None:
    begin_at("0031")
    rows = a_service()
    before = everything()
    upgrade(directory=str(MIGRATIONS), revision="0032")
    assert read("SELECT id FROM reservation") == [(rows["court"],)]
    activities = dict(
        read("SELECT class_session.id, activity_id FROM class_session ORDER BY class_session.id")
    )
    assert set(activities) == {rows["weekly"], rows["alike"], rows["other"]}
    assert activities[rows["weekly"]] == activities[rows["alike"]] != activities[rows["other"]]
    assert read("SELECT activity_id FROM session_rule") == [(activities[rows["weekly"]],)]
    assert read("SELECT rule_day IS NULL FROM class_session ORDER BY id") == [
        (False,),
        (True,),
        (True,),
    ]
    assert read("SELECT allocation_id FROM hold") == [(rows["court"],)]
    assert len(read("SELECT allocation_id FROM allocation_event")) == 4
    downgrade(directory=str(MIGRATIONS), revision="0031")
    assert everything() == before
    upgrade(directory=str(MIGRATIONS))
    assert differences() == []
    assert triggers() == wanted_triggers(engine_name)


def test_a_class_has_weekdays_and_is_split_again(empty: Flask) -> None:
    """Tuesday and Thursday become two classes of the version before, each with its session."""
    begin_at("0031")
    a_service()
    upgrade(directory=str(MIGRATIONS), revision="0041")
    assert read("SELECT weekdays FROM session_rule") == [(1,)]
    [(rule,)] = read("SELECT id FROM session_rule")
    [(other,)] = read("SELECT id FROM class_session WHERE rule_id IS NULL ORDER BY id LIMIT 1")
    sessions = table("class_session")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE session_rule SET weekdays = 9"))  # Monday and Thursday
        # Both on one day by now: the Thursday's session was moved to the Monday.
        connection.execute(
            update(sessions).where(sessions.c.id == other),
            {"rule_id": rule, "rule_day": date(2026, 9, 24)},
        )
    downgrade(directory=str(MIGRATIONS), revision="0040")
    assert sorted(read("SELECT weekday FROM session_rule")) == [(1,), (4,)]
    of_rules = read(
        "SELECT weekday FROM class_session JOIN session_rule ON session_rule.id = rule_id "
        "ORDER BY class_session.id"
    )
    assert sorted(of_rules) == [(1,), (4,)]
    upgrade(directory=str(MIGRATIONS), revision="0041")
    assert sorted(read("SELECT weekdays FROM session_rule")) == [(1,), (8,)]


def test_two_sessions_of_a_class_on_one_day_do_not_stop_the_way_back(empty: Flask) -> None:
    """A moved session may be on the day of another one of its class."""
    begin_at("0031")
    rows = a_service()
    upgrade(directory=str(MIGRATIONS), revision="0032")
    [(rule,)] = read("SELECT id FROM session_rule")
    with db.engine.begin() as connection:
        connection.execute(
            text("UPDATE class_session SET rule_id = :rule WHERE id = :id"),
            {"rule": rule, "id": rows["alike"]},
        )
    downgrade(directory=str(MIGRATIONS), revision="0031")
    of_rule = read("SELECT id FROM class_session WHERE rule_id IS NOT NULL")
    assert of_rule == [(rows["weekly"],)]
