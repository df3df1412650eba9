"""A token is revoked once, and that is on record once."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.people import a_member, an_actor
from tests.world.races import outcomes
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.members.tokens import service as tokens

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


@pytest.mark.engines("sqlite", "postgresql")
def test_a_token_that_is_revoked_by_several_at_once_leaves_one_row(app: Flask) -> None:
    with writing() as session:
        owner = an_actor(a_member(session).id, "admin")
        token = tokens.make_token(
            session,
            owner,
            name="report",
            scopes=["passes:read"],
            expires_at=NOW + timedelta(days=3),
            now=NOW,
        ).token.public_id

    def revoke() -> None:
        with writing() as session:
            tokens.revoke_token(session, owner, token, NOW)

    assert outcomes(app, [revoke] * 4) == {"done": 4}
    with reading() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert actions == ["token.make", "token.revoke"]
