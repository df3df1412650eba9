"""What staff do on the page Status: each problem has its next step, and often an act."""

import re
import uuid
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.world.people import a_person
from tests.world.rendered_forms import RenderedForm, forms_of
from tests.world.site import Site
from zone.access.alarms.models import ALARMS
from zone.access.alarms.rules import ALARM_KINDS
from zone.access.bridges.models import Bridge
from zone.access.door_commands.models import DoorCommand
from zone.access.doors.models import Door
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing

pytestmark = pytest.mark.engines("sqlite")


@dataclass(frozen=True, slots=True)
class StaffAct:
    """A form with the button that submits it; what it is about follows the button's words."""

    client: FlaskClient
    form: RenderedForm
    button: str

    def submit(self, **typed: str) -> TestResponse:
        return self.form.submit(self.client, self.button, **typed)


def acts_of(client: FlaskClient, words: str, action: str = "") -> list[StaffAct]:
    return [
        StaffAct(client, form, button)
        for form in forms_of(client, "/status")
        for button in form.buttons
        if button.startswith(words) and action in form.action
    ]


def act_of(client: FlaskClient, words: str, action: str = "") -> StaffAct:
    return acts_of(client, words, action)[0]


def the_door(site: Site) -> Door:
    with reading() as session:
        return session.scalars(select(Door).where(Door.public_id == site.studio_door)).one()


def audited() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


def test_every_kind_of_alarm_says_whom_it_keeps_out_and_what_to_do() -> None:
    assert set(ALARM_KINDS) == set(ALARMS)
    assert all(kind.title and kind.steps and kind.keeps_out for kind in ALARM_KINDS.values())


def test_the_desk_opens_a_door_once(app: Flask, site: Site) -> None:
    desk = a_person(app, "desk")
    form = act_of(desk, "Open once", str(site.studio_door))
    taps = [form.submit(reason="A delivery") for _ in range(2)]
    assert [tap.location for tap in taps] == ["/status?done=opened"] * 2
    with reading() as session:
        assert [row.reason for row in session.scalars(select(DoorCommand))] == ["A delivery"]
    refused = act_of(desk, "Open once", str(site.studio_door)).submit(reason=" ")
    assert refused.status_code == 422
    assert 'id="refusal"' in refused.text


def test_an_administrator_sets_the_last_day_of_bridges_that_prove_nothing(
    app: Flask, site: Site
) -> None:
    admin, manager = a_person(app, "admin"), a_person(app, "manager")
    assert acts_of(admin, "Set the last day") == [], "no bridge is enrolled yet"
    with writing() as session:
        session.get_one(Bridge, site.bridge).enrolled_at = utc_now()
    early, late = act_of(admin, "Set the last day"), act_of(admin, "Set the last day")
    assert early.submit(unproven_until="2027-03-31").location == "/status?done=last_unproven"
    assert audited()[-1] == "doors.set_last_unproven"
    # Of two who edit at once the second one is told what the first has saved.
    conflict = late.submit(unproven_until="2027-04-30")
    assert conflict.status_code == 409
    assert "31.3.2027" in conflict.text
    assert 'value="2027-04-30"' in conflict.text
    refused = act_of(admin, "Set the last day").submit(unproven_until="soon")
    assert refused.status_code == 422
    assert act_of(admin, "Set the last day").submit(unproven_until="").status_code == 303
    assert acts_of(manager, "Set the last day") == []
    assert manager.post("/status/unproven").status_code == 403


def test_an_administrator_enrols_and_revokes_bridges(app: Flask, site: Site) -> None:
    admin = a_person(app, "admin")
    shown = act_of(admin, "Show the code").submit()
    code = re.search(r">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){2})<", shown.text)
    assert code is not None
    assert 'role="img"' in shown.text, "a QR code for a reader of the box"
    assert "--scan" in shown.text
    assert code[1] not in admin.get("/status?lang=en").text, "shown once"
    with writing() as session:
        session.get_one(Bridge, site.bridge).enrolled_at = session.get_one(
            Bridge, site.bridge
        ).created_at
        bridge = session.get_one(Bridge, site.bridge).public_id
    form = act_of(admin, "Revoke for good", str(bridge))
    assert form.submit().location == "/status?done=revoked"
    assert audited()[-2:] == ["bridge.renew_token", "bridge.revoke"]
    manager = a_person(app, "manager")
    assert acts_of(manager, "Show the code") + acts_of(manager, "Revoke") == []
    for act in ("token", "revoke", "replace"):
        assert manager.post(f"/status/bridges/{bridge}/{act}").status_code == 403
        assert admin.post(f"/status/bridges/{uuid.uuid4()}/{act}").status_code == 404


def test_an_administrator_makes_a_bridge_and_replaces_another(app: Flask, site: Site) -> None:
    admin = a_person(app, "admin")
    taps = [act_of(admin, "Make the bridge").submit(campus="myllypuro", name="Sauna")]
    assert taps[0].location == "/status?done=added"
    refused = act_of(admin, "Make the bridge").submit(campus="myllypuro", name="Sauna")
    assert refused.status_code == 409
    assert 'value="Sauna"' in refused.text
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.enrolled_at, old = bridge.created_at, bridge.public_id
    form = act_of(admin, "Replace it", str(old))
    assert [form.submit().location for _ in range(2)] == ["/status?done=replaced"] * 2
    with reading() as session:
        names = session.scalars(select(Bridge.name).order_by(Bridge.id)).all()
    assert names[-2:] == ["Sauna", "Myllypuro (2)"]
    assert act_of(admin, "Show the code Myllypuro (2)").submit().status_code == 200
    assert audited()[-1] == "bridge.renew_token"
