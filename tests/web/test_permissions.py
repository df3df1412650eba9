"""Every address × every role × one's own and another's object, against the table in
docs/permissions.md.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.docs.tables import OWN_ARGUMENTS
from tests.web.test_auth import VALUES
from tests.world import counter
from tests.world.actors import Caller, a_caller
from tests.world.booking import a_member, a_session, class_details
from tests.world.lotteries import a_lottery, an_entry
from tests.world.people import signed_in
from tests.world.site import a_phone
from zone.booking.bookings import service as bookings
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.people import queries as people_queries
from zone.members.sign_in_sessions.models import SignInSession
from zone.passes.passes import queries as passes_queries
from zone.web import auth

pytestmark = pytest.mark.engines("sqlite")

TABLE: Final = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
ROW: Final = re.compile(r"\| `(\w+) (\S+)` \| `?([^|`]+)`? \|(.*)\|")
ROLES: Final = ("guest", "member", "instructor", "desk", "manager", "admin", "bridge")
REFUSED: Final = {"sign_in_needed", "forbidden", "scope_missing"}
ENDS_SESSION: Final = re.compile(r"/me/sessions?$|/sign-out$|/me/devices/removal$")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: who may call an address, and whether its object has an owner."""

    method: str
    rule: str
    permission: str
    allowed: frozenset[str]
    is_own: bool

    def path(self, values: dict[str, Any]) -> str:
        return re.sub(
            r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: str(values.get(part[1], "x")), self.rule
        )


def rows() -> list[Row]:
    found = []
    for method, rule, permission, cells in ROW.findall(TABLE.read_text(encoding="utf-8")):
        marks = [cell.strip() for cell in cells.split("|")]
        allowed = frozenset(role for role, mark in zip(ROLES, marks, strict=False) if mark == "yes")
        found.append(Row(method, rule, permission.strip(), allowed, marks[len(ROLES)] == "own"))
    return found


def invented(app: Flask) -> dict[str, dict[str, Any]]:
    """Values of each address's arguments that name nothing."""
    return {
        rule.rule: {
            name: VALUES.get(type(kind).__name__, "x") for name, kind in rule._converters.items()
        }
        for rule in app.url_map.iter_rules()
    }


BODIES: Final = {
    "/api/v1/bookings/<uuid:booking>/move": {"session": str(uuid.uuid4())},
    "/api/v1/me/passes/<uuid:pass_id>/pause": {
        "first_day": "2026-12-01",
        "last_day": "2026-12-20",
    },
}
"""What a request to an address of one's own needs, or it is refused before it looks anything up."""


def call(client: FlaskClient, row: Row, values: dict[str, Any], headers: dict[str, str]) -> Any:
    return client.open(
        row.path(values),
        method=row.method,
        headers={"Accept": "application/json"} | headers,
        json=BODIES.get(row.rule),
    )


def code_of(answer: Any) -> str:
    body = answer.get_json(silent=True)
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def caller_of(app: Flask, role: str) -> Caller:
    return Caller({}) if role == "guest" else a_caller(app, {"member": "student"}.get(role, role))


def wrongly_answered(app: Flask, role: str) -> Iterator[str]:
    """Yield the addresses that treat a role otherwise than the table says."""
    caller = caller_of(app, role)
    values, client = invented(app), app.test_client(use_cookies=False)
    for row in rows():
        answer = call(client, row, values[row.rule], dict(caller.headers))
        if ENDS_SESSION.search(row.rule):
            caller = caller_of(app, role)
        refused = code_of(answer) in REFUSED
        if refused == (role in row.allowed):
            yield f"{row.method} {row.rule}: {answer.status_code} {code_of(answer)}"


def test_every_address_is_in_the_table(app: Flask) -> None:
    served = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
    }
    listed = [(row.method, row.rule) for row in rows()]
    assert set(listed) == served
    assert len(listed) == len(served)


@pytest.mark.every_case
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_call_exactly_what_the_table_says(app: Flask, role: str) -> None:
    assert list(wrongly_answered(app, role)) == []


@pytest.mark.thorough
@pytest.mark.planted_fault("a guard that lets every signed-in person through")
def test_a_guard_that_lets_everybody_through_differs_from_the_table(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "check", lambda _access, _actor: None)
    assert len(list(islice(wrongly_answered(app, "member"), 50))) == 50


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with one object of each kind that belongs to a person, by the names of addresses'
    arguments.
    """

    client: FlaskClient
    objects: dict[str, Any]


@pytest.fixture
def desk(app: Flask) -> counter.Desk:
    return counter.build(app)


@pytest.fixture
def owner(app: Flask, desk: counter.Desk, settings: Settings) -> Owner:
    person, now, world = counter.a_person(desk, "owner"), utc_now(), desk.site.world
    sold = counter.call(
        desk.staff, f"/people/{person.public}/sales", counter.offer(desk, person, "gym")
    )
    order = sold.get_json()
    with writing() as session:
        free = a_session(session, world, start=now + timedelta(days=1), now=now)
        full = a_session(
            session,
            world,
            start=now + timedelta(days=2),
            offer=class_details(world, percent=10),
            now=now,
        )
        other = a_member(session, world, "first-come", now=now)
        bookings.book(session, member_id=other, class_session=full.public_id, now=now)
        booked = bookings.book(session, member_id=person.id, class_session=free.public_id, now=now)
        entry = waitlist.join(session, member_id=person.id, class_session=full.public_id, now=now)
        in_draw = an_entry(session, a_lottery(session, full.id, other), member_id=person.id)
        phone = a_phone(session, person.id, settings, now)
        objects = {"booking": booked.public_id, "entry": entry.public_id, "kid": phone.kid.hex()}
        objects["ticket"] = in_draw.ticket
    signed_in(app, person.id)  # the browser that is signed out
    with reading() as session:
        held = passes_queries.passes_of(session, person.id, now)
        elsewhere = select(SignInSession.public_id).where(SignInSession.member_id == person.id)
        objects["sign_in_session"] = session.scalars(elsewhere).one()
        objects["pass_id"] = held[0].id
    objects |= {"order_id": order["id"], "number": order["receipts"][0]["number"]}
    return Owner(signed_in(app, person.id), objects)


def own_rows() -> Iterator[tuple[Row, str]]:
    for row in rows():
        for name in OWN_ARGUMENTS & set(re.findall(r"(\w+)>", row.rule)):
            if row.is_own:
                yield row, name


def told_apart(app: Flask, desk: counter.Desk, owner: Owner) -> list[str]:
    """The addresses at which another's object looks otherwise than one that does not exist."""
    stranger = signed_in(app, counter.a_person(desk, "stranger").id)
    unknown = {name: uuid.uuid4() for name in OWN_ARGUMENTS} | {
        "number": "2020-999",
        "kid": "00" * 8,
    }
    found = []
    for row, _name in own_rows():
        answers = [call(stranger, row, values, {}) for values in (owner.objects, unknown)]
        seen = [(one.status_code, (one.get_json() or {}) | {"request_id": None}) for one in answers]
        if seen[0] != seen[1] or seen[0][0] != 404:
            found.append(f"{row.method} {row.rule}: {[status for status, _ in seen]}")
    return found


def test_anothers_object_looks_like_one_that_does_not_exist(
    app: Flask, desk: counter.Desk, owner: Owner
) -> None:
    assert {name for _, name in own_rows()} == OWN_ARGUMENTS, "an object of each kind was tried"
    assert told_apart(app, desk, owner) == []


def test_ones_own_object_is_found(owner: Owner) -> None:
    missing = [
        f"{row.method} {row.rule}"
        for row, _name in own_rows()
        if code_of(call(owner.client, row, owner.objects, {})) == "not_found"
        and "/courts/booked/" not in row.rule  # the booking is one of a class
        and row.rule not in BODIES  # what else they name is unknown
    ]
    assert missing == []


@pytest.mark.thorough
@pytest.mark.planted_fault("a booking that anybody may cancel")
def test_a_booking_that_anybody_may_cancel_is_told_apart(
    app: Flask, desk: counter.Desk, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading() as session:
        anybody = bookings.__dict__["session_of_own"]
        owner_id = people_queries.member_by_email(session, "owner@zone.example")
        assert owner_id is not None
        member_id = owner_id.id
    monkeypatch.setattr(
        bookings,
        "session_of_own",
        lambda session, _member, booking: anybody(session, member_id, booking),
    )
    assert told_apart(app, desk, owner)
