"""An operator's error gives one clear line and an exit code, and changes nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import RunCommand
from tests.databases import with_schema
from zone.cli import main
from zone.core.config import SettingsError, load_settings
from zone.core.errors import OperationError
from zone.demo.machine.processes import environment, free_port, script


def check_clear(result: tuple[int, str], *words: str) -> None:
    """Check for exit code 2 and one line that has all the words, which name what to look at."""
    code, printed = result
    assert (code, printed[:6], printed.count("\n")) == (2, "zone: ", 1), printed
    assert [word for word in words if word not in printed] == []


@pytest.mark.parametrize("command", ["migrate", "serve", "doctor", "seed"])
def test_a_data_folder_that_cannot_be_made_is_named(zone: RunCommand, command: str) -> None:
    check_clear(zone(command, ZONE_DATA_DIR="/proc/nothing"), "/proc/nothing", "who may write it")


def test_a_data_folder_that_cannot_be_written_starts_no_server(zone: RunCommand) -> None:
    check_clear(zone("serve", "--port", str(free_port()), ZONE_DATA_DIR="/proc"), "/proc")


@pytest.mark.parametrize("command", [["migrate"], ["seed"], ["backup", "b"], ["rotate", "issuer"]])
def test_an_unreachable_database_is_reported(
    zone: RunCommand, tmp_path: Path, command: list[str]
) -> None:
    # Nothing listens on a free port.
    unreachable = f"postgresql+psycopg://zone:hidden@127.0.0.1:{free_port()}/zone"
    result = zone(*command, ZONE_DATA_DIR=str(tmp_path), ZONE_DATABASE_URL=unreachable)
    check_clear(result, "Connection refused", "ZONE_DATABASE_URL")
    assert "hidden" not in result[1]


def test_a_database_without_its_schema_is_reported(zone: RunCommand, tmp_path: Path) -> None:
    check_clear(zone("seed", ZONE_DATA_DIR=str(tmp_path)), "no such table", "zone migrate")


@pytest.mark.parametrize(
    ("kilobytes", "error"),
    [
        pytest.param(
            100,
            "disk I/O error",  # of SQLite: the copy of the database does not fit
            marks=pytest.mark.thorough,
        ),
        (4000, "File too large"),  # of the archive: the copy fits, and the 6 MB of keys do not
        pytest.param(8000, None, marks=pytest.mark.thorough),
    ],
)
def test_a_full_disk_leaves_no_half_backup(
    sqlite_template: Path, tmp_path: Path, kilobytes: int, error: str | None
) -> None:
    data, target = with_schema(tmp_path / "data", sqlite_template), tmp_path / "backups"
    target.mkdir()
    (data / "keys").mkdir(exist_ok=True)
    (data / "keys" / "large.key").write_bytes(os.urandom(6_000_000))
    backup = [script("zone"), "backup", "--with-keys", str(target)]
    # No file may become larger: that stops a backup just where a full disk would.
    made = subprocess.run(
        ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "-", *backup],
        env=environment({"ZONE_DATA_DIR": str(data)}),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert len(list(target.iterdir())) == (0 if error else 1)
    if error:
        check_clear((made.returncode, made.stderr), error, "room")


def test_the_data_folder_is_closed_to_other_users(zone: RunCommand, tmp_path: Path) -> None:
    assert zone("migrate", ZONE_DATA_DIR=str(tmp_path / "data"))[0] == 0
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


UNUSABLE = {
    "ZONE_DATABASE_URL": "postgresql://zone:hidden@host/zone",
    "ZONE_SMTP_URL": "user:hidden@mail.example.org:587",
    "ZONE_BASE_URL": "https://zone.example.org/",
    "ZONE_MAIL_FROM": "Zone",
    "ZONE_OPERATOR_MAIL": "nobody",
    "ZONE_PAYMENT_PROVIDER": "another",
    "ZONE_POOL_SIZE": "0",
    "ZONE_TRUSTED_PROXIES": "-1",
    "ZONE_LOG_FORMAT": "xml",
    "ZONE_PASS_WARNING_DAYS": "99999",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_setting_that_would_fail_later_fails_at_once_and_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        load_settings({name: UNUSABLE[name]})
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZONE_SMTP_URL", "smtp://mail.example.org:99999"),
        ("ZONE_BASE_URL", "https://zone.example.org:port"),
        ("ZONE_DATABASE_URL", "postgresql+psycopg://zone@host:port/zone"),
        ("ZONE_DATABASE_URL", "postgresql+psycopg://zone:p@ss@db.example.org/zone"),
        ("ZONE_DATABASE_URL", "postgresql+psycopg://zone:p@s/s@db.example.org/zone"),
        ("ZONE_DATABASE_URL", "postgresql+psycopg://zo/ne:pass@db.example.org/zone"),
        ("ZONE_OWNER_DATABASE_URL", "postgresql+psycopg://owner:p@ss@db.example.org/zone"),
        ("ZONE_DATABASE_URL", "sqlite:////srv/zone?/zone.sqlite"),
        ("ZONE_DATABASE_URL", "sqlite:////srv/zone?a=b/zone.sqlite"),
        ("ZONE_DATABASE_URL", "sqlite:////srv/zone.sqlite?mode=ro"),
        ("ZONE_DATABASE_URL", "sqlite:////srv/zone.sqlite?timeout=long"),
        ("ZONE_DATABASE_URL", "sqlite:///:memory:"),
        ("ZONE_DATABASE_URL", "sqlite:///file:/srv/zone.sqlite?uri=true"),
        ("ZONE_DATABASE_URL", "sqlite:///file:/srv/zone.sqlite"),
        ("ZONE_DATABASE_URL", "postgresql+psycopg://zone@db.example.org:0/zone"),
        ("ZONE_OWNER_DATABASE_URL", "postgresql+psycopg://zone@db.example.org:99999/zone"),
        ("ZONE_MAIL_FROM", "Zone <zone@x.example"),
        ("ZONE_MAIL_FROM", "Zone <zone@x..example>\n"),
        ("ZONE_MAIL_FROM", "Zone <zöne@x.example>"),
        ("ZONE_MAIL_FROM", "zone@x.example, other@x.example"),
        ("ZONE_MAIL_FROM", ""),
        ("ZONE_OWNER_DATABASE_URL", "postgresql+psycopg://owner@host:port/zone"),
        ("ZONE_SMTP_URL", "smtp://mail..example.org"),
        ("ZONE_SMTP_URL", "smtp://127.0.0.1:0"),
        ("ZONE_SMTP_URL", "smtp://u:12#3@mail.example.org"),
        ("ZONE_SMTP_URL", "smtp://u:12?3@mail.example.org"),
        ("ZONE_SMTP_URL", "smtp://u/1:secret@mail.example.org"),
        ("ZONE_SMTP_URL", "smtp://u#1:secret@mail.example.org:587"),
        ("ZONE_SMTP_URL", "smtp://:secret@mail.example.org"),
        ("ZONE_BASE_URL", "https://zone.example:0"),
        ("ZONE_SMTP_URL", f"smtp://{'m' * 64}.example.org"),
        ("ZONE_SMTP_URL", "smtps://zone:p%C3%A4ss@mail.example.org"),
        ("ZONE_SMTP_URL", "smtps://zöne:pass@mail.example.org"),
        ("ZONE_BASE_URL", "https://zone..example.org"),
        ("ZONE_BASE_URL", f"https://{'z' * 64}.example.org"),
        ("ZONE_BASE_URL", "https://zöne.example.org"),
        ("ZONE_BASE_URL", "https://user:pass@zone.example.org"),
        ("ZONE_BASE_URL", "https://zone.example.org?from=mail"),
        ("ZONE_BASE_URL", "https://zone.example.org#top"),
        ("ZONE_BASE_URL", "https://zone.example.org:"),
        ("ZONE_BASE_URL", "https://:8443"),
    ],
)
def test_a_setting_that_its_user_could_not_read_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZONE_SMTP_URL", "smtps://zone%40example.org:p%2Fw@mail.example.org"),
        ("ZONE_SMTP_URL", "smtp://[::1]:2525"),
        ("ZONE_SMTP_URL", ""),
        ("ZONE_DATABASE_URL", "postgresql+psycopg://zone@/zone?host=/var/run/postgresql"),
        ("ZONE_DATABASE_URL", "postgresql+psycopg://zone@db.example.org:6432/zone?sslmode=require"),
        ("ZONE_DATABASE_URL", "sqlite:////var/lib/zone/zone.sqlite"),
        ("ZONE_DATABASE_URL", "sqlite:////var/lib/zone%3Fa=b/100% #1/zone.sqlite"),
        ("ZONE_MAIL_FROM", "Zone <zone@zone.example.org>"),
        ("ZONE_MAIL_FROM", "zone@zone.example.org"),
        ("ZONE_MAIL_FROM", "Zone, liikunta <zone@x.example>"),
        ("ZONE_MAIL_FROM", 'Zone "Campus" (sports): <zone@x.example>'),
        ("ZONE_BASE_URL", "https://zone.example.org:8443"),
        ("ZONE_BASE_URL", "http://[::1]:8000"),
        ("ZONE_BASE_URL", "https://xn--zne-sna.example.org"),
        ("ZONE_SMTP_URL", "smtp://pöst.example.org"),
        ("ZONE_SELLER_ADDRESS", "Katu 1\n00100 Helsinki"),
    ],
)
def test_a_usable_setting_is_read_as_it_is_written(name: str, value: str) -> None:
    assert getattr(load_settings({name: value}), name.removeprefix("ZONE_").lower()) == value


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize(
    "name",
    ["ZONE_DATA_DIR", "ZONE_KEYS_DIR", "ZONE_BACKUP_DIR", "ZONE_SELLER_VAT", "ZONE_DEMO"],
)
def test_an_empty_folder_or_switch_is_as_if_it_were_not_set(name: str, value: str) -> None:
    assert load_settings({name: value}) == load_settings({})


def test_a_file_that_holds_no_settings_is_reported(zone: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "zone.env").write_bytes(b"\xff\xfe")
    check_clear(zone("--env", str(tmp_path / "zone.env"), "doctor"), "cannot be read")


@pytest.mark.planted_fault("an error that no handler puts into words")
def test_an_error_that_no_handler_catches_fails_the_check(
    zone: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `except OSError` in `main` then means another class.
    monkeypatch.setattr(main, "OSError", OperationError, raising=False)
    with pytest.raises(OSError, match="nothing"):
        zone("migrate", ZONE_DATA_DIR="/proc/nothing")
