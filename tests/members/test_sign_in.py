"""A code from the mail signs in once; a staff password is the way in when mail is down; sessions end when told to."""

import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from tests import smtp
from tests.members.people import a_member
from zone import outbox
from zone.config import Settings
from zone.core import keyfile
from zone.core.errors import DomainError
from zone.db import reading, writing
from zone.members import entrance, jobs, passwords, queries, rules, service, sessions, sign_in
from zone.members.entrance import Entered, Visitor
from zone.members.errors import CODE_WRONG
from zone.members.models import AuditRow, Member, SignInCode, SignInSession
from zone.outbox import OutboxMail

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
EMAIL = "aino@example.org"
AT_HOME = Visitor("192.0.2.1", "en")
GOOD = "correct horse battery"
LATER = timedelta(minutes=16)
"""In the next window of every limit."""


def ask(settings: Settings, *, email: str = EMAIL, now: datetime = NOW, visitor: Visitor = AT_HOME) -> str:
    """Ask for a code and read it in the waiting mail."""
    entrance.ask_for_code(email, visitor, settings, now)
    with reading() as session:
        body = session.scalars(select(OutboxMail.body).order_by(OutboxMail.id.desc())).first()
    return code_in(body or "")


def code_in(mail: str) -> str:
    found = re.search(r"\b\d{6}\b", mail)
    assert found is not None
    return found[0]


def enter(settings: Settings, code: str, *, email: str = EMAIL, now: datetime = NOW) -> Entered:
    return entrance.enter_by_code(email, code, AT_HOME, settings, now)


def another(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_code_travels_by_mail_and_signs_in(app: Flask, settings: Settings) -> None:
    entrance.ask_for_code(" Aino@Example.org", AT_HOME, settings, NOW)
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        assert outbox.deliver(NOW, replace(settings, smtp_url=f"smtp://{address}")) == 1
    code = code_in(smtp.body_of(mailbox.mails[0]))
    token = enter(settings, code).token
    with reading() as session:
        actor = service.actor_of_token(session, token, NOW)
        member = queries.member_by_email(session, EMAIL)
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


@pytest.mark.parametrize("spelling", ["{a} {b}", " {a}-{b} ", "{a}{b}\n"])
def test_a_code_may_be_typed_as_people_type_it(app: Flask, settings: Settings, spelling: str) -> None:
    code = ask(settings)
    assert enter(settings, spelling.format(a=code[:3], b=code[3:])).token


def test_a_code_works_once(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    enter(settings, code)
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code)


def test_a_code_works_for_ten_minutes(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code, now=NOW + rules.CODE_LIFE)
    assert enter(settings, code, now=NOW + rules.CODE_LIFE - timedelta(seconds=1)).token


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


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\x00"])
def test_what_is_no_code_is_wrong(app: Flask, settings: Settings, typed: str) -> None:
    ask(settings)
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, typed)


def check_five_tries_is_all(settings: Settings) -> None:
    """After five wrong tries the right code does not work either."""
    code = ask(settings)
    for _ in range(rules.MOST_TRIES):
        with pytest.raises(DomainError, match="code_wrong"):
            enter(settings, another(code))
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code)


def test_a_code_stands_five_tries(app: Flask, settings: Settings) -> None:
    check_five_tries_is_all(settings)


def test_twin_a_try_that_is_rolled_back_with_its_refusal_does_not_count(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    redeem = sign_in.redeem

    def refuse_at_once(session: Session, **given: object) -> int:
        member_id = redeem(session, **given)  # type: ignore[arg-type] # passed through as it came
        if member_id is None:
            raise DomainError(CODE_WRONG)
        return member_id

    monkeypatch.setattr(sign_in, "redeem", refuse_at_once)
    with pytest.raises(pytest.fail.Exception):
        check_five_tries_is_all(settings)


def check_one_of_two_wins(app: Flask, settings: Settings) -> None:
    """Two who come at once with the right code: one is let in."""
    code, ready = ask(settings), Barrier(2)

    def come() -> bool:
        with app.app_context():
            ready.wait(10)
            try:
                enter(settings, code)
            except DomainError:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        came = [pool.submit(come) for _ in range(2)]
        assert [one.result(30) for one in came].count(True) == 1


def test_of_two_with_the_same_code_one_gets_in(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email=EMAIL)
    check_one_of_two_wins(app, settings)


def test_twin_a_code_that_is_only_looked_at_lets_both_in(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing() as session:
        a_member(session, email=EMAIL)
    both_have_looked = Barrier(2)

    def look(session: Session, email: str, now: datetime) -> sign_in.Counted | None:
        row = session.execute(select(SignInCode.id, SignInCode.digest)).one()
        session.rollback()  # lets go of SQLite's write lock, so that the other may look too
        both_have_looked.wait(10)
        return sign_in.Counted(row.id, row.digest)

    monkeypatch.setattr(sign_in, "count_try", look)
    with pytest.raises(AssertionError):
        check_one_of_two_wins(app, settings)


def test_the_database_refuses_a_sixth_try(app: Flask, settings: Settings) -> None:
    ask(settings)
    with pytest.raises(Exception, match="ck_sign_in_code_tries"), writing() as session:
        session.execute(text("UPDATE sign_in_code SET tries = 6"))


def test_codes_are_kept_under_a_key_that_is_not_in_the_database(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    with reading() as session:
        digest = session.scalars(select(SignInCode.digest)).one()
    assert digest != sign_in.digest_of(b"", EMAIL, code)
    file = settings.keys / entrance.KEY_FILE
    assert digest == sign_in.digest_of(file.read_bytes(), EMAIL, code)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_secret_made_by_two_at_once_is_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, ready = tmp_path_factory.mktemp("keys"), Barrier(8)

    def make(_: int) -> bytes:
        ready.wait(10)
        return keyfile.secret.__wrapped__(folder / "new", "one.key")

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(make, range(8)))
    assert len(made) == 1
    assert len(made.pop()) == keyfile.BYTES
    assert [file.name for file in (folder / "new").iterdir()] == ["one.key"]


def test_known_and_unknown_addresses_get_the_same_mail(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email="known@example.org")
        session.execute(update(Member).values(language="en"))
    for email in ("known@example.org", "unknown@example.org"):
        ask(settings, email=email)
    with reading() as session:
        subjects, bodies = zip(*session.execute(select(OutboxMail.subject, OutboxMail.body)), strict=True)
    assert len({re.sub(r"\d{6}", "", words) for words in subjects}) == 1
    assert len({re.sub(r"\d{6}", "", words) for words in bodies}) == 1


def test_a_known_person_gets_the_mail_in_their_own_language(app: Flask, settings: Settings) -> None:
    with writing() as session:
        a_member(session, email=EMAIL)
    ask(settings)
    with reading() as session:
        assert "Koodisi" in session.scalars(select(OutboxMail.body)).one()


def test_codes_to_one_address_are_limited_whoever_asks(app: Flask, settings: Settings) -> None:
    for n in range(entrance.CODES_FOR_ADDRESS.most):
        ask(settings, visitor=Visitor(f"192.0.2.{n}", "en"))
    with pytest.raises(DomainError, match="too_many_requests"):
        ask(settings, visitor=Visitor("192.0.2.99", "en"))
    ask(settings, email="vaino@example.org")
    ask(settings, now=NOW + LATER)


def test_codes_asked_for_by_one_client_are_limited(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "CODES_FROM_CLIENT", replace(entrance.CODES_FROM_CLIENT, most=3))
    for n in range(3):
        ask(settings, email=f"{n}@example.org")
    with pytest.raises(DomainError, match="too_many_requests"):
        ask(settings, email="3@example.org")


def test_tries_of_one_client_are_limited_over_all_addresses(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "TRIES_FROM_CLIENT", replace(entrance.TRIES_FROM_CLIENT, most=3))
    for n in range(3):
        with pytest.raises(DomainError, match="code_wrong"):
            enter(settings, "000000", email=f"{n}@example.org")
    with pytest.raises(DomainError, match="too_many_requests"):
        enter(settings, "000000", email="3@example.org")


# Passwords of staff


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """argon2 as ever, with little memory and one pass."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()


def an_admin(password: str = GOOD) -> Member:
    with writing() as session:
        return service.create_admin(session, email="Boss@example.org", name="Boss", password=password, now=NOW)


@pytest.mark.usefixtures("cheap_hashes")
def test_an_admin_is_made_with_a_password_and_signs_in_with_it(app: Flask) -> None:
    admin = an_admin()
    token = entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW).token
    with reading() as session:
        actor = service.actor_of_token(session, token, NOW)
        audited = session.scalars(select(AuditRow.action)).all()
    assert actor is not None
    assert (actor.id, actor.roles) == (admin.id, frozenset({"admin"}))
    assert audited == ["admin.create"]


@pytest.mark.usefixtures("cheap_hashes")
def test_making_an_admin_again_changes_the_password_and_ends_their_sessions(app: Flask) -> None:
    first = an_admin()
    token = entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW).token
    assert an_admin("another long password").id == first.id
    with reading() as session:
        assert service.actor_of_token(session, token, NOW) is None
    with pytest.raises(DomainError, match="password_wrong"):
        entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW)
    assert entrance.enter_by_password("boss@example.org", "another long password", AT_HOME, NOW).token


@pytest.mark.usefixtures("cheap_hashes")
def test_a_short_password_is_refused_with_the_length_to_choose(app: Flask) -> None:
    with pytest.raises(DomainError, match="password_weak") as refused:
        an_admin("short")
    assert refused.value.params == {"least": 12}


@pytest.mark.usefixtures("cheap_hashes")
def test_a_wrong_password_and_an_unknown_address_look_alike(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    an_admin()
    with writing() as session:
        a_member(session, email=EMAIL)
    verified: list[str] = []
    verify = passwords._verify

    def noted(hashed: str, password: str) -> bool:
        verified.append(hashed)
        return verify(hashed, password)

    monkeypatch.setattr(passwords, "_verify", noted)
    for email in ("boss@example.org", "nobody@example.org", EMAIL):
        with pytest.raises(DomainError, match="password_wrong"):
            entrance.enter_by_password(email, "wrong wrong wrong", AT_HOME, NOW)
    assert len(verified) == 3, "each costs one verification"
    assert all(hashed.startswith("$argon2id$") for hashed in verified)


@pytest.mark.usefixtures("cheap_hashes")
def test_passwords_for_one_address_are_limited(app: Flask) -> None:
    an_admin()
    for _ in range(entrance.PASSWORDS_FOR_ADDRESS.most):
        with pytest.raises(DomainError, match="password_wrong"):
            entrance.enter_by_password("boss@example.org", "wrong wrong wrong", AT_HOME, NOW)
    with pytest.raises(DomainError, match="too_many_requests"):
        entrance.enter_by_password("boss@example.org", GOOD, AT_HOME, NOW)


# Sessions


def a_session(*roles: str) -> tuple[int, str]:
    """A person with these service roles, signed in; their id and token."""
    with writing() as session:
        member = a_member(session)
        for role in roles:
            service.grant_role(session, member.id, role, NOW)
        return member.id, service.open_session(session, member.id, now=NOW)


def lives(token: str, now: datetime) -> bool:
    with reading() as session:
        return service.actor_of_token(session, token, now) is not None


@pytest.mark.parametrize(("roles", "life"), [((), timedelta(days=30)), (("desk",), timedelta(hours=12))])
def test_a_session_lives_as_long_as_its_roles_allow(app: Flask, roles: tuple[str, ...], life: timedelta) -> None:
    _, token = a_session(*roles)
    assert lives(token, NOW + life - timedelta(seconds=1))
    assert not lives(token, NOW + life)


def test_use_slides_the_end_of_a_session(app: Flask) -> None:
    _, token = a_session("desk")
    with reading() as session:
        early = sessions.look_up(session, token, NOW + timedelta(minutes=1))
        late = sessions.look_up(session, token, NOW + timedelta(hours=11))
    assert early is not None
    assert late is not None
    assert (early.stale, late.stale) == (False, True), "not written at every request"
    with writing() as session:
        sessions.note_use(session, late.session_id, NOW + timedelta(hours=11))
    assert lives(token, NOW + timedelta(hours=22))


def test_a_role_given_later_shortens_the_session_at_once(app: Flask) -> None:
    member_id, token = a_session()
    assert lives(token, NOW + timedelta(days=1))
    with writing() as session:
        service.grant_role(session, member_id, "admin", NOW)
    assert not lives(token, NOW + timedelta(days=1))


def test_signing_out_ends_one_session_or_all(app: Flask) -> None:
    member_id, first = a_session()
    with writing() as session:
        second, third = (service.open_session(session, member_id, now=NOW) for _ in range(2))
        seen = sessions.look_up(session, first, NOW)
        assert seen is not None
        service.end_session(session, seen.session_id, NOW)
    assert [lives(token, NOW) for token in (first, second, third)] == [False, True, True]
    with writing() as session:
        service.end_all_sessions(session, member_id, NOW)
    assert [lives(token, NOW) for token in (second, third)] == [False, False]


def test_the_token_is_nowhere_in_the_database(app: Flask) -> None:
    _, token = a_session()
    with reading() as session:
        digest = session.scalars(select(SignInSession.digest)).one()
    assert token.encode() not in digest
    assert not lives(digest.hex(), NOW)


def test_proven_affiliations_are_roles_while_they_hold(app: Flask) -> None:
    member_id, token = a_session()
    with writing() as session:
        affiliation = service.add_affiliation(
            session, member_id, institution_code="laurea", role="student", study_region=None
        )
        service.prove(
            session, affiliation.id, source="register", valid_from=NOW.date(), valid_until=NOW.date(), now=NOW,
            recorded_by=None,
        )  # fmt: skip
    with reading() as session:
        today = service.actor_of_token(session, token, NOW)
        tomorrow = service.actor_of_token(session, token, NOW + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    assert (today.roles, tomorrow.roles) == (frozenset({"student"}), frozenset())


def test_what_is_spent_is_swept_out_and_what_lives_is_not(app: Flask, settings: Settings) -> None:
    member_id, kept = a_session()
    with writing() as session:
        service.open_session(session, member_id, now=NOW - timedelta(days=70))
    ask(settings)
    assert jobs.sweep(settings, NOW) == 1, "the session that nobody used for 70 days"
    assert jobs.sweep(settings, NOW + LATER) == 3, "the code, and the counts for address and client"
    assert lives(kept, NOW)
