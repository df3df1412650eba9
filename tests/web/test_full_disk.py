"""On a full disk people and programs are told so, in their language."""

import errno

import pytest
from flask import Flask
from sqlalchemy import text

from zone.core.db.transactions import writing
from zone.web.auth import public

# Real errors of each engine: a database that may not grow, and the error of PostgreSQL by its code.
FILL = {
    "sqlite": ("PRAGMA max_page_count = 1", "CREATE TABLE large AS SELECT randomblob(9000000)"),
    "postgresql": ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$",),
}


@pytest.fixture
def full(app: Flask, engine_name: str) -> Flask:
    """The application with a page that fills the database, and one that fills a file."""

    @app.get("/full/database")
    @public
    def fill_database() -> str:
        with writing() as session:
            for statement in FILL[engine_name]:
                session.execute(text(statement))
        return "stored"

    @app.get("/full/file")
    @public
    def fill_file() -> str:
        raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/zone/name")

    return app


@pytest.mark.own_database
@pytest.mark.parametrize("path", ["/full/database", "/full/file"])
def test_a_full_disk_is_said(full: Flask, path: str) -> None:
    program = full.test_client().get(path, headers={"Accept": "application/json"})
    assert (program.status_code, program.get_json()["code"]) == (503, "disk_full")
    assert program.headers["Retry-After"] == "300"
    for language, word in (("fi", "täynnä"), ("sv", "full"), ("en", "full")):
        headers = {"Accept": "text/html", "Accept-Language": language}
        assert word in full.test_client().get(path, headers=headers).text
