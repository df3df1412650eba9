"""A box that has lost its memory card: its bridge is revoked, and another drives its doors."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.access.bridge_sign_on.test_bridges import (
    NOW,
    a_key,
    answer,
    challenge,
    enrol,
    refusal_of,
)
from tests.world.races import at_once
from tests.world.site import Site, a_staff_actor
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import LONGEST_NAME, next_name
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError


def test_another_bridge_drives_the_doors_and_the_old_box_is_refused(site: Site) -> None:
    with writing() as session:
        admin = a_staff_actor(session, site, "admin")
        old = session.get_one(Bridge, site.bridge)
        key, old.public_key = a_key()
        old.enrolled_at = NOW
        old_id = old.public_id
    with writing() as session:
        new, invitation = doors.replace_bridge(session, old_id, actor=admin, now=NOW)
        new_id, name = new.id, new.name
    assert name == "Myllypuro (2)"
    assert refusal_of(answer, old_id, challenge(old_id), key) == "bridge_unknown"
    with reading() as session:
        moved = session.scalars(select(Door.public_id).where(Door.bridge_id == new_id)).all()
        assert set(moved) == {site.studio_door, site.lobby_door, site.court_door}
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert actions == ["bridge.revoke", "bridge.create", *["door.change"] * 3]
    enrol(invitation.code, a_key()[1])
    assert challenge(new.public_id)


@pytest.mark.engines("sqlite", "postgresql")
def test_a_bridge_is_replaced_once(app: Flask, site: Site) -> None:
    with writing() as session:
        admin = a_staff_actor(session, site, "admin")
        old = session.get_one(Bridge, site.bridge).public_id

    def replace() -> str:
        try:
            with writing() as session:
                return doors.replace_bridge(session, old, actor=admin, now=NOW)[0].name
        except DomainError as error:
            return error.code

    assert sorted(at_once(app, [replace] * 3)) == ["Myllypuro (2)", *["bridge_enrolled"] * 2]


@pytest.mark.parametrize("role", ["manager", "desk"])
def test_only_an_administrator_replaces_a_bridge(site: Site, role: str) -> None:
    with writing() as session:
        actor = a_staff_actor(session, site, role)
        old = session.get_one(Bridge, site.bridge).public_id
        with pytest.raises(DomainError) as refused:
            doors.replace_bridge(session, old, actor=actor, now=NOW)
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize(
    ("name", "taken", "following"),
    [
        ("Gym", set(), "Gym (2)"),
        ("Gym (2)", {"Gym"}, "Gym (3)"),
        ("Gym", {"Gym (2)", "Gym (3)"}, "Gym (4)"),
        ("x" * LONGEST_NAME, set(), "x" * (LONGEST_NAME - 4) + " (2)"),
    ],
)
def test_the_name_says_whose_place_it_takes(name: str, taken: set[str], following: str) -> None:
    assert next_name(name, taken) == following
