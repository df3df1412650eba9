"""The command `zone` as an operator types it."""

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from zone.app import create_app
from zone.cli.main import zone as zone_command
from zone.core.config import Settings, SettingsError, load_settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.demo.machine.processes import environment, script
from zone.members.people.models import Member
from zone.members.roles.queries import service_roles


def zone(
    data: Path, *arguments: str, given: str = "", **settings: str
) -> "subprocess.CompletedProcess[str]":
    env = environment({"ZONE_DATA_DIR": str(data)} | settings)
    return subprocess.run(
        [script("zone"), *arguments],
        env=env,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_migrate_seed_and_a_first_admin_make_a_service(tmp_path: Path) -> None:
    password = "seven quiet lamps outside"
    for command in (("migrate",), ("seed",), ("seed",)):
        done = zone(tmp_path, *command)
        assert done.returncode == 0, done.stderr
    done = zone(
        tmp_path,
        "admin",
        "create",
        "Boss@Zone.Example",
        "--name",
        "Pomo",
        given=f"{password}\n{password}\n",
    )
    assert done.returncode == 0, done.stderr
    assert "boss@zone.example is an admin: a new account." in done.stdout
    again = zone(
        tmp_path,
        "admin",
        "create",
        "boss@zone.example",
        "--name",
        "Other",
        given=f"{password}\n" * 2,
    )
    assert again.returncode == 0, again.stderr
    assert "was an admin already; the name stays Pomo" in again.stdout
    assert "Ended: 0 sign-in sessions, 0 API tokens" in again.stdout
    reset = zone(tmp_path, "admin", "password", "boss@zone.example", given=f"{password}s\n" * 2)
    assert "boss@zone.example has a new password." in reset.stdout
    nobody = zone(tmp_path, "admin", "password", "no@zone.example", given=f"{password}\n" * 2)
    assert nobody.returncode == 2
    assert "zone admin create no@zone.example" in nobody.stderr
    with create_app(Settings(data_dir=tmp_path)).app_context():
        with reading() as session:
            boss = session.scalars(select(Member)).one()
            assert (boss.email, boss.name) == ("boss@zone.example", "Pomo")
            assert service_roles(session, boss.id) == {"admin"}
        db.engine.dispose()


@pytest.mark.parametrize("name", ["  ", "\u034f", "x" * 121])
def test_an_admin_has_a_name_that_can_be_seen(name: str) -> None:
    """Asked before anything is opened."""
    arguments = ["admin", "create", "boss@zone.example", "--name", name, "--password", "x"]
    done = CliRunner().invoke(zone_command, arguments)
    assert done.exit_code == 2
    assert "1 to 120 characters" in done.output


def test_a_weak_password_is_refused_with_a_sentence(tmp_path: Path) -> None:
    zone(tmp_path, "migrate")
    done = zone(
        tmp_path, "admin", "create", "boss@zone.example", "--name", "Pomo", "--password", "short"
    )
    assert done.returncode == 2
    assert "password" in done.stderr.lower()
    assert "Traceback" not in done.stderr
    done = zone(
        tmp_path,
        *("admin", "create", "boss@zone.example", "--name", "Pomo", "--password", "Zone2026Zone!"),
    )
    assert done.returncode == 2
    assert "too easy to guess" in done.stderr


def test_a_password_that_is_no_text_is_refused_with_a_sentence(tmp_path: Path) -> None:
    zone(tmp_path, "migrate")
    broken = os.fsdecode(b"Xk9vT2mQp4Lz\xff\xfe")
    done = zone(
        tmp_path,
        *("admin", "create", "boss@zone.example", "--name", "Pomo"),
        *("--password", broken),
    )
    assert done.returncode == 2
    assert "not UTF-8" in done.stderr


def test_an_unknown_setting_is_an_error_that_names_it(tmp_path: Path) -> None:
    done = zone(tmp_path, "migrate", ZONE_DATABSE_URL="sqlite://")
    assert done.returncode == 2
    assert "ZONE_DATABSE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_typed_and_frozen() -> None:
    settings = load_settings(
        {"ZONE_POOL_SIZE": "9", "ZONE_DEMO": "on", "ZONE_DATA_DIR": "/srv/zone", "HOME": "/"}
    )
    assert (settings.pool_size, settings.demo, settings.data_dir) == (9, True, Path("/srv/zone"))
    with pytest.raises(AttributeError):
        settings.demo = False  # type: ignore[misc]  # the fault itself


@pytest.mark.parametrize(("name", "value"), [("ZONE_POOL_SIZE", "many"), ("ZONE_DEMO", "perhaps")])
def test_a_setting_that_cannot_be_read_is_an_error(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


def test_the_environment_of_the_tests_holds_no_settings() -> None:
    assert {name for name in os.environ if name.startswith("ZONE_")} <= {
        "ZONE_REQUIRE",
        "ZONE_LEAVE_OUT",
        "ZONE_TEST_DATABASE_URL",
    }
