"""Rules of their own for a class and for a group of people, from a day on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.booking import World, a_member, a_session, an_actor, class_details
from tests.world.people import a_person, signed_in
from tests.world.races import at_once
from zone.booking.activities.service import activity_like
from zone.booking.bookings import service as bookings
from zone.booking.policies import queries as policies_queries
from zone.booking.policies import service as policies
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.rules import Policy
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.ids import new_public_id
from zone.core.time import day_window, helsinki_date
from zone.members.affiliations.models import Affiliation
from zone.members.eligibility.models import EligibilityProof, ProofWithdrawal
from zone.members.institutions.models import Institution

PATH = "/api/v1/booking-policies"
DAYS_AHEAD = 9
"""Later than anybody may book by the usual rules."""

Answer = dict[str, Any]


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


@pytest.fixture
def yoga(world: World) -> ClassSession:
    now = utc_now()
    with writing() as session:
        return a_session(session, world, start=now + timedelta(days=DAYS_AHEAD), now=now)


@pytest.fixture
def anna(world: World) -> int:
    with writing() as session:
        return a_member(session, world, "anna", now=utc_now())


def activity_of(class_session: ClassSession) -> str:
    with reading() as session:
        return str(session.get_one(ClassSession, class_session.id).activity.public_id)


def change(client: FlaskClient, status: int = 200, **body: Any) -> Answer:
    answer = client.put(PATH, json={"version": 1} | body)
    assert answer.status_code == status, answer.get_json()
    told: Answer = answer.get_json()
    return told


def policy_at(at: Any, member_id: int | None = None, activity: int | None = None) -> Policy:
    with reading() as session:
        return policies_queries.policies(session.connection(), at, member_id).of(activity)


def prove(member_id: int, role: str, *, withdrawn: bool = False) -> None:
    """Record that a person is affiliated, today."""
    now, today = utc_now(), helsinki_date(utc_now())
    with writing() as session:
        place = Institution(code=f"own-{role}", name="Own", admits_students=True, admits_staff=True)
        session.add(place)
        session.flush()

        said = Affiliation(
            public_id=new_public_id(), member_id=member_id, institution_id=place.id, role=role
        )
        session.add(said)
        session.flush()
        proof = EligibilityProof(
            affiliation_id=said.id,
            source="card",
            valid_from=today,
            valid_until=today,
            occurred_at=now,
            recorded_at=now,
        )
        session.add(proof)
        session.flush()
        if withdrawn:
            ended = ProofWithdrawal(
                proof_id=proof.id, reason="left", occurred_at=now, recorded_at=now
            )
            session.add(ended)


def reasons(member_id: int, class_session: ClassSession) -> list[str]:
    """Return why a person may not book now; empty: they have booked."""
    try:
        with writing() as session:
            bookings.book(
                session, member_id=member_id, class_session=class_session.public_id, now=utc_now()
            )
    except DomainError as refusal:
        return [reason.code for reason in refusal.reasons]
    return []


def test_a_class_may_open_earlier_than_others(
    manager: FlaskClient, world: World, yoga: ClassSession, anna: int
) -> None:
    assert reasons(anna, yoga) == ["booking_not_open"]
    change(manager, activity=activity_of(yoga), opens_days=14)
    assert reasons(anna, yoga) == []


def check_staff_book_further_ahead(manager: FlaskClient, yoga: ClassSession, anna: int) -> None:
    change(manager, affiliated_as="staff", opens_days=14)
    assert reasons(anna, yoga) == ["booking_not_open"]
    prove(anna, "staff")
    assert reasons(anna, yoga) == []


def test_a_group_may_book_further_ahead_with_its_proof(
    manager: FlaskClient, yoga: ClassSession, anna: int
) -> None:
    check_staff_book_further_ahead(manager, yoga, anna)


def test_a_proof_that_was_withdrawn_gives_nothing(
    manager: FlaskClient, yoga: ClassSession, anna: int
) -> None:
    change(manager, affiliated_as="staff", opens_days=14)
    prove(anna, "staff", withdrawn=True)
    assert reasons(anna, yoga) == ["booking_not_open"]


@pytest.mark.planted_fault("the numbers of a group hold for everybody")
def test_a_group_that_is_everybody_fails_the_check(
    manager: FlaskClient, yoga: ClassSession, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = policies_queries.policies_in
    monkeypatch.setattr(
        "zone.booking.bookings.context.policies_in",
        lambda rows: original([row for row in rows if row.policy_group is None]),
    )
    with pytest.raises(AssertionError):
        check_staff_book_further_ahead(manager, yoga, anna)


def test_a_rule_of_a_later_day_holds_from_its_start(manager: FlaskClient) -> None:
    begins = helsinki_date(utc_now()) + timedelta(days=30)
    told = change(manager, opens_days=14, from_day=begins.isoformat())
    start = day_window(begins)[0]
    assert policy_at(start - timedelta(seconds=1)) == Policy()
    assert policy_at(start) == Policy(opens_days=14)
    assert told["planned"] == [{"begins_at": start.isoformat(), "numbers": {"opens_days": 14}}]


def test_what_is_changed_now_is_changed_in_what_is_planned_too(manager: FlaskClient) -> None:
    begins = helsinki_date(utc_now()) + timedelta(days=30)
    planned = change(manager, opens_days=14, from_day=begins.isoformat())
    changed = change(manager, opens_days=9, cancel_minutes=60, version=planned["version"])
    assert policy_at(utc_now()) == Policy(opens_days=9, cancel_minutes=60)
    later = policy_at(day_window(begins)[0])
    assert later == Policy(opens_days=14, cancel_minutes=60)
    assert changed["planned"][0]["numbers"] == {"opens_days": 14}


def test_a_plan_is_taken_back_by_the_usual_number(manager: FlaskClient, yoga: ClassSession) -> None:
    own: Answer = {"activity": activity_of(yoga)}
    begins = (helsinki_date(utc_now()) + timedelta(days=30)).isoformat()
    planned = change(manager, **own, opens_days=14, from_day=begins)
    taken_back = change(
        manager, **own, opens_days=None, from_day=begins, version=planned["version"]
    )
    assert taken_back["planned"] == []
    scopes = manager.get(PATH).get_json()["policies"]
    assert [scope["activity"] for scope in scopes] == [None], "nothing differs any more"


def test_the_numbers_that_held_can_be_read_for_every_day(
    manager: FlaskClient, yoga: ClassSession
) -> None:
    own, today = activity_of(yoga), helsinki_date(utc_now())
    change(manager, activity=own, cancel_minutes=300)
    path = "/api/v1/booking-policy"
    asked = f"{path}?activity={own}&affiliated_as=staff"
    assert manager.get(asked).get_json()["cancel_minutes"] == 300
    assert manager.get(f"{asked}&on={today}").get_json()["cancel_minutes"] == 120
    assert manager.get(path).get_json()["cancel_minutes"] == 120
    assert manager.get(f"{path}?activity={yoga.public_id}").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"affiliated_as": "staff", "cancel_minutes": 60},
        {"affiliated_as": "alumni", "opens_days": 9},
        {"opens_days": 0},
        {"opens_days": 10**9},
        {"from_day": "9999-12-31", "opens_days": 9},
        {"from_day": "soon", "opens_days": 9},
        {"closes_minutes": 10080},
        {"unheard_of": 1},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    manager: FlaskClient, wrong: dict[str, Any]
) -> None:
    change(manager, 422, **wrong)
    assert policy_at(utc_now()) == Policy()
    with reading() as session:
        assert len(policies_queries.scopes(session, utc_now())) == 1


def test_a_plan_that_would_close_booking_for_a_class_is_refused(
    manager: FlaskClient, yoga: ClassSession
) -> None:
    change(manager, activity=activity_of(yoga), closes_minutes=4 * 24 * 60)
    begins = (helsinki_date(utc_now()) + timedelta(days=30)).isoformat()
    refused = change(manager, 422, opens_days=3, from_day=begins)
    assert refused["code"] == "policy_invalid"


def test_a_class_of_another_name_is_not_known(manager: FlaskClient, yoga: ClassSession) -> None:
    change(manager, 404, activity=str(yoga.public_id), opens_days=9)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_editors_of_one_class_one_wins(
    app: Flask, manager: FlaskClient, yoga: ClassSession
) -> None:
    own = activity_of(yoga)
    editors = [a_person(app, "manager") for _ in range(4)]
    requests = [
        lambda editor=editor, n=n: (
            editor.put(
                PATH, json={"activity": own, "open_bookings": 5 + n, "version": 1}
            ).status_code
        )
        for n, editor in enumerate(editors)
    ]
    assert sorted(at_once(app, requests)) == [200, 409, 409, 409]


def test_a_change_that_is_saved_twice_is_one_change(manager: FlaskClient) -> None:
    first = change(manager, affiliated_as="staff", opens_days=9)
    again = change(manager, affiliated_as="staff", opens_days=9)
    assert again["version"] == first["version"] == 2


def test_an_activity_that_takes_the_place_of_another_keeps_its_rules(
    world: World, yoga: ClassSession, manager: FlaskClient
) -> None:
    now = utc_now()
    begins = helsinki_date(now) + timedelta(days=30)
    own: Answer = {"activity": activity_of(yoga)}
    first = change(manager, **own, opens_days=14)
    change(manager, **own, opens_days=20, from_day=begins.isoformat(), version=first["version"])
    with writing() as session:
        other = activity_like(session, class_details(world, name="Chess").activity).id
        policies.keep_for(session, yoga.activity_id, other, now)
        policies.keep_for(session, yoga.activity_id, other, now)  # nothing more
    assert policy_at(utc_now(), activity=other).opens_days == 14
    assert policy_at(day_window(begins)[0], activity=other).opens_days == 20


def test_an_activity_that_comes_back_has_the_present_rules_not_those_of_its_first_time(
    world: World, yoga: ClassSession, manager: FlaskClient
) -> None:
    now = utc_now()
    begins = helsinki_date(now) + timedelta(days=30)
    with writing() as session:
        first = activity_like(session, class_details(world, name="Chess").activity)
        of_first: Answer = {"activity": str(first.public_id)}
    version = change(manager, **of_first, opens_days=14, open_bookings=9)["version"]
    change(manager, **of_first, opens_days=20, from_day=begins.isoformat(), version=version)
    change(manager, activity=activity_of(yoga), opens_days=5)
    with writing() as session:
        policies.keep_for(session, yoga.activity_id, first.id, utc_now())
    for at in (utc_now(), day_window(begins)[0]):
        assert policy_at(at, activity=first.id) == replace(Policy(), opens_days=5)


def test_an_activity_that_other_classes_are_of_keeps_its_own_rules(
    world: World, yoga: ClassSession, manager: FlaskClient
) -> None:
    """Who gives a class the name and texts of another one changes nothing for that one."""
    now = utc_now()
    change(manager, activity=activity_of(yoga), opens_days=14)
    with writing() as session:
        chess = class_details(world, name="Chess")
        other = a_session(session, world, start=now + timedelta(days=2), offer=chess, now=now)
        policies.keep_for(session, yoga.activity_id, other.activity_id, now)
    assert policy_at(utc_now(), activity=other.activity_id) == Policy()


def test_only_managers_change_and_the_desk_reads(app: Flask, world: World, anna: int) -> None:
    desk = a_person(app, "desk")
    assert desk.get(PATH).status_code == 200
    change(desk, 403, opens_days=9)
    assert signed_in(app, anna).get(PATH).status_code == 403
    with pytest.raises(DomainError, match="forbidden"), writing() as session:
        change_ = policies.PolicyChange({"opens_days": 9})
        policies.change_numbers(session, an_actor(anna), change_, version=1, now=utc_now())


def test_the_clock_that_changes_moves_no_beginning(manager: FlaskClient) -> None:
    """A day begins at midnight in Helsinki, in summer and in winter."""
    for day in (date(2027, 3, 28), date(2027, 10, 31)):
        with writing() as session:
            session.add(BookingPolicy(in_force_from=day_window(day)[0], opens_days=day.month))
        assert policy_at(day_window(day)[0]).opens_days == day.month
        assert policy_at(day_window(day)[0] - timedelta(seconds=1)).opens_days != day.month


@pytest.mark.parametrize(
    ("own", "usual"), [({}, 9), ({"affiliated_as": "staff"}, None)], ids=["everything", "staff"]
)
def test_a_planned_change_back_keeps_what_it_goes_back_to(
    manager: FlaskClient, own: Answer, usual: int | None
) -> None:
    """As usual again after a term: what is set now goes on until the term, not after it."""
    now = utc_now()
    term, after = (helsinki_date(now) + timedelta(days=days) for days in (30, 120))
    version = change(manager, **own, opens_days=usual)["version"]
    for days, day in ((10, term), (usual, after)):
        planned: Answer = {"opens_days": days, "from_day": day.isoformat(), "version": version}
        version = change(manager, **own, **planned)["version"]
    change(manager, **own, opens_days=8, queue_places=6, version=version)
    with reading() as session:
        scope = policies_queries.scope_for(session, None, own.get("affiliated_as"))
        rows = policies_queries.rows_of(session, scope)
    held = [
        policies_queries.numbers_at(rows, at)
        for at in (utc_now(), day_window(term)[0], day_window(after)[0])
    ]
    assert [one["opens_days"] for one in held] == [8, 10, usual]
    assert [one["queue_places"] for one in held] == [6, 6, 6], "no plan is about it"


def test_the_default_of_everything_is_set_once(manager: FlaskClient) -> None:
    """Null is the default there: what holds already is no change, and no conflict."""
    assert change(manager, opens_days=None)["version"] == 1
    second = change(manager, opens_days=9)
    third = change(manager, opens_days=None, version=second["version"])
    assert policy_at(utc_now()).opens_days == 7
    assert change(manager, opens_days=None, version=second["version"]) == third
