"""A person's record, and what the desk does for them."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event, select

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
)
from tests.world.people import an_actor, signed_in
from tests.world.site import Journal, a_phone, a_point, receive
from zone.access.credentials import service as credentials
from zone.access.credentials.models import Credential
from zone.booking.calendar_feeds.models import CalendarFeed
from zone.booking.calendar_feeds.service import make_feed
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.desk.people import service as people
from zone.members.eligibility.models import EligibilityProof
from zone.members.sign_in_sessions.models import SignInSession
from zone.passes.pass_rules.rules import FIRST_RULES

pytestmark = pytest.mark.engines("sqlite")


def test_the_record_holds_what_the_desk_needs(
    desk: Desk, person: Person, settings: Settings
) -> None:
    now = utc_now()
    with writing() as session:
        a_phone(session, person.id, settings, now)
    journal = Journal(desk.site.studio_door)
    journal.scan(person.holder, now - timedelta(minutes=5), granted=False)
    receive(desk.site.bridge, journal.upload(), now)
    shown = desk.staff.get(f"/api/v1/desk/people/{person.public}").get_json()
    assert (shown["name"], shown["email"], shown["eligible"]) == (
        "matti",
        "matti@zone.example",
        True,
    )
    assert shown["proofs"][0]["source"] == "term sticker"
    assert [pass_["state"] for pass_ in shown["passes"]] == ["valid"]
    assert [device["label"] for device in shown["devices"]] == ["phone"]
    entry = shown["entries"][0]
    assert (entry["granted"], entry["reason"], entry["remedy"]) == (False, "expired", "sell")
    assert entry["detail"].startswith("Your pass has ended")
    assert shown["marks"] == {"missed": [], "limit": 2, "paused_until": None}
    assert shown["looked"][0]["name"] == "Tiina Tiskillä"


def test_the_record_holds_no_pseudonym_and_no_internal_number(desk: Desk, person: Person) -> None:
    assert str(person.holder) not in desk.staff.get(
        f"/api/v1/desk/people/{person.public}"
    ).get_data(as_text=True)


def test_only_desk_managers_and_administrators_open_a_record(desk: Desk, person: Person) -> None:
    path = f"/api/v1/desk/people/{person.public}"
    answers = {
        role: browser(desk, role).get(path).status_code
        for role in ("instructor", "desk", "manager", "admin")
    }
    assert answers == {"instructor": 403, "desk": 200, "manager": 200, "admin": 200}
    assert audited("member.view") == 3


def test_an_unknown_person_has_no_record(desk: Desk) -> None:
    assert desk.staff.get(f"/api/v1/desk/people/{uuid.uuid4()}").status_code == 404


def test_a_record_takes_as_many_statements_for_a_busy_person_as_for_a_new_one(
    desk: Desk, person: Person, settings: Settings
) -> None:
    def statements(of: uuid.UUID) -> int:
        recorded: list[str] = []
        with writing() as session:
            event.listen(
                session.connection(),
                "before_cursor_execute",
                lambda *args: recorded.append(args[2]),
            )
            people.open_record(
                session, an_actor(desk.staff_id, "desk"), of, language="en", now=utc_now()
            )
        return len(recorded)

    now, journal = utc_now(), Journal(desk.site.studio_door)
    with writing() as session:
        for _ in range(3):
            a_phone(session, person.id, settings, now)
    for minute in range(8):
        journal.scan(person.holder, now - timedelta(minutes=10 + minute))
    receive(desk.site.bridge, journal.upload(), now)
    newcomer = a_person(desk, "new", proven=False)
    assert statements(person.public) == statements(newcomer.public)


def test_a_proof_that_the_desk_saw_makes_a_person_eligible(desk: Desk) -> None:
    person = a_person(desk, proven=False)
    assert not desk.staff.get(f"/api/v1/desk/people/{person.public}").get_json()["eligible"]
    answer = call(desk.staff, f"/people/{person.public}/proofs", a_proof(person))
    assert answer.status_code == 201
    assert answer.get_json()["proofs"][0]["recorded_by"] == "Tiina Tiskillä"
    assert desk.staff.get(f"/api/v1/desk/people/{person.public}").get_json()["eligible"]


def test_a_proof_that_is_withdrawn_no_longer_counts(desk: Desk, person: Person) -> None:
    body = {"affiliation": str(person.claim)} | REASON
    answer = call(desk.staff, f"/people/{person.public}/proofs/withdrawal", body)
    assert [proof["withdrawn"] for proof in answer.get_json()["proofs"]] == [True]
    assert not desk.staff.get(f"/api/v1/desk/people/{person.public}").get_json()["eligible"]
    again = call(desk.staff, f"/people/{person.public}/proofs/withdrawal", body)
    assert (again.status_code, again.get_json()["code"]) == (409, "no_proof")


def test_a_proof_of_somebody_elses_affiliation_is_not_found(desk: Desk, person: Person) -> None:
    other_person = a_person(desk, "other")
    assert (
        call(desk.staff, f"/people/{person.public}/proofs", a_proof(other_person)).status_code
        == 404
    )
    body = {"affiliation": str(other_person.claim)} | REASON
    assert call(desk.staff, f"/people/{person.public}/proofs/withdrawal", body).status_code == 409


def test_a_proof_that_makes_no_sense_is_refused_with_its_field(desk: Desk, person: Person) -> None:
    before = count(EligibilityProof)
    for changed in (
        {"valid_until": "2001-01-01"},
        {"valid_from": "9999-01-01"},
        {"source": ""},
        {"source": 5},
        {"extra": 1},
        {"affiliation": "x"},
    ):
        answer = call(desk.staff, f"/people/{person.public}/proofs", a_proof(person) | changed)
        assert answer.status_code == 422, changed
    assert count(EligibilityProof) == before


def test_a_device_is_revoked_for_its_own_person_only(
    desk: Desk, person: Person, settings: Settings
) -> None:
    with writing() as session:
        phone = a_phone(session, person.id, settings, utc_now())
    other_person = a_person(desk, "other")
    path = f"/devices/{phone.kid.hex()}/revocation"
    assert call(desk.staff, f"/people/{other_person.public}{path}", REASON).status_code == 404
    assert count(Credential, Credential.revoked_at.is_(None)) == 1
    for _ in range(2):
        assert call(desk.staff, f"/people/{person.public}{path}", REASON).status_code == 204
    assert count(Credential, Credential.revoked_at.is_(None)) == 0
    assert audited("device.revoke") == 1


def test_a_lost_phone_ends_everything_it_could_do_and_frees_the_way_for_a_new_one(
    desk: Desk, person: Person, settings: Settings
) -> None:
    owner = signed_in(desk.app, person.id)
    now = utc_now()
    with writing() as session:
        make_feed(session, person.id, now)
        for _ in range(credentials.KEYS_A_DAY):
            a_phone(session, person.id, settings, now - timedelta(minutes=1))
    with writing() as session, pytest.raises(DomainError, match="too_many_devices"):
        a_phone(session, person.id, settings, now)
    answer = call(desk.staff, f"/people/{person.public}/phone-replacements", REASON)
    assert (answer.status_code, answer.get_json()) == (
        201,
        {"devices": FIRST_RULES.devices, "receipt": None},
    )
    assert count(Credential, Credential.revoked_at.is_(None)) == 0
    assert owner.get("/api/v1/me").status_code == 401
    assert count(CalendarFeed) == 0, "a calendar on that phone fetched the bookings"
    assert (
        count(
            SignInSession, SignInSession.member_id == person.id, SignInSession.revoked_at.is_(None)
        )
        == 0
    )
    fresh = signed_in(desk.app, person.id).post(
        "/api/v1/me/devices", json={"public_key": a_point()[1].hex()}
    )
    assert fresh.status_code == 201
    with reading() as session:
        mail = session.scalars(
            select(OutboxMail).where(OutboxMail.template == "desk/phone_replaced")
        ).one()
    assert mail.recipient == "matti@zone.example"


def test_invalid_reasons_are_refused_and_nothing_is_stored(desk: Desk, person: Person) -> None:
    rows = audited()
    for path in ("phone-replacements", "devices/00/revocation"):
        for body in (
            {},
            {"reason": ""},
            {"reason": "   "},
            {"reason": 5},
            {"reason": "x" * 501},
            REASON | {"x": 1},
        ):
            assert call(desk.staff, f"/people/{person.public}/{path}", body).status_code == 422, (
                path,
                body,
            )
    assert audited() == rows
