"""Everything that the desk does is audited, and managers and administrators read the audit."""

import uuid
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.world import lotteries
from tests.world.booking import a_session
from tests.world.counter import (
    REASON,
    Desk,
    Person,
    a_person,
    a_proof,
    an_employee,
    audited,
    browser,
    call,
    count,
    offer,
)
from tests.world.races import at_once
from tests.world.shop import acts_on_a_pass
from tests.world.site import Journal, a_phone, receive
from zone.access.credentials.models import Credential
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.core.audit import service as audit
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import from_helsinki, helsinki_date
from zone.members.eligibility.models import EligibilityProof, ProofWithdrawal

pytestmark = pytest.mark.engines("sqlite")

Act = Callable[[], TestResponse]


def acts(desk: Desk, settings: Settings) -> Iterator[tuple[str, Act]]:
    """Yield (endpoint, one use of it that works) for every change and every look at the desk."""
    person = a_person(desk)
    with writing() as session:
        kid = a_phone(session, person.id, settings, utc_now()).kid.hex()
        again = a_phone(session, person.id, settings, utc_now()).kid.hex()
    journal = Journal(desk.site.studio_door)
    denials = [journal.scan(person.holder, utc_now(), granted=False).uuid for _ in range(2)]
    receive(desk.site.bridge, journal.upload(), utc_now())
    door, path = {"door": str(desk.site.studio_door)}, f"/people/{person.public}"
    claim = {"affiliation": str(person.claim)} | REASON
    sale = offer(desk, person, "visit")
    form_sale = {"offer": f"visit:{sale['cents']}:{{}}", "method": "cash"}
    yield "desk_search.search_people", partial(call, desk.staff, "/searches", {"words": "matti"})
    yield "desk_people.show_person", partial(desk.staff.get, f"/api/v1/desk{path}")
    yield "desk_sales.list_offers", partial(desk.staff.get, f"/api/v1/desk{path}/offers")
    yield (
        "members_people.find_member",
        partial(desk.staff.post, "/api/v1/members/searches", json={"email": "matti@zone.example"}),
    )
    yield "desk_people.verify_proof", partial(call, desk.staff, f"{path}/proofs", a_proof(person))
    yield (
        "desk_people.withdraw_proof",
        partial(call, desk.staff, f"{path}/proofs/withdrawal", claim),
    )
    yield "desk_people.verify_proof", partial(call, desk.staff, f"{path}/proofs", a_proof(person))
    yield "desk_sales.sell", partial(call, desk.staff, f"{path}/sales", sale)
    wish = {"products": ["visit"]}
    yield "desk_sales.price_sale", partial(call, desk.staff, f"{path}/sale-prices", wish)
    yield (
        "desk_people.revoke_device",
        partial(call, desk.staff, f"{path}/devices/{kid}/revocation", REASON),
    )
    yield (
        "desk_lost_phones.replace_phone",
        partial(call, desk.staff, f"{path}/phone-replacements", REASON),
    )
    yield from _bookings(desk, path, person)
    for endpoint, end, body in acts_on_a_pass(person.id, utc_now()):
        yield endpoint, partial(call, desk.staff, f"{path}{end}", body)
    yield "desk_people.check_in", partial(call, desk.staff, f"{path}/check-ins", door)
    yield "desk_live_doors.handle", partial(call, desk.staff, f"/denials/{denials[0]}/handled", {})
    yield (
        "desk_search_pages.search_people",
        partial(desk.staff.post, "/desk/people", data={"words": "matti"}),
    )
    yield (
        "desk_live_doors_pages.open_door",
        partial(desk.staff.post, "/desk/open", data=door | REASON),
    )
    yield "desk_live_doors_pages.handle", partial(desk.staff.post, f"/desk/denials/{denials[1]}")
    yield "desk_people_pages.show_person", partial(desk.staff.get, f"/desk{path}")
    fresh = offer(desk, person, "visit")["starts_on"]
    yield from _forms(desk, path, person, form_sale["offer"].format(fresh), again, door)


def _bookings(desk: Desk, path: str, person: Person) -> Iterator[tuple[str, Act]]:
    now = utc_now()
    noon = from_helsinki(helsinki_date(now) + timedelta(days=1), time(12))
    with writing() as session:
        yoga = a_session(session, desk.site.world, start=noon + timedelta(hours=2), now=now)
        missed = a_session(session, desk.site.world, start=now - timedelta(days=1), now=now)
        given = a_session(session, desk.site.world, start=noon + timedelta(hours=4), now=now)
        booking = bookings.book(
            session, member_id=person.id, class_session=given.public_id, now=now
        ).public_id
        row = Booking(
            public_id=uuid.uuid4(),
            session_id=missed.id,
            member_id=person.id,
            state="no_show",
            created_at=now,
        )
        session.add(row)
        excused = row.public_id
        boss = an_employee(session, "manager")
        drawn = a_session(session, desk.site.world, start=noon + timedelta(days=20), now=now)
    draws_at = drawn.starts_at - timedelta(days=5)
    lotteries.announce(drawn, boss, opens_at=now, draws_at=draws_at, now=now)
    court = {
        "space": str(desk.site.world.court_1),
        "starts_at": noon.isoformat(),
        "minutes": 60,
    }
    wish = {"session": str(yoga.public_id)}
    yield "desk_people.book_class", partial(call, desk.staff, f"{path}/bookings", wish)
    yield "desk_people.book_court", partial(call, desk.staff, f"{path}/courts", court)
    of_drawn = {"session": str(drawn.public_id)}
    for name, end in (("enter_lottery", "entries"), ("withdraw_from_lottery", "withdrawals")):
        act = partial(call, desk.staff, f"{path}/lottery-{end}", of_drawn)
        yield f"desk_people.{name}", act
    given_up = f"{path}/bookings/{booking}/cancellation"
    yield "desk_people.cancel_booking", partial(call, desk.staff, given_up, REASON)
    forgiven = f"{path}/bookings/{excused}/excuse"
    yield "desk_people.excuse_no_show", partial(call, desk.staff, forgiven, REASON)


def _forms(
    desk: Desk, path: str, person: Person, chosen: str, kid: str, door: dict[str, str]
) -> Iterator[tuple[str, Act]]:
    claim = {"affiliation": str(person.claim)} | REASON
    forms: dict[str, dict[str, Any]] = {
        "check-in": door,
        "sale": {"offer": chosen, "method": "cash"},
        "proof": a_proof(person, "passport"),
        "proof-withdrawal": claim,
        "phone-replacement": REASON,
        "suspension": REASON,
    }
    several = {"lines": [chosen], "voucher": ""}
    yield (
        "desk_sales_pages.sell_several",
        partial(desk.staff.post, f"/desk{path}/sales", data=several),
    )
    for action, form in forms.items():
        yield (
            "desk_people_pages.do",
            partial(
                desk.staff.post, f"/desk{path}/{action}", data=form | {"key": uuid.uuid4().hex}
            ),
        )


def check_everything_is_audited(app: Flask, desk: Desk, settings: Settings) -> None:
    """The property: each change and look adds a row to the audit; no route is left out."""
    walked = set()
    for endpoint, act in acts(desk, settings):
        before = audited()
        answer = act()
        assert answer.status_code < 400, (endpoint, answer.status_code, answer.text[:300])
        assert audited() > before, endpoint
        walked.add(endpoint)
    changing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("desk_")
        and {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
    }
    assert changing <= walked, changing - walked


def test_every_change_and_every_look_at_the_desk_is_audited(
    app: Flask, desk: Desk, settings: Settings
) -> None:
    check_everything_is_audited(app, desk, settings)


@pytest.mark.thorough
@pytest.mark.parametrize("silenced", ["member.view", "counter.sell", "denial.handle"])
@pytest.mark.planted_fault("an action without its audit")
def test_an_action_without_its_audit_fails_the_check(
    app: Flask, desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch, silenced: str
) -> None:
    genuine = audit.record_action

    def record_others(session: Any, **row: Any) -> None:
        if row["action"] != silenced:
            genuine(session, **row)

    monkeypatch.setattr("zone.desk.live_doors.service.record_action", record_others)
    monkeypatch.setattr("zone.core.audit.service.record_action", record_others)
    with pytest.raises(AssertionError, match="desk"):
        check_everything_is_audited(app, desk, settings)


def rows(client: Any, **filters: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/audit", query_string=filters)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.get_json()
    return page


def test_the_audit_is_read_by_object_by_actor_by_time_and_page_by_page(
    desk: Desk, person: Person
) -> None:
    manager, other_person = browser(desk, "manager"), a_person(desk, "other")
    for viewed in (person, other_person, person):
        desk.staff.get(f"/api/v1/desk/people/{viewed.public}")
    own = rows(manager, object_kind="member", object_id=str(person.public))["rows"]
    views = {"action": "member.view"}
    assert [row["action"] for row in own] == ["member.view"] * 2
    assert own[0]["actor_name"] == "Tiina Tiskillä"
    assert len(rows(manager, actor=own[0]["actor"], action="member.view")["rows"]) == 3
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    assert rows(manager, since=soon)["rows"] == []
    assert len(rows(manager, until=soon, **views)["rows"]) == 3
    first_page = rows(manager, most=2, **views)
    next_page = rows(manager, most=2, after=first_page["next"], **views)
    assert (len(first_page["rows"]), len(next_page["rows"]), next_page["next"]) == (2, 1, None)
    assert len({row["id"] for row in first_page["rows"] + next_page["rows"]}) == 3


def test_only_managers_and_administrators_read_the_audit(desk: Desk) -> None:
    answers = {
        role: browser(desk, role).get("/api/v1/audit").status_code
        for role in ("desk", "instructor", "admin")
    }
    assert answers == {"desk": 403, "instructor": 403, "admin": 200}


def test_invalid_filters_of_the_audit_are_refused(desk: Desk) -> None:
    admin = browser(desk, "admin")
    for query in ({"most": "0"}, {"most": "x"}, {"actor": "x"}, {"since": "yesterday"}):
        assert admin.get("/api/v1/audit", query_string=query).status_code == 422, query
    assert (
        admin.get("/api/v1/audit", query_string={"after": str(uuid.UUID(int=7))}).status_code == 404
    )


def check_two_desks_see_one_proof(app: Flask, desk: Desk) -> None:
    person = a_person(desk, proven=False)
    desks = [browser(desk, "desk") for _ in range(8)]
    at_once(
        app,
        [
            partial(call, desk_client, f"/people/{person.public}/proofs", a_proof(person))
            for desk_client in desks
        ],
    )
    assert count(EligibilityProof) == 1
    claim = {"affiliation": str(person.claim)} | REASON
    ends = at_once(
        app,
        [
            partial(call, desk_client, f"/people/{person.public}/proofs/withdrawal", claim)
            for desk_client in desks
        ],
    )
    assert sorted(answer.status_code for answer in ends) == [200] + [409] * 7
    assert count(ProofWithdrawal) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_desks_that_see_the_same_proof_at_once_record_it_once(app: Flask, desk: Desk) -> None:
    check_two_desks_see_one_proof(app, desk)


@pytest.mark.thorough
@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("recorded proofs are not looked for")
def test_desks_that_do_not_look_for_the_same_proof_record_it_twice(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.members.eligibility.service._valid_proofs", _no_proofs)
    with pytest.raises(AssertionError):
        check_two_desks_see_one_proof(app, desk)


def _no_proofs(*_: object) -> Any:
    return select(EligibilityProof.id).where(EligibilityProof.id < 0)


@pytest.mark.engines("sqlite", "postgresql")
def test_desks_that_revoke_the_same_phone_at_once_do_it_once(
    app: Flask, desk: Desk, settings: Settings
) -> None:
    person = a_person(desk)
    with writing() as session:
        kid = a_phone(session, person.id, settings, utc_now()).kid.hex()
    desks = [browser(desk, "desk") for _ in range(8)]
    path = f"/people/{person.public}/devices/{kid}/revocation"
    answers = at_once(app, [partial(call, desk_client, path, REASON) for desk_client in desks])
    assert {answer.status_code for answer in answers} == {204}
    assert (count(Credential, Credential.revoked_at.is_not(None)), audited("device.revoke")) == (
        1,
        1,
    )
