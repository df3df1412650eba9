"""Staff see nobody without leaving an audit row, and no address of a page or API names anybody."""

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.web.test_auth import VALUES
from tests.world import counter
from tests.world.booking import a_session
from tests.world.people import an_actor, signed_in
from tests.world.site import Journal, receive
from zone.access.entries.models import Entry
from zone.booking.bookings import service as bookings
from zone.core.audit import service as audit
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.members.privacy import queries as privacy
from zone.members.roles import service as roles
from zone.members.tokens import service as tokens
from zone.web.auth import access_of, is_open_to_guests
from zone.web.context import personal_data_of

pytestmark = pytest.mark.engines("sqlite")

ROLES: Final = ("instructor", "desk", "manager", "admin")
EMAIL: Final = "matti@zone.example"
SHOWING: Final = {
    "access_attendance.show_attendance",
    "access_attendance_pages.attendance",
    "access_attendance_pages.show_live",
    "booking_affected_people.preview_cancellation",
    "desk_entries_pages.show",
    "desk_live_doors.show_doors",
    "desk_live_doors_pages.show_desk",
    "desk_live_doors_pages.show_live",
    "desk_people.show_person",
    "desk_people_pages.show_person",
    "desk_sales_pages.show_sale",
    "members_roles_pages.one_person",
    "members_tokens.list_tokens",
    "operation_audit.list_audit",
    "operation_audit_pages.audit",
    "operation_jobs_pages.overview",
    "operation_mail.list_mails",
    "passes_orders_pages.show_order",
    "passes_receipt_search.list_all_receipts",
    "passes_receipt_search_pages.receipts",
    "passes_receipts_pages.receipt",
}
"""The addresses that show one person's name, e-mail address or id; a test finds any other."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A person of whom the service knows something of every kind, and the values of addresses."""

    desk: counter.Desk
    person: counter.Person
    values: dict[str, Any]

    def is_in(self, text: str) -> bool:
        return any(mark in text for mark in (EMAIL, str(self.person.public), "Matti Malli"))


@pytest.fixture
def seen(app: Flask) -> Seen:
    desk = counter.build(app)
    person, now = counter.a_person(desk), utc_now()
    sold = counter.call(
        desk.staff, f"/people/{person.public}/sales", counter.offer(desk, person, "gym")
    ).get_json()
    journal = Journal(desk.site.studio_door)
    journal.scan(person.holder, now, granted=False)
    receive(desk.site.bridge, journal.upload(), now)
    with writing() as session:
        session.execute(
            update(Member).where(Member.id == person.id).values(name="Matti Malli", email=EMAIL)
        )
        held = a_session(session, desk.site.world, start=now + timedelta(days=1), now=now)
        bookings.book(session, member_id=person.id, class_session=held.public_id, now=now)
        tokens.make_token(
            session,
            an_actor(person.id, "admin"),
            name="report",
            scopes=["passes:read"],
            expires_at=now + timedelta(days=1),
            now=now,
        )
    today = helsinki_date(now)
    values = {
        "person": person.public,
        "member_id": person.public,
        "session_id": held.public_id,
        "class_session": held.public_id,
        "order_id": sold["id"],
        "number": sold["receipts"][0]["number"],
        "year": today.year,
        "door_id": desk.site.studio_door,
    }
    return Seen(desk, person, values)


def addresses(app: Flask, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, path) of each address that is read and not open to guests."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not is_open_to_guests(access_of(app, rule.endpoint)):
            invented = {
                name: VALUES.get(type(kind).__name__, "x")
                for name, kind in rule._converters.items()
            }
            with app.test_request_context():
                built = rule.build(invented | {k: v for k, v in values.items() if k in invented})
            assert built is not None
            yield rule.endpoint, built[1]


def rows_of(client_id: int) -> list[AuditRow]:
    with reading() as session:
        return list(
            session.scalars(
                select(AuditRow).where(AuditRow.actor_id == client_id).order_by(AuditRow.id)
            )
        )


def newcomer(seen: Seen) -> tuple[FlaskClient, int]:
    """Return the browser of a new member of staff, who has looked at nobody yet, and their id."""
    with writing() as session:
        staff = counter.an_employee(session, *ROLES)
    return signed_in(seen.desk.app, staff), staff


def check_every_look_is_on_record(
    app: Flask, seen: Seen, endpoints: Container[str] | None = None
) -> set[str]:
    """Check that who was shown the person is on record; return the addresses that showed them.

    `endpoints` are looked at, or all.
    """
    showing = set()
    for endpoint, path in addresses(app, seen.values):
        if endpoints is not None and endpoint not in endpoints:
            continue
        client, staff = newcomer(seen)
        with client.get(path) as answer:
            if seen.is_in(answer.get_data().decode(errors="replace")):
                showing.add(endpoint)
                assert rows_of(staff), f"{endpoint} shows a person and leaves no row"
    return showing


def test_whoever_is_shown_a_person_is_on_record(app: Flask, seen: Seen) -> None:
    assert check_every_look_is_on_record(app, seen) == SHOWING


@pytest.mark.thorough
@pytest.mark.parametrize("action", ["attendance.view", "doors.view", "mails.view", "audit.view"])
@pytest.mark.planted_fault("a look that leaves no row")
def test_a_look_without_a_row_fails_the_check(
    app: Flask, seen: Seen, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    record: Callable[..., None] = audit.record_look

    def record_others(session: Any, actor_id: int, look: Any, now: Any) -> None:
        if look.action != action:
            record(session, actor_id, look, now)

    monkeypatch.setattr(audit, "record_look", record_others)
    with pytest.raises(AssertionError, match="leaves no row"):
        check_every_look_is_on_record(app, seen, SHOWING)


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/orders/{order_id}", "order.view"),
        ("/api/v1/orders/{order_id}", "order.view"),
        ("/receipts/{number}", "receipt.view"),
        ("/receipts/{number}/code.png", "receipt.view"),
        ("/receipts/{number}.pdf", "receipt.view"),
    ],
)
def test_a_look_at_somebodys_order_or_receipt_names_the_buyer(
    app: Flask, seen: Seen, path: str, action: str
) -> None:
    client, staff = newcomer(seen)
    address = path.format(**seen.values)
    assert client.get(address).status_code == 200
    (row,) = rows_of(staff)
    assert (row.action, row.object_kind, row.object_id) == (
        action,
        "member",
        str(seen.person.public),
    )
    owner = signed_in(app, seen.person.id)
    assert owner.get(address).status_code == 200
    own = [row.action for row in rows_of(seen.person.id)]
    assert own == ["token.make"], "one's own is no look"


def test_a_look_that_is_repeated_leaves_one_row_in_a_quarter_of_an_hour(seen: Seen) -> None:
    client, staff = newcomer(seen)
    for _ in range(3):
        assert client.get("/desk/live").status_code == 200
    assert [row.action for row in rows_of(staff)] == ["doors.view"]


@pytest.mark.parametrize("path", ["/desk", "/desk/live", "/api/v1/desk/doors"])
def test_whoever_appears_on_the_board_is_on_record(seen: Seen, path: str) -> None:
    client, staff = newcomer(seen)
    client.get(path)
    another, journal = counter.a_person(seen.desk, "eino"), Journal(seen.desk.site.studio_door)
    for _ in range(2):
        journal.scan(another.holder, utc_now(), granted=False)
    receive(seen.desk.site.bridge, journal.upload(), utc_now())
    with writing() as session:
        session.execute(update(Member).where(Member.id == another.id).values(name="Eino Muu"))
    for _ in range(2):
        assert "Eino Muu" in client.get(path).text
    rows = rows_of(staff)
    assert {(row.action, row.object_kind) for row in rows} == {("doors.view", "entry")}
    with reading() as session:
        named = {
            str(entry): holder
            for entry, holder in session.execute(select(Entry.uuid, Entry.holder))
        }
    shown = [named[row.object_id] for row in rows]
    assert shown == [seen.person.holder, another.holder]


def test_a_look_at_the_doors_names_nobody_for_longer_than_the_entry_does(seen: Seen) -> None:
    client, staff = newcomer(seen)
    client.get("/desk")
    assert rows_of(staff)
    assert not any(
        str(seen.person.public) in f"{row.object_id} {row.after}" for row in rows_of(staff)
    )


def test_oneself_on_the_board_is_no_look(app: Flask, seen: Seen) -> None:
    with writing() as session:
        roles.grant_role(session, seen.person.id, "desk", utc_now())
    assert "Matti Malli" in signed_in(app, seen.person.id).get("/desk").text
    assert "doors.view" not in [row.action for row in rows_of(seen.person.id)]


def test_ones_own_tokens_are_no_look(app: Flask, seen: Seen) -> None:
    with writing() as session:
        desk = counter.an_employee(session, "manager")
    assert signed_in(app, desk).get("/api/v1/tokens").get_json()["tokens"] == []
    assert rows_of(desk) == []


def test_other_filters_are_other_looks(seen: Seen) -> None:
    client, staff = newcomer(seen)
    for query in ("?most=5", "?most=7", "?action=member.view", "?action=counter.sell"):
        assert client.get(f"/api/v1/audit{query}").status_code == 200
    assert [row.after for row in rows_of(staff)] == [
        None,
        '{"action": "member.view"}',
        '{"action": "counter.sell"}',
    ]


def test_a_person_is_told_of_the_looks_at_them(app: Flask, seen: Seen) -> None:
    client, _staff = newcomer(seen)
    client.get(f"/orders/{seen.values['order_id']}")
    client.get(f"/manage/audit?object={seen.person.public}")
    client.get(f"/manage/doors/entries?person={seen.person.public}")
    with reading() as session:
        export = privacy.export(session, seen.person.id, personal_data_of(app), utc_now())
    told = {row["action"] for row in export["staff_actions_about_me"]}
    assert {"order.view", "audit.view", "entries.search"} <= told


def test_a_role_that_somebody_holds_already_is_a_look_at_them(seen: Seen) -> None:
    client, staff = newcomer(seen)
    path = f"/api/v1/members/{seen.person.public}/roles"
    for _ in range(2):
        answer = client.post(path, json={"role": "instructor", "reason": "hired"})
        assert seen.is_in(answer.text)
    assert [row.action for row in rows_of(staff)] == ["role.give", "member.view"]


def test_who_may_not_see_a_list_leaves_no_look(app: Flask, seen: Seen) -> None:
    with writing() as session:
        instructor = counter.an_employee(session, "instructor")
    client = signed_in(app, instructor)
    answer = client.get(f"/api/v1/sessions/{seen.values['session_id']}/attendance")
    assert (answer.status_code, rows_of(instructor)) == (403, [])


# Addresses that name people: they stay in logs, histories and Referer headers.


def test_no_operation_takes_a_persons_address_in_its_own_address(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    named = [
        f"{method} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
        for parameter in operation.get("parameters", ())
        if parameter.get("name") in {"email", "name_of_person", "words", "recipient"}
    ]
    assert named == []


def test_no_page_sends_or_links_to_a_persons_address(app: Flask, seen: Seen) -> None:
    client, _staff = newcomer(seen)
    for endpoint, path in addresses(app, seen.values):
        with client.get(path) as answer:
            if answer.mimetype != "text/html":
                continue
            text = answer.get_data(as_text=True)
            targets = re.findall(r'(?:href|action|src)="([^"]*)"', text)
            assert [target for target in targets if "@" in target or "%40" in target] == [], path
            for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
                sent_in_address = 'method="post"' not in form.partition(">")[0]
                assert not (sent_in_address and 'type="email"' in form), endpoint


def test_a_manager_finds_a_person_by_address_without_naming_it_in_the_address(seen: Seen) -> None:
    client, staff = newcomer(seen)
    found = client.post("/manage/people", data={"email": EMAIL.upper()})
    assert (found.status_code, found.location) == (303, f"/manage/people/{seen.person.public}")
    assert client.get(found.location).status_code == 200
    assert [row.action for row in rows_of(staff)] == ["member.view"]
    missing = client.post("/manage/people", data={"email": "nobody@example.org"})
    assert (missing.status_code, "nobody@example.org" in missing.text) == (422, True)


def test_whom_a_search_finds_is_on_record_before_the_page_is_opened(app: Flask, seen: Seen) -> None:
    client, staff = newcomer(seen)
    found = client.post("/manage/people", data={"email": EMAIL})
    assert found.location == f"/manage/people/{seen.person.public}"
    (row,) = rows_of(staff)
    assert (row.action, row.object_id) == ("member.view", str(seen.person.public))
