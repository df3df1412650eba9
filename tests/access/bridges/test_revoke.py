"""A bridge is revoked once, and that is on record once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import NOW
from tests.world.races import at_once
from tests.world.site import Site, a_staff_actor
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing


@pytest.mark.engines("sqlite", "postgresql")
def test_a_bridge_that_is_revoked_again_or_by_several_at_once_leaves_one_row(
    app: Flask, site: Site
) -> None:
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge).public_id
        admin = a_staff_actor(session, site, "admin")

    def revoke(days: int = 0) -> None:
        with writing() as session:
            bridges.revoke_bridge(session, bridge, actor=admin, now=NOW + timedelta(days=days))

    at_once(app, [revoke] * 4)
    revoke(1)
    with reading() as session:
        actions = select(AuditRow.occurred_at).where(AuditRow.action == "bridge.revoke")
        assert session.scalars(actions).all() == [NOW]
        assert session.get_one(Bridge, site.bridge).revoked_at == NOW
