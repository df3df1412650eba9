"""A person's e-mail address changes by a code to the new one, and the old one gets a notice."""

import hmac
import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.browsers import Browser
from tests.world.people import a_member, signed_in
from tests.world.races import outcomes
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail import service as mail
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.core.secrets import valid_secrets
from zone.members.email_changes import flows, service
from zone.members.email_changes.flows import Requester
from zone.members.email_changes.models import EmailChange
from zone.members.people.models import Member
from zone.members.sign_in import flows as sign_in_flows
from zone.members.sign_in import service as sign_in
from zone.members.sign_in.flows import KEY_FILE
from zone.members.sign_in.rules import CODE_LIFE, MOST_TRIES
from zone.members.sign_in_sessions import jobs

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
CLIENT = "192.0.2.1"
OLD, NEW = "aino@example.org", "aino.esimerkki@example.com"


@pytest.fixture
def aino(app: Flask) -> int:
    with writing() as session:
        return a_member(session, email=OLD, name="Aino Esimerkki").id


def ask(
    settings: Settings,
    member_id: int,
    email: str = NEW,
    now: datetime = NOW,
    client: str = CLIENT,
) -> str:
    """Ask for a change and read the code in the mail to the new address."""
    flows.request_change(Requester(member_id, client), email, settings, now)
    (mail,) = mails(email.strip().casefold())[-1:]
    assert re.search(r"\d{6}", mail.subject) is None
    code = re.search(r"\b\d{6}\b", mail.body)
    assert code is not None
    return code[0]


def mails(to: str) -> list[OutboxMail]:
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.recipient == to).order_by(OutboxMail.id)
        return list(session.scalars(query))


def address_of(member_id: int) -> str:
    with reading() as session:
        return session.scalars(select(Member.email).where(Member.id == member_id)).one()


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_code_changes_the_address_and_the_old_one_gets_a_notice(
    app: Flask, settings: Settings, aino: int
) -> None:
    code = ask(settings, aino, " Aino.Esimerkki@Example.com")
    assert address_of(aino) == OLD, "nothing changes before the code"
    flows.confirm_change(Requester(aino, CLIENT), f" {code[:3]} {code[3:]} ", settings, NOW)
    assert address_of(aino) == NEW
    (notice,) = mails(OLD)
    assert notice.template == "members/email_changed"
    assert NEW not in notice.body, "a stranger may read the old mailbox"
    with reading() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.action, row.actor_id) == ("email.change", aino)
    assert (row.before, row.after) == (f'{{"email": "{OLD}"}}', f'{{"email": "{NEW}"}}')


def test_a_code_works_once_for_ten_minutes_and_five_tries(
    app: Flask, settings: Settings, aino: int
) -> None:
    code = ask(settings, aino)
    with pytest.raises(DomainError, match="code_wrong"):
        flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW + CODE_LIFE)
    for _ in range(MOST_TRIES):
        with pytest.raises(DomainError, match="code_wrong"):
            flows.confirm_change(Requester(aino, CLIENT), another(code), settings, NOW)
    with pytest.raises(DomainError, match="code_wrong"):
        flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW)
    code = ask(settings, aino)
    flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW)
    with pytest.raises(DomainError, match="code_wrong"):
        flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW)


def test_waiting_mail_about_bookings_and_passes_follows(
    app: Flask, settings: Settings, aino: int
) -> None:
    """What says that something was done to the account stays: its new owner may be a thief."""
    with writing() as session:
        for template in ("passes/pass_ends", "desk/phone_replaced"):
            params = dict.fromkeys(("name", "product", "day", "url"), "x")
            mail.post(session, to=OLD, template=template, language="en", params=params, now=NOW)
    flows.confirm_change(Requester(aino, CLIENT), ask(settings, aino), settings, NOW)
    assert "passes/pass_ends" in [row.template for row in mails(NEW)]
    stayed = [row.template for row in mails(OLD)]
    assert stayed == ["desk/phone_replaced", "members/email_changed"]


def test_only_the_newest_code_works(app: Flask, settings: Settings, aino: int) -> None:
    first = ask(settings, aino)
    second = ask(settings, aino, "aino@example.net")
    if first != second:  # one in a million
        with pytest.raises(DomainError, match="code_wrong"):
            flows.confirm_change(Requester(aino, CLIENT), first, settings, NOW)
    flows.confirm_change(Requester(aino, CLIENT), second, settings, NOW)
    assert address_of(aino) == "aino@example.net"


def test_somebody_elses_address_is_refused_to_who_reads_its_mail_only(
    app: Flask, settings: Settings, aino: int
) -> None:
    with writing() as session:
        a_member(session, email=NEW)
    code = ask(settings, aino)  # the answer is the same as for a free address
    with pytest.raises(DomainError, match="code_wrong"):
        flows.confirm_change(Requester(aino, CLIENT), another(code), settings, NOW)
    with pytest.raises(DomainError, match="member_exists"):
        flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW)
    assert (address_of(aino), mails(OLD)) == (OLD, [])


def test_ones_own_address_and_an_invalid_one_are_refused(
    app: Flask, settings: Settings, aino: int
) -> None:
    for email, code in ((OLD.upper(), "email_unchanged"), ("aino@", "email_invalid")):
        with pytest.raises(DomainError, match=code):
            flows.request_change(Requester(aino, CLIENT), email, settings, NOW)
    assert mails(OLD) == []


def test_changes_are_limited_by_person(app: Flask, settings: Settings, aino: int) -> None:
    for _ in range(flows.CHANGES_BY_MEMBER.most):
        ask(settings, aino)
    with pytest.raises(DomainError, match="too_many_requests"):
        ask(settings, aino)


def codes_to(settings: Settings, clients: list[str]) -> int:
    """Return how many codes new people at these clients can send to one address."""
    sent = 0
    for client in clients:
        with writing() as session:
            member_id = a_member(session).id
        try:
            ask(settings, member_id, client=client)
        except DomainError:
            return sent
        sent += 1
    return sent


@pytest.mark.engines("sqlite")
def test_one_client_does_not_keep_somebody_from_their_new_address(
    app: Flask, settings: Settings, aino: int
) -> None:
    assert codes_to(settings, ["198.51.100.1"] * 30) == flows.CHANGES_FROM_CLIENT_TO_ADDRESS.most
    later = NOW + timedelta(hours=1)
    assert ask(settings, aino, now=NOW), "in the same hour"
    assert ask(settings, aino, now=later)


@pytest.mark.engines("sqlite")
def test_no_mailbox_is_filled(app: Flask, settings: Settings) -> None:
    clients = [f"198.51.100.{number}" for number in range(30)]
    assert codes_to(settings, clients) == flows.CHANGES_TO_ADDRESS.most


@pytest.mark.engines("sqlite")
def test_changes_that_succeed_are_not_counted(app: Flask, settings: Settings, aino: int) -> None:
    for number in range(2 * flows.CHANGES_BY_MEMBER.most):
        code = ask(settings, aino, f"a{number % 2}@example.com")
        flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW)


@pytest.mark.engines("sqlite")
def test_the_browser_stays_known_for_the_new_address(
    app: Flask, settings: Settings, aino: int
) -> None:
    browser = Browser(CLIENT)
    browser.enter(settings, OLD, browser.ask(settings, OLD, NOW), NOW)
    code = ask(settings, aino)
    browser.mark = flows.confirm_change(Requester(aino, CLIENT, browser.mark), code, settings, NOW)
    for number in range(sign_in_flows.CODES_TO_ADDRESS.most):
        Browser(f"198.51.100.{number}").ask(settings, NEW, NOW)
    with pytest.raises(DomainError, match="too_many_requests"):
        Browser("203.0.113.1").ask(settings, NEW, NOW)
    assert browser.enter(settings, NEW, browser.ask(settings, NEW, NOW), NOW).token


def check_a_code_changes_its_own_address_only(settings: Settings, aino: int) -> None:
    """Check that a code signs in nobody and changes no other person's address."""
    with writing() as session:
        other = a_member(session, email="other@example.org").id
    code, of_other = ask(settings, aino), ask(settings, other, "other@example.net")
    secrets = valid_secrets(settings.keys, KEY_FILE)
    with writing() as session:
        redemption = sign_in.redeem_code(
            session,
            email=NEW,
            code=code,
            browser="the browser that asked",
            language="en",
            now=NOW,
            secrets=secrets,
        )
        assert redemption.member_id is None
    if code != of_other:
        with pytest.raises(DomainError, match="code_wrong"):
            flows.confirm_change(Requester(other, CLIENT), code, settings, NOW)
    assert address_of(other) == "other@example.org"


def test_a_code_changes_its_own_address_only(app: Flask, settings: Settings, aino: int) -> None:
    check_a_code_changes_its_own_address_only(settings, aino)


def confirmed_without_a_matching_code(app: Flask, settings: Settings, aino: int) -> None:
    code = ask(settings, aino)
    with pytest.raises(DomainError, match="code_wrong"):
        flows.confirm_change(Requester(aino, CLIENT), another(code), settings, NOW)


@pytest.mark.thorough
@pytest.mark.planted_fault("every code matches")
def test_a_code_that_is_not_compared_fails_the_check(
    app: Flask, settings: Settings, aino: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed_without_a_matching_code(app, settings, aino)
    monkeypatch.setattr(hmac, "compare_digest", lambda *_: True)
    with pytest.raises(pytest.fail.Exception):
        confirmed_without_a_matching_code(app, settings, aino)


def check_of_two_who_take_an_address_one_gets_it(app: Flask, settings: Settings) -> None:
    with writing() as session:
        ids = [a_member(session).id for _ in range(4)]
    codes = {member_id: ask(settings, member_id) for member_id in ids}

    works = [
        partial(flows.confirm_change, Requester(member_id, CLIENT), codes[member_id], settings, NOW)
        for member_id in ids
    ]
    assert outcomes(app, works) == {"done": 1, "member_exists": 3}
    with reading() as session:
        taken = select(func.count()).select_from(Member).where(Member.email == NEW)
        assert session.scalars(taken).one() == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_of_those_who_take_an_address_at_once_one_gets_it(app: Flask, settings: Settings) -> None:
    check_of_two_who_take_an_address_one_gets_it(app, settings)


def test_codes_that_no_longer_work_are_deleted(app: Flask, settings: Settings, aino: int) -> None:
    ask(settings, aino)
    jobs.delete_expired(settings, NOW + CODE_LIFE + timedelta(seconds=1))
    with reading() as session:
        assert session.scalars(select(EmailChange)).all() == []


def test_a_restored_backup_changes_no_address(app: Flask, settings: Settings, aino: int) -> None:
    code = ask(settings, aino)
    with writing() as session:
        service.void_changes(session, NOW)
    with pytest.raises(DomainError, match="code_wrong"):
        flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW)


# The pages and the API.


@pytest.fixture
def browser(app: Flask, aino: int) -> FlaskClient:
    return signed_in(app, aino)


def code_for(email: str) -> str:
    code = re.search(r"\b\d{6}\b", mails(email)[-1].body)
    assert code is not None
    return code[0]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_address_is_changed_on_the_pages(
    browser: FlaskClient, aino: int, language: str
) -> None:
    asked = browser.post("/me/email", data={"email": NEW})
    assert (asked.status_code, asked.location) == (303, "/me/email")
    assert NEW in browser.get(f"/me/email?lang={language}").text
    wrong = browser.post("/me/email/confirmation", data={"code": another(code_for(NEW))})
    assert (wrong.status_code, NEW in wrong.text) == (401, True)
    for _ in range(2):  # the second tap leads to the same place
        done = browser.post("/me/email/confirmation", data={"code": code_for(NEW)})
        assert (done.status_code, done.location) == (303, "/me?done=email")
    assert browser.get_cookie("zone-browser"), "known for the new address"
    page = browser.get(done.location).text
    assert NEW in page
    assert 'role="status"' in page
    assert 'role="status"' not in browser.get(f"/me?done=email&lang={language}").text
    assert address_of(aino) == NEW
    assert NEW not in browser.get("/me/email").text


@pytest.mark.engines("sqlite")
def test_a_refused_address_is_shown_again(browser: FlaskClient) -> None:
    refused = browser.post("/me/email", data={"email": "aino@nowhere"})
    assert refused.status_code == 422
    assert "aino@nowhere" in refused.text
    assert browser.post("/me/email", data={}).status_code == 422


@pytest.mark.engines("sqlite")
def test_the_address_is_changed_by_the_api(browser: FlaskClient, aino: int) -> None:
    asked = browser.post("/api/v1/me/email-changes", json={"email": NEW})
    assert (asked.status_code, asked.json) == (202, {"minutes": 10})
    path = "/api/v1/me/email-changes/confirmation"
    assert browser.post(path, json={"code": another(code_for(NEW))}).status_code == 401
    done = browser.post(path, json={"code": code_for(NEW)})
    assert done.status_code == 200
    assert done.get_json()["email"] == NEW
    assert browser.get_cookie("zone-browser"), "known for the new address"
    assert browser.get("/api/v1/me").get_json()["email"] == NEW, "it stays signed in"
    assert utc_now() - CODE_LIFE < mails(OLD)[0].created_at


def test_only_the_newest_code_is_mailed(app: Flask, settings: Settings, aino: int) -> None:
    """A mail that waits does not reach an address that its person has corrected meanwhile."""
    ask(settings, aino, "aino.esimerki@example.com")
    code = ask(settings, aino, now=NOW + timedelta(minutes=1))

    def leaving() -> list[str]:
        with reading() as session:
            waiting = select(OutboxMail).where(OutboxMail.template == "members/email_change_code")
            rows = session.scalars(waiting.order_by(OutboxMail.id)).all()
            return [
                row.recipient
                for row in rows
                if still_holds(session, row.question, row.about, NOW + timedelta(minutes=2))
            ]

    assert leaving() == [NEW]
    assert flows.confirm_change(Requester(aino, CLIENT), code, settings, NOW + timedelta(minutes=2))
    assert leaving() == []
