"""Rotating secrets and issuer keys interrupts no phone, door or mail."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from firmware_bridge.wire import token as codes
from tests.members.sign_in.test_sign_in import NOW, ask, enter
from tests.world import rig as rigs
from tests.world.people import a_member
from tests.world.push import PushBrowser, a_signed_in_actor, subscriptions
from tests.world.rig import SITE, Phone, Rig, rigged
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.issuer_keys import service as issuer_keys
from zone.cli.main import zone
from zone.core import secrets
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError, OperationError
from zone.members.push import flows as push_flows
from zone.members.push.providers.push_service import Reach
from zone.members.sign_in import flows as sign_in_flows
from zone.operation.secrets import service as secrets_service
from zone.passes.payments.providers.development import KEY_FILE, development_provider
from zone.passes.payments.providers.protocol import AmountDue

LONG_AFTER = timedelta(days=30)


# A door.


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Rig]:
    with rigged(tmp_path) as rig:
        rig.start()
        yield rig


class Site:
    """A door, the keys of its server, and a person with phones that the door does not know."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.folder, self.person = rig, folder, Phone()
        self.now = datetime.fromtimestamp(rigs.now(), UTC)
        self.tell_issuers()
        rig.know(self.person)

    def tell_issuers(self) -> None:
        """Apply the next poll, and return when the door has it."""
        issuer_keys.ensure_issuer(self.folder)  # as the API of the roster does
        self.rig.peer.change_site(replace(SITE, issuers=issuer_queries.raw_issuers(self.folder)))
        self.rig.event("changes")

    def new_phone(self, at: datetime) -> str:
        """Return the first code of a phone that was enrolled at `at`."""
        number, key = issuer_keys.signing_key(self.folder, at)
        phone, here = Phone(), int(self.now.timestamp())
        holder = self.person.holder.holder
        cert = codes.issue_certificate(
            key, number, holder, phone.point, nbf=here - 3600, exp=here + 86400
        )
        return codes.sign_long(phone.key, cert, int(rigs.now()))

    def light(self, code: str) -> object:
        return self.rig.scan(code)["light"]


def check_every_phone_opens_the_door(site: Site) -> None:
    """The property: phones enrolled before, during and after the rotation open the door."""
    before = site.new_phone(site.now)
    rotated = secrets_service.rotate_issuer(site.folder, site.now)
    assert site.light(site.new_phone(site.now)) == "green", (
        "a door that has not heard of the new issuer"
    )
    site.tell_issuers()
    assert site.light(before) == "green"
    assert site.light(site.new_phone(site.now + timedelta(hours=3))) == "green"
    secrets_service.drop_old_issuers(site.folder, rotated.drop_from)
    site.tell_issuers()
    assert site.light(site.new_phone(rotated.drop_from)) == "green"
    assert site.light(site.person.code()) == "green", (
        "a phone that the door knows needs no certificate"
    )


def test_doors_and_phones_go_on_through_a_rotation_of_the_issuer(door: Rig, tmp_path: Path) -> None:
    check_every_phone_opens_the_door(Site(door, tmp_path / "keys"))


@pytest.mark.thorough
@pytest.mark.planted_fault("a new issuer signs before the doors know it")
def test_a_new_issuer_that_signs_before_the_doors_have_heard_of_it_fails_the_check(
    door: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "SIGNS_AFTER", timedelta(0))
    with pytest.raises(AssertionError, match="not heard"):
        check_every_phone_opens_the_door(Site(door, tmp_path / "keys"))


@pytest.mark.thorough
@pytest.mark.planted_fault("an issuer that is replaced without an overlap")
def test_an_issuer_that_is_replaced_without_an_overlap_fails_the_check(
    door: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate_issuer = secrets_service.rotate_issuer

    def replaced(folder: Path, now: datetime) -> secrets_service.Rotated:
        done = rotate_issuer(folder, now)
        secrets_service.drop_old_issuers(folder, now, at_once=True)
        return done

    monkeypatch.setattr(secrets_service, "rotate_issuer", replaced)
    with pytest.raises(AssertionError):
        check_every_phone_opens_the_door(Site(door, tmp_path / "keys"))


# The files.


def test_a_new_issuer_is_sent_to_doors_before_it_signs(tmp_path: Path) -> None:
    issuer_keys.ensure_issuer(tmp_path)
    rotated = secrets_service.rotate_issuer(tmp_path, NOW)
    assert list(issuer_queries.issuers(tmp_path)) == [1, 2]
    signing = [
        issuer_keys.signing_key(tmp_path, NOW + timedelta(hours=hours))[0] for hours in (0, 1, 2, 3)
    ]
    assert signing == [1, 1, 2, 2]
    with pytest.raises(OperationError, match="does not sign yet"):
        secrets_service.rotate_issuer(tmp_path, NOW)
    assert secrets_service.drop_old_issuers(tmp_path, NOW) == []
    with pytest.raises(OperationError, match="still needed until"):
        secrets_service.drop_old_issuers(tmp_path, NOW + timedelta(hours=3))
    assert secrets_service.drop_old_issuers(tmp_path, rotated.drop_from) == ["issuer-1.pem"]
    assert list(issuer_queries.issuers(tmp_path)) == [2]


def test_a_stolen_issuer_is_deleted_at_once(tmp_path: Path) -> None:
    issuer_keys.ensure_issuer(tmp_path)
    secrets_service.rotate_issuer(tmp_path, NOW)
    assert secrets_service.drop_old_issuers(tmp_path, NOW, at_once=True) == ["issuer-1.pem"]
    assert issuer_keys.signing_key(tmp_path, NOW)[0] == 2


def test_new_files_are_for_the_service_alone(tmp_path: Path) -> None:
    secrets.current_secret(tmp_path, sign_in_flows.KEY_FILE)
    secrets_service.rotate_secrets(tmp_path, NOW)
    secrets_service.rotate_issuer(tmp_path, NOW)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("at", ["the content", "the name"])
def test_a_power_cut_in_the_middle_leaves_what_worked(
    tmp_path: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise OSError("power")

    before = (
        secrets.valid_secrets(tmp_path, sign_in_flows.KEY_FILE),
        issuer_queries.raw_issuers(tmp_path),
    )
    with monkeypatch.context() as power:
        power.setattr(*((Path, "hardlink_to", cut) if at == "the name" else (os, "fsync", cut)))
        for rotation in (secrets_service.rotate_secrets, secrets_service.rotate_issuer):
            with pytest.raises(OSError, match="power"):
                rotation(tmp_path, NOW)
    assert (
        secrets.valid_secrets(tmp_path, sign_in_flows.KEY_FILE),
        issuer_queries.raw_issuers(tmp_path),
    ) == before


# Codes in mails, and payments.


def check_a_sent_code_signs_in(settings: Settings) -> None:
    code = ask(settings)
    secrets_service.rotate_secrets(settings.keys, NOW)
    enter(settings, code)


def test_a_code_that_was_sent_before_a_rotation_signs_in_after_it(
    app: Flask, settings: Settings
) -> None:
    check_a_sent_code_signs_in(settings)


@pytest.mark.planted_fault("secrets are replaced without an overlap")
def test_without_an_overlap_sent_codes_are_refused(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = secrets.valid_secrets
    monkeypatch.setattr(secrets, "valid_secrets", lambda folder, name: every(folder, name)[:1])
    with pytest.raises(DomainError, match="code_wrong"):
        check_a_sent_code_signs_in(settings)


def test_a_deleted_secret_verifies_nothing(app: Flask, settings: Settings) -> None:
    code = ask(settings)
    made = secrets.rotate(settings.keys, sign_in_flows.KEY_FILE)
    born = datetime.fromtimestamp(made.stat().st_mtime, UTC)
    with pytest.raises(OperationError, match="still needed"):
        secrets_service.drop_old_secrets(settings.keys, born + timedelta(hours=1))
    assert secrets_service.drop_old_secrets(settings.keys, born + secrets_service.OVERLAP) == [
        sign_in_flows.KEY_FILE
    ]
    with pytest.raises(DomainError, match="code_wrong"):
        enter(settings, code)
    later = NOW + timedelta(minutes=1)
    enter(settings, ask(settings, now=later), now=later)


def test_a_payment_page_that_is_open_during_a_rotation_still_pays(tmp_path: Path) -> None:
    due = AmountDue("reference", 1900, "EUR")
    fields = dict(
        pair.split("=")
        for pair in development_provider(tmp_path).page_address(due).partition("?")[2].split("&")
    )
    secrets.rotate(tmp_path, KEY_FILE)
    assert development_provider(tmp_path).due(fields | {"reference": due.reference}) == due


# The command.


def test_the_command_says_when_the_old_may_go_and_leaves_an_audit_row(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZONE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ZONE_DATABASE_URL", settings.database_url)
    issuer_keys.ensure_issuer(settings.keys)
    made = CliRunner().invoke(zone, ["rotate", "issuer"])
    assert "issuer-2.pem" in made.output
    assert "zone rotate issuer --drop-old" in made.output
    gone = CliRunner().invoke(zone, ["rotate", "issuer", "--drop-old", "--at-once"])
    assert "issuer-1.pem" in gone.output
    with reading() as session:
        rows = session.execute(
            select(AuditRow.action, AuditRow.object_id).order_by(AuditRow.id)
        ).all()
    assert rows == [("keys.rotated", "issuer-2.pem"), ("keys.dropped", "issuer-1.pem")]


def test_a_key_of_notifications_that_is_dropped_turns_them_off_where_it_is_known(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing() as session:
        member = a_member(session).id
    for _ in range(2):
        actor, _token = a_signed_in_actor(member, NOW)
        key = push_flows.server_key(settings)
        browser = PushBrowser(f"https://push.example/{key}", key)
        reach = Reach(resolve=lambda _host: ["93.184.215.14"])
        push_flows.subscribe(actor, browser.subscription(), settings, NOW, reach)
        rotated = secrets_service.rotate_push(settings.keys, NOW)
    assert rotated.made == ("push.3.key",)
    with pytest.raises(OperationError, match="still needed until"):
        secrets_service.drop_old_push(settings.keys, utc_now() + timedelta(days=29))
    assert len(secrets_service.push_keys(settings.keys)) == 3
    monkeypatch.setenv("ZONE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ZONE_DATABASE_URL", settings.database_url)
    gone = CliRunner().invoke(zone, ["rotate", "push", "--drop-old", "--at-once"])
    assert "push.2.key" in gone.output
    assert list(subscriptions()) == []
