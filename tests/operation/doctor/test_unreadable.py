"""`zone doctor` goes on where something stored cannot be read, and says what."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from tests.world.doctor import findings
from zone.cli.operating import opened
from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.members.sign_in.flows import KEY_FILE
from zone.operation.doctor.findings import Finding

pytestmark = pytest.mark.engines("sqlite")


def failed(found: list[Finding], check: str) -> list[str]:
    return [one.what for one in found if one.check == check and one.level == "fail"]


UNREADABLE = {
    "rows": "UPDATE pass SET entitlements = 'gym'",
    "held": "UPDATE allocation SET ends_at = 'noon'",
    "bridges": "UPDATE bridge SET seen_at = 'never'",
    "jobs": "UPDATE member SET created_at = 'then'",
}


def test_a_row_that_cannot_be_read_fails_its_own_check(service: Settings) -> None:
    with writing() as session:
        for statement in UNREADABLE.values():
            session.execute(text(statement))
    found = findings(service)
    for check in UNREADABLE:
        assert ["cannot be checked" in what for what in failed(found, check)] == [True], check
    assert found[-1].check == "mail_words", "all checks ran"


@pytest.mark.thorough
def test_a_damaged_key_is_reported(service: Settings) -> None:
    for name in ("issuer-7.pem", KEY_FILE, "issuer-1.pem"):
        path = service.keys / name
        for content in (b"", b"short", b"Signs-From: yesterday\n"):
            path.unlink(missing_ok=True)
            secrets.write_new(path, content)
            found = findings(service, quick=True)
            assert len(failed(found, "keys")) == 1, (name, content)
            assert found[-1].check == "mail_words"
        path.unlink()


def test_what_is_no_file_of_ours_hides_nothing(service: Settings) -> None:
    (service.keys / "old").symlink_to("/nonexistent")
    (service.keys / "folder").mkdir()
    found = findings(service, quick=True)
    assert failed(found, "keys") == []
    assert found[-1].check == "mail_words"


@pytest.mark.parametrize("size", [0, 31])
def test_a_secret_that_is_too_short_proves_nothing(
    app: Flask, settings: Settings, size: int
) -> None:
    secrets.write_new(settings.keys / KEY_FILE, b"k" * size)
    with pytest.raises(OSError, match="too short"):
        secrets.valid_secrets(settings.keys, KEY_FILE)


def test_a_name_that_is_no_time_is_no_backup(service: Settings, tmp_path: Path) -> None:
    for name in ("zone-20261399T000000Z.tar.gz", "zone-20260101T990000Z.tar.gz"):
        (tmp_path / name).write_bytes(b"\x1f\x8b")
    seen = findings(replace(service, backup_dir=tmp_path), quick=True)
    assert ["there is none" in one.what for one in seen if one.check == "backups"] == [True]


@pytest.mark.own_database
def test_a_file_that_is_no_database_is_called_so(settings: Settings) -> None:
    with opened(settings):
        Path(settings.database_url.removeprefix("sqlite:///")).write_bytes(b"no database" * 999)
        assert "not a database" in failed(findings(settings), "database")[0]


@pytest.mark.own_database
def test_two_revisions_are_reported(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))) as file:
        file.execute("INSERT INTO alembic_version VALUES ('0001')")
        file.commit()
    with opened(settings):
        assert "more than one revision" in failed(findings(settings), "migrations")[0]
