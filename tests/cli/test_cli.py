"""The command `zone` as an operator types it."""

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.cli.conftest import RunCommand
from tests.world.commands import environment_of
from zone.app import create_app
from zone.cli.main import zone as zone_command
from zone.core.config import Settings, SettingsError, load_settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.core.errors import OperationError
from zone.demo.machine.processes import environment, script
from zone.members.people.models import Member
from zone.members.roles.queries import service_roles


def in_a_process(
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


def in_this_process(data: Path, *arguments: str, given: str = "") -> Result:
    """Run a command that does not end by an error, or return its exception."""
    return CliRunner().invoke(
        zone_command, arguments, input=given, env={"ZONE_DATA_DIR": str(data)}
    )


def test_migrate_seed_and_a_first_admin_make_a_service(tmp_path: Path) -> None:
    password = "seven quiet lamps outside"
    create = ("admin", "create")
    for command, given in (
        (("migrate",), ""),
        (("seed",), ""),
        ((*create, "Boss@Zone.Example", "--name", "Pomo", "--language", "sv"), f"{password}\n" * 2),
    ):
        done = in_a_process(tmp_path, *command, given=given)
        assert done.returncode == 0, done.stderr
    assert "boss@zone.example is an admin: a new account." in done.stdout
    assert in_this_process(tmp_path, "seed").exit_code == 0, "doing it again changes nothing"
    again = in_this_process(
        tmp_path, *create, "boss@zone.example", "--name", "Other", given=f"{password}\n" * 2
    )
    assert again.exit_code == 0, again.output
    assert "was an admin already; the name stays Pomo" in again.stdout
    assert "Ended: 0 sign-in sessions, 0 API tokens" in again.stdout
    change = ("admin", "password")
    reset = in_this_process(tmp_path, *change, "boss@zone.example", given=f"{password}s\n" * 2)
    assert "boss@zone.example has a new password." in reset.stdout
    nobody = in_this_process(tmp_path, *change, "no@zone.example", given=f"{password}\n" * 2)
    assert isinstance(nobody.exception, OperationError)
    assert "zone admin create no@zone.example" in str(nobody.exception)
    with create_app(Settings(data_dir=tmp_path)).app_context():
        with reading() as session:
            boss = session.scalars(select(Member)).one()
            assert (boss.email, boss.name, boss.language) == ("boss@zone.example", "Pomo", "sv")
            assert service_roles(session, boss.id) == {"admin"}
        db.engine.dispose()


@pytest.mark.parametrize("name", ["  ", "\u034f", "x" * 121])
def test_an_admin_has_a_name_that_can_be_seen(name: str) -> None:
    """Asked before anything is opened."""
    arguments = ["admin", "create", "boss@zone.example", "--name", name, "--password", "x"]
    done = CliRunner().invoke(zone_command, arguments)
    assert done.exit_code == 2
    assert "1 to 120 characters" in done.output


CREATE = ("admin", "create", "boss@zone.example", "--name", "Pomo", "--password")


@pytest.mark.engines("sqlite")
def test_a_weak_password_is_refused_with_a_sentence(zone: RunCommand, settings: Settings) -> None:
    code, said = zone(*CREATE, "short", **environment_of(settings))
    assert code == 2
    assert "password" in said.lower()
    assert "Traceback" not in said
    code, said = zone(*CREATE, "Zone2026Zone!", **environment_of(settings))
    assert code == 2
    assert "too easy to guess" in said


@pytest.mark.engines("sqlite")
def test_a_password_that_is_no_text_is_refused_with_a_sentence(
    zone: RunCommand, settings: Settings
) -> None:
    broken = os.fsdecode(b"Xk9vT2mQp4Lz\xff\xfe")
    code, said = zone(*CREATE, broken, **environment_of(settings))
    assert code == 2
    assert "not UTF-8" in said


def test_an_unknown_setting_is_an_error_that_names_it(zone: RunCommand) -> None:
    code, said = zone("migrate", ZONE_DATABSE_URL="sqlite://")
    assert code == 2
    assert "ZONE_DATABSE_URL" in said
    assert "Traceback" not in said


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
        "ZONE_TEST_STRICT",
    }
