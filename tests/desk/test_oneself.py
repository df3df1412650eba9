"""Nobody acts on themselves: what staff do for a person, a colleague does for them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import bought
from tests.world.counter import (
    REASON,
    Desk,
    Person,
    a_person,
    a_proof,
    audited,
    browser,
    call,
    count,
    offer,
)
from tests.world.people import signed_in
from tests.world.shop import acts_on_a_pass
from tests.world.site import Journal, a_phone, receive
from zone.access.conflicts.jobs import find
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import helsinki_date
from zone.desk.live_doors.models import HandledDenial
from zone.members.eligibility import rules as eligibility_rules
from zone.members.eligibility.models import EligibilityProof
from zone.members.roles import service as roles
from zone.members.suspensions.models import Suspension
from zone.passes.orders.models import Order

pytestmark = pytest.mark.engines("sqlite")

Step = tuple[str, str, str, dict[str, Any]]
"""(endpoint, method, path, body)."""
LEFT_OUT = {
    "members_roles.take_role",  # one may give up a role of one's own
    # Tested in `desk/people/test_bookings.py`.
    "desk_people.book_class",
    "desk_people.book_court",
    "desk_people.cancel_booking",
    "desk_people.excuse_no_show",
    "desk_people.enter_lottery",
    "desk_people.withdraw_from_lottery",
}


@pytest.fixture
def myself(desk: Desk) -> Person:
    """A student of Metropolia who works at the desk, as a manager and as an administrator too."""
    me = a_person(desk, "maija", proven=False, with_pass=False)
    with writing() as session:
        for role in ("desk", "manager", "admin"):
            roles.grant_role(session, me.id, role, utc_now())
    return me


def actions(desk: Desk, person: Person, settings: Settings) -> Iterator[Step]:
    """Yield every action of staff on a person, in a form that works for somebody else."""
    with writing() as session:
        kid = a_phone(session, person.id, settings, utc_now()).kid.hex()
        suspension = Suspension(
            public_id=person.claim,
            member_id=person.id,
            reason="loud",
            starts_at=utc_now(),
            recorded_at=utc_now(),
        )
        session.add(suspension)
    at_desk, member = f"/desk/people/{person.public}", f"/members/{person.public}"
    proof, claim = a_proof(person), {"affiliation": str(person.claim)} | REASON
    yield "desk_people.verify_proof", "POST", f"{at_desk}/proofs", proof
    yield "members_eligibility.record_proof", "POST", f"{member}/proofs", proof
    yield "desk_sales.sell", "POST", f"{at_desk}/sales", offer(desk, person, "visit")
    wish = {"products": ["visit"]}
    yield "desk_sales.price_sale", "POST", f"{at_desk}/sale-prices", wish
    yield "desk_people.withdraw_proof", "POST", f"{at_desk}/proofs/withdrawal", claim
    elsewhere = {"institution": "laurea", "role": "student"}
    yield "members_affiliations.record_affiliation", "POST", f"{member}/affiliations", elsewhere
    yield "members_suspensions.lift", "POST", f"/suspensions/{suspension.public_id}/lift", {}
    door = {"door": str(desk.site.studio_door)}
    yield "desk_people.check_in", "POST", f"{at_desk}/check-ins", door
    yield "desk_people.revoke_device", "POST", f"{at_desk}/devices/{kid}/revocation", REASON
    yield "members_suspensions.suspend", "POST", f"{member}/suspensions", {"reason": "loud"}
    role = {"role": "instructor", "reason": "hired"}
    yield "members_roles.give_role", "POST", f"{member}/roles", role
    for endpoint, end, body in acts_on_a_pass(person.id, utc_now()):
        yield endpoint, "POST", f"{at_desk}{end}", body
    # The last one, because it signs the person out.
    yield "desk_lost_phones.replace_phone", "POST", f"{at_desk}/phone-replacements", REASON


def check_nobody_acts_on_themselves(desk: Desk, myself: Person, settings: Settings) -> None:
    """Check that each action on oneself is refused, and that a colleague may do it."""
    with writing() as session:
        roles.grant_role(session, desk.staff_id, "manager", utc_now())
    me, colleague = signed_in(desk.app, myself.id), desk.staff
    # Something is on sale to whom it may be sold.
    call(colleague, f"/people/{myself.public}/proofs", a_proof(myself, "seen before"))
    tried = set(LEFT_OUT)
    for endpoint, method, path, body in actions(desk, myself, settings):
        before = audited()
        answer = me.open(f"/api/v1{path}", method=method, json=body)
        assert answer.status_code == 403, (endpoint, answer.text)
        assert answer.get_json()["code"] == "not_for_yourself", endpoint
        assert audited() == before, endpoint
        other = colleague.open(f"/api/v1{path}", method=method, json=body)
        assert other.status_code < 300, (endpoint, other.text)
        tried.add(endpoint)
    assert on_people(desk.app) <= tried, on_people(desk.app) - tried


def on_people(app: Flask) -> set[str]:
    """Return the operations of the API that change something of a person whom they name."""
    named = re.compile(r"/api/v1/(desk/people|members)/<|/api/v1/suspensions/")
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if named.match(rule.rule) and {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
    }


def test_nobody_acts_on_themselves(desk: Desk, myself: Person, settings: Settings) -> None:
    check_nobody_acts_on_themselves(desk, myself, settings)


@pytest.mark.planted_fault("whoever may do something may do it for themselves")
def test_without_the_check_staff_serve_themselves(
    desk: Desk, myself: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Actor, "require_other", lambda *_: None)
    with pytest.raises(AssertionError, match="verify_proof"):
        check_nobody_acts_on_themselves(desk, myself, settings)


def test_staff_refund_nothing_to_themselves(desk: Desk, myself: Person) -> None:
    call(desk.staff, f"/people/{myself.public}/proofs", a_proof(myself))
    order_id = bought(myself.id, now=utc_now())
    with reading() as session:
        order = session.scalars(select(Order.public_id).where(Order.id == order_id)).one()
    me, path = signed_in(desk.app, myself.id), f"/orders/{order}"
    refused = me.post(f"/api/v1{path}/refund", json={"reason": "asked"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_for_yourself")
    assert f"{path}/refund" not in me.get(path).text
    assert me.post(f"{path}/refund", data={"reason": "asked"}).status_code == 403
    assert f"{path}/refund" in browser(desk, "desk").get(path).text


def test_nobody_settles_a_refusal_of_their_own(desk: Desk, myself: Person) -> None:
    journal, now = Journal(desk.site.studio_door), utc_now()
    for minutes in (2, 1):
        journal.scan(myself.holder, now - timedelta(minutes=minutes), granted=False)
    receive(desk.site.bridge, journal.upload(), now)
    me, path = signed_in(desk.app, myself.id), f"/desk/people/{myself.public}"
    entry = journal.rows[0].uuid
    refused = me.post(f"/api/v1/desk/denials/{entry}/handled")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_for_yourself")
    assert me.post(f"/desk/denials/{journal.rows[1].uuid}").status_code == 403
    assert count(HandledDenial) == 0
    assert "/desk/denials/" not in me.get(path).text
    assert "/desk/denials/" in desk.staff.get(path).text
    assert desk.staff.post(f"/desk/denials/{journal.rows[1].uuid}").status_code == 303
    assert count(HandledDenial) == 2


def test_nobody_settles_a_conflict_of_their_own(
    desk: Desk, myself: Person, settings: Settings
) -> None:
    journal, now, page = Journal(desk.site.studio_door), utc_now(), "/manage/doors/conflicts"
    journal.scan(myself.holder, now + timedelta(minutes=5))  # by a clock that is ahead
    receive(desk.site.bridge, journal.upload(), now)
    find(settings, now)
    me, other = signed_in(desk.app, myself.id), browser(desk, "manager")
    [conflict] = other.get("/api/v1/doors/conflicts").get_json()["conflicts"]
    seen = f"/doors/conflicts/{conflict['id']}/seen"
    refused = me.post(f"/api/v1{seen}")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_for_yourself")
    assert me.post(f"/manage{seen}").status_code == 403
    assert seen not in me.get(page).text
    assert seen in other.get(page).text
    assert other.post(f"/api/v1{seen}").status_code == 204


def test_the_own_record_says_that_a_colleague_acts(desk: Desk, myself: Person) -> None:
    words = "This is your own record."
    path = f"/desk/people/{myself.public}?lang=en"
    assert words in signed_in(desk.app, myself.id).get(path).text
    assert words not in desk.staff.get(path).text


def test_a_proof_has_a_longest_length(desk: Desk, person: Person) -> None:
    today, longest = helsinki_date(utc_now()), eligibility_rules.LONGEST_PROOF
    for first, last in (
        (today, today + longest + timedelta(days=1)),
        (today - timedelta(days=1), today + longest),
        (today - 3 * longest, today),
        (today.replace(year=2098, day=1), today.replace(year=2099, day=1)),
    ):
        body = a_proof(person) | {"valid_from": str(first), "valid_until": str(last)}
        for path in (f"/desk/people/{person.public}", f"/members/{person.public}"):
            refused = desk.staff.post(f"/api/v1{path}/proofs", json=body)
            assert (refused.status_code, refused.get_json()["code"]) == (422, "proof_too_long")
    known = count(EligibilityProof)
    body = a_proof(person, until=today + longest)
    assert call(desk.staff, f"/people/{person.public}/proofs", body).status_code == 201
    assert count(EligibilityProof) == known + 1
