"""A drill and a restore touch no other database than the one that was named."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import make_url, text

from tests.stored import stored_by
from tests.world.backups import contents, fill
from tests.world.booking import NOW
from tests.world.commands import environment_of
from zone.app import MIGRATIONS
from zone.cli import main
from zone.cli.operating import opened
from zone.core.config import Settings, SettingsError, load_settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.errors import OperationError
from zone.demo.machine import postgres
from zone.operation.backups import flows as backups_flows
from zone.operation.backups.archive import Manifest
from zone.operation.backups.service import back_up
from zone.operation.migrations.service import SchemaError

pytestmark = pytest.mark.own_database


@pytest.fixture
def backup(settings: Settings, tmp_path: Path) -> Path:
    """A backup of a filled service, to which something was added since."""
    folder = tmp_path / "backups"
    folder.mkdir()
    with opened(settings):
        stored_by(fill, settings)
        path = back_up(db.engine, settings, folder, with_keys=False, now=NOW)[0]
        with writing() as session:
            session.execute(text("UPDATE member SET name = 'since then'"))
    return path


@pytest.fixture
def empty_database(engine_name: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty PostgreSQL database; empty text on SQLite."""
    if engine_name == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgres_server")
    postgres.run(server, sql.SQL("CREATE DATABASE zone_drill"))
    yield postgres.alchemy_url(server, "zone_drill")
    postgres.run(server, sql.SQL("DROP DATABASE zone_drill"))


def zone(settings: Settings, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(
        main.zone, arguments, env=environment_of(settings), input=typed, catch_exceptions=True
    )


def state(settings: Settings) -> object:
    with opened(settings):
        return contents(db.engine)


def check_the_drill_leaves_the_service_alone(
    settings: Settings, backup: Path, url: str, folder: Path
) -> None:
    before = state(settings)
    database = ["--database", url] if url else []
    done = zone(settings, "drill", "--in", str(folder), *database, str(backup))
    assert done.exit_code == 0, done.output
    assert "each class counts exactly its live bookings" in done.output
    assert state(settings) == before
    assert list(folder.glob("zone-drill-*")) == []


def test_a_drill_checks_the_backup_and_leaves_the_service_alone(
    settings: Settings, backup: Path, empty_database: str, tmp_path: Path
) -> None:
    check_the_drill_leaves_the_service_alone(settings, backup, empty_database, tmp_path)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("verify", [(), ("--verify",)])
def test_a_backup_into_a_folder_that_is_missing_is_refused(
    settings: Settings, tmp_path: Path, verify: tuple[str, ...]
) -> None:
    named = f"{tmp_path}/missing/"
    done = zone(settings, "backup", *verify, named)
    assert isinstance(done.exception, OperationError)
    assert f"{named} is no folder" in str(done.exception)
    assert not Path(named).exists(), "no file stands where a folder was meant"


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("the drill takes the settings of the service")
def test_a_drill_with_the_settings_of_the_service_fails_the_check(
    settings: Settings, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups_flows, "drill_settings", lambda live, *_: live)
    with pytest.raises(AssertionError):
        check_the_drill_leaves_the_service_alone(settings, backup, "", tmp_path)


def test_a_drill_into_the_services_own_database_is_refused(
    settings: Settings, backup: Path
) -> None:
    before = state(settings)
    url = settings.database_url if settings.database_url.startswith("postgresql") else "sqlite:///x"
    done = zone(settings, "drill", "--database", url, str(backup))
    assert isinstance(done.exception, OperationError)
    assert state(settings) == before


@pytest.mark.engines("postgresql")
def test_a_drill_into_a_database_that_holds_something_does_not_say_how_to_replace_it(
    settings: Settings, backup: Path, empty_database: str
) -> None:
    before = state(settings)
    # The service's own database, by another name of its host.
    alias = settings.database_url.replace("127.0.0.1", "localhost")
    assert alias != settings.database_url
    used = make_url(empty_database)
    with psycopg.connect(used.set(drivername="postgresql").render_as_string(False)):
        done = zone(settings, "drill", "--database", empty_database, str(backup))
    assert "is used by 1 others" in str(done.exception)
    done = zone(settings, "drill", "--database", alias, str(backup))
    assert "is not empty: make an empty database for the drill" in str(done.exception)
    assert "--replace" not in str(done.exception)
    assert state(settings) == before


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://zone@localhost/drill",
        "postgresql+psycopg://zone@localhost:port/drill",
        "zone_drill",
        "mysql://zone@localhost/drill",
    ],
)
def test_a_drill_into_what_is_no_database_is_refused_with_a_sentence(
    settings: Settings, backup: Path, url: str
) -> None:
    done = zone(settings, "drill", "--database", url, str(backup))
    assert isinstance(done.exception, OperationError)
    assert "--database is no postgresql+psycopg://" in str(done.exception)


@pytest.mark.engines("sqlite")
def test_a_drill_says_where_an_invariant_does_not_hold(settings: Settings, tmp_path: Path) -> None:
    with opened(settings):
        stored_by(fill, settings)
        with writing() as session:
            session.execute(text("UPDATE allocation SET booked = booked - 1 WHERE booked > 0"))
        path = back_up(db.engine, settings, tmp_path, with_keys=False, now=NOW)[0]
    done = zone(settings, "drill", "--in", str(tmp_path), str(path))
    assert done.exit_code == 1
    assert "fail  places" in done.output


@pytest.mark.parametrize("typed", ["y", "yes", "zone", ""])
def test_a_restore_names_its_target_and_replaces_it_only_when_that_name_is_typed(
    settings: Settings, backup: Path, typed: str
) -> None:
    before, name = state(settings), backups_flows.target_name(settings)
    refused = zone(settings, "restore", "--replace", str(backup), typed=f"{typed}\n")
    assert isinstance(refused.exception, OperationError)
    assert f"into {name}" in refused.output
    assert state(settings) == before
    wrong = zone(settings, "restore", "--replace", "--target", "another", str(backup))
    assert isinstance(wrong.exception, OperationError)
    assert state(settings) == before


def test_the_typed_name_replaces_the_database(settings: Settings, backup: Path) -> None:
    name = backups_flows.target_name(settings)
    done = zone(settings, "restore", "--replace", str(backup), typed=f"{name}\n")
    assert done.exit_code == 0, done.output
    with opened(settings), writing() as session:
        names = set(session.scalars(text("SELECT name FROM member")))
    assert "since then" not in names


@pytest.mark.engines("sqlite")
def test_a_variable_that_the_file_would_overrule_is_refused(
    settings: Settings, backup: Path, tmp_path: Path
) -> None:
    """The guide's drill aimed at the service: the file of --env won over the variable."""
    file = tmp_path / "zone.env"
    file.write_text(f"ZONE_DATA_DIR={settings.data_dir}\n")
    before = state(settings)
    done = CliRunner().invoke(
        main.zone,
        ["--env", str(file), "restore", "--replace", str(backup)],
        env={"ZONE_DATA_DIR": str(tmp_path / "drill"), "ZONE_DATABASE_URL": ""},
        input=f"{settings.data_dir / 'zone.sqlite'}\n",
    )
    assert isinstance(done.exception, SettingsError)
    assert "ZONE_DATA_DIR" in str(done.exception)
    assert state(settings) == before


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "name",
    [
        "which?x=y",
        "No #1 @ ä%2Fb",
        *(pytest.param(one, marks=pytest.mark.thorough) for one in ("which?", "100%25", "a%2Fb")),
    ],
)
def test_a_folder_is_the_one_that_is_named_whatever_its_name(
    settings: Settings, tmp_path: Path, backup: Path, name: str
) -> None:
    """In the address of a database `?` ends the path, and %2F is a slash."""
    folder = tmp_path / "odd" / name
    folder.mkdir(parents=True)
    check_the_drill_leaves_the_service_alone(settings, backup, "", folder)
    named = load_settings({"ZONE_DATA_DIR": str(folder)})
    with opened(named):
        upgrade(directory=str(MIGRATIONS), revision="0001")
    assert [path.name for path in folder.iterdir() if path.suffix == ".sqlite"] == ["zone.sqlite"]
    assert list(folder.parent.iterdir()) == [folder]
    assert backups_flows.target_name(named) == str(folder / "zone.sqlite")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("leads_to", ["zone.sqlite", "other.sqlite"])
@pytest.mark.parametrize("command", ["restore", "restore --replace", "drill"])
def test_a_database_that_is_a_link_to_itself_is_named(
    settings: Settings, backup: Path, leads_to: str, command: str
) -> None:
    database = Path(make_url(settings.database).database or "")
    database.unlink()
    database.symlink_to(database.with_name(leads_to))
    if leads_to != database.name:
        database.with_name(leads_to).symlink_to(database)
    done = zone(settings, *command.split(), str(backup))
    assert isinstance(done.exception, OperationError), done.output
    assert f"{database} is a link to itself" in str(done.exception)
    assert database.is_symlink()


SOCKET = "postgresql+psycopg://zone@/zone?host=/run/postgresql"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (SOCKET, "zone on /run/postgresql"),
        (f"{SOCKET}&port=5433", "zone on /run/postgresql:5433"),
        (f"{SOCKET}&port=5432", "zone on /run/postgresql"),
        (f"{SOCKET}&dbname=copy", "copy on /run/postgresql"),
        ("postgresql+psycopg://zone@a:5433/zone?host=b", "zone on b:5433"),
        ("postgresql+psycopg://zone@/zone?host=a:1&host=b:2", "zone on a,b:1,2"),
        ("postgresql+psycopg://zone:secret@[::1]:5432/zone", "zone on ::1"),
        ("postgresql+psycopg://zone@", "zone on localhost"),
    ],
)
def test_a_target_is_named_by_what_is_asked_for(url: str, name: str) -> None:
    """What stands behind the `?` leads elsewhere: to another server on this machine, say."""
    assert backups_flows.target_name(Settings(database_url=url)) == name


def test_a_drill_on_another_server_of_this_machine_is_none_in_the_services_database() -> None:
    live, manifest = Settings(database_url=SOCKET), Manifest("1", "1", "postgresql", "", ())
    drill = backups_flows.drill_settings(live, manifest, Path("/drill"), f"{SOCKET}&port=5433")
    assert drill.database == f"{SOCKET}&port=5433"
    owned = replace(live, owner_database_url="postgresql+psycopg://owner@localhost/zone")
    for url in (owned.database, owned.owner_database_url):
        with pytest.raises(OperationError, match="the service's own"):
            backups_flows.drill_settings(owned, manifest, Path("/drill"), url)


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("command", ["migrate", "restore", "restore --replace"])
def test_an_owner_of_another_database_changes_neither(
    settings: Settings, backup: Path, empty_database: str, command: str
) -> None:
    """The owner's address was left as it was, while the service's names another database."""
    service = make_url(empty_database).set(username="service").render_as_string(False)
    mixed = replace(settings, database_url=service, owner_database_url=settings.database_url)
    before = state(settings)
    arguments = command.split() if command == "migrate" else [*command.split(), str(backup)]
    done = zone(mixed, *arguments, typed=f"{backups_flows.target_name(mixed)}\n")
    assert isinstance(done.exception, SchemaError)
    assert "both must name the same" in str(done.exception)
    assert state(settings) == before
