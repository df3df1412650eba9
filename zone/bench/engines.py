"""Both database engines, one after the other, each with an empty folder and fsync on."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from zone.core.config import Settings
from zone.core.db.engine import db
from zone.demo.machine import postgres


def each_engine() -> Iterator[tuple[str, Settings]]:
    """Yield the name of each engine, and settings for an empty database on it.

    PostgreSQL runs until the iterator goes on.
    """
    with tempfile.TemporaryDirectory(prefix="zone-bench-") as folder:
        yield "sqlite", Settings(data_dir=Path(folder))
    with (
        tempfile.TemporaryDirectory(prefix="zone-bench-") as folder,
        postgres.server(Path(folder), fsync=True) as url,
    ):
        data = Path(folder) / "zone"
        yield (
            "postgresql",
            Settings(data_dir=data, database_url=postgres.alchemy_url(url, "postgres")),
        )


def analyse() -> None:
    """Count the rows anew for the planner, as PostgreSQL does by itself within minutes."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
