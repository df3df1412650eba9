"""What every test may use: an application with an empty, migrated database on SQLite and on PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from psycopg import sql

from tests import warm
from zone.app import MIGRATIONS, create_app
from zone.config import Settings
from zone.db import db
from zone.demo import postgres
from zone.demo.browsers import CHROMIUM, FLAGS, lacking

ENGINES = ("sqlite", "postgresql")

warm.compile_addresses_when_used()


@pytest.fixture(scope="session", autouse=True)
def templates_stay_compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """For all applications of a run."""
    warm.keep(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL server for the whole run, started when a test first needs it.

    Not in pytest's own folder: another run of pytest closes that to everybody else, and the server lives as `nobody`.
    """
    with tempfile.TemporaryDirectory(prefix="zone-pg-") as folder, postgres.server(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the whole schema, cloned for each test."""
    name = "zone_template"
    postgres.run(postgres_server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    build_schema(
        Settings(database_url=postgres.alchemy_url(postgres_server, name), data_dir=tmp_path_factory.mktemp("template"))
    )
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the whole schema, copied for each test."""
    folder = tmp_path_factory.mktemp("sqlite")
    build_schema(Settings(data_dir=folder))
    return folder / "zone.sqlite"


def build_schema(settings: Settings) -> None:
    """The schema as an operator gets it."""
    app = create_app(settings)
    with app.app_context():
        upgrade(directory=str(MIGRATIONS))
        db.engine.dispose()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Runs the test once for each engine."""
    return str(request.param)


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with the schema, on the engine of this run."""
    with empty_database(engine_name, request, tmp_path) as url:
        yield url


@contextmanager
def empty_database(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a copy of the migrated schema, for fixtures of any scope; a file of SQLite lies in `folder`."""
    if engine == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "zone.sqlite")
        yield f"sqlite:///{folder / 'zone.sqlite'}"
    else:
        server = request.getfixturevalue("postgres_server")
        with postgres.cloned(server, request.getfixturevalue("postgres_template")) as url:
            yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings as for one machine, with the development payment provider."""
    return Settings(database_url=database_url, data_dir=tmp_path, payment_provider="development", pool_size=8)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application inside its context, so that `writing()` and `reading()` find its engine."""
    app = create_app(settings)
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session."""
    return app.test_client()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium: one for the whole run, for a process drives only one at a time."""
    if missing := lacking():
        (pytest.fail if os.environ.get("ZONE_REQUIRE_BROWSER") == "1" else pytest.skip)(f"without {missing}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()
