"""Fixtures of every test: an application with an empty, migrated database on either engine."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql

from tests import memory, order, requirements
from tests.databases import ENGINES, SERVICE_ROLE, Applications, SharedPostgres, SqliteFile
from tests.stored import Copies, copying
from tests.world import apart, quick_processes, recorded, unordered, warm
from tests.world.daytime import living_by_day
from zone.app import MIGRATIONS, create_app
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.demo.example import SELLER
from zone.demo.machine import postgres
from zone.demo.machine.browsers import CHROMIUM, FLAGS, WHOLE
from zone.operation.migrations import service as migrations

memory.use()
apart.keep_requests_apart()
recorded.watch()
if "ZONE_TEST_STRICT" in os.environ:
    unordered.reverse_rows()
warm.compile_addresses_when_used()
warm.hash_passwords_cheaply()
requirements.find_programs_of_administrators()
quick_processes.use()


# No test fails by the clock: an example may take long on a busy machine.
hypothesis.settings.register_profile("zone", deadline=None, max_examples=30)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=300)
hypothesis.settings.load_profile("zone")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    order.give_engines_in_turn(items)
    order.leave_out_cases(items)
    yield  # `-m` leaves out what does not run
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = order.slow_first(items, workers)


def pytest_collection_finish() -> None:
    # What was imported stays until the end: without this each full collection walks all of it.
    gc.freeze()
    # SQLAlchemy makes many objects that live for a statement: a tenth of the time went into looking
    # for cycles among each 700 of them.
    gc.set_threshold(50_000, 30, 10)


def pytest_unconfigure() -> None:
    quick_processes.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    requirements.check(item)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def templates_stay_compiled(run_folder: Path) -> None:
    """Compile each template once for all applications of a run."""
    folder = run_folder / "templates"
    folder.mkdir(exist_ok=True)
    warm.keep(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Yield the URL of one PostgreSQL server for the whole run, started at its first use."""
    # Not in pytest's own folder: another run of pytest closes that folder to other users, and
    # where we are root the server runs as `nobody`.
    with (
        tempfile.TemporaryDirectory(prefix="zone-pg-") as folder,
        postgres.server(Path(folder)) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of a database with the whole schema, cloned for each test."""
    name = "zone_template"
    postgres.run(postgres_server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    role = None
    if "ZONE_TEST_DATABASE_URL" not in os.environ:
        # Tests that share a database run as the service's role, which owns nothing.
        role = SERVICE_ROLE
        create = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
        postgres.run(postgres_server, create)
    build_schema(
        Settings(
            database_url=postgres.alchemy_url(postgres_server, name),
            data_dir=tmp_path_factory.mktemp("template"),
        ),
        role,
    )
    if role is not None:
        # Tests of the triggers of append-only tables have to reach them.
        widen = sql.SQL("GRANT UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}")
        database = postgres_server.rsplit("/", 1)[0] + f"/{name}"
        postgres.run(database, widen.format(sql.Identifier(role)))
    return name


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    """Return a database file with the whole schema, copied for each test.

    The first process of a run that needs it makes it, for all.
    """
    folder = run_folder / "sqlite"
    folder.mkdir(exist_ok=True)
    whole = folder / "whole"
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not whole.exists():
            build_schema(Settings(data_dir=folder))
            whole.touch()
    return folder / "zone.sqlite"


def build_schema(settings: Settings, role: str | None = None) -> None:
    """Make the schema as an operator does, by the migrations; `role` gets the service's rights."""
    app = create_app(settings)
    with app.app_context():
        migrations.migrate(str(MIGRATIONS), role)
        db.engine.dispose()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses an engine on both, or on those that its marker `engines` names.

    What it names as `thorough` runs in that tier. `tests/order.py` says on which engine each case
    of a test with several cases runs.
    """
    if "engine_name" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("engines")
    names: list[Any] = list(marker.args if marker else ENGINES)
    if marker and "thorough" in marker.kwargs:
        names.append(pytest.param(marker.kwargs["thorough"], marks=pytest.mark.thorough))
    metafunc.parametrize("engine_name", names, indirect=True)


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    """Return the engine of this run: `sqlite` or `postgresql`."""
    return str(request.param)


@pytest.fixture
def shared(request: pytest.FixtureRequest, engine_name: str) -> bool:
    """Whether the test uses the database and application that the tests of this process share."""
    own = request.node.get_closest_marker("own_database") is not None
    # Emptying needs a superuser, which we may not be on a server that was given to us.
    given = engine_name == "postgresql" and "ZONE_TEST_DATABASE_URL" in os.environ
    return not own and not given


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def data_dir(shared: bool, engine_name: str, shared_folder: Path, tmp_path: Path) -> Path:
    """Return an empty folder for keys and for the file of SQLite."""
    if not shared:
        return tmp_path
    folder = shared_folder / engine_name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="session")
def shared_postgres(
    postgres_server: str, postgres_template: str, shared_folder: Path
) -> Iterator[SharedPostgres]:
    folder = shared_folder / "postgresql"
    database = SharedPostgres(postgres_server, postgres_template, folder)
    yield database
    database.close()


@pytest.fixture(scope="session")
def copies(shared_folder: Path) -> dict[str, Copies]:
    """Return what `tests.stored` keeps for each engine."""
    return {engine: Copies(shared_folder / f"copies-{engine}") for engine in ENGINES}


@pytest.fixture
def database_url(
    engine_name: str,
    shared: bool,
    request: pytest.FixtureRequest,
    data_dir: Path,
    copies: dict[str, Copies],
) -> Iterator[str]:
    """Yield the URL of an empty database with the schema, on the engine of this run."""
    database: SqliteFile | SharedPostgres
    if engine_name == "sqlite":
        database = SqliteFile(request.getfixturevalue("sqlite_template"), data_dir)
    elif shared:
        database = request.getfixturevalue("shared_postgres")
    else:
        with own_database(engine_name, request, data_dir) as url:
            yield url
        return
    with copying(copies[engine_name], database):
        yield database.empty()


@contextmanager
def own_database(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Yield the URL of a copy of the migrated schema; SQLite's file lies in `folder`."""
    if engine == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "zone.sqlite")
        yield f"sqlite:///{folder / 'zone.sqlite'}"
    else:
        server = request.getfixturevalue("postgres_server")
        with postgres.cloned(server, request.getfixturevalue("postgres_template")) as url:
            yield url


@pytest.fixture
def settings(database_url: str, data_dir: Path) -> Settings:
    """Return settings for one machine, with the development payment provider."""
    return Settings(
        database_url=database_url,
        data_dir=data_dir,
        payment_provider="development",
        **SELLER,
        pool_size=8,
    )


@pytest.fixture(scope="session")
def applications() -> Iterator[Applications]:
    kept = Applications()
    yield kept
    kept.close()


@pytest.fixture
def app(applications: Applications, settings: Settings, shared: bool) -> Iterator[Flask]:
    """Yield the application inside its context, in which `writing()` and `reading()` work.

    Unless the test has a database of its own, and with it perhaps processes, it is day.
    """
    with (
        applications.opened(settings, shared=shared) as app,
        living_by_day() if shared else nullcontext(),
    ):
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser without a session."""
    return app.test_client()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield Debian's Chromium, one for the whole run: a process can drive only one at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def whole_browser(browser: Any) -> Iterator[Any]:
    """Yield Chromium with the parts of a desktop: it shows notifications and keeps screens on.

    Its tests name `system("chromium")`; for all others the program without them is enough.
    """
    whole = browser.browser_type.launch(executable_path=str(WHOLE), args=FLAGS)
    yield whole
    whole.close()
