"""Conflicts among entries are found once, whatever order they arrive in, and seen to by staff."""

import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.world.people import a_person
from tests.world.rendered_forms import forms_of, text_of
from tests.world.site import Journal, Site, a_member, receive
from zone.access.areas.models import Area
from zone.access.conflicts import service
from zone.access.conflicts.context import admissions_near
from zone.access.conflicts.jobs import find
from zone.access.conflicts.models import DoorConflict
from zone.access.conflicts.rules import TOLD, DoorAdmission, contradiction
from zone.access.credentials.models import Credential
from zone.access.entries.models import Entry
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.suspensions.models import Suspension

API = "/api/v1/doors/conflicts"
PAGE = "/manage/doors/conflicts?lang=en"


class Boxes:
    """Two bridges with doors of the studio, and a person who comes in."""

    def __init__(self, site: Site) -> None:
        self._journals = {
            site.bridge: Journal(site.studio_door),
            site.other_bridge: Journal(site.other_door),
        }
        with writing() as session:
            self.member, self.holder = a_member(session, site, "aino", with_pass=False)
            session.execute(update(Area).values(passback="hard", passback_seconds=600))

    def let_in(
        self, bridge: int, at: datetime, *, granted: bool = True, leaving: bool = False
    ) -> None:
        journal = self._journals[bridge]
        journal.scan(self.holder, at, granted=granted, leaving=leaving)
        receive(bridge, journal.upload(), utc_now())


@pytest.fixture
def boxes(site: Site) -> Boxes:
    return Boxes(site)


def kinds(settings: Settings) -> list[str]:
    find(settings, utc_now())
    with reading() as session:
        return list(session.scalars(select(DoorConflict.kind).order_by(DoorConflict.id)))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_who_came_in_twice_by_two_boxes_is_found_in_whatever_order_it_arrives(
    site: Site, settings: Settings, boxes: Boxes, order: tuple[int, int]
) -> None:
    now = utc_now()
    for number in order:
        bridge = (site.bridge, site.other_bridge)[number]
        boxes.let_in(bridge, now - timedelta(minutes=9 - number))
    assert kinds(settings) == ["person_twice"]
    assert kinds(settings) == ["person_twice"], "found once"


def test_what_arrives_after_the_job_has_looked_is_found(
    site: Site, settings: Settings, boxes: Boxes
) -> None:
    now = utc_now()
    boxes.let_in(site.bridge, now - timedelta(minutes=9))
    assert kinds(settings) == []
    boxes.let_in(site.other_bridge, now - timedelta(minutes=8))
    assert kinds(settings) == ["person_twice"]


def test_nothing_is_found_in_ordinary_visits(site: Site, settings: Settings, boxes: Boxes) -> None:
    now = utc_now()
    boxes.let_in(site.bridge, now - timedelta(minutes=30))
    boxes.let_in(site.other_bridge, now - timedelta(minutes=5))
    boxes.let_in(site.other_bridge, now - timedelta(minutes=4), granted=False)
    assert kinds(settings) == []


@pytest.mark.parametrize("first", [True, False])
def test_who_leaves_by_a_code_has_not_come_in(
    site: Site, settings: Settings, boxes: Boxes, first: bool
) -> None:
    now = utc_now()
    boxes.let_in(site.bridge, now - timedelta(minutes=9), leaving=first)
    boxes.let_in(site.other_bridge, now - timedelta(minutes=8), leaving=not first)
    assert kinds(settings) == []


def test_who_left_before_they_came_in_again_is_no_conflict(
    site: Site, settings: Settings, boxes: Boxes
) -> None:
    now = utc_now()
    boxes.let_in(site.bridge, now - timedelta(minutes=9))
    boxes.let_in(site.other_bridge, now - timedelta(minutes=8), leaving=True)
    boxes.let_in(site.other_bridge, now - timedelta(minutes=7))
    assert kinds(settings) == []


def _kid() -> bytes:
    with reading() as session:
        return session.scalars(select(Entry.kid)).one()  # type: ignore[return-value]


@pytest.mark.parametrize(("before", "found"), [(TOLD * 2, ["revoked"]), (TOLD / 2, [])])
def test_a_phone_that_had_been_removed_is_found(
    site: Site, settings: Settings, boxes: Boxes, before: timedelta, found: list[str]
) -> None:
    at = utc_now() - timedelta(minutes=5)
    boxes.let_in(site.bridge, at)
    with writing() as session:
        session.add(
            Credential(
                kid=_kid(),
                point=b"p" * 33,
                member_id=boxes.member,
                label="Phone",
                created_at=at - timedelta(days=1),
                certified_until=at,
                revoked_at=at - before,
            )
        )
    assert kinds(settings) == found


@pytest.mark.parametrize(("lifted", "found"), [(None, ["suspended"]), (timedelta(minutes=10), [])])
def test_who_was_suspended_is_found(
    site: Site,
    settings: Settings,
    boxes: Boxes,
    lifted: timedelta | None,
    found: list[str],
) -> None:
    at = utc_now() - timedelta(minutes=5)
    boxes.let_in(site.bridge, at)
    with writing() as session:
        session.add(
            Suspension(
                public_id=uuid.uuid4(),
                member_id=boxes.member,
                reason="loud",
                starts_at=at - timedelta(hours=1),
                ends_at=None,
                lifted_at=None if lifted is None else at - lifted,
                recorded_at=at - timedelta(hours=1),
            )
        )
    assert kinds(settings) == found


def test_an_entry_of_a_time_to_come_is_found(site: Site, settings: Settings, boxes: Boxes) -> None:
    boxes.let_in(site.bridge, utc_now() + timedelta(minutes=5))
    assert kinds(settings) == ["clock_ahead"]


def test_a_manager_sees_who_and_where_and_that_they_looked_is_on_record(
    app: Flask, site: Site, settings: Settings, boxes: Boxes
) -> None:
    now = utc_now()
    boxes.let_in(site.bridge, now - timedelta(minutes=9))
    boxes.let_in(site.other_bridge, now - timedelta(minutes=8))
    kinds(settings)
    manager = a_person(app, "manager")
    assert "1 conflict at the doors" in manager.get("/status?lang=en").text
    page = text_of(manager.get(PAGE).text)
    assert "Came in twice in a short time" in page
    assert "aino" in page
    [conflict] = manager.get(API).get_json()["conflicts"]
    assert conflict["kind"] == "person_twice"
    assert conflict["other"]["area"] == conflict["admission"]["area"] == "Studio"
    with reading() as session:
        assert session.scalars(
            select(AuditRow.action).where(AuditRow.action == "conflict.list")
        ).all()
    form = next(form for form in forms_of(manager, PAGE) if "/seen" in form.action)
    for _ in range(2):
        assert form.submit(manager, next(iter(form.buttons))).status_code == 303
    assert manager.get(API).get_json()["conflicts"] == []
    assert kinds(settings) == ["person_twice"], "not opened again"


@pytest.mark.engines("sqlite")
def test_nobody_who_books_waits_while_entries_are_compared(
    site: Site, settings: Settings, boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    boxes.let_in(site.bridge, now - timedelta(minutes=9))
    boxes.let_in(site.other_bridge, now - timedelta(minutes=8))
    waited = []

    def compare(session: Session, new: dict[int, list[int]]) -> Any:
        before = perf_counter()
        with suppress(OperationalError), writing() as other:
            other.execute(update(Area).values(passback_seconds=601))
        waited.append(perf_counter() - before)
        return admissions_near(session, new)

    monkeypatch.setattr(service, "admissions_near", compare)
    assert kinds(settings) == ["person_twice"]
    assert max(waited) < 1


@pytest.mark.engines("sqlite")
def test_an_admission_is_compared_with_those_of_about_that_time(
    site: Site, settings: Settings, boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, compared = utc_now(), []

    def compare(one: DoorAdmission, other: DoorAdmission) -> str | None:
        compared.append((one, other))
        return contradiction(one, other)

    monkeypatch.setattr(service, "contradiction", compare)
    for days in range(12, 0, -1):
        boxes.let_in(site.bridge, now - timedelta(days=days, hours=days))
    boxes.let_in(site.other_bridge, now - timedelta(days=12, hours=12, minutes=-1))
    assert kinds(settings) == ["person_twice"]
    assert len(compared) == 1


@pytest.mark.parametrize("undone", [0, 1])
def test_where_nobody_came_in_after_all_there_is_no_conflict(
    app: Flask, site: Site, settings: Settings, boxes: Boxes, undone: int
) -> None:
    now = utc_now()
    boxes.let_in(site.bridge, now - timedelta(minutes=9))
    boxes.let_in(site.other_bridge, now - timedelta(minutes=8))
    assert kinds(settings) == ["person_twice"]
    with writing() as session:
        entry = session.scalars(select(Entry).order_by(Entry.id)).all()[undone]
        entry.undone_by = "not_opened"
    manager = a_person(app, "manager")
    assert manager.get(API).get_json()["conflicts"] == []
    assert "conflict at the doors" not in manager.get("/status?lang=en").text


@pytest.mark.parametrize(("role", "reads"), [("desk", 200), ("instructor", 403)])
def test_only_who_sees_to_doors_sees_to_conflicts(
    app: Flask, site: Site, role: str, reads: int
) -> None:
    client: FlaskClient = a_person(app, role)
    assert client.get(API).status_code == reads
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{API}/{uuid.uuid4()}/seen").status_code == 403


def test_a_conflict_that_does_not_exist_is_not_found(app: Flask, site: Site) -> None:
    assert a_person(app, "manager").post(f"{API}/{uuid.uuid4()}/seen").status_code == 404


@pytest.mark.planted_fault("no entry is compared with others of its person")
def test_entries_that_are_not_compared_fail_the_check(
    site: Site, settings: Settings, boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "admissions_near", lambda session, new: iter(()))
    with pytest.raises(AssertionError):
        test_who_came_in_twice_by_two_boxes_is_found_in_whatever_order_it_arrives(
            site, settings, boxes, (0, 1)
        )
