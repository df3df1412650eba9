"""Spaces that staff keep free: nobody books them then, and whoever has them is never put out."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.doctor import INVARIANTS
from tests.world.people import signed_in
from tests.world.races import outcomes
from tests.world.rendered_forms import forms_of
from zone.access.attendance.models import Attendance
from zone.booking.allocations.models import Hold
from zone.booking.blocks import queries, service
from zone.booking.closures.queries import affected_sessions
from zone.booking.reservations import service as reservations
from zone.booking.reservations.models import Reservation
from zone.booking.reservations.rules import ReservationRequest
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import Window, helsinki_date
from zone.members.roles.service import grant_role
from zone.places.campuses.models import Campus
from zone.places.spaces.queries import space_by_id

SPAN: Window = (NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))


@pytest.fixture
def manager(app: Flask, world: World) -> int:
    with writing() as session:
        member = a_member(session, world, "manager")
        grant_role(session, member, "manager", NOW)
        return member


def block(world: World, manager: int, span: Window = SPAN) -> Reservation:
    with writing() as session:
        space = space_by_id(session, world.hall).public_id
        return service.block_space(
            session, an_actor(manager, "manager"), space, span, "Exam", now=NOW
        )


def held() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Hold)) or 0


@pytest.mark.engines("sqlite", "postgresql")
def test_nobody_books_a_space_that_is_kept_free(world: World, manager: int) -> None:
    kept = block(world, manager)
    with writing() as session:
        anna = a_member(session, world, "anna")
    request = ReservationRequest(world.court_1, SPAN[0], 60, 0)
    with pytest.raises(DomainError) as caught, writing() as session:
        reservations.book_space(session, member_id=anna, requested=request, now=NOW)
    assert "space_taken" in [reason.code for reason in caught.value.reasons]
    for _ in range(2):
        with writing() as session:
            actor = an_actor(manager, "manager")
            assert service.end_block(session, actor, kept.public_id, now=NOW).state == "cancelled"
    assert held() == 0
    with writing() as session:
        reservations.book_space(session, member_id=anna, requested=request, now=NOW)


def test_whoever_has_the_space_is_named_and_stays(world: World, manager: int) -> None:
    with writing() as session:
        offer = class_details(world, space=world.hall, name="Spin")
        a_session(session, world, start=SPAN[0], offer=offer)
    before = held()
    with pytest.raises(DomainError, match="space_taken") as caught:
        block(world, manager)
    assert [one["name"]["en"] for one in caught.value.extra["taken_by"]] == ["Spin"]
    assert held() == before


@pytest.mark.parametrize(
    "span",
    [
        (SPAN[1], SPAN[0]),
        (SPAN[0], SPAN[0]),
        (NOW - timedelta(hours=2), NOW),
        (SPAN[0], SPAN[0] + timedelta(days=14, minutes=1)),
    ],
)
def test_an_impossible_time_is_refused(world: World, manager: int, span: Window) -> None:
    with pytest.raises(DomainError, match="block_invalid"):
        block(world, manager, span)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_keep_one_space_free_at_once_one_does(
    app: Flask, world: World, manager: int
) -> None:
    met = outcomes(app, [lambda: block(world, manager)] * 4)
    assert met == {"done": 1, "space_taken": 3}


def test_a_closed_day_neither_asks_about_it_nor_calls_it_off(world: World, manager: int) -> None:
    block(world, manager)
    with reading() as session:
        campus = session.get_one(Campus, world.campus)
        affected = affected_sessions(session, campus, helsinki_date(SPAN[0]), None, NOW)
    assert affected == []


def test_every_invariant_holds_with_a_space_kept_free(world: World, manager: int) -> None:
    block(world, manager)
    with reading() as session:
        broken = {one.name: one.count_broken(session, NOW) for one in INVARIANTS}
        assert session.scalar(select(func.count()).select_from(Attendance)) == 0
    assert {name for name, count in broken.items() if count} == set()


def test_only_who_plans_keeps_spaces_free(world: World) -> None:
    with writing() as session:
        anna = a_member(session, world, "anna")
        space = space_by_id(session, world.hall).public_id
    with pytest.raises(DomainError, match="forbidden"), writing() as session:
        service.block_space(session, an_actor(anna, "desk"), space, SPAN, "Exam", now=NOW)


@pytest.fixture
def planner(app: Flask, manager: int) -> FlaskClient:
    return signed_in(app, manager)


def test_a_manager_keeps_a_space_free_and_gives_it_back_on_the_page(
    planner: FlaskClient, world: World
) -> None:
    with reading() as session:
        space = str(space_by_id(session, world.hall).public_id)
    day = helsinki_date(utc_now()) + timedelta(days=3)
    typed = {"space": space, "day": str(day), "begins": "08:00", "ends": "16:00", "note": "Exam"}
    [form] = forms_of(planner, "/manage/blocks")
    assert form.submit(planner, "Keep it free", **typed).status_code == 303
    with reading() as session:
        [kept] = queries.blocks(session, utc_now())
    assert (kept.note, kept.ends_at - kept.starts_at) == ("Exam", timedelta(hours=8))
    [_, again] = forms_of(planner, "/manage/blocks")
    refused = again.submit(planner, "Keep it free", **typed | {"note": "Cleaning"})
    assert refused.status_code == 409
    assert "Exam" in refused.text
    assert "Cleaning" in refused.text, "what was typed stays"
    [back, _] = forms_of(planner, "/manage/blocks")
    assert back.save(planner).status_code == 303
    with reading() as session:
        assert queries.blocks(session, utc_now()) == []


def test_the_api_answers_with_typed_errors(planner: FlaskClient, world: World) -> None:
    with reading() as session:
        space = str(space_by_id(session, world.hall).public_id)
    tomorrow = utc_now() + timedelta(days=1)
    body = {
        "space": space,
        "starts_at": tomorrow.isoformat(),
        "ends_at": (tomorrow + timedelta(hours=1)).isoformat(),
        "note": "Exam",
    }
    made = planner.post("/api/v1/blocks", json=body)
    assert (made.status_code, made.get_json()["state"]) == (201, "scheduled")
    path = f"/api/v1/blocks/{made.get_json()['id']}"
    assert planner.get("/api/v1/blocks").get_json()["blocks"] == [made.get_json()]
    assert planner.post("/api/v1/blocks", json=body).get_json()["code"] == "space_taken"
    assert planner.delete(path).get_json()["state"] == "cancelled"
    assert planner.delete(path).status_code == 200
    assert planner.delete(f"/api/v1/blocks/{uuid.uuid4()}").status_code == 404
    for wrong in (
        {"space": str(uuid.uuid4())},
        {"ends_at": "9999-12-31T00:00:00+00:00"},
        {"note": ""},
    ):
        assert planner.post("/api/v1/blocks", json=body | wrong).status_code in (404, 422)


def test_what_has_ended_is_not_given_back_though_no_job_has_recorded_it(
    world: World, manager: int
) -> None:
    kept, actor = block(world, manager), an_actor(manager, "manager")
    with pytest.raises(DomainError, match="session_held"), writing() as session:
        service.end_block(session, actor, kept.public_id, now=SPAN[1])
    with writing() as session:
        service.end_block(session, actor, kept.public_id, now=SPAN[1] - timedelta(seconds=1))
