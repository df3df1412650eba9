"""Limits slow whoever guesses, and keep nobody out of their own account."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests.world.browsers import Browser, another, newest_code
from tests.world.people import a_browser, a_member
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.rate_limit.models import AttemptCount
from zone.members.roles import service as roles
from zone.members.sign_in import flows, rules, service
from zone.members.sign_in.models import SignInCode

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
BOSS = "boss@example.org"
GOOD = "correct horse battery"
SECRET = b"s" * 32


@pytest.fixture
def boss(app: Flask) -> str:
    """The address of an administrator."""
    with writing() as session:
        roles.create_admin(session, email=BOSS, name="Boss", password=GOOD, now=NOW)
    return BOSS


def attack(
    settings: Settings, client: str, *, passwords: int = 25, codes: int = 7, now: datetime = NOW
) -> None:
    """Try passwords at the administrator's account, ask for codes and type wrong ones."""
    stranger = Browser(client)
    for _ in range(passwords):
        with suppress(DomainError):
            stranger.enter_password(settings, BOSS, "wrong wrong wrong", now)
    for _ in range(codes):
        with suppress(DomainError):
            stranger.ask(settings, BOSS, now)
        for _ in range(rules.MOST_TRIES):
            with suppress(DomainError):
                stranger.enter(settings, BOSS, "000000", now)


def check_the_owner_gets_in(settings: Settings, owner: Browser) -> None:
    """Check that the owner signs in by password, and by a code with some wrong tries before."""
    assert owner.enter_password(settings, BOSS, GOOD, NOW).token
    code = owner.ask(settings, BOSS, NOW)
    with pytest.raises(DomainError, match="code_wrong"):
        owner.enter(settings, BOSS, another(code), NOW)
    assert owner.enter(settings, BOSS, code, NOW).token


@pytest.mark.usefixtures("boss")
def test_one_attacker_keeps_nobody_out_of_a_new_browser(app: Flask, settings: Settings) -> None:
    attack(settings, "198.51.100.1")
    check_the_owner_gets_in(settings, Browser("192.0.2.1"))


def check_many_attackers_keep_out_no_known_browser(settings: Settings) -> None:
    """Check that a browser that signed in before is welcome whatever others do, also nearby."""
    known = Browser("192.0.2.1")
    known.enter_password(settings, BOSS, GOOD, NOW)
    attack(settings, known.client)
    for number in range(5):
        attack(settings, f"198.51.100.{number}")
    with pytest.raises(DomainError, match="too_many_requests"):
        Browser("203.0.113.1").enter_password(settings, BOSS, GOOD, NOW)
    check_the_owner_gets_in(settings, known)


@pytest.mark.thorough
@pytest.mark.engines("sqlite", thorough="postgresql")  # hundreds of sign-ins
@pytest.mark.usefixtures("boss")
def test_many_attackers_keep_out_no_known_browser(app: Flask, settings: Settings) -> None:
    check_many_attackers_keep_out_no_known_browser(settings)


@pytest.mark.thorough
@pytest.mark.engines("sqlite", thorough="postgresql")  # hundreds of sign-ins
@pytest.mark.usefixtures("boss")
@pytest.mark.planted_fault("no browser is known")
def test_without_known_browsers_the_owner_is_locked_out(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "known_browser", lambda *_: None)
    with pytest.raises(DomainError, match="too_many_requests"):
        check_many_attackers_keep_out_no_known_browser(settings)


def check_others_cannot_touch_a_code(settings: Settings) -> None:
    """Check that a code works where it was asked for, and that others neither use nor spoil it."""
    owner, stranger = Browser("192.0.2.1"), Browser("198.51.100.1")
    code = owner.ask(settings, BOSS, NOW)
    for browser in (Browser("198.51.100.2"), Browser("198.51.100.3", asked="x" * 43), stranger):
        for typed in (code, another(code), "nonsense"):
            for _ in range(rules.MOST_TRIES):
                with pytest.raises(DomainError, match="code_wrong"):
                    browser.enter(settings, BOSS, typed, NOW)
    with reading() as session:
        assert session.scalars(select(SignInCode.tries)).all() == [0]
    stranger.ask(settings, BOSS, NOW)
    with pytest.raises(DomainError, match="code_wrong"):
        stranger.enter(settings, BOSS, code, NOW)
    assert owner.enter(settings, BOSS, code, NOW).token, "another's code does not void it"


def test_others_cannot_touch_a_code(app: Flask, settings: Settings) -> None:
    check_others_cannot_touch_a_code(settings)


@pytest.mark.thorough
@pytest.mark.planted_fault("a code works in every browser")
def test_a_code_for_every_browser_fails_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = service.count_attempt

    def count_everywhere(session: Session, email: str, _browser: bytes, now: datetime) -> Any:
        newest = select(SignInCode.browser).order_by(SignInCode.id.desc())
        return count(session, email, session.scalars(newest).first() or b"", now)

    monkeypatch.setattr(service, "count_attempt", count_everywhere)
    with pytest.raises(pytest.fail.Exception):
        check_others_cannot_touch_a_code(settings)


@pytest.mark.engines("sqlite", thorough="postgresql")  # hundreds of sign-ins
@pytest.mark.usefixtures("boss")
def test_successes_do_not_count(app: Flask, settings: Settings) -> None:
    for number in range(30):
        new = Browser("192.0.2.1")
        assert new.enter_password(settings, BOSS, GOOD, NOW).token
        email = BOSS if number % 2 else f"{number}@example.org"
        assert new.enter(settings, email, new.ask(settings, email, NOW), NOW).token
    with reading() as session:
        assert set(session.scalars(select(AttemptCount.made))) == {0}


@pytest.mark.usefixtures("boss")
def test_guessing_is_slow_in_a_known_browser_too(app: Flask, settings: Settings) -> None:
    known = Browser()
    known.enter_password(settings, BOSS, GOOD, NOW)
    for _ in range(flows.PASSWORDS_OF_BROWSER.most):
        with pytest.raises(DomainError, match="password_wrong"):
            known.enter_password(settings, BOSS, "wrong wrong wrong", NOW)
    with pytest.raises(DomainError, match="too_many_requests"):
        known.enter_password(settings, BOSS, GOOD, NOW)
    for _ in range(flows.CODES_OF_BROWSER.most):
        known.ask(settings, BOSS, NOW)
    with pytest.raises(DomainError, match="too_many_requests"):
        known.ask(settings, BOSS, NOW)
    later = NOW + timedelta(minutes=15)
    assert known.enter_password(settings, BOSS, GOOD, later).token


def test_strangers_to_one_address_are_limited_together(app: Flask, settings: Settings) -> None:
    for number in range(flows.CODES_TO_ADDRESS.most):
        Browser(f"192.0.2.{number}").ask(settings, BOSS, NOW)
    with pytest.raises(DomainError, match="too_many_requests"):
        Browser("198.51.100.1").ask(settings, BOSS, NOW)
    Browser("198.51.100.1").ask(settings, "vaino@example.org", NOW)
    Browser("198.51.100.1").ask(settings, BOSS, NOW + timedelta(hours=1))


def test_one_client_cannot_use_up_what_an_address_allows() -> None:
    for one, all_of_them in (
        (flows.CODES_FROM_CLIENT_TO_ADDRESS, flows.CODES_TO_ADDRESS),
        (flows.PASSWORDS_FROM_CLIENT_TO_ADDRESS, flows.PASSWORDS_TO_ADDRESS),
    ):
        assert one.window == all_of_them.window
        assert 2 * one.most < all_of_them.most, "windows are fixed: twice at a boundary"


def test_a_refused_attempt_uses_up_no_other_limit(app: Flask, settings: Settings) -> None:
    attack(settings, "198.51.100.1", passwords=60, codes=0)
    with reading() as session:
        most = session.scalar(select(func.max(AttemptCount.made)))
    assert most == flows.PASSWORDS_FROM_CLIENT_TO_ADDRESS.most


def test_a_mark_is_of_its_browser_and_of_its_people() -> None:
    mark, browser, other = "", "b" * 43, "c" * 43
    for number in range(rules.MOST_KNOWN + 2):
        mark = rules.mark_browser(mark, f"{number}@example.org", SECRET, browser)
    known = [
        bool(rules.known_browser(mark, f"{number}@example.org", [SECRET]))
        for number in range(rules.MOST_KNOWN + 2)
    ]
    assert known == [False, False, *[True] * rules.MOST_KNOWN], "the last ones are known"
    newest = f"{rules.MOST_KNOWN + 1}@example.org"
    assert rules.known_browser(mark, newest, [b"new" * 11, SECRET]) == browser, "after a rotation"
    for forged in (mark.replace(browser, other), mark[:-1], mark + ".", "", browser, "ö" * 90):
        assert rules.known_browser(forged, newest, [SECRET]) is None
    assert rules.known_browser(mark, newest, [b"n" * 32]) is None
    assert "@" not in mark


@pytest.mark.engines("sqlite", thorough="postgresql")  # hundreds of sign-ins
@pytest.mark.usefixtures("boss")
def test_failed_sign_ins_of_staff_are_on_record_and_bounded(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email="member@example.org")
    for email in (BOSS, "member@example.org", "nobody@example.org"):
        with pytest.raises(DomainError, match="password_wrong"):
            Browser().enter_password(settings, email, "wrong wrong wrong", NOW)
        browser = Browser()
        code = browser.ask(settings, email, NOW)
        with pytest.raises(DomainError, match="code_wrong"):
            browser.enter(settings, email, another(code), NOW)
    failures = select(AuditRow.after).where(AuditRow.action == "sign_in.fail")
    with reading() as session:
        assert session.scalars(failures.order_by(AuditRow.id)).all() == [
            '{"known_browser": false, "means": "password"}',
            '{"known_browser": false, "means": "code"}',
        ]
    for number in range(4):
        attack(settings, f"198.51.100.{number}")
    with reading() as session:
        assert len(session.scalars(failures).all()) == flows.AUDITED_FAILURES.most


def cookies_of(answer: Any) -> dict[str, str]:
    return {line.split("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("base", ["", "/api/v1"])
def test_a_code_works_only_in_the_client_that_asked(app: Flask, base: str) -> None:
    owner, other = a_browser(app), a_browser(app)

    def send(client: FlaskClient, path: str, **data: str) -> Any:
        return client.post(base + path, **{"json" if base else "data": data})

    sent = send(owner, "/sign-in/code", email=BOSS)
    cookie = cookies_of(sent)["zone-code"]
    for words in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert words in cookie
    code = newest_code()
    answers = [send(other, "/sign-in", email=BOSS, code=typed) for typed in (code, another(code))]
    assert [answer.status_code for answer in answers] == [401, 401]
    bodies = {answer.text.replace(str(answer.headers["X-Request-ID"]), "") for answer in answers}
    assert len({body.replace(code, "").replace(another(code), "") for body in bodies}) == 1
    entered = send(owner, "/sign-in", email=BOSS, code=code)
    assert entered.status_code == (204 if base else 303)
    cookies = cookies_of(entered)
    assert "Max-Age=0" in cookies["zone-code"]
    assert "HttpOnly" in cookies["zone-browser"]
    owner.post("/sign-out")
    assert owner.get_cookie("zone-browser") is not None, "it stays known after signing out"


@pytest.mark.engines("sqlite")
def test_a_code_from_before_the_upgrade_works_nowhere(app: Flask, settings: Settings) -> None:
    browser = Browser()
    code = browser.ask(settings, BOSS, NOW)
    with writing() as session:
        session.execute(update(SignInCode).values(browser=None))
    with pytest.raises(DomainError, match="code_wrong"):
        browser.enter(settings, BOSS, code, NOW)
    with reading() as session:
        assert session.scalars(select(func.count(OutboxMail.id))).one() == 1


@pytest.mark.thorough
def test_a_campus_that_is_full_is_told_to_come_back_within_a_minute(
    app: Flask, settings: Settings
) -> None:
    """When a term opens hundreds wait for their codes behind one address; each who signs in makes
    room.
    """
    with pytest.raises(DomainError, match="too_many_requests") as refused:
        for number in range(flows.CODES_FROM_CLIENT.most + 1):
            Browser("campus").ask(settings, f"p{number}@example.org", NOW)
    assert refused.value.extra["retry_after"] <= 60
