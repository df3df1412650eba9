"""Enrolling, limiting, certifying and revoking the keys of phones."""

import stat
import threading
import time
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from firmware_bridge.wire import token as codes
from tests.world.booking import NOW, a_session
from tests.world.people import an_actor, signed_in
from tests.world.races import at_once, settled
from tests.world.site import Site, a_member, a_point
from zone.access.credentials import queries as credentials_queries
from zone.access.credentials import service as credentials
from zone.access.credentials.models import Credential
from zone.access.credentials.rules import phone_name
from zone.access.entries.models import UsedCode
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.issuer_keys import service as issuer_keys
from zone.access.pass_page import queries as pass_page_queries
from zone.booking.bookings.service import book
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.text import initials
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.members.people.queries import member_by_id
from zone.members.roles.service import grant_role
from zone.members.sign_in_sessions.queries import actor_of_token
from zone.members.sign_in_sessions.service import open_session
from zone.members.suspensions import service as suspensions
from zone.passes.pass_rules.rules import FIRST_RULES, PassRules
from zone.passes.pass_rules.service import set_pass_rules

ENGLISH = {"Accept-Language": "en"}


def enrol(
    member: int,
    settings: Settings,
    point: bytes | None = None,
    hours: float = 0,
    actor: Actor | None = None,
) -> credentials.EnrolledKey:
    with writing() as session:
        return credentials.enrol_key(
            session,
            member,
            point=point or a_point()[1],
            label="phone",
            now=NOW + timedelta(hours=hours),
            settings=settings,
            actor=actor,
        )


def live(member: int) -> list[bytes]:
    with reading() as session:
        return [key.kid for key in credentials_queries.live_keys(session, member)]


@pytest.fixture
def member(site: Site) -> int:
    with writing() as session:
        return a_member(session, site, "student")[0]


def refused(*args: object, **named: object) -> str:
    with pytest.raises(DomainError) as caught:
        enrol(*args, **named)  # type: ignore[arg-type]  # as enrol
    return caught.value.code


def test_the_certificate_proves_that_the_key_is_the_holders(
    member: int, settings: Settings
) -> None:
    key, point = a_point()
    enrolled = enrol(member, settings, point)
    certificate = codes.parse_certificate(enrolled.certificate)
    assert (
        codes.verify_certificate(
            certificate, issuer_queries.issuers(settings.keys), NOW.timestamp()
        )
        is None
    )
    assert (certificate.holder, certificate.point) == (
        enrolled.holder,
        codes.compress(key.public_key()),
    )
    assert enrolled.kid == codes.compute_kid(key.public_key())
    assert enrolled.known_from == NOW + timedelta(minutes=15)


def test_the_same_key_again_is_the_same_phone(member: int, settings: Settings) -> None:
    _, point = a_point()
    first, again = enrol(member, settings, point), enrol(member, settings, point, hours=1)
    assert first.kid == again.kid
    assert live(member) == [first.kid]
    assert (
        codes.parse_certificate(again.certificate).exp
        > codes.parse_certificate(first.certificate).exp
    )


def check_devices_are_capped(member: int, settings: Settings) -> None:
    kids = [enrol(member, settings, hours=hour).kid for hour in range(4)]
    assert live(member) == kids[1:]


def test_a_fourth_phone_replaces_the_oldest(member: int, settings: Settings) -> None:
    check_devices_are_capped(member, settings)


@pytest.mark.planted_fault("no limit of keys for a pass")
def test_enrolling_without_the_cap_fails_the_check(
    member: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "most_devices", lambda _session, _now: 99)
    with pytest.raises(AssertionError):
        check_devices_are_capped(member, settings)


def test_new_keys_are_limited_within_24_hours(member: int, settings: Settings) -> None:
    for hour in range(credentials.KEYS_A_DAY):
        enrol(member, settings, hours=hour)
    assert refused(member, settings, hours=6) == "too_many_devices"
    enrol(member, settings, hours=24)


def test_the_rules_say_how_many_phones_hold_a_pass(member: int, settings: Settings) -> None:
    with writing() as session:
        manager = an_actor(member, "manager")
        set_pass_rules(session, manager, helsinki_date(NOW), PassRules(devices=1), NOW)
    kids = [enrol(member, settings, hours=hour).kid for hour in range(2)]
    assert live(member) == kids[1:]


@pytest.mark.engines("sqlite", "postgresql")
def test_concurrent_enrolments_keep_both_limits(
    app: Flask, member: int, settings: Settings
) -> None:
    check_limits_hold_at_once(app, member, settings)


@pytest.mark.engines("postgresql")  # SQLite has one writer, which waits without the lock too
@pytest.mark.planted_fault("two phones at once do not wait for each other")
def test_enrolments_without_the_lock_fail_the_check(
    app: Flask, member: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def holder_without_lock(session: Session, member_id: int) -> int:
        held: int = session.get_one(Member, member_id).holder
        time.sleep(0.05)  # all have read before one writes
        return held

    monkeypatch.setattr(credentials, "lock_holder", holder_without_lock)
    with pytest.raises(AssertionError):
        check_limits_hold_at_once(app, member, settings)


def check_limits_hold_at_once(app: Flask, member: int, settings: Settings) -> None:
    """Check that of eight phones at once five are let in, and three stay."""

    def attempt() -> str:
        try:
            return enrol(member, settings).kid.hex()
        except DomainError as error:
            return error.code

    answers = at_once(app, [attempt] * 8)
    assert answers.count("too_many_devices") == 8 - credentials.KEYS_A_DAY
    assert len(live(member)) == FIRST_RULES.devices


def test_a_revoked_or_foreign_key_is_refused(site: Site, member: int, settings: Settings) -> None:
    _, point = a_point()
    enrolled = enrol(member, settings, point)
    with writing() as session:
        other, _ = a_member(session, site, "other")
    assert refused(other, settings, point) == "key_taken"
    with writing() as session:
        credentials.revoke_key(session, member, enrolled.kid, NOW)
    assert refused(member, settings, point) == "key_taken"
    assert live(member) == []


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("point", [b"", b"\x04" + bytes(64), bytes(65), b"\x02" + b"\xff" * 32])
def test_bytes_that_are_no_point_of_the_curve_are_refused(
    member: int, settings: Settings, point: bytes
) -> None:
    with writing() as session, pytest.raises(DomainError) as caught:
        credentials.enrol_key(session, member, point=point, label="", now=NOW, settings=settings)
    assert caught.value.code == "key_invalid"


def test_members_revoke_only_their_own_keys(site: Site, member: int, settings: Settings) -> None:
    enrolled = enrol(member, settings)
    with writing() as session:
        other, _ = a_member(session, site, "other")
    with pytest.raises(DomainError), writing() as session:
        credentials.revoke_key(session, other, enrolled.kid, NOW)
    assert live(member) == [enrolled.kid]


def test_the_newest_issuer_signs_and_all_verify(member: int, settings: Settings) -> None:
    old = codes.parse_certificate(enrol(member, settings).certificate)
    assert issuer_keys.add_issuer(settings.keys, NOW) == 2
    new = codes.parse_certificate(enrol(member, settings).certificate)
    assert (old.issuer, new.issuer) == (1, 2)
    for certificate in (old, new):
        assert (
            codes.verify_certificate(
                certificate, issuer_queries.issuers(settings.keys), NOW.timestamp()
            )
            is None
        )


@pytest.mark.engines("sqlite")
def test_issuer_keys_are_readable_by_their_owner_only(settings: Settings) -> None:
    issuer_keys.ensure_issuer(settings.keys)
    assert stat.S_IMODE((settings.keys / "issuer-1.pem").stat().st_mode) == 0o600
    assert [path.name for path in settings.keys.iterdir()] == ["issuer-1.pem"]


@pytest.mark.engines("sqlite", "postgresql")
def test_processes_that_start_together_make_one_issuer_key(app: Flask, settings: Settings) -> None:
    assert set(at_once(app, [lambda: issuer_keys.ensure_issuer(settings.keys)] * 8)) == {1}
    assert list(issuer_queries.issuers(settings.keys)) == [1]


def test_a_phone_is_enrolled_over_http(app: Flask, site: Site, settings: Settings) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "student")
    browser = signed_in(app, member)
    body = {"public_key": a_point()[1].hex(), "label": "  My\tphone "}
    made = browser.post("/api/v1/me/devices", json=body)
    answer = made.get_json()
    assert made.status_code == 201
    assert len(bytes.fromhex(answer["certificate"])) == 111
    assert answer["show_long_until"] - answer["server_time"] == 900
    shown = browser.get(f"/api/v1/me/pass?kid={answer['kid']}").get_json()
    assert shown["devices"] == [{"kid": answer["kid"], "label": "My phone", "current": True}]
    assert browser.delete(f"/api/v1/me/devices/{answer['kid']}").status_code == 204
    assert browser.get("/api/v1/me/pass").get_json()["devices"] == []
    assert browser.delete("/api/v1/me/devices/zz").status_code == 404


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("key", ["", "04", "zz" * 65, "02" + "11" * 32, "04" + "1" * 129])
def test_a_malformed_key_is_refused_over_http(app: Flask, member: int, key: str) -> None:
    answered = signed_in(app, member).post("/api/v1/me/devices", json={"public_key": key})
    assert (answered.status_code, answered.get_json()["code"]) == (422, "invalid_input")


@pytest.mark.engines("sqlite")
def test_the_pass_needs_a_sign_in(client: FlaskClient) -> None:
    assert client.get("/api/v1/me/pass").status_code == 401


def shown(member: int, hours: float = 0) -> dict[str, object]:
    with reading() as session:
        return pass_page_queries.own_pass(
            session, member, kid="", language="sv", now=NOW + timedelta(hours=hours)
        )


def test_the_pass_shows_its_product_and_the_next_booking(site: Site, member: int) -> None:
    with writing() as session:
        made = a_session(session, site.world)
        book(session, member_id=member, class_session=made.public_id, now=NOW)
    own = shown(member)
    assert own["state"] == "valid"
    assert own["product"] == {"fi": "Liikuntapassi", "sv": "Motionspass", "en": "Sports pass"}
    assert own["next_booking"] == {
        "starts_at": made.starts_at,
        "ends_at": made.ends_at,
        "name": {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"},
        "campus": "Metropolia Myllypuro",
        "space": "Studion",
        "door_notice": None,
    }
    assert shown(member, hours=7)["next_booking"] is None


def test_the_pass_shows_a_suspension_and_a_missing_pass(site: Site, member: int) -> None:
    with writing() as session:
        nobody, _ = a_member(session, site, "no-pass", with_pass=False)
        suspensions.add_suspension(
            session, member, reason="lent it out", ends_at=None, now=NOW, recorded_by=nobody
        )
    assert shown(nobody)["state"] == "no_pass"
    assert shown(member)["state"] == "suspended"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Aino Maria Virtanen", "AV"), ("Åsa", "Å"), ("", ""), ("  ", ""), ("aino aino", "A")],
)
def test_initials_are_the_first_letters_of_the_first_and_last_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_staff_suspend_and_lift_over_http(app: Flask, site: Site, member: int) -> None:
    with writing() as session:
        desk = desk_of(session, site)
        public_id = member_by_id(session, member).public_id
    browser = signed_in(app, desk)
    past = {"reason": "x", "ends_at": "2020-01-01T00:00:00Z"}
    address = f"/api/v1/members/{public_id}/suspensions"
    assert browser.post(address, json=past).get_json()["code"] == "ends_too_early"
    made = browser.post(address, json={"reason": "lent it out"})
    assert made.status_code == 201
    own = signed_in(app, member)
    assert own.get("/api/v1/me/pass").get_json()["state"] == "suspended"
    assert own.post(address, json={"reason": "x"}).status_code == 403
    assert browser.post(f"/api/v1/suspensions/{made.get_json()['id']}/lift").status_code == 204
    assert own.get("/api/v1/me/pass").get_json()["state"] != "suspended"


def desk_of(session: Session, site: Site) -> int:
    desk, _ = a_member(session, site, "desk", with_pass=False)
    grant_role(session, desk, "desk", utc_now())
    return desk


@pytest.mark.engines("sqlite", "postgresql")
def test_concurrent_enrolments_of_one_key_store_it_once(
    app: Flask, member: int, settings: Settings
) -> None:
    _, point = a_point()
    at_once(app, [lambda: enrol(member, settings, point)] * 4)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Credential)) == 1


@pytest.mark.parametrize("way", ["one phone", "every phone", "a fourth phone"])
def test_replacing_a_phone_revokes_a_key_made_after_its_now(
    member: int, settings: Settings, way: str
) -> None:
    """A request that waits for the lock holds a `now` from before the other request's key."""
    made = [enrol(member, settings, hours=1) for _ in range(3)]
    with writing() as session:
        if way == "one phone":
            credentials.revoke_key(session, member, made[0].kid, NOW)
        elif way == "every phone":
            credentials.replace_phone(session, member, actor_id=member, now=NOW)
    if way == "a fourth phone":
        enrol(member, settings)
    assert made[0].kid not in live(member)


@pytest.mark.engines("postgresql")
def test_a_lost_phone_gets_no_key_while_it_is_being_replaced(
    app: Flask, member: int, settings: Settings
) -> None:
    now, answers = utc_now(), list[str]()
    with writing() as session:
        token = open_session(session, member, now=now)
    with reading() as session:
        lost = actor_of_token(session, token, now)

    def enrol_lost() -> None:
        with app.app_context():
            answers.append(refused(member, settings, actor=lost))

    thread = threading.Thread(target=enrol_lost)
    with writing() as session:
        credentials.replace_phone(session, member, actor_id=member, now=now)
        thread.start()
        settled(thread)
    thread.join()
    assert (answers, live(member)) == (["sign_in_needed"], [])


@pytest.mark.engines("sqlite")
def test_signing_out_everywhere_says_what_becomes_of_the_phone(
    app: Flask, member: int, settings: Settings
) -> None:
    enrol(member, settings)
    words = signed_in(app, member).get("/me?lang=en").text
    assert "The pass on your phones still opens doors." in words
    assert "Sign out everywhere and take the pass off all my phones" in words
    here = signed_in(app, member)
    out = here.post("/sign-out", data={"everywhere": "1"})
    assert "still opens doors" in here.get(out.location, headers=ENGLISH).text
    assert len(live(member)) == 1


@pytest.mark.engines("sqlite")
def test_the_pass_is_taken_off_all_phones_with_signing_out_everywhere(
    app: Flask, site: Site, member: int, settings: Settings
) -> None:
    with writing() as session:
        other = a_member(session, site, "other")[0]
    for one in (member, member, other):
        enrol(one, settings)
    here, elsewhere = signed_in(app, member), signed_in(app, member)
    out = here.post("/me/devices/removal")
    assert "off every phone" in here.get(out.location, headers=ENGLISH).text
    assert (len(live(member)), len(live(other))) == (0, 1)
    assert [client.get("/api/v1/me").status_code for client in (here, elsewhere)] == [401, 401]


@pytest.mark.engines("sqlite")
def test_the_api_takes_the_pass_off_all_phones_apart_from_signing_out(
    app: Flask, member: int, settings: Settings
) -> None:
    for _ in range(2):
        enrol(member, settings)
    here = signed_in(app, member)
    assert [here.delete("/api/v1/me/devices").status_code for _ in range(2)] == [204, 204]
    assert live(member) == []
    assert here.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("", ""),
        ("Linux armv8l", "Android"),
        ("Linux x86_64", "Linux"),
        ("Win32", "Windows"),
        ("MacIntel", "macOS"),
        ("iPhone", "iPhone"),
        ("Aino's phone", "Aino's phone"),
    ],
)
def test_a_phone_has_a_name_that_its_person_knows(label: str, name: str) -> None:
    assert phone_name(label) == name


@pytest.mark.engines("sqlite")
def test_ones_own_page_names_the_phones_and_takes_the_pass_off_one(
    app: Flask, site: Site, member: int, settings: Settings
) -> None:
    kept, lost = (enrol(member, settings).kid for _ in range(2))
    with writing() as session:
        session.add(
            UsedCode(
                kid=kept, ts=1, area_id=site.studio, entry_uuid=uuid.uuid4(), occurred_at=utc_now()
            )
        )
    here = signed_in(app, member)
    _, point = a_point()
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36"}
    here.post("/api/v1/me/devices", json={"public_key": point.hex()}, headers=agent)
    page = here.get("/me?lang=en").text
    assert "Chrome, Android" in page
    assert "last used today" in page
    for _ in range(2):
        answer = here.post(f"/me/devices/{lost.hex()}/removal", follow_redirects=True)
        assert "The pass is off that phone." in answer.text
    assert lost not in live(member)
    assert kept in live(member)
    assert here.post("/me/devices/zz/removal").status_code == 404
    with writing() as session:
        other, _ = a_member(session, site, "other")
    assert signed_in(app, other).post(f"/me/devices/{kept.hex()}/removal").status_code == 404
