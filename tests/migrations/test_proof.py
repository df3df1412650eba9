"""The migration of proofs: visits of earlier relay faults are taken back, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from tests.migrations.revisions import begin_at
from tests.migrations.test_bookings import a_public_id, store
from tests.migrations.test_migrations import empty
from zone.access.visits import service as visits
from zone.access.visits.models import Visit
from zone.app import MIGRATIONS
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
AT = datetime(2026, 9, 21, 9, tzinfo=UTC)
HOLDER = 4_000_000_001


class Before:
    """A door of revision 0023 with its bridge and one person."""

    def __init__(self) -> None:
        begin_at("0023")
        campus = store("campus", code="here", name="Here")
        self.bridge = store(
            "bridge",
            public_id=a_public_id(),
            campus_id=campus,
            name="Box",
            created_at=AT,
            backlog=0,
            told="",
            wire=1,
        )
        self.area = store(
            "area",
            public_id=a_public_id(),
            campus_id=campus,
            name="Gym",
            kinds='["gym"]' if db.engine.dialect.name == "sqlite" else ["gym"],
            proves_presence=False,
            needs_booking=False,
            sensitive=False,
            always_open=False,
            passback="soft",
            passback_seconds=60,
            version=1,
        )
        self.door = store(
            "door",
            public_id=a_public_id(),
            area_id=self.area,
            bridge_id=self.bridge,
            name="Gym door",
            state="normal",
            strike_ms=5000,
            version=1,
        )
        self.member = store(
            "member",
            public_id=a_public_id(),
            holder=HOLDER,
            email="a@zone.example",
            name="",
            language="en",
            created_at=AT,
        )
        self.seq = 0

    def entry(self, at: datetime, **values: Any) -> tuple[int, Any]:
        self.seq += 1
        name = a_public_id()
        entry = store(
            "entry",
            **{
                "bridge_id": self.bridge,
                "seq": self.seq,
                "uuid": name,
                "door_id": self.door,
                "area_id": self.area,
                "kind": "scan",
                "occurred_at": at,
                "recorded_at": at,
                "granted": True,
                "holder": HOLDER,
                "leaving": False,
                "duress": False,
                "passback": False,
                "clock": "synced",
                "pending": False,
            }
            | values,
        )
        return entry, name

    def visit(self, at: datetime) -> tuple[int, Any]:
        entry, name = self.entry(at)
        visit = store(
            "visit",
            source="door",
            entry_id=entry,
            member_id=self.member,
            area_id=self.area,
            occurred_at=at,
            recorded_at=at,
        )
        return visit, name


def test_the_visits_of_earlier_relay_faults_are_taken_back(empty: Flask) -> None:
    with empty.app_context():
        before = Before()
        in_vain, scan = before.visit(AT)
        before.entry(AT, kind="relay_fault", granted=False, holder=None, ref=scan)
        stands, _ = before.visit(AT + timedelta(hours=2))
        # Of a command of the desk: it refers to no scan.
        before.entry(AT, kind="relay_fault", granted=False, holder=None, ref=a_public_id())
        upgrade(directory=str(MIGRATIONS))
        later = AT + timedelta(days=1)
        with writing() as session:
            assert visits.derive(session, later) == 1
        with reading() as session:
            rows = session.execute(select(Visit.id, Visit.retracted_at)).all()
        assert {row.id: row.retracted_at for row in rows} == {in_vain: later, stands: None}
        db.engine.dispose()
