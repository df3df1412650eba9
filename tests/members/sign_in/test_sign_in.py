"""A code from the mail signs in its reader once, within ten minutes and five tries."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from tests.world import smtp
from tests.world.browsers import Browser, another, code_in
from tests.world.people import a_member
from tests.world.races import outcomes
from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail import delivery
from zone.core.mail.models import OutboxMail
from zone.members.people import queries as people_queries
from zone.members.people.models import Member
from zone.members.sign_in import flows as sign_in_flows
from zone.members.sign_in import rules as sign_in_rules
from zone.members.sign_in import service as sign_in
from zone.members.sign_in.errors import CODE_WRONG
from zone.members.sign_in.flows import NewSession
from zone.members.sign_in.models import SignInCode
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
EMAIL = "aino@example.org"
HOME = Browser()


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Browser:
    """The browser in which `ask` and `enter` are done, fresh for each test."""
    fresh = Browser()
    monkeypatch.setattr(f"{__name__}.HOME", fresh)
    return fresh


def ask(settings: Settings, *, email: str = EMAIL, now: datetime = NOW) -> str:
    """Ask for a code and read it in the waiting mail."""
    return HOME.ask(settings, email, now)


def enter(settings: Settings, code: str, *, email: str = EMAIL, now: datetime = NOW) -> NewSession:
    return HOME.enter(settings, email, code, now)


def test_the_mailed_code_signs_in(app: Flask, settings: Settings) -> None:
    ask(settings, email=" Aino@Example.org")
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        assert delivery.deliver(NOW, replace(settings, smtp_url=f"smtp://{address}")) == 1
    code = code_in(smtp.body_of(mailbox.mails[0]))
    token = enter(settings, code).token
    with reading() as session:
        actor = sign_in_sessions_queries.actor_of_token(session, token, NOW)
        member = people_queries.member_by_email(session, EMAIL)
    assert actor is not None
    assert member is not None
    assert (actor.id, actor.kind, actor.language, member.name) == (member.id, "person", "en", "")
    assert mailbox.recipients == [EMAIL]


def test_the_second_sign_in_is_the_same_person(app: Flask, settings: Settings) -> None:
    assert enter(settings, ask(settings)).nameless
    with writing() as session:
        session.execute(update(Member).values(name="Aino"))
    assert not enter(settings, ask(settings)).nameless
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Member)) == 1


def test_a_code_may_be_typed_as_people_type_it(app: Flask, settings: Settings) -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    for spelling in (
        "{a} {b}",
        " {a}-{b} ",
        "{a}{b}\n",
        "{a}–{b}",
        "\u200b{a}\xa0{b}\u200e",
        "wide",
    ):
        code = ask(settings)
        if spelling == "wide":
            assert enter(settings, code.translate(wide)).token
            continue
        assert enter(settings, spelling.format(a=code[:3], b=code[3:])).token


def test_a_code_works_once(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    enter(settings, code)
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code)


def test_a_code_works_for_ten_minutes(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code, now=NOW + sign_in_rules.CODE_LIFE)
    assert enter(settings, code, now=NOW + sign_in_rules.CODE_LIFE - timedelta(seconds=1)).token


def test_a_code_is_for_its_own_address(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    ask(settings, email="vaino@example.org")
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code, email="vaino@example.org")


def test_only_the_newest_code_works(app: Flask, settings: Settings) -> None:
    old, new = ask(settings), ask(settings)
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, old if old != new else another(new))
    assert enter(settings, new).token


def test_text_that_is_no_code_is_a_wrong_code(app: Flask, settings: Settings) -> None:
    ask(settings)
    for typed in ("", "12345", "1234567", "abcdef", "12345²", "½23456", "12345\x00"):
        with pytest.raises(DomainError, match="code_wrong"):
            enter(settings, typed)


def check_five_tries_is_all(settings: Settings) -> None:
    """After five wrong tries the right code does not work either."""
    code = ask(settings)
    for _ in range(sign_in_rules.MOST_TRIES):
        with pytest.raises(DomainError, match="code_wrong"):
            enter(settings, another(code))
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code)


def test_a_code_allows_five_attempts(app: Flask, settings: Settings) -> None:
    check_five_tries_is_all(settings)


@pytest.mark.planted_fault("a try is rolled back with its refusal")
def test_an_attempt_that_is_rolled_back_does_not_count(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    redeem = sign_in.redeem_code

    def refuse_at_once(session: Session, **kwargs: object) -> sign_in.Redemption:
        redeemed = redeem(session, **kwargs)  # type: ignore[arg-type] # passed through as it came
        if redeemed.member_id is None:
            raise DomainError(CODE_WRONG)
        return redeemed

    monkeypatch.setattr(sign_in, "redeem_code", refuse_at_once)
    with pytest.raises(pytest.fail.Exception):
        check_five_tries_is_all(settings)


def check_one_of_two_wins(app: Flask, settings: Settings) -> None:
    """Two who come at once with the right code: one is let in."""
    code = ask(settings)
    assert outcomes(app, [lambda: enter(settings, code)] * 2) == {"done": 1, "code_wrong": 1}


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_requests_with_one_code_one_signs_in(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email=EMAIL)
    check_one_of_two_wins(app, settings)


@pytest.mark.engines("sqlite", "postgresql")
def test_somebody_new_signs_in_in_several_browsers_at_once(app: Flask, settings: Settings) -> None:
    browsers = [Browser(f"192.0.2.{number}") for number in range(4)]
    codes = [browser.ask(settings, EMAIL, NOW) for browser in browsers]
    works = [
        partial(browser.enter, settings, EMAIL, code, NOW)
        for browser, code in zip(browsers, codes, strict=True)
    ]
    assert outcomes(app, works) == {"done": 4}
    with reading() as session:
        assert session.scalars(select(func.count()).select_from(Member)).one() == 1


@pytest.mark.thorough
@pytest.mark.planted_fault("a code is read and not used up")
def test_a_code_that_is_only_read_signs_both_in(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing() as session:
        a_member(session, email=EMAIL)
    both_have_looked = Barrier(2)

    def look(
        session: Session, email: str, browser: bytes, now: datetime
    ) -> sign_in.AttemptedCode | None:
        row = session.execute(select(SignInCode.id, SignInCode.digest)).one()
        session.rollback()  # lets go of SQLite's write lock, so that the other may look too
        both_have_looked.wait(10)
        return sign_in.AttemptedCode(row.id, row.digest)

    monkeypatch.setattr(sign_in, "count_attempt", look)
    with pytest.raises(AssertionError):
        check_one_of_two_wins(app, settings)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_a_sixth_try(app: Flask, settings: Settings) -> None:
    ask(settings)
    with pytest.raises(Exception, match="ck_sign_in_code_tries"), writing() as session:
        session.execute(text("UPDATE sign_in_code SET tries = 6"))


def test_codes_are_kept_under_a_key_that_is_not_in_the_database(
    app: Flask, settings: Settings
) -> None:
    code = ask(settings)
    with reading() as session:
        digest = session.scalars(select(SignInCode.digest)).one()
    assert digest != sign_in.code_digest(b"", EMAIL, code)
    file = settings.keys / sign_in_flows.KEY_FILE
    assert digest == sign_in.code_digest(file.read_bytes(), EMAIL, code)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.engines("sqlite", "postgresql")
def test_a_secret_made_by_two_at_once_is_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, ready = tmp_path_factory.mktemp("keys"), Barrier(8)

    def make(_: int) -> bytes:
        ready.wait(10)
        return secrets.current_secret(folder / "new", "one.key")

    with ThreadPoolExecutor(8) as pool:
        created = set(pool.map(make, range(8)))
    assert len(created) == 1
    assert len(created.pop()) == secrets.BYTES
    assert [file.name for file in (folder / "new").iterdir()] == ["one.key"]


def test_known_and_unknown_addresses_get_the_same_mail(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email="known@example.org")
        session.execute(update(Member).values(language="en"))
    for email in ("known@example.org", "unknown@example.org"):
        ask(settings, email=email)
    with reading() as session:
        subjects, bodies = zip(
            *session.execute(select(OutboxMail.subject, OutboxMail.body)), strict=True
        )
    assert len({re.sub(r"\d{6}", "", words) for words in subjects}) == 1
    assert len({re.sub(r"\d{6}", "", words) for words in bodies}) == 1


def test_a_known_person_gets_the_mail_in_their_own_language(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email=EMAIL)
    ask(settings)
    with reading() as session:
        assert "Koodisi" in session.scalars(select(OutboxMail.body)).one()


def test_codes_asked_for_by_one_client_are_limited(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sign_in_flows, "CODES_FROM_CLIENT", replace(sign_in_flows.CODES_FROM_CLIENT, most=3)
    )
    for n in range(3):
        ask(settings, email=f"{n}@example.org")
    with pytest.raises(DomainError, match="too_many_requests"):
        ask(settings, email="3@example.org")


def test_vain_tries_of_one_client_are_limited_over_all_addresses(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = replace(sign_in_flows.VAIN_TRIES_FROM_CLIENT, most=3)
    monkeypatch.setattr(sign_in_flows, "VAIN_TRIES_FROM_CLIENT", limit)
    for n in range(3):
        with pytest.raises(DomainError, match="code_wrong"):
            enter(settings, "000000", email=f"{n}@example.org")
    with pytest.raises(DomainError, match="too_many_requests"):
        enter(settings, "000000", email="3@example.org")
    assert enter(settings, ask(settings)).token, "who has a code is not kept out"


def test_a_code_that_no_longer_works_is_not_mailed(app: Flask, settings: Settings) -> None:
    """The mail server was down while somebody asked again."""
    ask(settings)
    newest = ask(settings, now=NOW + timedelta(minutes=1))
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        later = NOW + timedelta(minutes=2)
        delivery.deliver(later, replace(settings, smtp_url=f"smtp://{address}"))
    [mail] = mailbox.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert code_in(body.get_content()) == newest


def test_a_code_without_tries_left_is_not_mailed(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    for _ in range(sign_in_rules.MOST_TRIES):
        with pytest.raises(DomainError, match="code_wrong"):
            enter(settings, another(code))
    with smtp.server(smtp.Mailbox()) as address:
        assert delivery.deliver(NOW, replace(settings, smtp_url=f"smtp://{address}")) == 0
