"""A suspension is lifted once, and that is on record once."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.people import a_member, an_actor
from tests.world.races import outcomes
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.members.suspensions import service as suspensions
from zone.members.suspensions.models import Suspension

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


@pytest.mark.engines("sqlite", "postgresql")
def test_a_suspension_that_is_lifted_again_or_by_several_at_once_leaves_one_row(
    app: Flask,
) -> None:
    with writing() as session:
        person = a_member(session)
        manager = an_actor(a_member(session).id, "manager")
        suspended = suspensions.suspend_member(
            session, manager, person.public_id, reason="threw a ball", ends_at=None, now=NOW
        ).public_id

    def lift(now: datetime = NOW) -> None:
        with writing() as session:
            suspensions.lift_suspension(session, manager, suspended, now=now)

    assert outcomes(app, [lift] * 4) == {"done": 4}
    lift(NOW + timedelta(days=1))
    with reading() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
        assert session.scalars(select(Suspension.lifted_at)).all() == [NOW]
    assert actions == ["member.suspend", "suspension.lift"]
